package http1_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/internal/http1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client is a Transport whose every address is server's.
func client(t *testing.T, server string) *http1.Transport {
	t.Helper()
	tr := &http1.Transport{
		Dial: func(ctx context.Context, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", server)
		},
		MaxIdlePerHost: 8, MaxIdle: 100, IdleFor: time.Minute, MaxHeaderBytes: 64 << 10, ContinueTimeout: 10 * time.Second,
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func request(t *testing.T, method, path string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://workspace"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func answer(t *testing.T, tr http.RoundTripper, r *http.Request) (*http.Response, string) {
	t.Helper()
	resp, err := tr.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

// serve answers with h and counts connections.
func serve(t *testing.T, h http.HandlerFunc) (addr string, connections *atomic.Int64) {
	t.Helper()
	connections = &atomic.Int64{}
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), connections
}

// script is a server that does what f does with every connection.
func script(t *testing.T, f func(c net.Conn, in *bufio.Reader)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				f(c, bufio.NewReader(c))
			})
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return l.Addr().String()
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	addr, connections := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s", r.Method, r.URL, b)
	})
	tr := client(t, addr)
	for i, c := range []struct{ method, body, want string }{
		{"GET", "", "GET /a?b=c&b=d "}, {"HEAD", "", ""}, {"POST", "hello", "POST /a?b=c&b=d hello"}, {"POST", "", "POST /a?b=c&b=d "},
		{"DELETE", "", "DELETE /a?b=c&b=d "}, {"PUT", strings.Repeat("x", 100_000), "PUT /a?b=c&b=d " + strings.Repeat("x", 100_000)},
	} {
		var body io.Reader
		if c.body != "" {
			body = strings.NewReader(c.body)
		}
		resp, got := answer(t, tr, request(t, c.method, "/a?b=c&b=d", body))
		if got != c.want || resp.StatusCode != 200 {
			t.Errorf("%d: %d %.80q", i, resp.StatusCode, got)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestManyAtOnce(t *testing.T) {
	addr, connections := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s", r.URL.Path, b)
	})
	tr := client(t, addr)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 200 {
				path, text := fmt.Sprintf("/%d/%d", i, j), strings.Repeat("y", j*7)
				var body io.Reader = strings.NewReader(text)
				if j%3 == 0 {
					body = io.MultiReader(body) // of unknown length
				}
				if j%5 == 0 {
					body, text = nil, ""
				}
				if _, got := answer(t, tr, request(t, "POST", path, body)); got != path+" "+text {
					t.Errorf("%s: %.60q", path, got)
				}
			}
		})
	}
	all.Wait()
	// More than 8 only where a busy machine let lastWait pass before a body was known to be written.
	if n := connections.Load(); n > 40 {
		t.Errorf("%d connections for 1,600 requests, 8 at once", n)
	}
}

// A server closes connections that it has had open for long; nobody should notice.
func TestAConnectionThatWasClosedMeanwhile(t *testing.T) {
	var served atomic.Int64
	closed := make(chan struct{}, 10)
	addr := script(t, func(c net.Conn, in *bufio.Reader) {
		if r, err := http.ReadRequest(in); err == nil {
			_, _ = io.Copy(io.Discard, r.Body)
			served.Add(1)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
		c.Close()
		closed <- struct{}{}
	})
	tr := client(t, addr)
	for _, method := range []string{"GET", "POST", "POST", "GET"} {
		if _, got := answer(t, tr, request(t, method, "/", nil)); got != "ok" {
			t.Errorf("%s: %q", method, got)
		}
		<-closed
	}
	if n := served.Load(); n != 4 {
		t.Errorf("%d requests served, 4 made", n)
	}
}

// What a server sends unasked must not become the answer to the next request.
func TestAnswersNobodyAskedFor(t *testing.T) {
	for name, late := range map[string]bool{"with the answer": false, "afterwards": true} {
		t.Run(name, func(t *testing.T) {
			sent := make(chan struct{}, 10)
			const planted = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
			addr := script(t, func(c net.Conn, in *bufio.Reader) {
				for {
					if _, err := http.ReadRequest(in); err != nil {
						return
					}
					text := "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue"
					if !late {
						text += planted
					}
					_, _ = io.WriteString(c, text)
					if late {
						_, _ = io.WriteString(c, planted)
					}
					sent <- struct{}{}
				}
			})
			tr := client(t, addr)
			for range 5 {
				_, got := answer(t, tr, request(t, "GET", "/", nil))
				if got != "true" {
					t.Fatalf("got %q", got)
				}
				<-sent
			}
		})
	}
}

func TestEarlyAnswers(t *testing.T) {
	addr := script(t, func(c net.Conn, in *bufio.Reader) {
		if _, err := http.ReadRequest(in); err == nil {
			_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!")
		}
		_, _ = io.Copy(io.Discard, in)
	})
	from, to := io.Pipe() // a body that never ends
	defer to.Close()
	tr := client(t, addr)
	resp, got := answer(t, tr, request(t, "POST", "/", from))
	if resp.StatusCode != 413 || got != "no!" {
		t.Errorf("%d %q", resp.StatusCode, got)
	}
}

func TestExpectContinue(t *testing.T) {
	addr, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/no" {
			w.WriteHeader(403)
			return
		}
		b, _ := io.ReadAll(r.Body) // which asks for it
		_, _ = w.Write(b)
	})
	tr := client(t, addr)
	r := request(t, "POST", "/yes", strings.NewReader("body"))
	r.Header.Set("Expect", "100-continue")
	if _, got := answer(t, tr, r); got != "body" {
		t.Errorf("got %q", got)
	}
	body := &watched{Reader: strings.NewReader("secret"), closed: make(chan struct{})}
	r = request(t, "POST", "/no", body)
	r.ContentLength = 6
	r.Header.Set("Expect", "100-continue")
	if resp, _ := answer(t, tr, r); resp.StatusCode != 403 {
		t.Errorf("status %d", resp.StatusCode)
	}
	<-body.closed
	if body.read.Load() {
		t.Error("the body was sent although the server did not want it")
	}
}

type watched struct {
	io.Reader
	read   atomic.Bool
	closed chan struct{}
}

func (w *watched) Read(p []byte) (int, error) { w.read.Store(true); return w.Reader.Read(p) }
func (w *watched) Close() error               { close(w.closed); return nil }

// Whoever gives up is rid of the exchange at once, wherever it is.
func TestGivingUp(t *testing.T) {
	gone := make(chan struct{}, 10)
	addr := script(t, func(c net.Conn, in *bufio.Reader) {
		defer func() { gone <- struct{}{} }()
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if r.URL.Path == "/body" {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin")
		}
		_, _ = io.Copy(io.Discard, in)
	})
	why := errors.New("given up")
	for _, c := range []struct{ method, path string }{{"GET", "/head"}, {"GET", "/body"}, {"POST", "/upload"}} {
		t.Run(c.path, func(t *testing.T) {
			tr := client(t, addr)
			ctx, cancel := context.WithCancelCause(t.Context())
			r := request(t, c.method, c.path, nil).WithContext(ctx)
			if c.method == "POST" {
				from, to := io.Pipe()
				defer to.Close()
				r.Body, r.ContentLength = from, -1
			}
			if c.path != "/body" {
				time.AfterFunc(20*time.Millisecond, func() { cancel(why) })
				if _, err := tr.RoundTrip(r); !errors.Is(err, why) {
					t.Errorf("got %v", err)
				}
			} else {
				resp, err := tr.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				cancel(why)
				if _, err := io.ReadAll(resp.Body); !errors.Is(err, why) {
					t.Errorf("got %v", err)
				}
				resp.Body.Close()
			}
			<-gone
		})
	}
}

func TestClosingABodyUnread(t *testing.T) {
	gone := make(chan struct{}, 1)
	addr := script(t, func(c net.Conn, in *bufio.Reader) {
		defer func() { gone <- struct{}{} }()
		if _, err := http.ReadRequest(in); err == nil {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n")
		}
		_, _ = io.Copy(io.Discard, in)
	})
	tr := client(t, addr)
	resp, err := tr.RoundTrip(request(t, "GET", "/", nil))
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan error, 1)
	go func() { _, err := io.ReadAll(resp.Body); read <- err }()
	resp.Body.Close()
	if err := <-read; err == nil {
		t.Error("the reader saw a whole body")
	}
	<-gone
}

// A Close that comes while Read finds the end must not end what the connection does next.
func TestClosingABodyAtItsEnd(t *testing.T) {
	t.Parallel()
	addr, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "an answer")
	})
	tr := client(t, addr)
	tr.MaxIdlePerHost = 1
	for range 300 {
		resp, err := tr.RoundTrip(request(t, "GET", "/", nil))
		if err != nil {
			t.Fatal(err)
		}
		var reading sync.WaitGroup
		reading.Go(func() { io.Copy(io.Discard, resp.Body) })
		resp.Body.Close()
		if _, got := answer(t, tr, request(t, "POST", "/", strings.NewReader("x"))); got != "an answer" {
			t.Fatal(got)
		}
		reading.Wait()
	}
}

func TestAFailingBody(t *testing.T) {
	addr, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	tr := client(t, addr)
	broken := errors.New("the visitor left")
	for _, length := range []int64{-1, 100} {
		r := request(t, "POST", "/", io.MultiReader(strings.NewReader("begin"), failing{broken}))
		r.ContentLength = length
		if _, err := tr.RoundTrip(r); !errors.Is(err, broken) {
			t.Errorf("length %d: %v", length, err)
		}
	}
	r := request(t, "POST", "/", io.MultiReader(strings.NewReader("short")))
	r.ContentLength = 100
	if _, err := tr.RoundTrip(r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a body shorter than announced: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestInformationalAnswers(t *testing.T) {
	addr := script(t, func(c net.Conn, in *bufio.Reader) {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		for range strings.Count(r.URL.Path, "h") {
			_, _ = io.WriteString(c, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
		}
		_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
	})
	tr := client(t, addr)
	if resp, _ := answer(t, tr, request(t, "GET", "/hh", nil)); resp.StatusCode != 204 || resp.Header.Get("Link") != "" {
		t.Errorf("%d with %v", resp.StatusCode, resp.Header)
	}
	if _, err := tr.RoundTrip(request(t, "GET", "/hhhhhhhhhh", nil)); err == nil {
		t.Error("ten responses before the one that counts were taken")
	}
}

func TestWhatIsRefused(t *testing.T) {
	addr := script(t, func(c net.Conn, in *bufio.Reader) {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		switch r.URL.Path {
		case "/large":
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nA: "+strings.Repeat("a", 70<<10)+"\r\n\r\n")
		case "/switch":
			_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
		case "/cut":
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Le")
		case "/nothing":
		}
	})
	tr := client(t, addr)
	for _, path := range []string{"/large", "/switch", "/cut", "/nothing"} {
		if _, err := tr.RoundTrip(request(t, "GET", path, nil)); err == nil {
			t.Errorf("%s: taken", path)
		}
	}
	for name, spoil := range map[string]func(*http.Request){
		"name":   func(r *http.Request) { r.Header["A\r\nB"] = []string{"x"} },
		"value":  func(r *http.Request) { r.Header["A"] = []string{"x\r\nB: y"} },
		"host":   func(r *http.Request) { r.Host = "a\r\nB: y" },
		"method": func(r *http.Request) { r.Method = "GET / HTTP/1.1\r\nA:" },
		"target": func(r *http.Request) { r.URL.Opaque = "/a b" },
		"scheme": func(r *http.Request) { r.URL.Scheme = "https" },
	} {
		r := request(t, "GET", "/ok", nil)
		spoil(r)
		if _, err := tr.RoundTrip(r); err == nil {
			t.Errorf("%s: sent", name)
		}
	}
}

func TestTrailersArrive(t *testing.T) {
	addr, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "Sum")
		_, _ = io.WriteString(w, "text")
		w.(http.Flusher).Flush()
		w.Header().Set("Sum", "4")
	})
	if resp, got := answer(t, client(t, addr), request(t, "GET", "/", nil)); got != "text" || resp.Trailer.Get("Sum") != "4" {
		t.Errorf("%q, trailer %v", got, resp.Trailer)
	}
}

func TestUnusedConnectionsAreClosed(t *testing.T) {
	gone := make(chan struct{}, 10)
	addr := script(t, func(c net.Conn, in *bufio.Reader) {
		for {
			if _, err := http.ReadRequest(in); err != nil {
				gone <- struct{}{}
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
		}
	})
	tr := client(t, addr)
	tr.IdleFor = 20 * time.Millisecond
	answer(t, tr, request(t, "GET", "/", nil))
	<-gone
	tr = client(t, addr)
	answer(t, tr, request(t, "GET", "/", nil))
	tr.CloseIdleConnections()
	<-gone
}
