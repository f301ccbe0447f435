package bridge

// Types of requests about whole repositories.
const (
	TypeCloneRepository = "cloneRepository"
	TypeSetIdentity     = "setIdentity"
	TypeUnpushed        = "unpushed"
)

// EventProgress tells how far a cloneRepository is; its payload is a CloneProgress.
const EventProgress = "progress"

// CloneRepository is the payload of a cloneRepository request. The folder appears when the
// clone is complete; one that fails or is cancelled leaves nothing. Hooks do not run, and
// no transport but https and http is used.
type CloneRepository struct {
	// URL begins with https:// or http:// and holds no user name or password: git asks
	// for those; see WatchCredentials.
	URL string `json:"url"`
	// Folder is where to clone to, relative to the workspace; it must not exist or be empty.
	// Default: the last part of URL without ".git".
	Folder string `json:"folder,omitempty"`
	// Branch is a branch or tag to check out. Default: the remote's own choice.
	Branch string `json:"branch,omitempty"`
	// Depth fetches this many commits of one branch only. Default: everything.
	Depth int `json:"depth,omitempty"`
	// Submodules clones the repository's submodules too, at any depth.
	Submodules bool `json:"submodules,omitempty"`
	// LFS fetches the contents of large files that are kept with Git LFS, for what is checked
	// out. Default: their pointers stay.
	LFS bool `json:"lfs,omitempty"`
	// TimeoutSeconds is 1 to 7200. Default: 1800.
	TimeoutSeconds int `json:"timeoutSeconds,omitempty"`
}

// Phases of a clone, in their order. Small repositories go through some of them unseen.
const (
	PhaseConnect    = "connect"    // ask the host
	PhasePrepare    = "prepare"    // the host collects what it sends
	PhaseReceive    = "receive"    // most of the time
	PhaseResolve    = "resolve"    // git puts together what came
	PhaseCheckout   = "checkout"   // files are written
	PhaseSubmodules = "submodules" // only if asked for
	PhaseLFS        = "lfs"        // only if asked for
)

// CloneProgress is the payload of EventProgress; ten a second at most within a phase.
type CloneProgress struct {
	Phase string `json:"phase"`
	// Percent of the phase is 0 to 100, -1 if git does not say.
	Percent int `json:"percent"`
	// Text is git's line for people, such as "Receiving objects: 45% (9/20), 1.20 MiB".
	// Some of it is the host's own words.
	Text string `json:"text"`
}

// Cloned answers cloneRepository.
type Cloned struct {
	// Folder is relative to the workspace.
	Folder string `json:"folder"`
	// Branch is empty when a tag was checked out; Commit when the repository is empty.
	Branch string `json:"branch"`
	Commit string `json:"commit"`
	Empty  bool   `json:"empty"`
	// Warnings say what is missing although the clone is usable: submodules or large files.
	Warnings []string `json:"warnings,omitempty"`
}

// SetIdentity is the payload of a setIdentity request: who commits, in the global
// configuration of the workspace's user, where the user has not said so already.
type SetIdentity struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// Identity answers setIdentity: what counts now.
type Identity struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	// Changed: at least one of the two was written.
	Changed bool `json:"changed"`
}

// Unpushed is the payload of an unpushed request: what is only in the workspace. The
// network is not asked; what was pushed is what git remembers of the last contact.
type Unpushed struct {
	// Folder is where repositories are looked for, at it and below. Default: everywhere.
	Folder string `json:"folder,omitempty"`
}

// UnpushedWork answers unpushed.
type UnpushedWork struct {
	// Repositories are those with something to lose, or that cannot be looked at, sorted by
	// folder; never nil.
	Repositories []UnpushedRepository `json:"repositories"`
	// Found is how many repositories there are in all.
	Found int `json:"found"`
	// Truncated: the search hit a bound (six levels, 50,000 folder entries, 50
	// repositories, a minute), so there may be more.
	Truncated bool `json:"truncated"`
}

// UnpushedRepository is one repository with something to lose.
type UnpushedRepository struct {
	Folder string `json:"folder"`
	// Branches with commits that no remote has, at most 100; never nil.
	Branches []UnpushedBranch `json:"branches"`
	// Uncommitted counts files that differ from the last commit, new ones included, up to
	// MaxListEntries; Stashes counts stashes.
	Uncommitted int `json:"uncommitted"`
	Stashes     int `json:"stashes"`
	// Problem says why the repository cannot be looked at; the rest is empty then.
	Problem string `json:"problem,omitempty"`
}

// UnpushedBranch is a branch with commits that no remote has.
type UnpushedBranch struct {
	// Name is empty for commits that are checked out and on no branch.
	Name string `json:"name"`
	// Upstream is the branch it follows, such as "origin/main", empty if it follows none.
	Upstream string `json:"upstream,omitempty"`
	// Commits counts up to 10,000.
	Commits int `json:"commits"`
}
