package workspace_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// outfitter is a Preparer made of functions.
type outfitter struct {
	image, inside func(context.Context, workspace.Workspace, workspace.Reporter) (workspace.Workspace, error)
	mu            sync.Mutex
	stopped       []workspace.Workspace
}

func same(_ context.Context, w workspace.Workspace, _ workspace.Reporter) (workspace.Workspace, error) {
	return w, nil
}

func (o *outfitter) Image(ctx context.Context, w workspace.Workspace, r workspace.Reporter) (workspace.Workspace, error) {
	return o.image(ctx, w, r)
}

func (o *outfitter) Inside(ctx context.Context, w workspace.Workspace, r workspace.Reporter) (workspace.Workspace, error) {
	return o.inside(ctx, w, r)
}

func (o *outfitter) BeforeStop(_ context.Context, w workspace.Workspace) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stopped = append(o.stopped, w)
}

func TestWhatAPreparerDoesIsKeptAndTold(t *testing.T) {
	r := newRig(t)
	o := &outfitter{}
	o.image = func(_ context.Context, w workspace.Workspace, r workspace.Reporter) (workspace.Workspace, error) {
		r.Say(workspace.PhaseImage, "looking")
		w.Name = "not the preparer's to change"
		w.Template, w.TemplateVersion, w.Packages = "go", 3, []string{"golang"}
		w.Notices = nil
		return w, nil
	}
	o.inside = func(_ context.Context, w workspace.Workspace, r workspace.Reporter) (workspace.Workspace, error) {
		for _, percent := range []int{1, 50, 100} {
			r.Progress(workspace.PhaseCode, "receiving", percent)
		}
		r.Progress(workspace.PhaseEnvironment, "asking", -1)
		w.Folder, w.Clone.State = "engine", workspace.CloneDone
		w.Outfit = w.Notify(workspace.NoticeSetup, "no")
		return w, nil
	}
	r.o.Preparer = o
	s := r.run()
	w := r.until(s, r.create(s).ID, workspace.StatusRunning)
	if w.Name != "n" || w.Template != "go" || w.TemplateVersion != 3 || w.Folder != "engine" || w.Clone.State != workspace.CloneDone ||
		!slices.Equal(w.Packages, []string{"golang"}) || !slices.Equal(w.Notices, []workspace.Notice{{Kind: "setup", Text: "no"}}) {
		t.Errorf("%+v", w)
	}
	lines, err := s.StartLog(t.Context(), w.ID)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, l := range lines {
		if l.Phase == workspace.PhaseCode && (l.Percent == nil || *l.Percent != 100 || l.Replaces == nil || *l.Replaces != l.Seq-2) {
			t.Errorf("progress: %+v", l)
		}
		told = append(told, l.Phase)
	}
	if want := []string{"image", "ports", "container", "container", "code", "environment", "editor", "ready"}; !slices.Equal(told, want) {
		t.Errorf("log: %v", told)
	}
	stored, err := r.o.Store.LoadLog(t.Context(), w.ID)
	if err != nil || len(stored) != len(lines) {
		t.Errorf("%d lines stored of %d, %v", len(stored), len(lines), err)
	}
	w, err = s.Refit(t.Context(), w.ID, func(o *workspace.Outfit) { o.Notices = nil })
	if err != nil || len(w.Notices) != 0 || w.Status != workspace.StatusRunning {
		t.Errorf("refit: %+v %v", w, err)
	}
	if _, err := s.Stop(t.Context(), w.ID, ""); err != nil {
		t.Fatal(err)
	}
	r.until(s, w.ID, workspace.StatusStopped)
	if len(o.stopped) != 1 || o.stopped[0].AgentPort == 0 {
		t.Errorf("before the stop: %+v", o.stopped)
	}
	// Only a preparer says which template's version counts; another template begins anew.
	other := "python"
	if w, err = s.Update(t.Context(), w.ID, workspace.UpdateInput{Template: &other}); err != nil || w.Template != other || w.TemplateVersion != 0 {
		t.Errorf("updated: %+v %v", w, err)
	}
}

func TestPreparingHoldsNobodyUp(t *testing.T) {
	r := newRig(t)
	r.o.ParallelStarts = 1
	second := make(chan struct{})
	var first sync.Once
	o := &outfitter{image: same, inside: func(ctx context.Context, w workspace.Workspace, _ workspace.Reporter) (workspace.Workspace, error) {
		mine := false
		first.Do(func() { mine = true })
		if !mine {
			return w, nil
		}
		w.Folder = "cloned"
		select {
		case <-second:
			return w, nil
		case <-ctx.Done():
			return w, ctx.Err()
		}
	}}
	r.o.Preparer = o
	s := r.run()
	slow := r.create(s)
	within(t, time.Minute, func() error {
		if found, err := r.engine.Find(t.Context(), slow.ID); err != nil || len(found) != 1 || !found[0].Alive {
			return errors.Join(err, errors.New("not started"))
		}
		return nil
	})
	r.until(s, r.create(s).ID, workspace.StatusRunning)
	name := "renamed meanwhile"
	if _, err := s.Update(t.Context(), slow.ID, workspace.UpdateInput{Name: &name}); err != nil {
		t.Fatal(err)
	}
	close(second)
	if w := r.until(s, slow.ID, workspace.StatusRunning); w.Name != name || w.Folder != "cloned" {
		t.Errorf("%+v", w)
	}
}

func TestAContainerThatDiesWhileItIsPrepared(t *testing.T) {
	r := newRig(t)
	r.mode.Store("exit")
	r.o.Preparer = &outfitter{image: same, inside: func(ctx context.Context, w workspace.Workspace, _ workspace.Reporter) (workspace.Workspace, error) {
		<-ctx.Done()
		return w, ctx.Err()
	}}
	s := r.run()
	if w := r.until(s, r.create(s).ID, workspace.StatusError); !strings.Contains(w.StatusReason, "ended with code 3") {
		t.Errorf("reason: %s", w.StatusReason)
	}
	r.left(s, 0)
}

func TestAnImageThatCannotBePreparedFailsTheStart(t *testing.T) {
	r := newRig(t)
	r.o.Preparer = &outfitter{inside: same, image: func(_ context.Context, w workspace.Workspace, _ workspace.Reporter) (workspace.Workspace, error) {
		return w, errors.New("no template")
	}}
	s := r.run()
	if w := r.until(s, r.create(s).ID, workspace.StatusError); !strings.Contains(w.StatusReason, "no template") {
		t.Errorf("reason: %s", w.StatusReason)
	}
	r.left(s, 0)
}
