package gitaccess_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/gitaccess"
	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/githubtest"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	redirect     = "https://main.test/auth/github/callback"
	verifier     = "0123456789012345678901234567890123456789abc"
	clientSecret = "client-secret-canary"
)

// stand is a GitHub with people and repositories, a database, and a service on both.
type stand struct {
	t     *testing.T
	hub   *githubtest.Server
	web   *httptest.Server
	host  string
	store *mongostore.Store
	db    string
	clock *clock
	log   *journal
	*gitaccess.Service

	mu      sync.Mutex
	secrets []string
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

// journal is a log that can be read.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// settings of a service, and of the GitHub of a stand.
type settings struct {
	hub     githubtest.Options
	private bool
	// key is what the secret is made of, old those before it.
	key byte
	old []byte
}

func secret(b byte) []byte { return bytes.Repeat([]byte{b}, secretbox.MinSecretBytes) }

func newBox(t *testing.T, key byte, old ...byte) *secretbox.Box {
	t.Helper()
	var earlier [][]byte
	for _, b := range old {
		earlier = append(earlier, secret(b))
	}
	box, err := secretbox.New(secret(key), earlier...)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// newStand has the users ada and eve at GitHub. Whatever is put in its secrets must be
// neither in the log nor in the database's files when the test ends.
func newStand(t *testing.T, o settings) *stand {
	t.Helper()
	st := &stand{t: t, clock: &clock{t: time.Now().UTC().Truncate(time.Second)}, log: &journal{}, secrets: []string{clientSecret}}
	o.hub.Dir, o.hub.ClientID, o.hub.ClientSecret, o.hub.Redirect, o.hub.Now = t.TempDir(), "client-id", clientSecret, redirect, st.clock.now
	var err error
	if st.hub, err = githubtest.New(o.hub); err != nil {
		t.Fatal(err)
	}
	st.web = httptest.NewServer(st.hub)
	st.host = strings.TrimPrefix(st.web.URL, "http://")
	st.hub.AddUser(githubtest.User{ID: 42, Login: "ada", Name: "Ada L", Primary: "ada@example.org", Orgs: []string{"acme"}})
	st.hub.AddUser(githubtest.User{ID: 43, Login: "eve", Email: "eve@example.org"})
	if st.db, err = os.MkdirTemp("", "k"); err != nil { // short: a Unix socket's path has 107 bytes at most
		t.Fatal(err)
	}
	db, err := embeddeddb.Open(st.db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if st.store, err = mongostore.Open(t.Context(), db.URI(), nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		st.store.Close(context.Background())
		db.Close()
		st.noLeak()
		os.RemoveAll(st.db)
		st.web.Close()
		st.hub.Close()
	})
	st.Service = st.service(o)
	return st
}

// service is one more on the same database, with nothing in its memory.
func (st *stand) service(o settings) *gitaccess.Service {
	st.t.Helper()
	client, err := github.New(github.Options{URL: st.web.URL, APIURL: st.web.URL + "/api/v3", ClientID: "client-id", ClientSecret: clientSecret, Now: st.clock.now})
	if err != nil {
		st.t.Fatal(err)
	}
	st.t.Cleanup(client.Close)
	if o.key == 0 {
		o.key = 1
	}
	s, err := gitaccess.New(gitaccess.Options{
		Store: st.store, Box: newBox(st.t, o.key, o.old...), GitHub: client, URL: st.web.URL, PrivateRepos: o.private,
		Log: slog.New(slog.NewJSONHandler(st.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: st.clock.now,
	})
	if err != nil {
		st.t.Fatal(err)
	}
	return s
}

func (st *stand) secretly(s ...string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.secrets = append(st.secrets, s...)
}

// noLeak looks for secrets in the log and in the database's files.
func (st *stand) noLeak() {
	st.mu.Lock()
	defer st.mu.Unlock()
	contents := map[string]string{"log": st.log.String()}
	filepath.WalkDir(st.db, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			data, _ := os.ReadFile(path)
			contents[path] = string(data)
		}
		return nil
	})
	if len(contents) < 2 {
		st.t.Error("the database left no files to look into")
	}
	for where, text := range contents {
		for _, s := range st.secrets {
			// The database's files have bytes in base64.
			if coded := base64.StdEncoding.EncodeToString([]byte(s)); strings.Contains(text, s) || strings.Contains(text, coded[:len(coded)-4]) {
				st.t.Errorf("%s shows the secret %s", where, s)
			}
		}
	}
}

// hides fails if one of the secrets is in an error or another value.
func (st *stand) hides(v any) {
	st.t.Helper()
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, format := range []string{"%v", "%+v", "%#v"} {
		text := fmt.Sprintf(format, v)
		for _, s := range st.secrets {
			if strings.Contains(text, s) {
				st.t.Errorf("%s of %T shows a secret: %s", format, v, text)
			}
		}
	}
}

// grant goes through the consent page and returns the token that comes of it.
func (st *stand) grant(login string, scopes ...string) github.Token {
	st.t.Helper()
	st.hub.SignIn(login)
	client, err := github.New(github.Options{URL: st.web.URL, APIURL: st.web.URL + "/api/v3", ClientID: "client-id", ClientSecret: clientSecret, Now: st.clock.now})
	if err != nil {
		st.t.Fatal(err)
	}
	defer client.Close()
	sum := sha256.Sum256([]byte(verifier))
	to, err := client.AuthorizeURL(github.Authorization{State: "state-0123456789", Challenge: base64.RawURLEncoding.EncodeToString(sum[:]), Redirect: redirect, Scopes: scopes})
	if err != nil {
		st.t.Fatal(err)
	}
	browser := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.Get(to)
	if err != nil {
		st.t.Fatal(err)
	}
	resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		st.t.Fatal(err, st.hub.Complaint())
	}
	token, err := client.Exchange(st.t.Context(), back.Query().Get("code"), verifier, redirect)
	if err != nil {
		st.t.Fatal(err)
	}
	st.secretly(token.Access)
	if token.Refresh != "" {
		st.secretly(token.Refresh)
	}
	return token
}

// connect grants a token and keeps it for the user of the same name.
func (st *stand) connect(login string, scopes ...string) github.Token {
	st.t.Helper()
	t := st.grant(login, scopes...)
	if err := st.Connect(st.t.Context(), login, github.User{}, t); err != nil {
		st.t.Fatal(err)
	}
	return t
}

// count is how many requests for a path were answered so.
func (st *stand) count(method, path string) int {
	n := 0
	for _, r := range st.hub.Requests() {
		if r.Method == method && r.Path == path {
			n++
		}
	}
	return n
}
