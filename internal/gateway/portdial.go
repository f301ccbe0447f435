package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// Why there is no connection to a port inside a workspace.
var (
	errPortClosed     = errors.New("nothing listens on the port")
	errPortForbidden  = errors.New("the bridge does not forward the port")
	errTooManyTunnels = errors.New("too many connections to ports of the workspace")
	// errNoTunnel: any of these, or no bridge that answers. Without it the fault is the program's.
	errNoTunnel = errors.New("no tunnel")
)

const (
	// tunnelTimeout is longer than a bridge tries to reach a program that does not answer.
	tunnelTimeout = 10 * time.Second
	// maxTunnelHead is for an answer of the bridge's own, which has some 100 bytes.
	maxTunnelHead = 8 << 10
	// idlePerPort connections are kept, more than browsers open to one host.
	idlePerPort = 32
	// idlePorts is how long: Node closes unused ones after five seconds, and a request
	// sent at that very moment would be lost. A new one costs half a millisecond.
	idlePorts = 4 * time.Second
)

// dialPort connects to a program through the bridge of its workspace; address is the pool
// of a portUpstream. The workspace's key goes to the bridge and no further.
func (p *proxy) dialPort(ctx context.Context, address string) (net.Conn, error) {
	tunnel, err := p.tunnelTo(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("%w to %s: %w", errNoTunnel, address, err)
	}
	return tunnel, nil
}

func (p *proxy) tunnelTo(ctx context.Context, address string) (net.Conn, error) {
	route, inside, err := p.portTarget(address)
	if err != nil {
		return nil, err
	}
	conn, err := p.dialWorkspace(ctx, address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	tunnel, err := openTunnel(conn, inside, route.key)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return tunnel, nil
}

// portTarget finds the workspace of a pool, if it is still the one that the pool is for.
func (p *proxy) portTarget(address string) (route *Route, inside string, err error) {
	pool, agentPort, _ := strings.Cut(address, ":")
	if route, err = p.routeOf(address); err == nil && strconv.Itoa(route.AgentPort) != agentPort {
		err = errRestarted
	}
	return route, pool[strings.LastIndexByte(pool, '.')+1:], err
}

// openTunnel makes a connection to a bridge one to a port inside.
func openTunnel(conn net.Conn, inside, key string) (net.Conn, error) {
	conn.SetDeadline(time.Now().Add(tunnelTimeout))
	head := "GET /tcp/" + inside + " HTTP/1.1\r\nHost: bridge\r\nConnection: Upgrade\r\nUpgrade: " + bridge.TunnelProtocol + "\r\n" + keyHeader + ": " + key + "\r\n\r\n"
	if _, err := io.WriteString(conn, head); err != nil {
		return nil, err
	}
	buf := bufio.NewReaderSize(io.LimitReader(conn, maxTunnelHead), 1<<10)
	resp, err := http.ReadResponse(buf, nil)
	if err != nil {
		return nil, fmt.Errorf("read the bridge's answer: %w", err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return nil, tunnelError(resp)
	}
	if !hasToken(resp.Header["Upgrade"], bridge.TunnelProtocol) {
		return nil, errors.New("the bridge switched to another protocol")
	}
	conn.SetDeadline(time.Time{})
	return &portConn{Conn: conn, early: buffered(buf)}, nil
}

// tunnelError is what an answer other than a switch means.
func tunnelError(resp *http.Response) error {
	switch code := bridgeCode(resp); code {
	case bridge.CodePortClosed:
		return errPortClosed
	case bridge.CodePortForbidden:
		return errPortForbidden
	case bridge.CodeTooManyTunnels:
		return errTooManyTunnels
	case bridge.CodeUnauthorized:
		return errWrongWorkspace
	default:
		return fmt.Errorf("the bridge answers %d", resp.StatusCode)
	}
}

// portConn is a connection to a program inside.
type portConn struct {
	net.Conn
	early []byte // what came with the bridge's answer
}

func (c *portConn) Read(p []byte) (int, error) {
	if len(c.early) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.early)
	c.early = c.early[n:]
	return n, nil
}

// portAnswers reports whether something listens on a port of a running workspace.
func (p *proxy) portAnswers(ctx context.Context, route *Route, inside int) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := p.dialPort(ctx, route.portUpstream(inside).pool)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// SyscallConn is that of the connection below. What is held here is less than a reader takes
// at once, so that it is gone by the time somebody asks whether anything waits.
func (c *portConn) SyscallConn() (syscall.RawConn, error) {
	s, ok := c.Conn.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return s.SyscallConn()
}
