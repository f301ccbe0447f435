// Package permission decides whether the agent may make one tool call: at once, after
// asking the user, or not at all. [Decide] is a function of the mode, the operator's cap,
// the rules and the call; it reads and writes nothing, so the caller keeps rules, runs and
// approvals, and must execute exactly what was judged ([Bind] makes that checkable).
//
// Shell text is parsed as bash reads it, and the unit of a rule is one simple command. The
// reading fails closed: what is not understood word for word is never allowed by a rule.
//
// What it does not do: it does not follow symbolic links, does not know which files git
// ignores, and cannot see what a program that was allowed does (`npm test` runs what
// package.json says). Path rules hold for the file tools; for commands they are a help, not
// a wall. The walls are the container, its network policy and the checkpoints.
package permission
