package docker

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// greetFlake is an environment that needs nothing but the image's own bash. Its scripts end
// with exit: Nix kills a builder that closes its output, as chmod does before it ends, and
// bash makes way for the last command.
const greetFlake = `{
  outputs = { self }: let
    make = name: script: derivation { inherit name; system = "x86_64-linux"; builder = "/bin/bash"; args = [ "-c" ("export PATH=/usr/bin:/bin; " + script + "; exit 0") ]; };
    greet = make "greet" "echo building greet >&2; mkdir -p $out/bin; printf '#!/bin/sh\necho greetings\n' >$out/bin/greet; chmod +x $out/bin/greet";
    stdenv = make "stdenv" "mkdir -p $out; echo 'export PATH=$tools/bin:$PATH' >$out/setup";
  in {
    devShells.x86_64-linux.default = derivation {
      name = "shell"; system = "x86_64-linux"; builder = "/bin/bash"; outputs = [ "out" ];
      inherit stdenv; tools = greet; args = [ "-c" "echo >$out" ];
    };
  };
}
`

// seedEngine is an engine whose seeds go with the test.
func seedEngine(t *testing.T) *Runtime {
	t.Helper()
	r := engine(t)
	t.Cleanup(func() { // before engine's own, which removes workspaces: again after those
		ctx := context.Background()
		all, err := r.List(ctx)
		if err != nil {
			t.Error(err)
		}
		for _, c := range all {
			if err := r.remove(ctx, c.ID); err != nil {
				t.Error(err)
			}
			if err := r.RemoveVolumes(ctx, c.WorkspaceID); err != nil {
				t.Error(err)
			}
		}
		if _, err := r.pruneSeeds(ctx, 0, func(string) bool { return false }); err != nil {
			t.Error(err)
		}
		if left := volumesLeft(t, r); len(left) > 0 {
			t.Errorf("volumes left: %v", left)
			exec.Command("docker", append([]string{"volume", "rm"}, left...)...).Run()
		}
	})
	return r
}

func volumesLeft(t *testing.T, r *Runtime) []string {
	t.Helper()
	out, err := exec.Command("docker", "volume", "ls", "--quiet", "--filter", "label=kalpana.installation="+r.installation).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

func execIn(t *testing.T, id, script string) string {
	t.Helper()
	out, err := exec.Command("docker", "exec", id, "bash", "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", script, err, out)
	}
	return strings.TrimSpace(string(out))
}

// useGreet makes the environment in a workspace and runs its tool.
const useGreet = `mkdir -p /tmp/f && cd /tmp/f && cat >flake.nix && nix print-dev-env --offline --profile ~/p -L path:/tmp/f >env 2>log && . ./env && greet && cat log`

func greetIn(t *testing.T, id string) (said string, took time.Duration) {
	t.Helper()
	c := exec.Command("docker", "exec", "--interactive", id, "bash", "-c", useGreet)
	c.Stdin = strings.NewReader(greetFlake)
	begin := time.Now()
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out), time.Since(begin)
}

func TestWorkspacesShareAStoreAndCannotHarmEachOther(t *testing.T) {
	r := seedEngine(t)
	build := SeedBuild{Image: image, Files: map[string]string{"flake.nix": greetFlake}, Caches: []string{"file:///nix/no-cache"}}
	var mu sync.Mutex
	var said strings.Builder
	say := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		said.WriteString(line + "\n")
	}
	begin := time.Now()
	seed, err := r.EnsureSeed(t.Context(), "go@3", build, say)
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	cold := time.Since(begin)
	if !strings.Contains(said.String(), "building greet") {
		t.Errorf("said:\n%s", said.String())
	}
	begin = time.Now()
	for _, again := range []*Runtime{r, restarted(t, r)} {
		if got, err := again.EnsureSeed(t.Context(), "go@3", build, func(string) { t.Error("built again") }); err != nil || got != seed {
			t.Errorf("again: %s %v", got, err)
		}
	}
	warm := time.Since(begin) / 2

	a, b, alone := spec(t), spec(t), spec(t)
	a.NixStore, b.NixStore = seed, seed
	startOf := func(s workspace.ContainerSpec) (string, time.Duration) {
		begin := time.Now()
		id, err := start(t, r, s)
		if err != nil {
			t.Fatal(err)
		}
		return id, time.Since(begin)
	}
	idA, overlay := startOf(a)
	idB, _ := startOf(b)
	idAlone, plain := startOf(alone)

	saidA, tookA := greetIn(t, idA)
	if !strings.Contains(saidA, "greetings") || strings.Contains(saidA, "building greet") {
		t.Errorf("with the seed: %s", saidA)
	}
	saidAlone, tookAlone := greetIn(t, idAlone)
	if !strings.Contains(saidAlone, "building greet") {
		t.Errorf("without a seed nothing was built: %s", saidAlone)
	}
	t.Logf("seed built in %.1f s, found in %.1f ms; create and start over a seed %d ms, with a store of its own %d ms; environment over a seed %d ms, without %d ms",
		cold.Seconds(), float64(warm.Microseconds())/1000, overlay.Milliseconds(), plain.Milliseconds(), tookA.Milliseconds(), tookAlone.Milliseconds())

	// A changes, removes and adds what it can.
	execIn(t, idA, `cd /nix/store && chmod -R u+w *-greet *-stdenv && echo 'echo hacked' >$(echo *-greet/bin/greet) && touch added && rm -rf *-stdenv && rm -rf /nix/var/nix/db /nix/var/nix/profiles && *-greet/bin/greet`)
	if got := execIn(t, idB, `nix-store --verify --check-contents 2>&1; /nix/store/*-greet/bin/greet; ls /nix/store | grep -c -e stdenv -e added; touch /nix/store/mine && echo can write`); !strings.Contains(got, "greetings") || strings.Contains(got, "hacked") || strings.Contains(got, "added") || !strings.Contains(got, "can write") || strings.Contains(got, "error") {
		t.Errorf("B sees: %s", got)
	}
	// A workspace that starts now sees what the builder made, not what others did to it.
	c := spec(t)
	c.NixStore = seed
	idC, _ := startOf(c)
	if got := execIn(t, idC, `/nix/store/*-greet/bin/greet; ls /nix/store | grep -c -e '^added' -e '^mine'; nix-store --gc 2>&1 | tail -1`); !strings.HasPrefix(got, "greetings\n0") {
		t.Errorf("C sees: %s", got)
	}
	if saidC, _ := greetIn(t, idC); strings.Contains(saidC, "building greet") {
		t.Errorf("garbage collection took the seed away: %s", saidC)
	}
	// No container but the builder's, which is gone, has the seed's volume mounted.
	if out, err := exec.Command("docker", "ps", "--all", "--quiet", "--filter", "volume="+seed).Output(); err != nil || len(out) > 0 {
		t.Errorf("mounted by %s %v", out, err)
	}

	// What A did stays with A, whatever it is told of stores.
	if err := r.Remove(t.Context(), a.WorkspaceID, 0); err != nil {
		t.Fatal(err)
	}
	a.Epoch, a.NixStore = 2, ""
	idA, _ = startOf(a)
	if got := execIn(t, idA, `/nix/store/*-greet/bin/greet; ls /nix/store/added`); got != "hacked\n/nix/store/added" {
		t.Errorf("A after a restart: %s", got)
	}
	// And one that had a store of its own keeps it.
	if err := r.Remove(t.Context(), alone.WorkspaceID, 0); err != nil {
		t.Fatal(err)
	}
	alone.Epoch, alone.NixStore = 2, seed
	idAlone, _ = startOf(alone)
	if got := execIn(t, idAlone, `ls -d /nix/store/*-greet | wc -l; ls ~/p >/dev/null && echo kept`); got != "1\nkept" {
		t.Errorf("alone after a restart: %s", got)
	}

	// Seeds stay while a workspace is built on them, and all of a workspace goes with it.
	prune := func(want int) {
		t.Helper()
		if n, err := r.pruneSeeds(t.Context(), 0, func(name string) bool { return name == "keep" }); n != want || err != nil {
			t.Errorf("%d seeds removed, %v; want %d", n, err, want)
		}
	}
	prune(0)
	for _, s := range []workspace.ContainerSpec{a, b, c, alone} {
		if err := r.Remove(t.Context(), s.WorkspaceID, 0); err != nil {
			t.Fatal(err)
		}
		if err := r.RemoveVolumes(t.Context(), s.WorkspaceID); err != nil {
			t.Fatal(err)
		}
	}
	if left := volumesLeft(t, r); len(left) != 2 {
		t.Errorf("volumes besides the seed and its mark: %v", left)
	}
	if n, err := r.PruneSeeds(t.Context(), func(string) bool { return false }); n != 0 || err != nil {
		t.Errorf("a new seed was removed: %d %v", n, err)
	}
	prune(1)
	prune(0)
}

func TestASeedThatIsGoneIsNoObstacle(t *testing.T) {
	r := seedEngine(t)
	s := spec(t)
	s.NixStore = "kalpana-seed-none"
	id, err := start(t, r, s)
	if err != nil {
		t.Fatalf("with a seed that never was: %v", err)
	}
	if got := execIn(t, id, "touch /nix/store/x && stat -c %u /nix/store"); got != "1000" {
		t.Errorf("its own store: %s", got)
	}
	seed := "kalpana-seed-test-" + random()
	if err := r.createVolume(t.Context(), client.VolumeCreateOptions{Name: seed, Labels: map[string]string{labelInstallation: r.installation}}); err != nil {
		t.Fatal(err)
	}
	over := spec(t)
	over.NixStore = seed
	// A start that was cut off has made one of the two volumes.
	if err := r.createVolume(t.Context(), client.VolumeCreateOptions{Name: nixUpper(over.WorkspaceID), Labels: volumeLabels(over, r.installation)}); err != nil {
		t.Fatal(err)
	}
	if _, err := start(t, r, over); err != nil {
		t.Fatal(err)
	}
	if err := r.Remove(t.Context(), over.WorkspaceID, 0); err != nil {
		t.Fatal(err)
	}
	if err := r.removeVolume(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	over.Epoch = 2
	if id, err = start(t, r, over); err != nil {
		t.Fatalf("after its seed was removed: %v", err)
	}
	if got := execIn(t, id, "touch /nix/store/x && stat -c %u /nix/store"); got != "1000" {
		t.Errorf("its own store afterwards: %s", got)
	}
	if names := volumesLeft(t, r); slices.Contains(names, nixUpper(over.WorkspaceID)) {
		t.Errorf("the layer of the seed that is gone is there: %v", names)
	}
}

func TestSeedsThatCannotBeBuiltLeaveNothing(t *testing.T) {
	r := seedEngine(t)
	for name, c := range map[string]struct {
		files  map[string]string
		reason string
	}{
		"syntax":  {map[string]string{"flake.nix": "{ outputs = "}, "syntax error"},
		"builder": {map[string]string{"flake.nix": strings.Replace(greetFlake, "mkdir -p $out/bin;", "exit 3;", 1)}, "failed"},
		"shell":   {map[string]string{"shell.nix": "throw ''no way''"}, "no way"},
	} {
		_, err := r.EnsureSeed(t.Context(), name, SeedBuild{Image: image, Files: c.files, Caches: []string{"file:///nix/no-cache"}}, func(string) {})
		if e, ok := errors.AsType[*SeedError](err); !ok || !strings.Contains(e.Reason, c.reason) || e.Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, files := range []map[string]string{nil, {"flake.lock": "{}"}, {"flake.nix": "1", "../x": "2"}} {
		if _, err := r.EnsureSeed(t.Context(), "x", SeedBuild{Image: image, Files: files}, func(string) {}); err == nil {
			t.Errorf("%v accepted", files)
		}
	}
	noneLeft(t, r)
	if left := volumesLeft(t, r); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestAHalfMadeSeedIsRemovedAtTheNextStart(t *testing.T) {
	r := seedEngine(t)
	slow := strings.Replace(greetFlake, "echo building greet >&2;", "echo building greet >&2; sleep 60;", 1)
	begun := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		_, err := r.EnsureSeed(t.Context(), "x", SeedBuild{Image: image, Files: map[string]string{"flake.nix": slow}, Caches: []string{"file:///nix/no-cache"}}, func(line string) {
			if strings.Contains(line, "building greet") {
				close(begun)
			}
		})
		ended <- err
	}()
	select {
	case <-begun:
	case err := <-ended:
		t.Fatalf("ended before it began: %v", err)
	}
	if len(volumesLeft(t, r)) == 0 {
		t.Error("no volume is being filled")
	}
	// The gateway that works on it was killed; another one starts.
	if err := restarted(t, r).RemoveLeftovers(t.Context()); err != nil {
		t.Fatal(err)
	}
	noneLeft(t, r)
	if left := volumesLeft(t, r); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if err := <-ended; err == nil {
		t.Error("a seed was made of it")
	}
}

func TestAnEngineThatRefusesOverlaysIsFoundOut(t *testing.T) {
	r := seedEngine(t)
	if err := r.tryOverlay(t.Context(), image); err != nil {
		t.Fatalf("this engine can: %v", err)
	}
	name := "kalpana-refused-" + random()
	err := r.createVolume(t.Context(), client.VolumeCreateOptions{
		Name: name, Driver: "local", DriverOpts: map[string]string{"type": "overlay", "device": "overlay", "o": "lowerdir=/nonexistent,upperdir=/nonexistent,workdir=/nonexistent"},
		Labels: map[string]string{labelInstallation: r.installation},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.run(t.Context(), errand{
		purpose: "try", limit: time.Minute, out: &clipped{}, errs: &clipped{}, config: container.Config{Image: image, Entrypoint: []string{"/bin/true"}},
		host: container.HostConfig{Mounts: []mount.Mount{{Type: mount.TypeVolume, Source: name, Target: "/nix", VolumeOptions: &mount.VolumeOptions{NoCopy: true}}}},
	})
	if !mountRefused(err) {
		t.Errorf("not seen as refused: %v", err)
	}
	if err := r.removeVolume(t.Context(), name); err != nil {
		t.Error(err)
	}
	r.overlayErr = ErrStoreRefused
	_, err = r.EnsureSeed(t.Context(), "x", SeedBuild{Image: image, Files: map[string]string{"flake.nix": greetFlake}}, func(string) {})
	if !errors.Is(err, ErrStoreRefused) {
		t.Errorf("a seed where there can be none: %v", err)
	}
	noneLeft(t, r)
}
