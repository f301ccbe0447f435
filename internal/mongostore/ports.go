package mongostore

import (
	"context"
	"errors"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/kalpana-dev/kalpana/internal/portlease"
)

// Ports keeps one document per port pair; the unique _id, the even port in digits, decides
// who leases it.
type Ports struct {
	s *Store
	c *mongo.Collection
}

// portDoc is a record under its key. The key is a string: see [Store.Shared].
type portDoc struct {
	ID               string `bson:"_id"`
	portlease.Record `bson:",inline"`
}

// Ports returns the collection of port pairs.
func (s *Store) Ports() *Ports { return &Ports{s, s.db.Collection("ports")} }

// Insert implements [portlease.Store].
func (p *Ports) Insert(ctx context.Context, r portlease.Record) error {
	_, err := p.c.InsertOne(ctx, portDoc{strconv.Itoa(r.VSCodePort), r})
	return translate(err, nil, portlease.ErrTaken)
}

// Takeover implements [portlease.Store].
func (p *Ports) Takeover(ctx context.Context, r portlease.Record, now time.Time) error {
	cond := bson.D{
		{Key: "state", Value: bson.D{{Key: "$ne", Value: portlease.StateLeased}}},
		{Key: "restUntil", Value: bson.D{{Key: "$lte", Value: now}}},
	}
	due := func(old portDoc) bool { return old.State != portlease.StateLeased && !old.RestUntil.After(now) }
	ok, err := updateIf(ctx, p.s, p.c, strconv.Itoa(r.VSCodePort), cond, due, bson.D{{Key: "$set", Value: r}})
	if err == nil && !ok {
		return portlease.ErrTaken
	}
	return err
}

// Retire implements [portlease.Store].
func (p *Ports) Retire(ctx context.Context, r portlease.Record) (bool, error) {
	cond := bson.D{{Key: "workspaceId", Value: r.WorkspaceID}, {Key: "state", Value: portlease.StateLeased}}
	held := func(old portDoc) bool {
		return old.WorkspaceID == r.WorkspaceID && old.State == portlease.StateLeased
	}
	set := bson.D{{Key: "workspaceId", Value: ""}, {Key: "state", Value: r.State}, {Key: "restUntil", Value: r.RestUntil}}
	return updateIf(ctx, p.s, p.c, strconv.Itoa(r.VSCodePort), cond, held, bson.D{{Key: "$set", Value: set}})
}

// Find implements [portlease.Store].
func (p *Ports) Find(ctx context.Context, port int) (portlease.Record, bool, error) {
	var doc portDoc
	err := p.c.FindOne(ctx, bson.D{{Key: "_id", Value: strconv.Itoa(port)}}).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return portlease.Record{}, false, nil
	}
	return doc.Record, err == nil, translate(err, nil, nil)
}

// All implements [portlease.Store].
func (p *Ports) All(ctx context.Context) ([]portlease.Record, error) {
	var docs []portDoc
	cur, err := p.c.Find(ctx, bson.D{}, options.Find().SetBatchSize(10_000))
	if err == nil {
		err = cur.All(ctx, &docs)
	}
	records := make([]portlease.Record, len(docs))
	for i, d := range docs {
		records[i] = d.Record
	}
	return records, translate(err, nil, nil)
}
