package gateway

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/kalpana-dev/kalpana/internal/http1"
)

// proxy carries requests to workspaces: plain ones over shared pools of connections, one for
// leased ports and one for ports inside (portdial.go), WebSockets over a connection of their
// own (tunnel.go).
type proxy struct {
	gateway       *Gateway
	transport     upstreamClient
	portTransport upstreamClient
	workspaces    forwarder
	ports         forwarder
}

func newProxy(g *Gateway) *proxy {
	p := &proxy{gateway: g}
	p.transport, p.workspaces = p.newForwarder(p.dialWorkspace, idlePerHost, idleFor)
	// Programs inside: each connection to one is a tunnel of the bridge.
	p.portTransport, p.ports = p.newForwarder(p.dialPort, idlePerPort, idlePorts)
	return p
}

func (p *proxy) closeIdle() {
	p.transport.CloseIdleConnections()
	p.portTransport.CloseIdleConnections()
}

// forward sends the request to the workspace and its response back, both streamed.
func (p *proxy) forward(ex *exchange, r *http.Request) {
	ex.framePolicy = p.framePolicy(ex, r)
	if ex.port != nil {
		p.ports.forward(ex, r)
		return
	}
	p.workspaces.forward(ex, r)
}

// framePolicy says who may frame a page. What a port shows is framed by the dashboard,
// and by the editor's own browser, which is itself in a frame of the dashboard. Nobody
// else: a page of another workspace could make its owner click on something. A public
// port has nothing to gain from anybody's login, so its program says itself.
func (p *proxy) framePolicy(ex *exchange, r *http.Request) string {
	policy := "frame-ancestors 'self' " + p.gateway.uiOrigin(r)
	switch {
	case ex.port == nil:
		return policy
	case ex.port.public():
		return ""
	default:
		return policy + " " + p.gateway.originOf(r, Address{Kind: Editor, ID: ex.address.ID})
	}
}

// failed answers when there is no response to pass on. What went wrong on the way is
// logged for us; the visitor learns what to do.
func (p *proxy) failed(ex *exchange, r *http.Request, err error) {
	g := p.gateway
	switch {
	case context.Cause(ex) == errEnded: // revoked: whoever waits learns no more than that
		panic(http.ErrAbortHandler)
	case ex.Err() != nil: // the visitor left, or does not get on with the body; an empty 200 would be no answer
		ex.rec.status = statusClientLeft
		panic(http.ErrAbortHandler)
	case errors.Is(err, errEditorStarting):
		g.waitPage(&ex.rec, r, ex.route, refusal{http.StatusServiceUnavailable, "editor_starting", "The editor is starting", "It opens here by itself in a moment.", 1})
	case ex.body.failed.Load():
		writeProblem(&ex.rec, refuseBody)
	case ex.port != nil:
		g.portFailed(ex, r, err)
	default:
		g.options.Log.Warn("workspace does not answer", "workspace", ex.route.ID, "port", ex.upstream().port, "err", err)
		if ex.page {
			g.waitPage(&ex.rec, r, ex.route, refuseGateway)
			return
		}
		writeProblem(&ex.rec, refuseGateway)
	}
}

// statusClientLeft is for the books only: there is nobody to send it to.
const statusClientLeft = 499

const (
	// idlePerHost above the concurrency of one workspace saves a fifth of the CPU time:
	// fewer would be closed and dialled again all the time.
	idlePerHost = 256
	idleTotal   = 4096             // bounds file descriptors over thousands of workspaces
	idleFor     = 30 * time.Second // shorter than the bridge keeps its side open
	// maxResponseHeader is more than any real response has; a hostile one ends in 502.
	maxResponseHeader = 64 << 10
)

// upstreamClient sends requests to workspaces.
type upstreamClient interface {
	http.RoundTripper
	CloseIdleConnections()
}

// newForwarder is a client for what dial connects to, and what forwards with it.
func (p *proxy) newForwarder(dial func(ctx context.Context, address string) (net.Conn, error), perHost int, idle time.Duration) (upstreamClient, forwarder) {
	if p.gateway.options.NetHTTP {
		return p.newReverse(dial, perHost, idle)
	}
	t := &http1.Transport{
		Dial:            dial,
		MaxIdle:         idleTotal,
		MaxIdlePerHost:  perHost,
		IdleFor:         idle,
		ContinueTimeout: time.Second,
		MaxHeaderBytes:  maxResponseHeader,
	}
	return t, &streamer{p, t}
}
