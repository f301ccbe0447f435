package mongostore

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/kalpana-dev/kalpana/internal/chat"
)

// Chats keeps chats, what was said in them, and what users have set for them.
type Chats struct {
	s                                                             *Store
	chats, turns, transcripts, journal, orders, settings, wsrules *mongo.Collection
	// lists are the chats by workspace, in the embedded database only.
	lists *mongo.Collection
}

// Chats returns the collections of chats.
func (s *Store) Chats() *Chats {
	return &Chats{
		s: s, chats: s.db.Collection("chats"), turns: s.db.Collection("turns"), transcripts: s.db.Collection("transcripts"),
		journal: s.db.Collection("journal"), orders: s.db.Collection("turnorders"), settings: s.db.Collection("agentsettings"), wsrules: s.db.Collection("agentrules"),
		lists: s.db.Collection("chatlists"),
	}
}

var _ chat.Store = (*Chats)(nil)

// InsertChat implements [chat.Store].
func (c *Chats) InsertChat(ctx context.Context, rec chat.Chat) error {
	if c.s.embedded {
		return c.insertListed(ctx, rec)
	}
	_, err := c.chats.InsertOne(ctx, rec)
	return translate(err, nil, chat.ErrConflict)
}

// GetChat implements [chat.Store].
func (c *Chats) GetChat(ctx context.Context, id string) (chat.Chat, error) {
	var rec chat.Chat
	err := c.chats.FindOne(ctx, byID(id)).Decode(&rec)
	return rec, translate(err, chat.ErrNotFound, nil)
}

// FindChats implements [chat.Store].
func (c *Chats) FindChats(ctx context.Context, q chat.ChatQuery) ([]chat.Chat, error) {
	if c.s.embedded {
		return c.findByLists(ctx, q)
	}
	filter := bson.D{}
	if q.WorkspaceID != "" {
		filter = append(filter, bson.E{Key: "workspaceId", Value: q.WorkspaceID})
	}
	if q.Running {
		filter = append(filter, bson.E{Key: "run.turnId", Value: bson.D{{Key: "$gt", Value: ""}}})
	}
	if q.Before.ID != "" {
		filter = append(filter, bson.E{Key: "$or", Value: bson.A{
			bson.D{{Key: "createdAt", Value: bson.D{{Key: "$lt", Value: q.Before.CreatedAt}}}},
			bson.D{{Key: "createdAt", Value: q.Before.CreatedAt}, {Key: "_id", Value: bson.D{{Key: "$lt", Value: q.Before.ID}}}},
		}})
	}
	opts := options.Find().SetSort(bson.D{{Key: "createdAt", Value: -1}, {Key: "_id", Value: -1}}).SetBatchSize(1000)
	if q.Limit > 0 {
		opts.SetLimit(int64(q.Limit))
	}
	var found []chat.Chat
	cur, err := c.chats.Find(ctx, filter, opts)
	if err == nil {
		err = cur.All(ctx, &found)
	}
	return found, translate(err, nil, nil)
}

// SwapChat implements [chat.Store].
func (c *Chats) SwapChat(ctx context.Context, rec chat.Chat) error {
	raw, err := bson.Marshal(rec)
	if err != nil {
		return err
	}
	var all, set bson.D
	if err := bson.Unmarshal(raw, &all); err != nil {
		return err
	}
	for _, e := range all {
		if e.Key != "_id" {
			set = append(set, e)
		}
	}
	type versioned struct {
		Version int64 `bson:"version"`
	}
	before := rec.Version - 1
	ok, err := updateIf(ctx, c.s, c.chats, rec.ID, bson.D{{Key: "version", Value: before}},
		func(now versioned) bool { return now.Version == before }, bson.D{{Key: "$set", Value: set}})
	if c.s.embedded {
		c.s.running.note(rec)
	}
	if err == nil && !ok {
		return chat.ErrConflict
	}
	return err
}

// RemoveChat implements [chat.Store]. The chat goes after what it has spent, and before its
// place in a list, so that what is left if it breaks off is found again.
func (c *Chats) RemoveChat(ctx context.Context, id string) error {
	if err := remove(ctx, c.s.db.Collection("spend"), "chat/"+id); err != nil {
		return err
	}
	if c.s.embedded {
		return c.removeListed(ctx, id)
	}
	return remove(ctx, c.chats, id)
}

// rulesDoc are the rules of a workspace.
type rulesDoc struct {
	WorkspaceID string `bson:"_id"`
	Rules       string `bson:"rules"`
}

// GetSettings implements [chat.Store].
func (c *Chats) GetSettings(ctx context.Context, userID string) (chat.Settings, error) {
	s := chat.Settings{UserID: userID}
	return s, orNothing(c.settings.FindOne(ctx, byID(userID)).Decode(&s))
}

// UpdateSettings implements [chat.Store].
func (c *Chats) UpdateSettings(ctx context.Context, userID string, change func(*chat.Settings) error) (chat.Settings, error) {
	return amend(ctx, c.s, c.settings, userID, chat.Settings{UserID: userID}, func(s *chat.Settings) (bool, error) {
		return true, change(s)
	})
}

// RemoveSettings implements [chat.Store].
func (c *Chats) RemoveSettings(ctx context.Context, userID string) error {
	return remove(ctx, c.settings, userID)
}

// GetRules implements [chat.Store].
func (c *Chats) GetRules(ctx context.Context, workspaceID string) (string, error) {
	var doc rulesDoc
	err := orNothing(c.wsrules.FindOne(ctx, byID(workspaceID)).Decode(&doc))
	return doc.Rules, err
}

// UpdateRules implements [chat.Store].
func (c *Chats) UpdateRules(ctx context.Context, workspaceID string, change func(old string) (string, error)) (string, error) {
	doc, err := amend(ctx, c.s, c.wsrules, workspaceID, rulesDoc{WorkspaceID: workspaceID}, func(d *rulesDoc) (bool, error) {
		rules, err := change(d.Rules)
		d.Rules = rules
		return rules != "", err
	})
	return doc.Rules, err
}

// byID is the one filter that the embedded database does not read the collection for.
func byID(id string) bson.D { return bson.D{{Key: "_id", Value: id}} }

// stamped is a document with the time of its last change: the index on that is what makes the
// collection before its first document, so that the embedded database finds documents by key
// from the start.
type stamped[T any] struct {
	Doc       T         `bson:",inline"`
	UpdatedAt time.Time `bson:"updatedAt"`
}

// put writes a document, whether there is one or not. Two that make it at once are one too
// many for MongoDB, which tells the second so; by then it is there to be replaced.
func put[T any](ctx context.Context, c *mongo.Collection, id string, doc T) error {
	replace := func() error {
		_, err := c.ReplaceOne(ctx, byID(id), stamped[T]{doc, time.Now().UTC()}, options.Replace().SetUpsert(true))
		return err
	}
	err := replace()
	if mongo.IsDuplicateKeyError(err) {
		err = replace()
	}
	return translate(err, nil, nil)
}

// remove is content if there is nothing to remove.
func remove(ctx context.Context, c *mongo.Collection, id string) error {
	_, err := c.DeleteOne(ctx, byID(id))
	return translate(err, nil, nil)
}

// orNothing makes no error of a document that is not there.
func orNothing(err error) error {
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil
	}
	return translate(err, nil, nil)
}
