package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/kalpana-dev/kalpana/internal/identity"
)

// PutCode adds a one-time code.
func (s *Store) PutCode(ctx context.Context, c identity.Code) error {
	_, err := s.db.Collection("codes").InsertOne(ctx, c)
	return translate(err, nil, nil)
}

// TakeCode removes and returns a code; everybody but one caller gets identity.ErrNotFound.
func (s *Store) TakeCode(ctx context.Context, purpose, hash string) (identity.Code, error) {
	var c identity.Code
	err := s.db.Collection("codes").FindOneAndDelete(ctx, bson.D{{Key: "_id", Value: hash}, {Key: "purpose", Value: purpose}}).Decode(&c)
	return c, translate(err, identity.ErrNotFound, nil)
}
