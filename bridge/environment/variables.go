package environment

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

// reserved are variables that decide where programs are, what shells run by themselves, or
// where the editor is.
var reserved = []string{
	"PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "OLDPWD", "SHLVL", "_", "IFS",
	"BASH_ENV", "ENV", "PROMPT_COMMAND", "SHELLOPTS", "BASHOPTS", "PS4", "UID", "EUID", "PPID",
	"EDITOR_SOCKET", "WORKSPACE_DIR", "XDG_RUNTIME_DIR",
}

// SetVariables replaces the variables of the user. Codes: CodeBadRequest, CodeTooLarge;
// nothing has changed then.
func (e *Environment) SetVariables(_ context.Context, req bridge.SetVariables) (bridge.VariablesSet, error) {
	if len(req.Variables) > bridge.MaxVariables {
		return bridge.VariablesSet{}, bridge.Errorf(bridge.CodeTooLarge, "%d variables are more than %d", len(req.Variables), bridge.MaxVariables)
	}
	var size int
	names := slices.Sorted(maps.Keys(req.Variables))
	variables := make([]string, 0, len(names))
	for _, name := range names {
		v := req.Variables[name]
		if !validName(name) {
			return bridge.VariablesSet{}, bridge.Errorf(bridge.CodeBadRequest, "%q is no name of a variable; use letters, digits and _, no digit first", child.Clip(name))
		}
		if !settable(name) {
			return bridge.VariablesSet{}, bridge.Errorf(bridge.CodeBadRequest, "the variable %s is the workspace's own and cannot be set", child.Clip(name))
		}
		if strings.ContainsRune(v, 0) {
			return bridge.VariablesSet{}, bridge.Errorf(bridge.CodeBadRequest, "the value of %s holds a NUL byte", child.Clip(name))
		}
		if len(name)+len(v) > maxValue {
			return bridge.VariablesSet{}, bridge.Errorf(bridge.CodeTooLarge, "the value of %s has more than %d bytes, which no program could be given", child.Clip(name), maxValue)
		}
		size += len(name) + len(v)
		variables = append(variables, name+"="+v)
	}
	if size > bridge.MaxVariableBytes {
		return bridge.VariablesSet{}, bridge.Errorf(bridge.CodeTooLarge, "the variables have %d bytes together, more than %d", size, bridge.MaxVariableBytes)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.variables, e.names = variables, names
	return bridge.VariablesSet{Count: len(names)}, nil
}

// maxValue is the longest "NAME=VALUE" here: Linux refuses to start a program with one of
// more than 128 KiB.
const maxValue = 120 << 10

// validName reports whether a shell could name a variable so.
func validName(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case c == '_', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', i > 0 && c >= '0' && c <= '9':
		default:
			return false
		}
	}
	return name != ""
}

// settable reports whether a variable is anybody's to set.
func settable(name string) bool {
	return !slices.Contains(reserved, name) && !strings.HasPrefix(name, "LD_") && !strings.HasPrefix(name, "KALPANA_")
}

// nixVariables are those of the user that are meant for Nix: access tokens, for example.
// Others are none of its business, since it evaluates what nobody vouches for.
func (e *Environment) nixVariables() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var env []string
	for _, v := range e.variables {
		if strings.HasPrefix(v, "NIX") {
			env = append(env, v)
		}
	}
	return env
}
