package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// people with a right to the rig's workspace, called after it; each has a token kal_<name>.
var rightHolders = map[string]workspace.Right{"editor": workspace.RightEdit, "user": workspace.RightUse, "viewer": workspace.RightView}

// shareWith announces the workspace, running, shared with these people; until of zero = for ever.
func (r *portRig) shareWith(people map[string]workspace.Right, until time.Time) {
	r.shares = nil
	for name, right := range people {
		r.shares = append(r.shares, workspace.Share{UserID: name, Right: right, Until: until})
		r.visitors.addToken("kal_"+name, name)
	}
	slices.SortFunc(r.shares, func(a, b workspace.Share) int { return strings.Compare(a.UserID, b.UserID) })
	r.share(r.settings...)
}

func (p *people) addToken(token, userID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens[token] = userID
}

func TestWhatEachRightOpens(t *testing.T) {
	r := newPortRig(t, nil, nil)
	r.shareWith(rightHolders, r.gw.now().Add(time.Hour))
	r.visitors.addToken("kal_former", "former")
	r.shares = append([]workspace.Share{{UserID: "former", Right: workspace.RightEdit, Until: r.gw.now().Add(-time.Second)}}, r.shares...)
	slices.SortFunc(r.shares, func(a, b workspace.Share) int { return strings.Compare(a.UserID, b.UserID) })
	r.share()
	editor, agent, app, other := testEditor, Address{Kind: Agent, ID: testID}, at(r.app.port), Address{Kind: Editor, ID: otherID}
	r.announce(otherID, owner, workspace.StatusRunning, 1)
	r.shares = nil
	r.announce(otherID, owner, workspace.StatusRunning, 1)
	for name, want := range map[string][3]int{ // the editor, the bridge, a port
		owner:    {200, 200, 200},
		"editor": {200, 200, 200},
		"user":   {403, 403, 200},
		"viewer": {403, 403, 403},
		"former": {404, 404, 404},
		stranger: {404, 404, 404},
	} {
		token := "Authorization: Bearer kal_" + name
		switch name {
		case owner:
			token = "Authorization: Bearer " + ownerToken
		case stranger:
			token = "Authorization: Bearer kal_stranger"
		}
		for i, a := range []Address{editor, agent, app} {
			visits := map[string][]string{"token": {token}, "handshake": {token, "Connection: Upgrade", "Upgrade: websocket"}}
			if a.Kind != Agent {
				visits["cookie"] = []string{"Cookie: " + r.cookieAt(a, name)}
				visits["page"] = []string{"Cookie: " + r.cookieAt(a, name), page}
			}
			for kind, headers := range visits {
				reached := r.up.count.Load() + r.app.count.Load()
				got := r.get(r.originAt(a)+"/x", headers...)
				if a.Kind == Agent && strings.HasPrefix(got.body, "404 page not found") { // said by the bridge, which was reached
					got.status = 200
				}
				if got.status != want[i] {
					t.Errorf("%s, %s of %s: %d, want %d", name, kind, r.hostOf(a), got.status, want[i])
				}
				if want[i] != 200 && r.up.count.Load()+r.app.count.Load() != reached {
					t.Errorf("%s, %s of %s: reached the workspace", name, kind, r.hostOf(a))
				}
				if says := strings.Contains(got.body, "right_required"); kind == "token" && says != (want[i] == 403) {
					t.Errorf("%s, %s: %s", name, r.hostOf(a), got.body)
				}
			}
		}
		if got := r.get(r.originAt(other)+"/", "Cookie: "+r.cookieAt(other, name)); name != owner && got.status != 404 {
			t.Errorf("%s, another workspace of the same owner: %d", name, got.status)
		}
	}
}

// What somebody with too little of a right sees of the login is the same refusal, and no cookie.
func TestLoginsStopWhereTheRightDoes(t *testing.T) {
	r := newPortRig(t, nil, nil)
	r.shareWith(rightHolders, time.Time{})
	for name, want := range map[string][2]int{"editor": {200, 200}, "user": {403, 200}, "viewer": {403, 403}, stranger: {404, 404}} {
		b := r.browser()
		b.login(name)
		for i, address := range []string{r.origin(testID) + "/", r.url("/")} {
			if got := b.visit(address); got.status != want[i] || (got.body == workbench) != (want[i] == 200) {
				t.Errorf("%s at %s: %d %s", name, address, got.status, got.body)
			}
		}
	}
	// Between ticket and use the right may go.
	b := r.browser()
	b.login("editor")
	redeem := b.step(b.step(r.origin(testID) + "/").header.Get("Location")).header.Get("Location")
	r.shareWith(map[string]workspace.Right{"editor": workspace.RightUse}, time.Time{})
	if got := b.step(redeem); got.status == 303 || len(got.header["Set-Cookie"]) > 0 {
		t.Errorf("redeemed without the right: %d %v", got.status, got.header)
	}
}

func TestWhoMayStartAWorkspaceFromItsPages(t *testing.T) {
	r := newPortRig(t, nil, nil)
	r.shareWith(rightHolders, time.Time{})
	r.starter.log = []string{"a line of the log"}
	for name, want := range map[string][2]int{"editor": {303, 303}, "user": {403, 303}, "viewer": {403, 403}, stranger: {404, 404}} {
		for i, a := range []Address{testEditor, at(r.app.port)} {
			r.announce(testID, owner, workspace.StatusStopped, 1)
			before := r.starter.count()
			got := r.do(r.h1, r.request("POST", r.originAt(a)+"/.kalpana/start", nil, "Cookie: "+r.cookieAt(a, name), "Origin: "+r.originAt(a)))
			if got.status != want[i] || (r.starter.count() > before) != (want[i] == 303) {
				t.Errorf("%s at %s: %d, %d starts", name, r.hostOf(a), got.status, r.starter.count()-before)
			}
			status := r.get(r.originAt(a)+"/.kalpana/status", "Cookie: "+r.cookieAt(a, name))
			if told := strings.Contains(status.body, "a line of the log"); told != (want[i] == 303) {
				t.Errorf("%s at %s: told %q", name, r.hostOf(a), status.body)
			}
			if shown := r.get(r.originAt(a)+"/", "Cookie: "+r.cookieAt(a, name), page); strings.Contains(shown.body, "/.kalpana/start") != (want[i] == 303) {
				t.Errorf("%s at %s: shown %d %s", name, r.hostOf(a), shown.status, shown.body)
			}
		}
	}
}

// endOf waits for the end of a WebSocket.
func endOf(t *testing.T, s *websocket.Conn) error {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, _, err := s.Read(ctx)
	return err
}

func TestWhatIsOpenEndsWithTheShare(t *testing.T) {
	r := newPortRig(t, nil, echo)
	r.up.Config.Handler = proving(t, echo)
	until := r.gw.now().Add(time.Hour)
	editor := func() (string, []string) {
		return r.origin(testID) + "/", []string{"Cookie: " + r.cookie(testID, "editor"), "Origin: " + r.origin(testID)}
	}
	port := func() (string, []string) { return r.url("/"), []string{r.as("editor"), r.own()} }
	bridge := func() (string, []string) {
		return r.originAt(Address{Kind: Agent, ID: testID}) + "/", []string{"Authorization: Bearer kal_editor"}
	}
	r.agentPort = r.up.port // the bridge's own WebSocket is an echo here, except where a port is opened
	none := map[string]workspace.Right{}
	for _, c := range []struct {
		name string
		open func() (string, []string)
		end  func()
		port bool
	}{
		{"the editor, taken away", editor, func() { r.shareWith(none, until) }, false},
		{"the editor, lowered to use", editor, func() { r.shareWith(map[string]workspace.Right{"editor": workspace.RightUse}, until) }, false},
		{"the bridge, lowered to view", bridge, func() { r.shareWith(map[string]workspace.Right{"editor": workspace.RightView}, until) }, false},
		{"the editor, run out", editor, func() { r.skew.Store(int64(2 * time.Hour)) }, false},
		{"the bridge, run out", bridge, func() { r.skew.Store(int64(2 * time.Hour)) }, false},
		{"a port, taken away", port, func() { r.shareWith(none, until) }, true},
		{"a port, lowered to view", port, func() { r.shareWith(map[string]workspace.Right{"editor": workspace.RightView}, until) }, true},
		{"a port, run out", port, func() { r.skew.Store(int64(2 * time.Hour)) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			kept := r.agentPort
			if c.port {
				r.agentPort = r.bridgePort
			}
			defer func() { r.agentPort = kept }()
			r.skew.Store(0)
			r.shareWith(map[string]workspace.Right{"editor": workspace.RightEdit}, until)
			url, headers := c.open()
			var sockets []*websocket.Conn
			for range 3 { // from the second on, the login is one that was found good before
				s, _, err := r.dial(url, headers...)
				if err != nil {
					t.Fatal(err)
				}
				defer s.CloseNow()
				sockets = append(sockets, s)
			}
			began := time.Now()
			c.end()
			for _, s := range sockets {
				if err := endOf(t, s); websocket.CloseStatus(err) != 4403 {
					t.Errorf("closed with %v", err)
				}
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
			if got := r.get(url, headers[0]); got.status != 403 && got.status != 404 {
				t.Errorf("afterwards: %d", got.status)
			}
			eventually(t, "nothing is registered", func() bool { return r.gw.Live() == 0 })
		})
	}
}

func TestARightThatIsLoweredLeavesOpenWhatItAllows(t *testing.T) {
	r := newPortRig(t, nil, echo)
	r.shareWith(map[string]workspace.Right{"editor": workspace.RightEdit}, time.Time{})
	s, _, err := r.dial(r.url("/"), r.as("editor"), r.own())
	if err != nil {
		t.Fatal(err)
	}
	defer s.CloseNow()
	r.shareWith(map[string]workspace.Right{"editor": workspace.RightUse}, time.Time{})
	r.gw.Sweep()
	if err := s.Write(t.Context(), websocket.MessageText, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := s.Read(t.Context()); err != nil || string(got) != "x" {
		t.Errorf("%q %v", got, err)
	}
}

func TestStreamsEndWithTheShare(t *testing.T) {
	r := newPortRig(t, nil, func(w http.ResponseWriter, req *http.Request) {
		fmt.Fprint(w, ":\n\n")
		w.(http.Flusher).Flush()
		<-req.Context().Done()
	})
	for name, end := range map[string]func(){
		"taken away": func() { r.shareWith(nil, time.Time{}) },
		"run out":    func() { r.skew.Store(int64(2 * time.Hour)) },
	} {
		r.skew.Store(0)
		r.shareWith(map[string]workspace.Right{"user": workspace.RightUse}, r.gw.now().Add(time.Hour))
		resp, err := r.h2.Do(r.request("GET", r.url("/"), nil, r.as("user")))
		if err != nil || resp.StatusCode != 200 {
			t.Fatal(name, resp, err)
		}
		end()
		io.Copy(io.Discard, resp.Body) // or the test hangs
		resp.Body.Close()
	}
}

// In the owner's browser, a program that others wrote must not read what the owner's
// other workspaces say.
func TestAWorkspaceThatOthersEditIsNoSiblingOfTheOwnersOthers(t *testing.T) {
	r := newPortRig(t, nil, nil)
	from := Address{Kind: Port, ID: otherID, Inside: 3000}
	for right, want := range map[workspace.Right]int{"": 200, workspace.RightView: 200, workspace.RightUse: 200, workspace.RightEdit: 403} {
		r.shares = nil
		if right != "" {
			r.shares = []workspace.Share{{UserID: "somebody", Right: right}}
		}
		r.announce(otherID, owner, workspace.StatusRunning, 1)
		r.shares = nil
		r.share()
		if got := r.get(r.url("/"), r.as(owner), "Origin: "+r.originAt(from)); got.status != want {
			t.Errorf("shared for %q: %d, want %d", right, got.status, want)
		}
	}
	// Within the one workspace its ports stay siblings, and an ended share does no harm.
	r.shareWith(map[string]workspace.Right{"editor": workspace.RightEdit}, time.Time{})
	if got := r.get(r.url("/"), r.as(owner), "Origin: "+r.originAt(at(3000))); got.status != 200 {
		t.Errorf("another port of the same workspace: %d", got.status)
	}
	r.shares = []workspace.Share{{UserID: "somebody", Right: workspace.RightEdit, Until: r.gw.now().Add(-time.Second)}}
	r.announce(otherID, owner, workspace.StatusRunning, 1)
	if got := r.get(r.url("/"), r.as(owner), "Origin: "+r.originAt(from)); got.status != 200 {
		t.Errorf("once shared: %d", got.status)
	}
}

// status reads what a page that waits is told.
func statusOf(t *testing.T, a answer) (state struct{ Status string }) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &state); err != nil {
		t.Fatalf("%d %q: %v", a.status, a.body, err)
	}
	return state
}
