package supervisor

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// Shield keeps other processes of the same user out of this one: they can neither trace
// it nor read its memory, where the workspace's key passes through. Children are not
// affected; debuggers work on them.
func Shield() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("set the bridge not dumpable: %w", err)
	}
	return nil
}

// Signals returns a context that SIGTERM and SIGINT end, and leaves no other signal its
// deadly default: Go would end the program with a stack trace on SIGQUIT or SIGSEGV, and
// any process of the same user may send those. SIGCHLD goes to children. The caller must
// call stop.
func Signals(ctx context.Context, children *Children) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	arrived := make(chan os.Signal, 16)
	for s := syscall.Signal(1); s < 32; s++ {
		switch s {
		case syscall.SIGKILL, syscall.SIGSTOP: // cannot be caught
		case syscall.SIGURG, syscall.SIGPROF: // the Go runtime's own, harmless
		default:
			signal.Notify(arrived, s)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := range arrived {
			switch s {
			case syscall.SIGTERM, syscall.SIGINT:
				cancel()
			case syscall.SIGCHLD:
				children.Kick()
			}
		}
	}()
	return ctx, func() {
		signal.Stop(arrived)
		close(arrived)
		<-done
		cancel()
	}
}

// EndOthers ends every other process of the container, politely until ctx ends. It does
// nothing unless this process is PID 1, where "every other process" means the container's.
func EndOthers(ctx context.Context, children *Children) {
	if os.Getpid() != 1 {
		return
	}
	_ = syscall.Kill(-1, syscall.SIGTERM)
	if !children.Gone(ctx) {
		_ = syscall.Kill(-1, syscall.SIGKILL)
	}
}
