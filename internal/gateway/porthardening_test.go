package gateway

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// eavesdropper is a program that keeps every byte sent to it.
type eavesdropper struct {
	mu    sync.Mutex
	heard bytes.Buffer
}

func (e *eavesdropper) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard.Write(p)
}

func (e *eavesdropper) all() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard.String()
}

// listen answers every request with 200 and handshakes with a switch.
func (e *eavesdropper) listen(t testing.TB) (port int) {
	return rawProgram(t, "127.0.0.1:0", func(c *net.TCPConn) {
		in := bufio.NewReader(io.TeeReader(c, e))
		for {
			req, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			io.Copy(io.Discard, req.Body)
			if req.Header.Get("Upgrade") != "" {
				fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
				io.Copy(io.Discard, in)
				return
			}
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	})
}

func TestNothingOfOursReachesAProgram(t *testing.T) {
	r := newPortRig(t, nil, nil)
	var e eavesdropper
	port := e.listen(t)
	a := at(port)
	good := "Cookie: app=1; " + r.cookieAt(a, owner) + "; " + nonceCookie + "=nonce-value; " + mainCookie + "=main-value; last=2"
	own := "Origin: " + r.originAt(a)
	forged := []string{"X-Kalpana-Key: forged", "X_Kalpana_Key: forged", "X.Kalpana.Key: forged", "Forwarded: for=6.6.6.6", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: evil.test", "X-Real-Ip: 6.6.6.6"}
	for _, v := range []workspace.Visibility{workspace.VisibleOwner, workspace.VisibleUsers, workspace.VisiblePublic} {
		r.share(workspace.PortSetting{Port: port, Visibility: v, RewriteHost: v == workspace.VisibleUsers})
		for name, client := range map[string]*http.Client{"h1": r.h1, "h2": r.h2} {
			for _, login := range []string{good, "Authorization: Bearer " + ownerToken, "Authorization: bearer   " + ownerToken} {
				req := r.request("POST", r.originAt(a)+"/", io.NopCloser(strings.NewReader("body")), append(forged, login, own)...)
				req.Trailer = http.Header{keyHeader: {"forged"}, "X-Forwarded-For": {"6.6.6.6"}}
				if name == "h1" {
					req.Header.Set("Connection", "X-Kalpana-Key, X-Forwarded-For")
				}
				if got := r.do(client, req); got.status != 200 {
					t.Fatalf("%s %s: %d %s", v, name, got.status, got.body)
				}
			}
		}
		if c, _, err := r.dial(r.originAt(a)+"/", append(forged, good, own)...); err == nil { // the answer lacks an accept key
			c.CloseNow()
		}
	}
	heard := e.all()
	for _, secret := range []string{r.gw.options.Box.WorkspaceKey(testID, 1), "kal_", loginCookie, nonceCookie, mainCookie, "kalpana-", "nonce-value", "main-value", "forged", "6.6.6.6", "evil.test", "X-Kalpana", "tcp/"} {
		if strings.Contains(strings.ToLower(heard), strings.ToLower(secret)) {
			t.Errorf("%q reached the program:\n%s", secret, heard)
		}
	}
	if n := strings.Count(heard, "app=1; last=2"); n != 9 {
		t.Errorf("the program's own cookies arrived %d times:\n%s", n, heard)
	}
	if strings.Count(heard, "X-Forwarded-For: 127.0.0.1") != 21 {
		t.Errorf("not every request says who asks:\n%s", heard)
	}
}

func TestLoginsOfTheProgramPassUntouched(t *testing.T) {
	r := newPortRig(t, nil, nil)
	for _, value := range []string{"Basic YXBwOnNlY3JldA==", "Bearer eyJhbGciOi", "Bearer  two  blanks", "Digest x=1, y", "kal_no-scheme"} {
		r.share(r.visible(workspace.VisiblePublic))
		if r.get(r.url("/"), "Authorization: "+value); !slices.Equal(r.app.seen().Header["Authorization"], []string{value}) {
			t.Errorf("public: %q arrived as %q", value, r.app.seen().Header["Authorization"])
		}
		r.share()
		if r.get(r.url("/"), r.as(owner), "Authorization: "+value); !slices.Equal(r.app.seen().Header["Authorization"], []string{value}) {
			t.Errorf("private: %q arrived as %q", value, r.app.seen().Header["Authorization"])
		}
	}
}

func TestWhatAProgramMayNotSay(t *testing.T) {
	r := newPortRig(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		for _, c := range []string{"app=1; Path=/; domain=localhost; HttpOnly", "__Host-kalpana-ws=stolen; Path=/", "__HOST-kalpana=x", "b=2; Domain=.ws.localhost"} {
			h.Add("Set-Cookie", c)
		}
		for _, name := range []string{"Strict-Transport-Security", "Alt-Svc", "Clear-Site-Data", "Service-Worker-Allowed", "X-Kalpana-Trace", "Public-Key-Pins"} {
			h.Set(name, "x")
		}
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", "frame-ancestors 'none'")
		h.Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnauthorized) // the program's own word, not the bridge's
		io.WriteString(w, `{"code":"unauthorized"}`)
	})
	editor := r.origin(testID)
	for _, v := range []workspace.Visibility{workspace.VisibleOwner, workspace.VisiblePublic} {
		r.share(r.visible(v))
		got := r.get(r.url("/_static/sw.js"), r.as(owner))
		if got.status != 401 || got.body != `{"code":"unauthorized"}` {
			t.Errorf("%s: %d %s", v, got.status, got.body)
		}
		if want := []string{"app=1; Path=/; HttpOnly", "b=2"}; !slices.Equal(got.header["Set-Cookie"], want) {
			t.Errorf("%s: cookies %q, want %q", v, got.header["Set-Cookie"], want)
		}
		for _, name := range []string{"Strict-Transport-Security", "Alt-Svc", "Clear-Site-Data", "Service-Worker-Allowed", "X-Kalpana-Trace", "Public-Key-Pins"} {
			if said := got.header.Get(name); said != "" {
				t.Errorf("%s: %s: %q", v, name, said)
			}
		}
		policies := []string{"frame-ancestors 'none'"}
		if v != workspace.VisiblePublic {
			policies = append(policies, "frame-ancestors 'self' "+r.gw.hosts.UIOrigin()+" "+editor)
		}
		if !slices.Equal(got.header["Content-Security-Policy"], policies) || got.header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: policies %q", v, got.header["Content-Security-Policy"])
		}
	}
}

func TestAProgramMayBelieveThatItIsAlone(t *testing.T) {
	r := newPortRig(t, nil, nil)
	public, local := r.originAt(at(r.app.port)), fmt.Sprintf("localhost:%d", r.app.port)
	for _, rewrite := range []bool{false, true} {
		r.share(workspace.PortSetting{Port: r.app.port, RewriteHost: rewrite})
		wantHost, wantOrigin := r.hostOf(at(r.app.port)), public
		if rewrite {
			wantHost, wantOrigin = local, "http://"+local
		}
		check := func(what string) {
			t.Helper()
			seen := r.app.seen()
			if seen.Host != wantHost || seen.Header.Get("Origin") != wantOrigin || seen.Header.Get("X-Forwarded-Host") != r.hostOf(at(r.app.port)) || seen.Header.Get("X-Forwarded-Proto") != "https" {
				t.Errorf("%s, rewritten %v: host %q, headers %v", what, rewrite, seen.Host, seen.Header)
			}
		}
		r.do(r.h2, r.request("POST", r.url("/"), nil, r.as(owner), r.own()))
		check("POST")
		r.dial(r.url("/"), r.as(owner), r.own())
		check("handshake")
		// Another page's Origin is not made the program's own.
		sibling := "Origin: " + r.originAt(at(3000))
		if r.do(r.h2, r.request("POST", r.url("/"), nil, r.as(owner), sibling)); "Origin: "+r.app.seen().Header.Get("Origin") != sibling {
			t.Errorf("a sibling's Origin arrived as %q", r.app.seen().Header.Get("Origin"))
		}
	}
}

func TestRedirectsOfAProgramLeadToThePublicAddress(t *testing.T) {
	var to string
	r := newPortRig(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Location"] = []string{to}
		w.WriteHeader(http.StatusFound)
	})
	p, public := fmt.Sprint(r.app.port), r.originAt(at(r.app.port))
	for _, rewrite := range []bool{false, true} {
		r.share(workspace.PortSetting{Port: r.app.port, RewriteHost: rewrite})
		for from, want := range map[string]string{
			"http://localhost:" + p:                  public,
			"http://localhost:" + p + "/":            public + "/",
			"http://localhost:" + p + "/a//b?c#d":    public + "/a//b?c#d",
			"http://127.0.0.1:" + p + "?x":           public + "?x",
			"http://127.0.0.1:" + p + "#x":           public + "#x",
			"http://localhost:" + p + "0/":           "",
			"http://localhost:" + p + "@evil.test/":  "",
			"http://localhost/":                      "",
			"http://localhost:1/":                    "",
			"https://localhost:" + p + "/":           public + "/",
			"http://[::1]:" + p + "/x":               public + "/x",
			"http://0.0.0.0:" + p + "/x":             public + "/x",
			"ftp://localhost:" + p + "/":             "",
			"http://localhost.evil.test:" + p + "/x": "",
			"//evil.test":                            "",
			"/plain?http://localhost:" + p + "/":     "",
		} {
			if to = from; want == "" {
				want = from
			}
			if got := r.get(r.url("/"), r.as(owner)); got.status != 302 || got.header.Get("Location") != want {
				t.Errorf("%q became %q, want %q", from, got.header.Get("Location"), want)
			}
		}
	}
}

func TestAddressesThatOnlyLookLocalStay(t *testing.T) {
	v := portVisit{setting: workspace.PortSetting{Port: 5173}, origin: "https://public.test"}
	for _, to := range []string{"http://localhost:5173.evil.test/", `http://localhost:5173\evil.test`, "http://localhost:5173;x", "http://localhost:51730", "HTTP://localhost:5173", "http://user@localhost:5173/", ""} {
		if got := v.publicLocation(to); got != to {
			t.Errorf("%q became %q", to, got)
		}
	}
}

func TestRequestsThatArePutTogetherWrong(t *testing.T) {
	r := newPortRig(t, nil, nil)
	host, good := r.hostOf(at(r.app.port)), r.as(owner)
	for _, c := range []struct {
		name, method, path string
		headers            []string
		want               int
	}{
		{"CONNECT", "CONNECT", "/", []string{good}, 405},
		{"two lengths", "POST", "/", []string{good, r.own(), "Content-Length: 1", "Content-Length: 2"}, 400},
		{"length and chunks", "POST", "/", []string{good, r.own(), "Content-Length: 1", "Transfer-Encoding: chunked, identity"}, 501},
		{"another upgrade", "GET", "/", []string{good, "Connection: Upgrade", "Upgrade: h2c"}, 200},
		{"the bridge's own upgrade", "GET", "/tcp/3001", []string{good, "Connection: Upgrade", "Upgrade: kalpana-tcp"}, 200},
		{"handshake by POST", "POST", "/", []string{good, r.own(), "Connection: Upgrade", "Upgrade: websocket"}, 400},
		{"reserved", "GET", "/.kalpana/nothing", []string{good}, 404},
		{"reserved, dotted", "GET", "/./.kalpana/status", []string{good}, 404},
		{"reserved, escaped", "GET", "/%2ekalpana/status/x", []string{good}, 404},
		{"start by GET", "GET", "/.kalpana/start", []string{good}, 405},
		{"start without Origin", "POST", "/.kalpana/start", []string{good}, 403},
		{"start from a sibling", "POST", "/.kalpana/start", []string{good, "Origin: " + r.originAt(at(3000))}, 403},
		{"status by another page", "GET", "/.kalpana/status", []string{good, "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors", "Origin: " + r.originAt(at(3000))}, 403},
	} {
		if got := rawRequest(t, r.server, c.method, host, c.path, c.headers); got.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.name, got.StatusCode, c.want)
		}
	}
	if seen := r.app.seen(); seen.Header.Get("Upgrade") != "" || seen.Header.Get("Connection") != "" {
		t.Errorf("an upgrade reached the program: %v", seen.Header)
	}
	if r.starter.count() != 0 {
		t.Error("something was started")
	}
}

// A handshake that is answered with a stream ends like any other request: when its visitor
// leaves, and when the right to it does.
func TestAStreamInAnswerToAHandshakeEnds(t *testing.T) {
	var open atomic.Int64
	r := newPortRig(t, nil, func(w http.ResponseWriter, req *http.Request) {
		open.Add(1)
		defer open.Add(-1)
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		http.NewResponseController(w).Flush()
		<-req.Context().Done()
	})
	public := r.visible(workspace.VisiblePublic)
	for name, end := range map[string]func(leave func()){
		"the visitor leaves":   func(leave func()) { leave() },
		"it is public no more": func(func()) { r.version++; r.share() },
	} {
		r.share(public)
		ctx, leave := context.WithCancel(t.Context())
		req := r.request("GET", r.url("/"), nil, "Connection: Upgrade", "Upgrade: websocket").WithContext(ctx)
		resp, err := r.h1.Do(req)
		if err != nil || resp.StatusCode != http.StatusOK || open.Load() != 1 {
			t.Fatalf("%s: %v %v, %d open", name, resp, err, open.Load())
		}
		end(leave)
		eventually(t, name+": nothing is left", func() bool { return open.Load() == 0 && r.gw.Live() == 0 })
		leave()
		resp.Body.Close()
	}
}

func TestEarlyAnswersOfAProgramAreKeptBack(t *testing.T) {
	r := newPortRig(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", loginCookie+"=planted")
		w.Header().Set("Strict-Transport-Security", "max-age=1")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusOK)
	})
	early := 0
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(int, textproto.MIMEHeader) error {
		early++
		return nil
	}})
	got := r.do(r.h1, r.request("GET", r.url("/"), nil, r.as(owner)).WithContext(ctx))
	if got.status != 200 || early != 0 || got.header.Get("Strict-Transport-Security") != "" {
		t.Errorf("%v, %d early answers", got, early)
	}
}
