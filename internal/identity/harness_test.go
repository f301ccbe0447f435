package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/user"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const goodPassword = "correct horse battery staple"

var quiet = slog.New(slog.DiscardHandler)

// clock is a clock that tests move.
type clock struct{ offset atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) Advance(d time.Duration) { c.offset.Add(int64(d)) }

func newStore(t *testing.T) (*mongostore.Store, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: a Unix socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	db, err := embeddeddb.Open(dir, quiet)
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
	return store, dir
}

// site is a service behind a real HTTPS server, with stand-ins for the calls of the API.
type site struct {
	*identity.Service
	t     *testing.T
	url   string
	store *mongostore.Store
	clock *clock

	mu       sync.Mutex
	observed map[string]int
}

type change func(*identity.Options)

func newSite(t *testing.T, changes ...change) *site {
	t.Helper()
	store, _ := newStore(t)
	return newSiteOn(t, store, changes...)
}

func newSiteOn(t *testing.T, store *mongostore.Store, changes ...change) *site {
	t.Helper()
	s := &site{t: t, store: store, clock: &clock{}, observed: map[string]int{}}
	mux := http.NewServeMux()
	srv := httptest.NewUnstartedServer(mux)
	srv.Config.ErrorLog = slog.NewLogLogger(quiet.Handler(), slog.LevelError)
	srv.StartTLS()
	box, err := secretbox.New([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	o := identity.Options{Store: store, Box: box, BaseURL: srv.URL, Signup: identity.SignupOpen, Log: quiet, Now: s.clock.Now, Observe: s.observe}
	for _, c := range changes {
		c(&o)
	}
	if s.Service, err = identity.New(o); err != nil {
		t.Fatal(err)
	}
	s.url = srv.URL
	s.routes(mux)
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	t.Cleanup(func() {
		srv.Close()
		stop()
		running.Wait()
	})
	return s
}

func (s *site) observe(provider, result string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observed[provider+" "+result]++
}

func (s *site) count(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.observed[what]
}

func (s *site) routes(mux *http.ServeMux) {
	s.Routes(mux)
	mux.HandleFunc("POST /test/login", func(w http.ResponseWriter, r *http.Request) {
		answer(w, s.Login(r.Context(), w, r, r.FormValue("email"), r.FormValue("password")))
	})
	mux.HandleFunc("POST /test/signup", func(w http.ResponseWriter, r *http.Request) {
		answer(w, s.Signup(r.Context(), w, r, identity.SignupInput{Email: r.FormValue("email"), Name: r.FormValue("name"), Password: r.FormValue("password"), Invitation: r.FormValue("invitation")}))
	})
	mux.HandleFunc("POST /test/logout", func(w http.ResponseWriter, r *http.Request) { answer(w, s.Logout(r.Context(), w, r)) })
	mux.HandleFunc("GET /test/me", func(w http.ResponseWriter, r *http.Request) {
		p, err := s.Authenticate(r)
		if err != nil {
			answer(w, err)
			return
		}
		json.NewEncoder(w).Encode(p)
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "page") })
}

func answer(w http.ResponseWriter, err error) {
	var field *identity.FieldError
	var limited *identity.RateLimitedError
	status := 500
	switch {
	case err == nil:
		status = 204
	case errors.Is(err, identity.ErrInvalidCredentials), errors.Is(err, identity.ErrUnauthenticated):
		status = 401
	case errors.Is(err, identity.ErrSignupClosed):
		status = 403
	case errors.Is(err, user.ErrExists):
		status = 409
	case errors.As(err, &field):
		status = 422
	case errors.As(err, &limited):
		w.Header().Set("Retry-After", strconv.Itoa(int(limited.RetryAfter.Seconds())+1))
		status = 429
	}
	w.WriteHeader(status)
	if err != nil {
		io.WriteString(w, err.Error())
	}
}

// browser keeps cookies and follows redirects.
type browser struct {
	t    *testing.T
	site *site
	http *http.Client
	jar  *cookiejar.Jar
}

func (s *site) browser() *browser {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	b := &browser{t: s.t, site: s, jar: jar, http: newClient(s.t)}
	b.http.Jar = jar
	return b
}

func newClient(t *testing.T) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = insecure()
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

// visit follows redirects and returns the answer with its body read.
func (b *browser) visit(path string) (*http.Response, string) {
	b.t.Helper()
	resp, err := b.http.Get(b.site.absolute(path))
	return b.read(resp, err)
}

// step makes one request and follows no redirect.
func (b *browser) step(path string) *http.Response {
	b.t.Helper()
	c := *b.http
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := c.Get(b.site.absolute(path))
	resp, _ = b.read(resp, err)
	return resp
}

func (b *browser) post(path string, form url.Values) (*http.Response, string) {
	b.t.Helper()
	resp, err := b.http.PostForm(b.site.absolute(path), form)
	return b.read(resp, err)
}

func (b *browser) read(resp *http.Response, err error) (*http.Response, string) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp, string(body)
}

func (s *site) absolute(path string) string {
	if strings.HasPrefix(path, "http") {
		return path
	}
	return s.url + path
}

func (b *browser) login(email, password string) int {
	b.t.Helper()
	resp, _ := b.post("/test/login", url.Values{"email": {email}, "password": {password}})
	return resp.StatusCode
}

func (b *browser) signup(email string) {
	b.t.Helper()
	resp, body := b.post("/test/signup", url.Values{"email": {email}, "name": {"Someone"}, "password": {goodPassword}})
	if resp.StatusCode != 204 {
		b.t.Fatalf("sign up %s: %d %s", email, resp.StatusCode, body)
	}
}

// cookie returns the browser's session cookie, "" without one.
func (b *browser) cookie() string {
	u, _ := url.Parse(b.site.url)
	for _, c := range b.jar.Cookies(u) {
		if c.Name == identity.CookieName {
			return c.Value
		}
	}
	return ""
}

// me returns who the browser is, the zero Principal if nobody.
func (b *browser) me() identity.Principal {
	b.t.Helper()
	resp, body := b.visit("/test/me")
	var p identity.Principal
	if resp.StatusCode == 200 {
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			b.t.Fatal(err)
		}
	} else if resp.StatusCode != 401 {
		b.t.Fatalf("me: %d %s", resp.StatusCode, body)
	}
	return p
}

// with returns who a request with these header lines is; nobody is the zero Principal.
func (s *site) with(header http.Header) identity.Principal {
	s.t.Helper()
	r := httptest.NewRequest("GET", s.url+"/", nil)
	r.Header = header
	p, err := s.Authenticate(r)
	if err != nil && !errors.Is(err, identity.ErrUnauthenticated) {
		s.t.Fatal(err)
	}
	return p
}

func (s *site) withCookie(line string) identity.Principal {
	return s.with(http.Header{"Cookie": {line}})
}

// eventually waits for a condition and returns how long it took.
func eventually(t *testing.T, limit time.Duration, what string, condition func() bool) time.Duration {
	t.Helper()
	begun := time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		if time.Since(begun) > limit {
			t.Fatalf("not within %v: %s", limit, what)
		}
		<-tick.C
	}
	return time.Since(begun)
}
