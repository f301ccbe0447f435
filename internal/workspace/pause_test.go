package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// pausing runs a test in a world whose workspaces are paused after ten minutes and stop
// after thirty; id is of one that runs.
func pausing(t *testing.T, change func(*workspace.Options), test func(t *testing.T, w *world, s *workspace.Service, id string)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		o := w.options()
		o.PauseTimeout, o.IdleTimeout = 10*time.Minute, 30*time.Minute
		if change != nil {
			change(&o)
		}
		s, stop := run(o)
		defer stop()
		made, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n"})
		if err != nil {
			t.Fatal(err)
		}
		is(t, s, made.ID, workspace.StatusRunning, false)
		test(t, w, s, made.ID)
	})
}

// is waits until a workspace has a status, and is paused or not.
func is(t *testing.T, s *workspace.Service, id string, status workspace.Status, paused bool) (rec workspace.Workspace) {
	t.Helper()
	within(t, time.Minute, func() (err error) {
		if rec, err = s.Get(t.Context(), id); err == nil && (rec.Status != status || rec.Paused != paused) {
			err = fmt.Errorf("%s, paused %v (%s)", rec.Status, rec.Paused, rec.StatusReason)
		}
		return err
	})
	return rec
}

func (w *world) wantPaused(t *testing.T, id string, want bool) {
	t.Helper()
	if got, _ := w.engine.paused(id); got != want {
		t.Errorf("its container is paused: %v, want %v", got, want)
	}
}

func TestAnUnusedWorkspaceIsPausedAndGoesOn(t *testing.T) {
	pausing(t, nil, func(t *testing.T, w *world, s *workspace.Service, id string) {
		<-time.After(9 * time.Minute)
		is(t, s, id, workspace.StatusRunning, false)
		s.Touch(id, time.Now())
		<-time.After(9 * time.Minute)
		w.wantPaused(t, id, false)
		<-time.After(2 * time.Minute)
		before := is(t, s, id, workspace.StatusRunning, true)
		w.wantPaused(t, id, true)

		// What still comes over open connections is no use, and wakes nothing.
		for range 10 {
			<-time.After(20 * time.Second)
			s.Touch(id, time.Now())
		}
		after := is(t, s, id, workspace.StatusRunning, true)
		if !after.LastActiveAt.Equal(before.LastActiveAt) {
			t.Errorf("used at %v, %v before", after.LastActiveAt, before.LastActiveAt)
		}

		// Many come at once.
		_, freezes := w.engine.paused(id)
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if err := s.Resume(t.Context(), id); err != nil {
					t.Error(err)
				}
				w.wantPaused(t, id, false)
			})
		}
		all.Wait()
		if _, n := w.engine.paused(id); n != freezes+1 {
			t.Errorf("resumed %d times", n-freezes)
		}
		now := is(t, s, id, workspace.StatusRunning, false)
		if now.ContainerID != before.ContainerID || time.Since(now.LastActiveAt) > time.Second {
			t.Errorf("%+v", now)
		}
		if err := s.Resume(t.Context(), id); err != nil { // it does
			t.Error(err)
		}
		<-time.After(9 * time.Minute)
		w.wantPaused(t, id, false)
		<-time.After(2 * time.Minute)
		w.wantPaused(t, id, true)
		// The idle timeout counts from the last use, not from the pause.
		<-time.After(18 * time.Minute)
		is(t, s, id, workspace.StatusRunning, true)
		<-time.After(2 * time.Minute)
		if got := is(t, s, id, workspace.StatusStopped, false); got.StatusReason != "stopped after 30m without use" {
			t.Errorf("reason: %q", got.StatusReason)
		}
	})
}

func TestWhoIsNotPaused(t *testing.T) {
	short, never := 5*time.Minute, time.Duration(0)
	busy := func(o *workspace.Options) {
		o.LastUse = func(context.Context, int, string) (time.Time, error) { return time.Now(), nil }
	}
	t.Run("one whose command runs", func(t *testing.T) {
		pausing(t, busy, func(t *testing.T, w *world, s *workspace.Service, id string) {
			<-time.After(40 * time.Minute)
			is(t, s, id, workspace.StatusRunning, false)
		})
	})
	t.Run("one that stops before", func(t *testing.T) {
		pausing(t, nil, func(t *testing.T, w *world, s *workspace.Service, id string) {
			if _, err := s.Update(t.Context(), id, workspace.UpdateInput{IdleTimeout: &short}); err != nil {
				t.Fatal(err)
			}
			<-time.After(6 * time.Minute)
			is(t, s, id, workspace.StatusStopped, false)
			if _, n := w.engine.paused(id); n != 0 {
				t.Error("paused")
			}
		})
	})
	t.Run("one that would stop before, and whose command runs", func(t *testing.T) {
		pausing(t, busy, func(t *testing.T, w *world, s *workspace.Service, id string) {
			if _, err := s.Update(t.Context(), id, workspace.UpdateInput{IdleTimeout: &short}); err != nil {
				t.Fatal(err)
			}
			<-time.After(20 * time.Minute)
			is(t, s, id, workspace.StatusRunning, false)
		})
	})
	t.Run("all, when it is switched off", func(t *testing.T) {
		pausing(t, func(o *workspace.Options) { o.PauseTimeout = 0 }, func(t *testing.T, w *world, s *workspace.Service, id string) {
			<-time.After(29 * time.Minute)
			is(t, s, id, workspace.StatusRunning, false)
		})
	})
	t.Run("one that never stops is", func(t *testing.T) {
		pausing(t, nil, func(t *testing.T, w *world, s *workspace.Service, id string) {
			if _, err := s.Update(t.Context(), id, workspace.UpdateInput{IdleTimeout: &never}); err != nil {
				t.Fatal(err)
			}
			<-time.After(5 * time.Hour)
			is(t, s, id, workspace.StatusRunning, true)
		})
	})
	t.Run("all, where the engine cannot", func(t *testing.T) {
		pausing(t, nil, func(t *testing.T, w *world, s *workspace.Service, id string) {
			w.engine.mu.Lock()
			w.engine.noFreezer = true
			w.engine.mu.Unlock()
			<-time.After(12 * time.Minute)
			rec := is(t, s, id, workspace.StatusRunning, false)
			<-time.After(5 * time.Minute)
			if again, _ := s.Get(t.Context(), id); again.Version != rec.Version {
				t.Errorf("tried again and again: version %d, %d before", again.Version, rec.Version)
			}
		})
	})
}

// A bridge that is paused could not answer: nobody asks it.
func TestAPausedBridgeIsNotAsked(t *testing.T) {
	var asked atomic.Int64
	pausing(t, func(o *workspace.Options) {
		o.LastUse = func(context.Context, int, string) (time.Time, error) { asked.Add(1); return time.Time{}, nil }
	}, func(t *testing.T, w *world, s *workspace.Service, id string) {
		<-time.After(12 * time.Minute)
		is(t, s, id, workspace.StatusRunning, true)
		n := asked.Load()
		<-time.After(15 * time.Minute)
		if now := asked.Load(); now != n {
			t.Errorf("asked %d times", now-n)
		}
	})
}

// looker is a Preparer that counts how often it could have looked into a workspace about to stop.
type looker struct {
	engine *engine
	awake  int
}

func (l *looker) Image(ctx context.Context, w workspace.Workspace, r workspace.Reporter) (workspace.Workspace, error) {
	return same(ctx, w, r)
}

func (l *looker) Inside(ctx context.Context, w workspace.Workspace, r workspace.Reporter) (workspace.Workspace, error) {
	return same(ctx, w, r)
}

func (l *looker) BeforeStop(_ context.Context, w workspace.Workspace) {
	if paused, _ := l.engine.paused(w.ID); !paused {
		l.awake++
	}
}

// Orders to a paused workspace are orders to one that runs.
func TestOrdersToAPausedWorkspace(t *testing.T) {
	for name, order := range map[string]func(s *workspace.Service, id string) error{
		"start":   func(s *workspace.Service, id string) error { _, err := s.Start(t.Context(), id); return err },
		"stop":    func(s *workspace.Service, id string) error { _, err := s.Stop(t.Context(), id, ""); return err },
		"restart": func(s *workspace.Service, id string) error { _, err := s.Restart(t.Context(), id); return err },
		"delete":  func(s *workspace.Service, id string) error { _, err := s.Delete(t.Context(), id); return err },
		"use":     func(s *workspace.Service, id string) error { s.Use(id, time.Now()); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			var looks looker
			pausing(t, func(o *workspace.Options) { looks.engine = o.Engine.(*engine); o.Preparer = &looks }, func(t *testing.T, w *world, s *workspace.Service, id string) {
				<-time.After(12 * time.Minute)
				before := is(t, s, id, workspace.StatusRunning, true)
				if err := order(s, id); err != nil {
					t.Fatal(err)
				}
				switch name {
				case "start", "use":
					if got := is(t, s, id, workspace.StatusRunning, false); got.ContainerID != before.ContainerID {
						t.Error("it got another container")
					}
				case "stop":
					is(t, s, id, workspace.StatusStopped, false)
					if looks.awake != 1 {
						t.Errorf("what is only in it was looked for %d times while it went on", looks.awake)
					}
				case "restart":
					within(t, time.Minute, func() error {
						if got, err := s.Get(t.Context(), id); err != nil || got.Epoch == before.Epoch || got.Status != workspace.StatusRunning || got.Paused {
							return fmt.Errorf("%+v %v", got, err)
						}
						return nil
					})
				case "delete":
					within(t, time.Minute, func() error {
						if _, err := s.Get(t.Context(), id); !errors.Is(err, workspace.ErrNotFound) {
							return fmt.Errorf("there still: %v", err)
						}
						return nil
					})
				}
			})
		})
	}
}

// An operator's own pausing and resuming shows, and a visit undoes it as well.
func TestWhatAnOperatorPauses(t *testing.T) {
	pausing(t, func(o *workspace.Options) { o.PauseTimeout = 0 }, func(t *testing.T, w *world, s *workspace.Service, id string) {
		w.engine.operate(id, true)
		is(t, s, id, workspace.StatusRunning, true)
		<-time.After(5 * time.Minute)
		w.wantPaused(t, id, true) // nobody undoes it unasked
		if err := s.Resume(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		w.wantPaused(t, id, false)
		w.engine.operate(id, true)
		is(t, s, id, workspace.StatusRunning, true)
		w.engine.operate(id, false)
		is(t, s, id, workspace.StatusRunning, false)
	})
}

// Another process, after this one has gone, finds it paused.
func TestAPauseOutlivesTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		o := w.options()
		o.PauseTimeout = time.Minute
		s, stop := run(o)
		made, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n"})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * time.Minute)
		before := is(t, s, made.ID, workspace.StatusRunning, true)
		stop()
		<-time.After(time.Hour)
		s, stop = run(o)
		defer stop()
		<-time.After(time.Minute)
		is(t, s, made.ID, workspace.StatusRunning, true)
		if err := s.Resume(t.Context(), made.ID); err != nil {
			t.Fatal(err)
		}
		if got := is(t, s, made.ID, workspace.StatusRunning, false); got.ContainerID != before.ContainerID {
			t.Error("it got another container")
		}
	})
}

func TestAResumptionThatCannotBe(t *testing.T) {
	pausing(t, nil, func(t *testing.T, w *world, s *workspace.Service, id string) {
		<-time.After(12 * time.Minute)
		is(t, s, id, workspace.StatusRunning, true)
		w.engine.setDown(true)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := s.Resume(ctx, id); !errors.Is(err, workspace.ErrRuntimeUnavailable) {
			t.Errorf("without an engine: %v", err)
		}
		w.engine.setDown(false)
		w.engine.kill(id, true)
		if err := s.Resume(t.Context(), id); err != nil { // another container: it goes on, in a way
			t.Errorf("without its container: %v", err)
		}
		is(t, s, id, workspace.StatusRunning, false)
		if err := s.Resume(t.Context(), "none"); !errors.Is(err, workspace.ErrNotFound) {
			t.Errorf("of none: %v", err)
		}
	})
}

// What answers on a workspace's ports may not be it although its container runs.
func TestAWorkspaceWhosePortsLeadElsewhereIsReplaced(t *testing.T) {
	var wrong atomic.Int64 // as many questions are answered by another program
	asked := make(chan struct{}, 100)
	pausing(t, func(o *workspace.Options) {
		o.Identify = func(ctx context.Context, port int, key string) error {
			if !strings.HasPrefix(key, "key ") {
				t.Errorf("asked with the key %q", key)
			}
			asked <- struct{}{}
			switch n := wrong.Add(-1); {
			case n > 1000:
				<-ctx.Done() // too slow to tell
				return ctx.Err()
			case n >= 0:
				return errors.New("fake: something else")
			}
			return nil
		}
	}, func(t *testing.T, w *world, s *workspace.Service, id string) {
		before := is(t, s, id, workspace.StatusRunning, false)
		s.Suspect("none")
		for name, n := range map[string]int64{"right": 0, "wrong twice": 2, "slow": 1 << 40} {
			wrong.Store(n)
			for range 50 { // suspicions while one is looked into are one
				s.Suspect(id)
			}
			<-time.After(10 * time.Second)
			if got := is(t, s, id, workspace.StatusRunning, false); got.ContainerID != before.ContainerID {
				t.Fatalf("%s: it was replaced", name)
			}
			if n := len(asked); n == 0 || n > 6 {
				t.Errorf("%s: asked %d times", name, n)
			}
			for len(asked) > 0 {
				<-asked
			}
		}
		wrong.Store(3)
		began := time.Now()
		s.Suspect(id)
		within(t, time.Second, func() error { // the route is right again, if not the workspace
			if got, err := s.Get(t.Context(), id); err != nil || got.Status != workspace.StatusStarting {
				return fmt.Errorf("%s %v", got.Status, err)
			}
			return nil
		})
		if got := is(t, s, id, workspace.StatusRunning, false); got.ContainerID == before.ContainerID {
			t.Errorf("it was not replaced within %s", time.Since(began))
		}
	})
}

// A start that another process ordered a moment ago is known here as soon as it is ordered
// here too, and not with the next look at the store.
func TestAnOrderThatIsOnItsWayAlreadyIsAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		a, stopA := run(w.options())
		defer stopA()
		seen := &announcements{of: map[string][]workspace.Workspace{}}
		o := w.options()
		o.Announcers = []workspace.Announcer{seen}
		b, stopB := run(o)
		defer stopB()
		no := false
		made, err := a.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n", Start: &no})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(5 * time.Second)
		if _, err := a.Start(t.Context(), made.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Start(t.Context(), made.ID); err != nil {
			t.Fatal(err)
		}
		if got := seen.statuses(made.ID); len(got) != 2 || got[1] != workspace.StatusStarting {
			t.Errorf("announced: %v", got)
		}
	})
}
