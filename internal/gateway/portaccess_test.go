package gateway

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestWhoMayOpenAPort(t *testing.T) {
	r := newPortRig(t, nil, nil)
	visitors := []struct {
		name    string
		headers []string
	}{
		{"owner", []string{r.as(owner)}},
		{"owner's token", []string{"Authorization: Bearer " + ownerToken}},
		{"another user", []string{r.as(stranger)}},
		{"another user's token", []string{"Authorization: Bearer kal_stranger"}},
		{"nobody", nil},
		{"nobody, opening a page", []string{page}},
		{"a token that is none", []string{"Authorization: Bearer kal_wrong"}},
		{"a session that is over", []string{r.as("gone")}},
	}
	r.visitors.revoke("session-gone")
	for visibility, want := range map[workspace.Visibility][]int{
		"":                      {200, 200, 404, 404, 401, 303, 401, 401},
		workspace.VisibleOwner:  {200, 200, 404, 404, 401, 303, 401, 401},
		workspace.VisibleUsers:  {200, 200, 200, 200, 401, 303, 401, 401},
		workspace.VisiblePublic: {200, 200, 200, 200, 200, 200, 200, 200},
	} {
		// A setting of one port says nothing about its neighbours.
		r.share(workspace.PortSetting{Port: 2000, Visibility: workspace.VisiblePublic}, r.visible(visibility), workspace.PortSetting{Port: 65000, Visibility: workspace.VisiblePublic})
		for i, v := range visitors {
			before := r.app.count.Load()
			got := r.get(r.url("/"), v.headers...)
			if got.status != want[i] {
				t.Errorf("%q, %s: %d, want %d", visibility, v.name, got.status, want[i])
			}
			if reached := r.app.count.Load() > before; reached != (want[i] == 200) {
				t.Errorf("%q, %s: reached the program: %v", visibility, v.name, reached)
			}
			if socket := r.get(r.url("/"), append([]string{"Connection: Upgrade", "Upgrade: websocket", r.own()}, v.headers...)...); socket.status != want[i] && want[i] != 303 {
				t.Errorf("%q, %s: handshake %d, want %d", visibility, v.name, socket.status, want[i])
			}
		}
	}
	r.share(r.visible(workspace.VisibleUsers))
	if got := r.get(r.url("/.kalpana/status")); got.status != 401 {
		t.Errorf("the status of a shared port, for nobody: %d", got.status)
	}
	if r.get(r.url("/"), r.as(owner)); r.app.seen().Header.Get("Authorization") != "" {
		t.Error("a token reached the program")
	}
}

func TestUnknownAndForbiddenPortsLookTheSame(t *testing.T) {
	r := newPortRig(t, nil, nil)
	r.announce(otherID, stranger, workspace.StatusRunning, 1)
	const deleting = "ddddddddddd3"
	r.version++
	r.gw.Announce(workspace.Workspace{ID: deleting, OwnerID: owner, Version: r.version, Status: workspace.StatusRunning, Desired: workspace.DesiredDeleted,
		Ports: []workspace.PortSetting{{Port: 5173, Visibility: workspace.VisiblePublic}}})
	for _, visit := range [][]string{nil, {page}, {"Connection: Upgrade", "Upgrade: websocket"}} {
		var first answer
		for i, id := range []string{"nobodyhasit1", otherID, deleting} {
			a := Address{Kind: Port, ID: id, Inside: 5173}
			for _, path := range []string{"/", "/.kalpana/status"} {
				got := r.get(r.originAt(a)+path, append([]string{"Cookie: " + r.cookieAt(a, owner), "Origin: " + r.originAt(a)}, visit...)...)
				got.header.Del("Date")
				// A page's policy names the editor of the very address that was asked for.
				got.header.Set("Content-Security-Policy", strings.ReplaceAll(got.header.Get("Content-Security-Policy"), id, "ID"))
				if i == 0 && path == "/" {
					first = got
				}
				if got.status != 404 || got.body != first.body || fmt.Sprint(got.header) != fmt.Sprint(first.header) {
					t.Errorf("%v, %s%s: %d %v %q\nfirst: %v %q", visit, id, path, got.status, got.header, got.body, first.header, first.body)
				}
			}
		}
	}
}

func TestACookieIsGoodForOneHostOnly(t *testing.T) {
	r := newPortRig(t, nil, nil)
	app, other := at(r.app.port), at(r.app.port-1)
	foreign := Address{Kind: Port, ID: otherID, Inside: r.app.port}
	r.announce(otherID, owner, workspace.StatusRunning, 1)
	hosts := []Address{testEditor, app, other, foreign, {Kind: Editor, ID: otherID}}
	for range 2 { // the second time, what was found good is remembered
		for _, made := range hosts {
			for _, sent := range hosts {
				got := r.get(r.originAt(sent)+"/", "Cookie: "+r.cookieAt(made, owner))
				if (got.status == 401) == (made == sent) {
					t.Errorf("cookie of %s at %s: %d", r.hostOf(made), r.hostOf(sent), got.status)
				}
			}
		}
	}
	agent := Address{Kind: Agent, ID: testID}
	if got := r.get(r.originAt(agent)+"/", "Cookie: "+r.cookieAt(app, owner)); got.status != 401 {
		t.Errorf("a port's cookie at the agent's host: %d", got.status)
	}
}

func TestAPageVisitLogsInToEachPortByItself(t *testing.T) {
	r := newPortRig(t, nil, nil)
	b := r.browser()
	b.login(owner)
	for _, uri := range []string{"/", "/?b=2&a=1", "//evil.test/x"} {
		before := len(b.seen)
		got := b.visit(r.url(uri))
		if got.status != 200 || got.body != workbench || b.seen[len(b.seen)-1] != r.url(uri) {
			t.Fatalf("%s: %d %s, by %v", uri, got.status, got.body, b.seen[before:])
		}
		seen := r.app.seen()
		if steps := len(b.seen) - before; (uri == "/") != (steps == 4) || seen.RequestURI != uri || len(seen.Cookies()) > 0 || seen.Header.Get("Referer") != "" {
			t.Errorf("%s: %d steps, arrived as %s with %v", uri, steps, seen.RequestURI, seen.Header)
		}
	}
	// The editor's host and another port's have logins of their own.
	second := newUpstreamServer(t, nil)
	t.Cleanup(second.Close)
	for _, address := range []string{r.origin(testID) + "/", r.originAt(at(second.port)) + "/"} {
		before := len(b.seen)
		if got := b.visit(address); got.status != 200 || len(b.seen)-before != 4 {
			t.Errorf("%s: %d after %v", address, got.status, b.seen[before:])
		}
	}
	if second.count.Load() != 1 {
		t.Errorf("the second program was asked %d times", second.count.Load())
	}
}

func TestGuestsLogInToSharedPortsOnly(t *testing.T) {
	r := newPortRig(t, nil, nil)
	b := r.browser()
	b.login(stranger)
	if got := b.visit(r.url("/")); got.status != 404 {
		t.Errorf("a private port: %d", got.status)
	}
	r.share(r.visible(workspace.VisibleUsers))
	if got := b.visit(r.url("/x")); got.status != 200 || got.body != workbench {
		t.Errorf("a shared port: %d %s by %v", got.status, got.body, b.seen)
	}
	if got := b.visit(r.origin(testID) + "/"); got.status != 404 {
		t.Errorf("the editor: %d", got.status)
	}
	r.share()
	if got := b.visit(r.url("/x")); got.status != 404 {
		t.Errorf("no longer shared: %d", got.status)
	}
	r.share(r.visible(workspace.VisiblePublic))
	if got := r.browser().visit(r.url("/")); got.status != 200 || len(got.header["Set-Cookie"]) > 0 {
		t.Errorf("a public port, by nobody: %d %v", got.status, got.header)
	}
}

func TestATicketOfAPortIsForItsHost(t *testing.T) {
	r := newPortRig(t, nil, nil)
	for _, wrong := range []string{r.originAt(at(r.app.port - 1)), r.origin(testID)} {
		b := r.browser()
		b.login(owner)
		first := b.step(r.url("/"))
		redeem := b.step(first.header.Get("Location")).header.Get("Location")
		if !strings.HasPrefix(redeem, r.url(redeemPath)) {
			t.Fatalf("sent to %q", redeem)
		}
		// The other host has the very same nonce: only the ticket itself can tell.
		from, _ := url.Parse(r.url("/"))
		to, _ := url.Parse(wrong)
		for _, c := range b.client.Jar.Cookies(from) {
			b.client.Jar.SetCookies(to, []*http.Cookie{{Name: c.Name, Value: c.Value, Path: "/", Secure: true}})
		}
		if got := b.step(strings.Replace(redeem, r.originAt(at(r.app.port)), wrong, 1)); got.status != 403 || len(got.header["Set-Cookie"]) > 0 {
			t.Errorf("at %s: %d %v", wrong, got.status, got.header)
		}
	}
	// The right to it may have gone between ticket and use.
	r.share(r.visible(workspace.VisibleUsers))
	b := r.browser()
	b.login(stranger)
	redeem := b.step(b.step(r.url("/")).header.Get("Location")).header.Get("Location")
	r.share()
	if got := b.step(redeem); got.status != 404 || len(got.header["Set-Cookie"]) > 0 {
		t.Errorf("no longer shared: %d %v", got.status, got.header)
	}
}

func TestABrowserThatDropsThePortsCookieIsToldSo(t *testing.T) {
	r := newPortRig(t, nil, nil)
	b := r.browser()
	b.login(owner)
	address := r.url("/x")
	var got answer
	for range loopRounds + 1 {
		got = b.step(b.step(address).header.Get("Location"))
		if got.status != 303 {
			break
		}
		b.step(got.header.Get("Location"))
		u, _ := url.Parse(address)
		b.client.Jar.SetCookies(u, []*http.Cookie{{Name: loginCookie, Path: "/", Secure: true, MaxAge: -1}})
	}
	if got.status != 400 || !strings.Contains(got.body, loginCookie) {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestAPortLeftOpenKeepsItsLogin(t *testing.T) {
	r := newPortRig(t, nil, nil)
	good := r.as(owner)
	r.skew.Store(int64(renewAfter) + 1e9*60)
	got := r.get(r.url("/"), good)
	if len(got.header["Set-Cookie"]) != 1 {
		t.Fatalf("not renewed: %q", got.header["Set-Cookie"])
	}
	renewed, _, _ := strings.Cut(got.header["Set-Cookie"][0], ";")
	r.skew.Store(int64(loginLife) + 1e9*60)
	if got := r.get(r.url("/"), good); got.status != 401 {
		t.Errorf("the old cookie after its time: %d", got.status)
	}
	if got := r.get(r.url("/"), "Cookie: "+renewed); got.status != 200 {
		t.Errorf("the renewed cookie: %d", got.status)
	}
	if got := r.get(r.origin(testID)+"/", "Cookie: "+renewed); got.status != 401 {
		t.Errorf("the renewed cookie at the editor: %d", got.status)
	}
}

func TestCertificatesForPortsAreBounded(t *testing.T) {
	r := newPortRig(t, func(o *Options) { o.Domain = Domain{Base: "kalpana.test"} }, nil)
	r.share(workspace.PortSetting{Port: 5173, Visibility: workspace.VisibleUsers}, workspace.PortSetting{Port: 5174, Visibility: workspace.VisibleOwner, RewriteHost: true})
	knows := func(port int) bool {
		a, ours := r.gw.Hosts().ParseHost(r.gw.hosts.PortName(testID, port))
		return ours && r.gw.Knows(a)
	}
	allowed := 0
	for port := 9000; port < 10000; port++ {
		if knows(port) {
			allowed++
		}
	}
	if allowed != portNamesPerDay {
		t.Errorf("%d names of one workspace", allowed)
	}
	for port, want := range map[int]bool{5173: true, 5174: true, 9000: true, 5175: false, 3001: false, 80: false} {
		if knows(port) != want {
			t.Errorf("%d: %v", port, !want)
		}
	}
	if a, _ := r.gw.Hosts().ParseHost("5173-nobodyhasit1.ws.kalpana.test"); a.Kind != Port || r.gw.Knows(a) {
		t.Errorf("a workspace that is not there: %+v", a)
	}
	if !r.gw.Knows(testEditor) {
		t.Error("the editor has no name")
	}
	r.announce(otherID, owner, workspace.StatusStopped, 1)
	if !r.gw.Knows(Address{Kind: Port, ID: otherID, Inside: 9500}) {
		t.Error("one workspace used up another's names")
	}
	r.skew.Store(int64(24 * 3600 * 1e9))
	if !knows(9999) {
		t.Error("nothing the next day")
	}
	local := newPortRig(t, nil, nil)
	for port := 9000; port < 9100; port++ {
		if !local.gw.Knows(at(port)) {
			t.Fatal("this machine's own authority is rationed")
		}
	}
}
