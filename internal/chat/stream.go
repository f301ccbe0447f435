package chat

import (
	"context"

	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// Stream returns the stream of a chat's running turn, from its beginning; nil if none runs
// here.
func (s *Service) Stream(chatID string) *uistream.Log {
	if t := s.local(chatID); t != nil {
		return t.log
	}
	return nil
}

// Stop ends a chat's running turn: its commands are ended, and what it said is kept. runID
// may name the turn that is meant; another one goes on. Stopping what does not run is no
// error. Errors: ErrNotFound, ErrElsewhere.
func (s *Service) Stop(ctx context.Context, chatID, runID string) error {
	t := s.local(chatID)
	if t == nil {
		c, err := s.Store.GetChat(ctx, chatID)
		if err == nil && c.Run.TurnID != "" && c.Run.Process != s.Process {
			return ErrElsewhere
		}
		return err
	}
	if runID == "" || runID == t.id {
		t.stop(errStopped)
	}
	return nil
}
