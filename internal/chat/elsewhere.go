package chat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// How often a turn looks for orders from other servers, and how often a stream looks for
// what a turn elsewhere has said.
const (
	ordersEvery  = 500 * time.Millisecond
	journalEvery = 200 * time.Millisecond
)

// elsewhere is the turn of a chat that runs in another living process; "" if none does.
func (s *Service) elsewhere(c Chat) string {
	if !s.Shared || c.Run.Process == s.Process || c.Run.Until.Before(time.Now()) {
		return ""
	}
	return c.Run.TurnID
}

// order leaves an order for a turn elsewhere.
func (s *Service) order(ctx context.Context, o Order) error {
	o.ID = fmt.Sprintf("%016x-%s", time.Now().UnixNano(), shortID())
	return s.Store.PutOrder(ctx, o)
}

// obey follows the orders of other servers until the turn is over.
func (t *turn) obey() {
	tick := time.NewTicker(ordersEvery)
	defer tick.Stop()
	for {
		select {
		case <-t.over:
			return
		case <-tick.C:
		}
		orders, err := t.s.Store.TakeOrders(context.WithoutCancel(t.ctx), t.id)
		if err != nil {
			t.s.log.Warn("looking for orders of other servers", "turn", t.id, "err", err)
		}
		for _, o := range orders {
			if o.Mode != "" {
				t.setMode(o.Mode)
				continue
			}
			if o.ApprovalID == "" {
				t.stop(errStopped)
				continue
			}
			// A wrong answer was told to nobody; the card stays, and can be answered again.
			if err := t.take(o.ApprovalID, o.Answer); err != nil {
				t.s.log.Info("an answer from another server does not count", "turn", t.id, "err", err)
			}
		}
	}
}

// mirror is the stream of a turn elsewhere, as its journal tells it. It ends with the turn,
// with ctx, or when nobody has read it for a while.
func (s *Service) mirror(turnID string) *uistream.Log {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	if l := s.mirrors[turnID]; l != nil {
		return l
	}
	l := uistream.NewLog(turnID)
	s.mirrors[turnID] = l
	s.working.Add(1)
	go func() {
		defer s.working.Done()
		if err := s.follow(s.lifetime, turnID, l); err != nil {
			s.log.Warn("following a turn on another server", "turn", turnID, "err", err)
		}
		s.mu.Lock()
		delete(s.mirrors, turnID)
		s.mu.Unlock()
		l.End("", uistream.Finish{Reason: uistream.FinishOther}) // clients read the rest from the history
	}()
	return l
}

// unread is how long a mirror goes on that nobody reads.
const unread = time.Minute

func (s *Service) follow(ctx context.Context, turnID string, l *uistream.Log) error {
	var seq int64
	tick := time.NewTicker(journalEvery)
	defer tick.Stop()
	for {
		t, err := s.Store.GetTurn(ctx, turnID) // before the journal: what it says after its end is missed by nobody
		over := errors.Is(err, ErrNotFound) || err == nil && t.State != StateRunning
		if err != nil && !over {
			return err
		}
		entries, err := s.Store.Journal(ctx, turnID, seq)
		if err != nil {
			return err
		}
		for _, e := range entries {
			seq = e.Seq
			for line := range bytes.Lines(e.Chunks) {
				c, err := uistream.Decode(line)
				if err == nil {
					err = l.Append(c)
				}
				if err != nil {
					return err
				}
			}
		}
		if over || l.Unwatched() > unread {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
