package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/user"
)

// EnsureUser returns the user with this email, creating them without a password if there
// is none, who then has it verified: the operator named it. One who is there already may
// have chosen it themselves, so that stays as it is. admin makes them an administrator; false leaves them what they are. Errors:
// *FieldError, ErrSuspended.
func (s *Service) EnsureUser(ctx context.Context, email string, admin bool) (user.User, error) {
	email = normalEmail(email)
	if err := checkEmail(email); err != nil {
		return user.User{}, err
	}
	for {
		u, err := s.store.UserByEmail(ctx, email)
		if errors.Is(err, user.ErrNotFound) {
			name, _, _ := strings.Cut(email, "@")
			u = s.newUser(email, name)
			u.Admin, u.VerifiedEmail = admin, email
			if err = s.create(ctx, u, ""); errors.Is(err, user.ErrExists) {
				continue // another gateway was first: then that one is the user
			}
			return u, err
		} else if err != nil {
			return user.User{}, fmt.Errorf("look for user %s: %w", email, err)
		}
		s.know(u)
		if u.Suspended {
			return user.User{}, ErrSuspended
		}
		if admin && !u.Admin {
			if err := s.change(ctx, u.ID, UserChange{Admin: &admin, At: s.now()}); err != nil {
				return user.User{}, err
			}
			u.Admin = true
		}
		return u, nil
	}
}

func byAge(a, b user.User) int {
	return cmp.Or(cmp.Compare(a.CreatedAt.UnixMilli(), b.CreatedAt.UnixMilli()), cmp.Compare(a.ID, b.ID))
}

// SetSuspended locks a person out or lets them in again. Suspension ends all sessions;
// API tokens sleep until it is lifted. ErrLastAdmin for the last administrator.
func (s *Service) SetSuspended(ctx context.Context, userID string, suspended bool) error {
	if suspended {
		if err := s.keepsAdmin(userID); err != nil {
			return err
		}
	}
	if err := s.change(ctx, userID, UserChange{Suspended: &suspended, At: s.now()}); err != nil {
		return err
	}
	s.log.Info("suspension changed", "user", userID, "suspended", suspended)
	if !suspended {
		return nil
	}
	return s.revokeSessions(ctx, Selection{UserID: userID})
}

// SetAdmin makes a person an administrator, or no longer one. ErrLastAdmin for the last.
func (s *Service) SetAdmin(ctx context.Context, userID string, admin bool) error {
	if !admin {
		if err := s.keepsAdmin(userID); err != nil {
			return err
		}
	}
	if err := s.change(ctx, userID, UserChange{Admin: &admin, At: s.now()}); err != nil {
		return err
	}
	s.log.Info("administrator changed", "user", userID, "admin", admin)
	return nil
}

// Limits are what one person may have, where it differs from what everybody may. Fields that
// are nil stay as they are; 0 is the installation's limit, below 0 is nothing at all.
type Limits struct {
	MaxWorkspaces *int
	// DayBudget is in billionths of a US dollar.
	DayBudget *int64
}

// SetLimits changes a person's limits.
func (s *Service) SetLimits(ctx context.Context, userID string, l Limits) error {
	if err := s.change(ctx, userID, UserChange{MaxWorkspaces: l.MaxWorkspaces, DayBudget: l.DayBudget, At: s.now()}); err != nil {
		return err
	}
	s.log.Info("limits changed", "user", userID)
	return nil
}

// MayLose returns ErrLastAdmin for the only administrator there is.
func (s *Service) MayLose(userID string) error { return s.keepsAdmin(userID) }

// keepsAdmin refuses to take away the only administrator there is. Two gateways that
// each take one of two away are not stopped; a login link makes a new one then.
func (s *Service) keepsAdmin(userID string) error {
	others := false
	for id, p := range *s.people.byID.Load() {
		others = others || id != userID && p.Admin && !p.Suspended
	}
	if p := s.people.get(userID); p != nil && p.Admin && !others {
		return ErrLastAdmin
	}
	return nil
}
