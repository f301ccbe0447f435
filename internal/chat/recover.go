package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/spend"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// beat extends the claim of a turn on its chat. It reports whether the turn still has it.
func (s *Service) beat(ctx context.Context, chatID, turnID string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Heartbeat)
	defer cancel()
	ours := true
	_, err := s.change(ctx, chatID, func(c *Chat) error {
		if c.Run.TurnID != turnID || c.Run.Process != s.Process {
			ours = false
			return errUnchanged
		}
		c.Run.Until = time.Now().UTC().Add(3 * s.Heartbeat)
		return nil
	})
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return ours, err
}

// recover finds turns whose process died, and closes them.
func (s *Service) recover(ctx context.Context) error {
	running, err := s.Store.FindChats(ctx, ChatQuery{Running: true})
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range running {
		// What this process began a moment ago may not be among its turns yet; what it began
		// long ago and does not run was never begun: the store said that it failed, and it had not.
		dead := c.Run.Until.Before(time.Now()) || c.Run.Process != s.Process && !s.Shared
		if dead && s.local(c.ID) == nil {
			errs = append(errs, s.interrupt(ctx, c))
		}
	}
	// A turn that was stored, and whose journal was not removed any more.
	left, err := s.Store.JournalTurns(ctx)
	errs = append(errs, err)
	for _, id := range left {
		t, err := s.Store.GetTurn(ctx, id)
		if errors.Is(err, ErrNotFound) || err == nil && t.State != StateRunning {
			errs = append(errs, s.Store.RemoveJournal(ctx, id))
		}
	}
	return errors.Join(errs...)
}

// interrupt makes of a dead turn's journal its answer. Doing it twice does no harm.
func (s *Service) interrupt(ctx context.Context, c Chat) error {
	id := c.Run.TurnID
	t, err := s.Store.GetTurn(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound): // died before it was written
	case err != nil:
		return err
	case t.State == StateRunning:
		answer, err := s.fold(ctx, t)
		if err != nil {
			return err
		}
		if err := s.mend(ctx, t, answer); err != nil {
			return err
		}
		t.State, t.EndedAt, t.Answer = StateInterrupted, time.Now().UTC().Truncate(time.Millisecond), mustJSON(answer)
		if t.Checkpoint == "" {
			t.Checkpoint = checkpointIn(answer)
		}
		if err := s.Store.PutTurn(ctx, t); err != nil {
			return err
		}
	}
	spent, err := s.Ledger.Spent(ctx, spend.Who{ChatID: c.ID})
	if err != nil {
		return err
	}
	_, err = s.change(ctx, c.ID, func(c *Chat) error {
		if c.Run.TurnID != id {
			return errUnchanged
		}
		for i, ref := range c.Turns {
			if ref.ID == id {
				c.Turns[i].Checkpoint = t.Checkpoint
			}
		}
		// A turn that was stored before the end of its process was not interrupted.
		c.Run, c.Interrupted = Run{}, t.State == "" || t.State == StateInterrupted
		c.Cost = max(c.Cost, spent.Chat)
		return nil
	})
	if err != nil {
		return err
	}
	if s.Shared {
		if _, err := s.Store.TakeOrders(ctx, id); err != nil { // nobody follows them any more
			return err
		}
	}
	s.Observer.AgentTurnLost()
	s.log.Info("a turn was interrupted by the end of its process", "turn", id, "chat", c.ID)
	return s.Store.RemoveJournal(ctx, id)
}

// fold is the answer as far as anybody has seen it, with its end.
func (s *Service) fold(ctx context.Context, t Turn) (uistream.Message, error) {
	entries, err := s.Store.Journal(ctx, t.ID, 0)
	if err != nil {
		return uistream.Message{}, err
	}
	var k uistream.Checker
	var chunks []uistream.Chunk
	add := func(c uistream.Chunk) bool {
		clean, err := k.Check(c)
		if err == nil {
			chunks = append(chunks, clean)
		}
		return err == nil
	}
	whole := true
	for i, e := range entries {
		if whole = whole && e.Seq == int64(i+1); !whole {
			break
		}
		for line := range bytes.Lines(e.Chunks) {
			c, err := uistream.Decode(line)
			if err != nil || !add(c) {
				return uistream.Message{}, fmt.Errorf("journal %s cannot be read: %w", e.ID, errors.Join(err, errJournal))
			}
		}
	}
	if len(chunks) == 0 {
		add(uistream.Start{MessageID: t.ID, Metadata: mustJSON(map[string]any{"runId": t.ID, "model": t.Model, "mode": t.Mode, "createdAt": t.StartedAt})})
	}
	for _, c := range k.Closing("CANCELLED: the server stopped before this was done.") {
		add(c)
	}
	add(data(uistream.DataError, "error", problem{CodeShutdown, "The server stopped in the middle of this. Another message lets the agent go on.", true}))
	add(uistream.MessageMetadata{Metadata: mustJSON(map[string]any{"state": StateInterrupted, "durationMs": time.Since(t.StartedAt).Milliseconds()})})
	add(uistream.Finish{Reason: uistream.FinishOther})
	return uistream.Fold(uistream.Client7, chunks)
}

var errJournal = errors.New("it breaks the order of a stream")

// mend adds to the transcript what the user has read and the model would not know: the
// text of the step that was cut off.
func (s *Service) mend(ctx context.Context, t Turn, answer uistream.Message) error {
	tr, err := s.Store.GetTranscript(ctx, t.ID)
	if err != nil {
		return err
	}
	var msgs []agent.Message
	if len(tr.Messages) > 0 {
		if err := json.Unmarshal(tr.Messages, &msgs); err != nil {
			return err
		}
	}
	if len(msgs) == 0 {
		var user uistream.Message
		if err := json.Unmarshal(t.User, &user); err != nil {
			return err
		}
		m, err := modelMessage(user)
		if err != nil {
			return err
		}
		msgs = []agent.Message{m}
	}
	if last := msgs[len(msgs)-1]; last.Role != agent.RoleAssistant {
		if text := lastText(answer); text != "" {
			msgs = append(msgs, agent.Message{Role: agent.RoleAssistant, Text: text + "\n[interrupted]"})
		}
	}
	tr.TurnID, tr.Messages = t.ID, mustJSON(msgs)
	return s.Store.PutTranscript(ctx, tr)
}

// lastText is the text after the last step's beginning.
func lastText(m uistream.Message) string {
	text := ""
	for _, p := range m.Parts {
		switch {
		case p.Type == "step-start":
			text = ""
		case p.Type == "text" && p.Text != nil:
			text += *p.Text
		}
	}
	return text
}

// checkpointIn is the checkpoint that an answer tells of.
func checkpointIn(m uistream.Message) string {
	i := slices.IndexFunc(m.Parts, func(p uistream.Part) bool { return p.Type == "data-"+uistream.DataCheckpoint })
	if i < 0 {
		return ""
	}
	var c struct {
		Checkpoint string `json:"checkpoint"`
	}
	json.Unmarshal(m.Parts[i].Data, &c) // what is no checkpoint is none
	return c.Checkpoint
}

// textOf is the text of a user's message.
func textOf(raw []byte) string {
	var m uistream.Message
	if json.Unmarshal(raw, &m) != nil {
		return ""
	}
	text := ""
	for _, p := range m.Parts {
		if p.Type == "text" && p.Text != nil {
			text += *p.Text
		}
	}
	return text
}
