package bridgeserver_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
)

// code returns the code of a refusal, "" for success.
func code(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	refused, ok := errors.AsType[*bridge.Error](err)
	if !ok {
		t.Fatalf("no answer: %v", err)
	}
	// A path that the client itself sent is no secret to it.
	if refused.Message == "" || strings.Contains(refused.Message, os.TempDir()) && !strings.Contains(refused.Message, "is absolute") {
		t.Errorf("message %q is empty or tells where the workspace lies", refused.Message)
	}
	return refused.Code
}

func write(t *testing.T, c *bridgeclient.Client, w map[string]any) string {
	t.Helper()
	return code(t, c.Call(t.Context(), bridge.TypeWriteFile, w, nil))
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.dial(t)
	binary := make([]byte, 1000)
	for i := range binary {
		binary[i] = byte(i)
	}
	largest := bytes.Repeat([]byte(`"`), bridge.MaxFileBytes)
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
		"largest.txt":            {largest, bridge.EncodingUTF8},
		"escapes":                {bytes.Repeat([]byte{0x1b}, 1<<20), bridge.EncodingBase64},
		strings.Repeat("n", 255): {[]byte("long name"), bridge.EncodingUTF8},
	} {
		w := bridge.WriteFile{Path: name, Encoding: f.encoding}
		content := string(f.data)
		if f.encoding == bridge.EncodingBase64 {
			content = base64.StdEncoding.EncodeToString(f.data)
		}
		w.Content = &content
		var info bridge.FileInfo
		if err := c.Call(t.Context(), bridge.TypeWriteFile, w, &info); err != nil {
			t.Errorf("write %.20s: %v", name, err)
			continue
		}
		var got bridge.FileContent
		if err := c.Call(t.Context(), bridge.TypeReadFile, bridge.ReadFile{Path: name}, &got); err != nil {
			t.Errorf("read %.20s: %v", name, err)
			continue
		}
		want := bridge.FileContent{Path: name, Content: content, Encoding: f.encoding, Size: int64(len(f.data)), ModifiedAt: info.ModifiedAt}
		if got != want || info.Size != want.Size {
			t.Errorf("%.20s came back changed: %.100v", name, got)
		}
		if onDisk, err := os.ReadFile(filepath.Join(s.root, name)); err != nil || !bytes.Equal(onDisk, f.data) {
			t.Errorf("%.20s on disk: %v", name, err)
		}
	}
}

func TestPathsThatLeaveTheWorkspaceAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.dial(t)
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	must(t, os.WriteFile(secret, []byte("secret"), 0o600))
	must(t, os.Mkdir(filepath.Join(s.root, "dir"), 0o755))
	must(t, os.WriteFile(filepath.Join(s.root, "file"), []byte("x"), 0o644))
	up, err := filepath.Rel(s.root, secret)
	must(t, err)
	for name, to := range map[string]string{
		"abslink": secret, "rellink": up, "dirlink": outside, "dir/up": "../..", "rootlink": "/", "proc": "/proc/self/root" + secret,
		"dir/chain": "../dirlink", "loop": "loop", "deadabs": filepath.Join(outside, "new"), "deadrel": up + "-new", "self": s.root,
		"selfname": "../" + filepath.Base(s.root),
	} {
		must(t, os.Symlink(to, filepath.Join(s.root, name)))
	}
	const out, bad = bridge.CodeOutsideWorkspace, bridge.CodeInvalidPath
	for path, want := range map[string]string{
		"../x": out, "..": out, "dir/../../x": out, "dir/..": out, "./../x": out, "dir/../file": out, "/etc/passwd": out, secret: out, "//x": out,
		"abslink": out, "rellink": out, "dirlink/secret": out, "dir/up/x": out, "rootlink/etc/passwd": out, "proc": out,
		"dir/chain/secret": out, "deadabs": out, "deadrel": out, "self/file": out, "selfname/file": out,
		"": bad, "a\x00b": bad, "loop": bad, strings.Repeat("a/", 3000): bad, strings.Repeat("n", 256): bad,
		"file/x": bridge.CodeNotDirectory,
		"dir":    bridge.CodeIsDirectory, ".": bridge.CodeIsDirectory,
	} {
		if got := code(t, c.Call(t.Context(), bridge.TypeReadFile, bridge.ReadFile{Path: path}, nil)); got != want {
			t.Errorf("read %.40q: %q, want %q", path, got, want)
		}
		if got := write(t, c, map[string]any{"path": path, "content": "evil"}); got != want {
			t.Errorf("write %.40q: %q, want %q", path, got, want)
		}
	}
	for path, want := range map[string]string{
		"..": out, "/": out, "dirlink": out, "dir/up": out, "self": out, "proc": out,
		"file": bridge.CodeNotDirectory, "none": bridge.CodeNotFound, "loop": bad,
	} {
		if got := code(t, c.Call(t.Context(), bridge.TypeListFiles, bridge.ListFiles{Path: path}, nil)); got != want {
			t.Errorf("list %q: %q, want %q", path, got, want)
		}
	}
	left, err := os.ReadDir(outside)
	must(t, err)
	if data, _ := os.ReadFile(secret); string(data) != "secret" || len(left) != 1 {
		t.Errorf("something outside changed: %q, %v", data, left)
	}
}

func TestNeitherPipesNorSocketsNorLargeFilesAreRead(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.dial(t)
	must(t, syscall.Mkfifo(filepath.Join(s.root, "pipe"), 0o644))
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	must(t, err)
	defer syscall.Close(fd)
	must(t, syscall.Bind(fd, &syscall.SockaddrUnix{Name: filepath.Join(s.root, "sock")}))
	must(t, os.WriteFile(filepath.Join(s.root, "large"), nil, 0o644))
	must(t, os.Truncate(filepath.Join(s.root, "large"), bridge.MaxFileBytes+1))
	for path, want := range map[string]string{"pipe": bridge.CodeNotRegular, "sock": bridge.CodeNotRegular, "large": bridge.CodeTooLarge} {
		if got := code(t, c.Call(t.Context(), bridge.TypeReadFile, bridge.ReadFile{Path: path}, nil)); got != want {
			t.Errorf("read %s: %q, want %q", path, got, want)
		}
	}
	for _, path := range []string{"pipe", "sock"} {
		if got := write(t, c, map[string]any{"path": path, "content": "x"}); got != bridge.CodeNotRegular {
			t.Errorf("write %s: %q", path, got)
		}
	}
	tooMuch := base64.StdEncoding.EncodeToString(make([]byte, bridge.MaxFileBytes+1))
	if got := write(t, c, map[string]any{"path": "new", "content": tooMuch, "encoding": "base64"}); got != bridge.CodeTooLarge {
		t.Errorf("write too much: %q", got)
	}
}

func TestAWriteThatIsRefusedLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.dial(t)
	must(t, os.WriteFile(filepath.Join(s.root, "locked"), []byte("old"), 0o444))
	for want, w := range map[string]map[string]any{
		bridge.CodeNotFound:         {"path": "no/dirs/x", "content": "x", "createDirs": false},
		bridge.CodePermissionDenied: {"path": "locked", "content": "x"},
		bridge.CodeBadRequest:       {"path": "misspelt", "contents": "x"},
	} {
		if got := write(t, c, w); got != want {
			t.Errorf("write %v: %q, want %q", w, got, want)
		}
	}
	for _, w := range []map[string]any{
		{"path": "x", "content": "!!", "encoding": "base64"}, {"path": "x", "content": "x", "encoding": "latin-1"}, {"path": 7, "content": "x"},
	} {
		if got := write(t, c, w); got != bridge.CodeBadRequest {
			t.Errorf("write %v: %q", w, got)
		}
	}
	left, _ := os.ReadDir(s.root)
	if data, _ := os.ReadFile(filepath.Join(s.root, "locked")); string(data) != "old" || len(left) != 1 {
		t.Errorf("left behind: %q, %v", data, left)
	}
}

func TestWritingKeepsTheModeAndFollowsLinksInside(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.dial(t)
	script := filepath.Join(s.root, "real", "script.sh")
	must(t, os.MkdirAll(filepath.Dir(script), 0o755))
	must(t, os.WriteFile(script, []byte("old"), 0o755))
	must(t, os.Symlink("real/script.sh", filepath.Join(s.root, "link")))
	must(t, os.Symlink("link", filepath.Join(s.root, "link2")))
	if got := write(t, c, map[string]any{"path": "link2", "content": "new"}); got != "" {
		t.Fatal(got)
	}
	info, err := os.Lstat(script)
	must(t, err)
	data, _ := os.ReadFile(script)
	if string(data) != "new" || info.Mode() != 0o755 {
		t.Errorf("the script is %q, mode %v", data, info.Mode())
	}
	if link, err := os.Readlink(filepath.Join(s.root, "link2")); err != nil || link != "link" {
		t.Errorf("the link was replaced: %q, %v", link, err)
	}
	// "a/l" seems to lead to "f" and leads to "deep/f": a is a link itself.
	must(t, os.MkdirAll(filepath.Join(s.root, "deep", "x"), 0o755))
	must(t, os.Symlink("deep/x", filepath.Join(s.root, "a")))
	must(t, os.Symlink("../f", filepath.Join(s.root, "deep", "x", "l")))
	must(t, os.WriteFile(filepath.Join(s.root, "f"), []byte("untouched"), 0o644))
	must(t, os.WriteFile(filepath.Join(s.root, "deep", "f"), []byte("untouched"), 0o644))
	if got := write(t, c, map[string]any{"path": "a/l", "content": "new"}); got != bridge.CodeInvalidPath {
		t.Errorf("write through two links: %q", got)
	}
	if data, _ := os.ReadFile(filepath.Join(s.root, "f")); string(data) != "untouched" {
		t.Error("the wrong file was written")
	}
}

func TestListing(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.dial(t)
	for _, dir := range []string{"src/deep", ".git/objects", "node_modules/x"} {
		must(t, os.MkdirAll(filepath.Join(s.root, dir), 0o755))
	}
	must(t, os.WriteFile(filepath.Join(s.root, "src", "a.go"), []byte("12345"), 0o644))
	must(t, os.WriteFile(filepath.Join(s.root, "src", "deep", "b"), nil, 0o644))
	must(t, os.Symlink("/etc", filepath.Join(s.root, "src", "etc")))
	must(t, syscall.Mkfifo(filepath.Join(s.root, "src", "pipe"), 0o644))
	list := func(payload any) (names []string) {
		t.Helper()
		var got bridge.FileList
		if err := c.Call(t.Context(), bridge.TypeListFiles, payload, &got); err != nil {
			t.Fatal(err)
		}
		if got.Entries == nil || got.Truncated {
			t.Errorf("entries %v, truncated %t", got.Entries, got.Truncated)
		}
		for _, e := range got.Entries {
			if filepath.Base(e.Path) != e.Name || e.ModifiedAt.IsZero() {
				t.Errorf("entry %+v", e)
			}
			names = append(names, e.Path+" "+e.Type)
		}
		return names
	}
	for _, same := range []any{nil, bridge.ListFiles{}, bridge.ListFiles{Path: "."}} {
		if diff := cmp.Diff([]string{".git directory", "node_modules directory", "src directory"}, list(same)); diff != "" {
			t.Errorf("%+v: %s", same, diff)
		}
	}
	if diff := cmp.Diff([]string{"src/a.go file", "src/deep directory", "src/etc symlink", "src/pipe other"}, list(bridge.ListFiles{Path: "src/"})); diff != "" {
		t.Error(diff)
	}
	want := []string{
		".git directory", "node_modules directory", "src directory",
		"src/a.go file", "src/deep directory", "src/deep/b file", "src/etc symlink", "src/pipe other",
	}
	if diff := cmp.Diff(want, list(bridge.ListFiles{Recursive: true})); diff != "" {
		t.Error(diff)
	}
	if got := list(bridge.ListFiles{Path: "node_modules/x"}); len(got) != 0 {
		t.Errorf("an empty directory lists %v", got)
	}
}

func TestALongListingIsCutOffAndSaysSo(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.dial(t)
	for i := range bridge.MaxListEntries + 1 {
		must(t, os.WriteFile(filepath.Join(s.root, fmt.Sprint(i)), nil, 0o644))
	}
	var got bridge.FileList
	must(t, c.Call(t.Context(), bridge.TypeListFiles, nil, &got))
	if len(got.Entries) != bridge.MaxListEntries || !got.Truncated {
		t.Errorf("%d entries, truncated %t", len(got.Entries), got.Truncated)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
