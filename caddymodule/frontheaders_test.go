package caddymodule

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// Every answer of the main origin says to browsers what the pages next door may not do
// with it, whoever wrote the answer.
func (f *front) mainHeaders(t *testing.T) {
	home := "https://" + f.main()
	script := regexp.MustCompile(`/assets/index-[^"]+\.js`).FindString(text(f.get(home + "/")))
	if script == "" {
		t.Fatal("the page names no script")
	}
	own := "Origin: " + home
	const html = "Accept: text/html"
	type ask struct {
		method, path, body string
		headers            []string
		want               int
	}
	asks := []ask{
		{"GET", "/", "", nil, 200}, {"HEAD", "/", "", nil, 200}, {"GET", "/w/" + mine, "", []string{html}, 200}, {"GET", script, "", nil, 200}, {"GET", "/favicon.svg", "", nil, 200},
		{"GET", "/gone.png", "", nil, 404}, {"POST", "/", "", nil, 405}, {"GET", "/.kalpana/page.css", "", nil, 200}, {"POST", "/.kalpana/page.css", "", nil, 405}, {"GET", "/.kalpana/status", "", nil, 404},
		{"GET", "/healthz", "", nil, 200}, {"GET", "/readyz", "", nil, 503}, {"GET", "/api/nothing", "", nil, 404}, {"GET", "/api/v1/me", "", nil, 200}, {"DELETE", "/api/v1/me", "", []string{own}, 404},
		{"POST", "/api/v1/workspaces", "{", []string{own, "Content-Type: application/json"}, 400}, {"POST", "/api/v1/workspaces", `{"name":1}`, []string{own, "Content-Type: application/json"}, 422},
		{"POST", "/api/v1/workspaces", "x", []string{own, "Content-Type: text/plain"}, 415}, {"POST", "/api/v1/workspaces", "{}", nil, 403}, {"POST", "/api/v1/workspaces", strings.Repeat("x", 2<<20), []string{own}, 413},
		{"GET", "/api/v1/workspaces/nobodyhasit1", "", nil, 404}, {"GET", "/api/v1/events", "", nil, 200}, {"GET", "/api/v1/events", "", []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"GET", "/auth/nothing", "", nil, 404}, {"GET", "/auth/first", "", nil, 400}, {"GET", "/auth/first?code=x", "", nil, 400}, {"POST", "/auth/first", "", nil, 405}, {"PROPFIND", "/api/v1/me", "", []string{own}, 0}, {"OPTIONS", "/api/v1/me", "", nil, 0}, {"GET", "/auth/github", "", nil, 404}, {"GET", "/auth/oidc/callback", "", nil, 404},
		{"GET", "/auth/ticket", "", nil, 404}, {"GET", "/auth/ticket", "", []string{html}, 404}, {"POST", "/auth/ticket", "", nil, 405}, {"GET", "/auth/ticket", "", []string{"Sec-Fetch-Mode: cors"}, 403},
		{"GET", "/auth/ticket?host=" + theirs + ".ws.localhost&nonce=" + strings.Repeat("A", 43) + "&path=Lw", "", []string{html}, 404},
		{"GET", "/auth/ticket?host=" + mine + ".ws.localhost&nonce=" + strings.Repeat("A", 43) + "&path=Lw", "", []string{html}, 303},
		{"GET", "/", "", []string{"Cookie: a=" + strings.Repeat("x", 20<<10)}, 431}, {"GET", "/", "", []string{html, "Cookie: a=" + strings.Repeat("x", 20<<10)}, 431},
	}
	for _, o := range f.operations() {
		if safe(o.method) {
			asks = append(asks, ask{o.method, o.path, "", nil, 0})
		}
	}
	anonymous := &http.Client{Transport: f.client.Transport, CheckRedirect: f.client.CheckRedirect}
	for _, c := range asks {
		got := f.do(f.client, c.method, home+c.path, c.body, c.headers...)
		if c.want != 0 && got.StatusCode != c.want {
			t.Errorf("%s %s: %d, want %d: %.200s", c.method, c.path, got.StatusCode, c.want, text(got))
		}
		checkMain(t, c.method+" "+c.path, got)
	}
	for _, c := range asks {
		checkMain(t, "anonymous: "+c.method+" "+c.path, f.do(anonymous, c.method, home+c.path, c.body, c.headers...))
	}
	for what, request := range map[string]string{
		"base domain":     "GET / HTTP/1.1\r\nHost: localhost" + f.suffix() + "\r\n",
		"wrong port":      "GET / HTTP/1.1\r\nHost: localhost:x\r\n",
		"user info":       "GET https://x@localhost/ HTTP/1.1\r\nHost: localhost\r\n",
		"WebSocket":       "GET / HTTP/1.1\r\nHost: localhost" + f.suffix() + "\r\nUpgrade: websocket\r\nOrigin: https://evil.test\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
		"API at its base": "GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\n",
	} {
		got := f.raw("localhost", request+"Connection: close\r\n\r\n")
		if got == nil || got.StatusCode == http.StatusSwitchingProtocols {
			t.Errorf("%s: %v", what, got)
			continue
		}
		checkMain(t, what, got)
	}
	if got := f.raw(mine+".ws.localhost", "GET / HTTP/1.1\r\nHost: "+f.main()+"\r\nConnection: close\r\n\r\n"); got == nil || got.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("the main origin over a workspace's connection: %v", got)
	} else {
		checkMain(t, "misdirected", got)
	}
}

func checkMain(t *testing.T, name string, got *http.Response) {
	t.Helper()
	h := got.Header
	for header, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Origin-Agent-Cluster": "?1",
		"Strict-Transport-Security": "", // other programs answer on localhost, too
	} {
		if v := h.Get(header); v != want {
			t.Errorf("%s (%d): %s %q, want %q", name, got.StatusCode, header, v, want)
		}
	}
	if len(h["Content-Security-Policy"]) != 1 {
		t.Errorf("%s (%d): policies %q", name, got.StatusCode, h["Content-Security-Policy"])
	}
	csp := "; " + h.Get("Content-Security-Policy") + "; "
	for _, part := range []string{"default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(csp, "; "+part+"; ") {
			t.Errorf("%s (%d): policy %q lacks %q", name, got.StatusCode, csp, part)
		}
	}
	if !strings.Contains(csp, "; form-action ") {
		t.Errorf("%s (%d): policy %q says nothing of forms", name, got.StatusCode, csp)
	}
	scripts := regexp.MustCompile(`; script-src ([^;]*);`).FindStringSubmatch(csp)
	if scripts != nil && scripts[1] != "'self'" || strings.Contains(csp, "unsafe-eval") {
		t.Errorf("%s (%d): policy %q lets other scripts run", name, got.StatusCode, csp)
	}
	if p := h.Get("Permissions-Policy"); !strings.Contains(p, "camera=()") || !strings.Contains(p, "usb=()") {
		t.Errorf("%s (%d): Permissions-Policy %q", name, got.StatusCode, p)
	}
	switch h.Get("Referrer-Policy") {
	case "no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin":
	default:
		t.Errorf("%s (%d): Referrer-Policy %q", name, got.StatusCode, h.Get("Referrer-Policy"))
	}
}
