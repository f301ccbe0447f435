package identity

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/user"
)

// EnsureUser returns the user with this email, creating them without a password if there
// is none. admin makes them an administrator; false leaves them what they are. Errors:
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
			u.Admin = admin
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

// Users returns up to limit people (1 to 200), the oldest account first, from memory.
// next is the cursor of the following page, "" at the end.
func (s *Service) Users(_ context.Context, limit int, cursor string) (page []user.User, next string, err error) {
	limit = min(max(limit, 1), 200)
	var after user.User
	if cursor != "" {
		if after, err = decodeCursor(cursor); err != nil {
			return nil, "", err
		}
	}
	var all []user.User
	for _, p := range *s.people.byID.Load() {
		if cursor == "" || byAge(p.User, after) > 0 {
			all = append(all, p.User)
		}
	}
	slices.SortFunc(all, byAge)
	if len(all) > limit {
		all = all[:limit]
		last := all[limit-1]
		next = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", last.CreatedAt.UnixMilli(), last.ID))
	}
	return all, next, nil
}

func byAge(a, b user.User) int {
	return cmp.Or(cmp.Compare(a.CreatedAt.UnixMilli(), b.CreatedAt.UnixMilli()), cmp.Compare(a.ID, b.ID))
}

func decodeCursor(cursor string) (user.User, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	ms, id, ok := strings.Cut(string(raw), " ")
	at, err2 := strconv.ParseInt(ms, 10, 64)
	if err != nil || err2 != nil || !ok {
		return user.User{}, &FieldError{"cursor", "Use a cursor as a page before returned it."}
	}
	return user.User{ID: id, CreatedAt: unixMilli(at)}, nil
}

// SetSuspended locks a person out or lets them in again. Suspension ends all sessions;
// API tokens sleep until it is lifted. *FieldError for the last administrator.
func (s *Service) SetSuspended(ctx context.Context, userID string, suspended bool) error {
	if suspended {
		if err := s.keepsAdmin("suspended", userID); err != nil {
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

// SetAdmin makes a person an administrator, or no longer one. *FieldError for the last.
func (s *Service) SetAdmin(ctx context.Context, userID string, admin bool) error {
	if !admin {
		if err := s.keepsAdmin("admin", userID); err != nil {
			return err
		}
	}
	if err := s.change(ctx, userID, UserChange{Admin: &admin, At: s.now()}); err != nil {
		return err
	}
	s.log.Info("administrator changed", "user", userID, "admin", admin)
	return nil
}

// keepsAdmin refuses to take away the only administrator there is. Two gateways that
// each take one of two away are not stopped; a login link makes a new one then.
func (s *Service) keepsAdmin(field, userID string) error {
	others := false
	for id, p := range *s.people.byID.Load() {
		others = others || id != userID && p.Admin && !p.Suspended
	}
	if p := s.people.get(userID); p != nil && p.Admin && !others {
		return &FieldError{field, "This is the only administrator. Make somebody else one first."}
	}
	return nil
}
