package files_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/files"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stand is a workspace folder and what works in it.
type stand struct {
	*files.Files
	t    *testing.T
	root string
}

func start(t *testing.T) *stand {
	t.Helper()
	s := &stand{t: t, root: filepath.Join(t.TempDir(), "ws")}
	must(t, os.Mkdir(s.root, 0o755))
	root, err := os.OpenRoot(s.root)
	must(t, err)
	t.Cleanup(func() { must(t, root.Close()) })
	s.Files = files.New(root, supervisor.NewChildren())
	return s
}

// path returns where a path of the workspace is in the machine.
func (s *stand) path(p string) string { return filepath.Join(s.root, p) }

// put makes a file, with its directories, without the code under test.
func (s *stand) put(p, content string) {
	s.t.Helper()
	must(s.t, os.MkdirAll(filepath.Dir(s.path(p)), 0o755))
	must(s.t, os.WriteFile(s.path(p), []byte(content), 0o644))
}

// has checks a file's contents on the disk.
func (s *stand) has(p, want string) {
	s.t.Helper()
	data, err := os.ReadFile(s.path(p))
	if err != nil || string(data) != want {
		s.t.Errorf("%s holds %.200q, %v; want %.200q", p, data, err, want)
	}
}

// clean checks that no temporary file is left in the workspace's top.
func (s *stand) tidy() {
	s.t.Helper()
	entries, err := os.ReadDir(s.root)
	must(s.t, err)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".kalpana-") {
			s.t.Errorf("%s is left behind", e.Name())
		}
	}
}

func (s *stand) write(w bridge.WriteFile, content string) error {
	w.Content = &content
	_, err := s.Write(s.t.Context(), w, nil)
	return err
}

func (s *stand) read(r bridge.ReadFile) bridge.FileContent {
	s.t.Helper()
	got, err := s.Read(s.t.Context(), r)
	must(s.t, err)
	return got
}

// code returns the code of a refusal, "" for success.
func code(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	refused, ok := errors.AsType[*bridge.Error](err)
	if !ok {
		t.Fatalf("a fault instead of a refusal: %v", err)
	}
	// A path that the client itself sent is no secret to it.
	if refused.Message == "" || strings.Contains(refused.Message, os.TempDir()) && !strings.Contains(refused.Message, "is outside") {
		t.Errorf("message %q is empty or tells where the workspace lies", refused.Message)
	}
	return refused.Code
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until ok, as long as a busy machine may need.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(30 * time.Second); !ok(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not in time: %s", what)
		}
	}
}
