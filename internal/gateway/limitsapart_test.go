package gateway

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/ratelimit"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// What a page makes its visitor's browser do must not keep them out of anything else.

func TestWhatAPageFetchesTakesNoLooksForTickets(t *testing.T) {
	store := &countedTickets{}
	r := newRig(t, func(o *Options) { store.TicketStore, o.Tickets = o.Tickets, store }, nil)
	r.announce(otherID, owner, workspace.StatusRunning, 1)
	r.gw.limits.redeems, r.gw.limits.allRedeems = ratelimit.New(time.Hour, 3), ratelimit.New(time.Hour, 5)
	look := func(id, code string, headers ...string) answer {
		return r.get(r.origin(id)+redeemPath+"?code="+code, headers...)
	}
	for range 5 {
		if got := look(testID, newCode(), "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"); got.status != 403 || !strings.Contains(got.body, refuseOrigin.code) {
			t.Fatalf("a fetch: %d %s", got.status, got.body)
		}
		for _, code := range []string{"", "x", newCode() + "x", strings.Repeat("!", 43)} {
			if got := look(testID, code); got.status == 429 || got.status >= 500 {
				t.Fatalf("what is no code: %d %s", got.status, got.body)
			}
		}
	}
	if n := store.asked.Load(); n != 0 {
		t.Errorf("the store was asked %d times for nothing", n)
	}
	for i := range 3 {
		if got := look(testID, newCode(), "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"); got.status == 429 || got.status == 403 && strings.Contains(got.body, refuseOrigin.code) {
			t.Fatalf("visit %d: %d %s", i+1, got.status, got.body)
		}
	}
	for range 3 { // and these take none of all hosts'
		refusedFor(t, "one too many at a host", look(testID, newCode()), 429, "rate_limited")
	}
	for range 2 {
		if got := look(otherID, newCode()); got.status == 429 {
			t.Error("another host is refused for it")
		}
	}
	refusedFor(t, "one too many at all hosts together", look(otherID, newCode()), 429, "rate_limited")
	if n := store.asked.Load(); n != 5 {
		t.Errorf("the store was asked %d times", n)
	}
}

func TestLoginsToOneHostLeaveThoseToOthers(t *testing.T) {
	r := newRig(t, nil, nil)
	r.gw.limits.tickets, r.gw.limits.allTickets = ratelimit.New(time.Hour, 2), ratelimit.New(time.Hour, 3)
	r.visitors.addSession("session-"+owner, owner)
	ask := func(a Address) answer {
		return r.get(r.gw.hosts.UIOrigin()+TicketPath+"?host="+r.gw.hosts.name(a)+"&nonce="+newCode()+"&path="+base64.RawURLEncoding.EncodeToString([]byte("/")), "Cookie: "+mainCookie+"=session-"+owner)
	}
	for i := range 2 {
		if got := ask(at(3000)); got.status != 303 {
			t.Fatalf("login %d: %d %s", i+1, got.status, got.body)
		}
	}
	for range 3 {
		refusedFor(t, "one too many to a host", ask(at(3000)), 429, "too_many_logins")
	}
	if got := ask(Address{Kind: Editor, ID: testID}); got.status != 303 {
		t.Errorf("another host: %d %s", got.status, got.body)
	}
	refusedFor(t, "one too many to all hosts together", ask(at(4000)), 429, "too_many_logins")
}

func TestStartsOfOneWorkspaceLeaveThoseOfOthers(t *testing.T) {
	r := newRig(t, nil, nil)
	r.gw.limits.starts = ratelimit.New(time.Hour, 1)
	order := func(id string) int {
		return r.do(r.h1, r.request("POST", r.origin(id)+"/.kalpana/start", nil, page, "Cookie: "+r.cookie(id, owner), "Origin: "+r.origin(id))).status
	}
	for _, status := range []workspace.Status{workspace.StatusRunning, workspace.StatusStarting} {
		r.announce(testID, owner, status, 1)
		for range 3 {
			if got := order(testID); got != 303 || r.starter.count() != 0 {
				t.Errorf("%s: %d, %d orders", status, got, r.starter.count())
			}
		}
	}
	r.announce(testID, owner, workspace.StatusError, 1)
	if got := order(testID); got != 303 || r.starter.count() != 1 {
		t.Errorf("one that failed: %d, %d orders", got, r.starter.count())
	}
	if got := order(testID); got != 429 || r.starter.count() != 1 {
		t.Errorf("again: %d, %d orders", got, r.starter.count())
	}
	r.announce(otherID, owner, workspace.StatusStopped, 1)
	if got := order(otherID); got != 303 || r.starter.count() != 2 {
		t.Errorf("another workspace: %d, %d orders", got, r.starter.count())
	}
}

func TestWhoStartsTooOftenStopsNobodyElse(t *testing.T) {
	const friend = "user-friend"
	r, s := newSleeper(t, nil)
	r.gw.limits.starts = ratelimit.New(time.Hour, 1)
	r.shares = []workspace.Share{{UserID: friend, Right: workspace.RightEdit}}
	visit := func(who string) string {
		return r.get(r.origin(testID)+"/", page, "Cookie: "+r.cookie(testID, who)).body
	}
	s.is(workspace.StatusStopped, false)
	visit(friend)
	s.is(workspace.StatusStopped, false)
	s.forget()
	if body := visit(friend); !strings.Contains(body, "many times in a short time") || s.starts.Load() != 1 {
		t.Fatalf("the friend, again: %d starts, %s", s.starts.Load(), body)
	}
	if body := visit(owner); !strings.Contains(body, "The workspace is starting") || s.starts.Load() != 2 {
		t.Errorf("the owner right after: %d starts, %s", s.starts.Load(), body)
	}
	if n := len(s.tale()); n != 2 {
		t.Errorf("told of %d wakes", n)
	}
}

// watchedContext tells when somebody begins to wait with it.
type watchedContext struct {
	context.Context
	waits func()
}

func (c *watchedContext) Done() <-chan struct{} {
	c.waits()
	return c.Context.Done()
}

func TestWhoWaitsForARefusedStartMakesTheirOwn(t *testing.T) {
	var w wakes
	asked, refuse := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		err := w.once(t.Context(), false, func(context.Context) error { close(asked); <-refuse; return errTooManyStarts })
		if err != errTooManyStarts {
			t.Errorf("whose call it was: %v", err)
		}
	})
	<-asked
	var did atomic.Int64
	var waiting sync.WaitGroup
	for range 20 {
		waiting.Add(1)
		ctx := &watchedContext{t.Context(), sync.OnceFunc(waiting.Done)}
		all.Go(func() {
			if err := w.once(ctx, false, func(context.Context) error { did.Add(1); return nil }); err != nil {
				t.Errorf("who waited: %v", err)
			}
		})
	}
	waiting.Wait()
	close(refuse)
	all.Wait()
	if did.Load() != 1 {
		t.Errorf("started %d times", did.Load())
	}
}

func TestAnAccountMakesNobodyLessOfAGuest(t *testing.T) {
	up := newSlowly()
	r := newPortRig(t, func(o *Options) { o.RequestsPerWorkspace = 8 }, up.ServeHTTP)
	r.share(r.visible(workspace.VisibleUsers))
	var guests sync.WaitGroup
	for range 6 {
		guests.Go(func() { r.get(r.url("/slow"), r.as(stranger)) })
	}
	eventually(t, "six requests of somebody with an account are served", func() bool { return up.waiting.Load() == 6 })
	refusedFor(t, "the seventh", r.get(r.url("/"), r.as(stranger)), 503, "workspace_busy")
	refusedFor(t, "a question after the status", r.get(r.url("/.kalpana/status"), r.as(stranger)), 503, "workspace_busy")
	if got := r.get(r.origin(testID)+"/", "Cookie: "+r.cookie(testID, owner)); got.status != 200 {
		t.Errorf("the owner's editor: %d %s", got.status, got.body)
	}
	if got := r.get(r.url("/"), r.as(owner)); got.status != 200 {
		t.Errorf("the owner at the port: %d %s", got.status, got.body)
	}
	close(up.release)
	guests.Wait()
}

func TestSocketsOfAGuestWithAnAccountAreAGuests(t *testing.T) {
	r := newPortRig(t, nil, echo)
	r.gw.limits.guestSockets = ratelimit.NewSlots(1)
	r.share(r.visible(workspace.VisibleUsers))
	dial := func(who string) (*http.Response, error) {
		c, resp, err := r.dial(r.url("/"), r.own(), r.as(who))
		if c != nil {
			t.Cleanup(func() { c.CloseNow() })
		}
		return resp, err
	}
	if _, err := dial(stranger); err != nil {
		t.Fatal(err)
	}
	if resp, err := dial(stranger); err == nil || resp == nil || resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the guest's second: %v %v", resp, err)
	}
	for range 2 {
		if _, err := dial(owner); err != nil {
			t.Errorf("the owner's: %v", err)
		}
	}
}

func TestOneGuestLeavesRoomForTheOthers(t *testing.T) {
	var address atomic.Value
	address.Store("192.0.2.1")
	up := newSlowly()
	r := newPortRig(t, func(o *Options) {
		o.Client = func(req *http.Request) Client { return Client{IP: address.Load().(string), HTTPS: req.TLS != nil} }
	}, up.ServeHTTP)
	r.share(r.visible(workspace.VisiblePublic))
	var greedy sync.WaitGroup
	for range requestsPerGuest {
		greedy.Go(func() { r.do(r.h2, r.request("GET", r.url("/slow"), nil)) })
	}
	eventually(t, "one address has all that it may", func() bool { return up.waiting.Load() == requestsPerGuest })
	refusedFor(t, "one more", r.get(r.url("/")), 503, "workspace_busy")
	address.Store("192.0.2.2")
	if got := r.get(r.url("/")); got.status != 200 {
		t.Errorf("another address: %d %s", got.status, got.body)
	}
	address.Store("192.0.2.1")
	close(up.release)
	greedy.Wait()
	for range requestsPerGuest + 1 { // all of it came back
		if got := r.do(r.h2, r.request("GET", r.url("/"), nil)); got.status != 200 {
			t.Fatalf("afterwards: %d %s", got.status, got.body)
		}
	}
}

func TestGuestsLeaveTunnelsForWhoWorksThere(t *testing.T) {
	if guestTunnels >= bridge.MaxTunnels*3/4 {
		t.Errorf("guests may have %d of %d tunnels", guestTunnels, bridge.MaxTunnels)
	}
	const limit = 1 << 20
	var u usage
	guest := func(n int) *exchange {
		return &exchange{guest: true, port: &portVisit{}, client: Client{IP: fmt.Sprintf("192.0.%d.%d", n>>8, n&255)}}
	}
	var requests, sockets []*exchange
	for n := range guestTunnels {
		ex := guest(n)
		if n%2 == 0 {
			if entered, _ := u.enter(ex, false, limit); !entered {
				t.Fatalf("guest %d is refused", n)
			}
			requests = append(requests, ex)
		} else {
			if entered, _ := u.enter(ex, true, limit); !entered || !u.reserveSocket(ex, 0) {
				t.Fatalf("guest %d is refused", n)
			}
			sockets = append(sockets, ex)
		}
	}
	more := func(ex *exchange) []bool {
		entered, full := u.enter(ex, false, limit)
		socket := u.reserveSocket(ex, 0)
		begun := u.begin(ex, limit)
		if entered {
			u.leave(ex)
		}
		if socket {
			u.releaseSocket(ex)
		}
		if begun {
			u.finish(ex)
		}
		return []bool{entered, !full, socket, begun}
	}
	if got := fmt.Sprint(more(guest(guestTunnels))); got != "[false false false false]" {
		t.Errorf("one more guest: %v", got)
	}
	if got := fmt.Sprint(more(&exchange{port: &portVisit{}, visitor: visitor{userID: owner}})); got != "[true true true true]" {
		t.Errorf("the owner: %v", got)
	}
	for _, ex := range requests {
		u.leave(ex)
		u.leave(ex)
	}
	for _, ex := range sockets {
		u.releaseSocket(ex)
		u.leave(ex)
	}
	if u.guests.all != 0 || len(u.guests.requests) != 0 || u.requests != 0 || u.sockets != 0 {
		t.Errorf("not all came back: %+v, %d, %d", u.guests, u.requests, u.sockets)
	}
}
