package git_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kalpana-dev/kalpana/bridge"
)

func (s *stand) checkpoint(message string) bridge.Checkpoint {
	s.t.Helper()
	c, err := s.CreateCheckpoint(s.t.Context(), bridge.CreateCheckpoint{Message: message})
	s.must(err)
	return c
}

func (s *stand) restore(id string, paths ...string) bridge.Restored {
	s.t.Helper()
	r, err := s.RestoreCheckpoint(s.t.Context(), bridge.RestoreCheckpoint{ID: id, Paths: paths})
	s.must(err)
	return r
}

func (s *stand) since(req bridge.DiffCheckpoint) bridge.Diff {
	s.t.Helper()
	d, err := s.DiffCheckpoint(s.t.Context(), req)
	s.must(err)
	return d
}

// plenty fills the workspace with everything that files can be like.
func (s *stand) plenty() {
	s.repository("repo", "a", "dir/b")
	s.git(s.path("repo"), "config", "core.autocrlf", "true")
	s.write("repo/.gitignore", "*.log\n/out/\n")
	s.write("repo/.gitattributes", "* text=auto eol=crlf ident filter=lfs\n")
	s.write("repo/dir/crlf", "a\r\nb\n$Id$\r\n")
	s.write("repo/x.log", "ignored\n")
	s.write("repo/out/x", "ignored\n")
	s.repository("repo/nested", "deep/c")
	s.repository("repo/nested/again") // without a commit
	s.write("repo/nested/again/d", "d\n")
	s.write("repo/nested/x.log", "not ignored here: the repository has its own rules\n")
	s.git(s.path("repo"), "worktree", "add", "-q", s.path("tree"))
	s.write("top", "in no repository\n")
	s.write("empty", "")
	s.write("bin", "\x00\xff\r\n\x00")
	for _, name := range []string{"new\nline", "ü/ö", "-dash", "\"quote\\", "tab\t", "b\xffd", " sp ace ", "git~1/x", "a.b", "a/b", "a-b", ":(glob)*", "HEAD", "#x", "con."} {
		s.write("odd/"+name, name)
	}
	s.write("run", "#!/bin/sh\n")
	s.must(os.Chmod(s.path("run"), 0o755))
	s.write("private", "x")
	s.must(os.Chmod(s.path("private"), 0o600))
	s.link("/etc/passwd", "outside")
	s.link("repo", "inside")
	s.link("none", "dead")
	s.link("loop", "loop")
	s.must(os.Mkdir(s.path("nothing"), 0o755))
	s.write("fake/.git/x", "a .git folder that is no repository\n")
	s.write("fake/y", "y\n")
}

func TestRestoreBringsBackEveryByte(t *testing.T) {
	s := start(t)
	s.plenty()
	before := s.tree(s.dir)
	c := s.checkpoint("all")
	if d := differences(before, s.tree(s.dir)); d != "" {
		t.Fatalf("a checkpoint changed: %s", d)
	}
	// What checkpoints do not hold stays as it is; everything else goes.
	held := func(p string) bool {
		return !strings.Contains("/"+p+"/", "/.git/") && !strings.HasSuffix(p, "repo/x.log") && !strings.Contains(p, "repo/out") && p != "tree/.git"
	}
	for _, p := range slices.Sorted(maps.Keys(before)) {
		if info, err := os.Lstat(s.path(p)); err == nil && held(p) && !info.IsDir() && p != "private" { // git does not know its rights
			s.must(os.Remove(s.path(p)))
		}
	}
	s.write("private", "y")
	s.write("made/since/x", "x")
	s.write("repo/dir/crlf/now/a/folder", "x")
	s.must(os.RemoveAll(s.path("repo/nested/deep")))
	s.link("/etc", "repo/nested/deep")
	s.remove("odd")
	s.write("odd", "now a file")
	r := s.restore(c.ID)
	after := s.tree(s.dir)
	if got := differences(before, after); got != "" {
		t.Errorf("differs: %s", got)
	}
	if r.Changed == 0 || r.Before.ID == "" || r.Before.ID == c.ID {
		t.Errorf("got %+v", r)
	}
	// And back again.
	s.restore(r.Before.ID)
	if _, err := os.Lstat(s.path("made/since/x")); err != nil || s.read("odd") != "now a file" {
		t.Errorf("undoing it did not bring back: %v", err)
	}
	s.restore(c.ID)
	if got := differences(before, s.tree(s.dir)); got != "" {
		t.Errorf("differs the second time: %s", got)
	}
}

func TestTheUsersRepositoriesAreNotTouched(t *testing.T) {
	s := start(t)
	s.repository(".", "a", "b")
	s.repository("nested", "c")
	s.write("a", "staged\n")
	s.git(s.dir, "add", "a")
	s.write("a", "not staged\n")
	later := time.Now().Add(time.Hour)
	s.must(os.Chtimes(s.path("b"), later, later))
	repositories := func() map[string]string {
		all := map[string]string{}
		for _, dir := range []string{".git", "nested/.git"} {
			for p, v := range s.tree(s.path(dir)) {
				info, err := os.Lstat(s.path(filepath.Join(dir, p)))
				s.must(err)
				all[dir+"/"+p] = v + info.ModTime().String()
			}
		}
		return all
	}
	before := repositories()
	c := s.checkpoint("1")
	s.write("a", "again\n")
	s.remove("nested/c")
	s.checkpoint("2")
	s.since(bridge.DiffCheckpoint{ID: c.ID})
	s.restore(c.ID)
	if d := differences(before, repositories()); d != "" {
		t.Errorf("touched: %s", d)
	}
	if s.read("a") != "not staged\n" || s.read("nested/c") != "c\n" {
		t.Error("not restored")
	}
}

func TestCheckpointsAreListedNewestFirst(t *testing.T) {
	s := start(t)
	list, err := s.ListCheckpoints(t.Context())
	if err != nil || list.Checkpoints == nil || len(list.Checkpoints) != 0 {
		t.Errorf("none: %+v, %v", list, err)
	}
	empty := s.checkpoint("empty workspace")
	s.write("a", "1")
	first := s.checkpoint(" first\nline ü \x00")
	again := s.checkpoint("again")
	if !again.Unchanged || again.ID != first.ID || again.Message != "first\nline ü" {
		t.Errorf("unchanged: %+v", again)
	}
	s.write("a", "2")
	second := s.checkpoint(strings.Repeat("m", 5000))
	s.write("a", "1") // as in the first, but not as in the one before
	third := s.checkpoint("")
	list, err = s.ListCheckpoints(t.Context())
	s.must(err)
	var ids []string
	for _, c := range list.Checkpoints {
		ids = append(ids, c.ID)
		if age := time.Since(c.CreatedAt); age < -time.Minute || age > time.Hour || c.Unchanged {
			t.Errorf("got %+v", c)
		}
	}
	if want := []string{third.ID, second.ID, first.ID, empty.ID}; !slices.Equal(ids, want) {
		t.Errorf("got %q, want %q", ids, want)
	}
	if m := list.Checkpoints[2].Message; m != "first\nline ü" || len(list.Checkpoints[1].Message) != 500 || list.Checkpoints[0].Message != "" {
		t.Errorf("messages: %+v", list.Checkpoints)
	}
	s.restore(empty.ID)
	if d := s.tree(s.dir); len(d) != 1 {
		t.Errorf("left: %q", d)
	}
}

func TestUnknownCheckpointsAreRefused(t *testing.T) {
	s := start(t)
	s.write("a", "1")
	c := s.checkpoint("")
	hash := s.git(filepath.Join(s.state, "checkpoints.git"), "rev-parse", "refs/checkpoints/"+c.ID)
	for _, id := range []string{"", "1", "0000000000001", "current", "../kalpana/current", "--help", c.ID + "^", c.ID + " ", "+" + c.ID[1:], hash, "HEAD", "\x00", strings.Repeat("9", 100_000)} {
		_, err := s.RestoreCheckpoint(t.Context(), bridge.RestoreCheckpoint{ID: id})
		if code(t, err) != bridge.CodeNoCheckpoint {
			t.Errorf("restore %.50q: %v", id, err)
		}
		if _, err = s.DiffCheckpoint(t.Context(), bridge.DiffCheckpoint{ID: id}); code(t, err) != bridge.CodeNoCheckpoint {
			t.Errorf("diff %.50q: %v", id, err)
		}
		if _, err = s.DiffCheckpoint(t.Context(), bridge.DiffCheckpoint{ID: c.ID, To: id}); id != "" && code(t, err) != bridge.CodeNoCheckpoint {
			t.Errorf("diff to %.50q: %v", id, err)
		}
	}
	for _, p := range []string{"../x", "/etc", ""} {
		if _, err := s.RestoreCheckpoint(t.Context(), bridge.RestoreCheckpoint{ID: c.ID, Paths: []string{p}}); code(t, err) == "" {
			t.Errorf("path %q was taken", p)
		}
	}
	if _, err := s.DiffCheckpoint(t.Context(), bridge.DiffCheckpoint{ID: c.ID, Path: "../x"}); code(t, err) != bridge.CodeOutsideWorkspace {
		t.Errorf("got %v", err)
	}
}

func TestDiffsOfCheckpoints(t *testing.T) {
	s := start(t)
	s.repository("repo", "a", "gone")
	s.write("repo/ignored", "1\n")
	first := s.checkpoint("")
	s.write("repo/a", "a\nmore\n")
	s.write("repo/b", "b\n")
	s.remove("repo/gone")
	second := s.checkpoint("")
	s.write("c", "c\n")
	for _, test := range []struct {
		req                   bridge.DiffCheckpoint
		files, added, removed int
		has                   string
	}{
		{bridge.DiffCheckpoint{ID: first.ID, To: second.ID}, 3, 2, 1, "--- a/repo/a\n+++ b/repo/a\n@@ -1 +1,2 @@\n a\n+more\n"},
		{bridge.DiffCheckpoint{ID: first.ID}, 4, 3, 1, "+++ b/c\n"},
		{bridge.DiffCheckpoint{ID: second.ID}, 1, 1, 0, "+c\n"},
		{bridge.DiffCheckpoint{ID: first.ID, Path: "repo/a"}, 1, 1, 0, "+more\n"},
		{bridge.DiffCheckpoint{ID: first.ID, Path: s.path("repo")}, 3, 2, 1, "deleted file"},
		{bridge.DiffCheckpoint{ID: first.ID, Path: "none"}, 0, 0, 0, ""},
		{bridge.DiffCheckpoint{ID: first.ID, To: first.ID}, 0, 0, 0, ""},
	} {
		if d := s.since(test.req); d.Files != test.files || d.Added != test.added || d.Removed != test.removed || !strings.Contains(d.Diff, test.has) || d.Truncated {
			t.Errorf("%+v: %+v", test.req, d)
		}
	}
	want := []bridge.FileChange{
		{Path: "c", Status: bridge.ChangeAdded, Added: 1},
		{Path: "repo/a", Status: bridge.ChangeModified, Added: 1},
		{Path: "repo/b", Status: bridge.ChangeAdded, Added: 1},
		{Path: "repo/gone", Status: bridge.ChangeDeleted, Removed: 1},
	}
	if diff := cmp.Diff(want, s.since(bridge.DiffCheckpoint{ID: first.ID}).Changes); diff != "" {
		t.Error(diff)
	}
	if d := s.since(bridge.DiffCheckpoint{ID: first.ID, To: first.ID}); d.Changes == nil || len(d.Changes) != 0 {
		t.Errorf("got %+v", d.Changes)
	}
	// A file that is ignored by now was not deleted.
	s.write("repo/.gitignore", "ignored\n")
	if d := s.since(bridge.DiffCheckpoint{ID: second.ID, Path: "repo"}); d.Files != 1 || strings.Contains(d.Diff, "deleted") {
		t.Errorf("got %+v", d)
	}
	// Looking makes no checkpoint.
	if list, _ := s.ListCheckpoints(t.Context()); len(list.Checkpoints) != 2 {
		t.Errorf("%d checkpoints", len(list.Checkpoints))
	}
}

func TestRestoreOfSomePaths(t *testing.T) {
	s := start(t)
	for _, p := range []string{"a", "dir/b", "dir/c", "dirx"} {
		s.write(p, "old")
	}
	c := s.checkpoint("")
	for _, p := range []string{"a", "dir/b", "dir/new", "dirx"} {
		s.write(p, "new")
	}
	s.remove("dir/c")
	if r := s.restore(c.ID, "dir/c"); r.Changed != 1 || s.read("dir/c") != "old" || s.read("dir/b") != "new" {
		t.Errorf("one file: %+v", r)
	}
	if r := s.restore(c.ID, "dir"); r.Changed != 2 || s.read("dir/b") != "old" || s.read("a") != "new" || s.read("dirx") != "new" {
		t.Errorf("one folder: %+v", r)
	}
	if _, err := os.Lstat(s.path("dir/new")); err == nil {
		t.Error("a file made since is still there")
	}
	if r := s.restore(c.ID, "none"); r.Changed != 0 {
		t.Errorf("no file: %+v", r)
	}
	if r := s.restore(c.ID, "a", "dirx"); r.Changed != 2 || s.read("a") != "old" {
		t.Errorf("two files: %+v", r)
	}
}

func TestFilesThatGotIgnoredAreRestoredAndCanBeBroughtBack(t *testing.T) {
	s := start(t)
	s.write("dist/x", "first")
	s.write("keep", "1")
	c := s.checkpoint("")
	s.write(".gitignore", "dist\n")
	s.write("dist/x", "second")
	s.write("dist/y", "stays")
	r := s.restore(c.ID)
	if s.read("dist/x") != "first" || s.read("dist/y") != "stays" {
		t.Error("not restored, or more than that")
	}
	if _, err := os.Lstat(s.path(".gitignore")); err == nil {
		t.Error(".gitignore is still there")
	}
	s.restore(r.Before.ID)
	if s.read("dist/x") != "second" || s.read("dist/y") != "stays" || s.read(".gitignore") != "dist\n" {
		t.Error("not brought back")
	}
}

func TestRightsOfFiles(t *testing.T) {
	s := start(t)
	s.write("secret", "1")
	s.must(os.Chmod(s.path("secret"), 0o600))
	s.write("tool", "1")
	c := s.checkpoint("")
	s.must(os.Chmod(s.path("tool"), 0o755))
	s.write("secret", "2")
	if d := s.since(bridge.DiffCheckpoint{ID: c.ID}); d.Files != 2 {
		t.Errorf("got %+v", d)
	}
	s.restore(c.ID)
	for name, want := range map[string]os.FileMode{"secret": 0o600, "tool": 0o644} {
		if info, err := os.Lstat(s.path(name)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}
