package docker

import (
	"os/exec"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"

	"github.com/kalpana-dev/kalpana/internal/facts"
)

var _ facts.Engine = (*Runtime)(nil)

func TestUsageOfARealContainer(t *testing.T) {
	r, s := engine(t), spec(t)
	id, err := start(t, r, s)
	if err != nil {
		t.Fatal(err)
	}
	if limit, err := r.CPULimit(t.Context(), id); err != nil || limit != s.CPU {
		t.Errorf("limit %d, %v", limit, err)
	}
	first, err := r.Usage(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if d := time.Since(first.At); first.CPU <= 0 || first.Memory < 1<<20 || first.Memory > s.Memory || first.MemoryLimit != s.Memory || d < -time.Minute || d > time.Minute {
		t.Errorf("%+v", first)
	}
	second, err := r.Usage(t.Context(), id)
	if err != nil || !second.At.After(first.At) || second.CPU < first.CPU {
		t.Errorf("%+v after %+v, %v", second, first, err)
	}
	if err := r.Remove(t.Context(), s.WorkspaceID, 0); err != nil {
		t.Fatal(err)
	}
	if used, err := r.Usage(t.Context(), id); err == nil {
		t.Errorf("of a container that is gone: %+v", used)
	}
}

func TestUsageOfAContainerThatEnded(t *testing.T) {
	r, s := engine(t), spec(t)
	id, err := start(t, r, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("docker", "kill", id).Run(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; {
		used, err := r.Usage(t.Context(), id)
		if err != nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("it ended, and used %+v", used)
		}
	}
}

func TestMemoryWithoutPageCache(t *testing.T) {
	for name, c := range map[string]struct {
		stats container.MemoryStats
		want  uint64
	}{
		"cgroup v1":        {container.MemoryStats{Usage: 100, Stats: map[string]uint64{"total_inactive_file": 30, "inactive_file": 5}}, 70},
		"cgroup v2":        {container.MemoryStats{Usage: 100, Stats: map[string]uint64{"inactive_file": 30}}, 70},
		"nothing is said":  {container.MemoryStats{Usage: 100}, 100},
		"more cache":       {container.MemoryStats{Usage: 100, Stats: map[string]uint64{"inactive_file": 130}}, 100},
		"v1 without cache": {container.MemoryStats{Usage: 100, Stats: map[string]uint64{"total_inactive_file": 0, "inactive_file": 40}}, 100},
	} {
		if got := memoryOf(c.stats); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
