package git

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
	"github.com/kalpana-dev/kalpana/bridge/files"
)

// Bounds of one search; bridge.UnpushedWork tells them.
const (
	maxSearchDepth   = 6
	maxSearched      = 50_000
	maxRepositories  = 50
	unpushedTime     = time.Minute
	maxBranches      = 100
	maxUnpushedCount = 10_000
)

// Unpushed answers unpushed.
func (g *Git) Unpushed(ctx context.Context, req bridge.Unpushed) (bridge.UnpushedWork, error) {
	work := bridge.UnpushedWork{Repositories: []bridge.UnpushedRepository{}}
	top, err := files.Clean(g.root.Name(), cmp.Or(req.Folder, "."))
	if err != nil {
		return work, err
	}
	timed, cancel := context.WithTimeout(ctx, unpushedTime)
	defer cancel()
	folders, truncated, err := g.repositories(timed, top)
	if err != nil {
		return work, err
	}
	work.Truncated = truncated
	seen := map[string]bool{}
	for _, folder := range folders {
		r, err := g.unpushed(timed, folder, seen)
		if ctx.Err() != nil {
			return work, ctx.Err()
		}
		if timed.Err() != nil {
			work.Truncated = true
			break
		}
		if err != nil {
			r = bridge.UnpushedRepository{Folder: child.Text(folder), Branches: []bridge.UnpushedBranch{}, Problem: problemOf(err)}
		}
		if r.Folder == "" { // found already, or none after all
			continue
		}
		work.Found++
		if r.Problem != "" || len(r.Branches)+r.Uncommitted+r.Stashes > 0 {
			work.Repositories = append(work.Repositories, r)
		}
	}
	slices.SortFunc(work.Repositories, func(a, b bridge.UnpushedRepository) int { return cmp.Compare(a.Folder, b.Folder) })
	return work, nil
}

func problemOf(err error) string {
	if refused, ok := errors.AsType[*bridge.Error](err); ok {
		return refused.Message
	}
	return "git broke off"
}

// repositories finds folders with a .git, the nearest first.
func (g *Git) repositories(ctx context.Context, top string) (found []string, truncated bool, err error) {
	type level struct {
		folder string
		depth  int
	}
	queue, looked := []level{{top, 0}}, 0
	for done := 0; done < len(queue); done++ {
		at := queue[done]
		dir, info, err := child.Open(g.root, at.folder)
		if err != nil || !info.IsDir() {
			if err == nil {
				_ = dir.Close()
				err = bridge.Errorf(bridge.CodeNotDirectory, "%s is no directory", child.Clip(at.folder))
			}
			if at.depth == 0 {
				return nil, false, err
			}
			continue // it vanished, or may not be read
		}
		entries, err := dir.ReadDir(maxSearched - looked + 1)
		_ = dir.Close()
		if ctx.Err() != nil {
			return found, true, nil
		}
		if looked += len(entries); looked > maxSearched {
			return found, true, nil
		}
		if err != nil && len(entries) == 0 && at.depth == 0 && !errors.Is(err, io.EOF) {
			return nil, false, err
		}
		slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
		for _, e := range entries {
			own, _ := path.Match(ownTemporary, e.Name())
			switch {
			case e.Name() == ".git":
				if len(found) == maxRepositories {
					return found, true, nil
				}
				found = append(found, at.folder)
			case !e.IsDir() || own || e.Name() == "node_modules": // what others published
			case at.depth == maxSearchDepth:
				truncated = true
			default:
				queue = append(queue, level{path.Join(at.folder, e.Name()), at.depth + 1})
			}
		}
	}
	return found, truncated, nil
}

// unpushed looks at the repository in folder. What was seen already, and a .git that is none,
// has no folder in the answer.
func (g *Git) unpushed(ctx context.Context, folder string, seen map[string]bool) (bridge.UnpushedRepository, error) {
	r, err := g.find(ctx, folder)
	if isCode(err, bridge.CodeNotRepository) {
		return bridge.UnpushedRepository{}, nil
	}
	if err != nil {
		return bridge.UnpushedRepository{}, err
	}
	defer r.close()
	if seen[r.path] {
		return bridge.UnpushedRepository{}, nil
	}
	seen[r.path] = true
	u := bridge.UnpushedRepository{Folder: child.Text(r.path), Branches: []bridge.UnpushedBranch{}}
	state, err := r.status(ctx, ".")
	if err != nil {
		return u, err
	}
	u.Uncommitted = len(state.Files)
	if u.Stashes, err = r.count(ctx, "--walk-reflogs", "refs/stash", "--"); err != nil {
		return u, err
	}
	if u.Branches, err = r.ahead(ctx); err != nil {
		return u, err
	}
	if state.Branch == "" && state.Commit != "" {
		n, err := r.count(ctx, "HEAD", "--not", "--remotes", "--branches", "--")
		if err != nil {
			return u, err
		}
		if n > 0 {
			u.Branches = append([]bridge.UnpushedBranch{{Commits: n}}, u.Branches...)
		}
	}
	return u, nil
}

// count counts commits that git rev-list names with args; 0 if there is no such reference.
func (r *repository) count(ctx context.Context, args ...string) (int, error) {
	i := r.look(append([]string{"rev-list", "--count", "--max-count=" + strconv.Itoa(maxUnpushedCount)}, args...)...)
	out, result, err := r.g.output(ctx, i, 128)
	if err != nil {
		return 0, err
	}
	if result.ExitCode != 0 {
		if strings.Contains(result.Stderr, "bad revision") {
			return 0, nil
		}
		return 0, i.failed(result)
	}
	n, err := strconv.Atoi(out)
	if err != nil {
		return 0, bridge.Errorf(bridge.CodeGitFailed, "git rev-list printed no number")
	}
	return n, nil
}

// ahead lists branches with commits that no remote has.
func (r *repository) ahead(ctx context.Context) ([]bridge.UnpushedBranch, error) {
	ahead := []bridge.UnpushedBranch{}
	if n, err := r.count(ctx, "--branches", "--not", "--remotes", "--"); err != nil || n == 0 {
		return ahead, err
	}
	var fields []string
	i := r.look("for-each-ref", "--format=%(refname:lstrip=2)%00%(upstream:lstrip=2)%00", "refs/heads")
	i.Output = &tokens{take: func(token string) error {
		if len(fields) == 100*maxBranches {
			return errEnough
		}
		fields = append(fields, strings.TrimPrefix(token, "\n"))
		return nil
	}}
	if _, err := r.g.do(ctx, i); err != nil && !errors.Is(err, errEnough) {
		return ahead, err
	}
	for f := 0; f+1 < len(fields) && len(ahead) < maxBranches; f += 2 {
		n, err := r.count(ctx, "refs/heads/"+fields[f], "--not", "--remotes", "--")
		if err != nil {
			return ahead, err
		}
		if n > 0 {
			ahead = append(ahead, bridge.UnpushedBranch{Name: child.Text(fields[f]), Upstream: child.Text(fields[f+1]), Commits: n})
		}
	}
	return ahead, nil
}
