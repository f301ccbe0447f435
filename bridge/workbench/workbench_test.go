package workbench_test

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
	"github.com/kalpana-dev/kalpana/bridge/workbench"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stand is a workbench with a program in the place of the editor's installer; bridge/image
// has the test with the real one.
type stand struct {
	*workbench.Workbench
	options workbench.Options
	dir     string
	said    []string
}

func start(t *testing.T, installer string) *stand {
	t.Helper()
	s := &stand{dir: t.TempDir()}
	cli := filepath.Join(s.dir, "cli")
	s.write(t, "cli", "#!/bin/bash\ndir='"+s.dir+"'\n"+installer)
	if err := os.Chmod(cli, 0o755); err != nil {
		t.Fatal(err)
	}
	s.write(t, "workspace/app/main.go", "")
	root, err := os.OpenRoot(filepath.Join(s.dir, "workspace"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	s.options = workbench.Options{
		Root: root, Hold: true, DataDir: filepath.Join(s.dir, "data"), StateDir: filepath.Join(s.dir, "state"), CLI: []string{cli},
		Env: []string{"PATH=/usr/bin:/bin"}, Run: supervisor.NewChildren(),
	}
	s.Workbench = workbench.New(s.options)
	return s
}

func (s *stand) again() { s.Workbench = workbench.New(s.options) }

func (s *stand) write(t *testing.T, name, text string) {
	t.Helper()
	name = filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (s *stand) read(name string) string {
	data, _ := os.ReadFile(filepath.Join(s.dir, name))
	return string(data)
}

func (s *stand) install(ctx context.Context, names ...string) (bridge.ExtensionsInstalled, error) {
	s.said = nil
	return s.InstallExtensions(ctx, bridge.InstallExtensions{Extensions: names}, func(event string, payload any) error {
		line, ok := payload.(bridge.OutputText)
		if event != bridge.EventOutput || !ok {
			return errors.New("another event than output")
		}
		s.said = append(s.said, line.Text)
		return nil
	})
}

func codeOf(err error) string {
	if e, ok := errors.AsType[*bridge.Error](err); ok {
		return e.Code
	}
	return ""
}

func mayStart(w *workbench.Workbench) bool {
	select {
	case <-w.Started():
		return true
	default:
		return false
	}
}

func TestTheEditorWaitsUntilItIsToldToStart(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	if err := os.Symlink("../..", filepath.Join(s.dir, "workspace/leak")); err != nil {
		t.Fatal(err)
	}
	task := bridge.EditorTask{Label: "Run", Command: "make"}
	for name, c := range map[string]struct {
		req  bridge.StartEditor
		code string
	}{
		"outside": {bridge.StartEditor{Folder: "../x"}, bridge.CodeOutsideWorkspace},
		"label":   {bridge.StartEditor{Tasks: []bridge.EditorTask{{Command: "make"}}}, bridge.CodeBadRequest},
		"line":    {bridge.StartEditor{Tasks: []bridge.EditorTask{{Label: "a\nb", Command: "make"}}}, bridge.CodeBadRequest},
		"command": {bridge.StartEditor{Tasks: []bridge.EditorTask{{Label: "a", Command: " "}}}, bridge.CodeBadRequest},
		"twice":   {bridge.StartEditor{Tasks: []bridge.EditorTask{task, task}}, bridge.CodeBadRequest},
		"long":    {bridge.StartEditor{Tasks: []bridge.EditorTask{{Label: "a", Command: strings.Repeat("x", bridge.MaxCommandBytes+1)}}}, bridge.CodeTooLarge},
		"many":    {bridge.StartEditor{Tasks: make([]bridge.EditorTask, bridge.MaxTasks+1)}, bridge.CodeTooLarge},
	} {
		if err := s.Start(t.Context(), c.req); codeOf(err) != c.code || mayStart(s.Workbench) {
			t.Errorf("%s: %v, started: %t", name, err, mayStart(s.Workbench))
		}
	}
	for i, req := range []bridge.StartEditor{{Folder: "app"}, {Folder: "other"}, {}} {
		if err := s.Start(t.Context(), req); err != nil || !mayStart(s.Workbench) || s.Folder() != s.dir+"/workspace/app" {
			t.Errorf("request %d: %v, started: %t in %q", i+1, err, mayStart(s.Workbench), s.Folder())
		}
	}
	for _, folder := range []string{"", ".", "gone", "app/main.go", "leak"} {
		s.again()
		if err := s.Start(t.Context(), bridge.StartEditor{Folder: folder}); err != nil || !mayStart(s.Workbench) || s.Folder() != "" {
			t.Errorf("the folder %q: %v, %q", folder, err, s.Folder())
		}
	}
	s.options.Hold = false
	s.again()
	if !mayStart(s.Workbench) {
		t.Error("it waits although nobody wants it to")
	}
}

func TestTasksAreTheEditorsUnlessTheUserHasSome(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	const name = "data/User/tasks.json"
	begin := func(tasks ...bridge.EditorTask) {
		t.Helper()
		s.again()
		if err := s.Start(t.Context(), bridge.StartEditor{Tasks: tasks}); err != nil {
			t.Fatal(err)
		}
	}
	begin()
	if s.read(name) != "" {
		t.Errorf("without tasks: %s", s.read(name))
	}
	begin(bridge.EditorTask{Label: `Say "hi" <ü>`, Command: "echo 'a' && echo $HOME"})
	var file struct {
		Version string
		Tasks   []struct {
			Label, Type, Command string
			Options              struct{ Shell struct{ Executable string } }
		}
	}
	if err := json.Unmarshal([]byte(s.read(name)), &file); err != nil || file.Version != "2.0.0" || len(file.Tasks) != 1 ||
		file.Tasks[0].Label != `Say "hi" <ü>` || file.Tasks[0].Command != "echo 'a' && echo $HOME" || file.Tasks[0].Type != "shell" || file.Tasks[0].Options.Shell.Executable != "/bin/bash" {
		t.Errorf("%+v, %v", file, err)
	}
	begin(bridge.EditorTask{Label: "other", Command: "make"})
	if got := s.read(name); !strings.Contains(got, `"other"`) || strings.Contains(got, "hi") {
		t.Errorf("at the next start: %s", got)
	}
	begin()
	if s.read(name) != "" {
		t.Errorf("without tasks again: %s", s.read(name))
	}
	begin(bridge.EditorTask{Label: "other", Command: "make"})
	s.write(t, name, s.read(name)+"// mine\n")
	begin(bridge.EditorTask{Label: "third", Command: "make"})
	if got := s.read(name); strings.Contains(got, "third") || !strings.HasSuffix(got, "// mine\n") {
		t.Errorf("what the user changed has become %s", got)
	}
}

// installs is an installer that knows some names only.
const installs = `echo "$*" >>"$dir/runs"
mkdir -p "$dir/data/extensions"
list=
while [ $# -gt 0 ]; do
	case $1 in
	--install-extension) ;;
	golang.Go) list="$list,{\"identifier\":{\"id\":\"golang.Go\"},\"version\":\"1.0.0\",\"relativeLocation\":\"golang.go-1.0.0\"}"; mkdir -p "$dir/data/extensions/golang.go-1.0.0"; echo "golang.Go installed";;
	*.vsix) list="$list,{\"identifier\":{\"id\":\"Ada.tool\"},\"version\":\"2.0.0\",\"relativeLocation\":\"ada.tool-2.0.0\"}"; mkdir -p "$dir/data/extensions/ada.tool-2.0.0";;
	far.away) echo 'getaddrinfo ENOTFOUND gallery.example.com' >&2;;
	*) printf 'Error: Extension \e[31m%s\e[0m not found\n    at x (file:1:2)\n' "$1" >&2;;
	esac
	shift
done
file="$dir/data/extensions/extensions.json"
[ -z "$list" ] || { old=$(cat "$file" 2>/dev/null || echo '[{"identifier":{"id":"a.gone"},"version":"1","relativeLocation":"gone"}]'); echo "${old%]}$list]" >"$file"; }
exit 1
`

// extensionFile is an extension as a file of the workspace.
func (s *stand) extensionFile(t *testing.T, name, manifest string) {
	t.Helper()
	f, err := os.Create(filepath.Join(s.dir, "workspace", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	w, err := z.Create("extension/package.json")
	if err == nil {
		_, err = w.Write([]byte(manifest))
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestExtensionsAreInstalledOnce(t *testing.T) {
	t.Parallel()
	s := start(t, installs)
	s.extensionFile(t, "ada.vsix", `{"publisher":"Ada","name":"tool","version":"2.0.0"}`)
	s.extensionFile(t, "nobody.vsix", `{}`)
	s.write(t, "workspace/bad.vsix", "no archive")
	got, err := s.install(t.Context(), "golang.Go", "ada.vsix", "none.such", "a.gone", "bad.vsix", "nobody.vsix", "missing.vsix", "../x.vsix", "--force", "a b.c", "golang.go@3")
	if err != nil || fmt.Sprint(got.Installed) != "[ada.vsix golang.Go]" {
		t.Errorf("%+v, %v", got, err)
	}
	why := map[string]string{}
	for _, f := range got.Failed {
		why[f.ID] = f.Problem
	}
	for id, want := range map[string]string{
		"none.such": "Error: Extension none.such not found", "a.gone": "a.gone", "bad.vsix": "is no extension", "nobody.vsix": "no publisher",
		"missing.vsix": "there is no missing.vsix", "../x.vsix": "give the path without it", "--force": "is no name", "a b.c": "is no name", "golang.go@3": "golang.go@3 not found",
	} {
		if !strings.Contains(why[id], want) {
			t.Errorf("%s: %q", id, why[id])
		}
	}
	if len(why) != 9 || strings.Contains(fmt.Sprint(s.said), "at x (file") || !slices.Contains(s.said, "golang.Go installed") || !slices.Contains(s.said, "Error: Extension none.such not found") {
		t.Errorf("%q said %q", why, s.said)
	}
	runs := strings.Count(s.read("runs"), "\n")
	if runs != 2 {
		t.Errorf("the installer ran %d times:\n%s", runs, s.read("runs"))
	}
	if got, err := s.install(t.Context(), "GOLANG.go", "golang.go@1.0.0", "ada.vsix", "ada.Tool"); err != nil || len(got.Installed) != 4 || len(got.Failed) != 0 || strings.Count(s.read("runs"), "\n") != runs {
		t.Errorf("again: %+v, %v", got, err)
	}
	if got, err := s.install(t.Context(), "far.away"); err != nil || len(got.Failed) != 1 || !strings.Contains(got.Failed[0].Problem, "gallery of extensions cannot be reached") {
		t.Errorf("without a gallery: %+v, %v", got, err)
	}
	if got, err := s.install(t.Context()); err != nil || got.Installed == nil || got.Failed == nil {
		t.Errorf("none: %+v, %v", got, err)
	}
	if _, err := s.install(t.Context(), make([]string, bridge.MaxExtensions+1)...); codeOf(err) != bridge.CodeTooLarge {
		t.Errorf("too many: %v", err)
	}
	s.options.CLI = []string{"/none"}
	s.again()
	if _, err := s.install(t.Context(), "far.away"); codeOf(err) != bridge.CodeDisabled {
		t.Errorf("without an installer: %v", err)
	}
}

func TestAnInstallerEndsWithItsRequest(t *testing.T) {
	t.Parallel()
	s := start(t, "trap '' TERM; echo begun; sleep 1000")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.InstallExtensions(ctx, bridge.InstallExtensions{Extensions: []string{"a.b"}}, func(string, any) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
