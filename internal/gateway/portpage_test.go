package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// status asks as the waiting page does.
func (r *portRig) status(a Address, headers ...string) (state struct {
	Status       workspace.Status
	StatusReason string
	Ready        bool
	Log          []string
}) {
	r.t.Helper()
	got := r.get(r.originAt(a)+"/.kalpana/status", headers...)
	if err := json.Unmarshal([]byte(got.body), &state); err != nil || got.status != 200 || state.Log == nil {
		r.t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	return state
}

func TestAPageWaitsForAProgramAndBecomesIt(t *testing.T) {
	r := newPortRig(t, nil, nil)
	later := reservePort(t)
	a := at(later.port)
	b := r.browser()
	b.login(owner)
	got := b.visit(r.originAt(a) + "/x?y")
	if got.status != 502 || got.header.Get("Retry-After") == "" {
		t.Errorf("%d, Retry-After %q", got.status, got.header.Get("Retry-After"))
	}
	for _, s := range []string{fmt.Sprintf("Nothing listens on port %d yet", later.port), fmt.Sprintf("--port %d", later.port), "My workspace", `data-poll="starting"`, "/.kalpana/page.js"} {
		if !strings.Contains(got.body, s) {
			t.Errorf("the page does not show %q:\n%s", s, got.body)
		}
	}
	if csp := got.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.HasSuffix(csp, "frame-ancestors 'self' "+r.gw.hosts.UIOrigin()+" "+r.origin(testID)) {
		t.Errorf("policy %q", csp)
	}
	good := "Cookie: " + r.cookieAt(a, owner)
	problem := r.get(r.originAt(a)+"/", good)
	if problem.status != 502 || !strings.Contains(problem.body, `"code":"port_closed"`) || problem.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("programs: %d %s", problem.status, problem.body)
	}
	if _, resp, err := r.dial(r.originAt(a)+"/", good, "Origin: "+r.originAt(a)); err == nil || resp.StatusCode != 502 {
		t.Errorf("sockets: %v", err)
	}
	cross := r.get(r.originAt(a)+"/", good, "Origin: "+r.originAt(at(3000)))
	if cross.status != 502 || cross.header.Get("Access-Control-Allow-Origin") == "" {
		t.Errorf("a sibling's page cannot tell: %v", cross)
	}
	if s := r.status(a, good); s.Ready || s.Status != workspace.StatusRunning {
		t.Errorf("%+v", s)
	}
	r.touches.Clear()
	r.status(a, good)
	if _, touched := r.touches.Load(testID); touched {
		t.Error("waiting counts as use")
	}
	later.serve(func(w http.ResponseWriter, req *http.Request) { fmt.Fprint(w, "here ", req.RequestURI) })
	if s := r.status(a, good); !s.Ready {
		t.Errorf("%+v", s)
	}
	if got := b.visit(r.originAt(a) + "/x?y"); got.status != 200 || got.body != "here /x?y" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestWhatGuestsSeeOfAPort(t *testing.T) {
	r := newPortRig(t, nil, nil)
	r.starter.log = []string{"secret log"}
	closed := reservePort(t).port
	a := at(closed)
	none := []string{"My workspace", "secret log", "image missing", "<form", "npm"}
	for _, v := range []workspace.Visibility{workspace.VisibleUsers, workspace.VisiblePublic} {
		r.share(workspace.PortSetting{Port: closed, Visibility: v})
		guest := []string{"Cookie: " + r.cookieAt(a, stranger)}
		if v == workspace.VisiblePublic {
			guest = nil
		}
		for _, s := range []workspace.Status{workspace.StatusRunning, workspace.StatusStopped, workspace.StatusStarting, workspace.StatusStopping, workspace.StatusError} {
			r.announce(testID, owner, s, 1)
			got := r.get(r.originAt(a)+"/", append([]string{page}, guest...)...)
			problem := r.get(r.originAt(a)+"/", guest...)
			for _, secret := range none {
				if strings.Contains(got.body, secret) || strings.Contains(problem.body, secret) {
					t.Errorf("%s, %s: %q is shown:\n%s\n%s", v, s, secret, got.body, problem.body)
				}
			}
			if got.status < 500 || problem.status != got.status || !strings.Contains(got.body, "data-poll=") {
				t.Errorf("%s, %s: %d %d %s", v, s, got.status, problem.status, got.body)
			}
			if state := r.status(a, guest...); state.Status != s || state.StatusReason != "" || len(state.Log) > 0 || state.Ready {
				t.Errorf("%s, %s: %+v", v, s, state)
			}
			want := 404
			if v == workspace.VisiblePublic {
				want = 401
			}
			if got := r.do(r.h1, r.request("POST", r.originAt(a)+"/.kalpana/start", nil, append([]string{"Origin: " + r.originAt(a)}, guest...)...)); got.status != want {
				t.Errorf("%s, %s: start by a guest: %d", v, s, got.status)
			}
		}
	}
	if r.starter.count() != 0 {
		t.Error("a guest started it")
	}
}

func TestWhatTheOwnerSeesOfAPortThatIsNotRunning(t *testing.T) {
	r := newPortRig(t, nil, nil)
	r.starter.log = []string{"ports leased (3 ms)"}
	for _, v := range []workspace.Visibility{workspace.VisibleOwner, workspace.VisibleUsers, workspace.VisiblePublic} {
		r.settings = []workspace.PortSetting{r.visible(v)}
		for _, c := range []struct {
			status workspace.Status
			http   int
			shows  []string
		}{
			{workspace.StatusStopped, 503, []string{"Start workspace", `action="/.kalpana/start?path=`, `data-poll="stopped"`}},
			{workspace.StatusStarting, 503, []string{"ports leased", fmt.Sprintf("Port %d opens here", r.app.port)}},
			{workspace.StatusStopping, 503, []string{"stopping"}},
			{workspace.StatusError, 502, []string{"image missing", "Start again"}},
		} {
			r.announce(testID, owner, c.status, 1)
			got := r.get(r.url("/x"), r.as(owner), page)
			for _, s := range append(c.shows, "My workspace") {
				if got.status != c.http || !strings.Contains(got.body, s) {
					t.Errorf("%s, %s: %d, the page does not show %q:\n%s", v, c.status, got.status, s, got.body)
				}
			}
		}
		r.announce(testID, owner, workspace.StatusStopped, 1)
		_, action, _ := strings.Cut(r.get(r.url("/x?b=2&a=1"), r.as(owner), page).body, `action="`)
		action, _, _ = strings.Cut(action, `"`)
		got := r.do(r.h2, r.request("POST", r.url(action), nil, r.as(owner), r.own(), page))
		if got.status != 303 || got.header.Get("Location") != r.url("/x?b=2&a=1") {
			t.Errorf("%s: start: %d %v", v, got.status, got.header)
		}
	}
	if r.starter.count() != 3 {
		t.Errorf("%d starts", r.starter.count())
	}
}

func TestAProgramThatSpeaksNoHTTP(t *testing.T) {
	port := rawProgram(t, "127.0.0.1:0", func(c *net.TCPConn) { io.WriteString(c, "SSH-2.0-x\r\n") })
	r := newPortRig(t, nil, nil)
	good := "Cookie: " + r.cookieAt(at(port), owner)
	got := r.get(r.originAt(at(port))+"/", good, page)
	if got.status != 502 || !strings.Contains(got.body, "does not speak HTTP") || strings.Contains(got.body, "data-poll") {
		t.Errorf("the page would reload for ever: %d %s", got.status, got.body)
	}
	if got := r.get(r.originAt(at(port))+"/", good); got.status != 502 || !strings.Contains(got.body, `"code":"bad_gateway"`) {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestABridgeThatDoesNotAnswer(t *testing.T) {
	r := newPortRig(t, nil, nil)
	unauthorized := "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/problem+json\r\nContent-Length: 23\r\n\r\n{\"code\":\"unauthorized\"}"
	for name, c := range map[string]struct {
		response string
		status   int
		code     string
	}{
		"nothing":          {"", 502, "bad_gateway"},
		"no HTTP":          {"hello\r\n\r\n", 502, "bad_gateway"},
		"another key":      {unauthorized, 502, "bad_gateway"},
		"another protocol": {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 502, "bad_gateway"},
		"an endless head":  {"HTTP/1.1 101 Switching Protocols\r\nA: " + strings.Repeat("a", 1<<20), 502, "bad_gateway"},
		"no switch":        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 502, "bad_gateway"},
		"closed":           {problemOf(502, "port_closed"), 502, "port_closed"},
		"forbidden":        {problemOf(403, "port_forbidden"), 403, "port_forbidden"},
		"too many":         {problemOf(503, "too_many_tunnels"), 503, "too_many_tunnels"},
		"something else":   {problemOf(500, strings.Repeat("x", 64<<10)), 502, "bad_gateway"},
	} {
		r.agentPort = newRawServer(t, c.response)
		r.share()
		if got := r.get(r.url("/"), r.as(owner)); got.status != c.status || !strings.Contains(got.body, `"code":"`+c.code+`"`) {
			t.Errorf("%s: %d %.200s", name, got.status, got.body)
		}
		if got := r.get(r.url("/"), r.as(owner), page); got.status != c.status || !strings.Contains(got.body, "<h1>") {
			t.Errorf("%s: page: %d %.200s", name, got.status, got.body)
		}
		if _, resp, err := r.dial(r.url("/"), r.as(owner), r.own()); err == nil || resp == nil || resp.StatusCode != c.status {
			t.Errorf("%s: socket: %v", name, err)
		}
		if s := r.status(at(r.app.port), r.as(owner)); s.Ready {
			t.Errorf("%s: ready", name)
		}
	}
	if n := r.app.bytes.Load(); n != 0 {
		t.Errorf("the program got %d bytes", n)
	}
}

func problemOf(status int, code string) string {
	body := fmt.Sprintf(`{"code":%q}`, code)
	return fmt.Sprintf("HTTP/1.1 %d X\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

func TestTheBridgeHasToKnowTheKeyOfThisStart(t *testing.T) {
	r := newPortRig(t, nil, nil)
	r.epoch.Store(7) // what listens on the agent's port is of another start
	if got := r.get(r.url("/"), r.as(owner)); got.status != 502 || !strings.Contains(got.body, `"code":"bad_gateway"`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	if n := r.app.bytes.Load(); n != 0 {
		t.Errorf("the program got %d bytes", n)
	}
}
