package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/kalpana-dev/kalpana/internal/user"
)

// FindUser returns the person with this email; user.ErrNotFound if there is none who may
// sign in.
func (s *Service) FindUser(ctx context.Context, email string) (user.User, error) {
	email = normalEmail(email)
	if checkEmail(email) != nil {
		return user.User{}, user.ErrNotFound
	}
	u, err := s.store.UserByEmail(ctx, email)
	switch {
	case errors.Is(err, user.ErrNotFound), err == nil && u.Suspended:
		return user.User{}, user.ErrNotFound
	case err != nil:
		return user.User{}, fmt.Errorf("look for user %s: %w", email, err)
	}
	s.know(u)
	return u, nil
}

// HashPassword hashes the password of something that is no account, such as a link, the
// way passwords of accounts are, in PHC format. Err is *RateLimitedError if too many wait.
func (s *Service) HashPassword(ctx context.Context, password string) (phc string, err error) {
	return s.linkHasher.hash(ctx, password)
}

// CheckPassword compares password with what HashPassword returned, like it.
func (s *Service) CheckPassword(ctx context.Context, phc, password string) (bool, error) {
	return s.linkHasher.verify(ctx, phc, password)
}
