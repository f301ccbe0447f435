package ports

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// dialTimeout is for a program that listens but takes no connection in: its queue is
// full. Whoever waits behind the gateway should learn of it while they still wait.
const dialTimeout = 5 * time.Second

// Tunnel answers GET /tcp/{port}: it becomes a connection to that port. Raw bytes follow
// an Upgrade to bridge.TunnelProtocol, binary messages one to "websocket". It asks
// nobody for a key.
func (p *Ports) Tunnel() http.Handler { return http.HandlerFunc(p.serveTunnel) }

func (p *Ports) serveTunnel(w http.ResponseWriter, r *http.Request) {
	port, ok := tunnelPort(r.URL.Path)
	if !ok {
		problem(w, http.StatusForbidden, bridge.CodePortForbidden, fmt.Sprintf("ports from %d to 65535 are forwarded, except %d and %d", bridge.MinPort, bridge.APIPort, bridge.EditorPort))
		return
	}
	raw := hasToken(r.Header["Upgrade"], bridge.TunnelProtocol)
	if r.Method != http.MethodGet || !raw && !hasToken(r.Header["Upgrade"], "websocket") {
		w.Header().Set("Upgrade", bridge.TunnelProtocol+", websocket")
		problem(w, http.StatusUpgradeRequired, bridge.CodeUpgradeRequired, "ask for Upgrade: "+bridge.TunnelProtocol+" or websocket with GET")
		return
	}
	if !p.begin() {
		problem(w, http.StatusServiceUnavailable, bridge.CodeTooManyTunnels, fmt.Sprintf("%d connections to ports are open; close some", bridge.MaxTunnels))
		return
	}
	handedOver := false
	defer func() {
		if !handedOver {
			p.end()
		}
	}()
	program, err := p.dial(r.Context(), port)
	if err != nil {
		problem(w, http.StatusBadGateway, bridge.CodePortClosed, err.Error())
		return
	}
	if raw {
		handedOver = p.carryRaw(w, program)
		return
	}
	p.carryMessages(w, r, program)
}

// tunnelPort reads the port at the end of a path, in plain decimal digits only: two
// spellings of one port are one too many.
func tunnelPort(path string) (int, bool) {
	digits := path[strings.LastIndexByte(path, '/')+1:]
	port, err := strconv.Atoi(digits)
	return port, err == nil && strconv.Itoa(port) == digits && bridge.Forwardable(port)
}

// hasToken reports whether a comma-separated header names token.
func hasToken(lines []string, token string) bool {
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(name), token) {
				return true
			}
		}
	}
	return false
}

// begin counts a tunnel in, if there is room. The caller must call end.
func (p *Ports) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.open >= bridge.MaxTunnels {
		return false
	}
	p.open++
	p.running.Add(1)
	return true
}

func (p *Ports) end() {
	p.mu.Lock()
	p.open--
	p.mu.Unlock()
	p.running.Done()
}

// dial connects to the port inside. Programs that say "localhost" listen on one of the
// two loopback addresses, and which one depends on their library.
func (p *Ports) dial(ctx context.Context, port int) (*net.TCPConn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	defer context.AfterFunc(p.life, cancel)()
	d := net.Dialer{KeepAlive: -1} // a program on this machine does not vanish silently
	number := strconv.Itoa(port)
	conn, err := d.DialContext(ctx, "tcp4", net.JoinHostPort("127.0.0.1", number))
	if errors.Is(err, syscall.ECONNREFUSED) {
		conn, err = d.DialContext(ctx, "tcp6", net.JoinHostPort("::1", number))
	}
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case err == nil:
		return conn.(*net.TCPConn), nil
	case ctx.Err() != nil, isNet && timeout.Timeout():
		return nil, fmt.Errorf("what listens on port %d takes no connections in", port)
	default: // refused there too, or there is no IPv6 at all
		return nil, fmt.Errorf("nothing listens on port %d, neither on 127.0.0.1 nor on ::1", port)
	}
}
