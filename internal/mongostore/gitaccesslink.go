package mongostore

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/kalpana-dev/kalpana/internal/user"
)

// LinkIdentity gives a user without an identity at i.Provider this one.
func (s *Store) LinkIdentity(ctx context.Context, id string, i user.Identity, identityKey string, at time.Time) (user.User, error) {
	field := i.Provider + "Key"
	var d userDoc
	err := s.db.Collection("users").FindOneAndUpdate(ctx,
		bson.D{{Key: "_id", Value: id}, {Key: field, Value: keyOr("", id)}},
		bson.D{{Key: "$set", Value: bson.D{{Key: field, Value: identityKey}, {Key: "updatedAt", Value: at}}}, {Key: "$push", Value: bson.D{{Key: "identities", Value: i}}}},
		options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(&d)
	if err == nil {
		return d.User, nil
	}
	// The embedded database reports a duplicate key in an update as an internal error, and a
	// user who has an identity there is not found by the filter.
	owner, other := s.UserByIdentity(ctx, i.Provider, identityKey)
	switch {
	case other == nil && owner.ID == id:
		return owner, nil
	case other == nil:
		return user.User{}, user.ErrExists
	}
	if found, e := s.findUser(ctx, "_id", id); e != nil {
		return user.User{}, e
	} else if found.ID == id && errors.Is(err, mongo.ErrNoDocuments) {
		return user.User{}, user.ErrExists // has another identity there
	}
	return user.User{}, translate(err, user.ErrNotFound, user.ErrExists)
}
