package gateway

import (
	"io"
	"net/http"
	"slices"
	"strings"
)

// maxHeaderName is far above any name in use.
const maxHeaderName = 128

// untouchable are headers that HTTP, browsers or this login need, with "-" for "_" and ".".
var untouchable = []string{
	"authorization", "connection", "content-length", "content-type", "cookie", "host", "origin", "trailer", "transfer-encoding", "upgrade",
}

// plainHeader is a header's name as programs may read it that cannot tell "_" and "." from
// "-", CGI for example.
func plainHeader(name string) string {
	return strings.Map(func(c rune) rune {
		if c == '_' || c == '.' {
			return '-'
		}
		return c
	}, strings.ToLower(name))
}

// believed reports whether the site takes Kalpana's word for what stands in this header.
func (s *Site) believed(name string) bool {
	plain := plainHeader(name)
	return strings.HasPrefix(plain, "x-kalpana-") || slices.Contains(s.headers, plain)
}

// undress takes from a request what is Kalpana's and what a visitor may not say.
func (s *Site) undress(r *http.Request) {
	for name := range r.Header {
		if s.believed(name) {
			delete(r.Header, name)
		}
	}
	s.undressConnection(r.Header)
	if lines := r.Header["Cookie"]; len(lines) > 0 {
		if kept := stripCookies(lines); len(kept) > 0 {
			r.Header["Cookie"] = kept
		} else {
			delete(r.Header, "Cookie")
		}
	}
	stripTokens(r.Header)
	if r.Trailer != nil && r.Body != nil { // else the server has no place to put trailers
		s.undressTrailer(r.Trailer)
		r.Body = &undressedBody{r.Body, s, r.Trailer}
	}
}

// undressConnection takes from Connection what names a header that the site believes: a
// proxy behind the login would remove that header although it comes from here.
func (s *Site) undressConnection(h http.Header) {
	names := func(option string) bool { return s.believed(strings.Trim(option, " \t")) }
	var kept []string
	for _, line := range h["Connection"] {
		options := strings.Split(line, ",")
		if slices.ContainsFunc(options, names) {
			line = strings.Join(slices.DeleteFunc(options, names), ",")
		}
		if line != "" {
			kept = append(kept, line)
		}
	}
	if len(kept) > 0 {
		h["Connection"] = kept
	} else {
		delete(h, "Connection")
	}
}

func (s *Site) undressTrailer(t http.Header) {
	for name := range t {
		if s.believed(name) {
			delete(t, name)
		}
	}
}

// undressedBody takes away the trailers that came with the end of the body, whether they
// were announced or not, before anybody looks at them.
type undressedBody struct {
	io.ReadCloser
	site    *Site
	trailer http.Header
}

func (b *undressedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.site.undressTrailer(b.trailer)
	}
	return n, err
}

// dress tells the site who the visitor is. What is not known is left out.
func (p Person) dress(h http.Header) {
	for name, value := range map[string]string{"X-Kalpana-User": p.ID, "X-Kalpana-Email": p.Email, "X-Kalpana-Name": p.Name, "X-Kalpana-Role": p.Role()} {
		if value = HeaderValue(value); value != "" {
			h[name] = []string{value}
		}
	}
}

// HeaderValue is s without what no header can carry.
func HeaderValue(s string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return -1
		}
		return c
	}, s))
}
