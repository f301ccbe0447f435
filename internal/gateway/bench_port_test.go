package gateway

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/http1"
)

// benchProgram answers /bulk with 32 MiB and everything else with 1 KiB.
func benchProgram(w http.ResponseWriter, r *http.Request) {
	n, block := 1<<10, make([]byte, 64<<10)
	if r.URL.Path == "/bulk" {
		n = 32 << 20
	}
	w.Header().Set("Content-Length", strconv.Itoa(n))
	for ; n > 0; n -= min(n, len(block)) {
		w.Write(block[:min(n, len(block))])
	}
}

// BenchmarkPort compares a program asked directly with the same one through the bridge's
// tunnel alone and through the whole gateway, by a client on the same machine without TLS.
func BenchmarkPort(b *testing.B) {
	r := newPortRig(b, nil, benchProgram)
	_, plainPort, _ := net.SplitHostPort(r.plain.Listener.Addr().String())
	cookie := r.cookieAt(at(r.app.port), owner)
	pool := r.gw.routes.lookup(testID).portUpstream(r.app.port).pool
	tunnel := &http1.Transport{MaxIdle: 64, MaxIdlePerHost: 64}
	tunnel.Dial = func(ctx context.Context, _ string) (net.Conn, error) { return r.gw.proxy.dialPort(ctx, pool) }
	direct := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	defer tunnel.CloseIdleConnections()
	defer direct.CloseIdleConnections()
	for _, way := range []struct {
		name      string
		transport upstreamClient
		url, host string
	}{
		{"direct", direct, r.app.URL, ""},
		{"tunnel", tunnel, r.app.URL, ""},
		{"gateway", direct, r.plain.URL, r.gw.hosts.PortName(testID, r.app.port) + ":" + plainPort},
	} {
		ask := func(b *testing.B, path string, newConnection bool) {
			req, err := http.NewRequest(http.MethodGet, way.url+path, nil)
			if err != nil {
				b.Fatal(err)
			}
			if req.Close = newConnection; newConnection {
				r.gw.proxy.portTransport.CloseIdleConnections()
			}
			if req.Host = way.host; way.host != "" {
				req.Header.Set("Cookie", cookie)
			}
			resp, err := way.transport.RoundTrip(req)
			if err != nil {
				b.Fatal(err)
			}
			defer resp.Body.Close()
			if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
				b.Fatal(resp.Status, err)
			}
		}
		b.Run("new/"+way.name, func(b *testing.B) {
			for b.Loop() {
				ask(b, "/", true)
			}
		})
		b.Run("keepalive/"+way.name, func(b *testing.B) {
			for b.Loop() {
				ask(b, "/", false)
			}
		})
		b.Run("bulk/"+way.name, func(b *testing.B) {
			b.SetBytes(32 << 20)
			for b.Loop() {
				ask(b, "/bulk", false)
			}
		})
	}
}
