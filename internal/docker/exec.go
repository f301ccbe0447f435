package docker

import (
	"context"
	"io"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// Exec runs a command in a container, copies what it prints, and returns its exit code.
// The command has no input. When ctx ends the connection is cut; the command may go on.
func (r *Runtime) Exec(ctx context.Context, containerID string, command []string, stdout, stderr io.Writer) (int, error) {
	var id string
	err := r.call(ctx, "exec_create", callTimeout, func(ctx context.Context) error {
		made, err := r.client.ExecCreate(ctx, containerID, client.ExecCreateOptions{Cmd: command, AttachStdout: true, AttachStderr: true, WorkingDir: "/workspace"})
		id = made.ID
		return err
	})
	if err != nil {
		return 0, err
	}
	stream, err := r.client.ExecAttach(ctx, id, client.ExecAttachOptions{})
	if err != nil {
		return 0, translate("exec_attach", err)
	}
	defer stream.Close()
	defer context.AfterFunc(ctx, stream.Close)()
	if _, err := stdcopy.StdCopy(stdout, stderr, stream.Reader); err != nil {
		return 0, translate("exec", err)
	}
	var code int
	err = r.call(ctx, "exec_inspect", callTimeout, func(ctx context.Context) error {
		found, err := r.client.ExecInspect(ctx, id, client.ExecInspectOptions{})
		code = found.ExitCode
		return err
	})
	return code, err
}
