package template_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/template"
)

func list(n int) []string { return slices.Repeat([]string{"x"}, n) }

func TestWhatADefinitionMayNotHave(t *testing.T) {
	s := service(t, template.Options{Store: common})
	long := strings.Repeat("x", 5000)
	file := func(name, text string) template.Definition {
		return template.Definition{Files: map[string]string{name: text}}
	}
	variable := func(v template.Variable) template.Definition {
		return template.Definition{Variables: []template.Variable{v}}
	}
	port := func(p ...template.Port) template.Definition { return template.Definition{Ports: p} }
	for _, c := range []struct {
		d     template.Definition
		field string
	}{
		{template.Definition{Flake: strings.Repeat("x", 256<<10+1)}, "flake"},
		{template.Definition{Flake: "\xff"}, "flake"},
		{template.Definition{Flake: "a\x00"}, "flake"},
		{template.Definition{Packages: list(51)}, "packages"},
		{template.Definition{Packages: []string{"jq", "Jq"}}, "packages[1]"},
		{template.Definition{Packages: []string{"jq=1.0"}}, "packages[0]"},
		{template.Definition{Packages: []string{"-y"}}, "packages[0]"},
		{template.Definition{Packages: []string{"jq gh"}}, "packages[0]"},
		{template.Definition{Packages: []string{"jq\n"}}, "packages[0]"},
		{template.Definition{Packages: []string{"jq;id"}}, "packages[0]"},
		{template.Definition{Packages: []string{""}}, "packages[0]"},
		{template.Definition{Packages: []string{"../x"}}, "packages[0]"},
		{port(template.Port{Port: 80}), "ports[0].port"},
		{port(template.Port{Port: 65536}), "ports[0].port"},
		{port(template.Port{Port: 3001}), "ports[0].port"},
		{port(template.Port{Port: 8080}), "ports[0].port"},
		{port(template.Port{Port: 3000}, template.Port{Port: 3000}), "ports[1].port"},
		{port(template.Port{Port: 3000, Label: "a\nb"}), "ports[0].label"},
		{port(template.Port{Port: 3000, Visibility: "all"}), "ports[0].visibility"},
		{port(slices.Repeat([]template.Port{{Port: 3000}}, 21)...), "ports"},
		{template.Definition{Tasks: []template.Task{{Label: "a"}}}, "tasks[0].command"},
		{template.Definition{Tasks: []template.Task{{Command: "a"}}}, "tasks[0].label"},
		{template.Definition{Tasks: []template.Task{{Label: "a", Command: long}}}, "tasks[0].command"},
		{template.Definition{Tasks: []template.Task{{Label: "a", Command: "x"}, {Label: "a", Command: "y"}}}, "tasks[1].label"},
		{template.Definition{Extensions: []string{"python"}}, "extensions[0]"},
		{template.Definition{Extensions: []string{"a.b@"}}, "extensions[0]"},
		{template.Definition{Extensions: []string{"--force.x"}}, "extensions[0]"},
		{template.Definition{Extensions: []string{"../a.vsix"}}, "extensions[0]"},
		{template.Definition{Extensions: list(51)}, "extensions"},
		{variable(template.Variable{Name: "1A"}), "variables[0].name"},
		{variable(template.Variable{Name: "PATH"}), "variables[0].name"},
		{variable(template.Variable{Name: "KALPANA_X"}), "variables[0].name"},
		{variable(template.Variable{Name: "LD_PRELOAD"}), "variables[0].name"},
		{variable(template.Variable{Name: "A", Value: long}), "variables[0].value"},
		{variable(template.Variable{Name: "A", Value: "a\x00"}), "variables[0].value"},
		{variable(template.Variable{Name: "A", Value: "x", Secret: true}), "variables[0].value"},
		{variable(template.Variable{Name: "A", Description: "a\x1b[0m"}), "variables[0].description"},
		{template.Definition{Variables: []template.Variable{{Name: "A"}, {Name: "A"}}}, "variables[1].name"},
		{template.Definition{Setup: long}, "setup"},
		{template.Definition{Start: "\xff"}, "start"},
		{file("", "x"), `files[""]`},
		{file("/etc/passwd", "x"), `files["/etc/passwd"]`},
		{file("../x", "x"), `files["../x"]`},
		{file("a/../../x", "x"), `files["a/../../x"]`},
		{file("a//b", "x"), `files["a//b"]`},
		{file("a/", "x"), `files["a/"]`},
		{file("a\\b", "x"), `files["a\\b"]`},
		{file("a\nb", "x"), `files["a\nb"]`},
		{file(".git/hooks/post-checkout", "x"), `files[".git/hooks/post-checkout"]`},
		{file("sub/.GIT/config", "x"), `files["sub/.GIT/config"]`},
		{file("a", "\xff"), `files["a"]`},
		{file("a", strings.Repeat("x", 256<<10)), "files"},
		{template.Definition{Files: map[string]string{"a": "", "a/b": ""}}, `files["a/b"]`},
		{template.Definition{Match: []string{"["}}, "match[0]"},
		{template.Definition{Match: []string{"a/b"}}, "match[0]"},
		{template.Definition{Match: []string{""}}, "match[0]"},
		{template.Definition{Match: list(31)}, "match"},
	} {
		problems := s.Validate(t.Context(), c.d)
		if !slices.ContainsFunc(problems, func(p template.Problem) bool {
			return p.Field == c.field && p.Severity == template.SeverityError && p.Message != ""
		}) {
			t.Errorf("%.60s: %v, want one of %s", fmt.Sprintf("%+v", c.d), problems, c.field)
		}
		_, _, err := s.Create(t.Context(), ann, named("A", c.d))
		invalid, ok := errors.AsType[*template.InvalidError](err)
		if !ok || !strings.HasPrefix(invalid.Problems[0].Field, "definition.") {
			t.Errorf("%s is stored: %v", c.field, err)
		}
	}
	many := map[string]string{}
	for i := range 101 {
		many[fmt.Sprint(i)] = ""
	}
	if problems := s.Validate(t.Context(), template.Definition{Files: many}); len(problems) != 1 {
		t.Errorf("101 files: %v", problems)
	}
	if problems := s.Validate(t.Context(), template.Definition{Packages: slices.Repeat([]string{"-"}, 50), Extensions: slices.Repeat([]string{"-"}, 50)}); len(problems) != 50 {
		t.Errorf("%d problems are told at once", len(problems))
	}
}

func TestWhatADefinitionMayHave(t *testing.T) {
	t.Parallel()
	s := service(t, template.Options{Store: common})
	d := template.Definition{
		Packages: []string{"g++", "libssl3t64", "python3.13"}, Extensions: []string{"ms-python.python", "golang.Go@0.42.0"},
		Ports: []template.Port{{Port: 1024}, {Port: 65535, Visibility: "users"}}, Files: map[string]string{"a/b.txt": "", ".env.example": "x", "ä ö/$x": "y"},
		Variables: []template.Variable{{Name: "lower_1", Value: "a\nb"}, {Name: "TOKEN", Secret: true, Required: true}}, Match: []string{"*.[ch]", "a?"},
	}
	if problems := s.Validate(t.Context(), d); problems != nil {
		t.Error(problems)
	}
	d = template.Definition{Ports: []template.Port{{Port: 3000, Visibility: "public"}}, Packages: []string{"jq", "jq"}}
	problems := s.Validate(t.Context(), d)
	if len(problems) != 2 || problems[0].Severity != template.SeverityWarning || problems[1].Severity != template.SeverityWarning {
		t.Errorf("what is doubtful gives %v", problems)
	}
	create(t, s, ann, "with warnings", d)
}

func TestNamesOfTemplates(t *testing.T) {
	t.Parallel()
	s := service(t, template.Options{Store: common})
	text := func(s string) *string { return &s }
	for _, c := range []struct {
		in    template.Input
		field string
	}{
		{template.Input{}, "name"},
		{template.Input{Name: text(" ")}, "name"},
		{template.Input{Name: text("a\nb")}, "name"},
		{template.Input{Name: text("\xff")}, "name"},
		{template.Input{Name: text(strings.Repeat("ä", 61))}, "name"},
		{template.Input{Name: text("a"), Description: text(strings.Repeat("x", 501))}, "description"},
		{template.Input{Name: text("a"), Icon: text(strings.Repeat("x", 41))}, "icon"},
		{template.Input{Name: text("a"), Icon: text("\x00")}, "icon"},
	} {
		_, _, err := s.Create(t.Context(), ann, c.in)
		if invalid, ok := errors.AsType[*template.InvalidError](err); !ok || invalid.Problems[0].Field != c.field {
			t.Errorf("%v, want %s to be refused", err, c.field)
		}
	}
	if _, _, err := s.Create(t.Context(), ann, template.Input{Name: text(strings.Repeat("ä", 60))}); err != nil {
		t.Error(err)
	}
}

func TestNixIsCheckedOnceForEachText(t *testing.T) {
	t.Parallel()
	var asked, now, most atomic.Int64
	release := make(chan struct{})
	s := service(t, template.Options{Store: common, CheckNix: func(_ context.Context, text string) ([]template.Problem, error) {
		asked.Add(1)
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		if strings.HasPrefix(text, "wait") {
			<-release
		}
		switch {
		case strings.HasPrefix(text, "bad"):
			return []template.Problem{{Field: "x", Line: 3, Column: 7, Message: "unexpected }"}}, nil
		case text == "broken":
			return nil, errors.New("no engine")
		}
		return nil, nil
	}})
	ctx := t.Context()
	for range 2 {
		problems := s.Validate(ctx, template.Definition{Flake: "bad"})
		if len(problems) != 1 || problems[0] != (template.Problem{Field: "flake", Line: 3, Column: 7, Message: "unexpected }", Severity: template.SeverityError}) {
			t.Errorf("a mistake is told as %v", problems)
		}
		problems = s.ValidateNix(ctx, "nix", "bad")
		if len(problems) != 1 || problems[0].Field != "nix" {
			t.Errorf("a mistake in a workspace's own text is told as %v", problems)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("the same text was checked %d times", asked.Load())
	}
	_, _, err := s.Create(ctx, ann, named("A", template.Definition{Flake: "bad"}))
	if invalid, ok := errors.AsType[*template.InvalidError](err); !ok || invalid.Problems[0].String() != "definition.flake:3:7: unexpected }" {
		t.Errorf("a flake with a mistake is stored: %v", err)
	}

	// What could not be checked may be stored: it is a draft, and a start says what is wrong.
	for range 2 {
		if problems := s.ValidateNix(ctx, "nix", "broken"); len(problems) != 1 || problems[0].Severity != template.SeverityWarning {
			t.Errorf("without an engine: %v", problems)
		}
	}
	if asked.Load() != 3 {
		t.Errorf("a failure is remembered: %d checks", asked.Load())
	}
	create(t, s, ann, "unchecked", template.Definition{Flake: "broken"})

	before := asked.Load()
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() { s.ValidateNix(ctx, "nix", fmt.Sprint("wait ", i)) })
	}
	for range 6 {
		release <- struct{}{}
	}
	all.Wait()
	if asked.Load() != before+6 || most.Load() > 2 {
		t.Errorf("%d checks, %d at a time", asked.Load()-before, most.Load())
	}
	for i := range 200 {
		s.ValidateNix(ctx, "nix", fmt.Sprint("text ", i))
	}
	before = asked.Load()
	s.ValidateNix(ctx, "nix", "text 199")
	s.ValidateNix(ctx, "nix", "text 0")
	if asked.Load() != before+1 {
		t.Errorf("%d checks of one that is remembered and one that is not", asked.Load()-before)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if problems := s.ValidateNix(gone, "nix", "bad, but nobody waits"); len(problems) != 1 {
		t.Errorf("nobody waits: %v", problems)
	}
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"jq", "../x", ".git/x", "a/b", "KALPANA_", "[", "-", "a.b@1", "\xff", ""} {
		f.Add(s)
	}
	s := service(f, template.Options{Store: common})
	f.Fuzz(func(t *testing.T, text string) {
		d := template.Definition{
			Packages: []string{text}, Extensions: []string{text}, Match: []string{text}, Files: map[string]string{text: text},
			Variables: []template.Variable{{Name: text}}, Tasks: []template.Task{{Label: text, Command: text}},
		}
		bad := map[string]bool{}
		for _, p := range s.Validate(t.Context(), d) {
			bad[p.Field] = true
		}
		if !bad["packages[0]"] && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789+.-") != "" {
			t.Errorf("%q is taken for a package", text)
		}
		if !bad["packages[0]"] && strings.HasPrefix(text, "-") || !bad["extensions[0]"] && strings.ContainsAny(text, "/\\ \n$;&|-") && strings.HasPrefix(text, "-") {
			t.Errorf("%q would be an option of a command", text)
		}
		if !bad[fmt.Sprintf("files[%q]", text)] && len(text) <= 60 && (strings.HasPrefix(text, "/") || slices.Contains(strings.Split(text, "/"), "..")) {
			t.Errorf("%q leads out of the workspace", text)
		}
		if !bad["variables[0].name"] && strings.ContainsAny(text, "=\x00 \n") {
			t.Errorf("%q is taken for a variable", text)
		}
	})
}
