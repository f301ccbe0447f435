package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/kalpana-dev/kalpana/internal/gitaccess"
)

// hostsDoc are the credentials of one user for other git hosts.
type hostsDoc struct {
	UserID string                     `bson:"_id"`
	Hosts  []gitaccess.HostCredential `bson:"hosts"`
}

var _ gitaccess.Store = (*Store)(nil)

func (s *Store) gitConnections() *mongo.Collection { return s.db.Collection("gitconnections") }
func (s *Store) gitHosts() *mongo.Collection       { return s.db.Collection("githosts") }

// Connection implements [gitaccess.Store].
func (s *Store) Connection(ctx context.Context, userID string) (gitaccess.Connection, error) {
	var c gitaccess.Connection
	return c, orNothing(s.gitConnections().FindOne(ctx, byID(userID)).Decode(&c))
}

// ChangeConnection implements [gitaccess.Store].
func (s *Store) ChangeConnection(ctx context.Context, userID string, change func(*gitaccess.Connection) (bool, error)) (gitaccess.Connection, error) {
	return amend(ctx, s, s.gitConnections(), userID, gitaccess.Connection{UserID: userID}, change)
}

// HostCredentials implements [gitaccess.Store].
func (s *Store) HostCredentials(ctx context.Context, userID string) ([]gitaccess.HostCredential, error) {
	var d hostsDoc
	err := orNothing(s.gitHosts().FindOne(ctx, byID(userID)).Decode(&d))
	return d.Hosts, err
}

// ChangeHostCredentials implements [gitaccess.Store].
func (s *Store) ChangeHostCredentials(ctx context.Context, userID string, change func([]gitaccess.HostCredential) ([]gitaccess.HostCredential, error)) error {
	_, err := amend(ctx, s, s.gitHosts(), userID, hostsDoc{UserID: userID}, func(d *hostsDoc) (bool, error) {
		hosts, err := change(d.Hosts)
		d.Hosts = hosts
		return len(hosts) > 0, err
	})
	return err
}

// UsersWithConnection implements [gitaccess.Store].
func (s *Store) UsersWithConnection(ctx context.Context, after string, limit int) ([]string, error) {
	return idsAfter(ctx, s.gitConnections(), after, limit)
}

// UsersWithHostCredentials implements [gitaccess.Store].
func (s *Store) UsersWithHostCredentials(ctx context.Context, after string, limit int) ([]string, error) {
	return idsAfter(ctx, s.gitHosts(), after, limit)
}

// idsAfter are up to limit ids of a collection in their order.
func idsAfter(ctx context.Context, c *mongo.Collection, after string, limit int) ([]string, error) {
	cursor, err := c.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}}},
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit)).SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return nil, translate(err, nil, nil)
	}
	var found []struct {
		ID string `bson:"_id"`
	}
	if err := cursor.All(ctx, &found); err != nil {
		return nil, translate(err, nil, nil)
	}
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.ID
	}
	return ids, nil
}
