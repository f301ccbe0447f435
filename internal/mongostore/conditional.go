package mongostore

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// idLocks serialise changes of one document within the process; ids share 64 locks.
type idLocks [64]sync.Mutex

var idSeed = maphash.MakeSeed()

func (l *idLocks) of(id string) *sync.Mutex { return &l[maphash.String(idSeed, id)%uint64(len(l))] }

// updateIf changes the document id of c if it meets a condition, atomically, and reports
// whether it did. The condition is given twice: for MongoDB as a filter, and for the embedded
// database, where a filter of more than the id would read the whole collection, as holds.
// Every change of a collection that uses updateIf must go through it.
func updateIf[T any](ctx context.Context, s *Store, c *mongo.Collection, id string, cond bson.D, holds func(T) bool, update bson.D) (bool, error) {
	key := bson.D{{Key: "_id", Value: id}}
	if !s.embedded {
		res, err := c.UpdateOne(ctx, append(key, cond...), update)
		if err != nil {
			return false, translate(err, nil, nil)
		}
		return res.MatchedCount == 1, nil
	}
	mu := s.locks.of(id)
	mu.Lock() // held across two calls on purpose: it is what makes them one
	defer mu.Unlock()
	var now T
	if err := c.FindOne(ctx, key).Decode(&now); errors.Is(err, mongo.ErrNoDocuments) {
		return false, nil
	} else if err != nil {
		return false, translate(err, nil, nil)
	}
	if !holds(now) {
		return false, nil
	}
	res, err := c.UpdateOne(ctx, key, update)
	if err != nil {
		return false, translate(err, nil, nil)
	}
	return res.MatchedCount == 1, nil
}
