package image_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
)

// standIn is a flake that stands for nixpkgs: real derivations that need nothing from the
// network, since bash and coreutils of the image build them.
const standIn = `{
  outputs = { self }:
    let
      system = "x86_64-linux";
      # A program of coreutils must not be last: bash would become it, it closes its output
      # before it ends, and Nix kills builders that have closed theirs.
      make = name: script: derivation { inherit name system; builder = "/bin/bash"; args = [ "-c" ("export PATH=/usr/bin:/bin; " + script + "; exit 0") ]; };
      tool = name: text: make name "echo building ${name} >&2; mkdir -p $out/bin; printf '%s' '${text}' >$out/bin/${name}; chmod +x $out/bin/${name}";
      stdenv = derivation {
        name = "stdenv"; inherit system; builder = "/bin/bash";
        setup = "for p in $paths; do PATH=$p/bin\${PATH:+:}$PATH; done; export PATH; [ -z \"$libraries\" ] || export LD_LIBRARY_PATH=$libraries";
        args = [ "-c" "export PATH=/usr/bin:/bin; mkdir -p $out; printf '%s' \"$setup\" >$out/setup" ];
      };
      pkgs = {
        greet = tool "greet" "#!/bin/sh\necho greetings from nix\n";
        other = tool "other" "#!/bin/sh\necho another tool\n";
        broken = make "broken" "echo it cannot be >&2; exit 3";
        slow = make "slow" "echo waiting >&2; sleep 987 & sleep 987; wait";
        mkShell = { packages ? [ ], ... }@a: derivation ({
          name = "shell"; inherit system; builder = "/bin/bash"; outputs = [ "out" ];
          stdenv = "${stdenv}"; paths = packages;
          args = [ "-c" "export PATH=/usr/bin:/bin; echo >$out" ];
        } // removeAttrs a [ "packages" ]);
      };
    in { legacyPackages.${system} = pkgs; };
}
`

// standInImport is what <nixpkgs> is then.
const standInImport = `_: (builtins.getFlake (toString ./.)).legacyPackages.x86_64-linux
`

const nixpkgs = "path:/workspace/.nixpkgs"

// shellFlake is a flake with one development shell.
func shellFlake(attributes string) string {
	return "{\n  outputs = { self, nixpkgs }:\n    let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {\n      devShells.x86_64-linux.default = pkgs.mkShell {\n        " + attributes + "\n      };\n    };\n}\n"
}

// odd is a value that breaks what quotes badly.
const odd = "it's \"odd\" \\n `x` $HOME $(id)\n second line ü"

// nixString returns s as Nix writes strings.
func nixString(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "${", `\${`, "\n", `\n`).Replace(s) + `"`
}

// held is a workspace whose editor waits, with the stand-in in it.
type held struct {
	*workspace
	c *bridgeclient.Client
}

func hold(t *testing.T) *held {
	t.Helper()
	w := &held{workspace: run(t, bridge.HoldEditor+"=1")}
	var last error
	eventually(t, "the bridge answers", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		w.c, last = bridgeclient.Dial(ctx, w.api, w.key)
		return last == nil
	}, func() string { return fmt.Sprint(last) })
	t.Cleanup(func() { _ = w.c.Close() })
	w.write(t, ".nixpkgs/flake.nix", standIn)
	w.write(t, ".nixpkgs/default.nix", standInImport)
	return w
}

func (w *held) write(t *testing.T, path, text string) {
	t.Helper()
	if err := w.c.Call(t.Context(), bridge.TypeWriteFile, bridge.WriteFile{Path: path, Content: &text}, nil); err != nil {
		t.Fatal(err)
	}
}

// prepare prepares an environment with the stand-in and returns what was said meanwhile.
func (w *held) prepare(t *testing.T, req bridge.PrepareEnvironment) (answer bridge.Environment, log string, err error) {
	t.Helper()
	if req.Nixpkgs == "" {
		req.Nixpkgs = nixpkgs
	}
	if req.Caches == nil {
		req.Caches = []string{"file:///nix/no-cache"}
	}
	var said strings.Builder
	err = w.c.Stream(t.Context(), bridge.TypePrepareEnvironment, req, &answer, func(e bridge.Event) error {
		var line bridge.OutputText
		err := json.Unmarshal(e.Payload, &line)
		said.WriteString(line.Text + "\n")
		return err
	})
	return answer, said.String(), err
}

// command runs a command as the agent does and returns its output.
func (w *held) command(t *testing.T, command string) string {
	t.Helper()
	var result bridge.CommandResult
	if err := w.c.Call(t.Context(), bridge.TypeRunCommand, bridge.RunCommand{Command: command, Quiet: true}, &result); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(result.Output)
}

// terminal types into a new terminal and waits until its output has want in it.
func (w *held) terminal(t *testing.T, typed, want string) {
	t.Helper()
	var p bridge.Process
	if err := w.c.Call(t.Context(), bridge.TypeOpenTerminal, bridge.OpenTerminal{Columns: 200, Rows: 50}, &p); err != nil {
		t.Fatal(err)
	}
	if err := w.c.Call(t.Context(), bridge.TypeWriteProcess, bridge.WriteProcess{ProcessID: p.ProcessID, Data: typed + "; exit\n"}, nil); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	err := w.c.Stream(t.Context(), bridge.TypeAttachProcess, bridge.AttachProcess{ProcessID: p.ProcessID}, nil, func(e bridge.Event) error {
		var out bridge.Output
		err := json.Unmarshal(e.Payload, &out)
		seen.WriteString(out.Data)
		return err
	})
	if err != nil || !strings.Contains(seen.String(), want) {
		t.Errorf("the terminal shows %q, %v; want %q", seen.String(), err, want)
	}
}

// codeOf returns the bridge's code of an error.
func codeOf(err error) string {
	if e, ok := errors.AsType[*bridge.Error](err); ok {
		return e.Code
	}
	return ""
}

func TestNixToolsAreEverywhereInTheImage(t *testing.T) {
	w := hold(t)
	if got := w.inside(t, "pgrep -f '[e]ditor.js'; echo held"); got != "held" {
		t.Errorf("the editor runs: %s", got)
	}
	var set bridge.VariablesSet
	if err := w.c.Call(t.Context(), bridge.TypeSetVariables, bridge.SetVariables{Variables: map[string]string{"TOKEN": "s3cr'et", "SHARED": "the user's", "NODE_OPTIONS": "--no-such-option"}}, &set); err != nil || set.Count != 3 {
		t.Fatalf("%+v, %v", set, err)
	}
	w.write(t, "app/main.txt", "hello\n")

	flake := shellFlake("packages = [ pkgs.greet ]; ODD = " + nixString(odd) + `; SHARED = "nix's"; SSL_CERT_FILE = "/none"; libraries = "/workspace/.bad"; shellHook = "export HOOKED=$PWD";`)
	w.inside(t, "mkdir -p /workspace/.bad; echo broken >/workspace/.bad/libc.so.6")
	req := bridge.PrepareEnvironment{Files: map[string]string{bridge.FlakeFile: flake}}
	cold, log, err := w.prepare(t, req)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	if cold.Source != bridge.FlakeFile || cold.Cached || len(cold.Path) != 1 || !strings.HasSuffix(cold.Path[0], "-greet/bin") {
		t.Errorf("cold: %+v", cold)
	}
	if got := strings.Join(cold.Variables, " "); !strings.Contains(got, "ODD") || strings.Contains(got, "SSL_CERT_FILE") || strings.Contains(got, "LD_") || strings.Contains(got, "builder") {
		t.Errorf("variables: %s", got)
	}
	if !strings.Contains(log, "greet> building greet\n") || !strings.Contains(log, "LD_LIBRARY_PATH: left out, because /bin/bash does not start with it") {
		t.Errorf("log:\n%s", log)
	}
	warm, log, err := w.prepare(t, req)
	if err != nil || !warm.Cached || log != "" || fmt.Sprint(warm.Path) != fmt.Sprint(cold.Path) {
		t.Errorf("warm: %+v, %v, %q", warm, err, log)
	}
	t.Logf("environment: cold %d ms, warm %d ms", cold.ElapsedMillis, warm.ElapsedMillis)
	if warm.ElapsedMillis > 250 {
		t.Errorf("a warm start takes %d ms", warm.ElapsedMillis)
	}

	t.Run("the agent's commands", func(t *testing.T) {
		for command, want := range map[string]string{
			"greet":                       "greetings from nix",
			"sh -c greet":                 "greetings from nix",
			`printf %s "$ODD"`:            odd,
			`printf %s "$TOKEN/$SHARED"`:  "s3cr'et/the user's",
			"command -v greet":            cold.Path[0] + "/greet",
			"echo $SSL_CERT_FILE":         "/etc/ssl/certs/ca-certificates.crt",
			"bash -lc 'command -v greet'": cold.Path[0] + "/greet",
			`python3 -c "import subprocess; subprocess.run(['greet'])"`: "greetings from nix",
			"echo ${PATH%%:*}": cold.Path[0],
		} {
			if got := w.command(t, command); got != want {
				t.Errorf("%s: %q, want %q", command, got, want)
			}
		}
	})
	t.Run("a terminal of the bridge", func(t *testing.T) {
		w.terminal(t, `greet; echo "first ${PATH%%:*}"`, "greetings from nix\r\nfirst "+cold.Path[0])
	})
	t.Run("a shell that comes from elsewhere", func(t *testing.T) {
		for script, want := range map[string]string{
			"bash -ic 'greet' 2>/dev/null":                                                                "greetings from nix",
			`bash -ic 'printf %s "$ODD"' 2>/dev/null`:                                                     odd,
			"mkdir -p ~/.local/bin; bash -lic 'echo ${PATH%%:*}' 2>/dev/null":                             cold.Path[0],
			"BASH_ENV=/etc/kalpana/env-hook.sh bash -c 'greet'":                                           "greetings from nix",
			"bash -ic 'bash -ic \"bash -ic env\"' 2>/dev/null | grep ^PATH= | tr : '\\n' | grep -c greet": "1",
		} {
			if got := w.inside(t, script); got != want {
				t.Errorf("%s: %q, want %q", script, got, want)
			}
		}
	})
	t.Run("the editor and its tasks", func(t *testing.T) {
		if status, body := get(t, "http://"+w.api+"/readyz", w.key); status != 503 {
			t.Errorf("held back: %d %s", status, body)
		}
		task := bridge.EditorTask{Label: "Greet", Command: "greet && echo \"$TOKEN\""}
		for range 2 { // the second changes nothing
			if err := w.c.Call(t.Context(), bridge.TypeStartEditor, bridge.StartEditor{Folder: "app", Tasks: []bridge.EditorTask{task}}, nil); err != nil {
				t.Fatal(err)
			}
			task.Label = "Other"
		}
		w.awaitReady(t)
		environ := w.inside(t, "tr '\\0' '\\n' </proc/$(pgrep -of /opt/code-server/editor.js)/environ")
		for _, want := range []string{"\nPATH=" + cold.Path[0] + ":/home/coder/.local/bin:", "TOKEN=s3cr'et", "SHARED=the user's", "ODD=it's \"odd\""} {
			if !strings.Contains("\n"+environ, want) {
				t.Errorf("the editor's environment has no %q:\n%s", want, environ)
			}
		}
		if strings.Contains(environ, "NODE_OPTIONS=") {
			t.Error("the editor has NODE_OPTIONS that keep it from starting")
		}
		resp, err := (&http.Transport{}).RoundTrip(request(t, "http://"+w.editor+"/", w.key))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if to := resp.Header.Get("Location"); !strings.Contains(to, "folder=/workspace/app") {
			t.Errorf("the editor opens %q", to)
		}
		if got := w.inside(t, "jq -r '.tasks[] | .label + \": \" + .command' ~/.local/share/code-server/User/tasks.json"); got != `Greet: greet && echo "$TOKEN"` {
			t.Errorf("tasks: %s", got)
		}
		// What the editor's tasks and terminals inherit.
		got := w.inside(t, `xargs -0 -a /proc/$(pgrep -of /opt/code-server/editor.js)/environ sh -c 'exec env -i "$@" /bin/bash -c "greet && echo \$TOKEN"' sh`)
		if got != "greetings from nix\ns3cr'et" {
			t.Errorf("a task says %q", got)
		}
	})
	t.Run("secrets stay in memory", func(t *testing.T) {
		if got := w.inside(t, `grep -rlsIF "s3cr'e""t" /workspace /home /tmp /run /nix/var 2>/dev/null; echo searched`); got != "searched" {
			t.Errorf("a variable is in %s", got)
		}
	})

	t.Run("another environment takes its place", func(t *testing.T) {
		// Shells of the editor, which still has the first one.
		if got := w.inside(t, "tr '\\0' '\\n' </proc/$(pgrep -of /opt/code-server/editor.js)/environ >/dev/null; cp /proc/$(pgrep -of /opt/code-server/editor.js)/environ /tmp/before && echo kept"); got != "kept" {
			t.Fatal(got)
		}
		next, log, err := w.prepare(t, bridge.PrepareEnvironment{Files: map[string]string{bridge.FlakeFile: shellFlake("packages = [ pkgs.other ];")}})
		if err != nil {
			t.Fatalf("%v\n%s", err, log)
		}
		if got := w.command(t, "other; command -v greet; echo ${ODD-none}"); got != "another tool\nnone" {
			t.Errorf("a command says %q", got)
		}
		got := w.inside(t, `xargs -0 -a /tmp/before sh -c 'exec env -i "$@" bash -ic "other; command -v greet; echo \${ODD-none} \$SHARED \${PATH%%:*}"' sh 2>/dev/null`)
		if want := "another tool\nnone the user's " + next.Path[0]; got != want {
			t.Errorf("a new terminal says %q, want %q", got, want)
		}
		if _, _, err := w.prepare(t, bridge.PrepareEnvironment{}); err != nil {
			t.Fatal(err)
		}
		if got := w.inside(t, `xargs -0 -a /tmp/before sh -c 'exec env -i "$@" bash -ic "command -v other greet; echo \${PATH%%:*}"' sh 2>/dev/null; ls ~/.cache/kalpana`); got != "/home/coder/.local/bin" {
			t.Errorf("without an environment a terminal says %q", got)
		}
	})
}

func request(t *testing.T, url, key string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(bridge.KeyHeader, key)
	return req
}

func TestWrongNixFilesInTheImage(t *testing.T) {
	w := hold(t)
	good := bridge.PrepareEnvironment{Files: map[string]string{bridge.FlakeFile: shellFlake("packages = [ pkgs.greet ];")}}
	for _, c := range []struct{ name, file, text, code, says string }{
		{"syntax", bridge.FlakeFile, "{\n  outputs = { self, nixpkgs }: {\n    a = ;\n  };\n}\n", bridge.CodeNixInvalid, "flake.nix:3:9: syntax error"},
		{"missing package", bridge.FlakeFile, shellFlake("packages = [ pkgs.nodejs_99 ];"), bridge.CodeNixInvalid, "flake.nix:5:22: attribute 'nodejs_99' missing"},
		{"undefined", bridge.FlakeFile, shellFlake("packages = [ greet ];"), bridge.CodeNixInvalid, "flake.nix:5:22: undefined variable 'greet'"},
		{"no shell", bridge.FlakeFile, "{ outputs = { self }: { x = 1; }; }", bridge.CodeNixInvalid, "does not provide attribute 'devShells"},
		{"no flake", bridge.FlakeFile, "[ 1 2 ]", bridge.CodeNixInvalid, "must be an attribute set"},
		{"throw", bridge.FlakeFile, shellFlake(`packages = [ (throw "not here") ];`), bridge.CodeNixInvalid, "flake.nix:5:23: not here"},
		{"endless recursion", bridge.FlakeFile, shellFlake("packages = let a = b; b = a; in [ a ];"), bridge.CodeNixInvalid, "infinite recursion"},
		{"endless loop", bridge.FlakeFile, shellFlake("packages = let f = x: f (x + 1); in f 1;"), bridge.CodeNixInvalid, "stack overflow"},
		{"memory bomb", bridge.FlakeFile, shellFlake("packages = builtins.genList (x: x) 10000000000;"), bridge.CodeNixFailed, "memory"},
		{"fetch without hash", bridge.FlakeFile, shellFlake(`packages = import (builtins.fetchurl "http://127.0.0.1:9/x");`), bridge.CodeNixInvalid, "in pure evaluation mode"},
		{"fetch", bridge.FlakeFile, shellFlake(`packages = import (builtins.fetchTarball { url = "http://127.0.0.1:9/x.tar.gz"; sha256 = "0000000000000000000000000000000000000000000000000000"; });`), bridge.CodeNixUnreachable, "flake.nix: unable to download 'http://127.0.0.1:9/x.tar.gz'"},
		{"unknown input", bridge.FlakeFile, "{ outputs = { self, nosuch }: { }; }", bridge.CodeNixInvalid, "cannot find flake 'flake:nosuch'"},
		{"broken package", bridge.FlakeFile, shellFlake("packages = [ pkgs.broken ];"), bridge.CodeNixFailed, "builder for 'broken.drv' failed with exit code 3"},
		{"shell syntax", bridge.ShellFile, "{ pkgs ? import <nixpkgs> {} }:\npkgs.mkShell { packages = [ pkgs.greet }\n", bridge.CodeNixInvalid, "shell.nix:2:40: syntax error"},
		{"shell missing", bridge.ShellFile, "{ pkgs ? import <nixpkgs> {} }:\npkgs.mkShell { packages = [ pkgs.great ]; }\n", bridge.CodeNixInvalid, "shell.nix:2:29: attribute 'great' missing"},
		{"shell argument", bridge.ShellFile, "{ pkgs }: pkgs", bridge.CodeNixInvalid, "shell.nix:1:3: cannot evaluate a function"},
		{"shell list", bridge.ShellFile, "[ 1 ]", bridge.CodeNixInvalid, "does not evaluate to a derivation"},
		{"large", bridge.ShellFile, strings.Repeat("# 45678\n", bridge.MaxNixBytes/8) + "1", bridge.CodeTooLarge, "bytes"},
		{"large but allowed", bridge.ShellFile, strings.Repeat("# 45678\n", bridge.MaxNixBytes/8-1) + "[", bridge.CodeNixInvalid, "shell.nix:131072:2: syntax error"},
	} {
		if _, log, err := w.prepare(t, good); err != nil {
			t.Fatalf("%v\n%s", err, log)
		}
		began := time.Now()
		_, log, err := w.prepare(t, bridge.PrepareEnvironment{Files: map[string]string{c.file: c.text}})
		if codeOf(err) != c.code || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%s: %v; want %s with %q\n%s", c.name, err, c.code, c.says, log)
		}
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("%s took %s", c.name, took)
		}
		if strings.Contains(fmt.Sprint(err), "/nix/store") || strings.Contains(fmt.Sprint(err), "/home/coder") {
			t.Errorf("%s: the message has the container's paths: %v", c.name, err)
		}
		if c.code == bridge.CodeTooLarge {
			continue
		}
		if got := w.command(t, "command -v greet; echo $?"); got != "1" {
			t.Errorf("%s: the tools of another file are still there: %s", c.name, got)
		}
	}
	// After all that the editor starts as ever.
	if err := w.c.Call(t.Context(), bridge.TypeStartEditor, bridge.StartEditor{}, nil); err != nil {
		t.Fatal(err)
	}
	w.awaitReady(t)
}

func TestNixWithoutItsCacheInTheImage(t *testing.T) {
	w := hold(t)
	silent := []string{"http://127.0.0.1:9"}
	// What can be built here is, after it was said that the cache is not there.
	good := bridge.PrepareEnvironment{Files: map[string]string{bridge.FlakeFile: shellFlake("packages = [ pkgs.greet ];")}, Caches: silent}
	answer, log, err := w.prepare(t, good)
	if err != nil || !strings.Contains(log, "unable to download 'http://127.0.0.1:9/nix-cache-info'") || w.command(t, "greet") != "greetings from nix" {
		t.Errorf("%+v, %v\n%s", answer, err, log)
	}
	t.Logf("without a cache: %d ms", answer.ElapsedMillis)
	// What cannot be is told with its likely cause. A rebuild that fails for it leaves what
	// there is.
	bad := good
	bad.Files = map[string]string{bridge.FlakeFile: shellFlake("packages = [ pkgs.broken ];")}
	if _, _, err := w.prepare(t, bad); codeOf(err) != bridge.CodeNixUnreachable || !strings.Contains(err.Error(), "the binary cache http://127.0.0.1:9 cannot be reached") {
		t.Errorf("a package that cannot be built: %v", err)
	}
	if _, _, err := w.prepare(t, good); err != nil {
		t.Fatal(err)
	}
	again := good
	again.Nixpkgs, again.Rebuild = "http://127.0.0.1:9/nixpkgs.tar.gz", true
	if _, _, err := w.prepare(t, again); codeOf(err) != bridge.CodeNixUnreachable {
		t.Errorf("nixpkgs that cannot be fetched: %v", err)
	}
	if got := w.command(t, "greet"); got != "greetings from nix" {
		t.Errorf("after a rebuild that failed: %s", got)
	}
	// The bridge that starts next has it at once, as every shell.
	docker(t, "restart", w.name)
	w.editor, w.api = docker(t, "port", w.name, "8080"), docker(t, "port", w.name, "3001")
	eventually(t, "the bridge is back", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		w.c, err = bridgeclient.Dial(ctx, w.api, w.key)
		return err == nil
	}, func() string { return fmt.Sprint(err) })
	t.Cleanup(func() { _ = w.c.Close() })
	if got := w.command(t, "greet"); got != "greetings from nix" {
		t.Errorf("after a restart: %s", got)
	}
	if answer, _, err := w.prepare(t, good); err != nil || !answer.Cached {
		t.Errorf("after a restart: %+v, %v", answer, err)
	}
	// A store that was reset is noticed.
	w.inside(t, "chmod -R u+w /nix/store; rm -rf /nix/store/* /nix/var/nix/*")
	if answer, log, err := w.prepare(t, good); err != nil || answer.Cached || w.command(t, "greet") != "greetings from nix" {
		t.Errorf("with an empty store: %+v, %v\n%s", answer, err, log)
	}
}

func TestNixOfARepositoryInTheImage(t *testing.T) {
	w := hold(t)
	req := bridge.PrepareEnvironment{Folder: "app"}
	if answer, _, err := w.prepare(t, req); err != nil || answer.Source != "" || answer.Path == nil || answer.Variables == nil {
		t.Errorf("a folder that is not there: %+v, %v", answer, err)
	}
	w.write(t, "app/shell.nix", "with import <nixpkgs> { };\nmkShell { packages = import ./nix/tools.nix { inherit greet other; }; }\n")
	w.write(t, "app/nix/tools.nix", "{ greet, ... }: [ greet ]")
	answer, log, err := w.prepare(t, req)
	if err != nil || answer.Source != bridge.ShellFile || w.command(t, "greet") != "greetings from nix" {
		t.Fatalf("shell.nix: %+v, %v\n%s", answer, err, log)
	}
	if answer, _, err := w.prepare(t, req); err != nil || !answer.Cached {
		t.Errorf("unchanged: %+v, %v", answer, err)
	}
	w.write(t, "app/nix/tools.nix", "{ other, ... }: [ other ]")
	if answer, _, err := w.prepare(t, req); err != nil || answer.Cached || w.command(t, "other; command -v greet") != "another tool" {
		t.Errorf("a file that it imports has changed: %+v, %v", answer, err)
	}

	// A flake wins, once git knows it.
	w.inside(t, "cd /workspace/app && git init -q . && mkdir node_modules && head -c 20000000 /dev/zero >node_modules/large")
	w.write(t, "app/flake.nix", shellFlake("packages = [ pkgs.greet ];"))
	if _, _, err := w.prepare(t, req); codeOf(err) != bridge.CodeNixInvalid || !strings.Contains(err.Error(), "git add flake.nix") {
		t.Errorf("untracked: %v", err)
	}
	w.inside(t, "cd /workspace/app && git add flake.nix")
	answer, log, err = w.prepare(t, req)
	if err != nil || answer.Source != bridge.FlakeFile || w.command(t, "greet") != "greetings from nix" {
		t.Fatalf("flake.nix: %+v, %v\n%s", answer, err, log)
	}
	if got := w.inside(t, "cd /workspace/app && git status --porcelain; ls /nix/store/*/node_modules 2>/dev/null"); got != "A  flake.nix\n?? nix/\n?? node_modules/\n?? shell.nix" {
		t.Errorf("the repository has changed, or was copied whole: %s", got)
	}
	// A mistake in it leaves what there is.
	w.write(t, "app/flake.nix", shellFlake("packages = [ pkgs.great ];"))
	if _, _, err := w.prepare(t, req); codeOf(err) != bridge.CodeNixInvalid || !strings.Contains(err.Error(), "flake.nix:5:22: ") {
		t.Errorf("a mistake: %v", err)
	}
	if got := w.command(t, "greet"); got != "greetings from nix" {
		t.Errorf("after a mistake: %s", got)
	}
}

func TestNixThatTakesTooLongInTheImage(t *testing.T) {
	w := hold(t)
	slow := bridge.PrepareEnvironment{Nixpkgs: nixpkgs, Files: map[string]string{bridge.FlakeFile: shellFlake("packages = [ pkgs.slow ];")}, TimeoutSeconds: 2}
	began := time.Now()
	if _, _, err := w.prepare(t, slow); codeOf(err) != bridge.CodeTimedOut || time.Since(began) > 10*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
	slow.TimeoutSeconds, slow.Caches = 0, []string{"file:///nix/no-cache"}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := w.c.Stream(ctx, bridge.TypePrepareEnvironment, slow, nil, func(e bridge.Event) error {
		if strings.Contains(string(e.Payload), "slow> waiting") {
			cancel()
		}
		return nil
	})
	if err == nil {
		t.Error("a cancelled request was answered")
	}
	var left string
	eventually(t, "nothing of it is left", func() bool {
		left = w.inside(t, "pgrep -fa '[s]leep 987|[p]rint-dev-env'")
		return left == ""
	}, func() string { return left })
	if answer, log, err := w.prepare(t, bridge.PrepareEnvironment{Files: map[string]string{bridge.FlakeFile: shellFlake("packages = [ pkgs.greet ];")}}); err != nil || w.command(t, "greet") != "greetings from nix" {
		t.Errorf("the next one: %+v, %v\n%s", answer, err, log)
	}
}

// greeter is an extension that does nothing.
func greeter(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"[Content_Types].xml":    `<?xml version="1.0" encoding="utf-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension=".json" ContentType="application/json"/><Default Extension=".vsixmanifest" ContentType="text/xml"/><Default Extension=".js" ContentType="application/javascript"/></Types>`,
		"extension.vsixmanifest": `<?xml version="1.0" encoding="utf-8"?><PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011"><Metadata><Identity Language="en-US" Id="greeter" Version="1.2.3" Publisher="Kalpana"/><DisplayName>greeter</DisplayName><Description>x</Description></Metadata><Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation><Dependencies/><Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/></Assets></PackageManifest>`,
		"extension/package.json": `{"name":"greeter","publisher":"Kalpana","version":"1.2.3","engines":{"vscode":"^1.80.0"},"main":"./main.js","activationEvents":["onStartupFinished"]}`,
		"extension/main.js":      `exports.activate = () => {}`,
	} {
		f, err := z.Create(name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func TestExtensionsInTheImage(t *testing.T) {
	w := hold(t)
	content := greeter(t)
	if err := w.c.Call(t.Context(), bridge.TypeWriteFile, bridge.WriteFile{Path: "tools/greeter.vsix", Content: &content, Encoding: bridge.EncodingBase64}, nil); err != nil {
		t.Fatal(err)
	}
	w.write(t, "bad.vsix", "no archive")
	install := func(names ...string) (answer bridge.ExtensionsInstalled, log string) {
		t.Helper()
		err := w.c.Stream(t.Context(), bridge.TypeInstallExtensions, bridge.InstallExtensions{Extensions: names}, &answer, func(e bridge.Event) error {
			log += string(e.Payload) + "\n"
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return answer, log
	}
	began := time.Now()
	answer, log := install("tools/greeter.vsix", "bad.vsix", "none.vsix", "../out.vsix", "not a name")
	t.Logf("an extension: %s", time.Since(began).Round(time.Millisecond))
	if fmt.Sprint(answer.Installed) != "[tools/greeter.vsix]" || len(answer.Failed) != 4 || !strings.Contains(log, "successfully installed") {
		t.Errorf("%+v\n%s", answer, log)
	}
	began = time.Now()
	answer, log = install("tools/greeter.vsix", "kalpana.Greeter", "kalpana.greeter@1.2.3")
	t.Logf("one that is there: %s", time.Since(began).Round(time.Millisecond))
	if len(answer.Installed) != 3 || len(answer.Failed) != 0 || log != "" {
		t.Errorf("again: %+v\n%s", answer, log)
	}
	if err := w.c.Call(t.Context(), bridge.TypeStartEditor, bridge.StartEditor{}, nil); err != nil {
		t.Fatal(err)
	}
	w.awaitReady(t)
	if got := w.inside(t, "editor-cli --list-extensions --show-versions"); got != "Kalpana.greeter@1.2.3" && got != "kalpana.greeter@1.2.3" {
		t.Errorf("the editor has %q", got)
	}
}
