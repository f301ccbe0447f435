package api

import (
	"context"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/internal/gitaccess"
	"github.com/kalpana-dev/kalpana/internal/github"
)

// GitHubOptions are what the operations on GitHub and git credentials stand on.
type GitHubOptions struct {
	Access *gitaccess.Service
	// Guess finds the template for a repository from its files; "" as branch is the default
	// one. Its error is logged, and the repository answered without a guess; nil guesses none.
	Guess func(ctx context.Context, userID string, r github.Repo, branch string) (RepositoryGuess, error)
	// Webhook says that events come in: a secret for them is configured.
	Webhook bool
}

// GitHubStatus is the user's connection.
type GitHubStatus struct {
	Enabled        bool   `json:"enabled" doc:"GitHub is configured here."`
	Connected      bool   `json:"connected"`
	Login          string `json:"login" doc:"Name of the account at GitHub."`
	AvatarURL      string `json:"avatarUrl"`
	Private        bool   `json:"private" doc:"The connection may use private repositories."`
	PrivateAllowed bool   `json:"privateAllowed" doc:"The installation lets people use private repositories."`
	Problem        string `json:"problem" doc:"A sentence about why to connect again; empty if there is no reason."`
	ConnectURL     string `json:"connectUrl" doc:"Where the browser goes to connect; takes ?private=true and ?return=/path. It comes back there, with github_error= if it failed: denied, other_account, account_taken, private_disabled, provider_error, failed."`
	URL            string `json:"url" doc:"Where people find GitHub."`
	Webhook        bool   `json:"webhook" doc:"Events of repositories come in: a webhook is configured."`
}

// Repository is one at GitHub.
type Repository struct {
	FullName      string     `json:"fullName" example:"ada/engine"`
	Private       bool       `json:"private"`
	Archived      bool       `json:"archived"`
	Fork          bool       `json:"fork"`
	Description   string     `json:"description"`
	DefaultBranch string     `json:"defaultBranch" doc:"Empty if git would refuse the name."`
	PushedAt      *time.Time `json:"pushedAt"`
	URL           string     `json:"url"`
	CloneURL      string     `json:"cloneUrl"`
}

// RepositoryGuess is which template fits a repository.
type RepositoryGuess struct {
	Template string   `json:"template" doc:"Id of a template."`
	Reasons  []string `json:"reasons" nullable:"false" doc:"Sentences about what was found."`
	Honoured []string `json:"honoured" nullable:"false" doc:"Files of the repository that describe its environment and are used."`
}

// FoundRepository is one repository with the template for it.
type FoundRepository struct {
	Repository
	Guess *RepositoryGuess `json:"guess,omitempty" doc:"Absent if the files could not be looked at."`
}

// Branch is one of a repository.
type Branch struct {
	Name      string `json:"name"`
	Commit    string `json:"commit"`
	Protected bool   `json:"protected"`
}

func wireRepository(r github.Repo) Repository {
	return Repository{r.Name, r.Private, r.Archived, r.Fork, r.Description, r.DefaultBranch, optionalTime(r.PushedAt), r.PageURL, r.CloneURL}
}

// GitHubPage are the parameters of lists that GitHub answers. A page may be empty and yet
// have a next one.
type GitHubPage struct {
	Query  string `query:"query" maxLength:"256" doc:"Words that are all in the name."`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"At most this many items. A page may have none and yet a nextCursor: the search goes on there."`
	Cursor string `query:"cursor" maxLength:"32" doc:"nextCursor of the page before."`
}

// RepositoryPath names a repository in an address. It is exported because huma passes over
// what is not.
type RepositoryPath struct {
	Owner string `path:"owner" maxLength:"100"`
	Name  string `path:"name" maxLength:"100"`
}

func (i RepositoryPath) fullName() string { return i.Owner + "/" + i.Name }

func (s *Server) registerGitHub(g GitHubOptions) {
	const base = "/api/v1/github"
	type statusOutput struct{ Body GitHubStatus }
	huma.Register(s.api, operation("GET", base, "get-github", "Your connection to GitHub", 200), func(ctx context.Context, _ *struct{}) (*statusOutput, error) {
		st, err := g.Access.Status(ctx, caller(ctx).UserID)
		if err != nil {
			return nil, s.fail(err)
		}
		out := GitHubStatus{Enabled: st.Enabled, Connected: st.Connected, Login: st.Login, AvatarURL: st.AvatarURL, Private: st.Private,
			PrivateAllowed: st.PrivateAllowed, Problem: st.Problem, URL: st.URL, Webhook: g.Webhook}
		if st.Enabled {
			out.ConnectURL = "/auth/github/connect"
		}
		return &statusOutput{out}, nil
	})
	huma.Register(s.api, operation("DELETE", base, "disconnect-github", "Revoke Kalpana's access to your GitHub account, and forget it", 204), func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		if err := humansOnly(ctx); err != nil {
			return nil, err
		}
		_, err := g.Access.Disconnect(ctx, caller(ctx).UserID)
		if errors.Is(err, gitaccess.ErrNotConnected) || errors.Is(err, gitaccess.ErrDisabled) {
			err = nil
		}
		return nil, s.failGit(err)
	})
	huma.Register(s.api, operation("GET", base+"/repos", "list-github-repos", "Repositories of your GitHub account, the last pushed to first", 200), func(ctx context.Context, in *GitHubPage) (*list[Repository], error) {
		page, err := g.Access.Repos(ctx, caller(ctx).UserID, in.Query, in.Cursor, in.Limit)
		if err != nil {
			return nil, s.failGit(err)
		}
		items := make([]Repository, 0, len(page.Items))
		for _, r := range page.Items {
			items = append(items, wireRepository(r))
		}
		return listOf(items, page.Next), nil
	})
	type oneInput struct {
		RepositoryPath
		Branch string `query:"branch" maxLength:"255" doc:"Guess from the files of this branch; left out = the default one."`
	}
	type oneOutput struct{ Body FoundRepository }
	huma.Register(s.api, operation("GET", base+"/repos/{owner}/{name}", "get-github-repo", "One repository at GitHub, and the template for it", 200), func(ctx context.Context, in *oneInput) (*oneOutput, error) {
		me := caller(ctx).UserID
		r, err := g.Access.Repo(ctx, me, in.fullName())
		if err != nil {
			return nil, s.failGit(err)
		}
		out := FoundRepository{Repository: wireRepository(r)}
		if g.Guess != nil {
			if guess, err := g.Guess(ctx, me, r, in.Branch); err == nil {
				out.Guess = &guess
			} else if p := s.gitProblem(err); p == nil || p.Code != "repository_not_found" { // it is empty, or has no such branch
				s.log.Warn("no template guessed", "repository", r.Name, "err", err)
			}
		}
		return &oneOutput{out}, nil
	})
	type branchesInput struct {
		RepositoryPath
		GitHubPage
	}
	huma.Register(s.api, operation("GET", base+"/repos/{owner}/{name}/branches", "list-github-branches", "Branches of a repository at GitHub, by name", 200), func(ctx context.Context, in *branchesInput) (*list[Branch], error) {
		page, err := g.Access.Branches(ctx, caller(ctx).UserID, in.fullName(), in.Query, in.Cursor, in.Limit)
		if err != nil {
			return nil, s.failGit(err)
		}
		items := make([]Branch, 0, len(page.Items))
		for _, b := range page.Items {
			items = append(items, Branch{b.Name, b.Commit, b.Protected})
		}
		return listOf(items, page.Next), nil
	})
}

// failGit translates errors of git hosts, and others as fail does.
func (s *Server) failGit(err error) error {
	if p := s.gitProblem(err); p != nil {
		return p
	}
	return s.fail(err)
}

// gitProblem is nil for what it does not know.
func (s *Server) gitProblem(err error) *Problem {
	if limited, ok := errors.AsType[*github.RateLimitedError](err); ok {
		p := problem(429, "github_rate_limited", "GitHub answers no more questions for a while. Try again later.")
		p.retryAfter = max(time.Until(limited.Reset), time.Second)
		return p
	}
	if invalid, ok := errors.AsType[*gitaccess.InvalidError](err); ok {
		return invalidField("body."+invalid.Field, invalid.Message)
	}
	switch {
	case errors.Is(err, gitaccess.ErrDisabled):
		return problem(404, "github_off", "GitHub is not configured here. An administrator can (GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET).")
	case errors.Is(err, gitaccess.ErrNotConnected):
		return problem(409, "github_not_connected", "Connect GitHub first.")
	case errors.Is(err, gitaccess.ErrReconnect), errors.Is(err, github.ErrTokenRevoked):
		return problem(409, "github_reconnect", "GitHub does not accept Kalpana's access any more. Connect GitHub again.")
	case errors.Is(err, gitaccess.ErrPrivateDisabled):
		return problem(403, "private_repos_disabled", "This repository is private, and private repositories are switched off here. An administrator can switch them on (ENABLE_PRIVATE_REPOS).")
	case errors.Is(err, gitaccess.ErrNotFound):
		return problem(404, "not_found", "No credential is stored for this host.")
	case errors.Is(err, github.ErrNotFound):
		return problem(404, "repository_not_found", err.Error()+".")
	case errors.Is(err, github.ErrForbidden):
		return problem(403, "github_forbidden", err.Error()+".")
	case errors.Is(err, github.ErrInvalid):
		return problem(422, "validation_failed", "GitHub cannot be asked this: check the name, the query and the cursor.")
	case errors.Is(err, github.ErrUnavailable), errors.Is(err, github.ErrBadAnswer):
		s.log.Warn("GitHub does not answer", "err", err)
		return problem(502, "github_unreachable", "GitHub cannot be reached, or has a fault. Try again later.")
	}
	return nil
}
