package gateway

import (
	"net/http"
	"strings"
)

// SecretAddress reports whether the address of r, or the one that it is answered with, has
// something in it that lets somebody in: a ticket, the code of a link to a port, the code
// and state of a login, an invitation. Whoever writes addresses down leaves these out.
func (g *Gateway) SecretAddress(r *http.Request) bool {
	switch path := r.URL.Path; {
	case path == redeemPath, path == linkPath:
		return true // on whatever host: these paths are nobody else's
	case strings.HasPrefix(path, "/auth/"), path == "/signup" && strings.Contains(r.URL.RawQuery, "invitation="):
		a, ours := g.hosts.ParseHost(r.Host)
		return ours && a.Main()
	}
	return false
}
