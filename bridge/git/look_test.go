package git_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kalpana-dev/kalpana/bridge"
)

func (s *stand) status(path string) bridge.GitState {
	s.t.Helper()
	state, err := s.Status(s.t.Context(), bridge.GitStatus{Path: path})
	s.must(err)
	return state
}

func summary(state bridge.GitState) string {
	var list []string
	for _, f := range state.Files {
		list = append(list, f.Index+f.Worktree+" "+f.Path+strings.TrimPrefix(" <"+f.OldPath, " <"))
	}
	return strings.Join(list, "|")
}

func TestStatusTellsBranchAndFiles(t *testing.T) {
	s := start(t)
	s.repository("repo", "a", "b", "dir/c", "d", "e")
	s.write("repo/a", "changed\n")
	s.remove("repo/b")
	s.git(s.path("repo"), "mv", "d", "dir/moved")
	s.git(s.path("repo"), "add", "a")
	s.write("repo/a", "again\n")
	s.write("repo/new/ü \n\"x", "")
	s.write("repo/.gitignore", "*.log\n")
	s.write("repo/x.log", "")
	s.must(os.Chmod(s.path("repo/e"), 0o755))
	state := s.status("repo/dir")
	want := "?? repo/.gitignore|MM repo/a|.D repo/b|R. repo/dir/movedrepo/d|.M repo/e|?? repo/new/ü \n\"x"
	if got := summary(state); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if state.Root != "repo" || state.Branch != "main" || len(state.Commit) != 40 || state.Upstream != "" || state.Truncated {
		t.Errorf("got %+v", state)
	}
}

func TestStatusOfEveryKindOfBranch(t *testing.T) {
	s := start(t)
	s.repository(".")
	if got := s.status(""); got.Branch != "main" || got.Commit != "" || got.Root != "." || got.Files == nil {
		t.Errorf("before the first commit: %+v", got)
	}
	s.write("a", "1")
	s.git(s.dir, "add", ".")
	s.git(s.dir, "commit", "-qm", "1")
	s.git(s.dir, "branch", "other")
	s.git(s.dir, "branch", "--set-upstream-to=other", "-q")
	s.git(s.dir, "commit", "-qm", "2", "--allow-empty")
	s.git(s.dir, "commit", "-qm", "3", "--allow-empty")
	if got := s.status("."); got.Upstream != "other" || got.Ahead != 2 || got.Behind != 0 {
		t.Errorf("ahead: %+v", got)
	}
	s.git(s.dir, "checkout", "-q", "--detach")
	if got := s.status(""); got.Branch != "" || got.Commit == "" {
		t.Errorf("detached: %+v", got)
	}
	// A conflict.
	s.git(s.dir, "checkout", "-q", "other")
	s.write("a", "2")
	s.git(s.dir, "commit", "-qam", "x")
	s.git(s.dir, "checkout", "-q", "main")
	s.write("a", "3")
	s.git(s.dir, "commit", "-qam", "y")
	if err := s.tryGit("merge", "other"); err == nil {
		t.Fatal("no conflict")
	}
	if got := summary(s.status("")); got != "UU a" {
		t.Errorf("conflict: %s", got)
	}
	_, err := s.Commit(t.Context(), bridge.GitCommit{Message: "markers and all"})
	if code(t, err) != bridge.CodeGitFailed || !strings.Contains(err.Error(), "conflict") {
		t.Errorf("commit with a conflict: %v", err)
	}
	s.write("a", "4")
	s.git(s.dir, "add", "a")
	if c, err := s.Commit(t.Context(), bridge.GitCommit{Message: "merged"}); err != nil || c.Files != 1 {
		t.Errorf("commit of a merge: %+v, %v", c, err)
	}
}

func (s *stand) tryGit(args ...string) error {
	cmd := exec.Command("git", args...)
	cmd.Dir = s.dir
	return cmd.Run()
}

func TestStatusIsCutOff(t *testing.T) {
	s := start(t)
	s.repository(".")
	for i := range bridge.MaxListEntries + 1 {
		s.write(fmt.Sprintf("d/%05d", i), "")
	}
	got := s.status("")
	if len(got.Files) != bridge.MaxListEntries || !got.Truncated {
		t.Errorf("%d files, truncated %t", len(got.Files), got.Truncated)
	}
}

func TestRepositoriesAreFound(t *testing.T) {
	s := start(t)
	refused := func(path, want, says string) {
		t.Helper()
		_, err := s.Status(t.Context(), bridge.GitStatus{Path: path})
		if got := code(t, err); got != want || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), s.dir) {
			t.Errorf("%q: %v, want %s with %q", path, err, want, says)
		}
	}
	refused("", bridge.CodeNotRepository, "git init") // the one above the workspace is not found
	s.write("plain/f", "")
	refused("plain", bridge.CodeNotRepository, "git init")
	s.repository("one", "a")
	s.link("one", "alias")
	if got := s.status(""); got.Root != "one" {
		t.Errorf("the only one: %+v", got)
	}
	if got := s.status(s.path("one/none/deep")); got.Root != "one" {
		t.Errorf("a path that is not there: %+v", got)
	}
	if got := s.status("alias/a"); got.Root != "one" {
		t.Errorf("through a link: %+v", got)
	}
	refused("plain/f", bridge.CodeNotRepository, "")
	s.repository("two", "b")
	refused("", bridge.CodeNotRepository, "one, two")
	s.repository("one/nested", "c")
	if got := s.status("one/nested"); got.Root != "one/nested" {
		t.Errorf("nested: %+v", got)
	}
	s.git(s.dir, "init", "-q", "--bare", "bare.git")
	refused("bare.git", bridge.CodeNotRepository, "")
	refused("one/.git", bridge.CodeNotRepository, "")
	refused("../x", bridge.CodeOutsideWorkspace, "")
	refused("/etc", bridge.CodeOutsideWorkspace, "")
	s.link("/etc", "out")
	refused("out/x", bridge.CodeOutsideWorkspace, "")
	s.git(s.path("one"), "worktree", "add", "-q", s.path("tree"))
	if got := s.status("tree"); got.Root != "tree" || got.Branch != "tree" {
		t.Errorf("worktree: %+v", got)
	}
	s.write("two/.git/config", "[broken")
	refused("two", bridge.CodeGitFailed, "bad config")
	s.repository("line\nend", "a")
	refused("line\nend", bridge.CodeGitFailed, "rename")
}

func TestRepositoriesWithPartsOutsideAreRefused(t *testing.T) {
	s := start(t)
	outside := t.TempDir()
	s.git(outside, "init", "-q")
	s.write("file/.git", "gitdir: "+outside+"/.git\n")
	s.must(os.Mkdir(s.path("link"), 0o755))
	s.link(outside+"/.git", "link/.git")
	s.repository("config", "a")
	s.git(s.path("config"), "config", "core.worktree", outside)
	for _, p := range []string{"file", "link", "config"} {
		_, err := s.Status(t.Context(), bridge.GitStatus{Path: p})
		if code(t, err) != bridge.CodeOutsideWorkspace {
			t.Errorf("%s: %v", p, err)
		}
	}
}

func TestDiffsSayWhatDiffers(t *testing.T) {
	s := start(t)
	s.repository("repo", "a", "b", "dir/c", ":(glob)x", "bin")
	s.write("repo/a", "a\nmore\n")
	s.write("repo/dir/c", "other\n")
	s.write("repo/:(glob)x", "y\n")
	s.git(s.path("repo"), "add", "dir")
	s.git(s.path("repo"), "commit", "-qm", "second")
	s.remove("repo/b")
	s.write("repo/bin", "\x00\x01")
	s.git(s.path("repo"), "add", "b")
	for _, test := range []struct {
		req                   bridge.GitDiff
		files, added, removed int
		has, hasNot           string
	}{
		{bridge.GitDiff{}, 3, 2, 1, "+more\n", "deleted file"},
		{bridge.GitDiff{Path: "repo"}, 3, 2, 1, "Binary files a/bin and b/bin differ\n", ""},
		{bridge.GitDiff{Path: "repo/a"}, 1, 1, 0, "--- a/a\n+++ b/a\n@@ -1 +1,2 @@\n a\n+more\n", ":(glob)"},
		{bridge.GitDiff{Path: "repo/:(glob)x"}, 1, 1, 1, "+y\n", "more"},
		{bridge.GitDiff{Path: "repo/dir"}, 0, 0, 0, "", "diff"},
		{bridge.GitDiff{Path: "repo/b", Staged: true}, 1, 0, 1, "deleted file", ""},
		{bridge.GitDiff{Staged: true}, 1, 0, 1, "-b\n", "more"},
		{bridge.GitDiff{Path: "repo/dir/c", Base: "HEAD~1"}, 1, 1, 1, "-dir/c\n+other\n", ""},
		{bridge.GitDiff{Base: "main"}, 4, 2, 2, "-b\n", ""},
	} {
		d, err := s.Diff(t.Context(), test.req)
		if err != nil || d.Files != test.files || d.Added != test.added || d.Removed != test.removed || d.Truncated ||
			!strings.Contains(d.Diff, test.has) || test.hasNot != "" && strings.Contains(d.Diff, test.hasNot) {
			t.Errorf("%+v: %+v, %v", test.req, d, err)
		}
	}
	for _, test := range []struct {
		req  bridge.GitDiff
		code string
	}{
		{bridge.GitDiff{Base: "none"}, bridge.CodeNotFound},
		{bridge.GitDiff{Base: "--output=x"}, bridge.CodeBadRequest},
		{bridge.GitDiff{Base: strings.Repeat("x", 1000)}, bridge.CodeBadRequest},
		{bridge.GitDiff{Base: "main", Staged: true}, bridge.CodeBadRequest},
		{bridge.GitDiff{Base: "HEAD:a"}, bridge.CodeNotFound},
		{bridge.GitDiff{Path: "repo/../.."}, bridge.CodeOutsideWorkspace},
	} {
		if _, err := s.Diff(t.Context(), test.req); code(t, err) != test.code {
			t.Errorf("%+v: %v, want %s", test.req, err, test.code)
		}
	}
}

func TestDiffsNameTheChangedFiles(t *testing.T) {
	s := start(t)
	s.repository("repo", "a", "dir/old", "gone", "bin", "mode", "tab\tand\nline", ":colon", "type")
	s.write("repo/dir/old", strings.Repeat("a line of some length\n", 20))
	s.git(s.path("repo"), "add", ".")
	s.git(s.path("repo"), "commit", "-qm", "second")
	s.write("repo/a", "a\nmore\n")
	s.git(s.path("repo"), "mv", "dir/old", "dir/new")
	s.write("repo/dir/new", strings.Repeat("a line of some length\n", 20)+"and one\n")
	s.remove("repo/gone")
	s.write("repo/bin", "\x00\x01")
	s.must(os.Chmod(s.path("repo/mode"), 0o755))
	s.write("repo/tab\tand\nline", "1\n2\n")
	s.write("repo/:colon", "")
	s.write("repo/new é", "1\n")
	s.remove("repo/type")
	s.must(os.Symlink("a", s.path("repo/type")))
	s.git(s.path("repo"), "add", ".")
	want := []bridge.FileChange{
		{Path: "repo/:colon", Status: bridge.ChangeModified, Removed: 1},
		{Path: "repo/a", Status: bridge.ChangeModified, Added: 1},
		{Path: "repo/bin", Status: bridge.ChangeModified},
		{Path: "repo/dir/new", OldPath: "repo/dir/old", Status: bridge.ChangeRenamed, Added: 1},
		{Path: "repo/gone", Status: bridge.ChangeDeleted, Removed: 1},
		{Path: "repo/mode", Status: bridge.ChangeModified},
		{Path: "repo/new é", Status: bridge.ChangeAdded, Added: 1},
		{Path: "repo/tab\tand\nline", Status: bridge.ChangeModified, Added: 2, Removed: 2},
		{Path: "repo/type", Status: bridge.ChangeModified, Added: 1, Removed: 1},
	}
	d, err := s.Diff(t.Context(), bridge.GitDiff{Staged: true})
	if diff := cmp.Diff(want, d.Changes); diff != "" || err != nil || d.Files != len(want) {
		t.Errorf("%d files, %v\n%s", d.Files, err, diff)
	}
	d, err = s.Diff(t.Context(), bridge.GitDiff{Path: "repo/dir"})
	if err != nil || d.Changes == nil || len(d.Changes) != 0 {
		t.Errorf("nothing differs: %+v, %v", d, err)
	}
}

func TestAConflictIsOneChange(t *testing.T) {
	s := start(t)
	s.repository(".", "a")
	s.git(s.dir, "checkout", "-qb", "side")
	s.write("a", "side\n")
	s.git(s.dir, "commit", "-qam", "side")
	s.git(s.dir, "checkout", "-q", "main")
	s.write("a", "main\n")
	s.git(s.dir, "commit", "-qam", "main")
	s.git(s.dir, "config", "alias.clash", "!git merge -q side || true")
	s.git(s.dir, "clash")
	d, err := s.Diff(t.Context(), bridge.GitDiff{})
	want := []bridge.FileChange{{Path: "a", Status: bridge.ChangeModified, Added: 4}} // <<<<<<<, =======, side, >>>>>>>
	if diff := cmp.Diff(want, d.Changes); diff != "" || err != nil || d.Files != 1 {
		t.Errorf("%d files, %v\n%s", d.Files, err, diff)
	}
}

func TestOfManyChangesTheFirstAreNamed(t *testing.T) {
	s := start(t)
	s.repository(".")
	for i := range 1100 {
		s.write(fmt.Sprintf("f%04d", i), "1\n")
	}
	s.git(s.dir, "add", ".")
	d, err := s.Diff(t.Context(), bridge.GitDiff{Staged: true})
	if err != nil || d.Files != 1100 || len(d.Changes) != 1000 || d.Changes[999].Path != "f0999" || d.Changes[999].Status != bridge.ChangeAdded {
		t.Errorf("%d files, %d named, %v", d.Files, len(d.Changes), err)
	}
}

func TestLongDiffsAreCutAtALineButCountedWhole(t *testing.T) {
	s := start(t)
	s.repository(".", "a", "ctl")
	s.write("a", strings.Repeat("é line\xff\n", 200_000))
	d, err := s.Diff(t.Context(), bridge.GitDiff{Path: "a"})
	if err != nil || !d.Truncated || len(d.Diff) > bridge.MaxInlineBytes || len(d.Diff) < bridge.MaxInlineBytes/2 || !strings.HasSuffix(d.Diff, "\n") || d.Added != 200_000 {
		t.Errorf("%d bytes, truncated %t, %d added, %v", len(d.Diff), d.Truncated, d.Added, err)
	}
	// One that takes six times its length in JSON.
	s.write("ctl", strings.Repeat(strings.Repeat("\x01", 99)+"\n", 10_000))
	d, err = s.Diff(t.Context(), bridge.GitDiff{Path: "ctl"})
	if err != nil || !d.Truncated || len(d.Diff) > 600<<10 || len(d.Diff) < 300<<10 || d.Added != 10_000 {
		t.Errorf("%d bytes, truncated %t, %d added, %v", len(d.Diff), d.Truncated, d.Added, err)
	}
}

func TestLogIsNewestFirst(t *testing.T) {
	s := start(t)
	s.repository(".")
	empty, err := s.Log(t.Context(), bridge.GitLog{})
	if err != nil || empty.Commits == nil || len(empty.Commits) != 0 {
		t.Errorf("before the first commit: %+v, %v", empty, err)
	}
	for i := range 25 {
		s.write(fmt.Sprintf("f%d", i%2), fmt.Sprint(i))
		s.git(s.dir, "add", ".")
		s.git(s.dir, "commit", "-qm", fmt.Sprintf("subject %d\n\nbody %d\nmore", i, i), "--author=Bé <b@x>", "--date=2026-01-02T03:04:05+0200")
	}
	log, err := s.Log(t.Context(), bridge.GitLog{})
	s.must(err)
	if len(log.Commits) != 20 {
		t.Fatalf("%d commits", len(log.Commits))
	}
	c := log.Commits[0]
	if c.Subject != "subject 24" || c.Body != "body 24\nmore" || c.Author != "Bé" || c.Email != "b@x" ||
		c.Time.String() != "2026-01-02 01:04:05 +0000 UTC" || !reflect.DeepEqual(c.Parents, []string{log.Commits[1].Hash}) {
		t.Errorf("got %+v", c)
	}
	for _, test := range []struct {
		req   bridge.GitLog
		count int
		code  string
	}{
		{bridge.GitLog{Limit: 500}, 25, ""},
		{bridge.GitLog{Limit: 3}, 3, ""},
		{bridge.GitLog{Path: "f1", Limit: 500}, 12, ""},
		{bridge.GitLog{Path: "none"}, 0, ""},
		{bridge.GitLog{Ref: "HEAD~23"}, 2, ""},
		{bridge.GitLog{Ref: log.Commits[5].Hash, Limit: 500}, 20, ""},
		{bridge.GitLog{Ref: "none"}, 0, bridge.CodeNotFound},
		{bridge.GitLog{Ref: "--all"}, 0, bridge.CodeBadRequest},
		{bridge.GitLog{Limit: 501}, 0, bridge.CodeBadRequest},
		{bridge.GitLog{Limit: -1}, 0, bridge.CodeBadRequest},
	} {
		log, err := s.Log(t.Context(), test.req)
		if len(log.Commits) != test.count || code(t, err) != test.code {
			t.Errorf("%+v: %d commits, %v", test.req, len(log.Commits), err)
		}
	}
	// What commits say may be anything.
	s.write("message", strings.Repeat("s\x01", 5000)+"\n\n"+strings.Repeat("\x02\xff", 50_000))
	s.git(s.dir, "commit", "-qF", "message", "--allow-empty", "--cleanup=verbatim", "--author="+strings.Repeat("n", 5000)+" <x>")
	log, err = s.Log(t.Context(), bridge.GitLog{Limit: 1})
	s.must(err)
	if c := log.Commits[0]; len(c.Subject) > 300 || len(c.Body) > 4096 || len(c.Body) < 500 || len(c.Author) != 100 {
		t.Errorf("%d %d %d", len(c.Subject), len(c.Body), len(c.Author))
	}
}

func TestACancelledLookIsNoFault(t *testing.T) {
	s := start(t)
	s.repository(".", "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Status(ctx, bridge.GitStatus{}); !errors.Is(err, ctx.Err()) {
		t.Errorf("got %v", err)
	}
	if _, err := s.CreateCheckpoint(ctx, bridge.CreateCheckpoint{}); !errors.Is(err, ctx.Err()) {
		t.Errorf("got %v", err)
	}
}
