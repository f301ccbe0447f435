package workspace

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Touch notes that a workspace was used. It is cheap and may be called for every request.
// A paused workspace is not used, whatever still comes over open connections.
func (s *Service) Touch(id string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known[id].Paused && at.After(s.active[id]) {
		s.active[id], s.touched[id] = at, at
	}
}

// LastActive is when w was used last, as far as this process knows or w says.
func (s *Service) LastActive(w Workspace) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.active[w.ID]; at.After(w.LastActiveAt) {
		return at.UTC()
	}
	return w.LastActiveAt
}

// flush writes down what was touched since the last time; what cannot be written stays for the next.
func (s *Service) flush(ctx context.Context) error {
	s.mu.Lock()
	touched := s.touched
	s.touched = map[string]time.Time{}
	s.mu.Unlock()
	var failed []error
	for id, at := range touched {
		if err := s.o.Store.Touch(ctx, id, at.UTC()); err != nil {
			failed = append(failed, fmt.Errorf("note use of workspace %s: %w", id, err))
			s.mu.Lock()
			if _, newer := s.touched[id]; !newer {
				s.touched[id] = at
			}
			s.mu.Unlock()
		}
	}
	err := errors.Join(failed...)
	if err != nil {
		s.o.Log.Warn("use of workspaces not written down", "err", err)
	}
	return err
}

const (
	// askEvery is how often the bridge of a workspace that looks unused is asked, at most:
	// often enough for the time of the stop that people are shown.
	askEvery = time.Minute
	// askTimeout is ample on loopback. A bridge that does not answer keeps nothing running.
	askTimeout = time.Second
	// asksAtOnce bounds how long hundreds of bridges that do not answer hold the others up.
	asksAtOnce = 16
)

// askBridges takes in the use that passes by no gateway: of workspaces that are past half
// of their time now and then, and of those about to be stopped in any case.
func (s *Service) askBridges(ctx context.Context) {
	now := time.Now()
	var ask []Workspace
	s.mu.Lock()
	for id, w := range s.known {
		unused, limit := s.unusedFor(w), w.IdleTimeout
		if s.pausable(w) {
			limit = s.o.PauseTimeout
		}
		switch {
		case w.Status != StatusRunning || w.Paused || limit <= 0: // one that is paused does nothing and could not answer
			delete(s.asked, id)
		case unused > limit, unused > limit/2 && now.Sub(s.asked[id]) >= min(askEvery, limit/4):
			s.asked[id] = now
			ask = append(ask, w)
		}
	}
	for id := range s.asked {
		if _, ok := s.known[id]; !ok {
			delete(s.asked, id)
		}
	}
	s.mu.Unlock()
	var all sync.WaitGroup
	slots := make(chan struct{}, asksAtOnce)
	for _, w := range ask {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			ctx, cancel := context.WithTimeout(ctx, askTimeout)
			defer cancel()
			at, err := s.o.LastUse(ctx, w.AgentPort, s.o.Key(w.ID, w.Epoch))
			if err != nil {
				s.o.Log.Debug("bridge not asked for use", "workspace", w.ID, "err", err)
				return
			}
			if at.After(time.Now()) { // what a container says is not believed beyond that
				at = time.Now()
			}
			s.Touch(w.ID, at)
		})
	}
	all.Wait()
}

// stopIdle orders every workspace to stop that was unused for longer than it wants to run unused.
func (s *Service) stopIdle(ctx context.Context) {
	s.mu.Lock()
	var idle []string
	for id, w := range s.known {
		if s.unused(w) {
			idle = append(idle, id)
		}
	}
	s.mu.Unlock()
	for _, id := range idle {
		// Asked again with the stored record: another process may have seen use.
		_, err := s.order(ctx, id, func(w *Workspace) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if !s.unused(*w) {
				return errNothing
			}
			return s.orderStop(w, "stopped after "+short(w.IdleTimeout)+" without use")
		})
		if err != nil && !errors.Is(err, ErrDeleting) && !errors.Is(err, ErrNotFound) && ctx.Err() == nil {
			s.o.Log.Warn("unused workspace not stopped", "workspace", id, "err", err)
		}
	}
}

// unused needs the lock.
func (s *Service) unused(w Workspace) bool {
	return w.Status == StatusRunning && w.IdleTimeout > 0 && s.unusedFor(w) > w.IdleTimeout
}

// unusedFor needs the lock.
func (s *Service) unusedFor(w Workspace) time.Duration {
	last := w.LastActiveAt
	for _, t := range []time.Time{s.active[w.ID], s.floor} {
		if t.After(last) {
			last = t
		}
	}
	return time.Since(last)
}

func (s *Service) resetFloor() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.floor = time.Now()
}

// clockWatch tells when the wall clock was set, or the machine slept: then times written
// down before say nothing about use, and everything would look unused.
type clockWatch struct{ last time.Time }

func newClockWatch() *clockWatch { return &clockWatch{time.Now()} }

func (c *clockWatch) jumped() bool {
	now := time.Now()
	wall, steady := now.Round(0).Sub(c.last.Round(0)), now.Sub(c.last)
	c.last = now
	return (wall - steady).Abs() > time.Minute
}
