package repoevent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options are what a Service stands on.
type Options struct {
	Store Store
	// Watchers returns the workspaces made from the repository "owner/name", in whatever case;
	// it must compare without regard to case. It must return only those whose owners have
	// shown that they may read the repository, as a clone does: naming a private one must
	// not be enough to be told what happens there.
	Watchers func(ctx context.Context, repo string) ([]Watcher, error)
	// Notify is told of each event once for each watcher, from the goroutine of Receive or of
	// Run; it should not take long. Default: nobody is told.
	Notify func(Notice)
	Log    *slog.Logger
	// Shared says that other processes take reports into the same store: Run then looks for
	// what they took.
	Shared bool
	// Every is how often Run looks for that. Default: 2 s.
	Every time.Duration
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Service keeps events. Safe for concurrent use, also of several processes on one store whose
// clocks differ by less than a minute.
type Service struct {
	o Options

	mu   sync.Mutex
	told map[string]time.Time // events that this process told of, by ID
}

// New returns a Service. Call Run once.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Notify == nil {
		o.Notify = func(Notice) {}
	}
	if o.Every == 0 {
		o.Every = 2 * time.Second
	}
	return &Service{o: o, told: map[string]time.Time{}}
}

// Report is a delivery whose signature was checked.
type Report struct {
	// Delivery is the host's id of it, and Body identifies its body, such as by a hash: at
	// most 255 bytes each, and neither may be empty.
	Delivery, Body string
	// RepoID is the host's number of the repository, Repo its "owner/name" at that time.
	RepoID int64
	Repo   string
	// Event needs neither ID nor ReceivedAt.
	Event Event
}

// Receive keeps what a report tells, and tells those who watch. It reports false if nobody
// does: then nothing is kept but that the report was here. The error is ErrReplayed for a
// delivery or body that was here before, through whichever process, and ErrInvalid for no
// report; after any other error the same report may come again.
func (s *Service) Receive(ctx context.Context, r Report) (kept bool, err error) {
	if r.Delivery == "" || r.Body == "" || len(r.Delivery) > 255 || len(r.Body) > 255 || r.RepoID <= 0 || !isName(r.Repo) || r.Event.At.IsZero() {
		return false, fmt.Errorf("take a report: %w", ErrInvalid)
	}
	now := s.o.Now().UTC().Truncate(time.Millisecond)
	marks := []string{"body " + r.Body, "delivery " + r.Delivery}
	for i, mark := range marks {
		first, err := s.o.Store.MarkDelivery(ctx, mark, now)
		if err == nil && !first {
			err = ErrReplayed
		}
		if err != nil {
			s.unmark(ctx, marks[:i])
			return false, fmt.Errorf("take delivery %s: %w", line(r.Delivery, 64), err)
		}
	}
	kept, err = s.keep(ctx, r, now)
	if err != nil {
		s.unmark(ctx, marks)
		return false, fmt.Errorf("keep delivery %s: %w", line(r.Delivery, 64), err)
	}
	return kept, nil
}

// unmark lets a delivery come again, even if the one who sent it has gone meanwhile.
func (s *Service) unmark(ctx context.Context, marks []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	for _, mark := range marks {
		if err := s.o.Store.UnmarkDelivery(ctx, mark); err != nil {
			s.o.Log.Warn("a delivery that failed cannot come again", "err", err)
		}
	}
}

func (s *Service) keep(ctx context.Context, r Report, now time.Time) (bool, error) {
	id := strconv.FormatInt(r.RepoID, 10)
	known, err := s.o.Store.GetRepository(ctx, id)
	if err != nil {
		return false, err
	}
	known.called(r.Repo)
	if watchers, err := s.watchers(ctx, known, r.Repo); err != nil || len(watchers) == 0 {
		return false, err
	}
	// The name first: a repository that nobody finds is purged, a name is overwritten.
	if err := s.o.Store.NameRepository(ctx, fold(r.Repo), id); err != nil {
		return false, err
	}
	e := r.Event.clean()
	e.ID, e.ReceivedAt = line(r.Delivery, maxName), now
	repo, err := s.o.Store.UpdateRepository(ctx, id, func(repo *Repository) {
		repo.called(r.Repo)
		repo.add(e, now)
	})
	if err != nil {
		return false, err
	}
	if err := s.tell(ctx, repo, e); err != nil { // it is kept: pages find it when they ask again
		s.o.Log.Warn("not everybody was told of an event", "repository", r.Repo, "err", err)
	}
	return true, nil
}

// watchers returns those who use the repository under any of its names. now is a name that it
// has for certain; the others count unless another repository has them by now.
func (s *Service) watchers(ctx context.Context, repo Repository, now string) ([]Watcher, error) {
	var all []Watcher
	seen := map[string]bool{}
	for _, name := range repo.Names {
		if name != fold(now) {
			owner, err := s.o.Store.NamedRepository(ctx, name)
			if err != nil {
				return nil, err
			}
			if owner != repo.ID {
				continue
			}
		}
		found, err := s.o.Watchers(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("who uses %s: %w", name, err)
		}
		for _, w := range found {
			if !seen[w.WorkspaceID] {
				seen[w.WorkspaceID] = true
				all = append(all, w)
			}
		}
	}
	return all, nil
}

// toldFor is how long it is known that an event was told of; recent is how long after its
// receipt one is looked for.
const (
	toldFor = 5 * time.Minute
	recent  = time.Minute
)

// tell tells of an event, once.
func (s *Service) tell(ctx context.Context, repo Repository, e Event) error {
	key := repo.ID + " " + e.ID
	s.mu.Lock()
	_, known := s.told[key]
	s.told[key] = s.o.Now()
	s.mu.Unlock()
	if known {
		return nil
	}
	watchers, err := s.watchers(ctx, repo, repo.Name)
	if err != nil {
		s.mu.Lock()
		delete(s.told, key)
		s.mu.Unlock()
		return err
	}
	for _, w := range watchers {
		s.o.Notify(Notice{w, e})
	}
	return nil
}

// Learn notes which repository has a name, so that it is found again after it was renamed. To
// be called when a workspace is made from one, and when the host answers with another name
// than was asked for: then once for each name, the present one last. It is forgotten after
// KeepFor if nobody watches the repository by then.
func (s *Service) Learn(ctx context.Context, repoID int64, name string) error {
	if repoID <= 0 || !isName(name) {
		return fmt.Errorf("learn the name of a repository: %w", ErrInvalid)
	}
	id := strconv.FormatInt(repoID, 10)
	if err := s.o.Store.NameRepository(ctx, fold(name), id); err != nil {
		return err
	}
	_, err := s.o.Store.UpdateRepository(ctx, id, func(r *Repository) { r.called(name) })
	return err
}

// Of returns the repository that a workspace knows as name, and its events; one with nothing
// but that name if nothing is known.
func (s *Service) Of(ctx context.Context, name string) (Repository, error) {
	id, err := s.o.Store.NamedRepository(ctx, fold(name))
	if err != nil || id == "" {
		return Repository{Name: name}, err
	}
	r, err := s.o.Store.GetRepository(ctx, id)
	if err != nil {
		return Repository{}, err
	}
	if r.Name == "" {
		r.Name = name
	}
	r.trim(s.o.Now())
	return r, nil
}

// purgeEvery is how often Run looks for what is too old.
const purgeEvery = time.Hour

// Run tells of what other processes took, and forgets what is too old, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	old := time.NewTicker(purgeEvery)
	defer old.Stop()
	look := time.NewTicker(s.o.Every)
	defer look.Stop()
	if !s.o.Shared {
		look.Stop()
	}
	s.warn(ctx, "forgetting what happened long ago", s.Purge(ctx))
	for {
		select {
		case <-ctx.Done():
			return
		case <-old.C:
			s.warn(ctx, "forgetting what happened long ago", s.Purge(ctx))
		case <-look.C:
			s.warn(ctx, "looking for events that others took", s.lookAround(ctx))
		}
	}
}

func (s *Service) warn(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		s.o.Log.Warn(what, "err", err)
	}
}

// lookAround tells of recent events that this process has not told of. After a restart it may
// tell of one again.
func (s *Service) lookAround(ctx context.Context) error {
	now := s.o.Now()
	s.forgetTold(now)
	changed, err := s.o.Store.ChangedRepositories(ctx, now.Add(-recent))
	if err != nil {
		return err
	}
	var failed []error
	for _, r := range changed {
		for i := len(r.Events) - 1; i >= 0; i-- { // the oldest first
			e := r.Events[i]
			if !e.ReceivedAt.Before(now.Add(-recent)) {
				failed = append(failed, s.tell(ctx, r, e))
			}
		}
	}
	return errors.Join(failed...)
}

func (s *Service) forgetTold(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, at := range s.told {
		if at.Before(now.Add(-toldFor)) {
			delete(s.told, key)
		}
	}
}

// Purge forgets events older than KeepFor, repositories that nobody uses and nothing happened
// at for that long, and deliveries older than MarkFor.
func (s *Service) Purge(ctx context.Context) error {
	now := s.o.Now()
	s.forgetTold(now)
	failed := []error{s.o.Store.PurgeDeliveries(ctx, now.Add(-MarkFor))}
	quiet, err := s.o.Store.QuietRepositories(ctx, now.Add(-KeepFor))
	failed = append(failed, err)
	for _, id := range quiet {
		failed = append(failed, s.purge(ctx, id, now))
	}
	return errors.Join(failed...)
}

func (s *Service) purge(ctx context.Context, id string, now time.Time) error {
	r, err := s.o.Store.GetRepository(ctx, id)
	if err != nil {
		return err
	}
	watchers, err := s.watchers(ctx, r, "")
	if err != nil {
		return err
	}
	if len(watchers) > 0 { // its names are needed to know it when it is renamed
		_, err := s.o.Store.UpdateRepository(ctx, id, func(r *Repository) { r.trim(now) })
		return err
	}
	for _, name := range r.Names {
		if err := s.o.Store.UnnameRepository(ctx, name, id); err != nil {
			return err
		}
	}
	return s.o.Store.RemoveRepository(ctx, id)
}

// isName accepts "owner/name" of bounded length.
func isName(s string) bool {
	owner, name, ok := strings.Cut(s, "/")
	return ok && owner != "" && name != "" && len(s) <= maxName && !strings.Contains(name, "/") && line(s, maxName) == s
}
