package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/user"
)

// userDoc is a user with the keys that must be unique. What somebody lacks is "~" and
// their id instead: the embedded database has no partial indexes, and null collides.
type userDoc struct {
	user.User `bson:",inline"`
	EmailKey  string `bson:"emailKey"`
	GitHubKey string `bson:"githubKey"`
	OIDCKey   string `bson:"oidcKey"`
}

func keyOr(key, id string) string {
	if key == "" {
		return "~" + id
	}
	return key
}

// CreateUser adds u; identityKey is the unique key of its outside identity, if it has one.
func (s *Store) CreateUser(ctx context.Context, u user.User, identityKey string) error {
	d := userDoc{User: u, EmailKey: keyOr(u.Email, u.ID), GitHubKey: keyOr("", u.ID), OIDCKey: keyOr("", u.ID)}
	for _, i := range u.Identities {
		switch i.Provider {
		case "github":
			d.GitHubKey = keyOr(identityKey, u.ID)
		case "oidc":
			d.OIDCKey = keyOr(identityKey, u.ID)
		}
	}
	_, err := s.db.Collection("users").InsertOne(ctx, d)
	return translate(err, nil, user.ErrExists)
}

// UserByEmail returns user.ErrNotFound if nobody has email.
func (s *Store) UserByEmail(ctx context.Context, email string) (user.User, error) {
	if email == "" {
		return user.User{}, user.ErrNotFound
	}
	return s.findUser(ctx, "emailKey", email)
}

// UserByIdentity finds the user who logs in from outside under this key.
func (s *Store) UserByIdentity(ctx context.Context, provider, identityKey string) (user.User, error) {
	return s.findUser(ctx, provider+"Key", identityKey)
}

func (s *Store) findUser(ctx context.Context, field, value string) (user.User, error) {
	var d userDoc
	err := s.db.Collection("users").FindOne(ctx, bson.D{{Key: field, Value: value}}).Decode(&d)
	return d.User, translate(err, user.ErrNotFound, nil)
}

// UpdateUser changes what c names and returns the user after it.
func (s *Store) UpdateUser(ctx context.Context, id string, c identity.UserChange) (user.User, error) {
	set := bson.D{{Key: "updatedAt", Value: c.At}}
	if c.Name != nil {
		set = append(set, bson.E{Key: "name", Value: *c.Name})
	}
	if c.Email != nil {
		set = append(set, bson.E{Key: "email", Value: *c.Email}, bson.E{Key: "emailKey", Value: keyOr(*c.Email, id)})
	}
	if c.VerifiedEmail != nil {
		set = append(set, bson.E{Key: "verifiedEmail", Value: *c.VerifiedEmail})
	}
	if c.PasswordHash != nil {
		set = append(set, bson.E{Key: "passwordHash", Value: *c.PasswordHash})
	}
	if c.Admin != nil {
		set = append(set, bson.E{Key: "admin", Value: *c.Admin})
	}
	if c.Suspended != nil {
		set = append(set, bson.E{Key: "suspended", Value: *c.Suspended})
	}
	if c.MaxWorkspaces != nil {
		set = append(set, bson.E{Key: "maxWorkspaces", Value: *c.MaxWorkspaces})
	}
	if c.DayBudget != nil {
		set = append(set, bson.E{Key: "dayBudget", Value: *c.DayBudget})
	}
	var d userDoc
	err := s.db.Collection("users").FindOneAndUpdate(ctx, bson.D{{Key: "_id", Value: id}}, bson.D{{Key: "$set", Value: set}},
		options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(&d)
	if err != nil && c.Email != nil {
		// The embedded database reports a duplicate key in an update as an internal error.
		if other, e := s.UserByEmail(ctx, *c.Email); e == nil && other.ID != id {
			return user.User{}, user.ErrExists
		}
	}
	return d.User, translate(err, user.ErrNotFound, user.ErrExists)
}

// TouchUsers notes when people were last seen, and leaves all else as it is.
func (s *Store) TouchUsers(ctx context.Context, seen map[string]time.Time) error {
	for id, at := range seen {
		if _, err := s.db.Collection("users").UpdateOne(ctx, byID(id), bson.D{{Key: "$set", Value: bson.D{{Key: "lastSeenAt", Value: at}}}}); err != nil {
			return translate(err, nil, nil)
		}
	}
	return nil
}

// UsersSince returns everybody changed at or after t, all for the zero time.
func (s *Store) UsersSince(ctx context.Context, t time.Time) ([]user.User, error) {
	docs, err := findAll[userDoc](ctx, s, "users", since(t))
	users := make([]user.User, len(docs))
	for i, d := range docs {
		users[i] = d.User
	}
	return users, err
}

func since(t time.Time) bson.D {
	if t.IsZero() {
		return bson.D{}
	}
	return bson.D{{Key: "updatedAt", Value: bson.D{{Key: "$gte", Value: t}}}}
}

func findAll[T any](ctx context.Context, s *Store, collection string, filter bson.D) ([]T, error) {
	cursor, err := s.db.Collection(collection).Find(ctx, filter)
	if err != nil {
		return nil, translate(err, nil, nil)
	}
	var out []T
	return out, translate(cursor.All(ctx, &out), nil, nil)
}
