package git

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

const (
	// maxClones is how many clones run at a time: each may fill the network and a core.
	maxClones = 4
	// usualCloneTime is half an hour: some gigabytes from a slow host.
	usualCloneTime   = 30 * time.Minute
	longestCloneTime = 2 * time.Hour
)

// CloneRepository answers cloneRepository. It clones into a folder of its own beside what is
// there and moves that to its place when it is complete, so that nobody ever sees, or keeps,
// half a repository.
func (g *Git) CloneRepository(ctx context.Context, req bridge.CloneRepository, emit func(event string, payload any) error) (bridge.Cloned, error) {
	var none bridge.Cloned
	folder, err := g.checkClone(&req)
	if err != nil {
		return none, err
	}
	select {
	case g.cloning <- struct{}{}:
		defer func() { <-g.cloning }()
	default:
		return none, bridge.Errorf(bridge.CodeBusy, "%d clones are running; wait for one", maxClones)
	}
	if err := g.vacant(folder); err != nil {
		return none, err
	}
	if err := g.checkBranch(ctx, req.Branch); err != nil {
		return none, err
	}
	c, err := g.newClone(req, emit)
	if err != nil {
		return none, err
	}
	defer c.close()
	cloned, err := c.run(ctx)
	if err != nil {
		return none, err
	}
	cloned.Folder = folder
	return cloned, g.settle(c.place, folder)
}

// checkClone refuses what cannot be meant and fills in defaults. It returns the folder.
func (g *Git) checkClone(req *bridge.CloneRepository) (folder string, err error) {
	name, err := checkURL(req.URL)
	if err != nil {
		return "", err
	}
	if folder, err = g.checkFolder(cmp.Or(req.Folder, name)); err != nil {
		return "", err
	}
	if req.Depth < 0 {
		return "", bridge.Errorf(bridge.CodeBadRequest, "depth is negative")
	}
	limit := int(longestCloneTime / time.Second)
	if req.TimeoutSeconds < 0 || req.TimeoutSeconds > limit {
		return "", bridge.Errorf(bridge.CodeBadRequest, "timeoutSeconds is 1 to %d", limit)
	}
	req.TimeoutSeconds = cmp.Or(req.TimeoutSeconds, int(usualCloneTime/time.Second))
	return folder, nil
}

// vacant refuses a folder that is there and not empty.
func (g *Git) vacant(folder string) error {
	info, err := g.root.Lstat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, syscall.ENOTDIR):
		return bridge.Errorf(bridge.CodeNotDirectory, "a part of %s is no directory", child.Clip(folder))
	case err != nil: // through a link that leads out, most likely, which Open tells
		if f, _, err := child.Open(g.root, folder); err != nil {
			return err
		} else if err := f.Close(); err != nil {
			return err
		}
		return bridge.Errorf(bridge.CodeExists, "there is a %s already", child.Clip(folder))
	case !info.IsDir():
		return bridge.Errorf(bridge.CodeExists, "there is a file %s already", child.Clip(folder))
	}
	f, _, err := child.Open(g.root, folder)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.ReadDir(1); !errors.Is(err, io.EOF) {
		return bridge.Errorf(bridge.CodeExists, "the folder %s is there already and not empty", child.Clip(folder))
	}
	return nil
}

// settle moves a complete clone to its folder. The kernel replaces an empty directory and
// nothing else; so what came there meanwhile is safe.
func (g *Git) settle(from, folder string) error {
	if parent := path.Dir(folder); parent != "." {
		if err := g.root.MkdirAll(parent, 0o777); err != nil {
			return bridge.Errorf(bridge.CodeNotDirectory, "the folder %s cannot be made: %v", child.Clip(parent), unwrapped(err))
		}
	}
	// Not Root.Rename, which refuses an empty directory.
	workspace, _, err := child.Open(g.root, ".")
	if err != nil {
		return err
	}
	defer workspace.Close()
	parent, _, err := child.Open(g.root, path.Dir(folder))
	if err != nil {
		return err
	}
	defer parent.Close()
	switch err = unix.Renameat(int(workspace.Fd()), from, int(parent.Fd()), path.Base(folder)); {
	case errors.Is(err, unix.EEXIST), errors.Is(err, unix.ENOTEMPTY), errors.Is(err, unix.ENOTDIR):
		return bridge.Errorf(bridge.CodeExists, "something else took the place of %s while it was cloned", child.Clip(folder))
	case err != nil:
		return fmt.Errorf("move the clone to its folder: %w", err)
	}
	return nil
}

// unwrapped is an error without the container's paths.
func unwrapped(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// clone is one clone under way. The caller closes it.
type clone struct {
	g   *Git
	req bridge.CloneRepository
	// place is its folder until it is complete, dir the same, held open.
	place     string
	dir       *os.File
	workspace string
	report    *report
	warnings  []string
}

func (g *Git) newClone(req bridge.CloneRepository, emit func(event string, payload any) error) (*clone, error) {
	workspace, err := g.workspace()
	if err != nil {
		return nil, err
	}
	c := &clone{g: g, req: req, workspace: workspace, report: newReport(func(p bridge.CloneProgress) error {
		return emit(bridge.EventProgress, p)
	})}
	g.swept.Do(g.sweep)
	c.place = temporaryPrefix + rand.Text()
	if err := g.root.Mkdir(c.place, 0o777); err != nil {
		if errors.Is(err, syscall.ENOSPC) {
			return nil, bridge.Errorf(bridge.CodeDiskFull, "the disk is full")
		}
		return nil, fmt.Errorf("make a folder for the clone: %w", err)
	}
	if c.dir, _, err = child.Open(g.root, c.place); err != nil {
		_ = g.root.Remove(c.place)
		return nil, err
	}
	return c, nil
}

// close removes what was not moved away.
func (c *clone) close() {
	_ = c.dir.Close()
	_ = c.g.root.RemoveAll(c.place)
}

// temporaryPrefix and 26 characters name what is the bridge's own; see ownTemporary.
const temporaryPrefix = ".kalpana-"

// sweep removes clones that a crash left. It runs before the first one of this Git begins.
func (g *Git) sweep() {
	dir, _, err := child.Open(g.root, ".")
	if err != nil {
		return
	}
	defer dir.Close()
	entries, _ := dir.ReadDir(maxScanned)
	for _, e := range entries {
		if own, _ := path.Match(ownTemporary, e.Name()); own && e.IsDir() {
			_ = g.root.RemoveAll(e.Name())
		}
	}
}

// run does everything but the move.
func (c *clone) run(ctx context.Context) (bridge.Cloned, error) {
	timed, cancel := context.WithTimeout(ctx, time.Duration(c.req.TimeoutSeconds)*time.Second)
	defer cancel()
	if err := c.fetch(timed); err != nil {
		if timed.Err() != nil && ctx.Err() == nil {
			return bridge.Cloned{}, bridge.Errorf(bridge.CodeTimedOut, "the clone took longer than %d s and was stopped; a depth makes it smaller", c.req.TimeoutSeconds)
		}
		return bridge.Cloned{}, err
	}
	cloned, err := c.result(ctx)
	if err != nil || cloned.Empty {
		return cloned, err
	}
	if c.req.Submodules {
		c.extra(timed, bridge.PhaseSubmodules, "the submodules", c.submodules())
	}
	if c.req.LFS {
		c.extra(timed, bridge.PhaseLFS, "the large files", []string{"lfs", "pull"})
	}
	cloned.Warnings = c.warnings
	return cloned, ctx.Err()
}

// fetch is the clone proper.
func (c *clone) fetch(ctx context.Context) error {
	args := []string{"clone", "--progress", "--no-recurse-submodules"}
	if c.req.Branch != "" {
		args = append(args, "--branch="+c.req.Branch)
	}
	if c.req.Depth > 0 {
		args = append(args, "--depth="+strconv.Itoa(c.req.Depth))
	}
	c.report.begin(bridge.PhaseConnect)
	// Large files come on their own afterwards: what is wrong with them must not cost the rest.
	return c.git(ctx, append(args, "--", c.req.URL, "."), "GIT_LFS_SKIP_SMUDGE=1")
}

func (c *clone) submodules() []string {
	args := []string{"submodule", "update", "--init", "--recursive", "--progress"}
	if c.req.Depth > 0 {
		args = append(args, "--depth="+strconv.Itoa(c.req.Depth))
	}
	return args
}

// extra adds what a clone is usable without; a failure becomes a warning.
func (c *clone) extra(ctx context.Context, phase, what string, args []string) {
	c.report.begin(phase)
	err := c.git(ctx, args)
	if err == nil {
		return
	}
	if ctx.Err() != nil {
		err = errors.New("it took too long")
	} else if refused, ok := errors.AsType[*bridge.Error](err); ok {
		err = errors.New(refused.Message)
	}
	c.warnings = append(c.warnings, fmt.Sprintf("%s are not complete: %v", what, err))
}

// git runs git in the clone with the network, and says why it failed.
func (c *clone) git(ctx context.Context, args []string, env ...string) error {
	i := invocation{child.Program{
		Args: args, Dir: c.dir, Env: append(cloneEnv(c.workspace), env...), Output: c.report, Stderr: c.report,
	}, c.workspace + "/" + c.place, longestCloneTime + time.Hour} // ctx has the limit
	result, err := c.g.end(ctx, i)
	if err != nil || result.ExitCode == 0 {
		return err
	}
	result.Stderr = c.report.words()
	return refusal(i.failed(result), result.Stderr)
}

// result tells what there is now.
func (c *clone) result(ctx context.Context) (bridge.Cloned, error) {
	var cloned bridge.Cloned
	look := func(args ...string) (string, child.Result, error) {
		return c.g.output(ctx, invocation{child.Program{Args: args, Dir: c.dir, Env: lookEnv(c.workspace, nil)}, c.workspace, lookTime}, 1, 128)
	}
	branch, _, err := look("symbolic-ref", "--short", "--quiet", "HEAD")
	if err != nil {
		return cloned, err
	}
	commit, result, err := look("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
	if err != nil {
		return cloned, err
	}
	cloned.Branch, cloned.Commit, cloned.Empty = child.Text(branch), commit, result.ExitCode != 0
	return cloned, nil
}

// checkBranch asks git whether a branch can have this name; "" is none.
func (g *Git) checkBranch(ctx context.Context, branch string) error {
	if branch == "" {
		return nil
	}
	bad := bridge.Errorf(bridge.CodeBadBranch, "%s is no name that a branch can have", strconv.Quote(child.Clip(branch)))
	if len(branch) > maxBranch || strings.HasPrefix(branch, "-") || strings.ContainsRune(branch, 0) {
		return bad
	}
	result, err := g.do(ctx, invocation{child.Program{
		Args: []string{"check-ref-format", "refs/heads/" + branch}, Env: userEnv(),
	}, "", lookTime}, 1)
	if err == nil && result.ExitCode != 0 {
		return bad
	}
	return err
}

// maxBranch is the longest name of a file, which a branch is one in .git.
const maxBranch = 255
