package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/user"
)

const (
	// flowLife is how long a person may take at the provider.
	flowLife    = 10 * time.Minute
	sealPurpose = "oauth-flow"
)

// flow is what a login at a provider must remember until the person comes back. It is
// kept sealed in the store, under a key made of the state and the browser's own cookie:
// a callback finds it only with both, and only once.
type flow struct {
	Verifier   string `json:"verifier"` // PKCE
	Nonce      string `json:"nonce"`    // OpenID Connect
	Return     string `json:"return"`
	Invitation string `json:"invitation"`
	// User and Session are of somebody who is signed in already and connects an account;
	// "" for a login.
	User    string `json:"user,omitempty"`
	Session string `json:"session,omitempty"`
}

// outsider is a person as a provider describes them.
type outsider struct {
	subject string // stable id, unique at the provider
	login   string
	email   string // verified there, or ""
	name    string
	avatar  string
	token   github.Token // of GitHub
}

// provider is somewhere people can sign in.
//
// goth supplies the providers and fetches the person, but neither the redirect nor the
// exchange of the code: its handlers take the state from the query and keep the access
// token in a cookie, its GitHub provider has no PKCE, and the challenge of its OpenID
// provider is one for all logins. So both go through x/oauth2 here.
type provider interface {
	info() Provider
	// namespace makes subjects unique across servers: pointing the configuration at
	// another server must not make its user 1 our user 1.
	namespace() string
	config(ctx context.Context) (*oauth2.Config, error)
	// person exchanges the code and asks who it was given to.
	person(ctx context.Context, code string, f flow) (outsider, error)
}

// Provider is a way to sign in outside, as the login page shows it.
type Provider struct {
	ID   string `json:"id" enum:"github,oidc"`
	Name string `json:"name"`
	URL  string `json:"url" doc:"Where the browser goes; takes ?return=/path and ?invitation=."`
}

// Providers returns the providers that are configured.
func (s *Service) Providers() []Provider {
	out := make([]Provider, 0, len(s.providers))
	for _, p := range s.providers {
		out = append(out, p.info())
	}
	return out
}

// Routes mounts the addresses that browsers visit: the first link, and for each
// configured provider the beginning and the end of a login.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /auth/first", guarded(s.serveFirst))
	for _, p := range s.providers {
		mux.HandleFunc("GET "+p.info().URL, guarded(func(w http.ResponseWriter, r *http.Request) { s.serveBegin(w, r, p) }))
		mux.HandleFunc("GET "+p.info().URL+"/callback", guarded(func(w http.ResponseWriter, r *http.Request) { s.serveCallback(w, r, p) }))
		if g, ok := p.(*gitHub); ok && s.o.GitHub.Keep != nil {
			mux.HandleFunc("GET "+p.info().URL+"/connect", guarded(func(w http.ResponseWriter, r *http.Request) { s.serveConnect(w, r, g) }))
		}
	}
}

// serveBegin sends the browser to the provider. Of the query it takes the return path
// and the invitation, nothing that goes to the provider.
func (s *Service) serveBegin(w http.ResponseWriter, r *http.Request, p provider) {
	id := p.info().ID
	if err := s.allow(s.flows, s.from(r)); err != nil {
		s.o.Observe(id, "limited")
		tooMany(w, err)
		return
	}
	config, err := p.config(r.Context())
	if err != nil {
		s.o.Observe(id, "error")
		s.log.Warn("login provider does not answer", "provider", id, "err", describe(err))
		s.backToLogin(w, r, "provider_unavailable")
		return
	}
	q := r.URL.Query()
	f := flow{Verifier: oauth2.GenerateVerifier(), Nonce: newSecret(), Return: ReturnPath(q.Get("return"))}
	if invitation := q.Get("invitation"); wellFormed(invitation) {
		f.Invitation = invitation
	}
	if err := s.leave(w, r, id, config, f); err != nil {
		s.o.Observe(id, "error")
		s.log.Error("login not begun", "provider", id, "err", err)
		s.backToLogin(w, r, "internal_error")
	}
}

// leave sends the browser to the provider; with an error nothing is written.
func (s *Service) leave(w http.ResponseWriter, r *http.Request, id string, config *oauth2.Config, f flow) error {
	state, browser := newSecret(), newSecret()
	if err := s.putFlow(r.Context(), id, state+browser, f); err != nil {
		return err
	}
	setFlowCookie(w, browser)
	http.Redirect(w, r, config.AuthCodeURL(state, oauth2.S256ChallengeOption(f.Verifier), oauth2.SetAuthURLParam("nonce", f.Nonce)), http.StatusSeeOther)
	return nil
}

// serveCallback ends a login. A callback that does not belong to a login this browser
// began is refused with a page, not redirected: nothing of it can be trusted.
func (s *Service) serveCallback(w http.ResponseWriter, r *http.Request, p provider) {
	id, q := p.info().ID, r.URL.Query()
	if err := s.allow(s.returns, s.from(r)); err != nil {
		s.o.Observe(id, "limited")
		tooMany(w, err)
		return
	}
	f, err := s.takeFlow(r, id, q["state"])
	codes, problems := q["code"], q["error"]
	if err != nil || len(codes)+len(problems) != 1 {
		if err != nil && !errors.Is(err, ErrNotFound) {
			s.log.Error("login not found", "provider", id, "err", err)
		}
		s.o.Observe(id, "invalid")
		s.tell(r, ActionSignIn, id, user.User{}, "", errAttempt("not begun in this browser"))
		writePage(w, http.StatusBadRequest, page{Title: "This login cannot go on", Text: "It was not begun in this browser, was finished before, or took longer than ten minutes. Begin again."})
		return
	}
	setFlowCookie(w, "")
	if f.User != "" {
		s.finishConnect(w, r, p, f, codes)
		return
	}
	if len(problems) == 1 {
		s.o.Observe(id, "refused")
		s.tell(r, ActionSignIn, id, user.User{}, "", errAttempt("denied at the provider"))
		s.backToLogin(w, r, "provider_denied")
		return
	}
	who, err := p.person(r.Context(), codes[0], f)
	if err != nil {
		s.o.Observe(id, "error")
		s.tell(r, ActionSignIn, id, user.User{}, "", errAttempt("the provider gave no person"))
		s.log.Warn("login provider gave no person", "provider", id, "err", describe(err))
		s.backToLogin(w, r, "provider_error")
		return
	}
	u, created, err := s.admit(r.Context(), p, who, f.Invitation)
	if err == nil {
		err = s.signIn(w, r, u.ID, id)
	}
	s.o.Observe(id, resultOf(err))
	way := id
	if created {
		way += ", with a new account"
	}
	s.tell(r, ActionSignIn, way, u, who.email, err)
	if err != nil {
		s.backToLogin(w, r, s.loginError(err))
		return
	}
	if err := s.keep(r.Context(), u.ID, who); err != nil {
		s.log.Warn("GitHub is not connected by the login", "user", u.ID, "err", err)
	}
	http.Redirect(w, r, f.Return, http.StatusSeeOther)
}

// admit returns the user that who is, creating one if the installation takes new people.
// Only the provider's id of the account counts: emails and login names change hands.
func (s *Service) admit(ctx context.Context, p provider, who outsider, invitation string) (u user.User, created bool, err error) {
	id := p.info().ID
	key := p.namespace() + " " + who.subject
	u, err = s.store.UserByIdentity(ctx, id, key)
	if errors.Is(err, user.ErrNotFound) {
		u = s.newUser(who.email, who.name)
		u.AvatarURL, u.VerifiedEmail = who.avatar, who.email
		u.Identities = []user.Identity{{Provider: id, Subject: who.subject, Login: who.login}}
		err = s.join(ctx, &u, key, invitation)
		if err != nil && !errors.Is(err, user.ErrExists) {
			return user.User{}, false, err // that account is not there
		}
		if err == nil {
			return u, true, nil
		}
		// The same person in two tabs, or somebody who has this email already.
		var again error
		if u, again = s.store.UserByIdentity(ctx, id, key); again != nil {
			return user.User{}, false, err
		}
		err = nil
	}
	if err != nil {
		return u, false, fmt.Errorf("look for the account of a login at %s: %w", id, err)
	}
	s.know(u)
	if u.Suspended {
		return u, false, ErrSuspended
	}
	if who.email != "" && who.email == u.Email && who.email != u.VerifiedEmail {
		// Should they change their email at this moment, it is the provider's that is noted.
		if err := s.change(ctx, u.ID, UserChange{VerifiedEmail: &who.email, At: s.now()}); err != nil {
			s.log.Warn("email that a provider verified is not noted", "user", u.ID, "err", err)
		}
	}
	return u, false, nil
}

// loginError is the word that the login page explains.
func (s *Service) loginError(err error) string {
	var field *FieldError
	switch {
	case errors.Is(err, errInvitationEmail):
		return "invitation_email"
	case errors.Is(err, ErrSuspended):
		return "suspended"
	case errors.Is(err, ErrSignupClosed):
		return "signup_closed"
	case errors.Is(err, user.ErrExists):
		return "email_taken"
	case errors.As(err, &field):
		return "invitation_invalid"
	}
	s.log.Error("login at a provider did not sign in", "err", err)
	return "internal_error"
}

func (s *Service) backToLogin(w http.ResponseWriter, r *http.Request, problem string) {
	http.Redirect(w, r, "/login?"+url.Values{"error": {problem}}.Encode(), http.StatusSeeOther)
}

func (s *Service) putFlow(ctx context.Context, provider, key string, f flow) error {
	plain, err := json.Marshal(f)
	if err != nil {
		return err
	}
	hash := digestHex(key)
	return s.store.PutCode(ctx, Code{Hash: hash, Purpose: provider, Sealed: s.o.Box.Seal(sealPurpose, hash, plain), ExpiresAt: s.now().Add(flowLife)})
}

// takeFlow finds the login that exactly one state and this browser's cookie name.
func (s *Service) takeFlow(r *http.Request, provider string, states []string) (flow, error) {
	browser := secretCookie(r.Header, flowCookie)
	if len(states) != 1 || !wellFormed(states[0]) || browser == "" {
		return flow{}, ErrNotFound
	}
	hash := digestHex(states[0] + browser)
	code, err := s.store.TakeCode(r.Context(), provider, hash)
	if err != nil {
		return flow{}, err
	}
	if !s.now().Before(code.ExpiresAt) {
		return flow{}, ErrNotFound
	}
	plain, err := s.o.Box.Open(sealPurpose, hash, code.Sealed)
	if err != nil {
		return flow{}, err
	}
	var f flow
	return f, json.Unmarshal(plain, &f)
}
