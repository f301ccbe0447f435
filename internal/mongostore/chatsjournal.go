package mongostore

import (
	"context"
	"errors"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/kalpana-dev/kalpana/internal/chat"
)

// The embedded database would read the journals of all running turns to find the entries of
// one. It finds entries by their keys instead, which are known: they count from 1 without gaps.

func journalKey(turnID string, seq int64) bson.D {
	return byID(turnID + "/" + strconv.FormatInt(seq, 10))
}

// AppendJournal implements [chat.Store]. An entry of more than 15 MiB is [chat.ErrTooLarge].
func (c *Chats) AppendJournal(ctx context.Context, e chat.JournalEntry) error {
	if err := tooBig("journal entry", e.ID, e.Chunks); err != nil {
		return err
	}
	_, err := c.journal.InsertOne(ctx, e)
	return translate(err, nil, chat.ErrConflict)
}

// Journal implements [chat.Store].
func (c *Chats) Journal(ctx context.Context, turnID string, after int64) ([]chat.JournalEntry, error) {
	var entries []chat.JournalEntry
	if c.s.embedded {
		for seq := max(after, 0) + 1; ; seq++ {
			var e chat.JournalEntry
			err := c.journal.FindOne(ctx, journalKey(turnID, seq)).Decode(&e)
			if errors.Is(err, mongo.ErrNoDocuments) {
				return entries, nil
			} else if err != nil {
				return nil, translate(err, nil, nil)
			}
			entries = append(entries, e)
		}
	}
	filter := bson.D{{Key: "turnId", Value: turnID}, {Key: "seq", Value: bson.D{{Key: "$gt", Value: after}}}}
	cur, err := c.journal.Find(ctx, filter, options.Find().SetSort(bson.D{{Key: "seq", Value: 1}}).SetBatchSize(10_000))
	if err == nil {
		err = cur.All(ctx, &entries)
	}
	return entries, translate(err, nil, nil)
}

// JournalTurns implements [chat.Store].
func (c *Chats) JournalTurns(ctx context.Context) ([]string, error) {
	// Not the command distinct: the embedded database knows none with a time limit.
	cur, err := c.journal.Aggregate(ctx, mongo.Pipeline{bson.D{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$turnId"}}}}})
	return ids(ctx, cur, err)
}

// removals is how many entries one command removes: it holds up all others for about half a
// millisecond each.
const removals = 50

// RemoveJournal implements [chat.Store]. Where it removes one by one it begins at the end: what
// is left if it breaks off is a journal without gaps, which the next call finds.
func (c *Chats) RemoveJournal(ctx context.Context, turnID string) error {
	if !c.s.embedded {
		_, err := c.journal.DeleteMany(ctx, bson.D{{Key: "turnId", Value: turnID}})
		return translate(err, nil, nil)
	}
	last, err := c.lastEntry(ctx, turnID)
	if err != nil {
		return err
	}
	for last > 0 {
		var writes []mongo.WriteModel
		for ; last > 0 && len(writes) < removals; last-- {
			writes = append(writes, mongo.NewDeleteOneModel().SetFilter(journalKey(turnID, last)))
		}
		if _, err := c.journal.BulkWrite(ctx, writes); err != nil {
			return translate(err, nil, nil)
		}
	}
	return nil
}

// lastEntry finds the highest number of a turn's entries, 0 if it has none, by doubling and
// then halving.
func (c *Chats) lastEntry(ctx context.Context, turnID string) (int64, error) {
	there := func(seq int64) (bool, error) {
		err := c.journal.FindOne(ctx, journalKey(turnID, seq)).Err()
		if errors.Is(err, mongo.ErrNoDocuments) {
			return false, nil
		}
		return err == nil, translate(err, nil, nil)
	}
	low, high := int64(0), int64(1) // low is there, high is not
	for {
		ok, err := there(high)
		if err != nil {
			return 0, err
		}
		if !ok {
			break
		}
		low, high = high, 2*high
	}
	for high-low > 1 {
		mid := low + (high-low)/2
		ok, err := there(mid)
		if err != nil {
			return 0, err
		}
		if ok {
			low = mid
		} else {
			high = mid
		}
	}
	return low, nil
}
