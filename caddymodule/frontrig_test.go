package caddymodule

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
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
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/kalpana-dev/kalpana/bridge/proof"
	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/user"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

const (
	mine       = "front0000001" // the administrator's workspace
	another    = "front0000002" // another one of theirs
	theirs     = "front0000003" // somebody else's
	waitAtMost = 60 * time.Second
)

// front is a whole server: Caddy with the shipped Caddyfile, on localhost, with workspaces
// in its database whose "containers" are one recorder, and an engine that does not answer.
type front struct {
	t      *testing.T
	port   int
	config []byte // as Caddy loads it
	up     *recorderUpstream
	jar    http.CookieJar
	client *http.Client // with the administrator's session, follows nothing
	// visitors counts those whose addresses requests say they come from.
	visitors int
}

// recorderUpstream stands for what listens in all workspaces.
type recorderUpstream struct {
	mu   sync.Mutex
	seen []*http.Request
	then http.HandlerFunc // answers below /then/
	raw  http.HandlerFunc // answers everything, if it is set
}

func (u *recorderUpstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.Host, "127.0.0.1:") { // Kalpana's own questions to the bridge
		u.mu.Lock()
		u.seen = append(u.seen, r)
		then, raw := u.then, u.raw
		u.mu.Unlock()
		if raw != nil {
			raw(w, r)
			return
		}
		if then != nil && strings.HasPrefix(r.URL.Path, "/then/") {
			then(w, r)
			return
		}
	}
	io.WriteString(w, "workspace")
}

// take returns what arrived since it was called last.
func (u *recorderUpstream) take() []*http.Request {
	u.mu.Lock()
	defer u.mu.Unlock()
	seen := u.seen
	u.seen = nil
	return seen
}

func newFront(t *testing.T) *front {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: a socket's path may have 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	f := &front{t: t, port: freePort(t), up: &recorderUpstream{}}
	environment(t, "KALPANA_DATA_DIR", dir, "KALPANA_HTTPS_PORT", strconv.Itoa(f.port), "KALPANA_METRICS_ADDR", "127.0.0.1:"+strconv.Itoa(freePort(t)),
		"KALPANA_LOG", "discard", "DOCKER_HOST", "unix://"+filepath.Join(dir, "no-engine.sock"), "KALPANA_CADDY_OPTIONS", "skip_install_trust", "KALPANA_SIGNUP", "open")
	f.seed(dir)
	_, whole, err := adapt(t, shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	f.config = []byte(whole)
	if err := caddy.Load(f.config, true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	if f.jar, err = cookiejar.New(nil); err != nil {
		t.Fatal(err)
	}
	f.client = &http.Client{
		Jar: f.jar,
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
			ForceAttemptHTTP2: true,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, f.address())
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(f.client.CloseIdleConnections)
	for _, name := range []string{"localhost", "ws.localhost", "x.ws.localhost", "x.agent.localhost"} {
		f.eventually("a certificate for "+name, func() bool {
			conn, err := f.dial(name)
			if err == nil {
				conn.Close()
			}
			return err == nil
		})
	}
	f.signIn(dir)
	return f
}

func (f *front) eventually(what string, done func() bool) {
	f.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(waitAtMost); !done(); <-tick.C {
		if time.Now().After(end) {
			f.t.Fatalf("not within %s: %s", waitAtMost, what)
		}
	}
}

// seed writes workspaces that "run" on the recorder's port.
func (f *front) seed(dir string) {
	t := f.t
	t.Helper()
	ctx := t.Context()
	secret, err := secretbox.LoadOrCreate(filepath.Join(dir, "secret"))
	if err != nil {
		t.Fatal(err)
	}
	box, err := secretbox.New(secret)
	if err != nil {
		t.Fatal(err)
	}
	db, err := embeddeddb.Open(filepath.Join(dir, "db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	store, err := mongostore.Open(ctx, db.URI(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close(context.Background())
	now := time.Now().UTC().Truncate(time.Millisecond)
	for i, u := range []user.User{{ID: "admin0000001", Email: "admin@localhost.test", Admin: true}, {ID: "other0000001", Email: "other@localhost.test"}, {ID: "known0000001", Email: "known@localhost.test", VerifiedEmail: "known@localhost.test"}} {
		u.Name, u.CreatedAt, u.UpdatedAt = u.Email, now.Add(time.Duration(i)*time.Second), now
		if err := store.CreateUser(ctx, u, ""); err != nil {
			t.Fatal(err)
		}
		hash := sha256.Sum256([]byte(tokenOf(u.ID)))
		if err := store.CreateToken(ctx, identity.Token{ID: "token" + u.ID, Hash: hex.EncodeToString(hash[:]), UserID: u.ID, Name: "t", CreatedAt: now, UpdatedAt: now}); err != nil {
			t.Fatal(err)
		}
	}
	for i, id := range []string{mine, another, theirs} {
		hash := sha256.Sum256([]byte(box.WorkspaceKey(id, 1)))
		up := httptest.NewServer(proof.Handler(hash, f.up))
		t.Cleanup(up.Close)
		u, _ := url.Parse(up.URL)
		port, _ := strconv.Atoi(u.Port())
		owner := "admin0000001"
		if id == theirs {
			owner = "other0000001"
		}
		err := store.Workspaces().Insert(ctx, workspace.Workspace{
			ID: id, OwnerID: owner, Name: id, Status: workspace.StatusRunning, Desired: workspace.DesiredRunning, Epoch: 1,
			VSCodePort: port, AgentPort: port, ContainerID: "none", Memory: 1 << 30, CPU: 1e9,
			LastActiveAt: now, CreatedAt: now, UpdatedAt: now, Version: 1, Request: id, Slot: i,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// tokenOf is an API token that a user has from the start.
func tokenOf(userID string) string { return "kal_" + strings.Repeat("x", 43-len(userID)) + userID }

// signIn uses a link of the operator's.
func (f *front) signIn(dir string) {
	f.t.Helper()
	socket := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(dir, "admin.sock"))
	}}}
	resp, err := socket.Post("http://localhost/kalpana/login-link", "application/json", nil)
	if err != nil {
		f.t.Fatal(err)
	}
	defer resp.Body.Close()
	var link struct{ URL string }
	if err := json.NewDecoder(resp.Body).Decode(&link); err != nil || link.URL == "" {
		f.t.Fatalf("no link: %d %v", resp.StatusCode, err)
	}
	if got := f.get(link.URL); got.StatusCode != http.StatusSeeOther {
		f.t.Fatalf("the link answers %d", got.StatusCode)
	}
}

// trustProxies loads the configuration again, with this machine as a trusted proxy.
func (f *front) trustProxies() {
	f.t.Helper()
	changed := bytes.Replace(f.config, []byte(`"max_header_bytes":`), []byte(`"trusted_proxies":{"source":"static","ranges":["127.0.0.0/8"]},"max_header_bytes":`), -1)
	if bytes.Equal(changed, f.config) {
		f.t.Fatal("the configuration has no place for trusted proxies")
	}
	if err := caddy.Load(changed, true); err != nil {
		f.t.Fatal(err)
	}
}

// anyone is a header that makes a request one of an address that has asked for nothing yet,
// so that no limit of rates stands in the way.
func (f *front) anyone() string {
	f.visitors++
	return fmt.Sprintf("X-Forwarded-For: 10.0.%d.%d", f.visitors/250, f.visitors%250)
}

func (f *front) address() string { return "127.0.0.1:" + strconv.Itoa(f.port) }
func (f *front) suffix() string  { return ":" + strconv.Itoa(f.port) }

// main and editor are host names with the port.
func (f *front) main() string            { return "ws.localhost" + f.suffix() }
func (f *front) editor(id string) string { return id + ".ws.localhost" + f.suffix() }

// do sends a request; headers are "Name: value" lines. The body of the answer is read
// and can be read again.
func (f *front) do(c *http.Client, method, address, body string, headers ...string) *http.Response {
	f.t.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Add(name, value)
	}
	resp, err := c.Do(req)
	if err != nil {
		f.t.Fatalf("%s %s: %v", method, address, err)
	}
	return keep(f.t, resp)
}

func (f *front) get(address string, headers ...string) *http.Response {
	f.t.Helper()
	return f.do(f.client, http.MethodGet, address, "", headers...)
}

// keep reads an answer's body, so that its connection is free.
func keep(t *testing.T, resp *http.Response) *http.Response {
	t.Helper()
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") { // it has no end
		resp.Body.Close()
		resp.Body = http.NoBody
		return resp
	}
	b, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(b))
	return resp
}

// visit goes the way of a browser until no redirect is left.
func (f *front) visit(address string) *http.Response {
	f.t.Helper()
	for range 6 {
		resp := f.get(address, "Accept: text/html")
		to, err := resp.Location()
		if err != nil {
			return resp
		}
		address = to.String()
	}
	f.t.Fatalf("redirects without end, the last to %s", address)
	return nil
}

// cookies are what the browser sends to a host, as a header line.
func (f *front) cookies(host string) string {
	u := &url.URL{Scheme: "https", Host: host, Path: "/"}
	var all []string
	for _, c := range f.jar.Cookies(u) {
		all = append(all, c.Name+"="+c.Value)
	}
	return "Cookie: " + strings.Join(all, "; ")
}

// dial opens a TLS connection as for the host sni ("" = none is named).
func (f *front) dial(sni string, protocols ...string) (*tls.Conn, error) {
	f.t.Helper()
	d := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, ServerName: sni, NextProtos: protocols}}
	ctx, cancel := context.WithTimeout(f.t.Context(), waitAtMost)
	defer cancel()
	conn, err := d.DialContext(ctx, "tcp", f.address())
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(waitAtMost))
	return conn.(*tls.Conn), nil
}

// raw writes bytes as they are and reads one answer; nil if there is none.
func (f *front) raw(sni, request string) *http.Response {
	f.t.Helper()
	conn, err := f.dial(sni)
	if err != nil {
		f.t.Fatalf("dial %s: %v", sni, err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		f.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil
	}
	b, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(b))
	return resp
}

func text(resp *http.Response) string {
	b, _ := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(b))
	return string(b)
}

// freePort returns a port that nothing listens on now, outside those of outgoing connections.
func freePort(t *testing.T) int {
	t.Helper()
	for port := 23000 + os.Getpid()%5000; ; port++ {
		if taken.add(port) {
			if l, err := net.Listen("tcp", fmt.Sprintf(":%d", port)); err == nil {
				l.Close()
				return port
			}
		}
	}
}

var taken ports

type ports struct {
	mu  sync.Mutex
	all map[int]bool
}

func (p *ports) add(port int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil {
		p.all = map[int]bool{}
	}
	if p.all[port] {
		return false
	}
	p.all[port] = true
	return true
}
