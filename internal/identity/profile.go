package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/ratelimit"
	"github.com/kalpana-dev/kalpana/internal/user"
)

// ProfileInput changes what is not nil.
type ProfileInput struct {
	Name, Email, Password *string
	// CurrentPassword is needed to change email or password, if there is a password.
	CurrentPassword string
	// KeepSession is the public id of the session that asks. A new password ends all
	// other sessions; "" keeps none.
	KeepSession string
}

// UpdateProfile changes a person's own account. Errors: *FieldError, *RateLimitedError,
// user.ErrNotFound, user.ErrExists (the email is another's).
func (s *Service) UpdateProfile(ctx context.Context, userID string, in ProfileInput) error {
	known, ok := s.User(userID)
	if !ok {
		return user.ErrNotFound
	}
	change := UserChange{At: s.now()}
	if in.Name != nil {
		name := strings.TrimSpace(*in.Name)
		if err := checkName("name", name); err != nil {
			return err
		}
		change.Name = &name
	}
	if in.Email != nil {
		if email := normalEmail(*in.Email); email != known.Email {
			if err := checkEmail(email); err != nil {
				return err
			}
			change.Email = &email
		}
	}
	if in.Password != nil {
		if err := checkPassword("password", *in.Password); err != nil {
			return err
		}
	}
	if change.Email != nil || in.Password != nil {
		if err := s.confirm(ctx, known, in.CurrentPassword); err != nil {
			return err
		}
	}
	if in.Password != nil {
		hash, err := s.hasher.hash(ctx, *in.Password)
		if err != nil {
			return err
		}
		change.PasswordHash = &hash
	}
	if err := s.change(ctx, userID, change); err != nil {
		return err
	}
	if in.Password == nil {
		return nil
	}
	return s.revokeSessions(ctx, Selection{UserID: userID, Except: in.KeepSession})
}

// confirm wants the current password, if there is one: a session left open must not be
// enough to take the account over.
func (s *Service) confirm(ctx context.Context, u user.User, password string) error {
	if u.PasswordHash == "" {
		return nil
	}
	if err := s.allow(s.logins, ratelimit.Name(u.ID).For("confirm")); err != nil {
		return err
	}
	right, err := s.hasher.verify(ctx, u.PasswordHash, password)
	if err != nil {
		return err
	}
	if !right {
		return &FieldError{"currentPassword", "The current password is wrong."}
	}
	return nil
}

// change stores c and brings the result into memory.
func (s *Service) change(ctx context.Context, userID string, c UserChange) error {
	u, err := s.store.UpdateUser(ctx, userID, c)
	if errors.Is(err, user.ErrNotFound) || errors.Is(err, user.ErrExists) {
		return err
	} else if err != nil {
		return fmt.Errorf("update user %s: %w", userID, err)
	}
	s.people.put(u)
	return nil
}
