package api

import (
	"context"
	"errors"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/template"
)

// checkOutfit refuses what a workspace could not be fitted out with, before anything is
// stored. Fields that are nil or empty are not wanted.
func (s *Server) checkOutfit(ctx context.Context, templateID, nix *string) error {
	user := caller(ctx).UserID
	if templateID != nil && *templateID != "" {
		if err := s.CheckTemplate(ctx, user, *templateID); errors.Is(err, template.ErrNotFound) {
			return invalidField("body.template", "There is no such template, or it is not shared with you.")
		} else if err != nil {
			return s.fail(err)
		}
	}
	if nix != nil && strings.TrimSpace(*nix) == "" {
		*nix = ""
	}
	if nix == nil || *nix == "" {
		return nil
	}
	if !*s.Config.NixCustomConfigs {
		return problem(403, "nix_disabled", "Own Nix configurations are switched off here (ENABLE_NIX_CUSTOM_CONFIGS).")
	}
	problems, err := s.CheckNix(ctx, *nix)
	if err != nil {
		// The check needs the engine; a start finds the same mistakes, only later.
		s.log.Warn("Nix configuration not checked", "user", user, "err", err)
		return nil
	}
	return invalidNix(problems)
}

// invalidNix is nil if there are only warnings.
func invalidNix(problems []template.Problem) error {
	p := problem(422, "invalid_nix", "")
	for _, f := range problems {
		if f.Severity != template.SeverityError {
			continue
		}
		p.Errors = append(p.Errors, FieldError{Field: "body.nixConfig", Message: f.Message, Line: f.Line, Column: f.Column})
	}
	if len(p.Errors) == 0 {
		return nil
	}
	p.Detail = "The Nix configuration cannot be read: " + p.Errors[0].Message
	return p
}
