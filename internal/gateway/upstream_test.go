package gateway

import (
	"crypto/sha256"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge/proof"
)

// upstreamServer is a workspace: it counts every byte that reaches it and keeps the last request.
type upstreamServer struct {
	*httptest.Server
	port  int
	bytes atomic.Int64
	count atomic.Int64

	mu   sync.Mutex
	last *http.Request
}

func newUpstreamServer(t testing.TB, serve http.HandlerFunc) *upstreamServer {
	t.Helper()
	u := &upstreamServer{}
	if serve == nil {
		serve = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, workbench)
		}
	}
	u.Server = httptest.NewUnstartedServer(proving(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow-to-start" {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusServiceUnavailable)
			io.WriteString(w, `{"code":"editor_starting"}`)
			return
		}
		u.count.Add(1)
		u.mu.Lock()
		u.last = r.Clone(r.Context())
		u.mu.Unlock()
		serve(w, r)
	}))
	u.Listener = countingListener{u.Listener, &u.bytes}
	u.Start()
	u.port = u.Listener.Addr().(*net.TCPAddr).Port
	return u
}

// proving proves to be the bridge of whatever workspace and start the gateway dials, and
// answers everything else with next.
func proving(t testing.TB, next http.HandlerFunc) http.Handler {
	box := testBox(t)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != proof.Path {
			next(w, r)
			return
		}
		parts := strings.Split(strings.Split(r.Host, ":")[0], ".")
		epoch, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil {
			t.Errorf("pool %q: %v", r.Host, err)
		}
		proof.Answer(w, r, sha256.Sum256([]byte(box.WorkspaceKey(parts[0], epoch))))
	})
}

// seen is the last request that arrived, nil if none did.
func (u *upstreamServer) seen() *http.Request {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.last
}

type countingListener struct {
	net.Listener
	bytes *atomic.Int64
}

func (l countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return countingConn{c, l.bytes}, err
}

type countingConn struct {
	net.Conn
	bytes *atomic.Int64
}

func (c countingConn) CloseWrite() error { return c.Conn.(*net.TCPConn).CloseWrite() }

func (c countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}
