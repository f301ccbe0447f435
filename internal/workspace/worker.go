package workspace

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// worker brings one workspace to its record. There is at most one per workspace in a
// process, and by the claim in the record at most one that acts among all processes.
type worker struct {
	again     chan struct{}      // holds a token when there is news
	acting    Desired            // what it works towards, "" between actions; guarded by Service.mu
	interrupt context.CancelFunc // ends the action; guarded by Service.mu
}

// errClaimed: another process works on it.
var errClaimed = errors.New("another process works on it")

// kick makes sure that a workspace is looked at. An action towards something else than
// desired is cut off; with an empty desired nothing is.
func (s *Service) kick(id string, desired Desired) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || id == "" {
		return
	}
	w, ok := s.workers[id]
	if ok {
		select {
		case w.again <- struct{}{}:
		default:
		}
		if w.acting != "" && desired != "" && w.acting != desired {
			w.interrupt()
		}
		return
	}
	w = &worker{again: make(chan struct{}, 1)}
	if len(s.workers) == 0 {
		s.idle = make(chan struct{})
	}
	s.workers[id] = w
	s.running.Go(func() { s.work(id, w) })
}

func (s *Service) working(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.workers[id] != nil
}

// work looks and acts until there is nothing to do.
func (s *Service) work(id string, w *worker) {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.drop(id, w)
	}()
	claim := &claim{s: s, id: id}
	defer claim.release()
	const firstPause, longestPause = 50 * time.Millisecond, 5 * time.Second
	pause := firstPause
	for s.ctx.Err() == nil {
		done, err := s.step(id, w, claim)
		switch {
		case err == nil && !done, errors.Is(err, ErrConflict):
			pause = firstPause
			continue
		case err == nil:
			claim.release()
			if s.finish(id, w) {
				return
			}
			continue
		case errors.Is(err, errClaimed):
			pause = min(pause, time.Second)
		case s.ctx.Err() == nil:
			s.o.Log.Warn("workspace not brought to its record, trying again", "workspace", id, "err", err)
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, longestPause)
		case <-w.again:
		case <-s.ctx.Done():
		}
	}
}

// finish ends a worker unless there is news.
func (s *Service) finish(id string, w *worker) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-w.again:
		return false
	default:
	}
	s.drop(id, w) // before the lock is given up: who kicks next starts a new one
	return true
}

// drop takes a worker off the books; again does nothing. Needs the lock.
func (s *Service) drop(id string, w *worker) {
	if s.workers[id] != w {
		return
	}
	delete(s.workers, id)
	if len(s.workers) == 0 {
		close(s.idle)
	}
}

// step does one thing towards the record; done if there is nothing to do.
func (s *Service) step(id string, w *worker, claim *claim) (done bool, err error) {
	select {
	case <-w.again: // what it tells is read below
	default:
	}
	s.mu.Lock()
	wish := s.resumes[id] // what is wished from here on waits for the next step
	s.mu.Unlock()
	rec, err := s.o.Store.Get(s.ctx, id)
	if errors.Is(err, ErrNotFound) {
		s.gone(id)
		s.resumed(id, err)
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("read workspace %s: %w", id, err)
	}
	s.see(rec)
	found, err := s.o.Engine.Find(s.ctx, id)
	if err != nil && restful(rec) {
		s.resumed(id, err)
		return true, nil // it should be as it was; the next pass sees whether it is
	}
	if err != nil && (rec.Desired != DesiredRunning || s.ctx.Err() != nil || s.restarting(id)) {
		return false, fmt.Errorf("look for containers of workspace %s: %w", id, err)
	}
	todo := plan(rec, found)
	if err != nil {
		todo = failing // a start that cannot even look
	}
	if err == nil {
		todo = s.wished(rec, found, todo)
	}
	if todo == nothing {
		s.fulfil(id, wish)
		return true, nil
	}
	if held, err := claim.take(); err != nil {
		return false, fmt.Errorf("claim workspace %s: %w", id, err)
	} else if !held {
		return false, errClaimed
	}
	ctx, act := s.begin(w, claim, rec, todo)
	if !act {
		return false, nil
	}
	defer s.end(w)
	err = s.act(ctx, w, rec, found, todo, err)
	if err != nil && ctx.Err() != nil && s.ctx.Err() == nil {
		return false, nil // cut off by a new order, or the claim was lost: look again
	}
	return false, err
}

// begin announces an action, unless there is news that may forbid it: then whoever wished it
// goes on wishing it.
func (s *Service) begin(w *worker, claim *claim, rec Workspace, todo action) (context.Context, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(w.again) > 0 {
		return nil, false
	}
	ctx, cancel := context.WithCancel(claim.ctx)
	w.acting, w.interrupt = rec.Desired, cancel
	switch todo {
	case pausing:
		delete(s.pauses, rec.ID)
	case checking:
		delete(s.suspect, rec.ID)
	}
	return ctx, true
}

func (s *Service) end(w *worker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.interrupt()
	w.acting = ""
}
