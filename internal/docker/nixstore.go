package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// A workspace's store is either a volume of its own, or an overlay: the lower layer is a
// seed (nixstore_seed.go), the upper one a second volume of the workspace. Which of them,
// and over which seed, is decided when the workspace first starts and stays: an upper layer
// makes no sense over another lower one.

// nixVolume is what is mounted at /nix.
func nixVolume(workspaceID string) string { return "kalpana-" + workspaceID + "-nix" }

// nixUpper holds what a workspace changed of its seed.
func nixUpper(workspaceID string) string { return "kalpana-" + workspaceID + "-nixupper" }

// ensureNix makes the volume for a workspace's /nix if it is missing, and returns the seed
// that it is over, "" if it stands alone. A seed that is gone is no obstacle: the store then
// begins empty.
func (r *Runtime) ensureNix(ctx context.Context, spec workspace.ContainerSpec) (seed string, err error) {
	r.stores.RLock()
	defer r.stores.RUnlock()
	name := nixVolume(spec.WorkspaceID)
	there, err := r.inspectVolume(ctx, name)
	switch {
	case isNotFound(err):
	case err != nil:
		return "", err
	default:
		seed := there.Labels[labelSeedStore]
		if seed == "" {
			return "", nil
		}
		if _, err := r.inspectVolume(ctx, seed); !isNotFound(err) {
			return seed, err
		}
		r.log.Warn("the seed of a workspace's Nix store is gone; the store begins empty", "workspace", spec.WorkspaceID, "seed", seed)
		for _, v := range []string{name, nixUpper(spec.WorkspaceID)} {
			if err := r.removeVolume(ctx, v); err != nil {
				return "", err
			}
		}
	}
	labels := volumeLabels(spec, r.installation)
	if spec.NixStore != "" {
		err := r.createOver(ctx, spec.Image, spec.NixStore, name, nixUpper(spec.WorkspaceID), labels)
		if err == nil {
			return spec.NixStore, nil
		}
		if !isNotFound(err) && !errors.Is(err, ErrStoreRefused) {
			return "", err
		}
		r.log.Warn("a workspace does not share a Nix store", "workspace", spec.WorkspaceID, "seed", spec.NixStore, "err", err)
		if err := r.removeVolume(ctx, nixUpper(spec.WorkspaceID)); err != nil {
			return "", err
		}
	}
	return "", r.createVolume(ctx, client.VolumeCreateOptions{Name: name, Labels: labels})
}

// createOver makes the volume name as an overlay of seed, with a volume upper for what is
// changed. Cut off anywhere it may be called again: name is made last.
func (r *Runtime) createOver(ctx context.Context, image, seed, name, upper string, labels map[string]string) error {
	lower, err := r.inspectVolume(ctx, seed)
	if err != nil {
		return err
	}
	labels = maps.Clone(labels)
	if err := r.createVolume(ctx, client.VolumeCreateOptions{Name: upper, Labels: labels}); err != nil {
		return err
	}
	over, err := r.inspectVolume(ctx, upper)
	if err != nil {
		return err
	}
	for _, p := range []string{lower.Mountpoint, over.Mountpoint} {
		if !path.IsAbs(p) || strings.ContainsAny(p, ",:\\") {
			return fmt.Errorf("%w: volumes are at %q", ErrStoreRefused, p)
		}
	}
	if err := r.layers(ctx, image, upper); err != nil {
		return err
	}
	labels[labelSeedStore] = seed
	return r.createVolume(ctx, client.VolumeCreateOptions{
		Name: name, Labels: labels, Driver: "local",
		DriverOpts: map[string]string{
			"type": "overlay", "device": "overlay",
			"o": "lowerdir=" + lower.Mountpoint + ",upperdir=" + over.Mountpoint + "/upper,workdir=" + over.Mountpoint + "/work",
		},
	})
}

// layers makes the two folders in a volume that an overlay needs. They go there through a
// container that is never started: the engine's files are not this process's to touch.
func (r *Runtime) layers(ctx context.Context, image, volume string) error {
	var id string
	err := r.call(ctx, "container_create", workTimeout, func(ctx context.Context) error {
		made, err := r.client.ContainerCreate(ctx, client.ContainerCreateOptions{
			Name:   "kalpana-layers-" + nonce(),
			Config: &container.Config{Image: image, Entrypoint: []string{"/nonexistent"}, Labels: r.workLabels("layers"), NetworkDisabled: true},
			HostConfig: &container.HostConfig{
				NetworkMode: "none",
				Mounts:      []mount.Mount{{Type: mount.TypeVolume, Source: volume, Target: "/layers", VolumeOptions: &mount.VolumeOptions{NoCopy: true}}},
			},
		})
		id = made.ID
		return err
	})
	if err != nil {
		return imageError(err, image)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workTimeout)
		defer cancel()
		if err := r.remove(ctx, id); err != nil {
			r.log.Warn("a throw-away container stays behind", "purpose", "layers", "container", id, "err", err)
		}
	}()
	var folders bytes.Buffer
	w := tar.NewWriter(&folders)
	for _, name := range []string{"upper/", "work/"} {
		_ = w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755, Uid: 1000, Gid: 1000})
	}
	_ = w.Close()
	return r.call(ctx, "container_copy", workTimeout, func(ctx context.Context) error {
		_, err := r.client.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: "/layers", Content: &folders})
		return err
	})
}

// tryOverlay finds out once whether the engine mounts overlays of volumes; ErrStoreRefused
// if it does not.
func (r *Runtime) tryOverlay(ctx context.Context, image string) error {
	r.overlay.Lock()
	defer r.overlay.Unlock()
	if r.overlayKnown {
		return r.overlayErr
	}
	err := r.tryOverlayOnce(ctx, image)
	if err == nil || errors.Is(err, ErrStoreRefused) {
		r.overlayKnown, r.overlayErr = true, err
	}
	return err
}

func (r *Runtime) tryOverlayOnce(ctx context.Context, image string) (err error) {
	name := "kalpana-try-" + nonce()
	labels := r.workLabels("try")
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workTimeout)
		defer cancel()
		for _, part := range []string{"", "-upper", "-lower"} {
			err = errors.Join(err, r.removeVolume(ctx, name+part))
		}
	}()
	if err := r.createVolume(ctx, client.VolumeCreateOptions{Name: name + "-lower", Labels: labels}); err != nil {
		return err
	}
	if err := r.createOver(ctx, image, name+"-lower", name, name+"-upper", labels); err != nil {
		return err
	}
	var said clipped
	said.max = 1 << 10
	ended, err := r.run(ctx, errand{
		purpose: "try", limit: time.Minute, out: &said, errs: &said,
		config: container.Config{Image: image, User: "1000:1000", Entrypoint: []string{"/bin/sh", "-c", "mkdir /nix/try && rmdir /nix/try"}, NetworkDisabled: true},
		host: container.HostConfig{
			NetworkMode: "none", ReadonlyRootfs: true, CapDrop: []string{"ALL"}, SecurityOpt: []string{"no-new-privileges", "seccomp=" + seccomp},
			LogConfig: container.LogConfig{Type: "none"},
			Mounts:    []mount.Mount{{Type: mount.TypeVolume, Source: name, Target: "/nix", VolumeOptions: &mount.VolumeOptions{NoCopy: true}}},
		},
	})
	switch {
	case mountRefused(err):
		return fmt.Errorf("%w: %w", ErrStoreRefused, err)
	case err != nil:
		return err
	case ended.code != 0:
		return fmt.Errorf("%w: %q", ErrStoreRefused, said.data)
	}
	return nil
}

// mountRefused reports whether the engine could not mount a volume. It has no code for that.
func mountRefused(err error) bool {
	return err != nil && strings.Contains(strings.ToLower(err.Error()), "error while mounting volume")
}
