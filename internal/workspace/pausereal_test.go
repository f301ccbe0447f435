package workspace_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// The real engine pauses and resumes, and ends what is paused.
func TestARealContainerIsPausedAndGoesOn(t *testing.T) {
	r := newRig(t)
	r.o.PauseTimeout, r.o.FlushEvery = time.Second, 100*time.Millisecond
	s := r.run()
	w := r.until(s, r.create(s).ID, workspace.StatusRunning)
	r.file(w, http.MethodPut, "precious")
	paused := func() {
		t.Helper()
		within(t, 30*time.Second, func() error {
			rec, err := s.Get(t.Context(), w.ID)
			if err != nil || !rec.Paused || rec.Status != workspace.StatusRunning {
				return fmt.Errorf("%s, paused %v: %v", rec.Status, rec.Paused, err)
			}
			w = rec
			return nil
		})
		// The record says so a moment before it is.
		within(t, 30*time.Second, func() error {
			if got := r.docker("inspect", "-f", "{{.State.Status}}", w.ContainerID); got != "paused" {
				return fmt.Errorf("the engine says %s", got)
			}
			return nil
		})
	}
	paused()
	began := time.Now()
	if err := s.Resume(t.Context(), w.ID); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	if got := r.file(w, http.MethodGet, ""); got != "precious" {
		t.Errorf("file: %q", got)
	}
	t.Logf("resumed in %v, answered after %v", took, time.Since(began))

	paused()
	if _, err := s.Stop(t.Context(), w.ID, ""); err != nil {
		t.Fatal(err)
	}
	if got := r.until(s, w.ID, workspace.StatusStopped); got.Paused {
		t.Error("stopped, and paused")
	}
	r.left(s, 0)
	if _, err := s.Start(t.Context(), w.ID); err != nil {
		t.Fatal(err)
	}
	r.until(s, w.ID, workspace.StatusRunning)
	paused()
	if _, err := s.Delete(t.Context(), w.ID); err != nil {
		t.Fatal(err)
	}
	r.gone(s, w.ID)
	r.left(s, 0)
}
