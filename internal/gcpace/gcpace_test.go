package gcpace

import (
	"context"
	"runtime/metrics"
	"testing"
	"time"
)

// pace is what the collector is set to now.
func pace() uint64 {
	s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

func TestThePaceFollowsTheLoad(t *testing.T) {
	t.Setenv("GOGC", "")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	done := make(chan struct{})
	go func() { defer close(done); Run(ctx, 20*time.Millisecond) }()
	var keep []byte
	for pace() != busy {
		if ctx.Err() != nil {
			t.Fatalf("with much garbage the pace is %d", pace())
		}
		keep = make([]byte, 4<<20) // garbage a moment later
	}
	_ = keep
	for pace() != calm {
		if ctx.Err() != nil {
			t.Fatalf("without garbage the pace stays at %d", pace())
		}
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
	cancel()
	<-done
	if pace() != calm {
		t.Errorf("afterwards the pace is %d", pace())
	}
}

func TestWhoSetsGOGCHasDecided(t *testing.T) {
	t.Setenv("GOGC", "50")
	Run(t.Context(), time.Hour) // returns at once
}

func TestMuchLiveMemoryGrowsLittle(t *testing.T) {
	for live, want := range map[uint64]int{0: busy, 30 << 20: busy, 128 << 20: 200, 256 << 20: 100, 4 << 30: 100} {
		if got := percent(live); got != want {
			t.Errorf("with %d MiB: %d %%, want %d", live>>20, got, want)
		}
	}
}
