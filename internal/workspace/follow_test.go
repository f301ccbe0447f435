package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// silent is a Store that finds nothing while it is off.
type silent struct {
	workspace.Store
	off atomic.Bool
}

func (s *silent) Find(ctx context.Context, q workspace.Query) ([]workspace.Workspace, error) {
	if s.off.Load() {
		return nil, errors.New("the database does not answer")
	}
	return s.Store.Find(ctx, q)
}

// What another process changed while the store did not answer is seen once it does, however
// long that took, and not only at the next reading of everything.
func TestChangesOfAnotherProcessOutliveASilentStore(t *testing.T) {
	grace(t, func(t *testing.T, w *world, s *workspace.Service, id string) {
		o := w.options()
		store := &silent{Store: w.store}
		o.Store, o.ReconcileEvery = store, 24*time.Hour
		other, stop := run(o)
		defer stop()
		sees := func(status workspace.Status) func() error {
			return func() error {
				if known := other.Known(id); len(known) != 1 || known[0].Status != status {
					return fmt.Errorf("it knows %+v", known)
				}
				return nil
			}
		}
		within(t, 5*time.Second, sees(workspace.StatusRunning))
		store.off.Store(true)
		if _, err := s.Stop(t.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
		settles(t, w, id, workspace.DesiredStopped, 5*time.Second)
		<-time.After(time.Minute)
		if err := sees(workspace.StatusRunning)(); err != nil {
			t.Fatalf("while the store is silent, %v", err)
		}
		store.off.Store(false)
		within(t, 3*time.Second, sees(workspace.StatusStopped))
	})
}
