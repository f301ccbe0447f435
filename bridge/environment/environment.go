package environment

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/kalpana-dev/kalpana/bridge/child"
)

// Options are what New needs. All are required unless they have a default.
type Options struct {
	// Root is the workspace folder. The caller closes it.
	Root *os.Root
	// StateDir is a folder for what is kept, an absolute path outside the workspace. It is
	// made when it is needed.
	StateDir string
	// Script is where the script for shells is written. Default: none is.
	Script string
	// Env is the environment that Nix runs in, and the one that its result is made for.
	Env []string
	Run child.Runner
	// Probes are commands that the environment must not break: the shell, and what the editor
	// runs in. Those whose program is not there are left out.
	Probes [][]string
	Log    *slog.Logger
}

// Environment is that of one workspace. Safe for concurrent use.
type Environment struct {
	o Options
	// preparing holds a value while a request prepares.
	preparing chan struct{}

	// mu guards what follows; what they refer to is never changed.
	mu        sync.Mutex
	record    *record // nil if there is none
	last      *record // the latest that was made; nil if there is none
	variables []string
	names     []string // of variables
}

// New returns the environment that was prepared last, before the bridge was started too,
// as long as its tools are there.
func New(o Options) *Environment {
	e := &Environment{o: o, preparing: make(chan struct{}, 1)}
	kept, err := e.load()
	if err == nil {
		e.last = kept
	}
	if kept != nil && kept.Active && kept.there() {
		err = errors.Join(err, e.use(kept))
	} else {
		err = errors.Join(err, e.drop())
	}
	if err != nil {
		o.Log.Warn("the environment of the last start cannot be used", "err", err)
	}
	return e
}

// Names of variables that tell env-hook.sh and the script what a process has already.
const (
	loadedName    = "KALPANA_ENV_LOADED" // the key of the environment
	pathName      = "KALPANA_ENV_PATH"   // what it put before PATH
	namesName     = "KALPANA_ENV_NAMES"  // which variables it set
	variablesName = "KALPANA_VARIABLES"  // which ones are the user's, and not to be set
)

// Process returns the environment of a process whose environment would be env: with tools
// and variables.
func (e *Environment) Process(env []string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.record != nil {
		env = e.record.extend(env)
	}
	return e.withVariables(env)
}

// Editor returns the environment that the editor is started with: with variables only. It
// loads the script, or starts without if that does not load.
func (e *Environment) Editor(env []string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.withVariables(env)
}

// withVariables adds what the user has set. e.mu must be held.
func (e *Environment) withVariables(env []string) []string {
	if len(e.variables) == 0 {
		return env
	}
	return join(env, e.variables, []string{variablesName + "=" + strings.Join(e.names, " ")})
}

// join returns all variables; of two with one name the later is kept.
func join(parts ...[]string) []string {
	var env []string
	at := make(map[string]int)
	for _, part := range parts {
		for _, v := range part {
			name, _, _ := strings.Cut(v, "=")
			if i, ok := at[name]; ok {
				env[i] = v
				continue
			}
			at[name] = len(env)
			env = append(env, v)
		}
	}
	return env
}

// value returns the value of a variable in env, and whether it is there.
func value(env []string, name string) (string, bool) {
	for i := len(env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(env[i], name+"="); ok {
			return v, true
		}
	}
	return "", false
}

// use makes r the environment from now on.
func (e *Environment) use(r *record) error {
	if !r.Active {
		kept := *r
		kept.Active = true
		r = &kept
		if err := e.save(r); err != nil {
			return fmt.Errorf("keep the environment for the next start: %w", err)
		}
	}
	if err := e.writeScript(r); err != nil {
		return fmt.Errorf("write the script that loads the environment: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.record, e.last = r, r
	return nil
}
