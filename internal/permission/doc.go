// Package permission decides whether the agent may make one tool call: at once, after
// asking the user, or not at all. [Decide] is a function of the mode, the operator's cap,
// the rules and the call; it reads and writes nothing, so the caller keeps rules, runs and
// approvals, and must execute exactly what was judged ([Bind] makes that checkable).
//
// Shell text is parsed as bash reads it, and the unit of a rule is one simple command. The
// reading fails closed: what is not understood word for word is never allowed by a rule.
//
// A rule about reading also holds where files are not named: a command that only reads, but
// by a pattern or through whole folders, asks if it may meet such a file ([Policy.Hides] is
// for tools that list or search), and so does a folder that is moved with one in it.
//
// What it does not do: it does not follow symbolic links itself, so the caller gives the
// paths of file tools as named and as they are, and for commands links are not followed at
// all. It does not know which files git ignores, nor what the settings of a repository make
// git run ([Call].GitQuiet), and cannot see what a program that was allowed does (`npm test`
// runs what package.json says). Path rules hold for the file tools; for commands they are a
// help, not a wall. The walls are the container, its network policy and the checkpoints.
package permission
