package caddymodule

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// connected are the two ends of a TCP connection.
func connected(t *testing.T) (here *net.TCPConn, there net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	there, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { there.Close() })
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	for _, c := range []net.Conn{conn, there} {
		c.SetDeadline(time.Now().Add(waitAtMost))
	}
	return conn.(*net.TCPConn), there
}

func (g *gathering) waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.held)
}

func TestTheHeadOfAnAnswerWaitsForItsBody(t *testing.T) {
	here, there := connected(t)
	g := &gathering{patience: time.Hour}
	write := func(p string, left int) {
		t.Helper()
		if n, err := g.write(here, []byte(p)); n != len(p) || err != nil {
			t.Fatalf("%d of %d bytes were written: %v", n, len(p), err)
		}
		if got := g.waiting(); got != left {
			t.Errorf("%d bytes wait, want %d", got, left)
		}
	}
	read := func(want string) {
		t.Helper()
		got := make([]byte, len(want))
		if _, err := io.ReadFull(there, got); string(got) != want {
			t.Errorf("read %.20q, want %.20q: %v", got, want, err)
		}
	}
	write("nobody waits", 0)
	read("nobody waits")
	g.expect()
	write("head", 4)
	write("body", 0)
	read("headbody")
	write("more", 0)
	read("more")
	long := strings.Repeat("x", heldSize+1)
	g.expect()
	write(long, 0)
	write("body", 0)
	read(long + "body")
	g.expect()
	write("head", 4)
	write(long, 0)
	read("head" + long)
}

func TestAHeadWaitsForAMillisecondAtMost(t *testing.T) {
	here, there := connected(t)
	g := new(gathering)
	for range 3 { // the timer is used again
		g.expect()
		if _, err := g.write(here, []byte("head")); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 4)
		if _, err := io.ReadFull(there, got); err != nil || string(got) != "head" {
			t.Fatalf("read %q: %v", got, err)
		}
	}
}

// Who writes next is told that what was held is lost.
func TestWhatCouldNotBeSentLaterFailsTheNextWrite(t *testing.T) {
	here, _ := connected(t)
	g := &gathering{patience: time.Hour}
	g.expect()
	g.write(here, []byte("head"))
	here.Close()
	g.flush(here)
	if n, err := g.write(here, []byte("body")); n != 0 || !errors.Is(err, net.ErrClosed) {
		t.Errorf("%d bytes, %v", n, err)
	}
	g = &gathering{patience: time.Hour}
	g.expect()
	g.write(here, []byte("head"))
	for range 2 {
		if n, err := g.write(here, []byte("body")); n != 0 || !errors.Is(err, net.ErrClosed) {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
}

// However writes, expectations and the timer come, all bytes arrive in their order.
func TestGatheredWritesKeepTheirOrder(t *testing.T) {
	here, there := connected(t)
	g := &gathering{patience: 50 * time.Microsecond}
	random := rand.New(rand.NewPCG(1, 2))
	var sent bytes.Buffer
	var got []byte
	var reader, others sync.WaitGroup
	reader.Go(func() { got, _ = io.ReadAll(there) })
	for range 4 {
		others.Go(func() {
			for range 500 {
				g.expect()
			}
		})
	}
	for range 3000 {
		if random.IntN(2) == 0 {
			g.expect()
		}
		p := make([]byte, 1+random.IntN(3000))
		for i := range p {
			p[i] = byte(random.Uint32())
		}
		sent.Write(p)
		if n, err := g.write(here, p); n != len(p) || err != nil {
			t.Fatalf("%d of %d: %v", n, len(p), err)
		}
	}
	others.Wait()
	g.flush(here)
	here.Close()
	reader.Wait()
	if !bytes.Equal(got, sent.Bytes()) {
		t.Errorf("%d bytes arrived of %d, or others", len(got), sent.Len())
	}
}

// Answers of all lengths come whole over HTTP/2, many at once.
func TestShortAnswersOverHTTP2(t *testing.T) {
	f := newFront(t)
	lengths := map[string]int{"/then/0": 0, "/then/1": 1, "/then/1000": 1000, "/then/5000": 5000, "/then/32768": 32768, "/then/40000": 40000}
	f.up.mu.Lock()
	f.up.then = func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/then/204":
			w.WriteHeader(http.StatusNoContent)
		case "/then/304":
			w.Header().Set("Etag", `"a"`)
			w.WriteHeader(http.StatusNotModified)
		default:
			io.WriteString(w, strings.Repeat("x", lengths[r.URL.Path]))
		}
	}
	f.up.mu.Unlock()
	origin := "https://" + f.editor(mine)
	if got := f.visit(origin + "/"); got.StatusCode != http.StatusOK {
		t.Fatalf("the editor: %d", got.StatusCode)
	}
	var all sync.WaitGroup
	for path, length := range lengths {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			all.Go(func() {
				for range 20 {
					req, _ := http.NewRequestWithContext(t.Context(), method, origin+path, nil)
					resp, err := f.client.Do(req)
					if err != nil {
						t.Error(err)
						return
					}
					body, err := io.ReadAll(resp.Body)
					resp.Body.Close()
					want := length
					if method == http.MethodHead {
						want = 0
					}
					if err != nil || len(body) != want || resp.ProtoMajor != 2 || resp.StatusCode != http.StatusOK {
						t.Errorf("%s %s: %d with %d bytes over %s: %v", method, path, resp.StatusCode, len(body), resp.Proto, err)
					}
				}
			})
		}
	}
	all.Wait()
	for path, want := range map[string]int{"/then/204": 204, "/then/304": 304} {
		if got := f.get(origin + path); got.StatusCode != want || text(got) != "" {
			t.Errorf("%s: %d %q", path, got.StatusCode, text(got))
		}
	}
}

// A client that gives no leave for a body gets the head, which it may be waiting for.
func TestAHeadDoesNotWaitForAClientsLeave(t *testing.T) {
	f := newFront(t)
	if got := f.visit("https://" + f.editor(mine) + "/"); got.StatusCode != http.StatusOK {
		t.Fatalf("the editor: %d", got.StatusCode)
	}
	cookie := strings.TrimPrefix(f.cookies(f.editor(mine)), "Cookie: ")
	fields := []string{":method", "GET", ":scheme", "https", ":authority", f.editor(mine), ":path", "/", "cookie", cookie}
	if got := f.stream(t, mine+".ws.localhost", fields, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}); got != "200" {
		t.Errorf("status %q", got)
	}
}
