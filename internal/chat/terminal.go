package chat

import (
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/internal/redact"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

const (
	// terminalEvery is the least time between two pieces of a command's output.
	terminalEvery = 50 * time.Millisecond
	// terminalPiece is the most of it in one piece; of what comes faster the middle is lost
	// to those who watch, and not to the result.
	terminalPiece = 8 << 10
)

// terminal shows the output of a running command.
type terminal struct {
	t  *turn
	id string // of the call
	// clean redacts what comes in pieces: a secret may be in two of them.
	clean *redact.Stream

	mu      sync.Mutex
	held    []byte
	dropped bool
	seq     int
	last    time.Time
	timer   *time.Timer
	closed  bool
}

// terminal shows the output of a call; the caller closes it.
func (t *turn) terminal(callID string) *terminal {
	o := &terminal{t: t, id: callID}
	o.clean = t.redactor.Writer(o.add)
	return o
}

// write takes a piece of output. It is called by one goroutine at a time.
func (o *terminal) write(text string) { o.clean.WriteString(text) }

// add takes output that is redacted.
func (o *terminal) add(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.held) > terminalPiece { // keep the latest
		o.held, o.dropped = o.held[len(o.held)-terminalPiece/2:], true
	}
	o.held = append(o.held, text...)
	if o.timer == nil && !o.closed {
		o.timer = time.AfterFunc(max(0, terminalEvery-time.Since(o.last)), o.tick)
	}
}

func (o *terminal) tick() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.timer = nil
	if !o.closed {
		o.flush()
	}
}

// flush is called with o.mu held, so that pieces keep their order.
func (o *terminal) flush() {
	if len(o.held) == 0 {
		return
	}
	text := string(o.held)
	if o.dropped {
		text = "\n[…]\n" + text
	}
	o.held, o.dropped, o.last = nil, false, time.Now()
	o.seq++
	o.t.put(data(uistream.DataTerm, o.id, map[string]any{"toolCallId": o.id, "seq": o.seq, "text": text}))
}

// close shows the rest.
func (o *terminal) close() {
	o.clean.Flush()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	if o.timer != nil {
		o.timer.Stop()
	}
	o.flush()
}
