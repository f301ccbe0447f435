package git

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// Status answers gitStatus. Files that are not tracked are listed one by one; changes
// inside submodules are not looked for.
func (g *Git) Status(ctx context.Context, req bridge.GitStatus) (bridge.GitState, error) {
	var state bridge.GitState
	err := g.look(ctx, req.Path, func(r *repository) (err error) {
		state, err = r.status(ctx, ".")
		return err
	})
	if err != nil {
		return bridge.GitState{}, err
	}
	return state, nil
}

// status is the state of the files at or below spec.
func (r *repository) status(ctx context.Context, specs ...string) (bridge.GitState, error) {
	p := &porcelain{state: bridge.GitState{Root: r.path, Files: []bridge.GitFile{}}, root: r.path}
	i := r.look("status", "--porcelain=v2", "-z", "--branch", "--ahead-behind", "--no-show-stash", "--renames",
		"--untracked-files=all", "--ignored=no", "--ignore-submodules=dirty", "--")
	for _, s := range specs {
		i.Args = append(i.Args, literal(s))
	}
	i.Output = &tokens{take: p.take}
	_, err := r.g.do(ctx, i)
	if errors.Is(err, errEnough) {
		p.state.Truncated, err = true, nil
	}
	slices.SortFunc(p.state.Files, func(a, b bridge.GitFile) int { return cmp.Compare(a.Path, b.Path) })
	if strings.HasPrefix(p.state.Branch, "(") { // "(detached)"; no branch can be named so
		p.state.Branch = ""
	}
	return p.state, err
}
