package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Repo is what a repository starts with.
type Repo struct {
	// Name is "owner/name".
	Name                    string
	Private, Fork, Archived bool
	Description, Language   string
	// DefaultBranch is "main" if empty.
	DefaultBranch string
	// Files by path make the first commit of the default branch; without any the
	// repository is empty. A path may be quoted in no way, contents are any bytes.
	Files map[string]string
	// Branches are further ones: each is the default branch and these files on top.
	Branches map[string]map[string]string
	// Collaborators are logins that may push besides the owner and the organisation.
	Collaborators []string
	// PushedAt is the server's now if zero.
	PushedAt time.Time
}

// repo is one with its state; the fields of Repo are guarded by the server's mu.
type repo struct {
	Repo
	id      int64
	made    sync.Once
	madeErr error
	hooks   []Hook
	gone    bool
}

// nameOf is for callers without mu: names change.
func (s *Server) nameOf(p *repo) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.Name
}

// owner wants mu held.
func (p *repo) owner() string { o, _, _ := strings.Cut(p.Name, "/"); return o }

// AddRepo adds a repository. Its folder on disk is made when it is first needed.
func (s *Server) AddRepo(r Repo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.DefaultBranch == "" {
		r.DefaultBranch = "main"
	}
	if r.PushedAt.IsZero() {
		r.PushedAt = s.o.Now()
	}
	s.repos = append(s.repos, &repo{Repo: r, id: int64(5000 + len(s.repos))})
}

// Rename gives a repository another name or owner; the old one leads to it.
func (s *Server) Rename(old, name string) {
	p := s.must(old)
	s.mu.Lock()
	defer s.mu.Unlock()
	p.Name = name
	s.renamed[strings.ToLower(old)] = p.id
}

// Delete takes a repository away.
func (s *Server) Delete(name string) {
	p := s.must(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	p.gone = true
}

// lookup returns nil if there is no such repository now.
func (s *Server) lookup(match func(*repo) bool) *repo {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.repos {
		if !p.gone && match(p) {
			return p
		}
	}
	return nil
}

func (s *Server) named(name string) *repo {
	return s.lookup(func(p *repo) bool { return strings.EqualFold(p.Name, name) })
}

// must is for what a test says; a name that is not there is a mistake in the test.
func (s *Server) must(name string) *repo {
	p := s.named(name)
	if p == nil {
		panic(fmt.Sprintf("githubtest: no repository %q", name))
	}
	return p
}

// right is what somebody may do with a repository.
type right struct{ read, push bool }

func (s *Server) rights(p *repo, t *token) right {
	s.mu.Lock()
	defer s.mu.Unlock()
	var u *User
	if t != nil {
		u = s.users[strings.ToLower(t.login)]
	}
	member := u != nil && (strings.EqualFold(p.owner(), u.Login) || slices.Contains(u.Orgs, p.owner()) || slices.Contains(p.Collaborators, u.Login))
	if p.Private {
		member = member && t.has("repo")
		return right{member, member}
	}
	return right{true, member}
}

// inRepo finds the repository of a request, which may have moved.
func (s *Server) inRepo(below string, h func(*call, *repo)) func(*call) {
	return func(c *call) {
		c.w.Header().Set("X-Accepted-OAuth-Scopes", "repo")
		var p *repo
		if id := c.r.PathValue("id"); id != "" {
			p = s.lookup(func(p *repo) bool { return strconv.FormatInt(p.id, 10) == id })
		} else {
			name := c.r.PathValue("owner") + "/" + c.r.PathValue("repo")
			p = s.named(name)
			if p == nil {
				s.mu.Lock()
				id, moved := s.renamed[strings.ToLower(name)]
				s.mu.Unlock()
				p = s.lookup(func(p *repo) bool { return p.id == id })
				if moved && p != nil && s.rights(p, c.token).read {
					to := fmt.Sprintf("%s/repositories/%d%s%s", apiBase(c.r), id, below, c.r.PathValue("path")+c.r.PathValue("hook"))
					if c.r.URL.RawQuery != "" {
						to += "?" + c.r.URL.RawQuery
					}
					c.w.Header().Set("Location", to)
					c.refuse(http.StatusMovedPermanently, "Moved Permanently")
					return
				}
				p = nil
			}
		}
		if p == nil || !s.rights(p, c.token).read {
			c.refuse(http.StatusNotFound, "Not Found")
			return
		}
		h(c, p)
	}
}

func (c *call) repoJSON(p *repo) map[string]any {
	may := c.s.rights(p, c.token)
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	visibility := "public"
	if p.Private {
		visibility = "private"
	}
	owner, name, _ := strings.Cut(p.Name, "/")
	page := webBase(c.r) + "/" + p.Name
	stamp := p.PushedAt.UTC().Format(time.RFC3339)
	size := 0
	for _, f := range p.Files {
		size += len(f)
	}
	return map[string]any{
		"id": p.id, "node_id": fmt.Sprintf("R_%d", p.id), "name": name, "full_name": p.Name, "private": p.Private, "visibility": visibility,
		"owner": map[string]any{"login": owner, "id": 1, "type": "User"}, "html_url": page, "description": nullable(p.Description), "fork": p.Fork,
		"url": fmt.Sprintf("%s/repos/%s", apiBase(c.r), p.Name), "clone_url": page + ".git", "ssh_url": "git@" + c.r.Host + ":" + p.Name + ".git",
		"created_at": "2020-01-01T00:00:00Z", "updated_at": stamp, "pushed_at": stamp, "size": (size + 1023) / 1024, "default_branch": p.DefaultBranch,
		"language": nullable(p.Language), "archived": p.Archived, "disabled": false, "stargazers_count": 0,
		"permissions": map[string]bool{"admin": may.push, "maintain": may.push, "push": may.push, "triage": may.push, "pull": may.read},
	}
}

// userRepos knows visibility, affiliation, sort and direction.
func (s *Server) userRepos(c *call) {
	if c.user == nil {
		c.refuse(http.StatusUnauthorized, "Requires authentication")
		return
	}
	q := c.r.URL.Query()
	if q.Get("type") != "" && (q.Get("visibility") != "" || q.Get("affiliation") != "") {
		c.refuse(http.StatusUnprocessableEntity, "If you specify visibility or affiliation, you cannot specify type.")
		return
	}
	affiliation := q.Get("affiliation")
	if affiliation == "" {
		affiliation = "owner,collaborator,organization_member"
	}
	wants := strings.Split(affiliation, ",")
	s.mu.Lock()
	all := slices.Clone(s.repos)
	s.mu.Unlock()
	all = slices.DeleteFunc(all, func(p *repo) bool {
		if !s.rights(p, c.token).read {
			return true
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		mine := (slices.Contains(wants, "owner") && strings.EqualFold(p.owner(), c.user.Login)) ||
			(slices.Contains(wants, "collaborator") && slices.Contains(p.Collaborators, c.user.Login)) ||
			(slices.Contains(wants, "organization_member") && slices.Contains(c.user.Orgs, p.owner()))
		hidden := (q.Get("visibility") == "private" && !p.Private) || (q.Get("visibility") == "public" && p.Private)
		return p.gone || !mine || hidden
	})
	s.sort(all, q.Get("sort"), q.Get("direction"))
	list := []map[string]any{}
	for _, p := range cut(c, all, len(all)) {
		list = append(list, c.repoJSON(p))
	}
	c.answer(list)
}

// sort orders by full_name unless told otherwise; times come the latest first.
func (s *Server) sort(all []*repo, by, direction string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	down := direction == "desc" || (direction == "" && by != "" && by != "full_name")
	slices.SortStableFunc(all, func(a, b *repo) int {
		n := 0
		switch by {
		case "pushed", "updated":
			n = a.PushedAt.Compare(b.PushedAt)
		case "created":
			n = int(a.id - b.id)
		}
		if n == 0 {
			n = strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		}
		if down {
			n = -n
		}
		return n
	})
}

// search knows words of the name, and the qualifiers user, org, repo, is and fork.
func (s *Server) search(c *call) {
	q := strings.Fields(strings.ToLower(c.r.URL.Query().Get("q")))
	if len(q) == 0 {
		c.refuse(http.StatusUnprocessableEntity, "Validation Failed")
		return
	}
	if page, size := number(c.r.URL.Query(), "page", 1), min(number(c.r.URL.Query(), "per_page", 30), 100); (page-1)*size >= 1000 {
		c.refuse(http.StatusUnprocessableEntity, "Only the first 1000 search results are available")
		return
	}
	s.mu.Lock()
	all := slices.Clone(s.repos)
	s.mu.Unlock()
	all = slices.DeleteFunc(all, func(p *repo) bool {
		if !s.rights(p, c.token).read {
			return true
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		forks := false
		for _, word := range q {
			key, value, qualified := strings.Cut(word, ":")
			ok := true
			switch {
			case !qualified:
				ok = strings.Contains(strings.ToLower(p.Name+" "+p.Description), word)
			case key == "user" || key == "org":
				ok = strings.EqualFold(p.owner(), value) || (value == "@me" && c.user != nil && strings.EqualFold(p.owner(), c.user.Login))
			case key == "repo":
				ok = strings.EqualFold(p.Name, value)
			case key == "is":
				ok = (value == "private") == p.Private
			case key == "fork":
				forks = true
			}
			if !ok {
				return true
			}
		}
		return p.gone || (p.Fork && !forks)
	})
	s.sort(all, "pushed", "desc")
	items := []map[string]any{}
	for _, p := range cut(c, all, 1000) {
		items = append(items, c.repoJSON(p))
	}
	c.answer(map[string]any{"total_count": len(all), "incomplete_results": false, "items": items})
}
