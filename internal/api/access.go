package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/internal/identity"
)

// Token is an API token as lists show it: never the token itself.
type Token struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Prefix     string     `json:"prefix" doc:"Its first characters, to recognise it."`
	CreatedAt  time.Time  `json:"createdAt"`
	ExpiresAt  *time.Time `json:"expiresAt" doc:"null = never."`
	LastUsedAt *time.Time `json:"lastUsedAt"`
}

func token(t identity.Token) Token {
	return Token{t.ID, t.Name, t.Prefix, t.CreatedAt, optionalTime(t.ExpiresAt), optionalTime(t.LastUsedAt)}
}

type idInput struct {
	ID string `path:"id" maxLength:"64"`
}

// humansOnly refuses API tokens: one that leaked must not be able to make others.
func humansOnly(ctx context.Context) error {
	if p := caller(ctx); p.SessionID == "" && !p.System {
		return problem(403, "session_required", "Do this signed in with a browser, not with an API token.")
	}
	return nil
}

func (s *Server) registerTokens() {
	const base = "/api/v1/tokens"
	huma.Register(s.api, operation("GET", base, "list-tokens", "Your API tokens", 200), func(ctx context.Context, _ *Page) (*list[Token], error) {
		found, err := s.Identity.Tokens(ctx, caller(ctx).UserID)
		if err != nil {
			return nil, s.fail(err)
		}
		items := make([]Token, 0, len(found))
		for _, t := range found {
			items = append(items, token(t))
		}
		return listOf(items, ""), nil
	})
	type createTokenInput struct {
		Body struct {
			Name string `json:"name" minLength:"1" maxLength:"100"`
			TTL  int64  `json:"ttl,omitempty" minimum:"0" maximum:"315360000" doc:"Seconds it is good for; 0 = until revoked."`
		}
	}
	type createTokenOutput struct {
		Body struct {
			Token
			Secret string `json:"token" doc:"The token. It is shown this once."`
		}
	}
	huma.Register(s.api, operation("POST", base, "create-token", "Make an API token", 201), func(ctx context.Context, in *createTokenInput) (*createTokenOutput, error) {
		if err := humansOnly(ctx); err != nil {
			return nil, err
		}
		secret, t, err := s.Identity.CreateToken(ctx, caller(ctx).UserID, in.Body.Name, time.Duration(in.Body.TTL)*time.Second)
		if err != nil {
			return nil, s.fail(err)
		}
		out := &createTokenOutput{}
		out.Body.Token, out.Body.Secret = token(t), secret
		return out, nil
	})
	huma.Register(s.api, operation("DELETE", base+"/{id}", "revoke-token", "Revoke an API token", 204), func(ctx context.Context, in *idInput) (*struct{}, error) {
		return nil, s.fail(s.Identity.RevokeToken(ctx, caller(ctx).UserID, in.ID))
	})
}

// Session is one place where a user is signed in.
type Session struct {
	ID         string    `json:"id"`
	Current    bool      `json:"current"`
	CreatedAt  time.Time `json:"createdAt"`
	LastSeenAt time.Time `json:"lastSeenAt"`
	UserAgent  string    `json:"userAgent"`
	Address    string    `json:"address"`
}

func (s *Server) registerSessions() {
	huma.Register(s.api, operation("GET", "/api/v1/sessions", "list-sessions", "Where you are signed in", 200), func(ctx context.Context, _ *Page) (*list[Session], error) {
		me := caller(ctx)
		found, err := s.Identity.Sessions(ctx, me.UserID)
		if err != nil {
			return nil, s.fail(err)
		}
		items := make([]Session, 0, len(found))
		for _, x := range found {
			items = append(items, Session{x.ID, x.ID == me.SessionID, x.CreatedAt, x.LastSeenAt, x.UserAgent, x.Address})
		}
		return listOf(items, ""), nil
	})
	huma.Register(s.api, operation("DELETE", "/api/v1/sessions/{id}", "revoke-session", "Sign a session out", 204), func(ctx context.Context, in *idInput) (*struct{}, error) {
		return nil, s.fail(s.Identity.RevokeSession(ctx, caller(ctx).UserID, in.ID))
	})
}

// Invitation lets one person make an account.
type Invitation struct {
	ID        string     `json:"id"`
	Email     string     `json:"email" doc:"Who it is for; empty = anybody who has the link."`
	Admin     bool       `json:"admin"`
	CreatedAt time.Time  `json:"createdAt"`
	ExpiresAt time.Time  `json:"expiresAt"`
	UsedAt    *time.Time `json:"usedAt"`
}

func invitation(i identity.Invitation) Invitation {
	return Invitation{i.ID, i.Email, i.Admin, i.CreatedAt, i.ExpiresAt, optionalTime(i.UsedAt)}
}

func adminsOnly(ctx context.Context) error {
	if p := caller(ctx); !p.Admin && !p.System {
		return problem(403, "admin_required", "Only administrators may do this.")
	}
	return nil
}

func (s *Server) registerInvitations() {
	const base = "/api/v1/invitations"
	huma.Register(s.api, operation("GET", base, "list-invitations", "Invitations (administrators)", 200), func(ctx context.Context, _ *Page) (*list[Invitation], error) {
		if err := adminsOnly(ctx); err != nil {
			return nil, err
		}
		found, err := s.Identity.Invitations(ctx)
		if err != nil {
			return nil, s.fail(err)
		}
		items := make([]Invitation, 0, len(found))
		for _, i := range found {
			items = append(items, invitation(i))
		}
		return listOf(items, ""), nil
	})
	type createInvitationInput struct {
		Body struct {
			Email string `json:"email,omitempty" maxLength:"320"`
			Admin bool   `json:"admin,omitempty"`
			TTL   int64  `json:"ttl,omitempty" minimum:"0" maximum:"31536000" doc:"Seconds it is good for; 0 = 7 days."`
		}
	}
	type createInvitationOutput struct {
		Body struct {
			Invitation
			URL string `json:"url" doc:"The link to send. It is shown this once."`
		}
	}
	huma.Register(s.api, operation("POST", base, "create-invitation", "Invite somebody (administrators)", 201), func(ctx context.Context, in *createInvitationInput) (*createInvitationOutput, error) {
		if err := adminsOnly(ctx); err != nil {
			return nil, err
		}
		if err := humansOnly(ctx); err != nil {
			return nil, err
		}
		ttl := time.Duration(in.Body.TTL) * time.Second
		if ttl == 0 {
			ttl = 7 * 24 * time.Hour
		}
		link, i, err := s.Identity.CreateInvitation(ctx, caller(ctx).UserID, in.Body.Email, in.Body.Admin, ttl)
		if err != nil {
			return nil, s.fail(err)
		}
		out := &createInvitationOutput{}
		out.Body.Invitation, out.Body.URL = invitation(i), link
		return out, nil
	})
	huma.Register(s.api, operation("DELETE", base+"/{id}", "delete-invitation", "Withdraw an invitation (administrators)", 204), func(ctx context.Context, in *idInput) (*struct{}, error) {
		if err := adminsOnly(ctx); err != nil {
			return nil, err
		}
		return nil, s.fail(s.Identity.DeleteInvitation(ctx, in.ID))
	})
}
