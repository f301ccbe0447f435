package docker

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/volume"
	"github.com/moby/moby/client"
)

// Labels of containers and volumes that belong to a piece of work, not to a workspace.
const (
	labelPurpose = "kalpana.purpose" // "packages", "check" or "seed"
	labelProcess = "kalpana.process" // the Runtime that made it: what another one made is left over
)

// errand is one command in a container that is made for it and removed after it.
type errand struct {
	purpose    string
	config     container.Config
	host       container.HostConfig
	stdin      []byte
	out, errs  io.Writer                                  // one goroutine at a time writes to both
	limit      time.Duration                              // for the command, not for making its container
	afterwards func(ctx context.Context, id string) error // called when it ended with code 0, the container is still there. May be nil.
}

// outcome is how an errand's command ended.
type outcome struct {
	code int
	// oom: killed because its memory was used up.
	oom bool
}

// errTooLong is what an errand ends with when its own limit is over.
var errTooLong = errors.New("took too long")

// run does an errand. However it ends, its container and its unnamed volumes are gone
// afterwards; what a killed gateway leaves, RemoveLeftovers finds by its labels.
func (r *Runtime) run(ctx context.Context, e errand) (outcome, error) {
	e.config.Labels = r.workLabels(e.purpose)
	e.config.AttachStdout, e.config.AttachStderr = true, true
	e.config.AttachStdin, e.config.OpenStdin, e.config.StdinOnce = true, true, true
	e.config.Healthcheck = &container.HealthConfig{Test: []string{"NONE"}}
	var id string
	err := r.call(ctx, "container_create", workTimeout, func(ctx context.Context) error {
		made, err := r.client.ContainerCreate(ctx, client.ContainerCreateOptions{
			Name: "kalpana-" + e.purpose + "-" + nonce(), Config: &e.config, HostConfig: &e.host,
		})
		id = made.ID
		return err
	})
	if err != nil {
		return outcome{}, imageError(err, e.config.Image)
	}
	defer func() { // the caller may have gone, its container must go all the same
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workTimeout)
		defer cancel()
		if err := r.remove(ctx, id); err != nil {
			r.log.Warn("a throw-away container stays behind", "purpose", e.purpose, "container", id, "err", err)
		}
	}()
	running, cancel := context.WithTimeoutCause(ctx, e.limit, errTooLong)
	defer cancel()
	ended, err := r.attend(running, id, e)
	if err != nil {
		if running.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("%s container: %w (%s)", e.purpose, errTooLong, e.limit)
		}
		return ended, err
	}
	if ended.code == 0 && e.afterwards != nil {
		return ended, e.afterwards(ctx, id)
	}
	return ended, nil
}

// attend starts a container, feeds it, and listens until it ends or ctx does.
func (r *Runtime) attend(ctx context.Context, id string, e errand) (ended outcome, err error) {
	var stream client.ContainerAttachResult
	err = r.call(ctx, "container_attach", callTimeout, func(ctx context.Context) (err error) {
		stream, err = r.client.ContainerAttach(ctx, id, client.ContainerAttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true})
		return err
	})
	if err != nil {
		return ended, err
	}
	var talk sync.WaitGroup
	defer talk.Wait()
	defer stream.Close()
	talk.Go(func() {
		stream.Conn.Write(e.stdin) // a command that does not read to the end says so by how it ends
		stream.CloseWrite()
	})
	heard := make(chan struct{})
	talk.Go(func() {
		defer close(heard)
		stdcopy.StdCopy(e.out, e.errs, stream.Reader)
	})
	wait := r.client.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	err = r.call(ctx, "container_start", workTimeout, func(ctx context.Context) error {
		_, err := r.client.ContainerStart(ctx, id, client.ContainerStartOptions{})
		return err
	})
	if err != nil {
		return ended, err
	}
	select {
	case res := <-wait.Result:
		ended.code = int(res.StatusCode)
	case err := <-wait.Error:
		return ended, translate("container_wait", err)
	case <-ctx.Done():
		go func() { // the client's goroutine must not wait for ever to be heard
			select {
			case <-wait.Result:
			case <-wait.Error:
			}
		}()
		return ended, ctx.Err()
	}
	select { // the last words; a stream that stays open after the end is not waited for
	case <-heard:
	case <-time.After(2 * time.Second):
	case <-ctx.Done():
	}
	if ended.code == 137 { // SIGKILL, of it or of a child that it told of
		ended.oom = true
	}
	return ended, nil
}

// workLabels mark what belongs to a piece of work of this process.
func (r *Runtime) workLabels(purpose string) map[string]string {
	return map[string]string{labelInstallation: r.installation, labelPurpose: purpose, labelProcess: r.process}
}

// RemoveLeftovers removes the containers and half-made volumes of work that another
// process of this installation began and did not end. Call it at start, before work begins.
func (r *Runtime) RemoveLeftovers(ctx context.Context) error {
	filters := r.ours().Add("label", labelPurpose)
	var found client.ContainerListResult
	err := r.call(ctx, "container_list", callTimeout, func(ctx context.Context) (err error) {
		found, err = r.client.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filters})
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range found.Items {
		// An image with packages carries these labels too, empty; so do workspaces made from it.
		if c.Labels[labelPurpose] != "" && c.Labels[labelWorkspace] == "" && c.Labels[labelProcess] != r.process {
			if err := r.remove(ctx, c.ID); err != nil {
				return err
			}
		}
	}
	volumes, err := r.volumeList(ctx, filters)
	if err != nil {
		return err
	}
	ready, err := r.readySeeds(ctx)
	if err != nil {
		return err
	}
	for _, v := range volumes {
		if v.Labels[labelProcess] == r.process || ready[v.Name] {
			continue
		}
		if err := r.removeVolume(ctx, v.Name); err != nil {
			return err
		}
	}
	return nil
}

func (r *Runtime) volumeList(ctx context.Context, filters client.Filters) ([]volume.Volume, error) {
	var found client.VolumeListResult
	err := r.call(ctx, "volume_list", callTimeout, func(ctx context.Context) (err error) {
		found, err = r.client.VolumeList(ctx, client.VolumeListOptions{Filters: filters})
		return err
	})
	return found.Items, err
}

func nonce() string {
	b := make([]byte, 6)
	rand.Read(b)
	return hex.EncodeToString(b)
}
