package process

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// memoryEvents is where the kernel counts, for the whole container, what it killed for
// want of memory.
const memoryEvents = "/sys/fs/cgroup/memory.events"

// exit is how a process ended.
type exit struct {
	code   int
	signal string // empty if none ended it
}

// await waits for p, which launch started, to exit, and for its output to be read.
func (ps *Processes) await(p *process) {
	if err := ps.run.Wait(p.cmd); p.cmd.ProcessState == nil {
		ps.log.Error("wait for a process", "process", p.id, "err", err)
	}
	e := exitOf(p.cmd.ProcessState)
	e.explain(p.tree.killed.Load(), p.ooms, ps.oomKills())
	if p.input != nil && !p.terminal {
		p.input.close() // wakes a writer whom a left-over child would keep waiting
	}
	left := p.tree.exited()

	p.mu.Lock()
	p.exited, p.exit, p.left = true, e, left
	p.mu.Unlock()
	for _, f := range p.outputs {
		_ = f.SetReadDeadline(time.Unix(1, 0)) // wakes its reader, which then sees exited
	}

	p.mu.Lock()
	for p.unsettled > 0 {
		changed := p.wait()
		p.mu.Unlock()
		<-changed
		p.mu.Lock()
	}
	p.mu.Unlock()
	ps.end(p)
}

// exitOf reads the state; nil counts as code -1.
func exitOf(state *os.ProcessState) exit {
	if state == nil {
		return exit{code: -1}
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exit{code: 128 + int(status.Signal()), signal: strings.TrimPrefix(unix.SignalName(status.Signal()), "SIG")}
	}
	return exit{code: state.ExitCode()}
}

// explain tells a kill by the kernel for want of memory from one by the bridge (killed) or by
// another process. before and after are what oomKills returned.
func (e *exit) explain(killed bool, before, after int64) {
	const byKill = 128 + int(unix.SIGKILL) // also what a shell returns whose child was killed
	switch {
	case e.code != byKill || killed:
	case before >= 0 && after > before:
		e.signal = "KILL (the workspace is out of memory)"
	case e.signal != "" && (before < 0 || after < 0):
		e.signal = "KILL (not by request; perhaps the workspace is out of memory)"
	}
}

// oomKills is how many processes of the container the kernel has killed for want of
// memory, -1 if it does not tell.
func (ps *Processes) oomKills() int64 {
	data, err := os.ReadFile(ps.memoryEvents)
	if err != nil {
		return -1
	}
	for line := range bytes.Lines(data) {
		if count, ok := bytes.CutPrefix(line, []byte("oom_kill ")); ok {
			if n, err := strconv.ParseInt(string(bytes.TrimSpace(count)), 10, 64); err == nil {
				return n
			}
		}
	}
	return -1
}
