package api

import (
	"context"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/repoevent"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// RepositoryOptions are what is known of the repositories in workspaces.
type RepositoryOptions struct {
	Events *repoevent.Service
	// MayRead reports whether a workspace's owner has shown that they may read its repository
	// at the configured GitHub, as a clone does. To who only names one, nothing is told.
	MayRead func(ctx context.Context, w workspace.Workspace) (bool, error)
	// Unpushed asks a running workspace for what is only in it.
	Unpushed func(ctx context.Context, w workspace.Workspace) (bridge.UnpushedWork, error)
	Known    UnpushedRecords
}

// UnpushedRecords keep what was only in workspaces when they were asked last.
type UnpushedRecords interface {
	// Unpushed returns the zero time if nothing is known.
	Unpushed(ctx context.Context, workspaceID string) (work bridge.UnpushedWork, asOf time.Time, err error)
	// SaveUnpushed changes nothing if what is kept is newer than asOf.
	SaveUnpushed(ctx context.Context, workspaceID string, work bridge.UnpushedWork, asOf time.Time) error
}

// RepositoryEvent is something that happened at a repository on the wire.
type RepositoryEvent struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind" enum:"push,pull_request"`
	Title   string    `json:"title"`
	Branch  string    `json:"branch" doc:"Empty for a tag."`
	Author  string    `json:"author"`
	URL     string    `json:"url" doc:"Empty if there is no page about it."`
	At      time.Time `json:"at"`
	Action  string    `json:"action,omitempty" doc:"Of a pull request: opened, closed, merged and so on."`
	Number  int       `json:"number,omitempty" doc:"Of a pull request."`
	Commits int       `json:"commits,omitempty" doc:"Of a push."`
}

func wireRepositoryEvent(e repoevent.Event) RepositoryEvent {
	return RepositoryEvent{ID: e.ID, Kind: string(e.Kind), Title: e.Title, Branch: e.Branch, Author: e.Author, URL: e.URL, At: e.At, Action: e.Action, Number: e.Number, Commits: e.Commits}
}

// WorkspaceRepository is the repository of a workspace, and what happened there.
type WorkspaceRepository struct {
	FullName string            `json:"fullName" doc:"Its present name; empty if the workspace has none at the configured GitHub."`
	URL      string            `json:"url"`
	Events   []RepositoryEvent `json:"events" nullable:"false" doc:"The newest first, at most 50, of at most 30 days."`
}

// UnpushedWork is what is only in a workspace, on the wire.
type UnpushedWork struct {
	Live         bool                 `json:"live" doc:"The workspace was asked now."`
	AsOf         *time.Time           `json:"asOf" doc:"When it was so; null if nothing is known."`
	Found        int                  `json:"found" doc:"Repositories in all."`
	Truncated    bool                 `json:"truncated" doc:"There may be more than was looked at."`
	Repositories []UnpushedRepository `json:"repositories" nullable:"false" doc:"Those with something to lose, or that could not be looked at."`
}

// UnpushedRepository is one repository with something to lose.
type UnpushedRepository struct {
	Folder      string           `json:"folder"`
	Branches    []UnpushedBranch `json:"branches" nullable:"false" doc:"Those with commits that no remote has."`
	Uncommitted int              `json:"uncommitted" doc:"Files that differ from the last commit."`
	Stashes     int              `json:"stashes"`
	Problem     string           `json:"problem,omitempty" doc:"Why it could not be looked at."`
}

// UnpushedBranch is a branch with commits that no remote has.
type UnpushedBranch struct {
	Name     string `json:"name" doc:"Empty for commits on no branch."`
	Upstream string `json:"upstream,omitempty"`
	Commits  int    `json:"commits"`
}

// askUnpushed is how long a workspace may look for what is only in it.
const askUnpushed = 10 * time.Second

func (s *Server) registerRepository(o RepositoryOptions) {
	type repositoryOutput struct{ Body WorkspaceRepository }
	huma.Register(s.api, operation("GET", workspaceBase+"/repository", "get-workspace-repository", "What happened at a workspace's repository", 200), func(ctx context.Context, in *workspaceInput) (*repositoryOutput, error) {
		w, err := s.with(ctx, in.ID, workspace.RightView)
		if err != nil {
			return nil, err
		}
		out := WorkspaceRepository{Events: []RepositoryEvent{}}
		if owner, name, ok := strings.Cut(w.GithubRepo, "/"); !ok || owner == "" || name == "" || strings.Contains(name, "/") {
			return &repositoryOutput{out}, nil // none, or one of another host
		}
		out.FullName = w.GithubRepo
		may, err := o.MayRead(ctx, w)
		if err != nil {
			return nil, s.fail(err)
		}
		if may {
			repo, err := o.Events.Of(ctx, w.GithubRepo)
			if err != nil {
				return nil, s.fail(err)
			}
			out.FullName = repo.Name
			for _, e := range repo.Events {
				out.Events = append(out.Events, wireRepositoryEvent(e))
			}
		}
		out.URL = strings.TrimRight(s.Config.GitHubURL, "/") + "/" + out.FullName
		return &repositoryOutput{out}, nil
	})
	// Whoever may view it may ask, and each look takes one of the bridge's few connections.
	looks := &reviewer{server: s, desks: map[string]*reviewDesk{}}
	type unpushedOutput struct{ Body UnpushedWork }
	huma.Register(s.api, operation("GET", workspaceBase+"/unpushed", "get-unpushed-work", "What is only in a workspace: commits and changes that no remote has", 200), func(ctx context.Context, in *workspaceInput) (*unpushedOutput, error) {
		w, err := s.with(ctx, in.ID, workspace.RightView)
		if err != nil {
			return nil, err
		}
		if w.Status != workspace.StatusRunning {
			work, asOf, err := o.Known.Unpushed(ctx, w.ID)
			if err != nil {
				return nil, s.fail(err)
			}
			return &unpushedOutput{wireUnpushed(work, false, asOf)}, nil
		}
		asOf := time.Now().UTC()
		asking, cancel := context.WithTimeout(ctx, askUnpushed)
		defer cancel()
		var work bridge.UnpushedWork
		err = looks.at(asking, w.ID, func(*reviewDesk) (err error) {
			work, err = o.Unpushed(asking, w)
			return err
		})
		if err != nil {
			s.log.Warn("a workspace does not say what is only in it", "workspace", w.ID, "err", err)
			return nil, problem(502, "workspace_unreachable", "The workspace does not say what is only in it. Look with git status in its repositories, or try again.")
		}
		// If it crashes before it is stopped, this is the latest that is known.
		if err := o.Known.SaveUnpushed(ctx, w.ID, work, asOf); err != nil {
			s.log.Warn("what is only in a workspace was not written down", "workspace", w.ID, "err", err)
		}
		return &unpushedOutput{wireUnpushed(work, true, asOf)}, nil
	})
}

// wireUnpushed keeps what a workspace said, which may be anything, to what a bridge would say.
func wireUnpushed(work bridge.UnpushedWork, live bool, asOf time.Time) UnpushedWork {
	const maxRepositories, maxBranches, maxText = 50, 100, 1000
	out := UnpushedWork{Live: live, AsOf: optionalTime(asOf), Found: max(work.Found, 0), Truncated: work.Truncated, Repositories: []UnpushedRepository{}}
	for i, r := range work.Repositories {
		if i == maxRepositories {
			out.Truncated = true
			break
		}
		u := UnpushedRepository{
			Folder: short(r.Folder, bridge.MaxPathBytes), Branches: []UnpushedBranch{}, Problem: short(r.Problem, maxText),
			Uncommitted: max(r.Uncommitted, 0), Stashes: max(r.Stashes, 0),
		}
		for _, b := range r.Branches[:min(len(r.Branches), maxBranches)] {
			u.Branches = append(u.Branches, UnpushedBranch{short(b.Name, maxText), short(b.Upstream, maxText), max(b.Commits, 0)})
		}
		out.Truncated = out.Truncated || len(r.Branches) > maxBranches
		out.Repositories = append(out.Repositories, u)
	}
	return out
}

// short is at most n bytes of text.
func short(text string, n int) string {
	return strings.ToValidUTF8(text[:min(len(text), n)], "")
}
