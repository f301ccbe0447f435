package cli

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// interrupted is why a context ended: the user, or the system, wants the command to end.
type interrupted struct{ signal syscall.Signal }

func (i interrupted) Error() string { return i.signal.String() }

// interruptible returns a context that Ctrl-C and its like end, with the cause
// interrupted. A second one ends the program at once. Signals that this program was
// started to ignore (nohup, jobs in the background) stay ignored. The caller must call stop.
func interruptible(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := slices.DeleteFunc([]os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}, signal.Ignored)
	if len(signals) == 0 {
		return ctx, func() { cancel(nil) } // Notify would take none to mean all
	}
	came := make(chan os.Signal, 1)
	signal.Notify(came, signals...)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer signal.Stop(came)
		select {
		case s := <-came:
			cancel(interrupted{s.(syscall.Signal)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-done
	}
}

// signalled is the exit code of a program that a signal ended, if one ended ctx.
func signalled(ctx context.Context) (exitError, bool) {
	i, ok := context.Cause(ctx).(interrupted)
	return exitError{128 + int(i.signal)}, ok
}
