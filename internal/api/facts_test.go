package api

import (
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/facts"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// factsOf asks for the facts of ids and returns them by id.
func factsOf(t *testing.T, v *browserUser, ids ...string) map[string]map[string]any {
	t.Helper()
	a := v.do("GET", "/workspaces/facts?"+url.Values{"id": ids}.Encode(), nil)
	if a.status != 200 {
		t.Fatalf("%d %s", a.status, a.text)
	}
	found := map[string]map[string]any{}
	items := a.json["items"].([]any)
	for _, item := range items {
		f := item.(map[string]any)
		found[f["id"].(string)] = f
	}
	if len(found) != len(items) {
		t.Errorf("some twice: %s", a.text)
	}
	return found
}

func TestFactsOfWhatOneMaySee(t *testing.T) {
	st := newAdminStand(t)
	ada, bob, eve, admin := st.join("Ada"), st.join("Bob"), st.join("Eve"), st.admin()
	running := resting("runningaaaaa", ada.id, "Runs", workspace.StatusRunning)
	running.Shares = []workspace.Share{{UserID: bob.id, Right: workspace.RightView}, {UserID: eve.id, Right: workspace.RightEdit, Until: time.Now().Add(-time.Minute)}}
	slices.SortFunc(running.Shares, func(a, b workspace.Share) int { return slices.Compare([]byte(a.UserID), []byte(b.UserID)) })
	f := newFleet(t, st, newEventStand(t).store.Workspaces(), running, resting("stoppedaaaaa", ada.id, "Rests", workspace.StatusStopped))

	ids := []string{"stoppedaaaaa", "runningaaaaa", "runningaaaaa", "nosuchaaaaaa"}
	for who, want := range map[*browserUser]int{ada: 2, bob: 1, eve: 0, admin: 0} {
		if got := factsOf(t, who, ids...); len(got) != want {
			t.Errorf("%s sees %d, want %d", who.id, len(got), want)
		}
	}
	want := map[string]any{"id": "stoppedaaaaa", "interval": 5.0, "cpu": []any{}, "memory": []any{}, "memoryLimit": 0.0, "ports": []any{}, "git": nil, "sampledAt": nil}
	if diff := cmp.Diff(want, factsOf(t, ada, ids...)["stoppedaaaaa"]); diff != "" {
		t.Errorf("of one that is stopped:\n%s", diff)
	}
	f.within(func() error {
		got := factsOf(t, bob, "runningaaaaa")["runningaaaaa"]
		memory := got["memory"].([]any)
		if len(memory) == 0 || memory[0] != float64(5<<20) || got["memoryLimit"] != float64(1<<30) || got["sampledAt"] == nil {
			return fmt.Errorf("%v", got)
		}
		return nil
	})
}

func TestHowManyFactsMayBeAskedFor(t *testing.T) {
	st := newAdminStand(t)
	ada := st.join("Ada")
	newFleet(t, st, newEventStand(t).store.Workspaces())
	many := url.Values{}
	for n := range 51 {
		many.Add("id", fmt.Sprint("w", n))
	}
	for query, want := range map[string]int{"": 422, "?" + many.Encode(): 422, "?id=a": 200} {
		if a := ada.do("GET", "/workspaces/facts"+query, nil); a.status != want {
			t.Errorf("%.40s: %d %s", query, a.status, a.text)
		}
	}
	if a := st.visitor().do("GET", "/workspaces/facts?id=a", nil); a.status != 401 {
		t.Errorf("a stranger: %d", a.status)
	}
}

func TestFactsOnTheWire(t *testing.T) {
	at := time.Unix(1e9, 0).UTC()
	got := wireFacts(facts.Facts{
		ID: "a", CPU: []float64{0.5}, Memory: []int64{7}, MemoryLimit: 9, SampledAt: at,
		Ports: []bridge.Port{{Port: 3000, Address: "::", PID: 4, Process: "node"}},
		Git:   &facts.Git{Folder: "f", Branch: "main", Commit: &facts.Commit{Hash: "h", Subject: "s", Time: at}, Changed: 2, Unpushed: 3},
	})
	want := WorkspaceFacts{
		ID: "a", Interval: 5, CPU: []float64{0.5}, Memory: []int64{7}, MemoryLimit: 9, SampledAt: &at, Ports: []FactPort{{3000, "node"}},
		Git: &FactGit{Folder: "f", Branch: "main", Commit: &FactCommit{"h", "s", &at}, Changed: 2, Unpushed: 3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
