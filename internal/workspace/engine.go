package workspace

import (
	"context"
	"time"
)

// ContainerSpec is what the container of one start of one workspace needs. How it is
// hardened is the engine's affair and not up for choice.
type ContainerSpec struct {
	WorkspaceID string
	OwnerID     string
	Epoch       int64
	Image       string
	Hostname    string
	Memory      int64 // bytes
	CPU         int64 // billionths of a core
	VSCodePort  int   // host port on loopback for the editor
	AgentPort   int   // host port on loopback for the bridge
	// Network numbers the shared network the container joins; few hundred containers fit into one.
	Network int
	// KeySHA256 is the hash, in hex, of the key that the bridge demands.
	KeySHA256 string
	// NixStore names a shared store that the workspace's /nix begins with; "" = an empty one.
	// It counts when the workspace's files are made, and not for those that are there.
	NixStore string
	Env      map[string]string
}

// Container is a container of ours as the engine sees it.
type Container struct {
	ID          string
	WorkspaceID string
	Epoch       int64
	VSCodePort  int
	AgentPort   int
	// Alive: its processes exist. Neither one that was never started nor one that ended is.
	Alive bool
	// Paused: they stand still, their memory stays. One that is paused is alive.
	Paused    bool
	ExitCode  int  // of one that ended
	OOMKilled bool // ended because its memory was used up
	CreatedAt time.Time
}

// Event says that something happened to a container. It is only a reason to look.
type Event struct {
	WorkspaceID string
	// Resync: events may have been missed (the stream has just begun or begun again); look at everything.
	Resync bool
}

// Runtime changes containers. Every method may be called again after a crash and then
// completes what is missing. Errors wrap the sentinels of this package where one fits.
type Runtime interface {
	// Create makes the container of a start, and its volumes if it is the first, without starting it.
	Create(ctx context.Context, spec ContainerSpec) (containerID string, err error)
	// Start starts a created container. ErrPortTaken if one of its host ports is not free,
	// ErrContainerGone if somebody removed it.
	Start(ctx context.Context, containerID string) error
	// Pause stops all processes of a running container where they are; nil if they are stopped
	// already. Resume lets them go on; nil if they do. ErrContainerGone if it is not there.
	Pause(ctx context.Context, containerID string) error
	Resume(ctx context.Context, containerID string) error
	// Remove ends and removes all containers of a workspace, paused ones too; nil if there are
	// none. They get grace to end by themselves. Volumes stay.
	Remove(ctx context.Context, workspaceID string, grace time.Duration) error
	// RemoveVolumes removes a workspace's files; nil if there are none.
	RemoveVolumes(ctx context.Context, workspaceID string) error
}

// Watcher sees containers.
type Watcher interface {
	// List returns all containers of this installation. An error means "unknown", never "none".
	List(ctx context.Context) ([]Container, error)
	// Find returns those of one workspace.
	Find(ctx context.Context, workspaceID string) ([]Container, error)
	// Logs returns the last lines that a container wrote, oldest first.
	Logs(ctx context.Context, containerID string, lines int) ([]string, error)
	// Events reports until ctx ends, then closes the channel. It reconnects by itself.
	Events(ctx context.Context) <-chan Event
}

// Engine is a container engine.
type Engine interface {
	Runtime
	Watcher
}

// Prober asks a workspace's bridge whether the editor answers.
type Prober interface {
	Ready(ctx context.Context, agentPort int, key string) error
}
