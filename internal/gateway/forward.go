package gateway

import (
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/kalpana-dev/kalpana/internal/http1"
)

// forwarder sends an exchange's request to its workspace and the response back, both streamed.
type forwarder interface {
	forward(ex *exchange, r *http.Request)
}

// streamer forwards over http1. It does what httputil.ReverseProxy does and nothing twice:
// the request that goes out shares everything but its headers with the one that came in,
// and headers that go out are put together in a map that is used again.
type streamer struct {
	proxy  *proxy
	client *http1.Transport
}

// headerMaps lends out maps for the headers of requests on their way out.
var headerMaps = sync.Pool{New: func() any { return make(http.Header, 24) }}

func (s *streamer) forward(ex *exchange, r *http.Request) {
	resp, err := s.send(ex, r)
	if err != nil {
		s.proxy.failed(ex, r, err)
		return
	}
	defer resp.Body.Close()
	dropHopByHop(resp.Header)
	ex.recordAnswer(resp)
	if err := checkResponse(resp, ex); err != nil {
		s.proxy.failed(ex, r, err)
		return
	}
	if n := resp.ContentLength; 0 <= n && n <= copyBufferSize {
		s.proxy.gateway.options.WrittenAtOnce(r, resp.Body != http.NoBody)
	}
	s.proxy.gateway.passResponse(ex, resp)
}

// send sends the request to the workspace, without what is not for it.
func (s *streamer) send(ex *exchange, r *http.Request) (*http.Response, error) {
	header := headerMaps.Get().(http.Header)
	defer func() { // by then the head is written, and nobody reads the headers of a request that is answered
		ex.out.Header = nil
		clear(header)
		headerMaps.Put(header)
	}()
	for name, values := range r.Header {
		header[name] = values
	}
	trailers := hasToken(header["Te"], "trailers")
	dropHopByHop(header)
	if trailers { // the visitor can read them, and so can we
		header["Te"] = []string{"trailers"}
	}
	dressHeaders(header, ex)
	ex.outURL = outboundURL(ex.upstream(), r.URL, r.RequestURI)
	// Field by field: a literal would take half a kilobyte of the stack, which has to grow for it.
	ex.out.Method, ex.out.URL, ex.out.Host = r.Method, &ex.outURL, ex.sentHost()
	ex.out.Header, ex.out.ContentLength = header, r.ContentLength
	if r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0 {
		ex.body.ReadCloser = r.Body
		ex.body.used = func() { s.proxy.gateway.touch(ex.route.usage) }
		ex.out.Body = &ex.body
	}
	s.proxy.record(ex, &ex.out, false)
	return s.client.Send(ex, &ex.out)
}

// passResponse writes a response to the visitor. One that breaks off on either side ends
// the visitor's request in a way that cannot be taken for its end.
func (g *Gateway) passResponse(ex *exchange, resp *http.Response) {
	w := &ex.rec
	h := w.Header()
	passHeader(h, resp.Header)
	announced := len(resp.Trailer)
	if announced > 0 {
		names := make([]string, 0, announced)
		for name := range resp.Trailer {
			if !headerOnly(name) {
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			h["Trailer"] = []string{strings.Join(names, ", ")}
		}
	}
	w.WriteHeader(resp.StatusCode)
	if resp.Body != http.NoBody {
		if err := g.copyBody(ex, resp); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	passTrailers(w, resp, announced)
}

// passHeader puts what a workspace says among what has been said for it already: that its
// login goes on, for one.
func passHeader(h, from http.Header) {
	for name, values := range from {
		if name == "Set-Cookie" {
			values = append(h[name], values...)
		}
		h[name] = values
	}
}

// copyBody passes the body on. What has no length, or is a stream of events, may pause: it
// is sent off whenever there is nothing more to take at once.
func (g *Gateway) copyBody(ex *exchange, resp *http.Response) error {
	w := &ex.rec
	buf := copyBuffers.Get()
	defer copyBuffers.Put(buf)
	flush := func() error { return nil }
	buffered, _ := resp.Body.(interface{ Buffered() int })
	waits := func() bool { return buffered == nil || buffered.Buffered() == 0 }
	stream := goesOn(resp)
	if resp.ContentLength < 0 || stream {
		flush = http.NewResponseController(w).Flush
		if waits() {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	for first := true; ; first = false {
		n, err := resp.Body.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
			if !first && !stream { // the beginning counted as use; so does what takes long
				g.touch(ex.route.usage)
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case waits():
			if err := flush(); err != nil {
				return err
			}
		}
	}
}

// passTrailers sends what came after the body. Trailers that were not announced need no
// announcement either.
func passTrailers(w *recorder, resp *http.Response, announced int) {
	if len(resp.Trailer) == 0 {
		return
	}
	_ = http.NewResponseController(w).Flush() // else a short body gets a length, and no trailers
	prefix := ""
	if len(resp.Trailer) != announced {
		prefix = http.TrailerPrefix
	}
	h := w.Header()
	for name, values := range resp.Trailer {
		if !headerOnly(name) {
			h[prefix+name] = values
		}
	}
}

// headerOnly names what a trailer may not say: what decides about cookies, later requests or
// how the answer is to be taken (RFC 9110, 6.5.1), and what is Kalpana's.
func headerOnly(name string) bool {
	switch name {
	case "Set-Cookie", "Strict-Transport-Security", "Alt-Svc", "Clear-Site-Data", "Public-Key-Pins", "Service-Worker-Allowed",
		"Content-Security-Policy", "Cross-Origin-Resource-Policy", "Location", "Content-Length", "Transfer-Encoding", "Content-Type", "Content-Encoding", "Content-Range":
		return true
	}
	return strings.HasPrefix(name, "X-Kalpana-")
}
