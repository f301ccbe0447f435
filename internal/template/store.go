package template

import (
	"context"
	"time"
)

// Store keeps templates. Implementations are safe for concurrent use by several processes.
type Store interface {
	// InsertTemplate adds a record; ErrConflict when the owner has a template in the same slot.
	InsertTemplate(ctx context.Context, r Record) error
	// Template returns a record, of a deleted template too; ErrNotFound if there is none.
	Template(ctx context.Context, id string) (Record, error)
	// Templates returns the records of one owner, and if q.Shared or q.Published those of
	// others, none of a deleted template, in no order.
	Templates(ctx context.Context, q Query) ([]Record, error)
	// AmendTemplate applies change to the record as one step; change may be called more than
	// once, and its error is returned as it is. ErrNotFound if there is no record.
	AmendTemplate(ctx context.Context, id string, change func(*Record) error) (Record, error)
	// RemoveTemplate removes a record; it is no error if there is none.
	RemoveTemplate(ctx context.Context, id string) error
	// PutText, Text and RemoveText keep definitions by key; Text returns ErrNotFound, removing
	// what is not there is no error.
	PutText(ctx context.Context, key, templateID, text string) error
	Text(ctx context.Context, key string) (string, error)
	RemoveText(ctx context.Context, key string) error
}

// Query says which templates to return.
type Query struct {
	OwnerID string
	// Shared: those that are shared with everybody too. Published: all that are published.
	Shared    bool
	Published bool
}

// Record is a template as it is stored.
type Record struct {
	ID      string `bson:"_id"`
	OwnerID string `bson:"ownerId"`
	// Slot is the lowest number from 0 that no other template of the owner had; unique per
	// owner, so that creations at the same time cannot pass the limit together. Negative once deleted.
	Slot        int64  `bson:"slot"`
	Name        string `bson:"name"`
	Description string `bson:"description"`
	Icon        string `bson:"icon"`
	// Newest, Published and Shared are version numbers; 0 = none.
	Newest    int           `bson:"newest"`
	Published int           `bson:"published"`
	Shared    int           `bson:"shared"`
	Versions  []VersionMark `bson:"versions"`
	Deleted   bool          `bson:"deleted"`
	CreatedAt time.Time     `bson:"createdAt"`
	ChangedAt time.Time     `bson:"changedAt"`
}

// VersionMark is what a record says of one version, oldest first. The slice is replaced, never
// changed in place.
type VersionMark struct {
	Version int `bson:"version"`
	// Key is where its text is, Bytes how long that is.
	Key         string    `bson:"key"`
	Bytes       int       `bson:"bytes"`
	CreatedAt   time.Time `bson:"createdAt"`
	TriedAt     time.Time `bson:"triedAt"`
	PublishedAt time.Time `bson:"publishedAt"`
}
