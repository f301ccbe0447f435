package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
)

const (
	// tokenLife is how long a token is good that the operator's commands use: a day's work.
	// It is revoked when the command ends; this is for commands that are killed.
	tokenLife = 12 * time.Hour

	// dialTimeout is how long the gateway and the bridge may take for a handshake.
	dialTimeout = 30 * time.Second

	// partingTimeout is how long a command that is over takes to tidy up after itself.
	partingTimeout = 5 * time.Second
)

// agent is the way into one running workspace, through the gateway.
type agent struct {
	workspace workspaceRecord
	url       string // of the agent host, ending in "/"
	options   *websocket.DialOptions
	end       func()
}

// reach finds a running workspace by id or name. Without a token of the caller's it takes
// a short-lived one of the owner's. The caller must close the agent.
func (k *call) reach(ctx context.Context, word string) (*agent, error) {
	w, err := k.find(ctx, word)
	if err != nil {
		return nil, err
	}
	if w.Status != "RUNNING" {
		return nil, fmt.Errorf("workspace %s is %s; start it with `kalpana workspace start %s`", w.Name, w.Status, w.ID)
	}
	if u, err := url.Parse(w.AgentURL); err != nil || u.Scheme != "wss" {
		return nil, fmt.Errorf("workspace %s has the address %q, which is no wss:// address", w.Name, w.AgentURL)
	}
	client, err := k.conn.gateway()
	if err != nil {
		return nil, err
	}
	token, end := k.conn.token, func() {}
	if !k.conn.remote() {
		if token, end, err = k.borrow(ctx, w.OwnerID); err != nil {
			return nil, err
		}
	}
	return &agent{
		workspace: w, url: strings.TrimSuffix(w.AgentURL, "/") + "/", end: end,
		options: &websocket.DialOptions{HTTPClient: client, HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}},
	}, nil
}

// borrow makes a token of the owner's, and what revokes it.
func (k *call) borrow(ctx context.Context, owner string) (token string, end func(), err error) {
	var made struct{ ID, Token string }
	body := map[string]any{"name": "kalpana exec", "ttl": int64(tokenLife / time.Second)}
	if err := k.conn.do(ctx, "POST", "/api/v1/tokens", body, &made, "X-Kalpana-User-ID", owner); err != nil {
		return "", nil, fmt.Errorf("make a token for the gateway: %w", err)
	}
	return made.Token, func() {
		parting, cancel := context.WithTimeout(context.WithoutCancel(ctx), partingTimeout)
		defer cancel()
		if err := k.conn.do(parting, "DELETE", "/api/v1/tokens/"+made.ID, nil, nil, "X-Kalpana-User-ID", owner); err != nil {
			fmt.Fprintf(k.err, "Warning: the token made for this is good for up to %s more: %v\n", tokenLife, err)
		}
	}, nil
}

func (a *agent) close() { a.end() }

// bridge connects to the bridge. The caller must Close the client.
func (a *agent) bridge(ctx context.Context) (*bridgeclient.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := bridgeclient.DialURL(ctx, a.url, a.options)
	if errors.Is(err, bridgeclient.ErrUnauthorized) {
		return nil, errors.New("the gateway does not take the token: it may have expired or been revoked, or its user is suspended")
	}
	return c, err
}

// watch closes c when the other side is silent: a laptop that changed networks would
// wait for minutes otherwise. The caller must call stop.
func watch(ctx context.Context, c *bridgeclient.Client) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(pingInterval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-c.Done():
				return
			case <-ctx.Done():
				return
			}
			asking, answered := context.WithTimeout(ctx, pingInterval)
			err := c.Call(asking, bridge.TypePing, nil, nil)
			answered()
			if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
				_ = c.Close() // nobody is there to say goodbye to
				return
			}
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

// pingInterval is how often the other side is asked whether it is there, and how long it
// may take to answer. A variable for the tests.
var pingInterval = bridge.PingInterval
