package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/volume"
	"github.com/moby/moby/client"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// Labels of shared Nix stores.
const (
	labelSeed      = "kalpana.seed"       // on a seed's volume and on its mark: the hash of what it was built from
	labelSeedName  = "kalpana.seed-name"  // on the same: what EnsureSeed was told
	labelSeedStore = "kalpana.seed-store" // on a mark and on a workspace's volume: the seed's volume
)

// Limits of building a seed.
const (
	seedTime   = 30 * time.Minute
	seedMemory = 4 << 30
	seedKeep   = time.Hour // what nobody uses is kept this long: a workspace may be about to
)

// Errors of EnsureSeed. Their text is for people.
var (
	ErrSeedTooLong = errors.New("building the environment took too long")
	// ErrStoreRefused: the engine cannot lay one store over another, as where its volumes
	// are on a file system that overlays refuse. Workspaces have stores of their own then.
	ErrStoreRefused = errors.New("this container engine cannot share Nix stores between workspaces")
)

// SeedError says why an environment could not be built.
type SeedError struct {
	Name   string
	Reason string // the last error of Nix
}

func (e *SeedError) Error() string { return "building the environment of " + e.Name + ": " + e.Reason }

// SeedBuild is what a seed is built from.
type SeedBuild struct {
	Image string // the workspace image whose Nix builds
	// Files are flake.nix with or without flake.lock, or shell.nix, by name.
	Files map[string]string
	// Nixpkgs, Caches and Keys are as in bridge.PrepareEnvironment: the same order given in a
	// workspace finds everything built.
	Nixpkgs string
	Caches  []string
	Keys    []string
	// Network numbers the workspaces' network that the builder joins.
	Network int
}

//go:embed nixstore.sh
var seedScript string

// EnsureSeed returns the seed of an environment: a Nix store with all that Files need, made
// once and never changed afterwards, on which workspaces build (ContainerSpec.NixStore). The
// first time it is built, in a container as hardened as a workspace, and say is told how that
// goes; say must not block. When it is there this takes milliseconds. name is the template
// and version that it is for; PruneSeeds asks by it.
//
// Nobody but the builder ever has the seed's volume mounted for writing: workspaces see it
// as the lower layer of an overlay, and what they change goes to a volume of their own.
//
// Errors: *SeedError, ErrStoreRefused, ErrSeedTooLong, workspace.ErrImageMissing,
// workspace.ErrDiskFull, workspace.ErrRuntimeUnavailable.
func (r *Runtime) EnsureSeed(ctx context.Context, name string, build SeedBuild, say func(line string)) (seed string, err error) {
	key, err := seedKey(r.installation, name, build)
	if err != nil {
		return "", err
	}
	if seed, err := r.seedOf(ctx, key); seed != "" || err != nil {
		return seed, err
	}
	return r.making.do(ctx, "seed "+key, say, func(ctx context.Context, say func(string)) (string, error) {
		return r.makeSeed(ctx, key, name, build, say)
	})
}

func seedKey(installation, name string, build SeedBuild) (string, error) {
	for file := range build.Files {
		if file != "flake.nix" && file != "flake.lock" && file != "shell.nix" {
			return "", fmt.Errorf("seed %s: %.80q is none of flake.nix, flake.lock and shell.nix", name, file)
		}
	}
	if build.Files["flake.nix"] == "" && build.Files["shell.nix"] == "" {
		return "", fmt.Errorf("seed %s: neither flake.nix nor shell.nix is given", name)
	}
	build.Image, build.Network = "", 0 // decide nothing of what is in the store
	data, err := json.Marshal([]any{installation, name, build, seedScript})
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16]), err
}

// seedMark is the name of the mark that says a seed is complete.
func seedMark(key string) string { return "kalpana-seed-" + key }

// seedOf returns the seed of this key, "" if it is not complete.
func (r *Runtime) seedOf(ctx context.Context, key string) (string, error) {
	mark, err := r.inspectVolume(ctx, seedMark(key))
	if isNotFound(err) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	seed := mark.Labels[labelSeedStore]
	if _, err := r.inspectVolume(ctx, seed); isNotFound(err) { // somebody removed it by hand
		return "", r.removeVolume(ctx, mark.Name)
	} else if err != nil {
		return "", err
	}
	return seed, nil
}

func (r *Runtime) makeSeed(ctx context.Context, key, name string, build SeedBuild, say func(string)) (string, error) {
	select {
	case r.seeds <- struct{}{}:
	default:
		say("Waiting: other stores are being built")
		select {
		case r.seeds <- struct{}{}:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	defer func() { <-r.seeds }()
	if err := r.tryOverlay(ctx, build.Image); err != nil {
		return "", err
	}
	if err := r.ensureNetwork(ctx, build.Network); err != nil {
		return "", err
	}
	begin := time.Now()
	say("Building the environment of " + name)
	seed := seedMark(key) + "-" + nonce()
	labels := r.workLabels("seed")
	labels[labelSeed], labels[labelSeedName] = key, name
	if err := r.createVolume(ctx, client.VolumeCreateOptions{Name: seed, Labels: labels}); err != nil {
		return "", err
	}
	err := r.fillSeed(ctx, seed, name, build, say)
	if err == nil {
		// From here on it is a seed, whatever happens to this process.
		err = r.createVolume(ctx, client.VolumeCreateOptions{Name: seedMark(key), Labels: map[string]string{
			labelInstallation: r.installation, labelSeed: key, labelSeedName: name, labelSeedStore: seed,
		}})
	}
	if err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workTimeout)
		defer cancel()
		return "", errors.Join(err, r.removeVolume(ctx, seed))
	}
	say(fmt.Sprintf("The environment is ready (%.0f s)", time.Since(begin).Seconds()))
	return seed, nil
}

// fillSeed builds into the volume of a seed.
func (r *Runtime) fillSeed(ctx context.Context, seed, name string, build SeedBuild, say func(string)) error {
	heard, told := tail{max: 100}, 0
	out := &lines{each: func(line string) {
		heard.add(line)
		if told < maxPackageLines {
			told++
			say(line)
		}
	}}
	pids := int64(pidsLimit)
	ended, err := r.run(ctx, errand{
		purpose: "seed", limit: seedTime, stdin: filesTar(build.Files), out: out, errs: out,
		config: container.Config{
			Image: build.Image, User: "1000:1000", WorkingDir: "/",
			Entrypoint: []string{"/bin/sh", "-c", seedScript, "seed"},
			Cmd:        []string{build.Nixpkgs, strings.Join(build.Caches, " "), strings.Join(build.Keys, " ")},
		},
		host: container.HostConfig{
			NetworkMode: container.NetworkMode(networkName(build.Network)), ReadonlyRootfs: true, IpcMode: container.IPCModePrivate,
			CapDrop: []string{"ALL"}, SecurityOpt: []string{"no-new-privileges", "seccomp=" + seccomp},
			OomScoreAdj: 700, // before any workspace
			LogConfig:   container.LogConfig{Type: "none"},
			Tmpfs:       map[string]string{"/tmp": "rw,exec,nosuid,nodev,size=512m,mode=1777"},
			Mounts: []mount.Mount{
				{Type: mount.TypeVolume, Source: seed, Target: "/nix"},
				{Type: mount.TypeVolume, Target: "/home/coder"}, // what Nix fetches; goes with the container
			},
			Resources: container.Resources{
				Memory: seedMemory, MemorySwap: seedMemory, PidsLimit: &pids, CPUShares: 512,
				Ulimits: []*container.Ulimit{{Name: "core", Soft: 0, Hard: 0}},
			},
		},
	})
	out.flush()
	switch {
	case errors.Is(err, errTooLong):
		return fmt.Errorf("%w (more than %s): %s", ErrSeedTooLong, seedTime, name)
	case err != nil:
		return fmt.Errorf("build the environment of %s: %w", name, err)
	case ended.code != 0:
		return seedFailure(ended, name, heard.lines)
	}
	return nil
}

var nixComplaint = regexp.MustCompile(`^\s*error: (.+)$`)

func seedFailure(ended outcome, name string, said []string) error {
	reason := fmt.Sprintf("ended with code %d", ended.code)
	for _, line := range said {
		if aptDiskFull.MatchString(line) {
			return fmt.Errorf("build the environment of %s: %w", name, workspace.ErrDiskFull)
		}
		if m := nixComplaint.FindStringSubmatch(line); m != nil {
			reason = m[1]
		}
	}
	if ended.oom {
		reason = fmt.Sprintf("more than %d MB of memory would be needed", seedMemory>>20)
	}
	return &SeedError{Name: name, Reason: reason}
}

func filesTar(files map[string]string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b) // which cannot fail on a buffer
	for _, name := range slices.Sorted(maps.Keys(files)) {
		_ = w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(files[name])), Uid: 1000, Gid: 1000})
		_, _ = w.Write([]byte(files[name]))
	}
	_ = w.Close()
	return b.Bytes()
}

// readySeeds are the volumes of seeds that are complete: each has a mark, an empty volume
// made when the seed was, because labels of a volume cannot be changed.
func (r *Runtime) readySeeds(ctx context.Context) (map[string]bool, error) {
	volumes, err := r.volumeList(ctx, r.ours().Add("label", labelSeedStore))
	ready := map[string]bool{}
	for _, v := range volumes {
		if v.Labels[labelSeed] != "" {
			ready[v.Labels[labelSeedStore]] = true
		}
	}
	return ready, err
}

// PruneSeeds removes seeds that no workspace is built on, if they are older than an hour
// and keep says no to their name. Returns how many went.
func (r *Runtime) PruneSeeds(ctx context.Context, keep func(name string) bool) (int, error) {
	return r.pruneSeeds(ctx, seedKeep, keep)
}

func (r *Runtime) pruneSeeds(ctx context.Context, age time.Duration, keep func(string) bool) (int, error) {
	r.stores.Lock() // no workspace begins to use one meanwhile
	defer r.stores.Unlock()
	volumes, err := r.volumeList(ctx, r.ours().Add("label", labelSeedStore))
	if err != nil {
		return 0, err
	}
	used := map[string]bool{}
	for _, v := range volumes {
		if v.Labels[labelWorkspace] != "" {
			used[v.Labels[labelSeedStore]] = true
		}
	}
	removed := 0
	for _, v := range volumes {
		seed := v.Labels[labelSeedStore]
		made, err := time.Parse(time.RFC3339, v.CreatedAt)
		if v.Labels[labelSeed] == "" || used[seed] || keep(v.Labels[labelSeedName]) || err == nil && time.Since(made) < age {
			continue
		}
		// The mark first: what is left without one counts as half made.
		for _, name := range []string{v.Name, seed} {
			if err := r.removeVolume(ctx, name); err != nil {
				return removed, err
			}
		}
		removed++
	}
	return removed, nil
}

func (r *Runtime) createVolume(ctx context.Context, o client.VolumeCreateOptions) error {
	return r.call(ctx, "volume_create", workTimeout, func(ctx context.Context) error {
		_, err := r.client.VolumeCreate(ctx, o)
		return err
	})
}

func (r *Runtime) inspectVolume(ctx context.Context, name string) (found volume.Volume, err error) {
	err = r.call(ctx, "volume_inspect", callTimeout, func(ctx context.Context) error {
		res, err := r.client.VolumeInspect(ctx, name, client.VolumeInspectOptions{})
		found = res.Volume
		return err
	})
	return found, err
}

// removeVolume is content when it is not there.
func (r *Runtime) removeVolume(ctx context.Context, name string) error {
	err := r.call(ctx, "volume_remove", workTimeout, func(ctx context.Context) error {
		_, err := r.client.VolumeRemove(ctx, name, client.VolumeRemoveOptions{})
		return err
	})
	if isNotFound(err) {
		return nil
	}
	return err
}
