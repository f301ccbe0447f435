// Package gcpace has the garbage collector run less often while a server is busy.
//
// A gateway's live heap is small, some 30 MiB, and its requests leave 10 KiB of garbage
// each. With Go's default the collector then runs several times a second, marks the same
// live heap each time, and has requests help: a tenth of the processor's time. Letting the
// heap grow further before each run costs memory instead, which an idle server should not
// hold. So the pace follows the load.
package gcpace

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// calm is Go's own default.
	calm = 100
	// busy lets the heap grow to five times of what lives before it is collected …
	busy = 400
	// extra … but by no more than this. GOMEMLIMIT holds in any case.
	extra = 256 << 20
	// often is how many collections in one interval mean that there is much to do.
	often = 2
	// quietFor is how many intervals without one mean that there is not. People load pages
	// and read them: each page should not find the pace of an idle server again.
	quietFor = 60
)

// Run sets the pace until ctx ends, once in each interval (a second is right), and leaves
// Go's default behind. It does nothing if the environment sets GOGC: somebody has decided.
func Run(ctx context.Context, interval time.Duration) {
	if os.Getenv("GOGC") != "" {
		return
	}
	defer debug.SetGCPercent(calm)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	samples := []metrics.Sample{{Name: "/gc/cycles/automatic:gc-cycles"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(samples)
	last, now, quiet := samples[0].Value.Uint64(), calm, 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(samples)
		cycles := samples[0].Value.Uint64() - last
		last += cycles
		next := now
		switch {
		case cycles >= often:
			next, quiet = percent(samples[1].Value.Uint64()), 0
		case cycles > 0:
			quiet = 0
		default:
			if quiet++; quiet >= quietFor {
				next = calm
			}
		}
		if next != now { // stops the world, for microseconds
			debug.SetGCPercent(next)
			now = next
		}
	}
}

// percent is the pace for a busy server of which live bytes are in use.
func percent(live uint64) int {
	return int(min(busy, max(calm, extra*100/max(live, 1))))
}
