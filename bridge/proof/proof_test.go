package proof_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/bridge/proof"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func bridgeOf(t *testing.T, key string) string {
	t.Helper()
	s := httptest.NewServer(proof.Handler(sha256.Sum256([]byte(key)), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "behind it")
	})))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func TestABridgeProvesItself(t *testing.T) {
	conn, err := proof.Dial(t.Context(), bridgeOf(t, "key"), "key")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// The connection is as good as new.
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(b), "behind it") {
		t.Errorf("got %q, %v", b, err)
	}
}

func TestOthersCannot(t *testing.T) {
	if _, err := proof.Dial(t.Context(), bridgeOf(t, "another"), "key"); !errors.Is(err, proof.ErrNot) {
		t.Errorf("the bridge of another workspace: %v", err)
	}
	const head = "HTTP/1.1 204 No Content\r\n"
	for name, answer := range map[string]string{
		"a page": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "nothing": "", "a challenge of its own": head + "X-Kalpana-Proof: 00\r\n\r\n",
		"two proofs": head + "X-Kalpana-Proof: a\r\nX-Kalpana-Proof: b\r\n\r\n", "no HTTP": "SSH-2.0-x\r\n", "without end": strings.Repeat("a", 10<<10),
	} {
		seen := make(chan string, 1)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			b := make([]byte, 1000)
			n, _ := c.Read(b)
			seen <- string(b[:n])
			_, _ = io.WriteString(c, answer)
		}()
		if _, err := proof.Dial(t.Context(), l.Addr().String(), "secret key"); err == nil {
			t.Errorf("%s: believed", name)
		}
		if got := <-seen; strings.Contains(got, "secret") {
			t.Errorf("%s was told %q", name, got)
		}
		l.Close()
	}
}

func TestSilence(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := proof.Dial(ctx, l.Addr().String(), "key"); err == nil {
		t.Error("silence is no proof")
	}
}
