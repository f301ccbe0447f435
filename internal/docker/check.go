package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/moby/moby/api/types/container"

	"github.com/kalpana-dev/kalpana/internal/nixcheck"
)

// Limits of a check.
const (
	checkMemory  = 256 << 20
	checkPids    = 32
	checkTime    = 10 * time.Second
	checkOutput  = 256 << 10 // bytes of each of standard output and standard error
	checksAtOnce = 2
	checkPatient = 5 * time.Second // how long a check waits for its turn
)

// Check runs one command over text that nobody trusts, in a container of its own: no
// network, nothing to write but 16 MiB of /tmp, no capabilities, little memory and time. It
// implements the Sandbox of package nixcheck. Two run at once; who waits longer than 5 s
// for one of them gets nixcheck.ErrBusy.
func (r *Runtime) Check(ctx context.Context, run nixcheck.Run) (nixcheck.Outcome, error) {
	patience := time.NewTimer(checkPatient)
	defer patience.Stop()
	select {
	case r.checks <- struct{}{}:
	case <-patience.C:
		return nixcheck.Outcome{}, nixcheck.ErrBusy
	case <-ctx.Done():
		return nixcheck.Outcome{}, ctx.Err()
	}
	defer func() { <-r.checks }()
	out, errs := clipped{max: checkOutput}, clipped{max: checkOutput}
	ended, err := r.run(ctx, checkErrand(run, &out, &errs))
	result := nixcheck.Outcome{Stdout: out.data, Stderr: errs.data, ExitCode: ended.code, OutOfMemory: ended.oom}
	if errors.Is(err, errTooLong) {
		result.OutOfTime = true
		return result, nil
	}
	if err != nil {
		return result, fmt.Errorf("check in a throw-away container: %w", err)
	}
	return result, nil
}

// checkErrand is the container of a check.
func checkErrand(run nixcheck.Run, out, errs io.Writer) errand {
	pids := int64(checkPids)
	return errand{
		purpose: "check", limit: checkTime, stdin: run.Stdin, out: out, errs: errs,
		config: container.Config{
			Image: run.Image, User: "1000:1000", Entrypoint: run.Command[:1], Cmd: run.Command[1:], WorkingDir: "/", NetworkDisabled: true,
		},
		host: container.HostConfig{
			NetworkMode: "none", ReadonlyRootfs: true, IpcMode: container.IPCModePrivate,
			CapDrop: []string{"ALL"}, SecurityOpt: []string{"no-new-privileges", "seccomp=" + seccomp},
			OomScoreAdj: 1000, // goes before any workspace
			LogConfig:   container.LogConfig{Type: "none"},
			Tmpfs:       map[string]string{"/tmp": "rw,noexec,nosuid,nodev,size=16m,mode=1777"},
			Resources: container.Resources{
				Memory: checkMemory, MemorySwap: checkMemory, NanoCPUs: 1e9, PidsLimit: &pids,
				Ulimits: []*container.Ulimit{{Name: "core", Soft: 0, Hard: 0}},
			},
		},
	}
}

// clipped keeps the first max bytes and swallows the rest.
type clipped struct {
	data []byte
	max  int
}

func (c *clipped) Write(p []byte) (int, error) {
	c.data = append(c.data, p[:min(len(p), c.max-len(c.data))]...)
	return len(p), nil
}
