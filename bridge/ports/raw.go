package ports

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// switching is the whole answer to a tunnel that is there.
const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + bridge.TunnelProtocol + "\r\n\r\n"

// halfOpenIdle is how long a tunnel of which one direction has ended may be silent. A
// gateway that hung up looks the same as one that has said all it had to say, and a
// program that never answers would keep the tunnel for ever.
const halfOpenIdle = 10 * time.Minute

// tunnel is a pair of connections that are one.
type tunnel struct {
	client, program net.Conn
	traffic         *traffic
	// half is set once a direction has ended; left counts those that have not.
	half atomic.Bool
	left atomic.Int32
}

// carryRaw takes the client's connection over and copies in goroutines of its own, so
// that the HTTP server's stack and buffers are free. It reports whether it did; then it
// calls end itself when all is over.
func (p *Ports) carryRaw(w http.ResponseWriter, program *net.TCPConn) (handedOver bool) {
	client, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		program.Close()
		p.log.Error("connection not taken over for a tunnel", "err", err)
		problem(w, http.StatusInternalServerError, bridge.CodeInternal, "the connection cannot be taken over")
		return false
	}
	client.SetDeadline(time.Time{}) // the server's limits end here
	early := buffered(buf.Reader)
	t := &tunnel{client: client, program: program, traffic: &p.traffic}
	t.left.Store(2)
	stop := context.AfterFunc(p.life, t.close)
	over := func() {
		if t.left.Add(-1) == 0 {
			stop()
			t.close()
			p.end()
		}
	}
	go func() {
		defer over()
		t.copy(client, program, nil)
	}()
	go func() {
		defer over()
		t.copy(program, client, early)
	}()
	return true
}

// copy carries one direction to its end, and passes that end on: a close as a close of
// this direction only, a reset as a reset of both.
func (t *tunnel) copy(to, from net.Conn, early []byte) {
	if to == t.client {
		early = []byte(switching)
	} else if len(early) > 0 {
		t.traffic.count(len(early))
	}
	if _, err := to.Write(early); err != nil {
		t.close()
		return
	}
	readErr, writeErr := pump(from, func(b []byte) error {
		t.traffic.count(len(b))
		if t.half.Load() {
			from.SetReadDeadline(time.Now().Add(halfOpenIdle))
		}
		_, err := to.Write(b)
		return err
	})
	if readErr != nil {
		reset(to)
	}
	if readErr != nil || writeErr != nil || closeWrite(to) != nil {
		t.close()
		return
	}
	t.half.Store(true)
	to.SetReadDeadline(time.Now().Add(halfOpenIdle))
}

func (t *tunnel) close() {
	t.client.Close()
	t.program.Close()
}

// reset makes Close say that the connection broke off, so that nobody takes half of an
// answer for a whole one.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
}

func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

// buffered copies what a reader holds already, so that it can go.
func buffered(r *bufio.Reader) []byte {
	b, err := r.Peek(r.Buffered())
	if err != nil {
		return nil
	}
	return bytes.Clone(b)
}
