package git

import (
	"cmp"
	"context"
	"io"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
	"github.com/kalpana-dev/kalpana/bridge/files"
)

const (
	// maxCheckpoints and maxAge bound how many checkpoints are kept: some days of work
	// with an agent, of which nobody looks at more.
	maxCheckpoints = 100
	maxAge         = 14 * 24 * time.Hour

	// maxSkipped is how many skipped files are named.
	maxSkipped = 100

	// maxMessageChars is how much of a checkpoint's message is kept: a line in a list.
	maxMessageChars = 500

	// tidyTime is how long removing what is no longer needed may take. It goes on the next time.
	tidyTime = 30 * time.Second
)

// CreateCheckpoint answers createCheckpoint. One is made at a time.
func (g *Git) CreateCheckpoint(ctx context.Context, req bridge.CreateCheckpoint) (bridge.Checkpoint, error) {
	s := g.checkpoints
	unlock, err := s.lock(ctx)
	if err != nil {
		return bridge.Checkpoint{}, err
	}
	defer unlock()
	c, _, err := s.create(ctx, req.Message, nil)
	if err == nil && !c.Unchanged {
		s.tidy(ctx)
	}
	return c, err
}

// ListCheckpoints answers listCheckpoints. Skipped files are not remembered.
func (g *Git) ListCheckpoints(ctx context.Context) (bridge.CheckpointList, error) {
	s := g.checkpoints
	unlock, err := s.lock(ctx)
	if err != nil {
		return bridge.CheckpointList{Checkpoints: []bridge.Checkpoint{}}, err
	}
	defer unlock()
	kept, _, err := s.checkpointList(ctx)
	return bridge.CheckpointList{Checkpoints: append([]bridge.Checkpoint{}, kept...)}, err
}

// DiffCheckpoint answers diffCheckpoint.
func (g *Git) DiffCheckpoint(ctx context.Context, req bridge.DiffCheckpoint) (bridge.Diff, error) {
	s := g.checkpoints
	p, err := files.Clean(g.root.Name(), cmp.Or(req.Path, "."))
	if err != nil {
		return bridge.Diff{}, err
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return bridge.Diff{}, err
	}
	defer unlock()
	from, err := s.resolve(ctx, req.ID)
	if err != nil {
		return bridge.Diff{}, err
	}
	var to string
	if req.To != "" {
		to, err = s.resolve(ctx, req.To)
	} else {
		to, err = s.present(ctx, from, []string{p})
	}
	if err != nil {
		return bridge.Diff{}, err
	}
	return g.diff(ctx, s.git("diff-tree", "-r", from, to), ".", spec(p)...)
}

// present stores the files as they are now and returns their tree.
func (s *store) present(ctx context.Context, tree string, paths []string) (string, error) {
	extra, err := s.pathsIn(ctx, tree, paths)
	if err != nil {
		return "", err
	}
	snap, err := s.snapshot(ctx, extra)
	return snap.tree, err
}

// spec is the pathspec of a workspace path; none for all of it.
func spec(p string) []string {
	if p == "." {
		return nil
	}
	return []string{":(literal)" + p}
}

// resolve returns the tree of a checkpoint.
func (s *store) resolve(ctx context.Context, id string) (string, error) {
	tree := ""
	if _, ok := parseIdentifier(id); ok {
		var err error
		if tree, err = s.tree(ctx, checkpointRefs+id); err != nil {
			return "", err
		}
	}
	if tree == "" {
		return "", bridge.Errorf(bridge.CodeNoCheckpoint, "there is no checkpoint %q; the latest %d of %d days are kept", child.Clip(id), maxCheckpoints, int(maxAge.Hours()/24))
	}
	return tree, nil
}

// create makes a checkpoint, unless nothing differs from the latest one.
func (s *store) create(ctx context.Context, message string, extra []string) (bridge.Checkpoint, snapshot, error) {
	kept, _, err := s.checkpointList(ctx)
	if err != nil {
		return bridge.Checkpoint{}, snapshot{}, err
	}
	snap, err := s.snapshot(ctx, extra)
	if err != nil {
		return bridge.Checkpoint{}, snapshot{}, err
	}
	var c bridge.Checkpoint
	at := s.now()
	if len(kept) > 0 {
		c = kept[0]
		tree, err := s.tree(ctx, checkpointRefs+c.ID)
		if err != nil {
			return bridge.Checkpoint{}, snapshot{}, err
		}
		c.Unchanged = tree == snap.tree
		if at.Sub(c.CreatedAt) < time.Millisecond { // the clock was set back, perhaps
			at = c.CreatedAt.Add(time.Millisecond)
		}
	}
	if !c.Unchanged {
		c = bridge.Checkpoint{ID: identifier(at), Message: tidyMessage(message)}
		c.CreatedAt, _ = parseIdentifier(c.ID)
		if err := s.keep(ctx, c, snap.tree); err != nil {
			return bridge.Checkpoint{}, snapshot{}, err
		}
	}
	for _, p := range snap.skipped[:min(len(snap.skipped), maxSkipped)] {
		c.Skipped = append(c.Skipped, child.Text(p))
	}
	return c, snap, nil
}

func tidyMessage(m string) string {
	return child.Cut(strings.TrimSpace(strings.ReplaceAll(m, "\x00", " ")), maxMessageChars)
}

// keep writes a checkpoint's commit and, last, its reference.
func (s *store) keep(ctx context.Context, c bridge.Checkpoint, tree string) error {
	i := s.git("commit-tree", tree)
	i.Input = func(w io.Writer) error {
		_, err := io.WriteString(w, c.Message)
		return err
	}
	commit, _, err := s.g.output(ctx, i)
	if err != nil {
		return err
	}
	_, err = s.g.do(ctx, s.git("update-ref", checkpointRefs+c.ID, commit, strings.Repeat("0", 40)))
	return err
}
