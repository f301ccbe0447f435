package api

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/gitaccess"
	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/githubtest"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
)

// gitStand is a gateway with logins, a connection to a GitHub, and the API on both, behind
// real HTTPS. What is in its log is kept.
type gitStand struct {
	t      *testing.T
	hub    *githubtest.Server
	access *gitaccess.Service
	url    string
	trust  *tls.Config
	guess  func(r github.Repo, branch string) (RepositoryGuess, error)

	mu  sync.Mutex
	log bytes.Buffer
}

// Write is the log's.
func (st *gitStand) Write(p []byte) (int, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.log.Write(p)
}

func newGitStand(t *testing.T, private bool) *gitStand {
	t.Helper()
	st := &gitStand{t: t}
	dir, err := os.MkdirTemp("", "k") // short: a Unix socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	db, err := embeddeddb.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	store, err := mongostore.Open(t.Context(), db.URI(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		store.Close(context.Background())
		db.Close()
		os.RemoveAll(dir)
	})
	if st.hub, err = githubtest.New(githubtest.Options{Dir: t.TempDir(), ClientID: "client-id", ClientSecret: "client-secret-canary"}); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(st.hub)
	t.Cleanup(web.Close)
	st.hub.AddUser(githubtest.User{ID: 42, Login: "ada", Primary: "ada@example.org"})
	st.hub.AddRepo(githubtest.Repo{Name: "ada/engine", Private: true, Description: "An engine", Files: map[string]string{"go.mod": "module x"}, Branches: map[string]map[string]string{"fix/a": {}, "fix/b": {}}})
	st.hub.AddRepo(githubtest.Repo{Name: "ada/open", Files: map[string]string{"a": "a"}})
	client, err := github.New(github.Options{URL: web.URL, APIURL: web.URL + "/api/v3", ClientID: "client-id", ClientSecret: "client-secret-canary"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	box, err := secretbox.New(bytes.Repeat([]byte("s"), secretbox.MinSecretBytes))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(st, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if st.access, err = gitaccess.New(gitaccess.Options{Store: store, Box: box, GitHub: client, URL: web.URL, PrivateRepos: private, Log: log}); err != nil {
		t.Fatal(err)
	}

	humaErrors()
	s := &Server{log: log, mux: http.NewServeMux(), limits: newLimits(Options{})}
	s.Config = config.Config{Signup: identity.SignupOpen}
	pages := http.NewServeMux()
	srv := httptest.NewTLSServer(pages)
	t.Cleanup(srv.Close)
	st.url, st.trust = srv.URL, srv.Client().Transport.(*http.Transport).TLSClientConfig
	s.Identity, err = identity.New(identity.Options{
		Store: store, Box: box, BaseURL: srv.URL, Signup: identity.SignupOpen, Log: log,
		GitHub: identity.GitHub{ClientID: "client-id", Secret: "client-secret-canary", URL: web.URL, APIURL: web.URL + "/api/v3", PrivateRepos: private, Keep: st.access.Connect},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := huma.DefaultConfig("Test", "0")
	c.CreateHooks = nil
	s.api = humago.New(s.mux, c)
	s.registerAuth()
	s.registerTokens()
	o := GitHubOptions{Access: st.access, Webhook: true, Guess: func(_ context.Context, userID string, r github.Repo, branch string) (RepositoryGuess, error) {
		if userID == "" || st.guess == nil {
			return RepositoryGuess{}, errors.New("no guess")
		}
		return st.guess(r, branch)
	}}
	s.registerGitHub(o)
	s.registerGitCredentials(o)
	s.Identity.Routes(pages)
	pages.Handle("/api/", s)
	pages.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "page") })
	return st
}

// visitor is a browser.
type visitor struct {
	st   *gitStand
	http *http.Client
}

func (st *gitStand) visitor() *visitor {
	st.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		st.t.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = st.trust
	st.t.Cleanup(transport.CloseIdleConnections)
	return &visitor{st, &http.Client{Jar: jar, Transport: transport, Timeout: time.Minute}}
}

// signedUp is the browser of a new person with a password.
func (st *gitStand) signedUp(email string) *visitor {
	st.t.Helper()
	v := st.visitor()
	if a := v.do("POST", "/auth/signup", map[string]any{"email": email, "name": "Someone", "password": "correct horse battery staple"}); a.status/100 != 2 {
		st.t.Fatalf("sign up: %d %s", a.status, a.text)
	}
	return v
}

// visit follows redirects and returns the path and query of the last page.
func (v *visitor) visit(path string) string {
	v.st.t.Helper()
	resp, err := v.http.Get(v.st.url + path)
	if err != nil {
		v.st.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.Request.URL.RequestURI()
}

func (v *visitor) do(method, path string, body any) gitAnswer {
	v.st.t.Helper()
	var sent io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			v.st.t.Fatal(err)
		}
		sent = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(v.st.t.Context(), method, v.st.url+"/api/v1"+path, sent)
	if err != nil {
		v.st.t.Fatal(err)
	}
	r.Header.Set("Origin", v.st.url)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := v.http.Do(r)
	if err != nil {
		v.st.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		v.st.t.Fatal(err)
	}
	a := gitAnswer{status: resp.StatusCode, text: string(raw), header: resp.Header}
	json.Unmarshal(raw, &a.json) // 204 has none
	v.st.hides(a.text)
	return a
}

type gitAnswer struct {
	status int
	text   string
	header http.Header
	json   map[string]any
}

// is fails unless the answer is a problem with this code.
func (a gitAnswer) is(t *testing.T, what string, status int, code string) {
	t.Helper()
	if a.status != status || a.json["code"] != code || a.json["detail"] == "" {
		t.Errorf("%s: %d %s, want %d %s", what, a.status, a.text, status, code)
	}
}

// items are one field of all items of a list.
func (a gitAnswer) items(field string) []any {
	all, _ := a.json["items"].([]any)
	out := []any{}
	for _, i := range all {
		out = append(out, i.(map[string]any)[field])
	}
	return out
}

// hides fails if a text has a secret in it; GitHub's tokens begin like this.
func (st *gitStand) hides(text string) {
	st.t.Helper()
	for _, secret := range []string{"gho_", "ghu_", "ghr_", "canary"} {
		if strings.Contains(text, secret) {
			st.t.Errorf("%q shows a secret", text)
		}
	}
}

func TestGitHubOverHTTP(t *testing.T) {
	st := newGitStand(t, true)
	nobody := st.visitor()
	for _, path := range []string{"/github", "/github/repos", "/github/repos/ada/open", "/github/repos/ada/open/branches", "/git-credentials"} {
		nobody.do("GET", path, nil).is(t, path, 401, "unauthorized")
	}
	v := st.signedUp("local@example.com")
	a := v.do("GET", "/github", nil)
	want := map[string]any{"enabled": true, "connected": false, "login": "", "avatarUrl": "", "private": false, "privateAllowed": true, "problem": "",
		"connectUrl": "/auth/github/connect", "url": a.json["url"], "webhook": true}
	if a.status != 200 || !reflect.DeepEqual(a.json, want) || !strings.HasPrefix(a.json["url"].(string), "http://127.0.0.1:") {
		t.Errorf("before: %d %s", a.status, a.text)
	}
	v.do("GET", "/github/repos", nil).is(t, "list before", 409, "github_not_connected")
	v.do("GET", "/github/repos/ada/engine", nil).is(t, "a private one before", 404, "repository_not_found")
	if a := v.do("GET", "/github/repos/ada/open", nil); a.status != 200 || a.json["guess"] != nil {
		t.Errorf("a public one before: %d %s", a.status, a.text)
	}
	if a := v.do("DELETE", "/github", nil); a.status != 204 {
		t.Errorf("disconnect before: %d %s", a.status, a.text)
	}

	if at := v.visit("/auth/github/connect?return=/settings"); at != "/settings" {
		t.Fatalf("connect: %s, %s", at, st.hub.Complaint())
	}
	if a := v.do("GET", "/github", nil); a.json["connected"] != true || a.json["login"] != "ada" || a.json["private"] != false {
		t.Errorf("connected: %s", a.text)
	}
	if a := v.do("GET", "/github/repos", nil); a.status != 200 || !reflect.DeepEqual(a.items("fullName"), []any{"ada/open"}) {
		t.Errorf("public ones: %d %s", a.status, a.text)
	}
	if at := v.visit("/auth/github/connect?private=true&return=/settings"); at != "/settings" {
		t.Fatalf("step up: %s, %s", at, st.hub.Complaint())
	}
	if a := v.do("GET", "/github", nil); a.json["private"] != true {
		t.Errorf("after the step up: %s", a.text)
	}
	a = v.do("GET", "/github/repos?limit=1&query=ada", nil)
	cursor, _ := a.json["nextCursor"].(string)
	b := v.do("GET", "/github/repos?limit=1&query=ada&cursor="+cursor, nil)
	if got := append(a.items("fullName"), b.items("fullName")...); a.status != 200 || cursor == "" || len(got) != 2 || got[0] == got[1] || b.json["nextCursor"] != nil {
		t.Errorf("two pages: %s, %s", a.text, b.text)
	}

	st.guess = func(r github.Repo, branch string) (RepositoryGuess, error) {
		return RepositoryGuess{Template: "go", Reasons: []string{r.Name + " at " + branch}, Honoured: []string{}}, nil
	}
	a = v.do("GET", "/github/repos/ada/engine?branch=fix/a", nil)
	hub := v.do("GET", "/github", nil).json["url"].(string)
	want = map[string]any{"fullName": "ada/engine", "private": true, "archived": false, "fork": false, "description": "An engine", "defaultBranch": "main",
		"pushedAt": a.json["pushedAt"], "url": hub + "/ada/engine", "cloneUrl": hub + "/ada/engine.git",
		"guess": map[string]any{"template": "go", "reasons": []any{"ada/engine at fix/a"}, "honoured": []any{}}}
	if a.status != 200 || !reflect.DeepEqual(a.json, want) || a.json["pushedAt"] == nil {
		t.Errorf("one: %d %s", a.status, a.text)
	}
	if a := v.do("GET", "/github/repos/ada/engine/branches?query=fix", nil); a.status != 200 || !reflect.DeepEqual(a.items("name"), []any{"fix/a", "fix/b"}) || len(a.items("commit")[0].(string)) != 40 {
		t.Errorf("branches: %d %s", a.status, a.text)
	}
	st.hub.Rename("ada/engine", "ada/motor")
	if a := v.do("GET", "/github/repos/ada/engine", nil); a.status != 200 || a.json["fullName"] != "ada/motor" {
		t.Errorf("renamed: %d %s", a.status, a.text)
	}
	for what, c := range map[string]struct {
		path   string
		status int
		code   string
	}{
		"gone":          {"/github/repos/ada/nowhere", 404, "repository_not_found"},
		"odd name":      {"/github/repos/ada/..%2f..%2fuser", 422, "validation_failed"},
		"odd owner":     {"/github/repos/a%0ab/x", 422, "validation_failed"},
		"no cursor":     {"/github/repos?cursor=x", 422, "validation_failed"},
		"too many":      {"/github/repos?limit=101", 422, "validation_failed"},
		"long query":    {"/github/repos?query=" + strings.Repeat("x", 257), 422, "validation_failed"},
		"branches gone": {"/github/repos/ada/nowhere/branches", 404, "repository_not_found"},
	} {
		v.do("GET", c.path, nil).is(t, what, c.status, c.code)
	}
	st.hub.Fault("/repos/ada/open", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	v.do("GET", "/github/repos/ada/open", nil).is(t, "GitHub fails", 502, "github_unreachable")
	st.hub.Fault("/repos/ada/open", nil)

	// A login asks for less, and takes nothing away.
	again := st.visitor()
	if at := again.visit("/auth/github?return=/w"); at != "/w" {
		t.Fatal(at)
	}
	if a := again.do("GET", "/github", nil); a.json["private"] != true {
		t.Errorf("after a login: %s", a.text)
	}

	st.hub.RevokeAll("ada")
	v.do("GET", "/github/repos", nil).is(t, "revoked", 409, "github_reconnect")
	if a := v.do("GET", "/github", nil); a.json["connected"] != true || a.json["problem"] == "" {
		t.Errorf("revoked: %s", a.text)
	}
	if at := v.visit("/auth/github/connect?private=true&return=/settings"); at != "/settings" {
		t.Fatal(at)
	}
	st.hub.Throttle(time.Minute)
	a = v.do("GET", "/github/repos", nil)
	a.is(t, "limited", 429, "github_rate_limited")
	if n, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || n < 1 || n > 61 {
		t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
	}

	// An API token reads, and does not disconnect.
	made := v.do("POST", "/tokens", map[string]any{"name": "ci"})
	bearer, _ := made.json["token"].(string)
	if bearer == "" {
		t.Fatalf("API token: %d %s", made.status, made.text)
	}
	r, err := http.NewRequestWithContext(t.Context(), "DELETE", st.url+"/api/v1/github", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	resp, err := nobody.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 403 {
		t.Errorf("disconnect with an API token: %s", resp.Status)
	}
	if a := v.do("DELETE", "/github", nil); a.status != 204 {
		t.Errorf("disconnect: %d %s", a.status, a.text)
	}
	if a := v.do("GET", "/github", nil); a.json["connected"] != false {
		t.Errorf("disconnected: %s", a.text)
	}
	st.hides(st.log.String())
}

func TestPrivateRepositoriesOffOverHTTP(t *testing.T) {
	st := newGitStand(t, false)
	v := st.visitor()
	v.visit("/auth/github")
	if at := v.visit("/auth/github/connect?private=true&return=/settings"); at != "/settings?github_error=private_disabled" {
		t.Errorf("step up: %s", at)
	}
	if a := v.do("GET", "/github", nil); a.json["connected"] != true || a.json["private"] != false || a.json["privateAllowed"] != false {
		t.Errorf("%s", a.text)
	}
	v.do("GET", "/github/repos/ada/engine", nil).is(t, "a private one that the token does not show", 404, "repository_not_found")
	if err := st.access.Connect(t.Context(), st.lastUser(), github.User{}, github.Token{Access: st.hub.Token("ada", "repo")}); err != nil {
		t.Fatal(err)
	}
	v.do("GET", "/github/repos/ada/engine", nil).is(t, "a private one", 403, "private_repos_disabled")
	if a := v.do("GET", "/github/repos", nil); !reflect.DeepEqual(a.items("fullName"), []any{"ada/open"}) {
		t.Errorf("list: %s", a.text)
	}
	st.hides(st.log.String())
}

// lastUser is who signed in last.
func (st *gitStand) lastUser() string {
	st.t.Helper()
	var id string
	st.mu.Lock()
	defer st.mu.Unlock()
	for line := range strings.Lines(st.log.String()) {
		var entry struct{ Msg, User string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "signed in" {
			id = entry.User
		}
	}
	if id == "" {
		st.t.Fatal("nobody signed in")
	}
	return id
}

func TestGitCredentialsOverHTTP(t *testing.T) {
	st := newGitStand(t, true)
	v, other := st.signedUp("ada@example.com"), st.signedUp("eve@example.com")
	put := func(host, username, password string) gitAnswer {
		t.Helper()
		return v.do("PUT", "/git-credentials/"+host, map[string]any{"username": username, "password": password})
	}
	a := put("Git.example.org%3A8443", "ada", "password-canary")
	if a.status != 200 || a.json["host"] != "git.example.org:8443" || a.json["username"] != "ada" || a.json["problem"] != "" || a.json["createdAt"] == nil || len(a.json) != 4 {
		t.Errorf("put: %d %s", a.status, a.text)
	}
	put("git.example.org", "ada", "password-canary")
	for what, c := range map[string]struct{ host, username, password, field string }{
		"no host":     {"git_x.example", "ada", "password-canary", "path.host"},
		"GitHub":      {strings.TrimPrefix(v.do("GET", "/github", nil).json["url"].(string), "http://"), "ada", "password-canary", "path.host"},
		"no name":     {"git.example.org", "", "password-canary", "body.username"},
		"lines":       {"git.example.org", "ada", "password-canary\nx", "body.password"},
		"long":        {"git.example.org", "ada", strings.Repeat("x", 4097), "body.password"},
		"no password": {"git.example.org", "ada", "", "body.password"},
	} {
		a := put(c.host, c.username, c.password)
		a.is(t, what, 422, "validation_failed")
		if errs, _ := a.json["errors"].([]any); len(errs) != 1 || errs[0].(map[string]any)["field"] != c.field {
			t.Errorf("%s: %s", what, a.text)
		}
	}
	if a := v.do("GET", "/git-credentials", nil); a.status != 200 || !reflect.DeepEqual(a.items("host"), []any{"git.example.org", "git.example.org:8443"}) {
		t.Errorf("list: %d %s", a.status, a.text)
	}
	if a := other.do("GET", "/git-credentials", nil); a.status != 200 || len(a.items("host")) != 0 {
		t.Errorf("another's list: %d %s", a.status, a.text)
	}
	other.do("DELETE", "/git-credentials/git.example.org", nil).is(t, "another's", 404, "not_found")
	if a := v.do("DELETE", "/git-credentials/git.example.org", nil); a.status != 204 {
		t.Errorf("delete: %d %s", a.status, a.text)
	}
	v.do("DELETE", "/git-credentials/git.example.org", nil).is(t, "twice", 404, "not_found")
	st.hides(st.log.String())
}
