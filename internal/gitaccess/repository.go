package gitaccess

import (
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxRepository bounds the text that names a repository, in bytes.
const maxRepository = 300

// Repository is where the code of a workspace is.
type Repository struct {
	// Name is "owner/name" at the configured GitHub, "" for other hosts.
	Name string
	// Branch is what an address such as "…/tree/main" names, "" if none does.
	Branch string
	// URL is for git: https://, or http:// where GitHub itself has that, with no user name,
	// password or query.
	URL string
	// Host is that of URL: name[:port] in lower case, without the standard port.
	Host string
}

// Key is the short form to keep: Name, or URL for other hosts.
func (r Repository) Key() string {
	if r.Name != "" {
		return r.Name
	}
	return r.URL
}

// Parse reads what a person writes for a repository: "owner/name" or an address at the
// configured GitHub, or the address of one at any other host. *InvalidError otherwise.
func (s *Service) Parse(text string) (Repository, error) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxRepository || !plainText(text) || strings.ContainsRune(text, '\\') {
		return Repository{}, wrongRepository
	}
	if strings.Contains(text, "://") {
		u, err := url.Parse(text)
		if err != nil {
			return Repository{}, wrongRepository
		}
		if s.o.GitHub == nil || (u.Scheme != "ssh" && normalHost(u.Scheme, u.Host) != s.host()) {
			return s.elsewhere(u)
		}
	}
	if s.o.GitHub == nil {
		return Repository{}, &InvalidError{"githubRepo", "GitHub is not configured here. Give the whole address of the repository, with https://."}
	}
	ref, err := s.o.GitHub.ParseReference(text)
	if err != nil {
		return Repository{}, wrongRepository
	}
	return Repository{Name: ref.Name, Branch: ref.Branch, URL: s.o.GitHub.CloneURL(ref.Name), Host: s.host()}, nil
}

var wrongRepository = &InvalidError{"githubRepo", "Give owner/name, or the address of a repository with https:// and without a password in it."}

// elsewhere is a repository at a host that is not the configured GitHub.
func (s *Service) elsewhere(u *url.URL) (Repository, error) {
	host := normalHost(u.Scheme, u.Host)
	path := strings.TrimRight(u.EscapedPath(), "/")
	switch {
	case u.Scheme != "https" && !(u.Scheme == "http" && s.web.Scheme == "http"):
		return Repository{}, wrongRepository
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "" || !validHost(host) || path == "" || !strings.HasPrefix(path, "/"):
		return Repository{}, wrongRepository
	case !plainText(u.Path):
		return Repository{}, wrongRepository
	}
	return Repository{URL: u.Scheme + "://" + host + path, Host: host}, nil
}

// host is the configured GitHub's.
func (s *Service) host() string { return normalHost(s.web.Scheme, s.web.Host) }

// normalHost is host in lower case and without the standard port of the scheme.
func normalHost(scheme, host string) string {
	host = strings.ToLower(host)
	switch scheme {
	case "https":
		return strings.TrimSuffix(host, ":443")
	case "http":
		return strings.TrimSuffix(host, ":80")
	}
	return host
}

var hostName = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$`)

// validHost reports whether s is name[:port] in lower case; a name may be an IPv4 address.
func validHost(s string) bool {
	name := s
	if strings.ContainsRune(s, ':') {
		var port string
		var err error
		if name, port, err = net.SplitHostPort(s); err != nil || strings.ContainsAny(s, "[]") {
			return false
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
			return false
		}
	}
	return len(name) <= 253 && hostName.MatchString(name)
}

// plainText reports whether s can be one line of git's protocols.
func plainText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
