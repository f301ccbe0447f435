package api

import "github.com/kalpana-dev/kalpana/internal/template"

// TemplateDefinition is what a template gives to a workspace.
type TemplateDefinition struct {
	Flake      string             `json:"flake" doc:"Text of a flake.nix; empty = none."`
	Packages   []string           `json:"packages" nullable:"false" doc:"Debian packages."`
	Ports      []TemplatePort     `json:"ports" nullable:"false"`
	Tasks      []TemplateTask     `json:"tasks" nullable:"false" doc:"Commands that the editor offers."`
	Extensions []string           `json:"extensions" nullable:"false" doc:"publisher.name or publisher.name@version."`
	Variables  []TemplateVariable `json:"variables" nullable:"false"`
	Setup      string             `json:"setup" doc:"Command that is run once, after the first clone."`
	Start      string             `json:"start" doc:"Command that is run at every start, in the background."`
	Files      map[string]string  `json:"files" doc:"Files of an empty workspace: text by relative path."`
	Match      []string           `json:"match" nullable:"false" doc:"Names or patterns of files in a repository's root that make this template the guess."`
}

// TemplatePort is a port that a template's programs listen on.
type TemplatePort struct {
	Port       int    `json:"port"`
	Label      string `json:"label"`
	Visibility string `json:"visibility" enum:"owner,users,public"`
	Open       bool   `json:"open" doc:"It is shown as soon as something listens."`
}

// TemplateTask is a command that the editor offers.
type TemplateTask struct {
	Label   string `json:"label"`
	Command string `json:"command"`
}

// TemplateVariable is a variable that a template sets or asks for.
type TemplateVariable struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Value       string `json:"value" doc:"Used when the user has set none; empty for secrets."`
	Secret      bool   `json:"secret"`
	Required    bool   `json:"required" doc:"Without a value the workspace starts with a notice."`
}

// TemplateProblem is one thing that is wrong, or doubtful, in a definition.
type TemplateProblem struct {
	Field    string `json:"field" doc:"Path in the definition, for example ports[0].port; nix for Nix text alone."`
	Line     int    `json:"line" doc:"From 1; 0 = no place."`
	Column   int    `json:"column" doc:"From 1; 0 = no place."`
	Message  string `json:"message"`
	Severity string `json:"severity" enum:"error,warning"`
}

// TemplateDefinitionInput is a definition in a request: what is left out is empty. What is
// allowed is checked by the domain, so that /templates/validate and saving say the same.
type TemplateDefinitionInput struct {
	Flake      string                  `json:"flake,omitempty"`
	Packages   []string                `json:"packages,omitempty" doc:"At most 50."`
	Ports      []TemplatePortInput     `json:"ports,omitempty" doc:"At most 20."`
	Tasks      []TemplateTask          `json:"tasks,omitempty" doc:"At most 50."`
	Extensions []string                `json:"extensions,omitempty" doc:"At most 50."`
	Variables  []TemplateVariableInput `json:"variables,omitempty" doc:"At most 50."`
	Setup      string                  `json:"setup,omitempty" doc:"At most 4 KiB."`
	Start      string                  `json:"start,omitempty" doc:"At most 4 KiB."`
	Files      map[string]string       `json:"files,omitempty" doc:"At most 100, together 256 KiB."`
	Match      []string                `json:"match,omitempty" doc:"At most 30."`
}

// TemplatePortInput is a port in a request.
type TemplatePortInput struct {
	Port       int    `json:"port" doc:"1024 to 65535."`
	Label      string `json:"label,omitempty"`
	Visibility string `json:"visibility,omitempty" doc:"owner (when left out), users or public."`
	Open       bool   `json:"open,omitempty"`
}

// TemplateVariableInput is a variable in a request.
type TemplateVariableInput struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Value       string `json:"value,omitempty"`
	Secret      bool   `json:"secret,omitempty"`
	Required    bool   `json:"required,omitempty"`
}

func (in TemplateDefinitionInput) definition() template.Definition {
	return template.Definition{
		Flake: in.Flake, Packages: in.Packages, Extensions: in.Extensions, Setup: in.Setup, Start: in.Start, Files: in.Files, Match: in.Match,
		Ports:     each(in.Ports, func(p TemplatePortInput) template.Port { return template.Port(p) }),
		Tasks:     each(in.Tasks, func(t TemplateTask) template.Task { return template.Task(t) }),
		Variables: each(in.Variables, func(v TemplateVariableInput) template.Variable { return template.Variable(v) }),
	}
}

func shownDefinition(d template.Definition) TemplateDefinition {
	return TemplateDefinition{
		Flake: d.Flake, Packages: d.Packages, Extensions: d.Extensions, Setup: d.Setup, Start: d.Start, Files: d.Files, Match: d.Match,
		Ports:     each(d.Ports, func(p template.Port) TemplatePort { return TemplatePort(p) }),
		Tasks:     each(d.Tasks, func(t template.Task) TemplateTask { return TemplateTask(t) }),
		Variables: each(d.Variables, func(v template.Variable) TemplateVariable { return TemplateVariable(v) }),
	}
}

// each converts a list; the result is never nil.
func each[A, B any](list []A, convert func(A) B) []B {
	all := make([]B, len(list))
	for i, x := range list {
		all[i] = convert(x)
	}
	return all
}
