package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kalpana-dev/kalpana/internal/docker/dockertest"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// grace is a world with a running workspace and a process, in virtual time.
func grace(t *testing.T, do func(*testing.T, *world, *workspace.Service, string)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s, stop := run(w.options())
		defer stop()
		rec, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n"})
		if err != nil {
			t.Fatal(err)
		}
		within(t, time.Minute, func() error { return w.settled(map[string]workspace.Desired{rec.ID: workspace.DesiredRunning}) })
		do(t, w, s, rec.ID)
	})
}

// settles waits until a workspace is what desired says.
func settles(t *testing.T, w *world, id string, desired workspace.Desired, d time.Duration) {
	t.Helper()
	within(t, d, func() error { return w.settled(map[string]workspace.Desired{id: desired}) })
}

func TestADeletionThatIsPutOff(t *testing.T) {
	grace(t, func(t *testing.T, w *world, s *workspace.Service, id string) {
		began := time.Now()
		rec, err := s.DeleteAfter(t.Context(), id, 10*time.Second)
		if err != nil || !rec.DeleteAt.Equal(began.Add(10*time.Second)) || rec.Status != workspace.StatusRunning {
			t.Fatalf("%+v %v", rec, err)
		}
		// Until then it is what it was, and takes orders.
		if _, err := s.Stop(t.Context(), id, ""); err != nil {
			t.Error(err)
		}
		settles(t, w, id, workspace.DesiredStopped, 3*time.Second)
		if _, err := s.Start(t.Context(), id); err != nil {
			t.Error(err)
		}
		settles(t, w, id, workspace.DesiredRunning, 3*time.Second)
		// A second order does not put it off further; a shorter one brings it forward.
		if rec, err = s.DeleteAfter(t.Context(), id, time.Minute); err != nil || !rec.DeleteAt.Equal(began.Add(10*time.Second)) {
			t.Errorf("put off again: %v %v", rec.DeleteAt, err)
		}
		time.AfterFunc(time.Until(began.Add(10*time.Second-time.Millisecond)), func() {
			if now, err := s.Get(t.Context(), id); err != nil || now.Status != workspace.StatusRunning {
				t.Errorf("a millisecond before: %+v %v", now, err)
			}
		})
		settles(t, w, id, workspace.DesiredDeleted, 12*time.Second)
		if late := time.Since(began); late < 10*time.Second || late > 12*time.Second {
			t.Errorf("deleted after %v", late)
		}
		if _, err := s.Keep(t.Context(), id); !errors.Is(err, workspace.ErrNotFound) {
			t.Errorf("keep of what is gone: %v", err)
		}
	})
}

func TestADeletionThatIsTakenBack(t *testing.T) {
	grace(t, func(t *testing.T, w *world, s *workspace.Service, id string) {
		for _, d := range []time.Duration{-1, workspace.MaxGrace + 1} {
			if _, err := s.DeleteAfter(t.Context(), id, d); err == nil {
				t.Errorf("grace of %v was taken", d)
			}
		}
		if _, err := s.DeleteAfter(t.Context(), id, 10*time.Second); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time there is nothing to take back
			if rec, err := s.Keep(t.Context(), id); err != nil || !rec.DeleteAt.IsZero() {
				t.Fatalf("%v %v", rec.DeleteAt, err)
			}
		}
		<-time.After(time.Minute)
		settles(t, w, id, workspace.DesiredRunning, time.Second)

		// It may be wanted sooner after all; from then on it is too late.
		if _, err := s.DeleteAfter(t.Context(), id, time.Minute); err != nil {
			t.Fatal(err)
		}
		w.engine.setDown(true) // so that it stays in between
		rec, err := s.DeleteAfter(t.Context(), id, 0)
		if err != nil || rec.Status != workspace.StatusStopping || !rec.DeleteAt.IsZero() {
			t.Fatalf("%+v %v", rec, err)
		}
		if _, err := s.Keep(t.Context(), id); !errors.Is(err, workspace.ErrTooLate) {
			t.Errorf("kept although it is being deleted: %v", err)
		}
		if _, err := s.DeleteAfter(t.Context(), id, 10*time.Second); err != nil {
			t.Errorf("deleted again: %v", err)
		}
		w.engine.setDown(false)
		settles(t, w, id, workspace.DesiredDeleted, time.Minute)
	})
}

func TestADeletionOutlivesWhoTookTheOrder(t *testing.T) {
	for _, late := range []bool{false, true} { // dead before it is written down, or right after
		grace(t, func(t *testing.T, w *world, s *workspace.Service, id string) {
			o := w.options()
			p := newProcess(o.Store, o.Leases, o.Engine, 0, late)
			p.use(&o)
			dying, stop := run(o)
			if _, err := dying.DeleteAfter(t.Context(), id, 10*time.Second); err == nil {
				t.Error("the process lives")
			}
			stop()
			want := workspace.DesiredRunning
			if late {
				want = workspace.DesiredDeleted
			}
			<-time.After(15 * time.Second) // s has to learn of it by itself
			settles(t, w, id, want, time.Second)
		})
	}
}

func TestWhatWasDueWhileNobodyRan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s, stop := run(w.options())
		rec, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n"})
		if err != nil {
			t.Fatal(err)
		}
		settles(t, w, rec.ID, workspace.DesiredRunning, time.Minute)
		if _, err := s.DeleteAfter(t.Context(), rec.ID, 10*time.Second); err != nil {
			t.Fatal(err)
		}
		stop()
		<-time.After(time.Hour)
		settles(t, w, rec.ID, workspace.DesiredRunning, time.Second)
		_, stop = run(w.options())
		defer stop()
		settles(t, w, rec.ID, workspace.DesiredDeleted, 5*time.Second)
	})
}

// TestKeptWhereTheOthersHaveNotHeard keeps a workspace just before it is due: what the other
// process still has in mind then does not count.
func TestKeptWhereTheOthersHaveNotHeard(t *testing.T) {
	grace(t, func(t *testing.T, w *world, s *workspace.Service, id string) {
		other, stop := run(w.options())
		defer stop()
		if _, err := s.DeleteAfter(t.Context(), id, 9*time.Second); err != nil {
			t.Fatal(err)
		}
		<-time.After(8900 * time.Millisecond) // other polls every two seconds: it has heard of it, and hears next when it is due
		if _, err := s.Keep(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if known := other.Known(id); len(known) != 1 || known[0].DeleteAt.IsZero() {
			t.Fatalf("the other process has heard already: %+v", known)
		}
		<-time.After(time.Minute)
		settles(t, w, id, workspace.DesiredRunning, time.Second)
	})
}

// TestKeepAndDueAtOnce lets many processes keep a workspace in the very moment in which it
// is due: it is kept or deleted, and whoever was told which was told the truth.
func TestKeepAndDueAtOnce(t *testing.T) {
	kept, deleted := 0, 0
	for early := range 12 { // 500 ms before to 600 after
		grace(t, func(t *testing.T, w *world, s *workspace.Service, id string) {
			other, stop := run(w.options())
			defer stop()
			if _, err := s.DeleteAfter(t.Context(), id, 10*time.Second); err != nil {
				t.Fatal(err)
			}
			<-time.After(9500*time.Millisecond + time.Duration(early)*100*time.Millisecond)
			var errs [4]error
			var all sync.WaitGroup
			for i := range errs {
				all.Go(func() { _, errs[i] = []*workspace.Service{s, other}[i%2].Keep(context.Background(), id) })
			}
			all.Wait()
			want := workspace.DesiredDeleted
			if errs[0] == nil {
				want = workspace.DesiredRunning
				kept++
			} else {
				deleted++
			}
			for _, err := range errs {
				if (err == nil) != (errs[0] == nil) || err != nil && !errors.Is(err, workspace.ErrTooLate) && !errors.Is(err, workspace.ErrNotFound) {
					t.Errorf("answers differ: %v", errs)
				}
			}
			<-time.After(time.Minute)
			settles(t, w, id, want, time.Second)
		})
	}
	if kept == 0 || deleted == 0 {
		t.Errorf("kept %d times, deleted %d times: the moment was missed", kept, deleted)
	}
}

// TestARealDeletionIsTakenUp has the embedded database and Docker: the process that took
// the order dies at once, and the next one removes everything when it is due.
func TestARealDeletionIsTakenUp(t *testing.T) {
	r := newRig(t)
	s, stop := run(r.o)
	w := r.create(s)
	r.until(s, w.ID, workspace.StatusRunning)
	stop()
	o := r.o
	p := newProcess(o.Store, o.Leases, o.Engine, 0, true)
	p.use(&o)
	dying, stop := run(o)
	began := time.Now()
	if _, err := dying.DeleteAfter(t.Context(), w.ID, 2*time.Second); err == nil {
		t.Error("the process lives")
	}
	stop()
	next := r.run()
	if got, err := next.Get(t.Context(), w.ID); err != nil || got.DeleteAt.IsZero() || got.Status != workspace.StatusRunning {
		t.Fatalf("%+v %v", got, err)
	}
	r.gone(next, w.ID)
	if time.Since(began) < 2*time.Second {
		t.Error("deleted before it was due")
	}
	r.left(next, 0)
	if v := dockertest.Volumes(t, w.ID); len(v) != 0 {
		t.Errorf("volumes left: %v", v)
	}
	within(t, 5*time.Second, func() error {
		r.seen.mu.Lock()
		defer r.seen.mu.Unlock()
		if len(r.seen.deleted) != 1 {
			return fmt.Errorf("deletions announced: %v", r.seen.deleted)
		}
		return nil
	})
}
