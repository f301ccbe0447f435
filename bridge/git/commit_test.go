package git_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

func TestCommitTakesEverything(t *testing.T) {
	s := start(t)
	s.repository("repo", "a", "b", "gone")
	s.write("repo/a", "a\nmore\n")
	s.write("repo/new/-x", "x\n")
	s.remove("repo/gone")
	s.write("repo/.gitignore", "*.log\n")
	s.write("repo/x.log", "")
	message := "#12 äöü\n\n# not a comment\n"
	c, err := s.Commit(t.Context(), bridge.GitCommit{Message: message})
	s.must(err)
	if c.Branch != "main" || c.Files != 4 || c.Added != 3 || c.Removed != 1 || c.Hash != s.git(s.path("repo"), "rev-parse", "HEAD") {
		t.Errorf("got %+v", c)
	}
	if got := s.git(s.path("repo"), "log", "-1", "--format=%an <%ae>%n%B"); got != "Ada <ada@example.com>\n#12 äöü\n\n# not a comment\n" {
		t.Errorf("got %q", got)
	}
	_, err = s.Commit(t.Context(), bridge.GitCommit{Message: "again"})
	if code(t, err) != bridge.CodeNothingToCommit {
		t.Errorf("got %v", err)
	}
}

func TestCommitTakesOnlyThePathsNamed(t *testing.T) {
	s := start(t)
	s.repository("repo", "a", "b", "gone", "dir/x", "dir/y", "*")
	for _, f := range []string{"a", "b", "new", "dir/x", "dir/y", "dir/z", "*", ":(top)new"} {
		s.write("repo/"+f, "changed\n")
	}
	s.remove("repo/gone")
	s.git(s.path("repo"), "add", "b") // staged, and not asked for
	c, err := s.Commit(t.Context(), bridge.GitCommit{Repository: "repo", Message: "m", Paths: []string{"repo/a", "repo/gone", "repo/new", "repo/dir", "repo/*", "repo/:(top)new"}})
	s.must(err)
	if c.Files != 8 {
		t.Errorf("got %+v", c)
	}
	if got := summary(s.status("repo")); got != "M. repo/b" {
		t.Errorf("left: %s", got)
	}
	for _, test := range []struct {
		path, code string
	}{
		{"repo/none", bridge.CodeNothingToCommit}, {"repo/a", bridge.CodeNothingToCommit}, {"repo/../x", bridge.CodeOutsideWorkspace}, {"other", bridge.CodeNotRepository},
		{"", bridge.CodeInvalidPath},
	} {
		if _, err := s.Commit(t.Context(), bridge.GitCommit{Repository: "repo", Message: "m", Paths: []string{test.path}}); code(t, err) != test.code {
			t.Errorf("%s: %v, want %s", test.path, err, test.code)
		}
	}
}

func TestFirstCommitAndDetachedOne(t *testing.T) {
	s := start(t)
	s.repository(".")
	if _, err := s.Commit(t.Context(), bridge.GitCommit{Message: "m"}); code(t, err) != bridge.CodeNothingToCommit {
		t.Errorf("empty: %v", err)
	}
	s.write("a", "1\n2\n")
	if c, err := s.Commit(t.Context(), bridge.GitCommit{Message: "m"}); err != nil || c.Files != 1 || c.Added != 2 || c.Branch != "main" {
		t.Errorf("first: %+v, %v", c, err)
	}
	s.git(s.dir, "checkout", "-q", "--detach")
	s.write("a", "3\n")
	if c, err := s.Commit(t.Context(), bridge.GitCommit{Message: "m"}); err != nil || c.Removed != 2 || c.Branch != "" {
		t.Errorf("detached: %+v, %v", c, err)
	}
}

func TestBadCommitsAreRefused(t *testing.T) {
	s := start(t)
	s.repository(".", "a")
	s.write("a", "2")
	for _, test := range []struct {
		req  bridge.GitCommit
		code string
	}{
		{bridge.GitCommit{Message: " \n"}, bridge.CodeBadRequest},
		{bridge.GitCommit{Message: strings.Repeat("m", 9000)}, bridge.CodeBadRequest},
		{bridge.GitCommit{Message: "a\x00b"}, bridge.CodeBadRequest},
		{bridge.GitCommit{Message: "m", Paths: make([]string, 1001)}, bridge.CodeBadRequest},
		{bridge.GitCommit{Message: "m", Repository: "/"}, bridge.CodeOutsideWorkspace},
	} {
		if _, err := s.Commit(t.Context(), test.req); code(t, err) != test.code {
			t.Errorf("%.50q: %v, want %s", test.req.Message, err, test.code)
		}
	}
	s.git(s.dir, "config", "--global", "--unset", "user.email")
	_, err := s.Commit(t.Context(), bridge.GitCommit{Message: "m"})
	if code(t, err) != bridge.CodeGitFailed || !strings.Contains(err.Error(), "git config --global user.email") {
		t.Errorf("without an address: %v", err)
	}
	if got := summary(s.status("")); got != ".M a" {
		t.Errorf("the refused commit staged: %s", got)
	}
	t.Setenv("GIT_AUTHOR_EMAIL", "e@x")
	t.Setenv("GIT_COMMITTER_EMAIL", "e@x")
	if _, err := s.Commit(t.Context(), bridge.GitCommit{Message: "m"}); err != nil {
		t.Errorf("with an address in the environment: %v", err)
	}
}

func (s *stand) hook(name, script string) {
	s.t.Helper()
	s.must(os.MkdirAll(s.path(".git/hooks"), 0o755))
	s.must(os.WriteFile(s.path(".git/hooks/"+name), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
}

func TestHooksRunAndMayRefuse(t *testing.T) {
	s := start(t)
	s.repository(".", "a")
	s.write("a", "2")
	s.hook("pre-commit", `echo "lint: $(pwd)/a is bad"; yes | head -c 100000 >&2; test -z "$KALPANA_SECRET" || echo leaked; exit 3`)
	t.Setenv("KALPANA_SECRET", "x")
	_, err := s.Commit(t.Context(), bridge.GitCommit{Message: "m"})
	if code(t, err) != bridge.CodeGitFailed || !strings.Contains(err.Error(), "lint: a is bad\ny\n") || strings.Contains(err.Error(), "leaked") {
		t.Errorf("got %v", err)
	}
	// What a hook leaves running holds up nobody, and what it prints is not in the way.
	s.hook("pre-commit", `yes | head -c 1000000; sleep 1000 & echo $! >.git/pid`)
	began := time.Now()
	if _, err := s.Commit(t.Context(), bridge.GitCommit{Message: "m"}); err != nil {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 60*time.Second {
		t.Errorf("took %s", took)
	}
	pid := strings.TrimSpace(s.read(".git/pid"))
	if err := tryKill(pid); err != nil {
		t.Errorf("what the hook left running is gone: %v", err)
	}
}

func TestACancelledCommitLeavesNoLockAndNoHook(t *testing.T) {
	s := start(t)
	s.repository(".", "a")
	s.write("a", "2")
	s.hook("pre-commit", `echo $$ >.git/pid.new; mv .git/pid.new .git/pid; exec sleep 1000`)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := s.Commit(ctx, bridge.GitCommit{Message: "m"})
		ended <- err
	}()
	eventually(t, "the hook runs", func() bool { _, err := os.Stat(s.path(".git/pid")); return err == nil })
	cancel()
	select {
	case err := <-ended:
		if err != context.Canceled {
			t.Errorf("got %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the commit goes on")
	}
	pid := strings.TrimSpace(s.read(".git/pid"))
	eventually(t, "the hook is gone", func() bool { return tryKill(pid) != nil })
	if _, err := os.Lstat(s.path(".git/index.lock")); err == nil {
		t.Error("the index is locked")
	}
	s.hook("pre-commit", "exit 0")
	if _, err := s.Commit(t.Context(), bridge.GitCommit{Message: "m"}); err != nil {
		t.Error(err)
	}
}
