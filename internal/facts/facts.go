package facts

import (
	"context"
	"log/slog"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

const (
	// Interval is the time between two samples of a workspace that somebody looks at.
	Interval = 5 * time.Second
	// Points is how many samples are kept: five minutes.
	Points = 60
	// Attention is how long after a look sampling goes on.
	Attention = 30 * time.Second
)

// Facts are what is known of one workspace.
type Facts struct {
	ID string
	// CPU are shares of the container's own limit, 0 to 1; Memory are bytes without what the
	// kernel would give back (the page cache). Both oldest first, at most Points, empty at first.
	CPU    []float64
	Memory []int64
	// MemoryLimit is the container's, in bytes.
	MemoryLimit int64
	// Ports are what listens inside, sorted by port, at most MaxPorts.
	Ports []bridge.Port
	// Git is nil when there is no repository, or none was looked at so far.
	Git *Git
	// SampledAt is when the latest of CPU and Memory was; zero at first.
	SampledAt time.Time
}

// Git is a glance at the repository of a workspace's folder.
type Git struct {
	// Folder is relative to the workspace, Branch empty when none is checked out.
	Folder, Branch string
	// Commit is nil before the first one.
	Commit *Commit
	// Changed counts files that differ from the commit, new ones included; Unpushed commits
	// of what is checked out that its upstream, or without one any remote, does not have as
	// far as git knows without asking the network.
	Changed, Unpushed int
}

// Commit is what is checked out.
type Commit struct {
	Hash, Subject string
	Time          time.Time
}

// Usage is what a container has used so far, as its engine counts it.
type Usage struct {
	// At is when it was counted, by the engine's clock.
	At time.Time
	// CPU is the time that all its processes have run, on all cores together.
	CPU time.Duration
	// Memory and MemoryLimit are bytes, Memory without inactive page cache. A MemoryLimit of
	// 0 is none.
	Memory, MemoryLimit int64
}

// Engine counts what containers use.
type Engine interface {
	// Usage counts once and does not wait for a second count.
	Usage(ctx context.Context, containerID string) (Usage, error)
	// CPULimit is how many billionths of a core a container may use; 0 = as many as there are.
	CPULimit(ctx context.Context, containerID string) (int64, error)
}

// Bridge is a connection to the bridge of one workspace.
type Bridge interface {
	// Call is that of package bridgeclient.
	Call(ctx context.Context, kind string, payload, out any) error
	Close() error
}

// Options are what a Service needs. Engine and Dial are required.
type Options struct {
	Engine Engine
	// Dial connects to the bridge of a workspace that runs, in a way that counts as no use of
	// it and wakes nothing.
	Dial func(ctx context.Context, w workspace.Workspace) (Bridge, error)
	Log  *slog.Logger
}
