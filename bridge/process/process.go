package process

import (
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// process is a command or a terminal, from its start until it is forgotten.
type process struct {
	id          string
	command     string
	description string
	terminal    bool
	startedAt   time.Time
	now         func() time.Time
	// usedAt is when one of its kind was in use last.
	usedAt *clock

	cmd     *exec.Cmd
	pid     int
	tree    *tree
	ooms    int64 // kills for want of memory in the workspace before it started, -1 if unknown
	outputs []*os.File
	input   *input   // nil if it takes none
	master  *os.File // of a terminal
	// done is closed when it has ended and what it wrote itself is in out.
	done chan struct{}

	// mu guards all below. It is never held across I/O.
	mu sync.Mutex
	// changed is closed when anything below changes; nil if nobody waits.
	changed chan struct{}
	out     ring
	// head is the beginning of the output, as long as the answer that holds it is due.
	head    []byte
	answers bool
	// held keeps the readers from overwriting what is after heldAt.
	held   bool
	heldAt int64
	// viewers are those attached.
	viewers    int
	background bool
	cancelled  bool
	exited     bool // it is reaped; its output may not be read to the end
	unsettled  int  // readers that may still find what it wrote before it exited
	endedAt    time.Time
	exit       exit
	left       []int
	forgotten  bool
}

// wait returns a channel that is closed at the next change. mu must be held.
func (p *process) wait() <-chan struct{} {
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return p.changed
}

// notify wakes all that wait. mu must be held.
func (p *process) notify() {
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// write puts output into the ring. It blocks while a viewer holds the ring and is a whole
// ring behind.
func (p *process) write(s stream, data []byte) {
	if len(data) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.held && !p.out.room(len(data), p.heldAt) {
		changed := p.wait()
		p.mu.Unlock()
		<-changed
		p.mu.Lock()
	}
	if p.answers {
		p.head = append(p.head, data[:min(len(data), bridge.MaxOutputBytes/2-len(p.head))]...)
	}
	if p.forgotten && !p.answers {
		p.out.skip(len(data))
	} else {
		p.out.write(s, data)
	}
	if p.terminal || p.background || p.ended() {
		p.usedAt.set(p.now())
	}
	p.notify()
}

// ended reports whether done is closed.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// end notes that p has ended and that its output is read.
func (p *process) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endedAt = p.now()
	p.usedAt.set(p.endedAt)
	close(p.done)
	p.out.shrink()
	p.notify()
}

// toBackground lets a command go on without the request that started it, unless it has
// ended or the request was cancelled before.
func (p *process) toBackground() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancelled || p.ended() {
		return
	}
	p.background, p.held = true, false
	p.usedAt.set(p.now())
	p.notify()
}

// cancel reports whether the command is to be ended because its request is: it is not
// if it runs in the background or has ended.
func (p *process) cancel() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.background || p.ended() {
		return false
	}
	p.cancelled, p.held = true, false
	p.notify()
	return true
}

func (p *process) wasCancelled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cancelled
}

// unhold lets the readers go on, whoever is behind.
func (p *process) unhold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = false
	p.notify()
}

// inUse reports whether p counts as used just now; see bridge.Activity.
func (p *process) inUse() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal {
		return p.viewers > 0
	}
	return !p.background
}

// answered frees what was kept for the answer to the request that started p.
func (p *process) answered() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held, p.answers, p.head = false, false, nil
	if p.forgotten {
		p.out.drop()
	}
	p.notify()
}

// forget drops the output of a process that ended and is no longer listed. What its
// left-over children write is read on, and thrown away: a closed pipe would end them.
func (p *process) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forgotten = true
	if !p.answers {
		p.out.drop()
	}
	p.notify()
}

// dropOutput frees the output of an ended process, unless an answer with it is due, and
// returns how many bytes that were.
func (p *process) dropOutput() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answers {
		return 0
	}
	n := p.out.held()
	p.out.drop()
	return n
}

func (p *process) heldBytes() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.held()
}

// info describes p.
func (p *process) info() bridge.Process {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := bridge.Process{
		ProcessID: p.id, PID: p.pid, Command: p.command, Description: p.description, Terminal: p.terminal,
		Background: p.background, Running: !p.ended(), StartedAt: p.startedAt, OutputBytes: p.out.end,
	}
	if !i.Running {
		code, at := p.exit.code, p.endedAt
		i.ExitCode, i.Signal, i.EndedAt = &code, p.exit.signal, &at
	}
	return i
}

// result answers the request that started p, of which answers must still be set.
func (p *process) result() bridge.CommandResult {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := bridge.CommandResult{ProcessID: p.id, Running: !p.ended()}
	r.Output, r.OmittedBytes = excerpt(&p.out, p.head)
	until := p.now()
	if !r.Running {
		code := p.exit.code
		r.ExitCode, r.Signal, r.Left, until = &code, p.exit.signal, slices.Clone(p.left), p.endedAt
	}
	r.DurationMillis = until.Sub(p.startedAt).Milliseconds()
	return r
}

// clock holds the latest of the times it is set to. The zero value holds none.
type clock struct{ nanos atomic.Int64 }

func (c *clock) set(t time.Time) {
	for n := t.UnixNano(); ; {
		old := c.nanos.Load()
		if old >= n || c.nanos.CompareAndSwap(old, n) {
			return
		}
	}
}

// time is zero if the clock was never set.
func (c *clock) time() time.Time {
	if n := c.nanos.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}
