package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/internal/user"
)

// SignupInput is what a new person says. Invitation is the code of their link, "" if
// they have none.
type SignupInput struct{ Email, Name, Password, Invitation string }

// Signup makes an account with a password and signs it in. The caller has checked the
// request's Origin. Errors: *FieldError, *RateLimitedError, ErrSignupClosed, and
// user.ErrExists for an email that has an account.
func (s *Service) Signup(ctx context.Context, w http.ResponseWriter, r *http.Request, in SignupInput) error {
	u, err := s.signup(ctx, w, r, in)
	s.o.Observe(bySignup, resultOf(err))
	s.tell(r, ActionSignUp, byPassword, u, normalEmail(in.Email), err)
	return err
}

func (s *Service) signup(ctx context.Context, w http.ResponseWriter, r *http.Request, in SignupInput) (none user.User, err error) {
	if err := s.allow(s.logins, s.from(r)); err != nil {
		return none, err
	}
	email, name := normalEmail(in.Email), strings.TrimSpace(in.Name)
	if name == "" {
		name, _, _ = strings.Cut(email, "@")
	}
	if err := errors.Join(checkEmail(email), checkName("name", name), checkPassword("password", in.Password)); err != nil {
		return none, err
	}
	if err := s.mayJoin(in.Invitation); err != nil {
		return none, err
	}
	// Before the invitation is spent and Argon2 runs; the unique index decides in the end.
	if _, err := s.store.UserByEmail(ctx, email); err == nil {
		return none, fmt.Errorf("sign up %w", user.ErrExists)
	} else if !errors.Is(err, user.ErrNotFound) {
		return none, fmt.Errorf("look for the email of a new user: %w", err)
	}
	hash, err := s.hasher.hash(ctx, in.Password)
	if err != nil {
		return none, err
	}
	u := s.newUser(email, name)
	u.PasswordHash = hash
	if err := s.join(ctx, &u, "", in.Invitation); err != nil {
		return none, err
	}
	return u, s.signIn(w, r.WithContext(ctx), u.ID, byPassword)
}

// mayJoin says whether the installation takes new people who hold this invitation.
func (s *Service) mayJoin(invitation string) error {
	switch {
	case s.o.Signup == SignupClosed, s.o.Signup == SignupInvite && invitation == "":
		return ErrSignupClosed
	case invitation != "" && !wellFormed(invitation):
		return errInvitation
	}
	return nil
}

// join spends the invitation, if there is one, and creates u with what it grants.
func (s *Service) join(ctx context.Context, u *user.User, identityKey, invitation string) error {
	if err := s.mayJoin(invitation); err != nil {
		return err
	}
	var used Invitation
	if invitation != "" {
		var err error
		used, err = s.store.TakeInvitation(ctx, digestHex(invitation), u.ID, s.now())
		if errors.Is(err, ErrNotFound) {
			return errInvitation
		} else if err != nil {
			return fmt.Errorf("take invitation: %w", err)
		}
		u.Admin = used.Admin
	}
	var err error
	if used.Email != "" && used.Email != u.Email {
		err = errInvitationEmail
	} else {
		if used.Email != "" { // whoever has the link got it from an administrator
			u.VerifiedEmail = used.Email
		}
		err = s.create(ctx, *u, identityKey)
	}
	if err == nil || used.ID == "" {
		return err
	}
	undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if e := s.store.ReleaseInvitation(undo, used.ID); e != nil {
		s.log.Warn("invitation is spent although nobody joined", "invitation", used.ID, "err", e)
	}
	return err
}

// create stores u and brings it into memory.
func (s *Service) create(ctx context.Context, u user.User, identityKey string) error {
	if err := s.store.CreateUser(ctx, u, identityKey); err != nil {
		return fmt.Errorf("create user %s: %w", u.ID, err)
	}
	s.people.put(u)
	s.log.Info("user created", "user", u.ID, "admin", u.Admin)
	return nil
}

func (s *Service) newUser(email, name string) user.User {
	now := s.now()
	return user.User{ID: newID(), Email: email, Name: name, CreatedAt: now, UpdatedAt: now}
}
