package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/kalpana-dev/kalpana/internal/ratelimit"
	"github.com/kalpana-dev/kalpana/internal/user"
)

// Ways to sign in, as metrics and session records name them.
const (
	byPassword = "password"
	byGitHub   = "github"
	byOIDC     = "oidc"
	byFirst    = "first"
	bySignup   = "signup"
)

// Login signs in with email and password and sets the session cookie. The caller has
// checked the request's Origin. Errors: ErrInvalidCredentials (ErrSuspended among them),
// *RateLimitedError. Unknown emails and people without a password cost the same time.
func (s *Service) Login(ctx context.Context, w http.ResponseWriter, r *http.Request, email, password string) error {
	email = normalEmail(email)
	u, err := s.login(ctx, w, r, email, password)
	s.o.Observe(byPassword, resultOf(err))
	s.tell(r, ActionSignIn, byPassword, u, email, err)
	return err
}

// login returns who it is about as soon as that is known, even with an error.
func (s *Service) login(ctx context.Context, w http.ResponseWriter, r *http.Request, email, password string) (u user.User, err error) {
	if err := s.allow(s.logins, s.from(r)); err != nil {
		return u, err
	}
	if err := checkEmail(email); err != nil {
		return u, ErrInvalidCredentials
	}
	if err := s.allow(s.logins, ratelimit.Name(email).For("email")); err != nil {
		return u, err
	}
	u, err = s.store.UserByEmail(ctx, email)
	if err != nil && !errors.Is(err, user.ErrNotFound) {
		return u, fmt.Errorf("read user to log in: %w", err)
	}
	right, err := s.hasher.verify(ctx, u.PasswordHash, password)
	switch {
	case err != nil && u.ID != "":
		return u, fmt.Errorf("verify password of user %s: %w", u.ID, err)
	case err != nil:
		return u, err
	case !right:
		return u, ErrInvalidCredentials
	case u.Suspended:
		return u, ErrSuspended
	}
	s.know(u)
	return u, s.signIn(w, r.WithContext(ctx), u.ID, byPassword)
}

// know brings a user who was just read, and may be new at another gateway, into memory.
func (s *Service) know(u user.User) {
	if s.people.get(u.ID) == nil {
		s.people.put(u)
	}
}

// resultOf turns an error into one of the results that Observe is promised.
func resultOf(err error) string {
	var field *FieldError
	var limited *RateLimitedError
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, ErrSuspended):
		return "suspended"
	case errors.Is(err, ErrInvalidCredentials):
		return "invalid"
	case errors.As(err, &limited):
		return "limited"
	case errors.Is(err, ErrSignupClosed), errors.Is(err, user.ErrExists), errors.As(err, &field):
		return "refused"
	}
	return "error"
}
