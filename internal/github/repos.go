package github

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Repo is a repository.
type Repo struct {
	ID int64
	// Name is "owner/name".
	Name string
	// Description is one line of at most 350 characters.
	Description   string
	Private       bool
	Fork          bool
	Archived      bool
	DefaultBranch string
	// Language is the one most of it is written in, "" if GitHub does not know.
	Language string
	// Size is in KiB and may be hours old; 0 for an empty repository, and for a new one.
	Size     int64
	PushedAt time.Time
	// CanPush is false without a token.
	CanPush bool
	// CloneURL and PageURL are made from the name, not taken from the answer.
	CloneURL, PageURL string
}

type wireRepo struct {
	ID            int64     `json:"id"`
	FullName      string    `json:"full_name"`
	Description   string    `json:"description"`
	Private       bool      `json:"private"`
	Fork          bool      `json:"fork"`
	Archived      bool      `json:"archived"`
	DefaultBranch string    `json:"default_branch"`
	Language      string    `json:"language"`
	Size          int64     `json:"size"`
	PushedAt      time.Time `json:"pushed_at"`
	Permissions   struct {
		Push bool `json:"push"`
	} `json:"permissions"`
}

func (c *Client) repo(w wireRepo) (Repo, string, bool) {
	if !validName(w.FullName) || w.ID <= 0 {
		return Repo{}, "", false
	}
	branch := w.DefaultBranch
	if !validRef(branch) {
		branch = ""
	}
	return Repo{
		ID: w.ID, Name: w.FullName, Description: line(w.Description, 350), Private: w.Private, Fork: w.Fork, Archived: w.Archived,
		DefaultBranch: branch, Language: line(w.Language, 50), Size: max(w.Size, 0), PushedAt: w.PushedAt.UTC(), CanPush: w.Permissions.Push && !w.Archived,
		CloneURL: c.CloneURL(w.FullName), PageURL: c.PageURL(w.FullName),
	}, w.FullName, true
}

// Repos lists the repositories of the token's account, those of its organisations and those
// it works on, the last pushed to first; private ones if the token has the right. With a
// query only those with all its words in their name. A call with a query asks GitHub for
// up to 10 pages of 100.
func (c *Client) Repos(ctx context.Context, token, query, cursor string) (Page[Repo], error) {
	const what = "list of repositories"
	if token == "" {
		return Page[Repo]{}, fmt.Errorf("%s: %w", what, ErrTokenRevoked)
	}
	q := ask{token: token, what: what, path: "/user/repos", query: url.Values{
		"sort": {"pushed"}, "direction": {"desc"}, "visibility": {"all"}, "affiliation": {"owner,collaborator,organization_member"},
	}}
	return walk(ctx, c, q, query, cursor, c.repo)
}

// Search lists repositories of everybody that the token may see, the best match first. The
// query is GitHub's, with qualifiers such as "user:". GitHub gives the first thousand, and
// allows 30 searches a minute.
func (c *Client) Search(ctx context.Context, token, query, cursor string) (Page[Repo], error) {
	const what, size = "search for repositories", 50
	page, err := parseCursor(cursor)
	if query = strings.TrimSpace(query); err != nil || query == "" || !validQuery(query) {
		return Page[Repo]{}, fmt.Errorf("%s: query must be of 1 to %d bytes, cursor of an earlier page: %w", what, maxQuery, ErrInvalid)
	}
	a, err := get[struct {
		Items []wireRepo `json:"items"`
	}](ctx, c, ask{token: token, what: what, kind: search, path: "/search/repositories", query: url.Values{
		"q": {query}, "per_page": {strconv.Itoa(size)}, "page": {strconv.Itoa(page)},
	}})
	if err != nil {
		return Page[Repo]{}, err
	}
	out := Page[Repo]{Items: []Repo{}}
	for _, w := range a.value.Items {
		if r, _, ok := c.repo(w); ok && len(out.Items) < size {
			out.Items = append(out.Items, r)
		}
	}
	if a.next > page {
		out.Next = strconv.Itoa(a.next)
	}
	return out, nil
}

// Repo finds one by "owner/name". Without a token only public ones. A *RenamedError says
// how it is called now; the other calls that take a name have it as well.
func (c *Client) Repo(ctx context.Context, token, name string) (Repo, error) {
	q, err := below(token, name, "repository "+line(name, 200), "")
	if err != nil {
		return Repo{}, err
	}
	a, err := get[wireRepo](ctx, c, q)
	if err != nil {
		return Repo{}, err
	}
	r, _, ok := c.repo(a.value)
	if !ok {
		return Repo{}, fmt.Errorf("%s: %w: no id or name", q.what, ErrBadAnswer)
	}
	// Names differ in case at most; GitHub redirects where the repository moved.
	if !strings.EqualFold(r.Name, name) {
		return Repo{}, &RenamedError{name, r.Name}
	}
	return r, nil
}

// below is a question about a repository; path is escaped and follows its name.
func below(token, name, what, path string) (ask, error) {
	if !validName(name) {
		return ask{}, fmt.Errorf("%s: want owner/name: %w", what, ErrInvalid)
	}
	return ask{token: token, what: what, repo: name, path: "/repos/" + name + path}, nil
}

// Branch is one of a repository.
type Branch struct {
	Name string
	// Commit is a hash in hexadecimal.
	Commit    string
	Protected bool
}

type wireBranch struct {
	Name   string `json:"name"`
	Commit struct {
		SHA string `json:"sha"`
	} `json:"commit"`
	Protected bool `json:"protected"`
}

// Branches lists branches by name, with a query those with all its words in it. An empty
// repository has none. A branch whose name git itself would refuse is left out.
func (c *Client) Branches(ctx context.Context, token, name, query, cursor string) (Page[Branch], error) {
	q, err := below(token, name, "branches of "+line(name, 200), "/branches")
	if err != nil {
		return Page[Branch]{}, err
	}
	return walk(ctx, c, q, query, cursor, func(w wireBranch) (Branch, string, bool) {
		return Branch{w.Name, w.Commit.SHA, w.Protected}, w.Name, validRef(w.Name) && validHash(w.Commit.SHA)
	})
}

// validHash reports whether s is a commit's, SHA-1 or SHA-256.
func validHash(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}
