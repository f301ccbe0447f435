package bridge

import "time"

// Types of requests about git and checkpoints.
const (
	TypeGitStatus         = "gitStatus"
	TypeGitDiff           = "gitDiff"
	TypeGitLog            = "gitLog"
	TypeGitCommit         = "gitCommit"
	TypeGitPrograms       = "gitPrograms"
	TypeCreateCheckpoint  = "createCheckpoint"
	TypeListCheckpoints   = "listCheckpoints"
	TypeDiffCheckpoint    = "diffCheckpoint"
	TypeRestoreCheckpoint = "restoreCheckpoint"
)

// GitStatus is the payload of a gitStatus request.
type GitStatus struct {
	// Path is a directory in the repository. Default: the workspace itself, or the one
	// repository directly below it if it is none.
	Path string `json:"path,omitempty"`
}

// GitState answers gitStatus.
type GitState struct {
	// Root is the repository's folder, relative to the workspace.
	Root string `json:"root"`
	// Branch is empty when none is checked out; Commit is empty before the first one.
	Branch string `json:"branch"`
	Commit string `json:"commit"`
	// Upstream is the branch that Branch follows, such as "origin/main"; Ahead and Behind
	// count commits.
	Upstream string `json:"upstream,omitempty"`
	Ahead    int    `json:"ahead"`
	Behind   int    `json:"behind"`
	// Files are sorted by path, at most MaxListEntries; never nil.
	Files     []GitFile `json:"files"`
	Truncated bool      `json:"truncated"`
}

// GitFile is one file that differs.
type GitFile struct {
	// Path is relative to the workspace.
	Path string `json:"path"`
	// OldPath is where a renamed file was.
	OldPath string `json:"oldPath,omitempty"`
	// Index and Worktree are git's letters: M, A, D, R, C, T, U, "?" (not tracked), or "." (unchanged).
	Index    string `json:"index"`
	Worktree string `json:"worktree"`
}

// GitDiff is the payload of a gitDiff request.
type GitDiff struct {
	// Path is a file or directory. Default: all of the repository.
	Path string `json:"path,omitempty"`
	// Staged compares the index with the last commit instead of the work tree with the index.
	Staged bool `json:"staged,omitempty"`
	// Base compares the work tree with this commit or branch instead.
	Base string `json:"base,omitempty"`
}

// Diff answers gitDiff and diffCheckpoint.
type Diff struct {
	// Diff is a unified diff, up to MaxInlineBytes.
	Diff      string `json:"diff"`
	Truncated bool   `json:"truncated"`
	// Files counts changed files, Added and Removed lines, of the whole diff.
	Files   int `json:"files"`
	Added   int `json:"added"`
	Removed int `json:"removed"`
	// Changes are the changed files by path, at most 1,000; never nil.
	Changes []FileChange `json:"changes"`
}

// Kinds of FileChange.
const (
	ChangeAdded    = "added"
	ChangeModified = "modified"
	ChangeDeleted  = "deleted"
	ChangeRenamed  = "renamed"
)

// FileChange is one changed file of a Diff. Added and Removed count lines; both are 0 of a
// binary file.
type FileChange struct {
	Path string `json:"path"`
	// OldPath is where a renamed file was.
	OldPath string `json:"oldPath,omitempty"`
	Status  string `json:"status"`
	Added   int    `json:"added"`
	Removed int    `json:"removed"`
}

// GitLog is the payload of a gitLog request.
type GitLog struct {
	// Path restricts the log to commits that changed it. Default: all.
	Path string `json:"path,omitempty"`
	// Ref is a branch, tag or commit. Default: what is checked out.
	Ref string `json:"ref,omitempty"`
	// Limit is how many are wanted, up to MaxMatches. Default: 20.
	Limit int `json:"limit,omitempty"`
}

// GitCommits answers gitLog, newest first; never nil.
type GitCommits struct {
	Commits []GitCommitInfo `json:"commits"`
}

// GitCommitInfo is one commit.
type GitCommitInfo struct {
	Hash    string    `json:"hash"`
	Parents []string  `json:"parents"`
	Author  string    `json:"author"`
	Email   string    `json:"email"`
	Time    time.Time `json:"time"`
	Subject string    `json:"subject"`
	Body    string    `json:"body,omitempty"`
}

// GitCommit is the payload of a gitCommit request. Hooks of the repository run.
type GitCommit struct {
	// Repository is a directory in the repository, as Path of GitStatus.
	Repository string `json:"repository,omitempty"`
	Message    string `json:"message"`
	// Paths are what is committed. Default: everything that differs.
	Paths []string `json:"paths,omitempty"`
}

// GitCommitted answers gitCommit.
type GitCommitted struct {
	Hash    string `json:"hash"`
	Branch  string `json:"branch"`
	Files   int    `json:"files"`
	Added   int    `json:"added"`
	Removed int    `json:"removed"`
}

// GitPrograms is the payload of a gitPrograms request: which programs would git's reading
// commands run in the workspace folder, because the repository's own settings say so?
type GitPrograms struct{}

// GitProgramSettings answers gitPrograms.
type GitProgramSettings struct {
	// Env are variables with which git's reading commands run none of Silenced, send nothing
	// and note nothing in the index.
	Env map[string]string `json:"env"`
	// Silenced are the settings that Env turns off, Loud those that nothing turns off, such as
	// "diff.external". Settings of the user's own files are not among them. Never nil, at most
	// 100 each.
	Silenced []string `json:"silenced"`
	Loud     []string `json:"loud"`
}

// CreateCheckpoint is the payload of a createCheckpoint request: a snapshot of the whole
// workspace folder in a repository outside it. What .gitignore excludes, .git folders and
// files above 5 MB are left out. The user's own repositories are not touched.
type CreateCheckpoint struct {
	Message string `json:"message,omitempty"`
}

// Checkpoint answers createCheckpoint.
type Checkpoint struct {
	ID        string    `json:"id"`
	Message   string    `json:"message"`
	CreatedAt time.Time `json:"createdAt"`
	// Unchanged: nothing differs from the one before; its id is given.
	Unchanged bool `json:"unchanged,omitempty"`
	// Skipped are files left out because of their size, at most 100.
	Skipped []string `json:"skipped,omitempty"`
}

// CheckpointList answers listCheckpoints, newest first, the latest 100 of at most 14 days;
// never nil.
type CheckpointList struct {
	Checkpoints []Checkpoint `json:"checkpoints"`
}

// DiffCheckpoint is the payload of a diffCheckpoint request. The answer is a Diff that
// says what happened since: restoring would undo it.
type DiffCheckpoint struct {
	ID string `json:"id"`
	// To is a later checkpoint. Default: the files as they are now.
	To   string `json:"to,omitempty"`
	Path string `json:"path,omitempty"`
}

// RestoreCheckpoint is the payload of a restoreCheckpoint request: files become what they
// were, and files made since are deleted. A checkpoint of what is there is taken first.
type RestoreCheckpoint struct {
	ID string `json:"id"`
	// Paths restricts it to these files and directories. Default: everything.
	Paths []string `json:"paths,omitempty"`
}

// Restored answers restoreCheckpoint.
type Restored struct {
	// Before is the checkpoint taken first: restoring that one undoes this.
	Before  Checkpoint `json:"before"`
	Changed int        `json:"changed"`
}
