package caddymodule

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/coder/websocket"
)

// otherSite stands for Grafana: it says what it was told, and echoes on a WebSocket.
type otherSite struct {
	mu   sync.Mutex
	last *http.Request
}

func (o *otherSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/socket" {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			kind, data, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, data) != nil {
				return
			}
		}
	}
	io.Copy(io.Discard, r.Body)
	o.mu.Lock()
	o.last = r
	o.mu.Unlock()
	io.WriteString(w, "the other site")
}

func (o *otherSite) saw() *http.Request {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last
}

// reload runs the shipped Caddyfile with more sites.
func (f *front) reload(more string) error {
	_, whole, err := adapt(f.t, shipped(f.t)+more)
	if err != nil {
		return err
	}
	f.config = []byte(whole)
	return caddy.Load(f.config, true)
}

// http1 speaks to the front without HTTP/2, as WebSockets need it.
func (f *front) http1() *http.Client {
	c := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, f.address())
		},
	}}
	f.t.Cleanup(c.CloseIdleConnections)
	return c
}

// dir is the data directory.
func (f *front) dir() string { return os.Getenv("KALPANA_DATA_DIR") }

func TestOtherSitesBehindTheLogin(t *testing.T) {
	f := newFront(t)
	site := &otherSite{}
	up := httptest.NewServer(site)
	defer up.Close()
	accessLog := filepath.Join(t.TempDir(), "access.log")
	block := func(name, options string) string {
		return fmt.Sprintf("\nhttps://%s.localhost%s {\n\ttls internal\n\tlog {\n\t\toutput file "+accessLog+"\n\t\tformat json\n\t}\n\tkalpana_auth {\n%s\n\t}\n\trewrite /old /new\n\treverse_proxy %s {\n\t\theader_up X-Told \"{http.auth.user.id} {http.auth.user.role}\"\n\t}\n}\n", name, f.suffix(), options, strings.TrimPrefix(up.URL, "http://"))
	}
	sites := block("grafana", "header X-WEBAUTH-USER {http.auth.user.email}\nheader X-Nothing {http.auth.user.nothing}") +
		block("ops", "roles admin") + block("*.lab", "users other@localhost.test known@localhost.test") + block("json", "roles user")
	if err := f.reload(sites); err != nil {
		t.Fatal(err)
	}
	// The same as a provider of Caddy's own authentication handler.
	provider := strings.Replace(string(f.config), `{"handler":"kalpana_auth","roles":["user"]}`, `{"handler":"authentication","providers":{"kalpana":{"roles":["user"]}}}`, 1)
	if provider == string(f.config) {
		t.Fatalf("no place for the provider in %s", f.config)
	}
	if err := caddy.Load([]byte(provider), true); err != nil {
		t.Fatal(err)
	}
	at := func(name, path string) string { return "https://" + name + ".localhost" + f.suffix() + path }
	for _, name := range []string{"grafana", "ops", "x.lab", "json"} {
		f.eventually("a certificate for "+name, func() bool {
			conn, err := f.dial(name + ".localhost")
			if err == nil {
				conn.Close()
			}
			return err == nil
		})
	}
	nobody := &http.Client{Transport: f.client.Transport, CheckRedirect: f.client.CheckRedirect}

	t.Run("nobody", func(t *testing.T) {
		for _, name := range []string{"grafana", "ops", "x.lab", "json"} {
			if got := f.do(nobody, "GET", at(name, "/api"), ""); got.StatusCode != 401 || got.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: a program gets %d %v", name, got.StatusCode, got.Header)
			}
			got := f.do(nobody, "GET", at(name, "/old?a=1"), "", "Accept: text/html")
			if to := got.Header.Get("Location"); got.StatusCode != 303 || !strings.HasPrefix(to, "https://"+f.main()+"/auth/ticket?site=") {
				t.Errorf("%s: a person gets %d %s", name, got.StatusCode, to)
			} else if next := f.do(nobody, "GET", to, "", "Accept: text/html"); !strings.HasPrefix(next.Header.Get("Location"), "/login?return=") {
				t.Errorf("%s: and then %d %v", name, next.StatusCode, next.Header)
			}
		}
		if site.saw() != nil {
			t.Error("the site was asked")
		}
	})
	t.Run("signed in", func(t *testing.T) {
		for _, name := range []string{"grafana", "ops", "json"} {
			if got := f.visit(at(name, "/old?a=1")); got.StatusCode != 200 || text(got) != "the other site" {
				t.Fatalf("%s: %d %s", name, got.StatusCode, text(got))
			} else if at := got.Request.URL.RequestURI(); name != "json" && at != "/old?a=1" {
				t.Errorf("%s: came back to %s", name, at)
			}
			seen := site.saw()
			if seen.RequestURI != "/new?a=1" || seen.Header.Get("X-Told") != "admin0000001 admin" || seen.Header.Get("X-Kalpana-Email") != "admin@localhost.test" || seen.Header.Get("Cookie") != "" {
				t.Errorf("%s saw %s %v", name, seen.RequestURI, seen.Header)
			}
		}
		if got := f.visit(at("x.lab", "/")); got.StatusCode != 403 || !strings.Contains(text(got), "admin@localhost.test") {
			t.Errorf("not for me: %d %s", got.StatusCode, text(got))
		}
	})
	t.Run("the access log", func(t *testing.T) {
		b, err := os.ReadFile(accessLog)
		if err != nil || !strings.Contains(string(b), "/old?a=1") {
			t.Fatalf("%s %v", b, err)
		}
		if strings.Contains(string(b), "code=") || strings.Contains(string(b), "kalpana-ws=") {
			t.Errorf("what lets in stands in the log:\n%s", b)
		}
	})
	t.Run("what visitors say of themselves", func(t *testing.T) {
		for name, headers := range map[string][]string{"grafana": {"X-Webauth-User: evil", "X_webauth_user: evil", "X-Nothing: evil", "X-Kalpana-Role: evil", "X_Kalpana_Role: evil"}, "json": {"X-Kalpana-Role: evil"}} {
			f.get(at(name, "/"), headers...)
			for header, values := range site.saw().Header {
				if strings.Join(values, "") == "evil" {
					t.Errorf("%s saw %s", name, header)
				}
			}
		}
		if f.get(at("grafana", "/")); site.saw().Header.Get("X-Webauth-User") != "admin@localhost.test" {
			t.Errorf("Grafana saw %v", site.saw().Header)
		}
	})
	t.Run("an email counts if somebody vouched for it", func(t *testing.T) {
		for id, want := range map[string]int{"other0000001": 403, "known0000001": 200} {
			if got := f.do(nobody, "GET", at("x.lab", "/"), "", "Authorization: Bearer "+tokenOf(id)); got.StatusCode != want {
				t.Errorf("%s: %d %s", id, got.StatusCode, text(got))
			}
			if f.do(nobody, "GET", at("json", "/"), "", "Authorization: Bearer "+tokenOf(id)); (site.saw().Header.Get("X-Kalpana-Email") != "") != (want == 200) || site.saw().Header.Get("X-Kalpana-User") != id {
				t.Errorf("the site saw %v", site.saw().Header)
			}
		}
	})
	t.Run("a proxy is not told to take away who somebody is", func(t *testing.T) {
		for _, name := range []string{"grafana", "json"} {
			raw, err := f.dial(name + ".localhost")
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			fmt.Fprintf(raw, "GET / HTTP/1.1\r\nHost: %s.localhost%s\r\nAuthorization: Bearer %s\r\nConnection: close, X-Kalpana-User,x-webauth-user\r\nConnection: X-KALPANA-ROLE , Gone\r\nGone: x\r\n\r\n", name, f.suffix(), tokenOf("admin0000001"))
			if answer, err := io.ReadAll(raw); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 200") {
				t.Fatalf("%s: %s %v", name, answer, err)
			}
			seen := site.saw().Header
			if seen.Get("X-Kalpana-User") != "admin0000001" || seen.Get("X-Kalpana-Role") != "admin" || name == "grafana" && seen.Get("X-Webauth-User") != "admin@localhost.test" || seen.Get("Gone") != "" {
				t.Errorf("%s saw %v", name, seen)
			}
		}
	})
	t.Run("a token", func(t *testing.T) {
		var made struct{ Token string }
		answer := text(f.do(f.client, "POST", "https://"+f.main()+"/api/v1/tokens", `{"name":"x"}`, "Content-Type: application/json", "Origin: https://"+f.main()))
		if err := json.Unmarshal([]byte(answer), &made); err != nil || made.Token == "" {
			t.Fatalf("%s %v", answer, err)
		}
		if got := f.do(nobody, "GET", at("ops", "/"), "", "Authorization: Bearer "+made.Token); got.StatusCode != 200 || site.saw().Header.Get("Authorization") != "" {
			t.Errorf("%d, the site saw %v", got.StatusCode, site.saw().Header)
		}
	})
	t.Run("log-out ends WebSockets", func(t *testing.T) {
		for _, name := range []string{"grafana", "json"} {
			f.visit(at(name, "/"))
			ctx, cancel := context.WithTimeout(t.Context(), waitAtMost)
			defer cancel()
			dial := func(origin string) (*websocket.Conn, error) {
				host := name + ".localhost" + f.suffix()
				h := http.Header{"Cookie": {strings.TrimPrefix(f.cookies(host), "Cookie: ")}, "Origin": {origin}}
				c, _, err := websocket.Dial(ctx, "wss://"+host+"/socket", &websocket.DialOptions{HTTPClient: f.http1(), HTTPHeader: h})
				return c, err
			}
			if c, err := dial("https://" + f.editor(mine)); err == nil {
				c.CloseNow()
				t.Errorf("%s: a workspace's page opened a WebSocket", name)
			}
			c, err := dial("https://" + name + ".localhost" + f.suffix())
			if err != nil {
				t.Fatal(err)
			}
			defer c.CloseNow()
			if err := c.Write(ctx, websocket.MessageText, []byte("x")); err != nil {
				t.Fatal(err)
			}
			if _, _, err := c.Read(ctx); err != nil {
				t.Fatal(err)
			}
			if got := f.do(f.client, "POST", "https://"+f.main()+"/api/v1/auth/logout", "", "Origin: https://"+f.main()); got.StatusCode != 204 {
				t.Fatalf("log-out: %d %s", got.StatusCode, text(got))
			}
			if _, _, err := c.Read(ctx); err == nil || ctx.Err() != nil {
				t.Errorf("%s: the WebSocket went on: %v", name, err)
			}
			if got := f.get(at(name, "/")); got.StatusCode != 401 {
				t.Errorf("%s: afterwards %d", name, got.StatusCode)
			}
			f.signIn(f.dir())
		}
	})
}

func TestAConfigurationThatWouldSignForAnybodyIsRefused(t *testing.T) {
	environment(t, "KALPANA_DATA_DIR", t.TempDir(), "KALPANA_HTTPS_PORT", "9443")
	validate := func(text string) error {
		data, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(text), map[string]any{"filename": "Caddyfile"})
		if err != nil {
			return err
		}
		var c caddy.Config
		if err := caddy.StrictUnmarshalJSON(data, &c); err != nil {
			return err
		}
		return caddy.Validate(&c)
	}
	const global = "{\n\tadmin off\n\tpersist_config off\n\tlog {\n\t\toutput discard\n\t}\n\tskip_install_trust\n\tkalpana {\n\t\tdomain localhost\n\t}\n}\n"
	for text, want := range map[string]string{
		global + "https://:9443 {\n\tkalpana_auth\n\trespond x\n}":                                                                                               "this site answers to any host name",
		global + "https://:9443 {\n\tkalpana_auth {\n\t\thosts wiki.localhost\n\t}\n\trespond x\n}":                                                              "",
		global + "https://wiki.localhost:9443 {\n\ttls internal\n\tkalpana_auth\n\trespond x\n}\nhttps://other.localhost:9443 {\n\ttls internal\n\trespond x\n}": "",
		global + "https://wiki.localhost:9443, https://:9444 {\n\ttls internal\n\tkalpana_auth\n\trespond x\n}":                                                  "this site answers to any host name",
		global + "https://wiki.localhost:9443 {\n\ttls internal\n\troute /a/* {\n\t\tkalpana_auth\n\t}\n\trespond x\n}":                                          "",
		global + "&(door) {\n\tkalpana_auth\n}\nhttps://wiki.localhost:9443 {\n\ttls internal\n\tinvoke door\n\trespond x\n}":                                    "this site answers to any host name",
		global + "https://x.ws.localhost:9443 {\n\ttls internal\n\tkalpana_auth\n\trespond x\n}":                                                                 "the installation's own",
		global + "https://*.ws.localhost:9443 {\n\ttls internal\n\tkalpana_auth\n\trespond x\n}":                                                                 "the installation's own",
		global + "https://ws.localhost:9443 {\n\ttls internal\n\tkalpana_auth\n\trespond x\n}":                                                                   "the installation's own",
		"{\n\tadmin off\n\tpersist_config off\n}\nhttps://wiki.localhost:9443 {\n\ttls internal\n\tkalpana_auth\n\trespond x\n}":                                 "needs the global block kalpana",
		"wiki.localhost {\n\tkalpana_auth /x\n}":                                                                                                                 "Caddyfile:2",
		"wiki.localhost {\n\tkalpana_auth {\n\t\troles root\n\t}\n}":                                                                                             "Caddyfile:3",
		"wiki.localhost {\n\tkalpana_auth {\n\t\thosts\n\t}\n}":                                                                                                  "Caddyfile:3",
		"wiki.localhost {\n\tkalpana_auth {\n\t\tgroup x\n\t}\n}":                                                                                                `"group" is no option of kalpana_auth`,
		"wiki.localhost {\n\tkalpana_auth {\n\t\theader X-User\n\t}\n}":                                                                                          "Caddyfile:3",
		"wiki.localhost {\n\tkalpana_auth {\n\t\troles admin {\n\t\t\tx\n\t\t}\n\t}\n}":                                                                          "takes no block",
	} {
		err := validate(text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s\n%v, want %q", text, err, want)
		}
	}
}

// Caddy asks no other provider once one accepts, in no certain order.
func TestTheProviderWantsToBeAlone(t *testing.T) {
	environment(t, "KALPANA_DATA_DIR", t.TempDir(), "KALPANA_HTTPS_PORT", "9443")
	text := "{\n\tadmin off\n\tpersist_config off\n\tlog {\n\t\toutput discard\n\t}\n\tskip_install_trust\n\tkalpana {\n\t\tdomain localhost\n\t}\n}\nhttps://wiki.localhost:9443 {\n\ttls internal\n\tkalpana_auth\n\trespond x\n}"
	data, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(text), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		t.Fatal(err)
	}
	const basic = `"http_basic":{"accounts":[{"username":"ann","password":"$2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG"}]}`
	for handlers, want := range map[string]string{
		`{"handler":"authentication","providers":{"kalpana":{}}}`:                                                          "",
		`{"handler":"authentication","providers":{` + basic + `}},{"handler":"authentication","providers":{"kalpana":{}}}`: "",
		`{"handler":"authentication","providers":{"kalpana":{},` + basic + `}}`:                                            "the only provider",
	} {
		config := strings.Replace(string(data), `{"handler":"kalpana_auth"}`, handlers, 1)
		if config == string(data) {
			t.Fatalf("no place for the handler in %s", data)
		}
		var c caddy.Config
		if err := caddy.StrictUnmarshalJSON([]byte(config), &c); err != nil {
			t.Fatal(err)
		}
		if err := caddy.Validate(&c); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", handlers, err, want)
		}
	}
}

func TestTheHostsOfASiteAreThoseOfItsOwnRoute(t *testing.T) {
	route := func(handler, host string) caddyhttp.Route {
		return caddyhttp.Route{HandlersRaw: []json.RawMessage{json.RawMessage(`{"handler":"subroute","routes":[{"handle":[{"handler":"` + handler + `"}]}]}`)}, MatcherSets: caddyhttp.MatcherSets{{&caddyhttp.MatchHost{host}}}}
	}
	loaded := caddyhttp.Route{MatcherSets: caddyhttp.MatcherSets{{&caddyhttp.MatchHost{"loaded.test"}}}}
	for name, c := range map[string]struct {
		routes caddyhttp.RouteList
		want   string
	}{
		"the first that is not loaded": {caddyhttp.RouteList{loaded, route("kalpana_auth", "mine.test"), route("kalpana_auth", "next.test")}, "mine.test"},
		"not from a route":             {caddyhttp.RouteList{loaded, route("respond", "other.test"), route("kalpana_auth", "next.test")}, ""},
		"all are loaded":               {caddyhttp.RouteList{loaded}, ""},
	} {
		ctx := caddy.Context{Context: context.WithValue(t.Context(), caddyhttp.ServerCtxKey, &caddyhttp.Server{Routes: c.routes})}
		if got := strings.Join(hostsServed(ctx), " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := hostsServed(caddy.Context{Context: t.Context()}); got != nil {
		t.Errorf("without a server: %q", got)
	}
}

func FuzzSiteDirective(f *testing.F) {
	f.Add("kalpana_auth {\n hosts a.b\n roles admin\n users x\n header A {b}\n allow_framing\n}")
	f.Add("kalpana_auth {\n hosts a {\n }\n}")
	f.Fuzz(func(t *testing.T, text string) {
		tokens, err := caddyfile.Tokenize([]byte(text), "Caddyfile")
		if err != nil {
			return // no Caddyfile; caddyfile.NewTestDispenser would end the process
		}
		var s SiteSettings
		s.UnmarshalCaddyfile(caddyfile.NewDispenser(tokens))
	})
}
