package gateway

import (
	"net/http"
	"strings"
)

// A front end on one port and its back end on another are two origins, and the browser
// asks before one calls the other. Between the ports of one owner the gateway says yes
// by itself: the program behind the port never sees our cookie, so it cannot.

const (
	// preflightAge is how long a browser may remember a yes, in seconds. The request
	// itself is checked again all the same.
	preflightAge = "600"
	// maxPreflight is more than any list of header names of a real request.
	maxPreflight = 2 << 10
)

// sibling reports whether origin is exactly that of a port of route's owner, in the same
// workspace or in another that nobody else edits, with the scheme and port of own, the
// origin that was asked. Route may be nil.
func (g *Gateway) sibling(origin, own string, route *Route) bool {
	if route == nil || route.Deleting || len(origin) > 300 { // no host name is longer
		return false
	}
	scheme, name, port := splitOrigin(origin)
	ownScheme, _, ownPort := splitOrigin(own)
	if scheme != ownScheme || port != ownPort {
		return false
	}
	a, ours := g.hosts.ParseHost(name)
	if !ours || a.Kind != Port || a.Port != 0 || g.hosts.name(a) != name {
		return false
	}
	other := g.routes.lookup(a.ID)
	if other == nil || other.Deleting || other.OwnerID == "" || other.OwnerID != route.OwnerID {
		return false
	}
	// A workspace that others edit runs what they want: in its owner's browser it must not
	// reach into the owner's other ones.
	return other.ID == route.ID || !other.editedByOthers(g.now())
}

// splitOrigin cuts "https://name:8443" up. What is no origin gives what no host matches.
func splitOrigin(origin string) (scheme, name, port string) {
	scheme, rest, _ := strings.Cut(origin, "://")
	name, port, _ = strings.Cut(rest, ":")
	return scheme, name, port
}

// referredBySibling reports whether a page of a sibling embeds what is asked for, an
// image for example: browsers send no Origin then, but say whose page it is, and no page
// can make them name another's.
func (g *Gateway) referredBySibling(r *http.Request, own string, route *Route) bool {
	from := r.Header["Referer"]
	if len(r.Header["Origin"]) > 0 || len(from) != 1 || !safeMethod(r.Method) {
		return false
	}
	scheme, rest, _ := strings.Cut(from[0], "://")
	name, _, _ := strings.Cut(rest, "/")
	return g.sibling(scheme+"://"+name, own, route)
}

// preflight reports whether a browser asks if a page of another origin may make a
// request. Such a question carries no cookie.
func preflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && len(r.Header["Origin"]) > 0 && len(r.Header["Access-Control-Request-Method"]) > 0
}

// answerPreflight says yes to siblings and tells all others nothing.
func (v *portVisit) answerPreflight(w http.ResponseWriter, r *http.Request) {
	method, names := r.Header["Access-Control-Request-Method"], r.Header["Access-Control-Request-Headers"]
	if v.sibling == "" || len(method) != 1 || !isToken(method[0]) || len(names) > 1 || (len(names) == 1 && !isTokenList(names[0])) {
		writeProblem(w, refuseOrigin)
		return
	}
	h := w.Header()
	v.allowSibling(h)
	h["Access-Control-Allow-Methods"] = method
	if len(names) == 1 {
		h["Access-Control-Allow-Headers"] = names
	}
	h.Set("Access-Control-Max-Age", preflightAge)
	h.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
	w.WriteHeader(http.StatusNoContent)
}

// allowSibling lets a page of the sibling read the answer.
func (v *portVisit) allowSibling(h http.Header) {
	if v.sibling == "" {
		return
	}
	h.Set("Access-Control-Allow-Origin", v.sibling)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Add("Vary", "Origin")
}

func isTokenList(s string) bool {
	for name := range strings.SplitSeq(s, ",") {
		if !isToken(strings.Trim(name, " \t")) {
			return false
		}
	}
	return len(s) <= maxPreflight
}

// isToken reports whether s is a token (RFC 9110, 5.6.2), as methods and names are.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != "" && len(s) <= maxPreflight
}
