package provision

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/template"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// Options are what a Service stands on. All functions and interfaces are required.
type Options struct {
	// Dial connects to the bridge of a workspace's present container.
	Dial func(ctx context.Context, w workspace.Workspace) (Bridge, error)
	// Workspaces is asked only after New has returned.
	Workspaces Workspaces
	Git        Git
	Templates  Templates
	Variables  Variables
	Images     Images
	Unpushed   Unpushed
	// Nix lets repositories and users describe environments with Nix.
	Nix bool
	// PreferNix takes a template's tools from its flake instead of Debian's packages, as long
	// as CacheAnswers.
	PreferNix    bool
	CacheAnswers func(ctx context.Context) bool
	// Nixpkgs is the flake reference that "nixpkgs" stands for; empty = what Nix takes it for.
	Nixpkgs string
	// Caches are addresses of binary caches, Keys whose signatures count; empty = Nix's own.
	Caches, Keys []string
	// Shared says that other processes look after the same workspaces. Then what a process
	// that was ended left to do waits for the workspace's next start: nobody knows who else does it.
	Shared bool
	Log    *slog.Logger
}

// Bridge is a connection to a workspace's bridge.
type Bridge interface {
	Call(ctx context.Context, kind string, payload, out any) error
	Stream(ctx context.Context, kind string, payload, out any, handle func(bridge.Event) error) error
	// Knows reports whether the bridge has a type of request; older ones lack some.
	Knows(kind string) bool
	Done() <-chan struct{}
	Close() error
}

// Workspaces is what is used of package workspace.
type Workspaces interface {
	Get(ctx context.Context, id string) (workspace.Workspace, error)
	Refit(ctx context.Context, id string, change func(*workspace.Outfit)) (workspace.Workspace, error)
	SetPort(ctx context.Context, id string, p workspace.PortSetting) (workspace.Workspace, error)
	Report(ctx context.Context, id string) workspace.Reporter
	Touch(id string, at time.Time)
}

// Git knows users' accounts at git hosts. Errors are sentences for people.
type Git interface {
	// CloneURL is where a workspace's repository, "owner/name" or an address, is cloned from.
	CloneURL(ctx context.Context, userID, repository string) (string, error)
	// Files reads what a repository's root has, without a clone. ok is false for hosts that
	// cannot be asked.
	Files(ctx context.Context, userID, repository, branch string) (files template.Files, ok bool, err error)
	// Identity is who commits; both empty if that is not known.
	Identity(ctx context.Context, userID string) (name, email string)
	// Credential answers git inside a workspace of the user.
	Credential(ctx context.Context, userID, repository string, q bridge.CredentialRequest) (username, password string, err error)
	// Rejected is told that a host refused a credential; anybody inside can say so.
	Rejected(ctx context.Context, userID string, r bridge.CredentialRejected)
}

// Templates is what is used of package template.
type Templates interface {
	Resolve(ctx context.Context, userID, id string, version int) (template.Template, template.Definition, error)
	Guess(ctx context.Context, userID string, files template.Files) (template.Guess, error)
	Ran(ctx context.Context, id string, version int, ok bool) error
}

// Variables gives the values that a user has set, and those of them that nobody else may read.
type Variables interface {
	For(ctx context.Context, userID, templateID string) (values map[string]string, secrets []string, err error)
}

// Images makes images with packages.
type Images interface {
	PackagesImage(ctx context.Context, packages []string, say func(line string)) (image string, err error)
	// Seed makes, once, a store with what the flake of a version of a template needs. An empty
	// name with a nil error: the engine cannot share stores.
	Seed(ctx context.Context, template string, version int, flake string, say func(line string)) (store string, err error)
}

// Unpushed keeps what is only in a workspace, as known when it stopped.
type Unpushed interface {
	SaveUnpushed(ctx context.Context, workspaceID string, work bridge.UnpushedWork, asOf time.Time) error
}

// Service fits workspaces out. It is a workspace.Preparer and a workspace.Announcer. Safe for
// concurrent use; close it.
type Service struct {
	o      Options
	ctx    context.Context
	cancel context.CancelFunc
	tasks  sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	watches map[string]*watch // by workspace
	fitted  map[string]*fit   // by workspace: what is left to do once it runs
	begun   map[string]begun  // by workspace: for which start that was begun
	cloning map[string]bool   // clones that were asked for again
}

// New returns a service.
func New(o Options) *Service {
	ctx, cancel := context.WithCancel(context.Background())
	return &Service{o: o, ctx: ctx, cancel: cancel, watches: map[string]*watch{}, fitted: map[string]*fit{}, begun: map[string]begun{}, cloning: map[string]bool{}}
}

// Close ends what goes on behind running workspaces; the workspaces run on.
func (s *Service) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.tasks.Wait()
	return nil
}

// behind runs f beside the caller, until Close.
func (s *Service) behind(f func(ctx context.Context)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.tasks.Go(func() { f(s.ctx) })
	}
}

// Announce implements workspace.Announcer.
func (s *Service) Announce(w workspace.Workspace) {
	switch w.Status {
	case workspace.StatusRunning:
		s.watch(w)
		s.finish(w)
	case workspace.StatusStarting: // Inside watches once the bridge is there
		s.leave(w.ID)
	default:
		s.forget(w.ID)
	}
}

// begun is what is done behind a running workspace.
type begun struct {
	epoch  int64
	cancel context.CancelFunc
}

// finish does what is left to do in a workspace that runs, once for each of its starts.
func (s *Service) finish(w workspace.Workspace) {
	s.mu.Lock()
	f, before := s.fitted[w.ID], s.begun[w.ID]
	delete(s.fitted, w.ID)
	if before.epoch == w.Epoch || s.closed {
		s.mu.Unlock()
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.begun[w.ID] = begun{w.Epoch, cancel}
	s.mu.Unlock()
	if before.cancel != nil {
		before.cancel()
	}
	switch {
	case f != nil && f.epoch == w.Epoch:
		s.behind(func(context.Context) { s.after(ctx, w, f) })
	case !s.o.Shared && unfinished(w):
		s.behind(func(context.Context) { s.resume(ctx, w) })
	}
}

// leave ends what is done behind a workspace that is about to end: that its commands end with
// it says nothing about them.
func (s *Service) leave(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, ok := s.begun[id]; ok {
		b.cancel()
		delete(s.begun, id)
	}
}

// AnnounceDeleted implements workspace.Announcer.
func (s *Service) AnnounceDeleted(id string) { s.forget(id) }

func (s *Service) forget(id string) {
	s.leave(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.fitted, id)
	if w := s.watches[id]; w != nil {
		w.cancel()
		delete(s.watches, id)
	}
}
