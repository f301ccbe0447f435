package files_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kalpana-dev/kalpana/bridge"
)

func TestListing(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, dir := range []string{".git/objects", "node_modules/x"} {
		must(t, os.MkdirAll(s.path(dir), 0o755))
	}
	s.put("src/a.go", "12345")
	s.put("src/deep/b", "")
	s.put("src/deep/er/c", "")
	must(t, os.Symlink("/etc", s.path("src/etc")))
	must(t, syscall.Mkfifo(s.path("src/pipe"), 0o644))
	top := []string{".git directory", "node_modules directory", "src directory"}
	below := []string{"src/a.go file", "src/deep directory", "src/etc symlink", "src/pipe other"}
	for _, c := range []struct {
		req  bridge.ListFiles
		want []string
	}{
		{bridge.ListFiles{}, top},
		{bridge.ListFiles{Path: "."}, top},
		{bridge.ListFiles{Path: s.root}, top},
		{bridge.ListFiles{Depth: 3}, top},
		{bridge.ListFiles{Path: "src/"}, below},
		{bridge.ListFiles{Recursive: true, Depth: 1}, top},
		{bridge.ListFiles{Recursive: true, Depth: 2}, append(top[:3:3], below...)},
		{bridge.ListFiles{Recursive: true}, []string{
			".git directory", "node_modules directory", "src directory",
			"src/a.go file", "src/deep directory", "src/deep/b file", "src/deep/er directory", "src/deep/er/c file", "src/etc symlink", "src/pipe other",
		}},
		{bridge.ListFiles{Path: "node_modules/x"}, nil},
	} {
		got, err := s.List(t.Context(), c.req)
		if err != nil || got.Entries == nil || got.Truncated {
			t.Errorf("%+v: %+v, %v", c.req, got, err)
		}
		var names []string
		for _, e := range got.Entries {
			if filepath.Base(e.Path) != e.Name || e.ModifiedAt.IsZero() {
				t.Errorf("entry %+v", e)
			}
			names = append(names, e.Path+" "+e.Type)
		}
		if diff := cmp.Diff(c.want, names); diff != "" {
			t.Errorf("%+v: %s", c.req, diff)
		}
	}
	if _, err := s.List(t.Context(), bridge.ListFiles{Depth: -1}); code(t, err) != bridge.CodeBadRequest {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.List(ctx, bridge.ListFiles{Recursive: true}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestALongListingIsCutOffAndSaysSo(t *testing.T) {
	t.Parallel()
	s := start(t)
	for i := range bridge.MaxListEntries + 1 {
		must(t, os.WriteFile(s.path(fmt.Sprint(i)), nil, 0o644))
	}
	got, err := s.List(t.Context(), bridge.ListFiles{})
	if err != nil || len(got.Entries) != bridge.MaxListEntries || !got.Truncated {
		t.Errorf("%d entries, truncated %t, %v", len(got.Entries), got.Truncated, err)
	}
}

func TestGlob(t *testing.T) {
	t.Parallel()
	s := start(t)
	age := 0
	for _, p := range []string{ // newest first
		"src/a.ts", "src/deep/b.tsx", "src/deep/er/c.ts", "README.md", ".hidden/x.md", "src/[odd]{n}.md", "sub/kept.log", "sub/.gitignore", ".gitignore",
		"src/ignored.log", "build/out.ts", ".git/config.md", "sub/.git/x.md", "node_modules/m.ts",
	} {
		s.put(p, "")
		age++
		when := time.Date(2026, 1, 1, 0, 0, -age, 0, time.UTC)
		must(t, os.Chtimes(s.path(p), when, when))
	}
	s.putOld(".gitignore", "*.log\n/build/\nnode_modules\n")
	s.putOld("sub/.gitignore", "!kept.log\n")
	must(t, os.Symlink("../src", s.path("sub/link")))
	must(t, os.Symlink("/etc", s.path("etc")))
	must(t, syscall.Mkfifo(s.path("pipe.md"), 0o644))
	for _, c := range []struct {
		req  bridge.Glob
		want string
	}{
		{bridge.Glob{Pattern: "*.ts"}, "src/a.ts src/deep/er/c.ts"},
		{bridge.Glob{Pattern: "src/*.ts"}, "src/a.ts"},
		{bridge.Glob{Pattern: "./src/*.ts"}, "src/a.ts"},
		{bridge.Glob{Pattern: "src/**/*.{ts,tsx}"}, "src/a.ts src/deep/b.tsx src/deep/er/c.ts"},
		{bridge.Glob{Pattern: "**/?.ts", Path: "src/deep"}, "src/deep/er/c.ts"},
		{bridge.Glob{Pattern: "[b-c].ts*", Path: "src"}, "src/deep/b.tsx src/deep/er/c.ts"},
		{bridge.Glob{Pattern: "*.md"}, "README.md .hidden/x.md src/[odd]{n}.md"},
		{bridge.Glob{Pattern: `\[odd\]\{n\}.md`}, "src/[odd]{n}.md"},
		{bridge.Glob{Pattern: "*.log"}, "sub/kept.log"},
		{bridge.Glob{Pattern: "*.log", IncludeIgnored: true}, "sub/kept.log src/ignored.log"},
		{bridge.Glob{Pattern: "*.ts", IncludeIgnored: true}, "src/a.ts src/deep/er/c.ts build/out.ts node_modules/m.ts"},
		{bridge.Glob{Pattern: "**", Path: "src"}, "src/a.ts src/deep/b.tsx src/deep/er/c.ts src/[odd]{n}.md"},
		{bridge.Glob{Pattern: "*", Path: ".git", IncludeIgnored: true}, ""},
		{bridge.Glob{Pattern: "passwd", IncludeIgnored: true}, ""},
		{bridge.Glob{Pattern: "nothing"}, ""},
		{bridge.Glob{Pattern: "--help"}, ""},
	} {
		got, err := s.Glob(t.Context(), c.req)
		if err != nil || got.Files == nil || got.Truncated {
			t.Errorf("%+v: %+v, %v", c.req, got, err)
		}
		var names []string
		for _, e := range got.Files {
			if e.Type != bridge.EntryFile || e.Name != filepath.Base(e.Path) {
				t.Errorf("entry %+v", e)
			}
			names = append(names, e.Path)
		}
		if diff := cmp.Diff(strings.Fields(c.want), names, cmp.Transformer("", func(s []string) string { return strings.Join(s, " ") })); diff != "" {
			t.Errorf("%+v: %s", c.req, diff)
		}
	}
	got, err := s.Glob(t.Context(), bridge.Glob{Pattern: "**", Limit: 2})
	if err != nil || len(got.Files) != 2 || got.Files[0].Path != "src/a.ts" || got.Files[1].Path != "src/deep/b.tsx" || !got.Truncated {
		t.Errorf("limit: %+v, %v", got, err)
	}
	for _, c := range []struct {
		req  bridge.Glob
		want string
	}{
		{bridge.Glob{}, bridge.CodeBadPattern},
		{bridge.Glob{Pattern: "[a"}, bridge.CodeBadPattern},
		{bridge.Glob{Pattern: "{a"}, bridge.CodeBadPattern},
		{bridge.Glob{Pattern: `a\`}, bridge.CodeBadPattern},
		{bridge.Glob{Pattern: "/src/*"}, bridge.CodeBadPattern},
		{bridge.Glob{Pattern: strings.Repeat("a", 2000)}, bridge.CodeBadPattern},
		{bridge.Glob{Pattern: strings.Repeat("{a,b}", 9)}, bridge.CodeBadPattern},
		{bridge.Glob{Pattern: "*", Limit: -1}, bridge.CodeBadRequest},
		{bridge.Glob{Pattern: "*", Path: "none"}, bridge.CodeNotFound},
		{bridge.Glob{Pattern: "*", Path: "README.md"}, bridge.CodeNotDirectory},
	} {
		if _, err := s.Glob(t.Context(), c.req); code(t, err) != c.want {
			t.Errorf("%+v: %v", c.req, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Glob(ctx, bridge.Glob{Pattern: "*"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// putOld changes a file's contents and not its time.
func (s *stand) putOld(p, content string) {
	s.t.Helper()
	info, err := os.Stat(s.path(p))
	must(s.t, err)
	s.put(p, content)
	must(s.t, os.Chtimes(s.path(p), info.ModTime(), info.ModTime()))
}

func TestGlobHasALimitOfItsOwn(t *testing.T) {
	t.Parallel()
	s := start(t)
	for i := range bridge.MaxMatches + 1 {
		must(t, os.WriteFile(s.path(fmt.Sprint(i)), nil, 0o644))
	}
	for limit, want := range map[int]int{0: 200, 10_000: bridge.MaxMatches} {
		got, err := s.Glob(t.Context(), bridge.Glob{Pattern: "*", Limit: limit})
		if err != nil || len(got.Files) != want || !got.Truncated {
			t.Errorf("limit %d: %d files, truncated %t, %v", limit, len(got.Files), got.Truncated, err)
		}
	}
}

// TestGlobInAnEnvironmentThatLies: neither the bridge's environment nor files of the
// user's say how ripgrep is run.
func TestGlobInAnEnvironmentThatLies(t *testing.T) {
	s := start(t)
	s.put("a.txt", "")
	s.put("ripgreprc", "--glob=!*.txt\n--follow\n")
	t.Setenv("RIPGREP_CONFIG_PATH", s.path("ripgreprc"))
	t.Setenv("HOME", s.root)
	s.put(".config/git/ignore", "*.txt\n")
	s.put(".git/info/exclude", "*.txt\n")
	must(t, os.WriteFile(s.path("../.gitignore"), []byte("*.txt\n"), 0o644))
	if got, err := s.Glob(t.Context(), bridge.Glob{Pattern: "*.txt"}); err != nil || len(got.Files) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	t.Setenv("PATH", s.root)
	if _, err := s.Glob(t.Context(), bridge.Glob{Pattern: "*"}); err == nil || !strings.Contains(err.Error(), "ripgrep") {
		t.Errorf("without ripgrep: %v", err)
	}
	// What goes on for ever is ended; what fails is told to the log.
	for script, want := range map[string]string{
		"printf 'a.txt\\0'; exec sleep 600":       "truncated",
		"yes | tr -d '\\n'":                       "too long",
		"echo broken >&2; exit 2":                 "broken",
		"printf 'a.txt\\0'; exit 2":               "",
		"printf 'none\\0../secret\\0a.txt\\0a.t'": "",
	} {
		s.put("rg", "#!/bin/sh\nPATH=/usr/bin:/bin\n"+script+"\n")
		must(t, os.Chmod(s.path("rg"), 0o755))
		got, err := s.Glob(t.Context(), bridge.Glob{Pattern: "*.txt"})
		switch {
		case want == "truncated":
			if err != nil || !got.Truncated || len(got.Files) != 1 {
				t.Errorf("%s: %+v, %v", script, got, err)
			}
		case want != "":
			if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 5000 {
				t.Errorf("%s: %.5000v", script, err)
			}
		case err != nil || len(got.Files) != 1:
			t.Errorf("%s: %+v, %v", script, got, err)
		}
	}
}

// FuzzGlob tries any pattern: it is refused or compared, in time and without a panic.
func FuzzGlob(f *testing.F) {
	for _, p := range []string{"*", "**/a", "{a,b}/{c,{d,e}}", "[a-z]", `\*`, "{a,{b,c}*}**/?", "[^]a]"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		s := start(t)
		s.put("a/b/abcabcabcabcabcabcabcabcabc", "")
		_, err := s.Glob(t.Context(), bridge.Glob{Pattern: pattern})
		if got := code(t, err); got != "" && got != bridge.CodeBadPattern {
			t.Fatal(err)
		}
	})
}
