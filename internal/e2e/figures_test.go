package e2e

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/githubtest"
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

// BenchmarkClone compares the clone of a workspace with plain git in the same container, one
// after the other: 3,000 files.
func BenchmarkClone(b *testing.B) {
	g, settings := newGitHub(b)
	files := map[string]string{}
	for i := range 3000 {
		files[fmt.Sprintf("src/%d/%d.txt", i%50, i)] = strings.Repeat(fmt.Sprintf("line %d\n", i), 200)
	}
	g.AddUser(githubtest.User{Login: "ada", Name: "Ada", Primary: "ada@example.com"})
	g.AddRepo(githubtest.Repo{Name: "ada/large", Files: files})
	k := install(b, append(settings, "MAX_WORKSPACES_PER_USER=100")...)
	k.start()
	u := k.user("bench@example.com")
	address := strings.TrimPrefix(settings[0], "GITHUB_URL=") + "/ada/large.git"
	pattern := regexp.MustCompile(`cloned ada/large into large in ([0-9.]+) s`)
	var ours, plain []time.Duration
	for b.Loop() {
		_, w := u.call("POST", "/workspaces", map[string]any{"name": "bench", "githubRepo": "ada/large", "template": "blank"})
		id := w["id"].(string)
		u.await(id, "RUNNING")
		_, log := u.get(k.origin("localhost") + "/api/v1/workspaces/" + id + "/logs")
		found := pattern.FindStringSubmatch(log)
		if found == nil {
			b.Fatalf("no clone in the log: %s", log)
		}
		seconds, _ := strconv.ParseFloat(found[1], 64)
		ours = append(ours, time.Duration(seconds*float64(time.Second)))
		begin := time.Now()
		docker(b, "exec", "-u", "1000", container(b, id), "git", "clone", "-q", address, "/workspace/plain")
		plain = append(plain, time.Since(begin))
		u.call("DELETE", "/workspaces/"+id, nil)
		eventually(b, time.Minute, "it is gone", func() bool { code, _ := u.call("GET", "/workspaces/"+id, nil); return code == 404 })
	}
	b.ReportMetric(median(ours).Seconds(), "s/clone")
	b.ReportMetric(median(plain).Seconds(), "s/plain")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkTemplate measures what a template with tools adds to a start that is not the
// first: blank and python take turns.
func BenchmarkTemplate(b *testing.B) {
	k := install(b)
	k.start()
	u := k.user("bench@example.com")
	ids := map[string]string{}
	for _, t := range []string{"blank", "python"} {
		_, w := u.call("POST", "/workspaces", map[string]any{"name": t, "template": t})
		ids[t] = w["id"].(string)
		eventually(b, 10*time.Minute, "the image is made", func() bool { _, w := u.call("GET", "/workspaces/"+ids[t], nil); return w["status"] == "RUNNING" })
	}
	times := map[string][]time.Duration{}
	for b.Loop() {
		for t, id := range ids {
			u.call("POST", "/workspaces/"+id+"/stop", nil)
			u.await(id, "STOPPED")
			begin := time.Now()
			u.call("POST", "/workspaces/"+id+"/start", nil)
			u.await(id, "RUNNING")
			times[t] = append(times[t], time.Since(begin))
		}
	}
	b.ReportMetric(float64(median(times["blank"]).Milliseconds()), "ms/blank")
	b.ReportMetric(float64((median(times["python"]) - median(times["blank"])).Milliseconds()), "ms/added")
	b.ReportMetric(0, "ns/op")
}
