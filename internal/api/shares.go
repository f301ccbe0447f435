package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/internal/user"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// Sharing is what the operations on shares and links stand on.
type Sharing struct {
	// LinkURL is the address of a link to a port, with its code.
	LinkURL func(workspaceID string, port int, code string) string
	// LinkVisits says how often a link was opened, and when last; the zero time = never.
	LinkVisits func(ctx context.Context, linkID string) (opened int, lastAt time.Time, err error)
}

// Person is a user as others see them.
type Person struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

// person finds a user in memory; one who is gone has an id only.
func (s *Server) person(id string) Person {
	u, _ := s.Identity.User(id)
	return Person{id, u.Name, u.Email}
}

// Share is who has which right to a workspace.
type Share struct {
	UserID    string     `json:"userId"`
	Name      string     `json:"name"`
	Email     string     `json:"email"`
	Right     string     `json:"right" enum:"view,use,edit"`
	Until     *time.Time `json:"until" doc:"When it ends; null = not by itself."`
	CreatedAt time.Time  `json:"createdAt"`
}

func (s *Server) wireShare(x workspace.Share) Share {
	p := s.person(x.UserID)
	return Share{x.UserID, p.Name, p.Email, string(x.Right), optionalTime(x.Until), x.CreatedAt}
}

// fitRight takes out of a workspace what the caller's right does not show.
func (s *Server) fitRight(ctx context.Context, w workspace.Workspace, out *Workspace) {
	right := workspace.Right(out.Right)
	if right.Allows(workspace.RightOwner) {
		out.SharedWith = len(w.LiveShares(time.Now()))
	} else {
		for _, x := range w.LiveShares(time.Now()) {
			if x.UserID == caller(ctx).UserID {
				out.RightUntil = optionalTime(x.Until)
			}
		}
	}
	if !right.Allows(workspace.RightEdit) && !caller(ctx).Admin {
		out.VSCodePort, out.AgentPort, out.ContainerID, out.NixConfig = 0, 0, "", ""
	}
}

func (s *Server) registerShares() {
	const base = workspaceBase + "/shares"
	huma.Register(s.api, operation("GET", base, "list-shares", "With whom a workspace is shared", 200), func(ctx context.Context, in *workspaceInput) (*list[Share], error) {
		w, err := s.own(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		items := []Share{}
		for _, x := range w.LiveShares(time.Now()) {
			items = append(items, s.wireShare(x))
		}
		return listOf(items, ""), nil
	})
	type setShareInput struct {
		ID    string `path:"id" maxLength:"64"`
		Email string `path:"email" maxLength:"320" doc:"Of somebody with an account."`
		Body  struct {
			Right string     `json:"right" enum:"view,use,edit" doc:"view: status, files, changes and chats to read. use: and its programs, and starting it. edit: everything in it, as the owner can; its variables and git logins too."`
			Until *time.Time `json:"until,omitempty" nullable:"true" doc:"When it ends; left out or null = not by itself."`
		}
	}
	type shareOutput struct{ Body Share }
	huma.Register(s.api, operation("PUT", base+"/{email}", "set-share", "Share a workspace with somebody, or change how", 200), func(ctx context.Context, in *setShareInput) (*shareOutput, error) {
		if _, err := s.own(ctx, in.ID); err != nil {
			return nil, err
		}
		u, err := s.Identity.FindUser(ctx, in.Email)
		if errors.Is(err, user.ErrNotFound) {
			return nil, problem(404, "user_not_found", "Nobody with this email has an account here. Invite them first.")
		} else if err != nil {
			return nil, s.fail(err)
		}
		var until time.Time
		if in.Body.Until != nil {
			until = *in.Body.Until
		}
		w, err := s.Workspaces.Share(ctx, in.ID, u.ID, workspace.Right(in.Body.Right), until)
		if invalid, ok := errors.AsType[*workspace.InvalidError](err); ok && invalid.Field == "email" {
			return nil, invalidField("path.email", invalid.Message)
		} else if err != nil {
			return nil, s.fail(err)
		}
		for _, x := range w.Shares {
			if x.UserID == u.ID {
				return &shareOutput{s.wireShare(x)}, nil
			}
		}
		return nil, s.fail(workspace.ErrConflict) // taken away again at this very moment
	})
	type deleteShareInput struct {
		ID     string `path:"id" maxLength:"64"`
		UserID string `path:"userId" maxLength:"64"`
	}
	huma.Register(s.api, operation("DELETE", base+"/{userId}", "delete-share", "End a share; whoever it is with may do that too", 204), func(ctx context.Context, in *deleteShareInput) (*struct{}, error) {
		need := workspace.RightOwner
		if me := caller(ctx); me.UserID == in.UserID {
			need = workspace.RightView
		}
		if _, err := s.with(ctx, in.ID, need); err != nil {
			return nil, err
		}
		_, err := s.Workspaces.Unshare(ctx, in.ID, in.UserID)
		return nil, s.fail(err)
	})
}

// PortLink is a link to a port as lists show it: never its address.
type PortLink struct {
	ID           string     `json:"id"`
	Port         int        `json:"port"`
	Until        time.Time  `json:"until"`
	Password     bool       `json:"password" doc:"Whoever opens it is asked for a password."`
	CreatedAt    time.Time  `json:"createdAt"`
	Opened       int        `json:"opened" doc:"How often it was opened."`
	LastOpenedAt *time.Time `json:"lastOpenedAt"`
}

func wireLink(l workspace.PortLink) PortLink {
	return PortLink{ID: l.ID, Port: l.Port, Until: l.Until, Password: l.Password != "", CreatedAt: l.CreatedAt}
}

// maxLinkPassword is in characters; the least is asked for by the schema.
const maxLinkPassword = 200

func (s *Server) registerLinks(o Sharing) {
	const base = workspaceBase + "/links"
	huma.Register(s.api, operation("GET", base, "list-links", "Links with which people without an account open a port", 200), func(ctx context.Context, in *workspaceInput) (*list[PortLink], error) {
		w, err := s.own(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		items := []PortLink{}
		for _, l := range w.LiveLinks(time.Now()) {
			x := wireLink(l)
			var at time.Time
			if x.Opened, at, err = o.LinkVisits(ctx, l.ID); err != nil {
				return nil, s.fail(err)
			}
			x.LastOpenedAt = optionalTime(at)
			items = append(items, x)
		}
		return listOf(items, ""), nil
	})
	type createLinkInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body struct {
			Port     int    `json:"port" minimum:"1024" maximum:"65535"`
			TTL      int64  `json:"ttl" minimum:"300" maximum:"2592000" doc:"Seconds it is good for."`
			Password string `json:"password,omitempty" minLength:"8" maxLength:"200" doc:"8 to 200 characters; left out = none is asked for."`
		}
	}
	type createLinkOutput struct {
		Body struct {
			PortLink
			URL string `json:"url" format:"uri" doc:"The address to send. It is shown this once."`
		}
	}
	huma.Register(s.api, operation("POST", base, "create-link", "Make a link with which people without an account open a port", 201), func(ctx context.Context, in *createLinkInput) (*createLinkOutput, error) {
		if _, err := s.own(ctx, in.ID); err != nil {
			return nil, err
		}
		b, hash := in.Body, ""
		if b.Password != "" {
			if !utf8.ValidString(b.Password) || utf8.RuneCountInString(b.Password) > maxLinkPassword {
				return nil, invalidField("body.password", fmt.Sprintf("must be text of at most %d characters", maxLinkPassword))
			}
			var err error
			if hash, err = s.Identity.HashPassword(ctx, b.Password); err != nil {
				return nil, s.fail(err)
			}
		}
		_, l, code, err := s.Workspaces.AddLink(ctx, in.ID, b.Port, time.Duration(b.TTL)*time.Second, hash)
		if err != nil {
			return nil, s.fail(err)
		}
		out := &createLinkOutput{}
		out.Body.PortLink, out.Body.URL = wireLink(l), o.LinkURL(in.ID, l.Port, code)
		return out, nil
	})
	type deleteLinkInput struct {
		ID     string `path:"id" maxLength:"64"`
		LinkID string `path:"linkId" maxLength:"64"`
	}
	huma.Register(s.api, operation("DELETE", base+"/{linkId}", "delete-link", "End a link", 204), func(ctx context.Context, in *deleteLinkInput) (*struct{}, error) {
		if _, err := s.own(ctx, in.ID); err != nil {
			return nil, err
		}
		_, err := s.Workspaces.RemoveLink(ctx, in.ID, in.LinkID)
		return nil, s.fail(err)
	})
}

// scopedPage is Page for a list of workspaces.
type scopedPage struct {
	Page
	Scope string `query:"scope" enum:"own,shared,all" default:"own" doc:"Yours, those that others share with you, or both."`
}

// listScoped lists workspaces that the caller may see.
func (s *Server) listScoped(ctx context.Context, in *scopedPage) (*list[Workspace], error) {
	me := caller(ctx).UserID
	if me == "" || cmp.Or(in.Scope, "own") == "own" {
		return s.listWorkspaces(ctx, me, &in.Page) // the operator has no id and sees all
	}
	found, next, err := s.Workspaces.ListShared(ctx, me, in.Scope == "all", in.Limit, in.Cursor)
	return s.wireList(ctx, found, next, err)
}
