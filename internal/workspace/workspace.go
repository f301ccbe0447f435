package workspace

import (
	"errors"
	"time"
)

// Status is what a workspace is doing, as users see it.
type Status string

// The statuses of the contract. Every workspace is in exactly one.
const (
	StatusStopped  Status = "STOPPED"
	StatusStarting Status = "STARTING"
	StatusRunning  Status = "RUNNING"
	StatusStopping Status = "STOPPING"
	StatusError    Status = "ERROR"
)

// Desired is what a workspace should become. The service writes it at once and
// then works towards it, so that an intent survives any crash.
type Desired string

// The intents a user, the idle rule or an operator can record.
const (
	DesiredRunning Desired = "RUNNING"
	DesiredStopped Desired = "STOPPED"
	DesiredDeleted Desired = "DELETED"
)

// Workspace is the record of one workspace: the truth about what should be.
// Field names in MongoDB are the ones on the wire.
type Workspace struct {
	// ID is 12 random characters of [a-z0-9]; never used twice.
	ID      string `bson:"_id"`
	OwnerID string `bson:"ownerId"`
	// Name is 1–60 characters (runes) without control characters; need not be unique.
	Name         string  `bson:"name"`
	Status       Status  `bson:"status"`
	StatusReason string  `bson:"statusReason"`
	Desired      Desired `bson:"desired"`
	// Epoch counts starts. The key that the gateway and the bridge share is derived
	// from ID and Epoch, so a container of an earlier start never passes for this one.
	Epoch int64 `bson:"epoch"`
	// MinEpoch is the least epoch whose container will do: a restart raises it above the
	// running one's.
	MinEpoch int64 `bson:"minEpoch"`
	// VSCodePort and AgentPort are the leased host ports, 0 when no lease is held.
	VSCodePort  int    `bson:"vscodePort"`
	AgentPort   int    `bson:"agentPort"`
	ContainerID string `bson:"containerId"`
	// Paused: the workspace is RUNNING, and its processes stand still until somebody needs
	// them. It follows the container, so an operator's own pausing shows as well.
	Paused bool `bson:"paused"`

	Template   string `bson:"template"`
	GithubRepo string `bson:"githubRepo"`
	Branch     string `bson:"branch"`
	NixConfig  string `bson:"nixConfig"`
	Outfit     `bson:",inline"`

	// Memory is in bytes, CPU in billionths of a core (nano CPUs).
	Memory int64 `bson:"memory"`
	CPU    int64 `bson:"cpu"`
	// IdleTimeout is how long the workspace runs unused; 0 = it is never stopped.
	IdleTimeout time.Duration `bson:"idleTimeout"`

	// DeleteAt is when the workspace will be deleted unless it is kept; zero = it stays.
	DeleteAt time.Time `bson:"deleteAt"`

	LastActiveAt time.Time `bson:"lastActiveAt"`
	CreatedAt    time.Time `bson:"createdAt"`
	UpdatedAt    time.Time `bson:"updatedAt"`

	// Version grows by one with every write; writes are compare-and-swap on it.
	Version int64 `bson:"version"`
	// ClaimedBy names the process that is changing the container right now, until
	// ClaimedUntil; a claim that has run out may be taken over.
	ClaimedBy    string    `bson:"claimedBy"`
	ClaimedUntil time.Time `bson:"claimedUntil"`
	// Request is the creator's Idempotency-Key, or the ID if none was sent. Unique per owner.
	Request string `bson:"request"`
	// Slot is the lowest number from 0 that no other workspace of the owner had at creation.
	// Unique per owner, so that parallel creations cannot pass the limit together.
	Slot int `bson:"slot"`
	// Ports are the settings of ports that differ from the default, sorted by port. The
	// slice is shared by copies of the record: it is replaced, never changed.
	Ports []PortSetting `bson:"portSettings"`
	// Shares are with whom the workspace is shared, sorted by user; Links are to its ports,
	// the oldest first. Both slices are replaced, never changed, like Ports.
	Shares []Share    `bson:"shares"`
	Links  []PortLink `bson:"links"`
}

// Errors of the domain. Callers compare with errors.Is.
var (
	// ErrNotFound: no such workspace, or it is not the caller's.
	ErrNotFound = errors.New("workspace not found")
	// ErrConflict: somebody else changed the record meanwhile; read it again.
	ErrConflict = errors.New("workspace changed meanwhile")
	// ErrQuota: the owner already has as many workspaces as the limit allows.
	ErrQuota = errors.New("workspace limit reached")
	// ErrDeleting: the workspace is being deleted and takes no other order.
	ErrDeleting = errors.New("workspace is being deleted")
	// ErrRuntimeUnavailable: the container engine does not answer.
	ErrRuntimeUnavailable = errors.New("container engine does not answer")
	// ErrImageMissing: the workspace image is not on the engine's machine.
	ErrImageMissing = errors.New("workspace image is missing")
	// ErrPortTaken: something else on the host holds a leased port.
	ErrPortTaken = errors.New("port is taken by another program")
	// ErrContainerGone: somebody else removed the container meanwhile.
	ErrContainerGone = errors.New("container is gone")
	// ErrDiskFull: the engine's disk has no room left.
	ErrDiskFull = errors.New("disk is full")
)

// InvalidError says which field of a request is wrong and what is allowed.
type InvalidError struct {
	Field   string
	Message string
}

func (e *InvalidError) Error() string { return e.Field + ": " + e.Message }
