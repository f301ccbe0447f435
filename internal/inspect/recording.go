package inspect

import (
	"sync/atomic"
	"time"
)

// Recording is one request that passes. Its methods may be called from several goroutines,
// those about one direction from one at a time; they do not block.
type Recording struct {
	in   *Inspector
	port *port
	// length is that of the request's body, -1 if it is not known.
	length int64

	// Bytes to and from the program; and whether as much is kept of them as will be.
	sent, received         atomic.Int64
	sentFull, receivedFull atomic.Bool

	// The rest is guarded by in.mu.
	x         Exchange
	size      int // what it is charged
	ended     bool
	dropped   bool
	published bool
}

// Sent tells of bytes of the request's body, or of a WebSocket, on their way to the program.
func (r *Recording) Sent(p []byte) {
	total := r.sent.Add(int64(len(p)))
	if r.sentFull.Load() && total != r.length {
		return
	}
	r.in.mu.Lock()
	defer r.in.mu.Unlock()
	r.keep(&r.x.RequestBody, &r.sentFull, p)
	if total == r.length {
		r.endRequest()
	}
}

// SentAll tells that the request's body has come to its end.
func (r *Recording) SentAll() {
	r.in.mu.Lock()
	defer r.in.mu.Unlock()
	r.endRequest()
}

func (r *Recording) endRequest() {
	r.x.RequestBody.Whole = !r.dropped && int64(len(r.x.RequestBody.Data)) == r.sent.Load()
}

// Answered tells what the program answers; open says that the answer goes on for as long as
// it likes, as a WebSocket and an event stream do.
func (r *Recording) Answered(status int, headers []Header, open bool) {
	r.in.mu.Lock()
	defer r.in.mu.Unlock()
	if r.dropped {
		return
	}
	kept, size, _ := keepHeaders(headers)
	r.x.Status, r.x.ResponseHeaders = status, kept
	r.in.charge(r, size)
	if open && !r.dropped {
		r.x.Open = true
		r.in.publish(r, r.in.now())
	}
}

// Received tells of bytes of the answer, or of a WebSocket, on their way to the visitor.
func (r *Recording) Received(p []byte) {
	r.received.Add(int64(len(p)))
	if r.receivedFull.Load() {
		return
	}
	r.in.mu.Lock()
	defer r.in.mu.Unlock()
	r.keep(&r.x.ResponseBody, &r.receivedFull, p)
}

// keep copies what is still wanted of a body. The frames of a WebSocket are not.
func (r *Recording) keep(b *Body, full *atomic.Bool, p []byte) {
	if r.dropped || r.x.Socket && r.x.Status == 101 {
		full.Store(true)
		return
	}
	n := min(len(p), MaxBody-len(b.Data))
	b.Data = append(b.Data, p[:n]...)
	if len(b.Data) == MaxBody {
		full.Store(true)
	}
	r.in.charge(r, n)
}

// End tells that all is over; status is what the visitor was answered, 0 if nothing.
// Calling it again does nothing.
func (r *Recording) End(status int) {
	r.in.mu.Lock()
	defer r.in.mu.Unlock()
	if r.ended || r.dropped {
		return
	}
	now := r.in.now()
	r.ended = true
	r.x.Open = false
	r.x.Status = status
	r.x.Took = now.Sub(r.x.Time)
	r.x.ResponseBody.Whole = int64(len(r.x.ResponseBody.Data)) == r.received.Load()
	r.in.publish(r, now)
}

// summary is what is known now.
func (r *Recording) summary(now time.Time) Summary {
	s := r.x.Summary
	s.RequestBytes, s.ResponseBytes = r.sent.Load(), r.received.Load()
	if !r.ended {
		s.Took = now.Sub(s.Time)
	}
	return s
}

func (r *Recording) exchange(now time.Time) Exchange {
	x := r.x
	x.Summary = r.summary(now)
	x.RequestBody.Bytes, x.ResponseBody.Bytes = x.RequestBytes, x.ResponseBytes
	return x
}

// Snapshot is the request as it is known now; false if it was let go of meanwhile.
func (r *Recording) Snapshot() (Exchange, bool) {
	r.in.mu.Lock()
	defer r.in.mu.Unlock()
	return r.exchange(r.in.now()), !r.dropped
}
