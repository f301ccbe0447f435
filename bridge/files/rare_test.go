package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// What only happens on other file systems, or when the kernel is in a hurry.

func inside(t *testing.T) (*Files, string) {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return New(root, nil), dir
}

func TestRenamingWhereTheFileSystemCannot(t *testing.T) {
	t.Parallel()
	f, dir := inside(t)
	for _, name := range []string{"d", "d/sub", "empty"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"f", "g"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("f", filepath.Join(dir, "l")); err != nil {
		t.Fatal(err)
	}
	at, err := f.folder(".")
	if err != nil {
		t.Fatal(err)
	}
	defer at.Close()
	sub, err := f.folder("d/sub")
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	for _, c := range []struct {
		from  string
		toDir *os.File
		to    string
		want  error
	}{
		{"f", at, "g", fs.ErrExist},
		{"d", at, "empty", fs.ErrExist},
		{"l", at, "g", fs.ErrExist},
		{"none", at, "x", fs.ErrNotExist},
		{"d", sub, "x", unix.EINVAL},
		{"f", sub, "f", nil},
		{"l", sub, "l", nil},
		{"empty", sub, "e", nil},
	} {
		if err := linkNew(at, c.from, c.toDir, c.to); !errors.Is(err, c.want) {
			t.Errorf("%s to %s: %v, want %v", c.from, c.to, err, c.want)
		}
		_, err := os.Lstat(filepath.Join(dir, c.from))
		if gone := errors.Is(err, fs.ErrNotExist); gone != (c.want == nil || errors.Is(c.want, fs.ErrNotExist)) {
			t.Errorf("%s afterwards: %v", c.from, err)
		}
	}
	for name, want := range map[string]string{"g": "g", "d/sub/f": "f"} {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) != want {
			t.Errorf("%s holds %q, %v", name, data, err)
		}
	}
}

func TestAnOverflowIsToldAndEverythingWatchedAnew(t *testing.T) {
	t.Parallel()
	f, dir := inside(t)
	if err := os.MkdirAll(filepath.Join(dir, "a", "b"), 0o755); err != nil {
		t.Fatal(err)
	}
	n := &news{ready: make(chan struct{}, 1), paths: map[string]struct{}{}}
	w, err := f.newWatcher(".", "", n)
	if err != nil {
		t.Fatal(err)
	}
	defer w.interrupt()
	if err := w.begin(t.Context()); err != nil || f.watched.Load() != 3 {
		t.Fatalf("%d watched, %v", f.watched.Load(), err)
	}
	if err := os.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "c")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "c", "new"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := w.handle(t.Context(), -1, unix.IN_Q_OVERFLOW, ""); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, p := range w.dirs {
		found[p] = true
	}
	if changed := n.take(); !changed.Incomplete || f.watched.Load() != 4 || len(found) != 4 || !found["c/new"] || !found["c/b"] {
		t.Errorf("%+v, watched %v", changed, found)
	}
	if changed := n.take(); changed.Incomplete {
		t.Error("it is incomplete for good")
	}
	w.forget("")
	if f.watched.Load() != 0 {
		t.Errorf("%d are watched still", f.watched.Load())
	}
}
