package provision_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/provision"
	"github.com/kalpana-dev/kalpana/internal/template"
	"github.com/kalpana-dev/kalpana/internal/variable"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// oneRequired is a template that needs a variable.
var oneRequired = template.Definition{Variables: []template.Variable{{Name: "NEEDED", Required: true}}}

const missingNeeded = "variables: The template needs NEEDED. Set it in Settings, Variables, and restart the workspace."

const devcontainer = `{
	// a comment
	"features": {"ghcr.io/devcontainers/features/github-cli:1": {}, "ghcr.io/devcontainers/features/docker-in-docker:2": {}},
	"postCreateCommand": "echo container >>../log",
	"containerEnv": {"COLOUR": "green", "SHAPE": "round"},
	"customizations": {"vscode": {"extensions": ["c.d"]}}
}`

func TestADevcontainerThatIsFoundAfterTheClone(t *testing.T) {
	s := newStand(t, nil)
	s.repository(map[string]string{".devcontainer/devcontainer.json": devcontainer, ".devcontainer.json": `{"containerEnv": {"COLOUR": "never"}}`})
	s.host.known = false // so nothing is known before the clone
	s.template(template.Definition{Packages: []string{"jq"}, Setup: "echo template >>../log", Variables: []template.Variable{{Name: "COLOUR", Value: "red"}}})
	w := s.start()
	s.wantNotices(w, "template: .devcontainer/devcontainer.json asks for gh. Restart the workspace to have them.")
	if !slices.Equal(w.Packages, []string{"gh", "jq"}) || w.Image != "image-with-jq" {
		t.Errorf("it is %+v", w)
	}
	s.wantLog("image: the repository is looked at after the clone", "environment: honouring .devcontainer/devcontainer.json", "environment: Feature docker-in-docker")
	if got := s.space.read("log"); got != "template\ncontainer\n" {
		t.Errorf("the setup commands said %q", got)
	}
	if got := s.space.run(`echo "$COLOUR $SHAPE"`); got != "red round" {
		t.Errorf("programs find %q", got)
	}
	if got := s.space.of(bridge.TypeInstallExtensions); len(got) != 1 || !slices.Equal(got[0].(bridge.InstallExtensions).Extensions, []string{"c.d"}) {
		t.Errorf("the extensions are %+v", got)
	}

	// At the next start the image has them, and there is nothing to tell.
	s.stop()
	w = s.start()
	s.wantNotices(w)
	if w.Image != "image-with-gh-jq" || !slices.Equal(w.Packages, []string{"gh", "jq"}) {
		t.Errorf("then it is %+v", w)
	}
}

func TestADevcontainerThatWasSeenBeforeTheClone(t *testing.T) {
	s := newStand(t, nil)
	files := map[string]string{".devcontainer.json": devcontainer}
	s.repository(files)
	s.host.files = template.Files{Names: []string{".devcontainer.json"}, Text: files}
	w := s.start()
	s.wantNotices(w)
	if w.Image != "image-with-gh" || w.Template != template.BlankID {
		t.Errorf("it is %+v", w)
	}
}

func TestADevcontainerThatCannotBeRead(t *testing.T) {
	for text, said := range map[string]string{"{": "environment: .devcontainer.json is not used: ", "\xff\xfe": "environment: preparing"} {
		s := newStand(t, nil)
		s.repository(map[string]string{".devcontainer.json": text})
		w := s.start()
		s.wantNotices(w)
		if text == "{" {
			s.wantLog(said)
		} else if strings.Contains(s.records.said(), "honouring") {
			t.Errorf("%q was honoured", text)
		}
		if len(w.Packages) > 0 || w.Folder != "engine" {
			t.Errorf("it is %+v", w)
		}
		must(t, s.Service.Close())
		s.space.halt()
	}
}

func TestVariables(t *testing.T) {
	d := template.Definition{Variables: []template.Variable{
		{Name: "COLOUR", Value: "red"}, {Name: "SHAPE", Value: "round"}, {Name: "NEEDED", Required: true}, {Name: "WANTED"},
	}}
	unreadable := &variable.UnreadableError{Names: []string{"OLD"}}
	for _, c := range []struct {
		name    string
		drawer  drawer
		want    string // $COLOUR $SHAPE $NEEDED $MORE
		notices []string
	}{
		{"the template's alone", drawer{}, "red round - -", []string{missingNeeded}},
		{"the user's win", drawer{values: map[string]string{"COLOUR": "blue", "NEEDED": "here", "MORE": "a b"}}, "blue round here a b", nil},
		{"an empty one counts", drawer{values: map[string]string{"COLOUR": "", "NEEDED": ""}}, "- round - -", nil},
		{"one that cannot be read", drawer{values: map[string]string{"NEEDED": "here"}, err: unreadable}, "red round here -",
			[]string{"variables: Some variables are missing: the values of OLD cannot be read any more: set them again."}},
		{"none can be read", drawer{err: errors.New("the database is down: secret-address")}, "red round - -",
			[]string{"variables: Your variables could not be read; the workspace runs without them. Restart it, and if that does not help tell your administrator.", missingNeeded}},
		{"one that the bridge refuses", drawer{values: map[string]string{"NEEDED": "x", "PATH": "/evil"}}, "- - - -",
			[]string{"variables: Your variables could not be set: *"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStand(t, nil)
			*s.drawer = c.drawer
			id := s.template(d)
			w := s.start()
			got := notices(w)
			want := strings.Join(c.notices, "\n")
			if head, open := strings.CutSuffix(want, "*"); open && strings.HasPrefix(got, head) {
				want = got
			}
			if got != want {
				t.Errorf("the notices are %q, want %q", got, want)
			}
			if got := s.space.run(`echo "${COLOUR:--} ${SHAPE:--} ${NEEDED:--} ${MORE:--}"`); got != c.want {
				t.Errorf("programs find %q, want %q", got, c.want)
			}
			s.wantRuns(id + "@1 well") // the template is not to blame
		})
	}
}

// A repository's devcontainer.json may name what the bridge refuses; the rest is set.
func TestReservedNamesAreLeftOut(t *testing.T) {
	s := newStand(t, nil)
	s.repository(map[string]string{".devcontainer.json": `{"containerEnv": {"COLOUR": "red", "PATH": "/evil", "KALPANA_X": "1", "LD_PRELOAD": "x", "A-B": "x"}}`})
	s.wantNotices(s.start())
	got := s.space.of(bridge.TypeSetVariables)[0].(bridge.SetVariables).Variables
	if len(got) != 1 || got["COLOUR"] != "red" {
		t.Errorf("set were %v", got)
	}
}

// A template that was stored before a name was reserved does not cost the others.
func TestATemplateWithANameThatIsReservedByNow(t *testing.T) {
	s := newStand(t, nil)
	s.template(template.Definition{Variables: []template.Variable{{Name: "COLOUR", Value: "red"}, {Name: "LATER", Value: "x"}, {Name: "LATER2", Required: true}}})
	for key, text := range s.shelf.texts {
		s.shelf.texts[key] = strings.NewReplacer(`"LATER"`, `"PATH"`, `"LATER2"`, `"KALPANA_X"`).Replace(text)
	}
	s.wantNotices(s.start())
	if got := s.space.run(`echo "$COLOUR"`); got != "red" {
		t.Errorf("programs find %q", got)
	}
}

const flake = "{ outputs = _: {}; }"

// clones answers cloneRepository without the host.
func clones(context.Context, any, func(string, any)) (any, error) {
	return bridge.Cloned{Folder: "engine"}, nil
}

// environments answers prepareEnvironment as a workspace with Nix does: what is in the folder
// has source, which may be none.
func environments(source string) answer {
	return func(_ context.Context, payload any, say func(string, any)) (any, error) {
		p := payload.(bridge.PrepareEnvironment)
		found := bridge.Environment{Variables: []string{"A", "B"}, Path: []string{}, ElapsedMillis: 7}
		for _, name := range []string{bridge.ShellFile, bridge.FlakeFile} {
			if _, there := p.Files[name]; there {
				found.Source = name
			}
		}
		if len(p.Files) == 0 && p.Folder != "" {
			found.Source = source
		}
		if found.Source != "" {
			say(bridge.EventOutput, bridge.OutputText{Text: "building with hush-hush-hush"})
		}
		return found, nil
	}
}

func TestWhichEnvironmentCounts(t *testing.T) {
	const own, shell = "{ inputs = {}; outputs = _: {}; }", "{ pkgs ? import <nixpkgs> {} }: pkgs.mkShell {}"
	for _, c := range []struct {
		name       string
		change     func(*provision.Options)
		repository bool
		source     string // of what the repository has
		config     string
		definition template.Definition
		want       string // the orders: "file=text folder" each
		image      string
	}{
		{name: "none", want: " "},
		{name: "the user's flake", repository: true, source: "flake.nix", config: own, definition: template.Definition{Flake: flake}, want: "flake.nix=" + own + " engine"},
		{name: "the user's shell", config: shell, want: "shell.nix=" + shell + " "},
		{name: "the repository's", repository: true, source: "shell.nix", definition: template.Definition{Flake: flake}, want: " engine"},
		{name: "the template's", repository: true, definition: template.Definition{Flake: flake}, want: " engine|flake.nix=" + flake + " engine"},
		{name: "the template's without a repository", definition: template.Definition{Flake: flake}, want: "flake.nix=" + flake + " "},
		{name: "packages rather than the template's", repository: true, definition: template.Definition{Flake: flake, Packages: []string{"jq"}}, want: " engine| ", image: "image-with-jq"},
		{name: "the template's rather than packages", change: func(o *provision.Options) { o.PreferNix = true },
			definition: template.Definition{Flake: flake, Packages: []string{"jq"}}, want: "flake.nix=" + flake + " "},
		{name: "packages for want of a cache", change: func(o *provision.Options) {
			o.PreferNix, o.CacheAnswers = true, func(context.Context) bool { return false }
		}, definition: template.Definition{Flake: flake, Packages: []string{"jq"}}, want: " ", image: "image-with-jq"},
		{name: "the user's with a template's packages", config: own, definition: template.Definition{Flake: flake, Packages: []string{"jq"}}, want: "flake.nix=" + own + " ", image: "image-with-jq"},
		{name: "users' and repositories' are off", change: func(o *provision.Options) { o.Nix = false }, repository: true, source: "flake.nix", config: own,
			definition: template.Definition{Flake: flake}, want: "flake.nix=" + flake + " engine"},
		{name: "and there is nothing else", change: func(o *provision.Options) { o.Nix = false }, repository: true, source: "flake.nix", config: own, want: " "},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStand(t, func(o *provision.Options) {
				o.Nixpkgs, o.Caches, o.Keys = "github:NixOS/nixpkgs/x", []string{"https://cache.example"}, []string{"k:1"}
				if c.change != nil {
					c.change(o)
				}
			})
			s.drawer.values, s.drawer.secrets = map[string]string{"S": "hush-hush-hush"}, []string{"hush-hush-hush"}
			if c.repository {
				s.repository(nil)
				s.space.answering(bridge.TypeCloneRepository, clones)
			}
			s.template(c.definition)
			s.become(func(w *workspace.Workspace) { w.NixConfig = c.config })
			s.space.answering(bridge.TypePrepareEnvironment, environments(c.source))
			w := s.start()
			s.wantNotices(w)
			var orders []string
			for _, p := range s.space.of(bridge.TypePrepareEnvironment) {
				order := p.(bridge.PrepareEnvironment)
				if order.Nixpkgs != "github:NixOS/nixpkgs/x" || !slices.Equal(order.Caches, []string{"https://cache.example"}) || !slices.Equal(order.Keys, []string{"k:1"}) {
					t.Errorf("the order is %+v", order)
				}
				text := " " + order.Folder
				for name, content := range order.Files {
					text = name + "=" + content + text
				}
				orders = append(orders, text)
			}
			if got := strings.Join(orders, "|"); got != c.want {
				t.Errorf("the orders are %q, want %q", got, c.want)
			}
			if w.Image != c.image {
				t.Errorf("the image is %q, want %q", w.Image, c.image)
			}
			if strings.Contains(c.want, "=") {
				s.wantLog(".nix made (7 ms, 2 variables)", "environment: building with [redacted")
			}
			if strings.Contains(s.records.said(), "hush") {
				t.Errorf("a secret is in the log:\n%s", s.records.said())
			}
		})
	}
}

// What the first start settled on stays when the cache is not there at a later one.
func TestTheSourceOfToolsStays(t *testing.T) {
	cache := true
	s := newStand(t, func(o *provision.Options) {
		o.PreferNix, o.CacheAnswers = true, func(context.Context) bool { return cache }
	})
	s.share(s.template(template.Definition{Flake: flake, Packages: []string{"jq"}}))
	s.space.answering(bridge.TypePrepareEnvironment, environments(""))
	w := s.start()
	if w.Image != "" || w.NixStore == "" {
		t.Fatalf("it is %+v", w)
	}
	cache = false
	s.stop()
	if w = s.start(); w.Image != "" || len(w.Packages) > 0 {
		t.Errorf("then it is %+v", w)
	}
	if all := s.space.of(bridge.TypePrepareEnvironment); len(all) != 2 || all[1].(bridge.PrepareEnvironment).Files[bridge.FlakeFile] != flake {
		t.Errorf("the orders are %+v", all)
	}
	if len(s.press.seeds) != 1 {
		t.Errorf("the stores that were made are %q", s.press.seeds)
	}
}

func TestAnEnvironmentThatCannotBeMade(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{bridge.Errorf(bridge.CodeNixInvalid, "flake.nix:3:7: hush-hush-hush is undefined."), "environment: The workspace runs without its Nix environment: flake.nix:3:7: [redacted: secret] is undefined."},
		{bridge.Errorf(bridge.CodeNixUnreachable, "cache.example does not answer."),
			"environment: The workspace runs without its Nix environment, because what it needs cannot be fetched: cache.example does not answer. Restart it when the network is back."},
	} {
		s := newStand(t, nil)
		s.drawer.secrets = []string{"hush-hush-hush"}
		s.repository(nil)
		s.space.answering(bridge.TypeCloneRepository, clones)
		id := s.template(template.Definition{Flake: flake})
		s.space.answering(bridge.TypePrepareEnvironment, func(context.Context, any, func(string, any)) (any, error) { return nil, c.err })
		w := s.start()
		s.wantNotices(w, c.want)
		s.wantLog(c.want)
		s.wantRuns(id + "@1 badly")
		if n := len(s.space.of(bridge.TypePrepareEnvironment)); n != 1 {
			t.Errorf("%d environments were asked for: after the repository's the template's would mislead", n)
		}
		must(t, s.Service.Close())
		s.space.halt()
	}
}
