package bridgeserver_test

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
	"github.com/kalpana-dev/kalpana/bridge/bridgeserver"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func hashOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// stand is a running bridge: both ports over real TCP, on a folder of its own.
type stand struct {
	root, socket string
	pages        string // the folder of pages' sockets
	api, editor  *httptest.Server
	server       *bridgeserver.Server
	closeOnce    sync.Once
}

func start(t *testing.T) *stand {
	t.Helper()
	s := &stand{root: t.TempDir(), socket: filepath.Join(t.TempDir(), "e.sock"), pages: t.TempDir()}
	var err error
	s.server, err = bridgeserver.New(bridgeserver.Config{
		KeySHA256: hashOf(key), Root: s.root, StateDir: filepath.Join(t.TempDir(), "state"), EditorSocket: s.socket, PagesFolder: s.pages,
		Children: supervisor.NewChildren(), Env: append(os.Environ(), "KALPANA_SECRET=hidden"), Version: "test", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.api, s.editor = httptest.NewServer(s.server.API()), httptest.NewServer(s.server.Editor())
	t.Cleanup(func() {
		s.closeServer(t)
		s.api.Close()
		s.editor.Close()
	})
	return s
}

// closeServer closes the bridge, once.
func (s *stand) closeServer(t *testing.T) {
	t.Helper()
	s.closeOnce.Do(func() {
		if err := s.server.Close(); err != nil {
			t.Error(err)
		}
	})
}

// fakeEditor listens where code-server would.
func (s *stand) fakeEditor(t *testing.T, h http.HandlerFunc) {
	t.Helper()
	l, err := net.Listen("unix", s.socket)
	if err != nil {
		t.Fatal(err)
	}
	srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
	srv.Start()
	t.Cleanup(srv.Close)
}

func address(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }

// dial connects a client with the right key.
func (s *stand) dial(t *testing.T) *bridgeclient.Client {
	t.Helper()
	c, err := bridgeclient.Dial(t.Context(), address(s.api), key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// get asks with the headers given, and with the key unless they hold one.
func get(t *testing.T, url string, header http.Header) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	if _, given := req.Header[bridge.KeyHeader]; !given {
		req.Header.Set(bridge.KeyHeader, key)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// eventually fails the test unless ok becomes true within ten seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("still not so after 10 s: %s", what)
		case <-tick.C:
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
