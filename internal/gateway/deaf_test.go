package gateway

import (
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// deafRig is a workspace that takes WebSockets and never reads from them; whatever is sent to
// finish makes it say that it has nothing more to say.
func deafRig(t *testing.T, finish chan struct{}) *rig {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	r := newRig(t, nil, func(w http.ResponseWriter, req *http.Request) {
		sum := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "+base64.StdEncoding.EncodeToString(sum[:])+"\r\n\r\n")
		select {
		case <-finish:
			conn.(interface{ CloseWrite() error }).CloseWrite()
			<-over
		case <-over:
		}
	})
	r.announce(testID, owner, workspace.StatusRunning, 1)
	return r
}

// fill sends until the workspace has had enough.
func fill(t *testing.T, r *rig, c *websocket.Conn) {
	var sent atomic.Int64
	go func() {
		message := make([]byte, 1<<16)
		for c.Write(t.Context(), websocket.MessageBinary, message) == nil {
			sent.Add(1)
		}
	}()
	last, since := int64(-1), time.Now()
	eventually(t, "the workspace has had enough", func() bool {
		if n := sent.Load(); n != last {
			last, since = n, time.Now()
		}
		return last > 0 && time.Since(since) > time.Second/2
	})
}

func TestAWorkspaceThatDoesNotReadIsLeft(t *testing.T) {
	r := deafRig(t, nil)
	fill(t, r, r.socket("/"))
	r.gw.Sweep()
	if n := r.gw.Live(); n != 1 {
		t.Fatalf("%d open", n)
	}
	r.skew.Store(int64(deafAfter + 2*time.Second))
	r.gw.Sweep()
	eventually(t, "the socket has ended", func() bool { return r.gw.Live() == 0 })
}

func TestAWorkspaceThatHasSaidEverythingAndDoesNotReadHoldsNoSocket(t *testing.T) {
	finish := make(chan struct{})
	r := deafRig(t, finish)
	c := r.socket("/")
	fill(t, r, c)
	close(finish)
	c.CloseNow()
	eventually(t, "the socket has ended", func() bool { return r.gw.Live() == 0 })
}

func TestALoginIsRenewedBesideTheProgramsCookies(t *testing.T) {
	withBothClients(t, func(t *testing.T, client func(*Options)) {
		r := newRig(t, client, func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "app", Value: "1"})
		})
		good := "Cookie: " + r.cookie(testID, owner)
		r.skew.Store(int64(renewAfter + time.Minute))
		if got := r.get(r.origin(testID)+"/", good); len(got.header["Set-Cookie"]) != 2 {
			t.Errorf("cookies %q", got.header["Set-Cookie"])
		}
	})
}

func TestWaitingForAnAnswerIsUse(t *testing.T) {
	answer, asked := make(chan struct{}), make(chan struct{}, 1)
	r := newRig(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		<-answer
	})
	done := make(chan struct{})
	go func() { defer close(done); r.get(r.origin(testID)+"/", "Cookie: "+r.cookie(testID, owner)) }()
	<-asked
	r.touches.Clear()
	r.skew.Store(int64(time.Minute))
	r.gw.Sweep()
	if _, ok := r.touches.Load(testID); !ok {
		t.Error("a workspace that works on a request counts as unused")
	}
	close(answer)
	<-done
}
