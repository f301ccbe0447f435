package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/docker"
	"github.com/kalpana-dev/kalpana/internal/docker/dockertest"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/portlease"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// rig is the real thing: the embedded database, Docker, and a tiny image.
type rig struct {
	t      *testing.T
	store  *mongostore.Store
	engine *docker.Runtime
	first  int          // port of the range
	mode   atomic.Value // what the tiny image does, a string
	o      workspace.Options
	seen   *announcements
}

// announcements is an Announcer that remembers.
type announcements struct {
	mu      sync.Mutex
	of      map[string][]workspace.Workspace
	deleted []string
}

func (a *announcements) Announce(w workspace.Workspace) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.of[w.ID] = append(a.of[w.ID], w)
}

func (a *announcements) AnnounceDeleted(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.deleted = append(a.deleted, id)
}

// statuses are the statuses announced, without repetitions.
func (a *announcements) statuses(id string) []workspace.Status {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []workspace.Status
	for _, w := range a.of[id] {
		all = append(all, w.Status)
	}
	return slices.Compact(all)
}

func newRig(t *testing.T) *rig {
	t.Parallel()
	r := &rig{t: t, store: database(t), engine: dockertest.Engine(t), seen: &announcements{of: map[string][]workspace.Workspace{}}}
	r.mode.Store("")
	r.first = 12000 + 2*rand.IntN(7000) // below what the kernel gives to outgoing connections
	r.o = workspace.Options{
		Store: r.store.Workspaces(), Engine: r.engine, Prober: dockertest.Prober{}, Image: dockertest.Image(t), Key: key,
		Leases:     portlease.New(r.store.Ports(), portlease.Options{Start: r.first, End: r.first + 40, Rest: -1}),
		Announcers: []workspace.Announcer{r.seen}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Env: func(context.Context, workspace.Workspace) (map[string]string, error) {
			return map[string]string{"TINY": r.mode.Load().(string)}, nil
		},
		IdleTimeout: -1, RestartDelay: 50 * time.Millisecond, StopGrace: 2 * time.Second,
		// What must be right at once is not to be put right by the next pass.
		ReconcileEvery: time.Hour,
	}
	return r
}

func key(id string, epoch int64) string { return fmt.Sprint("key of ", id, " ", epoch) }

func (r *rig) run() *workspace.Service {
	s, stop := run(r.o)
	r.t.Cleanup(stop)
	return s
}

func (r *rig) create(s *workspace.Service) workspace.Workspace {
	r.t.Helper()
	w, err := s.Create(r.t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n"})
	if err != nil {
		r.t.Fatal(err)
	}
	return w
}

// until waits for a status and returns the record.
func (r *rig) until(s *workspace.Service, id string, status workspace.Status) (w workspace.Workspace) {
	r.t.Helper()
	within(r.t, time.Minute, func() (err error) {
		if w, err = s.Get(r.t.Context(), id); err == nil && w.Status != status {
			err = fmt.Errorf("status %s (%s), want %s", w.Status, w.StatusReason, status)
		}
		return err
	})
	return w
}

// gone waits for a deletion.
func (r *rig) gone(s *workspace.Service, id string) {
	r.t.Helper()
	within(r.t, time.Minute, func() error {
		if _, err := s.Get(r.t.Context(), id); !errors.Is(err, workspace.ErrNotFound) {
			return fmt.Errorf("get: %v", err)
		}
		return nil
	})
}

// left wants this many containers and leases, once nothing is being worked on.
func (r *rig) left(s *workspace.Service, n int) {
	r.t.Helper()
	within(r.t, 20*time.Second, func() error {
		if err := s.WaitIdle(r.t.Context()); err != nil {
			return err
		}
		containers, err1 := r.engine.List(r.t.Context())
		leases, err2 := r.o.Leases.InUse(r.t.Context())
		if err := errors.Join(err1, err2); err != nil || len(containers) != n || len(leases) != n {
			return fmt.Errorf("%d containers and %d leases, want %d (%v)", len(containers), len(leases), n, err)
		}
		return nil
	})
}

func (r *rig) docker(args ...string) string {
	r.t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		r.t.Fatalf("docker %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r *rig) file(w workspace.Workspace, method, content string) string {
	r.t.Helper()
	res, err := dockertest.Ask(r.t.Context(), method, w.VSCodePort, "/file/x", key(w.ID, w.Epoch), content)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		r.t.Fatalf("%s of a file: %s %s %v", method, res.Status, data, err)
	}
	return string(data)
}

func TestAWorkspaceLivesAndDies(t *testing.T) {
	r := newRig(t)
	s := r.run()
	w := r.create(s)
	if w.Status != workspace.StatusStarting {
		t.Errorf("created: %s", w.Status)
	}
	w = r.until(s, w.ID, workspace.StatusRunning)
	r.file(w, http.MethodPut, "precious")

	stopped, err := s.Stop(t.Context(), w.ID, "")
	if err != nil || stopped.Status != workspace.StatusStopping {
		t.Fatalf("%+v %v", stopped, err)
	}
	stopped = r.until(s, w.ID, workspace.StatusStopped)
	if stopped.VSCodePort != 0 || stopped.ContainerID != "" {
		t.Errorf("stopped: %+v", stopped)
	}
	r.left(s, 0)

	if _, err := s.Start(t.Context(), w.ID); err != nil {
		t.Fatal(err)
	}
	w = r.until(s, w.ID, workspace.StatusRunning)
	if got := r.file(w, http.MethodGet, ""); got != "precious" || w.Epoch != 2 {
		t.Errorf("epoch %d, file %q", w.Epoch, got)
	}
	if _, err := s.Restart(t.Context(), w.ID); err != nil {
		t.Fatal(err)
	}
	before := w
	w = r.until(s, w.ID, workspace.StatusRunning)
	if w.Epoch != 3 || w.ContainerID == before.ContainerID || w.VSCodePort != before.VSCodePort || r.file(w, http.MethodGet, "") != "precious" {
		t.Errorf("restarted: %+v", w)
	}
	if res, err := dockertest.Ask(t.Context(), http.MethodGet, w.VSCodePort, "/file/x", key(w.ID, 2), ""); err != nil || res.StatusCode != http.StatusUnauthorized {
		t.Errorf("with the key of an earlier start: %v %v", res, err)
	} else {
		res.Body.Close()
	}

	if _, err := s.Delete(t.Context(), w.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Start(t.Context(), w.ID); !errors.Is(err, workspace.ErrDeleting) && !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("start of one being deleted: %v", err)
	}
	r.gone(s, w.ID)
	r.left(s, 0)
	if v := dockertest.Volumes(t, w.ID); len(v) != 0 {
		t.Errorf("volumes left: %v", v)
	}
	if l, err := r.o.Store.LoadLog(t.Context(), w.ID); err != nil || l != nil {
		t.Errorf("log left: %v %v", l, err)
	}
	want := []workspace.Status{"STARTING", "RUNNING", "STOPPING", "STOPPED", "STARTING", "RUNNING", "STARTING", "RUNNING", "STOPPING"}
	if got := r.seen.statuses(w.ID); !slices.Equal(got, want) {
		t.Errorf("announced: %v", got)
	}
	if !slices.Equal(r.seen.deleted, []string{w.ID}) {
		t.Errorf("announced as deleted: %v", r.seen.deleted)
	}
}

func TestOrdersMayComeAtOnce(t *testing.T) {
	r := newRig(t)
	s := r.run()
	w := r.create(s)
	var g sync.WaitGroup
	for range 5 {
		g.Go(func() {
			if _, err := s.Start(t.Context(), w.ID); err != nil {
				t.Error(err)
			}
		})
	}
	g.Wait()
	w = r.until(s, w.ID, workspace.StatusRunning)
	if w.Epoch != 1 {
		t.Errorf("started %d times", w.Epoch)
	}
	r.left(s, 1)
	for range 3 {
		for _, order := range []func(context.Context, string) (workspace.Workspace, error){
			s.Start, s.Restart, func(ctx context.Context, id string) (workspace.Workspace, error) { return s.Stop(ctx, id, "") },
		} {
			if _, err := order(t.Context(), w.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.until(s, w.ID, workspace.StatusStopped)
	r.left(s, 0)
	if _, err := s.Start(t.Context(), w.ID); err != nil {
		t.Fatal(err)
	}
	within(t, 20*time.Second, func() error {
		if c, err := r.engine.Find(t.Context(), w.ID); err != nil || len(c) == 0 {
			return fmt.Errorf("no container yet: %v", err)
		}
		return nil
	})
	if _, err := s.Delete(t.Context(), w.ID); err != nil { // while it starts
		t.Fatal(err)
	}
	r.gone(s, w.ID)
	r.left(s, 0)
	if v := dockertest.Volumes(t, w.ID); len(v) != 0 {
		t.Errorf("volumes left: %v", v)
	}
}

func TestADeafEditorFailsTheStartAndDeletionCutsItOff(t *testing.T) {
	r := newRig(t)
	r.mode.Store("deaf")
	r.o.ReadyTimeout = 1500 * time.Millisecond
	s := r.run()
	w := r.until(s, r.create(s).ID, workspace.StatusError)
	if !strings.Contains(w.StatusReason, "did not answer within 1.5s") || !strings.Contains(w.StatusReason, "tiny: started") {
		t.Errorf("reason: %s", w.StatusReason)
	}
	r.left(s, 0)
	if _, err := s.Start(t.Context(), w.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Delete(t.Context(), w.ID); err != nil {
		t.Fatal(err)
	}
	r.gone(s, w.ID)
	r.left(s, 0)
}

func TestAContainerThatDiesComesBackWithItsFiles(t *testing.T) {
	r := newRig(t)
	s := r.run()
	w := r.until(s, r.create(s).ID, workspace.StatusRunning)
	r.file(w, http.MethodPut, "precious")
	for i, kill := range [][]string{{"rm", "-f"}, {"stop", "-t", "1"}, {"kill"}} {
		r.docker(append(kill, w.ContainerID)...)
		before := w
		within(t, 30*time.Second, func() (err error) {
			if w, err = s.Get(t.Context(), w.ID); err == nil && (w.Status != workspace.StatusRunning || w.Epoch == before.Epoch) {
				err = fmt.Errorf("after %v: %s %s, epoch %d", kill, w.Status, w.StatusReason, w.Epoch)
			}
			return err
		})
		if got := r.file(w, http.MethodGet, ""); got != "precious" || w.VSCodePort != before.VSCodePort {
			t.Errorf("after death %d: file %q, port %d", i+1, got, w.VSCodePort)
		}
	}
	r.left(s, 1)
}

func TestFailuresAreExplained(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*rig)
		want  []string
	}{
		"image":  {func(r *rig) { r.o.Image = "kalpana/nosuch:image" }, []string{"kalpana/nosuch:image is missing", "make image"}},
		"exit":   {func(r *rig) { r.mode.Store("exit") }, []string{"ended with code 3", "tiny: told to end"}},
		"memory": {func(r *rig) { r.mode.Store("hog") }, []string{"ran out of memory", "256 MiB"}},
		"engine": {func(r *rig) {
			none, err := docker.New(docker.Options{Host: "unix:///nonexistent.sock", Installation: "x"})
			if err != nil {
				r.t.Fatal(err)
			}
			r.t.Cleanup(func() { none.Close() })
			r.o.Engine = none
		}, []string{"Docker does not answer"}},
		"ports": {func(r *rig) {
			r.o.Leases = portlease.New(r.store.Ports(), portlease.Options{Start: r.first, End: r.first + 2, Wait: -1})
			if _, err := r.o.Leases.Acquire(r.t.Context(), "somebody"); err != nil {
				r.t.Fatal(err)
			}
		}, []string{"ports", "in use", "1 leased"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			c.spoil(r)
			s := r.run()
			w, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n", Memory: 256 << 20})
			if err != nil {
				t.Fatal(err)
			}
			w = r.until(s, w.ID, workspace.StatusError)
			for _, words := range c.want {
				if !strings.Contains(w.StatusReason, words) {
					t.Errorf("reason %q does not say %q", w.StatusReason, words)
				}
			}
			if w.VSCodePort != 0 && name != "engine" {
				t.Errorf("keeps port %d", w.VSCodePort)
			}
			log, err := s.StartLog(t.Context(), w.ID)
			if err != nil || len(log) == 0 || log[len(log)-1].Text != w.StatusReason {
				t.Errorf("log: %+v %v", log, err)
			}
		})
	}
}

func TestAnErrorIsNoDeadEnd(t *testing.T) {
	r := newRig(t)
	good := r.o.Image
	r.o.Image = "kalpana/nosuch:image"
	s, stop := run(r.o)
	w := r.until(s, r.create(s).ID, workspace.StatusError)
	stop()
	r.o.Image = good
	s = r.run()
	if _, err := s.Start(t.Context(), w.ID); err != nil {
		t.Fatal(err)
	}
	if w = r.until(s, w.ID, workspace.StatusRunning); w.StatusReason != "" {
		t.Errorf("reason left: %s", w.StatusReason)
	}
}

func TestACrashLoopEnds(t *testing.T) {
	r := newRig(t)
	r.o.RestartDelay = 10 * time.Millisecond
	s := r.run()
	w := r.until(s, r.create(s).ID, workspace.StatusRunning)
	r.mode.Store("exit")
	r.docker("kill", w.ContainerID)
	w = r.until(s, w.ID, workspace.StatusError)
	if !strings.Contains(w.StatusReason, "6 times within 10m") || !strings.Contains(w.StatusReason, "code 3") {
		t.Errorf("reason: %s", w.StatusReason)
	}
	r.left(s, 0)
}

func TestPortsOfOtherProgramsArePassedOver(t *testing.T) {
	r := newRig(t)
	// Taken after the lease was made: only Docker notices.
	r.o.Leases = portlease.New(r.store.Ports(), portlease.Options{Start: r.first, End: r.first + 40, Free: func(int) bool { return true }})
	for _, port := range []int{r.first, r.first + 3} {
		ln, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
	}
	s := r.run()
	w := r.until(s, r.create(s).ID, workspace.StatusRunning)
	if w.VSCodePort != r.first+4 {
		t.Errorf("runs on %d, first is %d", w.VSCodePort, r.first)
	}
	r.left(s, 1)
	log, _ := s.StartLog(t.Context(), w.ID)
	if text := fmt.Sprint(log); strings.Count(text, "is taken by another program") != 2 {
		t.Errorf("log: %s", text)
	}
}
