package git

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

// maxSettings is how many settings of one kind are told.
const maxSettings = 100

// silent is quiet for commands that somebody else writes: without options of ours, changes
// inside submodules must not be looked for, since each has settings of its own.
var silent = []setting{
	{"diff.ignoreSubmodules", "dirty"},
	{"diff.submodule", "short"},
	{"status.submoduleSummary", "false"},
}

var (
	// silenced are the settings that quiet, silent and the filters' settings turn off, loud
	// those that only options turn off, or that bring back what silent leaves out.
	silenced = regexp.MustCompile(`^(core\.(fsmonitor|hookspath|pager|sshcommand|askpass|gitproxy)|log\.showsignature|gpg\.(.+\.)?program|filter\..+\.(clean|smudge|process)|pager\..+|diff\.submodule|status\.submodulesummary|remote\..+\.(promisor|partialclonefilter)|extensions\.partialclone)$`)
	loud     = regexp.MustCompile(`^(diff\.external|diff\..+\.(command|textconv)|submodule\..+\.ignore|core\.alternaterefscommand)$`)
)

// Programs answers gitPrograms. It is about the repository that the workspace folder itself
// is in; where there is none, nothing is loud.
func (g *Git) Programs(ctx context.Context, _ bridge.GitPrograms) (bridge.GitProgramSettings, error) {
	out := bridge.GitProgramSettings{Silenced: []string{}, Loud: []string{}}
	workspace, err := g.workspace()
	if err != nil {
		return out, err
	}
	dir, _, err := child.Open(g.root, ".")
	if err != nil {
		return out, err
	}
	defer dir.Close()
	r, err := g.discover(ctx, workspace, dir, "")
	if err != nil {
		return out, err
	}
	more := slices.Clone(silent)
	if r != nil {
		defer r.close()
		more = append(more, r.filters...)
		own := &ownSettings{out: &out}
		for _, args := range [][]string{
			{"config", "--show-scope", "--name-only", "-z", "--list"},
			// What is not there has no settings: exit code 1 of git means just that.
			{"config", "--show-scope", "--name-only", "-z", "--file", ".gitmodules", "--list"},
		} {
			i := r.look(args...)
			i.Output = &tokens{take: own.take}
			if _, err := g.do(ctx, i, 1, 128); err != nil && !errors.Is(err, errEnough) {
				return out, err
			}
		}
	}
	out.Env = map[string]string{}
	for _, variable := range slices.Concat(settings(quiet, more), lookOnly(workspace)) {
		name, value, _ := strings.Cut(variable, "=")
		out.Env[name] = value
	}
	return out, nil
}

// ownSettings sorts the names that `git config --show-scope --name-only -z` prints.
type ownSettings struct {
	scope string
	out   *bridge.GitProgramSettings
}

// take takes a scope and then a key, in turn.
func (o *ownSettings) take(token string) error {
	if o.scope == "" {
		o.scope = token
		return nil
	}
	scope, key := o.scope, lowerEnds(token)
	o.scope = ""
	if scope == "system" || scope == "global" {
		return nil
	}
	list := &o.out.Silenced
	switch {
	case loud.MatchString(key):
		list = &o.out.Loud
	case scope == "command" || !silenced.MatchString(key): // the former are our own
		return nil
	}
	if !slices.Contains(*list, key) && len(*list) < maxSettings {
		*list = append(*list, child.Clip(key))
	}
	return nil
}

// lowerEnds writes the first and the last part of a key small, which git does not tell apart.
func lowerEnds(key string) string {
	first, last := strings.IndexByte(key, '.'), strings.LastIndexByte(key, '.')
	if first < 0 {
		return strings.ToLower(key)
	}
	return strings.ToLower(key[:first]) + key[first:last] + strings.ToLower(key[last:])
}
