package supervisor

import (
	"context"
	"errors"
	"os/exec"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Children starts the bridge's own processes and reaps everybody else's orphans, which
// the kernel hands to PID 1. Safe for concurrent use; use one per process.
type Children struct {
	// mu is held while a process is started, so that the reaper never sees a child
	// that is the bridge's own and not yet in own. Guards own.
	mu sync.Mutex
	// own counts instead of noting: the kernel may give a number away again between
	// the moment a process is reaped and the moment Wait notes it.
	own  map[int]int
	kick chan struct{}
}

// NewChildren returns a Children without children.
func NewChildren() *Children {
	return &Children{own: make(map[int]int), kick: make(chan struct{}, 1)}
}

// Start starts cmd. The caller must call Wait, soon after the process ends at the latest:
// orphans that end later are not reaped before that.
func (c *Children) Start(cmd *exec.Cmd) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	c.own[cmd.Process.Pid]++
	return nil
}

// Wait waits for a process started by Start and returns what cmd.Wait does.
func (c *Children) Wait(cmd *exec.Cmd) error {
	err := cmd.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	pid := cmd.Process.Pid
	if c.own[pid]--; c.own[pid] <= 0 {
		delete(c.own, pid)
	}
	c.Kick()
	return err
}

// Kick makes Reap look for orphans that ended. Called for every SIGCHLD; never blocks.
func (c *Children) Kick() {
	select {
	case c.kick <- struct{}{}:
	default: // one is pending, and it will see this child as well
	}
}

// Reap buries orphans until ctx ends.
func (c *Children) Reap(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.kick:
			c.reapEnded()
		}
	}
}

// Gone waits until no child is left, orphans included; false if ctx ends first. Reap
// need not run meanwhile.
func (c *Children) Gone(ctx context.Context) bool {
	tick := time.NewTicker(20 * time.Millisecond) // as short as nobody notices at the end of a container
	defer tick.Stop()
	for {
		if c.reapEnded() {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

// reapEnded buries the orphans that ended and reports whether no child is left at all.
func (c *Children) reapEnded() (none bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		pid, err := endedChild()
		if errors.Is(err, unix.ECHILD) {
			return true
		}
		// A child of our own is its waiter's, and hides what ended after it; Wait kicks again.
		if err != nil || pid == 0 || c.own[pid] > 0 {
			return false
		}
		if _, err := unix.Wait4(pid, nil, unix.WNOHANG, nil); err != nil {
			return false
		}
	}
}

// endedChild returns a child that ended and leaves it unreaped; 0 if none did.
func endedChild() (int, error) {
	// What the kernel fills in for children; unix.Siginfo does not name these fields.
	var info struct {
		signo, errno, code, _ int32
		pid                   int32
		_                     [108]byte
	}
	for {
		err := unix.Waitid(unix.P_ALL, 0, (*unix.Siginfo)(unsafe.Pointer(&info)), unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return int(info.pid), err
		}
	}
}
