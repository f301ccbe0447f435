package facts

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// sampler remembers what the next sample of one container needs.
type sampler struct {
	limited bool  // limit is known
	limit   int64 // of the processor, in billionths of a core
	counted Usage // the latest count; its zero At means none
	inside  inside
}

// sample returns known with one more sample in it. What does not answer leaves what it says as it was.
func (s *sampler) sample(ctx context.Context, by *Service, rec workspace.Workspace, known Facts) Facts {
	var usage Usage
	var failed error
	var both sync.WaitGroup
	both.Go(func() { usage, failed = s.use(ctx, by.o.Engine, rec.ContainerID) })
	both.Go(func() { s.inside.look(ctx, by, rec) })
	both.Wait()
	if failed == nil {
		known = s.count(known, usage)
	} else if ctx.Err() == nil {
		by.o.Log.Debug("use of a container not counted", "workspace", rec.ID, "container", rec.ContainerID, "err", failed)
		s.counted = Usage{} // a figure over the gap would flatten it
	}
	known.Ports, known.Git = s.inside.ports, s.inside.git
	return known
}

func (s *sampler) use(ctx context.Context, engine Engine, containerID string) (Usage, error) {
	ctx, cancel := context.WithTimeout(ctx, usageWithin)
	defer cancel()
	if !s.limited {
		limit, err := engine.CPULimit(ctx, containerID)
		if err != nil {
			return Usage{}, err
		}
		s.limit, s.limited = cmp.Or(limit, int64(runtime.NumCPU())*1e9), true
	}
	return engine.Usage(ctx, containerID)
}

// count makes figures of the difference between two counts.
func (s *sampler) count(known Facts, now Usage) Facts {
	before := s.counted
	elapsed := now.At.Sub(before.At)
	if !before.At.IsZero() && elapsed > 0 && elapsed < leastElapsed {
		return known // the same moment twice says nothing
	}
	s.counted = now
	known.MemoryLimit = now.MemoryLimit
	if before.At.IsZero() || elapsed <= 0 || now.CPU < before.CPU { // the first, or the engine's clock was set
		return known
	}
	share := float64(now.CPU-before.CPU) / float64(elapsed) / (float64(s.limit) / 1e9)
	known.CPU = appended(known.CPU, min(max(share, 0), 1))
	known.Memory = appended(known.Memory, max(now.Memory, 0))
	known.SampledAt = now.At
	return known
}

// appended is a copy of the latest points with one more.
func appended[T any](points []T, p T) []T {
	if len(points) >= Points {
		points = points[len(points)-Points+1:]
	}
	return append(slices.Clip(slices.Clone(points)), p)
}
