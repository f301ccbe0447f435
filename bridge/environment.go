package bridge

// Types of requests about what programs in the workspace find: variables, tools, extensions,
// and when the editor starts.
const (
	TypeSetVariables       = "setVariables"
	TypePrepareEnvironment = "prepareEnvironment"
	TypeInstallExtensions  = "installExtensions"
	TypeStartEditor        = "startEditor"
)

// HoldEditor is the variable of the container that holds the editor back until startEditor
// when it is "1". Without it the editor starts with the bridge.
const HoldEditor = "KALPANA_HOLD_EDITOR"

// Names of files that describe an environment. A FlakeFile wins over a ShellFile.
const (
	FlakeFile = "flake.nix"
	FlakeLock = "flake.lock"
	ShellFile = "shell.nix"
)

// SetVariables is the payload of a setVariables request: variables of every process that
// starts from now on, commands, terminals and the editor's alike. They replace those of the
// request before, and are kept in memory only: after the workspace was started anew they
// are to be set again.
type SetVariables struct {
	// Variables are MaxVariables at most, names and values together MaxVariableBytes. Names
	// are letters, digits and _, no digit first; those that decide what programs run, such
	// as PATH, LD_… and KALPANA_…, are refused.
	Variables map[string]string `json:"variables"`
}

// VariablesSet answers setVariables.
type VariablesSet struct {
	Count int `json:"count"`
}

// PrepareEnvironment is the payload of a prepareEnvironment request: the tools and variables
// that a Nix file describes, for every process that starts from then on. What describes
// them is in Files or in Folder; with neither, or with nothing found in Folder, the
// workspace has no such environment any more. One request runs at a time; others wait.
//
// A shellHook is run once, by bash, and the variables that it sets belong to the environment.
//
// When it fails, the environment that the same folder, or the same files, had before stays;
// that of others is gone. Nothing in the folder is changed: no lock file is written there.
type PrepareEnvironment struct {
	// Files are FlakeFile with or without FlakeLock, or ShellFile: their contents by name,
	// MaxNixBytes at most together. They win over Folder.
	Files map[string]string `json:"files,omitempty"`
	// Folder is where FlakeFile or ShellFile is looked for, relative to the workspace, "." for
	// itself; with Files only where what they run in a new shell (shellHook) is run.
	Folder string `json:"folder,omitempty"`
	// Nixpkgs is a flake reference that "nixpkgs" stands for, in inputs without an address
	// and in <nixpkgs>. Default: what Nix takes it for.
	Nixpkgs string `json:"nixpkgs,omitempty"`
	// Caches are addresses of binary caches, http, https or file, to use in place of Nix's
	// own, and Keys whose signatures are trusted beside Nix's: ten each at most.
	Caches []string `json:"caches,omitempty"`
	Keys   []string `json:"keys,omitempty"`
	// TimeoutSeconds is 1 to 3600. Default: 900.
	TimeoutSeconds int `json:"timeoutSeconds,omitempty"`
	// Rebuild evaluates also what has not changed since the last time, and looks for newer
	// versions of what Files do not lock.
	Rebuild bool `json:"rebuild,omitempty"`
}

// OutputText is the payload of EventOutput of prepareEnvironment and installExtensions: one
// line for people, without its end and without control characters.
type OutputText struct {
	Text string `json:"text"`
}

// Environment answers prepareEnvironment.
type Environment struct {
	// Source is the file that describes the environment: FlakeFile or ShellFile, or empty if
	// there is none.
	Source string `json:"source"`
	// Cached: nothing had changed, and nothing was evaluated.
	Cached        bool  `json:"cached"`
	ElapsedMillis int64 `json:"elapsedMillis"`
	// Variables are the names of those that are set, sorted; never nil.
	Variables []string `json:"variables"`
	// Path are the folders that come before the others of PATH, in order; never nil.
	Path []string `json:"path"`
}

// InstallExtensions is the payload of an installExtensions request. What is installed
// already is left as it is. One that fails does not keep the others from being installed.
type InstallExtensions struct {
	// Extensions are names, "publisher.name" or "publisher.name@version", or paths in the
	// workspace that end in ".vsix"; MaxExtensions at most.
	Extensions []string `json:"extensions"`
}

// ExtensionsInstalled answers installExtensions.
type ExtensionsInstalled struct {
	// Installed are those of the request that are there now; never nil.
	Installed []string `json:"installed"`
	// Failed are the others; never nil.
	Failed []ExtensionFailure `json:"failed"`
}

// ExtensionFailure is why an extension is not there.
type ExtensionFailure struct {
	ID      string `json:"id"`
	Problem string `json:"problem"`
}

// StartEditor is the payload of a startEditor request, answered with {}: the editor may
// start now. When it has started already, nothing happens.
type StartEditor struct {
	// Folder is what the editor opens, relative to the workspace. Default: the workspace.
	Folder string `json:"folder,omitempty"`
	// Tasks are offered by the editor as tasks of its user, beside those of the folder itself;
	// MaxTasks at most.
	Tasks []EditorTask `json:"tasks,omitempty"`
}

// EditorTask is a command that the editor offers under a name.
type EditorTask struct {
	// Label is unique among the tasks, 1 to 100 bytes.
	Label string `json:"label"`
	// Command is a line for bash, up to MaxCommandBytes.
	Command string `json:"command"`
}
