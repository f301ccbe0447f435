package gateway

import (
	"errors"
	"fmt"
	"net/http"
)

// portFailed answers when there is no response of a program to pass on.
func (g *Gateway) portFailed(ex *exchange, r *http.Request, err error) {
	inside := ex.address.Inside
	ex.port.allowSibling(ex.rec.Header())
	var f refusal
	switch {
	case errors.Is(err, errPortClosed):
		f = refusal{http.StatusBadGateway, "port_closed", fmt.Sprintf("Nothing listens on port %d yet", inside), "Start a program in the workspace that listens on this port.", 2}
		if ex.page {
			g.closedPortPage(ex, r, f)
			return
		}
	case errors.Is(err, errTooManyTunnels):
		f = refusal{http.StatusServiceUnavailable, "too_many_tunnels", "Too many connections", "This workspace has as many open connections to its ports as are allowed. Close some.", 2}
	case errors.Is(err, errPortForbidden):
		f = refusal{http.StatusForbidden, "port_forbidden", "This port is not forwarded", "The workspace does not forward connections to this port.", 0}
	case errors.Is(err, errNoTunnel):
		g.options.Log.Warn("workspace does not answer", "workspace", ex.route.ID, "port", ex.upstream().port, "err", err)
		if f = refuseGateway; ex.page {
			g.writePage(&ex.rec, r, f, pageData{Title: f.title, Text: "It is running, but it does not answer. Trying again…", State: "starting", Poll: true})
			return
		}
	default:
		g.options.Log.Warn("port of a workspace does not answer", "workspace", ex.route.ID, "port", inside, "err", err)
		f = refusal{http.StatusBadGateway, "bad_gateway", fmt.Sprintf("Port %d does not answer", inside), "Something listens on this port, but it does not speak HTTP, or broke off. Try again.", 2}
	}
	g.refuse(&ex.rec, r, f)
}

// closedPortPage waits for a program and opens it by itself.
func (g *Gateway) closedPortPage(ex *exchange, r *http.Request, f refusal) {
	d := pageData{Title: f.title, State: "starting", Poll: true, Text: "It opens here by itself as soon as something does."}
	if mayUse(ex.route, ex.visitor, g.now()) {
		d.Name = ex.route.Name
		d.Text = fmt.Sprintf("Start a server in the workspace's terminal, for example:\nnpm run dev -- --port %d\nIt may listen on localhost or on all addresses. It opens here by itself.", ex.address.Inside)
	}
	g.writePage(&ex.rec, r, f, d)
}

// guestPage is shown to visitors of a shared port while its workspace does not run: they
// can do nothing about it, and its name and log are none of their business.
func (g *Gateway) guestPage(ex *exchange, r *http.Request, f refusal, state string) {
	g.writePage(&ex.rec, r, f, pageData{Title: f.title, Text: f.detail, State: state, Poll: true})
}
