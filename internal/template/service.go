package template

import (
	"context"
	"fmt"
	"time"
)

// Options are what a service stands on.
type Options struct {
	Store Store
	// CheckNix says what is wrong with the text of a flake.nix or shell.nix; Field of its
	// problems is ignored. An error means that it could not be checked. nil = nothing is checked.
	CheckNix func(ctx context.Context, text string) ([]Problem, error)
	// InUse names the versions of a template that workspaces have; those are kept as long as
	// that is so. nil = every version may be in use.
	InUse func(ctx context.Context, templateID string) ([]int, error)
	// Now is the time; nil = time.Now.
	Now func() time.Time
}

// Service is the catalogue. Safe for concurrent use; it starts no goroutines.
type Service struct {
	Options
	builtins []builtin
	nix      *nixChecks
}

// New returns a service with the built-in templates; Options.Store must be set.
func New(o Options) (*Service, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	all, err := readBuiltins()
	if err != nil {
		return nil, fmt.Errorf("read the built-in templates: %w", err)
	}
	return &Service{Options: o, builtins: all, nix: newNixChecks()}, nil
}

// now is in the precision that the database keeps.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }
