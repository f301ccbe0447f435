package template

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
)

// maxNames is how many names of a repository's root are looked at.
const maxNames = 5000

// guessOrder are the built-in templates in the order in which they are tried. Languages whose
// projects often have a package.json for their pages come before Node; C and C++ come after
// all that build native extensions.
var guessOrder = []string{"go", "rust", "java", "php", "ruby", "python", "node", "cpp", "static"}

// candidate is a template that may be the guess.
type candidate struct {
	id, name string
	match    []string
}

// Guess says which template fits a repository. The user's own templates and those that are
// shared come before the built-in ones, and whole names of files before patterns.
func (s *Service) Guess(ctx context.Context, userID string, files Files) (Guess, error) {
	all, err := s.candidates(ctx, userID)
	if err != nil {
		return Guess{}, err
	}
	names := rootNames(files.Names)
	g := Guess{Template: BlankID, Reasons: []string{}, Honoured: honoured(files.Names)}
	for _, patterns := range []bool{false, true} {
		var others []string
		for _, c := range all {
			found := c.found(names, patterns)
			switch {
			case found == "":
			case g.Template == BlankID:
				g.Template = c.id
				g.Reasons = append(g.Reasons, fmt.Sprintf("The repository has %s: %s.", found, c.name))
			case c.id != g.Template && !patterns:
				others = append(others, fmt.Sprintf("%s would fit too (%s).", c.name, found))
			}
		}
		if g.Template != BlankID {
			g.Reasons = append(g.Reasons, others[:min(len(others), 4)]...)
			break
		}
	}
	if g.Template == BlankID {
		g.Reasons = append(g.Reasons, "Nothing in the repository's root tells its language.")
	}
	for _, h := range g.Honoured {
		g.Reasons = append(g.Reasons, h+" of the repository is used too.")
	}
	return g, nil
}

// candidates are in the order in which they are tried.
func (s *Service) candidates(ctx context.Context, userID string) ([]candidate, error) {
	visible, err := s.List(ctx, Actor{UserID: userID})
	if err != nil {
		return nil, err
	}
	var all []candidate
	for _, t := range visible {
		if t.Builtin || t.PublishedVersion == 0 {
			continue
		}
		_, d, err := s.Resolve(ctx, userID, t.ID, 0)
		if err != nil { // deleted at this moment
			continue
		}
		if len(d.Match) > 0 {
			all = append(all, candidate{t.ID, t.Name, d.Match})
		}
	}
	for _, id := range guessOrder {
		b, _ := s.builtin(id)
		all = append(all, candidate{b.ID, b.Name, b.definition.Match})
	}
	return all, nil
}

// found returns the first name that is matched by name, or by a pattern.
func (c candidate) found(names []string, patterns bool) string {
	for _, m := range c.match {
		if strings.ContainsAny(m, `*?[\`) != patterns {
			continue
		}
		for _, name := range names {
			if ok, err := path.Match(m, name); ok && err == nil {
				return name
			}
		}
	}
	return ""
}

// rootNames are the readable names without a folder.
func rootNames(names []string) []string {
	var root []string
	for _, name := range names[:min(len(names), maxNames)] {
		if relative(name) && !strings.Contains(name, "/") {
			root = append(root, name)
		}
	}
	return root
}

// honoured are the files that say more than a template.
func honoured(names []string) []string {
	found := []string{}
	for _, want := range append([]string{"flake.nix", "shell.nix"}, DevcontainerFiles...) {
		if slices.Contains(names, want) {
			found = append(found, want)
		}
	}
	return found
}
