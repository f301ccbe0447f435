package http1_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/http1"
)

// A request over a kept connection, by this client and by net/http's.
func BenchmarkRoundTrip(b *testing.B) {
	text := strings.Repeat("x", 1024)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })}
	go s.Serve(l)
	b.Cleanup(func() { s.Close() })
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", l.Addr().String())
	}
	for _, c := range []struct {
		name string
		tr   http.RoundTripper
	}{{"ours", &http1.Transport{Dial: dial, MaxIdlePerHost: 256, MaxIdle: 4096, IdleFor: 30 * time.Second}}, {"net-http", &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 256, DialContext: func(ctx context.Context, _, a string) (net.Conn, error) { return dial(ctx, a) }}}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r, _ := http.NewRequestWithContext(ctx, "GET", "http://workspace/small", nil)
					resp, err := c.tr.RoundTrip(r)
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			})
		})
		c.tr.(interface{ CloseIdleConnections() }).CloseIdleConnections()
	}
}
