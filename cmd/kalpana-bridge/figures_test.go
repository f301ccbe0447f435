package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
)

// figures are measured on the real program, bin/kalpana-bridge, on a folder of its own.
type figures struct {
	b      *testing.B
	root   string
	api    string
	serve  *exec.Cmd
	client *bridgeclient.Client
}

func measure(b *testing.B) *figures {
	b.Helper()
	program, err := filepath.Abs("../../bin/kalpana-bridge")
	if err == nil {
		_, err = os.Stat(program)
	}
	if err != nil {
		b.Fatalf("run `make build` first: %v", err)
	}
	f := &figures{b: b, root: b.TempDir()}
	sum := sha256.Sum256([]byte("key"))
	f.serve = exec.Command(program, "serve", "-api", "127.0.0.1:0", "-editor", "127.0.0.1:0", "-inside-socket", filepath.Join(f.root, "h.sock"),
		"-root", f.root, "-state", filepath.Join(f.root, "state"), "-editor-socket", filepath.Join(f.root, "e.sock"), "--", "sleep", "1000000")
	f.serve.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + f.root, "KALPANA_KEY_SHA256=" + hex.EncodeToString(sum[:])}
	log, err := os.Create(filepath.Join(f.root, "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	f.serve.Stdout, f.serve.Stderr = log, log
	if err := f.serve.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = f.serve.Process.Signal(os.Interrupt)
		_ = f.serve.Wait()
	})
	address := regexp.MustCompile(`"api":"([^"]+)"`)
	deadline := time.Now().Add(20 * time.Second)
	for f.api == "" {
		data, _ := os.ReadFile(log.Name())
		if m := address.FindSubmatch(data); m != nil {
			f.api = string(m[1])
		} else if time.Now().After(deadline) {
			b.Fatalf("it does not serve:\n%s", data)
		} else {
			<-time.After(10 * time.Millisecond)
		}
	}
	if f.client, err = bridgeclient.Dial(b.Context(), f.api, "key"); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.client.Close() })
	return f
}

// memory reads a line of the program's /proc status, in MB.
func (f *figures) memory(field string) float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", f.serve.Process.Pid))
	if err != nil {
		f.b.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb * 1024 / 1e6
		}
	}
	return 0
}

func BenchmarkRoundTrip(b *testing.B) {
	f := measure(b)
	idle := f.memory("VmRSS")
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		if err := f.client.Call(b.Context(), bridge.TypePing, nil, nil); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs/p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs/p99")
	b.ReportMetric(idle, "MB/idle")
}

// zeroes is as fast a source as there is.
type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { return len(p), nil }

const fileSize = 50_000_000

func BenchmarkUpload50MB(b *testing.B) {
	f := measure(b)
	idle := f.memory("VmRSS")
	b.SetBytes(fileSize)
	for b.Loop() {
		if _, err := f.client.Upload(b.Context(), bridge.WriteFile{Path: "big"}, io.LimitReader(zeroes{}, fileSize)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(f.memory("VmHWM")-idle, "MB/above-idle")
}

func BenchmarkDownload50MB(b *testing.B) {
	f := measure(b)
	if _, err := f.client.Upload(b.Context(), bridge.WriteFile{Path: "big"}, io.LimitReader(zeroes{}, fileSize)); err != nil {
		b.Fatal(err)
	}
	idle := f.memory("VmRSS")
	b.SetBytes(fileSize)
	for b.Loop() {
		if _, err := f.client.Download(b.Context(), bridge.ReadFile{Path: "big"}, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(f.memory("VmHWM")-idle, "MB/above-idle")
}

// BenchmarkCommand is the time from a request to the exit code of a command that does nothing.
func BenchmarkCommand(b *testing.B) {
	f := measure(b)
	for b.Loop() {
		var r bridge.CommandResult
		ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
		err := f.client.Call(ctx, bridge.TypeRunCommand, bridge.RunCommand{Command: "true", Quiet: true}, &r)
		cancel()
		if err != nil || r.ExitCode == nil || *r.ExitCode != 0 {
			b.Fatalf("%+v, %v", r, err)
		}
	}
}
