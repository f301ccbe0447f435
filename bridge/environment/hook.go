package environment

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge/child"
)

// hookTime is how long a hook may take: most only set variables.
const hookTime = time.Minute

// hookScript runs a hook and prints the variables after it, also of one that ends the shell.
const hookScript = `exec 3>&1 1>&2; trap '/usr/bin/env -0 >&3' EXIT; eval "$1"`

// hook runs what a description wants to be run in each new shell (shellHook) once, in dir,
// and adopts the variables that it sets: the editor and the agent's commands are no shells.
// One that fails, or becomes another program, changes nothing. It returns the names of
// variables that are too large.
func (e *Environment) hook(ctx context.Context, dir *os.File, r *record, out *child.Lines) (left []string, err error) {
	timed, cancel := context.WithTimeout(ctx, hookTime)
	defer cancel()
	env := r.extend(e.o.Env)
	var printed bytes.Buffer
	_, err = child.Run(timed, e.o.Run, child.Program{
		Name: "/bin/bash", Args: []string{"--noprofile", "--norc", "-c", hookScript, "bash", r.hook}, Env: env,
		Dir: dir, Output: &bounded{to: &printed, most: maxRecord}, Stderr: out,
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if flushed := out.Flush(); flushed != nil {
		return nil, flushed
	}
	values := make(map[string]string)
	for _, v := range strings.Split(printed.String(), "\x00") {
		name, v, ok := strings.Cut(v, "=")
		if before, _ := value(env, name); ok && validName(name) && v != before {
			values[name] = v
		}
	}
	if err != nil || printed.Len() == 0 {
		return nil, out.Say("the shellHook did not end as it should, and what it sets is left out")
	}
	for name, old := range map[string][]string{"PATH": r.Path, "XDG_DATA_DIRS": r.Data} {
		if list, ok := values[name]; ok {
			values[name] = e.added(name, list, old)
		}
	}
	return r.adopt(values, nil), nil
}

// added returns the folders of a list that were not there without the environment.
func (e *Environment) added(name, list string, old []string) string {
	before, _ := value(e.o.Env, name)
	if before == "" && name == "XDG_DATA_DIRS" {
		before = defaultData
	}
	theirs := filepath.SplitList(before)
	return strings.Join(slices.DeleteFunc(filepath.SplitList(list), func(p string) bool {
		return slices.Contains(theirs, p) && !slices.Contains(old, p)
	}), ":")
}
