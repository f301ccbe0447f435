package ports

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// tunnelSubprotocol may be asked for; the messages are the same without it.
	tunnelSubprotocol = "kalpana.tcp.v1"
	// closeGrace is how long the other side may take to read a close frame and answer it.
	closeGrace = 2 * time.Second
)

// messages is a tunnel whose client speaks WebSocket.
type messages struct {
	ws      *websocket.Conn
	client  net.Conn // below ws
	program *net.TCPConn
	traffic *traffic
	half    atomic.Bool
}

// carryMessages makes the request a WebSocket and returns when the tunnel is over.
func (p *Ports) carryMessages(w http.ResponseWriter, r *http.Request, program *net.TCPConn) {
	defer program.Close()
	below := hijacked{ResponseWriter: w}
	ws, err := websocket.Accept(&below, r, &websocket.AcceptOptions{
		// The gateway checks Origin; whoever has the key is the gateway.
		InsecureSkipVerify: true,
		CompressionMode:    websocket.CompressionDisabled,
		Subprotocols:       []string{tunnelSubprotocol},
	})
	if err != nil {
		p.log.Debug("websocket handshake of a tunnel refused", "err", err)
		return
	}
	defer ws.CloseNow()
	ws.SetReadLimit(-1) // messages are passed on as they come and never held
	// Not the request's context: after Accept nothing ends that.
	ctx, cancel := context.WithCancel(p.life)
	defer cancel()
	m := &messages{ws: ws, client: below.conn, program: program, traffic: &p.traffic}
	defer context.AfterFunc(p.life, func() {
		program.Close()
		below.conn.Close()
	})()

	var down, pings = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(down)
		m.down(ctx)
	}()
	go func() {
		defer close(pings)
		m.keepAlive(ctx)
	}()
	m.up(ctx)
	program.Close()
	<-down
	cancel()
	<-pings
}

// up passes the client's messages on to the program, until the WebSocket ends.
func (m *messages) up(ctx context.Context) {
	for ended := false; ; {
		kind, body, err := m.ws.Reader(ctx)
		if err != nil {
			if websocket.CloseStatus(err) != websocket.StatusNormalClosure {
				reset(m.program)
			}
			return
		}
		if kind != websocket.MessageBinary {
			m.close(websocket.StatusUnsupportedData, "a tunnel takes binary messages")
			return
		}
		empty := true
		readErr, writeErr := pump(body, func(b []byte) error {
			empty = false
			if ended {
				return io.ErrClosedPipe
			}
			m.traffic.count(len(b))
			_, err := m.program.Write(b)
			return err
		})
		switch {
		case readErr != nil: // the next Reader says why
			continue
		case ended && !empty:
			m.close(websocket.StatusProtocolError, "bytes after the end of this direction")
			return
		case writeErr != nil:
			m.close(websocket.StatusGoingAway, "the program closed the connection")
			return
		case empty && !ended:
			ended = true
			m.program.CloseWrite()
			m.finish()
		}
	}
}

// down passes the program's bytes on to the client.
func (m *messages) down(ctx context.Context) {
	send := func(b []byte) error { return m.ws.Write(ctx, websocket.MessageBinary, b) }
	readErr, writeErr := pump(m.program, func(b []byte) error {
		m.traffic.count(len(b))
		if m.half.Load() {
			m.program.SetReadDeadline(time.Now().Add(halfOpenIdle))
		}
		return send(b)
	})
	if readErr != nil {
		m.close(websocket.StatusGoingAway, "the program broke the connection off")
		return
	}
	if writeErr != nil || send(nil) != nil {
		m.ws.CloseNow()
		return
	}
	m.finish()
}

// finish notes the end of one direction and closes the WebSocket with the second.
func (m *messages) finish() {
	if m.half.CompareAndSwap(false, true) {
		m.program.SetReadDeadline(time.Now().Add(halfOpenIdle))
		return
	}
	m.close(websocket.StatusNormalClosure, "")
}

// close says why. The library would wait longer than closeGrace for a client in the
// middle of a message.
func (m *messages) close(code websocket.StatusCode, reason string) {
	m.client.SetDeadline(time.Now().Add(closeGrace))
	m.ws.Close(code, reason)
}

// hijacked keeps hold of the connection that the WebSocket library takes over.
type hijacked struct {
	http.ResponseWriter
	conn net.Conn
}

// Hijack implements http.Hijacker.
func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buf, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.conn = conn
	return conn, buf, err
}

// keepAlive makes a silent tunnel look used to proxies on the way. An answer that does
// not come is no fault: it waits behind messages that the program does not take.
func (m *messages) keepAlive(ctx context.Context) {
	tick := time.NewTicker(bridge.PingInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		answer, cancel := context.WithTimeout(ctx, bridge.PingInterval)
		m.ws.Ping(answer)
		cancel()
	}
}
