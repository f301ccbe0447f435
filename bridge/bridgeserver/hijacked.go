package bridgeserver

import (
	"bufio"
	"net"
	"net/http"
	"time"
)

// closeGrace is how long a client may take to answer a close.
const closeGrace = 2 * time.Second

// hijacked remembers the connection that the WebSocket library takes over, whose own
// closing waits for as long as a client likes that announces a long message and sends none.
type hijacked struct {
	http.ResponseWriter
	conn net.Conn
}

// Hijack is for the library.
func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.conn = conn
	return conn, rw, err
}

// hurry bounds all that still happens on the connection.
func (h *hijacked) hurry() { _ = h.conn.SetDeadline(time.Now().Add(closeGrace)) }
