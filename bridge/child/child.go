package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Runner starts and awaits processes as exec.Cmd does. In the bridge, which is PID 1 and
// buries orphans, it is the supervisor's Children.
type Runner interface {
	Start(*exec.Cmd) error
	Wait(*exec.Cmd) error
}

const (
	// patience is how long a program may take to end after SIGTERM, in which git removes
	// its lock files, and how long one that ended may leave its output open in the hands
	// of others. Cancelled requests are to be answered within two seconds.
	patience = time.Second

	// maxStderr is how much of a program's complaints is kept: its first 4 KiB.
	maxStderr = 4 << 10
)

// Program is one run of a program.
type Program struct {
	// Name is looked for in the PATH of the bridge.
	Name string
	Args []string
	// Env is the whole environment.
	Env []string
	// Dir is the working directory, open, so that it is the one that was checked. The
	// caller closes it after Run.
	Dir *os.File
	// Stdin is what the program reads; nil is nothing.
	Stdin *os.File
	// Input writes what the program reads instead, on a goroutine of its own. An error
	// ends the program and is what Run returns.
	Input func(io.Writer) error
	// Output takes what the program prints. An error ends the program and is what Run returns.
	Output io.Writer
	// Stderr takes what the program says on its standard error, instead of Result. An error
	// ends the program and is what Run returns.
	Stderr io.Writer
	// Memory bounds the program's own memory, in bytes; 0 is no bound.
	Memory uint64
}

// Result is how a program ended by itself.
type Result struct {
	ExitCode int
	// Stderr is the beginning of what it said on its standard error, unless the Program has
	// a place for that.
	Stderr string
}

// KilledError says that a signal ended the program that nobody here sent, most
// likely because it ran out of memory.
type KilledError struct {
	Name   string
	Signal syscall.Signal
}

func (e *KilledError) Error() string { return fmt.Sprintf("%s: ended by signal: %s", e.Name, e.Signal) }

// stopped is why Run itself ended the program.
type stopped struct{ error }

// Run runs p until it ends. Its errors are ctx's own, those of Input and Output, a
// *KilledError, and what keeps a program from being started. An exit code is no error.
func Run(ctx context.Context, runner Runner, p Program) (Result, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	cmd := exec.CommandContext(ctx, p.Name, p.Args...)
	cmd.Env = p.Env
	if p.Dir != nil {
		// Resolved in the new process, which still has all of the bridge's descriptors.
		cmd.Dir = fmt.Sprintf("/proc/self/fd/%d", p.Dir.Fd())
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return signalGroup(cmd, syscall.SIGTERM) }
	cmd.WaitDelay = patience
	if p.Output != nil {
		cmd.Stdout = &taker{to: p.Output, stop: stop}
	}
	stderr := &head{}
	cmd.Stderr = stderr
	if p.Stderr != nil {
		cmd.Stderr = &taker{to: p.Stderr, stop: stop}
	}
	var input io.WriteCloser
	if p.Stdin != nil {
		cmd.Stdin = p.Stdin
	} else if p.Input != nil {
		var err error
		if input, err = cmd.StdinPipe(); err != nil {
			return Result{}, err
		}
	}
	err := runner.Start(cmd)
	runtime.KeepAlive(p.Dir)
	if err != nil {
		return Result{}, fmt.Errorf("start %s: %w", p.Name, err)
	}
	limit(cmd, p.Memory)
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		if input != nil {
			feed(input, p.Input, stop)
		}
	}()
	err = runner.Wait(cmd)
	if ctx.Err() != nil {
		_ = signalGroup(cmd, syscall.SIGKILL) // what did not heed SIGTERM
	}
	<-fed
	return result(ctx, cmd, stderr, err)
}

// result tells from what Wait returned how the program ended.
func result(ctx context.Context, cmd *exec.Cmd, stderr *head, err error) (Result, error) {
	if s, ok := errors.AsType[stopped](context.Cause(ctx)); ok {
		return Result{}, s.error
	}
	r := Result{ExitCode: cmd.ProcessState.ExitCode(), Stderr: string(stderr.kept)}
	// A child of the program that keeps the output open is no fault of the program.
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return r, nil
	}
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return Result{}, &KilledError{Name: cmd.Args[0], Signal: status.Signal()}
	}
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return r, nil
	}
	return Result{}, fmt.Errorf("run %s: %w", cmd.Args[0], err)
}

func signalGroup(cmd *exec.Cmd, s syscall.Signal) error {
	err := syscall.Kill(-cmd.Process.Pid, s)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// limit bounds the memory of a process that was just started.
func limit(cmd *exec.Cmd, memory uint64) {
	if memory == 0 {
		return
	}
	// A process that is gone already needs no limits.
	_ = unix.Prlimit(cmd.Process.Pid, unix.RLIMIT_DATA, &unix.Rlimit{Cur: memory, Max: memory}, nil)
	// It dies by SIGABRT then, and its core would land among the user's files.
	_ = unix.Prlimit(cmd.Process.Pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil)
}

// feed writes the input. A program that ends without reading all of it has its reasons,
// and its exit code tells them.
func feed(w io.WriteCloser, input func(io.Writer) error, stop context.CancelCauseFunc) {
	err := input(w)
	if err != nil && !errors.Is(err, syscall.EPIPE) && !errors.Is(err, os.ErrClosed) {
		stop(stopped{err})
	}
	_ = w.Close()
}

// taker passes output on and stops the program when that fails.
type taker struct {
	to   io.Writer
	stop context.CancelCauseFunc
}

func (t *taker) Write(b []byte) (int, error) {
	n, err := t.to.Write(b)
	if err != nil {
		t.stop(stopped{err})
	}
	return n, err
}

// head keeps the first maxStderr bytes and drops the rest.
type head struct{ kept []byte }

func (h *head) Write(b []byte) (int, error) {
	h.kept = append(h.kept, b[:min(len(b), maxStderr-len(h.kept))]...)
	return len(b), nil
}
