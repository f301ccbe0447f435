package portlease

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// State is what a pair that was ever leased is doing; a pair without a record is free.
type State string

// The states of a record.
const (
	StateLeased  State = "leased"
	StateResting State = "resting" // given back; free when RestUntil has passed
	StateBlocked State = "blocked" // another program holds a port of it; tried again after RestUntil
)

// Record is the document of one pair.
type Record struct {
	VSCodePort  int       `bson:"vscodePort"` // the even port, which is the record's key
	AgentPort   int       `bson:"agentPort"`
	WorkspaceID string    `bson:"workspaceId"` // empty unless leased
	State       State     `bson:"state"`
	LeasedAt    time.Time `bson:"leasedAt"`
	RestUntil   time.Time `bson:"restUntil"`
}

// Lease is a pair held by a workspace.
type Lease struct {
	WorkspaceID string
	VSCodePort  int
	AgentPort   int
	// Index counts pairs from the start of the range; it spreads containers over networks.
	Index int
}

// Store keeps the records. Every method is atomic on its own.
type Store interface {
	// Insert adds the record of a pair that has none; ErrTaken if it has one by now.
	Insert(ctx context.Context, r Record) error
	// Takeover replaces a resting or blocked record whose RestUntil is at or before now; ErrTaken if there is none such.
	Takeover(ctx context.Context, r Record, now time.Time) error
	// Retire turns the record that r.WorkspaceID holds on r.VSCodePort into r.State until r.RestUntil, without a holder.
	// It reports whether the workspace held it.
	Retire(ctx context.Context, r Record) (bool, error)
	// Find returns the record of the pair at an even port; ok is false if it has none.
	Find(ctx context.Context, port int) (r Record, ok bool, err error)
	// All returns every record.
	All(ctx context.Context) ([]Record, error)
}

// Errors of leasing and of stores.
var (
	// ErrExhausted: every pair of the range is leased, resting or blocked. The error is an *ExhaustedError.
	ErrExhausted = errors.New("all ports are leased")
	// ErrTaken is how a Store says that the pair is no longer what the caller believed.
	ErrTaken = errors.New("port pair is taken")
)

// ExhaustedError says how the range is used up.
type ExhaustedError struct {
	Start, End               int // the range, End excluded
	Leased, Resting, Blocked int
	NextFree                 time.Time // when the next rest or block ends; zero if nothing rests
}

func (e *ExhaustedError) Error() string {
	s := fmt.Sprintf("all %d port pairs of %d–%d are in use: %d leased, %d resting, %d held by other programs",
		e.Leased+e.Resting+e.Blocked, e.Start, e.End-1, e.Leased, e.Resting, e.Blocked)
	if !e.NextFree.IsZero() {
		s += "; the next is free at " + e.NextFree.UTC().Format(time.TimeOnly) + " UTC"
	}
	return s
}

// Is makes errors.Is(err, ErrExhausted) true.
func (e *ExhaustedError) Is(target error) bool { return target == ErrExhausted }
