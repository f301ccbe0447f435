package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// maxTokens is more than a person can tell apart.
	maxTokens = 100
	// maxTokenTTL: beyond ten years say what is meant, until revoked.
	maxTokenTTL = 10 * 366 * 24 * time.Hour
	// shownPrefix is how much of a token lists show: 24 random bits of 256.
	shownPrefix = len(tokenPrefix) + 4
)

// CreateToken makes an API token for the user. secret is the token; it is nowhere else.
// ttl 0 means until revoked. *FieldError for a bad name or ttl, or too many tokens.
func (s *Service) CreateToken(ctx context.Context, userID, name string, ttl time.Duration) (secret string, t Token, err error) {
	name = strings.TrimSpace(name)
	if err := checkName("name", name); err != nil {
		return "", Token{}, err
	}
	if ttl < 0 || ttl > maxTokenTTL {
		return "", Token{}, &FieldError{"ttl", "Choose a time up to ten years, or 0 for a token that lasts until it is revoked."}
	}
	existing, err := s.Tokens(ctx, userID)
	if err != nil {
		return "", Token{}, err
	}
	if len(existing) >= maxTokens {
		return "", Token{}, &FieldError{"name", fmt.Sprintf("There are %d tokens already. Revoke one that is no longer used.", maxTokens)}
	}
	now := s.now()
	secret = tokenPrefix + newSecret()
	t = Token{ID: newID(), Hash: digestHex(secret), UserID: userID, Name: name, Prefix: secret[:shownPrefix], CreatedAt: now, UpdatedAt: now}
	if ttl > 0 {
		t.ExpiresAt = now.Add(ttl)
	}
	if err := s.store.CreateToken(ctx, t); err != nil {
		return "", Token{}, fmt.Errorf("create token of user %s: %w", userID, err)
	}
	s.tokens.apply([]record{t.record()}, now)
	s.log.Info("token created", "user", userID, "token", t.ID)
	t.Hash = ""
	return secret, t, nil
}

// Tokens returns the user's live tokens, the newest first, without their hashes.
func (s *Service) Tokens(ctx context.Context, userID string) ([]Token, error) {
	found, err := s.store.FindTokens(ctx, Query{UserID: userID})
	if err != nil {
		return nil, fmt.Errorf("read tokens of user %s: %w", userID, err)
	}
	now := s.now()
	live := slices.DeleteFunc(found, func(t Token) bool {
		return !t.RevokedAt.IsZero() || !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt)
	})
	for i := range live {
		live[i].Hash = ""
		live[i].LastUsedAt = s.tokens.lastUsed(live[i].ID, live[i].LastUsedAt)
	}
	slices.SortFunc(live, func(a, b Token) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return live, nil
}

// RevokeToken ends a token of the user; ErrNotFound if they have no such token.
func (s *Service) RevokeToken(ctx context.Context, userID, id string) error {
	if id == "" {
		return ErrNotFound
	}
	sel := Selection{UserID: userID, ID: id}
	s.tokens.revoke(sel)
	n, err := s.store.RevokeTokens(ctx, sel, s.now())
	if err != nil {
		return fmt.Errorf("revoke token %s: %w", id, err)
	}
	if n == 0 {
		return ErrNotFound
	}
	s.log.Info("token revoked", "user", userID, "token", id)
	return nil
}

func unixMilli(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
