package mongostore

import (
	"context"
	"crypto/rand"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// revised is a document with a mark of its latest change. The mark is random, not a number
// that begins anew: a document that was removed and made again is another one.
type revised[T any] struct {
	Doc       T         `bson:",inline"`
	Revision  string    `bson:"revision"`
	UpdatedAt time.Time `bson:"updatedAt"`
}

// amend applies change to the document id of c, which is none if there is none, and writes
// the result, as one step. It calls change again as often as another writer was first. change
// must not use the store; its error is returned as it is, and nothing is written then. A
// document for which change reports false is removed. Every change of a collection that uses
// amend must go through amend; removals need not, a change notices them.
func amend[T any](ctx context.Context, s *Store, c *mongo.Collection, id string, none T, change func(*T) (keep bool, err error)) (T, error) {
	if s.embedded {
		mu := s.locks.of(id)
		mu.Lock() // held across two calls on purpose: it is what makes them one
		defer mu.Unlock()
	}
	for {
		old := revised[T]{Doc: none}
		err := c.FindOne(ctx, byID(id)).Decode(&old)
		there := err == nil
		if err := orNothing(err); err != nil {
			return none, err
		}
		doc := old.Doc
		keep, err := change(&doc)
		if err != nil {
			return doc, err
		}
		now := revised[T]{doc, rand.Text(), time.Now().UTC()}
		var written bool
		switch {
		case there:
			written, err = over(ctx, s, c, id, old.Revision, now, keep)
		case keep:
			_, err = c.InsertOne(ctx, now)
			written = err == nil
			if mongo.IsDuplicateKeyError(err) {
				err = nil // another made it at this moment
			}
		default:
			written = true // nothing is there, nothing shall be
		}
		if err != nil || written {
			return doc, translate(err, nil, nil)
		}
	}
}

// over replaces or removes a document, and reports false if its revision is another by now.
func over[T any](ctx context.Context, s *Store, c *mongo.Collection, id, revision string, now revised[T], keep bool) (bool, error) {
	filter := byID(id)
	if !s.embedded { // there the lock keeps others out, and a filter of more than the id is slow
		var was any = revision
		if revision == "" {
			was = nil // written before there were revisions
		}
		filter = append(filter, bson.E{Key: "revision", Value: was})
	}
	if !keep {
		res, err := c.DeleteOne(ctx, filter)
		return err == nil && res.DeletedCount == 1, err
	}
	res, err := c.ReplaceOne(ctx, filter, now)
	return err == nil && res.MatchedCount == 1, err
}
