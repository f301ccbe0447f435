package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/kalpana-dev/kalpana/internal/identity"
)

// CreateInvitation adds an invitation.
func (s *Store) CreateInvitation(ctx context.Context, i identity.Invitation) error {
	_, err := s.db.Collection("invitations").InsertOne(ctx, i)
	return translate(err, nil, nil)
}

// TakeInvitation marks the unused, unexpired invitation as used; identity.ErrNotFound otherwise.
func (s *Store) TakeInvitation(ctx context.Context, hash, userID string, now time.Time) (identity.Invitation, error) {
	var i identity.Invitation
	err := s.db.Collection("invitations").FindOneAndUpdate(ctx,
		bson.D{{Key: "hash", Value: hash}, {Key: "usedAt", Value: bson.D{{Key: "$exists", Value: false}}}, {Key: "expiresAt", Value: bson.D{{Key: "$gt", Value: now}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "usedAt", Value: now}, {Key: "usedBy", Value: userID}}}},
		options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(&i)
	return i, translate(err, identity.ErrNotFound, nil)
}

// ReleaseInvitation makes a used invitation usable again.
func (s *Store) ReleaseInvitation(ctx context.Context, id string) error {
	_, err := s.db.Collection("invitations").UpdateOne(ctx, bson.D{{Key: "_id", Value: id}},
		bson.D{{Key: "$unset", Value: bson.D{{Key: "usedAt", Value: ""}, {Key: "usedBy", Value: ""}}}})
	return translate(err, nil, nil)
}

// Invitations returns all invitations.
func (s *Store) Invitations(ctx context.Context) ([]identity.Invitation, error) {
	return findAll[identity.Invitation](ctx, s, "invitations", bson.D{})
}

// DeleteInvitation removes an invitation; identity.ErrNotFound for an unknown one.
func (s *Store) DeleteInvitation(ctx context.Context, id string) error {
	res, err := s.db.Collection("invitations").DeleteOne(ctx, bson.D{{Key: "_id", Value: id}})
	if err == nil && res.DeletedCount == 0 {
		return identity.ErrNotFound
	}
	return translate(err, nil, nil)
}
