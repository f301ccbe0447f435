package gateway

import (
	"crypto/sha256"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge/proof"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// squatter is a program of the host that took a leased port: it keeps what it is told, and
// answers as it likes.
type squatter struct {
	port int
	mu   sync.Mutex
	told strings.Builder
}

func newSquatter(t *testing.T, answer string) *squatter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &squatter{port: l.Addr().(*net.TCPAddr).Port}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				io.WriteString(c, answer)
				b := make([]byte, 4<<10)
				for {
					n, err := c.Read(b)
					s.mu.Lock()
					s.told.Write(b[:n])
					s.mu.Unlock()
					if err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return s
}

func (s *squatter) heard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told.String()
}

// A program that took the port of a workspace hears a challenge and nothing else: no key,
// no cookie, no path, no body; and what it says reaches nobody.
func TestWhoeverElseHoldsThePortHearsNothing(t *testing.T) {
	const forged = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\nforged"
	for name, answer := range map[string]string{
		"a web server": forged, "one that replays": "HTTP/1.1 204 No Content\r\nX-Kalpana-Proof: " + strings.Repeat("0", 64) + "\r\n\r\n" + forged, "one that closes": "",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil, nil)
			s := newSquatter(t, answer)
			cookie := r.cookie(testID, owner)
			good := r.up.port
			r.up.port = s.port
			r.announce(testID, owner, workspace.StatusRunning, 1)
			key := r.gw.options.Box.WorkspaceKey(testID, 1)
			for _, headers := range [][]string{{"Cookie: " + cookie + "; mine=private"}, {"Cookie: " + cookie + "; mine=private", page}} {
				if got := r.get(r.origin(testID)+"/secret-path?q=private", headers...); got.status != 502 && got.status != 503 || strings.Contains(got.body, "forged") {
					t.Errorf("%d %.200s", got.status, got.body)
				}
			}
			if _, resp, err := r.dial(r.origin(testID)+"/secret-path", "Cookie: "+cookie, "Origin: "+r.origin(testID)); err == nil || resp == nil || resp.StatusCode < 500 {
				t.Errorf("socket: %v", err)
			}
			heard := s.heard()
			for _, secret := range []string{key, "private", "secret-path", cookie} {
				if strings.Contains(heard, secret) {
					t.Errorf("it heard %q:\n%s", secret, heard)
				}
			}
			if !strings.Contains(heard, "X-Kalpana-Challenge") {
				t.Errorf("it was never asked: %q", heard)
			}
			// The workspace is back on a port of its own: at once as before.
			r.up.port = good
			r.announce(testID, owner, workspace.StatusRunning, 2)
			if got := r.get(r.origin(testID)+"/", "Cookie: "+cookie); got.status != 200 || got.body != workbench {
				t.Errorf("afterwards: %d %.100s", got.status, got.body)
			}
		})
	}
}

// A port that a neighbour's bridge has got meanwhile, or an earlier start of the same
// workspace still has, leads nobody there: not to its editor, nor to its ports.
func TestAnotherBridgeOnThePortGetsNoRequest(t *testing.T) {
	var suspected atomic.Int64
	r := newRig(t, func(o *Options) { o.Suspect = func(string) { suspected.Add(1) } }, nil)
	box := r.gw.options.Box
	for name, key := range map[string]string{"a neighbour": box.WorkspaceKey(otherID, 7), "an earlier start": box.WorkspaceKey(testID, 6)} {
		var reached atomic.Int64
		other := httptest.NewServer(proof.Handler(sha256.Sum256([]byte(key)), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			reached.Add(1)
			io.WriteString(w, "another's page")
		})))
		r.up.port = other.Listener.Addr().(*net.TCPAddr).Port
		r.announce(testID, owner, workspace.StatusRunning, 7)
		r.skew.Add(int64(time.Minute)) // so that the next suspicion is passed on
		before := suspected.Load()
		for _, a := range []Address{{Kind: Editor, ID: testID}, at(3000)} {
			if got := r.get(r.originAt(a)+"/", page, "Cookie: "+r.cookieAt(a, owner)); got.status != 502 || strings.Contains(got.body, "another's") || !strings.Contains(got.body, `data-poll="starting"`) {
				t.Errorf("%s: %d %.200s", name, got.status, got.body)
			}
		}
		if _, resp, err := r.dial("https://"+r.agentHost(testID)+"/", "Authorization: Bearer "+ownerToken); err == nil || resp == nil || resp.StatusCode != 502 {
			t.Errorf("%s: a socket: %v %v", name, resp, err)
		}
		other.Close()
		if n := reached.Load(); n != 0 {
			t.Errorf("%s got %d requests", name, n)
		}
		if suspected.Load() == before {
			t.Errorf("%s: nobody heard of it", name)
		}
	}
}
