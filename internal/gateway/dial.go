package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge/proof"
)

// dialTimeout: loopback answers in microseconds, or its queue is full.
const dialTimeout = 2 * time.Second

// errRestarted: the workspace is not the one any more that the connection was meant for.
var errRestarted = errors.New("the workspace was started anew")

// dialWorkspace connects to the bridge of a workspace; address is the pool of an upstream.
// Nothing is sent over the connection before the bridge has proved that it is the one of
// this workspace and this start: whoever else holds the port sees a challenge, and that is
// all. The port is on the loopback interface, whatever the name says: no workspace can
// make the gateway call anywhere else.
func (p *proxy) dialWorkspace(ctx context.Context, address string) (net.Conn, error) {
	route, err := p.routeOf(address)
	if err != nil {
		return nil, err
	}
	port := address[strings.LastIndexByte(address, ':')+1:]
	if port == "0" {
		return nil, errors.New("workspace holds no port")
	}
	d := net.Dialer{Timeout: dialTimeout}
	conn, err := d.DialContext(ctx, "tcp4", "127.0.0.1:"+port)
	if err != nil {
		p.unanswered(ctx, route, err)
		return nil, err
	}
	if err := proof.Demand(ctx, conn, address, route.key); err != nil {
		p.unanswered(ctx, route, err)
		conn.Close()
		if errors.Is(err, proof.ErrNot) {
			err = fmt.Errorf("%w: %w", errWrongWorkspace, err)
		}
		return nil, err
	}
	return conn, nil
}

// routeOf finds the workspace that a pool is for, if it is still the same start.
func (p *proxy) routeOf(address string) (*Route, error) {
	pool, _, _ := strings.Cut(address, ":")
	id, rest, _ := strings.Cut(pool, ".")
	epoch, _, _ := strings.Cut(rest, ".")
	route := p.gateway.routes.lookup(id)
	if route == nil || strconv.FormatInt(route.Epoch, 10) != epoch {
		return nil, errRestarted
	}
	return route, nil
}

// unanswered passes on that a workspace was not found where it should be, unless it was
// the visitor who did not wait, or this side that could not ask.
func (p *proxy) unanswered(ctx context.Context, route *Route, err error) {
	if ctx.Err() == nil && proof.Decided(err) {
		p.gateway.suspect(route)
	}
}
