package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/kalpana-dev/kalpana/internal/identity"
)

// CreateSession adds a session.
func (s *Store) CreateSession(ctx context.Context, x identity.Session) error {
	_, err := s.db.Collection("sessions").InsertOne(ctx, x)
	return translate(err, nil, nil)
}

// FindSessions returns the sessions that q selects, revoked ones too.
func (s *Store) FindSessions(ctx context.Context, q identity.Query) ([]identity.Session, error) {
	return findAll[identity.Session](ctx, s, "sessions", queryFilter(q))
}

// RevokeSessions marks the live sessions in sel as revoked and returns how many there were.
func (s *Store) RevokeSessions(ctx context.Context, sel identity.Selection, at time.Time) (int64, error) {
	return s.revoke(ctx, "sessions", sel, at)
}

// TouchSessions records when sessions were last seen.
func (s *Store) TouchSessions(ctx context.Context, seen map[string]time.Time, at time.Time) error {
	return s.touch(ctx, "sessions", "lastSeenAt", seen, at)
}

func queryFilter(q identity.Query) bson.D {
	f := since(q.Since)
	if q.Hash != "" {
		f = append(f, bson.E{Key: "hash", Value: q.Hash})
	}
	if q.UserID != "" {
		f = append(f, bson.E{Key: "userId", Value: q.UserID})
	}
	return f
}

func (s *Store) revoke(ctx context.Context, collection string, sel identity.Selection, at time.Time) (int64, error) {
	f := bson.D{{Key: "userId", Value: sel.UserID}, {Key: "revokedAt", Value: bson.D{{Key: "$exists", Value: false}}}}
	if sel.ID != "" {
		f = append(f, bson.E{Key: "_id", Value: sel.ID})
	}
	if sel.Except != "" {
		f = append(f, bson.E{Key: "_id", Value: bson.D{{Key: "$ne", Value: sel.Except}}})
	}
	res, err := s.db.Collection(collection).UpdateMany(ctx, f, bson.D{{Key: "$set", Value: bson.D{{Key: "revokedAt", Value: at}, {Key: "updatedAt", Value: at}}}})
	if err != nil {
		return 0, translate(err, nil, nil)
	}
	return res.ModifiedCount, nil
}

// touch raises field, never lowers it: several gateways may see one session.
func (s *Store) touch(ctx context.Context, collection, field string, times map[string]time.Time, at time.Time) error {
	writes := make([]mongo.WriteModel, 0, len(times))
	for id, t := range times {
		writes = append(writes, mongo.NewUpdateOneModel().SetFilter(bson.D{{Key: "_id", Value: id}}).SetUpdate(bson.D{
			{Key: "$max", Value: bson.D{{Key: field, Value: t}}}, {Key: "$set", Value: bson.D{{Key: "updatedAt", Value: at}}},
		}))
	}
	if len(writes) == 0 {
		return nil
	}
	_, err := s.db.Collection(collection).BulkWrite(ctx, writes, options.BulkWrite().SetOrdered(false))
	return translate(err, nil, nil)
}

// PurgeLogins deletes what ended before gone, sessions not seen since idleSince, and
// invitations a month after they ended, so that administrators see who came by which.
func (s *Store) PurgeLogins(ctx context.Context, gone, idleSince time.Time) error {
	for _, p := range []struct {
		collection, field string
		before            time.Time
	}{
		{"sessions", "revokedAt", gone}, {"sessions", "expiresAt", gone}, {"sessions", "lastSeenAt", idleSince},
		{"tokens", "revokedAt", gone}, {"tokens", "expiresAt", gone},
		{"codes", "expiresAt", gone}, {"invitations", "expiresAt", gone.AddDate(0, -1, 0)},
	} {
		if _, err := s.db.Collection(p.collection).DeleteMany(ctx, bson.D{{Key: p.field, Value: bson.D{{Key: "$lt", Value: p.before}}}}); err != nil {
			return translate(err, nil, nil)
		}
	}
	return nil
}
