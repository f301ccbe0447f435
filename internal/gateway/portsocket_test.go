package gateway

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// portSocket opens a WebSocket to the program.
func (r *portRig) portSocket(t testing.TB, headers ...string) *websocket.Conn {
	t.Helper()
	c, _, err := r.dial(r.url("/hmr?token=x"), headers...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

func TestSocketsOfAPort(t *testing.T) {
	r := newPortRig(t, nil, echo)
	c := r.portSocket(t, r.as(owner)+"; app=1", r.own())
	seen := r.app.seen()
	if seen.RequestURI != "/hmr?token=x" || seen.Host != r.hostOf(at(r.app.port)) || seen.Header.Get("Cookie") != "app=1" || seen.Header.Get("Origin") != r.originAt(at(r.app.port)) {
		t.Errorf("handshake arrived as %s of %s with %v", seen.RequestURI, seen.Host, seen.Header)
	}
	for _, size := range []int{0, 1, waitBuffer, 65536, 5 << 20} {
		want := make([]byte, size)
		(&pattern{}).Read(want)
		if err := c.Write(t.Context(), websocket.MessageBinary, want); err != nil {
			t.Fatal(size, err)
		}
		if kind, got, err := c.Read(t.Context()); err != nil || kind != websocket.MessageBinary || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes came back as %d of kind %v: %v", size, len(got), kind, err)
		}
	}
	if got := fmt.Sprint(r.gw.Activity(testID)); got != "[port]" {
		t.Errorf("in use by %s", got)
	}
	c.Write(t.Context(), websocket.MessageText, []byte("bye"))
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != 4000 {
		t.Errorf("closed by the program: %v", err)
	}
	if _, resp, err := r.dial(r.url("/no"), r.as(owner), r.own()); err == nil || resp.StatusCode != http.StatusTeapot {
		t.Errorf("an answer that is no switch: %v", err)
	}
	eventually(t, "the socket is gone", func() bool {
		return r.gw.Live() == 0 && r.observed.sockets.Load() == 0 && len(r.gw.Activity(testID)) == 0
	})
}

func TestFiveHundredIdleTunnelsCostLittleAndCloseAtOnce(t *testing.T) {
	const many = 500
	var open atomic.Int64
	port := rawProgram(t, "127.0.0.1:0", func(c *net.TCPConn) {
		open.Add(1)
		defer open.Add(-1)
		head := bufio.NewReaderSize(c, 1<<10)
		if _, err := http.ReadRequest(head); err == nil {
			fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
			c.Read(make([]byte, 1))
		}
	})
	r := newPortRig(t, nil, nil)
	plain := strings.TrimPrefix(r.plain.URL, "http://")
	_, plainPort, _ := net.SplitHostPort(plain)
	host := r.gw.hosts.PortName(testID, port) + ":" + plainPort
	handshake := fmt.Sprintf("GET / HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://%s\r\nCookie: %s\r\n\r\n", host, host, r.cookieAt(at(port), owner))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	sockets := make([]net.Conn, many)
	for i := range sockets {
		c, err := net.Dial("tcp", plain)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, handshake)
		var head [12]byte
		if _, err := io.ReadFull(c, head[:]); err != nil || string(head[:]) != "HTTP/1.1 101" {
			t.Fatalf("socket %d: %q %v", i, head, err)
		}
		sockets[i] = c
	}
	if n := open.Load(); n != many {
		t.Errorf("%d connections to the program", n)
	}
	eventually(t, "at most 48 KiB for each, on all its way", func() bool {
		runtime.GC()
		runtime.ReadMemStats(&after)
		return int64(after.HeapInuse+after.StackInuse)-int64(before.HeapInuse+before.StackInuse) < many*48<<10
	})
	r.visitors.revoke("session-" + owner)
	var ended sync.WaitGroup
	for _, c := range sockets {
		ended.Go(func() {
			rest, err := io.ReadAll(c)
			if err != nil || !bytes.Contains(rest, []byte(endLoggedOut.reason)) {
				t.Errorf("%q %v", rest, err)
			}
		})
	}
	ended.Wait()
	eventually(t, "the program's side is closed", func() bool { return open.Load() == 0 && r.gw.Live() == 0 })
}

func TestSocketsOfAPortEndWithTheRightToThem(t *testing.T) {
	r := newPortRig(t, nil, echo)
	users, public := r.visible(workspace.VisibleUsers), r.visible(workspace.VisiblePublic)
	stay := func() {}
	for _, c := range []struct {
		name    string
		setting workspace.PortSetting
		headers []string
		end     func()
		code    websocket.StatusCode
	}{
		{"log-out", users, []string{r.as(owner), r.own()}, func() { r.visitors.revoke("session-" + owner) }, 4401},
		{"log-out of a guest", users, []string{r.as(stranger), r.own()}, func() { r.visitors.revoke("session-" + stranger) }, 4401},
		{"token revoked", users, []string{"Authorization: Bearer kal_stranger"}, func() { r.visitors.revoke("kal_stranger") }, 4401},
		{"no longer shared", users, []string{r.as(stranger), r.own()}, func() { r.share() }, 4403},
		{"no longer public", public, nil, func() { r.share(users) }, 4403},
		{"private at once", public, nil, func() { r.share() }, 4403},
		{"stop", users, []string{r.as(stranger), r.own()}, func() { r.announce(testID, owner, workspace.StatusStopping, 1) }, websocket.StatusGoingAway},
		{"stop, public", public, nil, func() { r.announce(testID, owner, workspace.StatusStopping, 1) }, websocket.StatusGoingAway},
		{"restart", public, nil, func() { r.announce(testID, owner, workspace.StatusRunning, 2) }, websocket.StatusGoingAway},
		{"another owner", users, []string{r.as(owner), r.own()}, func() { r.settings = nil; r.announce(testID, stranger, workspace.StatusRunning, 1) }, 4403},
		{"the other side", public, nil, stay, 4000},
		{"delete", public, nil, func() { r.gw.AnnounceDeleted(testID) }, websocket.StatusGoingAway},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.share(c.setting)
			r.as(owner) // sessions that an earlier case revoked
			r.as(stranger)
			socket := r.portSocket(t, c.headers...)
			socket.Write(t.Context(), websocket.MessageText, []byte("x"))
			if _, got, err := socket.Read(t.Context()); err != nil || string(got) != "x" {
				t.Fatalf("%q %v", got, err)
			}
			if c.end(); c.code == 4000 {
				socket.Write(t.Context(), websocket.MessageText, []byte("bye"))
			}
			ctx, cancel := context.WithTimeout(t.Context(), waitAtMost)
			defer cancel()
			if _, _, err := socket.Read(ctx); websocket.CloseStatus(err) != c.code {
				t.Errorf("closed with %v, want code %d", err, c.code)
			}
			eventually(t, "nothing is registered", func() bool { return r.gw.Live() == 0 })
		})
	}
}

func TestStreamsOfAPortEndWithTheRightToThem(t *testing.T) {
	r := newPortRig(t, nil, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, ":\n\n")
		w.(http.Flusher).Flush()
		<-req.Context().Done()
	})
	for name, c := range map[string]struct {
		setting workspace.PortSetting
		headers []string
		end     func()
	}{
		"log-out":          {r.visible(workspace.VisibleUsers), []string{r.as(stranger)}, func() { r.visitors.revoke("session-" + stranger) }},
		"no longer shared": {r.visible(workspace.VisibleUsers), []string{r.as(stranger)}, func() { r.share() }},
		"no longer public": {r.visible(workspace.VisiblePublic), nil, func() { r.share() }},
		"stop":             {r.visible(workspace.VisiblePublic), nil, func() { r.announce(testID, owner, workspace.StatusStopping, 1) }},
	} {
		r.share(c.setting)
		r.as(stranger)
		resp, err := r.h2.Do(r.request("GET", r.url("/"), nil, c.headers...))
		if err != nil || resp.StatusCode != 200 {
			t.Fatal(name, resp, err)
		}
		c.end()
		io.Copy(io.Discard, resp.Body) // or the test hangs
		resp.Body.Close()
	}
}
