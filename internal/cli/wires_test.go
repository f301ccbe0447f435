package cli_test

import (
	"net"
	"sync"
)

// wires is a listener whose connections can be cut, or fall silent.
type wires struct {
	net.Listener
	mu    sync.Mutex
	conns []*wire
}

func (w *wires) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	if err != nil {
		return nil, err
	}
	made := &wire{Conn: c, closed: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns = append(w.conns, made)
	return made, nil
}

// cut closes all connections, as a network that breaks.
func (w *wires) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		_ = c.Close()
	}
}

// silence makes all connections pass nothing on any more, without an end.
func (w *wires) silence() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		c.mu.Lock()
		c.silent = true
		c.mu.Unlock()
	}
}

type wire struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
	mu     sync.Mutex
	silent bool
}

func (c *wire) Write(p []byte) (int, error) {
	c.mu.Lock()
	silent := c.silent
	c.mu.Unlock()
	if silent {
		<-c.closed
		return 0, net.ErrClosed
	}
	return c.Conn.Write(p)
}

func (c *wire) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
