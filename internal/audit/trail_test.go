package audit_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/internal/audit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pages are a store in memory that several trails can share, and that can fail.
type pages struct {
	mu     sync.Mutex
	bounds audit.Bounds
	pages  map[int64]audit.Page
	reads  int
	// broken fails every call; lost writes pages and says that it failed.
	broken, lost bool
}

var errBroken = errors.New("no answer")

func newPages() *pages { return &pages{pages: map[int64]audit.Page{}} }

func (p *pages) set(broken, lost bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken, p.lost = broken, lost
}

func (p *pages) do(f func()) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broken {
		return errBroken
	}
	f()
	return nil
}

func (p *pages) AuditBounds(context.Context) (b audit.Bounds, err error) {
	return b, p.do(func() { b = p.bounds })
}

func (p *pages) AmendAuditBounds(_ context.Context, change func(*audit.Bounds)) error {
	return p.do(func() { change(&p.bounds) })
}

func (p *pages) AuditPage(_ context.Context, n int64) (page audit.Page, err error) {
	return page, p.do(func() {
		p.reads++
		page = audit.Page{Records: slices.Clone(p.pages[n].Records)}
	})
}

func (p *pages) AmendAuditPage(_ context.Context, n int64, change func(*audit.Page)) error {
	lost := false
	err := p.do(func() {
		page := audit.Page{Records: slices.Clone(p.pages[n].Records)}
		change(&audit.Page{}) // as after another writer was first
		change(&page)
		p.pages[n] = page
		lost = p.lost
	})
	if lost {
		return errBroken
	}
	return err
}

func (p *pages) RemoveAuditPage(_ context.Context, n int64) error {
	return p.do(func() { delete(p.pages, n) })
}

// clock is moved by tests.
type clock struct{ at atomic.Pointer[time.Time] }

func newClock() *clock {
	c := &clock{}
	c.add(0)
	return c
}

func (c *clock) now() time.Time { return *c.at.Load() }
func (c *clock) add(d time.Duration) {
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	if old := c.at.Load(); old != nil {
		at = *old
	}
	at = at.Add(d)
	c.at.Store(&at)
}

func all(t *testing.T, trail *audit.Trail, q audit.Query) []audit.Record {
	t.Helper()
	var found []audit.Record
	for {
		page, next, err := trail.Find(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if q.Limit > 0 && len(page) > q.Limit {
			t.Fatalf("%d records, %d asked for", len(page), q.Limit)
		}
		found = append(found, page...)
		if q.Cursor = next; next == "" {
			return found
		}
	}
}

func targets(records []audit.Record) string {
	var names []string
	for _, r := range records {
		names = append(names, r.Target)
	}
	return strings.Join(names, " ")
}

func TestRecordsAreFoundNewestFirst(t *testing.T) {
	c := newClock()
	trail := audit.New(audit.Options{Store: newPages(), Now: c.now})
	if got := all(t, trail, audit.Query{}); len(got) != 0 {
		t.Fatalf("records in an empty store: %v", got)
	}
	for i := range 3*audit.PageSize + 7 {
		r := audit.Record{Action: "workspace.start", UserID: "ada", UserName: "Ada", Target: fmt.Sprint(i), Outcome: audit.OK}
		switch i {
		case 5:
			r.Action, r.UserID, r.UserName, r.Detail = "workspace.delete", "bob", "Bob", "of Ada"
		case 205:
			r.Action, r.TargetName, r.Address = "user.update", "Grace", "192.0.2.7"
		}
		trail.Record(r)
		c.add(time.Second)
	}
	got := all(t, trail, audit.Query{Limit: 50})
	if len(got) != 307 || got[0].Target != "306" || got[306].Target != "0" || got[0].ID == "" || got[0].Outcome != audit.OK {
		t.Fatalf("%d records, %+v", len(got), got[0])
	}
	for i := range got {
		if got[i].Target != fmt.Sprint(306-i) {
			t.Fatalf("record %d is %s", i, got[i].Target)
		}
	}
	start := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		want  string
		query audit.Query
	}{
		{"5", audit.Query{UserID: "bob"}},
		{"5", audit.Query{Text: "OF ada"}},
		{"205", audit.Query{Action: "user.update"}},
		{"205", audit.Query{Action: "user."}},
		{"205", audit.Query{Text: "dat"}},
		{"205", audit.Query{Text: "grace"}},
		{"205", audit.Query{Text: "192.0.2"}},
		{"", audit.Query{Action: "user"}},
		{"", audit.Query{Action: "user.update", UserID: "bob"}},
		{"10 9 8", audit.Query{Since: start.Add(8 * time.Second), Until: start.Add(11 * time.Second)}},
		{"305 304", audit.Query{Since: start.Add(304 * time.Second), Until: start.Add(306 * time.Second), Action: "workspace."}},
	} {
		if got := targets(all(t, trail, c.query)); got != c.want {
			t.Errorf("%+v: %q, want %q", c.query, got, c.want)
		}
	}
	for _, bad := range []string{"x", "1", "1.x", "-1.5", "1.-1", "1.1000", "9.9.9"} {
		if _, _, err := trail.Find(t.Context(), audit.Query{Cursor: bad}); !errors.Is(err, audit.ErrCursor) {
			t.Errorf("cursor %q: %v", bad, err)
		}
	}
}

func TestALongSearchGoesOnWithTheNextAnswer(t *testing.T) {
	store, c := newPages(), newClock()
	trail := audit.New(audit.Options{Store: store, Now: c.now})
	trail.Record(audit.Record{Action: "a.first", Outcome: audit.OK})
	for range 70 * audit.PageSize {
		trail.Record(audit.Record{Action: "b.other", Outcome: audit.OK})
	}
	if _, _, err := trail.Find(t.Context(), audit.Query{}); err != nil {
		t.Fatal(err)
	}
	store.reads = 0
	page, next, err := trail.Find(t.Context(), audit.Query{Action: "a.first"})
	if len(page) != 0 || next == "" || err != nil || store.reads > 25 {
		t.Fatalf("%v %q %v after %d pages", page, next, err, store.reads)
	}
	if got := all(t, trail, audit.Query{Action: "a.first"}); len(got) != 1 {
		t.Errorf("found %v", got)
	}
	store.reads = 0
	if page, _, err = trail.Find(t.Context(), audit.Query{Until: c.now().Add(-time.Hour)}); len(page) != 0 || err != nil || store.reads > 10 {
		t.Errorf("%v %v after %d pages", page, err, store.reads)
	}
}

func TestNothingIsLostWhenTheStoreFails(t *testing.T) {
	store, c := newPages(), newClock()
	var dropped atomic.Int64
	trail := audit.New(audit.Options{Store: store, Now: c.now, Dropped: func(string) { dropped.Add(1) }})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { trail.Run(ctx); close(done) }()
	record := func(n int) { trail.Record(audit.Record{Action: "a.b", Target: fmt.Sprint(n), Outcome: audit.OK}) }
	for n := range 150 {
		record(n)
	}
	store.set(false, true) // writes, and says that it did not
	for n := range 150 {
		record(150 + n)
	}
	_ = trailFlush(trail, t)
	store.set(true, false)
	for n := range 150 {
		record(300 + n)
	}
	cancel()
	<-done
	store.set(false, false)
	if err := trail.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := all(t, trail, audit.Query{Limit: 500})
	seen := map[string]int{}
	for _, r := range got {
		seen[r.Target]++
	}
	if len(got) != 450 || len(seen) != 450 || dropped.Load() != 0 {
		t.Errorf("%d records of %d acts, %d dropped", len(got), len(seen), dropped.Load())
	}
	for n := range 450 {
		if got[449-n].Target != fmt.Sprint(n) {
			t.Fatalf("place %d has %s", n, got[449-n].Target)
		}
	}
	record(1000)
	if dropped.Load() != 1 {
		t.Error("a record after the end is not counted as dropped")
	}
}

// trailFlush makes the trail try to write now.
func trailFlush(trail *audit.Trail, t *testing.T) error {
	_, _, err := trail.Find(t.Context(), audit.Query{Limit: 1})
	return err
}

func TestAClosedStoreIsReported(t *testing.T) {
	store := newPages()
	trail := audit.New(audit.Options{Store: store})
	trail.Record(audit.Record{Action: "a.b"})
	store.set(true, false)
	if err := trail.Close(t.Context()); !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "1 audit record") {
		t.Errorf("close: %v", err)
	}
}

func TestQueueAndRefusalsAreBounded(t *testing.T) {
	store, c := newPages(), newClock()
	reasons := map[string]int{}
	trail := audit.New(audit.Options{Store: store, Now: c.now, Dropped: func(r string) { reasons[r]++ }})
	for range 1000 {
		trail.Record(audit.Record{Action: "session.login", Outcome: audit.Refused})
	}
	if got := all(t, trail, audit.Query{Action: "session.login"}); len(got) < 100 || len(got) > 300 || reasons[audit.DroppedRefusal] != 1000-len(got) {
		t.Errorf("%d refusals recorded, dropped %v", len(got), reasons)
	}
	if got := all(t, trail, audit.Query{Action: audit.ActionSuppressed}); len(got) != 1 || !strings.HasPrefix(got[0].Detail, fmt.Sprint(reasons[audit.DroppedRefusal])) {
		t.Errorf("what was suppressed is told as %+v", got)
	}
	store.set(true, false)
	for range 11_000 {
		trail.Record(audit.Record{Action: "a.b", Outcome: audit.OK})
	}
	if n := reasons[audit.DroppedFull]; n != 1000 {
		t.Errorf("%d dropped with a queue of 10,000", n)
	}
}

func TestOldRecordsGo(t *testing.T) {
	store, c := newPages(), newClock()
	trail := audit.New(audit.Options{Store: store, Now: c.now})
	for n := range 250 {
		trail.Record(audit.Record{Action: "a.b", Target: fmt.Sprint(n), Outcome: audit.OK})
	}
	all(t, trail, audit.Query{})
	c.add(audit.KeepFor - time.Hour)
	trail.Record(audit.Record{Action: "a.b", Target: "late", Outcome: audit.OK})
	if got := all(t, trail, audit.Query{}); len(got) != 251 {
		t.Errorf("%d records in time", len(got))
	}
	if err := trail.Purge(t.Context()); err != nil || len(store.pages) != 3 {
		t.Errorf("purged too early: %d pages, %v", len(store.pages), err)
	}
	c.add(2 * time.Hour)
	if got := all(t, trail, audit.Query{}); targets(got) != "late" {
		t.Errorf("too old, and found: %q", targets(got))
	}
	if err := trail.Purge(t.Context()); err != nil || !slices.Equal(slices.Collect(maps.Keys(store.pages)), []int64{3}) || store.bounds.First != 3 {
		t.Errorf("left: %v of %+v, %v", slices.Collect(maps.Keys(store.pages)), store.bounds, err)
	}
	trail.Record(audit.Record{Action: "a.b", Target: "after", Outcome: audit.OK})
	if got := all(t, trail, audit.Query{}); targets(got) != "after late" {
		t.Errorf("after purging: %q", targets(got))
	}
}

// A process that has added nothing for long goes on where the others are.
func TestAPageThatIsGoneIsNotAddedTo(t *testing.T) {
	store, c := newPages(), newClock()
	quiet, busy := audit.New(audit.Options{Store: store, Now: c.now}), audit.New(audit.Options{Store: store, Now: c.now})
	quiet.Record(audit.Record{Action: "a.b", Target: "first", Outcome: audit.OK})
	all(t, quiet, audit.Query{})
	for range 2 * audit.PageSize {
		busy.Record(audit.Record{Action: "a.b", Outcome: audit.OK})
	}
	all(t, busy, audit.Query{})
	c.add(audit.KeepFor + time.Hour)
	for _, trail := range []*audit.Trail{busy, quiet} {
		if err := trail.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	quiet.Record(audit.Record{Action: "a.b", Target: "again", Outcome: audit.OK})
	if got := all(t, quiet, audit.Query{}); targets(got) != "again" {
		t.Errorf("found %q", targets(got))
	}
}

func TestSeveralProcessesAddToOneTrail(t *testing.T) {
	store, c := newPages(), newClock()
	var trails []*audit.Trail
	var adding sync.WaitGroup
	for range 4 {
		trail := audit.New(audit.Options{Store: store, Now: c.now})
		trails = append(trails, trail)
		adding.Go(func() {
			for range 300 {
				trail.Record(audit.Record{Action: "a.b", Outcome: audit.OK})
			}
			if err := trail.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	adding.Wait()
	ids := map[string]bool{}
	for _, r := range all(t, trails[0], audit.Query{}) {
		ids[r.ID] = true
	}
	if len(ids) != 1200 {
		t.Errorf("%d of 1200 records", len(ids))
	}
	for n, p := range store.pages {
		if len(p.Records) > audit.PageSize {
			t.Errorf("page %d has %d records", n, len(p.Records))
		}
	}
}

func TestTextsAreCutAndCleaned(t *testing.T) {
	trail := audit.New(audit.Options{Store: newPages()})
	trail.Record(audit.Record{Action: "a.b", UserName: "Ann\x00\n\u202eevil", Detail: strings.Repeat("é", 1000), Target: "\xff", Outcome: "whatever"})
	got := all(t, trail, audit.Query{})
	if len(got) != 1 || got[0].UserName != "Ann  evil" || len(got[0].Detail) != 500 || got[0].Target != "\uFFFD" || got[0].Outcome != audit.Refused {
		t.Errorf("%+v", got)
	}
}
