package child_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/bridge/child"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func sh(script string) child.Program {
	return child.Program{Name: "/bin/sh", Args: []string{"-c", script}, Env: []string{"PATH=/usr/bin:/bin"}}
}

func run(t *testing.T, p child.Program) (child.Result, string, error) {
	t.Helper()
	var out bytes.Buffer
	if p.Output == nil {
		p.Output = &out
	}
	result, err := child.Run(t.Context(), supervisor.NewChildren(), p)
	return result, out.String(), err
}

func TestResultHasCodeAndTheFirstOfStderr(t *testing.T) {
	t.Setenv("SECRET", "x")
	result, out, err := run(t, sh(`env; echo first >&2; head -c 100000 /dev/zero >&2; exit 7`))
	if err != nil || result.ExitCode != 7 || len(result.Stderr) != 4096 || strings.Contains(out, "SECRET") {
		t.Errorf("code %d, %d bytes of stderr, %q, %v", result.ExitCode, len(result.Stderr), out, err)
	}
}

func TestErrorsOfInputAndOutputEndTheProgram(t *testing.T) {
	mine := errors.New("mine")
	p := sh("cat; exec sleep 1000")
	p.Input = func(io.Writer) error { return mine }
	if _, _, err := run(t, p); !errors.Is(err, mine) {
		t.Errorf("input: %v", err)
	}
	p = sh("exec yes")
	p.Output = writer(func(b []byte) (int, error) { return 0, mine })
	if _, _, err := run(t, p); !errors.Is(err, mine) {
		t.Errorf("output: %v", err)
	}
	// One that does not read its input is judged by its code alone.
	p = sh("exit 3")
	p.Input = func(w io.Writer) error {
		_, err := w.Write(make([]byte, 1<<20))
		return err
	}
	if result, _, err := run(t, p); err != nil || result.ExitCode != 3 {
		t.Errorf("unread input: %+v, %v", result, err)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

func TestTheWholeGroupEndsWithTheRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	started := make(chan int, 1)
	p := sh(`trap '' TERM; sleep 1000 & echo $!; while :; do wait; done`)
	p.Output = writer(func(b []byte) (int, error) {
		pid, _ := strconv.Atoi(strings.TrimSpace(string(b)))
		started <- pid
		cancel()
		return len(b), nil
	})
	if _, err := child.Run(ctx, supervisor.NewChildren(), p); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	pid := <-started
	deadline := time.After(20 * time.Second)
	for running(pid) {
		select {
		case <-deadline:
			t.Fatal("a child of the program lives on")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// running is false for a zombie, too: nobody here buries it.
func running(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !bytes.Contains(stat, []byte(") Z "))
}

func TestASignalOfSomebodyElseIsTold(t *testing.T) {
	_, _, err := run(t, sh("kill -KILL $$"))
	if killed, ok := errors.AsType[*child.KilledError](err); !ok || killed.Signal != syscall.SIGKILL {
		t.Errorf("got %v", err)
	}
	if _, _, err := run(t, child.Program{Name: "/none"}); !errors.Is(err, os.ErrNotExist) || errors.Is(err, exec.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func FuzzText(f *testing.F) {
	f.Add("aé\xff\xfe\u2028\x01\"\\\n\U0001f600", 3)
	f.Fuzz(func(t *testing.T, s string, n int) {
		text := child.Text(s)
		if !utf8.ValidString(text) || utf8.RuneCountInString(text) != utf8.RuneCountInString(s) {
			t.Errorf("%q became %q", s, text)
		}
		n = min(max(n, 0), 1000)
		if cut := child.Cut(s, n); utf8.RuneCountInString(cut) > n || !strings.HasPrefix(text, cut) {
			t.Errorf("%q cut to %d: %q", s, n, cut)
		}
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(text); err != nil || b.Len()-3 > child.JSONSize(text) {
			t.Errorf("%q takes %d bytes, not %d", text, b.Len()-3, child.JSONSize(text))
		}
		if c := child.Clip(s); !utf8.ValidString(c) || len(c) > 620 {
			t.Errorf("%q clipped to %q", s, c)
		}
	})
}

func TestLinesAreToldAsTheyCome(t *testing.T) {
	var told []string
	l := &child.Lines{Tell: func(text string) error { told = append(told, text); return nil }}
	for _, part := range []string{"one\ntw", "o\r\n\n \nthr", "ee", "", "\n\ttab\x1b[1;32mgreen\x1b[0m\x1b]8;;x\x1b\\link\x1b", "[2K\u202eback\n", strings.Repeat("x", 5000), strings.Repeat("y", 5000), "\nlast"} {
		if n, err := l.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if err := errors.Join(l.Flush(), l.Flush(), l.Say("ours")); err != nil {
		t.Fatal(err)
	}
	want := []string{"one", "two", "three", " tabgreenlinkback", strings.Repeat("x", 1000) + "…", "last", "ours"}
	if strings.Join(told, "|") != strings.Join(want, "|") {
		t.Errorf("told %q", told)
	}
	if tail := l.Tail(); len(tail) != 9 || tail[2] != "" || tail[8] != "last" {
		t.Errorf("the tail is %q", tail)
	}
	mine := errors.New("mine")
	l = &child.Lines{Tell: func(string) error { return mine }}
	if _, err := l.Write([]byte("x\n")); !errors.Is(err, mine) {
		t.Errorf("%v", err)
	}
}

// FuzzLine: a line is text that a terminal or page shows as it is.
func FuzzLine(f *testing.F) {
	f.Add("a\x1b[31mred\x1b[0m\t\x1b]0;title\ab\xff\u2028\u202e\x1b")
	f.Fuzz(func(t *testing.T, s string) {
		line := child.Line(s)
		if !utf8.ValidString(line) || utf8.RuneCountInString(line) > 1001 || strings.ContainsFunc(line, unicode.IsControl) {
			t.Errorf("%q became %q", s, line)
		}
	})
}
