package workspace_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// TestStores holds the real store and the one of these tests to the same promises.
func TestStores(t *testing.T) {
	for name, open := range map[string]func(*testing.T) workspace.Store{
		"embedded": func(t *testing.T) workspace.Store { return database(t).Workspaces() },
		"memory":   func(*testing.T) workspace.Store { return newMemory() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Run("a record comes back as it was written", func(t *testing.T) { comesBack(t, open(t)) })
			t.Run("what is unique stays unique", func(t *testing.T) { staysUnique(t, open(t)) })
			t.Run("one of many swaps wins", func(t *testing.T) { oneSwapWins(t, open(t)) })
			t.Run("one of many claims wins", func(t *testing.T) { oneClaimWins(t, open(t)) })
			t.Run("lists are pages", func(t *testing.T) { pages(t, open(t)) })
			t.Run("logs are kept", func(t *testing.T) { keepsLogs(t, open(t)) })
		})
	}
}

var then = time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)

func record(id string, slot int) workspace.Workspace {
	return workspace.Workspace{
		ID: id, OwnerID: "o", Name: "Näme 🙂", Status: workspace.StatusStarting, StatusReason: "r", Desired: workspace.DesiredRunning,
		Epoch: 3, MinEpoch: 2, VSCodePort: 40000, AgentPort: 40001, ContainerID: "c", Template: "t", GithubRepo: "g", Branch: "b", NixConfig: "n",
		Memory: 1 << 40, CPU: 2e9, IdleTimeout: time.Hour, DeleteAt: then, LastActiveAt: then, CreatedAt: then, UpdatedAt: then, Version: 1, Request: id, Slot: slot,
		Outfit: workspace.Outfit{
			Image: "i", NixStore: "s", TemplateVersion: 2, FittedTo: "t@2", Packages: []string{"cowsay"}, Folder: "f", SetUp: true,
			Clone:   workspace.Clone{Depth: 3, Submodules: true, LFS: true, State: workspace.CloneFailed, Problem: "p"},
			Notices: []workspace.Notice{{Kind: workspace.NoticeClone, Text: "p"}},
		},
		Ports:  []workspace.PortSetting{{Port: 3000, Visibility: workspace.VisiblePublic}, {Port: 5173, Visibility: workspace.VisibleOwner, RewriteHost: true}},
		Shares: []workspace.Share{{UserID: "u", Right: workspace.RightEdit, Until: then, CreatedAt: then}, {UserID: "v", Right: workspace.RightView, CreatedAt: then}},
		Links:  []workspace.PortLink{{ID: "l", Port: 3000, Hash: "h", Password: "p", Until: then, CreatedAt: then}},
	}
}

func comesBack(t *testing.T, s workspace.Store) {
	if _, err := s.Get(t.Context(), "none"); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("get of nothing: %v", err)
	}
	w := record("a", 0)
	if err := s.Insert(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	same := func(want workspace.Workspace) {
		t.Helper()
		got, err := s.Get(t.Context(), "a")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
	same(w)
	later := then.Add(time.Minute)
	if err := s.Touch(t.Context(), "a", later); err != nil {
		t.Fatal(err)
	}
	if ok, err := s.Claim(t.Context(), "a", "p", then, later); !ok || err != nil {
		t.Fatal(ok, err)
	}
	// Written by one who read before the touch and the claim: both stay.
	w.Version, w.Status = 2, workspace.StatusRunning
	if err := s.Swap(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	w.LastActiveAt, w.ClaimedBy, w.ClaimedUntil = later, "p", later
	same(w)
	if err := s.Touch(t.Context(), "a", then); err != nil {
		t.Fatal(err)
	}
	same(w)
	for range 2 {
		if err := s.Remove(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	w.Version = 3
	if err := s.Swap(t.Context(), w); !errors.Is(err, workspace.ErrConflict) {
		t.Errorf("swap of a removed record: %v", err)
	}
	if ok, err := s.Claim(t.Context(), "a", "p", then, later); ok || err != nil {
		t.Errorf("claim of a removed record: %v %v", ok, err)
	}
}

func staysUnique(t *testing.T, s workspace.Store) {
	if err := s.Insert(t.Context(), record("a", 0)); err != nil {
		t.Fatal(err)
	}
	sameID, sameSlot, sameRequest, other := record("a", 1), record("b", 0), record("b", 1), record("b", 0)
	sameID.Request, sameRequest.Request, other.OwnerID = "x", "a", "other"
	for i, w := range []workspace.Workspace{sameID, sameSlot, sameRequest} {
		if err := s.Insert(t.Context(), w); !errors.Is(err, workspace.ErrConflict) {
			t.Errorf("case %d: %v", i, err)
		}
	}
	if err := s.Insert(t.Context(), other); err != nil {
		t.Error(err)
	}
}

func oneSwapWins(t *testing.T, s workspace.Store) {
	if err := s.Insert(t.Context(), record("a", 0)); err != nil {
		t.Fatal(err)
	}
	for version := int64(2); version < 12; version++ {
		var won atomic.Int32
		var g sync.WaitGroup
		for n := range 8 {
			g.Go(func() {
				w := record("a", 0)
				w.Version, w.Name = version, fmt.Sprint(n)
				switch err := s.Swap(t.Context(), w); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, workspace.ErrConflict):
					t.Error(err)
				}
			})
		}
		g.Wait()
		if won.Load() != 1 {
			t.Fatalf("version %d was written %d times", version, won.Load())
		}
	}
}

func oneClaimWins(t *testing.T, s workspace.Store) {
	if err := s.Insert(t.Context(), record("a", 0)); err != nil {
		t.Fatal(err)
	}
	var won atomic.Int32
	var winner atomic.Value
	var g sync.WaitGroup
	for n := range 8 {
		g.Go(func() {
			by := fmt.Sprint("p", n)
			if ok, err := s.Claim(t.Context(), "a", by, then, then.Add(10*time.Second)); err != nil {
				t.Error(err)
			} else if ok {
				won.Add(1)
				winner.Store(by)
			}
		})
	}
	g.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d processes hold the claim", won.Load())
	}
	first := winner.Load().(string)
	for _, c := range []struct {
		by         string
		now, until time.Duration
		want       bool
	}{
		{"other", 9 * time.Second, 20 * time.Second, false}, // held
		{first, 9 * time.Second, 19 * time.Second, true},    // renewed
		{"other", 15 * time.Second, 0, false},               // not theirs to give back
		{"other", 20 * time.Second, 30 * time.Second, true}, // has run out
		{first, 21 * time.Second, 31 * time.Second, false},
		{"other", 22 * time.Second, 0, true}, // given back
		{first, 23 * time.Second, 33 * time.Second, true},
	} {
		until := time.Time{}
		if c.until > 0 {
			until = then.Add(c.until)
		}
		if ok, err := s.Claim(t.Context(), "a", c.by, then.Add(c.now), until); ok != c.want || err != nil {
			t.Errorf("%+v: %v %v", c, ok, err)
		}
	}
}

func pages(t *testing.T, s workspace.Store) {
	for i := range 7 {
		w := record(fmt.Sprint("w", i), i)
		w.CreatedAt = then.Add(time.Duration(i/2) * time.Second) // pairs of the same age
		w.UpdatedAt = then.Add(time.Duration(i) * time.Minute)
		if err := s.Insert(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	stranger := record("x", 0)
	stranger.OwnerID = "other"
	if err := s.Insert(t.Context(), stranger); err != nil {
		t.Fatal(err)
	}
	q := workspace.Query{OwnerID: "o", Limit: 3}
	var seen []string
	for {
		page, err := s.Find(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, w := range page {
			seen = append(seen, w.ID)
			q.AfterTime, q.AfterID = w.CreatedAt, w.ID
		}
	}
	if want := []string{"w0", "w1", "w2", "w3", "w4", "w5", "w6"}; !cmp.Equal(seen, want) {
		t.Errorf("pages give %v", seen)
	}
	if since, err := s.Find(t.Context(), workspace.Query{UpdatedSince: then.Add(5 * time.Minute)}); err != nil || len(since) != 2 {
		t.Errorf("changed since: %v %v", since, err)
	}
	if all, err := s.Find(t.Context(), workspace.Query{}); err != nil || len(all) != 8 {
		t.Errorf("all: %d %v", len(all), err)
	}
}

func keepsLogs(t *testing.T, s workspace.Store) {
	if l, err := s.LoadLog(t.Context(), "a"); err != nil || l != nil {
		t.Errorf("no log: %v %v", l, err)
	}
	for n := 1; n < 3; n++ {
		lines := []workspace.LogLine{{Seq: int64(n), Time: then, Phase: "ports", Text: "t", Elapsed: 5}}
		if err := s.SaveLog(t.Context(), "a", lines); err != nil {
			t.Fatal(err)
		}
		if got, err := s.LoadLog(t.Context(), "a"); err != nil || !cmp.Equal(got, lines) {
			t.Errorf("%v %v", got, err)
		}
	}
	if err := s.RemoveLog(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if l, err := s.LoadLog(t.Context(), "a"); err != nil || l != nil {
		t.Errorf("removed log: %v %v", l, err)
	}
}
