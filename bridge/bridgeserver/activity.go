package bridgeserver

import (
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// activity tells what keeps the workspace in use.
func (s *Server) activity(w http.ResponseWriter, _ *http.Request) {
	var a bridge.Activity
	a.TrafficAt, a.TrafficBytes = s.editor.traffic.read()
	at, n := s.ports.Traffic()
	if at.After(a.TrafficAt) {
		a.TrafficAt = at
	}
	a.TrafficBytes += n
	a.CommandAt, a.Commands, a.TerminalAt, a.Terminals = s.processes.Activity()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(encode(a), '\n'))
}

// traffic counts bytes. The zero value is ready; safe for concurrent use.
type traffic struct {
	bytes atomic.Int64
	at    atomic.Int64 // Unix nanoseconds; 0 = never
}

func (t *traffic) add(n int) {
	if n > 0 {
		t.bytes.Add(int64(n))
		t.at.Store(time.Now().UnixNano())
	}
}

func (t *traffic) read() (at time.Time, bytes int64) {
	if n := t.at.Load(); n != 0 {
		at = time.Unix(0, n).UTC()
	}
	return at, t.bytes.Load()
}

// countedConn tells traffic what passes through a connection.
type countedConn struct {
	net.Conn
	traffic *traffic
}

func (c countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.traffic.add(n)
	return n, err
}

func (c countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.traffic.add(n)
	return n, err
}
