package workspace

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A container that dies behind our back comes back by itself, but not for ever.
const (
	maxCrashes  = 5
	crashWindow = 10 * time.Minute
	maxBackoff  = 30 // times the first delay
)

// crashes is a workspace's recent history of dying. Guarded by Service.mu.
type crashes struct {
	at        []time.Time // within crashWindow
	notBefore time.Time   // of the next start
	pending   bool        // it is to be restarted by us, not by a user
}

// crash notes that a running workspace's container is gone and has it started again.
func (s *Service) crash(ctx context.Context, rec Workspace, found []Container) error {
	s.o.Observer.Repaired("container_lost")
	return s.crashed(ctx, rec, s.exitOf(rec, found))
}

// crashed writes down what becomes of a workspace whose container died, or whose restart
// failed: another start after a pause, or an error when there were too many.
func (s *Service) crashed(ctx context.Context, rec Workspace, cause error) error {
	n, again := s.noteCrash(rec.ID, errors.Is(cause, ErrRuntimeUnavailable))
	s.o.Log.Warn("workspace lost its container", "workspace", rec.ID, "container", rec.ContainerID, "err", cause, "times", n)
	if !again {
		reason := s.explain(rec, cause)
		s.forgetCrashes(rec.ID)
		return s.fail(ctx, rec, &tooManyCrashes{fmt.Sprintf("The workspace ended %d times within %s and is not started again by itself. ", n, short(crashWindow)) + reason})
	}
	why := cause.Error()
	if errors.Is(cause, ErrRuntimeUnavailable) {
		why = "Docker does not answer, and the workspace comes back with it"
	}
	rec.Status, rec.StatusReason = StatusStarting, "starting again: "+why
	_, err := s.swap(ctx, rec)
	return err
}

type tooManyCrashes struct{ reason string }

func (e *tooManyCrashes) Error() string { return e.reason }

// noteCrash counts a crash (an engine that does not answer is none) and sets the pause
// before the next start; again is false when it was one too many.
func (s *Service) noteCrash(id string, free bool) (n int, again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.crashes[id]
	if c == nil {
		c = &crashes{}
		s.crashes[id] = c
	}
	now := time.Now()
	for len(c.at) > 0 && now.Sub(c.at[0]) > crashWindow {
		c.at = c.at[1:]
	}
	if !free {
		c.at = append(c.at, now)
	}
	n = len(c.at)
	factor := min(1<<min(max(n-1, 0), 10), maxBackoff)
	c.notBefore, c.pending = now.Add(time.Duration(factor)*s.o.RestartDelay), true
	return n, n <= maxCrashes
}

func (s *Service) forgetCrashes(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.crashes, id)
}

// restarting says that the start at hand follows a crash.
func (s *Service) restarting(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.crashes[id] != nil && s.crashes[id].pending
}

// restarted ends the episode; the history stays for its window.
func (s *Service) restarted(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.crashes[id]; c != nil {
		c.pending = false
	}
}

// pauseAfterCrash waits until the next start is due.
func (s *Service) pauseAfterCrash(ctx context.Context, id string) error {
	s.mu.Lock()
	var until time.Time
	if c := s.crashes[id]; c != nil && c.pending {
		until = c.notBefore
	}
	s.mu.Unlock()
	if d := time.Until(until); d > 0 {
		select {
		case <-time.After(d):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
