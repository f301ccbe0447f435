package mongostore

import (
	"context"
	"errors"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// Bounds of what is kept of one workspace. A bridge that keeps to its protocol names no more
// repositories and branches than these; names of such length that they do not fit are a
// joke at the database's expense.
const (
	maxUnpushedRepositories = 50
	maxUnpushedBranches     = 100
	maxUnpushedBytes        = 512 << 10
)

// unpushedDoc is what was only in a workspace at a time.
type unpushedDoc struct {
	WorkspaceID string              `bson:"_id"`
	AsOf        time.Time           `bson:"asOf"`
	Work        bridge.UnpushedWork `bson:"work"`
}

// errOlder ends a change that is not to be made.
var errOlder = errors.New("what is there is newer")

// SaveUnpushed keeps what was only in a workspace at asOf, in place of what was known before.
// What is older than that changes nothing. Of more than the bounds the rest is left out, and
// the work marked as truncated.
func (s *Store) SaveUnpushed(ctx context.Context, workspaceID string, work bridge.UnpushedWork, asOf time.Time) error {
	all := work.Repositories
	work.Repositories = []bridge.UnpushedRepository{} // the slices are the caller's: they are replaced, not changed
	size := 0
	for _, r := range all {
		if len(r.Branches) > maxUnpushedBranches {
			r.Branches, work.Truncated = r.Branches[:maxUnpushedBranches], true
		}
		size += len(r.Folder) + len(r.Problem)
		for _, b := range r.Branches {
			size += len(b.Name) + len(b.Upstream)
		}
		if len(work.Repositories) == maxUnpushedRepositories || size > maxUnpushedBytes {
			work.Truncated = true
			break
		}
		work.Repositories = append(work.Repositories, r)
	}
	asOf = asOf.UTC().Truncate(time.Millisecond)
	_, err := amend(ctx, s, s.db.Collection("unpushed"), workspaceID, unpushedDoc{WorkspaceID: workspaceID}, func(d *unpushedDoc) (bool, error) {
		if d.AsOf.After(asOf) {
			return true, errOlder
		}
		d.AsOf, d.Work = asOf, work
		return true, nil
	})
	if errors.Is(err, errOlder) {
		return nil
	}
	return err
}

// Unpushed returns what was only in a workspace when it was looked at last, and when that was;
// the zero time if it never was.
func (s *Store) Unpushed(ctx context.Context, workspaceID string) (work bridge.UnpushedWork, asOf time.Time, err error) {
	var doc unpushedDoc
	err = orNothing(s.db.Collection("unpushed").FindOne(ctx, byID(workspaceID)).Decode(&doc))
	return doc.Work, doc.AsOf, err
}

// RemoveUnpushed forgets it, when the workspace is gone.
func (s *Store) RemoveUnpushed(ctx context.Context, workspaceID string) error {
	return remove(ctx, s.db.Collection("unpushed"), workspaceID)
}
