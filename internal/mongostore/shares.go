package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// ofPerson selects the workspaces of a person, those shared with one, or both; nil selects all.
func ofPerson(q workspace.Query) bson.D {
	own, shared := bson.D{{Key: "ownerId", Value: q.OwnerID}}, bson.D{{Key: "shares.userId", Value: q.SharedWith}}
	switch {
	case q.OwnerID != "" && q.SharedWith != "":
		return bson.D{{Key: "$or", Value: bson.A{own, shared}}}
	case q.OwnerID != "":
		return own
	case q.SharedWith != "":
		return shared
	default:
		return nil
	}
}

// linkVisits is how often a link to a port was opened.
type linkVisits struct {
	ID     string    `bson:"_id"` // of the link
	Opened int       `bson:"opened"`
	LastAt time.Time `bson:"lastAt"`
}

// CountLink counts one more opening of a link to a port, at at.
func (s *Store) CountLink(ctx context.Context, linkID string, at time.Time) error {
	_, err := amend(ctx, s, s.db.Collection("linkvisits"), linkID, linkVisits{ID: linkID}, func(v *linkVisits) (bool, error) {
		v.Opened++
		if at.After(v.LastAt) {
			v.LastAt = at
		}
		return true, nil
	})
	return err
}

// LinkVisits returns how often a link was opened, and when last; zeroes if never.
func (s *Store) LinkVisits(ctx context.Context, linkID string) (opened int, lastAt time.Time, err error) {
	var v linkVisits
	err = orNothing(s.db.Collection("linkvisits").FindOne(ctx, byID(linkID)).Decode(&v))
	return v.Opened, v.LastAt, err
}

// PurgeLinkVisits forgets links that were not opened since before.
func (s *Store) PurgeLinkVisits(ctx context.Context, before time.Time) error {
	_, err := s.db.Collection("linkvisits").DeleteMany(ctx, bson.D{{Key: "updatedAt", Value: bson.D{{Key: "$lt", Value: before}}}})
	return translate(err, nil, nil)
}
