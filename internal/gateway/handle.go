package gateway

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// Handle answers requests for workspace hosts and returns true; false means that the
// host is the main origin's, or none of ours, and nothing was written. Of the main
// origin it answers only for the assets of its own pages and what must go no further; for
// all else there it has set the headers that every answer needs.
func (g *Gateway) Handle(w http.ResponseWriter, r *http.Request) bool {
	a, ours := g.hosts.ParseHost(r.Host)
	if !ours {
		return false
	}
	if a.Main() || a.Kind == Malformed {
		g.guardMain(w.Header(), r)
	}
	if endsUnsure(r) {
		w.Header().Set("Connection", "close")
	}
	switch {
	case r.URL.User != nil: // in an absolute target, which no browser sends here
		writeProblem(w, refuseHost)
		return true
	case g.misdirected(r, a):
		g.refuse(w, r, refuseMisdirected)
		return true
	case cookieFlood(r.Header["Cookie"]):
		g.clearCookies(w, r)
		return true
	case headerFlood(r.Header, a.Main()):
		writeProblem(w, refuseHeaders)
		return true
	}
	switch a.Kind {
	case Main, UI:
		return g.pages.serveAsset(w, r)
	case Malformed:
		writeProblem(w, refuseHost)
		return true
	case Unknown:
		g.refuse(w, r, refuseNotFound)
		return true
	}
	began := time.Now()
	ex := &exchange{address: a, rec: recorder{ResponseWriter: w}}
	defer func() {
		class := ex.rec.status / 100
		if class == 0 {
			class = 4 // the visitor left before there was an answer
		}
		g.options.Observer.Request(kindLabel(a.Kind), class, time.Since(began), ex.body.bytes.Load(), ex.rec.bytes)
	}()
	g.serve(ex, r, a)
	return true
}

// kindSite is the kind of requests to sites.
const kindSite = "site"

func kindLabel(k Kind) string {
	switch k {
	case Agent:
		return "agent"
	case Port:
		return "port"
	case OtherSite:
		return kindSite
	default:
		return "ws"
	}
}

// serve decides; each step that can refuse stands before anything that costs more.
// Nothing that depends on whether the workspace exists comes before the visitor is known,
// except what has to: a public port, and a browser's question about a sibling port.
func (g *Gateway) serve(ex *exchange, r *http.Request, a Address) {
	w := &ex.rec
	ex.page = a.Kind != Agent && pageVisit(r)
	if r.Method == http.MethodConnect {
		writeProblem(w, refuseMethod) // the gateway is no tunnel, and RFC 8441 is not offered
		return
	}
	if !wellFormed(r) {
		writeProblem(w, refuseMalformed)
		return
	}
	if !g.routes.loaded.Load() || g.closing.Load() {
		g.refuse(w, r, refuseNotReady)
		return
	}
	if a.Kind == Port {
		g.servePort(ex, r)
		return
	}
	if fromElsewhere(r.Header) {
		writeProblem(w, refuseOrigin)
		return
	}
	if wantsWorker(r.Header) && !editorFile(r.URL.Path) {
		writeProblem(w, refuseWorker)
		return
	}
	reserved, exact := reservedPath(r.URL.Path)
	if reserved {
		g.serveReserved(ex, r, a, exact)
		return
	}
	route := g.routes.lookup(a.ID)
	if !g.authenticate(ex, r, route, a) {
		if ex.page && !bearer(r.Header) {
			g.sendToLogin(w, r, a)
			return
		}
		writeProblem(w, refuseUnauthorized)
		return
	}
	socket := socketHandshake(r)
	ex.client = g.client(r)
	if (socket || !safeMethod(r.Method)) && !originAllowed(r.Header, ownOrigin(r.Host, ex.client.HTTPS), ex.visitor.sessionID != "", socket) {
		writeProblem(w, refuseOrigin)
		return
	}
	if !mayVisit(route, a, ex.visitor, g.now()) {
		g.deny(ex, r, route)
		return
	}
	if route, ok := g.awake(ex, r, route); ok {
		g.forward(ex, r, route, a, socket)
	}
}

// forward proxies a request that was let in, registered so that it can be ended.
func (g *Gateway) forward(ex *exchange, r *http.Request, route *Route, a Address, socket bool) {
	ctx, cancel := context.WithCancelCause(r.Context())
	ex.Context, ex.cancel, ex.route, ex.host = ctx, cancel, route, g.outboundHost(r, a)
	ex.guest = !mayUse(route, ex.visitor, g.now())
	if entered, full := route.usage.enter(ex, socket, g.limits.mayHave(ex)); !entered {
		cancel(nil)
		if full {
			g.limits.reached(limitRequests)
			g.refuse(&ex.rec, r, refuseBusy)
			return
		}
		g.refuse(&ex.rec, r, refuseNotFound)
		return
	}
	if socket { // before closing is read, so that Close either waits for it or is seen here
		g.background.begin()
		defer g.background.end()
	}
	if g.closing.Load() { // Close may have looked before this was registered
		route.usage.leave(ex)
		cancel(nil)
		g.refuse(&ex.rec, r, refuseNotReady)
		return
	}
	if countsAsUse(r.URL.Path) {
		g.touch(route.usage)
	}
	if socket {
		g.proxy.tunnel(ex, r) // leaves by itself, usually after this returns
		return
	}
	defer func() {
		ex.endRecording()
		route.usage.leave(ex)
		cancel(nil)
	}()
	g.renewLogin(ex, a)
	ex.body.http1, ex.body.length, ex.rec.upload = r.ProtoMajor == 1, r.ContentLength, &ex.body
	g.proxy.forward(ex, r)
}

// countsAsUse leaves out what browsers and monitors ask for by themselves.
func countsAsUse(path string) bool {
	return path != "/healthz" && path != "/readyz" && path != "/favicon.ico" && !strings.HasPrefix(path, "/_static/src/browser/media/favicon")
}

// notRunning answers for a workspace that has nothing to proxy to.
func (g *Gateway) notRunning(ex *exchange, r *http.Request, route *Route) {
	note := ""
	if g.mayWake(ex, r, route) {
		var err error
		if route, err = g.wake(ex, r, route); err != nil {
			note = startRefusal(err)
		}
	}
	if ex.port != nil {
		ex.port.allowSibling(ex.rec.Header())
	}
	f := refusal{status: http.StatusServiceUnavailable, retryAfter: 2}
	switch route.Status {
	case workspace.StatusRunning: // and paused
		f.retryAfter = 10
		f.code, f.title, f.detail = "workspace_paused", "The workspace is paused", "It goes on when it is opened in a browser, or with POST /api/v1/workspaces/{id}/start."
	case workspace.StatusStarting:
		f.code, f.title, f.detail = "workspace_starting", "The workspace is starting", "Try again in a few seconds."
	case workspace.StatusStopping:
		f.code, f.title, f.detail = "workspace_stopping", "The workspace is stopping", "Start it again once it has stopped."
	case workspace.StatusError:
		f.status, f.retryAfter = http.StatusBadGateway, 0
		f.code, f.title, f.detail = "workspace_error", "The workspace could not be started", route.StatusReason
	default:
		f.retryAfter = 10
		f.code, f.title, f.detail = "workspace_stopped", "The workspace is stopped", "Start it in the dashboard or with POST /api/v1/workspaces/{id}/start."
	}
	guest := !mayUse(route, ex.visitor, g.now())
	if guest {
		f.detail = "Only its owner can do something about it."
	}
	switch {
	case !ex.page:
		writeProblem(&ex.rec, f)
	case guest && route.answers():
		g.guestPage(ex, r, f, statePaused)
	case guest:
		g.guestPage(ex, r, f, strings.ToLower(string(route.Status)))
	default:
		g.workspacePage(ex, r, route, f, note)
	}
}

// deny answers a visitor who may not do this: those who may see the workspace are told
// so, to all others it is as if there were none.
func (g *Gateway) deny(ex *exchange, r *http.Request, route *Route) {
	if route.right(ex.visitor, g.now()).Allows(workspace.RightView) {
		g.refuse(&ex.rec, r, refuseRight)
		return
	}
	if ex.page {
		forgetPages(ex.rec.Header())
	}
	g.refuse(&ex.rec, r, refuseNotFound)
}

// refuse answers with a page or with JSON, the same for everybody who gets this refusal.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, f refusal) {
	if pageVisit(r) {
		g.plainPage(w, r, f)
		return
	}
	writeProblem(w, f)
}
