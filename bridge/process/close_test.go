package process_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/process"
)

func TestCloseEndsEverything(t *testing.T) {
	t.Parallel()
	for _, patient := range []bool{true, false} {
		s := start(t)
		s.background(t, "echo $$ >>pids; exec sleep 1000")
		s.background(t, "trap '' TERM; echo $$ >>pids; while :; do sleep 0.05; done")
		term := s.open(t, bridge.OpenTerminal{})
		s.types(t, term.ProcessID, "echo $$ >>pids; sleep 1000\n")
		for i := range 34 { // the first are forgotten
			s.run(t, bridge.RunCommand{Command: fmt.Sprintf("setsid sleep 1000 & test %d -gt 2 || echo $! >>pids; test %d -le 2 || kill $!", i, i)})
		}
		stalled, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			began := false
			_, _ = s.RunCommand(t.Context(), bridge.RunCommand{Command: "echo $$ >>pids; yes"}, func(event string, _ any) error {
				if event == bridge.EventOutput && !began {
					began = true
					close(stalled)
					eventually(t, "the command has ended", func() bool { return s.List().Processes[0].EndedAt != nil })
				}
				return nil
			})
		}()
		<-stalled
		pids := s.pids(t, "pids", 7)
		ctx, cancel := context.WithCancel(t.Context())
		if !patient {
			cancel()
		}
		within(t, "Close", func() { s.Close(ctx) })
		cancel()
		within(t, "the request", func() { <-done })
		for _, pid := range pids {
			if alive(pid) {
				t.Errorf("process %d outlives Close", pid)
			}
		}
		_, err := s.RunCommand(t.Context(), bridge.RunCommand{Command: "true"}, (&record{}).emit)
		hasCode(t, err, bridge.CodeCannotStart)
		_, err = s.OpenTerminal(t.Context(), bridge.OpenTerminal{Columns: 80, Rows: 24})
		hasCode(t, err, bridge.CodeCannotStart)
		s.Close(t.Context()) // once more is no harm
	}
}

func TestCloseWhileCommandsStart(t *testing.T) {
	t.Parallel()
	s := start(t)
	var started atomic.Int64
	stopped := make(chan struct{})
	for range 4 {
		go func() {
			for {
				if _, err := s.RunCommand(t.Context(), bridge.RunCommand{Command: "sleep 1000", Background: true}, (&record{}).emit); err != nil {
					stopped <- struct{}{}
					return
				}
				started.Add(1)
			}
		}()
	}
	eventually(t, "some have started", func() bool { return started.Load() > 2 })
	within(t, "Close", func() { s.Close(t.Context()) })
	for range 4 {
		<-stopped
	}
	for _, p := range s.List().Processes {
		if p.Running || alive(p.PID) {
			t.Errorf("%+v outlives Close", p)
		}
	}
}

func TestActivity(t *testing.T) {
	t.Parallel()
	var seconds atomic.Int64
	at := func(n int64) time.Time { return time.Unix(1e9+n, 0) }
	s := start(t, func(o *process.Options) { o.Now = func() time.Time { return at(seconds.Load()) } })
	expect := func(what string, wantCommand time.Time, wantCommands int, wantTerminal time.Time, wantTerminals int) {
		t.Helper()
		command, commands, terminal, terminals := s.Activity()
		if !command.Equal(wantCommand) || commands != wantCommands || !terminal.Equal(wantTerminal) || terminals != wantTerminals {
			t.Errorf("%s: command at %v, %d; terminal at %v, %d", what, command.Unix()-1e9, commands, terminal.Unix()-1e9, terminals)
		}
	}
	var never time.Time
	expect("nothing yet", never, 0, never, 0)

	seconds.Store(10)
	r, done := s.starts(t, t.Context(), "echo ready; until [ -e go ]; do sleep 0.05; done")
	seconds.Store(20)
	expect("in the foreground", at(20), 1, never, 0)
	if err := os.WriteFile(filepath.Join(s.dir, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	seconds.Store(30)
	expect("ended", at(20), 0, never, 0)

	seconds.Store(40)
	id := s.takes(t, "cat")
	seconds.Store(50)
	expect("silent in the background", at(40), 1, never, 0)
	s.types(t, id, "x\n")
	s.shows(t, id, "x\n")
	seconds.Store(60)
	expect("writes in the background", at(50), 1, never, 0)

	term := s.open(t, bridge.OpenTerminal{Command: "stty -echo; echo ready; cat"})
	s.shows(t, term.ProcessID, "ready")
	seconds.Store(70)
	expect("nobody is attached", at(50), 2-1, at(60), 1)
	ctx, cancel := context.WithCancel(t.Context())
	attached, left := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(left)
		_, _ = s.Attach(ctx, bridge.AttachProcess{ProcessID: term.ProcessID}, func(string, any) error { close(attached); return nil })
	}()
	<-attached
	seconds.Store(80)
	expect("attached", at(50), 1, at(80), 1)
	seconds.Store(90)
	cancel()
	<-left
	seconds.Store(100)
	expect("no longer attached", at(50), 1, at(90), 1)
	s.types(t, term.ProcessID, "z\n")
	s.shows(t, term.ProcessID, "z\r\n")
	seconds.Store(110)
	expect("writes", at(50), 1, at(100), 1)
	if err := s.Signal(t.Context(), bridge.SignalProcess{ProcessID: term.ProcessID, Signal: "KILL"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the terminal is closed", func() bool { _, _, _, n := s.Activity(); return n == 0 })
	_ = r
}
