package identity

import (
	"net/url"
	"strings"
)

// maxReturnPath bounds what a login carries along; the longest address the gateway
// returns to stays below it.
const maxReturnPath = 8 << 10

// ReturnPath returns p if it is a path, with query, on the main origin, and / otherwise.
// It refuses whatever a browser could read as another origin (//host, /\host, a tab
// between the slashes) or resolve into one (/.//host), and the addresses of a login
// itself. Browsers send paths percent-encoded, so anything else than printable ASCII is
// not one of ours.
func ReturnPath(p string) string {
	if len(p) == 0 || len(p) > maxReturnPath || p[0] != '/' {
		return "/"
	}
	for i := range len(p) {
		if p[i] <= ' ' || p[i] >= 0x7f || p[i] == '\\' {
			return "/"
		}
	}
	path, _, _ := strings.Cut(p, "?")
	path, _, _ = strings.Cut(path, "#")
	if leavesPath(path) {
		return "/"
	}
	u, err := url.Parse(p)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil {
		return "/"
	}
	if leavesPath(strings.ReplaceAll(u.Path, `\`, "/")) { // once somebody decodes it
		return "/"
	}
	if path == "/login" || strings.HasPrefix(path, "/auth/") && path != "/auth/ticket" {
		return "/"
	}
	return p
}

// leavesPath reports whether a path has empty segments or some that a browser resolves away,
// and so may become another address.
func leavesPath(path string) bool {
	if strings.Contains(path, "//") {
		return true
	}
	for segment := range strings.SplitSeq(path, "/") {
		if dots := strings.ReplaceAll(strings.ToLower(segment), "%2e", "."); dots == "." || dots == ".." {
			return true
		}
	}
	return false
}
