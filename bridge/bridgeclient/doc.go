// Package bridgeclient talks to the bridge of one workspace, for the gateway's side of
// the product: over a WebSocket (Client) or by one plain question (Ready). It knows the
// workspace's key; hand it to nobody inside a container.
package bridgeclient
