package workspace

import (
	"context"
	"errors"
	"time"
)

const (
	// A workspace is lost when identifyTimes questions in a row, identifyPause apart, were
	// answered by something else or by nobody. One that is merely slow is not.
	identifyTimes = 3
	identifyPause = 200 * time.Millisecond
	// identifyWithin bounds one question.
	identifyWithin = 2 * time.Second
)

// errUnreachable: the container runs, and its ports do not lead to it.
var errUnreachable = errors.New("its ports on the server lead to something else")

// Suspect says that somebody found something else, or nothing, where a running workspace
// should answer. It is looked at now instead of at the next pass: a container that is gone
// is replaced, and so is one whose ports lead elsewhere. Suspect does not block, and may be
// called often.
func (s *Service) Suspect(id string) {
	s.mu.Lock()
	if _, ok := s.known[id]; !ok || s.closed {
		s.mu.Unlock()
		return
	}
	s.suspect[id] = true
	s.mu.Unlock()
	s.kick(id, "")
}

// check replaces the container of a workspace that Identify does not find where it should be.
func (s *Service) check(ctx context.Context, rec Workspace) error {
	var err error
	for n := range identifyTimes {
		if n > 0 {
			select {
			case <-time.After(identifyPause):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		ask, cancel := context.WithTimeout(ctx, identifyWithin)
		err = s.o.Identify(ask, rec.AgentPort, s.o.Key(rec.ID, rec.Epoch))
		slow := ask.Err() != nil
		cancel()
		if err == nil || slow || ctx.Err() != nil {
			return ctx.Err()
		}
	}
	s.o.Log.Warn("workspace does not answer on its ports", "workspace", rec.ID, "port", rec.AgentPort, "err", err)
	s.o.Observer.Repaired("container_unreachable")
	rec.MinEpoch = rec.Epoch + 1 // this container will not do
	return s.crashed(ctx, rec, errUnreachable)
}
