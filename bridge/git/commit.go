package git

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
	"github.com/kalpana-dev/kalpana/bridge/files"
)

const (
	// maxCommitMessage is far longer than any message that people read.
	maxCommitMessage = 8 << 10

	// maxCommitPaths is more files than anybody names one by one.
	maxCommitPaths = 1000
)

// Commit answers gitCommit. The user's configuration, hooks and filters count. If a hook
// refuses, the error has what it said, and the changes stay staged.
func (g *Git) Commit(ctx context.Context, req bridge.GitCommit) (bridge.GitCommitted, error) {
	var none bridge.GitCommitted
	switch {
	case strings.TrimSpace(req.Message) == "":
		return none, bridge.Errorf(bridge.CodeBadRequest, "message is empty; say what the commit changes")
	case len(req.Message) > maxCommitMessage:
		return none, bridge.Errorf(bridge.CodeBadRequest, "message is longer than %d bytes", maxCommitMessage)
	case strings.ContainsRune(req.Message, 0):
		return none, bridge.Errorf(bridge.CodeBadRequest, "message holds a NUL byte")
	case len(req.Paths) > maxCommitPaths:
		return none, bridge.Errorf(bridge.CodeBadRequest, "there are %d paths; %d are the most: name directories", len(req.Paths), maxCommitPaths)
	}
	r, err := g.find(ctx, req.Repository)
	if err != nil {
		return none, err
	}
	defer r.close()
	specs, err := r.specs(req.Paths)
	if err != nil {
		return none, err
	}
	if err := r.ready(ctx, specs); err != nil {
		return none, err
	}
	if err := r.record(ctx, req.Message, specs); err != nil {
		return none, err
	}
	return r.committed(ctx)
}

// specs makes workspace paths relative to the repository. Without paths it is nil.
func (r *repository) specs(paths []string) ([]string, error) {
	var specs []string
	for _, p := range paths {
		clean, err := files.Clean(r.g.root.Name(), p)
		if err != nil {
			return nil, err
		}
		dir, rest, err := r.g.nearestDir(clean)
		if err != nil {
			return nil, err
		}
		real, err := child.RealPath(dir)
		_ = dir.Close()
		if err != nil {
			return nil, err
		}
		spec, ok := below(r.top, strings.TrimSuffix(real+"/"+rest, "/"))
		if !ok {
			return nil, bridge.Errorf(bridge.CodeNotRepository, "%s is not in the repository %s", child.Clip(p), child.Clip(r.path))
		}
		specs = append(specs, spec)
	}
	return specs, nil
}

// ready refuses what would fail or do harm, before anything is changed.
func (r *repository) ready(ctx context.Context, specs []string) error {
	for _, who := range []string{"GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"} {
		_, result, err := r.g.output(ctx, r.act("var", who), 128)
		if err != nil {
			return err
		}
		if result.ExitCode != 0 {
			return bridge.Errorf(bridge.CodeGitFailed,
				`git does not know who commits; run: git config --global user.name "Your Name" && git config --global user.email you@example.com`)
		}
	}
	unmerged, _, err := r.g.output(ctx, r.look("diff", "--name-only", "--diff-filter=U", "--no-relative", "--no-ext-diff"))
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	if unmerged != "" {
		first, _, _ := strings.Cut(unmerged, "\n")
		return bridge.Errorf(bridge.CodeGitFailed, "%s has conflicts of a merge; resolve them and mark each file with git add", child.Clip(first))
	}
	state, err := r.status(ctx, orAll(specs)...)
	if err != nil {
		return err
	}
	if len(state.Files) > 0 {
		return nil
	}
	if len(specs) == 0 { // a merge is something to commit although no file differs
		_, result, err := r.g.output(ctx, r.look("rev-parse", "--verify", "--quiet", "MERGE_HEAD"), 1, 128)
		if err != nil || result.ExitCode == 0 {
			return err
		}
	}
	return bridge.Errorf(bridge.CodeNothingToCommit, "nothing differs from the last commit")
}

func orAll(specs []string) []string {
	if len(specs) == 0 {
		return []string{"."}
	}
	return specs
}

// record stages and commits.
func (r *repository) record(ctx context.Context, message string, specs []string) error {
	add := r.act("add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul")
	add.Input = nulList(orAll(specs))
	if _, err := r.g.do(ctx, add); err != nil {
		return err
	}
	commit := r.act("commit", "--quiet", "--no-status", "--cleanup=whitespace", "--message="+message)
	if len(specs) > 0 {
		commit.Args = append(commit.Args, "--only", "--pathspec-from-file=-", "--pathspec-file-nul")
		commit.Input = nulList(specs)
	}
	result, err := r.g.do(ctx, commit, 1)
	if err != nil || result.ExitCode == 0 {
		return err
	}
	if _, staged, err := r.g.output(ctx, r.look("diff", "--cached", "--quiet", "--no-ext-diff"), 1); err == nil && staged.ExitCode == 0 {
		return bridge.Errorf(bridge.CodeNothingToCommit, "nothing differs from the last commit")
	}
	return commit.failed(result)
}

// nulList writes paths as git reads them with --pathspec-file-nul.
func nulList(specs []string) func(io.Writer) error {
	var b bytes.Buffer
	for _, s := range specs {
		b.WriteString(literal(s))
		b.WriteByte(0)
	}
	return func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	}
}

// committed describes the commit that was just made.
func (r *repository) committed(ctx context.Context) (bridge.GitCommitted, error) {
	var c bridge.GitCommitted
	hash, err := r.commit(ctx, "HEAD")
	if err != nil {
		return c, err
	}
	c.Hash = hash
	branch, _, err := r.g.output(ctx, r.look("symbolic-ref", "--short", "--quiet", "HEAD"), 1)
	if err != nil {
		return c, err
	}
	c.Branch = child.Text(branch)
	i := r.look("diff-tree", "-r", "--root", "--no-commit-id", "--numstat", "-z", "--no-ext-diff", "--no-textconv", "--find-renames")
	// A merge is compared with what was checked out before.
	if parent, err := r.commit(ctx, hash+"^1"); err == nil {
		i.Args = append(i.Args, parent)
	} else if !isCode(err, bridge.CodeNotFound) {
		return c, err
	}
	i.Args = append(i.Args, hash)
	n := &numstat{}
	i.Output = &tokens{take: n.take}
	_, err = r.g.do(ctx, i)
	c.Files, c.Added, c.Removed = n.files, n.added, n.removed
	return c, err
}

// act is a run of git in r with all the rights of the user.
func (r *repository) act(args ...string) invocation {
	return invocation{child.Program{Args: args, Dir: r.dir, Env: commitEnv(r.workspace)}, r.workspace, commitTime}
}

func isCode(err error, code string) bool {
	e, ok := errors.AsType[*bridge.Error](err)
	return ok && e.Code == code
}
