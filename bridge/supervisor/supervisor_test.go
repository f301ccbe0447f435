package supervisor

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// The tests play PID 1: orphans of their children come to this process.
func TestMain(m *testing.M) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, "become a subreaper:", err)
		os.Exit(1)
	}
	// os/signal keeps one goroutine for the life of the program.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.signal_recv"))
}

// eventually fails the test unless ok becomes true within ten seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("still not so after 10 s: %s", what)
		case <-tick.C:
		}
	}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// pidFrom reads a process number that a test's shell wrote; 0 if it has not yet.
func pidFrom(file string) int {
	data, _ := os.ReadFile(file)
	if !bytes.HasSuffix(data, []byte("\n")) {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(data)))
	return pid
}

func reaping(t *testing.T) *Children {
	t.Helper()
	c := NewChildren()
	ctx, stop := Signals(t.Context(), c)
	done := make(chan struct{})
	go func() { defer close(done); c.Reap(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return c
}

func supervise(t *testing.T, s *Supervisor) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx) }()
	end = func() { cancel(); <-done }
	t.Cleanup(end)
	return end
}

func TestOrphansAreReapedAndOwnExitCodesKept(t *testing.T) {
	c := reaping(t)
	dir := t.TempDir()
	for i := range 30 {
		file := filepath.Join(dir, strconv.Itoa(i))
		// The grandchild outlives its parent and becomes ours.
		cmd := exec.Command("/bin/sh", "-c", `sh -c 'echo $$ >'"$0"'; exec sleep 0.0'"$1"'' & exit `+strconv.Itoa(i+1), file, strconv.Itoa(i%3))
		if err := c.Start(cmd); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait(cmd)
		if got := cmd.ProcessState.ExitCode(); got != i+1 {
			t.Fatalf("exit code of child %d is %d (%s): the reaper took it", i+1, got, cmd.ProcessState)
		}
		eventually(t, "the orphan said its number", func() bool { return pidFrom(file) != 0 })
		orphan := pidFrom(file)
		eventually(t, "the orphan is reaped", func() bool { return !alive(orphan) })
	}
}

func TestEditorComesBackAfterItIsKilled(t *testing.T) {
	c := reaping(t)
	file := filepath.Join(t.TempDir(), "pid")
	var log bytes.Buffer
	end := supervise(t, &Supervisor{
		Command: []string{"/bin/sh", "-c", `echo $$ >"$0"; exec sleep 1000`, file}, Env: os.Environ,
		Children: c, Log: slog.New(slog.NewJSONHandler(&log, nil)),
	})
	eventually(t, "it started", func() bool { return pidFrom(file) != 0 })
	first := pidFrom(file)
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it started again", func() bool { p := pidFrom(file); return p != 0 && p != first })
	second := pidFrom(file)
	end()
	if alive(second) {
		t.Errorf("process %d lives on after the end", second)
	}
	if !strings.Contains(log.String(), "signal: killed") {
		t.Errorf("the log does not say why it ended: %s", &log)
	}
}

func TestEditorThatIgnoresSIGTERMIsKilledWithItsGroup(t *testing.T) {
	c := reaping(t)
	dir := t.TempDir()
	parent, child := filepath.Join(dir, "parent"), filepath.Join(dir, "child")
	end := supervise(t, &Supervisor{
		Command:  []string{"/bin/sh", "-c", `trap '' TERM; sh -c 'echo $$ >"$0"; exec sleep 1000' "$1" & echo $$ >"$0"; while :; do wait; done`, parent, child},
		Env:      os.Environ,
		Children: c, Log: slog.New(slog.DiscardHandler), Grace: 100 * time.Millisecond,
	})
	eventually(t, "both started", func() bool { return pidFrom(parent) != 0 && pidFrom(child) != 0 })
	end()
	eventually(t, "both are gone", func() bool { return !alive(pidFrom(parent)) && !alive(pidFrom(child)) })
}

func TestACommandThatIsNotThereIsTriedAgain(t *testing.T) {
	c := reaping(t)
	file := filepath.Join(t.TempDir(), "editor")
	mark := file + ".ran"
	supervise(t, &Supervisor{Command: []string{file, mark}, Env: os.Environ, Children: c, Log: slog.New(slog.DiscardHandler)})
	if err := os.WriteFile(file+".new", []byte("#!/bin/sh\necho $$ >\"$1\"\nexec sleep 1000\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it runs once it is there", func() bool { return pidFrom(mark) != 0 })
}

func TestSignalsThatWouldCrashAGoProgramAreIgnored(t *testing.T) {
	ctx, stop := Signals(t.Context(), NewChildren())
	defer stop()
	for _, s := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGSEGV, syscall.SIGABRT, syscall.SIGHUP, syscall.SIGTRAP, syscall.SIGSYS, syscall.SIGPIPE, syscall.SIGUSR1} {
		if err := syscall.Kill(os.Getpid(), s); err != nil {
			t.Fatal(err)
		}
	}
	if ctx.Err() != nil {
		t.Fatal("a signal other than SIGTERM ended the context")
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("SIGTERM did not end the context")
	}
}

func TestChildEnvHoldsNothingMeantForTheBridge(t *testing.T) {
	got := ChildEnv([]string{"HOME=/h", "KALPANA_KEY_SHA256=abc", "KALPANA_X=1", "PATH=/bin"}, "EDITOR_SOCKET=/s")
	if want := "HOME=/h PATH=/bin EDITOR_SOCKET=/s"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
