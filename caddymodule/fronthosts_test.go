package caddymodule

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// A request is for the workspace that its one Host names, and for no other, whatever else
// it says; what is not clearly for one of ours gets an answer that says so.
func (f *front) hosts(t *testing.T) {
	editor, name := f.editor(mine), mine+".ws.localhost"
	cookie, session := f.cookies(editor)+"\r\n", f.cookies(f.main())+"\r\n"
	other := f.cookies(f.editor(another)) + "\r\n"
	const end = "Connection: close\r\n\r\n"
	for _, c := range []struct {
		what, sni, request string
		want               []int // status codes; 0 is none: the connection was closed
		arrives            bool
	}{
		{"its own name", name, "GET / HTTP/1.1\r\nHost: " + editor + "\r\n" + cookie + end, []int{200}, true},
		{"capitals", name, "GET / HTTP/1.1\r\nHost: " + strings.ToUpper(editor) + "\r\n" + cookie + end, []int{200}, true},
		{"no port", name, "GET / HTTP/1.1\r\nHost: " + name + "\r\n" + cookie + end, []int{200}, true},
		{"trailing dot", name, "GET / HTTP/1.1\r\nHost: " + name + ".\r\n" + cookie + end, []int{200, 421}, false},
		{"port that is no number", name, "GET / HTTP/1.1\r\nHost: " + name + ":abc\r\n" + cookie + end, []int{400}, false},
		{"port 0", name, "GET / HTTP/1.1\r\nHost: " + name + ":0\r\n" + cookie + end, []int{400}, false},
		{"empty port", name, "GET / HTTP/1.1\r\nHost: " + name + ":\r\n" + cookie + end, []int{400}, false},
		{"user info", name, "GET / HTTP/1.1\r\nHost: x@" + editor + "\r\n" + cookie + end, []int{400}, false},
		{"our name as user info", name, "GET / HTTP/1.1\r\nHost: " + name + "@evil.test\r\n" + cookie + end, []int{400}, false},
		{"space", name, "GET / HTTP/1.1\r\nHost: " + name + " evil.test\r\n" + cookie + end, []int{400}, false},
		{"tab", name, "GET / HTTP/1.1\r\nHost: " + name + "\tx\r\n" + cookie + end, []int{400}, false},
		{"NUL", name, "GET / HTTP/1.1\r\nHost: " + name + "\x00.evil.test\r\n" + cookie + end, []int{400}, false},
		{"two names", name, "GET / HTTP/1.1\r\nHost: " + editor + "," + f.editor(another) + "\r\n" + cookie + end, []int{400, 404, 421}, false},
		{"two Hosts", name, "GET / HTTP/1.1\r\nHost: " + editor + "\r\nHost: " + f.editor(another) + "\r\n" + cookie + end, []int{400}, false},
		{"the same Host twice", name, "GET / HTTP/1.1\r\nHost: " + editor + "\r\nHost: " + editor + "\r\n" + cookie + end, []int{400}, false},
		{"no Host", name, "GET / HTTP/1.1\r\n" + cookie + end, []int{400}, false},
		{"empty Host", name, "GET / HTTP/1.1\r\nHost: \r\n" + cookie + end, []int{400, 421}, false},
		{"Host behind a blank", name, "GET / HTTP/1.1\r\nHost : " + editor + "\r\n" + cookie + end, []int{400}, false},
		{"HTTP/1.0 without Host", name, "GET / HTTP/1.0\r\n" + cookie + "\r\n", []int{400, 421}, false},
		{"HTTP/0.9", name, "GET /\r\n\r\n", []int{0, 400}, false},
		{"HTTP/1.2", name, "GET / HTTP/1.2\r\nHost: " + editor + "\r\n" + end, []int{401, 505}, false},
		{"HTTP/3.0 in words", name, "GET / HTTP/3.0\r\nHost: " + editor + "\r\n" + cookie + end, []int{400, 505}, false},
		{"64 characters", name, "GET / HTTP/1.1\r\nHost: " + strings.Repeat("a", 64) + ".ws.localhost\r\n" + cookie + end, []int{404, 421}, false},
		{"254 characters", name, "GET / HTTP/1.1\r\nHost: " + strings.Repeat("a.", 121) + mine + ".ws.localhost\r\n" + cookie + end, []int{404, 421}, false},
		{"a label more", name, "GET / HTTP/1.1\r\nHost: a." + editor + "\r\n" + cookie + end, []int{404, 421}, false},
		{"a label less", name, "GET / HTTP/1.1\r\nHost: agent.localhost\r\n" + cookie + end, []int{404, 421}, false},
		{"empty label", name, "GET / HTTP/1.1\r\nHost: " + mine + "..ws.localhost\r\n" + cookie + end, []int{404, 421}, false},
		{"star", name, "GET / HTTP/1.1\r\nHost: *.ws.localhost\r\n" + cookie + end, []int{404}, false},
		{"underscore", name, "GET / HTTP/1.1\r\nHost: front_000001.ws.localhost\r\n" + cookie + end, []int{404}, false},
		{"percent", name, "GET / HTTP/1.1\r\nHost: front%30000001.ws.localhost\r\n" + cookie + end, []int{400, 404}, false},
		{"punycode", name, "GET / HTTP/1.1\r\nHost: xn--front000.ws.localhost\r\n" + cookie + end, []int{404}, false},
		{"other domain", name, "GET / HTTP/1.1\r\nHost: evil.test\r\n" + cookie + end, []int{421}, false},
		{"our name in another domain", name, "GET / HTTP/1.1\r\nHost: " + name + ".evil.test\r\n" + cookie + end, []int{421}, false},
		{"address", name, "GET / HTTP/1.1\r\nHost: " + f.address() + "\r\n" + cookie + end, []int{421}, false},
		{"address of version 6", name, "GET / HTTP/1.1\r\nHost: [::1]" + f.suffix() + "\r\n" + cookie + end, []int{421}, false},
		{"absolute target, same", name, "GET https://" + editor + "/ HTTP/1.1\r\nHost: " + editor + "\r\n" + cookie + end, []int{200}, true},
		{"absolute target overrides, its cookie", name, "GET https://" + f.editor(another) + "/ HTTP/1.1\r\nHost: " + editor + "\r\n" + cookie + end, []int{400, 401}, false},
		{"absolute target, user info", name, "GET https://x@" + editor + "/ HTTP/1.1\r\nHost: " + editor + "\r\n" + cookie + end, []int{400}, false},
		{"absolute target, evil behind user info", name, "GET https://" + name + "@evil.test/ HTTP/1.1\r\nHost: " + editor + "\r\n" + cookie + end, []int{400, 421}, false},
		{"asterisk", name, "OPTIONS * HTTP/1.1\r\nHost: " + editor + "\r\n" + end, []int{200, 401, 403, 404}, false},
		{"CONNECT", name, "CONNECT " + editor + " HTTP/1.1\r\nHost: " + editor + "\r\n" + cookie + end, []int{405}, false},
		{"CONNECT elsewhere", name, "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: " + editor + "\r\n" + cookie + end, []int{400, 405, 421}, false},
		{"CONNECT at the main origin", "ws.localhost", "CONNECT " + f.main() + " HTTP/1.1\r\nHost: " + f.main() + "\r\n" + session + end, []int{404, 405}, false},
		{"cookie of another workspace", name, "GET / HTTP/1.1\r\nHost: " + editor + "\r\n" + other + end, []int{401}, false},
		{"session of the main origin", name, "GET / HTTP/1.1\r\nHost: " + editor + "\r\n" + session + end, []int{401}, false},
		{"TLS for another workspace", another + ".ws.localhost", "GET / HTTP/1.1\r\nHost: " + editor + "\r\n" + cookie + end, []int{200}, true},
		{"TLS for another workspace, its cookie", another + ".ws.localhost", "GET / HTTP/1.1\r\nHost: " + editor + "\r\n" + other + end, []int{401}, false},
		{"TLS for a port, editor asked", "3000-" + name, "GET / HTTP/1.1\r\nHost: " + editor + "\r\n" + cookie + end, []int{200}, true},
		{"TLS for the main origin", "ws.localhost", "GET / HTTP/1.1\r\nHost: " + editor + "\r\n" + cookie + end, []int{421}, false},
		{"TLS for the base domain", "localhost", "GET / HTTP/1.1\r\nHost: " + editor + "\r\n" + cookie + end, []int{421}, false},
		{"TLS for a workspace, main origin asked", name, "GET /api/v1/me HTTP/1.1\r\nHost: " + f.main() + "\r\n" + session + end, []int{421}, false},
		{"TLS for an agent, main origin asked", mine + ".agent.localhost", "GET / HTTP/1.1\r\nHost: " + f.main() + "\r\n" + session + end, []int{421}, false},
		{"TLS for one main host, another asked", "localhost", "GET /api/v1/me HTTP/1.1\r\nHost: " + f.main() + "\r\n" + session + end, []int{200}, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			status, body := 0, ""
			if got := f.raw(c.sni, c.request); got != nil {
				status, body = got.StatusCode, text(got)
				if len(got.Header["Set-Cookie"]) > 0 {
					t.Errorf("sets %q", got.Header["Set-Cookie"])
				}
			}
			if !slices.Contains(c.want, status) {
				t.Errorf("status %d, want one of %v: %s", status, c.want, body)
			}
			if (status == http.StatusNotFound || status == http.StatusMisdirectedRequest) && body == "" {
				t.Errorf("%d without a word", status)
			}
			for _, r := range f.up.take() {
				if !c.arrives && status != http.StatusOK {
					t.Errorf("the workspace got %s %s for %s", r.Method, r.URL, r.Host)
				}
				if host := strings.ToLower(r.Host); host != editor && host != name && host != name+"." {
					t.Errorf("the workspace saw host %q", r.Host)
				}
			}
		})
	}
}

// What a visitor says about other hosts than the one that is asked decides nothing.
func (f *front) forwardedHosts(t *testing.T) {
	lies := []string{
		"X-Forwarded-Host: " + f.editor(another), "X-Host: " + f.editor(another), "X-Original-Host: " + f.main(), "X-Forwarded-Server: evil.test",
		"Forwarded: for=1.2.3.4;host=" + f.editor(another) + ";proto=http", "X-Forwarded-Proto: http", "X-Forwarded-Port: 1", "X-Original-Url: /api/v1/me", "X-Rewrite-Url: /.kalpana/status",
	}
	if got := f.get("https://"+f.editor(mine)+"/a", lies...); got.StatusCode != 200 {
		t.Errorf("status %d", got.StatusCode)
	}
	arrived := f.up.take()
	if len(arrived) != 1 {
		t.Fatalf("%d requests arrived", len(arrived))
	}
	r := arrived[0]
	if r.Host != f.editor(mine) || r.URL.Path != "/a" || r.Header.Get("X-Forwarded-Host") != f.editor(mine) || r.Header.Get("X-Forwarded-Proto") != "https" {
		t.Errorf("the workspace saw %s%s with %v", r.Host, r.URL, r.Header)
	}
	for _, name := range []string{"Forwarded", "X-Host", "X-Original-Host", "X-Original-Url", "X-Rewrite-Url", "X-Forwarded-Port", "X-Forwarded-Server"} {
		if v := r.Header.Get(name); v != "" {
			t.Errorf("%s: %q arrived", name, v)
		}
	}
	anonymous := &http.Client{Transport: f.client.Transport, CheckRedirect: f.client.CheckRedirect}
	got := f.do(anonymous, http.MethodGet, "https://"+f.editor(mine)+"/a", "", append(lies, "Accept: text/html")...)
	if to := got.Header.Get("Location"); !strings.HasPrefix(to, "https://"+f.main()+"/auth/ticket?host="+mine+".ws.localhost&") {
		t.Errorf("a visitor without a cookie is sent to %q", to)
	}
	for _, c := range got.Header["Set-Cookie"] {
		if !strings.HasPrefix(c, "__Host-") || strings.Contains(strings.ToLower(c), "domain") {
			t.Errorf("sets %q", c)
		}
	}
}

// An operator's own file may give Kalpana names that are none of its own: those get an
// answer, too.
func (f *front) foreignNames(t *testing.T) {
	everything := strings.Replace(shipped(t), `respond "No site of this name is served here." 421`, "kalpana", 1)
	_, whole, err := adapt(t, everything)
	if err != nil || everything == shipped(t) {
		t.Fatalf("the file was not changed: %v", err)
	}
	if err := caddy.Load([]byte(whole), true); err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"evil.test", f.address(), mine + ".ws.localhost.evil.test"} {
		got := f.raw(mine+".ws.localhost", "GET / HTTP/1.1\r\nHost: "+host+"\r\n"+f.cookies(f.editor(mine))+"\r\nConnection: close\r\n\r\n")
		if got == nil || got.StatusCode != http.StatusMisdirectedRequest || text(got) == "" {
			t.Errorf("%s: %+v", host, got)
		}
	}
	if got := f.get("https://" + f.editor(mine) + "/"); got.StatusCode != 200 {
		t.Errorf("its own: %d", got.StatusCode)
	}
	if n := len(f.up.take()); n != 1 {
		t.Errorf("%d requests arrived", n)
	}
}

// A trusted proxy says who the visitor is and how they came, and may use one connection for
// all hosts; which host is asked for, the request's own Host says all the same.
func (f *front) trustedProxy(t *testing.T) {
	cookie := f.cookies(f.editor(mine))
	got := f.raw("ws.localhost", "GET /a HTTP/1.1\r\nHost: "+f.editor(mine)+"\r\n"+cookie+"\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Host: "+f.editor(another)+"\r\nConnection: close\r\n\r\n")
	if got == nil || got.StatusCode != 200 {
		t.Fatalf("%+v", got)
	}
	arrived := f.up.take()
	if len(arrived) != 1 {
		t.Fatalf("%d requests arrived", len(arrived))
	}
	h := arrived[0].Header
	if arrived[0].Host != f.editor(mine) || h.Get("X-Forwarded-Host") != f.editor(mine) || h.Get("X-Forwarded-For") != "203.0.113.7" {
		t.Errorf("the workspace saw host %s and %v", arrived[0].Host, h)
	}
	if got := f.raw("ws.localhost", "GET /a HTTP/1.1\r\nHost: "+f.editor(another)+"\r\n"+cookie+"\r\nX-Forwarded-Host: "+f.editor(mine)+"\r\nConnection: close\r\n\r\n"); got == nil || got.StatusCode != 401 {
		t.Errorf("the cookie of the host that the proxy names: %+v", got)
	}
}

// The base domain sends visitors to the host of the pages, and nowhere else.
func (f *front) baseDomain(t *testing.T) {
	for _, path := range []string{"/", "//evil.test/", "/\\evil.test", "/a?b=//evil.test"} {
		got := f.raw("localhost", "GET "+path+" HTTP/1.1\r\nHost: localhost"+f.suffix()+"\r\nX-Forwarded-Host: evil.test\r\nConnection: close\r\n\r\n")
		if got == nil {
			t.Errorf("%s: no answer", path)
			continue
		}
		if to := got.Header.Get("Location"); got.StatusCode == 307 && !strings.HasPrefix(to, "https://"+f.main()+"/") {
			t.Errorf("%s: sent to %q", path, to)
		}
	}
}

// Over HTTP/2 the name is in :authority. A Host beside it must say the same, CONNECT is no
// way in, not even with a protocol (RFC 8441), and one connection serves all workspaces.
func (f *front) http2(t *testing.T) {
	name, editor := mine+".ws.localhost", f.editor(mine)
	cookie := strings.TrimPrefix(f.cookies(editor), "Cookie: ")
	for what, c := range map[string]struct {
		fields  []string
		want    []string // "" is a stream or connection that was ended with an error
		arrives bool
	}{
		"good":                     {[]string{":method", "GET", ":scheme", "https", ":authority", editor, ":path", "/", "cookie", cookie}, []string{"200"}, true},
		"Host says the same":       {[]string{":method", "GET", ":scheme", "https", ":authority", editor, ":path", "/", "host", editor, "cookie", cookie}, []string{"200"}, true},
		"Host says another":        {[]string{":method", "GET", ":scheme", "https", ":authority", editor, ":path", "/", "host", f.editor(another), "cookie", cookie}, []string{"", "400"}, false},
		"Host says the main one":   {[]string{":method", "GET", ":scheme", "https", ":authority", editor, ":path", "/", "host", f.main(), "cookie", cookie}, []string{"", "400"}, false},
		"two authorities":          {[]string{":method", "GET", ":scheme", "https", ":authority", editor, ":authority", f.editor(another), ":path", "/", "cookie", cookie}, []string{"", "400"}, false},
		"neither":                  {[]string{":method", "GET", ":scheme", "https", ":path", "/", "cookie", cookie}, []string{"", "400", "421"}, false},
		"user info":                {[]string{":method", "GET", ":scheme", "https", ":authority", "x@" + editor, ":path", "/", "cookie", cookie}, []string{"", "400", "404", "421"}, false},
		"main origin":              {[]string{":method", "GET", ":scheme", "https", ":authority", f.main(), ":path", "/api/v1/me"}, []string{"421"}, false},
		"another, with its cookie": {[]string{":method", "GET", ":scheme", "https", ":authority", f.editor(another), ":path", "/", "cookie", strings.TrimPrefix(f.cookies(f.editor(another)), "Cookie: ")}, []string{"200"}, true},
		"another, with this one's": {[]string{":method", "GET", ":scheme", "https", ":authority", f.editor(another), ":path", "/", "cookie", cookie}, []string{"401"}, false},
		"path without a slash":     {[]string{":method", "GET", ":scheme", "https", ":authority", editor, ":path", "evil", "cookie", cookie}, []string{"", "400"}, false},
		"CONNECT":                  {[]string{":method", "CONNECT", ":authority", editor, "cookie", cookie}, []string{"", "405"}, false},
		"CONNECT with a protocol":  {[]string{":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":authority", editor, ":path", "/", "origin", "https://evil.test", "cookie", cookie}, []string{"", "400", "403", "405"}, false},
	} {
		t.Run(what, func(t *testing.T) {
			status := f.stream(t, name, c.fields)
			if !slices.Contains(c.want, status) {
				t.Errorf("status %q, want one of %q", status, c.want)
			}
			if arrived := len(f.up.take()) > 0; arrived != c.arrives {
				t.Errorf("the workspace got it: %v", arrived)
			}
		})
	}
}

// stream sends one request over a new HTTP/2 connection and returns its status, "" if the
// stream or the connection was ended instead.
func (f *front) stream(t *testing.T, sni string, fields []string, settings ...http2.Setting) string {
	t.Helper()
	conn, err := f.dial(sni, "h2")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	fr := http2.NewFramer(conn, conn)
	fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if err := fr.WriteSettings(settings...); err != nil {
		t.Fatal(err)
	}
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	for i := 0; i < len(fields); i += 2 {
		enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	if err := fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true}); err != nil {
		t.Fatal(err)
	}
	for {
		frame, err := fr.ReadFrame()
		if err != nil {
			return ""
		}
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			return frame.PseudoValue("status")
		case *http2.RSTStreamFrame, *http2.GoAwayFrame:
			return ""
		}
	}
}

// A name that is none of ours gets no certificate, and plain HTTP no page.
func (f *front) handshakes(t *testing.T) {
	for _, name := range []string{"", "evil.test", "a.b.ws.localhost", "agent.localhost"} {
		if conn, err := f.dial(name); err == nil {
			t.Errorf("%q: a certificate for %v", name, conn.ConnectionState().PeerCertificates[0].DNSNames)
			conn.Close()
		}
	}
	conn, err := net.DialTimeout("tcp", f.address(), waitAtMost)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(waitAtMost))
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: "+f.editor(mine)+"\r\n"+f.cookies(f.editor(mine))+"\r\n\r\n")
	got, _ := io.ReadAll(conn)
	if !strings.HasPrefix(string(got), "HTTP/1.0 400 ") {
		t.Errorf("plain HTTP at the port of HTTPS: %q", got)
	}
	if n := len(f.up.take()); n > 0 {
		t.Errorf("%d requests arrived", n)
	}
}
