package gateway

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kalpana-dev/kalpana/internal/gateway/ticket"
	"github.com/kalpana-dev/kalpana/internal/metrics"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// slowly answers at once, but at /slow not before it is told to.
type slowly struct {
	release chan struct{}
	waiting atomic.Int64
}

func newSlowly() *slowly { return &slowly{release: make(chan struct{})} }

func (s *slowly) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/slow" {
		s.waiting.Add(1)
		defer s.waiting.Add(-1)
		select {
		case <-s.release:
		case <-r.Context().Done():
		}
	}
	io.WriteString(w, workbench)
}

// refusedFor checks the refusal of a program's request because of a limit.
func refusedFor(t *testing.T, what string, got answer, status int, code string) {
	t.Helper()
	after, err := strconv.Atoi(got.header.Get("Retry-After"))
	if got.status != status || !strings.Contains(got.body, `"code":"`+code+`"`) || err != nil || after < 1 {
		t.Errorf("%s: %d, Retry-After %q, %s", what, got.status, got.header.Get("Retry-After"), got.body)
	}
}

func TestAFloodOfOneWorkspaceLeavesTheOthersAlone(t *testing.T) {
	const limit, flood = 200, 300
	up := newSlowly()
	r := newRig(t, func(o *Options) { o.RequestsPerWorkspace = limit }, up.ServeHTTP)
	r.announce(otherID, owner, workspace.StatusRunning, 1)
	good := "Cookie: " + r.cookie(testID, owner)
	var refused, answered, odd atomic.Int64
	var flooding sync.WaitGroup
	for range flood {
		flooding.Go(func() {
			for {
				resp, err := r.h1.Do(r.request("GET", r.origin(testID)+"/slow", nil, good))
				if err != nil {
					t.Error(err)
					odd.Add(1)
					return
				}
				body, _ := io.ReadAll(resp.Body)
				resp.Body.Close()
				switch {
				case resp.StatusCode == 503 && resp.Header.Get("Retry-After") == "1" && strings.Contains(string(body), "workspace_busy"):
					refused.Add(1)
				case resp.StatusCode == 200:
					answered.Add(1)
				case resp.StatusCode == 502: // a machine so busy that the workspace took too long to answer a dial
					continue
				default:
					t.Errorf("%d %s", resp.StatusCode, body)
					odd.Add(1)
				}
				return
			}
		})
	}
	eventually(t, "the workspace has all that it may, the rest is refused", func() bool {
		return up.waiting.Load() == limit && refused.Load() == flood-limit || odd.Load() > 0
	})
	if got := r.get(r.origin(otherID)+"/", "Cookie: "+r.cookie(otherID, owner)); got.status != 200 {
		t.Errorf("another workspace: %d %s", got.status, got.body)
	}
	refusedFor(t, "one more", r.get(r.origin(testID)+"/", good), 503, "workspace_busy")
	if got := r.get(r.origin(testID)+"/", good, page); got.status != 503 || !strings.Contains(got.body, "<html") || !strings.Contains(got.body, refuseBusy.title) {
		t.Errorf("a page visit: %d %s", got.status, got.body)
	}
	refusedFor(t, "a question after its status", r.get(r.origin(testID)+"/.kalpana/status", good), 503, "workspace_busy")
	close(up.release)
	flooding.Wait()
	if refused.Load() != flood-limit || answered.Load() != limit || odd.Load() != 0 {
		t.Errorf("%d answered, %d refused, %d neither", answered.Load(), refused.Load(), odd.Load())
	}
	if got := r.observed.refused(limitRequests); got != flood-limit+3 {
		t.Errorf("%d refusals were told of", got)
	}
	// All of it came back: the same flood again is taken to the same limit.
	for range limit + 1 {
		if got := r.get(r.origin(testID)+"/", good); got.status != 200 {
			t.Fatalf("after the flood: %d", got.status)
		}
	}
}

func TestGuestsLeaveRoomForWhoWorksThere(t *testing.T) {
	up := newSlowly()
	r := newPortRig(t, func(o *Options) { o.RequestsPerWorkspace = 8 }, up.ServeHTTP)
	r.share(r.visible(workspace.VisiblePublic))
	var guests sync.WaitGroup
	for range 6 {
		guests.Go(func() { r.get(r.url("/slow")) })
	}
	eventually(t, "six guests are served", func() bool { return up.waiting.Load() == 6 })
	refusedFor(t, "the seventh guest", r.get(r.url("/")), 503, "workspace_busy")
	if got := r.get(r.origin(testID)+"/", "Cookie: "+r.cookie(testID, owner)); got.status != 200 {
		t.Errorf("the owner's editor: %d %s", got.status, got.body)
	}
	close(up.release)
	guests.Wait()
}

func TestSocketsOfAUserAreBoundedInAllWorkspacesTogether(t *testing.T) {
	r := newRig(t, func(o *Options) { o.SocketsPerUser = 3 }, echo)
	const third = "ccccccccccc3"
	r.announce(otherID, owner, workspace.StatusRunning, 1)
	r.announce(third, stranger, workspace.StatusRunning, 1)
	dial := func(id, who string) (io.Closer, *http.Response, error) {
		c, resp, err := r.dial(r.origin(id)+"/", "Cookie: "+r.cookie(id, who), "Origin: "+r.origin(id))
		if err != nil {
			return nil, resp, err
		}
		t.Cleanup(func() { c.CloseNow() })
		return closer(func() error { return c.CloseNow() }), resp, nil
	}
	var open []io.Closer
	for i := range 3 {
		c, _, err := dial([]string{testID, otherID}[i%2], owner)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	_, resp, err := dial(otherID, owner)
	if err == nil || resp == nil || resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" {
		t.Fatalf("the fourth: %v %v", resp, err)
	}
	if r.observed.refused(limitSockets) != 1 {
		t.Errorf("%d refusals were told of", r.observed.refused(limitSockets))
	}
	if _, _, err := dial(third, stranger); err != nil {
		t.Errorf("another user: %v", err)
	}
	open[0].Close()
	eventually(t, "one that was closed makes room", func() bool {
		_, _, err := dial(otherID, owner)
		return err == nil
	})
}

type closer func() error

func (c closer) Close() error { return c() }

func TestSocketsOfGuestsAreBoundedByAddress(t *testing.T) {
	var address atomic.Value
	address.Store("192.0.2.1")
	r := newPortRig(t, func(o *Options) {
		o.SocketsPerUser = 2
		o.Client = func(req *http.Request) Client { return Client{IP: address.Load().(string), HTTPS: req.TLS != nil} }
	}, echo)
	r.share(r.visible(workspace.VisiblePublic))
	dial := func() (*http.Response, error) {
		c, resp, err := r.dial(r.url("/"), r.own())
		if c != nil {
			t.Cleanup(func() { c.CloseNow() })
		}
		return resp, err
	}
	for range 2 {
		if _, err := dial(); err != nil {
			t.Fatal(err)
		}
	}
	if resp, err := dial(); err == nil || resp == nil || resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the third of an address: %v %v", resp, err)
	}
	address.Store("192.0.2.2")
	if _, err := dial(); err != nil {
		t.Errorf("another address: %v", err)
	}
}

// countedTickets knows none and counts how often it was asked.
type countedTickets struct {
	TicketStore
	asked atomic.Int64
}

func (c *countedTickets) TakeTicket(context.Context, string) (Ticket, error) {
	c.asked.Add(1)
	return Ticket{}, ticket.ErrNotFound
}

func TestGuessedTicketsDoNotKeepTheStoreBusy(t *testing.T) {
	var address atomic.Value
	address.Store("2001:db8:1:2::1")
	store := &countedTickets{}
	r := newRig(t, func(o *Options) {
		store.TicketStore, o.Tickets = o.Tickets, store
		o.Client = func(*http.Request) Client { return Client{IP: address.Load().(string), HTTPS: true} }
	}, nil)
	r.frozen.Store(time.Now().UnixNano())
	guess := func() answer { return r.get(r.origin(testID) + redeemPath + "?code=" + newCode()) }
	for i := range redeemBurst {
		address.Store(fmt.Sprintf("2001:db8:1:2::%x", i+1)) // all of one network
		if got := guess(); got.status != 403 && got.status != 410 && got.status != 404 && got.status != 400 {
			t.Fatalf("guess %d: %d %s", i, got.status, got.body)
		}
	}
	asked := store.asked.Load()
	refusedFor(t, "one too many", guess(), 429, "rate_limited")
	if store.asked.Load() != asked || asked != redeemBurst {
		t.Errorf("the store was asked %d times, then %d", asked, store.asked.Load())
	}
	if r.observed.refused(limitTicket) != 1 {
		t.Errorf("%d refusals were told of", r.observed.refused(limitTicket))
	}
	address.Store("2001:db8:1:3::1")
	if got := guess(); got.status == 429 {
		t.Error("another network is refused for it")
	}
}

func TestStartsFromThePagesAreLimited(t *testing.T) {
	r := newRig(t, nil, nil)
	r.announce(testID, owner, workspace.StatusStopped, 1)
	r.frozen.Store(time.Now().UnixNano())
	good := "Cookie: " + r.cookie(testID, owner)
	order := func() answer {
		return r.do(r.h1, r.request("POST", r.origin(testID)+"/.kalpana/start", nil, good, page, "Origin: "+r.origin(testID)))
	}
	for i := range startBurst {
		if got := order(); got.status != 303 {
			t.Fatalf("start %d: %d", i, got.status)
		}
	}
	if got := order(); got.status != 429 || got.header.Get("Retry-After") != "1" || !strings.Contains(got.body, refuseStarts.title) {
		t.Errorf("one too many: %d %q %s", got.status, got.header.Get("Retry-After"), got.body)
	}
	if n := r.starter.count(); n != startBurst {
		t.Errorf("%d starts were ordered", n)
	}
}

// What Limited is told has to be known to the metrics, or it is counted nowhere.
func TestMetricsKnowEveryLimit(t *testing.T) {
	m, registry := metrics.New(), prometheus.NewRegistry()
	if err := m.Register(registry); err != nil {
		t.Fatal(err)
	}
	names := []string{limitPassword, limitTicket, limitStart, limitSockets, limitRequests}
	l := newLimits(Options{Observer: m})
	for _, name := range names {
		l.reached(name)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for _, f := range families {
		if f.GetName() == "kalpana_limited_total" {
			for _, s := range f.GetMetric() {
				total += s.GetCounter().GetValue()
			}
		}
	}
	if int(total) != len(names) {
		t.Errorf("%v of %d refusals were counted", total, len(names))
	}
}
