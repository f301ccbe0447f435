package api

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestWhoSeesWhatHappensAtARepository(t *testing.T) {
	st := newEventStand(t)
	st.workspace("abcdefghijk1", "ada", "ada/x", workspace.StatusStopped)
	st.workspace("abcdefghijk2", "eve", "", workspace.StatusStopped)
	st.workspace("abcdefghijk3", "eve", "https://git.example/ada/x", workspace.StatusStopped)
	gateway := st.gateway(eventHookSecret)
	if a := st.send(st.push(gateway, "ada/x", "b")); a.status != 202 {
		t.Fatalf("push: %d %s", a.status, a.text)
	}
	of := func(user, id string) answer {
		return st.do(user, "GET", gateway+"/api/v1/workspaces/"+id+"/repository", nil)
	}
	if a := of("eve", "abcdefghijk1"); a.status != 404 || a.code() != "not_found" {
		t.Errorf("another's workspace: %d %s", a.status, a.text)
	}
	for _, id := range []string{"abcdefghijk2", "abcdefghijk3"} {
		if a := of("eve", id); a.status != 200 || a.json["fullName"] != "" || a.json["url"] != "" || len(a.json["events"].([]any)) > 0 {
			t.Errorf("without a repository at GitHub: %d %s", a.status, a.text)
		}
	}
	if got := st.events(gateway, "ada", "abcdefghijk1"); len(got) != 1 {
		t.Errorf("events: %q", got)
	}
	// To name a repository shows nothing of it.
	st.readable = false
	if a := of("ada", "abcdefghijk1"); a.status != 200 || a.json["fullName"] != "ada/x" || len(a.json["events"].([]any)) > 0 {
		t.Errorf("who has not cloned: %d %s", a.status, a.text)
	}
}

func TestARenamedRepositoryShowsItsNewName(t *testing.T) {
	st := newEventStand(t)
	st.workspace("abcdefghijk1", "ada", "ada/x", workspace.StatusStopped)
	gateway := st.gateway(eventHookSecret)
	st.send(st.push(gateway, "ada/x", "before"))
	st.github.Rename("ada/x", "ada/y")
	st.now = st.now.Add(time.Second)
	if a := st.send(st.push(gateway, "ada/y", "after")); a.status != 202 {
		t.Fatalf("push: %d %s", a.status, a.text)
	}
	a := st.do("ada", "GET", gateway+"/api/v1/workspaces/abcdefghijk1/repository", nil)
	events := a.json["events"].([]any)
	if a.json["fullName"] != "ada/y" || a.json["url"] != st.web.URL+"/ada/y" || len(events) != 2 || events[0].(map[string]any)["branch"] != "after" {
		t.Errorf("%d %s", a.status, a.text)
	}
}

func TestAWorkspaceIsNotAskedByTooManyAtOnce(t *testing.T) {
	st := newEventStand(t)
	st.workspace("abcdefghijk1", "ada", "ada/x", workspace.StatusRunning)
	st.slow = 20 * time.Millisecond
	gateway := st.gateway("")
	var asking sync.WaitGroup
	for range 5 * reviewAtOnce {
		asking.Go(func() {
			if a := st.do("ada", "GET", gateway+"/api/v1/workspaces/abcdefghijk1/unpushed", nil); a.status != 200 {
				t.Errorf("%d %s", a.status, a.text)
			}
		})
	}
	asking.Wait()
	if st.most == 0 || st.most > reviewAtOnce {
		t.Errorf("%d were at once", st.most)
	}
}

func TestWhatIsOnlyInAWorkspace(t *testing.T) {
	st := newEventStand(t)
	st.workspace("abcdefghijk1", "ada", "ada/x", workspace.StatusRunning)
	st.workspace("abcdefghijk2", "ada", "ada/x", workspace.StatusStopped)
	gateway := st.gateway("")
	of := func(user, id string) answer {
		return st.do(user, "GET", gateway+"/api/v1/workspaces/"+id+"/unpushed", nil)
	}
	if a := of("eve", "abcdefghijk1"); a.status != 404 {
		t.Errorf("another's: %d %s", a.status, a.text)
	}
	st.work = bridge.UnpushedWork{Found: 2, Repositories: []bridge.UnpushedRepository{{
		Folder: "x", Branches: []bridge.UnpushedBranch{{Name: "b", Upstream: "origin/b", Commits: 3}, {Commits: 1}}, Uncommitted: 4, Stashes: 1,
	}}}
	repositories := []any{map[string]any{"folder": "x", "uncommitted": 4.0, "stashes": 1.0, "branches": []any{
		map[string]any{"name": "b", "upstream": "origin/b", "commits": 3.0}, map[string]any{"name": "", "commits": 1.0},
	}}}
	a := of("ada", "abcdefghijk1")
	asOf, err := time.Parse(time.RFC3339, fmt.Sprint(a.json["asOf"]))
	if age := time.Since(asOf); a.status != 200 || err != nil || age < 0 || age > time.Minute {
		t.Errorf("running: %d %s, %v", a.status, a.text, err)
	}
	delete(a.json, "asOf")
	if diff := cmp.Diff(map[string]any{"live": true, "found": 2.0, "truncated": false, "repositories": repositories}, a.json); diff != "" {
		t.Errorf("running:\n%s", diff)
	}
	// What was told is kept for when it cannot be asked any more.
	if work, at, err := st.store.Unpushed(t.Context(), "abcdefghijk1"); err != nil || at.IsZero() || work.Found != 2 || len(work.Repositories) != 1 || work.Repositories[0].Branches[0].Upstream != "origin/b" {
		t.Errorf("kept: %+v of %v, %v", work, at, err)
	}
	st.workErr = errors.New("no answer")
	if a := of("ada", "abcdefghijk1"); a.status != 502 || a.code() != "workspace_unreachable" {
		t.Errorf("one that does not answer: %d %s", a.status, a.text)
	}

	if diff := cmp.Diff(map[string]any{"live": false, "asOf": nil, "found": 0.0, "truncated": false, "repositories": []any{}}, of("ada", "abcdefghijk2").json); diff != "" {
		t.Errorf("one that was never asked:\n%s", diff)
	}
	stopped := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	save := func(at time.Time, found int) {
		t.Helper()
		work := st.work
		work.Found = found
		if err := st.store.SaveUnpushed(t.Context(), "abcdefghijk2", work, at); err != nil {
			t.Fatal(err)
		}
	}
	save(stopped, 7)
	save(stopped.Add(-time.Hour), 9) // somebody who was slow to write down
	want := map[string]any{"live": false, "asOf": "2026-11-25T12:00:00Z", "found": 7.0, "truncated": false, "repositories": repositories}
	if diff := cmp.Diff(want, of("ada", "abcdefghijk2").json); diff != "" {
		t.Errorf("stopped:\n%s", diff)
	}
	if err := st.store.RemoveUnpushed(t.Context(), "abcdefghijk2"); err != nil {
		t.Fatal(err)
	}
	if a := of("ada", "abcdefghijk2"); a.json["asOf"] != nil {
		t.Errorf("forgotten: %s", a.text)
	}
}

// A workspace may say anything.
func TestAHostileWorkspaceIsKeptShort(t *testing.T) {
	st := newEventStand(t)
	st.workspace("abcdefghijk1", "ada", "ada/x", workspace.StatusRunning)
	long := strings.Repeat("ü", 5000)
	branches := make([]bridge.UnpushedBranch, 150)
	for i := range branches {
		branches[i] = bridge.UnpushedBranch{Name: long[:3000], Upstream: "\xff", Commits: -1}
	}
	st.work.Found = -5
	for range 60 {
		st.work.Repositories = append(st.work.Repositories, bridge.UnpushedRepository{Folder: long, Branches: branches, Uncommitted: -1, Stashes: -1, Problem: long})
	}
	gateway := st.gateway("")
	a := st.do("ada", "GET", gateway+"/api/v1/workspaces/abcdefghijk1/unpushed", nil)
	repositories, _ := a.json["repositories"].([]any)
	if a.status != 200 || a.json["truncated"] != true || a.json["found"] != 0.0 || len(repositories) != 50 {
		t.Fatalf("%d, %d repositories, %.200s", a.status, len(repositories), a.text)
	}
	r := repositories[49].(map[string]any)
	if len(r["branches"].([]any)) != 100 || len(r["folder"].(string)) != 4096 || len(r["problem"].(string)) != 1000 || r["uncommitted"] != 0.0 || r["stashes"] != 0.0 {
		t.Errorf("repository: %.300v", r)
	}
	if b := r["branches"].([]any)[0].(map[string]any); len(b["name"].(string)) != 1000 || b["upstream"] != nil || b["commits"] != 0.0 {
		t.Errorf("branch: %.300v", b)
	}
	kept, _, err := st.store.Unpushed(t.Context(), "abcdefghijk1")
	if err != nil || !kept.Truncated || len(kept.Repositories) != 1 || len(kept.Repositories[0].Branches) != 100 {
		t.Errorf("kept: %d repositories, %v", len(kept.Repositories), err)
	}
}
