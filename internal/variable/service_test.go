package variable_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/environment"
	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/variable"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// stand is a service on a real database.
type stand struct {
	*variable.Service
	store *mongostore.Store
	dir   string
	now   time.Time
}

var (
	oldSecret = bytes.Repeat([]byte("o"), secretbox.MinSecretBytes)
	newSecret = bytes.Repeat([]byte("n"), secretbox.MinSecretBytes)
)

func box(t *testing.T, secret []byte, old ...[]byte) *secretbox.Box {
	t.Helper()
	b, err := secretbox.New(secret, old...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// open makes a stand. As if shared, the store does without the locks that it has for a
// database of its own.
func open(t *testing.T, shared bool) *stand {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: a Unix socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	db, err := embeddeddb.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	uri := db.URI()
	if shared {
		if err := os.Symlink(filepath.Join(dir, "db.sock"), filepath.Join(dir, "alias.sock")); err != nil {
			t.Fatal(err)
		}
		uri = strings.Replace(uri, "db.sock", "alias.sock", 1) + "?maxPoolSize=1"
	}
	store, err := mongostore.Open(t.Context(), uri, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		store.Close(context.WithoutCancel(t.Context()))
		db.Close()
		os.RemoveAll(dir)
	})
	if store.Shared() != shared {
		t.Fatalf("store is shared: %v, want %v", store.Shared(), shared)
	}
	st := &stand{store: store, dir: dir, now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
	st.Service = variable.New(variable.Options{
		Store: store, Box: box(t, oldSecret), Now: func() time.Time { return st.now },
		Usable: func(_ context.Context, userID, template string) (bool, error) { return template != "nobodys", nil },
	})
	return st
}

func (st *stand) put(t *testing.T, userID string, all ...variable.Put) {
	t.Helper()
	for _, p := range all {
		if _, err := st.Put(t.Context(), userID, p); err != nil {
			t.Fatalf("put %s: %v", p.Name, err)
		}
	}
}

func TestWhatAUserSeesAndWhatAWorkspaceGets(t *testing.T) {
	st := open(t, false)
	st.put(t, "ada",
		variable.Put{Name: "REGION", Value: "eu"},
		variable.Put{Name: "TOKEN", Value: "canary-of-all", Secret: true},
		variable.Put{Name: "TOKEN", Template: "node", Value: "canary-of-node", Secret: true},
		variable.Put{Name: "REGION", Template: "python", Value: "us"},
		variable.Put{Name: "EMPTY", Value: "", Secret: true},
		variable.Put{Name: "lines", Template: "node", Value: "a\nb\t\"ü\"\n"},
	)
	st.put(t, "eve", variable.Put{Name: "REGION", Value: "eve's"}, variable.Put{Name: "S", Value: "eve's secret", Secret: true})

	got, err := st.List(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	want := []variable.Shown{
		{Name: "EMPTY", Secret: true, UpdatedAt: st.now},
		{Name: "REGION", Value: "eu", UpdatedAt: st.now},
		{Name: "REGION", Template: "python", Value: "us", UpdatedAt: st.now},
		{Name: "TOKEN", Secret: true, UpdatedAt: st.now},
		{Name: "TOKEN", Template: "node", Secret: true, UpdatedAt: st.now},
		{Name: "lines", Template: "node", Value: "a\nb\t\"ü\"\n", UpdatedAt: st.now},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	for template, want := range map[string]struct {
		values  map[string]string
		secrets []string
	}{
		"":       {map[string]string{"REGION": "eu", "TOKEN": "canary-of-all", "EMPTY": ""}, []string{"canary-of-all"}},
		"go":     {map[string]string{"REGION": "eu", "TOKEN": "canary-of-all", "EMPTY": ""}, []string{"canary-of-all"}},
		"python": {map[string]string{"REGION": "us", "TOKEN": "canary-of-all", "EMPTY": ""}, []string{"canary-of-all"}},
		"node":   {map[string]string{"REGION": "eu", "TOKEN": "canary-of-node", "EMPTY": "", "lines": "a\nb\t\"ü\"\n"}, []string{"canary-of-node"}},
	} {
		values, secrets, err := st.For(t.Context(), "ada", template)
		if diff := cmp.Diff(want.values, values); diff != "" || err != nil || !slices.Equal(secrets, want.secrets) {
			t.Errorf("template %q: secrets %q, %v (-want +got):\n%s", template, secrets, err, diff)
		}
	}
	secrets, err := st.Secrets(t.Context(), "ada")
	if want := []string{"canary-of-all", "canary-of-node"}; err != nil || !slices.Equal(secrets, want) {
		t.Errorf("secrets %q, %v, want %q", secrets, err, want)
	}
	if values, secrets, err := st.For(t.Context(), "nobody", ""); len(values) > 0 || values == nil || len(secrets) > 0 || err != nil {
		t.Errorf("of nobody: %v %v %v", values, secrets, err)
	}
}

func TestChangingAndDeleting(t *testing.T) {
	st := open(t, false)
	st.put(t, "ada", variable.Put{Name: "A", Value: "secret value", Secret: true}, variable.Put{Name: "A", Template: "go", Value: "of go"})
	st.now = st.now.Add(time.Hour)
	// Taking the mark away needs the value: nobody reads a secret that way.
	shown, err := st.Put(t.Context(), "ada", variable.Put{Name: "A", Value: "plain"})
	if want := (variable.Shown{Name: "A", Value: "plain", UpdatedAt: st.now}); shown != want || err != nil {
		t.Errorf("changed to %+v, %v, want %+v", shown, err, want)
	}
	if shown, err = st.Put(t.Context(), "ada", variable.Put{Name: "A", Value: "hidden", Secret: true}); shown.Value != "" || !shown.Secret || err != nil {
		t.Errorf("changed to %+v, %v", shown, err)
	}
	for _, name := range []string{"B", "a", ""} {
		if err := st.Delete(t.Context(), "ada", "", name); !errors.Is(err, variable.ErrNotFound) {
			t.Errorf("delete %q: %v", name, err)
		}
	}
	if err := st.Delete(t.Context(), "eve", "", "A"); !errors.Is(err, variable.ErrNotFound) {
		t.Errorf("delete another's: %v", err)
	}
	if err := st.Delete(t.Context(), "ada", "", "A"); err != nil {
		t.Fatal(err)
	}
	values, _, err := st.For(t.Context(), "ada", "go")
	if diff := cmp.Diff(map[string]string{"A": "of go"}, values); diff != "" || err != nil {
		t.Errorf("left over: %v\n%s", err, diff)
	}
	if err := st.Forget(t.Context(), "ada"); err != nil {
		t.Fatal(err)
	}
	if all, err := st.List(t.Context(), "ada"); len(all) > 0 || err != nil {
		t.Errorf("after forgetting: %v %v", all, err)
	}
}

func TestWhatCannotBeSet(t *testing.T) {
	st := open(t, false)
	for name, c := range map[string]struct {
		put   variable.Put
		field string // "" = accepted
	}{
		"longest name":        {variable.Put{Name: strings.Repeat("N", 64)}, ""},
		"longer name":         {variable.Put{Name: strings.Repeat("N", 65)}, "name"},
		"longest value":       {variable.Put{Name: "A", Value: strings.Repeat("v", 32<<10)}, ""},
		"longer value":        {variable.Put{Name: "A", Value: strings.Repeat("v", 32<<10+1)}, "value"},
		"longer in bytes":     {variable.Put{Name: "A", Value: strings.Repeat("ü", 16<<10) + "x"}, "value"},
		"NUL":                 {variable.Put{Name: "A", Value: "canary\x00"}, "value"},
		"no UTF-8":            {variable.Put{Name: "A", Value: "canary\xff"}, "value"},
		"template of its own": {variable.Put{Name: "A", Template: "abcdef012345"}, ""},
		"template of nobody":  {variable.Put{Name: "A", Template: "nobodys"}, "template"},
		"strange template":    {variable.Put{Name: "A", Template: "a/b"}, "template"},
		"operator":            {variable.Put{Name: "A", Template: "$ne"}, "template"},
		"long template":       {variable.Put{Name: "A", Template: strings.Repeat("a", 41)}, "template"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := st.Put(t.Context(), "u-"+strings.ReplaceAll(name, " ", "-"), c.put)
			invalid, ok := errors.AsType[*variable.InvalidError](err)
			if c.field == "" && err != nil || c.field != "" && (!ok || invalid.Field != c.field || strings.Contains(err.Error(), "canary")) {
				t.Errorf("got %v, want an error of %q", err, c.field)
			}
		})
	}
}

func TestNamesThatAreTaken(t *testing.T) {
	for _, name := range []string{
		"PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "IFS", "ENV", "BASH_ENV", "PS4", "PROMPT_COMMAND", "NODE_OPTIONS", "TERM",
		"LD_PRELOAD", "LD_", "KALPANA_", "KALPANA_KEY", "VSCODE_IPC", "GIT_CONFIG_COUNT", "_", "UID", "WORKSPACE_DIR",
		"", "1A", "A-B", "A B", "A=B", "A\n", "Ä", "A\x00", "A.B", "BASH_FUNC_ls%%", "$A", "A$",
	} {
		if err := variable.CheckName(name); err == nil {
			t.Errorf("%q is accepted", name)
		}
	}
	for _, name := range []string{"__", "A", "NIX_CONFIG", "a1", "PATHS", "MY_PATH", "DATABASE_URL", "npm_config_registry", "LDAP", "HTTP_PROXY", "GITHUB_TOKEN", "GIT_AUTHOR_NAME", "PYTHONPATH"} {
		if err := variable.CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestLimitsHoldForManyAtOnce(t *testing.T) {
	for _, shared := range []bool{false, true} {
		t.Run(fmt.Sprintf("shared %v", shared), func(t *testing.T) {
			st := open(t, shared)
			const before = variable.MaxCount - 3
			err := st.store.UpdateVariables(t.Context(), "ada", func(all []variable.Variable) ([]variable.Variable, error) {
				for n := range before {
					all = append(all, variable.Variable{Name: fmt.Sprintf("V%d", n)})
				}
				return all, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			var all sync.WaitGroup
			var made, refused atomic.Int64
			for n := range 12 {
				all.Go(func() {
					_, err := st.Put(t.Context(), "ada", variable.Put{Name: fmt.Sprintf("W%d", n), Template: "go", Value: "x"})
					switch {
					case err == nil:
						made.Add(1)
					case errors.Is(err, variable.ErrLimit):
						refused.Add(1)
					default:
						t.Error(err)
					}
				})
			}
			all.Wait()
			found, err := st.List(t.Context(), "ada")
			if made.Load() != 3 || refused.Load() != 9 || len(found) != variable.MaxCount || err != nil {
				t.Errorf("%d were made, %d refused, %d are there, %v; want 3, 9, %d", made.Load(), refused.Load(), len(found), err, variable.MaxCount)
			}
			st.put(t, "ada", variable.Put{Name: "V0", Value: "another"}) // changing needs no room
			st.put(t, "eve", variable.Put{Name: "V0", Value: "hers"})
		})
	}
}

func TestAllTogetherAreBounded(t *testing.T) {
	st := open(t, false)
	value := strings.Repeat("v", variable.MaxValue)
	const fit = variable.MaxBytes/variable.MaxValue - 1 // the names take something
	for n := range fit {
		st.put(t, "ada", variable.Put{Name: fmt.Sprintf("V%d", n), Value: value})
	}
	if _, err := st.Put(t.Context(), "ada", variable.Put{Name: "W", Value: value}); !errors.Is(err, variable.ErrLimit) {
		t.Errorf("too much: %v", err)
	}
	rest := variable.MaxBytes - fit*(variable.MaxValue+2)
	if _, err := st.Put(t.Context(), "ada", variable.Put{Name: "W", Value: value[:rest]}); !errors.Is(err, variable.ErrLimit) {
		t.Errorf("a byte too much: %v", err)
	}
	st.put(t, "ada", variable.Put{Name: "W", Value: value[:rest-1]}, variable.Put{Name: "V0", Value: value})
}

// Someone who writes to the database moves sealed values to other places.
func TestAMovedValueIsNotOpened(t *testing.T) {
	st := open(t, false)
	st.put(t, "ada", variable.Put{Name: "A", Value: "ada's canary", Secret: true}, variable.Put{Name: "B", Value: "stays"}, variable.Put{Name: "C", Value: "ada's other"})
	st.put(t, "eve", variable.Put{Name: "A", Value: "eve's"}, variable.Put{Name: "B", Value: "x"})
	of := func(userID string) []variable.Variable {
		all, err := st.store.GetVariables(t.Context(), userID)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	at := func(all []variable.Variable, name string) *variable.Variable {
		return &all[slices.IndexFunc(all, func(v variable.Variable) bool { return v.Name == name })]
	}
	canary := at(of("ada"), "A").Sealed
	for what, c := range map[string]struct {
		user, name, template string
		secret               bool
	}{
		"to another user":     {user: "eve", name: "A"},
		"to another name":     {user: "ada", name: "C"},
		"to another template": {user: "ada", name: "A", template: "go"},
	} {
		t.Run(what, func(t *testing.T) {
			was := of(c.user)
			defer st.store.UpdateVariables(t.Context(), c.user, func([]variable.Variable) ([]variable.Variable, error) { return was, nil })
			moved := slices.Clone(was)
			v := at(moved, c.name)
			v.Sealed, v.Secret, v.Template = canary, false, c.template
			if err := st.store.UpdateVariables(t.Context(), c.user, func([]variable.Variable) ([]variable.Variable, error) { return moved, nil }); err != nil {
				t.Fatal(err)
			}
			values, _, err := st.For(t.Context(), c.user, "go")
			unreadable, ok := errors.AsType[*variable.UnreadableError](err)
			if !ok || !slices.Equal(unreadable.Names, []string{c.name}) || values["B"] == "" || len(values) != len(was)-1 {
				t.Errorf("workspace gets %v, %v", values, err)
			}
			shown, err := st.List(t.Context(), c.user)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range shown {
				if v.Unreadable != (v.Name == c.name) || strings.Contains(v.Value, "canary") {
					t.Errorf("shown: %+v", v)
				}
			}
		})
	}
}

func TestNoValueIsReadableInTheDatabasesFiles(t *testing.T) {
	st := open(t, false)
	const canary = "canary-8f14e45fceea167a"
	st.put(t, "ada", variable.Put{Name: "VISIBLE_NAME", Value: canary}, variable.Put{Name: "S", Template: "go", Value: canary, Secret: true})
	name := false
	err := filepath.WalkDir(st.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, form := range []string{canary, base64.StdEncoding.EncodeToString([]byte(canary))[:24], hex.EncodeToString([]byte(canary))} {
			if bytes.Contains(content, []byte(form)) {
				t.Errorf("%s holds a value as %s", filepath.Base(path), form)
			}
		}
		name = name || bytes.Contains(content, []byte("VISIBLE_NAME"))
		return err
	})
	if err != nil || !name {
		t.Errorf("the search did not look where variables are: %v", err)
	}
}

func TestAnOldKeyCanBeTakenAway(t *testing.T) {
	st := open(t, false)
	st.put(t, "ada", variable.Put{Name: "A", Value: "ada's"}, variable.Put{Name: "S", Template: "go", Value: "ada's secret", Secret: true})
	st.put(t, "eve", variable.Put{Name: "A", Value: "eve's"})
	both := variable.New(variable.Options{Store: st.store, Box: box(t, newSecret, oldSecret)})
	one := variable.New(variable.Options{Store: st.store, Box: box(t, newSecret)})
	if _, _, err := one.For(t.Context(), "ada", ""); err == nil {
		t.Fatal("the new key opens what the old one sealed")
	}
	for range 2 { // the second time there is nothing to do
		if err := both.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		for user, want := range map[string]map[string]string{"ada": {"A": "ada's", "S": "ada's secret"}, "eve": {"A": "eve's"}} {
			values, _, err := one.For(t.Context(), user, "go")
			if diff := cmp.Diff(want, values); diff != "" || err != nil {
				t.Errorf("%s with the new key alone: %v\n%s", user, err, diff)
			}
		}
	}
}

// FuzzCheckName compares with what the bridge says: one name that it refuses would keep a
// workspace from all variables.
func FuzzCheckName(f *testing.F) {
	for _, seed := range []string{"A", "_", "EUID", "PPID", "EDITOR_SOCKET", "XDG_RUNTIME_DIR", "SHELLOPTS", "OLDPWD", "PATH", "LD_X", "a=b", "A\x00", "é", "1", "_", strings.Repeat("x", 65), "KALPANA_A"} {
		f.Add(seed)
	}
	inside := environment.New(environment.Options{StateDir: f.TempDir(), Log: slog.New(slog.DiscardHandler)})
	f.Fuzz(func(t *testing.T, name string) {
		if variable.CheckName(name) != nil {
			return
		}
		set := bridge.SetVariables{Variables: map[string]string{name: strings.Repeat("v", variable.MaxValue)}}
		if _, err := inside.SetVariables(t.Context(), set); err != nil {
			t.Errorf("%q is accepted, and not by the bridge: %v", name, err)
		}
		rest := strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
		if name == "" || len(name) > variable.MaxName || rest != "" || strings.ContainsAny(name, "=\x00\n ") || name[0] >= '0' && name[0] <= '9' {
			t.Errorf("%q is accepted", name)
		}
		for _, prefix := range []string{"LD_", "KALPANA_"} {
			if strings.HasPrefix(name, prefix) {
				t.Errorf("%q is accepted", name)
			}
		}
	})
}
