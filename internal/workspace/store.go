package workspace

import (
	"context"
	"time"

	"github.com/kalpana-dev/kalpana/internal/portlease"
)

// Records keeps workspaces.
type Records interface {
	// Insert adds a workspace; ErrConflict if its ID, or its owner's Slot or Request, is taken.
	Insert(ctx context.Context, w Workspace) error
	// Get returns ErrNotFound if there is none.
	Get(ctx context.Context, id string) (Workspace, error)
	// Find returns workspaces by age, oldest first.
	Find(ctx context.Context, q Query) ([]Workspace, error)
	// Swap writes w over the record whose version is one less than w's; ErrConflict if it is
	// another by now. Claim and LastActiveAt are left alone, except that LastActiveAt may grow.
	Swap(ctx context.Context, w Workspace) error
	// Remove removes a record; nil if there is none.
	Remove(ctx context.Context, id string) error
}

// Query selects workspaces. Zero values select everything.
type Query struct {
	// OwnerID and SharedWith select by person; both together, what is either.
	OwnerID      string
	SharedWith   string
	UpdatedSince time.Time
	// AfterTime and AfterID continue a list behind the workspace with that CreatedAt and ID.
	AfterTime time.Time
	AfterID   string
	Limit     int
}

// Claims lets one process at a time change a workspace's container.
type Claims interface {
	// Claim makes by the holder until until, if by holds the claim already or nobody does at
	// now; it reports whether by holds it. An until of zero gives it back.
	Claim(ctx context.Context, id, by string, now, until time.Time) (bool, error)
}

// Activity notes use.
type Activity interface {
	// Touch raises LastActiveAt to at; the version stays, so that it disturbs nobody.
	Touch(ctx context.Context, id string, at time.Time) error
}

// Logs keeps the log of the latest start of each workspace.
type Logs interface {
	SaveLog(ctx context.Context, id string, lines []LogLine) error
	// LoadLog returns nil for a workspace without one.
	LoadLog(ctx context.Context, id string) ([]LogLine, error)
	RemoveLog(ctx context.Context, id string) error
}

// Store is all that the service keeps.
type Store interface {
	Records
	Claims
	Activity
	Logs
}

// Leaser leases host ports; see package portlease.
type Leaser interface {
	Acquire(ctx context.Context, workspaceID string) (portlease.Lease, error)
	Holds(ctx context.Context, lease portlease.Lease) (bool, error)
	Release(ctx context.Context, lease portlease.Lease) error
	Block(ctx context.Context, lease portlease.Lease, d time.Duration) error
	InUse(ctx context.Context) ([]portlease.Lease, error)
}

// Announcer is told of every change, in order for each workspace, also of changes by other
// processes. Calls must not block, for they hold up the next change, and must not order
// anything of the service.
type Announcer interface {
	Announce(w Workspace)
	AnnounceDeleted(id string)
}
