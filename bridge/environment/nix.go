package environment

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

// maxShell is the most that Nix may print: shells of nixpkgs have some 200 KiB, most of it
// functions of bash.
const maxShell = 16 << 20

// nice runs Nix so that the kernel ends it before the editor when memory is short.
const nice = `echo 800 2>/dev/null >/proc/self/oom_score_adj; exec nix "$@"`

// profileName is the link that keeps what Nix built from being collected as garbage.
func (e *Environment) profileName() string { return filepath.Join(e.o.StateDir, "profile") }

// arguments are those of Nix for a description.
func (e *Environment) arguments(s source, req bridge.PrepareEnvironment) []string {
	args := []string{
		"print-dev-env", "--json", "--profile", e.profileName(), "--print-build-logs",
		// Nix's own five attempts take five seconds for every address without an answer.
		"--option", "download-attempts", "3", "--option", "connect-timeout", "5",
	}
	if req.Nixpkgs != "" {
		args = append(args, "--override-flake", "nixpkgs", req.Nixpkgs, "-I", "nixpkgs=flake:"+req.Nixpkgs)
	}
	if len(req.Caches) > 0 {
		args = append(args, "--option", "substituters", strings.Join(req.Caches, " "))
	}
	if len(req.Keys) > 0 {
		args = append(args, "--option", "extra-trusted-public-keys", strings.Join(req.Keys, " "))
	}
	switch {
	case s.file == bridge.ShellFile:
		return append(args, "--file", "./"+bridge.ShellFile)
	case s.given != nil:
		return append(args, "path:"+e.filesDir())
	default:
		// Of a folder in a repository Nix takes what git tracks.
		return append(args, "--no-write-lock-file", ".")
	}
}

// evaluate runs Nix on a description and returns what comes of it.
func (e *Environment) evaluate(ctx context.Context, s source, req bridge.PrepareEnvironment, out *child.Lines) (*record, error) {
	dir, err := e.open(s)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	timeout := time.Duration(req.TimeoutSeconds) * time.Second
	timed, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var printed bytes.Buffer
	result, err := e.nix(timed, dir, e.arguments(s, req), &bounded{to: &printed, most: maxShell}, out)
	switch {
	case err == nil && result.ExitCode == 0:
		return e.take(timed, dir, s, printed.Bytes(), out)
	case err == nil:
		said := out.Tail()
		if s.traced(said) {
			said = e.trace(timed, dir, s, req, said)
		}
		return nil, s.explain(said, result.ExitCode, e.filesDir(), e.o.Root.Name())
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return nil, bridge.Errorf(bridge.CodeTimedOut, "%s: the environment was not ready after %s, and Nix was stopped", s.file, timeout)
	case errors.Is(err, errTooMuch):
		return nil, bridge.Errorf(bridge.CodeNixFailed, "%s: the environment has more than %d MiB of variables and functions", s.file, maxShell>>20)
	}
	if killed, ok := errors.AsType[*child.KilledError](err); ok {
		return nil, bridge.Errorf(bridge.CodeNixFailed, "%s: Nix was ended by a signal (%s), perhaps for want of memory", s.file, killed.Signal)
	}
	return nil, err
}

// nix runs Nix.
func (e *Environment) nix(ctx context.Context, dir *os.File, args []string, output io.Writer, said *child.Lines) (child.Result, error) {
	result, err := child.Run(ctx, e.o.Run, child.Program{
		Name: "/bin/sh", Args: append([]string{"-c", nice, "nix"}, args...),
		Env: join(e.o.Env, e.nixVariables(), []string{"TERM=dumb", "NO_COLOR=1", "GIT_TERMINAL_PROMPT=0"}),
		Dir: dir, Output: output, Stderr: said,
	})
	if err == nil {
		err = said.Flush()
	}
	return result, err
}

// trace evaluates a description that is wrong once more, and returns what Nix says of it
// with all that leads there; said if it says nothing else.
func (e *Environment) trace(ctx context.Context, dir *os.File, s source, req bridge.PrepareEnvironment, said []string) []string {
	more := &child.Lines{Tell: func(string) error { return nil }}
	result, err := e.nix(ctx, dir, append([]string{"--show-trace"}, e.arguments(s, req)...), io.Discard, more)
	if err != nil || result.ExitCode == 0 {
		return said
	}
	return more.Tail()
}

// open returns the folder that Nix runs in.
func (e *Environment) open(s source) (*os.File, error) {
	if s.given != nil {
		return os.Open(e.filesDir())
	}
	f, info, err := child.Open(e.o.Root, s.folder)
	if err == nil && !info.IsDir() {
		_ = f.Close()
		return nil, bridge.Errorf(bridge.CodeNotDirectory, "%s is no directory", child.Clip(s.folder))
	}
	return f, err
}

// project opens a folder of the workspace, or the workspace itself if it is not there.
func (e *Environment) project(folder string) (*os.File, error) {
	if f, info, err := child.Open(e.o.Root, cmp.Or(folder, ".")); err == nil {
		if info.IsDir() {
			return f, nil
		}
		_ = f.Close()
	}
	return os.Open(e.o.Root.Name())
}

// take makes a record of what Nix printed.
func (e *Environment) take(ctx context.Context, dir *os.File, s source, printed []byte, out *child.Lines) (*record, error) {
	r, left, err := parseShell(printed)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(r.hook) != "" {
		if s.given != nil { // then its own folder is none of the user's
			if dir, err = e.project(s.folder); err != nil {
				return nil, err
			}
			defer dir.Close()
		}
		more, err := e.hook(ctx, dir, &r, out)
		if err != nil {
			return nil, err
		}
		left = append(left, more...)
	}
	for _, name := range left {
		if err := out.Say("the variable " + name + " is left out: it is too large for programs"); err != nil {
			return nil, err
		}
	}
	if r.Profile, err = filepath.EvalSymlinks(e.profileName()); err != nil {
		return nil, fmt.Errorf("find what Nix built: %w", err)
	}
	if err := e.probe(ctx, &r, out); err != nil {
		return nil, err
	}
	return &r, nil
}

// probeTime is more than a shell takes to start, on a busy machine too.
const probeTime = 20 * time.Second

// probe leaves out the variables of the dynamic linker if the image's own programs would
// not start with them: libraries of Nix belong to programs of Nix.
func (e *Environment) probe(ctx context.Context, r *record, out *child.Lines) error {
	loader := slices.DeleteFunc(r.names(), func(name string) bool { return !strings.HasPrefix(name, "LD_") })
	if len(loader) == 0 {
		return nil
	}
	for _, command := range e.o.Probes {
		if _, err := os.Stat(command[0]); err != nil {
			continue
		}
		timed, cancel := context.WithTimeout(ctx, probeTime)
		result, err := child.Run(timed, e.o.Run, child.Program{Name: command[0], Args: command[1:], Env: r.extend(e.o.Env)})
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && result.ExitCode == 0 {
			continue
		}
		for _, name := range loader {
			delete(r.Variables, name)
		}
		return out.Say(strings.Join(loader, ", ") + ": left out, because " + command[0] + " does not start with it")
	}
	return nil
}

// oldProfiles removes the links to environments before the last two: a terminal may still
// use the one before.
func (e *Environment) oldProfiles() {
	links, _ := filepath.Glob(e.profileName() + "-*-link") // fails for bad patterns only
	var numbers []int
	for _, l := range links {
		var n int
		if _, err := fmt.Sscanf(strings.TrimPrefix(l, e.profileName()), "-%d-link", &n); err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	for _, n := range numbers[:max(0, len(numbers)-2)] {
		_ = os.Remove(fmt.Sprintf("%s-%d-link", e.profileName(), n))
	}
}

// errTooMuch ends a program that prints more than can be of use.
var errTooMuch = errors.New("more output than wanted")

// bounded passes on the first bytes.
type bounded struct {
	to   *bytes.Buffer
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.to.Len()+len(p) > b.most {
		return 0, errTooMuch
	}
	return b.to.Write(p)
}
