package docker

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

const (
	// callTimeout bounds what the engine answers from its own memory.
	callTimeout = 10 * time.Second
	// workTimeout bounds what makes the engine work: creating, starting, removing.
	workTimeout = 60 * time.Second
)

// Options say which engine, and for whom.
type Options struct {
	// Host is the engine's address, for example unix:///var/run/docker.sock.
	Host string
	// Installation marks what is ours; nothing else is ever listed or removed.
	Installation string
	// Observe is told of every call: its name, how long it took, whether it failed. May be nil.
	Observe func(call string, elapsed time.Duration, failed bool)
	// Started is called after each start of a container. May be nil.
	Started func()
	Log     *slog.Logger
}

// Runtime is one Docker Engine. Safe for concurrent use.
type Runtime struct {
	client       *client.Client
	installation string
	observe      func(string, time.Duration, bool)
	started      func()
	log          *slog.Logger

	process string        // marks the throw-away containers of this Runtime
	making  joint         // of images and stores
	builds  chan struct{} // a place for each image or store that is being built
	seeds   chan struct{} // likewise of stores: one kind never waits for the other
	checks  chan struct{} // a place for each check that runs

	stores       sync.RWMutex // held for writing while seeds are removed
	overlay      sync.Mutex   // guards the two below
	overlayKnown bool
	overlayErr   error // why stores cannot be shared; nil if they can

	networks sync.Mutex // one maker of networks at a time
}

// New returns a runtime; it does not connect yet, the engine may come up later.
func New(o Options) (*Runtime, error) {
	c, err := client.New(client.WithHost(o.Host), client.WithUserAgent("kalpana"))
	if err != nil {
		return nil, fmt.Errorf("address of the container engine %s: %w", o.Host, err)
	}
	if o.Observe == nil {
		o.Observe = func(string, time.Duration, bool) {}
	}
	if o.Started == nil {
		o.Started = func() {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Runtime{
		client: c, installation: o.Installation, observe: o.Observe, started: o.Started, log: o.Log,
		process: nonce(), builds: make(chan struct{}, buildsAtOnce), seeds: make(chan struct{}, buildsAtOnce), checks: make(chan struct{}, checksAtOnce),
	}, nil
}

// Close ends the connections to the engine.
func (r *Runtime) Close() error { return r.client.Close() }

// call runs one call with a time-out, tells the observer and translates the error. An
// answer that something is not there is no failure of the engine.
func (r *Runtime) call(ctx context.Context, name string, limit time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	begin := time.Now()
	err := translate(name, do(ctx))
	r.observe(name, time.Since(begin), err != nil && !isNotFound(err))
	return err
}

// Ping asks the engine for an answer.
func (r *Runtime) Ping(ctx context.Context) error {
	return r.call(ctx, "ping", callTimeout, func(ctx context.Context) error {
		_, err := r.client.Ping(ctx, client.PingOptions{})
		return err
	})
}

// ImageExists reports whether the engine has an image of this name.
func (r *Runtime) ImageExists(ctx context.Context, name string) (bool, error) {
	err := r.call(ctx, "image_inspect", callTimeout, func(ctx context.Context) error {
		_, err := r.client.ImageInspect(ctx, name)
		return err
	})
	if isNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// Create makes the container of a start, with the volumes and the network it needs.
func (r *Runtime) Create(ctx context.Context, spec workspace.ContainerSpec) (string, error) {
	if err := r.ensureNetwork(ctx, spec.Network); err != nil {
		return "", err
	}
	for _, volume := range volumesOf(spec.WorkspaceID) {
		if volume == nixVolume(spec.WorkspaceID) {
			continue
		}
		if err := r.createVolume(ctx, client.VolumeCreateOptions{Name: volume, Labels: volumeLabels(spec, r.installation)}); err != nil {
			return "", err
		}
	}
	seed, err := r.ensureNix(ctx, spec)
	if err != nil {
		return "", imageError(err, spec.Image)
	}
	spec.NixStore = seed // what it is, whatever was wished for
	var id string
	create := func(ctx context.Context) error {
		made, err := r.client.ContainerCreate(ctx, containerOf(spec, r.installation))
		id = made.ID
		return err
	}
	err = r.call(ctx, "container_create", workTimeout, create)
	if isConflict(err) { // left by a start that was cut off between create and record
		if err := r.remove(ctx, containerName(spec.WorkspaceID, spec.Epoch)); err != nil {
			return "", err
		}
		err = r.call(ctx, "container_create", workTimeout, create)
	}
	return id, imageError(err, spec.Image)
}

// Start starts a created container. One whose ports were taken keeps them for ever:
// remove it and create another.
func (r *Runtime) Start(ctx context.Context, id string) error {
	return r.call(ctx, "container_start", workTimeout, func(ctx context.Context) error {
		_, err := r.client.ContainerStart(ctx, id, client.ContainerStartOptions{})
		switch {
		case err == nil:
			r.started()
		case isNotFound(err):
			err = fmt.Errorf("%w: %w", workspace.ErrContainerGone, err)
		}
		return err
	})
}

// Pause stops all processes of a container where they are (the kernel's freezer).
func (r *Runtime) Pause(ctx context.Context, id string) error {
	return r.freeze(ctx, "container_pause", id, true, func(ctx context.Context) error {
		_, err := r.client.ContainerPause(ctx, id, client.ContainerPauseOptions{})
		return err
	})
}

// Resume lets the processes of a container go on.
func (r *Runtime) Resume(ctx context.Context, id string) error {
	return r.freeze(ctx, "container_unpause", id, false, func(ctx context.Context) error {
		_, err := r.client.ContainerUnpause(ctx, id, client.ContainerUnpauseOptions{})
		return err
	})
}

// freeze makes a call that pauses or resumes. The engine refuses one that changes nothing,
// each version with a code of its own, so what came of it is looked up.
func (r *Runtime) freeze(ctx context.Context, name, id string, paused bool, do func(context.Context) error) error {
	err := r.call(ctx, name, callTimeout, do)
	if err == nil {
		return nil
	}
	if isNotFound(err) {
		return fmt.Errorf("%w: %w", workspace.ErrContainerGone, err)
	}
	inspect := r.call(ctx, "container_inspect", callTimeout, func(ctx context.Context) error {
		found, ask := r.client.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		if ask == nil && found.Container.State != nil && found.Container.State.Running && found.Container.State.Paused == paused {
			err = nil
		}
		return ask
	})
	if isNotFound(inspect) {
		return fmt.Errorf("%w: %w", workspace.ErrContainerGone, err)
	}
	return err
}

// Remove ends and removes all containers of a workspace, giving them grace to end.
func (r *Runtime) Remove(ctx context.Context, workspaceID string, grace time.Duration) error {
	found, err := r.Find(ctx, workspaceID)
	if err != nil {
		return err
	}
	seconds := int(grace.Round(time.Second) / time.Second)
	for _, c := range found {
		if c.Paused { // it would neither end by itself nor, with some engines, be killed
			if err := r.Resume(ctx, c.ID); err != nil {
				r.log.Warn("paused container did not go on before its end", "workspace", workspaceID, "container", c.ID, "err", err)
			}
		}
		if c.Alive {
			err := r.call(ctx, "container_stop", workTimeout+grace, func(ctx context.Context) error {
				_, err := r.client.ContainerStop(ctx, c.ID, client.ContainerStopOptions{Timeout: &seconds})
				return err
			})
			if err != nil && !isNotFound(err) {
				r.log.Warn("container did not stop in peace", "workspace", workspaceID, "container", c.ID, "err", err)
			}
		}
		if err := r.remove(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// remove ends and removes at once. Somebody else removing it meanwhile is waited for.
func (r *Runtime) remove(ctx context.Context, id string) error {
	for {
		err := r.call(ctx, "container_remove", workTimeout, func(ctx context.Context) error {
			_, err := r.client.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
			return err
		})
		switch {
		case err == nil, isNotFound(err):
			return nil
		case !isConflict(err):
			return err
		}
		select { // "removal is already in progress"
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// RemoveVolumes deletes the files of a workspace.
func (r *Runtime) RemoveVolumes(ctx context.Context, workspaceID string) error {
	for _, volume := range append(volumesOf(workspaceID), nixUpper(workspaceID)) { // an overlay goes before its layer
		if err := r.removeVolume(ctx, volume); err != nil {
			return err
		}
	}
	return nil
}

func (r *Runtime) ours() client.Filters {
	return make(client.Filters).Add("label", labelInstallation+"="+r.installation)
}

// List returns all containers of this installation.
func (r *Runtime) List(ctx context.Context) ([]workspace.Container, error) {
	return r.list(ctx, r.ours())
}

// Find returns those of one workspace.
func (r *Runtime) Find(ctx context.Context, workspaceID string) ([]workspace.Container, error) {
	return r.list(ctx, r.ours().Add("label", labelWorkspace+"="+workspaceID))
}

func (r *Runtime) list(ctx context.Context, filters client.Filters) ([]workspace.Container, error) {
	var found client.ContainerListResult
	err := r.call(ctx, "container_list", callTimeout, func(ctx context.Context) (err error) {
		found, err = r.client.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filters})
		return err
	})
	if err != nil {
		return nil, err
	}
	all := make([]workspace.Container, 0, len(found.Items))
	for _, item := range found.Items {
		c := workspace.Container{ID: item.ID, WorkspaceID: item.Labels[labelWorkspace], CreatedAt: time.Unix(item.Created, 0).UTC()}
		if c.WorkspaceID == "" {
			continue
		}
		c.Epoch, _ = strconv.ParseInt(item.Labels[labelEpoch], 10, 64)
		c.VSCodePort, _ = strconv.Atoi(item.Labels[labelEditorPort])
		c.AgentPort, _ = strconv.Atoi(item.Labels[labelBridgePort])
		switch item.State {
		case container.StateRunning, container.StatePaused, container.StateRestarting:
			c.Alive, c.Paused = true, item.State == container.StatePaused
		case container.StateExited, container.StateDead:
			if err := r.ended(ctx, &c); err != nil && !isNotFound(err) {
				return nil, err
			}
		}
		all = append(all, c)
	}
	return all, nil
}

// ended fills in how a container ended. Few containers have: this is no loop over all.
func (r *Runtime) ended(ctx context.Context, c *workspace.Container) error {
	return r.call(ctx, "container_inspect", callTimeout, func(ctx context.Context) error {
		found, err := r.client.ContainerInspect(ctx, c.ID, client.ContainerInspectOptions{})
		if err == nil && found.Container.State != nil {
			c.ExitCode, c.OOMKilled = found.Container.State.ExitCode, found.Container.State.OOMKilled
		}
		return err
	})
}

// maxLogBytes bounds what Logs reads: a hostile container may print lines without end.
const maxLogBytes = 256 << 10

// Logs returns the last lines a container printed.
func (r *Runtime) Logs(ctx context.Context, id string, lines int) ([]string, error) {
	var text limitedBuffer
	err := r.call(ctx, "container_logs", callTimeout, func(ctx context.Context) error {
		out, err := r.client.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Tail: strconv.Itoa(lines)})
		if err != nil {
			return err
		}
		defer out.Close()
		_, err = stdcopy.StdCopy(&text, &text, out)
		return err
	})
	var all []string
	for s := bufio.NewScanner(&text.Buffer); s.Scan(); {
		all = append(all, strings.TrimSpace(s.Text()))
	}
	return all[max(0, len(all)-lines):], err
}

// limitedBuffer keeps the first maxLogBytes and swallows the rest.
type limitedBuffer struct{ bytes.Buffer }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if room := maxLogBytes - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// ensureNetwork makes the bridge network of this number if it is missing. Containers on
// it cannot reach each other, and firewall rules find it by the name of its interface.
func (r *Runtime) ensureNetwork(ctx context.Context, number int) error {
	r.networks.Lock()
	defer r.networks.Unlock()
	name := networkName(number)
	exists := func() (bool, error) {
		var found client.NetworkListResult
		err := r.call(ctx, "network_list", callTimeout, func(ctx context.Context) (err error) {
			found, err = r.client.NetworkList(ctx, client.NetworkListOptions{Filters: make(client.Filters).Add("name", "^"+name+"$")})
			return err
		})
		return len(found.Items) > 0, err
	}
	if there, err := exists(); there || err != nil {
		return err
	}
	err := r.call(ctx, "network_create", workTimeout, func(ctx context.Context) error {
		_, err := r.client.NetworkCreate(ctx, name, client.NetworkCreateOptions{
			Driver: "bridge",
			Labels: map[string]string{"kalpana.network": strconv.Itoa(number)},
			Options: map[string]string{
				"com.docker.network.bridge.name":       networkBridge(number),
				"com.docker.network.bridge.enable_icc": "false",
			},
		})
		return err
	})
	if err != nil { // another process may have been first
		if there, _ := exists(); there {
			return nil
		}
	}
	return err
}

// actions are the events that change what List would say.
var actions = []string{"start", "die", "destroy", "oom", "stop", "kill", "pause", "unpause"}

// Events delivers the workspaces whose containers have changed. The channel is closed
// when ctx ends. Whenever the stream begins anew, an event with Resync comes first.
func (r *Runtime) Events(ctx context.Context) <-chan workspace.Event {
	out := make(chan workspace.Event, 64)
	go func() {
		defer close(out)
		for wait := time.Duration(0); ; wait = min(max(2*wait, 100*time.Millisecond), 2*time.Second) {
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
			}
			if r.follow(ctx, out) {
				wait = 0
			}
		}
	}()
	return out
}

// follow reads one stream of events until it breaks; true if it delivered anything.
func (r *Runtime) follow(ctx context.Context, out chan<- workspace.Event) (delivered bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream := r.client.Events(ctx, client.EventsListOptions{Filters: r.ours().Add("type", "container")})
	if r.Ping(ctx) != nil {
		return false
	}
	send := func(e workspace.Event) bool {
		select {
		case out <- e:
			return true
		case <-ctx.Done():
			return false
		}
	}
	if !send(workspace.Event{Resync: true}) {
		return false
	}
	for {
		select {
		case m, ok := <-stream.Messages:
			if !ok {
				return delivered
			}
			delivered = true
			id := m.Actor.Attributes[labelWorkspace]
			if id != "" && slices.Contains(actions, string(m.Action)) && !send(workspace.Event{WorkspaceID: id}) {
				return true
			}
		case err := <-stream.Err:
			if ctx.Err() == nil {
				r.log.Warn("event stream of the container engine broke", "err", err)
			}
			return delivered
		}
	}
}
