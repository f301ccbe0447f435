package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
)

func TestRequestsArriveAtAPortAsTheyWereSent(t *testing.T) {
	r := newPortRig(t, nil, func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		w.Header().Set("Trailer", "X-Sum")
		fmt.Fprintf(w, "%s %s %s %s", req.Method, req.Host, req.RequestURI, body)
		w.Header().Set("X-Sum", "42")
	})
	host := r.hostOf(at(r.app.port))
	for name, client := range map[string]*http.Client{"h1": r.h1, "h2": r.h2} {
		for _, uri := range []string{"/", "/a//b?b=2&a=1", "//a", "/a%2Fb%2f", "/?a;b&%zz&=", "/@vite/client?t=1"} {
			resp, err := client.Do(r.request("GET", r.url(uri), nil, r.as(owner)))
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if want := "GET " + host + " " + uri + " "; string(body) != want || resp.Trailer.Get("X-Sum") != "42" {
				t.Errorf("%s: %q arrived as %q, trailer %v", name, want, body, resp.Trailer)
			}
		}
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"} {
			if got := r.do(client, r.request(method, r.url("/m"), strings.NewReader("body"), r.as(owner), r.own())); got.body != method+" "+host+" /m body" {
				t.Errorf("%s %s arrived as %d %q", name, method, got.status, got.body)
			}
		}
	}
	eventually(t, "nothing is registered", func() bool { return r.gw.Live() == 0 })
	if n, ok := r.touches.Load(testID); !ok || n.(*atomic.Int64).Load() == 0 {
		t.Error("visits of a port are no use")
	}
}

func TestConnectionsToAPortAreUsedAgain(t *testing.T) {
	var connections atomic.Int64
	port := rawProgram(t, "127.0.0.1:0", func(c *net.TCPConn) {
		connections.Add(1)
		for in := bufio.NewReader(c); ; {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	})
	r := newPortRig(t, nil, nil)
	good := "Cookie: " + r.cookieAt(at(port), owner)
	for range 10 {
		if got := r.get(r.originAt(at(port))+"/", good); got.body != "ok" {
			t.Fatal(got)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections for 10 requests", n)
	}
	// A new start is a new pool, though ports and programs are the same here.
	r.epoch.Store(2)
	r.share()
	if got := r.get(r.originAt(at(port))+"/", good); got.body != "ok" || connections.Load() != 2 {
		t.Errorf("after a restart: %v, %d connections", got, connections.Load())
	}
	// A request that was under way when it was restarted does not go to the new one.
	old := (&Route{ID: testID, Epoch: 1, AgentPort: r.agentPort}).portUpstream(port)
	if c, err := r.gw.proxy.dialPort(t.Context(), old.pool); !errors.Is(err, errRestarted) {
		t.Errorf("%v %v", c, err)
	}
}

func TestAProgramOnIPv6Only(t *testing.T) {
	port := rawProgram(t, "[::1]:0", func(c *net.TCPConn) {
		http.ReadRequest(bufio.NewReader(c))
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nfrom ::1")
	})
	r := newPortRig(t, nil, nil)
	if got := r.get(r.originAt(at(port))+"/", "Cookie: "+r.cookieAt(at(port), owner)); got.status != 200 || got.body != "from ::1" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestEndsOfConnectionsAreKeptApart(t *testing.T) {
	const size = 1 << 20
	end := make(chan string, 1)
	port := rawProgram(t, "127.0.0.1:0", func(c *net.TCPConn) {
		req, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n") // the end of the connection is the end of the body
		c.Write(make([]byte, size))
		if req.URL.Path == "/broken" {
			<-end // the visitor has begun to read
			c.SetLinger(0)
			return
		}
		c.CloseWrite()
		rest, _ := io.ReadAll(c)
		end <- string(rest)
	})
	r := newPortRig(t, nil, nil)
	good := "Cookie: " + r.cookieAt(at(port), owner)
	if got := r.get(r.originAt(at(port))+"/whole", good); got.status != 200 || len(got.body) != size {
		t.Errorf("%d, %d bytes", got.status, len(got.body))
	}
	if rest := <-end; rest != "" {
		t.Errorf("the program was sent %q", rest)
	}
	resp, err := r.h1.Do(r.request("GET", r.originAt(at(port))+"/broken", nil, good))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, size/2)); err != nil {
		t.Fatal(err)
	}
	end <- ""
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("half a body passes for a whole one")
	}
}

func TestPortForwardThroughTheAgentHost(t *testing.T) {
	port := rawProgram(t, "127.0.0.1:0", func(c *net.TCPConn) {
		b, _ := io.ReadAll(c)
		fmt.Fprintf(c, "heard %s", b)
		c.CloseWrite()
	})
	r := newPortRig(t, nil, nil)
	address := fmt.Sprintf("https://%s/tcp/%d", r.agentHost(testID), port)
	ctx, cancel := context.WithTimeout(t.Context(), waitAtMost)
	defer cancel()
	c, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{
		HTTPClient: r.h1, Subprotocols: []string{"kalpana.tcp.v1"}, HTTPHeader: http.Header{"Authorization": {"Bearer " + ownerToken}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	c.Write(ctx, websocket.MessageBinary, []byte("all I say"))
	c.Write(ctx, websocket.MessageBinary, nil)
	if _, got, err := c.Read(ctx); err != nil || string(got) != "heard all I say" {
		t.Errorf("%q %v", got, err)
	}
	if _, got, err := c.Read(ctx); err != nil || len(got) != 0 {
		t.Errorf("%q %v", got, err)
	}
	if _, _, err := c.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Error(err)
	}
	if _, resp, err := r.dial(address, "Authorization: Bearer kal_stranger"); err == nil || resp.StatusCode != 404 {
		t.Errorf("a stranger: %v", err)
	}
}

// bulk is a stream without end that costs little to make and to check.
type bulk struct {
	block []byte
	at    int
}

func newBulk() *bulk {
	b := &bulk{block: make([]byte, 1<<20-7)}
	(&pattern{}).Read(b.block)
	return b
}

func (b *bulk) Read(p []byte) (int, error) {
	n := copy(p, b.block[b.at:])
	b.at = (b.at + n) % len(b.block)
	return n, nil
}

func newSum() hash.Hash32 { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }

func TestBigBodiesPassThroughPortsInLittleMemory(t *testing.T) {
	const down, up = 200 << 20, 50 << 20
	sumOf := func(n int64) string {
		sum := newSum()
		io.CopyN(sum, newBulk(), n)
		return strconv.Itoa(int(sum.Sum32()))
	}
	r := newPortRig(t, nil, func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPost {
			sum := newSum()
			n, err := io.Copy(sum, req.Body)
			fmt.Fprintf(w, "%d %d %v", n, sum.Sum32(), err)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(down))
		io.CopyN(w, newBulk(), down)
	})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	resp, err := r.h1.Do(r.request("GET", r.url("/"), nil, r.as(owner)))
	if err != nil {
		t.Fatal(err)
	}
	sum := newSum()
	n, err := io.Copy(sum, resp.Body)
	resp.Body.Close()
	if got := strconv.Itoa(int(sum.Sum32())); n != down || err != nil || got != sumOf(down) {
		t.Errorf("download: %d bytes, %v", n, err)
	}
	got := r.do(r.h2, r.request("POST", r.url("/"), io.LimitReader(newBulk(), up), r.as(owner), r.own()))
	if want := fmt.Sprintf("%d %s <nil>", up, sumOf(up)); got.body != want {
		t.Errorf("upload: %d %s, want %s", got.status, got.body, want)
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 48<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
	if at, n := r.tunnels.Traffic(); n < down+up || at.IsZero() {
		t.Errorf("the bridge counted %d bytes", n)
	}
}

func TestEventsOfAPortArriveOneByOne(t *testing.T) {
	next := make(chan struct{})
	r := newPortRig(t, nil, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			w.(http.Flusher).Flush()
			select {
			case <-next:
			case <-req.Context().Done():
				return
			}
		}
	})
	for name, client := range map[string]*http.Client{"h1": r.h1, "h2": r.h2} {
		resp, err := client.Do(r.request("GET", r.url("/"), nil, r.as(owner)))
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(resp.Body)
		for i := range 3 { // the next event is only sent when this one was read
			if line, err := lines.ReadString('\n'); err != nil || line != fmt.Sprintf("data: %d\n", i) {
				t.Fatalf("%s: %q %v", name, line, err)
			}
			lines.ReadString('\n')
			next <- struct{}{}
		}
		resp.Body.Close()
	}
}

func TestAVisitorWhoLeavesEndsTheRequestInTheProgram(t *testing.T) {
	began, ended := make(chan struct{}), make(chan struct{})
	r := newPortRig(t, nil, func(_ http.ResponseWriter, req *http.Request) {
		close(began)
		<-req.Context().Done()
		close(ended)
	})
	ctx, leave := context.WithCancel(t.Context())
	go func() { <-began; leave() }()
	if resp, err := r.h2.Do(r.request("GET", r.url("/"), nil, r.as(owner)).WithContext(ctx)); err == nil {
		resp.Body.Close()
		t.Error("answered")
	}
	eventually(t, "the program notices", func() bool {
		select {
		case <-ended:
			return true
		default:
			return false
		}
	})
}
