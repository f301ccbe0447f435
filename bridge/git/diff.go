package git

import (
	"context"
	"errors"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

const (
	// maxRevision is longer than any name of a branch that people give.
	maxRevision = 500

	// maxDiffJSON bounds a diff in JSON, where a control character takes six bytes: with
	// what is around it, it must fit in bridge.MaxMessageBytes.
	maxDiffJSON = 3 << 20
)

// plainDiff are the arguments of every diff: in the form that everybody knows, whatever the
// configuration says, and without running other programs.
var plainDiff = []string{
	"--no-ext-diff", "--no-textconv", "--no-color", "--no-relative", "--find-renames", "--src-prefix=a/", "--dst-prefix=b/",
	"--submodule=short", "--ignore-submodules=dirty", "--no-indent-heuristic",
}

// Diff answers gitDiff. As git diff always does, it may note in the index which files have
// another time but the same contents; it tries once, and gives way to others.
func (g *Git) Diff(ctx context.Context, req bridge.GitDiff) (bridge.Diff, error) {
	if req.Staged && req.Base != "" {
		return bridge.Diff{}, bridge.Errorf(bridge.CodeBadRequest, "staged and base exclude each other")
	}
	var d bridge.Diff
	err := g.look(ctx, req.Path, func(r *repository) (err error) {
		args := []string{"diff"}
		if req.Staged {
			args = append(args, "--cached")
		}
		if req.Base != "" {
			hash, err := r.commit(ctx, req.Base)
			if err != nil {
				return err
			}
			args = append(args, hash)
		}
		d, err = g.diff(ctx, r.look(args...), r.path, r.pathspec())
		return err
	})
	if err != nil {
		return bridge.Diff{}, err
	}
	return d, nil
}

// diff runs i, which is a diff without options, twice: for the text and for the counts.
// root is what git's paths are relative to.
func (g *Git) diff(ctx context.Context, i invocation, root string, specs ...string) (bridge.Diff, error) {
	with := func(options ...string) invocation {
		j := i
		j.Args = append(append(append(append([]string{}, i.Args...), plainDiff...), options...), "--")
		j.Args = append(j.Args, specs...)
		return j
	}
	d := bridge.Diff{Changes: []bridge.FileChange{}}
	text := &limited{most: bridge.MaxInlineBytes}
	patch := with("--patch", "--unified=3", "--inter-hunk-context=0")
	patch.Output = text
	_, err := g.do(ctx, patch)
	if errors.Is(err, errEnough) {
		d.Truncated, err = true, nil
	}
	if err != nil {
		return d, err
	}
	var cut bool
	d.Diff, cut = fit(child.Text(string(text.kept)), d.Truncated)
	d.Truncated = d.Truncated || cut
	// Without --unified, which would print the text once more, and files in conflict not at all.
	counts := with("--raw", "--numstat", "-z")
	n := &numstat{root: root}
	counts.Output = &tokens{take: n.take}
	_, err = g.do(ctx, counts)
	d.Files, d.Added, d.Removed, d.Changes = n.files, n.added, n.removed, n.sorted()
	return d, err
}

// fit cuts a diff at the end of a line so that it fits into a message; cut says that the
// text was cut already.
func fit(text string, cut bool) (string, bool) {
	most := len(text)
	if most > bridge.MaxInlineBytes { // bytes that are no UTF-8 have become longer
		most = bridge.MaxInlineBytes
	}
	for child.JSONSize(text[:most]) > maxDiffJSON {
		most -= most / 8
	}
	if most == len(text) && !cut {
		return text, false
	}
	if end := strings.LastIndexByte(text[:most], '\n'); end >= 0 {
		return text[:end+1], true
	}
	return strings.ToValidUTF8(text[:most], ""), true
}

// commit resolves a branch, tag or commit to the hash of a commit.
func (r *repository) commit(ctx context.Context, revision string) (string, error) {
	if len(revision) > maxRevision || strings.HasPrefix(revision, "-") || strings.ContainsAny(revision, "\x00\n") {
		return "", bridge.Errorf(bridge.CodeBadRequest, "%q is no branch, tag or commit", child.Clip(revision))
	}
	hash, result, err := r.g.output(ctx, r.look("rev-parse", "--verify", "--quiet", revision+"^{commit}"), 1, 128)
	if err != nil {
		return "", err
	}
	if result.ExitCode != 0 {
		return "", bridge.Errorf(bridge.CodeNotFound, "there is no branch, tag or commit %q", child.Clip(revision))
	}
	return hash, nil
}
