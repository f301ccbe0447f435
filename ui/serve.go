package ui

import (
	"net/http"
	"path"
	"strconv"
	"strings"
)

// Options is what an installation decides about its pages.
type Options struct {
	// FrameSources are the origins the pages may frame, as CSP writes them, for example
	// https://*.ws.localhost:8443. Empty: none. Handler panics on one that is malformed.
	FrameSources []string
}

// Handler serves the pages. It answers GET and HEAD:
//
//   - files of the build; those with a hash in their name may be kept for a year;
//   - the application's page at / and, for visits (Accept: text/html), at every other
//     path that is not a file's and not below /api or /auth: the application knows which
//     pages there are.
//
// Everything else is 404. It may be called concurrently and does no I/O.
func Handler(o Options) http.Handler {
	return &site{assets: assets(), csp: contentSecurityPolicy(o.FrameSources)}
}

type site struct {
	assets map[string]asset
	csp    string
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setPolicy(w.Header(), s.csp)
	file, found := s.find(r)
	switch {
	case !found:
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "There is nothing here.", http.StatusNotFound)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This address can only be read.", http.StatusMethodNotAllowed)
	default:
		file.serve(w, r)
	}
}

func (s *site) find(r *http.Request) (asset, bool) {
	p := r.URL.Path
	if p == "/" || isPage(p) && acceptsHTML(r.Header) {
		page, found := s.assets["index.html"]
		return page, found
	}
	name := strings.TrimPrefix(p, "/")
	if name == "index.html" { // the page has one address
		return asset{}, false
	}
	file, found := s.assets[name]
	return file, found
}

// isPage reports whether p can be an address of the application.
func isPage(p string) bool {
	if !strings.HasPrefix(p, "/") || strings.Contains(p, "//") || strings.Contains(p, "/.") {
		return false // "/." covers dot segments and hidden names such as /.well-known
	}
	first, _, _ := strings.Cut(p[1:], "/")
	return path.Ext(p) == "" && first != "api" && first != "auth" && first != "assets"
}

func acceptsHTML(h http.Header) bool {
	return strings.Contains(strings.ToLower(strings.Join(h.Values("Accept"), ",")), "text/html")
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	body, etag := a.content, a.etag
	if a.gzipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header) {
			body, etag = a.gzipped, strings.TrimSuffix(a.etag, `"`)+`-gz"`
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("ETag", etag)
	h.Set("Cache-Control", "no-cache")
	if a.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if a.shared {
		setShared(h)
	}
	if matches(r.Header.Values("If-None-Match"), etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", a.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		w.Write(body) // an error means that the browser has gone
	}
}

// acceptsGzip reads Accept-Encoding (RFC 9110, 12.5.3); weights other than zero do not
// matter because there is one encoding.
func acceptsGzip(h http.Header) bool {
	accepted := false
	for _, field := range h.Values("Accept-Encoding") {
		for one := range strings.SplitSeq(field, ",") {
			name, weight, _ := strings.Cut(strings.ToLower(strings.TrimSpace(one)), ";")
			switch strings.TrimSpace(name) {
			case "gzip":
				return !isZero(weight)
			case "*":
				accepted = !isZero(weight)
			}
		}
	}
	return accepted
}

func isZero(weight string) bool {
	q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
	return err == nil && q == 0
}

// matches compares weakly, as If-None-Match asks (RFC 9110, 13.1.2).
func matches(fields []string, etag string) bool {
	for _, field := range fields {
		for one := range strings.SplitSeq(field, ",") {
			one = strings.TrimSpace(one)
			if one == "*" || strings.TrimPrefix(one, "W/") == etag {
				return true
			}
		}
	}
	return false
}
