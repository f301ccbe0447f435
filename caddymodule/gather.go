package caddymodule

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

const (
	// heldAtMost is how long the head of an answer waits for its body.
	heldAtMost = time.Millisecond
	// heldSize is more than any head that is worth waiting with.
	heldSize = 2 << 10
)

// gathering is of a connection whose writes go out together where that is known to pay.
// Go's server writes an answer over HTTP/2 in two pieces even when all of it is there: the
// head, and at once, but from another goroutine, the body. Each is a system call here, a
// packet on the way, and a wake-up of the one who reads. So the head waits for the body.
//
// A write that was held has been reported as done. If it fails after all, the next one fails.
type gathering struct {
	mu       sync.Mutex
	expected bool // of two writes that are about to come, one has not come yet
	held     []byte
	late     *time.Timer   // sends what is held, if nothing comes
	patience time.Duration // 0 = heldAtMost
	failed   error
	// Of a write of two pieces.
	pieces [2][]byte
	both   net.Buffers
}

// expect says that two writes are about to come, and that the first may wait for the second.
func (g *gathering) expect() {
	g.mu.Lock()
	g.expected = true
	g.mu.Unlock()
}

func (g *gathering) write(c *net.TCPConn, p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failed != nil {
		return 0, g.failed
	}
	hold := g.expected && len(p) <= heldSize
	g.expected = false
	if len(g.held) == 0 {
		if !hold {
			return c.Write(p)
		}
		g.held = append(g.held, p...)
		patience := cmp.Or(g.patience, heldAtMost)
		if g.late == nil {
			g.late = time.AfterFunc(patience, func() { g.flush(c) })
		} else {
			g.late.Reset(patience)
		}
		return len(p), nil
	}
	g.late.Stop()
	before := int64(len(g.held))
	g.pieces = [2][]byte{g.held, p}
	g.both = g.pieces[:]
	n, err := g.both.WriteTo(c)
	g.pieces, g.held, g.failed = [2][]byte{}, g.held[:0], err
	return int(max(0, n-before)), err
}

// flush sends what has waited long enough.
func (g *gathering) flush(c *net.TCPConn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.held) > 0 {
		_, g.failed = c.Write(g.held)
		g.held = g.held[:0]
	}
}

// gathers is the part of a connection that may gather. It costs the others a look.
type gathers struct{ state atomic.Pointer[gathering] }

// expectTwo is told that the next write may wait for the one after it.
func (c *gathers) expectTwo() {
	g := c.state.Load()
	if g == nil {
		g = new(gathering)
		if !c.state.CompareAndSwap(nil, g) {
			g = c.state.Load()
		}
	}
	g.expect()
}

type connectionKey struct{}

// rememberConnections lets requests that come over TLS find the connection below it.
func rememberConnections(s *caddyhttp.Server) {
	s.RegisterConnContext(func(ctx context.Context, c net.Conn) context.Context {
		if secured, ok := c.(*tls.Conn); ok && ctx.Value(connectionKey{}) == nil {
			if below, ok := secured.NetConn().(*countedTCP); ok {
				return context.WithValue(ctx, connectionKey{}, below)
			}
		}
		return ctx
	})
}

// gatherAnswer says that the head and the body of the answer to r come right after each other.
func gatherAnswer(r *http.Request) {
	if c, ok := r.Context().Value(connectionKey{}).(*countedTCP); ok {
		c.expectTwo()
	}
}
