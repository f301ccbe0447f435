package api

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/metrics"
	"github.com/kalpana-dev/kalpana/internal/ratelimit"
)

// soon is how long something may take on a busy machine.
const soon = 30 * time.Second

// reachedLimits counts what Limits.Reached is told.
type reachedLimits struct{ sync.Map }

func (r *reachedLimits) add(limit string) {
	n, _ := r.LoadOrStore(limit, new(atomic.Int64))
	n.(*atomic.Int64).Add(1)
}

func (r *reachedLimits) of(limit string) int64 {
	n, ok := r.Load(limit)
	if !ok {
		return 0
	}
	return n.(*atomic.Int64).Load()
}

// limited is a rightsStand that tells of limits.
func limited(t *testing.T) (*rightsStand, *reachedLimits) {
	t.Helper()
	st, told := newRightsStand(t), &reachedLimits{}
	st.server.limits = newLimits(Options{Limits: Limits{Reached: told.add}})
	return st, told
}

// get asks with these headers and returns the whole answer.
func (st *rightsStand) get(path string, headers ...string) (*http.Response, string) {
	st.t.Helper()
	r, err := http.NewRequestWithContext(st.t.Context(), http.MethodGet, st.web.URL+path, nil)
	if err != nil {
		st.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		st.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		st.t.Fatal(err)
	}
	return resp, string(body)
}

func TestCallsAreLimitedByTokenAndByAddress(t *testing.T) {
	st, told := limited(t)
	st.server.limits.callers, st.server.limits.strangers = ratelimit.New(time.Hour, 3), ratelimit.New(time.Hour, 5)
	second, _, err := st.server.Identity.CreateToken(t.Context(), st.people["owner"].id, "second", 0)
	if err != nil {
		t.Fatal(err)
	}
	me := func(token string) (*http.Response, string) {
		return st.get("/api/v1/me", "Authorization", "Bearer "+token)
	}
	for i := range 3 {
		if resp, body := me(st.people["owner"].token); resp.StatusCode != 200 {
			t.Fatalf("call %d: %d %s", i+1, resp.StatusCode, body)
		}
	}
	resp, body := me(st.people["owner"].token)
	after, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if resp.StatusCode != 429 || !strings.Contains(body, `"code":"rate_limited"`) || resp.Header.Get("Content-Type") != "application/problem+json" || err != nil || after < 1 {
		t.Errorf("one too many: %d %v %s", resp.StatusCode, resp.Header, body)
	}
	for who, token := range map[string]string{"their other token": second, "somebody else": st.people["stranger"].token} {
		if resp, body := me(token); resp.StatusCode != 200 {
			t.Errorf("%s: %d %s", who, resp.StatusCode, body)
		}
	}
	// A token that is none counts for the address, so guessing is limited, too.
	for i := range 5 {
		if resp, body := me("kal_" + strings.Repeat("x", 43)); resp.StatusCode != 401 {
			t.Fatalf("guess %d: %d %s", i+1, resp.StatusCode, body)
		}
	}
	for _, path := range []string{"/api/v1/me", "/api/v1/auth/providers", "/api/openapi.json", "/api/nothing"} {
		if resp, body := st.get(path); resp.StatusCode != 429 {
			t.Errorf("%s from the same address: %d %s", path, resp.StatusCode, body)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/api/v1/healthz", "/api/v1/readyz"} {
		if resp, body := st.get(path); resp.StatusCode != 200 {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
	if resp, body := me(second); resp.StatusCode != 200 {
		t.Errorf("who is signed in at that address: %d %s", resp.StatusCode, body)
	}
	if got := told.of(metrics.LimitAPI); got != 5 {
		t.Errorf("%d refusals were told of", got)
	}
}

// Any page can make its visitor's browser ask; that must not keep them from signing in.
func TestCallsOfOtherPagesDoNotKeepTheirVisitorFromSigningIn(t *testing.T) {
	st, _ := limited(t)
	st.server.limits.strangers = ratelimit.New(time.Hour, 3)
	signIn := func(when, path string) {
		t.Helper()
		resp, err := http.Post(st.web.URL+path, "application/json", strings.NewReader(`{"email":"nobody@kalpana.test","password":"a long wrong one","name":"Nobody"}`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode == 429 {
			t.Errorf("%s: %s is refused", when, path)
		}
	}
	for _, headers := range [][]string{{"Origin", "https://evil.test"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}} {
		for range 5 {
			if resp, body := st.get("/api/v1/auth/login", headers...); resp.StatusCode != 403 && resp.StatusCode != 429 {
				t.Fatalf("%v: %d %s", headers, resp.StatusCode, body)
			}
		}
	}
	if resp, _ := st.get("/api/v1/me", "Origin", "https://evil.test"); resp.StatusCode != 429 {
		t.Errorf("calls of other pages are not counted: %d", resp.StatusCode)
	}
	signIn("after calls of other pages", "/api/v1/auth/login")
	for i := range 3 {
		if resp, body := st.get("/api/v1/auth/providers"); resp.StatusCode != 200 {
			t.Fatalf("call %d: %d %s", i+1, resp.StatusCode, body)
		}
	}
	if resp, _ := st.get("/api/v1/auth/providers"); resp.StatusCode != 429 {
		t.Errorf("one too many: %d", resp.StatusCode)
	}
	signIn("after all that a stranger may ask", "/api/v1/auth/signup")
}

func TestARateIsForASessionAndItsBurstFourTimesThat(t *testing.T) {
	l := newLimits(Options{Limits: Limits{PerSecond: 7}})
	now, n := time.Now(), 0
	for range 100 {
		if _, ok := l.callers.Allow(ratelimit.Name("s"), now); ok {
			n++
		}
	}
	for range 100 {
		if _, ok := l.callers.Allow(ratelimit.Name("s"), now.Add(time.Second+time.Millisecond)); ok {
			n++
		}
	}
	if n != 28+7 {
		t.Errorf("%d in a second", n)
	}
}

func TestActsThatCostMoreHaveLimitsOfTheirOwn(t *testing.T) {
	st, told := limited(t)
	known := map[string]bool{}
	for _, item := range st.server.api.OpenAPI().Paths {
		if item.Post != nil {
			known[item.Post.OperationID] = true
		}
		if item.Put != nil {
			known[item.Put.OperationID] = true
		}
	}
	for id := range st.server.limits.acts {
		if !known[id] {
			t.Errorf("%s is limited, but is no operation", id)
		}
	}
	id, chatID := st.known()
	for operation, c := range map[string]struct{ limit, method, path, body string }{
		"create-workspace":  {metrics.LimitCreate, "POST", "/api/v1/workspaces", `{"name":"n","start":false}`},
		"restart-workspace": {metrics.LimitStart, "POST", "/api/v1/workspaces/" + id + "/restart", ""},
		"create-token":      {metrics.LimitToken, "POST", "/api/v1/tokens", `{"name":"n"}`},
		"set-share":         {metrics.LimitToken, "PUT", "/api/v1/workspaces/" + id + "/shares/stranger@example.com", `{"right":"view"}`},
		"send-message":      {metrics.LimitTurn, "POST", "/api/v1/chats", fmt.Sprintf(bodies["send-message"], chatID)},
	} {
		st.server.limits.acts[operation] = actLimit{c.limit, ratelimit.New(time.Hour, 2)}
		before := told.of(c.limit)
		for i := range 2 {
			if got := st.ask("owner", c.method, c.path, c.body); got.status == 429 {
				t.Fatalf("%s %d: %d %s", operation, i+1, got.status, got.text)
			}
		}
		if got := st.ask("owner", c.method, c.path, c.body); got.status != 429 || got.code() != "rate_limited" || told.of(c.limit) != before+1 {
			t.Errorf("%s, one too many: %d %s, told of %d", operation, got.status, got.text, told.of(c.limit)-before)
		}
		if got := st.ask("stranger", c.method, c.path, c.body); got.status == 429 {
			t.Errorf("%s by another: %d %s", operation, got.status, got.text)
		}
	}
}

func TestAUserHasOnlySoManyStreamsOpen(t *testing.T) {
	st, told := limited(t)
	st.server.limits.events = ratelimit.NewSlots(2)
	open := func(who string) (status int, end func()) {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, st.web.URL+"/api/v1/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+st.people[who].token)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		end = func() { cancel(); resp.Body.Close() }
		t.Cleanup(end)
		return resp.StatusCode, end
	}
	_, end := open("owner")
	open("owner")
	if got, _ := open("owner"); got != 429 || told.of(metrics.LimitStreams) != 1 {
		t.Errorf("the third: %d, told of %d", got, told.of(metrics.LimitStreams))
	}
	if got, _ := open("stranger"); got != 200 {
		t.Errorf("another user: %d", got)
	}
	end()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(soon); ; <-tick.C {
		got, _ := open("owner")
		if got == 200 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after one was closed: %d", got)
		}
	}
}

func TestABodyThatDripsIsGivenUp(t *testing.T) {
	t.Parallel()
	st, _ := limited(t)
	st.server.limits.bodyGrace = 300 * time.Millisecond
	_, chatID := st.known()
	for path, want := range map[string]string{"/api/v1/workspaces": " 408 ", "/api/v1/chats": " 408 ", "/api/v1/nothing": " 404 "} {
		conn, err := net.Dial("tcp", st.web.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(soon))
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{\"id\":\"%s\"", path, st.people["owner"].token, chatID)
		var dripping sync.WaitGroup
		stop := make(chan struct{})
		dripping.Go(func() {
			tick := time.NewTicker(50 * time.Millisecond)
			defer tick.Stop()
			for {
				if _, err := conn.Write([]byte(" ")); err != nil {
					return
				}
				select {
				case <-stop:
					return
				case <-tick.C:
				}
			}
		})
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || !strings.Contains(line, want) {
			t.Errorf("%s: %q %v", path, line, err)
		}
		close(stop)
		dripping.Wait()
		conn.Close()
	}
}

func TestABodyThatKeepsComingMayTakeLonger(t *testing.T) {
	t.Parallel()
	st, _ := limited(t)
	st.server.limits.bodyGrace = 300 * time.Millisecond
	conn, err := net.Dial("tcp", st.web.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(soon))
	// Twenty parts of a second's worth each: twice the grace in all, as ever more is granted.
	const parts = 20
	name := strings.Repeat(" ", parts*bodyRate)
	body := `{"name":"kept","start":false}` + name
	fmt.Fprintf(conn, "POST /api/v1/workspaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", st.people["owner"].token, len(body))
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for len(body) > 0 {
		n := min(len(body), bodyRate)
		if _, err := io.WriteString(conn, body[:n]); err != nil {
			t.Fatal(err)
		}
		body = body[n:]
		<-tick.C
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, " 201 ") {
		t.Errorf("%q %v", line, err)
	}
}

// Answers to whoever does not read them are given up; streams that are silent for long are not.
func TestWhoDoesNotReadIsGivenUpAndWhoWaitsIsNot(t *testing.T) {
	t.Parallel()
	st, _ := limited(t)
	st.server.limits.answerTime = 300 * time.Millisecond
	gaveUp := make(chan error, 1)
	st.server.mux.HandleFunc("GET /api/v1/test/flood", func(w http.ResponseWriter, r *http.Request) {
		var err error
		for part := make([]byte, 1<<20); err == nil; _, err = w.Write(part) {
		}
		gaveUp <- err
	})
	st.server.mux.HandleFunc("GET /api/v1/test/silent", func(w http.ResponseWriter, r *http.Request) {
		out := startStream(w)
		out.comment("begun")
		silence := time.NewTimer(3 * st.server.limits.answerTime)
		defer silence.Stop()
		select {
		case <-silence.C:
		case <-r.Context().Done():
		}
		out.comment("ended")
	})
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			web := httptest.NewUnstartedServer(st.server)
			web.EnableHTTP2 = proto == "HTTP/2.0"
			web.StartTLS()
			defer web.Close()
			ask := func(path string) *http.Response {
				ctx, cancel := context.WithTimeout(t.Context(), 2*soon) // it must not be what ends the answer
				t.Cleanup(cancel)
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, web.URL+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Authorization", "Bearer "+st.people["owner"].token)
				resp, err := web.Client().Do(r)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { resp.Body.Close() })
				if resp.StatusCode != 200 || resp.Proto != proto {
					t.Fatalf("%s: %d over %s", path, resp.StatusCode, resp.Proto)
				}
				return resp
			}
			body, err := io.ReadAll(ask("/api/v1/test/silent").Body)
			if err != nil || string(body) != ": begun\n\n: ended\n\n" {
				t.Errorf("a silent stream: %q %v", body, err)
			}
			ask("/api/v1/test/flood")
			select {
			case err := <-gaveUp:
				if err == nil {
					t.Error("it ended without an error")
				}
			case <-time.After(soon):
				t.Error("who does not read holds on to the answer")
			}
		})
	}
}

func TestOfManyAtOnceAsManyAreMadeAsAUserMayHave(t *testing.T) {
	st, _ := limited(t)
	st.server.limits.acts["create-workspace"] = actLimit{metrics.LimitCreate, ratelimit.New(time.Nanosecond, 1000)}
	st.server.limits.callers = ratelimit.New(time.Nanosecond, 1000)
	var made, refused atomic.Int64
	var asking sync.WaitGroup
	for range 200 {
		asking.Go(func() {
			switch got := st.ask("stranger", "POST", "/api/v1/workspaces", `{"name":"n","start":false}`); {
			case got.status == 201:
				made.Add(1)
			case got.status == 403 && got.code() == "quota_exceeded":
				refused.Add(1)
			default:
				t.Errorf("%d %s", got.status, got.text)
			}
		})
	}
	asking.Wait()
	if made.Load() != 5 || refused.Load() != 195 {
		t.Errorf("%d made, %d refused; 5 are allowed", made.Load(), refused.Load())
	}
}
