package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/internal/facts"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// WorkspaceFacts are live figures of a workspace.
type WorkspaceFacts struct {
	ID          string     `json:"id"`
	Interval    int        `json:"interval" doc:"Seconds between two samples."`
	CPU         []float64  `json:"cpu" nullable:"false" doc:"Shares of its own limit, 0 to 1, oldest first, at most 60; empty at first."`
	Memory      []int64    `json:"memory" nullable:"false" doc:"Bytes without page cache, at the same times as cpu."`
	MemoryLimit int64      `json:"memoryLimit" doc:"Bytes; 0 when it is not known yet."`
	Ports       []FactPort `json:"ports" nullable:"false" doc:"What listens in it."`
	Git         *FactGit   `json:"git" doc:"null without a repository, or when it was not looked at yet."`
	SampledAt   *time.Time `json:"sampledAt" doc:"When the newest figure was taken."`
}

// FactPort is a port that something listens on.
type FactPort struct {
	Port    int    `json:"port"`
	Process string `json:"process" doc:"The program's name, if it can be told."`
}

// FactGit is a glance at the repository in a workspace.
type FactGit struct {
	Folder   string      `json:"folder" doc:"Relative to /workspace."`
	Branch   string      `json:"branch" doc:"Empty when none is checked out."`
	Commit   *FactCommit `json:"commit" doc:"What is checked out; null before the first commit."`
	Changed  int         `json:"changed" doc:"Files that differ from the commit, new ones included."`
	Unpushed int         `json:"unpushed" doc:"Commits that no remote has, as far as is known without asking one."`
}

// FactCommit is one commit.
type FactCommit struct {
	Hash    string     `json:"hash"`
	Subject string     `json:"subject"`
	Time    *time.Time `json:"time"`
}

type factsInput struct {
	ID []string `query:"id,explode" minItems:"1" maxItems:"50" required:"true" doc:"Workspaces; those that you may not see are left out."`
}

func (s *Server) registerFacts() {
	huma.Register(s.api, operation("GET", "/api/v1/workspaces/facts", "workspace-facts", "Live figures of workspaces that are on a screen", 200), func(ctx context.Context, in *factsInput) (*list[WorkspaceFacts], error) {
		me, now, seen := caller(ctx), time.Now(), map[string]bool{}
		var may []workspace.Workspace
		for _, w := range s.Workspaces.Known(in.ID...) {
			if !seen[w.ID] && (me.System || w.RightOf(me.UserID, now).Allows(workspace.RightView)) {
				seen[w.ID] = true
				may = append(may, w)
			}
		}
		items := make([]WorkspaceFacts, 0, len(may))
		for _, f := range s.Facts.Look(may) {
			items = append(items, wireFacts(f))
		}
		return listOf(items, ""), nil
	})
}

func wireFacts(f facts.Facts) WorkspaceFacts {
	out := WorkspaceFacts{
		ID: f.ID, Interval: int(facts.Interval / time.Second), CPU: f.CPU, Memory: f.Memory, MemoryLimit: f.MemoryLimit,
		Ports: []FactPort{}, SampledAt: optionalTime(f.SampledAt),
	}
	for _, p := range f.Ports {
		out.Ports = append(out.Ports, FactPort{p.Port, p.Process})
	}
	if g := f.Git; g != nil {
		out.Git = &FactGit{Folder: g.Folder, Branch: g.Branch, Changed: g.Changed, Unpushed: g.Unpushed}
		if g.Commit != nil {
			out.Git.Commit = &FactCommit{g.Commit.Hash, g.Commit.Subject, optionalTime(g.Commit.Time)}
		}
	}
	return out
}
