package search_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/search"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stand is a workspace with files.
type stand struct {
	t    *testing.T
	dir  string
	root *os.Root
	*search.Search
}

func start(t *testing.T, contents map[string]string) *stand {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	s := &stand{t, dir, root, search.New(root, supervisor.NewChildren())}
	for name, text := range contents {
		s.write(name, text)
	}
	return s
}

func (s *stand) write(name, text string) {
	s.t.Helper()
	file := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) link(target, name string) {
	s.t.Helper()
	if err := os.Symlink(target, filepath.Join(s.dir, name)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) find(req bridge.Search) bridge.SearchResult {
	s.t.Helper()
	result, err := s.Search.Search(s.t.Context(), req)
	if err != nil {
		s.t.Fatalf("search %+v: %v", req, err)
	}
	if result.Matches == nil {
		s.t.Fatalf("search %+v: matches are nil", req)
	}
	return result
}

// paths of the result's files, each once.
func paths(result bridge.SearchResult) string {
	var all []string
	for _, m := range result.Matches {
		if len(all) == 0 || all[len(all)-1] != m.Path {
			all = append(all, m.Path)
		}
	}
	return strings.Join(all, " ")
}
