package workspace_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestRightsAreOrdered(t *testing.T) {
	order := []workspace.Right{workspace.RightNone, workspace.RightView, workspace.RightUse, workspace.RightEdit, workspace.RightOwner}
	for i, have := range order {
		for j, need := range order {
			if got := have.Allows(need); got != (i >= j && j > 0) {
				t.Errorf("%q allows what needs %q: %v", have, need, got)
			}
		}
	}
	if workspace.Right("admin").Allows(workspace.RightView) || workspace.RightOwner.Allows("admin") {
		t.Error("a right that is none counts")
	}
}

func TestRightOf(t *testing.T) {
	now := time.Now()
	w := workspace.Workspace{OwnerID: "bob", Shares: []workspace.Share{
		{UserID: "ada", Right: workspace.RightEdit},
		{UserID: "cyd", Right: workspace.RightUse, Until: now.Add(time.Minute)},
		{UserID: "dan", Right: workspace.RightEdit, Until: now},
		{UserID: "eve", Right: workspace.RightView, Until: now.Add(-time.Minute)},
	}}
	for user, want := range map[string]workspace.Right{
		"bob": workspace.RightOwner, "ada": workspace.RightEdit, "cyd": workspace.RightUse,
		"dan": workspace.RightNone, "eve": workspace.RightNone, "zoe": workspace.RightNone, "": workspace.RightNone, "Ada": workspace.RightNone,
	} {
		if got := w.RightOf(user, now); got != want {
			t.Errorf("%q: %q, want %q", user, got, want)
		}
	}
	if got := w.RightOf("cyd", now.Add(time.Minute)); got != workspace.RightNone {
		t.Errorf("at the very end: %q", got)
	}
	nobodys := workspace.Workspace{}
	if got := nobodys.RightOf("", now); got != workspace.RightNone {
		t.Errorf("nobody owns nobody's: %q", got)
	}
	if live := w.LiveShares(now); len(live) != 2 || len(w.Shares) != 4 {
		t.Errorf("live: %+v of %+v", live, w.Shares)
	}
	if n := testing.AllocsPerRun(100, func() { w.RightOf("cyd", now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// sharingWorld is a service with one stopped workspace of "o", and what it announces.
func sharingWorld(t *testing.T) (*world, *workspace.Service, workspace.Workspace, *announcements) {
	t.Helper()
	w := newWorld()
	o := w.options()
	seen := &announcements{of: map[string][]workspace.Workspace{}}
	o.Announcers = append(o.Announcers, seen)
	s, stop := run(o)
	t.Cleanup(stop)
	no := false
	rec, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n", Start: &no})
	if err != nil {
		t.Fatal(err)
	}
	return w, s, rec, seen
}

func TestSharesAreKeptAnnouncedAndEnded(t *testing.T) {
	_, s, rec, seen := sharingWorld(t)
	ctx := t.Context()
	must := func(w workspace.Workspace, err error) workspace.Workspace {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	first := must(s.Share(ctx, rec.ID, "bob", workspace.RightView, time.Time{}))
	second := must(s.Share(ctx, rec.ID, "ada", workspace.RightEdit, time.Now().Add(time.Hour)))
	if len(first.Shares) != 1 || len(second.Shares) != 2 || second.Shares[0].UserID != "ada" {
		t.Errorf("not sorted, or what was announced was changed: %+v, %+v", first.Shares, second.Shares)
	}
	if again := must(s.Share(ctx, rec.ID, "bob", workspace.RightView, time.Time{})); again.Version != second.Version {
		t.Error("the same share was written once more")
	}
	raised := must(s.Share(ctx, rec.ID, "bob", workspace.RightUse, time.Time{}))
	if len(raised.Shares) != 2 || raised.Shares[1].Right != workspace.RightUse || !raised.Shares[1].CreatedAt.Equal(first.Shares[0].CreatedAt) || second.Shares[1].Right != workspace.RightView {
		t.Errorf("raised: %+v", raised.Shares)
	}
	if got := s.Right(rec.ID, "bob"); got != workspace.RightUse {
		t.Errorf("from memory: %q", got)
	}
	last := must(s.Unshare(ctx, rec.ID, "ada"))
	if len(last.Shares) != 1 || len(raised.Shares) != 2 || s.Right(rec.ID, "ada") != workspace.RightNone {
		t.Errorf("ended: %+v", last.Shares)
	}
	seen.mu.Lock()
	all := seen.of[rec.ID]
	seen.mu.Unlock()
	if got := all[len(all)-1].Shares; !slices.Equal(got, last.Shares) {
		t.Errorf("announced %+v", got)
	}
	if _, err := s.Unshare(ctx, rec.ID, "ada"); !errors.Is(err, workspace.ErrNotShared) {
		t.Errorf("ended twice: %v", err)
	}
	if _, err := s.Share(ctx, "nobodyhasit1", "ada", workspace.RightView, time.Time{}); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("of nothing: %v", err)
	}
	if got := s.Right("nobodyhasit1", "o"); got != workspace.RightNone {
		t.Errorf("a right to nothing: %q", got)
	}
	for field, bad := range map[string]func() (workspace.Workspace, error){
		"right": func() (workspace.Workspace, error) {
			return s.Share(ctx, rec.ID, "ada", workspace.RightOwner, time.Time{})
		},
		"until": func() (workspace.Workspace, error) {
			return s.Share(ctx, rec.ID, "ada", workspace.RightView, time.Now().Add(-time.Second))
		},
		"email": func() (workspace.Workspace, error) {
			return s.Share(ctx, rec.ID, "o", workspace.RightView, time.Time{})
		},
	} {
		var invalid *workspace.InvalidError
		if _, err := bad(); !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestSharesAndLinksAreBounded(t *testing.T) {
	_, s, rec, _ := sharingWorld(t)
	var all sync.WaitGroup
	var mu sync.Mutex
	taken, refused, links, refusedLinks := 0, 0, 0, 0
	count := func(err error, ok, no *int) {
		mu.Lock()
		defer mu.Unlock()
		var invalid *workspace.InvalidError
		switch {
		case err == nil:
			*ok++
		case errors.As(err, &invalid):
			*no++
		case !errors.Is(err, workspace.ErrConflict):
			t.Error(err)
		}
	}
	for worker := range 4 {
		all.Go(func() {
			for i := range 15 {
				_, err := s.Share(t.Context(), rec.ID, fmt.Sprintf("user-%d-%d", worker, i), workspace.RightView, time.Time{})
				count(err, &taken, &refused)
				if i < 8 {
					_, _, _, err = s.AddLink(t.Context(), rec.ID, 3000, time.Hour, "")
					count(err, &links, &refusedLinks)
				}
			}
		})
	}
	all.Wait()
	w, err := s.Get(t.Context(), rec.ID)
	if err != nil || len(w.Shares) != 50 || taken != 50 || len(w.Links) != 20 || links != 20 || refused == 0 || refusedLinks == 0 {
		t.Errorf("%d shares (%d taken), %d links (%d made), %v", len(w.Shares), taken, len(w.Links), links, err)
	}
	if !slices.IsSortedFunc(w.Shares, func(a, b workspace.Share) int { return strings.Compare(a.UserID, b.UserID) }) {
		t.Error("not sorted")
	}
}

func TestLinks(t *testing.T) {
	_, s, rec, _ := sharingWorld(t)
	ctx := t.Context()
	w, l, code, err := s.AddLink(ctx, rec.ID, 5173, time.Hour, "$argon2id$x")
	if err != nil || len(w.Links) != 1 || w.Links[0] != l || l.Port != 5173 || l.Password != "$argon2id$x" || l.Hash != workspace.LinkHash(code) || len(code) != 43 {
		t.Fatalf("%+v %q %v", l, code, err)
	}
	if strings.Contains(fmt.Sprintf("%+v", w), code) {
		t.Error("the code is kept")
	}
	if d := time.Until(l.Until); d < 59*time.Minute || d > time.Hour || !l.Live(time.Now()) || l.Live(l.Until) {
		t.Errorf("good for %s", d)
	}
	_, other, otherCode, err := s.AddLink(ctx, rec.ID, 5173, time.Hour, "")
	if err != nil || other.ID == l.ID || otherCode == code {
		t.Errorf("%+v %v", other, err)
	}
	if w, err = s.RemoveLink(ctx, rec.ID, l.ID); err != nil || len(w.Links) != 1 || w.Links[0].ID != other.ID {
		t.Errorf("%+v %v", w.Links, err)
	}
	if _, err = s.RemoveLink(ctx, rec.ID, l.ID); !errors.Is(err, workspace.ErrNotShared) {
		t.Errorf("ended twice: %v", err)
	}
	for _, c := range []struct {
		port  int
		life  time.Duration
		field string
	}{{80, time.Hour, "port"}, {3001, time.Hour, "port"}, {5173, time.Minute, "ttl"}, {5173, 31 * 24 * time.Hour, "ttl"}} {
		var invalid *workspace.InvalidError
		if _, _, _, err := s.AddLink(ctx, rec.ID, c.port, c.life, ""); !errors.As(err, &invalid) || invalid.Field != c.field {
			t.Errorf("%d for %s: %v", c.port, c.life, err)
		}
	}
}

// A share that runs out is taken out of the record by whoever is up, so that all are told.
func TestSharesThatRanOutAreTakenOut(t *testing.T) {
	w, s, rec, seen := sharingWorld(t)
	ctx := t.Context()
	other, stop := run(w.options())
	defer stop()
	if _, err := s.Share(ctx, rec.ID, "stays", workspace.RightView, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := s.AddLink(ctx, rec.ID, 3000, time.Hour, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Share(ctx, rec.ID, "goes", workspace.RightEdit, time.Now().Add(300*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	within(t, 10*time.Second, func() error {
		if got := s.Right(rec.ID, "goes"); got != workspace.RightNone {
			return fmt.Errorf("still has %q", got)
		}
		return nil
	})
	within(t, 10*time.Second, func() error {
		seen.mu.Lock()
		defer seen.mu.Unlock()
		all := seen.of[rec.ID]
		if last := all[len(all)-1]; len(last.Shares) != 1 || last.Shares[0].UserID != "stays" || len(last.Links) != 1 {
			return fmt.Errorf("announced: %+v", last.Shares)
		}
		return nil
	})
	within(t, 10*time.Second, func() error {
		if got := other.Right(rec.ID, "stays"); got != workspace.RightView {
			return fmt.Errorf("the other process knows %q", got)
		}
		return nil
	})
}

func TestListsOfSharedWorkspaces(t *testing.T) {
	_, s, rec, _ := sharingWorld(t)
	ctx := t.Context()
	no := false
	own, err := s.Create(ctx, workspace.CreateInput{OwnerID: "ada", Name: "hers", Start: &no})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Share(ctx, rec.ID, "ada", workspace.RightUse, time.Time{}); err != nil {
		t.Fatal(err)
	}
	ids := func(user string, own bool) string {
		page, _, err := s.ListShared(ctx, user, own, 0, "")
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, w := range page {
			all = append(all, w.ID)
		}
		slices.Sort(all) // those of one millisecond come in any order
		return strings.Join(all, " ")
	}
	if got := ids("ada", false); got != rec.ID {
		t.Errorf("shared: %q", got)
	}
	if got := ids("ada", true); got != min(rec.ID, own.ID)+" "+max(rec.ID, own.ID) {
		t.Errorf("all: %q", got)
	}
	if got := ids("bob", true); got != "" {
		t.Errorf("a stranger's: %q", got)
	}
	page, _, err := s.List(ctx, "ada", 0, "")
	if err != nil || len(page) != 1 || page[0].ID != own.ID {
		t.Errorf("own: %+v %v", page, err)
	}
}
