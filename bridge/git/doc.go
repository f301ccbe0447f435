// Package git looks at and commits to the user's repositories, and keeps checkpoints: snapshots
// of the whole workspace in a repository of the bridge's own.
//
// # Looking
//
// Status, Diff and Log are asked for by programs without the user's knowledge, in folders
// that the user may just have downloaded. The configuration of such a repository must not
// run commands then: file system monitors, hooks, pagers, external diffs, text
// conversions, filters, signature checkers, and transports that would fetch missing
// objects are all turned off; submodules are not entered. The user's own configuration
// (below HOME) counts. The folder of the repository and its .git must be in the
// workspace; nothing above it is found.
//
// What this does not defend: the container is one user's, and everything in it runs as
// the same user as git does. A process that is already running needs no such detour, and
// could change a configuration between the check and the use. Objects that a repository
// borrows (objects/info/alternates) and files that its configuration includes may be
// anywhere in the container. Commit runs hooks and filters, as the user would.
//
// # Checkpoints
//
// Git never sees the user's files as a work tree when a checkpoint is made: it would take
// nested repositories for submodules and lose their files, convert ends of lines, and run
// filters. It only lists what .gitignore does not exclude, one repository at a time; the
// bridge reads the files itself, through an os.Root, and hands their bytes to
// git fast-import. Restoring is the reverse: git prints the bytes, the bridge writes
// them, and no link that somebody puts in the way leads it elsewhere.
package git
