package gateway

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// echo is a workspace whose every address is a WebSocket that says what it hears.
func echo(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/no" {
		http.Error(w, "no socket here", http.StatusTeapot)
		return
	}
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat"}, CompressionMode: websocket.CompressionContextTakeover})
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(-1)
	if r.URL.Path == "/greets" {
		c.Write(r.Context(), websocket.MessageText, []byte("hello"))
	}
	for {
		kind, data, err := c.Read(r.Context())
		if err != nil {
			return
		}
		if string(data) == "bye" {
			c.Close(4000, "as you wish")
			return
		}
		if err := c.Write(r.Context(), kind, data); err != nil {
			return
		}
	}
}

func (r *rig) dial(url string, headers ...string) (*websocket.Conn, *http.Response, error) {
	h := http.Header{}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), waitAtMost)
	defer cancel()
	c, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: r.h1, HTTPHeader: h, Subprotocols: []string{"chat"}, CompressionMode: websocket.CompressionContextTakeover})
	if c != nil {
		c.SetReadLimit(-1)
	}
	return c, resp, err
}

func (r *rig) socket(path string, headers ...string) *websocket.Conn {
	r.t.Helper()
	if len(headers) == 0 {
		headers = []string{"Cookie: app=1; " + r.cookie(testID, owner), "Origin: " + r.origin(testID)}
	}
	c, _, err := r.dial(r.origin(testID)+path, headers...)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.CloseNow() })
	return c
}

func TestSocketsCarryTextAndBinaryOfAllSizes(t *testing.T) {
	r := newRig(t, nil, echo)
	c := r.socket("/chat?b=2&a=1")
	if c.Subprotocol() != "chat" {
		t.Errorf("subprotocol %q", c.Subprotocol())
	}
	seen := r.up.seen()
	if seen.RequestURI != "/chat?b=2&a=1" || seen.Host != r.host(testID) || seen.Header.Get("Cookie") != "app=1" || seen.Header.Get(keyHeader) == "" {
		t.Errorf("handshake arrived as %s of %s with %v", seen.RequestURI, seen.Host, seen.Header)
	}
	for _, size := range []int{0, 1, 125, 126, waitBuffer - 4, waitBuffer, 65535, 65536, copyBufferSize * 3, 5 << 20} {
		want := make([]byte, size)
		(&pattern{}).Read(want)
		if err := c.Write(t.Context(), websocket.MessageBinary, want); err != nil {
			t.Fatal(size, err)
		}
		kind, got, err := c.Read(t.Context())
		if err != nil || kind != websocket.MessageBinary || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes came back as %d of kind %v: %v", size, len(got), kind, err)
		}
	}
	if err := c.Write(t.Context(), websocket.MessageText, []byte("bye")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != 4000 {
		t.Errorf("closed by the workspace: %v", err)
	}
	eventually(t, "the socket is gone", func() bool { return r.gw.Live() == 0 && r.observed.sockets.Load() == 0 })
	if r.observed.in.Load() < 1<<10 || r.observed.out.Load() < 1<<10 {
		t.Errorf("counted %d bytes in, %d out", r.observed.in.Load(), r.observed.out.Load())
	}
}

func TestWhatAWorkspaceSaysAtOnceArrives(t *testing.T) {
	r := newRig(t, nil, echo)
	for range 20 {
		c := r.socket("/greets")
		if _, got, err := c.Read(t.Context()); err != nil || string(got) != "hello" {
			t.Fatalf("%q %v", got, err)
		}
		c.Close(websocket.StatusNormalClosure, "")
	}
}

func TestProgramsOpenSocketsWithATokenAlone(t *testing.T) {
	r := newRig(t, nil, echo)
	c, _, err := r.dial("https://"+r.agentHost(testID)+"/", "Authorization: Bearer "+ownerToken)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if got := r.up.seen().Header.Get("Authorization"); got != "" {
		t.Errorf("the bridge saw %q", got)
	}
	r.visitors.revoke(ownerToken)
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != 4401 {
		t.Errorf("after the token was revoked: %v", err)
	}
}

func TestAnAnswerThatIsNoSwitchComesThrough(t *testing.T) {
	r := newRig(t, nil, echo)
	_, resp, err := r.dial(r.origin(testID)+"/no", "Cookie: "+r.cookie(testID, owner), "Origin: "+r.origin(testID))
	if err == nil || resp == nil || resp.StatusCode != http.StatusTeapot {
		t.Fatalf("%v %v", resp, err)
	}
	body, _ := io.ReadAll(resp.Body)
	if !strings.Contains(string(body), "no socket here") {
		t.Errorf("%q", body)
	}
	eventually(t, "nothing is registered", func() bool { return r.gw.Live() == 0 })
}

func TestSocketsEndWithinThreeSecondsOfTheirRight(t *testing.T) { // H050
	r := newRig(t, nil, echo)
	for _, c := range []struct {
		name string
		end  func()
		code websocket.StatusCode
	}{
		{"log-out", func() { r.visitors.revoke("session-" + owner) }, 4401},
		{"stop", func() { r.announce(testID, owner, workspace.StatusStopping, 1) }, websocket.StatusGoingAway},
		{"restart", func() { r.announce(testID, owner, workspace.StatusRunning, 2) }, websocket.StatusGoingAway},
		{"another owner", func() { r.announce(testID, stranger, workspace.StatusRunning, 1) }, 4403},
		{"delete", func() { r.gw.AnnounceDeleted(testID) }, websocket.StatusGoingAway},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.announce(testID, owner, workspace.StatusRunning, 1)
			var all sync.WaitGroup
			sockets := make([]*websocket.Conn, 20)
			for i := range sockets {
				sockets[i] = r.socket("/")
			}
			began := time.Now()
			c.end()
			for _, s := range sockets {
				all.Go(func() {
					if _, _, err := s.Read(t.Context()); websocket.CloseStatus(err) != c.code {
						t.Errorf("closed with %v, want code %d", err, c.code)
					}
				})
			}
			all.Wait()
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("took %s", took)
			}
			eventually(t, "sockets are gone", func() bool { return r.observed.sockets.Load() == 0 })
		})
	}
}

func TestAVisitorWhoDoesNotReadIsCutOffToo(t *testing.T) {
	r := newRig(t, nil, func(w http.ResponseWriter, req *http.Request) {
		c, err := websocket.Accept(w, req, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for block := make([]byte, 1<<20); c.Write(req.Context(), websocket.MessageBinary, block) == nil; {
		}
	})
	c := r.socket("/")
	var last int64
	eventually(t, "the stream is stuck", func() bool {
		now := r.observed.out.Load()
		stuck := now > 1<<20 && now == last
		last = now
		return stuck
	})
	r.visitors.revoke("session-" + owner)
	eventually(t, "the socket is gone", func() bool { return r.observed.sockets.Load() == 0 })
	c.CloseNow()
}

func TestSocketsOfAWorkspaceCanBeBounded(t *testing.T) { // H052
	r := newRig(t, func(o *Options) { o.SocketsPerWorkspace = 3 }, echo)
	for range 3 {
		r.socket("/")
	}
	_, resp, err := r.dial(r.origin(testID)+"/", "Cookie: "+r.cookie(testID, owner), "Origin: "+r.origin(testID))
	if err == nil || resp == nil || resp.StatusCode != http.StatusTooManyRequests {
		t.Fatalf("the fourth: %v %v", resp, err)
	}
}

func TestHandshakesFailCleanly(t *testing.T) {
	r := newRig(t, nil, echo)
	for name, response := range map[string]string{
		"nothing":          "",
		"another protocol": "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
		"the bridge's no":  "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/problem+json\r\nContent-Length: 23\r\n\r\n{\"code\":\"unauthorized\"}",
		"endless header":   "HTTP/1.1 101 Switching Protocols\r\nA: " + strings.Repeat("a", 1<<20),
	} {
		raw := newRawServer(t, response)
		r.version++
		r.gw.Announce(workspace.Workspace{ID: testID, OwnerID: owner, Status: workspace.StatusRunning, Version: r.version, Epoch: 1, VSCodePort: raw})
		_, resp, err := r.dial(r.origin(testID)+"/", "Cookie: "+r.cookie(testID, owner), "Origin: "+r.origin(testID))
		if err == nil || resp == nil || resp.StatusCode != http.StatusBadGateway {
			t.Errorf("%s: %v %v", name, resp, err)
		}
	}
	eventually(t, "nothing is registered", func() bool { return r.gw.Live() == 0 })
}

func TestCloseEndsSocketsAndWaits(t *testing.T) {
	r := newRig(t, nil, echo)
	c := r.socket("/")
	ctx, cancel := context.WithTimeout(t.Context(), waitAtMost)
	defer cancel()
	closed := make(chan error, 1)
	go func() { closed <- r.gw.Close(ctx) }()
	if _, _, err := c.Read(ctx); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("%v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if r.gw.Live() != 0 {
		t.Error("something is left")
	}
}

// However many events end a WebSocket at once, its visitor is told why.
func TestEndingsThatMeetSayWhy(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	pair := func() (here, there net.Conn) {
		t.Helper()
		there, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if here, err = l.Accept(); err != nil {
			t.Fatal(err)
		}
		there.SetDeadline(time.Now().Add(waitAtMost))
		return here, there
	}
	for range 500 {
		client, visitor := pair()
		upstream, program := pair()
		s := &socket{client: client, upstream: upstream}
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { s.end(endStopped) })
		}
		all.Go(func() { // as down does
			io.Copy(io.Discard, s.upstream)
			s.hangUp()
		})
		got := make([]byte, len(closeFrame(endStopped)))
		if _, err := io.ReadFull(visitor, got); err != nil || !bytes.Equal(got, closeFrame(endStopped)) {
			t.Errorf("the visitor reads %q: %v", got, err)
		}
		all.Wait()
		for _, c := range []net.Conn{client, visitor, upstream, program} {
			c.Close()
		}
	}
}

func TestFrameTrackerFindsTheGapsHoweverBytesArrive(t *testing.T) {
	frame := func(op byte, n int) []byte {
		b := []byte{0x80 | op}
		switch {
		case n < 126:
			b = append(b, byte(n))
		case n < 1<<16:
			b = append(b, 126, byte(n>>8), byte(n))
		default:
			b = append(b, 127, 0, 0, 0, 0, 0, byte(n>>16), byte(n>>8), byte(n))
		}
		return append(b, make([]byte, n)...)
	}
	var stream []byte
	gaps := map[int]bool{0: true}
	for _, n := range []int{0, 1, 125, 126, 300, 65535, 65536, 70000, 2} {
		stream = append(stream, frame(2, n)...)
		gaps[len(stream)] = true
	}
	for _, step := range []int{1, 2, 3, 7, 1000, 65536} {
		var f frameTracker
		for at := 0; at < len(stream); at += step {
			if f.between() != gaps[at] {
				t.Fatalf("step %d: between is %v at %d", step, f.between(), at)
			}
			f.advance(stream[at:min(at+step, len(stream))])
		}
		if !f.between() {
			t.Errorf("step %d: not between at the end", step)
		}
	}
	var f frameTracker
	f.advance(frame(opClose, 2))
	if f.between() {
		t.Error("a frame would follow the close frame")
	}
}
