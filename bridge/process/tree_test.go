package process_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

func TestBackgroundChildrenDoNotHoldUpTheAnswer(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, c := range []struct{ name, command string }{
		{"with the pipes", "sleep 1000 & echo $! >pid.%; echo hi"},
		{"writing without end", "yes & echo $! >pid.%; echo hi"},
		{"in a session of its own", "setsid sleep 1000 & echo $! >pid.%; echo hi"},
		{"without the pipes", "setsid sleep 1000 >/dev/null 2>&1 & echo $! >pid.%; echo hi"},
		{"with a cleared environment", "env -i sleep 1000 & echo $! >pid.%; echo hi"},
		// It reads what the command wrote before the bridge does, so "hi" may be missing.
		{"taking from the pipe", "(exec 3</proc/self/fd/1 4>&1; exec cat <&3 >/dev/null) & echo $! >pid.%; echo hi"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			name := strings.ReplaceAll(c.name, " ", "-")
			var result bridge.CommandResult
			within(t, c.command, func() {
				result, _ = s.run(t, bridge.RunCommand{Command: strings.ReplaceAll(c.command, "%", name), Quiet: true})
			})
			pid := s.pids(t, "pid."+name, 1)[0]
			if result.ExitCode == nil || *result.ExitCode != 0 || result.Running || result.DurationMillis > 20_000 {
				t.Errorf("%+v", result)
			}
			if c.name != "taking from the pipe" && c.name != "writing without end" && result.Output != "hi\n" {
				t.Errorf("output %q", result.Output)
			}
			if !slices.Contains(result.Left, pid) || !alive(pid) {
				t.Fatalf("left %v, want %d, which is alive: %v", result.Left, pid, alive(pid))
			}
			// The command has ended, and what it left can still be ended with it.
			if err := s.Signal(t.Context(), bridge.SignalProcess{ProcessID: result.ProcessID}); err != nil {
				t.Fatal(err)
			}
			gone(t, pid)
			hasCode(t, s.Signal(t.Context(), bridge.SignalProcess{ProcessID: result.ProcessID}), bridge.CodeProcessEnded)
		})
	}
}

func TestOutputOfLeftOverChildrenIsKept(t *testing.T) {
	t.Parallel()
	s := start(t)
	result, _ := s.run(t, bridge.RunCommand{Command: "(until [ -e go ]; do sleep 0.05; done; echo late) & echo early"})
	if result.Output != "early\n" || len(result.Left) == 0 {
		t.Fatalf("%+v", result)
	}
	s.run(t, bridge.RunCommand{Command: "touch go"})
	s.shows(t, result.ProcessID, "early\nlate\n")
}

// stubborn are commands that are hard to end. Each writes the numbers of its processes
// to the file "pids", and then "ready".
var stubborn = []struct {
	name, command string
	count         int
}{
	{"plain", `echo $$ >pids; echo ready; sleep 1000`, 1},
	{"ignores TERM", `trap '' TERM; echo $$ >pids; echo ready; while :; do sleep 0.05; done`, 1},
	{"stopped", `echo $$ >pids; echo ready; kill -STOP $$`, 1},
	{"child ignores TERM", `bash -c 'trap "" TERM INT HUP; echo $$ >>pids; while :; do sleep 0.05; done' & echo $$ >>pids; while [ $(wc -l <pids) -lt 2 ]; do sleep 0.05; done; echo ready; wait`, 2},
	{"own session", `setsid bash -c 'trap "" TERM; echo $$ >>pids; while :; do sleep 0.05; done' & echo $$ >>pids; while [ $(wc -l <pids) -lt 2 ]; do sleep 0.05; done; echo ready; wait`, 2},
	{"own session and orphaned", `(setsid -f bash -c 'echo $$ >>pids; exec sleep 1000'); echo $$ >>pids; while [ $(wc -l <pids) -lt 2 ]; do sleep 0.05; done; echo ready; sleep 1000`, 2},
	{"own session and cleared environment", `env -i $(type -P setsid) $BASH -c 'echo $$ >>pids; exec /bin/sleep 1000' & echo $$ >>pids; while [ $(wc -l <pids) -lt 2 ]; do sleep 0.05; done; echo ready; wait`, 2},
	{"children without end", `echo $$ >pids; echo ready; while :; do setsid sleep 1000 & sleep 0.05; done`, 1},
}

// starts runs a command in the foreground and waits until it says ready.
func (s *stand) starts(t *testing.T, ctx context.Context, command string) (*record, <-chan error) {
	t.Helper()
	r, done := &record{}, make(chan error, 1)
	go func() {
		_, err := s.RunCommand(ctx, bridge.RunCommand{Command: command}, r.emit)
		done <- err
	}()
	eventually(t, "the command is ready", func() bool { return strings.Contains(r.text(""), "ready\n") })
	return r, done
}

func TestCancelEndsAll(t *testing.T) {
	t.Parallel()
	for _, c := range stubborn {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			ctx, cancel := context.WithCancel(t.Context())
			r, done := s.starts(t, ctx, c.command)
			pids := s.pids(t, "pids", c.count)
			cancel()
			cancel()
			within(t, "the cancelled command", func() {
				if err := <-done; !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			})
			gone(t, pids...)
			eventually(t, "it is listed as ended", func() bool { return !s.info(t, r.id()).Running })
			s.nothingLeft(t, r.id())
		})
	}
}

func TestSignalEndsAll(t *testing.T) {
	t.Parallel()
	for _, c := range stubborn {
		for _, signal := range []string{"", "KILL"} {
			t.Run(c.name+" "+signal, func(t *testing.T) {
				t.Parallel()
				s := start(t)
				r, done := s.starts(t, t.Context(), c.command)
				pids := s.pids(t, "pids", c.count)
				within(t, "the signal", func() {
					if err := s.Signal(t.Context(), bridge.SignalProcess{ProcessID: r.id(), Signal: signal}); err != nil {
						t.Error(err)
					}
				})
				gone(t, pids...)
				if err := <-done; err != nil {
					t.Error(err)
				}
				info := s.info(t, r.id())
				if info.Running || info.Signal == "" || signal == "KILL" && info.Signal != "KILL" || *info.ExitCode <= 128 {
					t.Errorf("%+v", info)
				}
				s.nothingLeft(t, r.id())
			})
		}
	}
}

// nothingLeft waits until nothing is left of a process.
func (s *stand) nothingLeft(t *testing.T, id string) {
	t.Helper()
	eventually(t, "nothing is left", func() bool {
		err := s.Signal(t.Context(), bridge.SignalProcess{ProcessID: id, Signal: "KILL"})
		e, ok := errors.AsType[*bridge.Error](err)
		return ok && e.Code == bridge.CodeProcessEnded
	})
}

func TestSignals(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, name := range []string{"INT", "HUP", "QUIT", "USR1", "USR2"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := s.background(t, "trap 'echo got "+name+"; exit 5' "+name+"; echo ready; while :; do sleep 0.05; done")
			s.shows(t, id, "ready")
			if err := s.Signal(t.Context(), bridge.SignalProcess{ProcessID: id, Signal: name}); err != nil {
				t.Fatal(err)
			}
			if got := s.all(t, id); !strings.Contains(got, "got "+name) || *s.info(t, id).ExitCode != 5 {
				t.Errorf("output %q, %+v", got, s.info(t, id))
			}
		})
	}
	t.Run("TERM alone does not kill", func(t *testing.T) {
		t.Parallel()
		id := s.background(t, "trap 'echo got' TERM; echo ready; while :; do sleep 0.05; done")
		s.shows(t, id, "ready")
		if err := s.Signal(t.Context(), bridge.SignalProcess{ProcessID: id, Signal: "TERM"}); err != nil {
			t.Fatal(err)
		}
		s.shows(t, id, "got")
		if !s.info(t, id).Running {
			t.Error("it has ended")
		}
	})
	t.Run("STOP and CONT", func(t *testing.T) {
		t.Parallel()
		id := s.background(t, "echo ready; while :; do echo x; sleep 0.01; done")
		s.shows(t, id, "ready")
		pid := s.info(t, id).PID
		if err := s.Signal(t.Context(), bridge.SignalProcess{ProcessID: id, Signal: "STOP"}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it is stopped", func() bool { return stateOf(pid) == 'T' })
		if err := s.Signal(t.Context(), bridge.SignalProcess{ProcessID: id, Signal: "CONT"}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it goes on", func() bool { return stateOf(pid) != 'T' })
	})
	for _, name := range []string{"SIGTERM", "term", "9", "CHLD", strings.Repeat("x", 1000)} {
		hasCode(t, s.Signal(t.Context(), bridge.SignalProcess{ProcessID: "p", Signal: name}), bridge.CodeBadRequest)
	}
	hasCode(t, s.Signal(t.Context(), bridge.SignalProcess{ProcessID: strings.Repeat("x", 1000)}), bridge.CodeNoProcess)
}

func TestSignalGoesOnWhenItsRequestEnds(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.background(t, "trap 'echo got' TERM; echo ready; while :; do sleep 0.05; done")
	s.shows(t, id, "ready")
	pid := s.info(t, id).PID
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Signal(ctx, bridge.SignalProcess{ProcessID: id}) }()
	s.shows(t, id, "got")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	gone(t, pid)
}

func TestCancelAtAnyTime(t *testing.T) {
	t.Parallel()
	s := start(t)
	t.Run("before the start", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r := &record{}
		if _, err := s.RunCommand(ctx, bridge.RunCommand{Command: "true"}, r.emit); !errors.Is(err, context.Canceled) || r.id() != "" {
			t.Errorf("got %v", err)
		}
		if _, err := s.OpenTerminal(ctx, bridge.OpenTerminal{Columns: 1, Rows: 1}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("at random", func(t *testing.T) {
		for i := range 40 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Millisecond)
			r := &record{}
			result, err := s.RunCommand(ctx, bridge.RunCommand{Command: "echo a; /bin/true; echo b", Quiet: i%2 == 0}, r.emit)
			switch {
			case err == nil && result.Output != "a\nb\n":
				t.Errorf("%+v", result)
			case err != nil && !errors.Is(err, context.DeadlineExceeded):
				t.Error(err)
			}
			cancel()
			if r.id() != "" {
				gone(t, r.started.PID)
			}
		}
	})
	t.Run("while nobody reads", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		blocked, done := make(chan struct{}), make(chan error, 1)
		go func() {
			_, err := s.RunCommand(ctx, bridge.RunCommand{Command: "yes"}, func(event string, _ any) error {
				if event == bridge.EventOutput {
					close(blocked)
					<-ctx.Done()
					return ctx.Err()
				}
				return nil
			})
			done <- err
		}()
		<-blocked
		cancel()
		within(t, "the cancelled command", func() {
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	})
}

func TestLargeEnvironmentHidesNobody(t *testing.T) {
	t.Parallel()
	s := start(t)
	env := make(map[string]string)
	for i := range 20 {
		env[fmt.Sprint("BIG", i)] = strings.Repeat("x", 16<<10-i)
	}
	result, _ := s.run(t, bridge.RunCommand{Command: `setsid -f bash -c 'echo $$ >>pids; exec sleep 1000' >/dev/null 2>&1; until [ -s pids ]; do sleep 0.01; done`, Env: env})
	pid := s.pids(t, "pids", 1)[0]
	if !slices.Contains(result.Left, pid) {
		t.Errorf("left %v, want %d", result.Left, pid)
	}
	if err := s.Signal(t.Context(), bridge.SignalProcess{ProcessID: result.ProcessID, Signal: "KILL"}); err != nil {
		t.Error(err)
	}
	gone(t, pid)
}
