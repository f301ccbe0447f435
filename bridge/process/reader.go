package process

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// readBytes is the most that is read at a time: little, as two readers of each of
	// bridge.MaxProcesses processes hold as much; enough that a read costs little per byte.
	readBytes = 16 << 10
	// splitWait is how long the rest of a character is waited for, so that two streams
	// do not interrupt each other within one: long for a program that writes it in two
	// pieces, short for one that speaks a binary protocol.
	splitWait = 20 * time.Millisecond
	// quietWait is how long a stream must be silent after the process exited to count as
	// read to the end: the kernel passes a terminal's output on in its own time.
	quietWait = 50 * time.Millisecond
	// lastBytes bounds what is read of a terminal after the process exited before it
	// counts as read to the end: more than the kernel holds back.
	lastBytes = 64 << 10
)

// reader reads one stream of a process until no process has it open any more.
type reader struct {
	p      *process
	f      *os.File
	stream stream
	// unsettled until all that the process wrote before it exited is in the ring: after
	// that come only left-over children.
	unsettled bool
	// left is how much of that there may be still, counted down; -1 before it exited.
	left int
}

// run reads and closes the stream. A read that waits when the process exits is woken by
// a deadline in the past, which exit sets after it set exited.
func (r *reader) run() {
	defer r.settle()
	defer r.f.Close()
	var kept int // bytes of an unfinished character at the start of buf
	buf := make([]byte, readBytes)
	for {
		// In this order: clearing the deadline may undo a wake-up, which exited tells of.
		_ = r.f.SetReadDeadline(time.Time{})
		r.lookForExit()
		if r.left == 0 {
			r.p.write(r.stream, buf[:kept])
			kept = 0
			r.settle()
		}
		switch {
		case kept > 0:
			_ = r.f.SetReadDeadline(time.Now().Add(splitWait))
		case r.left > 0:
			_ = r.f.SetReadDeadline(time.Now().Add(quietWait))
		}
		n, err := r.f.Read(buf[kept:])
		if r.left > 0 {
			r.left = max(r.left-n, 0)
		}
		n += kept
		kept = 0
		if err == nil && r.left != 0 {
			kept = unfinished(buf[:n])
		}
		r.p.write(r.stream, buf[:n-kept])
		copy(buf, buf[n-kept:n])
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if r.left > 0 && unread(r.f) == 0 {
				r.left = 0
			}
		case err != nil: // the end of a pipe, EIO of a terminal, or Close
			return
		}
	}
}

// lookForExit notes how much is to be read until the reader is settled, once the process
// has exited. A left-over child may write without end meanwhile; what the process itself
// wrote to a pipe is in it already.
func (r *reader) lookForExit() {
	if r.left >= 0 || !r.p.hasExited() {
		return
	}
	if r.left = lastBytes; !r.p.terminal {
		r.left = unread(r.f)
	}
}

func (r *reader) settle() {
	if !r.unsettled {
		return
	}
	r.unsettled = false
	r.p.mu.Lock()
	defer r.p.mu.Unlock()
	r.p.unsettled--
	r.p.notify()
}

func (p *process) hasExited() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exited
}

// unread is how many bytes can be read from a pipe or terminal at once; 0 on error.
func unread(f *os.File) (n int) {
	conn, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	_ = conn.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	return n
}
