package mongostore

import (
	"context"
	"fmt"

	"github.com/kalpana-dev/kalpana/internal/chat"
)

// maxBlobs bounds the bytes of one document's messages: MongoDB takes 16 MiB in all.
const maxBlobs = 15 << 20

func tooBig(what, id string, blobs ...[]byte) error {
	n := 0
	for _, b := range blobs {
		n += len(b)
	}
	if n > maxBlobs {
		return fmt.Errorf("store %s %s: %w: it has %d bytes, the most are %d", what, id, chat.ErrTooLarge, n, maxBlobs)
	}
	return nil
}

// PutTurn implements [chat.Store]. A turn with more than 15 MiB of messages
// is [chat.ErrTooLarge].
func (c *Chats) PutTurn(ctx context.Context, t chat.Turn) error {
	if err := tooBig("turn", t.ID, t.User, t.Answer); err != nil {
		return err
	}
	return put(ctx, c.turns, t.ID, t)
}

// GetTurn implements [chat.Store].
func (c *Chats) GetTurn(ctx context.Context, id string) (chat.Turn, error) {
	var t chat.Turn
	err := c.turns.FindOne(ctx, byID(id)).Decode(&t)
	return t, translate(err, chat.ErrNotFound, nil)
}

// RemoveTurn implements [chat.Store]. The transcript goes first: a turn without one can be
// removed again, a transcript without a turn would be found by nobody.
func (c *Chats) RemoveTurn(ctx context.Context, id string) error {
	if err := remove(ctx, c.transcripts, id); err != nil {
		return err
	}
	return remove(ctx, c.turns, id)
}

// PutTranscript implements [chat.Store]. One of more than 15 MiB is [chat.ErrTooLarge].
func (c *Chats) PutTranscript(ctx context.Context, t chat.Transcript) error {
	if err := tooBig("the transcript of turn", t.TurnID, t.Messages, []byte(t.Summary)); err != nil {
		return err
	}
	return put(ctx, c.transcripts, t.TurnID, t)
}

// GetTranscript implements [chat.Store].
func (c *Chats) GetTranscript(ctx context.Context, turnID string) (chat.Transcript, error) {
	t := chat.Transcript{TurnID: turnID}
	return t, orNothing(c.transcripts.FindOne(ctx, byID(turnID)).Decode(&t))
}
