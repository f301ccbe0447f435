package gateway

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// reservedPrefix is the part of every workspace host that is the gateway's own. Nothing
// below it is ever proxied, however it is spelled.
const reservedPrefix = "/.kalpana/"

// reservedPath reports whether a decoded path leads below reservedPrefix for any program
// that tidies paths up, ignores case or takes something for the end of a path or of a part
// of it; exact tells whether it is written plainly.
func reservedPath(p string) (reserved, exact bool) {
	if strings.HasPrefix(p, reservedPrefix) && path.Clean(p) == p {
		return true, true
	}
	if !containsFold(p, ".kalpana") {
		return false, false
	}
	parts := strings.Split(strings.ReplaceAll(p, `\`, "/"), "/")
	for i, part := range parts {
		if end := strings.IndexAny(part, endings); end >= 0 {
			parts[i] = part[:end]
		}
	}
	clean := strings.ToLower(path.Clean("/" + strings.Join(parts, "/")))
	return clean == "/.kalpana" || strings.HasPrefix(clean, reservedPrefix), false
}

// endings are what programs take for the end of a path or of a part of it: parameters, what
// is a query or a fragment once it is decoded, and the end of a string in C.
const endings = ";?#\x00"

func containsFold(s, lower string) bool {
	for i := strings.IndexByte(s, lower[0]); i >= 0 && len(s)-i >= len(lower); {
		if equalFold(s[i:i+len(lower)], lower) {
			return true
		}
		next := strings.IndexByte(s[i+1:], lower[0])
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// serveReserved answers below reservedPrefix.
func (g *Gateway) serveReserved(ex *exchange, r *http.Request, a Address, exact bool) {
	w := &ex.rec
	if !exact || a.Kind == Agent || socketHandshake(r) {
		g.refuse(w, r, refuseNotFound)
		return
	}
	if g.pages.serveAsset(w, r) {
		return
	}
	switch r.URL.Path {
	case redeemPath:
		if r.Method != http.MethodGet {
			writeProblem(w, refuseMethod)
			return
		}
		g.redeem(w, r, a)
	case reservedPrefix + "status":
		g.onlyFor(mayVisit, ex, r, http.MethodGet, g.serveStatus)
	case reservedPrefix + "start":
		g.onlyFor(mayStart, ex, r, http.MethodPost, g.serveStart)
	case linkPath:
		g.serveLink(ex, r)
	default:
		g.refuse(w, r, refuseNotFound)
	}
}

// onlyFor calls serve for requests of the host's own pages by somebody who may.
func (g *Gateway) onlyFor(may func(*Route, Address, visitor, time.Time) bool, ex *exchange, r *http.Request, method string, serve func(*exchange, *http.Request, *Route)) {
	w, a := &ex.rec, ex.address
	if r.Method != method {
		writeProblem(w, refuseMethod)
		return
	}
	route := g.routes.lookup(a.ID)
	if !g.identify(ex, r, route) && !may(route, a, visitor{}, g.now()) {
		writeProblem(w, refuseUnauthorized)
		return
	}
	ex.client = g.client(r)
	if !safeMethod(method) && !originIs(r.Header, ownOrigin(r.Host, ex.client.HTTPS)) {
		writeProblem(w, refuseOrigin)
		return
	}
	if !may(route, a, ex.visitor, g.now()) {
		g.deny(ex, r, route)
		return
	}
	ex.guest = !mayUse(route, ex.visitor, g.now())
	if !route.usage.begin(ex, g.limits.mayHave(ex)) { // it may ask what is inside
		g.limits.reached(limitRequests)
		g.refuse(w, r, refuseBusy)
		return
	}
	defer route.usage.finish(ex)
	serve(ex, r, route)
}

// serveStatus tells a waiting page how far the workspace is.
func (g *Gateway) serveStatus(ex *exchange, r *http.Request, route *Route) {
	state := struct {
		Status       workspace.Status `json:"status"`
		StatusReason string           `json:"statusReason"`
		// Ready: the editor or the port answers, opening it makes sense.
		Ready  bool     `json:"ready"`
		Paused bool     `json:"paused"`
		Log    []string `json:"log"`
	}{Status: route.Status, Paused: route.Paused}
	if mayUse(route, ex.visitor, g.now()) {
		state.StatusReason, state.Log = route.StatusReason, g.options.Starter.StartLog(route.ID)
	}
	switch {
	case !route.answers(), route.Paused:
	case ex.port != nil:
		state.Ready = g.proxy.portAnswers(r.Context(), route, ex.address.Inside)
	default:
		state.Ready = g.proxy.editorAnswers(r.Context(), route)
	}
	if state.Log == nil {
		state.Log = []string{}
	}
	h := ex.rec.Header()
	ownHeaders(h)
	h.Set("Content-Type", "application/json")
	if err := json.NewEncoder(&ex.rec).Encode(state); err != nil {
		g.options.Log.Debug("status not sent", "workspace", route.ID, "err", err)
	}
}

// serveStart orders a start, unless the workspace runs or starts already, and goes back to
// where the visitor was.
func (g *Gateway) serveStart(ex *exchange, r *http.Request, route *Route) {
	back, ok := carriedPath(r.URL.Query().Get("path"))
	if !ok {
		back = "/"
	}
	if route.Status == workspace.StatusStarting || route.answers() && !route.Paused {
		redirect(&ex.rec, g.originOf(r, ex.address)+back)
		return
	}
	if after, ok := g.limits.start(ex.visitor.userID, route.ID, g.now()); !ok {
		g.plainPage(&ex.rec, r, refuseStarts.after(after))
		return
	}
	err := g.options.Starter.Start(r.Context(), route.ID)
	g.woken(ex, r, Wake{WorkspaceID: route.ID, Resumed: route.Paused, Button: true, Err: err})
	if err != nil {
		g.plainPage(&ex.rec, r, refusal{http.StatusServiceUnavailable, "start_refused", "The workspace was not started", "The order was not taken: " + err.Error(), 5})
		return
	}
	redirect(&ex.rec, g.originOf(r, ex.address)+back)
}

// editorAnswers asks the editor for a sign of life.
func (p *proxy) editorAnswers(ctx context.Context, route *Route) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+route.editor.pool+"/healthz", nil)
	if err != nil {
		return false
	}
	req.Host = p.gateway.hosts.EditorName(route.ID)
	req.Header.Set(keyHeader, route.key)
	resp, err := p.transport.RoundTrip(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	io.CopyN(io.Discard, resp.Body, copyBufferSize)
	return resp.StatusCode < 500 && resp.StatusCode != http.StatusUnauthorized
}
