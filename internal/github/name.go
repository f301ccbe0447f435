package github

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	ownerName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)
	repoName  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)
)

// validName reports whether s is "owner/name" as GitHub has them.
func validName(s string) bool {
	owner, name, ok := strings.Cut(s, "/")
	return ok && ownerName.MatchString(owner) && repoName.MatchString(name) &&
		name != "." && name != ".." && !strings.HasSuffix(strings.ToLower(name), ".git")
}

// Reference is a repository as people write it.
type Reference struct {
	// Name is "owner/name".
	Name string
	// Branch is what follows "/tree/" in an address, "" if nothing does. It may be a tag
	// or a commit.
	Branch string
}

// ParseReference reads what a person pastes: "owner/name", an address of a repository on
// this GitHub, with "/tree/branch" or without, or one for git by HTTPS or SSH. Anything on
// another host is ErrInvalid.
func (c *Client) ParseReference(text string) (Reference, error) {
	refuse := fmt.Errorf("repository %q: want owner/name or an address below %s: %w", line(text, 100), c.web, ErrInvalid)
	text = strings.TrimSpace(text)
	if len(text) > 2048 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' || r == utf8.RuneError }) {
		return Reference{}, refuse
	}
	rest := text
	switch scp, isSCP := strings.CutPrefix(text, "git@"+c.web.Hostname()+":"); {
	case isSCP:
		rest = scp
	case strings.Contains(text, "://"):
		u, err := url.Parse(text)
		if err != nil {
			return Reference{}, refuse
		}
		switch {
		case u.Scheme == "ssh" && strings.EqualFold(u.Hostname(), c.web.Hostname()) && u.User.String() == "git":
		// A password in the address would be kept in clear text with the workspace.
		case (u.Scheme == "https" || u.Scheme == "http") && strings.EqualFold(u.Host, c.web.Host) && u.User == nil:
		default:
			return Reference{}, refuse
		}
		rest = strings.TrimPrefix(u.Path, strings.TrimRight(c.web.Path, "/"))
	case strings.Count(text, "/") > 1:
		host, path, _ := strings.Cut(text, "/")
		if !strings.EqualFold(host, c.web.Host) {
			return Reference{}, refuse
		}
		rest = path
	}
	owner, rest, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	name, rest, more := strings.Cut(rest, "/")
	r := Reference{Name: owner + "/" + strings.TrimSuffix(name, ".git")}
	if !validName(r.Name) {
		return Reference{}, refuse
	}
	if more && rest != "" {
		branch, isTree := strings.CutPrefix(rest, "tree/")
		if branch = strings.TrimRight(branch, "/"); !isTree || !validRef(branch) {
			return Reference{}, refuse
		}
		r.Branch = branch
	}
	return r, nil
}

// validRef reports whether s can be the name of a branch, a tag or a commit: git's rules as
// far as they keep an address and a command line safe.
func validRef(s string) bool {
	return s != "" && len(s) <= 255 && utf8.ValidString(s) && s[0] != '-' && s[0] != '/' && s != "@" &&
		!strings.HasSuffix(s, "/") && !strings.HasSuffix(s, ".") && !strings.Contains(s, "..") && !strings.Contains(s, "@{") && !strings.Contains(s, "//") &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`~^:?*[\`, r) })
}

// escapePath makes a path of a repository one of an address; "" is its root.
func escapePath(path string) (string, bool) {
	path = strings.Trim(path, "/")
	if len(path) > 4096 || !utf8.ValidString(path) {
		return "", false
	}
	if path == "" {
		return "", true
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if p == "" || p == "." || p == ".." || strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return "", false
		}
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/"), true
}

// CloneURL is where git fetches a repository, without any credential in it.
func (c *Client) CloneURL(name string) string { return c.PageURL(name) + ".git" }

// PageURL is where people look at a repository.
func (c *Client) PageURL(name string) string { return c.web.String() + "/" + name }
