// Package toolbox holds the tools the agent works with: their names and schemas, the
// reading of the arguments that models write, and the work itself, done through the bridge
// of one workspace.
//
// A call goes through four steps. [Session.Prepare] reads what the model wrote into the one
// form that is shown, judged and run: models misspell names and arguments, and what is
// meant beyond doubt is taken for it; the rest is an error that says what was expected.
// [Call.Assess] asks the bridge what the decision about the call needs to know.
// [Call.Preview] says what it would change. [Call.Run] does it.
//
// # What a session remembers
//
// Files are changed only as they were read: writeFile and editFile pass the hash of the
// contents this session saw last, so that what somebody wrote meanwhile is never
// overwritten. A part of a file counts as having read it. Results of changes bring the new
// hash, so several edits in a row need no reading between.
//
// # Commands
//
// A command runs in the foreground of the bridge for its first seconds, where no output is
// lost, then in its background, and is watched there: what waits in the foreground would end
// together with the request, and a dev server shall go on when its port is found. So the
// wait ends when the command does, when its time is up, or when it has opened a port and gone
// quiet; cancelling the context of a call ends the command. Of a flood in the background only
// the middle can be lost. Only commands that were asked to run in the background have an input that
// writeProcess can write to: an open input that nobody writes to makes programs wait.
//
// What writeProcess writes is judged as if it were typed into a shell, since it may be.
//
// # Links and rules
//
// A path may lead through a link to what a rule is about, or to git's own files. So
// [Call.Assess] adds where the paths of a call lead, and a call is not made if they lead
// elsewhere when it is. Links in the words of a command are not followed. What lists,
// searches or compares many files leaves out those that [Options.Hidden] names, and says how
// many. Commands of git that are known to only read run with variables that keep the settings of
// the repository from running programs; where no variable can, they are not known to only read.
//
// # Text of strangers
//
// Result.Foreign is set for the output of commands that name a program which talks to
// other computers or a folder of dependencies, for reads of such processes, for pages of
// previewPort, and for files in folders of dependencies. It errs to both sides: a script may fetch without saying so, and
// `curl localhost` is counted although it need not be.
//
// # Left out
//
// applyPatch of the plan is not here: editFile takes up to twenty edits, all or none.
package toolbox
