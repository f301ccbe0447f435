// Package supervisor makes the bridge a proper first process (PID 1) of a container: it
// keeps the editor running, takes care of processes that lost their parent, passes the
// end on, and shields the bridge from the other processes of the same user.
//
// The kernel delivers neither SIGKILL nor SIGSTOP to PID 1 from inside its container,
// and Signals leaves no other signal that would crash the bridge. SIGTERM and SIGINT end
// the whole container in good order, whoever sends them. So while the container runs, its
// bridge runs: nothing inside can be put in its place, on its ports, behind its key.
//
// Every process that the bridge starts must be started and awaited through one Children:
// a PID 1 that simply waits for "any child" takes away the exit codes of its own.
package supervisor
