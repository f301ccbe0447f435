package process

import (
	"context"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kalpana-dev/kalpana/bridge"
)

// termGrace is how long what is asked to end may take before it is killed.
const termGrace = 3 * time.Second

// signals are those that a client may send.
var signals = map[string]syscall.Signal{
	"INT": unix.SIGINT, "TERM": unix.SIGTERM, "KILL": unix.SIGKILL, "HUP": unix.SIGHUP, "QUIT": unix.SIGQUIT,
	"USR1": unix.SIGUSR1, "USR2": unix.SIGUSR2, "STOP": unix.SIGSTOP, "CONT": unix.SIGCONT,
}

// Signal sends a signal to a process and all that came of it, also to what it left behind
// when it ended. Without a signal named, and for KILL, it returns when they are gone, or
// cannot be made to go; if ctx ends earlier, they are ended all the same. A terminal is
// hung up as well as asked, as its shell ignores TERM. Codes: CodeBadRequest,
// CodeNoProcess, CodeProcessEnded.
func (ps *Processes) Signal(ctx context.Context, req bridge.SignalProcess) error {
	s, known := signals[req.Signal]
	if !known && req.Signal != "" {
		return bridge.Errorf(bridge.CodeBadRequest, "%s is no signal that can be sent; use INT, TERM, KILL, HUP, QUIT, USR1, USR2, STOP or CONT", clip(req.Signal, 20))
	}
	p, err := ps.find(req.ProcessID)
	if err != nil {
		return err
	}
	if known && s != unix.SIGKILL {
		if p.tree.signal(s) == 0 {
			return p.hasEnded()
		}
		return nil
	}
	if len(p.tree.members()) == 0 {
		return p.hasEnded()
	}
	gone := make(chan struct{})
	started := ps.goUnlessClosed(func() {
		defer close(gone)
		if known {
			p.tree.kill()
		} else {
			p.tree.end(ps.life, termGrace)
		}
	})
	if !started {
		return nil // Close ends them
	}
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hasEnded is the error for a process that nothing more can be done with.
func (p *process) hasEnded() *bridge.Error {
	return bridge.Errorf(bridge.CodeProcessEnded, "process %s has ended", p.id)
}
