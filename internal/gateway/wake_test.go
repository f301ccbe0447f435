package gateway

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// sleeper is what starts and resumes the workspace of a rig: at once, or as soon as gate
// is closed.
type sleeper struct {
	r               *rig
	starts, resumes atomic.Int64
	gate            chan struct{}

	mu      sync.Mutex
	version int64
	err     error
	woken   []Wake
}

// newSleeper returns a rig whose workspace can sleep; it runs at first.
func newSleeper(t *testing.T, change func(*Options)) (*rig, *sleeper) {
	s := &sleeper{version: 1000}
	r := newRig(t, func(o *Options) {
		o.Starter, o.Resume, o.WakeOnVisit, o.Woken = s, s.resume, true, s.told
		if change != nil {
			change(o)
		}
	}, nil)
	s.r = r
	return r, s
}

func (s *sleeper) is(status workspace.Status, paused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	w := workspace.Workspace{
		ID: testID, OwnerID: owner, Name: "My workspace", Status: status, Paused: paused, Version: s.version, Epoch: 1, Shares: s.r.shares, Ports: s.r.settings,
	}
	if status == workspace.StatusRunning {
		w.VSCodePort, w.AgentPort = s.r.up.port, s.r.up.port
	}
	s.r.gw.Announce(w)
}

func (s *sleeper) act(ctx context.Context, n *atomic.Int64, status workspace.Status) error {
	n.Add(1)
	if s.gate != nil {
		select {
		case <-s.gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.mu.Lock()
	err := s.err
	s.mu.Unlock()
	if err == nil {
		s.is(status, false)
	}
	return err
}

func (s *sleeper) Start(ctx context.Context, _ string) error {
	return s.act(ctx, &s.starts, workspace.StatusStarting)
}

func (s *sleeper) resume(ctx context.Context, _ string) error {
	return s.act(ctx, &s.resumes, workspace.StatusRunning)
}

func (s *sleeper) StartLog(string) []string { return []string{"ports leased"} }

func (s *sleeper) told(w Wake) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.woken = append(s.woken, w)
}

func (s *sleeper) tale() []Wake {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Wake(nil), s.woken...)
}

// forget makes the gateway forget what it ordered last, as a second does.
func (s *sleeper) forget() {
	w := &s.r.gw.routes.lookup(testID).usage.wakes
	w.mu.Lock()
	w.latest = nil
	w.mu.Unlock()
}

func (s *sleeper) fail(err error) {
	s.mu.Lock()
	s.err = err
	s.mu.Unlock()
}

// opens are the headers of somebody who opens a page; those below are not.
var opens = map[string][]string{
	"an old browser":             {page},
	"the address bar":            {page, "Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-User: ?1"},
	"the address bar of Safari":  {page, "Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"},
	"a link in the dashboard":    {page, "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-User: ?1"},
	"a link elsewhere":           {page, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-User: ?1", "Referer: https://chat.example/"},
	"reload":                     {page, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-User: ?1"},
	"a browser with a long name": {page, "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"},
}

var opensNot = map[string][]string{
	"a page that loads itself again": {page, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"},
	"a sibling's script":             {page, "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"},
	"another site's script":          {page, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"},
	"a frame":                        {page, "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe", "Sec-Fetch-User: ?1"},
	"a prefetch":                     {page, "Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Purpose: prefetch"},
	"a prerendering":                 {page, "Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-User: ?1", "Sec-Purpose: prefetch;prerender"},
	"an old prefetch":                {page, "Purpose: prefetch"},
	"Firefox's prefetch":             {page, "X-Moz: prefetch"},
	"Safari's preview":               {page, "X-Purpose: preview"},
	"a search engine":                {page, "User-Agent: Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
	"a chat's preview of links":      {page, "User-Agent: Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5"},
	"another":                        {page, "User-Agent: facebookexternalhit/1.1"},
	"a fetch":                        {"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"},
	"a fetch that wants a page":      {page, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"},
	"an image":                       {"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"},
	"a program":                      {"Accept: */*"},
}

func TestWhoeverOpensAPageStartsTheWorkspace(t *testing.T) {
	r, s := newSleeper(t, nil)
	good := "Cookie: " + r.cookie(testID, owner)
	for name, headers := range opens {
		for _, status := range []workspace.Status{workspace.StatusStopped, workspace.StatusStopping} {
			s.is(status, false)
			s.forget()
			before := s.starts.Load()
			got := r.get(r.origin(testID)+"//x%2fy?b=2&a=%31", append([]string{good}, headers...)...)
			if n := s.starts.Load() - before; n != 1 || got.status != 503 || !strings.Contains(got.body, "The workspace is starting") || !strings.Contains(got.body, `data-poll="starting"`) || !strings.Contains(got.body, "ports leased") {
				t.Errorf("%s, %s: %d starts, %d %s", name, status, n, got.status, got.body)
			}
		}
	}
	for name, headers := range opensNot {
		s.is(workspace.StatusStopped, false)
		s.forget()
		before := s.starts.Load()
		got := r.get(r.origin(testID)+"/", append([]string{good}, headers...)...)
		if n := s.starts.Load() - before; n != 0 || got.status != 503 {
			t.Errorf("%s: %d starts, %d", name, n, got.status)
		}
		if isPage := strings.Contains(got.body, "Start workspace"); isPage != (headers[0] == page && !strings.Contains(name, "fetch that")) {
			t.Errorf("%s: the page with the button: %v", name, isPage)
		}
	}
	tale := s.tale()
	if w := tale[0]; int64(len(tale)) != s.starts.Load() || w.UserID != owner || w.WorkspaceID != testID || w.Address != "127.0.0.1" || w.Err != nil || w.Resumed || w.Button {
		t.Errorf("told: %d, %+v", len(tale), w)
	}
}

func TestWhatNeverStartsAWorkspace(t *testing.T) {
	const friend, viewer, app = "user-friend", "user-viewer", 3000
	r, s := newSleeper(t, nil)
	r.shares = []workspace.Share{{UserID: friend, Right: workspace.RightUse}, {UserID: viewer, Right: workspace.RightView}}
	r.settings = []workspace.PortSetting{{Port: app, Visibility: workspace.VisiblePublic}, {Port: 4000, Visibility: workspace.VisibleUsers}}
	editor, bridge := Address{Kind: Editor, ID: testID}, r.agentHost(testID)
	own := "Origin: " + r.origin(testID)
	for _, c := range []struct {
		name, method, url string
		headers           []string
		starts            int64
	}{
		{"the owner, at a port", "GET", r.originAt(at(app)), []string{page, "Cookie: " + r.cookieAt(at(app), owner)}, 1},
		{"a friend, at a port", "GET", r.originAt(at(5000)), []string{page, "Cookie: " + r.cookieAt(at(5000), friend)}, 1},
		{"a friend who may not open the editor", "GET", r.originAt(editor), []string{page, "Cookie: " + r.cookieAt(editor, friend)}, 0},
		{"somebody who may only look", "GET", r.originAt(at(4000)), []string{page, "Cookie: " + r.cookieAt(at(4000), viewer)}, 0},
		{"a stranger", "GET", r.originAt(editor), []string{page, "Cookie: " + r.cookieAt(editor, stranger)}, 0},
		{"a stranger at a port for all users", "GET", r.originAt(at(4000)), []string{page, "Cookie: " + r.cookieAt(at(4000), stranger)}, 0},
		{"nobody at a public port", "GET", r.originAt(at(app)), []string{page}, 0},
		{"nobody", "GET", r.originAt(editor), []string{page}, 0},
		{"a token", "GET", r.originAt(editor), []string{page, "Authorization: Bearer " + ownerToken}, 0},
		{"a token and a cookie", "GET", r.originAt(editor), []string{page, "Authorization: Bearer " + ownerToken, "Cookie: " + r.cookie(testID, owner)}, 0},
		{"a program at the bridge", "GET", "https://" + bridge, []string{page, "Authorization: Bearer " + ownerToken}, 0},
		{"HEAD", "HEAD", r.originAt(editor), []string{page, "Cookie: " + r.cookie(testID, owner)}, 0},
		{"a form", "POST", r.originAt(editor), []string{page, "Cookie: " + r.cookie(testID, owner), own}, 0},
		{"a preflight", "OPTIONS", r.originAt(at(app)), []string{page, "Origin: " + r.originAt(at(4000)), "Access-Control-Request-Method: GET", "Cookie: " + r.cookieAt(at(app), owner)}, 0},
		{"the status", "GET", r.originAt(editor) + "/.kalpana/status", []string{page, "Cookie: " + r.cookie(testID, owner)}, 0},
		{"a handshake", "GET", r.originAt(editor), []string{page, "Connection: Upgrade", "Upgrade: websocket", own, "Cookie: " + r.cookie(testID, owner)}, 0},
	} {
		s.is(workspace.StatusStopped, false)
		s.forget()
		before := s.starts.Load()
		got := r.do(r.h1, r.request(c.method, c.url, nil, c.headers...))
		if n := s.starts.Load() - before; n != c.starts {
			t.Errorf("%s: %d starts, want %d (%d)", c.name, n, c.starts, got.status)
		}
	}
	for _, status := range []workspace.Status{workspace.StatusError, workspace.StatusStarting} {
		s.is(status, false)
		before := s.starts.Load()
		r.get(r.origin(testID)+"/", page, "Cookie: "+r.cookie(testID, owner))
		if s.starts.Load() != before {
			t.Errorf("%s: started", status)
		}
	}
	t.Run("switched off", func(t *testing.T) {
		r, s := newSleeper(t, func(o *Options) { o.WakeOnVisit = false })
		s.is(workspace.StatusStopped, false)
		if got := r.get(r.origin(testID)+"/", page, "Cookie: "+r.cookie(testID, owner)); s.starts.Load() != 0 || !strings.Contains(got.body, "Start workspace") {
			t.Errorf("%d starts, %s", s.starts.Load(), got.body)
		}
	})
}

func TestManyVisitsAreOneStart(t *testing.T) {
	const visits = 400
	r, s := newSleeper(t, nil)
	s.gate = make(chan struct{})
	s.is(workspace.StatusStopped, false)
	good := "Cookie: " + r.cookie(testID, owner)
	// The first one leaves again; the others are started for all the same.
	ctx, leave := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		resp, err := r.h2.Do(r.request("GET", r.origin(testID)+"/", nil, good, page).WithContext(ctx))
		if err == nil {
			resp.Body.Close()
		}
		first <- err
	}()
	eventually(t, "an order", func() bool { return s.starts.Load() == 1 })
	leave()
	if err := <-first; err == nil {
		t.Error("the first visitor got an answer before the order was taken")
	}
	// On the same connection: when this is answered, the server knows that the visitor left.
	r.do(r.h2, r.request("GET", r.origin(testID)+reservedPrefix+"page.css", nil))
	var all sync.WaitGroup
	var shown atomic.Int64
	for range visits {
		all.Go(func() {
			if got := r.do(r.h2, r.request("GET", r.origin(testID)+"/", nil, good, page)); got.status == 503 && strings.Contains(got.body, "The workspace is starting") {
				shown.Add(1)
			}
		})
	}
	<-time.After(300 * time.Millisecond) // most have come by then
	close(s.gate)
	all.Wait()
	if n := s.starts.Load(); n != 1 || shown.Load() != visits {
		t.Errorf("%d starts, %d pages", n, shown.Load())
	}
}

func TestAStartThatIsRefusedIsExplained(t *testing.T) {
	r, s := newSleeper(t, nil)
	s.is(workspace.StatusStopped, false)
	s.fail(errors.New("the database is away"))
	good := "Cookie: " + r.cookie(testID, owner)
	for range 3 {
		got := r.get(r.origin(testID)+"/", good, page)
		if got.status != 503 || !strings.Contains(got.body, "The order was not taken: the database is away") || !strings.Contains(got.body, "Start workspace") {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	if n := s.starts.Load(); n != 1 {
		t.Errorf("asked %d times within a second", n)
	}
	s.fail(nil)
	eventually(t, "another order", func() bool {
		return strings.Contains(r.get(r.origin(testID)+"/", good, page).body, "The workspace is starting")
	})
	if tale := s.tale(); len(tale) != 2 || tale[0].Err == nil || tale[1].Err != nil {
		t.Errorf("told: %+v", tale)
	}
}

func TestAPausedWorkspaceGoesOnForWhoComes(t *testing.T) {
	r, s := newSleeper(t, nil)
	good := "Cookie: " + r.cookie(testID, owner)
	token := "Authorization: Bearer " + ownerToken
	for name, headers := range opens {
		s.is(workspace.StatusRunning, true)
		before := s.resumes.Load()
		if got := r.get(r.origin(testID)+"//x%2fy?b=2&a=%31", append([]string{good}, headers...)...); s.resumes.Load() != before+1 || got.status != 200 || got.body != workbench {
			t.Errorf("%s: %d %.100s", name, got.status, got.body)
		}
		if seen := r.up.seen(); seen.RequestURI != "//x%2fy?b=2&a=%31" {
			t.Errorf("%s: arrived as %s", name, seen.RequestURI)
		}
	}
	for name, headers := range opensNot {
		s.is(workspace.StatusRunning, true)
		before, reached := s.resumes.Load(), r.up.count.Load()
		got := r.get(r.origin(testID)+"/", append([]string{good}, headers...)...)
		if s.resumes.Load() != before || r.up.count.Load() != reached || got.status != 503 || !strings.Contains(got.body, "workspace_paused") && !strings.Contains(got.body, "The workspace is paused") {
			t.Errorf("%s: %d %.300s", name, got.status, got.body)
		}
		if headers[0] == page && name != "a fetch that wants a page" && (!strings.Contains(got.body, "Resume workspace") || !strings.Contains(got.body, `data-poll="paused"`)) {
			t.Errorf("%s: %s", name, got.body)
		}
	}
	s.is(workspace.StatusRunning, true)
	before := s.resumes.Load()
	if _, resp, err := r.dial(r.origin(testID)+"/", good, "Origin: "+r.origin(testID)); err == nil || resp == nil || resp.StatusCode != 503 || s.resumes.Load() != before {
		t.Errorf("an editor's socket: %v %v", resp, err)
	}
	if got := r.get(r.origin(testID)+"/.kalpana/status", good); !strings.Contains(got.body, `"status":"RUNNING"`) || !strings.Contains(got.body, `"paused":true`) || !strings.Contains(got.body, `"ready":false`) || s.resumes.Load() != before {
		t.Errorf("status: %s", got.body)
	}
	if got := r.get("https://"+r.agentHost(testID)+"/", token); got.status != 200 || s.resumes.Load() != before+1 {
		t.Errorf("a program with a token: %d", got.status)
	}
	s.is(workspace.StatusRunning, true)
	if _, resp, err := r.dial("https://"+r.agentHost(testID)+"/", token); resp == nil || resp.StatusCode == 503 || s.resumes.Load() != before+2 {
		t.Errorf("a program's socket: %v %v", resp, err)
	}
	s.is(workspace.StatusRunning, true)
	if got := r.get(r.origin(testID)+"/", page, "Cookie: "+r.cookie(testID, stranger)); got.status != 404 || s.resumes.Load() != before+2 {
		t.Errorf("a stranger: %d", got.status)
	}
	r.settings = []workspace.PortSetting{{Port: 4000, Visibility: workspace.VisibleUsers}}
	s.is(workspace.StatusRunning, true)
	got := r.get(r.originAt(at(4000))+"/", page, "Cookie: "+r.cookieAt(at(4000), stranger))
	if got.status != 503 || !strings.Contains(got.body, "Only its owner") || strings.Contains(got.body, "My workspace") || s.resumes.Load() != before+2 {
		t.Errorf("a guest: %d %s", got.status, got.body)
	}
	got = r.do(r.h2, r.request("POST", r.origin(testID)+"/.kalpana/start?path=", nil, good, "Origin: "+r.origin(testID), page))
	if got.status != 303 || s.starts.Load() != 1 {
		t.Errorf("the button: %d", got.status)
	}
}

func TestManyVisitsAreOneResumption(t *testing.T) {
	r, s := newSleeper(t, nil)
	s.gate = make(chan struct{})
	s.is(workspace.StatusRunning, true)
	good := "Cookie: " + r.cookie(testID, owner)
	var all sync.WaitGroup
	var right atomic.Int64
	for range 100 {
		all.Go(func() {
			if got := r.do(r.h2, r.request("GET", r.origin(testID)+"/", nil, good, page)); got.status == 200 && got.body == workbench {
				right.Add(1)
			}
		})
	}
	eventually(t, "a resumption", func() bool { return s.resumes.Load() == 1 })
	close(s.gate)
	all.Wait()
	if s.resumes.Load() != 1 || right.Load() != 100 {
		t.Errorf("%d resumptions, %d right answers", s.resumes.Load(), right.Load())
	}
	s.fail(errors.New("no answer from the engine"))
	s.is(workspace.StatusRunning, true)
	if got := r.get(r.origin(testID)+"/", good, page); got.status != 503 || !strings.Contains(got.body, "Resume workspace") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// A pause cuts nobody off: what is open stands still, and goes on.
func TestOpenSocketsOutliveAPause(t *testing.T) {
	r, s := newSleeper(t, nil)
	slow := make(chan struct{})
	echo := newUpstreamServer(t, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/slow" {
			<-slow
			return
		}
		c, err := websocket.Accept(w, req, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			kind, data, err := c.Read(req.Context())
			if err != nil || c.Write(req.Context(), kind, data) != nil {
				return
			}
		}
	})
	t.Cleanup(echo.Close)
	release := sync.OnceFunc(func() { close(slow) })
	t.Cleanup(release)
	r.up.Close()
	r.up = echo
	s.is(workspace.StatusRunning, false)
	c := r.socket("/", "Cookie: "+r.cookie(testID, owner), "Origin: "+r.origin(testID))
	answer := make(chan int, 1)
	go func() { answer <- r.get(r.origin(testID)+"/slow", "Cookie: "+r.cookie(testID, owner)).status }()
	eventually(t, "both are under way", func() bool { return r.gw.Live() == 2 })
	for range 2 {
		s.is(workspace.StatusRunning, true)
		r.gw.Sweep()
		s.is(workspace.StatusRunning, false)
		r.gw.Sweep()
		if err := c.Write(t.Context(), websocket.MessageText, []byte("still here")); err != nil {
			t.Fatal(err)
		}
		if _, data, err := c.Read(t.Context()); err != nil || string(data) != "still here" {
			t.Fatalf("%q %v", data, err)
		}
	}
	release()
	if status := <-answer; status != 200 {
		t.Errorf("the request that was under way: %d", status)
	}
}

// Whatever is wrong with what listens, the service hears of it, and not too often.
func TestWhatDoesNotAnswerIsSuspected(t *testing.T) {
	var suspicions atomic.Int64
	r := newRig(t, func(o *Options) {
		o.Suspect = func(id string) {
			if id == testID {
				suspicions.Add(1)
			}
		}
	}, nil)
	good := "Cookie: " + r.cookie(testID, owner)
	if got := r.get(r.origin(testID)+"/", good); got.status != 200 || suspicions.Load() != 0 {
		t.Fatalf("%d, suspected %d times", got.status, suspicions.Load())
	}
	closed := reservePort(t).port
	for name, port := range map[string]int{
		"another program": newSquatter(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").port, "a program of another kind": newSquatter(t, "220 mail ready\r\n").port,
		"nobody": closed,
	} {
		r.up.port = port
		r.announce(testID, owner, workspace.StatusRunning, 1)
		before := suspicions.Load()
		r.skew.Add(int64(time.Minute))
		for range 10 {
			if got := r.get(r.origin(testID)+"/", good); got.status != 502 {
				t.Errorf("%s: %d", name, got.status)
			}
		}
		if n := suspicions.Load() - before; n < 1 || n > 5 {
			t.Errorf("%s: suspected %d times for ten requests", name, n)
		}
	}
	// Somebody who does not wait has found nothing out.
	r.up.port = newSquatter(t, "").port
	r.announce(testID, owner, workspace.StatusRunning, 1)
	r.skew.Add(int64(time.Minute))
	before := suspicions.Load()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if resp, err := r.h1.Do(r.request("GET", r.origin(testID)+"/", nil, good).WithContext(ctx)); err == nil {
		resp.Body.Close()
	}
	if suspicions.Load() != before {
		t.Error("suspected because a visitor left")
	}
}
