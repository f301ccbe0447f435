package facts

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

const (
	// atOnce bounds how many workspaces are sampled at a time, insideAtOnce how many of their
	// bridges are asked. Docker 20.10 counts once a second and answers all who wait then, so
	// that few at a time would be slow.
	atOnce, insideAtOnce = 64, 8
	// maxWatched bounds the memory and the work of one process: thirty screens full of cards.
	maxWatched = 1500
	// usageWithin and insideWithin bound one question to the engine and to a bridge.
	usageWithin, insideWithin = 4 * time.Second, 3 * time.Second
	// firstAfter is the time from the first count, which is no figure yet, to the second.
	firstAfter = time.Second
	// leastElapsed is the least time between two counts that makes a figure.
	leastElapsed = 200 * time.Millisecond
)

// Service samples workspaces while somebody looks at them. Run it. Safe for concurrent use.
type Service struct {
	o    Options
	news chan struct{} // holds a token when something new is watched
	// bridges holds a token per bridge that is being asked.
	bridges chan struct{}

	mu      sync.Mutex
	watched map[string]*watch
}

// watch is a workspace that somebody looks at. Guarded by Service.mu, but for sampler's, which
// one sampling at a time has to itself.
type watch struct {
	facts   Facts // its slices are replaced, never changed: readers keep them
	rec     workspace.Workspace
	asked   time.Time
	due     time.Time
	fresh   bool // not counted once
	busy    bool // a sampling is under way
	sampler sampler
}

// New returns a Service that samples once it runs.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{o: o, news: make(chan struct{}, 1), bridges: make(chan struct{}, insideAtOnce), watched: map[string]*watch{}}
}

// Look returns what is known of workspaces, in their order, and has those that run sampled
// for a while from now on. It waits for nothing.
func (s *Service) Look(all []workspace.Workspace) []Facts {
	now := time.Now()
	found := make([]Facts, 0, len(all))
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := false
	for _, w := range all {
		if w.Status != workspace.StatusRunning || w.ContainerID == "" || w.Paused { // one that is paused does nothing, and answers nothing
			delete(s.watched, w.ID)
			found = append(found, nothing(w.ID))
			continue
		}
		at := s.watched[w.ID]
		if at == nil || at.rec.ContainerID != w.ContainerID { // not watched, or started again
			if at == nil && len(s.watched) >= maxWatched {
				found = append(found, nothing(w.ID))
				continue
			}
			at = &watch{facts: nothing(w.ID), due: now, fresh: true}
			s.watched[w.ID], fresh = at, true
		}
		at.rec, at.asked = w, now
		found = append(found, at.facts)
	}
	if fresh {
		select {
		case s.news <- struct{}{}:
		default:
		}
	}
	return found
}

func nothing(id string) Facts { return Facts{ID: id, CPU: []float64{}, Memory: []int64{}} }

// Watched returns how many workspaces are being sampled.
func (s *Service) Watched() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.watched)
}

// Run samples until ctx ends, and then waits for what is under way. Call it once.
func (s *Service) Run(ctx context.Context) {
	var under sync.WaitGroup
	defer under.Wait()
	slots := make(chan struct{}, atOnce)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.news:
		case <-timer.C:
		}
		due, next := s.due(time.Now())
		for _, at := range due {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			under.Go(func() {
				defer func() { <-slots }()
				s.sample(ctx, at)
			})
		}
		if next > 0 {
			timer.Reset(next)
		} else {
			timer.Stop() // nobody looks: nothing happens until somebody does
		}
	}
}

// due takes what is to be sampled now and forgets what nobody looks at any more. next is
// when to look again, 0 when nothing is watched.
func (s *Service) due(now time.Time) (due []*watch, next time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, at := range s.watched {
		switch {
		case now.Sub(at.asked) > Attention:
			delete(s.watched, id)
			continue
		case at.busy:
		case !at.due.After(now):
			at.busy = true
			at.due = now.Add(Interval)
			if at.fresh {
				at.due, at.fresh = now.Add(firstAfter), false
			}
			due = append(due, at)
		}
		wait := max(at.due.Sub(now), leastElapsed)
		if next == 0 || wait < next {
			next = wait
		}
	}
	return due, next
}

// sample asks engine and bridge about one workspace. The lock is not held meanwhile.
func (s *Service) sample(ctx context.Context, at *watch) {
	s.mu.Lock()
	rec, known := at.rec, at.facts
	s.mu.Unlock()
	next := at.sampler.sample(ctx, s, rec, known)
	s.mu.Lock()
	defer s.mu.Unlock()
	at.facts, at.busy = next, false
}
