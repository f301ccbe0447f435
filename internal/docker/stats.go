package docker

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/kalpana-dev/kalpana/internal/facts"
)

// maxStatsBytes bounds an answer of the engine; it takes some 3 KB.
const maxStatsBytes = 1 << 20

// Usage counts once what a container has used. Docker 20.10 counts once a second at most:
// whoever asks again sooner waits for the next time, all of them together. An error means that the container is gone, too, and may run no more.
func (r *Runtime) Usage(ctx context.Context, id string) (used facts.Usage, err error) {
	var stats container.StatsResponse
	err = r.call(ctx, "container_stats", callTimeout, func(ctx context.Context) error {
		answer, err := r.client.ContainerStats(ctx, id, client.ContainerStatsOptions{})
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		return json.NewDecoder(io.LimitReader(answer.Body, maxStatsBytes)).Decode(&stats)
	})
	if err != nil {
		return facts.Usage{}, err
	}
	if stats.Read.IsZero() || stats.Read.Year() < 2 { // so it answers for one that has ended
		return facts.Usage{}, fmt.Errorf("docker container_stats: container %.12s does not run", id)
	}
	return usageOf(stats), nil
}

func usageOf(s container.StatsResponse) facts.Usage {
	return facts.Usage{
		At: s.Read, CPU: time.Duration(s.CPUStats.CPUUsage.TotalUsage),
		Memory: int64(memoryOf(s.MemoryStats)), MemoryLimit: int64(s.MemoryStats.Limit),
	}
}

// memoryOf leaves out the page cache that the kernel would give back first, as `docker
// stats` does: cgroup v1 counts it with that of the groups below under "total_inactive_file",
// v2 has only the name without "total_", which in v1 is the group's own.
func memoryOf(m container.MemoryStats) uint64 {
	cache, v1 := m.Stats["total_inactive_file"]
	if !v1 {
		cache = m.Stats["inactive_file"]
	}
	if cache >= m.Usage {
		return m.Usage
	}
	return m.Usage - cache
}

// CPULimit is how many billionths of a core a container may use; 0 = as many as there are.
func (r *Runtime) CPULimit(ctx context.Context, id string) (limit int64, err error) {
	err = r.call(ctx, "container_inspect", callTimeout, func(ctx context.Context) error {
		found, err := r.client.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		if err == nil && found.Container.HostConfig != nil {
			limit = found.Container.HostConfig.NanoCPUs
		}
		return err
	})
	return limit, err
}
