package ports_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/ports"
)

// stand serves tunnels over real TCP.
type stand struct {
	*ports.Ports
	*httptest.Server
}

func newStand(t testing.TB) *stand {
	t.Helper()
	p := ports.New(ports.Options{})
	mux := http.NewServeMux()
	mux.Handle("GET /tcp/{port}", p.Tunnel())
	s := &stand{p, httptest.NewServer(mux)}
	t.Cleanup(func() {
		p.Close()
		s.Server.Close()
	})
	return s
}

// program listens and serves each connection with serve, until the test ends.
func program(t testing.TB, address string, serve func(*net.TCPConn)) (port int) {
	t.Helper()
	l, port := listen(t, address)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.AcceptTCP()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
	return port
}

func echo(c *net.TCPConn) {
	io.Copy(c, c)
	c.CloseWrite()
}

// conn is the client's end of a tunnel.
type conn struct {
	net.Conn
	buf *bufio.Reader
}

func (c *conn) Read(p []byte) (int, error) { return c.buf.Read(p) }
func (c *conn) CloseWrite()                { c.Conn.(*net.TCPConn).CloseWrite() }

// request sends the head of a tunnel and what follows in one write, and returns the answer.
func (s *stand) request(t testing.TB, target, more string, headers ...string) (*conn, *http.Response) {
	t.Helper()
	raw, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	raw.SetDeadline(time.Now().Add(waitAtMost))
	if len(headers) == 0 {
		headers = []string{"Connection: Upgrade", "Upgrade: " + bridge.TunnelProtocol}
	}
	fmt.Fprintf(raw, "GET %s HTTP/1.1\r\nHost: bridge\r\n%s\r\n\r\n%s", target, strings.Join(headers, "\r\n"), more)
	c := &conn{raw, bufio.NewReader(raw)}
	resp, err := http.ReadResponse(c.buf, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, resp
}

// dial opens a tunnel.
func (s *stand) dial(t testing.TB, port int, early string) *conn {
	t.Helper()
	c, resp := s.request(t, fmt.Sprintf("/tcp/%d", port), early)
	if resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Upgrade") != bridge.TunnelProtocol {
		body, _ := io.ReadAll(resp.Body)
		t.Fatalf("%s %v %s", resp.Status, resp.Header, body)
	}
	return c
}

func TestATunnelCarriesBytesBothWays(t *testing.T) {
	s := newStand(t)
	for _, address := range []string{"127.0.0.1:0", "[::1]:0", "0.0.0.0:0"} {
		port := program(t, address, echo)
		c := s.dial(t, port, "sent ahead,")
		fmt.Fprint(c, "sent after")
		c.CloseWrite() // and the rest still comes: half-closed, not closed
		got, err := io.ReadAll(c)
		if err != nil || string(got) != "sent ahead,sent after" {
			t.Errorf("%s: %q %v", address, got, err)
		}
	}
	at, n := s.Traffic()
	if n != 3*2*int64(len("sent ahead,sent after")) || time.Since(at) > waitAtMost {
		t.Errorf("counted %d bytes, the last at %s", n, at)
	}
}

func TestWithoutTunnelsThereIsNoTraffic(t *testing.T) {
	if at, n := newPorts(t).Traffic(); !at.IsZero() || n != 0 {
		t.Errorf("%s %d", at, n)
	}
}

func TestTheProgramMayEndItsDirectionFirst(t *testing.T) {
	s := newStand(t)
	heard := make(chan string, 1)
	port := program(t, "127.0.0.1:0", func(c *net.TCPConn) {
		fmt.Fprint(c, "all I say")
		c.CloseWrite()
		b, _ := io.ReadAll(c)
		heard <- string(b)
	})
	c := s.dial(t, port, "")
	if got, err := io.ReadAll(c); err != nil || string(got) != "all I say" {
		t.Fatalf("%q %v", got, err)
	}
	fmt.Fprint(c, "all I answer")
	c.Close()
	if got := <-heard; got != "all I answer" {
		t.Errorf("%q", got)
	}
}

// pattern is an endless stream that needs no memory.
type pattern struct{ at byte }

func (p *pattern) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = p.at
		p.at += 7
	}
	return len(b), nil
}

func TestMuchArrivesUnchangedBothWaysAtOnce(t *testing.T) {
	const size = 16 << 20
	sum := sha256.New()
	io.CopyN(sum, &pattern{}, size)
	want := sum.Sum(nil)
	heard := make(chan []byte, 1)
	port := program(t, "127.0.0.1:0", func(c *net.TCPConn) {
		var down sync.WaitGroup
		down.Go(func() {
			io.CopyN(c, &pattern{}, size)
			c.CloseWrite()
		})
		sum := sha256.New()
		io.Copy(sum, c)
		heard <- sum.Sum(nil)
		down.Wait()
	})
	c := newStand(t).dial(t, port, "")
	var up sync.WaitGroup
	up.Go(func() {
		io.CopyN(c, &pattern{}, size)
		c.CloseWrite()
	})
	got := sha256.New()
	if n, err := io.Copy(got, c); err != nil || n != size || !bytes.Equal(got.Sum(nil), want) {
		t.Errorf("down: %d bytes, %v", n, err)
	}
	up.Wait()
	if !bytes.Equal(<-heard, want) {
		t.Error("up: other bytes")
	}
}

func TestAResetIsNoEnd(t *testing.T) {
	s := newStand(t)
	port := program(t, "127.0.0.1:0", func(c *net.TCPConn) {
		fmt.Fprint(c, "half of it")
		c.Read(make([]byte, 1))
		c.SetLinger(0)
	})
	c := s.dial(t, port, "")
	if _, err := io.ReadFull(c, make([]byte, len("half of it"))); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(c, "x")
	if n, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client sees %d %v", n, err)
	}

	broke := make(chan error, 1)
	port = program(t, "127.0.0.1:0", func(c *net.TCPConn) {
		fmt.Fprint(c, "!")
		_, err := io.ReadAll(c)
		broke <- err
	})
	c = s.dial(t, port, "")
	io.ReadFull(c, make([]byte, 1))
	c.Conn.(*net.TCPConn).SetLinger(0)
	c.Close()
	if err := <-broke; !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the program sees %v", err)
	}
}

func TestWhatIsNoTunnelIsRefused(t *testing.T) {
	s := newStand(t)
	closed := closedPort(t)
	open := program(t, "127.0.0.1:0", func(*net.TCPConn) { t.Error("a connection was made") })
	upgrade := []string{"Connection: Upgrade", "Upgrade: " + bridge.TunnelProtocol}
	for _, c := range []struct {
		target  string
		headers []string
		status  int
		code    string
	}{
		{fmt.Sprintf("/tcp/%d", closed), upgrade, 502, bridge.CodePortClosed},
		{"/tcp/3001", upgrade, 403, bridge.CodePortForbidden},
		{"/tcp/8080", upgrade, 403, bridge.CodePortForbidden},
		{"/tcp/1023", upgrade, 403, bridge.CodePortForbidden},
		{"/tcp/22", upgrade, 403, bridge.CodePortForbidden},
		{"/tcp/0", upgrade, 403, bridge.CodePortForbidden},
		{"/tcp/-1", upgrade, 403, bridge.CodePortForbidden},
		{"/tcp/65536", upgrade, 403, bridge.CodePortForbidden},
		{"/tcp/99999999999999999999", upgrade, 403, bridge.CodePortForbidden},
		{fmt.Sprintf("/tcp/0%d", open), upgrade, 403, bridge.CodePortForbidden},
		{fmt.Sprintf("/tcp/+%d", open), upgrade, 403, bridge.CodePortForbidden},
		{fmt.Sprintf("/tcp/%%20%d", open), upgrade, 403, bridge.CodePortForbidden},
		{fmt.Sprintf("/tcp/evil.test:%d", open), upgrade, 403, bridge.CodePortForbidden},
		{fmt.Sprintf("/tcp/x%%2f%d", 3001), upgrade, 403, bridge.CodePortForbidden},
		{fmt.Sprintf("/tcp/%d", open), []string{"Accept: */*"}, 426, bridge.CodeUpgradeRequired},
		{fmt.Sprintf("/tcp/%d", open), []string{"Connection: Upgrade", "Upgrade: h2c"}, 426, bridge.CodeUpgradeRequired},
	} {
		_, resp := s.request(t, c.target, "", c.headers...)
		var problem struct{ Code, Detail string }
		err := json.NewDecoder(resp.Body).Decode(&problem)
		if resp.StatusCode != c.status || problem.Code != c.code || problem.Detail == "" || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %v: %s %+v %v", c.target, c.headers, resp.Status, problem, err)
		}
	}
}

func TestAProgramThatTakesNothingInIsNotWaitedForForEver(t *testing.T) {
	s := newStand(t)
	// A listener whose queue is full: the kernel drops further handshakes.
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port := name.(*syscall.SockaddrInet4).Port
	for range 2 {
		if c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), 100*time.Millisecond); err == nil {
			defer c.Close()
		}
	}
	_, resp := s.request(t, fmt.Sprintf("/tcp/%d", port), "")
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 502 || !strings.Contains(string(body), "takes no connections in") {
		t.Errorf("%s %s", resp.Status, body)
	}
}

func TestTunnelsAreBoundedAndCheapWhileIdleAndEndWithClose(t *testing.T) {
	s := newStand(t)
	port := program(t, "127.0.0.1:0", func(c *net.TCPConn) {
		fmt.Fprint(c, "!")
		io.Copy(io.Discard, c)
	})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	all := make([]*conn, bridge.MaxTunnels)
	for i := range all {
		all[i] = s.dial(t, port, "")
		if _, err := all[i].Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the HTTP server's part is over", func() bool {
		runtime.GC()
		runtime.ReadMemStats(&after)
		used := int64(after.HeapInuse+after.StackInuse) - int64(before.HeapInuse+before.StackInuse)
		return used < bridge.MaxTunnels*32<<10 // of this, 4 KiB and a stack are the client's and the program's
	})
	_, resp := s.request(t, fmt.Sprintf("/tcp/%d", port), "")
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 503 || !strings.Contains(string(body), bridge.CodeTooManyTunnels) || resp.Header.Get("Retry-After") == "" {
		t.Errorf("one too many: %s %s", resp.Status, body)
	}
	all[0].Close()
	eventually(t, "there is room again", func() bool {
		c, resp := s.request(t, fmt.Sprintf("/tcp/%d", port), "")
		c.Close()
		return resp.StatusCode == 101
	})
	s.Ports.Close()
	for _, c := range all[1:] {
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Fatal("a tunnel is open after Close")
		}
	}
	if _, resp := s.request(t, fmt.Sprintf("/tcp/%d", port), ""); resp.StatusCode != 503 {
		t.Errorf("after Close: %s", resp.Status)
	}
}
