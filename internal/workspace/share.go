package workspace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// maxShares bounds the record; what more people need is not one person's workspace.
const maxShares = 50

// Share gives a person a right, in place of the one they had; an until of zero has no end.
// Errors: ErrNotFound, ErrDeleting, *InvalidError.
func (s *Service) Share(ctx context.Context, id, userID string, right Right, until time.Time) (Workspace, error) {
	if right != RightView && right != RightUse && right != RightEdit {
		return Workspace{}, &InvalidError{"right", "must be view, use or edit"}
	}
	now := s.now()
	if until = until.UTC().Truncate(time.Millisecond); !until.IsZero() && !until.After(now) {
		return Workspace{}, &InvalidError{"until", "must be in the future"}
	}
	return s.order(ctx, id, func(w *Workspace) error {
		if userID == "" || userID == w.OwnerID {
			return &InvalidError{"email", "is the owner's, who may do everything anyway"}
		}
		next := Share{UserID: userID, Right: right, Until: until, CreatedAt: now}
		shares := w.LiveShares(now)
		i, found := slices.BinarySearchFunc(shares, userID, compareShare)
		if found {
			next.CreatedAt = shares[i].CreatedAt
			if shares[i] == next {
				return errNothing
			}
			shares[i] = next
		} else {
			if len(shares) >= maxShares {
				return &InvalidError{"email", fmt.Sprintf("%d people share this workspace already; remove somebody first", maxShares)}
			}
			shares = slices.Insert(shares, i, next)
		}
		w.Shares = shares
		return nil
	})
}

// ErrNotShared: the workspace is not shared with that person, or has no such link.
var ErrNotShared = errors.New("not shared like this")

// Unshare takes a person's right away; what they have open ends within seconds. Errors:
// ErrNotFound, ErrDeleting, ErrNotShared.
func (s *Service) Unshare(ctx context.Context, id, userID string) (Workspace, error) {
	return s.order(ctx, id, func(w *Workspace) error {
		i, found := slices.BinarySearchFunc(w.Shares, userID, compareShare)
		if !found {
			return fmt.Errorf("end the share of workspace %s with %s: %w", id, userID, ErrNotShared)
		}
		w.Shares = slices.Delete(slices.Clone(w.Shares), i, i+1)
		return nil
	})
}

// Right is what a person may do with a workspace as far as this process has heard, which
// is all it did itself, and what other processes did up to some two seconds ago. It asks
// nobody, for what looks again and again.
func (s *Service) Right(id, userID string) Right {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.known[id]
	if !ok {
		return RightNone
	}
	return w.RightOf(userID, time.Now())
}

// dropEnded removes shares and links whose time is over, so that everybody concerned is
// told. Nothing depends on it: they do not count from that moment anyway.
func (s *Service) dropEnded(ctx context.Context) {
	now := time.Now()
	if now.Before(s.endAgain) {
		return
	}
	var ended []string
	s.mu.Lock()
	for id, w := range s.known {
		if w.Desired != DesiredDeleted && w.sharingEnded(now) {
			ended = append(ended, id)
		}
	}
	s.mu.Unlock()
	for _, id := range ended {
		_, err := s.order(ctx, id, func(w *Workspace) error {
			if !w.sharingEnded(now) {
				return errNothing // another process was first
			}
			w.Shares, w.Links = w.LiveShares(now), w.LiveLinks(now)
			return nil
		})
		if err != nil && !errors.Is(err, ErrDeleting) && !errors.Is(err, ErrNotFound) && ctx.Err() == nil {
			s.o.Log.Warn("ended shares not removed, trying again", "workspace", id, "err", err)
			s.endAgain = now.Add(dueAgain)
			return
		}
	}
}

func (w *Workspace) sharingEnded(now time.Time) bool {
	return slices.ContainsFunc(w.Shares, func(s Share) bool { return !s.Live(now) }) ||
		slices.ContainsFunc(w.Links, func(l PortLink) bool { return !l.Live(now) })
}
