package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/cli"
)

func execWords(words ...string) []string {
	return append([]string{"workspace", "exec", "my app", "--"}, words...)
}

func TestExecEndsAsTheCommandDoes(t *testing.T) {
	s := newStand(t)
	s.remotely(t)
	if err := os.WriteFile(filepath.Join(s.root, "a.txt"), []byte("hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		words     []string
		code      int
		out, errs string
	}{
		"in the workspace's folder":  {[]string{"cat", "a.txt"}, 0, "hello\n", ""},
		"exit code":                  {[]string{"bash", "-c", "exit 7"}, 7, "", ""},
		"both outputs apart":         {[]string{"bash", "-c", "echo out; echo err >&2; exit 3"}, 3, "out\n", "err\n"},
		"a signal":                   {[]string{"bash", "-c", "kill -9 $$"}, 137, "", ""},
		"bytes that are no text":     {[]string{"printf", `\377\0\376`}, 0, "\xff\x00\xfe", ""},
		"nothing means anything":     {[]string{"printf", "%s|", "$HOME", "*", "a b", "", "'", `\`, "`id`", "~", "{a,b}", "é", "\xff\xfe'\n", "#", "!"}, 0, "$HOME|*|a b||'|\\|`id`|~|{a,b}|é|\xff\xfe'\n|#|!|", ""},
		"flags are the command's":    {[]string{"printf", "%s", "--json"}, 0, "--json", ""},
		"no input is an empty input": {[]string{"cat"}, 0, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := s.run(t, execWords(c.words...)...)
			if code != c.code || out != c.out || errs != c.errs {
				t.Errorf("%d %q %q; want %d %q %q", code, out, errs, c.code, c.out, c.errs)
			}
		})
	}
	t.Run("no such program", func(t *testing.T) {
		code, _, errs := s.run(t, execWords("nosuchprogram")...)
		if code != 127 || !strings.Contains(errs, "nosuchprogram") {
			t.Errorf("%d %q", code, errs)
		}
	})
	t.Run("an assignment is a program's name", func(t *testing.T) {
		if code, _, errs := s.run(t, execWords("A=b", "true")...); code != 127 {
			t.Errorf("%d %q", code, errs)
		}
	})
	t.Run("without dashes", func(t *testing.T) {
		if code, out, errs := s.run(t, "workspace", "exec", workspaceID, "echo", "-n", "--json"); code != 0 || out != "--json" {
			t.Errorf("%d %q %q", code, out, errs)
		}
	})
	t.Run("as JSON", func(t *testing.T) {
		code, out, errs := s.run(t, "workspace", "exec", "--json", workspaceID, "--", "bash", "-c", `printf 'a\377'; echo e >&2; exit 4`)
		var got struct {
			ExitCode       int
			Stdout, Stderr string
			Truncated      bool
		}
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != 4 || got.ExitCode != 4 || got.Stdout != "a\uFFFD" || got.Stderr != "e\n" || got.Truncated || errs != "" {
			t.Errorf("%d %q %q: %v", code, out, errs, err)
		}
	})
	t.Run("as JSON, with more than is kept", func(t *testing.T) {
		_, out, errs := s.run(t, "workspace", "exec", "--json", workspaceID, "--", "bash", "-c", "head -c 20000000 /dev/zero | tr '\\0' x")
		var got struct {
			Stdout    string
			Truncated bool
		}
		if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.Stdout) != 16<<20 || !got.Truncated {
			t.Errorf("%d bytes, %v: %v %q", len(got.Stdout), got.Truncated, err, errs)
		}
	})
}

func TestExecRefusesWhatCannotWork(t *testing.T) {
	s := newStand(t)
	s.remotely(t)
	for name, c := range map[string]struct {
		words []string
		code  int
		says  string
	}{
		"no command":            {[]string{"workspace", "exec", "my app"}, 2, "which command"},
		"only dashes":           {[]string{"workspace", "exec", "my app", "--"}, 2, "which command"},
		"no workspace":          {[]string{"workspace", "exec", "nosuch", "true"}, 1, "kalpana workspace ls"},
		"one that does not run": {[]string{"workspace", "exec", "asleep", "true"}, 1, "kalpana workspace start " + stoppedID},
		"a terminal for a pipe": {[]string{"workspace", "exec", "-t", "my app", "true"}, 1, "needs a terminal"},
		"a terminal as JSON":    {[]string{"workspace", "exec", "-t", "--json", "my app", "true"}, 2, "exclude each other"},
		"a shell for a pipe":    {[]string{"workspace", "shell", "my app"}, 1, "needs a terminal"},
		"a shell as JSON":       {[]string{"workspace", "shell", "--json", "my app"}, 2, "JSON"},
		"a long command":        {execWords("echo", strings.Repeat("x", 70000)), 1, "put it in a file"},
		"a forbidden flag":      {[]string{"workspace", "exec", "--frobnicate", "my app", "true"}, 2, "unknown flag"},
	} {
		t.Run(name, func(t *testing.T) {
			if code, out, errs := s.run(t, c.words...); code != c.code || !strings.Contains(errs, c.says) {
				t.Errorf("%d %q %q; want %d and %q", code, out, errs, c.code, c.says)
			}
		})
	}
}

func TestExecPassesInputOnByteForByte(t *testing.T) {
	s := newStand(t)
	s.remotely(t)
	input := make([]byte, 5<<20)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(input)
	code, out, errs := s.runWith(t, string(input), execWords("cat")...)
	if code != 0 || out != string(input) {
		t.Errorf("%d, %d bytes of %d came back: %q", code, len(out), len(input), errs)
	}
	// A command that does not read its input, or not all, ends all the same.
	for _, line := range []string{"true", "head -c 10 >/dev/null", "exec <&-; echo x >/dev/null"} {
		if code, _, errs := s.runWith(t, string(input), execWords("bash", "-c", line)...); code != 0 {
			t.Errorf("%s: %d %q", line, code, errs)
		}
	}
}

func TestExecWithoutTokenBorrowsTheOwners(t *testing.T) {
	s := newStand(t)
	s.locally(t)
	code, out, errs := s.run(t, execWords("echo", "hi")...)
	if code != 0 || out != "hi\n" || errs != "" {
		t.Errorf("%d %q %q", code, out, errs)
	}
	// Also when it does not come to an end by itself.
	if code, _, _ := s.run(t, execWords("bash", "-c", "exit 9")...); code != 9 {
		t.Errorf("exit code: %d", code)
	}
	r := s.start(t, execWords("bash", "-c", "echo begun; sleep 1000")...)
	r.shows(t, "begun")
	r.cancel()
	if code := r.wait(t); code != 1 {
		t.Errorf("cancelled: %d", code)
	}
	if len(s.made) != 3 || s.made[0] != "kalpana exec" {
		t.Errorf("tokens: %q", s.made)
	}
	if len(s.tokens) != 1 {
		t.Errorf("tokens are left: %v", s.tokens)
	}
}

// begin starts a command that never ends, and returns it and its process's number.
func (s *stand) begin(t *testing.T) (*running, int) {
	t.Helper()
	r := s.start(t, execWords("bash", "-c", "echo pid $$ end; sleep 1000; echo never")...)
	r.shows(t, " end\n")
	var pid int
	if _, err := fmt.Sscanf(r.out.String(), "pid %d end", &pid); err != nil {
		t.Fatal(err)
	}
	return r, pid
}

func gone(t *testing.T, pid int) {
	t.Helper()
	eventually(t, "the command has ended", func() bool { return syscall.Kill(pid, 0) == syscall.ESRCH }, func() string {
		state, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
		return string(state)
	})
}

func TestInterruptEndsTheCommandToo(t *testing.T) {
	s := newStand(t)
	s.remotely(t)
	for signal, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		r, pid := s.begin(t)
		if err := syscall.Kill(os.Getpid(), signal); err != nil {
			t.Fatal(err)
		}
		if code := r.wait(t); code != want || r.err.String() != "" {
			t.Errorf("%s: %d %q", signal, code, r.err.String())
		}
		gone(t, pid)
	}
}

func TestLostConnectionIsSaid(t *testing.T) {
	s := newStand(t)
	s.remotely(t)
	for name, lose := range map[string]func(){"cut": s.wires.cut, "silent": s.wires.silence} {
		t.Run(name, func(t *testing.T) {
			if name == "silent" {
				defer cli.AskEvery(100 * time.Millisecond)()
			}
			r, pid := s.begin(t)
			lose()
			if code := r.wait(t); code != 1 || !strings.Contains(r.err.String(), "connection to the workspace was lost") {
				t.Errorf("%d %q", code, r.err.String())
			}
			s.wires.cut()
			gone(t, pid)
		})
	}
}

// soon makes the bridge move commands to the background after a second, not an hour.
func soon(message []byte) []byte {
	return bytes.Replace(message, []byte(`"timeoutSeconds":3600`), []byte(`"timeoutSeconds":1`), 1)
}

func TestExecFollowsACommandIntoTheBackground(t *testing.T) {
	s := newStand(t)
	s.rewrite = soon
	s.remotely(t)
	// The command goes on until it is told that it is in the background.
	flag := filepath.Join(s.root, "flag")
	r := s.start(t, execWords("bash", "-c", "echo é1; echo e1 >&2; until [ -e flag ]; do :; done; echo ü2; echo e2 >&2; exit 5")...)
	r.shows(t, "é1")
	eventually(t, "it runs in the background", func() bool { return s.inBackground(t) }, r.err.String)
	if err := os.WriteFile(flag, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code := r.wait(t); code != 5 || r.out.String() != "é1\nü2\n" || r.err.String() != "e1\ne2\n" {
		t.Errorf("%d %q %q", code, r.out.String(), r.err.String())
	}

	r, pid := s.begin(t)
	eventually(t, "it runs in the background", func() bool { return s.inBackground(t) }, r.err.String)
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := r.wait(t); code != 130 {
		t.Errorf("interrupted: %d %q", code, r.err.String())
	}
	gone(t, pid)
}

func FuzzCommandLine(f *testing.F) {
	for _, w := range []string{"", "a", "if", "a=b", "$x", "'", "\xff", "é", "-n", "~", "%1", "\n", `\`, "!", "a\xffb'c\\d\n", "{a,b}", "[x]", "\x01\x7f"} {
		f.Add(w, "x y")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if strings.ContainsRune(a+b, 0) {
			return // no program can be given a NUL byte
		}
		out, err := exec.CommandContext(t.Context(), "bash", "-c", "--", cli.CommandLine([]string{"printf", `%s\0`, a, b, "time"})).Output()
		if want := a + "\x00" + b + "\x00time\x00"; err != nil || string(out) != want {
			t.Errorf("%q and %q arrive as %q: %v", a, b, out, err)
		}
		// As a first word it is a program's name and nothing else.
		if a != "" && !strings.Contains(a, "/") && len(a) < 200 {
			dir := t.TempDir()
			if os.Symlink("/bin/echo", filepath.Join(dir, a)) != nil {
				return // no name for a file
			}
			c := exec.CommandContext(t.Context(), "/bin/bash", "-c", "--", cli.CommandLine([]string{"./" + a, "ok"}))
			c.Dir = dir
			if out, err := c.Output(); err != nil || string(out) != "ok\n" {
				t.Errorf("%q as a program: %q %v", a, out, err)
			}
		}
	})
}
