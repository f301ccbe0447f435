package caddymodule

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/coder/websocket"
)

// The signal that ends the server lets answers under way be finished, says good-bye to
// WebSockets, and takes no new connections. It goes to a process, so this test is one more.
func TestASignalDrainsTheServer(t *testing.T) {
	const child = "DRAIN_TEST_CHILD"
	if os.Getenv(child) != "" {
		serveUntilSignalled(t)
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), waitAtMost)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestASignalDrainsTheServer$")
	dir, err := os.MkdirTemp("", "k") // short: a socket's path may have 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	cmd.Env = append(os.Environ(), child+"=1", "TMPDIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	var is struct{ Address, Editor, Cookie string }
	for s := bufio.NewScanner(out); is.Address == "" && s.Scan(); {
		if text, ok := strings.CutPrefix(s.Text(), "child "); ok {
			if err := json.Unmarshal([]byte(text), &is); err != nil {
				t.Fatal(err)
			}
		}
	}
	go io.Copy(io.Discard, out)
	c := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, is.Address)
		},
	}}
	defer c.CloseIdleConnections()
	request := func(path string, body io.Reader) *http.Request {
		method := "GET"
		if body != nil {
			method = "POST"
		}
		req, err := http.NewRequestWithContext(ctx, method, "https://"+is.Editor+path, body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Cookie", is.Cookie)
		req.Header.Set("Origin", "https://"+is.Editor)
		return req
	}
	sock, _, err := websocket.Dial(ctx, "wss://"+is.Editor+"/then/socket", &websocket.DialOptions{HTTPClient: c, HTTPHeader: http.Header{"Cookie": {is.Cookie}, "Origin": {"https://" + is.Editor}}})
	if err != nil {
		t.Fatal(err)
	}
	defer sock.CloseNow()
	if err := sock.Write(ctx, websocket.MessageText, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := sock.Read(ctx); err != nil {
		t.Fatal(err)
	}
	download, err := c.Do(request("/then/download", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer download.Body.Close()

	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for refused := false; !refused && ctx.Err() == nil; {
		conn, err := net.Dial("tcp", is.Address)
		if refused = err != nil; !refused {
			conn.Close()
		}
	}
	// The rest of the download comes when its other half is asked for. That takes a
	// connection, so it is the WebSocket that asks.
	if err := sock.Write(ctx, websocket.MessageText, []byte("more")); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, download.Body); n != downloadSize || err != nil {
		t.Errorf("the download ended after %d bytes: %v", n, err)
	}
	for err == nil {
		_, _, err = sock.Read(ctx)
	}
	if websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("the WebSocket ended with %v", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

// serveUntilSignalled is the child: it says where it is and ends as the program does.
func serveUntilSignalled(t *testing.T) {
	f := newFront(t)
	p := &workspaceProgram{more: make(chan struct{})}
	f.up.mu.Lock()
	f.up.then = p.serve
	f.up.mu.Unlock()
	f.visit("https://" + f.editor(mine) + "/")
	where, err := json.Marshal(map[string]string{"Address": f.address(), "Editor": f.editor(mine), "Cookie": strings.TrimPrefix(f.cookies(f.editor(mine)), "Cookie: ")})
	if err != nil {
		t.Fatal(err)
	}
	caddy.TrapSignals()
	fmt.Println("\nchild " + string(where))
	select {}
}
