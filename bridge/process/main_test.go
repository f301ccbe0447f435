package process_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/process"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
)

// children starts and reaps everything, as in the bridge: there is one per program.
var children = supervisor.NewChildren()

// pid1 runs the tests as PID 1 would run: orphans of their children come to this process.
type pid1 struct{ m *testing.M }

func (p pid1) Run() int {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, "become a subreaper:", err)
		return 1
	}
	// As the bridge is: without it, its own /proc/self/fd would be open to it as to others.
	if err := supervisor.Shield(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, stop := supervisor.Signals(context.Background(), children)
	done := make(chan struct{})
	go func() { defer close(done); children.Reap(ctx) }()
	defer func() { stop(); <-done }()
	return p.m.Run()
}

func TestMain(m *testing.M) {
	// os/signal keeps one goroutine for the life of the program.
	goleak.VerifyTestMain(pid1{m}, goleak.IgnoreTopFunction("os/signal.signal_recv"))
}

// stand is a workspace folder with its processes.
type stand struct {
	*process.Processes
	dir string
}

func start(t *testing.T, change ...func(*process.Options)) *stand {
	t.Helper()
	s := &stand{dir: t.TempDir()}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	o := process.Options{
		Root: root, Run: children, Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "LANG=C.UTF-8"},
		Log: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&o)
	}
	s.Processes = process.New(o)
	t.Cleanup(func() {
		s.Close(context.Background())
		root.Close()
	})
	return s
}

// record keeps the events of a request.
type record struct {
	mu      sync.Mutex
	started bridge.Process
	outputs []bridge.Output
	bad     string
}

func (r *record) emit(event string, payload any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch p := payload.(type) {
	case bridge.Process:
		if event != bridge.EventStarted || len(r.outputs) > 0 || r.started.ProcessID != "" {
			r.bad = "started is not the first event, or comes twice"
		}
		r.started = p
	case bridge.Output:
		if event != bridge.EventOutput || r.started.ProcessID == "" {
			r.bad = "output before started"
		}
		r.outputs = append(r.outputs, p)
	default:
		r.bad = fmt.Sprintf("event %s with a %T", event, payload)
	}
	return nil
}

// text joins the output of one stream; "" means all.
func (r *record) text(stream string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return join(r.outputs, stream)
}

func join(outputs []bridge.Output, stream string) string {
	var b strings.Builder
	for _, o := range outputs {
		if stream == "" || o.Stream == stream {
			b.WriteString(o.Data)
		}
	}
	return b.String()
}

func (r *record) id() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.started.ProcessID
}

// run runs a command to its end and fails the test if it cannot.
func (s *stand) run(t *testing.T, req bridge.RunCommand) (bridge.CommandResult, *record) {
	t.Helper()
	r := &record{}
	result, err := s.RunCommand(t.Context(), req, r.emit)
	if err != nil {
		t.Fatalf("%s: %v", req.Command, err)
	}
	if r.bad != "" {
		t.Fatalf("%s: %s", req.Command, r.bad)
	}
	return result, r
}

// background starts a command that goes on.
func (s *stand) background(t *testing.T, command string) string {
	t.Helper()
	result, _ := s.run(t, bridge.RunCommand{Command: command, Background: true})
	return result.ProcessID
}

// info is what listProcesses says of a process.
func (s *stand) info(t *testing.T, id string) bridge.Process {
	t.Helper()
	for _, p := range s.List().Processes {
		if p.ProcessID == id {
			return p
		}
	}
	t.Fatalf("process %s is not listed", id)
	return bridge.Process{}
}

// all is the output of a process from its first byte to its end.
func (s *stand) all(t *testing.T, id string) string {
	t.Helper()
	var got []byte
	if _, err := s.AttachRaw(t.Context(), bridge.AttachProcess{ProcessID: id}, func(data []byte) error {
		got = append(got, data...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return string(got)
}

// now is the output of a process so far.
func (s *stand) now(t *testing.T, id string) string {
	t.Helper()
	var got []byte
	if _, err := s.AttachRaw(t.Context(), bridge.AttachProcess{ProcessID: id, WaitSeconds: -1}, func(data []byte) error {
		got = append(got, data...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return string(got)
}

// shows waits until the output of a process holds text.
func (s *stand) shows(t *testing.T, id, text string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s shows %q", id, text), func() bool { return strings.Contains(s.now(t, id), text) })
}

// pids reads the numbers that a command wrote to a file of the workspace, one a line.
func (s *stand) pids(t *testing.T, name string, want int) []int {
	t.Helper()
	var pids []int
	eventually(t, fmt.Sprintf("%s holds %d numbers", name, want), func() bool {
		data, _ := os.ReadFile(filepath.Join(s.dir, name))
		pids = nil
		for line := range strings.Lines(string(data)) {
			if pid, err := strconv.Atoi(strings.TrimSpace(line)); err == nil && strings.HasSuffix(line, "\n") {
				pids = append(pids, pid)
			}
		}
		return len(pids) == want
	})
	return pids
}

// stateOf is the letter for a process's state in proc_pid_stat(5); 0 if there is none.
func stateOf(pid int) byte {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, ok := bytes.Cut(data[bytes.LastIndexByte(data, ')')+1:], []byte(" "))
	if err != nil || !ok {
		return 0
	}
	return state[0]
}

// alive reports whether a process runs; one that is only not reaped yet does not.
func alive(pid int) bool { return !strings.ContainsRune("\x00ZX", rune(stateOf(pid))) }

func gone(t *testing.T, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		eventually(t, fmt.Sprintf("process %d is gone", pid), func() bool { return !alive(pid) })
	}
}

// hasCode fails the test unless err is for the client and has this code.
func hasCode(t *testing.T, err error, code string) {
	t.Helper()
	e, ok := errors.AsType[*bridge.Error](err)
	if !ok || e.Code != code {
		t.Errorf("got %v, want code %s", err, code)
	} else if len(e.Message) < 10 || len(e.Message) > 500 || strings.Contains(e.Message, "/tmp/") || strings.Contains(e.Message, "/proc/") {
		t.Errorf("message %q", e.Message)
	}
}

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

// within fails the test if f takes longer than any busy machine needs.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatalf("not over after 30 s: %s", what)
	}
}

// exchange swaps two names in one step.
func exchange(t *testing.T, a, b string) {
	if err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE); err != nil {
		t.Error(err)
	}
}
