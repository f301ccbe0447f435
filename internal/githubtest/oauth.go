package githubtest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	codeLifetime    = 10 * time.Minute
	refreshLifetime = 184 * 24 * time.Hour
)

// code is a grant that was not made a token of yet.
type code struct {
	login, redirect, challenge string
	scopes                     []string
	expires                    time.Time
}

// checkVisit returns where to go back to, or says what is wrong with a visit.
func (s *Server) checkVisit(q url.Values) (*url.URL, string) {
	redirect, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case q.Get("client_id") != s.o.ClientID:
		return nil, "unknown client_id"
	case err != nil || !redirect.IsAbs() || (s.o.Redirect != "" && redirect.String() != s.o.Redirect && !strings.HasPrefix(redirect.String(), strings.TrimRight(s.o.Redirect, "/")+"/")):
		return nil, "redirect_uri is not the registered one"
	case len(q.Get("state")) < 16:
		return nil, "state is missing or guessable"
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		return nil, "no S256 code_challenge"
	}
	return redirect, ""
}

var consentPage = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><title>Authorize</title>
<h1>Authorize the app</h1><p>It asks for: <b id="scopes">{{or .Scopes "public data"}}</b></p>
<form method="post" action="/login/oauth/authorize">
{{range $name, $values := .Query}}{{range $values}}<input type="hidden" name="{{$name}}" value="{{.}}">{{end}}{{end}}
{{range .Logins}}<button name="login_as" value="{{.}}">Authorize as {{.}}</button> {{end}}<button name="deny" value="1">Cancel</button>
</form></html>`))

func (s *Server) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	redirect, wrong := s.checkVisit(q)
	if wrong != "" {
		http.Error(w, s.complain("%s", wrong), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	who := s.signedIn
	logins := []string{}
	for _, u := range s.users {
		if who == "" || strings.EqualFold(u.Login, who) {
			logins = append(logins, u.Login)
		}
	}
	s.mu.Unlock()
	if !s.o.Consent && who != "" {
		s.grant(w, r, redirect, q, who)
		return
	}
	slices.Sort(logins)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	consentPage.Execute(w, map[string]any{"Scopes": q.Get("scope"), "Query": q, "Logins": logins})
}

func (s *Server) serveConsent(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "bad form", http.StatusBadRequest)
		return
	}
	redirect, wrong := s.checkVisit(r.PostForm)
	if wrong != "" {
		http.Error(w, s.complain("%s", wrong), http.StatusBadRequest)
		return
	}
	if r.PostForm.Get("deny") != "" {
		back(w, r, redirect, url.Values{"error": {"access_denied"}, "error_description": {"The user has denied your application access."}, "state": {r.PostForm.Get("state")}})
		return
	}
	s.grant(w, r, redirect, r.PostForm, r.PostForm.Get("login_as"))
}

// grant sends the browser back with a code.
func (s *Server) grant(w http.ResponseWriter, r *http.Request, redirect *url.URL, q url.Values, login string) {
	given := random(20)
	s.mu.Lock()
	u := s.users[strings.ToLower(login)]
	if u != nil {
		s.codes[given] = code{u.Login, redirect.String(), q.Get("code_challenge"), normal(q.Get("scope")), s.o.Now().Add(codeLifetime)}
	}
	s.mu.Unlock()
	if u == nil {
		http.Error(w, s.complain("no account %q", login), http.StatusBadRequest)
		return
	}
	back(w, r, redirect, url.Values{"code": {given}, "state": {q.Get("state")}})
}

func back(w http.ResponseWriter, r *http.Request, redirect *url.URL, add url.Values) {
	q := redirect.Query()
	for k, v := range add {
		q[k] = v
	}
	to := *redirect
	to.RawQuery = q.Encode()
	http.Redirect(w, r, to.String(), http.StatusFound)
}

// normal sorts scopes, and leaves out unknown ones and those that others include.
func normal(scope string) []string {
	known := []string{"admin:repo_hook", "public_repo", "read:org", "read:user", "repo", "user", "user:email", "workflow"}
	asked := strings.FieldsFunc(scope, func(r rune) bool { return r == ' ' || r == ',' })
	scopes := []string{}
	for _, k := range known {
		implied := (k == "public_repo" && slices.Contains(asked, "repo")) || ((k == "read:user" || k == "user:email") && slices.Contains(asked, "user"))
		if slices.Contains(asked, k) && !implied {
			scopes = append(scopes, k)
		}
	}
	return scopes
}

// serveToken answers errors with status 200, as GitHub does.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	answer := func(fields map[string]any) {
		if s.o.Forms || !strings.Contains(r.Header.Get("Accept"), "json") {
			form := url.Values{}
			for k, v := range fields {
				form.Set(k, fmt.Sprint(v))
			}
			w.Header().Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
			w.Write([]byte(form.Encode()))
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		json.NewEncoder(w).Encode(fields)
	}
	refuse := func(code, why string) {
		answer(map[string]any{"error": code, "error_description": s.complain("%s", why), "error_uri": "https://docs.github.com/"})
	}
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if id != s.o.ClientID || secret != s.o.ClientSecret {
		refuse("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.")
		return
	}
	s.mu.Lock()
	var login, why string
	var scopes []string
	wrong := "bad_verification_code"
	if r.PostFormValue("grant_type") == "refresh_token" {
		access, ok := s.refreshes[r.PostFormValue("refresh_token")]
		if t := s.tokens[access]; ok && t != nil && s.o.Now().Before(t.expires.Add(refreshLifetime)) {
			login = t.login
			s.drop(access)
		} else {
			wrong, why = "bad_refresh_token", "The refresh token passed is incorrect or expired."
		}
	} else {
		c, ok := s.codes[r.PostFormValue("code")]
		delete(s.codes, r.PostFormValue("code"))
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		switch {
		case !ok || !s.o.Now().Before(c.expires):
			why = "The code passed is incorrect or expired."
		case r.PostFormValue("redirect_uri") != c.redirect:
			wrong, why = "redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application."
		case base64.RawURLEncoding.EncodeToString(sum[:]) != c.challenge:
			why = "The code_verifier does not match the code_challenge."
		default:
			login, scopes = c.login, c.scopes
		}
	}
	var access, refresh string
	if why == "" {
		access, refresh = s.issue(login, scopes)
	}
	s.mu.Unlock()
	if why != "" {
		refuse(wrong, why)
		return
	}
	fields := map[string]any{"access_token": access, "token_type": "bearer", "scope": strings.Join(scopes, ",")}
	if refresh != "" {
		fields["scope"] = ""
		fields["expires_in"] = int(s.o.Lifetime.Seconds())
		fields["refresh_token"] = refresh
		fields["refresh_token_expires_in"] = int(refreshLifetime.Seconds())
	}
	answer(fields)
}

// serveRevoke is DELETE /applications/{client_id}/token and …/grant.
func (s *Server) serveRevoke(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	if id != s.o.ClientID || secret != s.o.ClientSecret || r.PathValue("client") != id {
		message(w, http.StatusUnauthorized, s.complain("revocation with wrong client_id or client_secret"))
		return
	}
	var body struct {
		AccessToken string `json:"access_token"`
	}
	if json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&body) != nil || body.AccessToken == "" {
		message(w, http.StatusUnprocessableEntity, "Validation Failed")
		return
	}
	s.mu.Lock()
	t := s.tokens[body.AccessToken]
	if t != nil {
		s.drop(body.AccessToken)
		if r.PathValue("kind") == "grant" {
			s.revokeAll(t.login)
		}
	}
	s.mu.Unlock()
	if t == nil || (r.PathValue("kind") != "token" && r.PathValue("kind") != "grant") {
		message(w, http.StatusNotFound, "Not Found")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
