package gateway

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// halfCloser is a connection of which the writing side can be shut alone.
type halfCloser interface {
	net.Conn
	CloseWrite() error
}

// shaken opens a WebSocket without any client of WebSockets, over TLS or without, and
// returns its connection, what follows the handshake, and the answer.
func (r *rig) shaken(t *testing.T, secure bool, lines ...string) (halfCloser, *bufio.Reader, *http.Response) {
	t.Helper()
	host, scheme := r.host(testID), "https"
	if !secure {
		host, scheme = r.gw.hosts.EditorName(testID)+strings.TrimPrefix(r.plain.URL, "http://127.0.0.1"), "http"
	}
	var conn halfCloser
	if secure {
		c, err := tls.Dial("tcp", r.server.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		conn = c
	} else {
		c, err := net.Dial("tcp", r.plain.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn = c.(*net.TCPConn)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(waitAtMost))
	lines = append([]string{"Host: " + host, "Cookie: " + r.cookie(testID, owner), "Origin: " + scheme + "://" + host, "Connection: keep-alive, Upgrade", "Upgrade: websocket",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}, lines...)
	fmt.Fprintf(conn, "GET /socket HTTP/1.1\r\n%s\r\n\r\n", strings.Join(lines, "\r\n"))
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	return conn, in, resp
}

// switching is a workspace that agrees to every handshake, with these lines, and leaves the
// connection to serve.
func switching(t *testing.T, lines string, serve func(req *http.Request, in *bufio.Reader, c *net.TCPConn)) (port int) {
	return rawWorkspace(t, func(_ int, in *bufio.Reader, c *net.TCPConn) {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n%s\r\n", lines)
		serve(req, in, c)
	})
}

func overBoth(t *testing.T, test func(t *testing.T, secure bool)) {
	for name, secure := range map[string]bool{"TLS": true, "plain": false} {
		t.Run(name, func(t *testing.T) { test(t, secure) })
	}
}

// A WebSocket is bytes both ways, whatever they say: compressed, fragmented, control frames
// between the fragments, or none that anybody knows.
func TestSocketsCarryAnyBytes(t *testing.T) {
	r := newRig(t, nil, nil)
	asked := make(chan *http.Request, 1)
	const agreed = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: v2.chat\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n"
	r.announceAt(switching(t, agreed, func(req *http.Request, in *bufio.Reader, c *net.TCPConn) {
		asked <- req
		io.Copy(c, in)
		c.CloseWrite()
	}))
	overBoth(t, func(t *testing.T, secure bool) {
		conn, in, resp := r.shaken(t, secure, "Sec-WebSocket-Protocol: v1.chat, v2.chat", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-own")
		for name, want := range map[string]string{
			"Sec-Websocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Sec-Websocket-Protocol": "v2.chat",
			"Sec-Websocket-Extensions": "permessage-deflate; server_no_context_takeover", "Connection": "Upgrade", "Upgrade": "websocket",
		} {
			if got := resp.Header[name]; resp.StatusCode != 101 || !slices.Equal(got, []string{want}) {
				t.Errorf("%d, %s: %q", resp.StatusCode, name, got)
			}
		}
		request := <-asked // it is told of after the answer has gone out
		for name, want := range map[string]string{
			"Sec-Websocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-Websocket-Version": "13", "Sec-Websocket-Protocol": "v1.chat, v2.chat",
			"Sec-Websocket-Extensions": "permessage-deflate; client_max_window_bits, x-own", "Connection": "Upgrade", "Upgrade": "websocket",
		} {
			if got := request.Header[name]; !slices.Equal(got, []string{want}) {
				t.Errorf("the workspace was asked with %s: %q", name, got)
			}
		}
		random := rand.New(rand.NewPCG(1, 2))
		sent := make([]byte, 3<<20)
		for i := range sent {
			sent[i] = byte(random.Uint32())
		}
		var sending sync.WaitGroup
		sending.Go(func() {
			for rest := sent; len(rest) > 0; {
				n := min(1+random.IntN(1+random.IntN(100_000)), len(rest))
				conn.Write(rest[:n])
				rest = rest[n:]
			}
			conn.CloseWrite()
		})
		got, err := io.ReadAll(in)
		sending.Wait()
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("%d bytes came back of %d: %v", len(got), len(sent), err)
		}
	})
	eventually(t, "nothing is registered", func() bool { return r.gw.Live() == 0 })
}

// Who has said everything may still listen; and who only listens hears everything.
func TestEitherSideOfASocketMayEndFirst(t *testing.T) {
	r := newRig(t, nil, nil)
	overBoth(t, func(t *testing.T, secure bool) {
		r.announceAt(switching(t, "", func(_ *http.Request, in *bufio.Reader, c *net.TCPConn) {
			heard, _ := io.ReadAll(in)
			fmt.Fprintf(c, "heard %s", heard)
		}))
		conn, in, _ := r.shaken(t, secure)
		io.WriteString(conn, "hello")
		conn.CloseWrite()
		if got, err := io.ReadAll(in); err != nil || string(got) != "heard hello" {
			t.Errorf("visitor first: %q %v", got, err)
		}
		whole := strings.Repeat("0123456789", 50_000)
		r.announceAt(switching(t, "", func(_ *http.Request, _ *bufio.Reader, c *net.TCPConn) { io.WriteString(c, whole) }))
		_, in, _ = r.shaken(t, secure)
		if got, err := io.ReadAll(in); err != nil || string(got) != whole {
			t.Errorf("workspace first: %d bytes %v", len(got), err)
		}
	})
	eventually(t, "nothing is registered", func() bool { return r.gw.Live() == 0 && r.observed.sockets.Load() == 0 })
}

// A visitor who is gone for good takes the workspace's side along, even one that says
// nothing more.
func TestALostVisitorEndsTheSocketInside(t *testing.T) {
	r := newRig(t, nil, nil)
	r.announceAt(switching(t, "", func(_ *http.Request, in *bufio.Reader, _ *net.TCPConn) { io.Copy(io.Discard, in) }))
	conn, _, _ := r.shaken(t, false)
	conn.(*net.TCPConn).SetLinger(0) // as a crash does
	conn.Close()
	eventually(t, "nothing is registered", func() bool { return r.gw.Live() == 0 && r.observed.sockets.Load() == 0 })
}

// Nobody's slowness costs memory here: who does not read is not sent more than pipes hold.
func TestWhoDoesNotReadStopsWhoSends(t *testing.T) {
	withBothClients(t, testWhoDoesNotReadStopsWhoSends)
}

func testWhoDoesNotReadStopsWhoSends(t *testing.T, client func(*Options)) {
	const size, most = 40 << 20, 24 << 20
	var written atomic.Int64
	read := make(chan struct{})
	r := newRig(t, client, func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPost {
			select {
			case <-read:
			case <-req.Context().Done():
			}
			n, _ := io.Copy(io.Discard, req.Body)
			fmt.Fprint(w, n)
			return
		}
		io.CopyN(countingWriter{w, &written}, zeros{}, size)
	})
	// stuck waits until nothing moves, or what moved is too much.
	stuck := func(moved func() int64) int64 {
		last, same := int64(-1), 0
		eventually(t, "the stream is stuck", func() bool {
			now := moved()
			if same++; now != last || now == 0 {
				last, same = now, 0
			}
			return same == 20 || now > most
		})
		return last
	}
	login, own := "Cookie: "+r.cookie(testID, owner), "Origin: "+r.origin(testID)
	for name, visitor := range map[string]*http.Client{"h1": r.h1, "h2": r.h2} {
		written.Store(0)
		resp, err := visitor.Do(r.request("GET", r.origin(testID)+"/", nil, login))
		if err != nil {
			t.Fatal(err)
		}
		if n := stuck(written.Load); n > most {
			t.Errorf("%s: %d MiB were taken from the workspace, and nobody read them", name, n>>20)
		}
		if n, err := io.Copy(io.Discard, resp.Body); n != size || err != nil {
			t.Errorf("%s: %d bytes came in the end: %v", name, n, err)
		}
		resp.Body.Close()

		body := &countingBody{ReadCloser: io.NopCloser(io.LimitReader(zeros{}, size))}
		answered := make(chan answer, 1)
		go func() { answered <- r.do(visitor, r.request("POST", r.origin(testID)+"/", body, login, own)) }()
		if n := stuck(body.bytes.Load); n > most {
			t.Errorf("%s: %d MiB were taken from the visitor, and nobody read them", name, n>>20)
		}
		read <- struct{}{}
		if got := <-answered; got.body != fmt.Sprint(size) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

// zeros is an endless stream that costs nothing.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

type countingWriter struct {
	io.Writer
	n *atomic.Int64
}

func (w countingWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.n.Add(int64(n))
	return n, err
}
