package gitaccess

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/kalpana-dev/kalpana/internal/github"
)

const (
	// margin is how long a token must still be good: a long clone asks once.
	margin = 10 * time.Minute
	// claimLife is longer than a refresh can take at GitHub.
	claimLife = 25 * time.Second
	// claimPoll is how often the result of another gateway is looked for.
	claimPoll = 100 * time.Millisecond
	// storeAgain and storeTries are for a database that is away when a new token comes.
	storeAgain = 500 * time.Millisecond
	storeTries = 20
)

var (
	// errMoved: the pair of tokens is not the current one any more.
	errMoved = errors.New("connection has changed")
	// errClaimed: another gateway is refreshing the token.
	errClaimed = errors.New("token is being refreshed")
)

// Token returns the user's access token, refreshed if it has expired or is about to.
// ErrNotConnected, *ReconnectError, or GitHub's error if it does not answer.
func (s *Service) Token(ctx context.Context, userID string) (string, error) {
	access, _, err := s.current(ctx, userID)
	return access, err
}

// current returns the token and the name of its pair.
func (s *Service) current(ctx context.Context, userID string) (access, grant string, err error) {
	c, err := s.connection(ctx, userID)
	if err != nil {
		return "", "", err
	}
	access, err = s.open(ctx, c)
	if err != nil {
		return "", "", err
	}
	if c.Expires.IsZero() || s.now().Add(margin).Before(c.Expires) {
		return access, c.Grant, nil
	}
	next, err := s.refresh(ctx, c)
	if err != nil && !errors.Is(err, ErrReconnect) && s.now().Before(c.Expires) {
		s.log.Warn("GitHub token not refreshed yet", "user", userID, "err", err)
		return access, c.Grant, nil
	}
	if err != nil {
		return "", "", err
	}
	access, err = s.open(ctx, next)
	return access, next.Grant, err
}

// open returns the access token of c, which may have expired.
func (s *Service) open(ctx context.Context, c Connection) (string, error) {
	if c.Problem != "" {
		return "", &ReconnectError{c.Problem}
	}
	plain, err := s.o.Box.Open(purposeToken, accessPlace(c.UserID), c.Access)
	if err != nil {
		s.log.Error("a stored GitHub token does not open", "user", c.UserID, "err", err)
		if err := s.fault(ctx, c.UserID, c.Grant, sealProblem); err != nil {
			return "", err
		}
		return "", &ReconnectError{sealProblem}
	}
	return string(plain), nil
}

// refresh returns the connection that follows c. Callers in this process share one attempt,
// which goes on without them: what GitHub gives must be stored.
func (s *Service) refresh(ctx context.Context, c Connection) (Connection, error) {
	done := s.refreshes.DoChan(c.UserID+" "+c.Grant, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*claimLife)
		defer cancel()
		return s.succeed(ctx, c)
	})
	select {
	case r := <-done:
		next, _ := r.Val.(Connection)
		return next, r.Err
	case <-ctx.Done():
		return Connection{}, fmt.Errorf("refresh of the GitHub token of user %s: %w", c.UserID, context.Cause(ctx))
	}
}

// succeed claims the refresh token of c, or waits for the gateway that has.
func (s *Service) succeed(ctx context.Context, c Connection) (Connection, error) {
	tick := time.NewTicker(claimPoll)
	defer tick.Stop()
	for {
		now := s.now()
		claimed, err := s.o.Store.ChangeConnection(ctx, c.UserID, func(n *Connection) (bool, error) {
			switch {
			case n.Grant != c.Grant || n.Problem != "":
				return false, errMoved
			case n.ClaimedBy != "" && now.Before(n.ClaimedUntil):
				return false, errClaimed
			}
			n.ClaimedBy, n.ClaimedUntil = s.name, now.Add(claimLife)
			return true, nil
		})
		switch {
		case err == nil:
			return s.exchange(ctx, claimed)
		case errors.Is(err, errMoved):
			return s.successor(ctx, c.UserID)
		case !errors.Is(err, errClaimed):
			return Connection{}, fmt.Errorf("claim the refresh of the GitHub token of user %s: %w", c.UserID, err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return Connection{}, fmt.Errorf("wait for another gateway that refreshes the GitHub token of user %s: %w", c.UserID, context.Cause(ctx))
		}
	}
}

// successor is what another gateway, or the user by connecting again, made of a connection.
func (s *Service) successor(ctx context.Context, userID string) (Connection, error) {
	c, err := s.connection(ctx, userID)
	if err == nil && c.Problem != "" {
		err = &ReconnectError{c.Problem}
	}
	return c, err
}

// exchange uses the refresh token of c, which this Service has claimed.
func (s *Service) exchange(ctx context.Context, c Connection) (Connection, error) {
	refresh, err := s.o.Box.Open(purposeToken, refreshPlace(c.UserID), c.Refresh)
	if err != nil { // none is there as well: the token expires for good
		problem := sealProblem
		if len(c.Refresh) == 0 {
			problem = revokedProblem
		}
		return Connection{}, errors.Join(s.fault(ctx, c.UserID, c.Grant, problem), &ReconnectError{problem})
	}
	t, err := s.o.GitHub.Refresh(ctx, string(refresh))
	if errors.Is(err, github.ErrTokenRevoked) {
		// A gateway whose claim ran out may have used it all the same.
		if now, e := s.connection(ctx, c.UserID); e == nil && now.Grant != c.Grant {
			return now, nil
		}
		return Connection{}, errors.Join(s.fault(ctx, c.UserID, c.Grant, revokedProblem), &ReconnectError{revokedProblem})
	}
	if err != nil {
		s.unclaim(ctx, c)
		return Connection{}, fmt.Errorf("refresh of the GitHub token of user %s: %w", c.UserID, err)
	}
	next, err := s.replace(ctx, c, t)
	if errors.Is(err, errMoved) { // disconnected or connected anew meanwhile
		s.drop(ctx, c.UserID, t.Access)
		return s.successor(ctx, c.UserID)
	}
	if err != nil {
		return Connection{}, fmt.Errorf("store the refreshed GitHub token of user %s: %w", c.UserID, err)
	}
	s.log.Info("GitHub token refreshed", "user", c.UserID)
	return next, nil
}

// replace stores what followed the tokens of c, which are void now. It tries for a while: if
// it fails, the user has to connect again.
func (s *Service) replace(ctx context.Context, c Connection, t github.Token) (next Connection, err error) {
	again := time.NewTicker(storeAgain)
	defer again.Stop()
	for range storeTries {
		next, err = s.o.Store.ChangeConnection(ctx, c.UserID, func(n *Connection) (bool, error) {
			if n.Grant != c.Grant {
				return false, errMoved
			}
			n.Grant = rand.Text()
			s.seal(n, t)
			n.Problem, n.ClaimedBy, n.ClaimedUntil = "", "", time.Time{}
			return true, nil
		})
		if err == nil || errors.Is(err, errMoved) {
			return next, err
		}
		s.log.Warn("refreshed GitHub token not stored yet", "user", c.UserID, "err", err)
		select {
		case <-again.C:
		case <-ctx.Done():
			return next, err
		}
	}
	return next, err
}

// unclaim lets others try at once.
func (s *Service) unclaim(ctx context.Context, c Connection) {
	_, err := s.o.Store.ChangeConnection(ctx, c.UserID, func(n *Connection) (bool, error) {
		if n.Grant != c.Grant || n.ClaimedBy != s.name {
			return false, errMoved
		}
		n.ClaimedBy, n.ClaimedUntil = "", time.Time{}
		return true, nil
	})
	if err != nil && !errors.Is(err, errMoved) {
		s.log.Warn("claim on a GitHub token runs out by itself", "user", c.UserID, "err", err)
	}
}

// refused finds out what a refusal of a user's token means. It returns nil if there is a
// newer token to try, and *ReconnectError if there is none.
func (s *Service) refused(ctx context.Context, userID, grant string) error {
	c, err := s.connection(ctx, userID)
	if err != nil {
		return err
	}
	switch {
	case c.Grant != grant:
		return nil // refreshed or connected anew meanwhile
	case c.Problem != "":
		return &ReconnectError{c.Problem}
	case len(c.Refresh) > 0:
		// GitHub's clock counts, not ours.
		_, err := s.refresh(ctx, c)
		return err
	}
	if err := s.fault(ctx, userID, grant, revokedProblem); err != nil {
		return err
	}
	return &ReconnectError{revokedProblem}
}

// with calls do with the user's token, once more if it was refused and there is another.
func (s *Service) with(ctx context.Context, userID string, do func(token string) error) error {
	for again := false; ; again = true {
		access, grant, err := s.current(ctx, userID)
		if err != nil {
			return err
		}
		if err = do(access); !errors.Is(err, github.ErrTokenRevoked) {
			return err
		}
		if e := s.refused(ctx, userID, grant); e != nil {
			return e
		}
		if again {
			return err
		}
	}
}
