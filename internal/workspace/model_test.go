package workspace_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/kalpana-dev/kalpana/internal/portlease"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// world is what outlives processes.
type world struct {
	store  *memory
	engine *engine
	log    io.Writer
}

func newWorld() *world { return &world{newMemory(), newEngine(), io.Discard} }

// options are those of a process in the world. They differ from the defaults only where a
// shorter time makes no other outcome likely.
func (w *world) options() workspace.Options {
	return workspace.Options{
		Store: w.store, Engine: w.engine, Prober: w.engine, Image: "image",
		Leases: portlease.New(pairs{w.store}, portlease.Options{Start: 40000, End: 40040, Rest: -1, Free: func(int) bool { return true }}),
		Key:    func(id string, epoch int64) string { return fmt.Sprint("key ", id, epoch) },
		Log:    slog.New(slog.NewTextHandler(w.log, nil)), Shared: true, MaxPerUser: 8, IdleTimeout: -1, OrphanAge: time.Millisecond,
	}
}

// run starts a process; stop ends it and waits.
func run(o workspace.Options) (s *workspace.Service, stop func()) {
	s = workspace.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); s.Run(ctx) }()
	return s, func() { cancel(); <-ended; s.Close(context.Background()) }
}

// settled says what is not yet as it should be: every record at what was ordered last, and
// nothing left over. want has the intent per workspace, "" for one that is deleted.
func (w *world) settled(want map[string]workspace.Desired) error {
	w.engine.mu.Lock()
	defer w.engine.mu.Unlock()
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	if len(w.engine.problems) > 0 {
		return fmt.Errorf("engine: %v", w.engine.problems)
	}
	alive, leased := 0, 0
	for id, desired := range want {
		r, ok := w.store.recs[id]
		if desired == workspace.DesiredDeleted {
			if ok || w.engine.volumes[id] || w.store.logs[id] != nil {
				return fmt.Errorf("%s is not wholly deleted: record %v, volumes %v", id, ok, w.engine.volumes[id])
			}
			continue
		}
		if !ok {
			return fmt.Errorf("%s is lost", id)
		}
		if string(r.Status) != string(desired) {
			return fmt.Errorf("%s is %s (%s), ordered was %s", id, r.Status, r.StatusReason, desired)
		}
		if r.ClaimedUntil.After(time.Now()) { // one that ran out is nobody's
			return fmt.Errorf("%s is claimed still", id)
		}
		switch desired {
		case workspace.DesiredStopped:
			if r.VSCodePort != 0 || r.ContainerID != "" {
				return fmt.Errorf("%s is stopped and holds port %d, container %q", id, r.VSCodePort, r.ContainerID)
			}
		case workspace.DesiredRunning:
			c, l := w.engine.containers[r.ContainerID], w.store.leases[r.VSCodePort]
			if !c.Alive || c.WorkspaceID != id || c.Epoch != r.Epoch || c.VSCodePort != r.VSCodePort || c.AgentPort != r.AgentPort {
				return fmt.Errorf("%s runs in %+v, record %+v", id, c, r)
			}
			if c.Paused != r.Paused {
				return fmt.Errorf("%s: its container is paused: %v, its record says %v", id, c.Paused, r.Paused)
			}
			if l.State != portlease.StateLeased || l.WorkspaceID != id {
				return fmt.Errorf("%s runs on a port that is not its own: %+v", id, l)
			}
			alive++
		}
	}
	for _, l := range w.store.leases {
		if l.State == portlease.StateLeased {
			leased++
		}
	}
	if len(w.engine.containers) != alive || leased != alive || len(w.store.recs) > len(want) {
		return fmt.Errorf("%d run, but there are %d containers and %d leases", alive, len(w.engine.containers), leased)
	}
	return nil
}

// within polls until check is content; virtual time when in a bubble.
func within(t interface{ Fatalf(string, ...any) }, d time.Duration, check func() error) {
	deadline := time.Now().Add(d)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %v", d, err)
			return
		}
		<-tick.C
	}
}

// TestTheLastOrderWins gives orders to two processes over one store, kills containers and
// processes at any moment, and then wants the last accepted order, with nothing left over.
func TestTheLastOrderWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// As an interface: rapid would ask a *testing.T for its deadline, which a bubble does not have.
		rapid.Check(struct{ rapid.TB }{t}, func(t *rapid.T) {
			w := newWorld()
			type running struct {
				s    *workspace.Service
				stop func()
			}
			var procs [2]running
			begin := func(i int) {
				o := w.options()
				o.PauseTimeout, o.FlushEvery = 30*time.Millisecond, 40*time.Millisecond
				newProcess(o.Store, o.Leases, o.Engine, rapid.IntRange(-1, 60).Draw(t, "calls to live"), rapid.Bool().Draw(t, "late")).use(&o)
				s, stop := run(o)
				procs[i] = running{s, stop}
			}
			begin(0)
			begin(1)
			want, later := map[string]workspace.Desired{}, map[string]bool{}
			var ids []string
			for range rapid.IntRange(1, 15).Draw(t, "steps") {
				p := procs[rapid.IntRange(0, 1).Draw(t, "process")].s
				what := rapid.SampledFrom([]string{"create", "start", "start", "stop", "stop", "restart", "delete", "later", "keep", "kill", "rm", "die", "wait", "pause", "unpause", "resume", "suspect"}).Draw(t, "what")
				if len(ids) == 0 && what != "die" {
					what = "create"
				}
				id := ""
				if len(ids) > 0 {
					id = rapid.SampledFrom(ids).Draw(t, "workspace")
				}
				var err error
				var next workspace.Desired
				switch what {
				case "create":
					if len(ids) == 4 {
						continue
					}
					var c workspace.Workspace
					if c, err = p.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n", Request: fmt.Sprint("r", len(ids))}); err == nil {
						id, next = c.ID, workspace.DesiredRunning
						ids = append(ids, id)
					}
				case "start":
					_, err = p.Start(t.Context(), id)
					next = workspace.DesiredRunning
				case "stop":
					_, err = p.Stop(t.Context(), id, "")
					next = workspace.DesiredStopped
				case "restart":
					_, err = p.Restart(t.Context(), id)
					next = workspace.DesiredRunning
				case "delete":
					_, err = p.Delete(t.Context(), id)
					next = workspace.DesiredDeleted
				case "later": // it tells in the end whether it was due in time
					later[id] = true
					p.DeleteAfter(t.Context(), id, time.Duration(rapid.IntRange(1, 300).Draw(t, "grace"))*time.Millisecond)
				case "keep":
					p.Keep(t.Context(), id)
				case "kill", "rm":
					w.engine.kill(id, what == "rm")
				case "pause", "unpause":
					w.engine.operate(id, what == "pause")
				case "resume":
					ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
					p.Resume(ctx, id)
					cancel()
				case "suspect":
					p.Suspect(id)
				case "die":
					i := rapid.IntRange(0, 1).Draw(t, "who")
					procs[i].stop()
					begin(i)
				case "wait":
					<-time.After(time.Duration(rapid.IntRange(1, 200).Draw(t, "ms")) * time.Millisecond)
				}
				if next != "" && id != "" {
					switch {
					case err == nil && want[id] != workspace.DesiredDeleted:
						want[id] = next
					case err != nil:
						// Accepted or not: the record tells what was written.
						if r, err := w.store.Get(t.Context(), id); err == nil {
							want[id] = r.Desired
						}
					}
				}
			}
			for i := range procs {
				procs[i].stop()
			}
			// A creation whose answer was lost exists nevertheless.
			all, _ := w.store.Find(t.Context(), workspace.Query{})
			for id := range later {
				want[id] = workspace.DesiredDeleted
			}
			for _, r := range all {
				want[r.ID] = r.Desired
				if !r.DeleteAt.IsZero() {
					want[r.ID] = workspace.DesiredDeleted
				}
			}
			_, stop := run(w.options())
			within(t, 5*time.Minute, func() error { return w.settled(want) })
			stop()
		})
	})
}

// TestDeathAtEveryStep lets a process die at each change it makes on the way through a
// life, before the change and after it; the next process goes on.
func TestDeathAtEveryStep(t *testing.T) {
	for _, order := range []string{"create", "stop", "restart", "delete", "later", "crash", "resume"} {
		for _, late := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				died := true
				for step := 0; died; step++ {
					if step > 60 {
						t.Fatalf("%s takes more than %d changes", order, step)
					}
					died = dieAt(t, order, step, late)
				}
			})
		}
	}
}

// dieAt reports whether the process lived long enough to die at the step.
func dieAt(t *testing.T, order string, step int, late bool) bool {
	w := newWorld()
	want := map[string]workspace.Desired{}
	id := ""
	if order != "create" {
		s, stop := run(w.options())
		c, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n"})
		if err != nil {
			t.Fatal(err)
		}
		id = c.ID
		want[id] = workspace.DesiredRunning
		within(t, time.Minute, func() error { return w.settled(want) })
		stop()
	}
	o := w.options()
	p := newProcess(o.Store, o.Leases, o.Engine, step, late)
	p.use(&o)
	s, stop := run(o)
	var err error
	switch order {
	case "create":
		_, err = s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n"})
	case "stop":
		_, err = s.Stop(t.Context(), id, "")
		want[id] = workspace.DesiredStopped
	case "restart":
		_, err = s.Restart(t.Context(), id)
	case "delete":
		_, err = s.Delete(t.Context(), id)
		want[id] = workspace.DesiredDeleted
	case "later":
		_, err = s.DeleteAfter(t.Context(), id, 2*time.Second)
		want[id] = workspace.DesiredDeleted
	case "crash":
		w.engine.kill(id, false)
	case "resume":
		w.engine.operate(id, true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err = s.Resume(ctx, id)
	}
	_ = err // an order whose answer was lost may be given or not; the record tells below
	if order == "resume" && err == nil {
		if paused, _ := w.engine.paused(id); paused {
			t.Errorf("it is said to go on, and is paused (died at change %d, late %v)", step, late)
		}
	}
	died := true
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		died = false
	}
	stop()
	all, _ := w.store.Find(t.Context(), workspace.Query{})
	for _, r := range all {
		want[r.ID] = r.Desired
		if !r.DeleteAt.IsZero() {
			want[r.ID] = workspace.DesiredDeleted
		}
	}
	_, stop = run(w.options())
	defer stop()
	within(t, 5*time.Minute, func() error {
		if err := w.settled(want); err != nil {
			return fmt.Errorf("%s, died at change %d (late %v): %w", order, step, late, err)
		}
		return nil
	})
	return died
}
