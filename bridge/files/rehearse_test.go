package files_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kalpana-dev/kalpana/bridge"
)

// everything returns what is below the workspace: modes, times and contents.
func (s *stand) everything() map[string]string {
	s.t.Helper()
	found := map[string]string{}
	must(s.t, filepath.WalkDir(s.root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data := []byte{}
		if info.Mode().IsRegular() && info.Size() < 1<<20 && info.Mode()&0o400 != 0 {
			if data, err = os.ReadFile(p); err != nil {
				return err
			}
		}
		found[p] = fmt.Sprint(info.Mode(), info.ModTime(), info.Size(), string(data))
		return nil
	}))
	return found
}

// TestADryRunSaysWhatTheRealThingDoes makes each request twice, first as a dry run.
func TestADryRunSaysWhatTheRealThingDoes(t *testing.T) {
	t.Parallel()
	no, x := false, "x\n"
	large, zero := strings.Repeat("x", bridge.MaxInlineBytes+1), "a\x00"
	for name, w := range map[string]bridge.WriteFile{
		"new":                            {Path: "new.txt", Content: &x},
		"new in new directories":         {Path: "some/new/dirs/f", Content: &x},
		"new, not its directory":         {Path: "some/new/f", Content: &x, CreateDirs: &no},
		"replaced":                       {Path: "dir/f", Content: &x},
		"the same":                       {Path: "same", Content: &x},
		"through a link":                 {Path: "link", Content: &x},
		"in a linked directory":          {Path: "dirlink/new/f", Content: &x},
		"binary":                         {Path: "dir/f", Content: &zero},
		"over binary":                    {Path: "binary", Content: &x},
		"over large":                     {Path: "large", Content: &x},
		"over unreadable":                {Path: "unreadable", Content: &x},
		"a directory":                    {Path: "dir", Content: &x},
		"the workspace":                  {Path: ".", Content: &x},
		"a file on the way":              {Path: "dir/f/g/h", Content: &x},
		"a dead link on the way":         {Path: "dead/f", Content: &x},
		"a dead link":                    {Path: "dead", Content: &x},
		"outside":                        {Path: "out/f", Content: &x},
		"dots":                           {Path: "../f", Content: &x},
		"read-only":                      {Path: "locked", Content: &x},
		"no right to make files":         {Path: "closed/f", Content: &x},
		"no right to make dirs":          {Path: "closed/new/f", Content: &x},
		"no right to replace":            {Path: "closed/old", Content: &x},
		"a long name":                    {Path: strings.Repeat("n", 256), Content: &x},
		"a long name of a new directory": {Path: "new/" + strings.Repeat("n", 256) + "/f", Content: &x},
		"a long name in a new directory": {Path: "new/" + strings.Repeat("n", 256), Content: &x},
		"too large":                      {Path: "f", Content: &large},
		"no content":                     {Path: "f"},
		"there already":                  {Path: "dir/f", Content: &x, IfAbsent: true},
		"not there":                      {Path: "some/new/f", Content: &x, IfAbsent: true},
		"as it was":                      {Path: "dir/f", Content: &x, IfHash: hashOf("1\n2\n3\n")},
		"changed":                        {Path: "dir/f", Content: &x, IfHash: hashOf("other")},
		"gone":                           {Path: "none/f", Content: &x, IfHash: hashOf("other")},
		"both conditions":                {Path: "dir/f", Content: &x, IfHash: hashOf("other"), IfAbsent: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := hostileStand(t)
			before := s.everything()
			w.Diff, w.DryRun = true, true
			dry, dryErr := s.Write(t.Context(), w, nil)
			if diff := cmp.Diff(before, s.everything()); diff != "" {
				t.Errorf("a dry run changed something: %s", diff)
			}
			w.DryRun = false
			real, realErr := s.Write(t.Context(), w, nil)
			if got, want := code(t, dryErr), code(t, realErr); got != want || fmt.Sprint(dryErr) != fmt.Sprint(realErr) {
				t.Errorf("the dry run is refused with %v, the real thing with %v", dryErr, realErr)
			}
			if dry.ModifiedAt.IsZero() != (dryErr != nil) || dry.ModifiedAt.After(real.ModifiedAt.Add(1e9)) {
				t.Errorf("it would be modified at %v", dry.ModifiedAt)
			}
			dry.ModifiedAt = real.ModifiedAt
			if diff := cmp.Diff(real, dry); diff != "" {
				t.Error(diff)
			}
		})
	}
	edits := []bridge.Edit{{OldText: "2", NewText: "two"}}
	for name, e := range map[string]bridge.EditFile{
		"an edit":        {Path: "dir/f", Edits: edits},
		"through a link": {Path: "link", Edits: edits},
		"no match":       {Path: "same", Edits: edits},
		"of nothing":     {Path: "none", Edits: edits},
		"of binary":      {Path: "binary", Edits: edits},
		"no right":       {Path: "closed/old", Edits: edits},
		"changed":        {Path: "dir/f", Edits: edits, IfHash: hashOf("other")},
		"as it was":      {Path: "dir/f", Edits: edits, IfHash: hashOf("1\n2\n3\n")},
	} {
		t.Run("edit/"+name, func(t *testing.T) {
			t.Parallel()
			s := hostileStand(t)
			before := s.everything()
			e.DryRun = true
			dry, dryErr := s.Edit(t.Context(), e)
			if diff := cmp.Diff(before, s.everything()); diff != "" {
				t.Errorf("a dry run changed something: %s", diff)
			}
			e.DryRun = false
			real, realErr := s.Edit(t.Context(), e)
			if code(t, dryErr) != code(t, realErr) || fmt.Sprint(dryErr) != fmt.Sprint(realErr) {
				t.Errorf("the dry run is refused with %v, the real thing with %v", dryErr, realErr)
			}
			dry.ModifiedAt = real.ModifiedAt
			if diff := cmp.Diff(real, dry); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// hostileStand has a file of every kind that is hard to write to.
func hostileStand(t *testing.T) *stand {
	t.Helper()
	s := start(t)
	s.put("dir/f", "1\n2\n3\n")
	s.put("same", "x\n")
	s.put("binary", "a\x00")
	s.put("large", "a")
	must(t, os.Truncate(s.path("large"), bridge.MaxEditBytes+1))
	s.put("unreadable", "secret")
	must(t, os.Chmod(s.path("unreadable"), 0o200))
	s.put("locked", "a")
	must(t, os.Chmod(s.path("locked"), 0o444))
	s.put("closed/old", "1\n2\n")
	must(t, os.Symlink("dir/f", s.path("link")))
	must(t, os.Symlink("dir", s.path("dirlink")))
	must(t, os.Symlink("nowhere", s.path("dead")))
	must(t, os.Symlink("/tmp", s.path("out")))
	must(t, os.Chmod(s.path("closed"), 0o555))
	t.Cleanup(func() { must(t, os.Chmod(s.path("closed"), 0o755)) })
	return s
}

func TestWritesTellWhatTheyChange(t *testing.T) {
	t.Parallel()
	var old, edited strings.Builder // long, and changed at both ends
	for i := range 3000 {
		fmt.Fprintf(&old, "line %d\n}\n", i)
		if i != 5 {
			fmt.Fprintf(&edited, "line %d\n}\n", i)
		}
		if i == 2990 {
			edited.WriteString("added\n")
		}
	}
	for name, c := range map[string]struct {
		old, content   string
		added, removed int
		diff           string
		cut            bool
	}{
		"new":        {"", "a\nb", 2, 0, "@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n", false},
		"the same":   {"a\n", "a\n", 0, 0, "", false},
		"a line":     {"a\nb\nc\n", "a\nx\nc\n", 1, 1, "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n", false},
		"emptied":    {"a\n", "", 0, 1, "@@ -1,1 +0,0 @@\n-a\n", false},
		"CRLF":       {"a\r\nb\r\n", "a\nb\n", 2, 2, "@@ -1,2 +1,2 @@\n-a\r\n-b\r\n+a\n+b\n", false},
		"both ends":  {old.String(), edited.String(), 1, 2, "@@ -8,8 +8,6 @@\n }\n line 4\n }\n-line 5\n-}\n line 6\n }\n line 7\n@@ -5980,6 +5978,7 @@\n }\n line 2990\n }\n+added\n line 2991\n }\n line 2992\n", false},
		"moved":      {"a\nb\nc\nd\n", "b\nc\nd\na\n", 1, 1, "@@ -1,4 +1,4 @@\n-a\n b\n c\n d\n+a\n", false},
		"long lines": {"", strings.Repeat("x", 40<<10) + "\nend\n", 2, 0, "@@ -0,0 +1,2 @@\n", true},
	} {
		s := start(t)
		if name != "new" {
			s.put("f", c.old)
		}
		got, err := s.Write(t.Context(), bridge.WriteFile{Path: "f", Content: &c.content, Diff: true}, nil)
		must(t, err)
		if want := "--- a/f\n+++ b/f\n" + c.diff; got.Diff != want || got.Added != c.added || got.Removed != c.removed || got.DiffTruncated != c.cut {
			t.Errorf("%s: +%d -%d cut %t\n%s", name, got.Added, got.Removed, got.DiffTruncated, got.Diff)
		}
		s.has("f", c.content)
		s.tidy()
	}
	// Unasked it says nothing, and of what is no text it cannot.
	s := start(t)
	s.put("binary", "a\x00")
	text, binary := "a\n", "b\x00"
	for _, w := range []bridge.WriteFile{{Path: "new", Content: &text}, {Path: "binary", Content: &text, Diff: true}, {Path: "new", Content: &binary, Diff: true}} {
		if got, err := s.Write(t.Context(), w, nil); err != nil || got.Diff != "" || got.Added != 0 || got.Removed != 0 || got.DiffTruncated {
			t.Errorf("%s: %+v, %v", w.Path, got, err)
		}
	}
	if _, err := s.Write(t.Context(), bridge.WriteFile{Path: "f", Diff: true}, strings.NewReader("a")); code(t, err) != bridge.CodeBadRequest {
		t.Errorf("a diff of contents in frames: %v", err)
	}
}
