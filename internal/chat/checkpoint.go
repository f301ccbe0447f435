package chat

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// checkpointFor bounds taking a checkpoint.
const checkpointFor = 60 * time.Second

// checkpoint is the files as they were before a turn's first change.
type checkpoint struct {
	tried bool
	id    string // the bridge's; empty if there is none
}

// checkpointName is what clients know a turn's checkpoint by. The bridge gives two turns the same one
// if nothing changed between them, and undoing the first is not undoing the second.
func (t *turn) checkpointName() string {
	if t.checkpoint.id == "" {
		return ""
	}
	return t.checkpoint.id + "." + t.id[:8]
}

// bridgeID is the bridge's ID of a checkpoint that clients name.
func bridgeID(name string) string {
	id, _, _ := strings.Cut(name, ".")
	return id
}

// ensureCheckpoint takes the checkpoint of the turn, once, and reports whether there is one.
func (t *turn) ensureCheckpoint() bool {
	// Only calls that run one at a time change anything, so nobody else is here.
	if t.checkpoint.tried {
		return t.checkpoint.id != ""
	}
	t.checkpoint.tried = true
	ctx, cancel := context.WithTimeout(t.ctx, checkpointFor)
	defer cancel()
	var c bridge.Checkpoint
	err := t.bridge.Call(ctx, bridge.TypeCreateCheckpoint, bridge.CreateCheckpoint{Message: "before: " + titleOf(t.user.Text)}, &c)
	t.checkpoint.id = c.ID
	part := map[string]any{"checkpoint": t.checkpointName(), "createdAt": time.Now().UTC(), "skipped": append([]string{}, c.Skipped...)}
	if err != nil {
		if t.ctx.Err() != nil {
			t.checkpoint.tried = false
			return false
		}
		part["problem"] = "The files could not be saved before this turn, so it cannot be undone: " + err.Error()
	}
	t.put(data(uistream.DataCheckpoint, "before", part))
	return err == nil
}

// withBridge runs f with a connection to a chat's workspace, which starts if it does not run.
func (s *Service) withBridge(ctx context.Context, c Chat, f func(Bridge) error) error {
	b, err := s.Workspaces.Connect(ctx, c.WorkspaceID, true, func(string) {})
	if err != nil {
		return err
	}
	defer b.Close()
	return f(b)
}

// Diff is what restoring a checkpoint of a chat would undo. Errors: ErrNotFound,
// *bridge.Error.
func (s *Service) Diff(ctx context.Context, c Chat, checkpoint string) (d bridge.Diff, err error) {
	if !s.knows(c, checkpoint) {
		return d, ErrNotFound
	}
	err = s.withBridge(ctx, c, func(b Bridge) error {
		return b.Call(ctx, bridge.TypeDiffCheckpoint, bridge.DiffCheckpoint{ID: bridgeID(checkpoint)}, &d)
	})
	return d, err
}

// knows reports whether a checkpoint is of this chat: of one of its turns, the running one
// included, of one that was dropped, or made when one was restored.
func (s *Service) knows(c Chat, checkpoint string) bool {
	if checkpoint == "" {
		return false
	}
	if t := s.local(c.ID); t != nil && t.checkpointName() == checkpoint {
		return true
	}
	return c.turnWith(checkpoint) >= 0 || slices.Contains(c.Undone, checkpoint)
}

// turnWith is the place in c.Turns of the turn with a checkpoint; -1 if there is none.
func (c Chat) turnWith(checkpoint string) int {
	return slices.IndexFunc(c.Turns, func(r TurnRef) bool { return checkpoint != "" && r.Checkpoint == checkpoint })
}

// RestoreInput says what goes back to how it was.
type RestoreInput struct {
	Checkpoint  string
	Files, Chat bool
}

// Restored is what Restore did.
type Restored struct {
	// Before is a checkpoint of the files as they were: restoring it undoes this.
	Before  string
	Changed int
	// Removed is how many messages are gone, and Text what the first of them said.
	Removed int
	Text    string
}

// Restore brings files, chat or both back to before the turn that has the checkpoint. No
// turn of any chat may run in the workspace: it would be undone half. Errors: ErrNotFound,
// ErrRunning, *InvalidError, *bridge.Error.
func (s *Service) Restore(ctx context.Context, id string, in RestoreInput) (Restored, error) {
	c, err := s.Store.GetChat(ctx, id)
	switch {
	case err != nil:
		return Restored{}, err
	case c.Run.TurnID != "":
		return Restored{}, &RunningError{c.Run.TurnID}
	case !in.Files && !in.Chat:
		return Restored{}, &InvalidError{"files", "or chat must be true"}
	case !s.knows(c, in.Checkpoint), in.Chat && c.turnWith(in.Checkpoint) < 0:
		return Restored{}, ErrNotFound
	}
	if t := s.runningIn(c.WorkspaceID); in.Files && t != "" {
		return Restored{}, &RunningError{t}
	}
	var out Restored
	if in.Files {
		var r bridge.Restored
		if err := s.withBridge(ctx, c, func(b Bridge) error {
			return b.Call(ctx, bridge.TypeRestoreCheckpoint, bridge.RestoreCheckpoint{ID: bridgeID(in.Checkpoint)}, &r)
		}); err != nil {
			return Restored{}, err
		}
		out.Before, out.Changed = r.Before.ID, r.Changed
	}
	ctx = context.WithoutCancel(ctx) // the files are back; the chat shall say so
	var dropped []TurnRef
	_, err = s.change(ctx, id, func(c *Chat) error {
		if c.Run.TurnID != "" {
			return &RunningError{c.Run.TurnID}
		}
		if in.Chat {
			at := c.turnWith(in.Checkpoint)
			if at < 0 {
				return ErrNotFound
			}
			dropped = c.drop(at)
			c.Interrupted, c.ContextTokens = false, 0
		}
		if out.Before != "" {
			c.remember(out.Before)
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	for i, d := range dropped {
		old, err := s.Store.GetTurn(ctx, d.ID)
		if err == nil {
			out.Removed++
			if len(old.Answer) > 0 {
				out.Removed++
			}
			if i == 0 {
				out.Text = textOf(old.User)
			}
		}
		if err := s.Store.RemoveTurn(ctx, d.ID); err != nil {
			s.log.Warn("removing an undone turn", "turn", d.ID, "err", err)
		}
	}
	return out, nil
}
