// Package idptest serves stand-ins for login providers over real HTTP: GitHub (OAuth and
// the REST calls of a login) and OpenID Connect. They refuse what a strict provider
// refuses: an unknown client, a wrong secret, another redirect address, a code used
// twice or without the right PKCE verifier. Tests only; nobody is asked for a password:
// everybody who is sent to a stand-in is the person set with SetUser.
package idptest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
)

// Client is what a stand-in expects of the program that logs people in.
type Client struct {
	ID, Secret string
	// RedirectURI must be sent exactly like this; "" accepts the one the login began with.
	RedirectURI string
}

// grant is a code, or later a token, and what it was given for.
type grant struct{ redirect, challenge, nonce string }

// server is what both stand-ins share.
type server struct {
	*httptest.Server
	client Client
	mux    *http.ServeMux

	mu        sync.Mutex
	faults    map[string]http.HandlerFunc
	codes     map[string]grant
	tokens    map[string]bool
	authorize url.Values
	complaint string
}

func newServer(c Client) *server {
	s := &server{client: c, mux: http.NewServeMux(), faults: map[string]http.HandlerFunc{}, codes: map[string]grant{}, tokens: map[string]bool{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		fault := s.faults[r.URL.Path]
		s.mu.Unlock()
		if fault != nil {
			fault(w, r)
			return
		}
		s.mux.ServeHTTP(w, r)
	}))
	return s
}

// Fault makes h answer requests for path instead; nil ends it.
func (s *server) Fault(path string, h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[path] = h
}

// Authorize returns the query of the last visit to the authorization page.
func (s *server) Authorize() url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.authorize
}

// Complaint says what the last refused request did wrong, "" if none was refused.
func (s *server) Complaint() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.complaint
}

func (s *server) refuse(w http.ResponseWriter, status int, code, why string) {
	s.mu.Lock()
	s.complaint = why
	s.mu.Unlock()
	writeJSON(w, status, map[string]string{"error": code, "error_description": why})
}

// serveAuthorize sends the browser straight back with a code.
func (s *server) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s.mu.Lock()
	s.authorize = q
	s.mu.Unlock()
	redirect, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case q.Get("client_id") != s.client.ID:
		s.refuse(w, http.StatusBadRequest, "unauthorized_client", "unknown client_id")
	case err != nil || !redirect.IsAbs() || s.client.RedirectURI != "" && redirect.String() != s.client.RedirectURI:
		s.refuse(w, http.StatusBadRequest, "invalid_request", "redirect_uri is not the registered one")
	case q.Get("response_type") != "code":
		s.refuse(w, http.StatusBadRequest, "unsupported_response_type", "response_type is not code")
	case len(q.Get("state")) < 16:
		s.refuse(w, http.StatusBadRequest, "invalid_request", "state is missing or guessable")
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		s.refuse(w, http.StatusBadRequest, "invalid_request", "no S256 code_challenge")
	default:
		code := random()
		s.mu.Lock()
		s.codes[code] = grant{redirect.String(), q.Get("code_challenge"), q.Get("nonce")}
		s.mu.Unlock()
		back := redirect.Query()
		back.Set("code", code)
		back.Set("state", q.Get("state"))
		redirect.RawQuery = back.Encode()
		http.Redirect(w, r, redirect.String(), http.StatusFound)
	}
}

// redeem checks a token request and spends its code. After ok=false the request is answered.
func (s *server) redeem(w http.ResponseWriter, r *http.Request, status int) (grant, bool) {
	id, secret, basic := r.BasicAuth()
	if basic {
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	code := r.PostFormValue("code")
	s.mu.Lock()
	g, known := s.codes[code]
	delete(s.codes, code)
	s.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case r.Method != http.MethodPost:
		s.refuse(w, http.StatusMethodNotAllowed, "invalid_request", "token request is not a POST")
	case id != s.client.ID || secret != s.client.Secret:
		s.refuse(w, status, "invalid_client", "wrong client_id or client_secret")
	case !known:
		s.refuse(w, status, "bad_verification_code", "unknown code, or used before")
	case r.PostFormValue("redirect_uri") != g.redirect:
		s.refuse(w, status, "redirect_uri_mismatch", "redirect_uri differs from the one of the authorization")
	case base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge:
		s.refuse(w, status, "invalid_grant", "code_verifier does not match the code_challenge")
	default:
		return g, true
	}
	return grant{}, false
}

// issue returns a new access token.
func (s *server) issue() string {
	token := random()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = true
	return token
}

// authorized reports whether r carries an access token; if not, it is answered.
func (s *server) authorized(w http.ResponseWriter, r *http.Request) bool {
	const scheme = "Bearer "
	h := r.Header.Get("Authorization")
	s.mu.Lock()
	ok := len(h) > len(scheme) && h[:len(scheme)] == scheme && s.tokens[h[len(scheme):]]
	s.mu.Unlock()
	if !ok {
		s.refuse(w, http.StatusUnauthorized, "invalid_token", "no access token of ours")
	}
	return ok
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func random() string { return rand.Text() }
