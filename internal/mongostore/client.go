// Package mongostore keeps Kalpana's records in MongoDB, or in whatever speaks its
// protocol. One file per collection; the driver's errors are translated here and
// nowhere else. Written for single-document atomicity and unique indexes: the embedded
// database has neither transactions nor change streams.
package mongostore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"
)

// callTimeout bounds one database call: an answer later than this helps nobody who waits on a page.
const callTimeout = 10 * time.Second

// Store is a connection to the database. Safe for concurrent use.
type Store struct {
	client *mongo.Client
	db     *mongo.Database
	// embedded: the database is ours alone and weaker than MongoDB; see [Store.Shared].
	embedded bool
	locks    idLocks
	// listLocks are of workspaces; see chatlists.go.
	listLocks idLocks
	// running is known of the embedded database only.
	running runningChats
}

// Shared says whether other processes may use this database. The embedded one belongs to
// this process. It has two weaknesses that stores must know: it finds a document by key only
// when the filter is nothing but a string _id (else it reads the whole collection), and an
// update or find-and-modify is a read and a write that others can come between. For the
// second, commands to it go one at a time, over a single connection.
func (s *Store) Shared() bool { return !s.embedded }

// Observer is told of every database call: the command's name, how long it took, whether it failed.
type Observer func(command string, elapsed time.Duration, failed bool)

// Open connects to uri, checks that the database answers and makes the indexes.
// The database's name is the path of uri, "kalpana" if it has none. observe may be nil.
func Open(ctx context.Context, uri string, observe Observer) (*Store, error) {
	cs, err := connstring.ParseAndValidate(uri)
	if err != nil {
		return nil, fmt.Errorf("database address: %w", err)
	}
	name := cs.Database
	if name == "" {
		name = "kalpana"
	}
	opts := options.Client().ApplyURI(uri).SetTimeout(callTimeout).SetServerSelectionTimeout(5 * time.Second).
		SetBSONOptions(&options.BSONOptions{NilSliceAsEmpty: true, UseLocalTimeZone: false})
	embedded := len(cs.Hosts) == 1 && filepath.Base(cs.Hosts[0]) == "db.sock"
	if embedded {
		opts.SetMaxPoolSize(1)
	}
	if observe != nil {
		opts.SetMonitor(&event.CommandMonitor{
			Succeeded: func(_ context.Context, e *event.CommandSucceededEvent) { observe(e.CommandName, e.Duration, false) },
			Failed:    func(_ context.Context, e *event.CommandFailedEvent) { observe(e.CommandName, e.Duration, true) },
		})
	}
	client, err := mongo.Connect(opts)
	if err != nil {
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	s := &Store{client: client, db: client.Database(name), embedded: embedded}
	if err := s.Ping(ctx); err != nil {
		client.Disconnect(ctx)
		return nil, err
	}
	if err := s.makeIndexes(ctx); err != nil {
		client.Disconnect(ctx)
		return nil, err
	}
	return s, nil
}

// Ping asks the database for an answer.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.db.RunCommand(ctx, bson.D{{Key: "ping", Value: 1}}).Err(); err != nil {
		return fmt.Errorf("database does not answer: %w", err)
	}
	return nil
}

// Close ends the connection.
func (s *Store) Close(ctx context.Context) error { return s.client.Disconnect(ctx) }

// index is one index a collection needs; each collection's file appends its own to indexes.
type index struct {
	collection string
	keys       bson.D
	unique     bool
}

func (s *Store) makeIndexes(ctx context.Context) error {
	for _, i := range indexes {
		_, err := s.db.Collection(i.collection).Indexes().CreateOne(ctx, mongo.IndexModel{Keys: i.keys, Options: options.Index().SetUnique(i.unique)})
		if err != nil {
			return fmt.Errorf("make index on %s: %w", i.collection, err)
		}
	}
	return nil
}

// notFound and taken translate the driver's two answers that the domain has words for;
// every other error passes with its context.
func translate(err, notFound, taken error) error {
	switch {
	case err == nil:
		return nil
	case notFound != nil && errors.Is(err, mongo.ErrNoDocuments):
		return notFound
	case taken != nil && mongo.IsDuplicateKeyError(err):
		return taken
	default:
		return fmt.Errorf("database: %w", err)
	}
}
