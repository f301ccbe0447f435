package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/internal/user"
)

const (
	// firstLife is long enough to start an installation in the evening and sign in next day.
	firstLife    = 24 * time.Hour
	purposeFirst = "first"
)

// NewFirstLink returns an address that signs in, once and within a day, as the oldest
// administrator in good standing, who is created if there is none. Only for whoever runs
// the server: it is the way in that needs no password and no provider.
func (s *Service) NewFirstLink(ctx context.Context) (string, error) {
	code := newSecret()
	if err := s.store.PutCode(ctx, Code{Hash: digestHex(code), Purpose: purposeFirst, ExpiresAt: s.now().Add(firstLife)}); err != nil {
		return "", fmt.Errorf("store login link: %w", err)
	}
	return s.address("/auth/first", url.Values{"code": {code}}), nil
}

// serveFirst consumes a first link. The code is 256 random bits, so whoever has it may
// have it; a HEAD request, as link previews send, must not spend it.
func (s *Service) serveFirst(w http.ResponseWriter, r *http.Request) {
	if err := s.allow(s.flows, s.from(r)); err != nil {
		s.o.Observe(byFirst, "limited")
		s.tell(r, ActionSignIn, byFirst, user.User{}, "", err)
		tooMany(w, err)
		return
	}
	codes := r.URL.Query()["code"]
	if len(codes) != 1 || !wellFormed(codes[0]) {
		s.o.Observe(byFirst, "invalid")
		s.tell(r, ActionSignIn, byFirst, user.User{}, "", errAttempt("incomplete link"))
		writePage(w, http.StatusBadRequest, page{Title: "This link is not complete", Text: "Copy the whole link, from https to the last character. " + newLinkHint})
		return
	}
	code, err := s.store.TakeCode(r.Context(), purposeFirst, digestHex(codes[0]))
	if errors.Is(err, ErrNotFound) || err == nil && !s.now().Before(code.ExpiresAt) {
		s.o.Observe(byFirst, "invalid")
		s.tell(r, ActionSignIn, byFirst, user.User{}, "", errAttempt("link used or expired"))
		writePage(w, http.StatusGone, page{Title: "This link no longer works", Text: "A login link works once and for a day. " + newLinkHint})
		return
	}
	var admin user.User
	if err == nil {
		admin, err = s.firstAdmin(r.Context())
	}
	if err == nil {
		err = s.signIn(w, r, admin.ID, byFirst)
	}
	s.o.Observe(byFirst, resultOf(err))
	s.tell(r, ActionSignIn, byFirst, admin, "", err)
	if err != nil {
		s.log.Error("login link did not sign in", "err", err)
		writePage(w, http.StatusServiceUnavailable, page{Title: "Signing in did not work", Text: "The server could not do it just now; its log says why. " + newLinkHint})
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

const newLinkHint = "For a new one, run “kalpana login-link” on the server, or start the server again."

// firstAdmin returns the oldest administrator who is not suspended, or makes one. The
// store is asked, not memory: another gateway may just have made one.
func (s *Service) firstAdmin(ctx context.Context) (user.User, error) {
	begun := s.people.begin()
	all, err := s.store.UsersSince(ctx, time.Time{})
	if err != nil {
		return user.User{}, fmt.Errorf("look for an administrator: %w", err)
	}
	s.people.merge(begun, all)
	var first *user.User
	for i, u := range all {
		if u.Admin && !u.Suspended && (first == nil || byAge(u, *first) < 0) {
			first = &all[i]
		}
	}
	if first != nil {
		return *first, nil
	}
	u := s.newUser("admin@"+strings.TrimPrefix(s.base.Hostname(), "ws."), "Administrator")
	u.Admin = true
	if checkEmail(u.Email) != nil {
		u.Email = "" // the host is an address, not a name
	}
	err = s.create(ctx, u, "")
	if errors.Is(err, user.ErrExists) {
		u.Email = "" // somebody else's already, and an email is no reason to become administrator
		err = s.create(ctx, u, "")
	}
	return u, err
}
