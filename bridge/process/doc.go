// Package process runs commands and terminals inside the workspace, keeps the latest of
// their output for those who attach later, and ends them with all that came of them.
// bridge/bridgeserver calls it; it knows nothing of connections.
//
// # Output
//
// One goroutine per stream reads what a process writes into a ring of
// bridge.ProcessBuffer bytes, whose offsets count from the process's first byte. Viewers
// read the ring, each at its own pace. Only the viewer of the request that started a
// foreground command holds the readers up, so that it loses nothing; for all others a
// slow viewer loses the middle and is told so.
//
// # Trees
//
// A command has a session of its own, and its environment is marked, so that a child
// which leaves the session is found by the mark, or by its parent. A process that clears its
// environment, leaves the session and loses its parent before anybody looks is not
// found: without a control group per command nothing tells it from other orphans.
package process
