package process_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
)

// open opens a terminal of 80 × 24.
func (s *stand) open(t *testing.T, req bridge.OpenTerminal) bridge.Process {
	t.Helper()
	req.Columns, req.Rows = 80, 24
	p, err := s.OpenTerminal(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// types sends keys to a terminal, or input to a command.
func (s *stand) types(t *testing.T, id, keys string) {
	t.Helper()
	if err := s.Write(t.Context(), bridge.WriteProcess{ProcessID: id, Data: keys}); err != nil {
		t.Fatal(err)
	}
}

func TestLoginShell(t *testing.T) {
	t.Parallel()
	s := start(t)
	if err := os.Mkdir(filepath.Join(s.dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p, err := s.OpenTerminal(ctx, bridge.OpenTerminal{Columns: 80, Rows: 24, Path: "sub", Env: map[string]string{"OWN": "mine", "KALPANA_X": "secret"}})
	if err != nil || !p.Running || !p.Terminal || p.Command != "bash -l" || p.PID == 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	cancel() // the connection that opened it ends
	id := p.ProcessID
	s.types(t, id, "tty; pwd; stty size; shopt login_shell; echo $TERM $COLORTERM $OWN; env | grep -c ^KALPANA; cat /proc/self/fdinfo/0 | grep flags\n")
	s.shows(t, id, "/dev/pts/")
	s.shows(t, id, s.dir+"/sub\r\n")
	s.shows(t, id, "\n24 80\r\n")
	s.shows(t, id, "login_shell")
	s.shows(t, id, "on\r\n")
	s.shows(t, id, "\nxterm-256color truecolor mine\r\n0\r\n")
	s.shows(t, id, "flags:")

	if err := s.Resize(t.Context(), bridge.ResizeTerminal{ProcessID: id, Columns: 133, Rows: 47}); err != nil {
		t.Fatal(err)
	}
	s.types(t, id, "stty size\n")
	s.shows(t, id, "47 133\r\n")

	// Control-C ends what runs, not the shell.
	s.types(t, id, "bash -c 'echo $$ >>pids; exec sleep 1000'\n")
	running := s.pids(t, "sub/pids", 1)
	s.types(t, id, "\x03")
	gone(t, running...)
	// A shell may drop what is typed while it regains the terminal.
	eventually(t, "the shell goes on", func() bool {
		s.types(t, id, "echo ali''ve\n")
		return strings.Contains(s.now(t, id), "alive\r\n")
	})

	s.types(t, id, "exit 5\n")
	last := bridge.Output{}
	a, err := s.Attach(t.Context(), bridge.AttachProcess{ProcessID: id}, func(_ string, payload any) error {
		last = payload.(bridge.Output)
		return nil
	})
	if err != nil || a.Running || *a.ExitCode != 5 || a.Signal != "" || last.Stream != "terminal" {
		t.Errorf("%+v, %v, %+v", a, err, last)
	}
	hasCode(t, s.Write(t.Context(), bridge.WriteProcess{ProcessID: id, Data: "x"}), bridge.CodeProcessEnded)
	hasCode(t, s.Resize(t.Context(), bridge.ResizeTerminal{ProcessID: id, Columns: 1, Rows: 1}), bridge.CodeProcessEnded)
	hasCode(t, s.Signal(t.Context(), bridge.SignalProcess{ProcessID: id}), bridge.CodeProcessEnded)
}

func TestResizeIsSignalled(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.open(t, bridge.OpenTerminal{Command: "trap 'echo resized' WINCH; echo ready; while :; do stty size; sleep 0.05; done"})
	s.shows(t, p.ProcessID, "ready")
	for _, size := range []struct{ columns, rows int }{{1, 1}, {1000, 1000}, {100, 30}} {
		if err := s.Resize(t.Context(), bridge.ResizeTerminal{ProcessID: p.ProcessID, Columns: size.columns, Rows: size.rows}); err != nil {
			t.Fatal(err)
		}
		s.shows(t, p.ProcessID, fmt.Sprintf("%d %d\r\n", size.rows, size.columns))
		s.shows(t, p.ProcessID, "resized")
	}
}

func TestBadTerminalsAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	command := s.background(t, "exec sleep 1000")
	for _, size := range []struct{ columns, rows int }{{0, 0}, {0, 24}, {80, 0}, {-1, 24}, {1001, 24}, {80, 1001}, {1 << 40, 1 << 40}, {65536 + 80, 24}} {
		_, err := s.OpenTerminal(t.Context(), bridge.OpenTerminal{Columns: size.columns, Rows: size.rows})
		hasCode(t, err, bridge.CodeBadRequest)
		hasCode(t, s.Resize(t.Context(), bridge.ResizeTerminal{ProcessID: command, Columns: size.columns, Rows: size.rows}), bridge.CodeBadRequest)
	}
	hasCode(t, s.Resize(t.Context(), bridge.ResizeTerminal{ProcessID: command, Columns: 80, Rows: 24}), bridge.CodeBadRequest)
	hasCode(t, s.Resize(t.Context(), bridge.ResizeTerminal{ProcessID: "none", Columns: 80, Rows: 24}), bridge.CodeNoProcess)
	_, err := s.OpenTerminal(t.Context(), bridge.OpenTerminal{Columns: 80, Rows: 24, Command: strings.Repeat("x", bridge.MaxCommandBytes+1)})
	hasCode(t, err, bridge.CodeTooLarge)
	_, err = s.OpenTerminal(t.Context(), bridge.OpenTerminal{Columns: 80, Rows: 24, Env: map[string]string{"A-B": ""}})
	hasCode(t, err, bridge.CodeBadRequest)
}

func TestTerminalThatNobodyReadsGoesOn(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.open(t, bridge.OpenTerminal{Command: "seq 1 300000; echo end"})
	eventually(t, "it has ended", func() bool { return !s.info(t, p.ProcessID).Running })
	want := strings.ReplaceAll(numbers(300000)+"end\n", "\n", "\r\n")
	same(t, "the latest output", s.all(t, p.ProcessID), want[len(want)-bridge.ProcessBuffer:])
}

func TestTerminalIsHungUp(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.open(t, bridge.OpenTerminal{})
	s.types(t, p.ProcessID, "sleep 1000 & echo $! >>pids; nohup sleep 1000 & echo $! >>pids; sleep 1000\n")
	pids := s.pids(t, "pids", 2)
	within(t, "the signal", func() {
		if err := s.Signal(t.Context(), bridge.SignalProcess{ProcessID: p.ProcessID}); err != nil {
			t.Error(err)
		}
	})
	gone(t, append(pids, p.PID)...)
	eventually(t, "it is listed as ended", func() bool { return !s.info(t, p.ProcessID).Running })
}

func TestTerminalEndsThoughAChildKeepsIt(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.open(t, bridge.OpenTerminal{})
	s.types(t, p.ProcessID, "setsid bash -c 'echo $$ >>pids; exec sleep 1000' &\n")
	child := s.pids(t, "pids", 1)[0]
	s.types(t, p.ProcessID, "exit\n")
	eventually(t, "it is listed as ended", func() bool { return !s.info(t, p.ProcessID).Running })
	if !alive(child) {
		t.Error("the child was ended as well")
	}
	if err := s.Signal(t.Context(), bridge.SignalProcess{ProcessID: p.ProcessID, Signal: "KILL"}); err != nil {
		t.Error(err)
	}
	gone(t, child)
}
