package toolbox

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

const maxCommitPaths = 1000

// gitCommit executes: the hooks of the repository run, and what they run may be files that
// the agent has changed.
func gitCommit() tool {
	return tool{
		name: "gitCommit", class: permission.ClassExecute,
		description: "Commits files as the user: those of paths, or everything that differs. Hooks run. Nothing is pushed.",
		aliases:     []string{"commit"},
		fields: []field{
			{name: "message", kind: text, required: true, most: 2000, about: "first line: what the commit does", aliases: []string{"msg", "m", "commitmessage", "title"}},
			{name: "paths", kind: files, max: maxCommitPaths, fallback: []string{}, about: "default: everything that differs", aliases: []string{"files", "path", "file", "filepaths"}},
		},
		fresh: func() arguments { return &gitCommitArgs{} },
	}
}

type gitCommitArgs struct {
	Message string   `json:"message"`
	Paths   []string `json:"paths"`
}

func (a *gitCommitArgs) check() *Error {
	if strings.TrimSpace(a.Message) == "" || strings.ContainsRune(a.Message, 0) {
		return expected("message", "a text", encode(a.Message))
	}
	return nil
}

func (a *gitCommitArgs) describe(*Session, *permission.Call) string {
	return "Commit: " + oneLine(a.Message, 120)
}

func (a *gitCommitArgs) preview(ctx context.Context, c *Call) (Preview, *Error) {
	paths := a.Paths
	if len(paths) == 0 {
		var state bridge.GitState
		if problem := c.session.call(ctx, "git status", bridge.TypeGitStatus, bridge.GitStatus{}, &state); problem != nil {
			return Preview{}, problem
		}
		for _, f := range state.Files {
			paths = append(paths, f.Path)
		}
	}
	return Preview{Paths: append([]string{}, paths[:min(len(paths), maxPreviewPaths)]...)}, nil
}

func (a *gitCommitArgs) run(ctx context.Context, c *Call, _ func(string)) Result {
	s := c.session
	req := bridge.GitCommit{Message: a.Message, Paths: a.Paths}
	var done bridge.GitCommitted
	problem := s.call(ctx, "git commit", bridge.TypeGitCommit, req, &done)
	if problem != nil && problem.Code == "NOT_REPOSITORY" && len(a.Paths) > 0 {
		// There are several in the workspace; the paths say which is meant.
		req.Repository = path.Dir(a.Paths[0])
		problem = s.call(ctx, "git commit", bridge.TypeGitCommit, req, &done)
	}
	if problem != nil {
		return Result{Error: problem, Changed: problem.Code != "NOT_REPOSITORY" && problem.Code != "NOTHING_TO_COMMIT"}
	}
	return Result{
		Text:    fmt.Sprintf("Committed %.12s on %s: %d files, +%d −%d lines.\n", done.Hash, done.Branch, done.Files, done.Added, done.Removed),
		Changed: true,
		output:  map[string]any{"hash": done.Hash, "branch": done.Branch, "files": done.Files, "added": done.Added, "removed": done.Removed},
	}
}
