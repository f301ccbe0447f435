package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/internal/template"
)

// Templates are what the operations on templates stand on.
type Templates struct {
	Service *template.Service
	// Try makes a workspace of the user's from t.Version.
	Try func(ctx context.Context, userID string, t template.Template) (workspaceID string, err error)
}

// Template is a template as who asks sees it.
type Template struct {
	ID               string             `json:"id"`
	Name             string             `json:"name"`
	Description      string             `json:"description"`
	Icon             string             `json:"icon"`
	Builtin          bool               `json:"builtin" doc:"It comes with Kalpana and cannot be changed."`
	OwnerID          string             `json:"ownerId" doc:"Empty for built-in templates."`
	Shared           bool               `json:"shared" doc:"Everybody may use sharedVersion."`
	SharedVersion    int                `json:"sharedVersion" doc:"0 = none. What the owner publishes later is not shared by itself."`
	Mine             bool               `json:"mine"`
	Version          int                `json:"version" doc:"The newest; of somebody else's template the one that you may use."`
	PublishedVersion int                `json:"publishedVersion" doc:"What new workspaces get; 0 = none is published."`
	Tried            bool               `json:"tried" doc:"A workspace made from this version ran well."`
	Definition       TemplateDefinition `json:"definition"`
	CreatedAt        time.Time          `json:"createdAt"`
	UpdatedAt        time.Time          `json:"updatedAt"`
}

// TemplateVersion is one entry of a template's history.
type TemplateVersion struct {
	Version     int                `json:"version"`
	Tried       bool               `json:"tried"`
	PublishedAt *time.Time         `json:"publishedAt" doc:"null = it was never published."`
	CreatedAt   time.Time          `json:"createdAt"`
	Definition  TemplateDefinition `json:"definition"`
}

type templateInput struct {
	ID string `path:"id" maxLength:"64"`
}

type templateOutput struct{ Body Template }

type createTemplateInput struct {
	Body struct {
		Name        string                  `json:"name" maxLength:"240"`
		Description string                  `json:"description,omitempty" maxLength:"2000"`
		Icon        string                  `json:"icon,omitempty" maxLength:"40"`
		Definition  TemplateDefinitionInput `json:"definition"`
	}
}

type updateTemplateInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Name        *string                  `json:"name,omitempty" maxLength:"240"`
		Description *string                  `json:"description,omitempty" maxLength:"2000"`
		Icon        *string                  `json:"icon,omitempty" maxLength:"40"`
		Definition  *TemplateDefinitionInput `json:"definition,omitempty" doc:"Becomes a new version, a draft, unless the newest says the same."`
		Shared      *bool                    `json:"shared,omitempty" doc:"Administrators only: everybody may use the version that is published now."`
		Base        int                      `json:"base,omitempty" minimum:"0" doc:"The version that you have seen: 409 conflict if it is another by now."`
	}
}

type validateTemplateInput struct {
	Body struct {
		Definition *TemplateDefinitionInput `json:"definition,omitempty"`
		Nix        *string                  `json:"nix,omitempty" doc:"Text of a flake.nix or shell.nix, instead of a definition."`
	}
}

type validateTemplateOutput struct {
	Body struct {
		Valid    bool              `json:"valid" doc:"There are no errors; there may be warnings."`
		Problems []TemplateProblem `json:"problems" nullable:"false"`
	}
}

type tryTemplateOutput struct {
	Body struct {
		WorkspaceID string `json:"workspaceId"`
	}
}

// listTemplatesInput is a page of its own kind: all templates of most users are one page.
type listTemplatesInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"200" doc:"At most this many items."`
	Cursor string `query:"cursor" maxLength:"64" doc:"nextCursor of the page before."`
}

// maxTemplatePage is about how many bytes of definitions one page has.
const maxTemplatePage = 8 << 20

func (s *Server) registerTemplates(t Templates) {
	const base, one = "/api/v1/templates", "/api/v1/templates/{id}"
	huma.Register(s.api, operation("GET", base, "list-templates", "Built-in templates, your own, and those that are shared", 200), func(ctx context.Context, in *listTemplatesInput) (*list[Template], error) {
		return s.listTemplates(ctx, t.Service, in)
	})
	huma.Register(s.api, operation("POST", base, "create-template", "Make a template; its first version is a draft", 201), func(ctx context.Context, in *createTemplateInput) (*templateOutput, error) {
		b, d := in.Body, in.Body.Definition.definition()
		return s.shownTemplate(ctx)(t.Service.Create(ctx, actor(ctx), template.Input{Name: &b.Name, Description: &b.Description, Icon: &b.Icon, Definition: &d}))
	})
	huma.Register(s.api, operation("POST", base+"/validate", "validate-template", "Check a definition, or the text of a flake.nix or shell.nix", 200), func(ctx context.Context, in *validateTemplateInput) (*validateTemplateOutput, error) {
		if (in.Body.Definition == nil) == (in.Body.Nix == nil) {
			return nil, invalidField("body", "Send either definition or nix.")
		}
		var problems []template.Problem
		if in.Body.Nix != nil {
			problems = t.Service.ValidateNix(ctx, "nix", *in.Body.Nix)
		} else {
			problems = t.Service.Validate(ctx, in.Body.Definition.definition())
		}
		out := &validateTemplateOutput{}
		out.Body.Valid = !slices.ContainsFunc(problems, func(p template.Problem) bool { return p.Severity == template.SeverityError })
		out.Body.Problems = each(problems, func(p template.Problem) TemplateProblem { return TemplateProblem(p) })
		return out, nil
	})
	huma.Register(s.api, operation("GET", one, "get-template", "One template", 200), func(ctx context.Context, in *templateInput) (*templateOutput, error) {
		return s.shownTemplate(ctx)(t.Service.Get(ctx, actor(ctx), in.ID))
	})
	huma.Register(s.api, operation("PUT", one, "update-template", "Change a template; what is not sent stays", 200), func(ctx context.Context, in *updateTemplateInput) (*templateOutput, error) {
		b := in.Body
		change := template.Input{Name: b.Name, Description: b.Description, Icon: b.Icon, Shared: b.Shared, Base: b.Base}
		if b.Definition != nil {
			d := b.Definition.definition()
			change.Definition = &d
		}
		return s.shownTemplate(ctx)(t.Service.Update(ctx, actor(ctx), in.ID, change))
	})
	huma.Register(s.api, operation("DELETE", one, "delete-template", "Delete a template; workspaces made from it keep their version", 204), func(ctx context.Context, in *templateInput) (*struct{}, error) {
		return nil, s.failTemplate(t.Service.Delete(ctx, actor(ctx), in.ID))
	})
	huma.Register(s.api, operation("GET", one+"/versions", "list-template-versions", "The history of a template, newest first", 200), func(ctx context.Context, in *templateInput) (*list[TemplateVersion], error) {
		versions, err := t.Service.Versions(ctx, actor(ctx), in.ID)
		if err != nil {
			return nil, s.failTemplate(err)
		}
		all := make([]TemplateVersion, len(versions))
		for i, v := range versions {
			all[i] = TemplateVersion{v.Version, !v.TriedAt.IsZero(), optionalTime(v.PublishedAt), v.CreatedAt, shownDefinition(v.Definition)}
		}
		return listOf(all, ""), nil
	})
	huma.Register(s.api, operation("POST", one+"/try", "try-template", "Make a workspace from the newest version, to see that it runs", 201), func(ctx context.Context, in *templateInput) (*tryTemplateOutput, error) {
		found, _, err := t.Service.Get(ctx, actor(ctx), in.ID)
		if err != nil {
			return nil, s.failTemplate(err)
		}
		out := &tryTemplateOutput{}
		if out.Body.WorkspaceID, err = t.Try(ctx, caller(ctx).UserID, found); err != nil {
			return nil, s.failTemplate(err)
		}
		return out, nil
	})
	huma.Register(s.api, operation("POST", one+"/publish", "publish-template", "Let new workspaces have the newest version", 200), func(ctx context.Context, in *templateInput) (*templateOutput, error) {
		return s.shownTemplate(ctx)(t.Service.Publish(ctx, actor(ctx), in.ID))
	})
}

// listTemplates reads the definitions of one page. The cursor is the last template's id.
func (s *Server) listTemplates(ctx context.Context, service *template.Service, in *listTemplatesInput) (*list[Template], error) {
	visible, err := service.List(ctx, actor(ctx))
	if err != nil {
		return nil, s.failTemplate(err)
	}
	if in.Cursor != "" {
		i := slices.IndexFunc(visible, func(t template.Template) bool { return t.ID == in.Cursor })
		if i < 0 {
			return nil, invalidField("query.cursor", "The list has changed since the page before. Begin anew, without a cursor.")
		}
		visible = visible[i+1:]
	}
	items, bytes, last := []Template{}, 0, ""
	for _, t := range visible {
		if len(items) == in.Limit || bytes > maxTemplatePage {
			return listOf(items, last), nil
		}
		last = t.ID
		t, d, err := service.Get(ctx, actor(ctx), t.ID)
		if errors.Is(err, template.ErrNotFound) { // deleted at this moment
			continue
		}
		if err != nil {
			return nil, s.failTemplate(err)
		}
		bytes += d.Size()
		items = append(items, shownTemplate(ctx, t, d))
	}
	return listOf(items, ""), nil
}

// actor is who asks, for the catalogue.
func actor(ctx context.Context) template.Actor {
	p := caller(ctx)
	return template.Actor{UserID: p.UserID, Admin: p.Admin}
}

// shownTemplate returns what makes an answer of the service's.
func (s *Server) shownTemplate(ctx context.Context) func(template.Template, template.Definition, error) (*templateOutput, error) {
	return func(t template.Template, d template.Definition, err error) (*templateOutput, error) {
		if err != nil {
			return nil, s.failTemplate(err)
		}
		return &templateOutput{shownTemplate(ctx, t, d)}, nil
	}
}

func shownTemplate(ctx context.Context, t template.Template, d template.Definition) Template {
	return Template{
		ID: t.ID, Name: t.Name, Description: t.Description, Icon: t.Icon, Builtin: t.Builtin, OwnerID: t.OwnerID,
		Shared: t.Shared, SharedVersion: t.SharedVersion, Mine: t.OwnerID != "" && t.OwnerID == caller(ctx).UserID,
		Version: t.Version, PublishedVersion: t.PublishedVersion, Tried: t.Tried, Definition: shownDefinition(d),
		CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt,
	}
}

// failTemplate translates the errors of package template, and leaves others to fail.
func (s *Server) failTemplate(err error) error {
	if invalid, ok := errors.AsType[*template.InvalidError](err); ok {
		p := problem(http.StatusUnprocessableEntity, "invalid_template", "Something in the template is not right.")
		for _, found := range invalid.Problems {
			message := found.Message
			if found.Line > 0 {
				message = fmt.Sprintf("Line %d, column %d: %s", found.Line, found.Column, message)
			}
			p.Errors = append(p.Errors, FieldError{Field: "body." + found.Field, Message: message})
		}
		if len(p.Errors) > 0 {
			p.Detail = p.Errors[0].Message
		}
		return p
	}
	for _, e := range templateErrors {
		if errors.Is(err, e.err) {
			return problem(e.status, e.code, e.detail)
		}
	}
	return s.fail(err)
}

var templateErrors = []struct {
	err          error
	status       int
	code, detail string
}{
	{template.ErrNotFound, http.StatusNotFound, "not_found", "There is no such template, or it is not shared with you."},
	{template.ErrNotOwner, http.StatusForbidden, "template_not_yours", "Only its owner can change a template, and only an administrator can share one. Make your own with the same definition instead."},
	{template.ErrBuiltin, http.StatusConflict, "template_builtin", "Built-in templates cannot be changed. Make your own with the same definition instead."},
	{template.ErrConflict, http.StatusConflict, "conflict", "The template was changed at the same time. Reload it and try again."},
	{template.ErrQuota, http.StatusForbidden, "quota_exceeded", "You have as many templates as you may have. Delete one you no longer need."},
	{template.ErrNotTried, http.StatusConflict, "template_not_tried", "Try the newest version first: it can be published once a workspace made from it has started without a problem."},
	{template.ErrNotPublished, http.StatusConflict, "template_not_published", "No version of this template is published yet, so there is none to share."},
}
