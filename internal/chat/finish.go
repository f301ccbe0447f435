package chat

import (
	"context"
	"errors"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// wrapUp bounds what is asked of the workspace when a turn has ended.
const wrapUp = 20 * time.Second

// finish tells how the turn ended, stores it, gives the chat free and ends the stream.
func (t *turn) finish(out outcome) {
	s := t.s
	ctx := context.WithoutCancel(t.ctx)
	closing := "CANCELLED: this was stopped before it was done."
	if out.problem != nil && out.problem.Code == CodeShutdown {
		closing = "CANCELLED: the server was restarted before this was done."
	}
	err := t.w.closing(closing)
	if out.problem == nil || out.problem.Code != CodeShutdown {
		t.showChanges(ctx)
	}
	if t.bridge != nil {
		t.bridge.Close()
	}
	if err == nil {
		if out.problem != nil {
			err = t.put(data(uistream.DataError, "error", out.problem))
		}
		t.status("idle", "", time.Time{})
		err = errors.Join(err, t.put(uistream.MessageMetadata{Metadata: t.metadata(out.state)}))
	}
	var answer uistream.Message
	var unshown []uistream.Chunk
	if err = errors.Join(err, t.w.sync()); err != nil {
		if out.problem == nil {
			out = t.broken(err)
		}
		answer, unshown = t.amend(out, closing)
	} else {
		answer = t.log.Message(uistream.Client7)
	}

	r := &t.record
	r.State, r.Steps, r.Cost, r.EndedAt = out.state, t.steps, t.tally.Spent(), time.Now().UTC().Truncate(time.Millisecond)
	r.Checkpoint = t.checkpointName()
	r.Answer = mustJSON(answer)
	t.settle(ctx, out)

	s.mu.Lock()
	if s.running[t.chat.ID] == t { // the chat is free, so there may be another one by now
		delete(s.running, t.chat.ID)
	}
	s.mu.Unlock()
	for _, c := range unshown {
		t.log.Append(c) // what does not fit is in the history
	}
	if err := t.log.End(closing, uistream.Finish{Reason: out.reason}); err != nil {
		s.log.Error("ending a turn's stream", "turn", t.id, "err", err)
	}
	s.Observer.AgentTurnEnded(string(out.state))
}

// amend ends an answer whose stream takes no more: it returns the whole message, and what of
// it viewers have not seen.
func (t *turn) amend(out outcome, closing string) (whole uistream.Message, unshown []uistream.Chunk) {
	var shown []uistream.Chunk
	var k uistream.Checker
	r := t.log.Reader(uistream.Client7)
	defer r.Close()
	over, cancel := context.WithCancel(context.Background())
	cancel() // take what is there
	for c, err := r.Next(over); err == nil; c, err = r.Next(over) {
		shown = append(shown, c)
		k.Check(c)
	}
	if len(shown) == 0 {
		unshown = append(unshown, uistream.Start{MessageID: t.id, Metadata: t.metadata(StateRunning)})
	}
	unshown = append(unshown, k.Closing(closing)...)
	if out.problem != nil {
		unshown = append(unshown, data(uistream.DataError, "error", out.problem))
	}
	unshown = append(unshown, uistream.MessageMetadata{Metadata: t.metadata(out.state)})
	whole, err := uistream.Fold(uistream.Client7, append(shown, unshown...))
	if err != nil {
		t.s.log.Error("ending a turn's answer", "turn", t.id, "err", err)
		whole = t.log.Message(uistream.Client7)
	}
	return whole, unshown
}

// settle writes the end of a turn down, as long as it takes: only then is the chat free
// for another one. A server that ends before that leaves it to the next one's recovery.
func (t *turn) settle(ctx context.Context, out outcome) {
	for {
		err := t.store(ctx, out)
		if err == nil {
			return
		}
		t.s.log.Error("storing the end of a turn", "turn", t.id, "err", err)
		if errors.Is(err, ErrTooLarge) { // what the model was told is bounded, so this is not reached
			t.context.own = []agent.Message{{Role: agent.RoleUser, Text: titleOf(t.user.Text)}}
			continue
		}
		select {
		case <-t.s.lifetime.Done():
			return
		case <-time.After(5 * time.Second):
		}
	}
}

func (t *turn) store(ctx context.Context, out outcome) error {
	ctx, cancel := context.WithTimeout(ctx, storeFor)
	defer cancel()
	s := t.s
	if err := t.saveTranscript(ctx); err != nil {
		return err
	}
	if err := s.Store.PutTurn(ctx, t.record); err != nil {
		return err
	}
	if _, err := s.change(ctx, t.chat.ID, func(c *Chat) error {
		if c.Run.TurnID != t.id {
			return errUnchanged
		}
		c.Run = Run{}
		c.Cost += t.record.Cost
		c.Unpriced = c.Unpriced || t.unpriced
		if t.context.notes != "" {
			c.Notes = t.context.notes
		}
		for i := range c.Turns {
			if c.Turns[i].ID == t.id {
				c.Turns[i].Checkpoint = t.record.Checkpoint
			}
		}
		if t.usage.Prompt > 0 {
			c.ContextTokens, c.ContextWindow = int(t.usage.Prompt), t.info.ContextTokens
		}
		c.Interrupted = out.state == StateInterrupted
		return nil
	}); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return s.Store.RemoveJournal(ctx, t.id)
}

// showChanges shows what the turn changed, and keeps a checkpoint of it.
func (t *turn) showChanges(ctx context.Context) {
	if t.checkpoint.id == "" || !t.changed || t.bridge == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, wrapUp)
	defer cancel()
	var after bridge.Checkpoint
	err := t.bridge.Call(ctx, bridge.TypeCreateCheckpoint, bridge.CreateCheckpoint{Message: "after: " + t.chat.Title}, &after)
	var diff bridge.Diff
	if err == nil {
		err = t.bridge.Call(ctx, bridge.TypeDiffCheckpoint, bridge.DiffCheckpoint{ID: t.checkpoint.id, To: after.ID}, &diff)
	}
	if err != nil {
		t.s.log.Warn("a turn's changes are not shown", "turn", t.id, "err", err)
		return
	}
	if diff.Files == 0 {
		return
	}
	changes := diff.Changes
	const most = 200 // more is no list for people; the diff has all
	if len(changes) > most {
		changes = changes[:most]
	}
	t.put(data(uistream.DataDiff, "turn", map[string]any{
		"files": changes, "added": diff.Added, "removed": diff.Removed, "checkpoint": t.checkpointName(), "fileCount": diff.Files,
	}))
}

// showUsage shows what the turn has taken so far.
func (t *turn) showUsage() {
	t.put(data(uistream.DataUsage, "usage", map[string]any{
		"promptTokens": t.usage.Prompt, "completionTokens": t.usage.Completion, "reasoningTokens": t.usage.Reasoning,
		"cacheReadTokens": t.usage.CacheRead, "cost": t.cost(), "estimated": t.usage.Estimated, "steps": t.steps,
		"contextTokens": t.usage.Prompt, "contextWindow": t.info.ContextTokens,
		"turnBudget": usd(t.s.Budgets.Turn), "chatCost": usd(t.chat.Cost + t.tally.Spent()), "unpriced": t.unpriced,
	}))
}
