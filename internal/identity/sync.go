package identity

import (
	"context"
	"fmt"
	"time"
)

const (
	// pollEvery keeps a revocation made at another gateway visible here within four
	// seconds even when a poll takes as long as the pause.
	pollEvery = 2 * time.Second
	// pollOverlap is how much the clocks of gateways that share a database may differ.
	pollOverlap = 30 * time.Second
	// reloadEvery heals what a worse clock hid; records stay longer than this after they end.
	reloadEvery = time.Minute
	// keepEnded is how long revoked and expired records stay for other gateways to see.
	keepEnded = time.Hour
)

// Run keeps memory and store in step until ctx ends; it then stores what is unwritten.
func (s *Service) Run(ctx context.Context) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	var reloaded, purged time.Time
	read := s.now() // when the last poll that could read began: later ones go on from there
	healthy := true
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
			defer cancel()
			if err := s.flush(last, true); err != nil {
				s.log.Warn("times of last use are lost", "err", err)
			}
			s.transport.CloseIdleConnections()
			return
		case <-ticker.C:
		}
		begun := s.now()
		since := read.Add(-pollOverlap)
		if time.Since(reloaded) >= reloadEvery {
			since = time.Time{}
		}
		err := s.poll(ctx, since)
		if err == nil {
			read = begun
			if since.IsZero() {
				reloaded = time.Now()
			}
		}
		now := s.now()
		s.sessions.sweep(now)
		s.tokens.sweep(now)
		if err == nil {
			err = s.flush(ctx, false)
		}
		if err == nil && time.Since(purged) >= time.Minute {
			err = s.purge(ctx)
			purged = time.Now()
		}
		if ctx.Err() == nil && (err == nil) != healthy {
			healthy = err == nil
			if healthy {
				s.log.Info("sessions are in step with the database again")
			} else {
				s.log.Warn("changes made by other gateways are not seen", "err", err)
			}
		}
	}
}

// poll merges what changed at or after since.
func (s *Service) poll(ctx context.Context, since time.Time) error {
	// People first: a session is live only if its user is known.
	begun := s.people.begin()
	users, err := s.store.UsersSince(ctx, since)
	if err != nil {
		return fmt.Errorf("read users: %w", err)
	}
	s.people.merge(begun, users)
	sessions, err := s.store.FindSessions(ctx, Query{Since: since})
	if err != nil {
		return fmt.Errorf("read sessions: %w", err)
	}
	s.sessions.apply(records(sessions), s.now())
	tokens, err := s.store.FindTokens(ctx, Query{Since: since})
	if err != nil {
		return fmt.Errorf("read tokens: %w", err)
	}
	s.tokens.apply(records(tokens), s.now())
	return nil
}

func records[T interface{ record() record }](in []T) []record {
	out := make([]record, len(in))
	for i, x := range in {
		out[i] = x.record()
	}
	return out
}

// flush writes times of last use.
func (s *Service) flush(ctx context.Context, every bool) error {
	now := s.now()
	if uses := s.sessions.unflushed(now, every); len(uses) > 0 {
		if err := s.store.TouchSessions(ctx, uses, now); err != nil {
			return fmt.Errorf("write when sessions were last seen: %w", err)
		}
		s.sessions.markFlushed(uses)
	}
	if uses := s.tokens.unflushed(now, every); len(uses) > 0 {
		if err := s.store.TouchTokens(ctx, uses, now); err != nil {
			return fmt.Errorf("write when tokens were last used: %w", err)
		}
		s.tokens.markFlushed(uses)
	}
	if seen := s.unseen(every); len(seen) > 0 {
		if err := s.store.TouchUsers(ctx, seen); err != nil {
			return fmt.Errorf("write when people were last seen: %w", err)
		}
		s.people.seen(seen)
	}
	return nil
}

func (s *Service) purge(ctx context.Context) error {
	gone := s.now().Add(-keepEnded)
	if err := s.store.PurgeLogins(ctx, gone, gone.Add(-idleLimit)); err != nil {
		return fmt.Errorf("delete what has ended: %w", err)
	}
	return nil
}
