package files_test

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/files"
)

func TestClean(t *testing.T) {
	t.Parallel()
	const out, bad = bridge.CodeOutsideWorkspace, bridge.CodeInvalidPath
	for _, c := range []struct{ root, p, want, code string }{
		{"/ws", "a", "a", ""},
		{"/ws", "./a//b/", "a/b", ""},
		{"/ws", ".", ".", ""},
		{"/ws", "/ws", ".", ""},
		{"/ws", "/ws/", ".", ""},
		{"/ws", "//ws/./a", "a", ""},
		{"/ws", "/ws/a/b", "a/b", ""},
		{"/ws/", "/ws/a", "a", ""},
		{"/", "/etc", "etc", ""},
		{"/", "/", ".", ""},
		{"/ws", "..a/b..", "..a/b..", ""},
		{"/ws", "/", "", out},
		{"/ws", "/wsx", "", out},
		{"/ws", "/ws/../etc", "", out},
		{"/ws", "/etc/passwd", "", out},
		{"/ws", "a/..", "", out},
		{"ws", "/ws/a", "", out},
		{"", "/a", "", out},
		{"/ws", "", "", bad},
		{"/ws", "a\x00b", "", bad},
		{"/ws", strings.Repeat("a", bridge.MaxPathBytes+1), "", bad},
		{"/ws", "/" + strings.Repeat("ü", 2000), "", out},
	} {
		got, err := files.Clean(c.root, c.p)
		if got != c.want || code(t, err) != c.code {
			t.Errorf("Clean(%q, %.30q) is %q, %v; want %q, %q", c.root, c.p, got, err, c.want, c.code)
		}
		if err != nil && (len(err.Error()) > 400 || strings.ContainsRune(err.Error(), '\ufffd')) {
			t.Errorf("the message is badly clipped: %q", err)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, p := range []string{"", ".", "a/../b", "/ws/a", "/ws/../x", "//", "/ws/.", "a\x00", "..", "ws/.../x"} {
		f.Add("/ws", p)
	}
	f.Fuzz(func(t *testing.T, root, p string) {
		got, err := files.Clean(root, p)
		if code(t, err) != "" {
			return
		}
		if !filepath.IsLocal(got) || path.Clean(got) != got {
			t.Fatalf("Clean(%q, %q) is %q", root, p, got)
		}
		if again, err := files.Clean(root, got); err != nil || again != got {
			t.Fatalf("Clean(%q, %q) is %q and then %q, %v", root, p, got, again, err)
		}
		if path.IsAbs(p) && path.Join(root, got) != path.Clean(p) {
			t.Fatalf("Clean(%q, %q) is another place: %q", root, p, got)
		}
	})
}

// trap fills a workspace with links that lead out, and returns a file outside.
func trap(s *stand) (secret string) {
	outside := s.t.TempDir()
	secret = filepath.Join(outside, "secret")
	must(s.t, os.WriteFile(secret, []byte("secret"), 0o600))
	must(s.t, os.Mkdir(s.path("dir"), 0o755))
	s.put("file", "x")
	up, err := filepath.Rel(s.root, secret)
	must(s.t, err)
	for name, to := range map[string]string{
		"abslink": secret, "rellink": up, "dirlink": outside, "dir/up": "../..", "rootlink": "/", "proc": "/proc/self/root" + secret,
		"dir/chain": "../dirlink", "loop": "loop", "deadabs": filepath.Join(outside, "new"), "deadrel": up + "-new", "self": s.root,
		"selfname": "../" + filepath.Base(s.root),
	} {
		must(s.t, os.Symlink(to, s.path(name)))
	}
	s.t.Cleanup(func() {
		left, err := os.ReadDir(outside)
		must(s.t, err)
		if data, _ := os.ReadFile(secret); string(data) != "secret" || len(left) != 1 {
			s.t.Errorf("something outside changed: %q, %v", data, left)
		}
	})
	return secret
}

func TestPathsThatLeaveTheWorkspaceAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	secret := trap(s)
	const out, bad = bridge.CodeOutsideWorkspace, bridge.CodeInvalidPath
	for p, want := range map[string]string{
		"../x": out, "..": out, "dir/../../x": out, "dir/..": out, "./../x": out, "dir/../file": out, "/etc/passwd": out, secret: out, "//x": out,
		"abslink": out, "rellink": out, "dirlink/secret": out, "dir/up/x": out, "rootlink/etc/passwd": out, "proc": out,
		"dir/chain/secret": out, "deadabs": out, "deadrel": out, "self/file": out, "selfname/file": out,
		s.root + "/dirlink/secret": out,
		"":                         bad, "a\x00b": bad, "loop": bad, strings.Repeat("a/", 3000): bad, strings.Repeat("n", 256): bad,
		"file/x": bridge.CodeNotDirectory,
		"dir":    bridge.CodeIsDirectory, ".": bridge.CodeIsDirectory,
	} {
		_, readErr := s.Read(t.Context(), bridge.ReadFile{Path: p})
		_, body, openErr := s.Open(t.Context(), bridge.ReadFile{Path: p})
		if body != nil {
			t.Errorf("open %.40q gives a body", p)
		}
		_, editErr := s.Edit(t.Context(), bridge.EditFile{Path: p, Edits: []bridge.Edit{{OldText: "e", NewText: "evil"}}})
		for what, err := range map[string]error{"read": readErr, "open": openErr, "edit": editErr, "write": s.write(bridge.WriteFile{Path: p}, "evil")} {
			if got := code(t, err); got != want {
				t.Errorf("%s %.40q: %q, want %q", what, p, got, want)
			}
		}
	}
	for p, want := range map[string]string{
		"..": out, "/": out, "dirlink": out, "dir/up": out, "self": out, "proc": out, "file": bridge.CodeNotDirectory, "none": bridge.CodeNotFound, "loop": bad,
	} {
		_, listErr := s.List(t.Context(), bridge.ListFiles{Path: p})
		_, globErr := s.Glob(t.Context(), bridge.Glob{Path: p, Pattern: "*"})
		for what, err := range map[string]error{"list": listErr, "glob": globErr} {
			if got := code(t, err); got != want {
				t.Errorf("%s %q: %q, want %q", what, p, got, want)
			}
		}
		if p == "file" {
			continue
		}
		if got := code(t, s.Watch(t.Context(), bridge.WatchFiles{Path: p}, nil)); got != want {
			t.Errorf("watch %q: %q, want %q", p, got, want)
		}
	}
	for _, p := range []string{"dirlink/new", "dir/up/new", "rootlink/new", "../new"} {
		_, mkdirErr := s.MakeDirectory(t.Context(), bridge.MakeDirectory{Path: p})
		_, statErr := s.Stat(t.Context(), bridge.StatFile{Path: p})
		_, toErr := s.Move(t.Context(), bridge.MoveFile{From: "file", To: p})
		_, fromErr := s.Move(t.Context(), bridge.MoveFile{From: p, To: "x"})
		_, deleteErr := s.Delete(t.Context(), bridge.DeleteFile{Path: p, Recursive: true})
		for what, err := range map[string]error{"mkdir": mkdirErr, "stat": statErr, "move to": toErr, "move from": fromErr, "delete": deleteErr} {
			if got := code(t, err); got != out {
				t.Errorf("%s %q: %q", what, p, got)
			}
		}
	}
}

// FuzzPaths does everything with any path at all: nothing outside may change, nothing
// from outside may be seen, and what could be written must be readable.
func FuzzPaths(f *testing.F) {
	for _, p := range []string{"a", "a/b", "../x", "/x", "link/x", "dir/link2/../x", "a\x00", ".", "dir/./x//y", "up/secret", "dir", "up"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		s := start(t)
		outside := filepath.Dir(s.root)
		secret := filepath.Join(outside, "secret")
		must(t, os.WriteFile(secret, []byte("secret"), 0o600))
		must(t, os.Mkdir(s.path("dir"), 0o755))
		must(t, os.Symlink(outside, s.path("link")))
		must(t, os.Symlink("../..", s.path("dir/link2")))
		must(t, os.Symlink("..", s.path("up")))
		before, err := os.ReadDir(outside)
		must(t, err)
		if got, err := s.Read(t.Context(), bridge.ReadFile{Path: p}); err == nil {
			t.Fatalf("%q could be read before anything was there: %+v", p, got)
		}
		if s.write(bridge.WriteFile{Path: p}, "written") == nil {
			if got, err := s.Read(t.Context(), bridge.ReadFile{Path: p}); err != nil || got.Content != "written" {
				t.Fatalf("%q was written and then read as %+v, %v", p, got, err)
			}
		}
		_, _ = s.Edit(t.Context(), bridge.EditFile{Path: p, Edits: []bridge.Edit{{OldText: "secret", NewText: "evil"}}})
		_, _ = s.Move(t.Context(), bridge.MoveFile{From: p, To: "moved"})
		_, _ = s.Move(t.Context(), bridge.MoveFile{From: "moved", To: p, Overwrite: true})
		_, _ = s.MakeDirectory(t.Context(), bridge.MakeDirectory{Path: p})
		_, _ = s.Delete(t.Context(), bridge.DeleteFile{Path: p, Recursive: true})
		after, err := os.ReadDir(outside)
		must(t, err)
		if data, _ := os.ReadFile(secret); len(after) != len(before) || string(data) != "secret" {
			t.Fatalf("%q changed what lies outside: %v, %q", p, after, data)
		}
	})
}
