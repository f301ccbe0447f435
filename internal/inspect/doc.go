// Package inspect keeps the latest requests to ports of workspaces, for people who look at
// what their program is asked and answers. Nothing is kept of a port at which nobody looks,
// and what is kept stays in the memory of this process: it is gone when it ends, or
// [keepFor] after somebody looked last.
//
// Who proxies a request makes a [Recording] of it and tells it what passes; bodies are not
// held up for that, and only their beginnings are copied. Headers and bodies are kept as the
// program got them, for without them a request could not be sent again; what people are
// shown of them is [Exchange.Shown].
package inspect
