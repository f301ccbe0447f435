package workspace

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// MaxGrace is the longest time a deletion can be put off for.
const MaxGrace = time.Minute

// ErrTooLate: the workspace is being deleted already and cannot be kept.
var ErrTooLate = errors.New("workspace is being deleted already")

// DeleteAfter orders a workspace to be deleted when grace (up to MaxGrace) is over, unless
// Keep is called before; 0 deletes at once. Until then it takes every order as ever. One
// that is to be deleted earlier anyway stays so. Whichever process is up then deletes it.
func (s *Service) DeleteAfter(ctx context.Context, id string, grace time.Duration) (Workspace, error) {
	if grace < 0 || grace > MaxGrace {
		return Workspace{}, &InvalidError{"grace", fmt.Sprintf("must be 0 to %d seconds", MaxGrace/time.Second)}
	}
	if grace == 0 {
		return s.Delete(ctx, id)
	}
	w, err := s.order(ctx, id, func(w *Workspace) error {
		at := s.now().Add(grace)
		if !w.DeleteAt.IsZero() && !w.DeleteAt.After(at) {
			return errNothing
		}
		w.DeleteAt = at
		return nil
	})
	if errors.Is(err, ErrDeleting) {
		return w, nil
	}
	return w, err
}

// Keep takes a deletion back that is not due yet; of a workspace that is not to be deleted
// it changes nothing. Errors: ErrNotFound, ErrTooLate.
func (s *Service) Keep(ctx context.Context, id string) (Workspace, error) {
	w, err := s.order(ctx, id, func(w *Workspace) error {
		if w.DeleteAt.IsZero() {
			return errNothing
		}
		w.DeleteAt = time.Time{}
		return nil
	})
	if errors.Is(err, ErrDeleting) {
		return w, fmt.Errorf("keep workspace %s: %w", id, ErrTooLate)
	}
	return w, err
}

const (
	// dueEvery is how late a deletion may be.
	dueEvery = 500 * time.Millisecond
	// dueAgain is the pause after one that could not be written down.
	dueAgain = 5 * time.Second
)

// deleteDue orders the deletions that are due. Several processes may do so at once: the
// record takes the order of one.
func (s *Service) deleteDue(ctx context.Context) {
	now := s.now()
	s.mu.Lock()
	var due []string
	for id, at := range s.doomed {
		if !at.After(now) {
			due = append(due, id)
		}
	}
	s.mu.Unlock()
	for _, id := range due {
		_, err := s.order(ctx, id, func(w *Workspace) error {
			if w.DeleteAt.IsZero() || w.DeleteAt.After(s.now()) { // kept meanwhile, by whichever process
				return errNothing
			}
			return orderDelete(w)
		})
		if err != nil && !errors.Is(err, ErrDeleting) && !errors.Is(err, ErrNotFound) && ctx.Err() == nil {
			s.o.Log.Warn("workspace not deleted when it was due, trying again", "workspace", id, "err", err)
			s.mu.Lock()
			if _, ok := s.doomed[id]; ok {
				s.doomed[id] = now.Add(dueAgain)
			}
			s.mu.Unlock()
		}
	}
}

// doom keeps count of what is to be deleted later. Needs the lock.
func (s *Service) doom(w Workspace) {
	if w.DeleteAt.IsZero() {
		delete(s.doomed, w.ID)
		return
	}
	s.doomed[w.ID] = w.DeleteAt
}
