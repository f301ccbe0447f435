package gateway

import (
	"cmp"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

const (
	owner       = "user-one"
	stranger    = "user-two"
	otherID     = "zzzzzzzzzzz2"
	ownerToken  = "kal_owner"
	mainCookie  = "__Host-kalpana"
	workbench   = "workbench"
	waitAtMost  = 30 * time.Second // the machine may be busy with other builds
	waitBetween = 5 * time.Millisecond
)

// rig is a gateway behind a real TLS server, with a real database for tickets and a
// workspace that records what reaches it.
type rig struct {
	t        testing.TB
	gw       *Gateway
	visitors *people
	starter  *starts
	observed *observer
	server   *httptest.Server // TLS, HTTP/1.1 and 2
	plain    *httptest.Server // the same without TLS
	up       *upstreamServer
	skew     atomic.Int64 // added to the gateway's clock
	frozen   atomic.Int64 // where that stands still, Unix nanoseconds; 0 = it goes on
	touches  sync.Map     // workspace → *atomic.Int64
	version  int64
	h1, h2   *http.Client
	// agentPort is where the bridge of workspaces listens (0: at up's port); settings are
	// those of their ports.
	agentPort int
	settings  []workspace.PortSetting
	// shares and links are those of workspaces announced from now on.
	shares []workspace.Share
	links  []workspace.PortLink
}

// withBothClients runs a test with Kalpana's own client towards workspaces and with net/http's.
func withBothClients(t *testing.T, test func(t *testing.T, client func(*Options))) {
	for name, standard := range map[string]bool{"http1": false, "net-http": true} {
		t.Run(name, func(t *testing.T) { test(t, func(o *Options) { o.NetHTTP = standard }) })
	}
}

// newRig starts everything; serve is what the workspace answers (nil: a small page).
func newRig(t testing.TB, change func(*Options), serve http.HandlerFunc) *rig {
	t.Helper()
	r := &rig{t: t, visitors: newPeople(), starter: &starts{}, observed: &observer{}}
	r.server = httptest.NewUnstartedServer(http.HandlerFunc(r.serveAll))
	_, port, _ := net.SplitHostPort(r.server.Listener.Addr().String())
	p, _ := strconv.Atoi(port)
	o := Options{
		Domain: Domain{Base: "localhost", UIHost: "ws.localhost", Port: p}, Box: testBox(t),
		Visitors: r.visitors, Starter: r.starter, Observer: r.observed, Tickets: testTickets(t),
		Now: func() time.Time {
			now := time.Now()
			if at := r.frozen.Load(); at != 0 {
				now = time.Unix(0, at)
			}
			return now.Add(time.Duration(r.skew.Load()))
		},
		Touch: func(id string, _ time.Time) {
			n, _ := r.touches.LoadOrStore(id, new(atomic.Int64))
			n.(*atomic.Int64).Add(1)
		},
	}
	if change != nil {
		change(&o)
	}
	gw, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	r.gw = gw
	r.server.EnableHTTP2 = true
	r.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	r.server.StartTLS()
	r.plain = httptest.NewServer(http.HandlerFunc(r.serveAll))
	r.up = newUpstreamServer(t, serve)
	r.announce(testID, owner, workspace.StatusRunning, 1)
	gw.Replace(r.list(testID), time.Time{})
	r.h1, r.h2 = r.client(false), r.client(true)

	ctx, stop := context.WithCancel(context.Background())
	running := make(chan struct{})
	go func() { gw.Run(ctx); close(running) }()
	t.Cleanup(func() {
		stop()
		<-running
		ending, cancel := context.WithTimeout(context.Background(), waitAtMost)
		defer cancel()
		if err := gw.Close(ending); err != nil {
			t.Errorf("close: %v", err)
		}
		r.h1.CloseIdleConnections()
		r.h2.CloseIdleConnections()
		r.server.Close()
		r.plain.Close()
		r.up.Close()
	})
	return r
}

// serveAll is what the lead's server does: the gateway first, else the main origin.
func (r *rig) serveAll(w http.ResponseWriter, req *http.Request) {
	if r.gw.Handle(w, req) {
		return
	}
	if req.URL.Path == TicketPath {
		r.gw.TicketHandler().ServeHTTP(w, req)
		return
	}
	io.WriteString(w, "main origin")
}

func (r *rig) port() int { return r.gw.hosts.domain.Port }

func (r *rig) host(id string) string {
	return r.gw.hosts.EditorName(id) + ":" + strconv.Itoa(r.port())
}

func (r *rig) agentHost(id string) string {
	return r.gw.hosts.AgentName(id) + ":" + strconv.Itoa(r.port())
}

func (r *rig) origin(id string) string { return "https://" + r.host(id) }

func (r *rig) list(ids ...string) []workspace.Workspace {
	var all []workspace.Workspace
	for _, id := range ids {
		all = append(all, workspace.Workspace{ID: id})
	}
	return all
}

// announce says what a workspace is now.
func (r *rig) announce(id, ownerID string, s workspace.Status, epoch int64) {
	r.version++
	w := workspace.Workspace{ID: id, OwnerID: ownerID, Name: "My workspace", Status: s, Version: r.version, Epoch: epoch, Ports: r.settings, Shares: r.shares, Links: r.links}
	if s == workspace.StatusRunning {
		w.VSCodePort, w.AgentPort = r.up.port, cmp.Or(r.agentPort, r.up.port)
	}
	if s == workspace.StatusError {
		w.StatusReason = "image missing: build it with make image"
	}
	r.gw.Announce(w)
}

// cookie is a good login cookie of a user for a workspace's editor.
func (r *rig) cookie(id, userID string) string {
	return r.cookieAt(Address{Kind: Editor, ID: id}, userID)
}

// cookieAt is a good login cookie of a user for a host.
func (r *rig) cookieAt(a Address, userID string) string {
	r.visitors.addSession("session-"+userID, userID)
	return loginCookie + "=" + r.gw.logins.issue(a, login{userID: userID, sessionID: "session-" + userID, expires: r.gw.now().Add(loginLife)})
}

// client dials the server whatever the name, keeps no cookies and follows no redirects.
func (r *rig) client(h2 bool) *http.Client {
	t := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, r.server.Listener.Addr().String())
		},
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: true},
		DisableCompression:  true,
		MaxIdleConnsPerHost: 64,
	}
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(!h2)
	t.Protocols.SetHTTP2(h2)
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// request builds a request to a workspace host; headers are "Name: value" lines.
func (r *rig) request(method, url string, body io.Reader, headers ...string) *http.Request {
	r.t.Helper()
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header[http.CanonicalHeaderKey(name)] = append(req.Header[http.CanonicalHeaderKey(name)], value)
	}
	return req
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (r *rig) do(c *http.Client, req *http.Request) answer {
	r.t.Helper()
	resp, err := c.Do(req)
	if err != nil {
		r.t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatalf("%s %s: read answer: %v", req.Method, req.URL, err)
	}
	return answer{resp.StatusCode, resp.Header, string(b)}
}

func (r *rig) get(url string, headers ...string) answer {
	r.t.Helper()
	return r.do(r.h1, r.request(http.MethodGet, url, nil, headers...))
}

const page = "Accept: text/html,application/xhtml+xml"

// eventually polls until condition holds.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(waitBetween)
	defer tick.Stop()
	for deadline := time.Now().Add(waitAtMost); !condition(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", waitAtMost, what)
		}
	}
}

func testTickets(t testing.TB) TicketStore {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: a socket's path may have 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	db, err := embeddeddb.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	store, err := mongostore.Open(t.Context(), db.URI(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		store.Close(context.Background())
		db.Close()
		os.RemoveAll(dir)
	})
	return store
}

// people stands in for identity: sessions and tokens in memory.
type people struct {
	mu       sync.Mutex
	sessions map[string]string // id → user
	tokens   map[string]string // token → user
}

func newPeople() *people {
	return &people{sessions: map[string]string{}, tokens: map[string]string{ownerToken: owner, "kal_stranger": stranger}}
}

func (p *people) addSession(id, userID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sessions[id] = userID
}

func (p *people) revoke(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sessions, id)
	delete(p.tokens, id)
}

func (p *people) SessionOf(r *http.Request) (string, string, bool) {
	c, err := r.Cookie(mainCookie)
	if err != nil {
		return "", "", false
	}
	userID, live := p.SessionLive(c.Value)
	return userID, c.Value, live
}

func (p *people) SessionLive(id string) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, ok := p.sessions[id]
	return u, ok
}

func (p *people) TokenUser(token string) (string, string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, ok := p.tokens[token]
	return u, token, ok
}

func (p *people) TokenLive(id string) bool { _, _, ok := p.TokenUser(id); return ok }

// starts records the orders of the pages.
type starts struct {
	mu  sync.Mutex
	ids []string
	log []string
	err error
}

func (s *starts) Start(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids = append(s.ids, id)
	return s.err
}

func (s *starts) StartLog(string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log
}

func (s *starts) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ids)
}

type observer struct {
	requests, sockets, in, out atomic.Int64
	limited                    sync.Map // limit → *atomic.Int64
}

func (o *observer) Limited(limit string) {
	n, _ := o.limited.LoadOrStore(limit, new(atomic.Int64))
	n.(*atomic.Int64).Add(1)
}

// refused is how often a limit was reached.
func (o *observer) refused(limit string) int64 {
	n, ok := o.limited.Load(limit)
	if !ok {
		return 0
	}
	return n.(*atomic.Int64).Load()
}

func (o *observer) Request(_ string, class int, _ time.Duration, in, out int64) {
	if class >= 1 && class <= 5 {
		o.requests.Add(1)
	}
	o.in.Add(in)
	o.out.Add(out)
}
func (o *observer) SocketOpened(string) { o.sockets.Add(1) }
func (o *observer) SocketClosed(string) { o.sockets.Add(-1) }
func (o *observer) SocketBytes(_ string, in, out int64) {
	o.in.Add(in)
	o.out.Add(out)
}
