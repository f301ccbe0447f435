package ui

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

const frames = "https://*.ws.localhost:8443"

func get(t *testing.T, method, target string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "https://ws.localhost:8443"+target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	Handler(Options{FrameSources: []string{frames}}).ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const html = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

func script(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(`/assets/index-[^"]+\.js`).FindString(string(assets()["index.html"].content))
	if found == "" {
		t.Fatal("index.html names no script")
	}
	return found
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path, accept string
		want                 int
	}{
		{"GET", "/", "*/*", 200},
		{"HEAD", "/", "", 200},
		{"GET", "/login?return=%2Fw%2Fabc", html, 200},
		{"GET", "/w/abcdefghij12", html, 200},
		{"GET", "/admin/invitations", "TEXT/HTML", 200},
		{"GET", "/no/such/page", html, 200}, // the application says so
		{"GET", "/no/such/page", "*/*", 404},
		{"GET", "/settings", "application/json", 404},
		{"POST", "/settings", html, 405},
		{"POST", "/", "", 405},
		{"POST", "/no/such/page", "*/*", 404},
		{"GET", "/favicon.svg", "image/*", 200},
		{"GET", "/picture.png", html, 404},
		{"GET", "/index.html", html, 404},
		{"GET", "/build.json", html, 404},
		{"GET", "/api", html, 404},
		{"GET", "/api/v1/me", html, 404},
		{"GET", "/auth/github", html, 404},
		{"GET", "/authors", html, 200},
		{"GET", "/assets/", html, 404},
		{"GET", "/assets/gone-12345678.js", html, 404},
		{"GET", "/.well-known/change-password", html, 404},
		{"GET", "/.git/HEAD", html, 404},
		{"GET", "/a/../api/v1/me", html, 404},
		{"GET", "//evil.example/x", html, 404},
		{"GET", "/%2e%2e/%2e%2e/etc/passwd", html, 404},
	} {
		if got := get(t, c.method, c.path, "Accept", c.accept).StatusCode; got != c.want {
			t.Errorf("%s %s (Accept: %s): %d, want %d", c.method, c.path, c.accept, got, c.want)
		}
	}
}

func TestPagesAreAskedForAgainAndHashedFilesAreNot(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/": "no-cache", "/settings": "no-cache", "/favicon.svg": "no-cache",
		"/badge.svg": "public, max-age=3600",
		script(t):    "public, max-age=31536000, immutable", "/nothing.js": "no-store",
	} {
		if got := get(t, "GET", path, "Accept", html).Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control %q, want %q", path, got, want)
		}
	}
}

func TestCompressedAndPlainAreTheSame(t *testing.T) {
	t.Parallel()
	plain := get(t, "GET", script(t))
	zipped := get(t, "GET", script(t), "Accept-Encoding", "br, gzip;q=0.8")
	want := body(t, plain)
	packed := body(t, zipped)
	r, err := gzip.NewReader(bytes.NewReader([]byte(packed)))
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(r)
	if err != nil || string(unpacked) != want || len(packed) >= len(want) {
		t.Errorf("compressed form of %d bytes unpacks to %d bytes, want %d (%v)", len(packed), len(unpacked), len(want), err)
	}
	if plain.Header.Get("ETag") == zipped.Header.Get("ETag") {
		t.Error("both forms have one ETag")
	}
	for _, r := range []*http.Response{plain, zipped} {
		if r.Header.Get("Vary") != "Accept-Encoding" || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/javascript") {
			t.Errorf("headers %v", r.Header)
		}
	}
}

func TestAcceptEncoding(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"": false, "br": false, "gzip": true, "GZIP": true, "gzip;q=0": false, "gzip; q=0.0": false, "*": true,
		"*;q=0": false, "gzip;q=0, *": false, "*;q=0, gzip": true, "deflate, gzip;q=1.0": true, "x-gzip2": false,
	} {
		if got := acceptsGzip(http.Header{"Accept-Encoding": {accept}}); got != want {
			t.Errorf("%q: %v, want %v", accept, got, want)
		}
	}
}

func TestUnchangedFilesAreNotSentAgain(t *testing.T) {
	t.Parallel()
	etag := get(t, "GET", "/").Header.Get("ETag")
	for _, match := range []string{etag, `W/` + etag, `"x", ` + etag, "*"} {
		r := get(t, "GET", "/", "If-None-Match", match)
		if r.StatusCode != 304 || body(t, r) != "" || r.Header.Get("ETag") != etag || r.Header.Get("Content-Encoding") != "" {
			t.Errorf("If-None-Match %s: %d", match, r.StatusCode)
		}
	}
	if r := get(t, "GET", "/", "If-None-Match", etag, "Accept-Encoding", "gzip"); r.StatusCode != 200 {
		t.Errorf("the plain form's ETag matches the compressed form: %d", r.StatusCode)
	}
}

func TestHeadSaysWhatGetSends(t *testing.T) {
	t.Parallel()
	head, full := get(t, "HEAD", "/", "Accept-Encoding", "gzip"), get(t, "GET", "/", "Accept-Encoding", "gzip")
	if sent := body(t, head); sent != "" {
		t.Errorf("HEAD sent %d bytes", len(sent))
	}
	for _, name := range []string{"Content-Length", "ETag", "Content-Type", "Content-Encoding"} {
		if head.Header.Get(name) != full.Header.Get(name) || full.Header.Get(name) == "" {
			t.Errorf("%s: HEAD %q, GET %q", name, head.Header.Get(name), full.Header.Get(name))
		}
	}
}

func TestEveryAnswerCarriesThePolicy(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/", script(t), "/favicon.svg", "/gone.png"} {
		h := get(t, "GET", target).Header
		csp := h.Get("Content-Security-Policy")
		for _, part := range []string{
			"default-src 'none'; ", "script-src 'self'; ", "frame-ancestors 'none'; ", "base-uri 'none'; ", "form-action 'self'; ",
			"object-src 'none'; ", "frame-src 'self' " + frames,
		} {
			if !strings.Contains(csp, part) {
				t.Errorf("%s: policy %q lacks %q", target, csp, part)
			}
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Referrer-Policy": "strict-origin", "X-Frame-Options": "DENY",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s %q, want %q", target, name, got, want)
			}
		}
		if !strings.Contains(h.Get("Permissions-Policy"), "camera=()") {
			t.Errorf("%s: no Permissions-Policy", target)
		}
	}
}

func TestOnlyTheBadgeIsShownByOtherSites(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{"/badge.svg": "cross-origin", "/favicon.svg": "same-origin", "/badge": "same-origin", "/x/badge.svg": "same-origin"} {
		if got := get(t, "GET", target, "Accept", html).Header.Get("Cross-Origin-Resource-Policy"); got != want {
			t.Errorf("%s: Cross-Origin-Resource-Policy %q, want %q", target, got, want)
		}
	}
	etag := get(t, "GET", "/badge.svg").Header.Get("ETag")
	if r := get(t, "GET", "/badge.svg", "If-None-Match", etag); r.StatusCode != 304 || r.Header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("asked for again: %d with %v", r.StatusCode, r.Header)
	}
	badge, other := get(t, "GET", "/badge.svg").Header, get(t, "GET", "/favicon.svg").Header
	for name := range other {
		switch name {
		case "Cross-Origin-Resource-Policy", "Cache-Control", "Etag", "Content-Length":
		default:
			if badge.Get(name) != other.Get(name) {
				t.Errorf("%s: %q, of other pictures %q", name, badge.Get(name), other.Get(name))
			}
		}
	}
}

func TestNothingIsFramedWithoutSources(t *testing.T) {
	t.Parallel()
	if got := contentSecurityPolicy(nil); !strings.HasSuffix(got, "frame-src 'none'") {
		t.Errorf("policy %q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a source with a semicolon was taken")
		}
	}()
	contentSecurityPolicy([]string{"https://a; script-src *"})
}
