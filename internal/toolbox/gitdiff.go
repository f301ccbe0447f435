package toolbox

import (
	"context"
	"fmt"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

// maxDiff is how many characters of a diff are shown.
const maxDiff = 24_000

func gitDiff() tool {
	return tool{
		name: "gitDiff", class: permission.ClassRead, readOnly: true,
		description: "Shows what changed: the files against the index, the index against the last commit (staged), or the files against a commit or branch (base). Files that git does not track are not in it; see gitStatus.",
		aliases:     []string{"diff"},
		fields: []field{
			{name: "path", kind: file, fallback: ".", about: "file or folder", aliases: append([]string{"directory", "dir"}, pathAliases...)},
			{name: "staged", kind: truth, fallback: false, about: "what would be committed", aliases: []string{"cached"}},
			{name: "base", kind: text, fallback: "", most: 200, about: "commit or branch to compare with", aliases: []string{"ref", "commit", "branch", "target", "revision"}},
		},
		fresh: func() arguments { return &gitDiffArgs{} },
	}
}

type gitDiffArgs struct {
	Path   string `json:"path"`
	Staged bool   `json:"staged"`
	Base   string `json:"base"`
}

func (a *gitDiffArgs) describe(_ *Session, p *permission.Call) string {
	p.Paths = []string{a.Path}
	if a.Path == "." {
		return "Git diff"
	}
	return "Git diff of " + a.Path
}

func (a *gitDiffArgs) run(ctx context.Context, c *Call, _ func(string)) Result {
	var d bridge.Diff
	if problem := c.session.call(ctx, "git diff", bridge.TypeGitDiff, bridge.GitDiff{Path: repository(a.Path), Staged: a.Staged, Base: a.Base}, &d); problem != nil {
		return failed(c.session.missing(ctx, a.Path, problem))
	}
	ruledOut := c.withoutHidden(&d)
	shown, more := characters(d.Diff, maxDiff)
	if more {
		shown = shown[:strings.LastIndexByte(shown, '\n')+1]
	}
	text := fmt.Sprintf("%d files, +%d −%d lines\n%s", d.Files, d.Added, d.Removed, shown)
	switch {
	case d.Diff == "" && ruledOut == 0:
		text = "Nothing differs.\n"
	case more || d.Truncated:
		text += "[the rest is left out; give a path]\n"
	}
	text += hiddenNote(ruledOut)
	return Result{Text: text, output: map[string]any{"diff": shown, "truncated": more || d.Truncated, "files": d.Files, "added": d.Added, "removed": d.Removed}}
}
