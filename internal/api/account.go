package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/user"
)

// Account is a user as they see themselves.
type Account struct {
	ID          string `json:"id"`
	Email       string `json:"email"`
	Name        string `json:"name"`
	AvatarURL   string `json:"avatarUrl"`
	Admin       bool   `json:"admin"`
	HasPassword bool   `json:"hasPassword"`
}

func account(u user.User) Account {
	return Account{ID: u.ID, Email: u.Email, Name: u.Name, AvatarURL: u.AvatarURL, Admin: u.Admin, HasPassword: u.PasswordHash != ""}
}

type meOutput struct {
	Body struct {
		User   Account  `json:"user"`
		Roles  []string `json:"roles" nullable:"false"`
		Limits struct {
			MaxWorkspaces int `json:"maxWorkspaces"`
			Workspaces    int `json:"workspaces"`
		} `json:"limits"`
		Defaults struct {
			Memory      int64 `json:"memory" doc:"Bytes."`
			CPU         int64 `json:"cpu" doc:"Billionths of a core."`
			IdleTimeout int64 `json:"idleTimeout" doc:"Seconds."`
		} `json:"defaults"`
		Features struct {
			GitHub       bool   `json:"github"`
			OIDC         bool   `json:"oidc"`
			Signup       string `json:"signup" enum:"open,invite,closed"`
			Nix          bool   `json:"nix"`
			PrivateRepos bool   `json:"privateRepos"`
			Webhook      bool   `json:"webhook" doc:"Whether events of GitHub repositories are taken."`
		} `json:"features"`
		WorkspaceDomain string `json:"workspaceDomain"`
		HTTPSPort       int    `json:"httpsPort"`
		EmbedEditor     bool   `json:"embedEditor" doc:"Whether the dashboard can frame editors: only when both are the same site."`
		Version         string `json:"version"`
	}
}

func (s *Server) me(ctx context.Context, _ *struct{}) (*meOutput, error) {
	p := caller(ctx)
	u, ok := s.Identity.User(p.UserID)
	if !ok {
		return nil, problem(401, "unauthorized", "Sign in.")
	}
	out := &meOutput{}
	b, c := &out.Body, s.Config
	b.User, b.Roles = account(u), []string{"user"}
	if u.Admin {
		b.Roles = append(b.Roles, "admin")
	}
	b.Limits.MaxWorkspaces, b.Limits.Workspaces = max(s.limitOf(ctx), 0), s.Workspaces.Count(u.ID)
	b.Defaults.Memory, b.Defaults.CPU, b.Defaults.IdleTimeout = c.Memory, c.CPU, int64(time.Duration(*c.IdleTimeout)/time.Second)
	b.Features.GitHub, b.Features.OIDC, b.Features.Signup = c.GitHubClientID != "", c.OIDCIssuer != "", c.Signup
	b.Features.Nix, b.Features.PrivateRepos, b.Features.Webhook = *c.NixCustomConfigs, *c.PrivateRepos, c.GitHubWebhookSecret != ""
	b.WorkspaceDomain, b.HTTPSPort, b.EmbedEditor, b.Version = c.WorkspaceDomain, c.HTTPSPort, c.EmbedEditor(), s.Version
	return out, nil
}

type profileInput struct {
	Body struct {
		Name            *string `json:"name,omitempty" maxLength:"200"`
		Email           *string `json:"email,omitempty" maxLength:"320"`
		Password        *string `json:"password,omitempty" maxLength:"1024"`
		CurrentPassword string  `json:"currentPassword,omitempty" maxLength:"1024"`
	}
}

func (s *Server) registerMe() {
	huma.Register(s.api, operation("GET", "/api/v1/me", "get-me", "You, your limits and what is configured", 200), s.me)
	huma.Register(s.api, operation("PATCH", "/api/v1/me", "update-me", "Change your profile or password", 200), func(ctx context.Context, in *profileInput) (*meOutput, error) {
		p := caller(ctx)
		err := s.Identity.UpdateProfile(ctx, p.UserID, identity.ProfileInput{
			Name: in.Body.Name, Email: in.Body.Email, Password: in.Body.Password, CurrentPassword: in.Body.CurrentPassword, KeepSession: p.SessionID,
		})
		if err != nil {
			return nil, s.fail(err)
		}
		return s.me(ctx, nil)
	})
}

// withHTTP hands the operation the request and the writer: logging in sets a cookie.
func withHTTP(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	next(huma.WithValue(ctx, httpKey{}, httpPair{r, w}))
}

type httpKey struct{}
type httpPair struct {
	r *http.Request
	w http.ResponseWriter
}

func (s *Server) registerAuth() {
	session := func(o *huma.Operation) { o.Middlewares = huma.Middlewares{withHTTP} }
	type loginInput struct {
		Body struct {
			Email    string `json:"email" maxLength:"320"`
			Password string `json:"password" maxLength:"1024"`
		}
	}
	huma.Register(s.api, operation("POST", "/api/v1/auth/login", "login", "Sign in with email and password", 204, noLogin, session), func(ctx context.Context, in *loginInput) (*struct{}, error) {
		h := ctx.Value(httpKey{}).(httpPair)
		return nil, s.fail(s.Identity.Login(ctx, h.w, h.r, in.Body.Email, in.Body.Password))
	})
	type signupInput struct {
		Body struct {
			Email      string `json:"email" maxLength:"320"`
			Name       string `json:"name" maxLength:"200"`
			Password   string `json:"password" maxLength:"1024"`
			Invitation string `json:"invitation,omitempty" maxLength:"200"`
		}
	}
	huma.Register(s.api, operation("POST", "/api/v1/auth/signup", "signup", "Make an account and sign in", 201, noLogin, session), func(ctx context.Context, in *signupInput) (*struct{}, error) {
		h := ctx.Value(httpKey{}).(httpPair)
		return nil, s.fail(s.Identity.Signup(ctx, h.w, h.r, identity.SignupInput{Email: in.Body.Email, Name: in.Body.Name, Password: in.Body.Password, Invitation: in.Body.Invitation}))
	})
	huma.Register(s.api, operation("POST", "/api/v1/auth/logout", "logout", "Sign out; open editors close within seconds", 204, session), func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		h := ctx.Value(httpKey{}).(httpPair)
		return nil, s.fail(s.Identity.Logout(ctx, h.w, h.r))
	})
	type providersOutput struct {
		Body struct {
			Providers []identity.Provider `json:"providers" nullable:"false"`
			Password  bool                `json:"password"`
			Signup    string              `json:"signup" enum:"open,invite,closed"`
		}
	}
	huma.Register(s.api, operation("GET", "/api/v1/auth/providers", "login-providers", "Ways to sign in", 200, noLogin), func(context.Context, *struct{}) (*providersOutput, error) {
		out := &providersOutput{}
		out.Body.Providers, out.Body.Password, out.Body.Signup = s.Identity.Providers(), true, s.Config.Signup
		if out.Body.Providers == nil {
			out.Body.Providers = []identity.Provider{}
		}
		return out, nil
	})
}
