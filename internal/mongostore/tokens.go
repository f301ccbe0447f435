package mongostore

import (
	"context"
	"time"

	"github.com/kalpana-dev/kalpana/internal/identity"
)

// CreateToken adds an API token.
func (s *Store) CreateToken(ctx context.Context, t identity.Token) error {
	_, err := s.db.Collection("tokens").InsertOne(ctx, t)
	return translate(err, nil, nil)
}

// FindTokens returns the tokens that q selects, revoked ones too.
func (s *Store) FindTokens(ctx context.Context, q identity.Query) ([]identity.Token, error) {
	return findAll[identity.Token](ctx, s, "tokens", queryFilter(q))
}

// RevokeTokens marks the live tokens in sel as revoked and returns how many there were.
func (s *Store) RevokeTokens(ctx context.Context, sel identity.Selection, at time.Time) (int64, error) {
	return s.revoke(ctx, "tokens", sel, at)
}

// TouchTokens records when tokens were last used.
func (s *Store) TouchTokens(ctx context.Context, used map[string]time.Time, at time.Time) error {
	return s.touch(ctx, "tokens", "lastUsedAt", used, at)
}
