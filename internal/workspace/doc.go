// Package workspace is the domain of Kalpana: what a workspace is, what it should
// become, and the one place that brings the second about.
//
// The record in the store says what should be (Desired), the container engine what
// is. [Service] takes orders (Create, Start, Stop, Restart, Delete), records them with
// compare-and-swap and converges each workspace in a worker of its own; the same
// convergence runs at start-up, on events of the engine and periodically, so a process
// may die between any two steps. Nothing here knows HTTP, MongoDB or Docker: the
// interfaces it needs are declared beside the code that calls them.
package workspace
