package platform

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
	"github.com/kalpana-dev/kalpana/bridge/proof"
	"github.com/kalpana-dev/kalpana/internal/facts"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// newFacts samples workspaces that somebody looks at. It dials bridges by itself: what
// passes through the gateway would count as use.
func (a *parts) newFacts() *facts.Service {
	return facts.New(facts.Options{
		Engine: a.engine, Log: a.log,
		Dial: func(ctx context.Context, w workspace.Workspace) (facts.Bridge, error) {
			return dialBriefly(ctx, fmt.Sprintf("127.0.0.1:%d", w.AgentPort), a.workspaceKey(w.ID, w.Epoch))
		},
	})
}

// goodbye is how long the end of a brief connection may take: what runs in a workspace may
// not hold up who asks all of them in turn.
const goodbye = 300 * time.Millisecond

// brief is a connection to a bridge that ends quickly, whatever the other side does.
type brief struct {
	*bridgeclient.Client
	conn net.Conn
}

func dialBriefly(ctx context.Context, addr, key string) (facts.Bridge, error) {
	var conn net.Conn
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (_ net.Conn, err error) {
		conn, err = proof.Dial(ctx, addr, key)
		return conn, err
	}}
	c, err := bridgeclient.DialURL(ctx, "ws://"+addr+"/", &websocket.DialOptions{
		HTTPHeader: http.Header{bridge.KeyHeader: {key}}, HTTPClient: &http.Client{Transport: transport, CheckRedirect: stay},
	})
	if err != nil {
		transport.CloseIdleConnections()
		return nil, err
	}
	return &brief{c, conn}, nil
}

// stay follows no redirects: where a bridge is, it does not choose.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Close implements facts.Bridge.
func (b *brief) Close() error {
	b.conn.SetDeadline(time.Now().Add(goodbye))
	return b.Client.Close()
}
