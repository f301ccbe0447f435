package nixcheck_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/docker"
	"github.com/kalpana-dev/kalpana/internal/nixcheck"
)

const image = "kalpana/workspace:latest"

// checker uses real Nix in the real engine.
func checker(t *testing.T) *nixcheck.Checker {
	t.Helper()
	id := make([]byte, 6)
	rand.Read(id)
	r, err := docker.New(docker.Options{Host: "unix:///var/run/docker.sock", Installation: "test-" + hex.EncodeToString(id)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	if ok, err := r.ImageExists(t.Context(), image); err != nil || !ok {
		t.Fatalf("these tests need Docker and the workspace image (make engine image): %v", err)
	}
	return nixcheck.New(r, func() string { return image })
}

func TestCheck(t *testing.T) {
	c := checker(t)
	cases := map[string]struct {
		text         string
		line, column int
		message      string // part of it; "" for a text without problems
	}{
		"flake":            {text: "# tools\n{\n  description = \"x\";\n  inputs.nixpkgs.url = \"nixpkgs\";\n  outputs = { self, nixpkgs }: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in { devShells.default = pkgs.mkShell { }; };\n}\n"},
		"flake, @":         {text: "{ outputs = inputs@{ self, ... }: { }; }"},
		"flake, one name":  {text: "{ outputs = inputs: import ./outputs.nix inputs; }"},
		"shell, function":  {text: "{ pkgs ? import <nixpkgs> { } }:\npkgs.mkShell { packages = [ pkgs.go ]; }"},
		"shell, with":      {text: "with import <nixpkgs> { };\nmkShell { buildInputs = [ go ]; }"},
		"shell, fetches":   {text: "let pkgs = import (fetchTarball \"https://example.org/x.tar.gz\") { }; in pkgs.mkShell { }"},
		"shell, attribute": {text: "{ shell = derivation { name = \"x\"; builder = \"/bin/sh\"; system = \"x86_64-linux\"; }; }"},

		"syntax":                {"{ outputs = { self }: {\n  a = if true then 1;\n}; }", 2, 21, "Syntax error, unexpected ';', expecting ELSE."},
		"syntax, after umlauts": {"{\n  a = \"äöü\" b c;\n  ä = 1; }", 3, 3, "Syntax error"},
		"end of file":           {"{ a = \"", 1, 8, "unexpected end of file"},
		"undefined":             {"{ pkgs }:\npkgs.mkShell { packages = [ nodejs ]; }", 2, 29, "Undefined variable 'nodejs'."},
		"twice":                 {"{ a = 1;\n  a = 2; }", 2, 3, "already defined at line 1, column 3."},
		"nothing":               {" \n", 0, 0, "empty"},
		"not UTF-8":             {"{ a = \"é\xff\"; }", 1, 9, "not UTF-8"},
		"zero byte":             {"{\n\x00}", 2, 1, "zero byte"},
		"too large":             {strings.Repeat("# a\n", 256<<10), 0, 0, "at most 256 KiB"},
		"large but good":        {text: "{ outputs = _: { }; }" + strings.Repeat("\n# filler", 25<<10)},

		"flake without function": {"{\n  outputs = { };\n}", 2, 3, "must be a function"},
		"flake of a let":         {"{\n  outputs = let a = 1; in { self }: { };\n}", 2, 3, "must be a function"},
		"flake inherits":         {"{\n  inherit (import ./x.nix) outputs;\n}", 2, 28, "must be a function"},
		"flake with more":        {"{\n  # x\n  outputs = _: { };\n  packages.x = 1;\n}", 4, 3, "cannot have the attribute \"packages\""},

		"loops":          {"let x = x; in x", 1, 9, "Infinite recursion"},
		"loops by calls": {"let\n  f = n: f (n + 1);\nin f 1", 2, 10, "max-call-depth"},
		"flake loops":    {"{ outputs = { self }: let a = b; b = a; in a; }", 1, 0, "Infinite recursion"},
		"memory bomb":    {"builtins.length (builtins.genList (x: x) 1000000000)", 0, 0, "memory"},
		"strings double": {"builtins.stringLength (builtins.foldl' (s: _: s + s) \"aaaaaaaaaaaaaaaa\" (builtins.genList (x: x) 40))", 0, 0, "memory"},
		"goes on":        {"let l = builtins.genList (x: x) 1000; in builtins.foldl' (a: b: builtins.foldl' (c: d: builtins.foldl' (e: f: e + f) 0 l) 0 l) 0 l", 0, 0, "does not end"},
		"brackets":       {strings.Repeat("[", 200<<10), 1, 5000, "too deeply"},
		"parentheses":    {strings.Repeat("(", 100<<10) + "1" + strings.Repeat(")", 100<<10), 1, 9999, "too deeply"},
		"operators":      {text: "1" + strings.Repeat(" + 1", 60<<10)},
		"lambdas":        {text: strings.Repeat("x: ", 1<<10) + "1"},
		"reads a file":   {text: "builtins.readFile \"/etc/passwd\""},
	}
	var took atomic.Int64
	names := make(chan string)
	var workers sync.WaitGroup
	for range 2 { // as many as there are places
		workers.Go(func() {
			for name := range names {
				want := cases[name]
				begin := time.Now()
				problems, err := c.Check(t.Context(), want.text)
				took.Add(int64(time.Since(begin)))
				switch {
				case err != nil:
					t.Errorf("%s: %v", name, err)
				case want.message == "":
					if len(problems) > 0 {
						t.Errorf("%s: %+v", name, problems)
					}
				case len(problems) != 1 || !strings.Contains(problems[0].Message, want.message) || problems[0].Line != want.line || want.column > 0 && problems[0].Column != want.column:
					t.Errorf("%s: %.400s, want %d:%d %q", name, fmt.Sprint(problems), want.line, want.column, want.message)
				}
			}
		})
	}
	for name := range cases {
		names <- name
	}
	close(names)
	workers.Wait()
	t.Logf("%d checks, %.0f ms each", len(cases), float64(took.Load()/1e6)/float64(len(cases)))
}

type sandbox func(nixcheck.Run) (nixcheck.Outcome, error)

func (s sandbox) Check(_ context.Context, r nixcheck.Run) (nixcheck.Outcome, error) { return s(r) }

func TestWhatTheSandboxCannotTellIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		outcome nixcheck.Outcome
		err     error
	}{
		"busy":       {err: nixcheck.ErrBusy},
		"no Nix":     {outcome: nixcheck.Outcome{ExitCode: 127, Stderr: []byte("nix: not found")}},
		"disk of it": {outcome: nixcheck.Outcome{ExitCode: 1}},
	} {
		_, err := nixcheck.New(sandbox(func(nixcheck.Run) (nixcheck.Outcome, error) { return c.outcome, c.err }), func() string { return "i" }).Check(t.Context(), "1")
		if err == nil || c.err != nil && !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p, err := nixcheck.New(sandbox(func(nixcheck.Run) (nixcheck.Outcome, error) { return nixcheck.Outcome{OutOfTime: true}, nil }), func() string { return "i" }).Check(t.Context(), "1")
	if err != nil || len(p) != 1 || !strings.Contains(p[0].Message, "ten seconds") {
		t.Errorf("%v %v", p, err)
	}
}

func TestIsFlake(t *testing.T) {
	for text, want := range map[string]bool{
		"{ outputs = _: { }; }":                                 true,
		"rec { outputs = _: { }; }":                             true,
		"({ outputs = _: { }; })":                               true,
		"/* { */ # {\n{ description = ''}''; outputs = 1; }":    true,
		"{ \"outputs\" = _: { }; }":                             true,
		"{ outputs.x = 1; }":                                    true,
		"{ inherit (x) outputs; }":                              true,
		"{ a = let outputs = 1; in 1; outputs = 2; }":           true,
		"{ a = with x; 1; b = assert true; 2; outputs = 2; }":   true,
		"{ a = \"${\"}\" + ''${\"''\"}''}\"; outputs = _: 1; }": true,
		"{ a = ''x ''${y} ''' $${ ''; outputs = _: 1; }":        true,
		"{ a = http://x.y/z; outputs = _: 1; }":                 true,
		"{ outputs }: 1":                                        false,
		"{ outputs ? 1 }@x: 1":                                  false,
		"{ a = { outputs = 1; }; }":                             false,
		"{ a = \"; outputs = 1;\"; }":                           false,
		"{ a = 1; # outputs = 1;\n}":                            false,
		"{ a = let outputs = 1; in 1; }":                        false,
		"{ outputs = 1; }.outputs":                              false,
		"{ outputs = 1; } // { }":                               false,
		"let outputs = 1; in outputs":                           false,
		"{ outputs = 1; } { }":                                  false,
		"{ outputs":                                             false,
		"":                                                      false,
		"{":                                                     false,
		"(":                                                     false,
		")":                                                     false,
		"}":                                                     false,
		"{}":                                                    false,
		"{ ; }":                                                 false,
		"{ inherit (":                                           false,
	} {
		if got := nixcheck.IsFlake(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	// Nothing that a user can send takes long.
	begin := time.Now()
	for _, piece := range []string{"(", "{", "\"${", "''${", "let ", "{a=", "inherit (", "with ", "((", "{ inherit (", "[{(", "/*", "''", "a=(x:", "\"", "$${"} {
		nixcheck.IsFlake(strings.Repeat(piece, nixcheck.MaxText/len(piece)))
		nixcheck.IsFlake("{" + strings.Repeat(piece, nixcheck.MaxText/len(piece)-1) + "}")
		nixcheck.IsFlake("{" + strings.Repeat("inherit ("+piece+");", 1000) + "}")
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
}
