package github

import (
	"context"
	"fmt"
	"net/url"
	"sync"
)

// refreshes are those under way, by refresh token.
type refreshes struct {
	mu      sync.Mutex
	running map[tokenHash]*refresh
}

type refresh struct {
	done  chan struct{}
	token Token
	err   error
}

// Refresh makes a new token of a refresh token, which with the old access token is void
// from then on: store the result, whatever became of the request that needed it. For the
// same reason ctx does not end what was sent: it takes up to 15 seconds. Calls with the
// same refresh token at the same time share one result. ErrTokenRevoked if the person has
// to connect again.
func (c *Client) Refresh(ctx context.Context, refreshToken string) (Token, error) {
	const what = "refresh of the token"
	if !sendable(refreshToken) {
		return Token{}, fmt.Errorf("%s: %w", what, ErrTokenRevoked)
	}
	if ctx.Err() != nil {
		return Token{}, fmt.Errorf("%s: %w", what, context.Cause(ctx))
	}
	key := hash(refreshToken)
	c.refreshes.mu.Lock()
	r := c.refreshes.running[key]
	first := r == nil
	if first {
		r = &refresh{done: make(chan struct{})}
		if c.refreshes.running == nil {
			c.refreshes.running = map[tokenHash]*refresh{}
		}
		c.refreshes.running[key] = r
	}
	c.refreshes.mu.Unlock()
	if !first {
		select {
		case <-r.done:
			return r.token, r.err
		case <-ctx.Done():
			return Token{}, fmt.Errorf("%s: %w", what, context.Cause(ctx))
		}
	}
	defer func() {
		c.refreshes.mu.Lock()
		delete(c.refreshes.running, key)
		c.refreshes.mu.Unlock()
		close(r.done)
	}()
	r.token, r.err = c.token(context.WithoutCancel(ctx), what, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}})
	return r.token, r.err
}
