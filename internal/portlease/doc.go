// Package portlease gives workspaces their host ports: pairs of neighbours (p, p+1), the
// even one for the editor, the odd one for the bridge.
//
// One document per pair with the pair's port as its unique id decides who holds it, so any
// number of processes may lease from one database. A pair that is given back rests before
// it is leased again: connections of the last holder's visitors must not meet the next one.
// Which container a port leads to is not decided here (the workspace's key does that), and
// neither is when a lease ends: package workspace returns it once the container is gone.
package portlease
