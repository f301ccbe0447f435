package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/internal/inspect"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// newInspectRig is a portRig at whose program somebody looks.
func newInspectRig(t testing.TB, serve http.HandlerFunc) (*portRig, *inspect.Inspector, inspect.Target) {
	t.Helper()
	in := inspect.New(nil)
	r := newPortRig(t, func(o *Options) { o.Inspector = in }, serve)
	target := inspect.Target{Workspace: testID, Port: r.app.port}
	in.List(target)
	return r, in, target
}

// lastOf waits until n requests are recorded and over, and returns the last one.
func lastOf(t testing.TB, in *inspect.Inspector, target inspect.Target, n int) inspect.Exchange {
	t.Helper()
	var all []inspect.Summary
	eventually(t, fmt.Sprintf("%d requests are recorded", n), func() bool {
		all = in.List(target)
		return len(all) >= n && !slices.ContainsFunc(all, func(s inspect.Summary) bool { return s.Open })
	})
	if len(all) != n {
		t.Fatalf("%d requests are recorded: %+v", len(all), all)
	}
	x, ok := in.Get(target, all[0].ID)
	if !ok {
		t.Fatal("the last request is not kept")
	}
	return x
}

func headerOf(all []inspect.Header, name string) (values []string) {
	for _, h := range all {
		if h[0] == name {
			values = append(values, h[1])
		}
	}
	return values
}

func TestWhatPassesToAPortIsRecorded(t *testing.T) {
	r, in, target := newInspectRig(t, func(w http.ResponseWriter, req *http.Request) {
		io.Copy(io.Discard, req.Body)
		w.Header().Set("X-App", "yes")
		w.Header().Set("Set-Cookie", "sid=s3cret-of-the-app; Domain=localhost")
		w.WriteHeader(http.StatusTeapot)
		io.WriteString(w, "short and stout")
	})
	for n, client := range []*http.Client{r.h1, r.h2} {
		for m, body := range []string{"", "all of it", strings.Repeat("x", inspect.MaxBody), strings.Repeat("y", inspect.MaxBody+1)} {
			method := "POST"
			if body == "" {
				method = "GET"
			}
			req := r.request(method, r.url("/a%2Fb?q=1&q=2"), strings.NewReader(body), r.as(owner)+"; theirs=1", r.own(), "X-Own: 1")
			if m == 1 {
				req.ContentLength = -1 // chunked
			}
			if got := r.do(client, req); got.status != http.StatusTeapot || got.body != "short and stout" || len(got.header["Set-Cookie"]) != 1 || strings.Contains(got.header["Set-Cookie"][0], "Domain") {
				t.Fatalf("%d %q %v", got.status, got.body, got.header)
			}
			x := lastOf(t, in, target, n*4+m+1)
			if x.Method != method || x.Path != "/a%2Fb?q=1&q=2" || x.Status != http.StatusTeapot || x.Host != r.hostOf(at(r.app.port)) || x.Took <= 0 || x.Socket || x.Open {
				t.Errorf("%+v", x.Summary)
			}
			if x.RequestBytes != int64(len(body)) || x.RequestBody.Whole != (len(body) <= inspect.MaxBody) || string(x.RequestBody.Data) != body[:min(len(body), inspect.MaxBody)] {
				t.Errorf("%d bytes sent: %d, %v, %d kept", len(body), x.RequestBytes, x.RequestBody.Whole, len(x.RequestBody.Data))
			}
			if string(x.ResponseBody.Data) != "short and stout" || x.ResponseBytes != 15 || !x.ResponseBody.Whole {
				t.Errorf("%+v", x.ResponseBody)
			}
			// Kalpana's own cookie is not in what the program gets, so not in what is kept.
			if c := headerOf(x.RequestHeaders, "Cookie"); len(c) != 1 || c[0] != "theirs=1" {
				t.Errorf("cookies %q", c)
			}
			if fmt.Sprint(headerOf(x.RequestHeaders, "X-Own"), headerOf(x.ResponseHeaders, "X-App"), headerOf(x.RequestHeaders, keyHeader)) != "[1] [yes] []" {
				t.Errorf("%v\n%v", x.RequestHeaders, x.ResponseHeaders)
			}
		}
	}
	// A token is not kept either.
	r.get(r.url("/token"), "Authorization: Bearer "+ownerToken)
	if x := lastOf(t, in, target, 9); headerOf(x.RequestHeaders, "Authorization") != nil {
		t.Error("a token is kept")
	}
}

func TestNothingIsRecordedWhereNobodyLooks(t *testing.T) {
	in := inspect.New(nil)
	r := newPortRig(t, func(o *Options) { o.Inspector = in }, nil)
	here, beside := inspect.Target{Workspace: testID, Port: r.app.port}, inspect.Target{Workspace: testID, Port: r.app.port - 1}
	r.get(r.url("/before"), r.as(owner))
	if in.Active() {
		t.Error("somebody looks")
	}
	in.List(beside)
	r.get(r.url("/beside"), r.as(owner))
	if got := in.List(here); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	// Nor of the editor, nor of who is not let in, nor of Kalpana's own addresses.
	r.get(r.origin(testID)+"/", "Cookie: "+r.cookie(testID, owner))
	r.get(r.url("/stranger"), r.as(stranger))
	r.get(r.url("/.kalpana/status"), r.as(owner))
	r.get(r.url("/now"), r.as(owner))
	if x := lastOf(t, in, here, 1); x.Path != "/now" {
		t.Errorf("%+v", x.Summary)
	}
}

func TestAClosedPortIsRecordedAsSuch(t *testing.T) {
	r, in, _ := newInspectRig(t, nil)
	closed := reservePort(t)
	target := inspect.Target{Workspace: testID, Port: closed.port}
	in.List(target)
	got := r.get(r.originAt(at(closed.port))+"/x", "Cookie: "+r.cookieAt(at(closed.port), owner))
	if x := lastOf(t, in, target, 1); x.Status != got.status || x.Status < 500 || got.body == "" || len(x.ResponseHeaders)+len(x.ResponseBody.Data) != 0 {
		t.Errorf("%d: %+v", got.status, x)
	}
}

func TestStreamsAndSocketsAreToldOfTwice(t *testing.T) {
	next := make(chan struct{})
	r, in, target := newInspectRig(t, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/socket" {
			c, err := websocket.Accept(w, req, nil)
			if err != nil {
				return
			}
			defer c.CloseNow()
			kind, p, err := c.Read(req.Context())
			if err == nil {
				c.Write(req.Context(), kind, p)
			}
			c.Close(websocket.StatusNormalClosure, "")
			return
		}
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		io.WriteString(w, "data: 1\n\n")
		w.(http.Flusher).Flush()
		<-next
	})
	coming, leave := in.Follow(target)
	defer leave()
	ctx, cancel := context.WithTimeout(t.Context(), waitAtMost)
	defer cancel()
	told := func() inspect.Summary {
		t.Helper()
		select {
		case s := <-coming:
			return s
		case <-ctx.Done():
			t.Fatal("not told")
		}
		return inspect.Summary{}
	}
	resp, err := r.h1.Do(r.request("GET", r.url("/events"), nil, r.as(owner)))
	if err != nil {
		t.Fatal(err)
	}
	if s := told(); !s.Open || s.Status != 200 || s.Path != "/events" || s.Socket {
		t.Errorf("%+v", s)
	}
	next <- struct{}{}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if s := told(); s.Open || s.ResponseBytes != 9 {
		t.Errorf("%+v", s)
	}
	c, _, err := websocket.Dial(ctx, r.url("/socket"), &websocket.DialOptions{HTTPClient: r.h1, HTTPHeader: http.Header{
		"Cookie": {strings.TrimPrefix(r.as(owner), "Cookie: ")}, "Origin": {r.originAt(at(r.app.port))}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if s := told(); !s.Open || !s.Socket || s.Status != 101 {
		t.Errorf("%+v", s)
	}
	secret := strings.Repeat("said in confidence", 50)
	if err := c.Write(ctx, websocket.MessageText, []byte(secret)); err != nil {
		t.Fatal(err)
	}
	if _, p, err := c.Read(ctx); err != nil || string(p) != secret {
		t.Fatal(err)
	}
	c.Read(ctx)
	s := told()
	if s.Open || s.RequestBytes < int64(len(secret)) || s.ResponseBytes < int64(len(secret)) {
		t.Errorf("%+v", s)
	}
	x, ok := in.Get(target, s.ID)
	if !ok || len(x.RequestBody.Data)+len(x.ResponseBody.Data) > 0 || !errors.Is(x.Repeatable(), inspect.ErrSocket) {
		t.Errorf("frames are kept: %+v", x)
	}
	if _, err := r.gw.Replay(t.Context(), Replayer{UserID: owner}, target, x); !errors.Is(err, inspect.ErrSocket) {
		t.Error(err)
	}
}

func TestARequestIsSentAgainAsItWas(t *testing.T) {
	var seen atomic.Pointer[string]
	r, in, target := newInspectRig(t, func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		req.Header.Del("Accept-Encoding")
		text := fmt.Sprint(req.Method, req.RequestURI, req.Host, req.ContentLength, req.Header, string(body))
		seen.Store(&text)
		w.Header().Set("X-Sum", strconv.Itoa(len(body)))
		w.WriteHeader(http.StatusAccepted)
		io.WriteString(w, "taken")
	})
	r.visitors.addSession("session-"+owner, owner)
	by := Replayer{UserID: owner, SessionID: "session-" + owner}
	n := 0
	for _, request := range []*http.Request{
		r.request("POST", r.url("//a%2Fb?x=%zz"), strings.NewReader("the body"), r.as(owner)+"; theirs=1", r.own(), "Authorization: Basic dTpw"),
		r.request("GET", r.url("/"), nil, r.as(owner)),
		r.request("DELETE", r.url("/x"), nil, r.as(owner), r.own(), "User-Agent: "),
	} {
		r.do(r.h1, request)
		n++
		x := lastOf(t, in, target, n)
		was := *seen.Load()
		touched := r.touchesOf()
		r.skew.Add(int64(2 * time.Second)) // use is reported once a second
		again, err := r.gw.Replay(t.Context(), by, target, x)
		if err != nil {
			t.Fatal(err)
		}
		n++
		if got := *seen.Load(); got != was {
			t.Errorf("it was\n%s\nand came again as\n%s", was, got)
		}
		if again.ID == x.ID || again.ReplayOf != x.ID || again.Status != http.StatusAccepted || string(again.ResponseBody.Data) != "taken" || again.RequestBytes != x.RequestBytes {
			t.Errorf("%+v", again)
		}
		if last := lastOf(t, in, target, n); last.ID != again.ID {
			t.Errorf("recorded: %+v", last.Summary)
		}
		if r.touchesOf() == touched {
			t.Error("it is no use of the workspace")
		}
	}
	if r.gw.Live() != 0 {
		t.Error("something is still registered")
	}
}

func (r *rig) touchesOf() int64 {
	n, _ := r.touches.Load(testID)
	if n == nil {
		return 0
	}
	return n.(*atomic.Int64).Load()
}

func TestWhatIsNotSentAgain(t *testing.T) {
	hold := make(chan struct{})
	r, in, target := newInspectRig(t, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/hold" {
			<-hold
		}
		io.Copy(io.Discard, req.Body)
	})
	by := Replayer{UserID: owner}
	r.do(r.h1, r.request("POST", r.url("/long"), strings.NewReader(strings.Repeat("x", inspect.MaxBody+1)), r.as(owner), r.own()))
	if _, err := r.gw.Replay(t.Context(), by, target, lastOf(t, in, target, 1)); !errors.Is(err, inspect.ErrNotKept) {
		t.Errorf("a body that was cut: %v", err)
	}
	r.get(r.url("/long-head"), r.as(owner), "X-Long: "+strings.Repeat("x", 20<<10))
	if _, err := r.gw.Replay(t.Context(), by, target, lastOf(t, in, target, 2)); !errors.Is(err, inspect.ErrNotKept) {
		t.Errorf("headers that were cut: %v", err)
	}
	before := r.app.count.Load()
	r.get(r.url("/"), r.as(owner))
	x := lastOf(t, in, target, 3)
	x.Path = "/hold"
	results := make(chan error, replaysAtOnce)
	for range replaysAtOnce {
		go func() {
			_, err := r.gw.Replay(t.Context(), by, target, x)
			results <- err
		}()
	}
	eventually(t, "all are under way", func() bool { return r.app.count.Load() == before+1+replaysAtOnce })
	if _, err := r.gw.Replay(t.Context(), by, target, x); !errors.Is(err, inspect.ErrBusy) {
		t.Errorf("one more than may be under way: %v", err)
	}
	close(hold)
	for range replaysAtOnce {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	x.Path = "/"
	for range replaysPerMinute - replaysAtOnce {
		if _, err := r.gw.Replay(t.Context(), by, target, x); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.gw.Replay(t.Context(), by, target, x); !errors.Is(err, inspect.ErrBusy) {
		t.Errorf("one more than in a minute: %v", err)
	}
	r.skew.Add(int64(time.Minute))
	if _, err := r.gw.Replay(t.Context(), by, target, x); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	r.announce(testID, owner, workspace.StatusStopped, 1)
	if _, err := r.gw.Replay(t.Context(), by, target, x); !errors.Is(err, inspect.ErrNotRunning) {
		t.Errorf("stopped: %v", err)
	}
}

func TestAReplayEndsWithTheLoginOfWhoHasItSent(t *testing.T) {
	began := make(chan struct{}, 1)
	r, in, target := newInspectRig(t, func(_ http.ResponseWriter, req *http.Request) {
		if req.Header.Get("X-Hold") != "" {
			began <- struct{}{}
			<-req.Context().Done()
		}
	})
	r.get(r.url("/"), r.as(owner))
	x := lastOf(t, in, target, 1)
	x.RequestHeaders = append(slices.Clone(x.RequestHeaders), inspect.Header{"X-Hold", "1"})
	r.visitors.addSession("session-replay", owner)
	result := make(chan error, 1)
	go func() {
		_, err := r.gw.Replay(t.Context(), Replayer{UserID: owner, SessionID: "session-replay"}, target, x)
		result <- err
	}()
	<-began
	r.visitors.revoke("session-replay")
	select {
	case err := <-result:
		if !errors.Is(err, errEnded) {
			t.Errorf("ended by %v", err)
		}
	case <-time.After(waitAtMost):
		t.Error("goes on")
	}
	if x := lastOf(t, in, target, 2); x.Status != http.StatusBadGateway || x.ReplayOf == "" {
		t.Errorf("recorded as %+v", x.Summary)
	}
}

// BenchmarkInspectedPort is what recording costs a request.
func BenchmarkInspectedPort(b *testing.B) {
	for _, looked := range []bool{false, true} {
		b.Run(fmt.Sprintf("looked=%v", looked), func(b *testing.B) {
			in := inspect.New(nil)
			r := newPortRig(b, func(o *Options) { o.Inspector = in }, benchProgram)
			headers := []string{r.as(owner)}
			for n := 0; b.Loop(); n++ {
				if looked && n%100 == 0 {
					in.List(inspect.Target{Workspace: testID, Port: r.app.port})
				}
				if got := r.get(r.url("/"), headers...); got.status != http.StatusOK {
					b.Fatal(got.status)
				}
			}
		})
	}
}
