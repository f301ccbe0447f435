package git

import (
	"cmp"
	"context"
	"errors"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
	"github.com/kalpana-dev/kalpana/bridge/files"
)

// restoreTime is how long writing the files back may take. A request that is cancelled
// meanwhile is finished nevertheless: half a restore helps nobody.
const restoreTime = 60 * time.Second

// RestoreCheckpoint answers restoreCheckpoint. Files that are ignored, too large for
// checkpoints or below .git are neither deleted nor overwritten.
func (g *Git) RestoreCheckpoint(ctx context.Context, req bridge.RestoreCheckpoint) (bridge.Restored, error) {
	var none bridge.Restored
	if len(req.Paths) > maxCommitPaths {
		return none, bridge.Errorf(bridge.CodeBadRequest, "there are %d paths; %d are the most: name directories", len(req.Paths), maxCommitPaths)
	}
	var paths []string
	for _, p := range req.Paths {
		clean, err := files.Clean(g.root.Name(), p)
		if err != nil {
			return none, err
		}
		paths = append(paths, clean)
	}
	s := g.checkpoints
	unlock, err := s.lock(ctx)
	if err != nil {
		return none, err
	}
	defer unlock()
	target, err := s.resolve(ctx, req.ID)
	if err != nil {
		return none, err
	}
	// What is there now of the files to come belongs in the checkpoint taken first, even
	// if it has come to be ignored: it is about to be overwritten.
	extra, err := s.pathsIn(ctx, target, paths)
	if err != nil {
		return none, err
	}
	before, snap, err := s.create(ctx, "before restoring "+req.ID, extra)
	if err != nil {
		return none, err
	}
	todo, err := s.changes(ctx, snap.tree, target, paths)
	if err != nil {
		return none, err
	}
	for _, c := range todo {
		if _, left := slices.BinarySearch(snap.skipped, c.path); left {
			return none, bridge.Errorf(bridge.CodeTooLarge, "%s is not in the checkpoint taken first, because it is too large or may not be read, and would be lost; move it away and restore again", child.Clip(c.path))
		}
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreTime)
	defer cancel()
	changed, err := s.apply(finish, todo, before.ID)
	s.tidy(finish)
	return bridge.Restored{Before: before, Changed: changed}, err
}

// pathsIn returns the paths of a tree that are at or below one of paths; all without any.
func (s *store) pathsIn(ctx context.Context, tree string, paths []string) ([]string, error) {
	objects, err := s.objects(ctx, tree)
	if err != nil {
		return nil, err
	}
	var list []string
	for p := range objects {
		if len(paths) == 0 || slices.ContainsFunc(paths, func(top string) bool { return atOrBelow(top, p) }) {
			list = append(list, p)
		}
	}
	return list, nil
}

func atOrBelow(top, p string) bool {
	return top == "." || p == top || strings.HasPrefix(p, top+"/")
}

// changes are what makes the tree from into the tree to, at or below paths.
func (s *store) changes(ctx context.Context, from, to string, paths []string) ([]change, error) {
	i := s.git("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-ext-diff", from, to)
	c := &changes{}
	i.Output = &tokens{take: func(token string) error {
		if len(c.list) > 2*maxHeldFiles {
			return errEnough
		}
		return c.take(token)
	}}
	_, err := s.g.do(ctx, i)
	if len(paths) > 0 {
		c.list = slices.DeleteFunc(c.list, func(c change) bool {
			return !slices.ContainsFunc(paths, func(top string) bool { return atOrBelow(top, c.path) })
		})
	}
	return c.list, err
}

// apply makes the changes and returns how many it made. What is in the way of one is left
// alone and told at the end.
func (s *store) apply(ctx context.Context, todo []change, before string) (int, error) {
	t := &target{folders: folders{root: s.g.root}}
	defer t.leave(0)
	err := s.applyTo(ctx, t, todo)
	switch {
	case err == nil:
		err = t.trouble(before)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		err = bridge.Errorf(bridge.CodeDiskFull, "the disk is full; only %d of %d files were restored; make room and restore again, or restore %s to undo it", t.changed, len(todo), before)
	case errors.Is(err, context.DeadlineExceeded):
		err = bridge.Errorf(bridge.CodeGitFailed, "restoring took longer than %s; only %d of %d files were restored; restore again, or restore %s to undo it", restoreTime, t.changed, len(todo), before)
	}
	return t.changed, err
}

func (s *store) applyTo(ctx context.Context, t *target, todo []change) error {
	// .gitignore comes first: what it excluded when the checkpoint was made was not made
	// since, and stays, even if nothing excluded it just now.
	rest := todo[:0:0]
	var rules []change
	for _, c := range todo {
		if path.Base(c.path) == ".gitignore" {
			rules = append(rules, c)
		} else {
			rest = append(rest, c)
		}
	}
	if len(rules) > 0 {
		if err := s.make(ctx, t, rules); err != nil {
			return err
		}
		counted, err := s.list(ctx)
		if err != nil {
			return err
		}
		rest = slices.DeleteFunc(rest, func(c change) bool {
			_, held := slices.BinarySearch(counted, c.path)
			return c.now.mode == absent && !held
		})
	}
	return s.make(ctx, t, rest)
}

// make makes changes: deletions first, and the deepest first, since a folder may have to become
// a file.
func (s *store) make(ctx context.Context, t *target, todo []change) error {
	t.needed = map[string]bool{}
	var writes []change
	for _, c := range todo {
		if c.now.mode == absent {
			continue
		}
		writes = append(writes, c)
		for dir := path.Dir(c.path); dir != "." && !t.needed[dir]; dir = path.Dir(dir) {
			t.needed[dir] = true
		}
	}
	slices.SortFunc(todo, func(a, b change) int { return cmp.Compare(b.path, a.path) })
	for _, c := range todo {
		if c.now.mode == absent {
			t.note(c.path, t.remove(c.path))
		}
	}
	slices.SortFunc(writes, func(a, b change) int { return cmp.Compare(a.path, b.path) })
	return s.blobs(ctx, writes, t)
}
