package supervisor

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	// firstPause and longestPause bound the time between an end and the next start:
	// short enough that a crash is hardly seen, long enough that an editor that cannot
	// start costs no CPU worth mentioning.
	firstPause   = 200 * time.Millisecond
	longestPause = 10 * time.Second
	// steadyAfter is how long the command must have run for its end to count as a new
	// trouble and not as the last one again.
	steadyAfter = 30 * time.Second
	// termGrace is how long the command may take to end after SIGTERM; Docker's own
	// patience ends after ten seconds by default.
	termGrace = 5 * time.Second
)

// Supervisor keeps one command running.
type Supervisor struct {
	// Command is the program and its arguments.
	Command []string
	// Env returns its whole environment, at each start; see ChildEnv.
	Env      func() []string
	Children *Children
	Log      *slog.Logger
	// Grace replaces termGrace if positive.
	Grace time.Duration
}

// Run starts the command, again and again, with growing pauses when it keeps ending,
// until ctx ends; then it ends the command and returns. It never gives up: a workspace
// whose editor is broken can still be repaired through the bridge.
func (s *Supervisor) Run(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		began := time.Now()
		err := s.once(ctx)
		if ctx.Err() != nil {
			return
		}
		ran := time.Since(began)
		if ran >= steadyAfter {
			pause = firstPause
		}
		s.Log.Warn("editor ended; starting it again", "err", err, "elapsed", ran.Round(time.Millisecond), "pause", pause)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// once runs the command to its end, or to ctx's.
func (s *Supervisor) once(ctx context.Context) error {
	cmd := exec.Command(s.Command[0], s.Command[1:]...)
	cmd.Env = s.Env()
	// The files themselves, not pipes: a grandchild that keeps one open holds up nobody.
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	// A group of its own, so that the end reaches its children.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.Children.Start(cmd); err != nil {
		return err
	}
	group := -cmd.Process.Pid
	s.Log.Info("editor started", "pid", cmd.Process.Pid)

	ended := make(chan error, 1)
	go func() { ended <- s.Children.Wait(cmd) }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		_ = syscall.Kill(group, syscall.SIGTERM)
		grace := s.Grace
		if grace <= 0 {
			grace = termGrace
		}
		select {
		case err = <-ended:
		case <-time.After(grace):
			s.Log.Warn("editor did not end when asked; killing it", "elapsed", grace)
			_ = syscall.Kill(group, syscall.SIGKILL)
			err = <-ended
		}
	}
	// What the command left behind in its group would fight with the next one over
	// sockets. The group's number is taken while any member lives, so it is still ours
	// or nobody's.
	_ = syscall.Kill(group, syscall.SIGKILL)
	return err
}

// ChildEnv is the environment of every process that the bridge starts: the bridge's own
// without what is meant for the bridge alone (KALPANA_…), and with extra added.
func ChildEnv(environ []string, extra ...string) []string {
	env := make([]string, 0, len(environ)+len(extra))
	for _, e := range environ {
		if !strings.HasPrefix(e, "KALPANA_") {
			env = append(env, e)
		}
	}
	return append(env, extra...)
}
