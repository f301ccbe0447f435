package template_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/template"
)

var update = flag.Bool("update", false, "write testdata/catalogue.txt anew")

// catalogue is all that built-in templates say, apart from the text of their files.
func catalogue(t *testing.T, s *template.Service) string {
	t.Helper()
	var b strings.Builder
	for _, one := range s.Builtins() {
		_, d, err := s.Get(t.Context(), bob, one.ID)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for name := range d.Files {
			names = append(names, name)
		}
		slices.Sort(names)
		fmt.Fprintf(&b, "== %s: %s\n%s\n", one.ID, one.Name, one.Description)
		for _, l := range []struct {
			what string
			list []string
		}{{"packages", d.Packages}, {"extensions", d.Extensions}, {"files", names}, {"match", d.Match}} {
			if len(l.list) > 0 {
				fmt.Fprintf(&b, "%s: %s\n", l.what, strings.Join(l.list, " "))
			}
		}
		for _, p := range d.Ports {
			fmt.Fprintf(&b, "port %d %s, %s, open %t\n", p.Port, p.Label, p.Visibility, p.Open)
		}
		for _, task := range d.Tasks {
			fmt.Fprintf(&b, "task %s: %s\n", task.Label, task.Command)
		}
		fmt.Fprintf(&b, "setup: %s\nstart: %s\n\n", d.Setup, d.Start)
	}
	return b.String()
}

// The catalogue is what users rely on: a change of it shall be seen in a review.
func TestTheCatalogue(t *testing.T) {
	const file = "testdata/catalogue.txt"
	got := catalogue(t, service(t, template.Options{Store: common}))
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the catalogue is not what %s says; go test -run TestTheCatalogue -update writes it anew:\n%s", file, got)
	}
}

func TestBuiltInTemplatesKeepTheRulesOfAll(t *testing.T) {
	s := service(t, template.Options{Store: common})
	inputs := regexp.MustCompile(`(?m)^  inputs\.nixpkgs\.url = "nixpkgs";$`)
	for _, one := range s.Builtins() {
		got, d, err := s.Resolve(t.Context(), "", one.ID, 0)
		if err != nil || got.Version != 1 || got.PublishedVersion != 1 || !got.Tried || !got.Builtin {
			t.Errorf("%s resolves to %+v, %v", one.ID, got, err)
		}
		if problems := s.Validate(t.Context(), d); len(problems) > 0 {
			t.Errorf("%s: %v", one.ID, problems)
		}
		if !inputs.MatchString(d.Flake) || !strings.Contains(d.Flake, `"x86_64-linux" "aarch64-linux"`) || !strings.Contains(d.Flake, "devShells") {
			t.Errorf("%s has an unusual flake:\n%s", one.ID, d.Flake)
		}
		if one.ID != template.BlankID && (len(d.Match) == 0 || len(d.Tasks) == 0 || len(d.Files) == 0 || len(d.Packages) == 0) {
			t.Errorf("%s lacks something: %+v", one.ID, d)
		}
		for name, text := range d.Files {
			if text != "" && !strings.HasSuffix(text, "\n") {
				t.Errorf("%s: the last line of %s does not end", one.ID, name)
			}
			if strings.HasSuffix(name, ".json") && !json.Valid([]byte(text)) {
				t.Errorf("%s: %s is no JSON", one.ID, name)
			}
		}
		if versions, err := s.Versions(t.Context(), bob, one.ID); err != nil || len(versions) != 1 || versions[0].Definition.Flake != d.Flake {
			t.Errorf("%s has the versions %+v, %v", one.ID, versions, err)
		}
	}
}
