package environment_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/environment"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stand is an environment with a program in the place of Nix; bridge/image has the tests
// with Nix itself.
type stand struct {
	*environment.Environment
	options environment.Options
	dir     string // for the test's own files
	said    []string
}

// start returns an environment whose Nix is a shell script. It finds its arguments in "$*"
// and $dir.
func start(t *testing.T, nix string) *stand {
	t.Helper()
	s := &stand{dir: t.TempDir()}
	bin := filepath.Join(s.dir, "bin")
	s.write(t, "bin/nix", "#!/bin/bash\ndir='"+s.dir+"'\n"+nix)
	if err := os.Chmod(filepath.Join(bin, "nix"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(s.dir, "workspace"), 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(filepath.Join(s.dir, "workspace"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	s.options = environment.Options{
		Root: root, StateDir: filepath.Join(s.dir, "state"), Script: filepath.Join(s.dir, "home/.cache/kalpana/env.sh"),
		Env: []string{"HOME=" + filepath.Join(s.dir, "home"), "PATH=" + bin + ":/usr/bin:/bin", "KEPT=1"},
		Run: supervisor.NewChildren(), Log: slog.New(slog.DiscardHandler),
	}
	s.Environment = environment.New(s.options)
	return s
}

// again is what the bridge that starts next has.
func (s *stand) again() { s.Environment = environment.New(s.options) }

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

// prepare prepares, and keeps what is said meanwhile.
func (s *stand) prepare(ctx context.Context, req bridge.PrepareEnvironment) (bridge.Environment, error) {
	s.said = nil
	return s.Prepare(ctx, req, func(event string, payload any) error {
		line, ok := payload.(bridge.OutputText)
		if event != bridge.EventOutput || !ok {
			return errors.New("another event than output")
		}
		s.said = append(s.said, line.Text)
		return nil
	})
}

// prints is a Nix that builds a profile and prints a shell.
func prints(shell string) string {
	return `echo run >>"$dir/runs"
echo "$*" >"$dir/arguments"
while [ $# -gt 0 ]; do [ "$1" = --profile ] && profile=$2; shift; done
mkdir -p "$dir/tools" && : >"$dir/built"
ln -sfn "$dir/built" "$profile-1-link" && ln -sfn "$profile-1-link" "$profile"
cat <<'END'
` + shell + `
END
`
}

// variables are a shell with some.
func variables(t *testing.T, exported map[string]string) string {
	t.Helper()
	shell := map[string]map[string]any{"variables": {}}
	for name, v := range exported {
		shell["variables"][name] = map[string]string{"type": "exported", "value": v}
	}
	data, err := json.Marshal(shell)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func flake(text string) bridge.PrepareEnvironment {
	return bridge.PrepareEnvironment{Files: map[string]string{bridge.FlakeFile: text}}
}

func codeOf(err error) string {
	if e, ok := errors.AsType[*bridge.Error](err); ok {
		return e.Code
	}
	return ""
}

// hooked runs a script in a shell that has loaded the image's hook, and returns what it
// prints.
func (s *stand) hooked(t *testing.T, shell string, env []string, script string) string {
	t.Helper()
	hook, err := filepath.Abs("../image/env-hook.sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), shell, "-c", ". "+hook+"\n"+script)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

func has(env []string, variable string) bool { return slices.Contains(env, variable) }

// large makes a file this long that takes no room.
func large(t *testing.T, name string, size int64) {
	t.Helper()
	if err := os.Truncate(name, size); err != nil {
		t.Fatal(err)
	}
}
