package githubtest

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"
)

// User is an account.
type User struct {
	// ID is given by the server if 0.
	ID          int64
	Login, Name string
	// Email is the public one, usually "". Primary is the verified one, for the scope
	// user:email.
	Email, Primary string
	// Orgs are names of organisations whose repositories the person may push to.
	Orgs []string
}

// AddUser adds an account. The first one is signed in.
func (s *Server) AddUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.ID == 0 {
		u.ID = int64(1000 + len(s.users))
	}
	if len(s.users) == 0 {
		s.signedIn = u.Login
	}
	s.users[strings.ToLower(u.Login)] = &u
}

// SignIn says who sits at the browser from now on; "" lets the consent page ask.
func (s *Server) SignIn(login string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signedIn = login
}

// token is an access token.
type token struct {
	login   string
	scopes  []string
	app     bool // a GitHub App's: may do what its person may
	expires time.Time
	refresh string
}

func (t *token) has(scope string) bool {
	if t == nil {
		return false
	}
	if t.app || slices.Contains(t.scopes, scope) {
		return true
	}
	switch scope {
	case "public_repo":
		return slices.Contains(t.scopes, "repo")
	case "user:email", "read:user":
		return slices.Contains(t.scopes, "user")
	}
	return false
}

// Token makes an access token without the OAuth flow.
func (s *Server) Token(login string, scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	access, _ := s.issue(login, scopes)
	return access
}

// issue wants mu held. The refresh token is "" if tokens do not expire.
func (s *Server) issue(login string, scopes []string) (access, refresh string) {
	t := &token{login: login, scopes: scopes}
	access = "gho_" + random(36)
	if s.o.Lifetime > 0 {
		access, refresh = "ghu_"+random(36), "ghr_"+random(76)
		t.app, t.scopes, t.refresh, t.expires = true, nil, refresh, s.o.Now().Add(s.o.Lifetime)
		s.refreshes[refresh] = access
	}
	s.tokens[access] = t
	s.issued = append(s.issued, access)
	if refresh != "" {
		s.issued = append(s.issued, refresh)
	}
	return access, refresh
}

// Tokens returns every token that was ever given out, for tests that look for them where
// none may be.
func (s *Server) Tokens() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.issued)
}

// drop wants mu held.
func (s *Server) drop(access string) bool {
	t := s.tokens[access]
	if t == nil {
		return false
	}
	delete(s.tokens, access)
	delete(s.refreshes, t.refresh)
	return true
}

// RevokeAll makes all tokens of an account void, as its person can at GitHub.
func (s *Server) RevokeAll(login string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revokeAll(login)
}

func (s *Server) revokeAll(login string) {
	for access, t := range s.tokens {
		if strings.EqualFold(t.login, login) {
			s.drop(access)
		}
	}
}

// Valid reports whether an access token is accepted.
func (s *Server) Valid(access string) bool { return s.find(access) != nil }

// find returns nil for a token that is none, or expired.
func (s *Server) find(access string) *token {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[access]
	if t == nil || (!t.expires.IsZero() && !s.o.Now().Before(t.expires)) {
		return nil
	}
	return t
}

// credential is what a request came with: a bearer token, or a password as git sends it.
func credential(r *http.Request) string {
	h := r.Header.Get("Authorization")
	for _, scheme := range []string{"Bearer ", "bearer ", "token "} {
		if t, ok := strings.CutPrefix(h, scheme); ok {
			return t
		}
	}
	user, password, ok := r.BasicAuth()
	if ok && (password == "" || password == "x-oauth-basic") {
		return user
	}
	return password
}

func random(n int) string {
	s := ""
	for len(s) < n {
		s += rand.Text()
	}
	return s[:n]
}
