package variable

import (
	"fmt"
	"strings"
)

// MaxName is the longest name, in bytes.
const MaxName = 64

// reserved are names whose values belong to Kalpana, to the image or to the shell. The
// workspaces are the user's own, so nobody is kept from anything here: a variable with such
// a name would break the workspace in a way that is hard to find. The bridge refuses some of
// them by itself, and all variables together with one of those, so this list has all of its.
var reserved = map[string]string{
	"PATH":      "it comes from the image and the Nix environment; add folders in ~/.bashrc",
	"HOME":      "it is where the workspace keeps your settings",
	"USER":      "it is the workspace's user",
	"LOGNAME":   "it is the workspace's user",
	"SHELL":     "terminals are started with it",
	"PWD":       "the shell sets it",
	"OLDPWD":    "the shell sets it",
	"SHLVL":     "the shell sets it",
	"IFS":       "shells split words by it, so that commands would mean something else",
	"ENV":       "shells run the file it names",
	"BASH_ENV":  "bash runs the file it names, and Kalpana loads the Nix environment with it",
	"BASHOPTS":  "it changes what commands mean",
	"SHELLOPTS": "it changes what commands mean",
	"PS4":       "bash runs what is in it",
	// Bash runs it before each prompt; the editor's terminals follow commands with it.
	"PROMPT_COMMAND": "bash runs what is in it",
	// The editor itself is a program of Node: an option that it does not know ends it.
	"NODE_OPTIONS": "the editor obeys it too and may not start; set it in the task or command that needs it",
	"TERM":         "the terminal sets it",
	"_":            "the shell sets it",
	"UID":          "the shell sets it",
	"EUID":         "the shell sets it",
	"PPID":         "the shell sets it",
	// What the bridge and the editor find each other by.
	"EDITOR_SOCKET":   "the workspace finds its editor by it",
	"WORKSPACE_DIR":   "the workspace finds its files by it",
	"XDG_RUNTIME_DIR": "programs of the workspace find each other by it",
}

// reservedPrefixes are reserved with whatever follows.
var reservedPrefixes = []struct{ prefix, why string }{
	{"KALPANA_", "Kalpana's own variables begin so"},
	{"LD_", "the system's loader obeys such variables: no program might start"},
	{"VSCODE_", "the editor's own variables begin so"},
	{"GIT_CONFIG", "git takes settings from such variables, the helper for credentials among them"},
}

// CheckName returns an *InvalidError for a name that a variable cannot have: one to MaxName
// of A–Z, a–z, 0–9 and _, not beginning with a digit, and not one that is reserved. Upper
// and lower case are different names.
func CheckName(name string) error {
	if name == "" || len(name) > MaxName {
		return &InvalidError{"name", fmt.Sprintf("A name has 1 to %d characters.", MaxName)}
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c == '_', i > 0 && c >= '0' && c <= '9':
		default:
			return &InvalidError{"name", "A name is made of letters from A to Z, digits and _, and does not begin with a digit."}
		}
	}
	if why := reserved[name]; why != "" {
		return &InvalidError{"name", fmt.Sprintf("%s cannot be set: %s.", name, why)}
	}
	for _, r := range reservedPrefixes {
		if strings.HasPrefix(name, r.prefix) {
			return &InvalidError{"name", fmt.Sprintf("%s cannot be set: %s.", name, r.why)}
		}
	}
	return nil
}

// maxTemplate is the longest id of a template.
const maxTemplate = 40

// checkTemplate accepts what may be an id of a template, and "" for none.
func checkTemplate(id string) error {
	if len(id) > maxTemplate {
		return &InvalidError{"template", "There is no such template."}
	}
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', i > 0 && c == '-':
		default:
			return &InvalidError{"template", "There is no such template."}
		}
	}
	return nil
}
