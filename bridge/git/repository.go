package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
	"github.com/kalpana-dev/kalpana/bridge/files"
)

const (
	// maxScanned is how many names of the workspace folder are looked at for a repository.
	maxScanned = 10_000
	// maxNamed is how many candidates a message names.
	maxNamed = 10
)

// repository is a user's repository, found and checked.
type repository struct {
	g   *Git
	dir *os.File // its folder, held open
	// way are the folders from the workspace to dir, as they were when dir was opened.
	way []place
	// workspace and top are absolute paths without links; path is top relative to workspace.
	workspace, top, path string
	// spec is what the path asked for is inside the repository, "." for all of it.
	spec string
	// filters turns off the filters of the repository's own configuration.
	filters []setting
}

func (r *repository) close() { _ = r.dir.Close() }

// find finds the repository that p is in; p need not exist. "" is the workspace itself,
// or the one repository directly below it. The caller closes the repository.
func (g *Git) find(ctx context.Context, p string) (*repository, error) {
	workspace, err := g.workspace()
	if err != nil {
		return nil, err
	}
	p, err = files.Clean(g.root.Name(), cmp.Or(p, "."))
	if err != nil {
		return nil, err
	}
	dir, rest, err := g.nearestDir(p)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	r, err := g.discover(ctx, workspace, dir, rest)
	if err == nil && r == nil && p == "." {
		if p, err = g.onlyBelow(dir); err != nil {
			return nil, err
		}
		sub, _, err := child.Open(g.root, p)
		if err != nil {
			return nil, err
		}
		defer sub.Close()
		r, err = g.discover(ctx, workspace, sub, "")
		if err != nil {
			return nil, err
		}
	}
	if err == nil && r == nil {
		err = bridge.Errorf(bridge.CodeNotRepository, "%s is in no git repository of the workspace; git init makes one", child.Clip(p))
	}
	return r, err
}

// workspace is the absolute path of the workspace without links, as git prints paths.
func (g *Git) workspace() (string, error) {
	f, _, err := child.Open(g.root, ".")
	if err != nil {
		return "", err
	}
	defer f.Close()
	return child.RealPath(f)
}

// nearestDir opens p, or the nearest directory above it; rest is what of p is below that.
func (g *Git) nearestDir(p string) (dir *os.File, rest string, err error) {
	for {
		f, info, err := child.Open(g.root, p)
		if err == nil && info.IsDir() {
			return f, rest, nil
		}
		if err == nil {
			_ = f.Close()
		} else if refused, ok := errors.AsType[*bridge.Error](err); p == "." || !ok || !passable(refused.Code, rest == "") {
			return nil, "", err
		}
		rest = path.Join(path.Base(p), rest)
		p = path.Dir(p)
	}
}

// passable: the path is no directory, but git may know it: deleted, or, as the last
// element, a link, which git does not follow.
func passable(code string, last bool) bool {
	return last && code == bridge.CodeOutsideWorkspace ||
		slices.Contains([]string{bridge.CodeNotFound, bridge.CodeNotDirectory, bridge.CodeNotRegular}, code)
}

// discover asks git for the repository that dir is in; nil if it is in none.
func (g *Git) discover(ctx context.Context, workspace string, dir *os.File, rest string) (*repository, error) {
	look := func(dir *os.File, more []setting, args ...string) invocation {
		return invocation{child.Program{Args: args, Dir: dir, Env: lookEnv(workspace, more)}, workspace, lookTime}
	}
	const none = 128
	out, result, err := g.output(ctx, look(dir, nil, "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-dir", "--git-common-dir"), none)
	if err != nil {
		return nil, err
	}
	if result.ExitCode == none {
		if strings.Contains(result.Stderr, "not a git repository (or any") || strings.Contains(result.Stderr, "must be run in a work tree") ||
			strings.Contains(result.Stderr, "safe.bareRepository") {
			return nil, nil
		}
		return nil, look(dir, nil, "rev-parse").failed(result)
	}
	lines := strings.Split(out, "\n")
	if len(lines) != 3 {
		return nil, bridge.Errorf(bridge.CodeGitFailed, "the path of the repository holds an end of line; rename the folder")
	}
	for _, p := range lines {
		if _, inside := below(workspace, p); !inside {
			return nil, bridge.Errorf(bridge.CodeOutsideWorkspace, "the repository has its files or its .git outside the workspace")
		}
	}
	r := &repository{g: g, workspace: workspace, top: lines[0]}
	r.path, _ = below(workspace, r.top)
	real, err := child.RealPath(dir)
	if err != nil {
		return nil, err
	}
	inside, ok := below(r.top, real)
	if !ok { // core.worktree says so, or the folder was moved just now
		return nil, bridge.Errorf(bridge.CodeNotRepository, "the folder is not part of the repository's work tree")
	}
	r.spec = path.Join(inside, rest)
	if r.way, err = g.placesTo(r.path); err != nil {
		return nil, r.replaced()
	}
	if r.dir, _, err = child.Open(g.root, r.path); err != nil {
		return nil, err
	}
	if real, err = child.RealPath(r.dir); err == nil && real != r.top {
		err = r.replaced()
	}
	if err == nil {
		r.filters, err = g.localFilters(ctx, look(r.dir, nil, "config", "--show-scope", "-z", "--get-regexp", `^filter\.`))
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// below returns p relative to dir, both absolute and clean.
func below(dir, p string) (string, bool) {
	if p == dir {
		return ".", true
	}
	rest, ok := strings.CutPrefix(p, strings.TrimSuffix(dir, "/")+"/")
	return rest, ok
}

// onlyBelow returns the one folder of the workspace that is a repository.
func (g *Git) onlyBelow(workspace *os.File) (string, error) {
	entries, err := workspace.ReadDir(maxScanned)
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		if _, err := g.root.Lstat(e.Name() + "/.git"); err == nil {
			names = append(names, e.Name())
		}
	}
	switch {
	case len(names) == 1:
		return names[0], nil
	case len(names) > 1:
		slices.Sort(names)
		more := ""
		if len(names) > maxNamed {
			names, more = names[:maxNamed], ", …"
		}
		return "", bridge.Errorf(bridge.CodeNotRepository, "the workspace holds several git repositories; name one: %s%s", child.Text(strings.Join(names, ", ")), more)
	case err != nil && !errors.Is(err, io.EOF):
		return "", fmt.Errorf("look for repositories in the workspace: %w", err)
	}
	return "", bridge.Errorf(bridge.CodeNotRepository, "the workspace is no git repository and holds none; git init makes one")
}

// look is a run of git in r that must not change anything or run anything else.
func (r *repository) look(args ...string) invocation {
	return invocation{child.Program{Args: args, Dir: r.dir, Env: lookEnv(r.workspace, r.filters)}, r.workspace, lookTime}
}

// pathspec names r.spec, and nothing that merely matches it as a pattern.
func (r *repository) pathspec() string { return literal(r.spec) }

func literal(p string) string {
	if p == "." {
		return ":(top)" // as a literal it would match nothing
	}
	return ":(top,literal)" + p
}

// localFilters finds the filters that the repository's own configuration defines and
// returns settings with which they have the user's commands, or none.
func (g *Git) localFilters(ctx context.Context, i invocation) ([]setting, error) {
	f := filterConfig{users: map[string]string{}, locals: map[string][]string{}}
	i.Output = &tokens{take: f.take}
	if _, err := g.do(ctx, i, 1); err != nil && !errors.Is(err, errEnough) {
		return nil, err
	} else if err != nil {
		return nil, bridge.Errorf(bridge.CodeGitFailed, "the repository's configuration defines more than %d filters", maxFilters)
	}
	return f.settings(), nil
}
