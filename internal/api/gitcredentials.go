package api

import (
	"context"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/internal/gitaccess"
)

// GitCredential is one for a git host other than GitHub, without its password.
type GitCredential struct {
	Host      string    `json:"host" example:"git.example.org:8443"`
	Username  string    `json:"username"`
	CreatedAt time.Time `json:"createdAt"`
	Problem   string    `json:"problem" doc:"A sentence about what is wrong with it; empty if nothing is known."`
}

func wireCredential(c gitaccess.HostCredential) GitCredential {
	return GitCredential{c.Host, c.Username, c.CreatedAt, c.Problem}
}

// GitHostPath names a git host in an address.
type GitHostPath struct {
	Host string `path:"host" maxLength:"260" doc:"name[:port]"`
}

func (s *Server) registerGitCredentials(g GitHubOptions) {
	const base = "/api/v1/git-credentials"
	huma.Register(s.api, operation("GET", base, "list-git-credentials", "Your credentials for git hosts other than GitHub", 200), func(ctx context.Context, _ *struct{}) (*list[GitCredential], error) {
		found, err := g.Access.Hosts(ctx, caller(ctx).UserID)
		if err != nil {
			return nil, s.failGit(err)
		}
		items := make([]GitCredential, 0, len(found))
		for _, c := range found {
			items = append(items, wireCredential(c))
		}
		return listOf(items, ""), nil
	})
	type putInput struct {
		GitHostPath
		Body struct {
			Username string `json:"username" minLength:"1" maxLength:"255"`
			Password string `json:"password" minLength:"1" maxLength:"4096" doc:"A password or token. It is never shown again."`
		}
	}
	type putOutput struct{ Body GitCredential }
	huma.Register(s.api, operation("PUT", base+"/{host}", "put-git-credential", "Store a credential for a git host", 200), func(ctx context.Context, in *putInput) (*putOutput, error) {
		if err := humansOnly(ctx); err != nil {
			return nil, err
		}
		c, err := g.Access.PutHost(ctx, caller(ctx).UserID, in.Host, in.Body.Username, in.Body.Password)
		if invalid, ok := errors.AsType[*gitaccess.InvalidError](err); ok && invalid.Field == "host" {
			return nil, invalidField("path.host", invalid.Message)
		}
		if err != nil {
			return nil, s.failGit(err)
		}
		return &putOutput{wireCredential(c)}, nil
	})
	huma.Register(s.api, operation("DELETE", base+"/{host}", "delete-git-credential", "Forget a credential for a git host", 204), func(ctx context.Context, in *GitHostPath) (*struct{}, error) {
		if err := humansOnly(ctx); err != nil {
			return nil, err
		}
		return nil, s.failGit(g.Access.DeleteHost(ctx, caller(ctx).UserID, in.Host))
	})
}
