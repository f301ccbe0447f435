package githubtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

func (s *Server) routeREST() {
	s.rest = http.NewServeMux()
	handle := func(pattern string, h func(*call)) {
		s.rest.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.begin(w, r, h) })
	}
	handle("GET /user", s.user)
	handle("GET /user/emails", s.emails)
	handle("GET /user/repos", s.userRepos)
	handle("GET /search/repositories", s.search)
	for _, prefix := range []string{"GET /repos/{owner}/{repo}", "GET /repositories/{id}"} {
		handle(prefix, s.inRepo("", func(c *call, p *repo) { c.answer(c.repoJSON(p)) }))
		handle(prefix+"/branches", s.inRepo("/branches", s.branches))
		handle(prefix+"/contents/{path...}", s.inRepo("/contents/", s.contents))
	}
	handle("POST /repos/{owner}/{repo}/hooks", s.inRepo("/hooks", s.createHook))
	handle("DELETE /repos/{owner}/{repo}/hooks/{hook}", s.inRepo("/hooks/", s.deleteHook))
	s.rest.HandleFunc("DELETE /applications/{client}/{kind}", s.serveRevoke)
	s.rest.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { message(w, http.StatusNotFound, "Not Found") })
}

// call is one REST request of a known sender.
type call struct {
	s     *Server
	w     http.ResponseWriter
	r     *http.Request
	token *token // nil for nobody's
	user  *User
}

func (s *Server) serveREST(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-GitHub-Request-Id", random(16))
	if r.UserAgent() == "" {
		message(w, http.StatusForbidden, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.")
		return
	}
	http.StripPrefix(strings.TrimPrefix(apiBase(r), base(r)), s.rest).ServeHTTP(w, r)
}

// begin checks credentials and limits.
func (s *Server) begin(w http.ResponseWriter, r *http.Request, h func(*call)) {
	if s.throttle(w) {
		return
	}
	c := &call{s: s, w: w, r: r}
	if given := credential(r); given != "" || r.Header.Get("Authorization") != "" {
		c.token = s.find(given)
		if c.token == nil {
			message(w, http.StatusUnauthorized, "Bad credentials")
			return
		}
		s.mu.Lock()
		c.user = s.users[strings.ToLower(c.token.login)]
		s.mu.Unlock()
		if !c.token.app {
			w.Header().Set("X-OAuth-Scopes", strings.Join(c.token.scopes, ", "))
		}
	}
	if !s.spend(w, c.account(), c.resource(), 0) {
		message(w, http.StatusForbidden, "API rate limit exceeded for "+c.account()+".")
		return
	}
	h(c)
}

func (c *call) account() string {
	if c.user == nil {
		return "127.0.0.1"
	}
	return fmt.Sprintf("user ID %d", c.user.ID)
}

func (c *call) resource() string {
	if strings.Contains(c.r.URL.Path, "/search/") {
		return "search"
	}
	return "core"
}

// answer sends a value with its ETag, or says that it is still the same, which is free.
func (c *call) answer(v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(append([]byte(c.account()+c.w.Header().Get("Link")+"\n"), body...))
	etag := `W/"` + hex.EncodeToString(sum[:]) + `"`
	h := c.w.Header()
	h.Set("ETag", etag)
	h.Set("Cache-Control", "private, max-age=60, s-maxage=60")
	h.Set("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP")
	if c.r.Header.Get("If-None-Match") == etag {
		c.s.spend(c.w, c.account(), c.resource(), 0)
		c.w.WriteHeader(http.StatusNotModified)
		return
	}
	c.s.spend(c.w, c.account(), c.resource(), 1)
	h.Set("Content-Type", "application/json; charset=utf-8")
	c.w.Write(body)
}

func (c *call) refuse(status int, why string) {
	c.s.spend(c.w, c.account(), c.resource(), 1)
	message(c.w, status, why)
}

// message is how the API says that something is wrong.
func message(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"message": text, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status)})
}

// cut takes the asked page of a list and sets the Link header.
func cut[T any](c *call, all []T, most int) []T {
	q := c.r.URL.Query()
	size, page := number(q, "per_page", 30), number(q, "page", 1)
	size = min(size, 100)
	last := max((min(len(all), most)+size-1)/size, 1)
	var links []string
	link := func(page int, rel string) {
		to := url.Values{}
		for k, v := range q {
			to[k] = v
		}
		to.Set("page", strconv.Itoa(page))
		links = append(links, fmt.Sprintf(`<%s%s?%s>; rel="%s"`, apiBase(c.r), c.r.URL.EscapedPath(), to.Encode(), rel))
	}
	if page > 1 {
		link(min(page-1, last), "prev")
	}
	if page < last {
		link(page+1, "next")
		link(last, "last")
	}
	if page > 1 {
		link(1, "first")
	}
	if len(links) > 0 {
		c.w.Header().Set("Link", strings.Join(links, ", "))
	}
	from := min((page-1)*size, len(all))
	return all[from:min(from+size, len(all))]
}

func number(q url.Values, name string, standard int) int {
	if n, err := strconv.Atoi(q.Get(name)); err == nil && n > 0 && n < 1_000_000 {
		return n
	}
	return standard
}

func (s *Server) user(c *call) {
	if c.user == nil {
		c.refuse(http.StatusUnauthorized, "Requires authentication")
		return
	}
	u := c.user
	c.answer(map[string]any{
		"login": u.Login, "id": u.ID, "type": "User", "name": nullable(u.Name), "email": nullable(u.Email), "bio": nil, "location": nil,
		"avatar_url": webBase(c.r) + "/avatars/" + u.Login, "html_url": webBase(c.r) + "/" + u.Login,
	})
}

func (s *Server) emails(c *call) {
	c.w.Header().Set("X-Accepted-OAuth-Scopes", "user, user:email")
	if c.user == nil || !c.token.has("user:email") {
		c.refuse(http.StatusNotFound, "Not Found")
		return
	}
	emails := []map[string]any{{"email": "unverified@example.org", "primary": false, "verified": false, "visibility": nil}}
	if c.user.Primary != "" {
		emails = append(emails, map[string]any{"email": c.user.Primary, "primary": true, "verified": true, "visibility": "private"})
	}
	c.answer(emails)
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}
