package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/internal/identity/idptest"
)

// person is a browser without a window: cookies, redirects, and an Origin on what it sends.
type person struct {
	k    *kalpana
	http *http.Client
	last *url.URL
}

func (k *kalpana) person() *person {
	k.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		k.t.Fatal(err)
	}
	c := k.client()
	c.Jar = jar
	p := &person{k: k, http: c}
	c.CheckRedirect = func(next *http.Request, _ []*http.Request) error {
		p.last = next.URL
		return nil
	}
	return p
}

// visit opens a page and follows where it leads.
func (p *person) visit(address string) (int, string) {
	p.k.t.Helper()
	req, err := http.NewRequest("GET", address, nil)
	if err != nil {
		p.k.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html,application/xhtml+xml")
	p.last = req.URL
	resp, err := p.http.Do(req)
	if err != nil {
		p.k.t.Fatalf("%s: %v", address, err)
	}
	defer resp.Body.Close()
	data, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(data)
}

// call uses the API as the page does.
func (p *person) call(method, path string, body any, headers ...string) (int, map[string]any) {
	p.k.t.Helper()
	data, _ := json.Marshal(body)
	req, err := http.NewRequest(method, p.k.origin("ws.localhost")+"/api/v1"+path, bytes.NewReader(data))
	if err != nil {
		p.k.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", p.k.origin("ws.localhost"))
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		}
	}
	resp, err := p.http.Do(req)
	if err != nil {
		p.k.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	json.NewDecoder(resp.Body).Decode(&out)
	return resp.StatusCode, out
}

func TestPeopleSignInAndOutAndNobodyActsForThem(t *testing.T) {
	t.Parallel()
	k := install(t)
	k.start()
	admin := k.person()
	if code, _ := admin.visit(k.link); code != 200 || admin.last.Path != "/" {
		t.Fatalf("the one-time link led to %v: %d", admin.last, code)
	}
	if code, me := admin.call("GET", "/me", nil); code != 200 || me["user"].(map[string]any)["admin"] != true {
		t.Fatalf("me: %d %v", code, me)
	}
	if code, page := k.person().visit(k.link); code == 200 || !strings.Contains(page, "login-link") {
		t.Errorf("the link worked twice, or does not say how to get another: %d %.300s", code, page)
	}

	t.Run("an account by invitation, with a password", func(t *testing.T) {
		grace := k.person()
		account := map[string]any{"email": "grace@example.com", "name": "Grace", "password": "correct horse battery"}
		if code, got := grace.call("POST", "/auth/signup", account); code != 403 || got["code"] != "signup_closed" {
			t.Errorf("without an invitation: %d %v", code, got)
		}
		_, invited := admin.call("POST", "/invitations", map[string]any{})
		link, _ := url.Parse(invited["url"].(string))
		account["invitation"] = link.Query().Get("invitation")
		if code, got := grace.call("POST", "/auth/signup", account); code != 201 {
			t.Fatalf("sign up: %d %v", code, got)
		}
		if code, me := grace.call("GET", "/me", nil); code != 200 || me["user"].(map[string]any)["admin"] != false {
			t.Errorf("me: %d %v", code, me)
		}
		if code, _ := grace.call("GET", "/admin/users", nil); code != 403 {
			t.Errorf("a user lists users: %d", code)
		}
		_, me := grace.call("GET", "/me", nil)
		her := "/admin/users/" + me["user"].(map[string]any)["id"].(string)
		if code, _ := admin.call("PATCH", her, map[string]any{"suspended": true}); code != 200 {
			t.Errorf("suspend: %d", code)
		}
		if code, _ := grace.call("GET", "/me", nil); code != 401 {
			t.Errorf("a suspended user gets %d", code)
		}
		admin.call("PATCH", her, map[string]any{"suspended": false})
		grace.call("POST", "/auth/login", map[string]any{"email": "grace@example.com", "password": "correct horse battery"})
		if code, _ := grace.call("POST", "/auth/logout", nil); code != 204 {
			t.Errorf("log out: %d", code)
		}
		if code, _ := grace.call("GET", "/me", nil); code != 401 {
			t.Errorf("after log-out: %d", code)
		}
		if code, got := grace.call("POST", "/auth/login", map[string]any{"email": "grace@example.com", "password": "wrong horse battery"}); code != 401 || got["code"] != "invalid_credentials" {
			t.Errorf("wrong password: %d %v", code, got)
		}
		if code, _ := grace.call("POST", "/auth/login", map[string]any{"email": "Grace@Example.com", "password": "correct horse battery"}); code != 204 {
			t.Errorf("log in: %d", code)
		}
	})

	t.Run("a page of another origin gets nothing done", func(t *testing.T) {
		for name, headers := range map[string][]string{
			"a workspace page":  {"Origin", k.origin("aaaaaaaaaaaa.ws.localhost"), "Sec-Fetch-Site", "same-site"},
			"any web page":      {"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"},
			"another port":      {"Origin", "https://ws.localhost"},
			"plain HTTP":        {"Origin", strings.Replace(k.origin("ws.localhost"), "https", "http", 1)},
			"a sandboxed frame": {"Origin", "null"},
			"no origin at all":  {"Origin", ""},
		} {
			if code, got := admin.call("POST", "/workspaces", map[string]any{"name": "forged", "start": false}, headers...); code != 403 || got["code"] != "forbidden_origin" {
				t.Errorf("%s: %d %v", name, code, got)
			}
		}
		if code, got := admin.call("GET", "/workspaces", nil, "Origin", "", "Sec-Fetch-Site", "same-site"); code != 403 {
			t.Errorf("a same-site read: %d %v", code, got)
		}
		if _, all := admin.call("GET", "/workspaces", nil); len(all["items"].([]any)) != 0 {
			t.Errorf("forged: %v", all)
		}
	})

	t.Run("log-out ends open editors", func(t *testing.T) {
		_, w := admin.call("POST", "/workspaces", map[string]any{"name": "open editor"})
		id := w["id"].(string)
		eventually(t, 90*time.Second, "it runs", func() bool { _, w := admin.call("GET", "/workspaces/"+id, nil); return w["status"] == "RUNNING" })
		deep := k.origin(id+".ws.localhost") + "/?folder=%2Fworkspace&b=2&a=1"
		if code, page := admin.visit(deep); code != 200 || admin.last.String() != deep || !strings.Contains(page, "vscode") {
			t.Fatalf("the login led to %v: %d", admin.last, code)
		}
		visitsWake(t, k, admin, id, deep)
		dial := func(origin string) (*websocket.Conn, *http.Response, error) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			c := *admin.http
			c.Timeout = 0
			header := http.Header{}
			if origin != "" {
				header.Set("Origin", origin)
			}
			return websocket.Dial(ctx, strings.Replace(k.origin(id+".ws.localhost"), "https", "wss", 1)+"/stable-x?reconnectionToken=a", &websocket.DialOptions{HTTPClient: &c, HTTPHeader: header})
		}
		for _, origin := range []string{"", k.origin("ws.localhost"), k.origin("bbbbbbbbbbbb.ws.localhost"), "https://evil.example"} {
			if _, resp, err := dial(origin); err == nil || resp == nil || resp.StatusCode != 403 {
				t.Errorf("a socket from %q: %v %v", origin, resp, err)
			}
		}
		socket, _, err := dial(k.origin(id + ".ws.localhost"))
		if err != nil {
			t.Fatal(err)
		}
		defer socket.CloseNow()
		closed := make(chan error, 1)
		go func() {
			for {
				if _, _, err := socket.Read(context.Background()); err != nil {
					closed <- err
					return
				}
			}
		}()
		begin := time.Now()
		admin.call("POST", "/auth/logout", nil)
		select {
		case <-closed:
			t.Logf("closed %v after log-out", time.Since(begin).Round(time.Millisecond))
		case <-time.After(5 * time.Second):
			t.Error("a socket outlived its login by 5 s")
		}
		if code, _ := admin.visit(k.origin(id+".ws.localhost") + "/"); code != 200 || !strings.HasPrefix(admin.last.Path, "/login") {
			t.Errorf("after log-out a visit leads to %v: %d", admin.last, code)
		}
	})
}

func TestPeopleSignInWithGitHubAndOpenIDConnect(t *testing.T) {
	t.Parallel()
	client := idptest.Client{ID: "kalpana", Secret: "canary-secret"}
	github, oidc := idptest.NewGitHub(client), idptest.NewOIDC(client)
	defer github.Close()
	defer oidc.Close()
	github.SetUser(idptest.GitHubUser{ID: 583231, Login: "octocat", Name: "Octo Cat", Primary: "octo@example.com"})
	oidc.SetUser(idptest.OIDCUser{Subject: "s-1", Name: "Olga", Email: "olga@example.com", EmailVerified: true})
	k := install(t, "KALPANA_SIGNUP=open", "GITHUB_CLIENT_ID=kalpana", "GITHUB_CLIENT_SECRET=canary-secret", "GITHUB_URL="+github.URL, "GITHUB_API_URL="+github.APIURL,
		"OIDC_ISSUER="+oidc.URL, "OIDC_CLIENT_ID=kalpana", "OIDC_CLIENT_SECRET=canary-secret")
	k.start()
	for provider, email := range map[string]string{"github": "octo@example.com", "oidc": "olga@example.com"} {
		p := k.person()
		p.http.Transport = direct(k, p.http.Transport)
		if code, _ := p.visit(k.origin("ws.localhost") + "/auth/" + provider + "?return=/settings"); code != 200 || p.last.Path != "/settings" {
			t.Errorf("%s led to %v: %d", provider, p.last, code)
		}
		if code, me := p.call("GET", "/me", nil); code != 200 || me["user"].(map[string]any)["email"] != email || me["user"].(map[string]any)["admin"] != false {
			t.Errorf("%s: %d %v", provider, code, me)
		}
	}
	if complaint := github.Complaint() + oidc.Complaint(); complaint != "" {
		t.Errorf("a provider complained: %s", complaint)
	}
	if strings.Contains(k.out.String(), "canary-secret") {
		t.Error("a client secret stands in the log")
	}
}

// direct lets the same browser reach the stand-ins, which are on other ports and plain HTTP.
func direct(_ *kalpana, next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Scheme == "http" {
			return http.DefaultTransport.RoundTrip(r)
		}
		return next.RoundTrip(r)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestChangesArriveAsTheyHappen(t *testing.T) {
	t.Parallel()
	k := install(t)
	k.start()
	ada, eve := k.user("ada@example.com"), k.user("eve@example.com")
	follow := func(u *user, last string) (<-chan string, func()) {
		ctx, cancel := context.WithCancel(t.Context())
		req, _ := http.NewRequestWithContext(ctx, "GET", k.origin("localhost")+"/api/v1/events", nil)
		req.Header.Set("Authorization", "Bearer "+u.token)
		if last != "" {
			req.Header.Set("Last-Event-ID", last)
		}
		c := *u.http
		c.Timeout = 0
		resp, err := c.Do(req)
		if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("events: %v %v", resp, err)
		}
		blocks := make(chan string, 100)
		go func() {
			defer close(blocks)
			defer resp.Body.Close()
			var text strings.Builder
			buf := make([]byte, 4096)
			for {
				n, err := resp.Body.Read(buf)
				text.Write(buf[:n])
				for {
					block, rest, found := strings.Cut(text.String(), "\n\n")
					if !found {
						break
					}
					text.Reset()
					text.WriteString(rest)
					if !strings.HasPrefix(block, ":") {
						blocks <- block
					}
				}
				if err != nil {
					return
				}
			}
		}()
		return blocks, cancel
	}
	mine, leave := follow(ada, "")
	theirs, _ := follow(eve, "")
	_, w := ada.call("POST", "/workspaces", map[string]any{"name": "watched", "start": false})
	id := w["id"].(string)
	next := func(ch <-chan string, want string) string {
		t.Helper()
		for {
			select {
			case block := <-ch:
				if strings.Contains(block, want) {
					return block
				}
			case <-time.After(15 * time.Second):
				t.Fatalf("no event with %s", want)
			}
		}
	}
	created := next(mine, `"name":"watched"`)
	leave()
	if code, got := ada.call("PATCH", "/workspaces/"+id, map[string]any{"name": "renamed"}); code != 200 || got["name"] != "renamed" {
		t.Fatalf("rename: %d %v", code, got)
	}
	lastID := strings.TrimPrefix(strings.SplitN(created, "\n", 2)[0], "id: ")
	again, _ := follow(ada, lastID)
	next(again, `"name":"renamed"`) // what happened meanwhile comes first
	unknown, _ := follow(ada, "nonsense-7")
	next(unknown, "event: reset")
	ada.call("DELETE", "/workspaces/"+id, nil)
	next(again, "event: workspace.deleted")
	select {
	case block := <-theirs:
		t.Errorf("a stranger saw %s", block)
	default:
	}
}

func TestACaddyBuiltByXcaddyServesTheSame(t *testing.T) {
	t.Parallel()
	k := install(t, "KALPANA_DOMAIN=localhost", "KALPANA_WORKSPACE_DOMAIN=localhost")
	k.program = filepath.Join(root(t), "bin", "caddy")
	k.start()
	u := k.user("xcaddy@example.com")
	if code, me := u.call("GET", "/me", nil); code != 200 || me["user"].(map[string]any)["email"] != "xcaddy@example.com" {
		t.Errorf("me: %d %v", code, me)
	}
	if code, page := k.person().visit(k.origin("localhost") + "/"); code != 200 || !strings.Contains(page, "<div id=") {
		t.Errorf("page: %d %.200s", code, page)
	}
}
