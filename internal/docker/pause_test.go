package docker

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestPausesAreListedToldAndUndone(t *testing.T) {
	r, s := engine(t), spec(t)
	id, err := start(t, r, s)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	events := r.Events(ctx)
	for e := next(t, events); !e.Resync; e = next(t, events) {
	}
	for _, step := range []struct {
		paused bool
		do     func(context.Context, string) error
	}{{true, r.Pause}, {false, r.Resume}} {
		for range 2 { // the second time it is so already
			if err := step.do(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		if e := next(t, events); e.WorkspaceID != s.WorkspaceID {
			t.Errorf("event: %v", e)
		}
		if all, err := r.Find(t.Context(), s.WorkspaceID); err != nil || len(all) != 1 || !all[0].Alive || all[0].Paused != step.paused {
			t.Errorf("%+v %v", all, err)
		}
	}
	if err := r.Pause(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := r.Remove(t.Context(), s.WorkspaceID, time.Second); err != nil {
		t.Errorf("remove what is paused: %v", err)
	}
	for _, do := range []func(context.Context, string) error{r.Pause, r.Resume} {
		if err := do(t.Context(), id); !errors.Is(err, workspace.ErrContainerGone) {
			t.Errorf("of one that is gone: %v", err)
		}
	}
	cancel()
	for range events { // closed, or the test hangs
	}
}
