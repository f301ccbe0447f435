package bridgeserver_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
	"github.com/kalpana-dev/kalpana/bridge/bridgeserver"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
)

// inside is a bridge that serves as the program does, with its socket.
type inside struct {
	t       *testing.T
	api     string
	address string
	client  *http.Client
	// root is the workspace, pages the folder of pages' sockets.
	root, pages string
}

func startInside(t *testing.T) *inside {
	t.Helper()
	in := &inside{t: t, address: filepath.Join(t.TempDir(), "i.sock"), root: t.TempDir(), pages: t.TempDir()}
	server, err := bridgeserver.New(bridgeserver.Config{
		KeySHA256: hashOf(key), Root: in.root, StateDir: filepath.Join(t.TempDir(), "state"), EditorSocket: filepath.Join(t.TempDir(), "e"), PagesFolder: in.pages,
		Children: supervisor.NewChildren(), Env: os.Environ(), Version: "test", Log: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	var listeners [3]net.Listener
	for i, at := range [][2]string{{"tcp", "127.0.0.1:0"}, {"tcp", "127.0.0.1:0"}, {"unix", in.address}} {
		listeners[i], err = net.Listen(at[0], at[1])
		must(t, err)
	}
	in.api = listeners[0].Addr().String()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", in.address)
	}}
	in.client = &http.Client{Transport: transport}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listeners[0], listeners[1], listeners[2]) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		must(t, <-ended)
	})
	return in
}

// post returns status and body.
func (in *inside) post(path, body string) (int, string) {
	in.t.Helper()
	resp, err := in.client.Post("http://bridge"+path, "text/plain", strings.NewReader(body))
	must(in.t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	must(in.t, err)
	return resp.StatusCode, string(data)
}

const question = "protocol=https\nhost=github.com\npath=ada/engine.git\n"

func TestGitsQuestionsReachTheOneWhoWatches(t *testing.T) {
	t.Parallel()
	in := startInside(t)
	if status, body := in.post("/credential/get", question); status != 404 || !strings.Contains(body, `"code":"no_credential"`) {
		t.Errorf("nobody watches: %d %s", status, body)
	}
	c, err := bridgeclient.Dial(t.Context(), in.api, key)
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	watching, rejected := make(chan struct{}), make(chan struct{})
	go func() {
		_ = c.Stream(t.Context(), bridge.TypeWatchCredentials, nil, nil, func(e bridge.Event) error {
			switch e.Event {
			case bridge.EventWatching:
				close(watching)
			case bridge.EventRejected:
				close(rejected)
				if bytes.Contains(e.Payload, []byte("old-one")) || !bytes.Contains(e.Payload, []byte(`"passwordSha256":"`)) {
					t.Errorf("%s", e.Payload)
				}
			case bridge.EventCredential:
				request := between(string(e.Payload), `"request":"`, `"`)
				return c.Call(t.Context(), bridge.TypeAnswerCredential, bridge.AnswerCredential{Request: request, Username: "x", Password: "token"}, nil)
			}
			return nil
		})
	}()
	<-watching
	if status, body := in.post("/credential/get", question); status != 200 || body != "username=x\npassword=token\n" {
		t.Errorf("%d %s", status, body)
	}
	if status, body := in.post("/credential/erase", question+"username=x\npassword=old-one\n"); status != 204 || body != "" {
		t.Errorf("%d %s", status, body)
	}
	<-rejected
	for _, bad := range []string{"", "protocol=https\nhost=a\rb\n", "protocol=https\nhost=a\n" + strings.Repeat("x=y\n", 1<<18)} {
		if status, body := in.post("/credential/get", bad); status != 400 || !strings.Contains(body, `"code":"bad_request"`) {
			t.Errorf("%.40q: %d %s", bad, status, body)
		}
	}
	if resp, err := in.client.Get("http://bridge/healthz"); err != nil || resp.StatusCode != 200 {
		t.Errorf("%v %v", resp, err)
	} else {
		must(t, resp.Body.Close())
	}
}

func between(s, before, after string) string {
	_, rest, _ := strings.Cut(s, before)
	found, _, _ := strings.Cut(rest, after)
	return found
}

func TestCredentialsAreForTheBridgesOwnUser(t *testing.T) {
	t.Parallel()
	s := start(t)
	// Over TCP nobody knows who asks.
	server := httptest.NewServer(s.server.Inside())
	t.Cleanup(server.Close)
	resp, err := http.Post(server.URL+"/credential/get", "text/plain", strings.NewReader(question))
	must(t, err)
	must(t, resp.Body.Close())
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("an unknown user: %d", resp.StatusCode)
	}
	http.DefaultClient.CloseIdleConnections()
	if os.Getuid() != 0 {
		return // only root can become somebody else
	}
	in := startInside(t)
	for p := in.address; p != "/" && p != os.TempDir(); p = filepath.Dir(p) {
		must(t, os.Chmod(p, 0o777))
	}
	status := make(chan string, 1)
	go func() {
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		const nobody = 65534
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, nobody, nobody, nobody); errno != 0 {
			status <- errno.Error()
			return
		}
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err == nil {
			err = unix.Connect(fd, &unix.SockaddrUnix{Name: in.address})
		}
		if err != nil {
			status <- err.Error()
			return
		}
		f := os.NewFile(uintptr(fd), "socket")
		defer f.Close()
		_, _ = f.WriteString("POST /credential/get HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
		answer, _ := io.ReadAll(f)
		status <- string(answer)
	}()
	if got := <-status; !strings.HasPrefix(got, "HTTP/1.0 403 ") {
		t.Errorf("another user: %s", got)
	}
}
