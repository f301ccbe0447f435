package files_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kalpana-dev/kalpana/bridge"
)

// tree returns all paths of the workspace, directories with a slash, with contents of files.
func (s *stand) tree() map[string]string {
	s.t.Helper()
	all := map[string]string{}
	must(s.t, filepath.WalkDir(s.root, func(p string, d os.DirEntry, err error) error {
		rel, _ := filepath.Rel(s.root, p)
		switch {
		case err != nil || rel == ".":
			return err
		case d.IsDir():
			all[rel+"/"] = ""
		case d.Type().IsRegular():
			data, err := os.ReadFile(p)
			all[rel] = string(data)
			return err
		default:
			all[rel], err = os.Readlink(p)
		}
		return err
	}))
	return all
}

func TestStat(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.put("d/f", "123")
	must(t, os.Symlink("d/f", s.path("l")))
	must(t, os.Symlink("none", s.path("dead")))
	must(t, syscall.Mkfifo(s.path("pipe"), 0o644))
	for p, want := range map[string]string{"d/f": "file", s.path("d/f"): "file", "d": "directory", "d/": "directory", ".": "directory", "l": "symlink", "dead": "symlink", "pipe": "other"} {
		got, err := s.Stat(t.Context(), bridge.StatFile{Path: p})
		must(t, err)
		rel := strings.TrimSuffix(strings.TrimPrefix(p, s.root+"/"), "/")
		if got.Type != want || got.Path != rel || got.Name != filepath.Base(rel) || got.ModifiedAt.IsZero() || want == "file" && got.Size != 3 {
			t.Errorf("%s: %+v", p, got)
		}
	}
	for p, want := range map[string]string{"none": bridge.CodeNotFound, "d/f/x": bridge.CodeNotDirectory, "": bridge.CodeInvalidPath} {
		if _, err := s.Stat(t.Context(), bridge.StatFile{Path: p}); code(t, err) != want {
			t.Errorf("%s: %v", p, err)
		}
	}
}

func TestMakingDirectories(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.put("d/f", "")
	must(t, os.Symlink("d", s.path("l")))
	must(t, os.Symlink("gone", s.path("dead")))
	for _, p := range []string{"a/b/c", "a/b/c", "d", "l", "l/new", "."} {
		got, err := s.MakeDirectory(t.Context(), bridge.MakeDirectory{Path: p})
		if err != nil || got.Type != bridge.EntryDirectory || got.Path != p || got.Name != filepath.Base(p) {
			t.Errorf("%s: %+v, %v", p, got, err)
		}
	}
	for p, want := range map[string]string{"d/f": bridge.CodeExists, "d/f/x": bridge.CodeNotDirectory, "dead": bridge.CodeNotDirectory} {
		if _, err := s.MakeDirectory(t.Context(), bridge.MakeDirectory{Path: p}); code(t, err) != want {
			t.Errorf("%s: %v", p, err)
		}
	}
	if diff := cmp.Diff(map[string]string{"a/": "", "a/b/": "", "a/b/c/": "", "d/": "", "d/f": "", "d/new/": "", "l": "d", "dead": "gone"}, s.tree()); diff != "" {
		t.Error(diff)
	}
}

func TestMoving(t *testing.T) {
	t.Parallel()
	const yes = true
	for name, c := range map[string]struct {
		move bridge.MoveFile
		code string
		want map[string]string // what differs afterwards; "-": gone
	}{
		"a file":                         {bridge.MoveFile{From: "f", To: "new/dir/f"}, "", map[string]string{"f": "-", "new/": "", "new/dir/": "", "new/dir/f": "f"}},
		"a directory":                    {bridge.MoveFile{From: "d", To: "e"}, "", map[string]string{"d/": "-", "d/f": "-", "e/": "", "e/f": "df"}},
		"a link":                         {bridge.MoveFile{From: "l", To: "d/l"}, "", map[string]string{"l": "-", "d/l": "f"}},
		"a dead link":                    {bridge.MoveFile{From: "dead", To: "x"}, "", map[string]string{"dead": "-", "x": "gone"}},
		"into itself by name":            {bridge.MoveFile{From: "d", To: "d/e"}, bridge.CodeBadRequest, nil},
		"into itself by link":            {bridge.MoveFile{From: "d", To: "ld/e"}, bridge.CodeBadRequest, nil},
		"a name that begins alike":       {bridge.MoveFile{From: "d", To: "d2"}, "", map[string]string{"d/": "-", "d/f": "-", "d2/": "", "d2/f": "df"}},
		"to itself":                      {bridge.MoveFile{From: "f", To: "./f"}, bridge.CodeBadRequest, nil},
		"to itself by link":              {bridge.MoveFile{From: "d/f", To: "ld/f", Overwrite: yes}, bridge.CodeBadRequest, nil},
		"to its other name":              {bridge.MoveFile{From: "f", To: "hard", Overwrite: yes}, bridge.CodeBadRequest, nil},
		"onto a file":                    {bridge.MoveFile{From: "f", To: "d/f"}, bridge.CodeExists, nil},
		"onto a dead link":               {bridge.MoveFile{From: "f", To: "dead"}, bridge.CodeExists, nil},
		"onto an empty directory":        {bridge.MoveFile{From: "d", To: "empty"}, bridge.CodeExists, nil},
		"over a file":                    {bridge.MoveFile{From: "f", To: "d/f", Overwrite: yes}, "", map[string]string{"f": "-", "d/f": "f"}},
		"over a link":                    {bridge.MoveFile{From: "d/f", To: "l", Overwrite: yes}, "", map[string]string{"d/f": "-", "l": "df"}},
		"over nothing":                   {bridge.MoveFile{From: "f", To: "x", Overwrite: yes}, "", map[string]string{"f": "-", "x": "f"}},
		"a directory over nothing":       {bridge.MoveFile{From: "d", To: "x", Overwrite: yes}, "", map[string]string{"d/": "-", "d/f": "-", "x/": "", "x/f": "df"}},
		"over a directory":               {bridge.MoveFile{From: "f", To: "empty", Overwrite: yes}, bridge.CodeIsDirectory, nil},
		"a directory over an empty one":  {bridge.MoveFile{From: "d", To: "empty", Overwrite: yes}, bridge.CodeIsDirectory, nil},
		"a directory over a file":        {bridge.MoveFile{From: "d", To: "f", Overwrite: yes}, bridge.CodeExists, nil},
		"nothing":                        {bridge.MoveFile{From: "none", To: "new/x"}, bridge.CodeNotFound, nil},
		"the workspace":                  {bridge.MoveFile{From: ".", To: "x"}, bridge.CodeBadRequest, nil},
		"over the workspace":             {bridge.MoveFile{From: "f", To: ".", Overwrite: yes}, bridge.CodeBadRequest, nil},
		"below a file":                   {bridge.MoveFile{From: "d", To: "f/x"}, bridge.CodeNotDirectory, nil},
		"a missing from":                 {bridge.MoveFile{To: "x"}, bridge.CodeInvalidPath, nil},
		"a missing to":                   {bridge.MoveFile{From: "f"}, bridge.CodeInvalidPath, nil},
		"to a name that is too long":     {bridge.MoveFile{From: "f", To: strings.Repeat("n", 256)}, bridge.CodeInvalidPath, nil},
		"to an absolute path that is in": {bridge.MoveFile{From: "f", To: "ROOT/x"}, "", map[string]string{"f": "-", "x": "f"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			s.put("f", "f")
			s.put("d/f", "df")
			must(t, os.Link(s.path("f"), s.path("hard")))
			must(t, os.Mkdir(s.path("empty"), 0o755))
			for link, to := range map[string]string{"l": "f", "ld": "d", "dead": "gone"} {
				must(t, os.Symlink(to, s.path(link)))
			}
			want := s.tree()
			for p, content := range c.want {
				if want[p] = content; content == "-" {
					delete(want, p)
				}
			}
			c.move.To = strings.Replace(c.move.To, "ROOT", s.root, 1)
			got, err := s.Move(t.Context(), c.move)
			if code(t, err) != c.code {
				t.Errorf("%v, want %q", err, c.code)
			}
			if to := strings.TrimPrefix(c.move.To, s.root+"/"); c.code == "" && (got.Path != to || got.Name != filepath.Base(to)) {
				t.Errorf("%+v", got)
			}
			if diff := cmp.Diff(want, s.tree()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOfManyWhoMoveToOnePlaceOneDoes(t *testing.T) {
	t.Parallel()
	s := start(t)
	const movers = 8
	for i := range movers {
		s.put(fmt.Sprint("file", i), fmt.Sprint(i))
		must(t, os.Mkdir(s.path(fmt.Sprint("dir", i)), 0o755))
	}
	for _, kind := range []string{"file", "dir"} {
		var moved atomic.Int32
		var wg sync.WaitGroup
		for i := range movers {
			wg.Go(func() {
				_, err := s.Move(t.Context(), bridge.MoveFile{From: fmt.Sprint(kind, i), To: "to/" + kind})
				switch code(t, err) {
				case "":
					moved.Add(1)
				case bridge.CodeExists:
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		left, _ := filepath.Glob(s.path(kind + "*"))
		if moved.Load() != 1 || len(left) != movers-1 {
			t.Errorf("%d moved, %d %ss are left", moved.Load(), len(left), kind)
		}
	}
}

func TestDeleting(t *testing.T) {
	t.Parallel()
	s := start(t)
	for i := range 1500 { // more than one batch of names
		s.put(fmt.Sprintf("many/%d", i), "")
	}
	s.put("d/e/f", "")
	s.put("kept/f", "kept")
	must(t, os.Mkdir(s.path("empty"), 0o755))
	for link, to := range map[string]string{"d/link": "../kept", "l": "kept", "lf": "kept/f"} {
		must(t, os.Symlink(to, s.path(link)))
	}
	must(t, syscall.Mkfifo(s.path("d/pipe"), 0o644))
	for _, c := range []struct {
		path      string
		recursive bool
		count     int
		code      string
	}{
		{"d", false, 0, bridge.CodeNotEmpty},
		{"none", true, 0, bridge.CodeNotFound},
		{"kept/f/x", true, 0, bridge.CodeNotDirectory},
		{".", true, 0, bridge.CodeBadRequest},
		{s.root, true, 0, bridge.CodeBadRequest},
		{"empty", false, 1, ""},
		{"l", true, 1, ""},
		{"lf", false, 1, ""},
		{"d", true, 5, ""},
		{"many", true, 1501, ""},
	} {
		got, err := s.Delete(t.Context(), bridge.DeleteFile{Path: c.path, Recursive: c.recursive})
		if code(t, err) != c.code || got.Count != c.count {
			t.Errorf("delete %s: %d, %v", c.path, got.Count, err)
		}
	}
	if diff := cmp.Diff(map[string]string{"kept/": "", "kept/f": "kept"}, s.tree()); diff != "" {
		t.Error(diff)
	}
}

func TestDeletingWhatIsDeepOrLocked(t *testing.T) {
	t.Parallel()
	s := start(t)
	deep := s.path("deep")
	must(t, os.MkdirAll(deep, 0o755))
	dir, err := os.OpenRoot(deep)
	must(t, err)
	const depth = 2500 // deeper than paths are long
	for range depth {
		must(t, dir.Mkdir("d", 0o755))
		next, err := dir.OpenRoot("d")
		must(t, err)
		must(t, dir.Close())
		dir = next
	}
	must(t, dir.Close())
	if _, err := s.Delete(t.Context(), bridge.DeleteFile{Path: "deep", Recursive: true}); code(t, err) != bridge.CodeTooLarge {
		t.Errorf("%v", err)
	}
	must(t, os.Rename(filepath.Join(deep, strings.Repeat("d/", 1000)), s.path("half")))
	for _, p := range []string{"deep", "half"} {
		if _, err := s.Delete(t.Context(), bridge.DeleteFile{Path: p, Recursive: true}); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.put("d/f", "")
	if _, err := s.Delete(ctx, bridge.DeleteFile{Path: "d", Recursive: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	s.has("d/f", "")
}
