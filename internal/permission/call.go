package permission

import (
	"encoding/json"
	"path"
)

// Call is one tool call as it would be executed.
type Call struct {
	Tool  string
	Class Class
	// Arguments are what the tool gets, a JSON object.
	Arguments json.RawMessage
	// Command is the shell text, for tools that run one. Cwd is the folder it runs in,
	// absolute or relative to the root; empty means the root.
	Command string
	Cwd     string
	// Paths are the files that it reads or changes, absolute or relative to the root: as they
	// were named, and where that is another place, also as what they are behind links.
	Paths []string
	// Trees are the folders that it moves or deletes with all that is in them.
	Trees []string
	// GitQuiet says that the settings of the repository make git's reading commands run no
	// program in this call: they were looked at, or are overruled by the environment it gets.
	// Else those commands are not known to only read.
	GitQuiet bool
	// Deletes is how many files it would delete. Unsaved says that no checkpoint holds them:
	// ignored or too large files, or a checkpoint that was skipped.
	Deletes int
	Unsaved bool
}

// Place is where a workspace keeps things, inside the container. All paths are absolute.
type Place struct {
	Root string // the workspace's files
	Home string
	// Platform are folders of Kalpana itself. Ports are where it listens.
	Platform []string
	Ports    []int
}

// DefaultPlace is the layout of the standard image.
func DefaultPlace() Place {
	return Place{
		Root: "/workspace", Home: "/home/coder",
		Platform: []string{"/opt/code-server", "/opt/cs", "/opt/boot", "/etc/kalpana", "/run/kalpana", "/usr/local/bin/kalpana-bridge"},
		Ports:    []int{3001, 8080},
	}
}

// Policy is what a call is judged by.
type Policy struct {
	Mode Mode
	Cap  Mode // the operator's; empty means none
	// Rules are the user's and the workspace's together. Their order means nothing:
	// deny wins over ask, ask over allow.
	Rules []Rule
	// RunRules and RunCalls were granted for this run only.
	RunRules []Rule
	RunCalls []Hash
	// Tainted says that this run has read text of strangers (output from the network, files that
	// are not the user's). Then commands that fetch from the network ask in ModeAuto too.
	Tainted bool
	Place   Place
}

// cwd returns the absolute folder that c runs in.
func (c Call) cwd(p Place) string { return p.resolve(p.Root, c.Cwd) }

// resolve makes name absolute, as seen from the folder dir.
func (p Place) resolve(dir, name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(dir, name)
}
