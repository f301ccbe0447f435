package bridgeserver_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
)

// raw opens a WebSocket without the client, to send what the client never would.
func (s *stand) raw(t *testing.T) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), s.api.URL, &websocket.DialOptions{HTTPHeader: http.Header{bridge.KeyHeader: {key}}})
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(bridge.MaxMessageBytes)
	t.Cleanup(func() { _ = ws.CloseNow() })
	return ws
}

func receive(t *testing.T, ws *websocket.Conn) bridge.Response {
	t.Helper()
	_, message, err := ws.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var r bridge.Response
	must(t, json.Unmarshal(message, &r))
	return r
}

func TestBadMessagesAreAnsweredAndEndNothing(t *testing.T) {
	t.Parallel()
	ws := start(t).raw(t)
	for _, c := range []struct {
		kind          websocket.MessageType
		message       string
		wantID, wantC string
	}{
		{websocket.MessageText, `{`, "", bridge.CodeBadRequest},
		{websocket.MessageText, `7`, "", bridge.CodeBadRequest},
		{websocket.MessageText, ``, "", bridge.CodeBadRequest},
		{websocket.MessageText, `{"id":7,"type":"ping"}`, "", bridge.CodeBadRequest},
		{websocket.MessageText, strings.Repeat("[", 1<<20), "", bridge.CodeBadRequest},
		{websocket.MessageText, "{\"id\":\"x\",\"type\":\"\xff\"}", "", bridge.CodeBadRequest},
		{websocket.MessageText, `{"id":"1"}`, "1", bridge.CodeBadRequest},
		{websocket.MessageText, `{"id":"2","type":"` + strings.Repeat("é", 100) + `"}`, "2", bridge.CodeUnknownType},
		{websocket.MessageText, `{"id":"3","type":"readFile","payload":[]}`, "3", bridge.CodeBadRequest},
		{websocket.MessageText, `{"id":"4","type":"readFile","payload":null}`, "4", bridge.CodeInvalidPath},
		{websocket.MessageText, `{"id":"5","type":"readFile"}`, "5", bridge.CodeInvalidPath},
		{websocket.MessageBinary, `{"id":"6","type":"ping"}`, "", bridge.CodeBadRequest},
	} {
		must(t, ws.Write(t.Context(), c.kind, []byte(c.message)))
		if r := receive(t, ws); r.ID != c.wantID || r.Success || r.Error == nil || r.Error.Code != c.wantC {
			t.Errorf("%.60q: %+v, %v", c.message, r, r.Error)
		}
	}
	must(t, ws.Write(t.Context(), websocket.MessageText, []byte(`{"id":"gone","type":"cancel"}`))) // no answer
	must(t, ws.Write(t.Context(), websocket.MessageText, []byte(`{"id":"7","type":"ping","new":{}}`)))
	if r := receive(t, ws); r.ID != "7" || !r.Success || string(r.Payload) != "{}" {
		t.Errorf("ping: %+v", r)
	}
}

func TestAMessageOverTheLimitClosesTheConnection(t *testing.T) {
	t.Parallel()
	ws := start(t).raw(t)
	_ = ws.Write(t.Context(), websocket.MessageText, make([]byte, bridge.MaxMessageBytes+1))
	if _, _, err := ws.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
		t.Errorf("closed with %v", err)
	}
}

func TestManyCallersShareOneConnection(t *testing.T) {
	t.Parallel()
	c := start(t).dial(t)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			name, content := fmt.Sprintf("d%d/f%d", i%7, i), strings.Repeat(fmt.Sprint(i), 5000)
			if err := c.Call(t.Context(), bridge.TypeWriteFile, bridge.WriteFile{Path: name, Content: &content}, nil); err != nil {
				t.Error(err)
			}
			var got bridge.FileContent
			if err := c.Call(t.Context(), bridge.TypeReadFile, bridge.ReadFile{Path: name}, &got); err != nil || got.Content != content {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	all.Wait()
}

// A client that sends and never reads: the bridge stops reading it too, holds no more
// than its bounds, and serves everybody else.
func TestASlowReaderHoldsUpOnlyItself(t *testing.T) {
	t.Parallel()
	s := start(t)
	must(t, os.WriteFile(filepath.Join(s.root, "mega"), []byte(strings.Repeat("x", 1<<20)), 0o644))
	slow := s.raw(t)
	blocked, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	sent := 0
	for ; sent < 200_000; sent++ {
		if slow.Write(blocked, websocket.MessageText, fmt.Appendf(nil, `{"id":"%d","type":"readFile","payload":{"path":"mega"}}`, sent)) != nil {
			break
		}
	}
	if sent == 200_000 {
		t.Error("the bridge went on reading from a client that reads nothing")
	}
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	if err := s.dial(t).Call(ctx, bridge.TypePing, nil, nil); err != nil {
		t.Errorf("somebody else's ping: %v", err)
	}
}

// Not parallel: it counts goroutines.
func TestUnreadAnswersPileUpInNoGoroutines(t *testing.T) {
	s := start(t)
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err == nil {
			err = c.(*net.TCPConn).SetReadBuffer(4096) // so that it is full soon
		}
		return c, err
	}}
	ws, _, err := websocket.Dial(t.Context(), s.api.URL, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: http.Header{bridge.KeyHeader: {key}},
	})
	must(t, err)
	defer ws.CloseNow()
	before := runtime.NumGoroutine()
	blocked, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	// Each is answered by a sentence: 100,000 of them fill every buffer on the way.
	for i := range 100_000 {
		if ws.Write(blocked, websocket.MessageText, fmt.Appendf(nil, `{"id":"%060d","type":"readFile"}`, i)) != nil {
			break
		}
	}
	if now := runtime.NumGoroutine(); now > before+2*bridge.MaxInFlight+20 {
		t.Errorf("%d goroutines, %d before", now, before)
	}
}

func TestRequestsOverTheBoundAreRefusedAndIDsMayNotRepeat(t *testing.T) {
	t.Parallel()
	s := start(t)
	must(t, os.WriteFile(filepath.Join(s.root, "mega"), []byte(strings.Repeat("x", 1<<20)), 0o644))
	ws := s.raw(t)
	// Reading 1 MiB takes long enough that requests pile up behind the memory bound.
	const sent = bridge.MaxInFlight + 40
	go func() {
		for i := range sent {
			_ = ws.Write(t.Context(), websocket.MessageText, fmt.Appendf(nil, `{"id":"%d","type":"readFile","payload":{"path":"mega"}}`, i))
			_ = ws.Write(t.Context(), websocket.MessageText, fmt.Appendf(nil, `{"id":"%d","type":"readFile","payload":{"path":"mega"}}`, i))
		}
		for i := range sent {
			_ = ws.Write(t.Context(), websocket.MessageText, fmt.Appendf(nil, `{"id":"%d","type":"cancel"}`, i))
		}
	}()
	codes := map[string]int{}
	for range 2 * sent {
		r := receive(t, ws)
		if r.Error != nil {
			codes[r.Error.Code]++
		} else {
			codes["ok"]++
		}
	}
	for _, want := range []string{bridge.CodeDuplicateID, bridge.CodeBusy} {
		if codes[want] == 0 {
			t.Errorf("no answer %s among %v", want, codes)
		}
	}
}

func TestACallThatIsGivenUpIsCancelled(t *testing.T) {
	t.Parallel()
	s := start(t)
	for d := range 300 {
		must(t, os.MkdirAll(filepath.Join(s.root, fmt.Sprint(d), "deep"), 0o755))
	}
	c := s.dial(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Call(ctx, bridge.TypePing, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := c.Call(ctx, bridge.TypeListFiles, bridge.ListFiles{Recursive: true}, nil); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("given up: %v", err)
	}
	if err := c.Call(t.Context(), bridge.TypePing, nil, nil); err != nil {
		t.Errorf("the connection is of no use afterwards: %v", err)
	}
}

func TestClosingTheServerEndsItsConnections(t *testing.T) {
	t.Parallel()
	s := start(t)
	ws, c := s.raw(t), s.dial(t)
	ended := make(chan error, 1)
	go func() { _, _, err := ws.Read(t.Context()); ended <- err }()
	must(t, c.Call(t.Context(), bridge.TypePing, nil, nil))
	s.closeServer(t)
	if err := <-ended; websocket.CloseStatus(err) != websocket.StatusServiceRestart {
		t.Errorf("closed with %v", err)
	}
	<-c.Done()
	if err := c.Call(t.Context(), bridge.TypePing, nil, nil); !errors.Is(err, bridgeclient.ErrClosed) {
		t.Errorf("call afterwards: %v", err)
	}
}

func TestConnectionsOverTheBoundAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	var open []*websocket.Conn
	for range bridge.MaxConnections {
		open = append(open, s.raw(t))
	}
	_, resp, err := websocket.Dial(t.Context(), s.api.URL, &websocket.DialOptions{HTTPHeader: http.Header{bridge.KeyHeader: {key}}})
	if err == nil || resp == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("one more: %v, %v", resp, err)
	}
	_ = open[0].Close(websocket.StatusNormalClosure, "")
	eventually(t, "a closed one makes room", func() bool {
		ws, _, err := websocket.Dial(t.Context(), s.api.URL, &websocket.DialOptions{HTTPHeader: http.Header{bridge.KeyHeader: {key}}})
		if err == nil {
			_ = ws.CloseNow()
		}
		return err == nil
	})
}

// A client that announces a message of 2^62 bytes and sends none must not hold up the end.
func TestAClientThatStallsDoesNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, subprotocol := range []string{"", "Sec-WebSocket-Protocol: kalpana.bridge.v9\r\n"} {
		c, err := net.Dial("tcp", address(s.api))
		must(t, err)
		t.Cleanup(func() { _ = c.Close() })
		_, err = fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: b\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s: %s\r\n\r\n", subprotocol, bridge.KeyHeader, key)
		must(t, err)
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("%v %v", resp, err)
		}
		_, err = c.Write([]byte{0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4})
		must(t, err)
	}
	closed := make(chan struct{})
	go func() { s.closeServer(t); close(closed) }()
	select {
	case <-closed:
	case <-time.After(20 * time.Second):
		t.Fatal("the server does not end")
	}
}
