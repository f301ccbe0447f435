package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/docker/dockertest"
	"github.com/kalpana-dev/kalpana/internal/portlease"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// TestDeathAtEveryStepOfARealStart is TestDeathAtEveryStep with the real engine and
// database, for the start alone, which has the most to lose.
func TestDeathAtEveryStepOfARealStart(t *testing.T) {
	r := newRig(t)
	r.o.ClaimTTL, r.o.ReconcileEvery = 500*time.Millisecond, 200*time.Millisecond
	for step := 0; ; step++ {
		late := step%2 == 1
		o := r.o
		p := newProcess(o.Store, o.Leases, o.Engine, step, late)
		p.use(&o)
		s, stop := run(o)
		_, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n"})
		died := true
		select {
		case <-p.done:
		case <-time.After(2 * time.Second):
			died = false
		}
		stop()
		next, stop := run(r.o)
		all, _ := next.ListAll(t.Context())
		if err == nil && len(all) != 1 {
			t.Fatalf("step %d: %d workspaces of one", step, len(all))
		}
		for _, w := range all { // none if it died before the record was there
			w = r.until(next, w.ID, workspace.StatusRunning)
			r.left(next, 1)
			if _, err := next.Delete(t.Context(), w.ID); err != nil {
				t.Fatal(err)
			}
			r.gone(next, w.ID)
			if v := dockertest.Volumes(t, w.ID); len(v) != 0 {
				t.Errorf("step %d: volumes left: %v", step, v)
			}
		}
		r.left(next, 0)
		stop()
		if !died {
			return
		}
	}
}

func TestWhatOneProcessOrdersAnotherAnnounces(t *testing.T) {
	w := newWorld()
	a, stopA := run(w.options())
	defer stopA()
	seen := &announcements{of: map[string][]workspace.Workspace{}}
	o := w.options()
	o.Announcers = []workspace.Announcer{seen}
	_, stopB := run(o)
	defer stopB()
	rec, err := a.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	within(t, 10*time.Second, func() error {
		if all := seen.statuses(rec.ID); len(all) == 0 || all[len(all)-1] != workspace.StatusRunning {
			return fmt.Errorf("announced: %v", all)
		}
		return nil
	})
	if _, err := a.Delete(t.Context(), rec.ID); err != nil {
		t.Fatal(err)
	}
	within(t, 40*time.Second, func() error {
		seen.mu.Lock()
		defer seen.mu.Unlock()
		if len(seen.deleted) != 1 {
			return fmt.Errorf("deletions announced: %v", seen.deleted)
		}
		return nil
	})
}

func TestTheLimitHoldsWhoeverAsks(t *testing.T) {
	store := database(t)
	w := newWorld()
	var services []*workspace.Service
	for range 2 {
		o := w.options()
		o.Store, o.MaxPerUser = store.Workspaces(), 3
		s, stop := run(o)
		defer stop()
		services = append(services, s)
	}
	no := false
	var mu sync.Mutex
	made := map[string]bool{}
	var refused int
	var g sync.WaitGroup
	for i := range 16 {
		g.Go(func() {
			rec, err := services[i%2].Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n", Start: &no})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made[rec.ID] = true
			case errors.Is(err, workspace.ErrQuota):
				refused++
			default:
				t.Error(err)
			}
		})
	}
	g.Wait()
	if len(made) != 3 || refused != 13 {
		t.Errorf("%d made, %d refused; the limit is 3", len(made), refused)
	}
	// Another's limit is another's; a higher one given with the call counts.
	if _, err := services[0].Create(t.Context(), workspace.CreateInput{OwnerID: "p", Name: "n", Start: &no}); err != nil {
		t.Error(err)
	}
	if _, err := services[0].Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n", Start: &no, Limit: 4}); err != nil {
		t.Error(err)
	}
}

func TestARepeatedRequestCreatesNothing(t *testing.T) {
	w := newWorld()
	o := w.options()
	o.Store = database(t).Workspaces()
	s, stop := run(o)
	defer stop()
	no := false
	ids := make([]string, 8)
	var g sync.WaitGroup
	for i := range ids {
		g.Go(func() {
			rec, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n", Request: "same", Start: &no})
			if err != nil {
				t.Error(err)
			}
			ids[i] = rec.ID
		})
	}
	g.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("one request made %v", ids)
		}
	}
	if all, err := s.ListAll(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%d workspaces, %v", len(all), err)
	}
}

func TestFollowersReadTheWholeLog(t *testing.T) {
	w := newWorld()
	a, stopA := run(w.options())
	defer stopA()
	b, stopB := run(w.options()) // the log is written by another process
	defer stopB()
	rec, err := a.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*workspace.Service{"writer": a, "other": b} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		lines, err := s.FollowLog(ctx, rec.ID)
		if err != nil {
			t.Fatal(err)
		}
		var phases []string
		next := int64(0)
		for l := range lines {
			if l.Seq != next {
				t.Fatalf("%s: line %d after %d", name, l.Seq, next-1)
			}
			next++
			phases = append(phases, l.Phase)
			if l.Phase == "ready" {
				break
			}
		}
		if want := "[ports container container editor ready]"; fmt.Sprint(phases) != want {
			t.Errorf("%s: %v, want %s", name, phases, want)
		}
		cancel()
		for range lines { // closed, or the test hangs
		}
	}
	if _, err := a.FollowLog(t.Context(), "none"); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("log of nothing: %v", err)
	}
}

func TestStartsWaitTheirTurn(t *testing.T) {
	w := newWorld()
	o := w.options()
	o.ParallelStarts = 1
	s, stop := run(o)
	defer stop()
	want := map[string]workspace.Desired{}
	for range 4 {
		rec, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n"})
		if err != nil {
			t.Fatal(err)
		}
		want[rec.ID] = workspace.DesiredRunning
	}
	within(t, 20*time.Second, func() error { return w.settled(want) })
	waited := 0
	for id := range want {
		lines, err := s.StartLog(t.Context(), id)
		if err != nil || len(lines) == 0 {
			t.Fatal(lines, err)
		}
		if lines[0].Text == "waiting for a free start slot" {
			waited++
		}
	}
	if waited == 0 {
		t.Error("four starts at once, one slot, and nobody waited")
	}
}

func TestLeftoversAreClearedButNeverOnASuspicion(t *testing.T) {
	w := newWorld()
	o := w.options()
	o.ReconcileEvery, o.OrphanAge = 50*time.Millisecond, 100*time.Millisecond
	leaser := o.Leases.(*portlease.Leaser)

	// A database without a single workspace is more likely lost than empty.
	id, err := w.engine.Create(t.Context(), workspace.ContainerSpec{WorkspaceID: "lost", VSCodePort: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.engine.Start(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	passes := &passes{}
	o.Observer = passes
	s, stop := run(o)
	defer stop()
	passes.wait(t, 5)
	if c, _ := w.engine.Find(t.Context(), "lost"); len(c) != 1 {
		t.Fatal("a container was removed because the database is empty")
	}

	// With workspaces in it, what has no record is left over; its files stay.
	rec, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leaser.Acquire(t.Context(), "nobody"); err != nil {
		t.Fatal(err)
	}
	if _, err := leaser.Acquire(t.Context(), rec.ID); err != nil { // a second one, left by a crash
		t.Fatal(err)
	}
	within(t, 10*time.Second, func() error { return w.settled(map[string]workspace.Desired{rec.ID: workspace.DesiredRunning}) })
	if !w.engine.volumes["lost"] {
		t.Error("files were removed though nobody deleted a workspace")
	}

	// An engine that does not answer has not lost its containers.
	w.engine.setDown(true)
	passes.wait(t, 0)
	if got, err := s.Get(t.Context(), rec.ID); err != nil || got.Status != workspace.StatusRunning || got.Epoch != 1 {
		t.Errorf("engine down: %+v %v", got, err)
	}
	// It comes back without them: then they are started again.
	w.engine.kill(rec.ID, false)
	w.engine.setDown(false)
	within(t, 10*time.Second, func() error {
		if got, err := s.Get(t.Context(), rec.ID); err != nil || got.Epoch != 2 {
			return fmt.Errorf("epoch %d, %v", got.Epoch, err)
		}
		return w.settled(map[string]workspace.Desired{rec.ID: workspace.DesiredRunning})
	})
}

// passes counts reconciliations.
type passes struct {
	mu sync.Mutex
	n  int
}

func (p *passes) Start(time.Duration, bool) {}
func (p *passes) Repaired(string)           {}
func (p *passes) Reconciled() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
}

// wait waits for more passes, or, for none, for half a second in which there should be some.
func (p *passes) wait(t *testing.T, more int) {
	p.mu.Lock()
	from := p.n
	p.mu.Unlock()
	if more == 0 {
		<-time.After(500 * time.Millisecond)
		return
	}
	within(t, 10*time.Second, func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.n < from+more {
			return fmt.Errorf("%d passes", p.n-from)
		}
		return nil
	})
}
