package bridgeclient_test

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
	"github.com/kalpana-dev/kalpana/bridge/proof"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A newer bridge may send what this client does not know; the rest of the package is
// tested against the real one, in bridgeserver.
func TestClientIgnoresWhatItDoesNotKnow(t *testing.T) {
	srv := httptest.NewServer(proof.Handler(sha256.Sum256([]byte("k")), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(bridge.KeyHeader) != "k" {
			t.Error("the key is not sent")
		}
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{bridge.Subprotocol}})
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.CloseNow()
		_ = ws.Write(r.Context(), websocket.MessageText, []byte(`{"event":"hello","payload":{"version":1,"new":true}}`))
		for _, answers := range [][]string{
			{`not json`, `{"id":"99","success":true}`, `{"id":"1","event":"output","payload":{}}`, `{"id":"1","success":true,"payload":{"path":"p","new":1}}`},
			{`{"id":"2","success":false,"error":{"code":"new_code","message":"m","retryable":true}}`},
			{`{"id":"3"}`},
			{}, // closes without an answer
		} {
			if _, _, err := ws.Read(r.Context()); err != nil {
				t.Error(err)
				return
			}
			for _, a := range answers {
				_ = ws.Write(r.Context(), websocket.MessageText, []byte(a))
			}
		}
	})))
	defer srv.Close()
	c, err := bridgeclient.Dial(t.Context(), strings.TrimPrefix(srv.URL, "http://"), "k")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var info bridge.FileInfo
	if err := c.Call(t.Context(), bridge.TypeWriteFile, nil, &info); err != nil || info.Path != "p" {
		t.Errorf("%+v, %v", info, err)
	}
	if refused, ok := errors.AsType[*bridge.Error](c.Call(t.Context(), bridge.TypePing, nil, nil)); !ok || refused.Code != "new_code" {
		t.Errorf("refusal: %v", refused)
	}
	if err := c.Call(t.Context(), bridge.TypePing, nil, nil); err == nil {
		t.Error("an answer without success or error passed for success")
	}
	if err := c.Call(t.Context(), bridge.TypePing, nil, nil); !errors.Is(err, bridgeclient.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

func TestReadyDoesNotCarryTheKeyElsewhere(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("somebody else was asked, with key %q", r.Header.Get(bridge.KeyHeader))
	}))
	defer other.Close()
	srv := httptest.NewServer(proof.Handler(sha256.Sum256([]byte("k")), http.RedirectHandler(other.URL, http.StatusFound)))
	defer srv.Close()
	if err := bridgeclient.Ready(t.Context(), strings.TrimPrefix(srv.URL, "http://"), "k"); err == nil {
		t.Error("a redirect passed for a ready bridge")
	}
	srv.Close()
	if err := bridgeclient.Ready(t.Context(), strings.TrimPrefix(srv.URL, "http://"), "k"); err == nil {
		t.Error("nobody passed for a ready bridge")
	}
}
