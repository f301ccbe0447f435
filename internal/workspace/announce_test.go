package workspace_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// asking is an Announcer that asks the service while it is told.
type asking struct {
	s    *workspace.Service
	told chan string
}

func (a *asking) Announce(w workspace.Workspace) {
	a.s.Touch(w.ID, time.Now())
	a.told <- fmt.Sprintf("%s %d %t", a.s.Right(w.ID, "o"), len(a.s.Known(w.ID)), a.s.LastActive(w).IsZero())
}

func (a *asking) AnnounceDeleted(id string) {
	a.s.Touch(id, time.Now())
	a.told <- fmt.Sprintf("%q %d", a.s.Right(id, "o"), len(a.s.Known(id)))
}

func TestWhoIsToldMayAsk(t *testing.T) {
	w := newWorld()
	o := w.options()
	a := &asking{told: make(chan string, 100)}
	o.Announcers = []workspace.Announcer{a}
	s, stop := run(o)
	t.Cleanup(stop)
	a.s = s
	next := func(want string) {
		t.Helper()
		for {
			select {
			case got := <-a.told:
				if got == want {
					return
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("not told %q", want)
			}
		}
	}
	no := false
	go func() {
		if rec, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n", Start: &no}); err != nil {
			t.Error(err)
		} else if _, err := s.Delete(t.Context(), rec.ID); err != nil {
			t.Error(err)
		}
	}()
	next("owner 1 false")
	next(`"" 0`)
}

// A workspace that somebody waits for an answer of is in use; that and its changes are told
// to each other's side at any moment, and neither stands in the other's way.
func TestChangesWhileSomebodyWaitsForAnAnswer(t *testing.T) {
	w := newWorld()
	s, ask, _ := edge(t, w, database(t))
	asked := make(chan struct{}, 1)
	rec := withEditor(t, s, func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done() // never answers
	})
	over := make(chan error, 1)
	go func() {
		answer, err := ask(rec.ID, "o")
		if err == nil {
			answer.Body.Close()
		}
		over <- err
	}()
	<-asked
	changed := make(chan int)
	go func() {
		n := 0
		for began := time.Now(); time.Since(began) < 3*time.Second; n++ { // use is told once a second
			if _, err := s.Share(t.Context(), rec.ID, "ada", []workspace.Right{workspace.RightUse, workspace.RightView}[n%2], time.Time{}); err != nil {
				t.Error(err)
				break
			}
		}
		changed <- n
	}()
	select {
	case n := <-changed:
		t.Logf("%d changes", n)
	case <-time.After(20 * time.Second):
		t.Fatal("changes stand still")
	}
	if _, err := s.Stop(t.Context(), rec.ID, ""); err != nil {
		t.Fatal(err)
	}
	if err := <-over; err == nil {
		t.Error("a request outlived its workspace")
	}
}
