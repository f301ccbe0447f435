package api

import (
	"context"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/internal/variable"
)

// Variable is a variable of a user's workspaces on the wire.
type Variable struct {
	Name   string `json:"name"`
	Secret bool   `json:"secret" doc:"The value is never shown again, and masked where the agent would read it."`
	// Value is a pointer: that of a secret is left out, an empty one is not.
	Value     *string   `json:"value,omitempty" doc:"Left out for secrets."`
	Template  string    `json:"template" doc:"Id of the template whose workspaces get it; empty = all your workspaces."`
	Problem   string    `json:"problem,omitempty" doc:"Why workspaces do not get it, as a sentence."`
	UpdatedAt time.Time `json:"updatedAt"`
}

func wireVariable(v variable.Shown) Variable {
	out := Variable{Name: v.Name, Secret: v.Secret, Template: v.Template, UpdatedAt: v.UpdatedAt}
	switch {
	case v.Unreadable:
		out.Problem = "The value cannot be read any more. Set it again."
	case !v.Secret:
		out.Value = &v.Value
	}
	return out
}

// variableProblem translates errors of package variable; where says what a field is called in
// the request, body fields being the default.
func (s *Server) variableProblem(err error, nameField string) error {
	if invalid, ok := errors.AsType[*variable.InvalidError](err); ok {
		field := "body." + invalid.Field
		if invalid.Field == "name" {
			field = nameField
		}
		return invalidField(field, invalid.Message)
	}
	switch {
	case errors.Is(err, variable.ErrNotFound):
		return problem(404, "not_found", "There is no such variable.")
	case errors.Is(err, variable.ErrLimit):
		return problem(409, "variable_limit", "You have as many variables as there may be: 100, and 256 KiB of names and values together. Delete one, or put long values in a file.")
	}
	return s.fail(err)
}

// registerVariables adds a user's own variables. Those who act for nobody, such as the
// operator without a user, have none.
func (s *Server) registerVariables(variables *variable.Service) {
	const base = "/api/v1/variables"
	mine := func(ctx context.Context) (string, error) {
		if id := caller(ctx).UserID; id != "" {
			return id, nil
		}
		return "", problem(403, "user_required", "Variables belong to a user. Sign in as one.")
	}
	type listVariablesInput struct {
		Template string `query:"template" maxLength:"64" doc:"Only those for this template; left out = all of them."`
	}
	huma.Register(s.api, operation("GET", base, "list-variables", "Your variables and secrets, values of secrets left out", 200), func(ctx context.Context, in *listVariablesInput) (*list[Variable], error) {
		me, err := mine(ctx)
		if err != nil {
			return nil, err
		}
		found, err := variables.List(ctx, me)
		if err != nil {
			return nil, s.fail(err)
		}
		items := make([]Variable, 0, len(found))
		for _, v := range found {
			if in.Template == "" || in.Template == v.Template {
				items = append(items, wireVariable(v))
			}
		}
		return listOf(items, ""), nil
	})
	type setVariableInput struct {
		Name string `path:"name" maxLength:"64" doc:"Letters, digits and _, no digit first; not one that the workspace needs itself, such as PATH."`
		Body struct {
			Value    string `json:"value" maxLength:"32768" doc:"At most 32 KiB of text."`
			Secret   bool   `json:"secret"`
			Template string `json:"template,omitempty" maxLength:"64" doc:"Left out = all your workspaces."`
		}
	}
	type variableOutput struct{ Body Variable }
	huma.Register(s.api, operation("PUT", base+"/{name}", "set-variable", "Set a variable; workspaces get it when they start next", 200), func(ctx context.Context, in *setVariableInput) (*variableOutput, error) {
		me, err := mine(ctx)
		if err != nil {
			return nil, err
		}
		v, err := variables.Put(ctx, me, variable.Put{Name: in.Name, Template: in.Body.Template, Value: in.Body.Value, Secret: in.Body.Secret})
		if err != nil {
			return nil, s.variableProblem(err, "path.name")
		}
		return &variableOutput{wireVariable(v)}, nil
	})
	type deleteVariableInput struct {
		Name     string `path:"name" maxLength:"64"`
		Template string `query:"template" maxLength:"64" doc:"The template it is for; left out = the one for all your workspaces."`
	}
	huma.Register(s.api, operation("DELETE", base+"/{name}", "delete-variable", "Delete a variable", 204), func(ctx context.Context, in *deleteVariableInput) (*struct{}, error) {
		me, err := mine(ctx)
		if err != nil {
			return nil, err
		}
		if err := variables.Delete(ctx, me, in.Template, in.Name); err != nil {
			return nil, s.variableProblem(err, "path.name")
		}
		return nil, nil
	})
}
