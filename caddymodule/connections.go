package caddymodule

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/kalpana-dev/kalpana/internal/metrics"
	"github.com/kalpana-dev/kalpana/internal/ratelimit"
)

const (
	connectionsPerAddress = 1024
	// connectionsAtLeast is what everybody together may have even where the system allows
	// few files.
	connectionsAtLeast = 256
	refusalsToldEvery  = time.Minute
)

// ConnectionLimit is a listener wrapper that bounds how many connections one address has
// open at once, and all together, so that neither a flood nor a program that forgets to
// close takes the server from everybody else. What is over the limit is closed at once.
// Requests on connections that were let in cost nothing more. QUIC is not counted. Each
// address that the server listens at counts for itself, and goes on across reloads:
// connections outlive the configuration that let them in.
type ConnectionLimit struct {
	// PerAddress is for each IPv4 address and each /64 of IPv6. Default: 1024.
	PerAddress int `json:"per_address,omitempty"`
	// Total is for everybody together. Default: half of the files that the process may have
	// open, since a request to a workspace needs two.
	Total int `json:"total,omitempty"`
	// Exempt are the networks, in CIDR notation, that only Total counts for: this machine,
	// or the proxies in front, whose connections are those of many. Default: loopback.
	Exempt []string `json:"exempt,omitempty"`

	exempt    []netip.Prefix
	pooled    []string // the keys of what is held of connectionCounts
	listeners []*limitedListener
	reached   func(limit string)
	log       *slog.Logger
	told      atomic.Int64 // Unix nanoseconds of the last line in the log
}

// connectionCounts has a *connectionCount for each address listened at, for as long as any
// configuration does.
var connectionCounts = caddy.NewUsagePool()

// connectionCount is what is open at one address listened at. Limits are those of the
// configuration that accepts.
type connectionCount struct {
	by  *ratelimit.Slots
	all atomic.Int64
}

// Destruct does nothing: connections that are still open give back to it.
func (*connectionCount) Destruct() error { return nil }

// CaddyModule names the module.
func (*ConnectionLimit) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "caddy.listeners.connection_limit", New: func() caddy.Module { return new(ConnectionLimit) }}
}

// Provision reads the networks and finds the metrics, if the configuration has a kalpana block.
func (c *ConnectionLimit) Provision(ctx caddy.Context) error {
	c.log, c.reached = ctx.Slogger(), func(string) {}
	if app, err := ctx.AppIfConfigured("kalpana"); err == nil {
		c.reached = app.(*App).platform.Metrics().Limited
		app.(*App).drain.limits = append(app.(*App).drain.limits, c)
	} else if !errors.Is(err, caddy.ErrNotConfigured) {
		return err
	}
	if c.PerAddress == 0 {
		c.PerAddress = connectionsPerAddress
	}
	if c.Total == 0 {
		c.Total = connectionsAtLeast
		var files syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil {
			c.Total = int(max(connectionsAtLeast, min(files.Cur/2, 1<<30)))
		}
	}
	if c.PerAddress < 0 || c.Total < 0 {
		return fmt.Errorf("connection_limit: %d per address and %d in all: neither may be negative", c.PerAddress, c.Total)
	}
	if c.Exempt == nil {
		c.Exempt = []string{"127.0.0.0/8", "::1/128"}
	}
	for _, text := range c.Exempt {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return fmt.Errorf("connection_limit: exempt %q is no network such as 10.0.0.0/8: %w", text, err)
		}
		c.exempt = append(c.exempt, p)
	}
	return nil
}

// Cleanup lets go of the counts, which the next configuration holds already.
func (c *ConnectionLimit) Cleanup() error {
	var failed error
	for _, key := range c.pooled {
		if _, err := connectionCounts.Delete(key); err != nil {
			failed = errors.Join(failed, fmt.Errorf("connection_limit: let go of the count of %s: %w", key, err))
		}
	}
	c.pooled = nil
	return failed
}

// UnmarshalCaddyfile reads
//
//	connection_limit [<per address>] {
//		total  <number>
//		exempt <network>...
//	}
func (c *ConnectionLimit) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	number := func(to *int) error {
		n, err := strconv.Atoi(d.Val())
		if err != nil || n < 1 {
			return d.Errf("%q must be a whole number, 1 or more", d.Val())
		}
		*to = n
		return nil
	}
	if d.NextArg() {
		if err := number(&c.PerAddress); err != nil {
			return err
		}
	}
	if d.NextArg() {
		return d.ArgErr()
	}
	for d.NextBlock(0) {
		switch d.Val() {
		case "total":
			if !d.NextArg() {
				return d.ArgErr()
			}
			if err := number(&c.Total); err != nil {
				return err
			}
		case "exempt":
			c.Exempt = append(c.Exempt, d.RemainingArgs()...)
		default:
			return d.Errf("%q is no option of connection_limit", d.Val())
		}
	}
	return nil
}

// WrapListener returns l with the limit before it.
func (c *ConnectionLimit) WrapListener(l net.Listener) net.Listener {
	key := l.Addr().Network() + "/" + l.Addr().String()
	count := &connectionCount{by: ratelimit.NewSlots(c.PerAddress)}
	if pooled, _, err := connectionCounts.LoadOrNew(key, func() (caddy.Destructor, error) { return count, nil }); err == nil {
		count = pooled.(*connectionCount)
		c.pooled = append(c.pooled, key)
	}
	limited := &limitedListener{Listener: l, limit: c, count: count}
	c.listeners = append(c.listeners, limited)
	return limited
}

// stopListening leaves new connections to the next configuration; those that wait are still
// let in.
func (c *ConnectionLimit) stopListening() {
	for _, l := range c.listeners {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			c.log.Warn("a listener did not close", "address", l.Addr().String(), "err", err)
		}
	}
}

type limitedListener struct {
	net.Listener
	limit *ConnectionLimit
	count *connectionCount
	queue listenQueue
	ended sync.Once // Caddy counts how often its listeners are closed
}

// Close lets Accept return what waited, and then net.ErrClosed.
func (l *limitedListener) Close() error {
	err := net.ErrClosed
	l.ended.Do(func() { err = l.queue.close(l.Listener) })
	return err
}

func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			if conn = l.queue.next(); conn == nil {
				return nil, err
			}
		}
		if counted, ok := l.limit.take(conn, l.count); ok {
			return counted, nil
		}
	}
}

// take counts a connection until it is closed, or closes it.
func (c *ConnectionLimit) take(conn net.Conn, of *connectionCount) (net.Conn, bool) {
	key, counts := c.counts(conn.RemoteAddr())
	if of.all.Add(1) > int64(c.Total) || counts && !of.by.TakeUpTo(key, c.PerAddress) {
		of.all.Add(-1)
		c.refuse(conn)
		return nil, false
	}
	n := &counted{of: of, key: key, counts: counts}
	if tcp, ok := conn.(*net.TCPConn); ok { // keeps what only such a one can do
		return &countedTCP{TCPConn: tcp, counted: n}, true
	}
	return &countedConn{conn, n}, true
}

// counts says by what a connection counts, and whether the limit of addresses is for it.
func (c *ConnectionLimit) counts(from net.Addr) (ratelimit.Key, bool) {
	tcp, ok := from.(*net.TCPAddr)
	if !ok {
		return ratelimit.Key{}, false // a Unix socket, say
	}
	a := tcp.AddrPort().Addr().Unmap()
	for _, p := range c.exempt {
		if p.Contains(a.WithZone("")) {
			return ratelimit.Key{}, false
		}
	}
	return ratelimit.AddressOf(a), true
}

func (c *ConnectionLimit) refuse(conn net.Conn) {
	c.reached(metrics.LimitConnections)
	if now, last := time.Now().UnixNano(), c.told.Load(); now-last > int64(refusalsToldEvery) && c.told.CompareAndSwap(last, now) {
		c.log.Warn("connections are refused: their address, or everybody together, has as many as allowed", "from", conn.RemoteAddr().String(), "per_address", c.PerAddress, "total", c.Total, "setting", "KALPANA_CONNECTIONS_PER_ADDRESS")
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0) // nothing of it stays behind
	}
	conn.Close()
}

// counted gives back what a connection was counted as, once.
type counted struct {
	of     *connectionCount
	key    ratelimit.Key
	counts bool
	closed atomic.Bool
}

func (n *counted) end() {
	if !n.closed.CompareAndSwap(false, true) {
		return
	}
	n.of.all.Add(-1)
	if n.counts {
		n.of.by.Give(n.key)
	}
}

type countedTCP struct {
	*net.TCPConn
	gathers
	counted *counted
}

func (c *countedTCP) Write(p []byte) (int, error) {
	if g := c.state.Load(); g != nil {
		return g.write(c.TCPConn, p)
	}
	return c.TCPConn.Write(p)
}

func (c *countedTCP) Close() error {
	defer c.counted.end()
	return c.TCPConn.Close()
}

type countedConn struct {
	net.Conn
	counted *counted
}

func (c *countedConn) Close() error {
	defer c.counted.end()
	return c.Conn.Close()
}

var (
	_ caddy.ListenerWrapper = (*ConnectionLimit)(nil)
	_ caddy.Provisioner     = (*ConnectionLimit)(nil)
	_ caddy.CleanerUpper    = (*ConnectionLimit)(nil)
	_ caddyfile.Unmarshaler = (*ConnectionLimit)(nil)
)
