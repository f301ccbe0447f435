package provision_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/provision"
	"github.com/kalpana-dev/kalpana/internal/template"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestATemplateIsGuessed(t *testing.T) {
	for _, c := range []struct {
		name       string
		repository string
		files      []string
		known      bool
		err        error
		want       string
		said       string
	}{
		{"from the files", "ada/engine", []string{"go.mod", "README.md"}, true, nil, "go", "image: The repository has go.mod: Go."},
		{"nothing fits", "ada/engine", []string{"README.md"}, true, nil, "blank", "image: Nothing in the repository's root tells"},
		{"a host that cannot be asked", "https://git.example/x", nil, false, nil, "blank", "image: the repository is looked at after the clone"},
		{"a host that fails", "ada/engine", nil, true, errors.New("GitHub does not answer"), "blank", "image: the repository was not looked at before the clone: GitHub does not answer"},
		{"no repository", "", []string{"go.mod"}, true, nil, "blank", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStand(t, nil)
			s.become(func(w *workspace.Workspace) { w.GithubRepo, w.Template = c.repository, "" })
			s.host.files, s.host.known, s.host.filesErr = template.Files{Names: c.files}, c.known, c.err
			w := s.image()
			if w.Template != c.want || w.TemplateVersion != 1 || (w.FittedTo == c.want+"@1") != (c.known && c.err == nil) {
				t.Errorf("it is %+v", w)
			}
			s.wantLog(c.said)
			s.wantNotices(w)
			if c.want == "go" && (w.Image != "image-with-build-essential-delve-golang-go-gopls" || !slices.IsSorted(w.Packages)) {
				t.Errorf("the image is %s with %v", w.Image, w.Packages)
			}
			if c.want == "blank" && (w.Image != "" || len(w.Packages) > 0) {
				t.Errorf("the image is %s with %v", w.Image, w.Packages)
			}
		})
	}
}

// The user's own template is guessed before a built-in one, once it is published.
func TestTheUsersOwnTemplateIsGuessed(t *testing.T) {
	s := newStand(t, nil)
	id := s.template(template.Definition{Match: []string{"go.mod"}, Packages: []string{"jq"}})
	s.become(func(w *workspace.Workspace) { w.GithubRepo, w.Template = "ada/engine", "" })
	s.host.files = template.Files{Names: []string{"go.mod"}}
	if w := s.image(); w.Template != "go" {
		t.Errorf("a draft: it is %+v", w)
	}
	s.publish(id)
	if w := s.image(); w.Template != id || w.Image != "image-with-jq" {
		t.Errorf("published: it is %+v", w)
	}
}

func TestTheVersionIsKept(t *testing.T) {
	s := newStand(t, nil)
	id := s.template(template.Definition{Packages: []string{"jq"}})
	s.records.put(s.image())
	_, _, err := s.templates.Update(t.Context(), template.Actor{UserID: owner}, id, template.Input{Definition: &template.Definition{Packages: []string{"tree"}}})
	must(t, err)
	w := s.image()
	if w.TemplateVersion != 1 || w.FittedTo != id+"@1" || w.Image != "image-with-jq" {
		t.Errorf("it is %+v", w)
	}
	// What a devcontainer.json added stays, as long as the template does.
	w.Packages = []string{"gh", "jq"}
	s.records.put(w)
	if w = s.image(); w.Image != "image-with-gh-jq" {
		t.Errorf("it is %+v", w)
	}
	// Another version or template is fitted anew; what is known of the repository by now is in it.
	s.become(func(w *workspace.Workspace) { w.TemplateVersion = 2 })
	if w = s.image(); w.FittedTo != id+"@2" || w.Image != "image-with-tree" {
		t.Errorf("it is %+v", w)
	}
	s.become(func(w *workspace.Workspace) { w.Template, w.TemplateVersion = "blank", 0 })
	if w = s.image(); w.FittedTo != "blank@1" || w.Image != "" || len(w.Packages) > 0 {
		t.Errorf("it is %+v", w)
	}
}

func TestTheRepositoryIsAskedForOnce(t *testing.T) {
	s := newStand(t, nil)
	s.become(func(w *workspace.Workspace) { w.GithubRepo, w.Template = "ada/engine", "" })
	s.records.put(s.image())
	s.records.put(s.image())
	if s.host.askedForRoot != 1 {
		t.Errorf("the host was asked %d times", s.host.askedForRoot)
	}
}

func TestATemplateThatIsGone(t *testing.T) {
	s := newStand(t, nil)
	id := s.template(template.Definition{Packages: []string{"jq"}, Files: map[string]string{"a": "b"}})
	s.records.put(s.image())
	must(t, s.templates.Delete(t.Context(), template.Actor{UserID: owner}, id))
	s.become(func(w *workspace.Workspace) { w.TemplateVersion = 9 }) // one that is kept no more
	w := s.start()
	s.wantNotices(w, `template: The template "`+id+`" is gone or not yours to use. The workspace runs without one; choose another in its environment.`)
	if w.Image != "image-with-jq" || w.Template != id || s.space.read("a") != "(none)" {
		t.Errorf("it is %+v", w)
	}
	s.wantRuns(id + "@9 badly")
}

func TestSomebodyElsesDraft(t *testing.T) {
	s := newStand(t, nil)
	s.template(template.Definition{Packages: []string{"jq"}})
	s.become(func(w *workspace.Workspace) { w.OwnerID = "eve" })
	if w := s.image(); !strings.Contains(notices(w), "not yours to use") || w.Image != "" || len(w.Packages) > 0 {
		t.Errorf("it is %+v", w)
	}
}

func TestTheCatalogueCannotBeRead(t *testing.T) {
	s := newStand(t, nil)
	down := errors.New("the database is down")
	s.templates.fail = down
	if _, err := s.Image(t.Context(), s.records.now(), s.records); !errors.Is(err, down) {
		t.Errorf("it went on: %v", err)
	}
}

func TestPackagesThatCannotBeInstalled(t *testing.T) {
	s := newStand(t, nil)
	id := s.template(template.Definition{Packages: []string{"jq", "nonsense"}})
	s.press.err = errors.New("there is no package nonsense")
	w := s.start()
	s.wantNotices(w, "image: The workspace runs without the tools of its template: there is no package nonsense.")
	s.wantRuns(id + "@1 badly")
	if w.Image != "" || !slices.Equal(w.Packages, []string{"jq", "nonsense"}) {
		t.Errorf("it is %+v", w)
	}
	s.press.err = nil
	s.stop()
	w = s.start()
	s.wantNotices(w)
	s.wantLog("image: installing")
	if w.Image != "image-with-jq-nonsense" {
		t.Errorf("then it is %+v", w)
	}
}

func TestAnImageThatIsNotWaitedFor(t *testing.T) {
	s := newStand(t, nil)
	s.template(template.Definition{Packages: []string{"jq"}})
	s.press.wait = true
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if w, err := s.Image(ctx, s.records.now(), s.records); !errors.Is(err, context.Canceled) || len(w.Notices) > 0 {
		t.Errorf("it went on: %v, %+v", err, w)
	}
}

func TestWhereToolsComeFrom(t *testing.T) {
	const nixConfig = "{ outputs = _: {}; }"
	both := template.Definition{Flake: flake, Packages: []string{"jq"}}
	for _, c := range []struct {
		name          string
		id            string // a built-in template, or else definition
		definition    template.Definition
		prefer, cache bool
		off           bool // users' own Nix
		unshared      bool // nobody vouches for the template
		config        string
		epoch         int64
		seedErr       error
		packages      string
		store         bool
	}{
		{name: "Debian", definition: both, cache: true, packages: "jq"},
		{name: "Nix", definition: both, prefer: true, cache: true, store: true},
		{name: "Nix without a cache", definition: both, prefer: true, packages: "jq"},
		{name: "Nix without a store", definition: both, prefer: true, cache: true, seedErr: errors.New("no room")},
		{name: "Nix at a later start", definition: both, prefer: true, cache: true, epoch: 1},
		{name: "Nix of anybody", definition: both, prefer: true, cache: true, unshared: true},
		{name: "only a flake", definition: template.Definition{Flake: flake}, store: true},
		{name: "no flake", definition: template.Definition{Packages: []string{"jq"}}, prefer: true, cache: true, packages: "jq"},
		{name: "the user's own", definition: both, prefer: true, cache: true, config: nixConfig, packages: "jq"},
		{name: "the user's own is off", definition: both, prefer: true, cache: true, off: true, config: nixConfig, store: true},
		{name: "a built-in one by Debian", id: "static", cache: true, packages: "*"},
		{name: "a built-in one by Nix", id: "static", prefer: true, cache: true, store: true},
		{name: "the blank one", id: "blank", cache: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStand(t, func(o *provision.Options) {
				o.Nix, o.PreferNix, o.CacheAnswers = !c.off, c.prefer, func(context.Context) bool { return c.cache }
			})
			if c.id == "" {
				c.id = s.template(c.definition)
				if !c.unshared {
					s.share(c.id)
				}
			}
			s.press.seedErr = c.seedErr
			s.become(func(w *workspace.Workspace) { w.Template, w.NixConfig, w.Epoch = c.id, c.config, c.epoch })
			w := s.image()
			s.wantNotices(w)
			packages := strings.Join(w.Packages, " ")
			if c.packages == "*" && packages != "" {
				c.packages = packages
			}
			if packages != c.packages || (w.Image != "") != (packages != "") || (w.NixStore != "") != c.store {
				t.Errorf("it is %+v", w)
			}
			if c.seedErr != nil {
				s.wantLog("image: the template's shared store could not be made: no room")
			}
			if c.store && (len(s.press.seeds) != 1 || !strings.HasPrefix(s.press.seeds[0], c.id+"@1 ")) {
				t.Errorf("the stores that were made are %q", s.press.seeds)
			}
		})
	}
}

// A host that cannot be asked: the template is guessed once the repository is there, and its
// tools come with the next start.
func TestATemplateIsGuessedAfterTheClone(t *testing.T) {
	for _, late := range []bool{false, true} {
		s := newStand(t, nil)
		s.template(template.Definition{Match: []string{"here.txt"}, Packages: []string{"jq"}, Setup: "echo set up >>../log"})
		id := s.records.now().Template
		s.publish(id)
		s.repository(map[string]string{"here.txt": "x"})
		s.host.known = false
		if late {
			s.host.cloneErr = errors.New("not yet")
		}
		w := s.start()
		if late {
			s.host.cloneErr = nil
			must(t, s.CloneAgain(t.Context(), "w1"))
			eventually(t, "it is cloned", func() bool { return s.records.now().Clone.State == workspace.CloneDone && !s.space.busy() })
			w = s.records.now()
			if w.Template != template.BlankID || w.SetUp {
				t.Errorf("late it is %+v", w)
			}
			s.stop()
			w = s.start()
		}
		s.wantNotices(w, "template: The template "+id+" fits this repository. Restart the workspace to have its tools.")
		if w.Template != id || w.Image != "" || w.SetUp || s.space.read("log") != "(none)" {
			t.Errorf("it is %+v", w)
		}
		s.stop()
		w = s.start()
		s.wantNotices(w)
		if w.Template != id || w.TemplateVersion != 1 || w.Image != "image-with-jq" || w.FittedTo != id+"@1" || !w.SetUp || s.space.read("log") != "set up\n" {
			t.Errorf("late %v: then it is %+v, %q", late, w, s.space.read("log"))
		}
		must(t, s.Service.Close())
		s.space.halt()
	}
}
