package image_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
)

// TestFilesAreShownInTheOpenPage uses a real browser, because what the bridge tells the
// editor's pages is no public interface of theirs. It needs Chromium, Node and ui/node_modules.
func TestFilesAreShownInTheOpenPage(t *testing.T) {
	w := start(t)
	c, err := bridgeclient.Dial(t.Context(), w.api, w.key)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := w.inside(t, `cd /workspace && seq 200 >n.txt && for f in -x a a:1:2 b:c.txt z.code-workspace 'sp ace%41#?é.txt'; do seq 30 >"./$f"; done && echo made`); got != "made" {
		t.Fatal(got)
	}
	open := func(req bridge.OpenEditor) error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		return c.Call(ctx, bridge.TypeOpenEditor, req, nil)
	}
	noEditor := func() bool {
		refused, ok := errors.AsType[*bridge.Error](open(bridge.OpenEditor{Path: "n.txt"}))
		return ok && refused.Code == bridge.CodeNoEditor
	}
	if !noEditor() {
		t.Error("no page is open, and yet it is not no_editor")
	}

	script := exec.Command("node", "page.mjs", w.editor, bridge.KeyHeader, w.key)
	script.Stderr = os.Stderr
	in, err := script.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := script.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := script.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(4*time.Minute, func() { _ = script.Process.Kill() })
	defer func() {
		_ = in.Close()
		_ = script.Wait()
		kill.Stop()
	}()
	lines := bufio.NewScanner(out)
	await := func(want string) {
		t.Helper()
		var seen []string
		for lines.Scan() {
			if seen = append(seen, lines.Text()); lines.Text() == want {
				return
			}
		}
		t.Fatalf("the page never shows %q, but %q", want, seen)
	}
	await("open")
	// The page is there a moment before it can be told of files.
	eventually(t, "a file is opened", func() bool {
		return open(bridge.OpenEditor{Path: "n.txt", Line: 150, Column: 2}) == nil
	}, func() string { return "no_editor" })
	await("n.txt Ln 150, Col 2")
	var shown bridge.EditorState
	shows := func(want ...bridge.OpenFile) func() bool {
		return func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := c.Call(ctx, bridge.TypeEditorState, nil, &shown); err != nil {
				t.Fatal(err)
			}
			return slices.Equal(shown.Files, want)
		}
	}
	eventually(t, "it is told what is open", shows(bridge.OpenFile{Path: "n.txt", Active: true, Line: 150}), func() string { return fmt.Sprint(shown) })
	for _, show := range []struct {
		path string
		line int
		want string
	}{
		{"-x", 10, "Ln 10, Col 1"},
		{"a:1:2", 7, "Ln 1, Col 1"}, // not line 1 of a
		{"b:c.txt", 7, "Ln 7, Col 1"},
		{"z.code-workspace", 3, "Ln 3, Col 1"}, // not that workspace
		{"sp ace%41#?é.txt", 9, "Ln 9, Col 1"},
		{"/workspace/n.txt", 20, "Ln 20, Col 1"},
	} {
		if err := open(bridge.OpenEditor{Path: show.path, Line: show.line}); err != nil {
			t.Errorf("%s: %v", show.path, err)
			continue
		}
		await(strings.TrimPrefix(show.path, "/workspace/") + " " + show.want)
	}
	// The extension in the page is told, and shows a terminal.
	if err := open(bridge.OpenEditor{Terminal: true}); err != nil {
		t.Errorf("terminal: %v", err)
	} else {
		await("terminal")
	}
	_ = in.Close()
	for lines.Scan() { // until the browser is gone
	}
	eventually(t, "the closed page is none", func() bool { return noEditor() }, func() string { return "it is told of files" })
	eventually(t, "nothing is open without a page", shows(), func() string { return fmt.Sprint(shown) })
}
