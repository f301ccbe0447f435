package workspace

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/internal/portlease"
)

// Service takes orders and brings every workspace to what was ordered last. Several
// processes may run one each over the same store and engine. Safe for concurrent use.
type Service struct {
	o      Options
	ctx    context.Context // lifetime of the workers
	cancel context.CancelFunc
	starts chan struct{} // holds one token per running start
	logs   logBook
	// endAgain is when ended shares are looked for again, after a failure; Run's own.
	endAgain time.Time

	// telling is held while something is announced, so that a workspace's changes are announced
	// in order. It is taken before mu and never with it: whoever is told may end connections
	// and ask for rights meanwhile.
	telling sync.Mutex

	mu      sync.Mutex
	workers map[string]*worker
	idle    chan struct{}        // closed while there are no workers
	known   map[string]Workspace // the newest record of each workspace that was announced
	touched map[string]time.Time // use not yet written down
	active  map[string]time.Time // latest use this process knows of
	asked   map[string]time.Time // when bridges were asked for use that only they see; Run's own
	resumes map[string]*resumption
	pauses  map[string]bool      // unused workspaces that are to be paused
	awake   map[string]time.Time // until when those that could not be paused are left alone
	suspect map[string]bool      // workspaces of which somebody found that they do not answer
	floor   time.Time            // nothing counts as unused since before: start of process, jump of clock
	doomed  map[string]time.Time // workspaces that will be deleted later, and when
	crashes map[string]*crashes
	orphans map[portlease.Lease]int // passes that saw an orphan lease
	removed map[string]time.Time    // workspaces that are gone, lest a late reader announces them again
	closed  bool
	running sync.WaitGroup
}

// New returns a Service that works on orders at once; Run makes it repair what it finds, too.
// Close it.
func New(o Options) *Service {
	o.setDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	idle := make(chan struct{})
	close(idle)
	return &Service{
		o: o, ctx: ctx, cancel: cancel, starts: make(chan struct{}, o.ParallelStarts), idle: idle,
		logs: logBook{store: o.Store, logs: map[string]*startLog{}}, floor: time.Now(),
		workers: map[string]*worker{}, known: map[string]Workspace{}, touched: map[string]time.Time{},
		active: map[string]time.Time{}, crashes: map[string]*crashes{}, orphans: map[portlease.Lease]int{},
		removed: map[string]time.Time{}, asked: map[string]time.Time{}, doomed: map[string]time.Time{},
		resumes: map[string]*resumption{}, pauses: map[string]bool{}, awake: map[string]time.Time{}, suspect: map[string]bool{},
	}
}

// Run announces all workspaces, then repairs what differs from the records: now, when the
// engine reports events, and periodically, until ctx ends. Call it once.
func (s *Service) Run(ctx context.Context) {
	s.running.Add(1)
	defer s.running.Done()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(s.ctx, stop)()
	s.poll(ctx, time.Time{})
	if s.o.Shared {
		s.running.Go(func() { s.follow(ctx) })
	}
	passes := time.NewTicker(s.o.ReconcileEvery)
	defer passes.Stop()
	flushes := time.NewTicker(s.o.FlushEvery)
	defer flushes.Stop()
	dues := time.NewTicker(dueEvery)
	defer dues.Stop()
	events := s.o.Engine.Events(ctx)
	clock := newClockWatch()
	for {
		select {
		case e, ok := <-events:
			switch {
			case !ok:
				events = nil
			case e.Resync:
				s.reconcile(ctx)
			default:
				// Docker 20.10 reports a death shortly before its list shows it, so look again.
				s.kick(e.WorkspaceID, "")
				for _, later := range []time.Duration{200 * time.Millisecond, time.Second} {
					time.AfterFunc(later, func() { s.kick(e.WorkspaceID, "") })
				}
			}
		case <-dues.C:
			s.deleteDue(ctx)
			s.dropEnded(ctx)
		case <-passes.C:
			s.poll(ctx, time.Time{})
			s.reconcile(ctx)
		case <-flushes.C:
			if clock.jumped() {
				s.o.Log.Warn("clock jumped, idle times begin anew")
				s.resetFloor()
			}
			s.flush(ctx)
			s.askBridges(ctx)
			s.stopIdle(ctx)
			s.pauseUnused()
		case <-ctx.Done():
			return
		}
	}
}

// Close stops all work where it is, waits for it, and writes down recent use. Containers
// run on; a Service over the same store continues.
func (s *Service) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.running.Wait()
	return s.flush(ctx)
}

// WaitIdle waits until nothing is being worked on.
func (s *Service) WaitIdle(ctx context.Context) error {
	s.mu.Lock()
	idle := s.idle
	s.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// now is the time as the store keeps it: milliseconds, UTC.
func (s *Service) now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// swap writes the next version of w and announces it.
func (s *Service) swap(ctx context.Context, w Workspace) (Workspace, error) {
	w.Version++
	w.UpdatedAt = s.now()
	w.Paused = w.Paused && w.Status == StatusRunning
	if err := s.o.Store.Swap(ctx, w); err != nil {
		return Workspace{}, fmt.Errorf("write workspace %s: %w", w.ID, err)
	}
	s.see(w)
	return w, nil
}

// see announces w if it is newer than what was announced.
func (s *Service) see(w Workspace) {
	s.telling.Lock()
	defer s.telling.Unlock()
	if !s.learn(w) {
		return
	}
	for _, a := range s.o.Announcers {
		a.Announce(w)
	}
}

// learn takes w in and reports whether it is newer than what was known.
func (s *Service) learn(w Workspace) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.known[w.ID]; ok && old.Version >= w.Version {
		if w.LastActiveAt.After(old.LastActiveAt) { // use that another process wrote down makes no version
			old.LastActiveAt = w.LastActiveAt
			s.known[w.ID] = old
		}
		return false
	}
	if _, ok := s.removed[w.ID]; ok {
		return false
	}
	s.known[w.ID] = w
	s.doom(w)
	return true
}

// gone announces that a workspace was removed and forgets it.
func (s *Service) gone(id string) {
	s.telling.Lock()
	defer s.telling.Unlock()
	if !s.forget(id) {
		return
	}
	for _, a := range s.o.Announcers {
		a.AnnounceDeleted(id)
	}
}

// forget drops all that is known of a workspace and reports whether it was.
func (s *Service) forget(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := s.known[id]
	for old, at := range s.removed {
		if time.Since(at) > time.Minute {
			delete(s.removed, old)
		}
	}
	s.removed[id] = time.Now()
	delete(s.known, id)
	delete(s.touched, id)
	delete(s.active, id)
	delete(s.crashes, id)
	delete(s.doomed, id)
	delete(s.pauses, id)
	delete(s.awake, id)
	delete(s.suspect, id)
	s.logs.forget(id)
	return known
}

// Counts returns how many workspaces are in each status, as far as announced.
func (s *Service) Counts() map[Status]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := map[Status]int{StatusStopped: 0, StatusStarting: 0, StatusRunning: 0, StatusStopping: 0, StatusError: 0}
	for _, w := range s.known {
		n[w.Status]++
	}
	return n
}

// pollOverlap is how far polls for changes look back, for clocks of other processes that lag.
const pollOverlap = 10 * time.Second

// follow reads what other processes change, until ctx ends. It stands apart from Run's loop
// because an engine that does not answer must not keep an ended share alive here.
func (s *Service) follow(ctx context.Context) {
	t := time.NewTicker(2 * time.Second)
	defer t.Stop()
	last := s.now() // not of the last try: what a database that stood still kept back is read once it answers
	for {
		select {
		case <-t.C:
			if begun := s.now(); s.poll(ctx, last.Add(-pollOverlap)) {
				last = begun
			}
		case <-ctx.Done():
			return
		}
	}
}

// poll reads the records changed since a time, announces and works on what other processes
// ordered, and notices what they removed. A zero time reads all. It reports whether it could read.
func (s *Service) poll(ctx context.Context, since time.Time) bool {
	found, err := s.o.Store.Find(ctx, Query{UpdatedSince: since})
	if err != nil {
		if ctx.Err() == nil {
			s.o.Log.Warn("records not read", "err", err)
		}
		return false
	}
	there := map[string]bool{}
	for _, w := range found {
		there[w.ID] = true
		s.mu.Lock()
		changed := s.known[w.ID].Version < w.Version
		s.mu.Unlock()
		s.see(w)
		// Who took the order works on it; we only if we do already, or nobody does.
		if changed && !since.IsZero() && (s.working(w.ID) || w.ClaimedUntil.Before(time.Now())) {
			s.kick(w.ID, w.Desired)
		}
	}
	s.mu.Lock()
	var missing []string
	for id, w := range s.known {
		// Between full reads only those about to go are asked for.
		if !there[id] && (since.IsZero() || w.Desired == DesiredDeleted) {
			missing = append(missing, id)
		}
	}
	s.mu.Unlock()
	for _, id := range missing {
		if _, err := s.o.Store.Get(ctx, id); errors.Is(err, ErrNotFound) {
			s.gone(id)
		}
	}
	return true
}
