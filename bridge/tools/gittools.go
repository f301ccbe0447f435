package tools

import (
	"context"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/kalpana-dev/kalpana/bridge"
)

type statusArgs struct {
	Path string `json:"path,omitempty" jsonschema:"a folder in the repository; default the workspace itself"`
}

type diffArgs struct {
	Path   string `json:"path,omitempty" jsonschema:"file or folder; default the whole repository"`
	Staged bool   `json:"staged,omitempty" jsonschema:"what is staged for the next commit"`
	Base   string `json:"base,omitempty" jsonschema:"compare with this commit or branch instead"`
}

type logArgs struct {
	Path  string `json:"path,omitempty" jsonschema:"only commits that changed this"`
	Ref   string `json:"ref,omitempty" jsonschema:"branch, tag or commit; default what is checked out"`
	Limit int    `json:"limit,omitempty" jsonschema:"how many, up to 500; default 20"`
}

type commitArgs struct {
	Repository string   `json:"repository,omitempty" jsonschema:"a folder in the repository; default the workspace itself"`
	Message    string   `json:"message" jsonschema:"the commit message"`
	Paths      []string `json:"paths,omitempty" jsonschema:"what to commit; default everything that differs"`
}

type checkpointArgs struct {
	Message string `json:"message,omitempty" jsonschema:"what it is for"`
}

type diffCheckpointArgs struct {
	ID string `json:"id" jsonschema:"the checkpoint"`
}

type restoreArgs struct {
	ID    string   `json:"id" jsonschema:"the checkpoint"`
	Paths []string `json:"paths,omitempty" jsonschema:"restore only these; default everything"`
}

func (s *Server) addGitTools(m *mcp.Server) {
	add(m, bridge.TypeGitStatus, "Git status", "Tells the branch and which files differ from the last commit.", reads, func(ctx context.Context, a statusArgs) (bridge.GitState, error) {
		return s.Git.Status(ctx, bridge.GitStatus(a))
	}, showStatus)
	add(m, bridge.TypeGitDiff, "Git diff", "Shows what differs, as a unified diff.", reads, func(ctx context.Context, a diffArgs) (bridge.Diff, error) {
		return s.Git.Diff(ctx, bridge.GitDiff(a))
	}, showDiff)
	add(m, bridge.TypeGitLog, "Git log", "Lists commits, newest first.", reads, func(ctx context.Context, a logArgs) (bridge.GitCommits, error) {
		return s.Git.Log(ctx, bridge.GitLog(a))
	}, func(l bridge.GitCommits) string {
		var b strings.Builder
		for _, c := range l.Commits {
			fmt.Fprintf(&b, "%.12s  %s  %s  %s\n", c.Hash, c.Time.Format("2006-01-02 15:04"), c.Author, c.Subject)
		}
		if b.Len() == 0 {
			return "no commit"
		}
		return b.String()
	})
	add(m, bridge.TypeGitCommit, "Git commit", "Commits changes. Hooks of the repository run; nothing is pushed.", adds, func(ctx context.Context, a commitArgs) (bridge.GitCommitted, error) {
		return s.Git.Commit(ctx, bridge.GitCommit(a))
	}, func(c bridge.GitCommitted) string {
		return fmt.Sprintf("committed %.12s on %s: %d files, +%d -%d lines", c.Hash, c.Branch, c.Files, c.Added, c.Removed)
	})
	add(m, bridge.TypeCreateCheckpoint, "Make checkpoint", "Takes a snapshot of all files, to go back to. The user's git is not touched.", adds, func(ctx context.Context, a checkpointArgs) (bridge.Checkpoint, error) {
		return s.Git.CreateCheckpoint(ctx, bridge.CreateCheckpoint(a))
	}, showCheckpoint)
	add(m, bridge.TypeListCheckpoints, "List checkpoints", "Lists checkpoints, newest first.", reads, func(ctx context.Context, _ noArgs) (bridge.CheckpointList, error) {
		return s.Git.ListCheckpoints(ctx)
	}, func(l bridge.CheckpointList) string {
		lines := make([]string, 0, len(l.Checkpoints))
		for _, c := range l.Checkpoints {
			lines = append(lines, showCheckpoint(c))
		}
		if len(lines) == 0 {
			return "none"
		}
		return strings.Join(lines, "\n")
	})
	add(m, bridge.TypeDiffCheckpoint, "Changes since checkpoint", "Shows what changed since a checkpoint, as a unified diff.", reads, func(ctx context.Context, a diffCheckpointArgs) (bridge.Diff, error) {
		return s.Git.DiffCheckpoint(ctx, bridge.DiffCheckpoint{ID: a.ID})
	}, showDiff)
	add(m, bridge.TypeRestoreCheckpoint, "Restore checkpoint", "Makes files what they were at a checkpoint and deletes files made since. A checkpoint of what is there is taken first.", destroys, func(ctx context.Context, a restoreArgs) (bridge.Restored, error) {
		return s.Git.RestoreCheckpoint(ctx, bridge.RestoreCheckpoint(a))
	}, func(r bridge.Restored) string {
		return fmt.Sprintf("%d files changed; checkpoint %s undoes this", r.Changed, r.Before.ID)
	})
}
