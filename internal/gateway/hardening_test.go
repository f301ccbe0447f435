package gateway

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestRequestsThatAreRefusedReachNoWorkspace(t *testing.T) {
	r := newRig(t, nil, nil)
	r.announce(otherID, stranger, workspace.StatusRunning, 1)
	self, agent := r.host(testID), r.agentHost(testID)
	good := "Cookie: " + r.cookie(testID, owner)
	value := strings.TrimPrefix(r.cookie(testID, owner), loginCookie+"=")
	own := "Origin: https://" + self
	upgrade := []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}
	socket := func(h ...string) []string { return append(slices.Clone(upgrade), h...) }
	many := good
	for i := range 200 {
		many += fmt.Sprintf("; c%d=v", i)
	}
	for _, c := range []struct {
		name    string
		method  string
		host    string
		path    string
		headers []string
		want    int
	}{
		{"H005 port not numeric", "GET", strings.TrimSuffix(self, fmt.Sprint(r.port())) + "abc", "/", []string{good}, 400},
		{"H008 underscore in id", "GET", "abcdefghijk_.ws.localhost", "/", []string{good}, 404},
		{"H008 star", "GET", "*.ws.localhost", "/", []string{good}, 404},
		{"H007 long label", "GET", strings.Repeat("a", 64) + ".ws.localhost", "/", []string{good}, 404},
		{"H097 the bridge's port", "GET", "3001-" + self, "/", []string{good}, 404},
		{"H097 the editor's port", "GET", "8080-" + self, "/", []string{good}, 404},
		{"H097 no port", "GET", "65536-" + self, "/", []string{good}, 404},
		{"the editor's cookie on a port", "GET", "3000-" + self, "/", []string{good}, 401},
		{"H020 CONNECT", "CONNECT", self, "/", []string{good}, 405},
		{"H028 script from a sibling", "GET", self, "/file.js", []string{good, "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"}, 403},
		{"image from elsewhere", "GET", self, "/a.png", []string{good, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, 403},
		{"object navigation", "GET", self, "/", []string{good, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: object"}, 403},
		{"two fetch sites", "GET", self, "/", []string{good, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors"}, 403},
		{"form POST from elsewhere", "POST", self, "/", []string{good, "Origin: https://evil.test"}, 403},
		{"POST, Origin null", "POST", self, "/", []string{good, "Origin: null"}, 403},
		{"H031 twice, good first", "GET", self, "/", []string{good + "; " + loginCookie + "=x"}, 401},
		{"H031 twice, good last", "GET", self, "/", []string{"Cookie: " + loginCookie + "=x; " + loginCookie + "=" + value}, 401},
		{"H031 twice, two lines", "GET", self, "/", []string{good, "Cookie: " + loginCookie + "=x"}, 401},
		{"H032 other case", "GET", self, "/", []string{"Cookie: __host-kalpana-ws=" + value}, 401},
		{"H032 U+00A0", "GET", self, "/", []string{"Cookie: \u00a0" + loginCookie + "=" + value}, 401},
		{"H032 U+2000", "GET", self, "/", []string{"Cookie: \u2000" + loginCookie + "=" + value}, 401},
		{"H034 nameless", "GET", self, "/", []string{"Cookie: =" + loginCookie + "=" + value}, 401},
		{"H034 version", "GET", self, "/", []string{"Cookie: $Version=1," + loginCookie + "=" + value}, 401},
		{"H034 quoted", "GET", self, "/", []string{"Cookie: " + loginCookie + `="` + value + `"`}, 401},
		{"H037 another workspace's host", "GET", r.host(otherID), "/", []string{good}, 401},
		{"H037 agent host", "GET", agent, "/", []string{good}, 401},
		{"H037 main session's value", "GET", self, "/", []string{"Cookie: " + loginCookie + "=session-" + owner}, 401},
		{"H038 a bit changed", "GET", self, "/", []string{good + "x"}, 401},
		{"H038 4 KB", "GET", self, "/", []string{"Cookie: " + loginCookie + "=" + strings.Repeat("a", 4096)}, 401},
		{"H043 no Origin", "GET", self, "/", socket(good), 403},
		{"H043 null", "GET", self, "/", socket(good, "Origin: null"), 403},
		{"H044 Origin of another workspace", "GET", self, "/", socket(good, "Origin: "+r.origin(otherID)), 403},
		{"H044 Origin of the main page", "GET", self, "/", socket(good, "Origin: "+r.gw.hosts.UIOrigin()), 403},
		{"H041 evil", "GET", self, "/", socket(good, "Origin: https://evil.test"), 403},
		{"H047 suffix", "GET", self, "/", socket(good, own+".evil.test"), 403},
		{"H047 http", "GET", self, "/", socket(good, "Origin: http://"+self), 403},
		{"H047 other port", "GET", self, "/", socket(good, "Origin: https://"+r.gw.hosts.EditorName(testID)+":1"), 403},
		{"H047 no port", "GET", self, "/", socket(good, "Origin: https://"+r.gw.hosts.EditorName(testID)), 403},
		{"H047 trailing dot", "GET", self, "/", socket(good, "Origin: https://"+r.gw.hosts.EditorName(testID)+".:"+fmt.Sprint(r.port())), 403},
		{"H047 userinfo", "GET", self, "/", socket(good, "Origin: https://x@"+self), 403},
		{"two Origins", "GET", self, "/", socket(good, own, own), 403},
		{"Upgrade in capitals", "GET", self, "/", []string{good, "Connection: upgrade", "Upgrade: WebSocket", "Origin: https://evil.test"}, 403},
		{"Upgrade in a list", "GET", self, "/", []string{good, "Connection: upgrade", "Upgrade: h2c, websocket", "Origin: https://evil.test"}, 403},
		{"Upgrade without Connection", "GET", self, "/", []string{good, "Upgrade: websocket", "Origin: https://evil.test"}, 403},
		{"handshake by POST", "POST", self, "/", socket(good, own), 400},
		{"socket, token, wrong Origin", "GET", agent, "/", socket("Authorization: Bearer "+ownerToken, "Origin: https://evil.test"), 403},
		{"socket without login", "GET", self, "/", socket(own), 401},
		{"H055 no login", "GET", self, "/", nil, 401},
		{"H056 agent without login", "GET", agent, "/", nil, 401},
		{"H056 agent, page visit", "GET", agent, "/", []string{page}, 401},
		{"agent, main cookie", "GET", agent, "/", []string{"Cookie: " + mainCookie + "=session-" + owner}, 401},
		{"wrong token", "GET", self, "/", []string{good, "Authorization: Bearer kal_wrong"}, 401},
		{"wrong token, page visit", "GET", self, "/", []string{page, "Authorization: Bearer kal_wrong"}, 401},
		{"two tokens", "GET", self, "/", []string{"Authorization: Bearer " + ownerToken, "Authorization: Bearer " + ownerToken}, 401},
		{"H053 another user's", "GET", self, "/", []string{"Authorization: Bearer kal_stranger"}, 404},
		{"H059 reserved path", "GET", self, "/.kalpana/nothing", []string{good}, 404},
		{"H059 dotted", "GET", self, "/./.kalpana/status", []string{good}, 404},
		{"H059 doubled slash", "GET", self, "//.kalpana/status", []string{good}, 404},
		{"H059 escaped", "GET", self, "/%2ekalpana/nothing", []string{good}, 404},
		{"H059 escaped slash", "GET", self, "/.kalpana%2fstatus/x", []string{good}, 404},
		{"H059 upwards", "GET", self, "/a/..%2f.kalpana/status", []string{good}, 404},
		{"H059 case", "GET", self, "/.KALPANA/status", []string{good}, 404},
		{"H059 backslash", "GET", self, "/%5c.kalpana/status", []string{good}, 404},
		{"start from elsewhere", "POST", self, "/.kalpana/start", []string{good, "Origin: https://evil.test"}, 403},
		{"start without Origin", "POST", self, "/.kalpana/start", []string{good}, 403},
		{"start by GET", "GET", self, "/.kalpana/start", []string{good}, 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := rawRequest(t, r.server, c.method, c.host, c.path, c.headers)
			if got.StatusCode != c.want {
				t.Errorf("status %d, want %d", got.StatusCode, c.want)
			}
			if len(got.Header["Set-Cookie"]) > 0 {
				t.Errorf("sets cookies %q", got.Header["Set-Cookie"])
			}
			if ct := got.Header.Get("Content-Type"); !strings.HasPrefix(ct, "application/problem+json") {
				t.Errorf("content type %q", ct)
			}
		})
	}
	if n := r.up.bytes.Load(); n != 0 {
		t.Errorf("the workspace got %d bytes", n)
	}
	if n := r.starter.count(); n != 0 {
		t.Errorf("%d starts were ordered", n)
	}
	if got := rawRequest(t, r.server, "GET", self, "/", []string{many}); got.StatusCode != 200 {
		t.Errorf("200 cookies: status %d", got.StatusCode)
	}
}

// rawRequest writes a request as it is, without a client's tidying up.
func rawRequest(t *testing.T, s *httptest.Server, method, host, path string, headers []string) *http.Response {
	t.Helper()
	conn, err := tls.Dial("tcp", s.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(waitAtMost))
	target := path
	if method == http.MethodConnect {
		target = host
	}
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", method, target, host, strings.Join(append(slices.Clone(headers), "Connection: close", ""), "\r\n"))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

func TestHostsReachTheirWorkspaceHoweverTheyAreSpelled(t *testing.T) {
	r := newRig(t, nil, nil)
	good := "Cookie: " + r.cookie(testID, owner)
	name := r.gw.hosts.EditorName(testID)
	for host, seen := range map[string]string{
		r.host(testID):                  r.host(testID),
		strings.ToUpper(r.host(testID)): strings.ToUpper(r.host(testID)),
		name:                            name,
		name + ".":                      name + ".",
		name + ":1234":                  r.host(testID), // H004: a foreign port goes no further
	} {
		if got := rawRequest(t, r.server, "GET", host, "/", []string{good}); got.StatusCode != 200 {
			t.Errorf("%s: status %d", host, got.StatusCode)
		}
		if got := r.up.seen().Host; got != seen {
			t.Errorf("%s: the workspace saw host %q, want %q", host, got, seen)
		}
	}
}

func TestMainOriginAndForeignHostsAreNotAnswered(t *testing.T) {
	r := newRig(t, nil, nil)
	for _, host := range []string{"localhost", "ws.localhost", "evil.test", "127.0.0.1"} {
		if got := r.get(r.server.URL+"/", "Host: "+host); got.body != "main origin" {
			t.Errorf("%s: %q", host, got.body)
		}
	}
}

func TestUnknownForbiddenAndDeletingLookTheSame(t *testing.T) {
	r := newRig(t, nil, nil)
	r.announce(otherID, stranger, workspace.StatusRunning, 1)
	const deleting = "ddddddddddd3"
	r.version++
	r.gw.Announce(workspace.Workspace{ID: deleting, OwnerID: owner, Version: r.version, Status: workspace.StatusRunning, Desired: workspace.DesiredDeleted})
	for _, visit := range [][]string{nil, {page}, {"Connection: Upgrade", "Upgrade: websocket"}} {
		var first answer
		for i, id := range []string{"nobodyhasit1", otherID, deleting} {
			host := "https://" + r.host(id)
			got := r.get(host+"/", append([]string{"Cookie: " + r.cookie(id, owner), "Origin: " + host}, visit...)...)
			got.header.Del("Date")
			if i == 0 {
				first = got
			}
			if got.status != 404 || got.body != first.body || fmt.Sprint(got.header) != fmt.Sprint(first.header) {
				t.Errorf("%v, %s: %d %v %q\nfirst: %v %q", visit, id, got.status, got.header, got.body, first.header, first.body)
			}
			if strings.Contains(got.body, id) {
				t.Errorf("the answer names %s", id)
			}
		}
	}
	if n := r.up.bytes.Load(); n != 0 {
		t.Errorf("workspaces got %d bytes", n)
	}
}

func TestBeforeTheTableIsThereEverythingWaits(t *testing.T) {
	r := newRig(t, nil, nil)
	r.gw.routes.loaded.Store(false)
	for _, h := range [][]string{nil, {page}} {
		if got := r.get(r.origin(testID)+"/", h...); got.status != 503 || got.header.Get("Retry-After") == "" {
			t.Errorf("%v: %d, Retry-After %q", h, got.status, got.header.Get("Retry-After"))
		}
	}
}

func TestHeadersAcrossTheGateway(t *testing.T) { withBothClients(t, testHeadersAcrossTheGateway) }

func testHeadersAcrossTheGateway(t *testing.T, client func(*Options)) {
	r := newRig(t, client, nil)
	canaries := []string{"Forwarded: for=1.2.3.4;host=evil.test", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: evil.test", "X-Forwarded-Proto: ftp",
		"X-Real-Ip: 6.6.6.6", "X-Original-Url: /evil", "X-Original-Host: evil.test", "X-Kalpana-Key: forged", "X-Kalpana-User: root",
		"X_Forwarded_Host: evil.test", "X.Forwarded.Host: evil.test", "X_Kalpana_Key: forged", "X-Forwarded-Prefix: /evil", "X-Host: evil.test", "Upgrade: h2c"}
	for name, client := range map[string]*http.Client{"h1": r.h1, "h2": r.h2} {
		req := r.request("GET", r.origin(testID)+"/", nil, append(canaries,
			"Cookie: app=1; "+r.cookie(testID, owner)+"; other=\"2\"", "Cookie: "+mainCookie+"=secret; "+nonceCookie+"=n; last=3",
			"Authorization: Basic YXBwOnNlY3JldA==", "X-App: kept")...)
		if name == "h2" {
			req.Header.Del("Upgrade")
		} else {
			req.Header.Set("Connection", "X-Kalpana-Key, x-forwarded-for, X-Forwarded-Proto")
		}
		if got := r.do(client, req); got.status != 200 {
			t.Fatalf("%s: %d %s", name, got.status, got.body)
		}
		h := r.up.seen().Header
		dump := fmt.Sprint(h)
		for _, evil := range []string{"evil", "6.6.6.6", "forged", "secret;", "root", "ftp", loginCookie, nonceCookie, mainCookie, "h2c"} {
			if strings.Contains(dump, evil) {
				t.Errorf("%s: %q reached the workspace: %s", name, evil, dump)
			}
		}
		want := map[string]string{
			"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": r.host(testID), "X-App": "kept",
			"Authorization": "Basic YXBwOnNlY3JldA==", keyHeader: r.gw.options.Box.WorkspaceKey(testID, 1),
		}
		for k, v := range want {
			if got := h[k]; len(got) != 1 || got[0] != v {
				t.Errorf("%s: %s is %q, want %q", name, k, got, v)
			}
		}
		if got := strings.Join(h["Cookie"], "; "); got != `app=1; other="2"; last=3` {
			t.Errorf("%s: cookies %q", name, got)
		}
	}
}

func TestTokensOfOursEndAtTheGatewayAndOthersPass(t *testing.T) {
	r := newRig(t, nil, nil)
	good := "Cookie: " + r.cookie(testID, owner)
	for _, c := range []struct {
		host    string
		headers []string
		want    []string
	}{
		{r.host(testID), []string{"Authorization: Bearer " + ownerToken}, nil},
		{r.agentHost(testID), []string{"Authorization: bearer  " + ownerToken}, nil},
		{r.host(testID), []string{good, "Authorization: Bearer app-token"}, []string{"Bearer app-token"}},
		{r.host(testID), []string{good, "Authorization: Digest x=1, y"}, []string{"Digest x=1, y"}},
	} {
		if got := r.get("https://"+c.host+"/", c.headers...); got.status != 200 {
			t.Errorf("%v: %d %s", c.headers, got.status, got.body)
		}
		if got := r.up.seen().Header["Authorization"]; !slices.Equal(got, c.want) {
			t.Errorf("%v: the workspace saw %q", c.headers, got)
		}
	}
}

func TestWhatAWorkspaceMayNotSayIsTakenOut(t *testing.T) {
	r := newRig(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		for _, c := range []string{"app=1; Path=/; domain=localhost; HttpOnly", "__Host-kalpana-ws=stolen; Path=/", "__HOST-kalpana=x", "b=2; Domain=.ws.localhost", "plain=3"} {
			h.Add("Set-Cookie", c)
		}
		h.Set("Strict-Transport-Security", "max-age=1")
		h.Set("Alt-Svc", `h3=":1"`)
		h.Set("Clear-Site-Data", `"*"`)
		h.Set("Service-Worker-Allowed", "/")
		h.Set("X-Kalpana-Trace", "x")
		h.Set("Content-Security-Policy", "default-src 'self'")
		h.Set("Location", "//evil.test")
		w.WriteHeader(302)
	})
	got := r.get(r.origin(testID)+"/", "Cookie: "+r.cookie(testID, owner))
	if want := []string{"app=1; Path=/; HttpOnly", "b=2", "plain=3"}; !slices.Equal(got.header["Set-Cookie"], want) {
		t.Errorf("cookies %q, want %q", got.header["Set-Cookie"], want)
	}
	for _, name := range []string{"Strict-Transport-Security", "Alt-Svc", "Clear-Site-Data", "Service-Worker-Allowed", "X-Kalpana-Trace"} {
		if v := got.header.Get(name); v != "" {
			t.Errorf("%s: %q", name, v)
		}
	}
	if want := []string{"default-src 'self'", "frame-ancestors 'self' " + r.gw.hosts.UIOrigin()}; !slices.Equal(got.header["Content-Security-Policy"], want) {
		t.Errorf("policies %q, want %q", got.header["Content-Security-Policy"], want)
	}
	if got.status != 302 || got.header.Get("Location") != "//evil.test" {
		t.Errorf("redirect of the app: %d %q", got.status, got.header.Get("Location"))
	}
}

func TestHostileResponsesEndIn502(t *testing.T) { withBothClients(t, testHostileResponsesEndIn502) }

func testHostileResponsesEndIn502(t *testing.T, client func(*Options)) {
	r := newRig(t, client, nil)
	good := "Cookie: " + r.cookie(testID, owner)
	for name, response := range map[string]string{
		"H082 100 KB header":           "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", 100<<10) + "\r\n\r\n",
		"H082 1,000 headers of 100 B":  "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: "+strings.Repeat("a", 97)+"\r\n", 1000) + "\r\n",
		"H082 switch nobody asked for": "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
		"H082 flood of 1xx":            strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: "+strings.Repeat("a", 100)+"\r\n\r\n", 2000),
		"no HTTP":                      "hello\r\n\r\n",
		"two lengths":                  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"nothing":                      "",
		"the bridge's no":              "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/problem+json\r\nContent-Length: 23\r\n\r\n{\"code\":\"unauthorized\"}",
	} {
		t.Run(name, func(t *testing.T) {
			raw := newRawServer(t, response)
			r.version++
			r.gw.Announce(workspace.Workspace{ID: testID, OwnerID: owner, Status: workspace.StatusRunning, Version: r.version, Epoch: 1, VSCodePort: raw, AgentPort: raw})
			if got := r.get(r.origin(testID)+"/", good); got.status != 502 || !strings.Contains(got.body, `"bad_gateway"`) {
				t.Errorf("%d %.200s", got.status, got.body)
			}
			if got := r.get(r.origin(testID)+"/", good, page); got.status != 502 || !strings.Contains(got.body, "<h1>") {
				t.Errorf("page: %d %.200s", got.status, got.body)
			}
		})
	}
}
