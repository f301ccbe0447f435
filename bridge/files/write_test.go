package files_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"golang.org/x/sys/unix"

	"github.com/kalpana-dev/kalpana/bridge"
)

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	s := start(t)
	binary := make([]byte, 1000)
	for i := range binary {
		binary[i] = byte(i)
	}
	for name, f := range map[string]struct {
		data     []byte
		encoding string
	}{
		"plain.txt":              {[]byte("hello\n"), bridge.EncodingUTF8},
		"new/dirs/ü 世.txt":       {[]byte("<b>&\u2028 \x1b[1m\f 😀\r\n"), bridge.EncodingUTF8},
		"empty":                  {nil, bridge.EncodingUTF8},
		"binary":                 {binary, bridge.EncodingBase64},
		"nul.txt":                {[]byte("a\x00b"), bridge.EncodingBase64},
		"latin1.txt":             {[]byte("caf\xe9"), bridge.EncodingBase64},
		"largest.txt":            {bytes.Repeat([]byte(`"`), bridge.MaxInlineBytes), bridge.EncodingUTF8},
		"largest":                {bytes.Repeat([]byte{0}, bridge.MaxInlineBytes), bridge.EncodingBase64},
		strings.Repeat("n", 255): {[]byte("long name"), bridge.EncodingUTF8},
	} {
		w := bridge.WriteFile{Path: s.path(name), Encoding: f.encoding}
		content := string(f.data)
		if f.encoding == bridge.EncodingBase64 {
			content = base64.StdEncoding.EncodeToString(f.data)
		}
		w.Content = &content
		info, err := s.Write(t.Context(), w, nil)
		if err != nil {
			t.Errorf("write %.20s: %v", name, err)
			continue
		}
		got := s.read(bridge.ReadFile{Path: name})
		if got.Content != content || got.Encoding != f.encoding || got.Size != int64(len(f.data)) || got.Hash != hashOf(string(f.data)) || got.Truncated {
			t.Errorf("%.20s came back changed: %.100v", name, got)
		}
		if want := (bridge.FileInfo{Path: name, Size: got.Size, ModifiedAt: got.ModifiedAt, Hash: got.Hash, Created: true}); info != want {
			t.Errorf("%.20s: %+v, want %+v", name, info, want)
		}
		s.has(name, string(f.data))
	}
}

func TestAWriteThatIsRefusedLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.put("locked", "old")
	must(t, os.Chmod(s.path("locked"), 0o444))
	no, x, notBase64 := false, "x", "!!"
	large, large64 := strings.Repeat("x", bridge.MaxInlineBytes+1), base64.StdEncoding.EncodeToString(make([]byte, bridge.MaxInlineBytes+1))
	for name, c := range map[string]struct {
		w    bridge.WriteFile
		body io.Reader
		want string
	}{
		"no directory":      {bridge.WriteFile{Path: "no/dirs/x", Content: &x, CreateDirs: &no}, nil, bridge.CodeNotFound},
		"read-only":         {bridge.WriteFile{Path: "locked", Content: &x}, nil, bridge.CodePermissionDenied},
		"no content":        {bridge.WriteFile{Path: "x"}, nil, bridge.CodeBadRequest},
		"two contents":      {bridge.WriteFile{Path: "x", Content: &x}, strings.NewReader("y"), bridge.CodeBadRequest},
		"not base64":        {bridge.WriteFile{Path: "x", Content: &notBase64, Encoding: bridge.EncodingBase64}, nil, bridge.CodeBadRequest},
		"encoding":          {bridge.WriteFile{Path: "x", Content: &x, Encoding: "latin-1"}, nil, bridge.CodeBadRequest},
		"both conditions":   {bridge.WriteFile{Path: "x", Content: &x, IfAbsent: true, IfHash: hashOf("")}, nil, bridge.CodeBadRequest},
		"too large":         {bridge.WriteFile{Path: "x", Content: &large}, nil, bridge.CodeTooLarge},
		"too large, base64": {bridge.WriteFile{Path: "x", Content: &large64, Encoding: bridge.EncodingBase64}, nil, bridge.CodeTooLarge},
		"wrong hash":        {bridge.WriteFile{Path: "dir/x", Content: &x, IfHash: hashOf("other")}, nil, bridge.CodeChangedOnDisk},
	} {
		if _, err := s.Write(t.Context(), c.w, c.body); code(t, err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	s.has("locked", "old")
	if left, _ := os.ReadDir(s.root); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestWritingKeepsTheModeAndFollowsLinksInside(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.put("real/script.sh", "old")
	must(t, os.Chmod(s.path("real/script.sh"), 0o755))
	must(t, os.Symlink("real/script.sh", s.path("link")))
	must(t, os.Symlink("link", s.path("link2")))
	must(t, s.write(bridge.WriteFile{Path: "link2"}, "new"))
	s.has("real/script.sh", "new")
	if info, err := os.Lstat(s.path("real/script.sh")); err != nil || info.Mode() != 0o755 {
		t.Errorf("its mode is %v, %v", info, err)
	}
	if link, err := os.Readlink(s.path("link2")); err != nil || link != "link" {
		t.Errorf("the link was replaced: %q, %v", link, err)
	}
	// "a/l" seems to lead to "f" and leads to "deep/f": a is a link itself.
	must(t, os.MkdirAll(s.path("deep/x"), 0o755))
	must(t, os.Symlink("deep/x", s.path("a")))
	must(t, os.Symlink("../f", s.path("deep/x/l")))
	s.put("f", "untouched")
	s.put("deep/f", "untouched")
	if got := code(t, s.write(bridge.WriteFile{Path: "a/l"}, "new")); got != bridge.CodeInvalidPath {
		t.Errorf("write through two links: %q", got)
	}
	s.has("f", "untouched")
	s.has("deep/f", "untouched")
}

func TestConditions(t *testing.T) {
	t.Parallel()
	s := start(t)
	const absent = true
	must(t, s.write(bridge.WriteFile{Path: "f", IfAbsent: absent}, "one"))
	for _, c := range []struct {
		w    bridge.WriteFile
		want string
	}{
		{bridge.WriteFile{Path: "f", IfAbsent: absent}, bridge.CodeExists},
		{bridge.WriteFile{Path: "f", IfHash: hashOf("two")}, bridge.CodeChangedOnDisk},
		{bridge.WriteFile{Path: "f", IfHash: "nonsense"}, bridge.CodeChangedOnDisk},
		{bridge.WriteFile{Path: "none", IfHash: hashOf("one")}, bridge.CodeChangedOnDisk},
	} {
		if got := code(t, s.write(c.w, "bad")); got != c.want {
			t.Errorf("%+v: %q", c.w, got)
		}
	}
	s.has("f", "one")
	must(t, s.write(bridge.WriteFile{Path: "f", IfHash: hashOf("one")}, "two"))
	s.has("f", "two")
	s.tidy()
}

// meanwhile is a body at whose end something happens.
func meanwhile(content string, happens func()) io.Reader {
	return io.MultiReader(strings.NewReader(content), readerFunc(func([]byte) (int, error) {
		happens()
		return 0, io.EOF
	}))
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func TestConditionsHoldAtTheEndToo(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.put("f", "old")
	_, err := s.Write(t.Context(), bridge.WriteFile{Path: "f", IfHash: hashOf("old")}, meanwhile("new", func() { s.put("f", "other") }))
	if code(t, err) != bridge.CodeChangedOnDisk {
		t.Errorf("changed meanwhile: %v", err)
	}
	s.has("f", "other")
	_, err = s.Write(t.Context(), bridge.WriteFile{Path: "f", IfHash: hashOf("other")}, meanwhile("new", func() { must(t, os.Remove(s.path("f"))) }))
	if code(t, err) != bridge.CodeChangedOnDisk {
		t.Errorf("deleted meanwhile: %v", err)
	}
	_, err = s.Write(t.Context(), bridge.WriteFile{Path: "new", IfAbsent: true}, meanwhile("new", func() { s.put("new", "theirs") }))
	if code(t, err) != bridge.CodeExists {
		t.Errorf("made meanwhile: %v", err)
	}
	s.has("new", "theirs")
	s.tidy()
}

func TestOfManyWhoMakeAFileOneDoes(t *testing.T) {
	t.Parallel()
	s := start(t)
	for round := range 20 {
		name := fmt.Sprint("f", round)
		var made atomic.Int32
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				switch err := s.write(bridge.WriteFile{Path: name, IfAbsent: true}, fmt.Sprint(i)); code(t, err) {
				case "":
					made.Add(1)
				case bridge.CodeExists:
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if made.Load() != 1 {
			t.Errorf("%d made %s", made.Load(), name)
		}
	}
	s.tidy()
}

func TestStreamsAreWritten(t *testing.T) {
	t.Parallel()
	s := start(t)
	data := strings.Repeat("0123456789abcdef", 400_000) // 6.4 MB
	info, err := s.Write(t.Context(), bridge.WriteFile{Path: "dir/f", Binary: true}, iotest.HalfReader(strings.NewReader(data)))
	if err != nil || info.Size != int64(len(data)) || info.Hash != hashOf(data) || !info.Created {
		t.Errorf("%+v, %v", info, err)
	}
	s.has("dir/f", data)
	info, err = s.Write(t.Context(), bridge.WriteFile{Path: "dir/f", Binary: true, IfHash: info.Hash}, strings.NewReader(""))
	if err != nil || info.Size != 0 || info.Created {
		t.Errorf("%+v, %v", info, err)
	}
	broken := errors.New("the connection broke")
	_, err = s.Write(t.Context(), bridge.WriteFile{Path: "dir/f", Binary: true}, io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Errorf("broken: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = s.Write(ctx, bridge.WriteFile{Path: "dir/f", Binary: true}, meanwhile("half", cancel))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	s.has("dir/f", "")
	if left, _ := os.ReadDir(s.path("dir")); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestReadersNeverSeeHalfAFile(t *testing.T) {
	t.Parallel()
	s := start(t)
	versions := []string{strings.Repeat("a", 300_000), strings.Repeat("b", 200_000)}
	must(t, s.write(bridge.WriteFile{Path: "f"}, versions[0]))
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(done)
		for i := range 50 {
			if err := s.write(bridge.WriteFile{Path: "f"}, versions[i%2]); err != nil {
				t.Error(err)
			}
		}
	})
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if got := s.read(bridge.ReadFile{Path: "f"}); got.Content != versions[0] && got.Content != versions[1] {
			t.Fatalf("%d bytes, %.10q…", len(got.Content), got.Content)
		}
	}
	wg.Wait()
	s.tidy()
}

// TestAFullDiskChangesNothing needs the right to mount, which CI has.
func TestAFullDiskChangesNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	disk := s.path("disk")
	must(t, os.Mkdir(disk, 0o755))
	must(t, unix.Mount("tmpfs", disk, "tmpfs", 0, "size=256k"))
	t.Cleanup(func() { must(t, unix.Unmount(disk, 0)) })
	must(t, s.write(bridge.WriteFile{Path: "disk/f"}, "old"))
	if got := code(t, s.write(bridge.WriteFile{Path: "disk/f"}, strings.Repeat("x", 512<<10))); got != bridge.CodeDiskFull {
		t.Errorf("inline: %q", got)
	}
	_, err := s.Write(t.Context(), bridge.WriteFile{Path: "disk/f", Binary: true}, io.LimitReader(zeros{}, 1<<40))
	if code(t, err) != bridge.CodeDiskFull || !strings.Contains(err.Error(), "unchanged") {
		t.Errorf("stream: %v", err)
	}
	s.put("disk/text", strings.Repeat("a\n", 60_000))
	_, err = s.Edit(t.Context(), bridge.EditFile{Path: "disk/text", Edits: []bridge.Edit{{OldText: "a", NewText: "aaaa", ReplaceAll: true}}})
	if code(t, err) != bridge.CodeDiskFull {
		t.Errorf("edit: %v", err)
	}
	s.has("disk/f", "old")
	s.has("disk/text", strings.Repeat("a\n", 60_000))
	if left, _ := os.ReadDir(disk); len(left) != 2 {
		t.Errorf("left behind: %v", left)
	}
	// A disk of its own is another file system, too, and a place that is in use.
	s.put("here", "x")
	if _, err := s.Move(t.Context(), bridge.MoveFile{From: "here", To: "disk/here"}); code(t, err) != bridge.CodeBadRequest {
		t.Errorf("move to another file system: %v", err)
	}
	if _, err := s.Delete(t.Context(), bridge.DeleteFile{Path: "disk", Recursive: true}); code(t, err) != bridge.CodePermissionDenied {
		t.Errorf("delete a mount point: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// TestNoRaceLeadsOut lets somebody put a link that leads out in the place of a directory
// and back, all the time, while everything is done below it.
func TestNoRaceLeadsOut(t *testing.T) {
	t.Parallel()
	s := start(t)
	outside := t.TempDir()
	must(t, os.WriteFile(filepath.Join(outside, "f"), []byte("secret"), 0o644))
	must(t, os.Mkdir(filepath.Join(outside, "sub"), 0o755))
	must(t, os.WriteFile(filepath.Join(outside, "sub", "g"), []byte("secret"), 0o644))
	s.put("d/f", "inside")
	s.put("d/sub/g", "inside")
	must(t, os.Symlink(outside, s.path("l")))
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			// Swaps the two names at once.
			_ = unix.Renameat2(unix.AT_FDCWD, s.path("d"), unix.AT_FDCWD, s.path("l"), unix.RENAME_EXCHANGE)
		}
	})
	wg.Go(func() {
		_ = s.Watch(ctx, bridge.WatchFiles{}, func(_ string, payload any) error {
			for _, p := range payload.(bridge.FilesChanged).Paths {
				if strings.Contains(p, "outside") {
					t.Errorf("%s is watched", p)
				}
			}
			return os.WriteFile(filepath.Join(outside, "outside"), nil, 0o644)
		})
	})
	for i := range 150 {
		if got, err := s.Read(t.Context(), bridge.ReadFile{Path: "d/f"}); err == nil && got.Content == "secret" {
			t.Error("a file outside was read")
		}
		_ = s.write(bridge.WriteFile{Path: "d/f"}, "evil")
		_ = s.write(bridge.WriteFile{Path: fmt.Sprint("d/new", i, "/x")}, "evil")
		_, _ = s.Edit(t.Context(), bridge.EditFile{Path: "d/f", Edits: []bridge.Edit{{OldText: "secret", NewText: "evil"}}})
		_, _ = s.Move(t.Context(), bridge.MoveFile{From: "d/f", To: "d/moved"})
		_, _ = s.MakeDirectory(t.Context(), bridge.MakeDirectory{Path: "d/made"})
		_, _ = s.Delete(t.Context(), bridge.DeleteFile{Path: "d/sub", Recursive: true})
		list, err := s.List(t.Context(), bridge.ListFiles{Path: "d"})
		if err == nil {
			for _, e := range list.Entries {
				if e.Name == "outside" {
					t.Error("a directory outside was listed")
				}
			}
		}
		if i%10 == 0 {
			found, err := s.Glob(t.Context(), bridge.Glob{Pattern: "outside", Path: "d"})
			if err == nil && len(found.Files) > 0 {
				t.Errorf("found outside: %v", found.Files)
			}
		}
	}
	stop()
	wg.Wait()
	for name, want := range map[string]string{"f": "secret", "sub/g": "secret"} {
		if data, err := os.ReadFile(filepath.Join(outside, name)); err != nil || string(data) != want {
			t.Errorf("%s outside is %q, %v", name, data, err)
		}
	}
	if left, _ := os.ReadDir(outside); len(left) != 3 { // with the test's own
		t.Errorf("outside are %v", left)
	}
}
