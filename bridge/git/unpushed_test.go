package git_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
)

func TestUnpushedWorkIsFound(t *testing.T) {
	s := start(t)
	h := s.host(t)
	clone := func(name string) string {
		s.git(s.dir, "clone", "-q", h.repository(name+".git", "a.txt"), s.path(name))
		return s.path(name)
	}
	commit := func(dir, message string) { s.git(dir, "commit", "-q", "--allow-empty", "-m", message) }
	clone("clean")
	ahead := clone("ahead")
	commit(ahead, "one")
	commit(ahead, "two")
	branches := clone("deep/er/branches")
	s.git(branches, "checkout", "-q", "-b", "wip/ünï$(id)")
	commit(branches, "one")
	s.git(branches, "branch", "same", "origin/main")
	s.git(branches, "checkout", "-q", "--detach", "origin/main")
	commit(branches, "on no branch")
	dirty := clone("dirty")
	s.write("dirty/a.txt", "stashed\n")
	s.git(dirty, "stash", "-q")
	s.write("dirty/a.txt", "changed\n")
	s.write("dirty/new.txt", "new\n")
	s.git(dirty, "tag", "not-a-branch")
	// Pushed, and then rewritten.
	rewritten := clone("rewritten")
	s.git(rewritten, "commit", "-q", "--amend", "-m", "other words")
	s.repository("local", "a.txt")
	s.repository("unborn")
	s.must(os.MkdirAll(s.path("broken/.git"), 0o755))
	s.write("worse/.git", "gitdir: /etc\n")
	s.repository("node_modules/x", "a.txt")
	s.link(s.path("local"), "link")

	work, err := s.Unpushed(t.Context(), bridge.Unpushed{})
	s.must(err)
	const want = `{"repositories":[` +
		`{"folder":"ahead","branches":[{"name":"main","upstream":"origin/main","commits":2}],"uncommitted":0,"stashes":0},` +
		`{"folder":"deep/er/branches","branches":[{"name":"","commits":1},{"name":"wip/ünï$(id)","commits":1}],"uncommitted":0,"stashes":0},` +
		`{"folder":"dirty","branches":[],"uncommitted":2,"stashes":1},` +
		`{"folder":"local","branches":[{"name":"main","commits":1}],"uncommitted":0,"stashes":0},` +
		`{"folder":"rewritten","branches":[{"name":"main","upstream":"origin/main","commits":1}],"uncommitted":0,"stashes":0},` +
		`{"folder":"worse","branches":[],"uncommitted":0,"stashes":0,"problem":"…"}` +
		`],"found":8,"truncated":false}`
	for i := range work.Repositories {
		if r := &work.Repositories[i]; r.Problem != "" {
			r.Problem = "…"
		}
	}
	got, err := json.Marshal(work)
	s.must(err)
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	work, err = s.Unpushed(t.Context(), bridge.Unpushed{Folder: "deep"})
	s.must(err)
	if len(work.Repositories) != 1 || work.Found != 1 {
		t.Errorf("below deep: %+v", work)
	}
	for folder, want := range map[string]string{"none": bridge.CodeNotFound, "ahead/a.txt": bridge.CodeNotDirectory, "../x": bridge.CodeOutsideWorkspace} {
		if _, err := s.Unpushed(t.Context(), bridge.Unpushed{Folder: folder}); code(t, err) != want {
			t.Errorf("%s: %v", folder, err)
		}
	}
}

func TestUnpushedPushedIsNothing(t *testing.T) {
	s := start(t)
	h := s.host(t)
	s.git(s.dir, "clone", "-q", h.repository("engine.git", "a.txt"), s.path("engine"))
	s.git(s.path("engine"), "commit", "-q", "--allow-empty", "-m", "x")
	s.git(s.path("engine"), "push", "-q")
	work, err := s.Unpushed(t.Context(), bridge.Unpushed{})
	if err != nil || work.Repositories == nil || len(work.Repositories) != 0 || work.Found != 1 || work.Truncated {
		t.Errorf("%+v, %v", work, err)
	}
}

func TestTheSearchForRepositoriesEnds(t *testing.T) {
	s := start(t)
	for i := range 60 {
		s.must(os.MkdirAll(filepath.Join(s.dir, fmt.Sprintf("r%02d/.git", i)), 0o755))
	}
	work, err := s.Unpushed(t.Context(), bridge.Unpushed{})
	if err != nil || !work.Truncated {
		t.Errorf("sixty folders that look like repositories: %+v, %v", work, err)
	}
	work, err = s.Unpushed(t.Context(), bridge.Unpushed{Folder: "r00"})
	if err != nil || work.Truncated {
		t.Errorf("one of them: %+v, %v", work, err)
	}
	s.must(os.MkdirAll(s.path("r01/1/2/3/4/5/6/7"), 0o755))
	if work, err = s.Unpushed(t.Context(), bridge.Unpushed{Folder: "r01"}); err != nil || !work.Truncated {
		t.Errorf("deep folders: %+v, %v", work, err)
	}
}
