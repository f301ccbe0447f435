package nixcheck

import (
	"slices"
	"strings"
)

// IsFlake reports whether a text is a flake.nix: an attribute set that says what its outputs
// are. Anything else is taken for a shell.nix. It looks at the text only, without Nix.
func IsFlake(text string) bool {
	if len(text) > MaxText {
		return false
	}
	attributes, ok := attributesOf(text)
	return ok && slices.ContainsFunc(attributes, func(a attribute) bool { return a.name == "outputs" })
}

// allowed are the attributes that Nix lets a flake have.
var allowed = []string{"description", "inputs", "outputs", "nixConfig", "edition"}

// shape says what a flake has that Nix refuses. What is there is read from parsed, Nix's own
// rendering, where nothing is ambiguous; where it is, from the text.
func shape(parsed, text string) (problems []Problem) {
	attributes, ok := attributesOf(parsed)
	if !ok {
		return nil // cut short by the sandbox's limit
	}
	places, _ := attributesOf(text)
	at := func(name, message string) {
		p := Problem{Message: message}
		for _, a := range places {
			if a.name == name {
				p.Line, p.Column = place(text, a.at)
				break
			}
		}
		problems = append(problems, p)
	}
	for _, a := range attributes {
		switch {
		case !slices.Contains(allowed, a.name):
			at(a.name, "A flake cannot have the attribute "+quoted(a.name)+"; it has description, inputs, outputs and nixConfig.")
		case a.name == "outputs" && a.inherited, a.name == "outputs" && !a.function:
			at(a.name, "The outputs of a flake must be a function, such as { self, nixpkgs }: { … }.")
		}
	}
	return problems
}

func quoted(name string) string {
	if len(name) > 60 {
		name = strings.ToValidUTF8(name[:60], "") + "…"
	}
	return `"` + name + `"`
}
