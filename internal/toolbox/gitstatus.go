package toolbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

// maxStatusFiles is how many files a status shows a model.
const maxStatusFiles = 300

func gitStatus() tool {
	return tool{
		name: "gitStatus", class: permission.ClassRead, readOnly: true,
		description: "Shows the branch and the files that differ from the last commit.",
		aliases:     []string{"status"},
		fields: []field{
			{name: "path", kind: file, fallback: ".", about: "folder in the repository", aliases: []string{"repository", "repo", "repopath", "cwd", "directory", "dir"}},
		},
		fresh: func() arguments { return &gitStatusArgs{} },
	}
}

type gitStatusArgs struct {
	Path string `json:"path"`
}

func (a *gitStatusArgs) describe(*Session, *permission.Call) string { return "Git status" }

// repository is how the bridge is told of a folder: "." stands for the one repository in the
// workspace, wherever it is.
func repository(name string) string {
	if name == "." {
		return ""
	}
	return name
}

func (a *gitStatusArgs) run(ctx context.Context, c *Call, _ func(string)) Result {
	var state bridge.GitState
	if problem := c.session.call(ctx, "git status", bridge.TypeGitStatus, bridge.GitStatus{Path: repository(a.Path)}, &state); problem != nil {
		return failed(problem)
	}
	type file struct {
		Path     string `json:"path"`
		Index    string `json:"index"`
		Worktree string `json:"worktree"`
		OldPath  string `json:"oldPath,omitempty"`
	}
	var b strings.Builder
	branch := state.Branch
	if branch == "" {
		branch = "(no branch)"
	}
	fmt.Fprintf(&b, "## %s in %s", branch, state.Root)
	if state.Upstream != "" {
		fmt.Fprintf(&b, ", follows %s: %d ahead, %d behind", state.Upstream, state.Ahead, state.Behind)
	}
	b.WriteByte('\n')
	before := len(state.Files)
	state.Files = slices.DeleteFunc(state.Files, func(f bridge.GitFile) bool {
		return c.hides(f.Path) || f.OldPath != "" && c.hides(f.OldPath)
	})
	ruledOut := before - len(state.Files)
	files := []file{}
	for _, f := range state.Files[:min(len(state.Files), maxStatusFiles)] {
		files = append(files, file{f.Path, f.Index, f.Worktree, f.OldPath})
		fmt.Fprintf(&b, "%s%s %s", f.Index, f.Worktree, f.Path)
		if f.OldPath != "" {
			b.WriteString(" (was " + f.OldPath + ")")
		}
		b.WriteByte('\n')
	}
	truncated := state.Truncated || len(state.Files) > maxStatusFiles
	switch {
	case len(files) == 0 && ruledOut == 0:
		b.WriteString("Nothing differs from the last commit.\n")
	case truncated:
		b.WriteString("[there are more]\n")
	}
	b.WriteString(hiddenNote(ruledOut))
	return Result{Text: b.String(), output: map[string]any{
		"root": state.Root, "branch": state.Branch, "ahead": state.Ahead, "behind": state.Behind, "files": files, "truncated": truncated,
	}}
}
