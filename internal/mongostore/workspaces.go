package mongostore

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// Workspaces keeps workspaces and the logs of their starts.
type Workspaces struct {
	s    *Store
	c    *mongo.Collection
	logs *mongo.Collection
}

// Workspaces returns the collections of workspaces.
func (s *Store) Workspaces() *Workspaces {
	return &Workspaces{s, s.db.Collection("workspaces"), s.db.Collection("startlogs")}
}

// Insert implements [workspace.Records].
func (w *Workspaces) Insert(ctx context.Context, rec workspace.Workspace) error {
	_, err := w.c.InsertOne(ctx, rec)
	return translate(err, nil, workspace.ErrConflict)
}

// Get implements [workspace.Records].
func (w *Workspaces) Get(ctx context.Context, id string) (workspace.Workspace, error) {
	var rec workspace.Workspace
	err := w.c.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&rec)
	return rec, translate(err, workspace.ErrNotFound, nil)
}

// Find implements [workspace.Records].
func (w *Workspaces) Find(ctx context.Context, q workspace.Query) ([]workspace.Workspace, error) {
	filter := bson.D{}
	if whose := ofPerson(q); whose != nil {
		filter = append(filter, whose...)
	}
	if !q.UpdatedSince.IsZero() {
		filter = append(filter, bson.E{Key: "updatedAt", Value: bson.D{{Key: "$gte", Value: q.UpdatedSince}}})
	}
	if q.AfterID != "" {
		after := bson.D{{Key: "$or", Value: bson.A{
			bson.D{{Key: "createdAt", Value: bson.D{{Key: "$gt", Value: q.AfterTime}}}},
			bson.D{{Key: "createdAt", Value: q.AfterTime}, {Key: "_id", Value: bson.D{{Key: "$gt", Value: q.AfterID}}}},
		}}}
		filter = bson.D{{Key: "$and", Value: bson.A{filter, after}}}
	}
	opts := options.Find().SetSort(bson.D{{Key: "createdAt", Value: 1}, {Key: "_id", Value: 1}}).SetBatchSize(5000)
	if q.Limit > 0 {
		opts.SetLimit(int64(q.Limit))
	}
	var found []workspace.Workspace
	cur, err := w.c.Find(ctx, filter, opts)
	if err == nil {
		err = cur.All(ctx, &found)
	}
	return found, translate(err, nil, nil)
}

// untouched are the fields that [Workspaces.Swap] leaves alone: the key, what Claim and
// Touch write without a new version.
var untouched = map[string]bool{"_id": true, "claimedBy": true, "claimedUntil": true, "lastActiveAt": true}

// Swap implements [workspace.Records].
func (w *Workspaces) Swap(ctx context.Context, rec workspace.Workspace) error {
	raw, err := bson.Marshal(rec)
	if err != nil {
		return err
	}
	var all, set bson.D
	if err := bson.Unmarshal(raw, &all); err != nil {
		return err
	}
	for _, e := range all {
		if !untouched[e.Key] {
			set = append(set, e)
		}
	}
	update := bson.D{{Key: "$set", Value: set}, {Key: "$max", Value: bson.D{{Key: "lastActiveAt", Value: rec.LastActiveAt}}}}
	cond := bson.D{{Key: "version", Value: rec.Version - 1}}
	ok, err := updateIf(ctx, w.s, w.c, rec.ID, cond, func(old workspace.Workspace) bool { return old.Version == rec.Version-1 }, update)
	if err == nil && !ok {
		return workspace.ErrConflict
	}
	return err
}

// Remove implements [workspace.Records].
func (w *Workspaces) Remove(ctx context.Context, id string) error {
	_, err := w.c.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}})
	return translate(err, nil, nil)
}

// Claim implements [workspace.Claims].
func (w *Workspaces) Claim(ctx context.Context, id, by string, now, until time.Time) (bool, error) {
	cond := bson.D{{Key: "$or", Value: bson.A{
		bson.D{{Key: "claimedBy", Value: bson.D{{Key: "$in", Value: bson.A{"", by}}}}},
		bson.D{{Key: "claimedUntil", Value: bson.D{{Key: "$lt", Value: now}}}},
	}}}
	holder := by
	free := func(old workspace.Workspace) bool {
		return old.ClaimedBy == "" || old.ClaimedBy == by || old.ClaimedUntil.Before(now)
	}
	if until.IsZero() { // only one's own is given back
		cond = bson.D{{Key: "claimedBy", Value: by}}
		free = func(old workspace.Workspace) bool { return old.ClaimedBy == by }
		holder = ""
	}
	set := bson.D{{Key: "claimedBy", Value: holder}, {Key: "claimedUntil", Value: until}}
	return updateIf(ctx, w.s, w.c, id, cond, free, bson.D{{Key: "$set", Value: set}})
}

// Touch implements [workspace.Activity].
func (w *Workspaces) Touch(ctx context.Context, id string, at time.Time) error {
	_, err := updateIf(ctx, w.s, w.c, id, nil, func(workspace.Workspace) bool { return true },
		bson.D{{Key: "$max", Value: bson.D{{Key: "lastActiveAt", Value: at}}}})
	return err
}

// logDoc is the log of the latest start of one workspace.
type logDoc struct {
	ID        string              `bson:"_id"`
	Lines     []workspace.LogLine `bson:"lines"`
	UpdatedAt time.Time           `bson:"updatedAt"`
}

// SaveLog implements [workspace.Logs].
func (w *Workspaces) SaveLog(ctx context.Context, id string, lines []workspace.LogLine) error {
	_, err := w.logs.ReplaceOne(ctx, bson.D{{Key: "_id", Value: id}}, logDoc{id, lines, time.Now().UTC()}, options.Replace().SetUpsert(true))
	return translate(err, nil, nil)
}

// LoadLog implements [workspace.Logs].
func (w *Workspaces) LoadLog(ctx context.Context, id string) ([]workspace.LogLine, error) {
	var doc logDoc
	err := w.logs.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	return doc.Lines, translate(err, nil, nil)
}

// RemoveLog implements [workspace.Logs].
func (w *Workspaces) RemoveLog(ctx context.Context, id string) error {
	_, err := w.logs.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}})
	return translate(err, nil, nil)
}
