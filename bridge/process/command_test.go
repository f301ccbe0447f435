package process_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/process"
)

func TestCommandsRunToTheirEnd(t *testing.T) {
	t.Parallel()
	s := start(t)
	if err := os.MkdirAll(filepath.Join(s.dir, "a", "b"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a/b", filepath.Join(s.dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name           string
		req            bridge.RunCommand
		stdout, stderr string
		code           int
		signal         string
	}{
		{"output", bridge.RunCommand{Command: "echo out; echo err >&2"}, "out\n", "err\n", 0, ""},
		{"exit code", bridge.RunCommand{Command: "exit 7"}, "", "", 7, ""},
		{"ended by a signal", bridge.RunCommand{Command: "kill -TERM $$"}, "", "", 143, "TERM"},
		{"unknown program", bridge.RunCommand{Command: "exec /no/such 2>/dev/null"}, "", "", 127, ""},
		{"begins with a dash", bridge.RunCommand{Command: "-x 2>/dev/null; echo $?"}, "127\n", "", 0, ""},
		{"several lines", bridge.RunCommand{Command: "if true\nthen echo yes\nfi"}, "yes\n", "", 0, ""},
		{"no input", bridge.RunCommand{Command: "cat; echo end"}, "end\n", "", 0, ""},
		{"no terminal", bridge.RunCommand{Command: "[ -t 0 ] || [ -t 1 ] || [ -t 2 ] || echo none; (: </dev/tty) 2>/dev/null || echo none"}, "none\nnone\n", "", 0, ""},
		{"a session of its own", bridge.RunCommand{Command: `[ $(ps -o sid= -p $$) = $$ ] && [ $(ps -o pgid= -p $$) = $$ ] && echo own`}, "own\n", "", 0, ""},
		{"workspace", bridge.RunCommand{Command: "pwd; pwd -P"}, s.dir + "\n" + s.dir + "\n", "", 0, ""},
		{"folder", bridge.RunCommand{Command: "pwd; pwd -P; echo $PWD", Path: "a//b/"}, strings.Repeat(s.dir+"/a/b\n", 3), "", 0, ""},
		{"folder through a link", bridge.RunCommand{Command: "pwd; pwd -P", Path: "link"}, s.dir + "/link\n" + s.dir + "/a/b\n", "", 0, ""},
		{"absolute folder", bridge.RunCommand{Command: "pwd", Path: s.dir + "/a"}, s.dir + "/a\n", "", 0, ""},
		{"writes block", bridge.RunCommand{Command: `cat /proc/self/fdinfo/1 | grep flags | grep -c 4001 || true`}, "0\n", "", 0, ""},
		{"quiet", bridge.RunCommand{Command: "echo out", Quiet: true}, "", "", 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			result, r := s.run(t, c.req)
			if r.text("stdout") != c.stdout || r.text("stderr") != c.stderr {
				t.Errorf("stdout %q, stderr %q", r.text("stdout"), r.text("stderr"))
			}
			if result.ExitCode == nil || *result.ExitCode != c.code || result.Signal != c.signal || result.Running || result.OmittedBytes != 0 || len(result.Left) != 0 {
				t.Errorf("result %+v", result)
			}
			want := c.stdout + c.stderr
			if c.req.Quiet {
				want = "out\n"
			}
			if c.stderr == "" && result.Output != want || len(result.Output) != len(want) {
				t.Errorf("output %q, want %q", result.Output, want)
			}
			if r.started.PID == 0 || r.started.Command != c.req.Command || !r.started.Running || r.started.Terminal || r.started.ProcessID != result.ProcessID {
				t.Errorf("started %+v", r.started)
			}
			info := s.info(t, result.ProcessID)
			if info.Running || info.EndedAt == nil || info.ExitCode == nil || *info.ExitCode != c.code || info.OutputBytes != int64(len(want)) {
				t.Errorf("listed %+v", info)
			}
		})
	}
}

func TestBadCommandsAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	if err := os.WriteFile(filepath.Join(s.dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		req  bridge.RunCommand
		code string
	}{
		{"nothing", bridge.RunCommand{}, bridge.CodeBadRequest},
		{"white space", bridge.RunCommand{Command: " \n\t"}, bridge.CodeBadRequest},
		{"NUL", bridge.RunCommand{Command: "echo a\x00b"}, bridge.CodeBadRequest},
		{"too long", bridge.RunCommand{Command: strings.Repeat("x", bridge.MaxCommandBytes+1)}, bridge.CodeTooLarge},
		{"negative time", bridge.RunCommand{Command: "true", TimeoutSeconds: -1}, bridge.CodeBadRequest},
		{"long time", bridge.RunCommand{Command: "true", TimeoutSeconds: 3601}, bridge.CodeBadRequest},
		{"no folder", bridge.RunCommand{Command: "true", Path: "none"}, bridge.CodeCannotStart},
		{"a file", bridge.RunCommand{Command: "true", Path: "file"}, bridge.CodeNotDirectory},
		{"above", bridge.RunCommand{Command: "true", Path: "../x"}, bridge.CodeOutsideWorkspace},
		{"absolute", bridge.RunCommand{Command: "true", Path: "/etc"}, bridge.CodeOutsideWorkspace},
		{"NUL in the path", bridge.RunCommand{Command: "true", Path: "a\x00"}, bridge.CodeInvalidPath},
		{"long name", bridge.RunCommand{Command: "true", Path: strings.Repeat("x", 300)}, bridge.CodeInvalidPath},
		{"variable without name", bridge.RunCommand{Command: "true", Env: map[string]string{"": "x"}}, bridge.CodeBadRequest},
		{"variable with =", bridge.RunCommand{Command: "true", Env: map[string]string{"A=B": "x"}}, bridge.CodeBadRequest},
		{"variable with a digit first", bridge.RunCommand{Command: "true", Env: map[string]string{"1A": "x"}}, bridge.CodeBadRequest},
		{"function for bash", bridge.RunCommand{Command: "true", Env: map[string]string{"BASH_FUNC_x%%": "() { :; }"}}, bridge.CodeBadRequest},
		{"NUL in a value", bridge.RunCommand{Command: "true", Env: map[string]string{"A": "x\x00"}}, bridge.CodeBadRequest},
		{"value too long for the system", bridge.RunCommand{Command: "true", Env: map[string]string{"A": strings.Repeat("x", 200<<10)}}, bridge.CodeCannotStart},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &record{}
			_, err := s.RunCommand(t.Context(), c.req, r.emit)
			hasCode(t, err, c.code)
			if r.id() != "" {
				t.Error("it was started")
			}
		})
	}
	if list := s.List().Processes; list == nil || len(list) != 0 {
		t.Errorf("listed %v", list)
	}
}

func TestOutputIsCutInTheMiddle(t *testing.T) {
	t.Parallel()
	s := start(t)
	const half = bridge.MaxOutputBytes / 2
	for _, c := range []struct {
		name, command, begin, end string
		size                      int64
		same                      bool
	}{
		{"as long as allowed", fmt.Sprintf("head -c %d /dev/zero | tr '\\0' x", 2*half), "x", "x", 2 * half, true},
		{"one byte more", fmt.Sprintf("head -c %d /dev/zero | tr '\\0' x; printf y", 2*half), "x", "xy", 2*half + 1, false},
		{"one huge line", "printf begin; head -c 5000000 /dev/zero | tr '\\0' x; printf end", "beginx", "xend", 5000008, false},
		{"characters of three bytes", `yes ✓ | head -n 100000`, "✓\n✓\n", "✓\n✓\n", 400000, false},
		{"bytes in turn on two streams", `for i in {1..40000}; do printf a; printf b >&2; done`, "", "", 80000, false},
	} {
		for _, quiet := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, " ", quiet), func(t *testing.T) {
				t.Parallel()
				result, r := s.run(t, bridge.RunCommand{Command: c.command, Quiet: quiet})
				if !strings.HasPrefix(result.Output, c.begin) || !strings.HasSuffix(result.Output, c.end) || strings.ContainsRune(result.Output, '\ufffd') {
					t.Errorf("output %.20q … %q", result.Output, result.Output[len(result.Output)-20:])
				}
				if int64(len(result.Output))+result.OmittedBytes != c.size || len(result.Output) > 2*half || len(result.Output) < 2*half-6 || (result.OmittedBytes == 0) != c.same {
					t.Errorf("%d bytes of %d, %d omitted", len(result.Output), c.size, result.OmittedBytes)
				}
				if !quiet && int64(len(r.text(""))) != c.size {
					t.Errorf("%d bytes in events", len(r.text("")))
				}
				if quiet && len(r.outputs) != 0 {
					t.Error("quiet, but there are events")
				}
			})
		}
	}
}

func TestCharactersAreNotCut(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, c := range []struct {
		name   string
		pieces []string // each written when the one before has been read
		want   []string // data of the events
		base64 bool     // of the last one
	}{
		{"in two writes", []string{`printf '\xe2\x9c'`, `printf '\x93'`}, []string{"✓"}, false},
		{"in four writes", []string{`printf '\xf0'`, `printf '\x9f'`, `printf '\x98'`, `printf '\x80'`}, []string{"😀"}, false},
		{"after text", []string{`printf 'a\xe2'`, `printf '\x9c\x93b'`}, []string{"a", "✓b"}, false},
		{"interrupted by the other stream", []string{`printf '\xe2\x9c'`, `printf err >&2`, `printf '\x93'`}, []string{"4pw=", "err", "kw=="}, true},
		{"never finished", []string{`printf 'a\xe2\x9c'`}, []string{"a", "4pw="}, true},
		{"no UTF-8", []string{`printf '\xff\xfe'`}, []string{"//4="}, true},
		{"many NULs", []string{`head -c 90 /dev/zero`}, []string{strings.Repeat("A", 120)}, true},
		{"NUL and controls", []string{`printf 'a\0\1\33b'`}, []string{"a\x00\x01\x1bb"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := &record{}
			done := make(chan error, 1)
			go func() {
				_, err := s.RunCommand(t.Context(), bridge.RunCommand{Command: strings.Join(c.pieces, "; read; "), Input: true}, r.emit)
				done <- err
			}()
			eventually(t, "it has started", func() bool { return r.id() != "" })
			var written int64
			for range len(c.pieces) - 1 {
				eventually(t, "a piece is read", func() bool { return s.info(t, r.id()).OutputBytes > written })
				written = s.info(t, r.id()).OutputBytes
				if err := s.Write(t.Context(), bridge.WriteProcess{ProcessID: r.id(), Data: "\n"}); err != nil {
					t.Fatal(err)
				}
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, o := range r.outputs {
				got = append(got, o.Data)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if last := r.outputs[len(r.outputs)-1]; (last.Encoding == bridge.EncodingBase64) != c.base64 || last.Dropped != 0 {
				t.Errorf("last %+v", last)
			}
		})
	}
}

func TestTimeoutMovesToTheBackground(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	r := &record{}
	result, err := s.RunCommand(ctx, bridge.RunCommand{Command: "echo begin; until [ -e go ]; do sleep 0.05; done; seq 1 300000; exit 3", TimeoutSeconds: 1, Description: "count"}, r.emit)
	if err != nil || !result.Running || result.ExitCode != nil || result.Output != "begin\n" || result.DurationMillis < 900 {
		t.Fatalf("%+v, %v", result, err)
	}
	// The end of the connection that started it.
	cancel()
	if info := s.info(t, result.ProcessID); !info.Running || !info.Background || info.Description != "count" {
		t.Errorf("listed %+v", info)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var last bridge.Output
	attached, err := s.Attach(t.Context(), bridge.AttachProcess{ProcessID: result.ProcessID, FromByte: 6}, func(_ string, payload any) error {
		last = payload.(bridge.Output)
		return nil
	})
	if err != nil || attached.Running || attached.ExitCode == nil || *attached.ExitCode != 3 || !strings.HasSuffix(last.Data, "\n300000\n") || attached.NextByte != attached.OutputBytes {
		t.Errorf("%+v, %v, ends in %q", attached, err, last.Data[max(0, len(last.Data)-10):])
	}
}

func TestBackgroundAnswersAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	r := &record{}
	result, err := s.RunCommand(ctx, bridge.RunCommand{Command: "until [ -e go ]; do sleep 0.05; done; echo done", Background: true}, r.emit)
	if err != nil || !result.Running || result.ExitCode != nil || r.id() != result.ProcessID || !r.started.Background {
		t.Fatalf("%+v, %v", result, err)
	}
	cancel()
	if err := os.WriteFile(filepath.Join(s.dir, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := s.all(t, result.ProcessID); got != "done\n" {
		t.Errorf("output %q", got)
	}
}

func TestThirtyThreeProcesses(t *testing.T) {
	t.Parallel()
	s := start(t)
	var ids []string
	for range bridge.MaxProcesses - 1 {
		ids = append(ids, s.background(t, "exec sleep 1000"))
	}
	term, err := s.OpenTerminal(t.Context(), bridge.OpenTerminal{Columns: 80, Rows: 24, Command: "sleep 1000"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.RunCommand(t.Context(), bridge.RunCommand{Command: "true"}, (&record{}).emit)
	hasCode(t, err, bridge.CodeTooManyProcesses)
	_, err = s.OpenTerminal(t.Context(), bridge.OpenTerminal{Columns: 80, Rows: 24})
	hasCode(t, err, bridge.CodeTooManyProcesses)
	slices.Sort(ids)
	if len(slices.Compact(ids)) != bridge.MaxProcesses-1 {
		t.Errorf("ids are not unique: %v", ids)
	}
	if err := s.Signal(t.Context(), bridge.SignalProcess{ProcessID: term.ProcessID, Signal: "KILL"}); err != nil {
		t.Error(err)
	}
	eventually(t, "there is room again", func() bool {
		_, err := s.RunCommand(t.Context(), bridge.RunCommand{Command: "true"}, (&record{}).emit)
		return err == nil
	})
}

func TestOutOfMemoryIsTold(t *testing.T) {
	t.Parallel()
	const plain, guess, sure = "KILL", "KILL (not by request; perhaps the workspace is out of memory)", "KILL (the workspace is out of memory)"
	for _, c := range []struct{ name, before, command, want string }{
		{"no counter", "", "kill -9 $$", guess},
		{"no such line", "low 1\n", "kill -9 $$", guess},
		{"by another process", "oom_kill 3\n", "kill -9 $$", plain},
		{"out of memory", "low 0\noom 9\noom_kill 3\noom_group_kill 0\n", "echo oom_kill 4 >events; kill -9 $$", sure},
		{"a child of the shell", "oom_kill 3\n", "echo oom_kill 4 >events; bash -c 'kill -9 $$'; exit $?", sure},
		{"another exit code", "oom_kill 3\n", "echo oom_kill 4 >events; exit 1", ""},
		{"code 137 without", "oom_kill 3\n", "exit 137", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var events string
			s := start(t, func(o *process.Options) { events = filepath.Join(o.Root.Name(), "events"); o.MemoryEvents = events })
			if c.before != "" {
				if err := os.WriteFile(events, []byte(c.before), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			result, _ := s.run(t, bridge.RunCommand{Command: c.command})
			if result.Signal != c.want || strings.Contains(c.want, "KILL") && *result.ExitCode != 137 {
				t.Errorf("signal %q, code %d; want %q", result.Signal, *result.ExitCode, c.want)
			}
		})
	}
}

func TestFailingReceiverEndsTheCommand(t *testing.T) {
	t.Parallel()
	s := start(t)
	broken := errors.New("broken")
	for _, at := range []string{bridge.EventStarted, bridge.EventOutput} {
		began := time.Now()
		_, err := s.RunCommand(t.Context(), bridge.RunCommand{Command: "echo $$ >>pids; echo hi; exec sleep 1000"}, func(event string, _ any) error {
			if event == at {
				return broken
			}
			return nil
		})
		if !errors.Is(err, broken) {
			t.Errorf("%s: %v after %v", at, err, time.Since(began))
		}
	}
	for _, p := range s.List().Processes {
		gone(t, p.PID)
	}
}
