package idptest

import (
	"net/http"
	"net/url"
	"strings"
)

// GitHubUser is an account at the stand-in.
type GitHubUser struct {
	ID     int64
	Login  string
	Name   string
	Avatar string
	// Email is the public one of the profile, usually "".
	Email string
	// Primary is the verified primary email, seen with the scope user:email; "" = none.
	Primary string
}

// GitHub is a GitHub server. People sign in at URL; the REST API is at APIURL, as on an
// Enterprise server.
type GitHub struct {
	*server
	APIURL string
	user   GitHubUser
	scope  string
}

// NewGitHub starts a GitHub server on a free port of 127.0.0.1. Close it.
func NewGitHub(c Client) *GitHub {
	g := &GitHub{server: newServer(c)}
	g.APIURL = g.URL + "/api/v3"
	g.mux.HandleFunc("GET /login/oauth/authorize", func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.scope = r.URL.Query().Get("scope")
		g.mu.Unlock()
		g.serveAuthorize(w, r)
	})
	g.mux.HandleFunc("/login/oauth/access_token", g.serveToken)
	g.mux.HandleFunc("GET /api/v3/user", g.serveUser)
	g.mux.HandleFunc("GET /api/v3/user/emails", g.serveEmails)
	return g
}

// SetUser says who everybody is from now on.
func (g *GitHub) SetUser(u GitHubUser) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.user = u
}

// serveToken answers in GitHub's way: errors have status 200, bodies are forms.
func (g *GitHub) serveToken(w http.ResponseWriter, r *http.Request) {
	if _, ok := g.redeem(w, r, http.StatusOK); !ok {
		return
	}
	g.mu.Lock()
	scope := strings.ReplaceAll(g.scope, " ", ",")
	g.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	w.Write([]byte(url.Values{"access_token": {g.issue()}, "token_type": {"bearer"}, "scope": {scope}}.Encode()))
}

func (g *GitHub) serveUser(w http.ResponseWriter, r *http.Request) {
	if !g.authorized(w, r) {
		return
	}
	g.mu.Lock()
	u := g.user
	g.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"id": u.ID, "login": u.Login, "name": nullable(u.Name), "email": nullable(u.Email), "avatar_url": u.Avatar, "bio": nil, "location": nil})
}

func (g *GitHub) serveEmails(w http.ResponseWriter, r *http.Request) {
	if !g.authorized(w, r) {
		return
	}
	g.mu.Lock()
	u, scope := g.user, g.scope
	g.mu.Unlock()
	if !strings.Contains(scope, "user:email") {
		writeJSON(w, http.StatusNotFound, map[string]string{"message": "Not Found"})
		return
	}
	emails := []map[string]any{{"email": "unverified@example.org", "primary": false, "verified": false}}
	if u.Primary != "" {
		emails = append(emails, map[string]any{"email": u.Primary, "primary": true, "verified": true})
	}
	writeJSON(w, http.StatusOK, emails)
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}
