package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestUnusedWorkspacesStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		o := w.options()
		s, stop := run(o)
		thirty, never := 30*time.Minute, time.Duration(0)
		idle, err1 := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "idle", IdleTimeout: &thirty})
		used, err2 := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "used", IdleTimeout: &thirty})
		forever, err3 := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "forever", IdleTimeout: &never})
		if err := errors.Join(err1, err2, err3); err != nil {
			t.Fatal(err)
		}
		status := func(id string) workspace.Status {
			got, err := s.Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			return got.Status
		}
		for minute := range 40 {
			<-time.After(time.Minute)
			s.Touch(used.ID, time.Now())
			if minute == 28 && status(idle.ID) != workspace.StatusRunning {
				t.Errorf("stopped after %d minutes", minute+1)
			}
		}
		got, err := s.Get(t.Context(), idle.ID)
		if err != nil || got.Status != workspace.StatusStopped || got.StatusReason != "stopped after 30m without use" {
			t.Errorf("unused: %s %q %v", got.Status, got.StatusReason, err)
		}
		if status(used.ID) != workspace.StatusRunning || status(forever.ID) != workspace.StatusRunning {
			t.Errorf("used: %s, without a limit: %s", status(used.ID), status(forever.ID))
		}
		last, err := s.Get(t.Context(), used.ID)
		if err != nil {
			t.Fatal(err)
		}
		stop()
		if kept, _ := w.store.Get(t.Context(), used.ID); kept.LastActiveAt.Before(last.LastActiveAt) || kept.Version != last.Version {
			t.Errorf("use was lost over the end of the process: %+v", kept)
		}
		// A process that was away for long does not take its absence for disuse.
		<-time.After(5 * time.Hour)
		s, stop = run(o)
		defer stop()
		<-time.After(29 * time.Minute)
		if status(used.ID) != workspace.StatusRunning {
			t.Error("stopped because the process was away")
		}
		<-time.After(2 * time.Minute)
		if status(used.ID) != workspace.StatusStopped {
			t.Error("never stopped after the process was away")
		}
	})
}

// What only the bridge sees, a command or a terminal, keeps a workspace running too, and a
// bridge that lies or does not answer keeps it no longer than the truth would.
func TestUseInsideAWorkspaceCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		o := w.options()
		thirty := 30 * time.Minute
		inUse := map[string]func() (time.Time, error){}
		var mu sync.Mutex
		byPort := map[int]string{}
		o.LastUse = func(ctx context.Context, port int, _ string) (time.Time, error) {
			mu.Lock()
			id := byPort[port]
			use := inUse[id]
			mu.Unlock()
			if use == nil {
				<-ctx.Done() // never answers
				return time.Time{}, ctx.Err()
			}
			return use()
		}
		s, stop := run(o)
		defer stop()
		began := time.Now()
		create := func(name string, use func() (time.Time, error)) string {
			made, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: name, IdleTimeout: &thirty})
			if err != nil {
				t.Fatal(err)
			}
			for {
				got, err := s.Get(t.Context(), made.ID)
				if err != nil {
					t.Fatal(err)
				}
				if got.Status == workspace.StatusRunning {
					mu.Lock()
					byPort[got.AgentPort], inUse[made.ID] = made.ID, use
					mu.Unlock()
					return made.ID
				}
				<-time.After(time.Second)
			}
		}
		busy := create("busy for an hour", func() (time.Time, error) {
			return time.Now().Add(min(0, time.Hour-time.Since(began))), nil
		})
		liar := create("lies about the future once", func() (time.Time, error) { return began.Add(5 * time.Hour), nil })
		silent := create("never answers", nil)
		status := func(id string) workspace.Status {
			got, err := s.Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			return got.Status
		}
		<-time.After(40 * time.Minute)
		if status(busy) != workspace.StatusRunning || status(silent) != workspace.StatusStopped {
			t.Errorf("after 40 minutes: busy %s, silent %s", status(busy), status(silent))
		}
		<-time.After(time.Hour)
		if status(busy) != workspace.StatusStopped {
			t.Errorf("busy is %s 40 minutes after its last use", status(busy))
		}
		if got, _ := s.Get(t.Context(), liar); s.LastActive(got).After(time.Now()) {
			t.Error("a bridge's word about the future was believed")
		}
	})
}

func TestInputIsChecked(t *testing.T) {
	w := newWorld()
	s, stop := run(w.options())
	defer stop()
	minus := -time.Second
	no := false
	for field, in := range map[string]workspace.CreateInput{
		"name":        {Name: "  "},
		"name ":       {Name: strings.Repeat("ä", 61)},
		"name  ":      {Name: "a\nb"},
		"name   ":     {Name: "safe\u202etxt.exe"},
		"name    ":    {Name: "bad\xff"},
		"memory":      {Name: "n", Memory: 1 << 20},
		"memory ":     {Name: "n", Memory: 1 << 50},
		"cpu":         {Name: "n", CPU: 1},
		"cpu ":        {Name: "n", CPU: -1},
		"idleTimeout": {Name: "n", IdleTimeout: &minus},
		"githubRepo":  {Name: "n", GithubRepo: strings.Repeat("x", 301)},
		"branch":      {Name: "n", Branch: "a\x00b"},
		"nixConfig":   {Name: "n", NixConfig: strings.Repeat("x", 300<<10)},
		"request":     {Name: "n", Request: strings.Repeat("x", 201)},
	} {
		in.OwnerID = "o"
		var invalid *workspace.InvalidError
		if _, err := s.Create(t.Context(), in); !errors.As(err, &invalid) || invalid.Field != strings.TrimSpace(field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	rec, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "  ein Näme 🙂 ", Start: &no})
	if err != nil || rec.Name != "ein Näme 🙂" || rec.Memory != 2<<30 || rec.CPU != 1e9 || rec.Status != workspace.StatusStopped {
		t.Errorf("%+v %v", rec, err)
	}
	name, memory := "new", int64(1)
	var invalid *workspace.InvalidError
	if _, err := s.Update(t.Context(), rec.ID, workspace.UpdateInput{Name: &name, Memory: &memory}); !errors.As(err, &invalid) || invalid.Field != "memory" {
		t.Errorf("update: %v", err)
	}
	if got, err := s.Update(t.Context(), rec.ID, workspace.UpdateInput{Name: &name}); err != nil || got.Name != name || got.Memory != 2<<30 {
		t.Errorf("update: %+v %v", got, err)
	}
	if _, err := s.Update(t.Context(), "none", workspace.UpdateInput{Name: &name}); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("update of nothing: %v", err)
	}
	if _, _, err := s.List(t.Context(), "o", 10, "garbage"); !errors.As(err, &invalid) || invalid.Field != "cursor" {
		t.Errorf("cursor: %v", err)
	}
}

func TestListsCanBePagedThrough(t *testing.T) {
	w := newWorld()
	s, stop := run(w.options())
	defer stop()
	no := false
	var want []string
	for i := range 7 {
		rec, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: fmt.Sprint(i), Start: &no})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, rec.ID)
	}
	var got []string
	cursor := ""
	for {
		page, next, err := s.List(t.Context(), "o", 3, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page {
			got = append(got, r.ID)
		}
		if next == "" {
			break
		}
		cursor = next
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("pages give %v, want %v", got, want)
	}
}
