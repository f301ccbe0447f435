package git_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/git"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stand is a workspace, below a folder with a repository that must never be found.
type stand struct {
	t                *testing.T
	dir, state, home string
	root             *os.Root
	*git.Git
}

func start(t *testing.T) *stand {
	t.Helper()
	top := t.TempDir()
	s := &stand{t: t, dir: filepath.Join(top, "workspace"), state: filepath.Join(t.TempDir(), "state"), home: t.TempDir()}
	t.Setenv("HOME", s.home)
	for _, name := range []string{"XDG_CONFIG_HOME", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"} {
		t.Setenv(name, "")
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(s.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s.git(top, "init", "-q")
	s.git(top, "config", "--global", "user.name", "Ada")
	s.git(top, "config", "--global", "user.email", "ada@example.com")
	s.git(top, "config", "--global", "init.defaultBranch", "main")
	var err error
	if s.root, err = os.OpenRoot(s.dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.root.Close() })
	s.Git = git.New(s.root, s.state, supervisor.NewChildren())
	return s
}

func (s *stand) path(name string) string { return filepath.Join(s.dir, name) }

func (s *stand) write(name, text string) {
	s.t.Helper()
	s.must(os.MkdirAll(filepath.Dir(s.path(name)), 0o755))
	s.must(os.WriteFile(s.path(name), []byte(text), 0o644))
}

func (s *stand) read(name string) string {
	s.t.Helper()
	data, err := os.ReadFile(s.path(name))
	s.must(err)
	return string(data)
}

func (s *stand) remove(name string) {
	s.t.Helper()
	s.must(os.RemoveAll(s.path(name)))
}

func (s *stand) link(target, name string) {
	s.t.Helper()
	s.must(os.Symlink(target, s.path(name)))
}

func (s *stand) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// git runs git as the user would, in a folder.
func (s *stand) git(dir string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// repository makes one with the files given as its first commit.
func (s *stand) repository(name string, files ...string) {
	s.t.Helper()
	s.must(os.MkdirAll(s.path(name), 0o755))
	s.git(s.path(name), "init", "-q")
	for _, f := range files {
		s.write(filepath.Join(name, f), f+"\n")
	}
	if len(files) > 0 {
		s.git(s.path(name), "add", ".")
		s.git(s.path(name), "commit", "-qm", "first")
	}
}

// code is the code of an error for the client, "" without one.
func code(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	refused, ok := errors.AsType[*bridge.Error](err)
	if !ok {
		t.Errorf("an error that is not for the client: %v", err)
		return "internal"
	}
	if len(refused.Message) > 6<<10 {
		t.Errorf("a message of %d bytes", len(refused.Message))
	}
	return refused.Code
}

// tree is everything below a folder: for each path its kind, rights, and contents.
func (s *stand) tree(dir string) map[string]string {
	s.t.Helper()
	all := map[string]string{}
	s.must(filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, p)
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(p)
			all[name] = info.Mode().String() + string(data)
			return err
		case info.Mode()&os.ModeSymlink != 0:
			to, err := os.Readlink(p)
			all[name] = "-> " + to
			return err
		}
		all[name] = info.Mode().String()
		return nil
	}))
	return all
}

func differences(before, after map[string]string) string {
	var list []string
	for p, was := range before {
		if now, ok := after[p]; !ok {
			list = append(list, "missing "+p)
		} else if now != was {
			list = append(list, "changed "+p)
		}
	}
	for p := range after {
		if _, ok := before[p]; !ok {
			list = append(list, "new "+p)
		}
	}
	return strings.Join(list, ", ")
}

// eventually fails the test unless ok becomes true within thirty seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("still not so after 30 s: %s", what)
		case <-tick.C:
		}
	}
}

// tryKill ends a process and returns an error if it is gone already.
func tryKill(pid string) error {
	n, err := strconv.Atoi(pid)
	if err != nil || n <= 1 {
		return fmt.Errorf("no process number: %q", pid)
	}
	return syscall.Kill(n, syscall.SIGKILL)
}
