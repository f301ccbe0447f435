package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/kalpana-dev/kalpana/internal/variable"
)

// variablesDoc are all variables of a user: in one document, so that their number and size
// can be limited in one step. It is below 300 KiB by those limits.
type variablesDoc struct {
	UserID    string              `bson:"_id"`
	Variables []variable.Variable `bson:"variables"`
}

var _ variable.Store = (*Store)(nil)

// GetVariables implements [variable.Store].
func (s *Store) GetVariables(ctx context.Context, userID string) ([]variable.Variable, error) {
	var doc variablesDoc
	err := orNothing(s.db.Collection("variables").FindOne(ctx, byID(userID)).Decode(&doc))
	return doc.Variables, err
}

// UpdateVariables implements [variable.Store].
func (s *Store) UpdateVariables(ctx context.Context, userID string, change func([]variable.Variable) ([]variable.Variable, error)) error {
	_, err := amend(ctx, s, s.db.Collection("variables"), userID, variablesDoc{UserID: userID}, func(d *variablesDoc) (bool, error) {
		all, err := change(d.Variables)
		d.Variables = all
		return len(all) > 0, err
	})
	return err
}

// RemoveVariables implements [variable.Store].
func (s *Store) RemoveVariables(ctx context.Context, userID string) error {
	return remove(ctx, s.db.Collection("variables"), userID)
}

// UsersWithVariables implements [variable.Store].
func (s *Store) UsersWithVariables(ctx context.Context) ([]string, error) {
	cur, err := s.db.Collection("variables").Find(ctx, bson.D{}, options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}).SetBatchSize(10_000))
	return ids(ctx, cur, err)
}
