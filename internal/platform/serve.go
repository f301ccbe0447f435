package platform

import (
	"net/http"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/internal/gateway"
	"github.com/kalpana-dev/kalpana/internal/metrics"
)

// Handle answers a request for one of our hosts and returns true; false means that the
// host is none of ours and nothing was written. Until the platform is open it asks
// visitors to come back.
func (p *Platform) Handle(w http.ResponseWriter, r *http.Request) bool {
	parts := p.parts.Load()
	if parts == nil {
		answerStarting(w)
		return true
	}
	if parts.gateway.Handle(w, r) {
		return true
	}
	address, ours := parts.gateway.Hosts().ParseHost(r.Host)
	if !ours {
		return false
	}
	parts.serveMain(w, r, address.Kind)
	return true
}

// SecretAddress reports whether the address of r must not be written down, because what it
// or the answer's holds lets somebody in. Before the platform is open that may be any.
func (p *Platform) SecretAddress(r *http.Request) bool {
	parts := p.parts.Load()
	return parts == nil || parts.gateway.SecretAddress(r)
}

// serveMain answers on the main origin: API and health on all its hosts, logins and
// pages on the one that serves pages.
func (p *parts) serveMain(w http.ResponseWriter, r *http.Request, host gateway.Kind) {
	path := r.URL.Path
	if path == "/healthz" || path == "/readyz" || strings.HasPrefix(path, "/api/") {
		p.count(metrics.KindAPI, w, r, p.api)
		return
	}
	if host != gateway.UI {
		uri := r.URL.RequestURI()
		if !strings.HasPrefix(uri, "/") {
			uri = "/" // "http:@evil.test" has no path, and would lead elsewhere behind an origin
		}
		to := p.gateway.Hosts().UIOrigin() + uri
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		return
	}
	if strings.HasPrefix(path, "/auth/") {
		p.count(metrics.KindUI, w, r, p.logins)
		return
	}
	p.count(metrics.KindUI, w, r, p.pages)
}

// count serves and tells the metrics. Event streams last for hours and would bend the
// durations, so they count when they end, like everything else, but in the last bucket.
func (p *parts) count(kind string, w http.ResponseWriter, r *http.Request, h http.Handler) {
	began := time.Now()
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	defer func() {
		p.metrics.Request(kind, rec.status/100, time.Since(began), max(r.ContentLength, 0), rec.bytes)
	}()
	h.ServeHTTP(rec, r)
}

// recorder notes status and size; http.ResponseController reaches the writer below.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
