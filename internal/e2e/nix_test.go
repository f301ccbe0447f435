package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/githubtest"
)

// nixpkgsFlake stands for nixpkgs: real derivations that need nothing from the network, since
// bash and coreutils of the image build them.
const nixpkgsFlake = `{
  outputs = { self }:
    let
      system = "x86_64-linux";
      # A program of coreutils must not be last: bash would become it, it closes its output
      # before it ends, and Nix kills builders that have closed theirs.
      make = name: script: derivation { inherit name system; builder = "/bin/bash"; args = [ "-c" ("export PATH=/usr/bin:/bin; " + script + "; exit 0") ]; };
      tool = name: text: make name "echo building ${name} >&2; mkdir -p $out/bin; printf '%s' '${text}' >$out/bin/${name}; chmod +x $out/bin/${name}";
      stdenv = derivation {
        name = "stdenv"; inherit system; builder = "/bin/bash";
        setup = "for p in $paths; do PATH=$p/bin\${PATH:+:}$PATH; done; export PATH";
        args = [ "-c" "export PATH=/usr/bin:/bin; mkdir -p $out; printf '%s' \"$setup\" >$out/setup" ];
      };
      pkgs = {
        greet = tool "greet" "#!/bin/sh\necho greetings from nix\n";
        other = tool "other" "#!/bin/sh\necho another tool\n";
        broken = make "broken" "echo it cannot be >&2; exit 3";
        slow = make "slow" "echo waiting >&2; sleep 4; mkdir -p $out/bin; printf '#!/bin/sh\\necho it took its time\\n' >$out/bin/slow; chmod +x $out/bin/slow";
        mkShell = { packages ? [ ], ... }@a: derivation ({
          name = "shell"; inherit system; builder = "/bin/bash"; outputs = [ "out" ];
          stdenv = "${stdenv}"; paths = packages;
          args = [ "-c" "export PATH=/usr/bin:/bin; echo >$out" ];
        } // removeAttrs a [ "packages" ]);
      };
    in { legacyPackages.${system} = pkgs; };
}
`

// nixpkgsImport is what <nixpkgs> is then.
const nixpkgsImport = `_: (builtins.getFlake (toString ./.)).legacyPackages.x86_64-linux
`

// newNixpkgs serves the stand-in for nixpkgs and an empty binary cache in the internet of the
// tests, and returns the settings of a server that uses them, and its address.
func newNixpkgs(t testing.TB) (settings []string, address string) {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	archive := tar.NewWriter(z)
	for _, f := range [][2]string{{"flake.nix", nixpkgsFlake}, {"default.nix", nixpkgsImport}} {
		if err := archive.WriteHeader(&tar.Header{Name: "nixpkgs/" + f[0], Mode: 0o644, Size: int64(len(f[1])), ModTime: time.Unix(1_700_000_000, 0)}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /nixpkgs.tar.gz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/gzip")
		w.Write(packed.Bytes())
	})
	mux.HandleFunc("GET /cache/nix-cache-info", func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 40\n"))
	})
	address = serveOnInternet(t, mux)
	return []string{"NIXPKGS=" + address + "/nixpkgs.tar.gz", "NIX_CACHE_URL=" + address + "/cache"}, address
}

// shellFlake is a flake with one development shell.
func shellFlake(attributes string) string {
	return "{\n  outputs = { self, nixpkgs }:\n    let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {\n      devShells.x86_64-linux.default = pkgs.mkShell {\n        " + attributes + "\n      };\n    };\n}\n"
}

// removeStores removes the shared Nix stores that a server made. It is to be called before
// install, so that it happens after its workspaces have gone.
func removeStores(t testing.TB, installation *string) {
	t.Cleanup(func() {
		if *installation == "" {
			return
		}
		ours := "label=kalpana.installation=" + *installation
		for _, v := range strings.Fields(docker(t, "volume", "ls", "-q", "--filter", ours)) {
			if out, err := exec.Command("docker", "volume", "rm", v).CombinedOutput(); err != nil {
				t.Errorf("volume %s stays: %s", v, out)
			}
		}
	})
}

var madeIn = regexp.MustCompile(`^environment of (\S+) (made|unchanged) \((\d+) ms`)

// environment is what the start log says of a workspace's Nix environment: of which file it
// is, whether it was made or unchanged, and how long that took.
func (u *user) environment(id string) (file, how string, took time.Duration) {
	u.k.t.Helper()
	for _, l := range u.startLog(id) {
		if m := madeIn.FindStringSubmatch(l.text); m != nil && l.phase == "environment" {
			ms, _ := strconv.Atoi(m[3])
			return m[1], m[2], time.Duration(ms) * time.Millisecond
		}
	}
	return "", "", 0
}

func TestNixOfAUser(t *testing.T) {
	t.Parallel()
	settings, address := newNixpkgs(t)
	p := newProvider(t)
	k := install(t, p.settings(settings...)...)
	k.start()
	u := k.user("ada@example.com")

	status, got := u.call("POST", "/workspaces", map[string]any{"name": "wrong", "nixConfig": "{\n  outputs = { self }: {\n    a = ;\n  };\n}\n"})
	if wrong, _ := got["errors"].([]any); status != 422 || got["code"] != "invalid_nix" || len(wrong) == 0 || wrong[0].(map[string]any)["line"] != 3.0 || wrong[0].(map[string]any)["column"] != 9.0 || wrong[0].(map[string]any)["field"] != "body.nixConfig" {
		t.Errorf("a syntax error: %d %s", status, jsonOf(t, got))
	}
	if _, all := u.call("GET", "/workspaces", nil); len(all["items"].([]any)) > 0 {
		t.Errorf("it was made all the same: %v", all)
	}

	id, w := u.order(map[string]any{"name": "nix", "nixConfig": shellFlake(`packages = [ pkgs.greet ]; MOOD = "it's \"good\"";`)})
	if notices(w) != "" {
		t.Fatalf("notices %q; the log: %v", notices(w), u.startLog(id))
	}
	file, how, cold := u.environment(id)
	if file != "flake.nix" || how != "made" || !u.told(id, "environment", "building greet") {
		t.Errorf("the log says %s of %s: %v", how, file, u.startLog(id))
	}
	everywhere := func(command, want string) {
		t.Helper()
		out, _ := exec.Command("docker", "exec", container(t, id), "bash", "-lic", command+" 2>&1").Output()
		for where, got := range map[string]string{
			"a command":                     u.command(id, command),
			"a login shell":                 u.command(id, "bash -lc '"+command+"'"),
			"a login shell from elsewhere":  strings.TrimSpace(string(out)),
			"the editor's programs":         editorCommand(t, id, command),
			"an interactive shell of those": editorCommand(t, id, "bash -ic '"+command+"' 2>/dev/null"),
		} {
			if got != want {
				t.Errorf("%s says %q, want %q", where, got, want)
			}
		}
	}
	everywhere(`greet; echo "$MOOD"`, "greetings from nix\nit's \"good\"")
	ada := u.speaker(t)
	chat := ada.chat(id, "auto")
	ada.approveAll(chat, ada.send(chat, "m1", "run: greet | tr a-z A-Z"))
	ada.idle(chat)
	if history := encoded(ada.history(chat)); !strings.Contains(history, "GREETINGS FROM NIX") {
		t.Errorf("the agent's command: %s", history)
	}

	// The second start finds it, and needs nobody for it.
	k.stop()
	k.env = append(k.env, "NIX_CACHE_URL="+address[:strings.LastIndex(address, ":")]+":9")
	k.start()
	w = u.again(id)
	file, how, warm := u.environment(id)
	t.Logf("Nix environment: cold %v, cached %v; order to RUNNING, cached, %v", cold, warm, u.took(id).Round(time.Millisecond))
	if file != "flake.nix" || how != "unchanged" || warm > time.Second || notices(w) != "" {
		t.Errorf("the second start: %s %s in %v, notices %q", file, how, warm, notices(w))
	}
	everywhere("greet", "greetings from nix")

	// What only the cache could give cannot be had without it, and the workspace runs.
	if status, got := u.call("PATCH", "/workspaces/"+id, map[string]any{"nixConfig": shellFlake("packages = [ pkgs.broken ];")}); status != 200 {
		t.Fatalf("change: %d %v", status, got)
	}
	w = u.again(id)
	if said := notices(w); !strings.HasPrefix(said, "environment: ") || !strings.Contains(said, "the binary cache") || !strings.Contains(said, ":9 cannot be reached") {
		t.Errorf("without the cache: %q; the log: %v", said, u.startLog(id))
	}
	everywhere("command -v greet; echo none", "none")

	// A shell.nix takes its place; what was wrong is forgotten.
	if status, got := u.call("PATCH", "/workspaces/"+id, map[string]any{"nixConfig": "{ pkgs ? import <nixpkgs> {} }:\npkgs.mkShell { packages = [ pkgs.other ]; }\n"}); status != 200 {
		t.Fatalf("change: %d %v", status, got)
	}
	w = u.again(id)
	if file, how, _ := u.environment(id); file != "shell.nix" || how != "made" || notices(w) != "" {
		t.Errorf("shell.nix: %s %s, notices %q; the log: %v", file, how, notices(w), u.startLog(id))
	}
	everywhere("other", "another tool")

	// The operator's switch takes it away, and keeps new ones out.
	k.stop()
	k.env = append(k.env, "ENABLE_NIX_CUSTOM_CONFIGS=false")
	k.start()
	if status, got := u.call("POST", "/workspaces", map[string]any{"name": "no", "nixConfig": shellFlake("")}); status != 403 || got["code"] != "nix_disabled" {
		t.Errorf("switched off: %d %v", status, got)
	}
	if status, got := u.call("PATCH", "/workspaces/"+id, map[string]any{"nixConfig": shellFlake("packages = [ pkgs.greet ];")}); status != 403 || got["code"] != "nix_disabled" {
		t.Errorf("switched off, change: %d %v", status, got)
	}
	w = u.again(id)
	if file, _, _ := u.environment(id); file != "" || notices(w) != "" {
		t.Errorf("switched off, a start has an environment of %q, notices %q", file, notices(w))
	}
	everywhere("command -v other; echo none", "none")
}

func TestNixOfRepositories(t *testing.T) {
	t.Parallel()
	g, settings := newGitHub(t)
	more, _ := newNixpkgs(t)
	g.AddUser(githubtest.User{Login: "ada", Name: "Ada Lovelace", Primary: "ada@example.com"})
	for name, flake := range map[string]string{
		"ada/good":    shellFlake("packages = [ pkgs.greet ];"),
		"ada/endless": shellFlake("packages = let f = x: f (x + 1); in f 1;"),
		"ada/hungry":  shellFlake("packages = builtins.genList (x: x) 10000000000;"),
	} {
		g.AddRepo(githubtest.Repo{Name: name, Files: map[string]string{"flake.nix": flake, "README.md": "# Read me\n"}})
	}
	k := install(t, append(settings, more...)...)
	k.start()
	u := k.user("ada@example.com")

	id, w := u.order(map[string]any{"name": "good", "githubRepo": "ada/good"})
	file, how, _ := u.environment(id)
	if notices(w) != "" || file != "flake.nix" || how != "made" {
		t.Errorf("notices %q, environment of %q %s; the log: %v", notices(w), file, how, u.startLog(id))
	}
	if got := u.command(id, "greet; git -C /workspace/good status --porcelain"); got != "greetings from nix" {
		t.Errorf("the repository's tool says %q", got)
	}
	// A change of the file counts at the next start.
	u.command(id, "cd /workspace/good && sed -i s/pkgs.greet/pkgs.other/ flake.nix")
	w = u.again(id)
	if got := u.command(id, "other; command -v greet"); got != "another tool" || notices(w) != "" {
		t.Errorf("after a change: %q, notices %q", got, notices(w))
	}

	for name, want := range map[string]string{"endless": "stack overflow", "hungry": "memory"} {
		id, w := u.order(map[string]any{"name": name, "githubRepo": "ada/" + name})
		if said := notices(w); !strings.HasPrefix(said, "environment: The workspace runs without its Nix environment: flake.nix") || !strings.Contains(said, want) {
			t.Errorf("%s: %q", name, said)
		}
		if code, _ := u.get(k.origin(id+".ws.localhost") + "/"); code != 200 {
			t.Errorf("%s: the editor answers %d", name, code)
		}
		u.call("DELETE", "/workspaces/"+id, nil)
	}

	k.stop()
	k.env = append(k.env, "ENABLE_NIX_CUSTOM_CONFIGS=false")
	k.start()
	w = u.again(id)
	if got := u.command(id, "command -v other; ls /workspace/good | xargs"); got != "README.md flake.nix" || notices(w) != "" {
		t.Errorf("switched off, the repository's tool is %q, notices %q", got, notices(w))
	}
}

func TestNixOfATemplate(t *testing.T) {
	t.Parallel()
	var installation string
	removeStores(t, &installation)
	settings, _ := newNixpkgs(t)
	k := install(t, settings...)
	k.start()
	u := k.user("ada@example.com")
	status, made := u.call("POST", "/templates", map[string]any{"name": "Greeter", "definition": map[string]any{"flake": shellFlake("packages = [ pkgs.greet ];")}})
	if status != 201 {
		t.Fatalf("create: %d %v", status, made)
	}
	path := "/templates/" + made["id"].(string)
	status, got := u.call("POST", path+"/try", map[string]any{})
	if status != 201 {
		t.Fatalf("try: %d %v", status, got)
	}
	id := got["workspaceId"].(string)
	w := u.await(id, "RUNNING")
	installation = docker(t, "inspect", "-f", `{{index .Config.Labels "kalpana.installation"}}`, container(t, id))
	if got := u.command(id, "greet"); got != "greetings from nix" || notices(w) != "" {
		t.Errorf("the template's tool says %q, notices %q; the log: %v", got, notices(w), u.startLog(id))
	}
	if u.told(id, "image", "Building the environment") || !u.told(id, "environment", "building greet") {
		t.Errorf("what nobody vouches for is not built in the workspace: %v", u.startLog(id))
	}
	eventually(t, 30*time.Second, "the version counts as tried", func() bool { _, got := u.call("GET", path, nil); return got["tried"] == true })
	if status, got := u.call("POST", path+"/publish", nil); status != 200 {
		t.Fatalf("publish: %d %v", status, got)
	}
	if status, got := k.user("root@example.com", "--admin").call("PUT", path, map[string]any{"shared": true}); status != 200 {
		t.Fatalf("share: %d %v", status, got)
	}
	// Workspaces of a shared one begin with what was built for it once, and can change nothing of it.
	id, w = u.order(map[string]any{"name": "first", "template": made["id"]})
	if !u.told(id, "image", "building greet") || u.told(id, "environment", "building greet") || notices(w) != "" {
		t.Errorf("the first workspace has no shared store; notices %q, the log: %v", notices(w), u.startLog(id))
	}
	first := u.took(id)
	second, w := u.order(map[string]any{"name": "second", "template": made["id"]})
	if u.told(second, "image", "building greet") || u.told(second, "environment", "building greet") || notices(w) != "" {
		t.Errorf("the second workspace builds again; notices %q, the log: %v", notices(w), u.startLog(second))
	}
	t.Logf("a shared template's flake: first workspace RUNNING after %v, second after %v", first.Round(time.Millisecond), u.took(second).Round(time.Millisecond))
	tool := u.command(second, "command -v greet")
	u.command(second, "chmod -R u+w /nix/store/*; echo 'echo evil' >"+tool)
	if got := u.command(id, "greet"); got != "greetings from nix" {
		t.Errorf("a workspace changed the tool of another: %q", got)
	}
	third, _ := u.order(map[string]any{"name": "third", "template": made["id"]})
	if got := u.command(third, "greet"); got != "greetings from nix" {
		t.Errorf("a workspace changed the tool of a later one: %q", got)
	}
}

// TestTemplatesFromNix has TEMPLATE_PACKAGES=nix: tools come from a template's flake, as long
// as the binary cache answers when a workspace is made.
func TestTemplatesFromNix(t *testing.T) {
	t.Parallel()
	var installation string
	removeStores(t, &installation)
	settings, address := newNixpkgs(t)
	k := install(t, append(settings, "TEMPLATE_PACKAGES=nix")...)
	k.start()
	u := k.user("ada@example.com")
	status, made := u.call("POST", "/templates", map[string]any{"name": "Both", "definition": map[string]any{"flake": shellFlake("packages = [ pkgs.greet ];"), "packages": []string{"hello"}}})
	if status != 201 {
		t.Fatalf("create: %d %v", status, made)
	}
	try := func() (id string, w map[string]any) {
		t.Helper()
		status, got := u.call("POST", "/templates/"+made["id"].(string)+"/try", map[string]any{})
		if status != 201 {
			t.Fatalf("try: %d %v", status, got)
		}
		id = got["workspaceId"].(string)
		return id, u.await(id, "RUNNING")
	}
	const tools = "greet; hello; true"
	says := func(id, want, missing string, w map[string]any) {
		t.Helper()
		if got := u.command(id, tools); !strings.Contains(got, want) || !strings.Contains(got, missing+": not found") || notices(w) != "" {
			t.Errorf("the tools say %q, want %q and no %s; notices %q; the log: %v", got, want, missing, notices(w), u.startLog(id))
		}
	}
	id, w := try()
	installation = docker(t, "inspect", "-f", `{{index .Config.Labels "kalpana.installation"}}`, container(t, id))
	says(id, "greetings from nix", "hello", w)

	k.stop()
	k.env = append(k.env, "NIX_CACHE_URL="+address[:strings.LastIndex(address, ":")]+":9")
	k.start()
	says(id, "greetings from nix", "hello", u.again(id)) // it has all that it needs
	debian, w := try()
	says(debian, "Hello, world!", "greet", w)

	k.stop()
	k.env = append(k.env, settings...)
	k.start()
	says(debian, "Hello, world!", "greet", u.again(debian))
}

// TestKilledWhileAnEnvironmentIsPrepared kills the server while Nix builds.
func TestKilledWhileAnEnvironmentIsPrepared(t *testing.T) {
	t.Parallel()
	settings, _ := newNixpkgs(t)
	k := install(t, settings...)
	k.start()
	u := k.user("ada@example.com")
	status, w := u.call("POST", "/workspaces", map[string]any{"name": "slow", "nixConfig": shellFlake("packages = [ pkgs.slow ];")})
	if status != 201 {
		t.Fatalf("create: %d %v", status, w)
	}
	id := w["id"].(string)
	eventually(t, 60*time.Second, "Nix builds", func() bool { return u.told(id, "environment", "waiting") })
	k.kill()
	k.start()
	w = u.await(id, "RUNNING")
	if got := u.command(id, "slow"); got != "it took its time" || notices(w) != "" {
		t.Errorf("the tool says %q, notices %q; the log: %v", got, notices(w), u.startLog(id))
	}
}
