package gateway

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A site is any other host of the operator's, Grafana or a wiki for example, that only
// people who are signed in to Kalpana may open. Its login comes from the main origin in the
// same way as that of a workspace host (ticket.go); sitelogin.go has what differs.

// Person is who somebody is, as a site may know them. Email is "" unless somebody other
// than the person vouches for it.
type Person struct {
	ID, Email, Name string
	Admin           bool
}

// Role is "admin" or "user".
func (p Person) Role() string {
	if p.Admin {
		return roleAdmin
	}
	return roleUser
}

const roleAdmin, roleUser = "admin", "user"

// SiteOptions say what a site is and who may open it. Hosts is required.
type SiteOptions struct {
	// Hosts are the names that may get a login, "*.example.com" for all with one label more.
	Hosts []string
	// Roles and Users are who may: people with one of the roles, or one of the users, by
	// email address or id. "user" is everybody, administrators too. Default: everybody who
	// is signed in.
	Roles, Users []string
	// Headers are names, beside X-Kalpana-*, under which visitors can send nothing: the site
	// believes them.
	Headers []string
	// AllowFraming lets pages of other origins show this site's in frames, as far as the
	// site itself does.
	AllowFraming bool
}

// Site is a host, or several, behind Kalpana's login. It is never changed.
type Site struct {
	hosts        []string
	restricted   bool
	roles, users []string
	headers      []string
	allowFraming bool
}

// NewSite returns the site that o describes, or an error that says what cannot be. d are
// the installation's own names, which no site may have.
func NewSite(d Domain, o SiteOptions) (*Site, error) {
	own, err := NewHosts(d)
	if err != nil {
		return nil, err
	}
	if len(o.Hosts) == 0 {
		return nil, errors.New("no host: a login must only go to names that are known to be the site's, so they have to be listed")
	}
	s := &Site{restricted: len(o.Roles)+len(o.Users) > 0, allowFraming: o.AllowFraming}
	for _, name := range o.Hosts {
		lower := strings.ToLower(name)
		if !hostName(strings.TrimPrefix(lower, "*.")) {
			return nil, fmt.Errorf(`host %q: a name such as grafana.example.com is allowed, without scheme and port, or *.example.com for all with one label more`, name)
		}
		if _, ours := own.ParseHost(lower); ours {
			return nil, fmt.Errorf("host %q is the installation's own: a site needs a name that is neither the main origin's nor below ws.%s or agent.%s", name, own.domain.Workspace, own.domain.Workspace)
		}
		s.hosts = append(s.hosts, lower)
	}
	for _, role := range o.Roles {
		if role != roleAdmin && role != roleUser {
			return nil, fmt.Errorf("role %q: there are admin and user", role)
		}
		s.roles = append(s.roles, role)
	}
	for _, u := range o.Users {
		if u == "" || strings.ContainsAny(u, " \t\r\n") {
			return nil, fmt.Errorf("user %q: an email address or the id of a user is allowed", u)
		}
		s.users = append(s.users, strings.ToLower(u))
	}
	for _, name := range o.Headers {
		plain := plainHeader(name)
		if !isToken(name) || len(name) > maxHeaderName {
			return nil, fmt.Errorf("header %q: that cannot be the name of a header", name)
		}
		if slices.Contains(untouchable, plain) {
			return nil, fmt.Errorf("header %q has a meaning of its own: choose another name", name)
		}
		s.headers = append(s.headers, plain)
	}
	return s, nil
}

// protects reports whether name, in lower case and without a port, is one of the site's.
func (s *Site) protects(name string) bool {
	for _, h := range s.hosts {
		if h == name {
			return true
		}
		if below, wild := strings.CutPrefix(h, "*"); wild {
			label, found := strings.CutSuffix(name, below)
			if found && label != "" && !strings.Contains(label, ".") {
				return true
			}
		}
	}
	return false
}

// admits is the one place that decides who of those signed in may open the site.
func (s *Site) admits(p Person) bool {
	switch {
	case p.ID == "":
		return false
	case !s.restricted, slices.Contains(s.roles, roleUser), p.Admin && slices.Contains(s.roles, roleAdmin):
		return true
	default:
		return slices.Contains(s.users, strings.ToLower(p.ID)) || p.Email != "" && slices.Contains(s.users, strings.ToLower(p.Email))
	}
}
