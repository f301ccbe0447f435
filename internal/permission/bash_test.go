package permission_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/permission"
)

// TestBashRunsOnlyWhatWasRead runs commands that are allowed with the real bash, where every
// program is a stand-in that writes down its name: none may be there that no rule names.
func TestBashRunsOnlyWhatWasRead(t *testing.T) {
	dir := t.TempDir()
	bin, log, work := filepath.Join(dir, "bin"), filepath.Join(dir, "log"), filepath.Join(dir, "work")
	for _, d := range []string{bin, filepath.Join(work, "web"), filepath.Join(work, "src")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	allowed := []string{"npm", "ls", "git", "cat", "tail", "sort"}
	for _, name := range append(slices.Clone(allowed), "rm", "curl", "sh", "evil", "x", "python") {
		script := "#!/bin/bash\nprintf '%s\\n' \"${0##*/}\" >>'" + log + "'\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p := policy(t, permission.ModeAsk, rulesText)
	pieces := []string{"npm test", "ls", "; ", " && ", " | ", "\n", "\\\n", " # ", "'", "\"", "\\", " rm x", "$(evil)", "`evil`", "<<E\n", "E\n", "<<'E'\n", "{", "}", " (", ")", " & ", "evil", "$'", "!", "\t", "((", "[[ ", "]]", "cat", " <<<", ">/dev/null ", "2>&1", "if ", "then ", "fi", "time ", "x=1 ", "~", "*", "-", "||", ";;", "case x in ", "git status"}
	tried := 0
	// A small generator of its own, so that the same texts are tried every time.
	seed := uint64(1)
	next := func(n int) int {
		seed = seed*6364136223846793005 + 1442695040888963407
		return int(seed>>33) % n
	}
	for range 60000 {
		var b strings.Builder
		for range 1 + next(7) {
			b.WriteString(pieces[next(len(pieces))])
		}
		text := b.String()
		if permission.Decide(p, command(text)).Verdict != permission.Allowed {
			continue
		}
		if tried++; tried > 400 {
			break
		}
		cmd := exec.CommandContext(t.Context(), "/bin/bash", "-c", text)
		cmd.Dir, cmd.Env = work, []string{"PATH=" + bin, "HOME=" + work}
		cmd.Run() // its exit code says nothing about what it ran
		ran, err := os.ReadFile(log)
		if err != nil {
			continue
		}
		for name := range strings.FieldsSeq(string(ran)) {
			if !slices.Contains(allowed, name) {
				t.Fatalf("%q is allowed, and bash runs %s", text, name)
			}
		}
		if err := os.Remove(log); err != nil {
			t.Fatal(err)
		}
	}
	if tried < 100 {
		t.Errorf("only %d commands were allowed", tried)
	}
}
