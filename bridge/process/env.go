package process

import (
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// ownPrefix begins variables that are meant for the bridge alone.
const ownPrefix = "KALPANA_"

// commandEnv is what a command gets that has no terminal: nothing that waits for a key.
func commandEnv() []string {
	return append(hookEnv(), "TERM=dumb", "PAGER=cat", "GIT_PAGER=cat", "GIT_TERMINAL_PROMPT=0")
}

// hookEnv makes a shell that is not interactive load the workspace's environment. The
// image may come without.
func hookEnv() []string {
	if f, err := os.Open(envHook); err == nil {
		f.Close()
		return []string{"BASH_ENV=" + envHook}
	}
	return nil
}

// baseEnv is environ without the bridge's own variables, and without those that describe
// where the bridge runs and not where the process does.
func baseEnv(environ []string) []string {
	var env []string
	for _, e := range environ {
		name, _, _ := strings.Cut(e, "=")
		switch name {
		case "PWD", "OLDPWD", "COLUMNS", "LINES", "SHLVL", "_", "NO_COLOR", "TERM":
		default:
			if !strings.HasPrefix(name, ownPrefix) {
				env = append(env, e)
			}
		}
	}
	return env
}

// requestEnv turns what a client wants into variables. The bridge's own are left out.
func requestEnv(wanted map[string]string) ([]string, error) {
	var env []string
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if !validName(name) {
			return nil, bridge.Errorf(bridge.CodeBadRequest, "env: %q is no name of a variable; use letters, digits and _, no digit first", clip(name, 64))
		}
		if strings.ContainsRune(wanted[name], 0) {
			return nil, bridge.Errorf(bridge.CodeBadRequest, "env: the value of %s holds a NUL byte", clip(name, 64))
		}
		if !strings.HasPrefix(name, ownPrefix) {
			env = append(env, name+"="+wanted[name])
		}
	}
	return env, nil
}

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

// join returns all variables; of two with one name the later is kept.
func join(parts ...[]string) []string {
	var env []string
	at := make(map[string]int)
	for _, e := range slices.Concat(parts...) {
		name, _, _ := strings.Cut(e, "=")
		if i, ok := at[name]; ok {
			env[i] = e
			continue
		}
		at[name] = len(env)
		env = append(env, e)
	}
	return env
}
