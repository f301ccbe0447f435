package template_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/template"
)

func TestWhatARepositoryIsTakenFor(t *testing.T) {
	s := service(t, template.Options{Store: common})
	for names, want := range map[string]string{
		"":                                  "blank",
		"README.md LICENSE":                 "blank",
		"package.json README.md":            "node",
		"go.mod package.json":               "go",
		"pyproject.toml package.json":       "python",
		"composer.json package.json":        "php",
		"Gemfile package.json":              "ruby",
		"Cargo.toml package.json":           "rust",
		"pom.xml":                           "java",
		"build.gradle.kts":                  "java",
		"CMakeLists.txt main.c":             "cpp",
		"pyproject.toml CMakeLists.txt":     "python",
		"package.json binding.gyp addon.cc": "node",
		"index.html style.css":              "static",
		"index.html package.json":           "node",
		"script.py":                         "python",
		"lib.rs":                            "rust",
		"a.html":                            "static",
		"index.html tool.py":                "static", // a whole name beats a pattern
		"src/go.mod docs/package.json":      "blank",  // not in the root
		"Go.Mod":                            "blank",
		"../go.mod":                         "blank",
		"go.mod\x00":                        "blank",
	} {
		g, err := s.Guess(t.Context(), "ann", template.Files{Names: strings.Fields(names)})
		if err != nil || g.Template != want || len(g.Reasons) == 0 || g.Honoured == nil {
			t.Errorf("%q is taken for %+v, %v; want %s", names, g, err, want)
		}
	}
}

func TestAGuessGivesItsReasons(t *testing.T) {
	s := service(t, template.Options{Store: common})
	g, err := s.Guess(t.Context(), "ann", template.Files{Names: []string{"go.mod", "package.json", "flake.nix", ".devcontainer/devcontainer.json"}})
	want := "{go [The repository has go.mod: Go. Node.js would fit too (package.json). flake.nix of the repository is used too. " +
		".devcontainer/devcontainer.json of the repository is used too.] [flake.nix .devcontainer/devcontainer.json]}"
	if got := fmt.Sprint(g); err != nil || got != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

func TestOnesOwnTemplatesAreGuessedFirst(t *testing.T) {
	t.Parallel()
	s, yes := service(t, template.Options{}), true
	match := template.Definition{Match: []string{"*.weird", "go.mod"}}
	create(t, s, ann, "Draft", match)
	guess := func(user string, names ...string) string {
		t.Helper()
		g, err := s.Guess(t.Context(), user, template.Files{Names: names})
		if err != nil {
			t.Fatal(err)
		}
		return g.Template
	}
	if got := guess("ann", "go.mod"); got != "go" {
		t.Errorf("a draft makes the guess %s", got)
	}
	own := published(t, s, ann, "Own", match)
	edit(t, s, ann, own.ID, template.Input{Definition: &template.Definition{}}) // a later draft without patterns
	if got := guess("ann", "go.mod"); got != own.ID {
		t.Errorf("the guess is %s, not one's own", got)
	}
	if got := guess("ann", "a.weird"); got != own.ID {
		t.Errorf("by a pattern, the guess is %s", got)
	}
	if got := guess("bob", "go.mod"); got != "go" {
		t.Errorf("another's guess is %s", got)
	}
	edit(t, s, admin, own.ID, template.Input{Shared: &yes})
	if got := guess("bob", "go.mod"); got != own.ID {
		t.Errorf("shared, another's guess is %s", got)
	}
}

func TestARootWithManyNames(t *testing.T) {
	names := slices.Repeat([]string{"x"}, 20000)
	g, err := service(t, template.Options{Store: common}).Guess(t.Context(), "ann", template.Files{Names: append(names, "go.mod")})
	if err != nil || g.Template != template.BlankID {
		t.Errorf("%+v, %v", g, err)
	}
}

func FuzzGuess(f *testing.F) {
	for _, names := range []string{"go.mod\npackage.json", ".devcontainer/devcontainer.json\nflake.nix", "[\n*\n?", "\xff\n\x00"} {
		f.Add(names)
	}
	s := service(f, template.Options{Store: common})
	known := map[string]bool{}
	for _, b := range s.Builtins() {
		known[b.ID] = true
	}
	f.Fuzz(func(t *testing.T, names string) {
		g, err := s.Guess(t.Context(), "ann", template.Files{Names: strings.Split(names, "\n")})
		if err != nil || !known[g.Template] || len(g.Reasons) == 0 || len(g.Reasons) > 9 {
			t.Errorf("%q: %+v, %v", names, g, err)
		}
	})
}
