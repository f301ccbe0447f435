package process

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// maxEnded is how many processes that ended are listed; the protocol promises it.
	maxEnded = 32
	// endedFor is how long the output of a process that ended is kept: time to come back
	// to it after a lost connection.
	endedFor = 10 * time.Minute
	// endedBytes bounds the output kept of all that ended: a small workspace has few
	// hundred megabytes for everything.
	endedBytes = 8 << 20
	// closeGrace is how long processes may take to end when the bridge does; Docker kills
	// everything ten seconds after it asked.
	closeGrace = 2 * time.Second
)

// Runner starts processes and awaits them: a supervisor.Children, which reaps orphans as well
// and must tell them from its own.
type Runner interface {
	Start(*exec.Cmd) error
	// Wait is called once for every process started.
	Wait(*exec.Cmd) error
}

// Options are what New needs. All are required unless they have a default.
type Options struct {
	// Root is the workspace folder, opened by its absolute path. The caller closes it,
	// after Close.
	Root *os.Root
	Run  Runner
	// Env is the environment of every process; variables KALPANA_… are left out.
	Env []string
	// Extend returns the environment of a process that starts, made of Env: with what the
	// workspace has besides. Default: Env as it is.
	Extend func(env []string) []string
	// Now tells the time that is reported. Default: time.Now.
	Now func() time.Time
	Log *slog.Logger
	// MemoryEvents is the memory.events file of the container's control group. Default:
	// that of cgroup v2 in a container.
	MemoryEvents string
}

// Processes are the commands and terminals of one workspace. Safe for concurrent use.
type Processes struct {
	root         *os.Root
	escapes      error // what root says of paths that lead out
	run          Runner
	env          []string
	extend       func([]string) []string
	now          func() time.Time
	log          *slog.Logger
	memoryEvents string

	// prefix begins all ids. It is random, so that an id from before the workspace was
	// started anew names nothing.
	prefix string
	// life ends at Close.
	life context.Context
	stop context.CancelFunc
	// tasks are all goroutines.
	tasks sync.WaitGroup
	// commandUsed and terminalUsed are for Activity.
	commandUsed, terminalUsed clock

	// mu guards all below. A process's mu may be taken under it, never the other way.
	mu      sync.Mutex
	closed  bool
	count   int // of processes ever, for ids
	running int // including those that are being started
	// listed are those that run and those in gone, oldest first.
	listed []*process
	// gone are the latest that ended, by their end.
	gone []*process
	// read are those with readers, which left-over children may keep long after the end.
	read map[*process]struct{}
}

// New returns a Processes without processes. The caller must call Close.
func New(o Options) *Processes {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Extend == nil {
		o.Extend = func(env []string) []string { return env }
	}
	if o.MemoryEvents == "" {
		o.MemoryEvents = memoryEvents
	}
	life, stop := context.WithCancel(context.Background())
	return &Processes{
		root: o.Root, escapes: escapeError(o.Root), run: o.Run, env: baseEnv(o.Env), extend: o.Extend, now: o.Now, log: o.Log, memoryEvents: o.MemoryEvents,
		prefix: strings.ToLower(rand.Text()[:6]) + "-", life: life, stop: stop, read: make(map[*process]struct{}),
	}
}

// reserve makes room for one more process, of which Close waits from now on, and returns
// its id. The caller must call started, or release if it does not start.
func (ps *Processes) reserve() (id string, err error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.closed {
		return "", bridge.Errorf(bridge.CodeCannotStart, "the workspace is being stopped")
	}
	if ps.running >= bridge.MaxProcesses {
		return "", bridge.Errorf(bridge.CodeTooManyProcesses, "%d commands and terminals are running; end one first (listProcesses, signalProcess)", bridge.MaxProcesses)
	}
	ps.running++
	ps.count++
	ps.tasks.Add(1)
	return fmt.Sprint(ps.prefix, ps.count), nil
}

// release gives back what reserve did.
func (ps *Processes) release() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.running--
	ps.tasks.Done()
}

// started lists p and starts its goroutines.
func (ps *Processes) started(p *process) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.listed = append(ps.listed, p)
	ps.read[p] = struct{}{}
	var readers sync.WaitGroup
	for i, f := range p.outputs {
		readers.Go((&reader{p: p, f: f, stream: stream(i), unsettled: true, left: -1}).run)
	}
	ps.tasks.Go(func() {
		readers.Wait()
		ps.mu.Lock()
		defer ps.mu.Unlock()
		delete(ps.read, p)
	})
	go func() {
		defer ps.tasks.Done() // counted by reserve
		ps.await(p)
	}()
}

// end moves p to those that ended. When somebody learns of the end, it has been moved.
func (ps *Processes) end(p *process) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p.end()
	ps.running--
	ps.gone = append(ps.gone, p)
	if len(ps.gone) > maxEnded {
		oldest := ps.gone[0]
		ps.gone = slices.Delete(ps.gone, 0, 1)
		ps.listed = slices.DeleteFunc(ps.listed, func(q *process) bool { return q == oldest })
		oldest.forget()
	}
	ps.sweep()
}

// sweep drops output that is too old or too much. ps.mu must be held.
func (ps *Processes) sweep() {
	var bytes int
	for _, p := range slices.Backward(ps.gone) { // latest first
		bytes += p.heldBytes()
		if bytes > endedBytes || ps.now().Sub(p.endedAt) >= endedFor {
			bytes -= p.dropOutput()
		}
	}
}

// find returns the process with this id.
func (ps *Processes) find(id string) (*process, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.sweep()
	for _, p := range ps.listed {
		if p.id == id {
			return p, nil
		}
	}
	return nil, bridge.Errorf(bridge.CodeNoProcess, "there is no process %q; it may have ended long ago, or before the workspace was last started (see listProcesses)", clip(id, 64))
}

// List returns the processes that run and the latest 32 that ended.
func (ps *Processes) List() bridge.ProcessList {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.sweep()
	list := bridge.ProcessList{Processes: make([]bridge.Process, 0, len(ps.listed))}
	for _, p := range ps.listed {
		list.Processes = append(list.Processes, p.info())
	}
	return list
}

// Activity returns when a command and a terminal were in use last, and how many of each
// run; see bridge.Activity.
func (ps *Processes) Activity() (commandAt time.Time, commands int, terminalAt time.Time, terminals int) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.sweep()
	for _, p := range ps.listed {
		if p.ended() {
			continue
		}
		if p.terminal {
			terminals++
		} else {
			commands++
		}
		if p.inUse() {
			p.usedAt.set(ps.now())
		}
	}
	return ps.commandUsed.time(), commands, ps.terminalUsed.time(), terminals
}

// goUnlessClosed starts f as a goroutine that Close waits for; false if it is too late.
func (ps *Processes) goUnlessClosed(f func()) bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if !ps.closed {
		ps.tasks.Go(f)
	}
	return !ps.closed
}

// Close ends all processes and what they left behind, politely until ctx ends, and waits
// for them. New ones are refused. Requests that are running end as their processes do.
func (ps *Processes) Close(ctx context.Context) {
	ps.mu.Lock()
	ps.closed = true
	ps.mu.Unlock()
	ps.stop()
	done := make(chan struct{})
	go func() { defer close(done); ps.tasks.Wait() }()
	// Again and again: one may have been about to start.
	for grace := closeGrace; ; grace = 0 {
		ps.endAll(ctx, grace)
		select {
		case <-done:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// endAll ends what there is, and stops reading what nobody could be found to write.
func (ps *Processes) endAll(ctx context.Context, grace time.Duration) {
	ps.mu.Lock()
	running, read := slices.Clone(ps.listed), slices.Collect(maps.Keys(ps.read))
	ps.mu.Unlock()
	var ends sync.WaitGroup
	for _, p := range running {
		p.unhold()
		if !p.ended() {
			ends.Go(func() { p.tree.end(ctx, grace) })
		}
	}
	// What all processes left, also those that are forgotten.
	left := tree{mark: []byte(markName + "=" + ps.prefix), polite: []syscall.Signal{unix.SIGTERM, unix.SIGCONT}, known: make(map[int]uint64)}
	ends.Go(func() { left.end(ctx, grace) })
	ends.Wait()
	for _, p := range read {
		for _, f := range p.outputs {
			_ = f.Close()
		}
	}
}
