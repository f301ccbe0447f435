package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/user"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// keep puts the cookies of an answer into the browser's jar.
func (b *browser) keep(address string, got answer) {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	b.client.Jar.SetCookies(u, (&http.Response{Header: got.header}).Cookies())
}

// A browser that opens several tabs at once asks before it has the nonce of the first
// answer, and so is given several, of which it keeps the last.
func TestTabsOpenedAtTheVerySameMomentAllArrive(t *testing.T) {
	r := newRig(t, nil, nil)
	b := r.browser()
	b.login(owner)
	var redeems []string
	for _, tab := range []string{"/a?x=%2F&y", "/b"} {
		got := r.get(r.origin(testID)+tab, page) // without a cookie
		if len(got.header["Set-Cookie"]) != 1 {
			t.Fatalf("%s: cookies %q", tab, got.header["Set-Cookie"])
		}
		b.keep(r.origin(testID), got)
		redeems = append(redeems, b.step(got.header.Get("Location")).header.Get("Location"))
	}
	got := b.step(redeems[0])
	again, ok := strings.CutPrefix(got.header.Get("Refresh"), "1; url=")
	if got.status != http.StatusForbidden || !ok || len(got.header["Set-Cookie"]) != 0 {
		t.Fatalf("the first tab: %d %v", got.status, got.header)
	}
	if got := b.visit(again); got.body != workbench || b.seen[len(b.seen)-1] != r.origin(testID)+"/a?x=%2F&y" {
		t.Errorf("the first tab, again: %d, by %v", got.status, b.seen)
	}
	if got := b.visit(redeems[1]); got.body != workbench || b.seen[len(b.seen)-1] != r.origin(testID)+"/b" {
		t.Errorf("the second tab: %d, by %v", got.status, b.seen)
	}
}

// Somebody who is lured to another's ticket goes where a link could have led, as themselves.
func TestAnothersTicketLogsNobodyIn(t *testing.T) { // H064
	r := newRig(t, nil, nil)
	attacker, victim := r.browser(), r.browser()
	attacker.login(owner)
	victim.login(stranger)
	victim.step(r.origin(testID) + "/")
	got := victim.step(attacker.ready(testID))
	to, ok := strings.CutPrefix(got.header.Get("Refresh"), "1; url=")
	if got.status != http.StatusForbidden || len(got.header["Set-Cookie"]) != 0 || !ok {
		t.Fatalf("%d %v", got.status, got.header)
	}
	if got := victim.visit(to); got.status != http.StatusNotFound || r.up.count.Load() != 0 {
		t.Errorf("then: %d, and the workspace got %d requests", got.status, r.up.count.Load())
	}
}

func TestABrowserThatDropsTheSessionsCookieIsToldSo(t *testing.T) {
	r := newRig(t, nil, nil)
	b := r.browser()
	address := r.origin(testID) + "/x?y=1"
	back := func(login string) string { // where the login page leads to
		t.Helper()
		u, err := url.Parse(login)
		if err != nil || u.Path != "/login" || u.Host != "" {
			t.Fatalf("not sent to the login page but to %q", login)
		}
		return r.gw.hosts.UIOrigin() + u.Query().Get("return")
	}
	first := back(b.step(b.step(address).header.Get("Location")).header.Get("Location"))
	got := b.step(first) // signed in, and no cookie
	if got.status != http.StatusBadRequest || !strings.Contains(got.body, "“"+mainCookie+"”") {
		t.Fatalf("without the cookie: %d %s", got.status, got.body)
	}
	link := regexp.MustCompile(`href="(/login\?[^"]+)"`).FindStringSubmatch(got.body)
	if link == nil {
		t.Fatalf("no way on: %s", got.body)
	}
	again := back(strings.ReplaceAll(link[1], "&amp;", "&"))
	if got := b.step(again); got.status != http.StatusBadRequest {
		t.Errorf("still without the cookie: %d", got.status)
	}
	u, _ := url.Parse(r.gw.hosts.UIOrigin())
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: mainCookie, Value: "ended", Path: "/", Secure: true}})
	if got := b.step(again); got.status != http.StatusSeeOther || back(got.header.Get("Location")) != again {
		t.Errorf("with a cookie of a session that ended: %d %q", got.status, got.header.Get("Location"))
	}
	b.login(owner)
	if got := b.visit(again); got.body != workbench || b.seen[len(b.seen)-1] != address {
		t.Errorf("%d after %v", got.status, b.seen)
	}
}

func TestLongAddressesAreCarriedThroughALogin(t *testing.T) {
	long := strings.Repeat("d123456789.", 18) + "test" // as long as a domain can be
	for _, domain := range []string{"localhost", long} {
		r := newRig(t, func(o *Options) {
			if domain != "localhost" {
				o.Domain.Base, o.Domain.UIHost = domain, domain
			}
		}, nil)
		b := r.browser()
		uri := "/?q=" + strings.Repeat("%7E", (maxCarriedURI-4)/3)
		uri += strings.Repeat("x", maxCarriedURI-len(uri))
		login := b.step(b.step(r.origin(testID) + uri).header.Get("Location")).header.Get("Location")
		u, err := url.Parse(login)
		if err != nil {
			t.Fatal(err)
		}
		back := u.Query().Get("return")
		if !strings.HasPrefix(back, TicketPath) || identity.ReturnPath(back) != back {
			t.Fatalf("%s: after a login at a provider %d bytes lead to %.30q", domain, len(back), identity.ReturnPath(back))
		}
		b.login(owner)
		if got := b.visit(r.gw.hosts.UIOrigin() + back); got.body != workbench || r.up.seen().RequestURI != uri {
			t.Errorf("%s: %d, the workspace was asked for %d bytes", domain, got.status, len(r.up.seen().RequestURI))
		}
		if got := r.browser().step(r.origin(testID) + uri + "x"); got.status != http.StatusRequestURITooLong {
			t.Errorf("%s: one byte more: %d", domain, got.status)
		}
	}
}

// sink keeps what is logged.
type sink struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Write(p)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

// downTickets is a store that stops to answer.
type downTickets struct {
	TicketStore
	down atomic.Bool
}

func (s *downTickets) TakeTicket(ctx context.Context, hash string) (Ticket, error) {
	if s.down.Load() {
		return Ticket{}, errors.New("database is down")
	}
	return s.TicketStore.TakeTicket(ctx, hash)
}

func TestNothingThatLetsInIsLogged(t *testing.T) { // H068
	var log sink
	store := &downTickets{}
	r := newRig(t, func(o *Options) {
		store.TicketStore, o.Tickets = o.Tickets, store
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}, nil)
	b := r.browser()
	b.login(owner)
	secrets := map[string]string{"token": ownerToken, "session": "session-" + owner}
	note := func(what, address string) string {
		_, code, ok := strings.Cut(address, "code=")
		if !ok || len(code) != 43 {
			t.Fatalf("no code in %q", address)
		}
		secrets[what] = code
		return address
	}
	for what, id := range map[string]string{"ticket that was used": testID, "ticket that was refused": testID} {
		redeem := note(what, b.ready(id))
		if what == "ticket that was refused" {
			got := r.browser().step(redeem)
			if got.status != http.StatusBadRequest || got.header.Get("Referrer-Policy") != "strict-origin" {
				t.Errorf("refused: %d, referrer policy %q", got.status, got.header.Get("Referrer-Policy"))
			}
			continue
		}
		b.step(redeem)
		u, _ := url.Parse(redeem)
		for _, c := range b.client.Jar.Cookies(u) {
			secrets["cookie "+c.Name] = c.Value
		}
		for _, c := range b.client.Jar.Cookies(u) { // signed out, so that there is another
			b.client.Jar.SetCookies(u, []*http.Cookie{{Name: c.Name, Path: "/", Secure: true, MaxAge: -1}})
		}
	}
	store.down.Store(true)
	if got := b.step(note("ticket that was not found out about", b.ready(testID))); got.status != http.StatusServiceUnavailable {
		t.Errorf("without a database: %d", got.status)
	}
	store.down.Store(false)
	got := b.step(r.origin(testID) + redeemPath + "?code=" + newCode())
	if got.status != http.StatusForbidden || got.header.Get("Referrer-Policy") != "strict-origin" {
		t.Errorf("unknown ticket: %d, referrer policy %q", got.status, got.header.Get("Referrer-Policy"))
	}
	r.get("https://"+r.agentHost(testID)+"/", "Authorization: Bearer "+ownerToken)
	r.announce(testID, owner, workspace.StatusStopping, 1)
	r.get("https://"+r.agentHost(testID)+"/", "Authorization: Bearer "+ownerToken)
	r.gw.options.Log.Debug("the end")
	all := log.String()
	if !strings.Contains(all, "the end") || !strings.Contains(all, "database is down") {
		t.Fatal("nothing is logged")
	}
	for what, secret := range secrets {
		if strings.Contains(all, secret) {
			t.Errorf("the log has the %s", what)
		}
	}
	if len(secrets) != 6 {
		t.Errorf("secrets %v", secrets)
	}
}

// randoms are nonces and codes, which are new in every answer.
var randoms = regexp.MustCompile(`[A-Za-z0-9_-]{43}`)

// H053.
func TestNobodyCanTellWorkspacesApartThatAreNotTheirs(t *testing.T) {
	r := newPortRig(t, nil, nil)
	const destroyed, deleting = "destroyed001", "deleting0001"
	r.announce(otherID, stranger, workspace.StatusRunning, 1)
	r.announce(destroyed, stranger, workspace.StatusRunning, 1)
	r.gw.AnnounceDeleted(destroyed)
	r.version++
	r.gw.Announce(workspace.Workspace{ID: deleting, OwnerID: owner, Version: r.version, Status: workspace.StatusRunning, Desired: workspace.DesiredDeleted})
	handshake := []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}
	kinds := []Address{{Kind: Editor}, {Kind: Agent}, {Kind: Port, Inside: 3000}}
	methods := []string{"GET", "HEAD", "POST", "PUT", "OPTIONS", "PROPFIND"}
	paths := []string{"/", "/healthz", "/_static/x.js", "/.kalpana/status", "/.kalpana/start", "/.kalpana/nothing", "/.kalpana/ticket?code=" + newCode(), "/.kalpana/link?code=" + newCode(), "/.kalpana/page.css", "//.kalpana/status"}
	asked := 0
	compare := func(what string, ask func(id string) answer) {
		t.Helper()
		var first string
		for _, id := range []string{"nobodyhasit1", otherID, destroyed, deleting} {
			got := ask(id)
			got.header.Del("Date")
			asked++
			seen := randoms.ReplaceAllString(strings.ReplaceAll(fmt.Sprintf("%d\n%v\n%s", got.status, got.header, got.body), id, "ID"), "RANDOM")
			if first == "" {
				first = seen
			}
			if seen != first {
				t.Errorf("%s, %s:\n%s\nand of one that never was:\n%s", what, id, seen, first)
			}
			if got.status < 300 && !strings.Contains(what, "page.css") {
				t.Errorf("%s, %s: status %d", what, id, got.status)
			}
		}
	}
	for _, kind := range kinds {
		for _, method := range methods {
			for _, path := range paths {
				for login, header := range map[string]func(Address) string{
					"nobody": func(Address) string { return "X-App: 1" }, "token": func(Address) string { return "Authorization: Bearer " + ownerToken },
					"cookie": func(a Address) string { return "Cookie: " + r.cookieAt(a, owner) },
				} {
					if kind.Kind == Agent && login == "cookie" {
						continue
					}
					for how, headers := range map[string][]string{"program": nil, "page": {page}, "socket": handshake} {
						if how != "program" && method != "GET" {
							continue
						}
						compare(fmt.Sprintf("%s %s at %v by %s as %s", method, path, kind.Kind, login, how), func(id string) answer {
							a := kind
							a.ID = id
							return r.do(r.h1, r.request(method, r.originAt(a)+path, nil, append([]string{header(a), "Origin: " + r.originAt(a)}, headers...)...))
						})
					}
				}
			}
		}
	}
	b := r.browser()
	b.login(owner)
	for _, host := range []string{"ID.ws.localhost", "3000-ID.ws.localhost", "ID.agent.localhost"} {
		compare("ticket for "+host, func(id string) answer {
			return b.step(r.gw.hosts.UIOrigin() + TicketPath + "?host=" + strings.Replace(host, "ID", id, 1) + "&path=Lw&nonce=" + nonceHash(newCode()))
		})
	}
	if n := r.up.bytes.Load() + r.app.bytes.Load(); n != 0 {
		t.Errorf("workspaces got %d bytes", n)
	}
	t.Logf("%d answers compared", asked)
}

// H059.
func TestReservedPathsAreTheGatewaysHoweverTheyAreSpelled(t *testing.T) {
	r := newRig(t, nil, nil)
	self, good := r.host(testID), "Cookie: "+r.cookie(testID, owner)
	for path, want := range map[string]int{
		"/.kalpana/status": 200, "/.kalpana/status?x=/public": 200, "/%2ekalpana/status": 200, "/%2Ekalpana%2Fstatus": 200, "/.kalpan%61/st%61tus": 200,
		"/.kalpana": 404, "/.kalpana/": 404, "/.kalpana/../.kalpana/status": 404, "//.kalpana/status": 404, "/.kalpana//status": 404, "/./.kalpana/status": 404,
		"/x/../.kalpana/status": 404, "/x/%2e%2e/.kalpana/status": 404, "/x/..%2f.kalpana/status": 404, "/x%2f..%2f.kalpana%2fstatus": 404, "/..%5c.kalpana/status": 404,
		"/.kalpana/status;x": 404, "/.kalpana;x=y/status": 404, "/.kalpana;/status": 404, "/;x/.kalpana/status": 404, "/x;y/..;/.kalpana/status": 404,
		"/.kalpana%00/status": 404, "/.kalpana%00": 404, "/.kalpana/status%00": 404, "/.kalpana%3fx/status": 404, "/.kalpana%23x/status": 404, "/.kalpana%23": 404,
		"/.KALPANA/status": 404, "/.Kalpana/STATUS": 404, "/.kalpana/Status": 404, "/%5c.kalpana%5cstatus": 404, "/.kalpana%5cstatus": 404, "/.kalpana/status/": 404, "/.kalpana/status/.": 404,
		"/.kalpana/.": 404, "/.kalpana/..;/.kalpana/status": 404,
		// Not ours, in no way of reading it.
		"/kalpana/status": 201, "/.kalpanax/status": 201, "/x/.kalpana/status": 201, "/?x=/.kalpana/status": 201, "/.kalpan/a": 201, "/x;/.kalpana/status": 201,
	} {
		before := r.up.count.Load()
		got := rawRequest(t, r.server, "GET", self, path, []string{good})
		reached := r.up.count.Load() > before
		if want == 201 {
			if got.StatusCode != 200 || !reached {
				t.Errorf("%s: %d, reached the workspace: %v", path, got.StatusCode, reached)
			}
			continue
		}
		if want == 200 { // which asks the editor
			reached = got.Header.Get("Content-Type") != "application/json"
		}
		if got.StatusCode != want || reached {
			t.Errorf("%s: %d, want %d; reached the workspace: %v", path, got.StatusCode, want, reached)
		}
	}
	// A fragment never comes from a browser; if it does come, it is part of the path.
	for _, path := range []string{"/.kalpana/status#x", "/.kalpana#/status"} {
		before := r.up.count.Load()
		if got := rawRequest(t, r.server, "GET", self, path, []string{good}); got.StatusCode < 400 || r.up.count.Load() > before {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
}

// sessionsOf asks package identity, as the platform does.
type sessionsOf struct{ *identity.Service }

// What is open ends with the session's time, and with that of a token.
func TestSocketsEndWhenTheTimeOfTheirLoginIsOver(t *testing.T) { // H154
	var clock func() time.Time
	var service *identity.Service
	r := newRig(t, func(o *Options) {
		clock = o.Now
		store := o.Tickets.(identity.Store)
		now := o.Now().UTC()
		for id, lasts := range map[string]time.Duration{"short": time.Hour, "idle": 30 * 24 * time.Hour} {
			if err := store.CreateSession(t.Context(), identity.Session{ID: id, Hash: fmt.Sprintf("%064x", len(id)), UserID: owner, CreatedAt: now, LastSeenAt: now, UpdatedAt: now, ExpiresAt: now.Add(lasts)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := store.CreateUser(t.Context(), user.User{ID: owner, Email: "owner@example.com", CreatedAt: now, UpdatedAt: now}, ""); err != nil {
			t.Fatal(err)
		}
		var err error
		if service, err = identity.New(identity.Options{Store: store, Box: o.Box, BaseURL: "https://ws.localhost", Now: func() time.Time { return clock() }}); err != nil {
			t.Fatal(err)
		}
		if err := service.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.Visitors = sessionsOf{service}
	}, echo)
	dial := func(session string) (closed chan error) {
		t.Helper()
		c, resp, err := r.dial(r.origin(testID)+"/", "Origin: "+r.origin(testID), "Cookie: "+loginCookie+"="+r.gw.logins.issue(Address{Kind: Editor, ID: testID}, login{userID: owner, sessionID: session, expires: r.gw.now().Add(60 * 24 * time.Hour)}))
		if err != nil {
			t.Fatal(resp, err)
		}
		t.Cleanup(func() { c.CloseNow() })
		closed = make(chan error, 1)
		go func() {
			_, _, err := c.Read(t.Context())
			closed <- err
		}()
		return closed
	}
	ended := func(what string, closed chan error) {
		t.Helper()
		select {
		case err := <-closed:
			if !strings.Contains(err.Error(), "4401") {
				t.Errorf("%s: closed with %v", what, err)
			}
		case <-time.After(waitAtMost):
			t.Errorf("%s: still open", what)
		}
	}
	short, idle := dial("short"), dial("idle")
	r.skew.Store(int64(61 * time.Minute))
	ended("past its last moment", short)
	select {
	case err := <-idle:
		t.Fatalf("the other one was closed: %v", err)
	default:
	}
	r.skew.Store(int64(9 * 24 * time.Hour)) // a machine that slept
	ended("not used for days", idle)
}
