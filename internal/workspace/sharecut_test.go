package workspace_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge/proof"
	"github.com/kalpana-dev/kalpana/internal/gateway"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/portlease"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// bearers know who is who by tokens like kal_ada.
type bearers struct{}

func (bearers) SessionOf(*http.Request) (string, string, bool) { return "", "", false }
func (bearers) SessionLive(string) (string, bool)              { return "", false }
func (bearers) TokenUser(token string) (string, string, bool) {
	return token[len("kal_"):], token, true
}
func (bearers) TokenLive(string) bool { return true }

type noStarts struct{}

func (noStarts) Start(context.Context, string) error { return nil }
func (noStarts) StartLog(string) []string            { return nil }

// free reports whether nobody listens on a port.
func free(port int) bool {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	l.Close()
	return true
}

func box(t *testing.T) *secretbox.Box {
	t.Helper()
	b, err := secretbox.New(bytes.Repeat([]byte("s"), secretbox.MinSecretBytes))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// edge is one server: a process of the world with a gateway in front. ask asks for the editor
// of a workspace; who has the answer closes it.
func edge(t *testing.T, w *world, tickets *mongostore.Store) (s *workspace.Service, ask func(id, user string) (*http.Response, error), dial func(id, user string) (*websocket.Conn, error)) {
	t.Helper()
	front := httptest.NewUnstartedServer(nil)
	port := front.Listener.Addr().(*net.TCPAddr).Port
	g, err := gateway.New(gateway.Options{Domain: gateway.Domain{Base: "localhost", Port: port}, Box: box(t), Visitors: bearers{}, Tickets: tickets, Starter: noStarts{},
		Touch: func(id string, at time.Time) { s.Touch(id, at) }})
	if err != nil {
		t.Fatal(err)
	}
	front.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	front.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.Handle(w, r) })
	front.StartTLS()
	g.Replace(nil, time.Time{})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); g.Run(ctx) }()
	o := w.options()
	// The test listens on what is leased, which the containers of this machine may hold.
	o.Leases = portlease.New(pairs{w.store}, portlease.Options{Start: 40000, End: 40400, Rest: -1, Free: free})
	o.Announcers = []workspace.Announcer{g}
	s, stop := run(o)
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, front.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	t.Cleanup(func() {
		stop()
		cancel()
		<-ended
		ending, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		g.Close(ending)
		client.CloseIdleConnections()
		front.Close()
	})
	origin := func(id string) string { return fmt.Sprintf("https://%s.ws.localhost:%d/", id, port) }
	ask = func(id, user string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, origin(id), nil)
		if err != nil {
			return nil, err
		}
		r.Header.Set("Authorization", "Bearer kal_"+user)
		return client.Do(r)
	}
	dial = func(id, user string) (*websocket.Conn, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		c, _, err := websocket.Dial(ctx, origin(id), &websocket.DialOptions{HTTPClient: client, HTTPHeader: http.Header{"Authorization": {"Bearer kal_" + user}}})
		return c, err
	}
	return s, ask, dial
}

// withEditor starts a workspace of "o" whose editor is h.
func withEditor(t *testing.T, s *workspace.Service, h http.HandlerFunc) workspace.Workspace {
	t.Helper()
	rec, err := s.Create(t.Context(), workspace.CreateInput{OwnerID: "o", Name: "n"})
	if err != nil {
		t.Fatal(err)
	}
	within(t, 20*time.Second, func() error {
		if rec, err = s.Get(t.Context(), rec.ID); err != nil || rec.Status != workspace.StatusRunning {
			return fmt.Errorf("%s %v", rec.Status, err)
		}
		return nil
	})
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", rec.VSCodePort))
	if err != nil {
		t.Fatal(err)
	}
	key := sha256.Sum256([]byte(box(t).WorkspaceKey(rec.ID, rec.Epoch)))
	editor := &httptest.Server{Listener: l, Config: &http.Server{Handler: proof.Handler(key, h)}}
	editor.Start()
	t.Cleanup(editor.Close)
	return rec
}

// What one server ends is cut at every other one of the database.
func TestASharesEndCutsSocketsOnEveryServer(t *testing.T) {
	w := newWorld()
	tickets := database(t)
	a, _, dialA := edge(t, w, tickets)
	b, _, dialB := edge(t, w, tickets)
	rec := withEditor(t, a, func(w http.ResponseWriter, r *http.Request) {
		if c, err := websocket.Accept(w, r, nil); err == nil {
			defer c.CloseNow()
			c.Read(r.Context())
		}
	})
	for what, end := range map[string]func() error{
		"taken away": func() error { _, err := a.Unshare(t.Context(), rec.ID, "ada"); return err },
		"lowered": func() error {
			_, err := a.Share(t.Context(), rec.ID, "ada", workspace.RightUse, time.Time{})
			return err
		},
		"run out": func() error { return nil },
	} {
		until := time.Time{}
		if what == "run out" {
			until = time.Now().Add(10 * time.Second) // the other server has to hear of it first, on a busy machine
		}
		if _, err := a.Share(t.Context(), rec.ID, "ada", workspace.RightEdit, until); err != nil {
			t.Fatal(err)
		}
		var sockets []*websocket.Conn
		for _, dial := range []func(string, string) (*websocket.Conn, error){dialA, dialB} {
			within(t, 10*time.Second, func() error { // the other server has yet to hear of the share
				c, err := dial(rec.ID, "ada")
				if err == nil {
					sockets = append(sockets, c)
				}
				return err
			})
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if until.After(began) {
			began = until
		}
		for i, c := range sockets {
			_, _, err := c.Read(t.Context())
			if websocket.CloseStatus(err) != 4403 {
				t.Errorf("%s, server %d: closed with %v", what, i, err)
			}
			c.CloseNow()
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: took %s", what, took)
		}
		if _, err := dialA(rec.ID, "ada"); err == nil {
			t.Errorf("%s: opened again", what)
		}
	}
	if got := b.Right(rec.ID, "o"); got != workspace.RightOwner {
		t.Errorf("the owner has %q at the other server", got)
	}
}
