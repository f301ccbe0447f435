package gateway

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// portVisit is what a request to a port inside a workspace has beyond others.
//
// A port's host shows a program of the workspace's owner, or of whoever wrote what the
// owner runs. It has its own origin and its own cookie, good for nothing else: such a
// program may read and spoil what people send to it, and no more than that.
type portVisit struct {
	setting workspace.PortSetting
	// origin is that of the port's own pages, as this visitor reaches them.
	origin string
	// sibling is the Origin of the request if that is another port of the same owner.
	sibling  string
	upstream upstream
}

func (v *portVisit) public() bool { return v.setting.Visibility == workspace.VisiblePublic }

// local is the origin that the port has for programs beside it.
func (v *portVisit) local() string { return "http://" + v.localHost() }

func (v *portVisit) localHost() string { return "localhost:" + strconv.Itoa(v.setting.Port) }

// servePort decides about a request to a port, like serve for the other hosts.
func (g *Gateway) servePort(ex *exchange, r *http.Request) {
	a, w := ex.address, &ex.rec
	ex.client = g.client(r)
	v := &portVisit{origin: ownOrigin(r.Host, ex.client.HTTPS)}
	ex.port = v
	route := g.routes.lookup(a.ID)
	v.setting = route.setting(a.Inside)
	if reserved, exact := reservedPath(r.URL.Path); reserved {
		if fromElsewhere(r.Header) {
			writeProblem(w, refuseOrigin)
			return
		}
		g.serveReserved(ex, r, a, exact)
		return
	}
	socket := socketHandshake(r)
	switch {
	case !v.public():
		if !g.admitToPort(ex, r, route, socket) {
			return
		}
	case ex.page:
		// Everybody may see a public port, from any page, and our cookie gives nobody more
		// than that. It only tells who is offered a start button.
		g.authenticate(ex, r, route, a)
	}
	route, ok := g.awake(ex, r, route)
	if !ok {
		return
	}
	v.upstream = route.portUpstream(a.Inside)
	g.forward(ex, r, route, a, socket)
}

// admitToPort lets in who may see a port that is not public, or answers.
func (g *Gateway) admitToPort(ex *exchange, r *http.Request, route *Route, socket bool) bool {
	v, w := ex.port, &ex.rec
	if o := r.Header["Origin"]; len(o) == 1 && o[0] != v.origin && g.sibling(o[0], v.origin, route) {
		v.sibling = o[0]
	}
	if preflight(r) {
		v.answerPreflight(w, r)
		return false
	}
	if fromElsewhere(r.Header) && v.sibling == "" && !g.referredBySibling(r, v.origin, route) {
		writeProblem(w, refuseOrigin)
		return false
	}
	if !g.identify(ex, r, route) {
		if ex.page && g.linkEnded(ex, r) {
			return false
		}
		if ex.page && !bearer(r.Header) {
			g.sendToLogin(w, r, ex.address)
			return false
		}
		v.allowSibling(w.Header()) // so that its page can tell refusals apart
		writeProblem(w, refuseUnauthorized)
		return false
	}
	if !v.originAllowed(r, ex.visitor.byCookie(), socket) {
		writeProblem(w, refuseOrigin)
		return false
	}
	if !mayVisit(route, ex.address, ex.visitor, g.now()) {
		v.allowSibling(w.Header())
		g.deny(ex, r, route)
		return false
	}
	return true
}

// originAllowed decides about requests that a page of another origin might have made. A
// cookie is sent by the browser whoever asks; a token only by whoever knows it.
func (v *portVisit) originAllowed(r *http.Request, byCookie, socket bool) bool {
	o := r.Header["Origin"]
	safe := safeMethod(r.Method) && !socket
	switch {
	case len(o) == 1 && o[0] != "" && (o[0] == v.origin || o[0] == v.sibling):
		return true
	case len(o) == 0 && (safe || !byCookie):
		return true
	case safe && !byCookie:
		return true
	case socket || len(o) > 1 || (len(o) == 1 && o[0] != "null"):
		return false
	}
	// Pages with the policy "no-referrer" send "null" with their own forms. No page of
	// another origin can make a browser say "same-origin".
	site := r.Header["Sec-Fetch-Site"]
	return len(site) == 1 && site[0] == "same-origin"
}

// dressRequest makes the headers those of a request on the program's own machine, if
// that is what the owner set.
func (v *portVisit) dressRequest(h http.Header) {
	if v.setting.RewriteHost && originIs(h, v.origin) {
		h["Origin"] = []string{v.local()}
	}
}

// host is what the program sees as Host.
func (v *portVisit) host(received string) string {
	if v.setting.RewriteHost {
		return v.localHost()
	}
	return received
}

// dressResponse adds what a browser needs to know, unless the program said it.
func (v *portVisit) dressResponse(h http.Header, framePolicy string) {
	// A program that lets everybody in, or this very page, means the sibling too; browsers
	// want it said in full where cookies are sent along.
	if says, ok := h["Access-Control-Allow-Origin"]; !ok || len(says) == 1 && (says[0] == "*" || says[0] == v.sibling) {
		v.allowSibling(h)
	}
	if framePolicy != "" {
		h["Content-Security-Policy"] = append(h["Content-Security-Policy"], framePolicy)
	}
	if to := h["Location"]; len(to) == 1 {
		to[0] = v.publicLocation(to[0])
	}
}

// publicLocation turns an address that only works beside the program into the public
// one. Many servers redirect to the absolute address that they believe to have.
func (v *portVisit) publicLocation(to string) string {
	port := strconv.Itoa(v.setting.Port)
	scheme, address, found := strings.Cut(to, "://")
	if !found || scheme != "http" && scheme != "https" {
		return to
	}
	for _, host := range []string{"localhost:", "127.0.0.1:", "[::1]:", "0.0.0.0:"} {
		rest, ok := strings.CutPrefix(address, host+port)
		if ok && (rest == "" || strings.ContainsRune("/?#", rune(rest[0]))) {
			return v.origin + rest
		}
	}
	return to
}
