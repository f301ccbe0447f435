package github_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/githubtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	redirect = "https://main.test/github/callback"
	verifier = "0123456789012345678901234567890123456789abc"
	secret   = "client-secret-canary"
)

// stand is a server with people and repositories, and a client of it.
type stand struct {
	*githubtest.Server
	*github.Client
	web   *httptest.Server
	clock *clock
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func serve(t *testing.T, o githubtest.Options) *stand {
	t.Helper()
	st := &stand{clock: &clock{t: time.Now().Truncate(time.Second)}}
	o.Dir, o.ClientID, o.ClientSecret, o.Redirect, o.Now = t.TempDir(), "client-id", secret, redirect, st.clock.now
	var err error
	if st.Server, err = githubtest.New(o); err != nil {
		t.Fatal(err)
	}
	st.web = httptest.NewServer(st.Server)
	t.Cleanup(st.web.Close)
	t.Cleanup(st.Server.Close)
	st.AddUser(githubtest.User{ID: 42, Login: "ada", Name: "Ada <L>", Primary: "ada@example.org", Orgs: []string{"acme"}})
	st.AddUser(githubtest.User{Login: "eve", Email: "eve@example.org"})
	st.Client = st.connect(t)
	return st
}

// connect returns another client, with nothing in its memory.
func (st *stand) connect(t *testing.T) *github.Client {
	t.Helper()
	c, err := github.New(github.Options{URL: st.web.URL, APIURL: st.web.URL + "/api/v3", ClientID: "client-id", ClientSecret: secret, Now: st.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// visit goes through the consent page and returns the code.
func (st *stand) visit(t *testing.T, scopes ...string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(verifier))
	to, err := st.AuthorizeURL(github.Authorization{State: "state-0123456789", Challenge: base64.RawURLEncoding.EncodeToString(sum[:]), Redirect: redirect, Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(to)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	back, err := resp.Location()
	if err != nil || back.Query().Get("state") != "state-0123456789" || !strings.HasPrefix(back.String(), redirect+"?") {
		t.Fatalf("consent page leads to %v, %v: %s", back, err, st.Complaint())
	}
	return back.Query().Get("code")
}

// names are those of a page, in its order.
func names(p github.Page[github.Repo]) string {
	var all []string
	for _, r := range p.Items {
		all = append(all, r.Name)
	}
	return strings.Join(all, " ")
}

// count is how many requests for a path had an answer of that status; 0 for any.
func (st *stand) count(path string, status int) int {
	n := 0
	for _, r := range st.Requests() {
		if r.Path == path && (status == 0 || r.Status == status) {
			n++
		}
	}
	return n
}

// noSecret fails if one of the texts is in an error or another value.
func noSecret(t *testing.T, v any, secrets ...string) {
	t.Helper()
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		text := fmt.Sprintf(format, v)
		for _, s := range append(secrets, secret) {
			if s != "" && strings.Contains(text, s) {
				t.Errorf("%s of %T shows a secret: %s", format, v, text)
			}
		}
	}
}

func background() context.Context { return context.Background() }
