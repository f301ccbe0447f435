package docker

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// Limits of an image with packages.
const (
	maxPackages      = 100
	maxArchives      = 1 << 30 // bytes of archives to fetch, packages they depend on included
	packagesTime     = 15 * time.Minute
	packagesMemory   = 2 << 30
	packagesPids     = 1024
	buildsAtOnce     = 2
	packagesKeep     = 14 * 24 * time.Hour // what nobody uses is kept this long: templates come back
	maxPackageLines  = 2000                // told to people; what comes after is only remembered
	codeTooLarge     = 77                  // of packages.sh
	packagesImage    = "kalpana/workspace-packages"
	labelPackages    = "kalpana.packages"      // names, with blanks between
	labelPackageBase = "kalpana.packages-base" // ID of the image below
)

// Errors of PackagesImage. Their text is for people.
var (
	ErrPackagesUnreachable = errors.New("the server of Debian packages cannot be reached")
	ErrPackagesTooLarge    = errors.New("the packages are too large")
	ErrPackagesTooLong     = errors.New("installing the packages took too long")
)

// UnknownPackagesError says which packages Debian does not have.
type UnknownPackagesError struct{ Names []string }

func (e *UnknownPackagesError) Error() string {
	if len(e.Names) == 1 {
		return "Debian has no package " + e.Names[0]
	}
	return "Debian has no packages " + strings.Join(e.Names, ", ")
}

// InvalidPackageError is about a name that no Debian package can have, or too many of them.
type InvalidPackageError struct{ Name, Problem string }

func (e *InvalidPackageError) Error() string {
	return fmt.Sprintf("package %.80q: %s", e.Name, e.Problem)
}

// PackagesError says why packages that are there could not be installed.
type PackagesError struct {
	Packages []string
	Reason   string // the last complaint of apt or dpkg
}

func (e *PackagesError) Error() string {
	return "installing " + strings.Join(e.Packages, ", ") + ": " + e.Reason
}

//go:embed packages.sh
var packagesScript string

// PackagesImage returns the image that is base with Debian packages added. The first time
// it is made, in a container of its own as root with few capabilities, and say is told how
// that goes, a line at a time; say must not block. When it is there this takes milliseconds.
// Callers that want the same image share one making, which ends early when all have left.
// Without packages base itself is returned.
//
// Errors: *InvalidPackageError, *UnknownPackagesError, *PackagesError, ErrPackagesUnreachable,
// ErrPackagesTooLarge, ErrPackagesTooLong, workspace.ErrImageMissing (base),
// workspace.ErrDiskFull, workspace.ErrRuntimeUnavailable.
func (r *Runtime) PackagesImage(ctx context.Context, base string, packages []string, say func(line string)) (string, error) {
	names, err := packageNames(packages)
	if err != nil || len(names) == 0 {
		return base, err
	}
	below, err := r.inspectImage(ctx, base)
	if isNotFound(err) {
		return "", fmt.Errorf("%w: %s: %w", workspace.ErrImageMissing, base, err)
	} else if err != nil {
		return "", err
	}
	tag := packagesTag(below.ID, names)
	if there, err := r.ImageExists(ctx, tag); there || err != nil {
		return tag, err
	}
	return r.making.do(ctx, tag, say, func(ctx context.Context, say func(string)) (string, error) {
		return tag, r.makePackages(ctx, below, names, tag, say)
	})
}

// packageName is Debian's rule, and nothing that apt reads as anything but a name: a
// trailing minus would remove the package, and / = ^ * : have meanings too.
var packageName = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]{0,98}[a-z0-9+]$`)

// packageNames returns the names in order and once each, if all of them are names.
func packageNames(packages []string) ([]string, error) {
	names := slices.Compact(slices.Sorted(slices.Values(packages)))
	if len(names) > maxPackages {
		return nil, &InvalidPackageError{names[maxPackages], fmt.Sprintf("more than %d packages", maxPackages)}
	}
	for _, n := range names {
		if !packageName.MatchString(n) {
			return nil, &InvalidPackageError{n, "not the name of a Debian package (lower-case letters, digits, + - and .)"}
		}
	}
	return names, nil
}

func packagesTag(baseID string, names []string) string {
	sum := sha256.Sum256([]byte(baseID + "\n" + packagesScript + "\n" + strings.Join(names, "\n")))
	return packagesImage + ":" + hex.EncodeToString(sum[:16])
}

func (r *Runtime) inspectImage(ctx context.Context, name string) (found client.ImageInspectResult, err error) {
	err = r.call(ctx, "image_inspect", callTimeout, func(ctx context.Context) (err error) {
		found, err = r.client.ImageInspect(ctx, name)
		return err
	})
	return found, err
}

// makePackages installs into a container of the base and keeps what it became as an image.
func (r *Runtime) makePackages(ctx context.Context, base client.ImageInspectResult, names []string, tag string, say func(string)) error {
	select {
	case r.builds <- struct{}{}:
	default:
		say("Waiting: other images are being built")
		select {
		case r.builds <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer func() { <-r.builds }()
	begin := time.Now()
	say("Building an image with " + strings.Join(names, ", "))
	config, err := packagedConfig(base, r.installation, names)
	if err != nil {
		return err
	}
	heard := tail{max: 200}
	told := 0
	out := &lines{each: func(line string) {
		heard.add(line)
		if text := packagesProgress(line); text != "" && told < maxPackageLines {
			told++
			say(text)
		}
	}}
	pids := int64(packagesPids)
	ended, err := r.run(ctx, errand{
		purpose: "packages", limit: packagesTime, out: out, errs: out,
		// The command is seen in the image's history; proxies, which may carry a password, go another way.
		stdin:  []byte(proxySettings(os.LookupEnv) + "limit=" + strconv.Itoa(maxArchives) + "\n" + packagesScript),
		config: container.Config{Image: base.ID, User: "0:0", Entrypoint: []string{"/bin/sh", "-s", "--"}, Cmd: names, WorkingDir: "/"},
		host: container.HostConfig{
			NetworkMode: "bridge", // where images are built: only Debian's own scripts run here
			CapDrop:     []string{"ALL"},
			CapAdd:      []string{"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETUID", "SETGID"},
			SecurityOpt: []string{"no-new-privileges", "seccomp=" + seccomp},
			OomScoreAdj: 500,
			LogConfig:   container.LogConfig{Type: "none"},
			// Lists and archives stay out of the image without anybody deleting them.
			Mounts: []mount.Mount{
				{Type: mount.TypeVolume, Target: "/var/lib/apt/lists"},
				{Type: mount.TypeVolume, Target: "/var/cache/apt"},
			},
			Resources: container.Resources{Memory: packagesMemory, MemorySwap: packagesMemory, PidsLimit: &pids, CPUShares: 512},
		},
		afterwards: func(ctx context.Context, id string) error {
			say("Keeping the image")
			return r.call(ctx, "container_commit", packagesTime, func(ctx context.Context) error {
				_, err := r.client.ContainerCommit(ctx, id, client.ContainerCommitOptions{Reference: tag, Config: config})
				return err
			})
		},
	})
	out.flush()
	switch {
	case errors.Is(err, errTooLong):
		return fmt.Errorf("%w (more than %s): %s", ErrPackagesTooLong, packagesTime, strings.Join(names, ", "))
	case err != nil:
		return fmt.Errorf("build an image with %s: %w", strings.Join(names, ", "), err)
	case ended.code != 0:
		return packagesFailure(ended, names, heard.lines)
	}
	say(fmt.Sprintf("The image is ready (%.0f s)", time.Since(begin).Seconds()))
	return nil
}

// packagedConfig is the configuration of the base, under labels of its own.
func packagedConfig(base client.ImageInspectResult, installation string, names []string) (*container.Config, error) {
	data, err := json.Marshal(base.Config)
	if err != nil {
		return nil, fmt.Errorf("configuration of image %s: %w", base.ID, err)
	}
	var config container.Config
	if err := json.Unmarshal(data, &config); err != nil {
		return nil, fmt.Errorf("configuration of image %s: %w", base.ID, err)
	}
	labels := map[string]string{labelInstallation: installation, labelPackages: strings.Join(names, " "), labelPackageBase: base.ID}
	for k, v := range config.Labels {
		if _, ours := labels[k]; !ours {
			labels[k] = v
		}
	}
	// The engine adds the labels of the container it came from.
	labels[labelPurpose], labels[labelProcess] = "", ""
	config.Labels = labels
	return &config, nil
}

// proxySettings are the lines of shell that hand on how this process reaches the network.
func proxySettings(lookup func(string) (string, bool)) string {
	var b strings.Builder
	for _, name := range []string{"http_proxy", "https_proxy", "no_proxy"} {
		value, ok := lookup(name)
		if !ok {
			value, ok = lookup(strings.ToUpper(name))
		}
		if ok && value != "" && !strings.ContainsAny(value, "\n\r\x00") {
			fmt.Fprintf(&b, "export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
		}
	}
	return b.String()
}

var (
	aptFetches  = regexp.MustCompile(`^Get:\d+ \S+ \S+ \S+ (\S+) \S+ (\S+) \[(.+)\]$`)
	aptIndex    = regexp.MustCompile(`^Get:\d+ \S+ \S+ (InRelease|\S+ \S+ Packages) `)
	aptUnknown  = regexp.MustCompile(`^E: (?:Unable to locate package (\S+)|Package '?([^\s']+)'? has no installation candidate)`)
	unreachable = regexp.MustCompile(`(?i)temporary failure resolving|could not resolve|could not connect|unable to connect|connection (failed|timed out|refused)|network is unreachable|failed to fetch|index files failed to download`)
	aptDiskFull = regexp.MustCompile(`(?i)no space left on device|you don't have enough free space`)
	complaint   = regexp.MustCompile(`^(E: |dpkg: error|Err:)`)
)

// packagesProgress turns a line of apt into one for people, "" if it says nothing to them.
func packagesProgress(line string) string {
	if m := aptFetches.FindStringSubmatch(line); m != nil {
		return "Fetching " + m[1] + " " + m[2] + " (" + m[3] + ")"
	}
	if aptIndex.MatchString(line) {
		return ""
	}
	for _, p := range []string{"Unpacking ", "Setting up ", "Processing triggers ", "E: ", "W: ", "dpkg: "} {
		if strings.HasPrefix(line, p) {
			return line
		}
	}
	for _, p := range []string{"Need to get ", "After this operation", "Fetched "} {
		if strings.HasPrefix(line, p) {
			return line
		}
	}
	return ""
}

// packagesFailure reads out of what apt said why it failed.
func packagesFailure(ended outcome, names, said []string) error {
	var unknown []string
	last, network, full := "", false, false
	for _, line := range said {
		if m := aptUnknown.FindStringSubmatch(line); m != nil {
			if name := m[1] + m[2]; slices.Contains(names, name) && !slices.Contains(unknown, name) {
				unknown = append(unknown, name)
			}
		}
		network = network || unreachable.MatchString(line)
		full = full || aptDiskFull.MatchString(line)
		if complaint.MatchString(line) {
			last = line
		}
	}
	switch {
	case ended.code == codeTooLarge:
		return fmt.Errorf("%w: %s with all they need are more than %d MB to download", ErrPackagesTooLarge, strings.Join(names, ", "), maxArchives>>20)
	case full:
		return fmt.Errorf("install %s: %w", strings.Join(names, ", "), workspace.ErrDiskFull)
	case len(unknown) > 0:
		return &UnknownPackagesError{Names: unknown}
	case network:
		return fmt.Errorf("%w: %s", ErrPackagesUnreachable, last)
	case ended.oom:
		return &PackagesError{Packages: names, Reason: fmt.Sprintf("more than %d MB of memory would be needed", packagesMemory>>20)}
	case last == "":
		last = fmt.Sprintf("ended with code %d", ended.code)
	}
	return &PackagesError{Packages: names, Reason: last}
}

// PrunePackages removes images that PackagesImage made, if keep says no and they are older
// than 14 days or their base has no name any more. What a container uses stays. Returns how
// many went.
func (r *Runtime) PrunePackages(ctx context.Context, keep func(image string) bool) (int, error) {
	var found client.ImageListResult
	err := r.call(ctx, "image_list", callTimeout, func(ctx context.Context) (err error) {
		found, err = r.client.ImageList(ctx, client.ImageListOptions{Filters: r.ours().Add("label", labelPackages)})
		return err
	})
	if err != nil {
		return 0, err
	}
	removed := 0
	for _, image := range found.Items {
		if slices.ContainsFunc(image.RepoTags, keep) {
			continue
		}
		if time.Since(time.Unix(image.Created, 0)) < packagesKeep {
			gone, err := r.unnamed(ctx, image.Labels[labelPackageBase])
			if err != nil {
				return removed, err
			}
			if !gone {
				continue
			}
		}
		for _, name := range append(slices.Clone(image.RepoTags), image.ID) {
			err := r.call(ctx, "image_remove", workTimeout, func(ctx context.Context) error {
				_, err := r.client.ImageRemove(ctx, name, client.ImageRemoveOptions{PruneChildren: true})
				return err
			})
			if isConflict(err) { // a container uses it
				break
			}
			if err != nil && !isNotFound(err) {
				return removed, err
			}
			if name == image.ID {
				removed++
			}
		}
	}
	return removed, nil
}

// unnamed reports whether an image is gone, or is kept only because others are built on it.
func (r *Runtime) unnamed(ctx context.Context, id string) (bool, error) {
	found, err := r.inspectImage(ctx, id)
	if isNotFound(err) {
		return true, nil
	}
	return err == nil && len(found.RepoTags) == 0, err
}
