package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/spend"
)

// spendDoc is a sum of money in nano-USD.
type spendDoc struct {
	Key string        `bson:"_id"`
	Sum agent.NanoUSD `bson:"sum"`
}

var _ spend.Store = (*Store)(nil)

// AddSpend implements [spend.Store].
func (s *Store) AddSpend(ctx context.Context, key string, n agent.NanoUSD) (agent.NanoUSD, error) {
	var doc spendDoc
	update := bson.D{{Key: "$inc", Value: bson.D{{Key: "sum", Value: int64(n)}}}, {Key: "$set", Value: bson.D{{Key: "updatedAt", Value: time.Now().UTC()}}}}
	add := func() error {
		return s.db.Collection("spend").FindOneAndUpdate(ctx, byID(key), update,
			options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Decode(&doc)
	}
	err := add()
	if mongo.IsDuplicateKeyError(err) { // another made it at this moment
		err = add()
	}
	return doc.Sum, translate(err, nil, nil)
}

// Spent implements [spend.Store].
func (s *Store) Spent(ctx context.Context, key string) (agent.NanoUSD, error) {
	var doc spendDoc
	err := orNothing(s.db.Collection("spend").FindOne(ctx, byID(key)).Decode(&doc))
	return doc.Sum, err
}

// PurgeSpend removes the sums of days that nothing was added to since before. Those of chats
// last as long as the chats. The embedded database reads all sums for it: once a day will do.
func (s *Store) PurgeSpend(ctx context.Context, before time.Time) error {
	_, err := s.db.Collection("spend").DeleteMany(ctx, bson.D{
		{Key: "updatedAt", Value: bson.D{{Key: "$lt", Value: before}}},
		{Key: "_id", Value: bson.D{{Key: "$regex", Value: "^(day|user)/"}}},
	})
	return translate(err, nil, nil)
}
