package mongostore

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/kalpana-dev/kalpana/internal/repoevent"
)

// RepoEvents keeps what happened at repositories, their names, and which deliveries were here.
type RepoEvents struct {
	s                        *Store
	repos, names, deliveries *mongo.Collection
}

// RepoEvents returns the collections of repositories.
func (s *Store) RepoEvents() *RepoEvents {
	return &RepoEvents{s, s.db.Collection("repositories"), s.db.Collection("repositorynames"), s.db.Collection("deliveries")}
}

var _ repoevent.Store = (*RepoEvents)(nil)

// GetRepository implements [repoevent.Store].
func (r *RepoEvents) GetRepository(ctx context.Context, id string) (repoevent.Repository, error) {
	repo := repoevent.Repository{ID: id}
	return repo, orNothing(r.repos.FindOne(ctx, byID(id)).Decode(&repo))
}

// UpdateRepository implements [repoevent.Store].
func (r *RepoEvents) UpdateRepository(ctx context.Context, id string, change func(*repoevent.Repository)) (repoevent.Repository, error) {
	return amend(ctx, r.s, r.repos, id, repoevent.Repository{ID: id}, func(repo *repoevent.Repository) (bool, error) {
		change(repo)
		return true, nil
	})
}

// RemoveRepository implements [repoevent.Store].
func (r *RepoEvents) RemoveRepository(ctx context.Context, id string) error {
	return remove(ctx, r.repos, id)
}

// nameDoc says which repository has a name.
type nameDoc struct {
	Name       string `bson:"_id"`
	Repository string `bson:"repository"`
}

// NamedRepository implements [repoevent.Store].
func (r *RepoEvents) NamedRepository(ctx context.Context, name string) (string, error) {
	var doc nameDoc
	err := orNothing(r.names.FindOne(ctx, byID(name)).Decode(&doc))
	return doc.Repository, err
}

// NameRepository implements [repoevent.Store].
func (r *RepoEvents) NameRepository(ctx context.Context, name, id string) error {
	_, err := amend(ctx, r.s, r.names, name, nameDoc{Name: name}, func(d *nameDoc) (bool, error) {
		d.Repository = id
		return true, nil
	})
	return err
}

// errOthers ends a change that is not to be made.
var errOthers = errors.New("the name is another repository's")

// UnnameRepository implements [repoevent.Store].
func (r *RepoEvents) UnnameRepository(ctx context.Context, name, id string) error {
	_, err := amend(ctx, r.s, r.names, name, nameDoc{Name: name}, func(d *nameDoc) (bool, error) {
		if d.Repository != id {
			return false, errOthers
		}
		return false, nil
	})
	if errors.Is(err, errOthers) {
		return nil
	}
	return err
}

// ChangedRepositories implements [repoevent.Store].
func (r *RepoEvents) ChangedRepositories(ctx context.Context, since time.Time) ([]repoevent.Repository, error) {
	var found []repoevent.Repository
	cur, err := r.repos.Find(ctx, bson.D{{Key: "updatedAt", Value: bson.D{{Key: "$gte", Value: since.UTC()}}}})
	if err == nil {
		err = cur.All(ctx, &found)
	}
	return found, translate(err, nil, nil)
}

// QuietRepositories implements [repoevent.Store]. The embedded database reads all for it.
func (r *RepoEvents) QuietRepositories(ctx context.Context, before time.Time) ([]string, error) {
	cur, err := r.repos.Find(ctx, bson.D{{Key: "updatedAt", Value: bson.D{{Key: "$lt", Value: before.UTC()}}}},
		options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}).SetBatchSize(10_000))
	return ids(ctx, cur, err)
}

// deliveryDoc is a mark of a delivery; that keys are unique is what lets one in only.
type deliveryDoc struct {
	Mark string    `bson:"_id"`
	At   time.Time `bson:"at"`
}

// MarkDelivery implements [repoevent.Store].
func (r *RepoEvents) MarkDelivery(ctx context.Context, mark string, at time.Time) (bool, error) {
	_, err := r.deliveries.InsertOne(ctx, deliveryDoc{mark, at})
	if mongo.IsDuplicateKeyError(err) {
		return false, nil
	}
	return err == nil, translate(err, nil, nil)
}

// UnmarkDelivery implements [repoevent.Store].
func (r *RepoEvents) UnmarkDelivery(ctx context.Context, mark string) error {
	return remove(ctx, r.deliveries, mark)
}

// PurgeDeliveries implements [repoevent.Store].
func (r *RepoEvents) PurgeDeliveries(ctx context.Context, before time.Time) error {
	_, err := r.deliveries.DeleteMany(ctx, bson.D{{Key: "at", Value: bson.D{{Key: "$lt", Value: before.UTC()}}}})
	return translate(err, nil, nil)
}
