package platform

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// bitesWithin is when a revocation must have ended what is open, at every server. Five
// seconds are promised, and take it on a machine at rest; the rest is for one that does a
// lot besides.
const bitesWithin = 15 * time.Second

// Kinds of connections.
const (
	editorSocket = "WebSocket of the editor"
	agentSocket  = "WebSocket of the agent host"
	portSocket   = "WebSocket of a port"
	portStream   = "event stream of a port"
	download     = "download"
	upload       = "upload"
	events       = "events of the main origin"
	requests     = "requests of a port, followed"
)

// Who has connections.
const (
	session = "the owner's session"
	other   = "the owner's other session"
	token   = "the owner's token"
	friend  = "a friend's session"
	friends = "a friend's token"
	guest   = "somebody who is not signed in"
)

// scene is one workspace with its people, in which one thing happens.
type scene struct {
	name string
	// happens is what is done, at the first server.
	happens func(t *testing.T, p *pair, s *scene) (status int)
	// ends are who has to be cut off, of which kinds (none = all), with which code.
	ends []cut
	// public: the port is, and somebody who is not signed in is there as well.
	public bool

	id          string
	who         map[string]*actor
	connections []*connection
	began       time.Time
}

type cut struct {
	who   string
	code  websocket.StatusCode // 0 = any of ours
	kinds []string
}

// ended is how c has to end; false if it has to stay.
func (s *scene) ended(c *connection) (websocket.StatusCode, bool) {
	for _, e := range s.ends {
		if e.who == c.who && (len(e.kinds) == 0 || slices.Contains(e.kinds, c.kind)) {
			return e.code, true
		}
	}
	return 0, false
}

// ofWorkspace are the kinds that lead to a workspace.
var ofWorkspace = []string{editorSocket, agentSocket, portSocket, portStream, download, upload}

func call(who, method, path, body string) func(*testing.T, *pair, *scene) int {
	return func(t *testing.T, p *pair, s *scene) int {
		return p.servers[0].call(t, s.who[who], method, path, body)
	}
}

func onWorkspace(who, method, path, body string) func(*testing.T, *pair, *scene) int {
	return func(t *testing.T, p *pair, s *scene) int {
		return p.servers[0].call(t, s.who[who], method, "/workspaces/"+s.id+path, body)
	}
}

// everybody are all who see a workspace end.
func everybody(code websocket.StatusCode) (all []cut) {
	for _, who := range []string{session, other, token, friend, friends} {
		all = append(all, cut{who, code, ofWorkspace})
	}
	return all
}

func scenes(admin **actor) []*scene {
	return []*scene{
		{name: "log-out", happens: call(session, "POST", "/auth/logout", ""), ends: []cut{{session, 4401, nil}}},
		{name: "log-out from elsewhere", ends: []cut{{session, 4401, nil}}, happens: func(t *testing.T, p *pair, s *scene) int {
			return p.servers[0].call(t, s.who[other], "DELETE", "/sessions/"+s.who[session].session, "")
		}},
		{name: "token revoked", ends: []cut{{token, 4401, nil}}, happens: func(t *testing.T, p *pair, s *scene) int {
			return p.servers[0].call(t, s.who[session], "DELETE", "/tokens/"+s.who[token].tokenID, "")
		}},
		{name: "new password", happens: call(session, "PATCH", "/me", `{"password":"correct horse battery staple"}`), ends: []cut{{other, 4401, nil}}},
		// It stops the user's workspaces too, and which of the two is seen first is open.
		{name: "suspension", ends: append(everybody(0), cut{session, 0, nil}, cut{other, 0, nil}, cut{token, 0, nil}), happens: func(t *testing.T, p *pair, s *scene) int {
			return p.servers[0].call(t, *admin, "PATCH", "/admin/users/"+s.who[session].user, `{"suspended":true}`)
		}},
		{name: "un-sharing", ends: []cut{{friend, 4403, append(slices.Clone(ofWorkspace), requests)}, {friends, 4403, ofWorkspace}}, happens: func(t *testing.T, p *pair, s *scene) int {
			return p.servers[0].call(t, s.who[session], "DELETE", "/workspaces/"+s.id+"/shares/"+s.who[friend].user, "")
		}},
		{name: "sharing for less", ends: []cut{{friend, 4403, []string{editorSocket, download, upload, requests}}, {friends, 4403, []string{editorSocket, agentSocket}}}, happens: func(t *testing.T, p *pair, s *scene) int {
			return p.servers[0].call(t, s.who[session], "PUT", "/workspaces/"+s.id+"/shares/"+s.who[friend].user+"@example.com", `{"right":"use"}`)
		}},
		{name: "stop", happens: onWorkspace(session, "POST", "/stop", ""), ends: everybody(websocket.StatusGoingAway)},
		{name: "delete", happens: onWorkspace(session, "DELETE", "", ""), ends: everybody(websocket.StatusGoingAway)},
		{name: "a port is public no more", public: true, ends: []cut{{guest, 4403, nil}}, happens: func(t *testing.T, p *pair, s *scene) int {
			return p.servers[0].call(t, s.who[session], "PUT", fmt.Sprintf("/workspaces/%s/ports/%d", s.id, p.program), `{"visibility":"owner"}`)
		}},
		{name: "administrator no more", happens: func(t *testing.T, p *pair, s *scene) int {
			return p.servers[0].call(t, *admin, "PATCH", "/admin/users/"+s.who[session].user, `{"admin":false}`)
		}},
	}
}

// Whatever takes a right away ends, at both servers, all that was opened with it, and
// nothing else: the same user's other sessions and everybody else go on.
func TestWhatLosesItsRightEndsAtEveryServer(t *testing.T) {
	var admin *actor
	all := scenes(&admin)
	p := newPair(t, func(p *pair) {
		admin = p.withToken(p.person(true))
		for i, s := range all {
			s.id = fmt.Sprintf("revocation%02d", i)
			owner, ally := p.person(s.name == "administrator no more"), p.person(false)
			s.who = map[string]*actor{session: p.signedIn(owner), other: p.signedIn(owner), token: p.withToken(owner), friend: p.signedIn(ally), friends: p.withToken(ally), guest: {}}
			var settings []workspace.PortSetting
			if s.public {
				settings = []workspace.PortSetting{{Port: p.program, Visibility: workspace.VisiblePublic}}
			}
			p.running(s.id, owner, []workspace.Share{{UserID: ally, Right: workspace.RightEdit, CreatedAt: time.Now()}}, settings...)
		}
	})
	t.Cleanup(func() { // before the servers: they wait for what is open
		for _, s := range all {
			for _, c := range s.connections {
				c.stop()
			}
		}
	})
	for _, s := range all {
		p.openAll(s)
	}
	if t.Failed() {
		return
	}
	var doing sync.WaitGroup
	for _, s := range all {
		doing.Go(func() {
			s.began = time.Now()
			if status := s.happens(t, p, s); status < 200 || status > 299 {
				t.Errorf("%s: status %d", s.name, status)
			}
			p.replays(s)
		})
	}
	doing.Wait()
	slowest := map[int]time.Duration{}
	for _, s := range all {
		for _, c := range s.connections {
			if took, ok := endsAsItShould(t, s, c); ok {
				slowest[c.server] = max(slowest[c.server], took)
			}
		}
	}
	t.Logf("the slowest ended after %v at the server where it happened, %v at the other", slowest[0].Round(time.Millisecond), slowest[1].Round(time.Millisecond))
	for _, s := range all {
		for _, c := range s.connections {
			if _, over := s.ended(c); !over {
				goesOn(t, s, c)
			}
		}
	}
}

// openAll opens what everybody in s has open.
func (p *pair) openAll(s *scene) {
	p.t.Helper()
	editor, agent, port := s.id+".ws.localhost", s.id+".agent.localhost", fmt.Sprintf("%d-%s.ws.localhost", p.program, s.id)
	add := func(who string, c *connection) {
		c.who = who
		s.connections = append(s.connections, c)
	}
	for server := range p.servers {
		for _, who := range []string{session, other, friend} {
			a := s.who[who]
			if server == 0 { // the cookie is good at both
				p.servers[server].visit(p.t, a, editor)
			}
			add(who, p.socket(server, a, editorSocket, editor))
			add(who, p.stream(server, a, events, "ws.localhost", "/api/v1/events"))
			if who == other {
				continue
			}
			add(who, p.stream(server, a, download, editor, "/stream"))
			add(who, p.upload(server, a, upload, editor))
			add(who, p.stream(server, a, requests, "ws.localhost", fmt.Sprintf("/api/v1/workspaces/%s/ports/%d/requests", s.id, p.program)))
			if !s.public { // whoever opens a public port is not asked who they are
				if server == 0 {
					p.servers[server].visit(p.t, a, port)
				}
				add(who, p.socket(server, a, portSocket, port))
				add(who, p.stream(server, a, portStream, port, "/stream"))
			}
		}
		for _, who := range []string{token, friends} {
			a := s.who[who]
			add(who, p.socket(server, a, editorSocket, editor))
			add(who, p.socket(server, a, agentSocket, agent))
			add(who, p.stream(server, a, events, "ws.localhost", "/api/v1/events"))
		}
		if s.public {
			add(guest, p.socket(server, s.who[guest], portSocket, port))
			add(guest, p.stream(server, s.who[guest], portStream, port, "/stream"))
		}
	}
}

// replays uses what was revoked again: refused at once where it happened, and soon at the other server.
func (p *pair) replays(s *scene) {
	for _, e := range s.ends {
		a := s.who[e.who]
		if e.code != 4401 {
			continue
		}
		for server := range p.servers {
			tick := time.NewTicker(50 * time.Millisecond)
			for _, at := range [][2]string{{"ws.localhost", "/api/v1/me"}, {s.id + ".ws.localhost", "/"}, {s.id + ".agent.localhost", "/"}} {
				for got := 0; got != http.StatusUnauthorized; <-tick.C {
					if got = p.servers[server].ask(p.t, a, "GET", at[0], at[1], ""); got == http.StatusUnauthorized {
						break
					}
					if took := time.Since(s.began); server == 0 || took > bitesWithin {
						p.t.Errorf("%s: %s, used again at %s of server %d after %v, gets %d", s.name, e.who, at[0], server, took, got)
						break
					}
				}
			}
			tick.Stop()
		}
	}
	if s.name == "administrator no more" {
		if got := p.servers[0].call(p.t, s.who[session], "GET", "/admin/users", ""); got != http.StatusForbidden {
			p.t.Errorf("%s: gets the list of users, %d", s.name, got)
		}
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for p.servers[1].call(p.t, s.who[token], "GET", "/admin/users", "") != http.StatusForbidden {
			if <-tick.C; time.Since(s.began) > bitesWithin {
				p.t.Errorf("%s: gets the list of users at the other server", s.name)
				return
			}
		}
	}
}

// endsAsItShould waits for the end of c, if it has to end, and returns how long that took.
func endsAsItShould(t *testing.T, s *scene, c *connection) (time.Duration, bool) {
	t.Helper()
	code, over := s.ended(c)
	if !over {
		return 0, false
	}
	wait := time.NewTimer(time.Until(s.began.Add(bitesWithin)))
	defer wait.Stop()
	select {
	case <-c.ended:
	case <-wait.C:
		select {
		case <-c.ended:
		default:
			t.Errorf("%s: the %s is still open", s.name, c)
			return 0, false
		}
	}
	if c.kind == editorSocket || c.kind == agentSocket || c.kind == portSocket {
		if got := websocket.CloseStatus(c.why); got != code && (code != 0 || got < 1001) {
			t.Errorf("%s: the %s ended with %v, want code %d", s.name, c, c.why, code)
		}
	}
	return c.at.Sub(s.began), true
}

// goesOn checks that c, which nothing concerns, still works.
func goesOn(t *testing.T, s *scene, c *connection) {
	t.Helper()
	before := c.seen.Load()
	if c.poke != nil {
		if err := c.poke(); err != nil {
			t.Errorf("%s: the %s: %v", s.name, c, err)
			return
		}
	}
	quiet := c.kind == events || c.kind == requests
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(bitesWithin); ; {
		select {
		case <-c.ended:
			t.Errorf("%s: the %s was cut off: %v", s.name, c, c.why)
			return
		case <-tick.C:
		}
		if quiet || c.seen.Load() > before {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%s: nothing comes over the %s", s.name, c)
			return
		}
	}
}
