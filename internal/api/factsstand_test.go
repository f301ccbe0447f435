package api

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/facts"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// deadEngine is one that does not answer: nothing is started, stopped or removed, and what
// runs is left alone.
type deadEngine struct{ workspace.Engine }

func (deadEngine) List(context.Context) ([]workspace.Container, error) {
	return nil, workspace.ErrRuntimeUnavailable
}

func (deadEngine) Find(context.Context, string) ([]workspace.Container, error) {
	return nil, workspace.ErrRuntimeUnavailable
}

func (deadEngine) Events(context.Context) <-chan workspace.Event { return nil }

// idleContainer has used nothing for an hour.
type idleContainer struct{}

func (idleContainer) Usage(context.Context, string) (facts.Usage, error) {
	return facts.Usage{At: time.Now(), CPU: time.Second, Memory: 5 << 20, MemoryLimit: 1 << 30}, nil
}

func (idleContainer) CPULimit(context.Context, string) (int64, error) { return 1e9, nil }

// fleet is an adminStand whose workspaces are the records that a test puts into its store.
type fleet struct {
	*adminStand
	store workspace.Store
}

// newFleet makes one that knows records, and runs.
func newFleet(t *testing.T, st *adminStand, store workspace.Store, records ...workspace.Workspace) *fleet {
	t.Helper()
	for i, w := range records {
		w.Slot, w.Request, w.Version = i, w.ID, 1
		if w.CreatedAt.IsZero() {
			w.CreatedAt = time.UnixMilli(1.7e12 + int64(i)).UTC()
		}
		if err := store.Insert(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	log := slog.New(slog.DiscardHandler)
	f := &fleet{st, store}
	st.server.Workspaces = workspace.New(workspace.Options{Store: store, Engine: deadEngine{}, Log: log})
	st.server.Facts = facts.New(facts.Options{Engine: idleContainer{}, Log: log, Dial: func(context.Context, workspace.Workspace) (facts.Bridge, error) {
		return nil, workspace.ErrRuntimeUnavailable
	}})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{}, 2)
	for _, loop := range []func(context.Context){st.server.Workspaces.Run, st.server.Facts.Run} {
		go func() { loop(ctx); ended <- struct{}{} }()
	}
	t.Cleanup(func() {
		cancel()
		<-ended
		<-ended
		st.server.Workspaces.Close(context.Background())
	})
	f.within(func() error {
		if got, err := st.server.Workspaces.Survey(workspace.SurveyQuery{Limit: 1}); err != nil || got.Total != len(records) {
			return fmt.Errorf("%d of %d workspaces known, %v", got.Total, len(records), err)
		}
		return nil
	})
	return f
}

// within polls for up to 20 seconds until check is content.
func (f *fleet) within(check func() error) {
	f.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); ; <-tick.C {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			f.t.Fatalf("not within 20 s: %v", err)
		}
	}
}

// resting is a workspace that nothing is to be done about.
func resting(id, owner, name string, status workspace.Status) workspace.Workspace {
	w := workspace.Workspace{ID: id, OwnerID: owner, Name: name, Status: status, Desired: workspace.DesiredStopped, Memory: 1 << 30, CPU: 1e9}
	if status == workspace.StatusRunning {
		w.Desired, w.ContainerID, w.Epoch, w.VSCodePort, w.AgentPort = workspace.DesiredRunning, "container-of-"+id, 1, 40000, 40001
	}
	return w
}
