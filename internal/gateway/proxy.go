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
// one shared pool of connections, WebSockets over a connection of their own (tunnel.go).
type proxy struct {
	gateway   *Gateway
	transport *http.Transport
	reverse   *httputil.ReverseProxy
}

func newProxy(g *Gateway) *proxy {
	p := &proxy{gateway: g, transport: newTransport()}
	p.reverse = &httputil.ReverseProxy{
		Rewrite:        rewrite,
		Transport:      p.transport,
		BufferPool:     &copyBuffers,
		ErrorLog:       slog.NewLogLogger(g.options.Log.Handler(), slog.LevelDebug),
		ModifyResponse: func(resp *http.Response) error { return checkResponse(resp, exchangeOf(resp.Request)) },
		ErrorHandler:   func(_ http.ResponseWriter, r *http.Request, err error) { p.failed(exchangeOf(r), r, err) },
	}
	return p
}

// forward sends the request to the workspace and its response back, both streamed.
func (p *proxy) forward(ex *exchange, r *http.Request) {
	ex.framePolicy = p.framePolicy(r)
	out := r.WithContext(ex)
	if r.Body != nil && r.Body != http.NoBody {
		ex.body.ReadCloser = r.Body
		out.Body = &ex.body
	}
	p.reverse.ServeHTTP(&ex.rec, out)
}

func (p *proxy) framePolicy(r *http.Request) string {
	return "frame-ancestors 'self' " + p.gateway.uiOrigin(r)
}

func rewrite(pr *httputil.ProxyRequest) {
	ex := exchangeOf(pr.In)
	*pr.Out.URL = outboundURL(ex.route.upstreamOf(ex.kind), pr.In.URL, pr.In.RequestURI)
	pr.Out.Host = ex.host
	pr.Out.Trailer = nil // a trailer could say what a header may not
	delete(pr.Out.Header, "Connection")
	delete(pr.Out.Header, "Upgrade") // only WebSockets are passed on, and not here
	dressHeaders(pr.Out.Header, ex)
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
	default:
		g.options.Log.Warn("workspace does not answer", "workspace", ex.route.ID, "port", ex.route.upstreamOf(ex.kind).port, "err", err)
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
