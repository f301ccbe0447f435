package gateway

import (
	"net/http"
	"strings"
)

// Browsers reuse an HTTP/2 or HTTP/3 connection for every host that its certificate covers,
// and then ask for another host than the one in the TLS handshake (RFC 9113, 9.1.1). Among
// workspace hosts that is right: who asks and where it goes is decided by the Host of each
// request alone. The main origin shares no connection with them. One connection has one
// flow control, one limit of streams and one end, and a page of a workspace could use all
// of it up. A browser that is told so asks again on a connection of its own
// (RFC 9110, 15.5.20).

var refuseMisdirected = refusal{http.StatusMisdirectedRequest, "misdirected_request", "Wrong connection", "This connection was opened for another host. Ask again on a new one; a proxy in between must name the same host in its TLS handshake, or be one of the trusted proxies.", 0}

// misdirected reports whether a request for a came over a TLS connection that was opened
// for the main origin if a is none of its hosts, or the other way round. A connection that
// names no host of ours says nothing: programs and proxies open such.
func (g *Gateway) misdirected(r *http.Request, a Address) bool {
	if r.TLS == nil || r.TLS.ServerName == "" {
		return false
	}
	if rest, same := strings.CutPrefix(r.Host, r.TLS.ServerName); same && (rest == "" || rest[0] == ':') {
		return false // as nearly always
	}
	opened, ours := g.hosts.ParseHost(r.TLS.ServerName)
	return ours && opened.Main() != a.Main() && !g.options.Client(r).Proxied
}
