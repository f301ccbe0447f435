package process

import (
	"context"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// markName is the variable that marks the environment of a command and of all that comes
// of it. Its name says nothing of the bridge, as programs see it.
const markName = "WORKSPACE_COMMAND_ID"

// tree is a process and all that came of it. Safe for concurrent use.
type tree struct {
	// mark is what is looked for in environments: a whole variable, or its beginning.
	mark []byte
	// leader is the process itself, which leads the session; 0 if there is none.
	leader int
	// born is when the leader started: whatever is older is no member.
	born uint64
	// polite are the signals that ask members to end.
	polite []syscall.Signal
	// killed is set when the bridge sends KILL.
	killed atomic.Bool

	// mu guards known and reaped.
	mu sync.Mutex
	// known are members seen before: they stay so when they clear their environment.
	known map[int]uint64
	// reaped: the leader's number may be somebody else's by now.
	reaped bool
}

// newTree returns the tree of a process that was just started and is not reaped.
func newTree(mark string, leader int, terminal bool) *tree {
	// A stopped process takes no signal before it is continued.
	t := &tree{mark: []byte(mark + "\x00"), leader: leader, polite: []syscall.Signal{unix.SIGTERM, unix.SIGCONT}, known: make(map[int]uint64)}
	if terminal {
		// Shells with a terminal ignore TERM, and tell their jobs when they are hung up.
		t.polite = []syscall.Signal{unix.SIGHUP, unix.SIGTERM, unix.SIGCONT}
	}
	if m, ok := stat(leader); ok {
		t.born = m.start
	}
	return t
}

// members looks for all members that live, in no order.
func (t *tree) members() []member {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.scan(!t.reaped)
}

// scan is members with t.mu held. bySession counts those in the leader's session.
func (t *tree) scan(bySession bool) []member {
	in := make(map[int]member)
	var others []member
	for _, m := range everything() {
		switch {
		case m.ended || m.start < t.born || m.pid == os.Getpid():
		case t.known[m.pid] == m.start, bySession && t.leader != 0 && m.session == t.leader, marked(m.pid, t.mark):
			in[m.pid] = m
		default:
			others = append(others, m)
		}
	}
	// Children of members, and theirs.
	for grown := true; grown; {
		grown = false
		others = slices.DeleteFunc(others, func(m member) bool {
			if _, ok := in[m.parent]; !ok {
				return false
			}
			in[m.pid], grown = m, true
			return true
		})
	}
	clear(t.known)
	for pid, m := range in {
		t.known[pid] = m.start
	}
	return slices.Collect(maps.Values(in))
}

// exited notes that the leader is reaped, and returns the numbers of those it left.
func (t *tree) exited() []int {
	t.mu.Lock()
	defer t.mu.Unlock()
	// Once more by session: nobody has taken its number in so short a time, and from now
	// on its members are known.
	var left []int
	for _, m := range t.scan(true) {
		left = append(left, m.pid)
	}
	t.reaped = true
	slices.Sort(left)
	return left
}

// signal sends s to all members and returns how many there are.
func (t *tree) signal(s syscall.Signal) int {
	if s == unix.SIGKILL {
		t.killed.Store(true)
	}
	members := t.members()
	// The whole group in one step: a process that forks at this moment does not slip through.
	// A group with a member is the leader's; without one its number may be anybody's.
	group := slices.ContainsFunc(members, func(m member) bool { return t.leader != 0 && m.group == t.leader && m.session == t.leader })
	if group {
		_ = syscall.Kill(-t.leader, s)
	}
	for _, m := range members {
		if !group || m.group != t.leader {
			m.signal(s)
		}
	}
	return len(members)
}

// killTime is how long the kernel may take to end what was killed; processes that wait for a
// device take longer, and nothing ends those.
const killTime = 400 * time.Millisecond

// end ends all members: politely, and by KILL when grace is over or ctx ends. It returns
// when none is left, false if some outlive that.
func (t *tree) end(ctx context.Context, grace time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	for _, s := range t.polite {
		if t.signal(s) == 0 {
			return true
		}
	}
	if t.gone(ctx, func() int { return len(t.members()) }) {
		return true
	}
	return t.kill()
}

// kill ends all members at once, and those that they start meanwhile.
func (t *tree) kill() bool {
	ctx, cancel := context.WithTimeout(context.Background(), killTime)
	defer cancel()
	return t.gone(ctx, func() int { return t.signal(unix.SIGKILL) })
}

// gone calls left until it returns 0; false if ctx ends first.
func (t *tree) gone(ctx context.Context, left func() int) bool {
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 80*time.Millisecond) {
		if left() == 0 {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(pause):
		}
	}
}
