package environment

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
)

const (
	// maxVariables is the most bytes of all variables together: half of what Linux gives a
	// new program, so that a user's own and its arguments fit as well.
	maxVariables = 768 << 10

	// maxFolders is the most folders in PATH: each is looked through for every program.
	maxFolders = 500
)

// invented are variables that Nix makes up for a build and that describe no workspace; the
// first ones are those that `nix develop` drops, too.
var invented = []string{
	"BASHOPTS", "HOME", "NIX_BUILD_TOP", "NIX_ENFORCE_PURITY", "NIX_LOG_FD", "NIX_REMOTE", "PPID", "SHELL", "SHELLOPTS",
	"SSL_CERT_FILE", "TEMP", "TEMPDIR", "TERM", "TMP", "TMPDIR", "TZ", "UID",
	// The image's certificates are the ones that work here; a path of Nix's own may not even exist.
	"NIX_SSL_CERT_FILE", "GIT_SSL_CAINFO",
	"NIX_STORE", "NIX_BUILD_CORES",
	"PWD", "OLDPWD", "SHLVL", "_", "USER", "LOGNAME", "IFS", "BASH_ENV", "ENV", "PROMPT_COMMAND", "PS1", "PS4", "EUID",
	"EDITOR_SOCKET", "WORKSPACE_DIR", "XDG_RUNTIME_DIR",
	// What a derivation is made of. Scripts use such names for their own.
	"args", "builder", "name", "out", "outputs", "system", "shell", "src", "srcs", "stdenv", "version", "pname", "patches", "shellHook",
	"buildInputs", "nativeBuildInputs", "propagatedBuildInputs", "propagatedNativeBuildInputs",
	"depsBuildBuild", "depsBuildBuildPropagated", "depsBuildTarget", "depsBuildTargetPropagated",
	"depsHostHost", "depsHostHostPropagated", "depsTargetTarget", "depsTargetTargetPropagated",
	"configureFlags", "cmakeFlags", "mesonFlags", "makeFlags", "doCheck", "doInstallCheck", "dontAddDisableDepTrack", "strictDeps",
	"enableParallelBuilding", "enableParallelChecking", "enableParallelInstalling", "phases", "buildCommand", "buildCommandPath",
	"passAsFile", "preferLocalBuild", "allowSubstitutes", "preHook", "postHook", "__structuredAttrs", "__ignoreNulls", "__impureHostDeps",
	"NIX_ATTRS_JSON_FILE", "NIX_ATTRS_SH_FILE",
}

// notSet is what Nix puts for a PATH that is none.
const notSet = "/path-not-set"

// devShell is what `nix print-dev-env --json` prints.
type devShell struct {
	Variables map[string]struct {
		Type  string          `json:"type"`
		Value json.RawMessage `json:"value"`
	} `json:"variables"`
}

// parseShell takes from a development shell what is for a workspace. Left are variables
// that were too large.
func parseShell(data []byte) (r record, left []string, err error) {
	var shell devShell
	if err := json.Unmarshal(data, &shell); err != nil {
		return r, nil, fmt.Errorf("read what Nix printed: %w", err)
	}
	r.Variables = make(map[string]string)
	values := make(map[string]string)
	for name, v := range shell.Variables {
		var s string
		if v.Type != "exported" || !validName(name) || json.Unmarshal(v.Value, &s) != nil || strings.ContainsRune(s, 0) {
			continue
		}
		values[name] = s
	}
	r.hook = values["shellHook"]
	left = r.adopt(values, strings.Fields(values["outputs"]))
	return r, left, nil
}

// adopt sets variables, as far as they are for a workspace; others are names that are not.
// It returns those that are too large.
func (r *record) adopt(values map[string]string, others []string) (left []string) {
	size := 0
	for name, v := range r.Variables {
		size += len(name) + len(v)
	}
	for _, name := range sortedKeys(values) {
		v := values[name]
		switch {
		case name == "PATH":
			r.Path = folders(v)
		case name == "XDG_DATA_DIRS":
			r.Data = folders(v)
		case slices.Contains(invented, name), slices.Contains(others, name), strings.HasPrefix(name, "KALPANA_"), strings.HasPrefix(name, "BASH_FUNC_"),
			strings.HasSuffix(name, "Phase"), strings.HasSuffix(name, "Phases"), strings.HasPrefix(name, "__"):
		case len(name)+len(v) > maxValue, size+len(name)+len(v) > maxVariables:
			left = append(left, name)
		default:
			size += len(name) + len(v)
			r.Variables[name] = v
		}
	}
	return left
}

// folders are the usable ones of a list as PATH is, each once.
func folders(list string) []string {
	var out []string
	for _, p := range strings.Split(list, ":") {
		if p != notSet && cleanFolder(p) && !slices.Contains(out, p) && len(out) < maxFolders {
			out = append(out, p)
		}
	}
	return out
}

// cleanFolder reports whether p can be in a PATH: absolute, for programs of the folder that
// a command runs in are nobody's tools.
func cleanFolder(p string) bool {
	return path.IsAbs(p) && len(p) < 4096 && !strings.ContainsAny(p, ":\x00\n")
}
