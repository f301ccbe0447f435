package chat

import (
	"context"

	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// Stream returns the stream of a chat's running turn, from its beginning; nil if none runs.
// Of a turn on another server it has what is kept, and not the output of running commands.
func (s *Service) Stream(c Chat) *uistream.Log {
	if t := s.local(c.ID); t != nil {
		return t.log
	}
	if id := s.elsewhere(c); id != "" {
		return s.mirror(id)
	}
	return nil
}

// Stop ends a chat's running turn: its commands are ended, and what it said is kept. runID
// may name the turn that is meant; another one goes on. Stopping what does not run is no
// error. A turn on another server ends within a second. Errors: ErrNotFound.
func (s *Service) Stop(ctx context.Context, chatID, runID string) error {
	if t := s.local(chatID); t != nil {
		if runID == "" || runID == t.id {
			t.stop(errStopped)
		}
		return nil
	}
	c, err := s.Store.GetChat(ctx, chatID)
	if err != nil {
		return err
	}
	if id := s.elsewhere(c); id != "" && (runID == "" || runID == id) {
		return s.order(ctx, Order{TurnID: id})
	}
	return nil
}
