package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/user"
)

// keepTimeout bounds what a login does with a token before the browser goes on.
const keepTimeout = 10 * time.Second

var (
	errOtherAccount = errors.New("the user is linked to another account")
	errAccountTaken = errors.New("the account is linked to another user")
)

// serveConnect sends somebody who is signed in to GitHub, for a token and not for a login.
// It asks for private repositories only with private=true. The browser comes back to the
// path in return, with github_error= and one of the words of connectError if it failed.
func (s *Service) serveConnect(w http.ResponseWriter, r *http.Request, g *gitHub) {
	q := r.URL.Query()
	f := flow{Return: ReturnPath(q.Get("return"))}
	// A page of a workspace is on the same site, so that the session's cookie comes along.
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		writePage(w, http.StatusForbidden, page{Title: "Begin this in Kalpana", Text: "Another page led here. GitHub is connected from Kalpana's own pages only."})
		return
	}
	if err := s.allow(s.flows, s.from(r)); err != nil {
		tooMany(w, err)
		return
	}
	var in bool
	if f.User, f.Session, in = s.SessionOf(r); !in {
		http.Redirect(w, r, "/login?"+url.Values{"return": {f.Return}}.Encode(), http.StatusSeeOther)
		return
	}
	config := *g.oauth
	config.Scopes = append(slices.Clone(config.Scopes), "public_repo") // to push
	if q.Get("private") == "true" {
		if !s.o.GitHub.PrivateRepos {
			s.backFromConnect(w, r, f, "private_disabled")
			return
		}
		config.Scopes[len(config.Scopes)-1] = "repo" // which includes the other
	}
	f.Verifier, f.Nonce = oauth2.GenerateVerifier(), newSecret()
	if err := s.leave(w, r, byGitHub, &config, f); err != nil {
		s.log.Error("connection to GitHub not begun", "user", f.User, "err", err)
		s.backFromConnect(w, r, f, "failed")
	}
}

// finishConnect is the end of what serveConnect began, in the same browser. The session
// must be the same one: who has signed in as somebody else meanwhile connects nothing.
// codes is empty if GitHub sent a refusal.
func (s *Service) finishConnect(w http.ResponseWriter, r *http.Request, p provider, f flow, codes []string) {
	if me, session, in := s.SessionOf(r); !in || me != f.User || session != f.Session {
		writePage(w, http.StatusBadRequest, page{Title: "GitHub was not connected", Text: "You signed out, or in again, since it was begun. Begin again."})
		return
	}
	known, _ := s.User(f.User)
	if len(codes) == 0 {
		s.tell(r, ActionConnect, byGitHub, known, "", errAttempt("denied at the provider"))
		s.backFromConnect(w, r, f, "denied")
		return
	}
	who, err := p.person(r.Context(), codes[0], f)
	if err != nil {
		s.log.Warn("GitHub gave no person to connect", "user", f.User, "err", describe(err))
		s.tell(r, ActionConnect, byGitHub, known, "", errAttempt("the provider gave no person"))
		s.backFromConnect(w, r, f, "provider_error")
		return
	}
	err = s.link(r.Context(), f.User, p, who)
	if err == nil {
		err = s.keep(r.Context(), f.User, who)
	}
	if err != nil {
		word := s.connectError(f.User, err)
		s.tell(r, ActionConnect, byGitHub, known, "", errAttempt(word))
		s.backFromConnect(w, r, f, word)
		return
	}
	s.tell(r, ActionConnect, byGitHub+" account "+who.login, known, "", nil)
	s.log.Info("GitHub connected", "user", f.User, "account", who.login)
	http.Redirect(w, r, f.Return, http.StatusSeeOther)
}

// link makes the account the user's. It must be the one they have already, if they have one.
func (s *Service) link(ctx context.Context, userID string, p provider, who outsider) error {
	id, key := p.info().ID, p.namespace()+" "+who.subject
	owner, err := s.store.UserByIdentity(ctx, id, key)
	switch {
	case err == nil && owner.ID != userID:
		return errAccountTaken
	case err == nil:
		return nil
	case !errors.Is(err, user.ErrNotFound):
		return fmt.Errorf("look for the user of an account at %s: %w", id, err)
	}
	u, err := s.store.LinkIdentity(ctx, userID, user.Identity{Provider: id, Subject: who.subject, Login: who.login}, key, s.now())
	if errors.Is(err, user.ErrExists) {
		if owner, e := s.store.UserByIdentity(ctx, id, key); e == nil && owner.ID != userID {
			return errAccountTaken // at this moment
		}
		return errOtherAccount
	} else if err != nil {
		return fmt.Errorf("link an account at %s: %w", id, err)
	}
	s.people.put(u)
	s.log.Info("account linked", "user", userID, "provider", id, "account", who.login)
	return nil
}

// keep hands a token of GitHub to whoever keeps it.
func (s *Service) keep(ctx context.Context, userID string, who outsider) error {
	if s.o.GitHub.Keep == nil || who.token.Access == "" {
		return nil
	}
	id, err := strconv.ParseInt(who.subject, 10, 64)
	if err != nil {
		return fmt.Errorf("id of the account at GitHub: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	return s.o.GitHub.Keep(ctx, userID, github.User{ID: id, Login: who.login, Name: who.name}, who.token)
}

// connectError is the word that the page explains.
func (s *Service) connectError(userID string, err error) string {
	switch {
	case errors.Is(err, errOtherAccount):
		return "other_account"
	case errors.Is(err, errAccountTaken):
		return "account_taken"
	case errors.Is(err, github.ErrTokenRevoked), errors.Is(err, github.ErrUnavailable):
		s.log.Warn("GitHub not connected", "user", userID, "err", err)
		return "provider_error"
	}
	s.log.Error("GitHub not connected", "user", userID, "err", err)
	return "failed"
}

// backFromConnect returns to where the person was. Whatever the path says of an earlier
// try goes.
func (s *Service) backFromConnect(w http.ResponseWriter, r *http.Request, f flow, problem string) {
	path, rest, _ := strings.Cut(f.Return, "?")
	path, _, _ = strings.Cut(path, "#")
	rest, _, _ = strings.Cut(rest, "#")
	q, err := url.ParseQuery(rest)
	if err != nil {
		q = url.Values{}
	}
	q.Set("github_error", problem)
	http.Redirect(w, r, path+"?"+q.Encode(), http.StatusSeeOther)
}
