package gateway

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// BenchmarkBigBodies carries one GiB in each round, without TLS; `-benchtime 10x` makes ten.
// The peak of memory is of the visitor, the gateway and the workspace together.
func BenchmarkBigBodies(b *testing.B) {
	const size = 1 << 30
	r := newRig(b, nil, func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPost {
			n, _ := io.Copy(io.Discard, req.Body)
			fmt.Fprint(w, n)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(size))
		io.CopyN(w, zeros{}, size)
	})
	host := r.gw.hosts.EditorName(testID) + strings.TrimPrefix(r.plain.URL, "http://127.0.0.1")
	lines := []string{"Host: " + host, "Cookie: " + r.cookie(testID, owner), "Origin: http://" + host}
	b.Run("download", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			resp, err := r.plain.Client().Do(r.request("GET", r.plain.URL+"/", nil, lines...))
			if err != nil {
				b.Fatal(err)
			}
			n, err := io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if n != size || err != nil {
				b.Fatal(n, err)
			}
		}
		b.ReportMetric(peakMiB(b), "peak-MiB")
	})
	b.Run("upload", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			if got := r.do(r.plain.Client(), r.request("POST", r.plain.URL+"/", io.LimitReader(zeros{}, size), lines...)); got.body != fmt.Sprint(size) {
				b.Fatal(got)
			}
		}
		b.ReportMetric(peakMiB(b), "peak-MiB")
	})
}

// peakMiB is the most memory that the process has had.
func peakMiB(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib float64
	fmt.Sscan(rest, &kib)
	return kib / 1024
}
