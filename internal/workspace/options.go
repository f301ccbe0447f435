package workspace

import (
	"context"
	"log/slog"
	"runtime"
	"time"
)

// Options are what a Service needs. Store, Leases, Engine, Prober, Key and Image are
// required; the rest has defaults.
type Options struct {
	Store  Store
	Leases Leaser
	Engine Engine
	Prober Prober
	// LastUse asks the bridge of a running workspace when something inside kept it in use
	// last: a command of the agent, a terminal. Default: nothing inside does.
	LastUse func(ctx context.Context, agentPort int, key string) (time.Time, error)
	// Key is the key that the gateway shows to the bridge of one start of one workspace.
	Key func(id string, epoch int64) string
	// Image is the workspace image's reference.
	Image string
	// Preparer fits out what starts. Default: nothing is done.
	Preparer Preparer
	// Env adds to the container's environment. It is called at each start. Default: nothing.
	Env func(ctx context.Context, w Workspace) (map[string]string, error)
	// Announcers are told of every change.
	Announcers []Announcer
	Observer   Observer
	Log        *slog.Logger

	// Process names this process in claims; it must differ from all others. Default: random.
	Process string
	// Shared says that other processes use the same store: then their changes are polled for.
	Shared bool

	DefaultMemory, MaxMemory int64 // bytes. Default: 2 GiB; 64 GiB
	DefaultCPU, MaxCPU       int64 // billionths of a core. Default: one core; 64 cores
	// MaxPerUser is how many workspaces a user may have. Default: 5.
	MaxPerUser int
	// IdleTimeout is that of workspaces whose creator names none. Negative: never. Default: 30 min.
	IdleTimeout time.Duration
	// PauseTimeout is how long a workspace stays awake unused; then its processes stand still
	// until somebody comes. It counts where it is shorter than the workspace's own idle
	// timeout. Default: 0 = never.
	PauseTimeout time.Duration
	// Identify asks whether what listens at the bridge's port is the bridge that the key is
	// for: nil if so. See Suspect. Default: nobody is asked.
	Identify func(ctx context.Context, agentPort int, key string) error
	// ParallelStarts bounds how many starts run at once; more only make each slower. Default: 2 per core.
	ParallelStarts int
	// ReadyTimeout is how long the editor may take to answer. Default: 60 s.
	ReadyTimeout time.Duration
	// StopGrace is how long a container may take to end by itself. Default: 5 s.
	StopGrace time.Duration
	// ClaimTTL is after how long another process takes over from one that died. Default: 10 s.
	ClaimTTL time.Duration
	// ReconcileEvery is the period of the full comparison. Default: 30 s.
	ReconcileEvery time.Duration
	// RestartDelay is the first pause before a container that died is started again; it doubles
	// up to 30 times itself. Default: 1 s.
	RestartDelay time.Duration
	// OrphanAge is how old a container without a record must be to be removed. Default: 1 min.
	OrphanAge time.Duration
	// FlushEvery is how often use is written down, and idle workspaces looked for. Default: 15 s.
	FlushEvery time.Duration
}

// Observer is told what the service does, for metrics. Calls must not block.
type Observer interface {
	// Start: a start has ended, from the order to the editor's answer or the failure.
	Start(elapsed time.Duration, ok bool)
	// Reconciled: records and containers were compared.
	Reconciled()
	// Repaired: something was put right: "container_lost", "container_unreachable",
	// "container_orphan" or "lease_orphan".
	Repaired(kind string)
}

type noObserver struct{}

func (noObserver) Start(time.Duration, bool) {}
func (noObserver) Reconciled()               {}
func (noObserver) Repaired(string)           {}

func (o *Options) setDefaults() {
	def(&o.DefaultMemory, 2<<30)
	def(&o.MaxMemory, 64<<30)
	def(&o.DefaultCPU, 1e9)
	def(&o.MaxCPU, 64e9)
	def(&o.MaxPerUser, 5)
	def(&o.IdleTimeout, 30*time.Minute)
	o.IdleTimeout = max(o.IdleTimeout, 0)
	def(&o.ParallelStarts, 2*runtime.NumCPU())
	def(&o.ReadyTimeout, time.Minute)
	def(&o.StopGrace, 5*time.Second)
	def(&o.ClaimTTL, 10*time.Second)
	def(&o.ReconcileEvery, 30*time.Second)
	def(&o.RestartDelay, time.Second)
	def(&o.OrphanAge, time.Minute)
	def(&o.FlushEvery, 15*time.Second)
	def(&o.Process, newID()+newID())
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Observer == nil {
		o.Observer = noObserver{}
	}
	if o.LastUse == nil {
		o.LastUse = func(context.Context, int, string) (time.Time, error) { return time.Time{}, nil }
	}
	if o.Preparer == nil {
		o.Preparer = noPreparer{}
	}
	if o.Env == nil {
		o.Env = func(context.Context, Workspace) (map[string]string, error) { return nil, nil }
	}
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}
