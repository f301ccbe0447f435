package bridgeserver_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
)

// FuzzPath writes to and reads from any path at all: nothing outside may change, nothing
// from outside may be seen, and what could be written must be readable.
func FuzzPath(f *testing.F) {
	for _, p := range []string{"a", "a/b", "../x", "/x", "link/x", "dir/link2/../x", "a\x00", ".", "dir/./x//y", "up/secret"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		s := start(t)
		outside := filepath.Dir(s.root)
		secret := filepath.Join(outside, "secret")
		must(t, os.WriteFile(secret, []byte("secret"), 0o600))
		must(t, os.Mkdir(filepath.Join(s.root, "dir"), 0o755))
		must(t, os.Symlink(outside, filepath.Join(s.root, "link")))
		must(t, os.Symlink("../..", filepath.Join(s.root, "dir", "link2")))
		must(t, os.Symlink("..", filepath.Join(s.root, "up")))
		before, err := os.ReadDir(outside)
		must(t, err)

		c := s.dial(t)
		var read bridge.FileContent
		if c.Call(t.Context(), bridge.TypeReadFile, bridge.ReadFile{Path: p}, &read) == nil {
			t.Fatalf("%q could be read before anything was there: %+v", p, read)
		}
		written := "written"
		if err := c.Call(t.Context(), bridge.TypeWriteFile, bridge.WriteFile{Path: p, Content: &written}, nil); err == nil {
			if err := c.Call(t.Context(), bridge.TypeReadFile, bridge.ReadFile{Path: p}, &read); err != nil || read.Content != written {
				t.Fatalf("%q was written and then read as %q, %v", p, read.Content, err)
			}
		}
		after, err := os.ReadDir(outside)
		must(t, err)
		if data, _ := os.ReadFile(secret); len(after) != len(before) || string(data) != "secret" {
			t.Fatalf("%q changed what lies outside: %v, %q", p, after, data)
		}
	})
}
