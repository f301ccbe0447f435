package process_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/process"
)

func TestEnvironment(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *process.Options) {
		o.Env = append(o.Env, "KALPANA_KEY_SHA256=secret", "KALPANA_X=secret", "KEPT=1", "TERM=xterm", "NO_COLOR=1", "OLDPWD=/", "PWD=/")
	})
	result, _ := s.run(t, bridge.RunCommand{Command: "env", Env: map[string]string{
		"KALPANA_Y": "secret", "OWN": "a b=c\nd", "PAGER": "mine", "PWD": "/elsewhere", "WORKSPACE_COMMAND_ID": "forged",
	}})
	for _, want := range []string{"KEPT=1\n", "OWN=a b=c\nd\n", "PAGER=mine\n", "TERM=dumb\n", "GIT_PAGER=cat\n", "GIT_TERMINAL_PROMPT=0\n", "PWD=" + s.dir + "\n", "WORKSPACE_COMMAND_ID=" + result.ProcessID + "\n"} {
		if strings.Count("\n"+result.Output, "\n"+want) != 1 {
			t.Errorf("no %q in\n%s", want, result.Output)
		}
	}
	for _, secret := range []string{"KALPANA", "secret", "forged", "NO_COLOR", "OLDPWD", "elsewhere"} {
		if strings.Contains(result.Output, secret) {
			t.Errorf("%s in\n%s", secret, result.Output)
		}
	}
}

func TestLinkOutOfTheWorkspaceIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	outside := t.TempDir()
	for name, target := range map[string]string{"absolute": outside, "up": "..", "circle": "circle", "proc": "/proc/self/cwd"} {
		if err := os.Symlink(target, filepath.Join(s.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, code := range map[string]string{"absolute": bridge.CodeOutsideWorkspace, "up": bridge.CodeOutsideWorkspace, "proc": bridge.CodeOutsideWorkspace, "circle": bridge.CodeInvalidPath} {
		_, err := s.RunCommand(t.Context(), bridge.RunCommand{Command: "pwd", Path: name}, (&record{}).emit)
		hasCode(t, err, code)
		_, err = s.OpenTerminal(t.Context(), bridge.OpenTerminal{Columns: 80, Rows: 24, Path: name})
		hasCode(t, err, code)
	}
}

func TestFolderReplacedByALinkMeanwhile(t *testing.T) {
	t.Parallel()
	s := start(t)
	outside := t.TempDir()
	swap, link := filepath.Join(s.dir, "swap"), filepath.Join(s.dir, "link")
	if err := os.Mkdir(swap, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, link); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for ctx.Err() == nil {
			exchange(t, swap, link)
		}
	}()
	defer func() { stop(); <-stopped }()
	inside, refused := 0, 0
	eventually(t, "the folder was met both ways, often", func() bool {
		// Not "pwd -P", which looks at the links as they are by then.
		result, err := s.RunCommand(t.Context(), bridge.RunCommand{Command: "readlink /proc/$$/cwd", Path: "swap", Quiet: true}, (&record{}).emit)
		if err != nil {
			if e, ok := errors.AsType[*bridge.Error](err); !ok || e.Code != bridge.CodeOutsideWorkspace && e.Code != bridge.CodeNotDirectory {
				t.Fatal(err)
			}
			refused++
		} else {
			if got := strings.TrimSpace(result.Output); got != swap && got != link {
				t.Fatalf("it ran in %s", got)
			}
			inside++
		}
		return inside >= 20 && refused >= 20
	})
}
