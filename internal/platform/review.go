package platform

import (
	"context"
	"fmt"

	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
	"github.com/kalpana-dev/kalpana/internal/api"
	"github.com/kalpana-dev/kalpana/internal/gateway"
	"github.com/kalpana-dev/kalpana/internal/inspect"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// askBridge gives do a connection to the bridge of a running workspace and closes it after.
func (a *parts) askBridge(ctx context.Context, w workspace.Workspace, do func(api.BridgeCaller) error) error {
	if err := a.awake(ctx, w); err != nil {
		return err
	}
	c, err := bridgeclient.Dial(ctx, fmt.Sprintf("127.0.0.1:%d", w.AgentPort), a.workspaceKey(w.ID, w.Epoch))
	if err != nil {
		return err
	}
	defer c.Close()
	return do(c)
}

// replay sends a request that was recorded to the same port again.
func (a *parts) replay(ctx context.Context, by api.Visitor, t inspect.Target, x inspect.Exchange) (inspect.Exchange, error) {
	for _, w := range a.workspaces.Known(t.Workspace) {
		if err := a.awake(ctx, w); err != nil {
			return inspect.Exchange{}, err
		}
	}
	return a.gateway.Replay(ctx, gateway.Replayer(by), t, x)
}
