package platform

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge/ports"
	"github.com/kalpana-dev/kalpana/bridge/proof"
	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/gateway"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/user"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

const (
	pairSecret = "a secret of thirty-two bytes or more"
	// trickle is how often something comes over what has no end.
	trickle = 200 * time.Millisecond
)

// pair is two servers of one installation: two platforms on one database, each behind real
// TLS. No container engine answers, which is no reason to believe that a workspace is gone,
// so what is written into the database as running is served from a stand-in.
type pair struct {
	t       *testing.T
	store   *mongostore.Store
	servers [2]*installed
	// bridge is where the bridges of all workspaces listen, program a program in them.
	bridge, program int
	people          int
}

// installed is one server.
type installed struct {
	web    *httptest.Server
	port   int
	h1, h2 *http.Transport
}

// actor is somebody who opens connections: with a session, with a token, or as nobody.
type actor struct {
	user    string
	session string // public id
	token   string // the whole token
	tokenID string
	jar     *cookiejar.Jar
}

// newPair starts nothing yet: what seed puts into the database is there when the servers start.
func newPair(t *testing.T, seed func(*pair)) *pair {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: a Unix socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	db, err := embeddeddb.Open(filepath.Join(dir, "db"), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db.Close()
		os.RemoveAll(dir)
	})
	uri := "mongodb://" + url.PathEscape(sharedDatabase(t, filepath.Join(dir, "db", "db.sock"))) + "/kalpana"
	p := &pair{t: t}
	if p.store, err = mongostore.Open(t.Context(), uri, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.store.Close(context.Background()) })
	p.standIn()
	seed(p)
	t.Setenv("PATH", t.TempDir()) // no firewall of this machine is changed
	for i := range p.servers {
		p.servers[i] = p.start(filepath.Join(dir, strconv.Itoa(i)), uri)
	}
	return p
}

func (p *pair) start(dir, uri string) *installed {
	p.t.Helper()
	s := &installed{web: httptest.NewUnstartedServer(nil)}
	s.port = s.web.Listener.Addr().(*net.TCPAddr).Port
	never := config.Duration(0)
	c := config.Config{HTTPSPort: s.port, DataDir: dir, Secret: pairSecret, DatabaseURL: uri, DockerHost: "unix:///nonexistent/docker.sock", IdleTimeout: &never}.Defaults()
	if err := c.Validate(); err != nil {
		p.t.Fatal(err)
	}
	platform := New(c, "test", Front{Client: func(r *http.Request) gateway.Client {
		ip, _, _ := net.SplitHostPort(r.RemoteAddr)
		return gateway.Client{IP: ip, HTTPS: true}
	}}, slog.New(slog.DiscardHandler))
	if _, err := platform.Open(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	s.web.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { platform.Handle(w, r) })
	s.web.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.web.EnableHTTP2 = true
	s.web.StartTLS()
	s.h1, s.h2 = s.transport(false), s.transport(true)
	p.t.Cleanup(func() {
		if err := platform.Close(); err != nil {
			p.t.Errorf("close: %v", err)
		}
		s.h1.CloseIdleConnections()
		s.h2.CloseIdleConnections()
		s.web.Close()
	})
	return s
}

// transport dials the server whatever the name.
func (s *installed) transport(h2 bool) *http.Transport {
	t := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, s.web.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		Protocols:       new(http.Protocols),
	}
	t.Protocols.SetHTTP1(!h2)
	t.Protocols.SetHTTP2(h2)
	return t
}

// standIn is the bridge of every workspace, with the editor behind it, and a program.
func (p *pair) standIn() {
	box, err := secretbox.New([]byte(pairSecret))
	if err != nil {
		p.t.Fatal(err)
	}
	tunnels := ports.New(ports.Options{})
	mux := http.NewServeMux()
	mux.Handle("GET /tcp/{port}", tunnels.Tunnel())
	mux.HandleFunc("/", serveSomething)
	bridge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != proof.Path {
			mux.ServeHTTP(w, r)
			return
		}
		id, rest, _ := strings.Cut(r.Host, ".") // as the gateway names connections
		epoch, _, _ := strings.Cut(rest, ".")
		n, _ := strconv.ParseInt(strings.Split(epoch, ":")[0], 10, 64)
		proof.Answer(w, r, sha256.Sum256([]byte(box.WorkspaceKey(id, n))))
	}))
	program := httptest.NewServer(http.HandlerFunc(serveSomething))
	p.bridge, p.program = bridge.Listener.Addr().(*net.TCPAddr).Port, program.Listener.Addr().(*net.TCPAddr).Port
	p.t.Cleanup(func() {
		tunnels.Close()
		bridge.Close()
		program.Close()
	})
}

// serveSomething echoes over WebSockets, takes uploads, and sends for ever.
func serveSomething(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Header.Get("Upgrade") != "":
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			kind, message, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, message) != nil {
				return
			}
		}
	case r.Method == http.MethodPost:
		io.Copy(io.Discard, r.Body)
	case r.URL.Path == "/stream":
		w.Header().Set("Content-Type", "text/event-stream")
		tick := time.NewTicker(trickle)
		defer tick.Stop()
		for {
			if _, err := io.WriteString(w, "data: x\n\n"); err != nil || http.NewResponseController(w).Flush() != nil {
				return
			}
			select {
			case <-tick.C:
			case <-r.Context().Done():
				return
			}
		}
	default:
		io.WriteString(w, "hello")
	}
}

func randomSecret() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func (p *pair) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// person adds a user.
func (p *pair) person(admin bool) (id string) {
	p.t.Helper()
	p.people++
	now := time.Now().UTC()
	id = fmt.Sprintf("user%d", p.people)
	p.must(p.store.CreateUser(p.t.Context(), user.User{ID: id, Email: id + "@example.com", Name: id, Admin: admin, CreatedAt: now, UpdatedAt: now}, ""))
	return id
}

// signedIn gives a user one more session.
func (p *pair) signedIn(userID string) *actor {
	p.t.Helper()
	secret, id, now := randomSecret(), strings.ToLower(rand.Text()), time.Now().UTC()
	p.must(p.store.CreateSession(p.t.Context(), identity.Session{ID: id, Hash: hashOf(secret), UserID: userID, Provider: "password", CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(time.Hour), UpdatedAt: now}))
	jar, err := cookiejar.New(nil)
	p.must(err)
	jar.SetCookies(&url.URL{Scheme: "https", Host: "ws.localhost"}, []*http.Cookie{{Name: identity.CookieName, Value: secret, Path: "/", Secure: true}})
	return &actor{user: userID, session: id, jar: jar}
}

// program gives a user one more API token.
func (p *pair) withToken(userID string) *actor {
	p.t.Helper()
	token, id, now := "kal_"+randomSecret(), strings.ToLower(rand.Text()), time.Now().UTC()
	p.must(p.store.CreateToken(p.t.Context(), identity.Token{ID: id, Hash: hashOf(token), UserID: userID, Name: "t", CreatedAt: now, UpdatedAt: now}))
	return &actor{user: userID, token: token, tokenID: id}
}

// running adds a workspace that runs.
func (p *pair) running(id, owner string, shares []workspace.Share, settings ...workspace.PortSetting) {
	p.t.Helper()
	now := time.Now().UTC()
	p.must(p.store.Workspaces().Insert(p.t.Context(), workspace.Workspace{
		ID: id, OwnerID: owner, Name: id, Status: workspace.StatusRunning, Desired: workspace.DesiredRunning, Epoch: 1, MinEpoch: 1, VSCodePort: p.bridge, AgentPort: p.bridge,
		Memory: 1 << 30, CPU: 1e9, Request: id, Version: 1, Shares: shares, Ports: settings, CreatedAt: now, UpdatedAt: now, LastActiveAt: now,
	}))
}

// request makes a request to a host of the server, by a.
func (s *installed) request(ctx context.Context, a *actor, method, host, path string, body io.Reader) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.origin(host)+path, body)
	if err != nil {
		return nil, err
	}
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	} else {
		r.Header.Set("Origin", s.origin(host))
	}
	return r, nil
}

func (s *installed) origin(host string) string { return fmt.Sprintf("https://%s:%d", host, s.port) }

// client is a's, over HTTP/2; it follows redirects.
func (s *installed) client(a *actor) *http.Client {
	c := &http.Client{Transport: s.h2}
	if a.jar != nil {
		c.Jar = a.jar
	}
	return c
}

// call makes a call to the API and returns the status.
func (s *installed) call(t *testing.T, a *actor, method, path, body string) int {
	t.Helper()
	return s.ask(t, a, method, "ws.localhost", "/api/v1"+path, body)
}

func (s *installed) ask(t *testing.T, a *actor, method, host, path, body string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // what hangs is to be named
	defer cancel()
	r, err := s.request(ctx, a, method, host, path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.client(a).Do(r)
	if err != nil {
		t.Fatalf("%s %s%s: %v", method, host, path, err)
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// visit goes through the login of a workspace host as a browser does, so that a has its cookie.
func (s *installed) visit(t *testing.T, a *actor, host string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.origin(host)+"/?b=2&a=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	resp, err := s.client(a).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK || string(body) != "hello" || resp.Request.URL.String() != r.URL.String() {
		t.Fatalf("login at %s: %d %q at %s", host, resp.StatusCode, body, resp.Request.URL)
	}
}

// connection is something that stays open until somebody ends it.
type connection struct {
	kind   string
	who    string
	server int
	seen   atomic.Int64 // messages or bytes so far
	poke   func() error // makes seen grow, if it does not by itself
	stop   func()
	// ended is closed when it is over; at and why are set then.
	ended chan struct{}
	at    time.Time
	why   error
}

func (c *connection) String() string {
	return fmt.Sprintf("%s of %s at server %d", c.kind, c.who, c.server)
}

func (c *connection) over(why error) {
	c.at, c.why = time.Now(), why
	close(c.ended)
}

// socket opens a WebSocket.
func (p *pair) socket(server int, a *actor, kind, host string) *connection {
	p.t.Helper()
	s := p.servers[server]
	header := http.Header{}
	if a.token != "" {
		header.Set("Authorization", "Bearer "+a.token)
	} else {
		header.Set("Origin", s.origin(host))
	}
	client := &http.Client{Transport: s.h1}
	if a.jar != nil {
		client.Jar = a.jar
	}
	ws, resp, err := websocket.Dial(p.t.Context(), s.origin(host)+"/", &websocket.DialOptions{HTTPClient: client, HTTPHeader: header})
	if err != nil {
		p.t.Fatalf("%s at server %d: %v %v", kind, server, resp, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &connection{kind: kind, server: server, ended: make(chan struct{})}
	c.poke = func() error { return ws.Write(ctx, websocket.MessageText, []byte("x")) }
	c.stop = func() { cancel(); ws.CloseNow(); <-c.ended }
	go func() {
		for {
			if _, _, err := ws.Read(ctx); err != nil {
				c.over(err)
				return
			}
			c.seen.Add(1)
		}
	}()
	return c
}

// stream opens a response that has no end.
func (p *pair) stream(server int, a *actor, kind, host, path string) *connection {
	p.t.Helper()
	s := p.servers[server]
	ctx, cancel := context.WithCancel(context.Background())
	r, err := s.request(ctx, a, http.MethodGet, host, path, nil)
	p.must(err)
	r.Header.Set("Accept", "text/event-stream")
	resp, err := s.client(a).Do(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		cancel()
		p.t.Fatalf("%s at server %d: %v %v", kind, server, resp, err)
	}
	c := &connection{kind: kind, server: server, ended: make(chan struct{})}
	c.stop = func() { cancel(); <-c.ended }
	begun := make(chan struct{}) // all of ours say something at once
	go func() {
		defer resp.Body.Close()
		in := bufio.NewReader(resp.Body)
		for first := true; ; first = false {
			if _, err := in.ReadString('\n'); err != nil {
				c.over(err)
				if first {
					close(begun)
				}
				return
			}
			if c.seen.Add(1); first {
				close(begun)
			}
		}
	}()
	<-begun
	return c
}

// upload sends a body that has no end.
func (p *pair) upload(server int, a *actor, kind, host string) *connection {
	p.t.Helper()
	s := p.servers[server]
	ctx, cancel := context.WithCancel(context.Background())
	body, in := io.Pipe()
	r, err := s.request(ctx, a, http.MethodPost, host, "/", body)
	p.must(err)
	c := &connection{kind: kind, server: server, ended: make(chan struct{})}
	c.stop = func() { cancel(); <-c.ended }
	go func() {
		resp, err := s.client(a).Do(r)
		if err == nil {
			err = errors.New(resp.Status)
			resp.Body.Close()
		}
		in.CloseWithError(err)
		c.over(err)
	}()
	go func() {
		tick := time.NewTicker(trickle)
		defer tick.Stop()
		for block := make([]byte, 4<<10); ; <-tick.C {
			if _, err := in.Write(block); err != nil {
				return
			}
			c.seen.Add(1)
		}
	}()
	return c
}
