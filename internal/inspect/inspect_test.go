package inspect_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/internal/inspect"
	"github.com/kalpana-dev/kalpana/internal/redact"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that stands until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

var here = inspect.Target{Workspace: "w1", Port: 3000}

func newInspector() (*inspect.Inspector, *clock) {
	c := &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	return inspect.New(c.Now), c
}

// pass lets one request pass; it reports whether it was recorded.
func pass(in *inspect.Inspector, t inspect.Target, path string, body []byte) bool {
	r := in.Begin(t, func() inspect.Request { return inspect.Request{Method: "POST", Path: path, Length: int64(len(body))} })
	if r == nil {
		return false
	}
	r.Sent(body)
	r.Answered(200, []inspect.Header{{"Content-Type", "text/plain"}}, false)
	r.Received(body)
	r.End(200)
	return true
}

func paths(all []inspect.Summary) string {
	var out []string
	for _, s := range all {
		out = append(out, s.Path)
	}
	return strings.Join(out, " ")
}

func TestRequestsAreRecordedForAMinuteAfterALook(t *testing.T) {
	in, c := newInspector()
	if in.Active() || pass(in, here, "/0", nil) {
		t.Error("recorded before anybody looked")
	}
	in.List(here)
	if !in.Active() || !pass(in, here, "/1", nil) {
		t.Error("not recorded")
	}
	if pass(in, inspect.Target{Workspace: "w2", Port: 3000}, "/x", nil) || pass(in, inspect.Target{Workspace: "w1", Port: 3001}, "/x", nil) {
		t.Error("recorded at another port")
	}
	c.move(59 * time.Second)
	if !pass(in, here, "/2", nil) {
		t.Error("not recorded within the minute")
	}
	c.move(time.Second)
	if pass(in, here, "/3", nil) {
		t.Error("recorded after the minute")
	}
	c.move(8 * time.Minute)
	if got := paths(in.List(here)); got != "/2 /1" {
		t.Errorf("nine minutes later: %q", got)
	}
	c.move(10 * time.Minute)
	if got := paths(in.List(here)); got != "" {
		t.Errorf("ten minutes after the last look: %q", got)
	}
}

func TestAFollowerKeepsRecordingGoing(t *testing.T) {
	in, c := newInspector()
	coming, leave := in.Follow(here)
	c.move(time.Hour)
	in.List(inspect.Target{Workspace: "w9", Port: 1}) // time is looked at
	if !pass(in, here, "/1", nil) {
		t.Fatal("not recorded")
	}
	if s := <-coming; s.Path != "/1" || s.Status != 200 {
		t.Errorf("%+v", s)
	}
	leave()
	c.move(59 * time.Second)
	if !pass(in, here, "/2", nil) {
		t.Error("not recorded within a minute of the last look")
	}
	select {
	case s := <-coming:
		t.Errorf("told after leaving: %+v", s)
	default:
	}
}

func TestASlowFollowerIsCutOff(t *testing.T) {
	in, _ := newInspector()
	coming, leave := in.Follow(here)
	defer leave()
	for range 1000 {
		pass(in, here, "/", nil)
	}
	n := 0
	for range coming { // ends, for it was closed
		n++
	}
	if n == 0 || n == 1000 {
		t.Errorf("%d were told", n)
	}
}

func TestNoWorkspaceIsFollowedByTooMany(t *testing.T) {
	in, _ := newInspector()
	var last func()
	n := 0
	for port := 1024; n < 1000; n++ {
		coming, leave := in.Follow(inspect.Target{Workspace: here.Workspace, Port: port + n})
		if coming == nil {
			break
		}
		last = leave
	}
	if n < 32 || n == 1000 {
		t.Fatalf("%d follow", n)
	}
	if coming, _ := in.Follow(inspect.Target{Workspace: "another", Port: here.Port}); coming == nil {
		t.Error("another workspace cannot be followed")
	}
	last()
	if coming, _ := in.Follow(here); coming == nil {
		t.Error("nobody can take the place of one who left")
	}
}

func TestTimeIsLookedAtWithoutAnybody(t *testing.T) {
	in, c := newInspector()
	in.List(here)
	c.move(time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	running := make(chan struct{})
	go func() { in.Run(ctx); close(running) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for in.Active() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("still active")
		}
	}
	cancel()
	<-running
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	in, _ := newInspector()
	in.List(here)
	first := in.Begin(here, func() inspect.Request { return inspect.Request{Method: "GET", Path: "/first", Length: -1} })
	for i := range 2 * inspect.MaxKept {
		pass(in, here, fmt.Sprint("/", i), bytes.Repeat([]byte("x"), 100<<10))
	}
	all := in.List(here)
	if len(all) != inspect.MaxKept || all[0].Path != fmt.Sprint("/", 2*inspect.MaxKept-1) {
		t.Errorf("%d are kept, the last is %s", len(all), all[0].Path)
	}
	for _, s := range all {
		x, ok := in.Get(here, s.ID)
		if !ok || len(x.RequestBody.Data) != inspect.MaxBody || len(x.ResponseBody.Data) != inspect.MaxBody || x.RequestBody.Bytes != 100<<10 || x.RequestBody.Whole || x.ResponseBody.Whole {
			t.Fatalf("%+v", x.Summary)
		}
	}
	// One that is under way still when it is let go of takes no more.
	first.Sent([]byte("x"))
	first.Answered(200, nil, true)
	first.Received([]byte("x"))
	first.End(200)
	if _, kept := first.Snapshot(); kept || len(in.List(here)) != inspect.MaxKept {
		t.Error("it is kept")
	}
	// Headers and paths are cut, and then the request cannot be sent again.
	for name, q := range map[string]inspect.Request{
		"path":    {Method: "GET", Path: "/" + strings.Repeat("x", 100<<10)},
		"headers": {Method: "GET", Path: "/", Headers: []inspect.Header{{"A", "1"}, {"B", strings.Repeat("x", 100<<10)}}},
	} {
		r := in.Begin(here, func() inspect.Request { return q })
		r.End(200)
		x, _ := r.Snapshot()
		if len(x.Path)+len(x.RequestHeaders)*100 > 10<<10 || x.Repeatable() != inspect.ErrNotKept {
			t.Errorf("%s: %v", name, x.Repeatable())
		}
	}
}

func TestAllPortsTogetherAreBounded(t *testing.T) {
	in, c := newInspector()
	body := bytes.Repeat([]byte("x"), inspect.MaxBody)
	port := func(i int) inspect.Target { return inspect.Target{Workspace: fmt.Sprint("w", i), Port: 2000} }
	const ports = 40 // of 3.4 MiB each: more than is kept of all together
	for i := range ports {
		in.List(port(i))
		c.move(time.Second)
		for range inspect.MaxKept {
			if !pass(in, port(i), "/", body) {
				t.Fatal("not recorded")
			}
		}
	}
	bytesKept, full := 0, 0
	for i := range ports {
		n := len(in.List(port(i)))
		bytesKept += n * 2 * inspect.MaxBody
		if n == inspect.MaxKept {
			full++
		}
		if i == 0 && n != 0 {
			t.Error("the port at which nobody has looked for longest has kept its requests")
		}
	}
	if bytesKept > 64<<20 || bytesKept < 32<<20 || full < 10 {
		t.Errorf("%d MiB of bodies are kept, %d ports have all", bytesKept>>20, full)
	}
	// People look at any number of ports, but not at once.
	for i := range 1100 {
		in.List(port(i))
		c.move(time.Millisecond)
	}
	if pass(in, port(0), "/", nil) || !pass(in, port(1099), "/", nil) {
		t.Error("the number of ports is not bounded")
	}
}

func TestOneWorkspaceLeavesRoomForOthers(t *testing.T) {
	in, c := newInspector()
	body := bytes.Repeat([]byte("x"), inspect.MaxBody)
	in.List(here)
	pass(in, here, "/", body)
	greedy := func(i int) inspect.Target { return inspect.Target{Workspace: "greedy", Port: 2000 + i} }
	for i := range 30 {
		in.List(greedy(i))
		c.move(time.Second)
		for range inspect.MaxKept {
			pass(in, greedy(i), "/", body)
		}
	}
	kept := 0
	for i := range 30 {
		kept += len(in.List(greedy(i))) * 2 * inspect.MaxBody
	}
	if kept > 16<<20 || kept < 8<<20 {
		t.Errorf("%d MiB are kept of one workspace", kept>>20)
	}
	if got := len(in.List(here)); got != 1 {
		t.Error("another workspace's requests had to go")
	}
	for i := range 100 {
		in.List(greedy(i))
		c.move(time.Millisecond)
	}
	if pass(in, greedy(0), "/", nil) || !pass(in, greedy(99), "/", nil) || !pass(in, here, "/", nil) {
		t.Error("the number of ports of one workspace is not bounded, or it is at the cost of others")
	}
}

func TestWhetherABodyIsWhole(t *testing.T) {
	big := bytes.Repeat([]byte("x"), inspect.MaxBody)
	for _, c := range []struct {
		name   string
		length int64
		parts  [][]byte
		end    bool
		want   error
	}{
		{"none", 0, nil, false, nil},
		{"length known", 3, [][]byte{[]byte("a"), []byte("bc")}, false, nil},
		{"length known, cut short", 3, [][]byte{[]byte("ab")}, false, inspect.ErrNotKept},
		{"length unknown, ended", -1, [][]byte{[]byte("ab")}, true, nil},
		{"length unknown, not ended", -1, [][]byte{[]byte("ab")}, false, inspect.ErrNotKept},
		{"just as much as is kept", int64(len(big)), [][]byte{big}, true, nil},
		{"just as much, length unknown", -1, [][]byte{big}, true, nil},
		{"one byte more", int64(len(big)) + 1, [][]byte{big, []byte("x")}, true, inspect.ErrNotKept},
		{"one byte more, length unknown", -1, [][]byte{big, []byte("x")}, true, inspect.ErrNotKept},
	} {
		in, _ := newInspector()
		in.List(here)
		r := in.Begin(here, func() inspect.Request { return inspect.Request{Method: "POST", Path: "/", Length: c.length} })
		for _, p := range c.parts {
			r.Sent(p)
		}
		if c.end {
			r.SentAll()
		}
		r.End(200)
		x, _ := in.Get(here, in.List(here)[0].ID)
		if got := x.Repeatable(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func packed(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return b.Bytes()
}

func TestWhatPeopleAreShown(t *testing.T) {
	token := "gh" + "p_a8Kd02mXq7Zt5Rw1Vb9Ln3Hs6Jy4Gf0Pc8Ue"
	x := inspect.Exchange{
		Summary: inspect.Summary{Path: "/a?key=" + token},
		RequestHeaders: []inspect.Header{
			{"Cookie", "sid=one; theme=two=three"}, {"Cookie", "nameless"}, {"Authorization", "Bearer abc"}, {"Authorization", "abc"}, {"X-Api-Key", "abc"},
			{"X-Csrf-Token", "abc"}, {"X-Other", "plain"}, {"Referer", "https://x/?t=" + token},
		},
		ResponseHeaders: []inspect.Header{{"Set-Cookie", "sid=one; Path=/; HttpOnly"}, {"set-cookie", "sid=one"}, {"Content-Encoding", "gzip"}},
		RequestBody:     inspect.Body{Data: []byte("say " + token), Bytes: 100},
		ResponseBody:    inspect.Body{Data: packed("hello " + token), Bytes: int64(len(packed("hello " + token)))},
	}
	s := x.Shown(redact.New(nil))
	want := "[[Cookie sid=[redacted]; theme=[redacted]] [Cookie =[redacted]] [Authorization Bearer [redacted]] [Authorization [redacted]] [X-Api-Key [redacted]] " +
		"[X-Csrf-Token [redacted]] [X-Other plain] [Referer https://x/?t=[redacted: github token]]]"
	if got := fmt.Sprint(s.RequestHeaders); got != want {
		t.Errorf("%s", got)
	}
	if got := fmt.Sprint(s.ResponseHeaders); got != "[[Set-Cookie sid=[redacted]; Path=/; HttpOnly] [set-cookie sid=[redacted]] [Content-Encoding gzip]]" {
		t.Errorf("%s", got)
	}
	if s.Path != "/a?key=[redacted: github token]" || s.RequestBody.Text != "say [redacted: github token]" || !s.RequestBody.Truncated || s.RequestBody.Decoded {
		t.Errorf("%+v", s)
	}
	if b := s.ResponseBody; b.Text != "hello [redacted: github token]" || !b.Decoded || b.Truncated || b.Base64 != "" {
		t.Errorf("%+v", b)
	}
	half := inspect.Exchange{RequestBody: inspect.Body{Data: []byte("say " + token[:20]), Bytes: 100}}
	if got := half.Shown(redact.New([]string{token})).RequestBody.Text; got != "say " {
		t.Errorf("of a secret that was cut %q is shown", got)
	}
	if x.RequestHeaders[0][1] != "sid=one; theme=two=three" {
		t.Error("what is kept was changed")
	}
}

func TestBodiesAreShownAsTextWhereTheyAreSome(t *testing.T) {
	gzipped := []inspect.Header{{"Content-Encoding", "GZIP"}}
	var count strings.Builder
	for i := range 20_000 {
		fmt.Fprint(&count, i, " ")
	}
	numbers := packed(count.String())
	bomb := packed(strings.Repeat("0", 1<<20))
	for _, c := range []struct {
		name    string
		data    []byte
		bytes   int64
		headers []inspect.Header
		text    string
		binary  bool
		cut     bool
	}{
		{"none", nil, 0, nil, "", false, false},
		{"text", []byte("häl\tlo\r\n"), 9, nil, "häl\tlo\r\n", false, false},
		{"cut in a character", []byte("=\xc3"), 3, nil, "=", false, true},
		{"cut in a longer one", []byte("=\xf0\x9f\x98"), 5, nil, "=", false, true},
		{"no text", []byte("h\xc3"), 2, nil, "", true, false},
		{"a control character", []byte("h\x00"), 2, nil, "", true, false},
		{"half of something packed", numbers[:len(numbers)/2], int64(len(numbers)), gzipped, "", false, true},
		{"packed no text", packed("\x00\x01"), 26, gzipped, "", true, false},
		{"not packed at all", []byte("plain"), 5, gzipped, "plain", false, false},
		{"packed twice", packed("x"), 25, []inspect.Header{{"Content-Encoding", "gzip"}, {"Content-Encoding", "br"}}, "", true, false},
		{"packed very tightly", bomb, int64(len(bomb)), gzipped, strings.Repeat("0", 64<<10), false, true},
	} {
		x := inspect.Exchange{ResponseHeaders: c.headers, ResponseBody: inspect.Body{Data: c.data, Bytes: c.bytes}}
		b := x.Shown(redact.New(nil)).ResponseBody
		if c.name == "half of something packed" && strings.HasPrefix(b.Text, "0 1 2 ") {
			c.text = b.Text // as much as can be told
		}
		if b.Text != c.text || (b.Base64 != "") != c.binary || b.Truncated != c.cut || b.Bytes != c.bytes {
			t.Errorf("%s: %.100q %q truncated %v", c.name, b.Text, b.Base64, b.Truncated)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	in, c := newInspector()
	in.List(here)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 500 {
				pass(in, here, fmt.Sprint("/", i), []byte("body"))
				c.move(time.Millisecond)
			}
		})
		all.Go(func() {
			for range 50 {
				coming, leave := in.Follow(here)
				for _, s := range in.List(here) {
					in.Get(here, s.ID)
				}
				leave()
				_ = coming
			}
		})
	}
	all.Wait()
	if got := len(in.List(here)); got != inspect.MaxKept {
		t.Errorf("%d are kept", got)
	}
}

func FuzzShown(f *testing.F) {
	f.Add("/a?b", "Cookie", "a=b; c", []byte("body"), true)
	f.Add("/", "Set-Cookie", ";=;", packed("text"), true)
	f.Add("//", "Authorization", " Basic  x", []byte{0xff, 0xc3}, false)
	f.Fuzz(func(t *testing.T, path, name, value string, body []byte, gzip bool) {
		x := inspect.Exchange{Summary: inspect.Summary{Path: path}, RequestHeaders: []inspect.Header{{name, value}}, RequestBody: inspect.Body{Data: body, Bytes: int64(len(body))}}
		if gzip {
			x.RequestHeaders = append(x.RequestHeaders, inspect.Header{"Content-Encoding", "gzip"})
		}
		s := x.Shown(redact.New(nil))
		if len(s.RequestHeaders) != len(x.RequestHeaders) || s.RequestBody.Text != "" && s.RequestBody.Base64 != "" {
			t.Errorf("%+v", s)
		}
		if strings.EqualFold(name, "authorization") && len(value) > 40 && !strings.Contains(value, " ") && strings.Contains(s.RequestHeaders[0][1], value) {
			t.Errorf("%q is shown", value)
		}
	})
}
