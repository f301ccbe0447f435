package bridgeserver_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
)

func TestEditorThatIsNotUpYetIsSaidToBeStarting(t *testing.T) {
	t.Parallel()
	s := start(t)
	resp := get(t, s.editor.URL+"/", nil)
	var p struct{ Code string }
	_ = json.NewDecoder(resp.Body).Decode(&p)
	if resp.StatusCode != 503 || p.Code != bridge.CodeEditorStarting || resp.Header.Get("Retry-After") != "1" {
		t.Errorf("%d %+v %v", resp.StatusCode, p, resp.Header)
	}
}

func TestEditorThatBreaksOffIsNotSaidToBeStarting(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.fakeEditor(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	resp := get(t, s.editor.URL+"/", nil)
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 502 || !strings.Contains(string(body), bridge.CodeEditorFailed) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestRequestsReachTheEditorAsTheBrowserSentThem(t *testing.T) {
	t.Parallel()
	s := start(t)
	var got *http.Request
	s.fakeEditor(t, func(_ http.ResponseWriter, r *http.Request) { got = r })
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.editor.URL+"/a%2Fb//c?x=1;y=%zz&x=0", nil)
	req.Host = "abc.ws.localhost:8443"
	req.Header = http.Header{
		bridge.KeyHeader:    {key},
		"Cookie":            {`a="b c"; d=é; __proto=1`},
		"X-Forwarded-Host":  {"evil.example"},
		"Forwarded":         {"host=evil.example"},
		"X-Forwarded-Proto": {"http"},
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got.Host != "abc.ws.localhost:8443" {
		t.Errorf("Host is %q: the editor would refuse every WebSocket", got.Host)
	}
	if got.RequestURI != "/a%2Fb//c?x=1;y=%zz&x=0" {
		t.Errorf("address changed to %q", got.RequestURI)
	}
	if got.Header.Get("Cookie") != `a="b c"; d=é; __proto=1` {
		t.Errorf("cookies changed to %q", got.Header["Cookie"])
	}
	for _, name := range []string{bridge.KeyHeader, "X-Forwarded-Host", "Forwarded", "X-Forwarded-For"} {
		if v, there := got.Header[name]; there {
			t.Errorf("%s: %q reached the editor", name, v)
		}
	}
}

func TestEditorsAnswersStream(t *testing.T) {
	t.Parallel()
	s := start(t)
	read := make(chan struct{})
	s.fakeEditor(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "first")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-read:
		case <-r.Context().Done():
		}
		fmt.Fprintln(w, "second")
	})
	body := bufio.NewScanner(get(t, s.editor.URL+"/", nil).Body)
	if !body.Scan() || body.Text() != "first" {
		t.Fatal("the first line did not arrive on its own")
	}
	close(read)
	if !body.Scan() || body.Text() != "second" {
		t.Fatal("the second line did not arrive")
	}
}

func TestEditorsWebSocketsPass(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.fakeEditor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(bridge.KeyHeader) != "" {
			t.Error("the key reached the editor")
		}
		// Accept compares Origin with Host, as code-server does.
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.CloseNow()
		kind, message, err := ws.Read(r.Context())
		if err == nil {
			_ = ws.Write(r.Context(), kind, append([]byte("echo "), message...))
		}
		_, _, _ = ws.Read(r.Context()) // until the other side closes
	})
	ws, resp, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.editor.URL, "http")+"/socket", &websocket.DialOptions{
		Host:       "abc.ws.localhost:8443",
		HTTPHeader: http.Header{bridge.KeyHeader: {key}, "Origin": {"https://abc.ws.localhost:8443"}},
	})
	if err != nil {
		t.Fatal(err, resp)
	}
	defer ws.CloseNow()
	if err := ws.Write(t.Context(), websocket.MessageBinary, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, message, err := ws.Read(t.Context()); err != nil || string(message) != "echo hello" {
		t.Fatalf("%q, %v", message, err)
	}
	_ = ws.Close(websocket.StatusNormalClosure, "")
}

func TestPathsThatLeadToPortsAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.fakeEditor(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "editor") })
	for path, want := range map[string]int{
		"/proxy/3001/": 404, "/absproxy/3000": 404, "/Proxy/1": 404, "/ABSPROXY/1/x?y": 404, "/%70roxy/1": 404, "//proxy/1": 404,
		"/./proxy/1": 404, "/a/../proxy/1": 404, "/proxy": 404, "/proxy%2f3000": 404, "/%5cproxy/1": 404,
		"/": 200, "/proxyx/1": 200, "/static/proxy/1": 200, "/?folder=/proxy/1": 200,
	} {
		if resp := get(t, s.editor.URL+path, nil); resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
		}
	}
}

func TestReadyOnlyWhenTheEditorShowsItsPage(t *testing.T) {
	t.Parallel()
	s := start(t)
	page := func(w http.ResponseWriter) { http.NotFound(w, nil) }
	s.fakeEditor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "" {
			http.Redirect(w, r, "./?folder=/workspace", http.StatusFound)
			return
		}
		page(w)
	})
	ask := func() error { return bridgeclient.Ready(t.Context(), address(s.api), key) }
	if err := ask(); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("with a page that is not there: %v", err)
	}
	page = func(w http.ResponseWriter) { w.Header().Set("Content-Type", "application/json"); fmt.Fprint(w, "{}") }
	if err := ask(); err == nil {
		t.Error("ready although the editor shows no page")
	}
	page = func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<html>")
	}
	if err := ask(); err != nil {
		t.Error(err)
	}
}
