package process

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// pieceBytes is the most output in one event or binary frame: no more than
// bridge.MaxFrameData, and six times as much as JSON fits bridge.MaxMessageBytes.
const pieceBytes = 32 << 10

// piece is output of one stream.
type piece struct {
	stream stream
	data   []byte // valid until the next piece is taken
	// from is the offset of data; dropped bytes before it are lost.
	from, dropped int64
}

// view is one reader of a process's output.
type view struct {
	pos int64
	// raw takes bytes as they are; else no character is cut.
	raw bool
	// limit is where to end; -1 while the process runs and that is not known.
	limit int64
	// foreground ends when the process is moved to the background, and holds the ring.
	foreground bool
	// over ends it; nil if time does not.
	over <-chan time.Time
}

// follow passes the output from v.pos on to send, until the process ends or v does. It
// returns send's error, or ctx's if that ends first.
func (p *process) follow(ctx context.Context, v *view, send func(piece) error) error {
	buf := make([]byte, pieceBytes)
	for {
		p.mu.Lock()
		ended := p.ended()
		if ended && v.limit < 0 {
			v.limit = p.out.end // left-over children may write on
		}
		if v.foreground && p.background || v.limit >= 0 && v.pos >= v.limit {
			p.mu.Unlock()
			return nil
		}
		out, ok := p.take(v, buf, ended)
		next := closed
		if !ok {
			next = p.wait()
		}
		p.mu.Unlock()

		if ok {
			if err := send(out); err != nil {
				return err
			}
			p.advance(v, out.from+int64(len(out.data)))
		} else if v.limit >= 0 {
			return nil // the rest is the beginning of a character
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		case <-v.over:
			return nil
		}
	}
}

// closed is a channel that is ready at once.
var closed = func() <-chan struct{} { c := make(chan struct{}); close(c); return c }()

// take copies the output at v.pos into buf. It is not ok if there is none, or only
// the beginning of a character, unless that is final. p.mu must be held.
func (p *process) take(v *view, buf []byte, final bool) (piece, bool) {
	out := piece{from: v.pos}
	if out.dropped = p.out.start - v.pos; out.dropped > 0 {
		out.from = p.out.start
	} else {
		out.dropped = 0
	}
	if v.limit >= 0 {
		buf = buf[:max(0, min(int64(len(buf)), v.limit-out.from))]
	}
	n := 0
	n, out.stream = p.out.read(buf, out.from)
	out.data = buf[:n]
	if v.raw {
		return out, n > 0 || out.dropped > 0
	}
	if out.dropped > 0 {
		skip := orphaned(out.data)
		out.from, out.dropped, out.data = out.from+int64(skip), out.dropped+int64(skip), out.data[skip:]
	}
	if cut := unfinished(out.data); cut < len(out.data) {
		out.data = out.data[:len(out.data)-cut]
	} else if end := out.from + int64(cut); cut > 0 && !final && (end == p.out.end || end == v.limit) {
		out.data = nil // its rest may still come
	}
	return out, len(out.data) > 0 || out.dropped > 0
}

// advance notes that v has passed on everything before pos.
func (p *process) advance(v *view, pos int64) {
	v.pos = pos
	if !v.foreground {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heldAt = pos
	p.notify()
}

// output is how an event tells of a piece.
func (p *process) output(out piece) bridge.Output {
	o := bridge.Output{Stream: "stdout", Encoding: bridge.EncodingUTF8, FromByte: out.from, Dropped: out.dropped}
	switch {
	case p.terminal:
		o.Stream = "terminal"
	case out.stream == stderr:
		o.Stream = "stderr"
	}
	if readable(out.data) {
		o.Data = string(out.data)
	} else {
		o.Data, o.Encoding = base64.StdEncoding.EncodeToString(out.data), bridge.EncodingBase64
	}
	return o
}
