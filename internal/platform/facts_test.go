package platform

import (
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/proof"
)

// TestABridgeThatDoesNotLetGo says hello and then neither answers nor hangs up.
func TestABridgeThatDoesNotLetGo(t *testing.T) {
	over := make(chan struct{})
	web := httptest.NewServer(proof.Handler(sha256.Sum256([]byte("the key")), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{bridge.Subprotocol}})
		if err != nil || r.Header.Get(bridge.KeyHeader) != "the key" {
			t.Errorf("%v, key %q", err, r.Header.Get(bridge.KeyHeader))
			return
		}
		defer ws.CloseNow()
		ws.Write(r.Context(), websocket.MessageText, []byte(`{"event":"hello","payload":{"version":1}}`))
		<-over
	})))
	defer web.Close()
	defer close(over)
	c, err := dialBriefly(t.Context(), strings.TrimPrefix(web.URL, "http://"), "the key")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); c.Close() }()
	select {
	case <-ended:
	case <-time.After(3 * time.Second): // a close that waits for the other side takes five
		t.Error("the connection was not ended within 3 s")
	}
}

// TestABridgeDoesNotSayWhereItIs has one that sends whoever asks it somewhere else.
func TestABridgeDoesNotSayWhereItIs(t *testing.T) {
	var visits atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	defer other.Close()
	web := httptest.NewServer(proof.Handler(sha256.Sum256([]byte("the key")), http.RedirectHandler(other.URL, http.StatusTemporaryRedirect)))
	defer web.Close()
	if c, err := dialBriefly(t.Context(), strings.TrimPrefix(web.URL, "http://"), "the key"); err == nil {
		c.Close()
		t.Error("connected")
	}
	if n := visits.Load(); n != 0 {
		t.Errorf("the other place was visited %d times", n)
	}
}
