package files_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
)

func TestPathsAreResolvedAsTheSystemDoes(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.put("a/b/c.txt", "x")
	s.put(".git/config", "x")
	for link, to := range map[string]string{
		"docs": ".git", "a/up": "..", "a/b/far": "../../docs", "file": "a/b/c.txt", "dead": "a/new/../x", "dead2": "a/new", "loop": "loop",
		"out": "../x", "a/out": "b/../../../x", "abs": "/etc", "self": s.path("a"), "chain": "a/b/far/config",
	} {
		must(t, os.Symlink(to, s.path(link)))
	}
	for _, c := range []struct {
		path, real, kept, code string // kept: with KeepLast, "" if it is the same
	}{
		{"a/b/c.txt", "a/b/c.txt", "", ""}, {".", ".", "", ""}, {"./a//b/", "a/b", "", ""}, {s.path("a"), "a", "", ""}, {"none/x", "none/x", "", ""},
		{"docs/config", ".git/config", "", ""}, {"docs/new/x", ".git/new/x", "", ""}, {"docs", ".git", "docs", ""}, {"a/up/docs/hooks", ".git/hooks", "", ""},
		{"a/b/far/config", ".git/config", "", ""}, {"chain", ".git/config", "chain", ""}, {"a/up/file", "a/b/c.txt", "file", ""}, {"dead2", "a/new", "dead2", ""},
		{"dead", "", "dead", bridge.CodeNotFound}, {"loop", "", "loop", bridge.CodeInvalidPath}, {"loop/x", "", "", bridge.CodeInvalidPath},
		{"out", "", "out", bridge.CodeOutsideWorkspace}, {"out/x", "", "", bridge.CodeOutsideWorkspace}, {"a/out", "", "a/out", bridge.CodeOutsideWorkspace},
		{"abs/passwd", "", "", bridge.CodeOutsideWorkspace}, {"self/b", "", "", bridge.CodeOutsideWorkspace}, {"../x", "", "", bridge.CodeOutsideWorkspace},
		{"file/x", "", "", bridge.CodeNotDirectory}, {"", "", "", bridge.CodeInvalidPath},
	} {
		got, err := s.ResolvePaths(t.Context(), bridge.ResolvePaths{Paths: []string{c.path}})
		if code(t, err) != c.code || err == nil && !slices.Equal(got.Paths, []string{c.real}) {
			t.Errorf("%s: %v, %v", c.path, got.Paths, err)
		}
		if err == nil && c.real != "." && strings.HasPrefix(c.path, "a/b/far") {
			if here, _ := os.Stat(s.path(c.path)); here != nil {
				if there, err := os.Stat(s.path(got.Paths[0])); err != nil || !os.SameFile(here, there) {
					t.Errorf("%s is not %s", c.path, got.Paths[0])
				}
			}
		}
		want, wantCode := c.kept, ""
		if want == "" {
			want, wantCode = c.real, c.code
		}
		got, err = s.ResolvePaths(t.Context(), bridge.ResolvePaths{Paths: []string{c.path}, KeepLast: true})
		if code(t, err) != wantCode || err == nil && !slices.Equal(got.Paths, []string{want}) {
			t.Errorf("%s, the last name kept: %v, %v", c.path, got.Paths, err)
		}
	}
	if _, err := s.ResolvePaths(t.Context(), bridge.ResolvePaths{Paths: make([]string, bridge.MaxResolved+1)}); code(t, err) != bridge.CodeBadRequest {
		t.Errorf("too many: %v", err)
	}
}
