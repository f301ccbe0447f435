package files_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kalpana-dev/kalpana/bridge"
)

func TestEditingAFile(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.put("src/a.go", "package a\n\nvar x = 1\nvar y = 1\n")
	must(t, os.Chmod(s.path("src/a.go"), 0o640))
	must(t, os.Symlink("src/a.go", s.path("link")))
	want := "package b\n\nvar x = 2\nvar y = 2\n"
	got, err := s.Edit(t.Context(), bridge.EditFile{Path: "link", IfHash: hashOf("package a\n\nvar x = 1\nvar y = 1\n"), Edits: []bridge.Edit{
		{OldText: "package a", NewText: "package b"}, {OldText: "= 1", NewText: "= 2", ReplaceAll: true},
	}})
	must(t, err)
	s.has("src/a.go", want)
	info, err := os.Lstat(s.path("src/a.go"))
	must(t, err)
	expect := bridge.EditResult{
		FileInfo: bridge.FileInfo{
			Path: "link", Size: int64(len(want)), ModifiedAt: info.ModTime().UTC(), Hash: hashOf(want), Added: 3, Removed: 3,
			Diff: "--- a/link\n+++ b/link\n@@ -1,4 +1,4 @@\n-package a\n+package b\n \n-var x = 1\n+var x = 2\n-var y = 1\n+var y = 2\n",
		},
		Replaced: 3,
	}
	if diff := cmp.Diff(expect, got); diff != "" || info.Mode() != 0o640 {
		t.Errorf("mode %v, %s", info.Mode(), diff)
	}
	s.tidy()
}

func TestAnEditThatIsRefusedChangesNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	one := []bridge.Edit{{OldText: "a", NewText: "b"}}
	s.put("f", "a\n")
	s.put("binary", "a\x00")
	s.put("latin1", "a\xe9")
	s.put("locked", "a")
	must(t, os.Chmod(s.path("locked"), 0o444))
	s.put("large", "a")
	must(t, os.Truncate(s.path("large"), bridge.MaxEditBytes+1))
	for name, c := range map[string]struct {
		req  bridge.EditFile
		want string
	}{
		"no edits":           {bridge.EditFile{Path: "f"}, bridge.CodeBadRequest},
		"too many":           {bridge.EditFile{Path: "f", Edits: make([]bridge.Edit, 21)}, bridge.CodeBadRequest},
		"another file":       {bridge.EditFile{Path: "f", IfHash: hashOf("b"), Edits: one}, bridge.CodeChangedOnDisk},
		"missing":            {bridge.EditFile{Path: "none", Edits: one}, bridge.CodeNotFound},
		"NUL":                {bridge.EditFile{Path: "binary", Edits: one}, bridge.CodeIsBinary},
		"not UTF-8":          {bridge.EditFile{Path: "latin1", Edits: one}, bridge.CodeIsBinary},
		"read-only":          {bridge.EditFile{Path: "locked", Edits: one}, bridge.CodePermissionDenied},
		"large":              {bridge.EditFile{Path: "large", Edits: one}, bridge.CodeTooLarge},
		"the second is lost": {bridge.EditFile{Path: "f", Edits: append(one, bridge.Edit{OldText: "a", NewText: "c"})}, bridge.CodeEditNoMatch},
	} {
		got, err := s.Edit(t.Context(), c.req)
		if code(t, err) != c.want || got != (bridge.EditResult{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, want := range map[string]string{"f": "a\n", "binary": "a\x00", "latin1": "a\xe9", "locked": "a"} {
		s.has(name, want)
	}
	s.tidy()
}

// TestEditsAtOnceLoseNothing lets many count in one file, under two names.
func TestEditsAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	const editors = 6
	var text strings.Builder
	for i := range editors {
		fmt.Fprintf(&text, "%d: 0\n", i)
	}
	s.put("dir/f", text.String())
	must(t, os.Symlink("dir", s.path("alias")))
	var wg sync.WaitGroup
	for i := range editors {
		path := []string{"dir/f", "alias/f"}[i%2]
		wg.Go(func() {
			for n := range 20 {
				edit := bridge.Edit{OldText: fmt.Sprintf("%d: %d\n", i, n), NewText: fmt.Sprintf("%d: %d\n", i, n+1)}
				if _, err := s.Edit(t.Context(), bridge.EditFile{Path: path, Edits: []bridge.Edit{edit}}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	s.has("dir/f", strings.ReplaceAll(text.String(), ": 0", ": 20"))
}

// TestOfManyWritersOfOneVersionOneWins lets many replace the same version of a file.
func TestOfManyWritersOfOneVersionOneWins(t *testing.T) {
	t.Parallel()
	s := start(t)
	version := "0"
	s.put("f", version)
	for round := range 20 {
		wins := make(chan string, 8)
		var wg sync.WaitGroup
		for i := range cap(wins) {
			wg.Go(func() {
				mine := fmt.Sprintf("%d by %d", round, i)
				switch err := s.write(bridge.WriteFile{Path: "f", IfHash: hashOf(version)}, mine); code(t, err) {
				case "":
					wins <- mine
				case bridge.CodeChangedOnDisk:
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(wins) != 1 {
			t.Fatalf("%d won", len(wins))
		}
		version = <-wins
		s.has("f", version)
	}
}

func TestAWaitingEditCanBeCancelled(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.put("f", "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Edit(ctx, bridge.EditFile{Path: "f", Edits: []bridge.Edit{{OldText: "a", NewText: "b"}}}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	s.has("f", "a")
	s.tidy()
}
