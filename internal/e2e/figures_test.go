package e2e

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkWarmStart measures from starting the binary to its first answer.
func BenchmarkWarmStart(b *testing.B) {
	k := install(b)
	k.start() // makes database, keys and certificates
	k.stop()
	var total time.Duration
	for b.Loop() {
		begin := time.Now()
		k.start()
		total += time.Since(begin)
		k.stop()
	}
	k.start() // for the clean-up
	b.ReportMetric(float64(total.Milliseconds())/float64(b.N), "ms/start")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkCreateToEditor measures from the request to create a workspace to VS Code's
// page with status 200, through the gateway.
func BenchmarkCreateToEditor(b *testing.B) {
	k := install(b, "MAX_WORKSPACES_PER_USER=100")
	k.start()
	u := k.user("bench@example.com")
	var times []time.Duration
	for b.Loop() {
		begin := time.Now()
		_, w := u.call("POST", "/workspaces", map[string]any{"name": "bench"})
		id := w["id"].(string)
		eventually(b, time.Minute, "the editor answers", func() bool { code, _ := u.get(k.origin(id+".ws.localhost") + "/"); return code == 200 })
		times = append(times, time.Since(begin))
		b.StopTimer()
		u.call("DELETE", "/workspaces/"+id, nil)
		eventually(b, time.Minute, "it is gone", func() bool { code, _ := u.call("GET", "/workspaces/"+id, nil); return code == 404 })
		b.StartTimer()
	}
	b.ReportMetric(float64(median(times).Milliseconds()), "ms/median")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkIdleMemory reports the resident memory of a server that has nothing to do.
func BenchmarkIdleMemory(b *testing.B) {
	k := install(b)
	k.start()
	var mib float64
	for b.Loop() {
		<-time.After(5 * time.Second) // let the start's garbage go
		status, err := os.ReadFile("/proc/" + strconv.Itoa(k.cmd.Process.Pid) + "/status")
		if err != nil {
			b.Fatal(err)
		}
		for line := range strings.Lines(string(status)) {
			if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
				kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
				mib = kb / 1024
			}
		}
	}
	b.ReportMetric(mib, "MiB/RSS")
	b.ReportMetric(0, "ns/op")
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}
