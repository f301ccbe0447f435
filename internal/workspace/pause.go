package workspace

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// pauseAgainAfter is how long a workspace that could not be paused is left awake.
const pauseAgainAfter = 10 * time.Minute

// errClosed: the process ends.
var errClosed = errors.New("this process is shutting down")

// resumption is the wish that a paused workspace goes on, and what came of it. err is
// written before done is closed.
type resumption struct {
	done chan struct{}
	err  error
}

// Resume lets a paused workspace go on and waits until it does; nil, too, if it is not
// paused, whatever it is instead. Any number of callers wait for one and the same.
func (s *Service) Resume(ctx context.Context, id string) error {
	r := s.wishResumed(id)
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return fmt.Errorf("resume workspace %s: %w", id, ctx.Err())
	case <-s.ctx.Done():
		return fmt.Errorf("resume workspace %s: %w", id, errClosed)
	}
}

// Use notes that a workspace is used by something that needs it awake.
func (s *Service) Use(id string, at time.Time) {
	s.mu.Lock()
	paused := s.known[id].Paused
	s.mu.Unlock()
	if paused {
		s.wishResumed(id)
		return
	}
	s.Touch(id, at)
}

// wishResumed has the workspace's worker let it go on.
func (s *Service) wishResumed(id string) *resumption {
	s.mu.Lock()
	r := s.resumes[id]
	if r == nil {
		r = &resumption{done: make(chan struct{})}
		s.resumes[id] = r
	}
	s.mu.Unlock()
	s.kick(id, "")
	return r
}

// resumed tells those who wait for a resumption that there is nothing left to wait for.
func (s *Service) resumed(id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.resumes[id]; r != nil {
		r.err = err
		close(r.done)
		delete(s.resumes, id)
	}
}

// fulfil tells those who wait for r, and no later resumption, that it is done.
func (s *Service) fulfil(id string, r *resumption) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r != nil && s.resumes[id] == r {
		close(r.done)
		delete(s.resumes, id)
	}
}

// wished is what is to be done about a workspace beyond its record: nobody's order, and
// forgotten when the process ends. What begins forgets its wish (see [Service.begin]); all
// others are forgotten here.
func (s *Service) wished(rec Workspace, found []Container, todo action) action {
	if todo != nothing && todo != noting {
		return todo
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := current(rec, found)
	switch {
	case !ok || !runsIn(rec, c):
	case s.resumes[rec.ID] != nil && c.Paused:
		todo = resuming
	case todo == noting:
	case s.pauses[rec.ID] && !c.Paused && s.pausable(rec) && s.unusedFor(rec) > s.o.PauseTimeout:
		todo = pausing
	case s.suspect[rec.ID] && !c.Paused && s.o.Identify != nil:
		todo = checking
	}
	if todo != pausing {
		delete(s.pauses, rec.ID)
	}
	if todo != checking {
		delete(s.suspect, rec.ID)
	}
	return todo
}

// pausable reports whether a workspace is paused when it is unused for long enough. Needs
// the lock.
func (s *Service) pausable(w Workspace) bool {
	limit := s.o.PauseTimeout
	return w.Status == StatusRunning && !w.Paused && limit > 0 && (w.IdleTimeout <= 0 || limit < w.IdleTimeout) && !s.awake[w.ID].After(time.Now())
}

// pauseUnused has every workspace paused that was unused for long enough.
func (s *Service) pauseUnused() {
	var unused []string
	s.mu.Lock()
	for id, w := range s.known {
		if s.pausable(w) && s.unusedFor(w) > s.o.PauseTimeout {
			s.pauses[id] = true
			unused = append(unused, id)
		}
	}
	s.mu.Unlock()
	for _, id := range unused {
		s.kick(id, "")
	}
}

// pause writes down that a workspace is paused before it is: who comes from then on waits
// for it to go on again, and not for a container that stands still.
func (s *Service) pause(ctx context.Context, rec Workspace, c Container) error {
	rec.Paused = true
	rec, err := s.swap(ctx, rec)
	if err != nil {
		return err
	}
	s.mu.Lock()
	wanted := s.resumes[rec.ID] != nil || s.unusedFor(rec) <= s.o.PauseTimeout // somebody was quicker
	s.mu.Unlock()
	if !wanted {
		if err = s.o.Engine.Pause(ctx, c.ID); err == nil {
			s.o.Log.Info("workspace paused", "workspace", rec.ID, "container", c.ID)
			return nil
		}
		if ctx.Err() == nil {
			s.mu.Lock()
			s.awake[rec.ID] = time.Now().Add(pauseAgainAfter)
			s.mu.Unlock()
		}
		err = fmt.Errorf("pause workspace %s: %w", rec.ID, err)
	}
	rec.Paused = false
	_, swapErr := s.swap(ctx, rec)
	return errors.Join(err, swapErr)
}

// resume lets a workspace go on.
func (s *Service) resume(ctx context.Context, rec Workspace, c Container) error {
	began := time.Now()
	if err := s.o.Engine.Resume(ctx, c.ID); err != nil {
		err = fmt.Errorf("resume workspace %s: %w", rec.ID, err)
		s.resumed(rec.ID, err)
		return err
	}
	c.Paused = false
	if err := s.note(ctx, rec, c); err != nil {
		return err
	}
	s.resumed(rec.ID, nil)
	s.o.Log.Info("workspace resumed", "workspace", rec.ID, "container", c.ID, "elapsed", time.Since(began))
	return nil
}

// note writes down whether a workspace is paused. Going on counts as use: else it would be
// paused again at once.
func (s *Service) note(ctx context.Context, rec Workspace, c Container) error {
	rec.Paused = c.Paused
	if !c.Paused {
		rec.LastActiveAt = s.now()
	}
	_, err := s.swap(ctx, rec)
	return err
}
