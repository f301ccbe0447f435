package ports_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
)

const binary = websocket.MessageBinary

// socket opens a tunnel of messages.
func (s *stand) socket(t testing.TB, port int, subprotocols ...string) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitAtMost)
	defer cancel()
	c, _, err := websocket.Dial(ctx, fmt.Sprintf("%s/tcp/%d", s.URL, port), &websocket.DialOptions{Subprotocols: subprotocols})
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadLimit(-1)
	t.Cleanup(func() { c.CloseNow() })
	return c
}

// soon bounds what a test waits for.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), waitAtMost)
	t.Cleanup(cancel)
	return ctx
}

// readAll reads messages up to the empty one.
func readAll(ctx context.Context, c *websocket.Conn, w io.Writer) error {
	for {
		kind, b, err := c.Read(ctx)
		switch {
		case err != nil:
			return err
		case kind != binary:
			return errors.New("a text message")
		case len(b) > 64<<10:
			return fmt.Errorf("a message of %d bytes", len(b))
		case len(b) == 0:
			return nil
		}
		w.Write(b)
	}
}

func TestMessagesCarryBytesAndEndEachDirectionByItself(t *testing.T) {
	s := newStand(t)
	ctx := soon(t)
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		c := s.socket(t, program(t, address, echo), "kalpana.tcp.v1")
		if c.Subprotocol() != "kalpana.tcp.v1" {
			t.Errorf("subprotocol %q", c.Subprotocol())
		}
		for _, m := range []string{"one ", "two", ""} {
			if err := c.Write(ctx, binary, []byte(m)); err != nil {
				t.Fatal(err)
			}
		}
		var got bytes.Buffer
		if err := readAll(ctx, c, &got); err != nil || got.String() != "one two" {
			t.Errorf("%s: %q %v", address, got.String(), err)
		}
		if _, _, err := c.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
			t.Errorf("%s: closed with %v", address, err)
		}
	}
	if _, n := s.Traffic(); n != 4*int64(len("one two")) {
		t.Errorf("counted %d bytes", n)
	}
}

func TestTheProgramMayEndItsDirectionOfMessagesFirst(t *testing.T) {
	heard := make(chan string, 1)
	port := program(t, "127.0.0.1:0", func(c *net.TCPConn) {
		fmt.Fprint(c, "all I say")
		c.CloseWrite()
		b, _ := io.ReadAll(c)
		heard <- string(b)
	})
	ctx := soon(t)
	c := newStand(t).socket(t, port)
	var got bytes.Buffer
	if err := readAll(ctx, c, &got); err != nil || got.String() != "all I say" {
		t.Fatalf("%q %v", got.String(), err)
	}
	c.Write(ctx, binary, []byte("all I answer"))
	c.Write(ctx, binary, nil)
	if _, _, err := c.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("closed with %v", err)
	}
	if got := <-heard; got != "all I answer" {
		t.Errorf("%q", got)
	}
}

func TestLongMessagesAndMuchOfThem(t *testing.T) {
	const size = 16 << 20
	sum := sha256.New()
	io.CopyN(sum, &pattern{}, size)
	ctx := soon(t)
	c := newStand(t).socket(t, program(t, "127.0.0.1:0", echo))
	var up sync.WaitGroup
	up.Go(func() {
		from := &pattern{}
		for sent := 0; sent < size; sent += 4 << 20 { // far longer than what is read at a time
			m := make([]byte, 4<<20)
			from.Read(m)
			if err := c.Write(ctx, binary, m); err != nil {
				t.Error(err)
				return
			}
		}
		c.Write(ctx, binary, nil)
	})
	got := sha256.New()
	if err := readAll(ctx, c, got); err != nil || !bytes.Equal(got.Sum(nil), sum.Sum(nil)) {
		t.Errorf("came back changed: %v", err)
	}
	up.Wait()
}

func TestWhatIsNoMessageOfATunnelClosesIt(t *testing.T) {
	s := newStand(t)
	ctx := soon(t)
	for name, c := range map[string]struct {
		send func(c *websocket.Conn)
		want websocket.StatusCode
	}{
		"text":                {func(c *websocket.Conn) { c.Write(ctx, websocket.MessageText, []byte("x")) }, websocket.StatusUnsupportedData},
		"bytes after the end": {func(c *websocket.Conn) { c.Write(ctx, binary, nil); c.Write(ctx, binary, []byte("x")) }, websocket.StatusProtocolError},
	} {
		heard, over := make(chan string, 1), make(chan struct{})
		port := program(t, "127.0.0.1:0", func(c *net.TCPConn) {
			b, _ := io.ReadAll(c)
			heard <- string(b)
			<-over
		})
		ws := s.socket(t, port)
		c.send(ws)
		for err := error(nil); err == nil; {
			if _, _, err = ws.Read(ctx); err != nil && websocket.CloseStatus(err) != c.want {
				t.Errorf("%s: closed with %v", name, err)
			}
		}
		if got := <-heard; got != "" {
			t.Errorf("%s: the program got %q", name, got)
		}
		close(over)
	}
}

func TestAnEmptyMessageTwiceIsOneEnd(t *testing.T) {
	ctx := soon(t)
	c := newStand(t).socket(t, program(t, "127.0.0.1:0", echo))
	c.Write(ctx, binary, []byte("x"))
	c.Write(ctx, binary, nil)
	c.Write(ctx, binary, nil)
	var got bytes.Buffer
	if err := readAll(ctx, c, &got); err != nil || got.String() != "x" {
		t.Errorf("%q %v", got.String(), err)
	}
}

func TestAClientThatVanishesEndsTheProgramsConnection(t *testing.T) {
	broke := make(chan error, 1)
	port := program(t, "127.0.0.1:0", func(c *net.TCPConn) {
		fmt.Fprint(c, "!")
		_, err := io.ReadAll(c)
		broke <- err
	})
	ctx := soon(t)
	c := newStand(t).socket(t, port)
	if _, _, err := c.Read(ctx); err != nil {
		t.Fatal(err)
	}
	c.CloseNow()
	if err := <-broke; !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the program takes it for an end: %v", err)
	}
}

func TestAProgramThatBreaksOffIsNoEnd(t *testing.T) {
	port := program(t, "127.0.0.1:0", func(c *net.TCPConn) {
		c.Read(make([]byte, 1))
		c.SetLinger(0)
	})
	ctx := soon(t)
	c := newStand(t).socket(t, port)
	c.Write(ctx, binary, []byte("x"))
	if err := readAll(ctx, c, io.Discard); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("%v", err)
	}
}

func TestSocketsAreRefusedLikeTunnels(t *testing.T) {
	s := newStand(t)
	closed := closedPort(t)
	for port, want := range map[int]string{closed: bridge.CodePortClosed, 3001: bridge.CodePortForbidden} {
		_, resp, err := websocket.Dial(soon(t), fmt.Sprintf("%s/tcp/%d", s.URL, port), nil)
		if err == nil || resp == nil {
			t.Fatalf("%d: %v", port, err)
		}
		if body, _ := io.ReadAll(resp.Body); resp.StatusCode < 400 || !strings.Contains(string(body), want) {
			t.Errorf("%d: %s %s", port, resp.Status, body)
		}
	}
	// A handshake that is none reaches the program, but leaves nothing behind.
	port := program(t, "127.0.0.1:0", func(c *net.TCPConn) { io.Copy(io.Discard, c) })
	if _, resp := s.request(t, fmt.Sprintf("/tcp/%d", port), "", "Upgrade: websocket"); resp.StatusCode < 400 {
		t.Errorf("half a handshake: %s", resp.Status)
	}
}

func TestCloseEndsTunnelsInAnyState(t *testing.T) {
	s := newStand(t)
	ctx := soon(t)
	silent := program(t, "127.0.0.1:0", func(c *net.TCPConn) { io.Copy(io.Discard, c) })
	chatty := program(t, "127.0.0.1:0", func(c *net.TCPConn) { io.Copy(c, &pattern{}) })
	stuck := program(t, "127.0.0.1:0", func(c *net.TCPConn) {
		fmt.Fprint(c, "!")
		c.CloseWrite()
		<-ctx.Done()
	})
	s.dial(t, silent, "")
	s.dial(t, chatty, "") // nobody reads
	half := s.dial(t, silent, "")
	half.CloseWrite()
	s.socket(t, silent)
	s.socket(t, chatty)
	blocked := s.dial(t, stuck, "")
	blocked.Read(make([]byte, 1))
	var writing sync.WaitGroup
	writing.Go(func() { io.Copy(blocked, &pattern{}) }) // nobody takes it
	// In the middle of a long message.
	c := s.socket(t, silent)
	w, err := c.Writer(ctx, websocket.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(make([]byte, 100))
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		s.Ports.Close()
	}()
	select {
	case <-closed:
	case <-ctx.Done():
		t.Fatal("Close still waits")
	}
	writing.Wait()
}
