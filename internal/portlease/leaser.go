package portlease

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Options are what a Leaser needs to know. The zero value of each duration means its default.
type Options struct {
	// Start and End are the range, End excluded. An odd port left over at the end is not used.
	Start, End int
	// Rest is how long a returned pair is left alone. Default: 60 s, the kernel's TIME_WAIT;
	// negative: none.
	Rest time.Duration
	// Wait is how long Acquire waits for a rest to end when nothing else is free. Default: 5 s; negative: none.
	Wait time.Duration
	// Free says whether a port can be bound on this host right now. Default: it is tried.
	Free func(port int) bool
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// skipFor is how long a pair is passed over after another program was seen on it. Short, for
// mostly it is an outgoing connection that the kernel put there.
const skipFor = 5 * time.Second

// refreshEvery bounds how often a Leaser that meets strangers' leases reads all records.
const refreshEvery = time.Second

// Leaser leases pairs of one range. Safe for concurrent use, in one process and across several.
type Leaser struct {
	store Store
	opts  Options

	mu        sync.Mutex
	size      int      // of pairs; never changes
	pairs     []belief // by index
	lowest    int      // no pair below is believed free
	refreshed time.Time
}

// belief is what this process thinks of a pair; the store decides.
type belief struct {
	state State     // "" is free and without a record
	until time.Time // end of rest or block
	busy  bool      // an Acquire of this process is trying it
	seen  bool      // a record exists: take it over instead of inserting
}

// New returns a Leaser over store. It reads nothing until the first Acquire.
func New(store Store, o Options) *Leaser {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
		*d = max(*d, 0)
	}
	def(&o.Rest, time.Minute)
	def(&o.Wait, 5*time.Second)
	if o.Free == nil {
		o.Free = bindable
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	size := max(0, (o.End-o.Start)/2)
	return &Leaser{store: store, opts: o, size: size, pairs: make([]belief, size)}
}

// Pairs is how many pairs the range has.
func (l *Leaser) Pairs() int { return l.size }

// Acquire leases the lowest free pair to a workspace; *ExhaustedError (ErrExhausted) when there
// is none. A caller who dies before writing down its lease leaves it to be found with InUse.
func (l *Leaser) Acquire(ctx context.Context, workspaceID string) (Lease, error) {
	deadline := l.opts.Now().Add(l.opts.Wait)
	for refreshed := false; ; {
		index, takeover := l.pick()
		if index < 0 {
			// Others may have given pairs back since we looked.
			if !refreshed {
				if err := l.refresh(ctx); err != nil {
					return Lease{}, err
				}
				refreshed = true
				continue
			}
			full := l.exhausted()
			if full.NextFree.IsZero() || full.NextFree.After(deadline) {
				return Lease{}, full
			}
			if err := pause(ctx, full.NextFree.Sub(l.opts.Now())); err != nil {
				return Lease{}, err
			}
			refreshed = false
			continue
		}
		lease, err := l.try(ctx, index, takeover, workspaceID)
		switch {
		case err == nil:
			return lease, nil
		case !errors.Is(err, ErrTaken):
			return Lease{}, fmt.Errorf("lease port %d for %s: %w", l.port(index), workspaceID, err)
		}
	}
}

// Release gives a lease back; it rests before anybody gets it. Doing so twice, or for a pair
// that another workspace holds by now, does nothing.
func (l *Leaser) Release(ctx context.Context, lease Lease) error {
	return l.retire(ctx, lease, StateResting, l.opts.Rest)
}

// Block gives a lease back because another program holds one of its ports; nobody gets it for d.
func (l *Leaser) Block(ctx context.Context, lease Lease, d time.Duration) error {
	return l.retire(ctx, lease, StateBlocked, d)
}

// Holds says whether a lease is still the workspace's own.
func (l *Leaser) Holds(ctx context.Context, lease Lease) (bool, error) {
	r, ok, err := l.store.Find(ctx, lease.VSCodePort)
	if err != nil {
		return false, fmt.Errorf("look up port %d: %w", lease.VSCodePort, err)
	}
	return ok && r.State == StateLeased && r.WorkspaceID == lease.WorkspaceID && l.inRange(r.VSCodePort), nil
}

// InUse returns all leases, of whatever process.
func (l *Leaser) InUse(ctx context.Context) ([]Lease, error) {
	all, err := l.store.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list leases: %w", err)
	}
	var leases []Lease
	for _, r := range all {
		if r.State == StateLeased {
			leases = append(leases, l.lease(r))
		}
	}
	return leases, nil
}

func (l *Leaser) try(ctx context.Context, index int, takeover bool, workspaceID string) (Lease, error) {
	port, now := l.port(index), l.opts.Now()
	if !l.opts.Free(port) || !l.opts.Free(port+1) {
		l.believe(index, belief{state: StateBlocked, until: now.Add(skipFor), seen: takeover})
		return Lease{}, ErrTaken
	}
	r := Record{VSCodePort: port, AgentPort: port + 1, WorkspaceID: workspaceID, State: StateLeased, LeasedAt: now.UTC()}
	var err error
	if takeover {
		err = l.store.Takeover(ctx, r, now)
	} else {
		err = l.store.Insert(ctx, r)
	}
	switch {
	case err == nil:
		l.believe(index, belief{state: StateLeased, seen: true})
		return l.lease(r), nil
	case errors.Is(err, ErrTaken):
		l.believe(index, belief{state: StateLeased, seen: true})
		if l.stale() {
			if err := l.refresh(ctx); err != nil {
				return Lease{}, err
			}
		}
		return Lease{}, ErrTaken
	default:
		// Written or not: the next look at the records tells. Until then keep off it.
		l.believe(index, belief{state: StateBlocked, until: now.Add(skipFor), seen: true})
		return Lease{}, err
	}
}

func (l *Leaser) retire(ctx context.Context, lease Lease, state State, d time.Duration) error {
	until := l.opts.Now().Add(d)
	held, err := l.store.Retire(ctx, Record{VSCodePort: lease.VSCodePort, WorkspaceID: lease.WorkspaceID, State: state, RestUntil: until.UTC()})
	if err != nil {
		return fmt.Errorf("give back port %d of %s: %w", lease.VSCodePort, lease.WorkspaceID, err)
	}
	if held && l.inRange(lease.VSCodePort) {
		l.believe(l.index(lease.VSCodePort), belief{state: state, until: until, seen: true})
	}
	return nil
}

func (l *Leaser) port(index int) int { return l.opts.Start + 2*index }

func (l *Leaser) index(port int) int { return (port - l.opts.Start) / 2 }

func (l *Leaser) inRange(port int) bool {
	return port >= l.opts.Start && l.index(port) < l.size && (port-l.opts.Start)%2 == 0
}

func (l *Leaser) lease(r Record) Lease {
	return Lease{WorkspaceID: r.WorkspaceID, VSCodePort: r.VSCodePort, AgentPort: r.AgentPort, Index: max(0, l.index(r.VSCodePort))}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(max(d, time.Millisecond))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
