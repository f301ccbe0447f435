// Package bridgeserver is the bridge's server side: the WebSocket protocol of package
// bridge and its health pages on one port, the editor behind a proxy on another. Both
// let nothing in that lacks the workspace's key.
//
// It opens files below one folder only (os.Root) and starts no processes; the program
// around it is cmd/kalpana-bridge.
package bridgeserver
