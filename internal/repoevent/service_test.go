package repoevent_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/repoevent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stand is a database with workspaces, and what its services told of.
type stand struct {
	store *mongostore.Store

	mu         sync.Mutex
	now        time.Time
	workspaces map[string][]repoevent.Watcher // by repository in lower case
	failing    error                          // of looking for them
}

func open(t *testing.T, shared bool) *stand {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: a Unix socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	db, err := embeddeddb.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	uri := db.URI()
	if shared { // by another name the store takes it for a database that others may use
		if err := os.Symlink(filepath.Join(dir, "db.sock"), filepath.Join(dir, "alias.sock")); err != nil {
			t.Fatal(err)
		}
		uri = strings.Replace(uri, "db.sock", "alias.sock", 1) + "?maxPoolSize=1"
	}
	store, err := mongostore.Open(t.Context(), uri, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		store.Close(context.WithoutCancel(t.Context()))
		db.Close()
		os.RemoveAll(dir)
	})
	return &stand{store: store, now: time.Now().UTC().Truncate(time.Millisecond), workspaces: map[string][]repoevent.Watcher{
		"ada/x": {{WorkspaceID: "wada", OwnerID: "ada"}, {WorkspaceID: "weve", OwnerID: "eve"}},
	}}
}

func (st *stand) clock() time.Time {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.now
}

func (st *stand) advance(d time.Duration) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.now = st.now.Add(d)
}

func (st *stand) watchers(_ context.Context, repo string) ([]repoevent.Watcher, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.workspaces[strings.ToLower(repo)], st.failing
}

// told are notices that a service gave.
type told struct {
	mu  sync.Mutex
	all []string
}

func (o *told) notify(n repoevent.Notice) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, n.WorkspaceID+" "+n.OwnerID+" "+n.Event.Title)
}

// take returns the notices since it was called last, sorted.
func (o *told) take() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.all
	o.all = nil
	slices.Sort(all)
	return all
}

// process is a service as one of several processes has it.
func (st *stand) process(t *testing.T) (*repoevent.Service, *told) {
	t.Helper()
	o := &told{}
	return repoevent.New(repoevent.Options{
		Store: st.store.RepoEvents(), Watchers: st.watchers, Notify: o.notify, Log: slog.New(slog.DiscardHandler), Shared: true, Every: 20 * time.Millisecond, Now: st.clock,
	}), o
}

// report is a push, of its own delivery and body, to the repository with number 5000.
func (st *stand) report(title string) repoevent.Report {
	return repoevent.Report{
		Delivery: "delivery of " + title, Body: "body of " + title, RepoID: 5000, Repo: "ada/x",
		Event: repoevent.Event{Kind: repoevent.KindPush, Title: title, Branch: "main", Author: "ada", URL: "https://github.example/ada/x/compare/a...b", At: st.clock(), Commits: 2},
	}
}

func receive(t *testing.T, s *repoevent.Service, r repoevent.Report) bool {
	t.Helper()
	kept, err := s.Receive(t.Context(), r)
	if err != nil {
		t.Fatalf("receive %q: %v", r.Event.Title, err)
	}
	return kept
}

func titles(t *testing.T, s *repoevent.Service, name string) []string {
	t.Helper()
	repo, err := s.Of(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for _, e := range repo.Events {
		all = append(all, e.Title)
	}
	return all
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if len(got)+len(want) > 0 && !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestAnEventIsKeptAndTold(t *testing.T) {
	st := open(t, false)
	s, told := st.process(t)
	first := st.report("one")
	first.Repo = "Ada/X" // the host takes upper for lower case
	if !receive(t, s, first) {
		t.Error("not kept")
	}
	same(t, "told", told.take(), []string{"wada ada one", "weve eve one"})
	repo, err := s.Of(t.Context(), "aDa/x")
	want := repoevent.Repository{ID: "5000", Name: "Ada/X", Names: []string{"ada/x"}, Events: []repoevent.Event{first.Event}}
	want.Events[0].ID, want.Events[0].ReceivedAt = first.Delivery, st.clock()
	if diff := cmp.Diff(want, repo); diff != "" || err != nil {
		t.Errorf("repository: %v (-want +got)\n%s", err, diff)
	}
	// What happened before is put before, whenever it comes.
	st.advance(time.Minute)
	late := st.report("earlier")
	late.Event.At = first.Event.At.Add(-time.Minute)
	receive(t, s, late)
	receive(t, s, st.report("latest"))
	same(t, "events", titles(t, s, "ada/x"), []string{"latest", "one", "earlier"})
	same(t, "of another", titles(t, s, "ada/other"), nil)
}

func TestNothingIsKeptOfWhatNobodyUses(t *testing.T) {
	st := open(t, false)
	s, told := st.process(t)
	r := st.report("one")
	r.Repo, r.RepoID = "eve/y", 7
	if receive(t, s, r) {
		t.Error("kept")
	}
	same(t, "told", told.take(), nil)
	same(t, "events", titles(t, s, "eve/y"), nil)
	repo, err := st.store.RepoEvents().GetRepository(t.Context(), "7")
	if diff := cmp.Diff(repoevent.Repository{ID: "7"}, repo); diff != "" || err != nil {
		t.Errorf("stored: %v\n%s", err, diff)
	}
}

// Two processes receive; none of them takes what the other took.
func TestADeliveryIsTakenOnce(t *testing.T) {
	for _, shared := range []bool{false, true} {
		t.Run(fmt.Sprintf("shared %v", shared), func(t *testing.T) {
			st := open(t, shared)
			a, _ := st.process(t)
			b, _ := st.process(t)
			receive(t, a, st.report("one"))
			again, otherBody, otherID := st.report("one"), st.report("two"), st.report("three")
			otherBody.Delivery, otherID.Body = again.Delivery, again.Body
			for what, r := range map[string]repoevent.Report{"the same": again, "another body": otherBody, "another id": otherID} {
				for _, s := range []*repoevent.Service{a, b} {
					if kept, err := s.Receive(t.Context(), r); !errors.Is(err, repoevent.ErrReplayed) || kept {
						t.Errorf("%s: %v %v", what, kept, err)
					}
				}
			}
			// The body that came under a used id was not taken, so it may still come.
			otherBody.Delivery = "its own"
			receive(t, b, otherBody)
			same(t, "events", titles(t, a, "ada/x"), []string{"two", "one"})

			var all sync.WaitGroup
			var took atomic.Int64
			for n := range 20 {
				all.Go(func() {
					_, err := []*repoevent.Service{a, b}[n%2].Receive(t.Context(), st.report("raced"))
					if err == nil {
						took.Add(1)
					} else if !errors.Is(err, repoevent.ErrReplayed) {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if took.Load() != 1 {
				t.Errorf("%d took one delivery", took.Load())
			}
		})
	}
}

func TestAReportThatFailedMayComeAgain(t *testing.T) {
	st := open(t, false)
	s, told := st.process(t)
	st.failing = errors.New("no list")
	if kept, err := s.Receive(t.Context(), st.report("one")); !errors.Is(err, st.failing) || kept {
		t.Fatalf("with a fault: %v %v", kept, err)
	}
	st.failing = nil
	receive(t, s, st.report("one"))
	same(t, "told", told.take(), []string{"wada ada one", "weve eve one"})
}

func TestWhatIsNoReport(t *testing.T) {
	st := open(t, false)
	s, _ := st.process(t)
	for what, change := range map[string]func(*repoevent.Report){
		"no id":        func(r *repoevent.Report) { r.Delivery = "" },
		"long id":      func(r *repoevent.Report) { r.Delivery = strings.Repeat("d", 256) },
		"no body":      func(r *repoevent.Report) { r.Body = "" },
		"no number":    func(r *repoevent.Report) { r.RepoID = 0 },
		"no owner":     func(r *repoevent.Report) { r.Repo = "/x" },
		"no name":      func(r *repoevent.Report) { r.Repo = "ada/" },
		"two slashes":  func(r *repoevent.Report) { r.Repo = "ada/x/y" },
		"control char": func(r *repoevent.Report) { r.Repo = "ada/x\n" },
		"long name":    func(r *repoevent.Report) { r.Repo = "ada/" + strings.Repeat("x", 300) },
		"no time":      func(r *repoevent.Report) { r.Event.At = time.Time{} },
	} {
		r := st.report(what)
		change(&r)
		if _, err := s.Receive(t.Context(), r); !errors.Is(err, repoevent.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestTheLatestFiftyOfThirtyDays(t *testing.T) {
	st := open(t, false)
	s, _ := st.process(t)
	var want []string
	for n := range repoevent.MaxEvents + 5 {
		st.advance(time.Second)
		receive(t, s, st.report(fmt.Sprint("event ", n)))
		if n >= 5 {
			want = append([]string{fmt.Sprint("event ", n)}, want...)
		}
	}
	same(t, "events", titles(t, s, "ada/x"), want)
	st.advance(repoevent.KeepFor - 10*time.Second)
	same(t, "before they are old", titles(t, s, "ada/x"), want[:11])
	st.advance(time.Minute)
	same(t, "after", titles(t, s, "ada/x"), nil)
}

func TestPurging(t *testing.T) {
	st := open(t, false)
	s, _ := st.process(t)
	st.workspaces["eve/y"] = []repoevent.Watcher{{WorkspaceID: "w", OwnerID: "eve"}}
	receive(t, s, st.report("one"))
	other := st.report("other")
	other.Repo, other.RepoID = "eve/y", 7
	receive(t, s, other)
	purge := func() {
		t.Helper()
		if err := s.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	st.advance(repoevent.MarkFor - time.Minute)
	purge()
	same(t, "before they are old", append(titles(t, s, "ada/x"), titles(t, s, "eve/y")...), []string{"one", "other"})
	if _, err := s.Receive(t.Context(), st.report("one")); !errors.Is(err, repoevent.ErrReplayed) {
		t.Errorf("a delivery of today: %v", err)
	}
	delete(st.workspaces, "eve/y")
	st.advance(repoevent.KeepFor + time.Hour)
	purge()
	stored := func(id string) repoevent.Repository {
		t.Helper()
		r, err := st.store.RepoEvents().GetRepository(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if diff := cmp.Diff(repoevent.Repository{ID: "7"}, stored("7")); diff != "" {
		t.Errorf("one that nobody uses:\n%s", diff)
	}
	if id, err := st.store.RepoEvents().NamedRepository(t.Context(), "eve/y"); id != "" || err != nil {
		t.Errorf("its name is of %q, %v", id, err)
	}
	if used := stored("5000"); used.Name != "ada/x" || len(used.Events) > 0 {
		t.Errorf("one that is used: %+v", used)
	}
	receive(t, s, st.report("one")) // the mark is gone; who calls takes nothing so old
}

func TestARenamedRepositoryIsTheSame(t *testing.T) {
	st := open(t, false)
	s, told := st.process(t)
	receive(t, s, st.report("one"))
	told.take()
	at := func(name, title string, id int64) repoevent.Report {
		st.advance(time.Second)
		r := st.report(title)
		r.Repo, r.RepoID = name, id
		return r
	}
	// Nobody's workspace knows the new name.
	receive(t, s, at("ada/renamed", "two", 5000))
	same(t, "told", told.take(), []string{"wada ada two", "weve eve two"})
	same(t, "by the old name", titles(t, s, "ada/x"), []string{"two", "one"})
	same(t, "by the new name", titles(t, s, "ada/renamed"), []string{"two", "one"})
	if repo, err := s.Of(t.Context(), "ada/x"); err != nil || repo.Name != "ada/renamed" {
		t.Errorf("its name is %q, %v", repo.Name, err)
	}
	// Another takes the old name: from then on that is the one of the workspaces.
	receive(t, s, at("ada/x", "of another", 6000))
	same(t, "told", told.take(), []string{"wada ada of another", "weve eve of another"})
	if receive(t, s, at("ada/renamed", "three", 5000)) {
		t.Error("kept although nobody uses it by now")
	}
	same(t, "told", told.take(), nil)
	same(t, "by the old name", titles(t, s, "ada/x"), []string{"of another"})

	// One that is renamed before anything happened there is known if it was learned of.
	st.workspaces["eve/y"] = []repoevent.Watcher{{WorkspaceID: "w", OwnerID: "eve"}}
	if err := s.Learn(t.Context(), 7, "eve/y"); err != nil {
		t.Fatal(err)
	}
	if !receive(t, s, at("Eve/Z", "first", 7)) {
		t.Error("not kept")
	}
	same(t, "told", told.take(), []string{"w eve first"})
	same(t, "by the old name", titles(t, s, "eve/y"), []string{"first"})
	if err := s.Learn(t.Context(), 7, "no name"); !errors.Is(err, repoevent.ErrInvalid) {
		t.Errorf("learning nonsense: %v", err)
	}
}

// A page is connected to one process, and the host sends to another.
func TestOtherProcessesTellToo(t *testing.T) {
	st := open(t, true)
	a, toldByA := st.process(t)
	b, toldByB := st.process(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	var loops sync.WaitGroup
	defer loops.Wait()
	defer cancel()
	loops.Go(func() { a.Run(ctx) })
	loops.Go(func() { b.Run(ctx) })
	receive(t, a, st.report("one"))
	var got []string
	for len(got) < 2 {
		select {
		case <-ctx.Done():
			t.Fatalf("only %q was told", got)
		case <-time.After(5 * time.Millisecond):
			got = append(got, toldByB.take()...)
		}
	}
	receive(t, b, st.report("two")) // which a finds while it would find the first again
	gotA := toldByA.take()
	for len(gotA) < 4 {
		select {
		case <-ctx.Done():
			t.Fatalf("only %q was told by a", gotA)
		case <-time.After(5 * time.Millisecond):
			gotA = append(gotA, toldByA.take()...)
		}
	}
	slices.Sort(gotA)
	same(t, "told by b", got, []string{"wada ada one", "weve eve one"})
	same(t, "told by a", gotA, []string{"wada ada one", "wada ada two", "weve eve one", "weve eve two"})
	same(t, "told by b of its own", toldByB.take(), []string{"wada ada two", "weve eve two"})
}

// FuzzTexts: whatever strangers write comes out as one bounded line.
func FuzzTexts(f *testing.F) {
	f.Add("title", "branch", "https://x/y")
	f.Add("a\x1b[31m\nb\u202Ec", "feature/\u2066ü", "javascript:alert(1)")
	f.Add(strings.Repeat("ü", 5000), "\xff\xfe", "https://x/\n")
	st := &memory{}
	s := repoevent.New(repoevent.Options{Store: st, Log: slog.New(slog.DiscardHandler),
		Watchers: func(context.Context, string) ([]repoevent.Watcher, error) {
			return []repoevent.Watcher{{WorkspaceID: "w", OwnerID: "u"}}, nil
		}})
	f.Fuzz(func(t *testing.T, title, branch, url string) {
		st.repo = repoevent.Repository{ID: "1"}
		_, err := s.Receive(t.Context(), repoevent.Report{Delivery: "d", Body: "b", RepoID: 1, Repo: "a/b",
			Event: repoevent.Event{Title: title, Author: branch, Branch: branch, URL: url, At: time.Now(), Number: -1, Commits: -1}})
		if err != nil || len(st.repo.Events) != 1 {
			t.Fatalf("not kept: %v", err)
		}
		e := st.repo.Events[0]
		for _, text := range []string{e.Title, e.Branch, e.Author, e.URL} {
			bad := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' }
			if !utf8.ValidString(text) || strings.ContainsFunc(text, bad) {
				t.Errorf("%q is no clean line", text)
			}
		}
		if utf8.RuneCountInString(e.Title) > 200 || utf8.RuneCountInString(e.Branch) > 255 || len(e.URL) > 2048 || e.Number < 0 || e.Commits < 0 {
			t.Errorf("not bounded: %+v", e)
		}
		if e.URL != "" && !strings.HasPrefix(e.URL, "https://") && !strings.HasPrefix(e.URL, "http://") {
			t.Errorf("address %q", e.URL)
		}
	})
}

// memory is a store for one repository: a database would make fuzzing slow.
type memory struct {
	repoevent.Store
	repo repoevent.Repository
}

func (m *memory) MarkDelivery(context.Context, string, time.Time) (bool, error) { return true, nil }
func (m *memory) NameRepository(context.Context, string, string) error          { return nil }
func (m *memory) GetRepository(context.Context, string) (repoevent.Repository, error) {
	return m.repo, nil
}
func (m *memory) UpdateRepository(_ context.Context, _ string, change func(*repoevent.Repository)) (repoevent.Repository, error) {
	change(&m.repo)
	return m.repo, nil
}
