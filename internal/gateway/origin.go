package gateway

import (
	"net"
	"net/http"
	"strconv"
	"strings"
)

// Client is what a request says about who sent it, after trusted proxies were believed.
type Client struct {
	// IP is the visitor's address, without a port.
	IP string
	// HTTPS tells whether the visitor's connection is encrypted.
	HTTPS bool
	// Proxied tells whether a trusted proxy passed the request on, over a connection that is
	// the proxy's own.
	Proxied bool
}

// directClient believes the connection alone.
func directClient(r *http.Request) Client {
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		ip = r.RemoteAddr
	}
	return Client{IP: ip, HTTPS: r.TLS != nil}
}

// pageVisit reports whether a person is opening a page: only then do redirects and HTML make sense.
func pageVisit(r *http.Request) bool {
	if r.Method != http.MethodGet || socketHandshake(r) || !accepts(r.Header["Accept"], "text/html") {
		return false
	}
	mode, present := r.Header["Sec-Fetch-Mode"]
	return !present || (len(mode) == 1 && mode[0] == "navigate")
}

func accepts(lines []string, mediaType string) bool {
	for _, line := range lines {
		for line != "" {
			var item string
			item, line, _ = strings.Cut(line, ",")
			item, _, _ = strings.Cut(item, ";")
			if equalFold(strings.Trim(item, " \t"), mediaType) {
				return true
			}
		}
	}
	return false
}

// socketHandshake reports whether a request asks for a WebSocket, however it is spelled
// and however wrong the rest of it is: it then has to pass the stricter check of Origin.
func socketHandshake(r *http.Request) bool {
	return r.Method == http.MethodConnect || hasToken(r.Header["Upgrade"], "websocket")
}

// hasToken reports whether a comma-separated header names token (lower case).
func hasToken(lines []string, token string) bool {
	for _, line := range lines {
		for line != "" {
			var item string
			item, line, _ = strings.Cut(line, ",")
			if equalFold(strings.Trim(item, " \t"), token) {
				return true
			}
		}
	}
	return false
}

// fromElsewhere reports whether a browser says that another origin's page made this
// request and it is not somebody following a link: scripts, images and fetches of a
// workspace's files are for its own pages. Browsers send this with everything but
// WebSocket handshakes; programs do not send it at all.
func fromElsewhere(h http.Header) bool {
	site := h["Sec-Fetch-Site"]
	if len(site) == 0 || (len(site) == 1 && (site[0] == "same-origin" || site[0] == "none")) {
		return false
	}
	dest := h.Get("Sec-Fetch-Dest")
	return h.Get("Sec-Fetch-Mode") != "navigate" || (dest != "document" && dest != "iframe")
}

// ownOrigin is the origin that pages of the requested host have in the visitor's browser.
func ownOrigin(host string, https bool) string {
	scheme, standard := "https://", ":443"
	if !https {
		scheme, standard = "http://", ":80"
	}
	return scheme + strings.TrimSuffix(strings.ToLower(host), standard)
}

// originIs reports whether there is exactly one Origin and it is want.
func originIs(h http.Header, want string) bool {
	o := h["Origin"]
	return len(o) == 1 && o[0] == want
}

// originAllowed decides about a request that changes something or opens a socket.
// A cookie is sent by the browser whoever asks, so the asking page must be the host's
// own. A token is only sent by whoever knows it, so a missing Origin is no objection.
func originAllowed(h http.Header, want string, byCookie, socket bool) bool {
	if len(h["Origin"]) == 0 {
		return !byCookie || !socket
	}
	return originIs(h, want)
}

func safeMethod(m string) bool {
	return m == http.MethodGet || m == http.MethodHead || m == http.MethodOptions || m == http.MethodTrace
}

// outboundHost is the Host a workspace sees: as received, because code-server compares
// Origin with it, unless it names a port that neither the installation nor the
// listener has.
func (g *Gateway) outboundHost(r *http.Request, a Address) string {
	if a.Port == 0 || a.Port == g.hosts.domain.Port {
		return r.Host
	}
	if a.Port == listenerPort(r) {
		return r.Host
	}
	return g.hosts.name(a) + g.hosts.portSuffix
}

// listenerPort is the port that r came in on, 0 if that is not known.
func listenerPort(r *http.Request) int {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return 0
	}
	_, port, _ := splitPort(local.String())
	return port
}

// place is where this visitor finds the installation: scheme and port of all its hosts.
func (g *Gateway) place(r *http.Request) (scheme, portSuffix string) {
	if g.client(r).HTTPS {
		return "https://", g.hosts.portSuffix
	}
	_, port, ok := splitPort(r.Host)
	if !ok || port == 0 || port == 80 {
		return "http://", ""
	}
	return "http://", ":" + strconv.Itoa(port)
}

// uiOrigin is the origin of the pages as this visitor reaches them.
func (g *Gateway) uiOrigin(r *http.Request) string {
	scheme, port := g.place(r)
	return scheme + g.hosts.domain.UIHost + port
}

// originOf is the origin of a workspace's host as this visitor reaches it, or of a site.
func (g *Gateway) originOf(r *http.Request, a Address) string {
	if a.Kind == OtherSite {
		return a.ID
	}
	scheme, port := g.place(r)
	return scheme + g.hosts.name(a) + port
}
