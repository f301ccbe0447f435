package bridgeserver

import (
	"context"
	"encoding/json"
	"errors"
	"runtime/debug"
	"sync"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
)

// request is one running request of a connection.
type request struct {
	id     string
	conn   *conn
	window int64
	ctx    context.Context
	cancel context.CancelFunc
	credit credit
	// held is how much of the connection's memory it has; its own goroutine's.
	held int64

	// mu orders events: their numbers have no gaps.
	mu  sync.Mutex
	seq int64
}

func newRequest(ctx context.Context, c *conn, req bridge.Request) *request {
	r := &request{id: req.ID, conn: c, window: min(req.Window, bridge.MaxWindow)}
	r.ctx, r.cancel = context.WithCancel(ctx)
	r.credit.left, r.credit.more = r.window, make(chan struct{}, 1)
	return r
}

// hold waits until the other requests of the connection leave this one n bytes of memory,
// until its answer is sent. Ask once, for all: two that each wait for their second half
// would wait for ever.
func (r *request) hold(n int64) error {
	if err := r.conn.work.Acquire(r.ctx, n); err != nil {
		return err
	}
	r.held += n
	return nil
}

// run does the work of one request and encodes what comes of it.
func (c *conn) run(r *request, op operation, req bridge.Request) (payload json.RawMessage, bad *bridge.Error) {
	defer func() {
		// One bad request must not end PID 1 and with it the workspace.
		if p := recover(); p != nil {
			c.server.log.Error("request panicked", "type", req.Type, "err", p, "stack", string(debug.Stack()))
			bad = internalError()
		}
	}()
	result, err := op.do(r, req.Payload)
	if err == nil {
		return encode(result), nil
	}
	if e, ok := errors.AsType[*bridge.Error](err); ok {
		return nil, e
	}
	if r.ctx.Err() != nil {
		return nil, bridge.Errorf(bridge.CodeCancelled, "the request was cancelled")
	}
	c.server.log.Error("request broke", "type", req.Type, "err", err)
	return nil, internalError()
}

func internalError() *bridge.Error {
	return bridge.Errorf(bridge.CodeInternal, "the bridge made a mistake; its log says more")
}

// emit sends an event. It waits while the client has given no room for more, and fails
// when the request is over.
func (r *request) emit(event string, payload any) error {
	body := encode(payload)
	if r.window > 0 {
		if err := r.credit.take(r.ctx, int64(len(body))); err != nil {
			return err
		}
	}
	return r.emitBody(event, body)
}

// emitFreely sends an event that is about the stream itself and costs no credit.
func (r *request) emitFreely(event string, payload any) error {
	return r.emitBody(event, encode(payload))
}

func (r *request) emitBody(event string, body json.RawMessage) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() != nil {
		return errEnded
	}
	r.seq++
	return r.conn.sendUnlessDone(encode(bridge.Event{ID: r.id, Event: event, Seq: r.seq, Payload: body}))
}

// sendUnlessDone sends for a request: not under the request's context, whose end must not
// cut a message off.
func (c *conn) sendUnlessDone(message []byte) error {
	return c.write(c.server.life, websocket.MessageText, message)
}

// credit is how many bytes may be sent before the receiver acknowledges some. The last
// message may exceed it: one that is larger than the whole window has to go, too.
type credit struct {
	mu   sync.Mutex
	left int64
	more chan struct{} // holds a value when left has grown
}

func (c *credit) add(n int64) {
	if n <= 0 {
		return
	}
	c.mu.Lock()
	c.left = min(c.left+n, bridge.MaxWindow)
	c.mu.Unlock()
	c.wake()
}

func (c *credit) wake() {
	select {
	case c.more <- struct{}{}:
	default: // one is pending
	}
}

// take waits for room and uses n bytes of it.
func (c *credit) take(ctx context.Context, n int64) error {
	for ctx.Err() == nil {
		c.mu.Lock()
		had := c.left > 0
		if had {
			c.left -= n
		}
		rest := c.left > 0
		c.mu.Unlock()
		if rest {
			c.wake() // for whoever else waits
		}
		if had {
			return nil
		}
		select {
		case <-c.more:
		case <-ctx.Done():
		}
	}
	return errEnded
}
