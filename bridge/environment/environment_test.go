package environment_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// odd is a value that breaks what quotes badly.
const odd = "it's \"odd\" \\n `id` $HOME $(id)\n\tsecond line ü"

func TestAShellOfNixBecomesTheEnvironment(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	tools := filepath.Join(s.dir, "tools")
	s.write(t, "bin/nix", "#!/bin/bash\ndir='"+s.dir+"'\n"+prints(variables(t, map[string]string{
		"ODD": odd, "GOFLAGS": "-mod=mod", "IN_NIX_SHELL": "impure", "XDG_DATA_DIRS": "/nix/data",
		"PATH": tools + ":/path-not-set:relative:" + tools + ":/nix/second",
		"HOME": "/homeless-shelter", "TMPDIR": "/tmp/nix-shell", "SSL_CERT_FILE": "/no-cert-file.crt", "NIX_BUILD_TOP": "/tmp", "TERM": "dumb",
		"builder": "/bin/bash", "name": "shell", "out": "/nix/store/x", "dev": "/nix/store/y", "outputs": "out dev", "buildPhase": "make", "phases": "x",
		"BASH_ENV": "/evil", "KALPANA_KEY": "x", "not-a-name": "x", "__structuredAttrs": "",
		"HUGE": strings.Repeat("x", 130<<10),
	})))
	got, err := s.prepare(t.Context(), flake("{ }"))
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got.Variables) != "[GOFLAGS IN_NIX_SHELL ODD]" || fmt.Sprint(got.Path) != fmt.Sprintf("[%s /nix/second]", tools) || got.Cached || got.Source != bridge.FlakeFile {
		t.Errorf("got %+v", got)
	}
	if fmt.Sprint(s.said) != "[the variable HUGE is left out: it is too large for programs]" {
		t.Errorf("said %q", s.said)
	}
	base := []string{"HOME=" + s.dir + "/home", "PATH=/usr/bin:/bin", "ODD=before"}
	env := s.Process(base)
	for _, want := range []string{"PATH=" + tools + ":/nix/second:/usr/bin:/bin", "ODD=" + odd, "XDG_DATA_DIRS=/nix/data:/usr/local/share:/usr/share", "HOME=" + s.dir + "/home"} {
		if !has(env, want) {
			t.Errorf("no %q in %q", want, env)
		}
	}
	if got := s.Editor(base); !slices.Equal(got, base) {
		t.Errorf("the editor, which loads the script, has %q", got)
	}
	// Every shell makes the same of the script, once however often it is loaded.
	for _, shell := range []string{"/bin/sh", "/bin/bash"} {
		for _, from := range [][]string{base, env} {
			if got := s.hooked(t, shell, from, `printf %s "$ODD"`); got != odd {
				t.Errorf("%s: ODD is %q", shell, got)
			}
			if got := s.hooked(t, shell, from, `. "$HOME/.cache/kalpana/env.sh"; echo "$PATH $XDG_DATA_DIRS"`); got != tools+":/nix/second:/usr/bin:/bin /nix/data:/usr/local/share:/usr/share" {
				t.Errorf("%s: PATH and data are %q", shell, got)
			}
			if got := s.hooked(t, shell, from, `type _kalpana_env_undo _kalpana_env_set >/dev/null 2>&1; echo $?`); got == "0" {
				t.Errorf("%s has functions of the hook left", shell)
			}
		}
	}
	if info, err := os.Stat(s.options.Script); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the script: %v, %v", info, err)
	}
}

func TestAnUnchangedDescriptionIsNotEvaluated(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	tools := filepath.Join(s.dir, "tools")
	s.write(t, "bin/nix", "#!/bin/bash\ndir='"+s.dir+"'\n"+prints(variables(t, map[string]string{"PATH": tools, "A": "1"})))
	runs := func() int { return strings.Count(s.read("runs"), "run\n") }
	expect := func(what string, req bridge.PrepareEnvironment, cached bool, want int) {
		t.Helper()
		got, err := s.prepare(t.Context(), req)
		if err != nil || got.Cached != cached || runs() != want || fmt.Sprint(got.Path) != "["+tools+"]" {
			t.Fatalf("%s: %+v, %v after %d runs of Nix; want cached %t and %d", what, got, err, runs(), cached, want)
		}
		if !has(s.Process(nil), "A=1") || s.read("home/.cache/kalpana/env.sh") == "" {
			t.Fatalf("%s: the environment is not there", what)
		}
	}
	req := flake("{ }")
	expect("cold", req, false, 1)
	expect("warm", req, true, 1)
	s.again()
	if !has(s.Process(nil), "A=1") {
		t.Error("the bridge that starts next does not have it at once")
	}
	if err := os.Remove(s.options.Script); err != nil {
		t.Fatal(err)
	}
	expect("warm, after the start of another bridge, without the script", req, true, 1)
	rebuild := req
	rebuild.Rebuild = true
	expect("a rebuild", rebuild, false, 2)
	expect("warm again", req, true, 2)
	other := req
	other.Nixpkgs = "github:NixOS/nixpkgs/nixos-unstable"
	expect("another nixpkgs", other, false, 3)
	locked := other
	locked.Files = map[string]string{bridge.FlakeFile: "{ }", bridge.FlakeLock: "{}"}
	expect("a lock", locked, false, 4)
	slow := locked
	slow.TimeoutSeconds, slow.Caches = 60, []string{"https://cache.example.com"}
	expect("another cache", slow, true, 4)
	if err := os.Chtimes(filepath.Join(s.dir, "bin/nix"), time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	expect("another Nix", locked, false, 5)
	s.write(t, "state/record.json", s.read("state/record.json")+"x")
	s.again()
	expect("a record that cannot be read", locked, false, 6)

	s.write(t, "workspace/app/shell.nix", "import ./nix/a.nix")
	s.write(t, "workspace/app/nix/a.nix", "1")
	s.write(t, "workspace/app/src/main.go", "package main")
	folder := bridge.PrepareEnvironment{Folder: "app"}
	expect("a folder", folder, false, 7)
	s.write(t, "workspace/app/src/main.go", "package other")
	expect("another file has changed", folder, true, 7)
	s.write(t, "workspace/app/nix/a.nix", "2")
	expect("a Nix file has changed", folder, false, 8)

	// As every start asks that has a repository without Nix and a template with it.
	none := bridge.PrepareEnvironment{Folder: "none"}
	expect("files again", flake("{ }"), false, 9)
	for range 2 {
		if got, err := s.prepare(t.Context(), none); err != nil || got.Source != "" || has(s.Process(nil), "A=1") {
			t.Errorf("nothing there: %+v, %v", got, err)
		}
		if s.again(); has(s.Process(nil), "A=1") {
			t.Error("the bridge that starts next has what was taken away")
		}
		expect("and back", flake("{ }"), true, 9)
		if s.again(); !has(s.Process(nil), "A=1") {
			t.Error("the bridge that starts next does not have it at once")
		}
	}

	if got, err := s.prepare(t.Context(), none); err != nil || got.Source != "" || got.Path == nil || got.Variables == nil {
		t.Errorf("nothing there: %+v, %v", got, err)
	}
	if has(s.Process(nil), "A=1") || s.read("home/.cache/kalpana/env.sh") != "" {
		t.Error("the environment is still there")
	}
	if env := s.Process([]string{"PATH=/bin"}); !slices.Equal(env, []string{"PATH=/bin"}) {
		t.Errorf("without an environment: %q", env)
	}
}

func TestWhatNixIsTold(t *testing.T) {
	t.Parallel()
	s := start(t, prints(`{"variables":{}}`)+"\npwd >\"$dir/pwd\"; env >\"$dir/env\"; cat <&0 >\"$dir/stdin\"\n")
	if _, err := s.SetVariables(t.Context(), bridge.SetVariables{Variables: map[string]string{"NIX_CONFIG": "x", "TOKEN": "secret"}}); err != nil {
		t.Fatal(err)
	}
	req := flake("{ }")
	req.Nixpkgs, req.Caches, req.Keys = "path:/n", []string{"https://a.example.com", "file:///c"}, []string{"a-1:k="}
	if _, err := s.prepare(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(s.dir, "state")
	for _, want := range []string{
		"--override-flake nixpkgs path:/n -I nixpkgs=flake:path:/n", "--option substituters https://a.example.com file:///c", "--option extra-trusted-public-keys a-1:k=",
		"--profile " + state + "/profile", " path:" + state + "/files\n",
	} {
		if !strings.Contains(s.read("arguments"), want) {
			t.Errorf("%q is not in %q", want, s.read("arguments"))
		}
	}
	if env := s.read("env"); !strings.Contains(env, "NIX_CONFIG=x\n") || strings.Contains(env, "TOKEN") || !strings.Contains(env, "KEPT=1\n") {
		t.Errorf("Nix has the environment %q", env)
	}
	if s.read("state/files/flake.nix") != "{ }" {
		t.Error("the file of the request is not there")
	}
	// A lock that Nix made stays with the same nixpkgs only, and never beside a shell.nix.
	s.write(t, "state/files/flake.lock", "made")
	req.Files = map[string]string{bridge.FlakeFile: "{ a = 1; }"}
	if _, err := s.prepare(t.Context(), req); err != nil || s.read("state/files/flake.lock") != "made" {
		t.Errorf("the lock is %q, %v", s.read("state/files/flake.lock"), err)
	}
	req.Nixpkgs = "path:/m"
	if _, err := s.prepare(t.Context(), req); err != nil || s.read("state/files/flake.lock") != "" {
		t.Errorf("with another nixpkgs the lock is %q, %v", s.read("state/files/flake.lock"), err)
	}
	// A folder of the workspace, whatever it is called.
	s.write(t, "workspace/a #b?/shell.nix", "1")
	if _, err := s.prepare(t.Context(), bridge.PrepareEnvironment{Folder: "a #b?"}); err != nil {
		t.Fatal(err)
	}
	if got := s.read("pwd"); got != s.dir+"/workspace/a #b?\n" || !strings.HasSuffix(s.read("arguments"), " --file ./shell.nix\n") {
		t.Errorf("in %q: %q", got, s.read("arguments"))
	}
	s.write(t, "workspace/a #b?/flake.nix", "1")
	if _, err := s.prepare(t.Context(), bridge.PrepareEnvironment{Folder: "a #b?"}); err != nil || !strings.HasSuffix(s.read("arguments"), " --no-write-lock-file .\n") {
		t.Errorf("%v, %q", err, s.read("arguments"))
	}
}

func TestRequestsThatCannotBe(t *testing.T) {
	t.Parallel()
	s := start(t, prints(`{"variables":{"A":{"type":"exported","value":"1"}}}`))
	s.write(t, "out/flake.nix", "{ }")
	if err := os.Symlink("../out", filepath.Join(s.dir, "workspace/leak")); err != nil {
		t.Fatal(err)
	}
	with := func(change func(*bridge.PrepareEnvironment)) bridge.PrepareEnvironment {
		r := flake("{ }")
		change(&r)
		return r
	}
	for name, c := range map[string]struct {
		req  bridge.PrepareEnvironment
		code string
	}{
		"time":      {with(func(r *bridge.PrepareEnvironment) { r.TimeoutSeconds = 3601 }), bridge.CodeBadRequest},
		"name":      {with(func(r *bridge.PrepareEnvironment) { r.Files["../x"] = "" }), bridge.CodeBadRequest},
		"both":      {with(func(r *bridge.PrepareEnvironment) { r.Files[bridge.ShellFile] = "" }), bridge.CodeBadRequest},
		"only lock": {with(func(r *bridge.PrepareEnvironment) { r.Files = map[string]string{bridge.FlakeLock: ""} }), bridge.CodeBadRequest},
		"option":    {with(func(r *bridge.PrepareEnvironment) { r.Nixpkgs = "--impure" }), bridge.CodeBadRequest},
		"two words": {with(func(r *bridge.PrepareEnvironment) { r.Nixpkgs = "a b" }), bridge.CodeBadRequest},
		"cache":     {with(func(r *bridge.PrepareEnvironment) { r.Caches = []string{"ssh://x"} }), bridge.CodeBadRequest},
		"two":       {with(func(r *bridge.PrepareEnvironment) { r.Caches = []string{"https://a\nsandbox = true"} }), bridge.CodeBadRequest},
		"key":       {with(func(r *bridge.PrepareEnvironment) { r.Keys = []string{"x"} }), bridge.CodeBadRequest},
		"many":      {with(func(r *bridge.PrepareEnvironment) { r.Keys = slices.Repeat([]string{"x:y"}, 11) }), bridge.CodeBadRequest},
		"large": {with(func(r *bridge.PrepareEnvironment) {
			r.Files[bridge.FlakeLock] = strings.Repeat("x", bridge.MaxNixBytes)
		}), bridge.CodeTooLarge},
		"outside":  {bridge.PrepareEnvironment{Folder: "../x"}, bridge.CodeOutsideWorkspace},
		"link out": {bridge.PrepareEnvironment{Folder: "leak"}, bridge.CodeOutsideWorkspace},
	} {
		if _, err := s.prepare(t.Context(), flake("{ }")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.prepare(t.Context(), c.req); codeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		if c.code == bridge.CodeBadRequest && !has(s.Process(nil), "A=1") {
			t.Fatalf("%s: the environment is gone", name)
		}
	}
	if err := os.Remove(filepath.Join(s.dir, "bin/nix")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.prepare(t.Context(), flake("{ }")); codeOf(err) != bridge.CodeDisabled {
		t.Errorf("without Nix: %v", err)
	}
	if _, err := s.prepare(t.Context(), bridge.PrepareEnvironment{}); err != nil {
		t.Errorf("without Nix, and without need of it: %v", err)
	}
}

func TestAFailureLeavesNoToolsOfSomethingElse(t *testing.T) {
	t.Parallel()
	s := start(t, `[ ! -e "$dir/fail" ] || { echo "error: builder for '/nix/store/00000000000000000000000000000000-x.drv' failed with exit code 1" >&2; exit 1; }
`+prints(`{"variables":{"A":{"type":"exported","value":"1"}}}`))
	for _, c := range []struct {
		name       string
		was, next  bridge.PrepareEnvironment
		change     func()
		stillThere bool
	}{
		{"other files", flake("1"), flake("2"), nil, false},
		{"the same files", flake("1"), bridge.PrepareEnvironment{Files: flake("1").Files, Rebuild: true}, nil, true},
		{"the same folder", bridge.PrepareEnvironment{Folder: "app"}, bridge.PrepareEnvironment{Folder: "app"}, func() { s.write(t, "workspace/app/flake.nix", "3") }, true},
		{"another folder", bridge.PrepareEnvironment{Folder: "app"}, bridge.PrepareEnvironment{Folder: "other"}, nil, false},
		{"another file of the folder", bridge.PrepareEnvironment{Folder: "lib"}, bridge.PrepareEnvironment{Folder: "lib"}, func() { s.write(t, "workspace/lib/flake.nix", "3") }, false},
	} {
		_ = os.Remove(filepath.Join(s.dir, "fail"))
		s.write(t, "workspace/app/flake.nix", "1")
		s.write(t, "workspace/other/flake.nix", "1")
		s.write(t, "workspace/lib/shell.nix", "1")
		if _, err := s.prepare(t.Context(), c.was); err != nil {
			t.Fatal(err)
		}
		s.write(t, "fail", "")
		if c.change != nil {
			c.change()
		}
		if _, err := s.prepare(t.Context(), c.next); codeOf(err) != bridge.CodeNixFailed || !strings.Contains(err.Error(), "flake.nix: builder for 'x.drv' failed with exit code 1") {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := has(s.Process(nil), "A=1"); got != c.stillThere || got != (s.read("home/.cache/kalpana/env.sh") != "") || got != strings.Contains(s.read("state/record.json"), `"active":true`) {
			t.Errorf("%s: the environment is there: %t", c.name, got)
		}
	}
}

func TestTimeAndOutputAreBounded(t *testing.T) {
	t.Parallel()
	s := start(t, `trap '' TERM; echo begun >&2; sleep 1000`)
	req := flake("{ }")
	req.TimeoutSeconds = 1
	if _, err := s.prepare(t.Context(), req); codeOf(err) != bridge.CodeTimedOut {
		t.Errorf("a Nix that does not end: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Prepare(ctx, flake("{ }"), func(string, any) error { cancel(); return nil })
	if err == nil || codeOf(err) != "" || ctx.Err() == nil {
		t.Errorf("cancelled: %v", err)
	}
	s = start(t, `head -c 3000000 /dev/zero | tr '\0' 'x' >&2; echo >&2; for i in {1..3000}; do printf '%01000d\n' $i; done >&2; printf '\e[31mred\e[0m \e]0;title\a\x7f\xffend\r' >&2; exit 7`)
	_, err = s.prepare(t.Context(), flake("{ }"))
	if codeOf(err) != bridge.CodeNixFailed || !strings.Contains(err.Error(), "exit code 7") {
		t.Errorf("without a word: %v", err)
	}
	size := 0
	for _, line := range s.said {
		size += len(line)
		if len([]rune(line)) > 1001 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	if size > 1<<20+1000 || !strings.Contains(s.said[len(s.said)-1], "left out") {
		t.Errorf("%d bytes of output, at last %q", size, s.said[len(s.said)-1])
	}
	s = start(t, `printf '\e[31mred\e[0m \e]0;title\a\x7f\xffend\r\n\n' >&2; printf last >&2; head -c 20000000 /dev/zero`)
	if _, err = s.prepare(t.Context(), flake("{ }")); codeOf(err) != bridge.CodeNixFailed || !strings.Contains(err.Error(), "16 MiB") {
		t.Errorf("a large shell: %v", err)
	}
	if fmt.Sprintf("%q", s.said[0]) != "\"red \ufffdend\"" {
		t.Errorf("said %q", s.said)
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	s := start(t, prints(`{"variables":{"MINE":{"type":"exported","value":"nix"},"THEIRS":{"type":"exported","value":"nix"}}}`))
	if _, err := s.prepare(t.Context(), flake("{ }")); err != nil {
		t.Fatal(err)
	}
	many := map[string]string{}
	for i := range bridge.MaxVariables + 1 {
		many[fmt.Sprint("V", i)] = ""
	}
	for name, v := range map[string]map[string]string{
		"path": {"PATH": "/x"}, "loader": {"LD_PRELOAD": "x"}, "own": {"KALPANA_X": "x"}, "name": {"A-B": "x"}, "digit": {"1A": "x"}, "empty": {"": "x"},
		"NUL": {"A": "a\x00b"}, "shell": {"BASH_ENV": "x"}, "long": {"A": strings.Repeat("x", 121<<10)}, "many": many,
		"together": {"A": strings.Repeat("x", 110<<10), "B": strings.Repeat("x", 110<<10), "C": strings.Repeat("x", 110<<10), "D": strings.Repeat("x", 110<<10), "E": strings.Repeat("x", 110<<10)},
	} {
		if set, err := s.SetVariables(t.Context(), bridge.SetVariables{Variables: v}); codeOf(err) != bridge.CodeBadRequest && codeOf(err) != bridge.CodeTooLarge || set.Count != 0 {
			t.Errorf("%s: %+v, %v", name, set, err)
		}
	}
	base := []string{"HOME=" + s.dir + "/home", "PATH=/usr/bin:/bin", "A=old"}
	if set, err := s.SetVariables(t.Context(), bridge.SetVariables{Variables: map[string]string{"A": odd, "MINE": "user", "lower_1": ""}}); err != nil || set.Count != 3 {
		t.Fatalf("%+v, %v", set, err)
	}
	for _, env := range [][]string{s.Process(base), s.Editor(base)} {
		if !has(env, "A="+odd) || !has(env, "MINE=user") || !has(env, "lower_1=") || has(env, "A=old") {
			t.Errorf("%q", env)
		}
		if got := s.hooked(t, "/bin/sh", env, `printf %s "$MINE $THEIRS $A"`); got != "user nix "+odd {
			t.Errorf("a shell has %q", got)
		}
	}
	// They outlive another environment, and are in no file.
	if _, err := s.prepare(t.Context(), bridge.PrepareEnvironment{}); err != nil {
		t.Fatal(err)
	}
	if env := s.Process(base); !has(env, "MINE=user") || slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, "THEIRS=") }) {
		t.Errorf("%q", env)
	}
	if strings.Contains(s.read("state/record.json")+s.read("home/.cache/kalpana/env.sh"), "second line") {
		t.Error("a variable of the user is in a file")
	}
	if _, err := s.SetVariables(t.Context(), bridge.SetVariables{}); err != nil || !slices.Equal(s.Process(base), base) {
		t.Errorf("after none were set: %q, %v", s.Process(base), err)
	}
}

func TestTheHookExchangesEnvironments(t *testing.T) {
	t.Parallel()
	s := start(t, prints(`{"variables":{"FIRST":{"type":"exported","value":"1"},"PATH":{"type":"exported","value":"/nix/first:/nix/more"}}}`))
	if _, err := s.prepare(t.Context(), flake("1")); err != nil {
		t.Fatal(err)
	}
	before := s.Process([]string{"HOME=" + s.dir + "/home", "PATH=/usr/bin:/bin"})
	for i, v := range before {
		if folders, ok := strings.CutPrefix(v, "PATH="); ok {
			before[i] = "PATH=/own:" + folders // as a user's profile does
		}
	}
	s.write(t, "bin/nix", "#!/bin/bash\ndir='"+s.dir+"'\n"+prints(`{"variables":{"SECOND":{"type":"exported","value":"2"},"PATH":{"type":"exported","value":"/nix/second"}}}`))
	if _, err := s.prepare(t.Context(), flake("2")); err != nil {
		t.Fatal(err)
	}
	for _, shell := range []string{"/bin/sh", "/bin/bash"} {
		if got := s.hooked(t, shell, before, `echo "${FIRST-none} $SECOND $PATH"`); got != "none 2 /nix/second:/own:/usr/bin:/bin" {
			t.Errorf("%s: %q", shell, got)
		}
	}
	if _, err := s.prepare(t.Context(), bridge.PrepareEnvironment{}); err != nil {
		t.Fatal(err)
	}
	for _, shell := range []string{"/bin/sh", "/bin/bash"} {
		if got := s.hooked(t, shell, before, `echo "${FIRST-none} ${SECOND-none} $PATH ${KALPANA_ENV_LOADED-none}"`); got != "none none /own:/usr/bin:/bin none" {
			t.Errorf("%s: %q", shell, got)
		}
	}
}

func TestALoaderThatBreaksTheImageIsLeftOut(t *testing.T) {
	t.Parallel()
	s := start(t, prints(`{"variables":{"LD_LIBRARY_PATH":{"type":"exported","value":"/bad"},"A":{"type":"exported","value":"1"}}}`))
	probe := filepath.Join(s.dir, "probe")
	s.write(t, "probe", "#!/bin/sh\n[ -z \"$LD_LIBRARY_PATH\" ]\n")
	if err := os.Chmod(probe, 0o755); err != nil {
		t.Fatal(err)
	}
	s.options.Probes = [][]string{{"/none"}, {"/bin/true"}, {probe}}
	s.again()
	got, err := s.prepare(t.Context(), flake("1"))
	if err != nil || fmt.Sprint(got.Variables) != "[A]" || !strings.Contains(fmt.Sprint(s.said), "LD_LIBRARY_PATH: left out") {
		t.Errorf("%+v, %v, %q", got, err, s.said)
	}
}

func TestTheHookOfADescriptionRunsOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, hook, variables, path, says string }{
		{"variables", "echo hello; export A=new B=\"$PWD\" C='a\nb' TMPDIR=/x; D=kept; export PATH=\"$PWD/bin:$PATH:/usr/bin\"", "[A B C]", "[WORKSPACE/bin /nix/a]", "[hello]"},
		{"an end", "export B=1; set -e; false; export C=1", "[A B]", "[/nix/a]", "[]"},
		{"another program", "export B=1; exec true", "[A]", "[/nix/a]", "[the shellHook did not end as it should, and what it sets is left out]"},
		{"nonsense", "if", "[A]", "[/nix/a]", "[bash: -c: line 1: syntax error: unexpected end of file]"},
	} {
		s := start(t, prints(variables(t, map[string]string{"A": "old", "PATH": "/nix/a", "shellHook": c.hook})))
		got, err := s.prepare(t.Context(), flake("1"))
		workspace := filepath.Join(s.dir, "workspace")
		if err != nil || fmt.Sprint(got.Variables) != c.variables || strings.ReplaceAll(fmt.Sprint(got.Path), workspace, "WORKSPACE") != c.path {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
		s.write(t, "workspace/app/x", "")
		inApp := flake("1")
		inApp.Folder = "app"
		if got, err := s.prepare(t.Context(), inApp); c.name == "variables" && (err != nil || got.Cached || fmt.Sprint(got.Path) != "["+workspace+"/app/bin /nix/a]") {
			t.Errorf("%s, in a folder: %+v, %v", c.name, got, err)
		}
		if got, err := s.prepare(t.Context(), flake("1")); err != nil || fmt.Sprint(got.Variables) != c.variables {
			t.Errorf("%s, again: %+v, %v", c.name, got, err)
		}
		if c.name != "nonsense" && fmt.Sprint(s.said) != c.says {
			t.Errorf("%s: said %q", c.name, s.said)
		}
		if env := s.Process([]string{"PATH=/bin"}); c.name == "variables" && (!has(env, "A=new") || !has(env, "B="+workspace) || !has(env, "C=a\nb") || !has(env, "PATH="+workspace+"/bin:/nix/a:/bin")) {
			t.Errorf("%s: %q", c.name, env)
		}
	}
}
