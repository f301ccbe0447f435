package githubtest

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Options are of the one app that is registered, and of the server.
type Options struct {
	// Dir is an existing folder for the repositories, such as a test's temporary one.
	Dir string
	// ClientID and ClientSecret are the app's.
	ClientID, ClientSecret string
	// Redirect is the registered address to come back to, with all below it, as at GitHub;
	// "" accepts any.
	Redirect string
	// Lifetime, if not 0, makes it a GitHub App with expiring user tokens: access tokens
	// live as long, refresh tokens 6 months, and there are no scopes.
	Lifetime time.Duration
	// Consent shows a page with buttons; otherwise the browser is sent straight back.
	Consent bool
	// Forms answers token requests with forms, whatever was asked for, as old servers do.
	Forms bool
	// Now is the clock; nil for time.Now.
	Now func() time.Time
}

// Server is an http.Handler, safe for concurrent use.
type Server struct {
	o       Options
	backend string
	rest    *http.ServeMux
	web     *http.ServeMux
	hooks   *http.Client

	mu        sync.Mutex
	users     map[string]*User // by login in lower case
	signedIn  string
	repos     []*repo
	renamed   map[string]int64 // old names in lower case
	codes     map[string]code
	tokens    map[string]*token
	refreshes map[string]string // refresh token to access token
	issued    []string
	faults    map[string]http.HandlerFunc
	requests  []Request
	complaint string
	limit     map[string]int
	budgets   map[string]*budget
	throttled time.Time
}

// Request is one that was answered.
type Request struct {
	Method string
	// Path is without "/api/v3".
	Path, Query string
	Status      int
	// Authorized is true if it came with credentials of any kind.
	Authorized bool
}

// New returns a server without people and repositories.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if info, err := os.Stat(o.Dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("folder for repositories %q is not there", o.Dir)
	}
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return nil, fmt.Errorf("find git: %w", err)
	}
	s := &Server{
		o: o, backend: filepath.Join(strings.TrimSpace(string(out)), "git-http-backend"), hooks: &http.Client{Timeout: 5 * time.Second},
		users: map[string]*User{}, renamed: map[string]int64{}, codes: map[string]code{}, tokens: map[string]*token{}, refreshes: map[string]string{},
		faults: map[string]http.HandlerFunc{}, limit: map[string]int{"core": 5000, "search": 30}, budgets: map[string]*budget{},
	}
	if _, err := os.Stat(s.backend); err != nil {
		return nil, fmt.Errorf("git has no http-backend: %w", err)
	}
	s.routeREST()
	s.routeWeb()
	return s, nil
}

// Close closes the idle connections of webhooks. It waits for nothing.
func (s *Server) Close() { s.hooks.CloseIdleConnections() }

// apiPrefix is where REST is on hosts that are not called "api.…".
const apiPrefix = "/api/v3"

// ServeHTTP answers everything.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, isREST := strings.CutPrefix(r.URL.Path, apiPrefix+"/")
	path = "/" + strings.TrimPrefix(path, "/")
	isREST = isREST || strings.HasPrefix(r.Host, "api.")
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	s.mu.Lock()
	fault := s.faults[path]
	s.mu.Unlock()
	// Noted even where a fault breaks the connection with a panic.
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests = append(s.requests, Request{r.Method, path, r.URL.RawQuery, rec.status, r.Header.Get("Authorization") != ""})
	}()
	switch {
	case fault != nil:
		fault(rec, r)
	case isREST:
		s.serveREST(rec, r)
	default:
		s.web.ServeHTTP(rec, r)
	}
}

func (s *Server) routeWeb() {
	s.web = http.NewServeMux()
	s.web.HandleFunc("GET /login/oauth/authorize", s.serveAuthorize)
	s.web.HandleFunc("POST /login/oauth/authorize", s.serveConsent)
	s.web.HandleFunc("POST /login/oauth/access_token", s.serveToken)
	s.web.HandleFunc("GET /{owner}/{repo}/info/refs", s.serveGit)
	s.web.HandleFunc("POST /{owner}/{repo}/git-upload-pack", s.serveGit)
	s.web.HandleFunc("POST /{owner}/{repo}/git-receive-pack", s.serveGit)
}

// recorder notes the status.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Fault makes h answer requests for a path, without "/api/v3", instead; nil ends it.
func (s *Server) Fault(path string, h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[path] = h
}

// Requests returns what was answered so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Complaint says what the last refused request of the OAuth flow did wrong, "" if none was.
func (s *Server) Complaint() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.complaint
}

func (s *Server) complain(format string, args ...any) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.complaint = fmt.Sprintf(format, args...)
	return s.complaint
}

// Transport answers requests for github.com and api.github.com with the server, without a
// network, for clients with no other addresses set. Bodies are held in memory.
func (s *Server) Transport() http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if h := r.URL.Host; h != "github.com" && h != "api.github.com" {
			return nil, errors.New("no such host: " + h)
		}
		in := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), r.Body)
		in.Header, in.ContentLength = r.Header.Clone(), r.ContentLength
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, in)
		return rec.Result(), nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// base is the address that the request came to.
func base(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// apiBase is where REST is for the sender of the request.
func apiBase(r *http.Request) string {
	if strings.HasPrefix(r.Host, "api.") {
		return base(r)
	}
	return base(r) + apiPrefix
}

// webBase is where people are for the sender of the request.
func webBase(r *http.Request) string { return strings.Replace(base(r), "://api.", "://", 1) }
