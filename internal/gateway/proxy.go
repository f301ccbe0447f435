package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"time"
)

// proxy carries requests to workspaces: plain ones through net/http's reverse proxy over
// shared pools of connections, one for leased ports and one for ports inside (portdial.go),
// WebSockets over a connection of their own (tunnel.go).
type proxy struct {
	gateway       *Gateway
	transport     *http.Transport
	portTransport *http.Transport
	reverse       *httputil.ReverseProxy
	portReverse   *httputil.ReverseProxy
}

func newProxy(g *Gateway) *proxy {
	p := &proxy{gateway: g, transport: newTransport()}
	p.portTransport = newPortTransport(p)
	p.reverse, p.portReverse = p.newReverse(p.transport), p.newReverse(p.portTransport)
	return p
}

func (p *proxy) newReverse(t *http.Transport) *httputil.ReverseProxy {
	g := p.gateway
	return &httputil.ReverseProxy{
		Rewrite:    p.rewrite,
		Transport:  t,
		BufferPool: &copyBuffers,
		ErrorLog:   slog.NewLogLogger(g.options.Log.Handler(), slog.LevelDebug),
		ModifyResponse: func(resp *http.Response) error {
			ex := exchangeOf(resp.Request)
			ex.recordAnswer(resp)
			return checkResponse(resp, ex)
		},
		ErrorHandler: func(_ http.ResponseWriter, r *http.Request, err error) { p.failed(exchangeOf(r), r, err) },
	}
}

func (p *proxy) closeIdle() {
	p.transport.CloseIdleConnections()
	p.portTransport.CloseIdleConnections()
}

// forward sends the request to the workspace and its response back, both streamed.
func (p *proxy) forward(ex *exchange, r *http.Request) {
	ex.framePolicy = p.framePolicy(ex, r)
	out := r.WithContext(ex)
	if r.Body != nil && r.Body != http.NoBody {
		ex.body.ReadCloser = r.Body
		out.Body = &ex.body
	}
	reverse := p.reverse
	if ex.port != nil {
		reverse = p.portReverse
	}
	reverse.ServeHTTP(&ex.rec, out)
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

func (p *proxy) rewrite(pr *httputil.ProxyRequest) {
	ex := exchangeOf(pr.In)
	*pr.Out.URL = outboundURL(ex.upstream(), pr.In.URL, pr.In.RequestURI)
	pr.Out.Host = ex.sentHost()
	pr.Out.Trailer = nil // a trailer could say what a header may not
	delete(pr.Out.Header, "Connection")
	delete(pr.Out.Header, "Upgrade") // only WebSockets are passed on, and not here
	dressHeaders(pr.Out.Header, ex)
	p.record(ex, pr.Out, false)
}

// failed answers when there is no response to pass on. What went wrong on the way is
// logged for us; the visitor learns what to do.
func (p *proxy) failed(ex *exchange, r *http.Request, err error) {
	g := p.gateway
	switch {
	case context.Cause(ex) == errEnded: // revoked: whoever waits learns no more than that
		panic(http.ErrAbortHandler)
	case ex.Err() != nil: // the visitor left
		ex.rec.status = statusClientLeft
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
	dialTimeout = 2 * time.Second // loopback answers in microseconds, or its queue is full
	// idlePerHost above the concurrency of one workspace saves a fifth of the CPU time:
	// fewer would be closed and dialled again all the time.
	idlePerHost = 256
	idleTotal   = 4096             // bounds file descriptors over thousands of workspaces
	idleFor     = 30 * time.Second // shorter than the bridge keeps its side open
	// maxResponseHeader is more than any real response has; a hostile one ends in 502.
	maxResponseHeader = 64 << 10
	copyBufferSize    = 32 << 10
)

func newTransport() *http.Transport {
	return &http.Transport{
		DialContext:            dialUpstream,
		MaxIdleConns:           idleTotal,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        idleFor,
		ExpectContinueTimeout:  time.Second,
		DisableCompression:     true, // bytes pass as they are
		MaxResponseHeaderBytes: maxResponseHeader,
	}
}

// dialUpstream connects to the port of address on the loopback interface, whatever the
// name says: no workspace can make the gateway call anywhere else.
func dialUpstream(ctx context.Context, _, address string) (net.Conn, error) {
	port := address[strings.LastIndexByte(address, ':')+1:]
	if port == "0" {
		return nil, fmt.Errorf("workspace holds no port")
	}
	d := net.Dialer{Timeout: dialTimeout}
	return d.DialContext(ctx, "tcp4", "127.0.0.1:"+port)
}

// buffers lends out copy buffers. It implements httputil.BufferPool.
type buffers struct{ pool sync.Pool }

var copyBuffers = buffers{sync.Pool{New: func() any { return new([copyBufferSize]byte) }}}

func (b *buffers) Get() []byte  { return b.pool.Get().(*[copyBufferSize]byte)[:] }
func (b *buffers) Put(p []byte) { b.pool.Put((*[copyBufferSize]byte)(p)) }
