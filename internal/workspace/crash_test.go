package workspace_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/internal/portlease"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// process is what a service sees of the world, until it dies: after a number of calls that
// change something, none has an effect any more. It dies before the last one, or, if late,
// right after it, so that the answer is lost.
type process struct {
	workspace.Store
	workspace.Leaser
	workspace.Engine
	late bool

	mu   sync.Mutex
	left int // calls until death; negative: never
	dead bool
	done chan struct{} // closed at death
}

var errDead = errors.New("this process is dead")

func newProcess(s workspace.Store, l workspace.Leaser, e workspace.Engine, calls int, late bool) *process {
	return &process{Store: s, Leaser: l, Engine: e, left: calls, late: late, done: make(chan struct{})}
}

// change makes a call that changes something.
func (p *process) change(do func() error) error {
	p.mu.Lock()
	if p.dead {
		p.mu.Unlock()
		return errDead
	}
	dies := p.left == 0
	p.left--
	if dies {
		p.dead = true
		close(p.done)
	}
	p.mu.Unlock()
	if !dies {
		return do()
	}
	if p.late {
		do()
	}
	return errDead
}

func (p *process) alive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.dead
}

type deadlyStore struct{ *process }
type deadlyLeaser struct{ *process }
type deadlyEngine struct{ *process }

func (p deadlyStore) Get(ctx context.Context, id string) (workspace.Workspace, error) {
	if !p.alive() {
		return workspace.Workspace{}, errDead
	}
	return p.Store.Get(ctx, id)
}

func (p deadlyStore) Insert(ctx context.Context, w workspace.Workspace) error {
	return p.change(func() error { return p.Store.Insert(ctx, w) })
}

func (p deadlyStore) Swap(ctx context.Context, w workspace.Workspace) error {
	return p.change(func() error { return p.Store.Swap(ctx, w) })
}

func (p deadlyStore) Remove(ctx context.Context, id string) error {
	return p.change(func() error { return p.Store.Remove(ctx, id) })
}

func (p deadlyStore) Claim(ctx context.Context, id, by string, now, until time.Time) (ok bool, err error) {
	err = p.change(func() error { ok, err = p.Store.Claim(ctx, id, by, now, until); return err })
	return ok && err == nil, err
}

func (p deadlyStore) Find(ctx context.Context, q workspace.Query) ([]workspace.Workspace, error) {
	return p.Store.Find(ctx, q)
}

func (p deadlyStore) SaveLog(ctx context.Context, id string, l []workspace.LogLine) error {
	if !p.alive() {
		return errDead
	}
	return p.Store.SaveLog(ctx, id, l)
}

func (p deadlyLeaser) Acquire(ctx context.Context, id string) (l portlease.Lease, err error) {
	err = p.change(func() error { l, err = p.Leaser.Acquire(ctx, id); return err })
	return l, err
}

func (p deadlyLeaser) Release(ctx context.Context, l portlease.Lease) error {
	return p.change(func() error { return p.Leaser.Release(ctx, l) })
}

func (p deadlyLeaser) Block(ctx context.Context, l portlease.Lease, d time.Duration) error {
	return p.change(func() error { return p.Leaser.Block(ctx, l, d) })
}

func (p deadlyEngine) Create(ctx context.Context, s workspace.ContainerSpec) (id string, err error) {
	err = p.change(func() error { id, err = p.Engine.Create(ctx, s); return err })
	return id, err
}

func (p deadlyEngine) Start(ctx context.Context, id string) error {
	return p.change(func() error { return p.Engine.Start(ctx, id) })
}

func (p deadlyEngine) Pause(ctx context.Context, id string) error {
	return p.change(func() error { return p.Engine.Pause(ctx, id) })
}

func (p deadlyEngine) Resume(ctx context.Context, id string) error {
	return p.change(func() error { return p.Engine.Resume(ctx, id) })
}

func (p deadlyEngine) Remove(ctx context.Context, id string, grace time.Duration) error {
	return p.change(func() error { return p.Engine.Remove(ctx, id, grace) })
}

func (p deadlyEngine) RemoveVolumes(ctx context.Context, id string) error {
	return p.change(func() error { return p.Engine.RemoveVolumes(ctx, id) })
}

func (p deadlyEngine) Find(ctx context.Context, id string) ([]workspace.Container, error) {
	if !p.alive() {
		return nil, errDead
	}
	return p.Engine.Find(ctx, id)
}

// use puts the process between a service and the world.
func (p *process) use(o *workspace.Options) {
	o.Store, o.Leases, o.Engine = deadlyStore{p}, deadlyLeaser{p}, deadlyEngine{p}
}
