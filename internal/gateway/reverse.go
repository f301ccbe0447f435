package gateway

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"time"
)

// reverse forwards with what Go brings along. It is what Options.NetHTTP switches to.
type reverse struct {
	proxy *proxy
	httputil.ReverseProxy
}

func (p *proxy) newReverse(dial func(ctx context.Context, address string) (net.Conn, error), perHost int, idle time.Duration) (upstreamClient, forwarder) {
	t := &http.Transport{
		DialContext:            func(ctx context.Context, _, address string) (net.Conn, error) { return dial(ctx, address) },
		MaxIdleConns:           idleTotal,
		MaxIdleConnsPerHost:    perHost,
		IdleConnTimeout:        idle,
		ExpectContinueTimeout:  time.Second,
		DisableCompression:     true, // bytes pass as they are
		MaxResponseHeaderBytes: maxResponseHeader,
	}
	return t, &reverse{p, httputil.ReverseProxy{
		Rewrite:    p.rewrite,
		Transport:  t,
		BufferPool: &copyBuffers,
		ErrorLog:   slog.NewLogLogger(p.gateway.options.Log.Handler(), slog.LevelDebug),
		ModifyResponse: func(resp *http.Response) error {
			ex := exchangeOf(resp.Request)
			ex.recordAnswer(resp)
			return checkResponse(resp, ex)
		},
		ErrorHandler: func(_ http.ResponseWriter, r *http.Request, err error) { p.failed(exchangeOf(r), r, err) },
	}}
}

func (f *reverse) forward(ex *exchange, r *http.Request) {
	out := r.WithContext(ex)
	if r.Body != nil && r.Body != http.NoBody {
		ex.body.ReadCloser = r.Body
		out.Body = &ex.body
	}
	f.ServeHTTP(&ex.rec, out)
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
