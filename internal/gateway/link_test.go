package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// linkRig is a portRig whose program's port has a link without a password, one with, and
// one that has run out.
type linkRig struct {
	*portRig
	opened  sync.Map     // link → *atomic.Int64
	checked atomic.Int64 // passwords that were hashed
	down    atomic.Bool  // whether passwords cannot be checked
}

const linkPassword = "correct horse"

func newLinkRig(t testing.TB, serve http.HandlerFunc) *linkRig {
	t.Helper()
	r := &linkRig{}
	r.portRig = newPortRig(t, func(o *Options) {
		o.CheckPassword = func(_ context.Context, hash, typed string) (bool, error) {
			r.checked.Add(1)
			if r.down.Load() {
				return false, errors.New("busy")
			}
			return hash == "hash of "+typed, nil
		}
		o.LinkOpened = func(id string, _ time.Time) {
			n, _ := r.opened.LoadOrStore(id, new(atomic.Int64))
			n.(*atomic.Int64).Add(1)
		}
	}, serve)
	r.links = r.all()
	r.share()
	return r
}

// code is that of the link with this id.
func code(id string) string { return strings.Repeat(id[:1], 42) + "A" }

func (r *linkRig) all() []workspace.PortLink {
	link := func(id, password string, until time.Duration) workspace.PortLink {
		l := workspace.PortLink{ID: id, Port: r.app.port, Hash: workspace.LinkHash(code(id)), Until: r.gw.now().Add(until)}
		if password != "" {
			l.Password = "hash of " + password
		}
		return l
	}
	return []workspace.PortLink{link("open", "", time.Hour), link("locked", linkPassword, time.Hour), link("ended", "", -time.Second)}
}

// without announces the workspace with all links but one.
func (r *linkRig) without(id string) {
	r.links = nil
	for _, l := range r.all() {
		if l.ID != id {
			r.links = append(r.links, l)
		}
	}
	r.share()
}

func (r *linkRig) opens(id string) int64 {
	n, ok := r.opened.Load(id)
	if !ok {
		return 0
	}
	return n.(*atomic.Int64).Load()
}

func (r *linkRig) linkURL(id string) string { return r.url(LinkPath(code(id))) }

// guest is the header of somebody whom a link let in.
func (r *linkRig) guest(id string) string {
	return "Cookie: " + linkCookie + "=" + r.gw.links.issue(at(r.app.port), id)
}

// unlock sends the form of the password page.
func (b *browser) unlock(address string, form url.Values, headers ...string) answer {
	b.t.Helper()
	u, _, _ := strings.Cut(address, "?")
	origin, _, _ := strings.Cut(strings.TrimPrefix(address, "https://"), "/")
	headers = append([]string{page, "Content-Type: application/x-www-form-urlencoded", "Origin: https://" + origin}, headers...)
	return b.do(b.client, b.request(http.MethodPost, u, strings.NewReader(form.Encode()), headers...))
}

func TestALinkLetsAGuestInToOnePort(t *testing.T) {
	r := newLinkRig(t, nil)
	b := r.browser()
	if got := b.visit(r.linkURL("open")); got.status != 200 || got.body != workbench || b.seen[len(b.seen)-1] != r.url("/") {
		t.Fatalf("%d %s by %v", got.status, got.body, b.seen)
	}
	if r.opens("open") != 1 {
		t.Errorf("counted %d times", r.opens("open"))
	}
	first := r.browser().step(r.linkURL("open"))
	for _, attribute := range []string{"__Host-kalpana-link=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Max-Age=3599"} {
		if line := first.header.Get("Set-Cookie"); !strings.Contains(strings.Replace(line, "Max-Age=3600", "Max-Age=3599", 1), attribute) {
			t.Errorf("cookie %q lacks %s", line, attribute)
		}
	}
	if first.header.Get("Referrer-Policy") != "no-referrer" || first.header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", first.header)
	}
	if b.step(r.url("/app?x=1")); r.app.seen().RequestURI != "/app?x=1" || strings.Contains(fmt.Sprint(r.app.seen().Header), linkCookie) || len(r.app.seen().Cookies()) > 0 {
		t.Errorf("arrived as %s with %v", r.app.seen().RequestURI, r.app.seen().Header)
	}
	if got := b.do(b.client, b.request("POST", r.url("/form"), strings.NewReader("x"), r.own())); got.status != 200 {
		t.Errorf("POST of the program's own page: %d", got.status)
	}
	if got := b.do(b.client, b.request("POST", r.url("/form"), strings.NewReader("x"), "Origin: https://evil.test")); got.status != 403 {
		t.Errorf("POST of another page: %d", got.status)
	}
	// Nothing else opens, whatever cookie is sent.
	second := newUpstreamServer(t, nil)
	t.Cleanup(second.Close)
	for _, a := range []Address{testEditor, at(second.port), {Kind: Agent, ID: testID}, {Kind: Port, ID: otherID, Inside: r.app.port}} {
		r.announce(otherID, owner, workspace.StatusRunning, 1)
		for _, kind := range [][]string{nil, {"Connection: Upgrade", "Upgrade: websocket", "Origin: " + r.originAt(a)}} {
			if got := r.get(r.originAt(a)+"/", append([]string{r.guest("open")}, kind...)...); got.status != 401 {
				t.Errorf("%s: %d", r.hostOf(a), got.status)
			}
		}
	}
	if second.count.Load() != 0 {
		t.Error("another port was reached")
	}
}

func TestALinkWithAPassword(t *testing.T) {
	r := newLinkRig(t, nil)
	b := r.browser()
	asked := b.step(r.linkURL("locked"))
	if asked.status != 200 || !strings.Contains(asked.body, `type="password"`) || !strings.Contains(asked.body, code("locked")) || len(asked.header["Set-Cookie"]) > 0 || strings.Contains(asked.body, "My workspace") {
		t.Fatalf("%d %v %s", asked.status, asked.header, asked.body)
	}
	if policy := asked.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "form-action 'self'") {
		t.Errorf("policy %q", policy)
	}
	form := func(password string) url.Values { return url.Values{"code": {code("locked")}, "password": {password}} }
	for name, c := range map[string]struct {
		form    url.Values
		headers []string
		status  int
		checked int64
	}{
		"wrong":                 {form("wrong"), nil, 403, 1},
		"empty":                 {form(""), nil, 403, 1},
		"another page's":        {form(linkPassword), []string{"Origin: https://evil.test"}, 403, 0}, // two of them
		"no code":               {url.Values{"password": {linkPassword}}, nil, 404, 0},
		"another link's code":   {url.Values{"code": {code("nobody's")}, "password": {linkPassword}}, nil, 404, 0},
		"much too long":         {form(strings.Repeat("x", maxLinkForm)), nil, 400, 0},
		"a link that has ended": {url.Values{"code": {code("ended")}, "password": {linkPassword}}, nil, 404, 0},
	} {
		before := r.checked.Load()
		got := b.unlock(r.linkURL("locked"), c.form, c.headers...)
		if got.status != c.status || r.checked.Load()-before != c.checked || len(got.header["Set-Cookie"]) > 0 {
			t.Errorf("%s: %d after %d checks, %v", name, got.status, r.checked.Load()-before, got.header)
		}
	}
	if got := r.get(r.url("/"), r.guest("locked")[:len(r.guest("locked"))-1]+"A"); got.status != 401 && got.status != 200 {
		t.Errorf("a cookie that was changed: %d", got.status)
	}
	r.down.Store(true)
	if got := b.unlock(r.linkURL("locked"), form(linkPassword)); got.status != 503 || len(got.header["Set-Cookie"]) > 0 {
		t.Errorf("when passwords cannot be checked: %d", got.status)
	}
	r.down.Store(false)
	if got := b.unlock(r.linkURL("locked"), form(linkPassword)); got.status != 303 || got.header.Get("Location") != r.url("/") {
		t.Fatalf("the right one: %d %v", got.status, got.header)
	}
	if got := b.visit(r.url("/")); got.body != workbench {
		t.Errorf("afterwards: %d %s", got.status, got.body)
	}
	before := r.checked.Load()
	if got := b.step(r.linkURL("locked")); got.status != 303 || r.checked.Load() != before {
		t.Errorf("the link again, once in: %d", got.status)
	}
	if got := r.get(r.linkURL("locked")); got.status != 403 || !strings.Contains(got.body, "password_required") {
		t.Errorf("a program: %d %s", got.status, got.body)
	}
	// The cookie of the link without a password does not open the one with.
	if got := r.get(r.linkURL("locked"), page, r.guest("open")); got.status != 200 || !strings.Contains(got.body, `type="password"`) {
		t.Errorf("another link's guest: %d", got.status)
	}
}

func TestPasswordsOfLinksCannotBeGuessedFast(t *testing.T) {
	r := newLinkRig(t, nil)
	b := r.browser()
	wrong := url.Values{"code": {code("locked")}, "password": {"wrong"}}
	r.frozen.Store(time.Now().UnixNano()) // tries come back as time passes
	for range triesPerAddress {
		if got := b.unlock(r.linkURL("locked"), wrong); got.status != 403 {
			t.Fatalf("%d", got.status)
		}
	}
	right := url.Values{"code": {code("locked")}, "password": {linkPassword}}
	before := r.checked.Load()
	if got := b.unlock(r.linkURL("locked"), right); got.status != 429 || got.header.Get("Retry-After") == "" || r.checked.Load() != before {
		t.Errorf("the right one, too late: %d", got.status)
	}
	r.skew.Store(int64(61 * time.Second))
	if got := b.unlock(r.linkURL("locked"), right); got.status != 303 {
		t.Errorf("a minute later: %d", got.status)
	}

	tries := newLimits(Options{})
	allow := func(linkID, ip string, now time.Time) bool {
		_, ok := tries.password(linkID, ip, now)
		return ok
	}
	now := time.Now()
	taken := 0
	for i := range 1000 {
		if allow("a", fmt.Sprintf("10.0.%d.%d", i/250, i%250), now) {
			taken++
		}
	}
	if taken != triesPerLink {
		t.Errorf("%d tries from many addresses", taken)
	}
	if !allow("b", "10.0.0.1", now) {
		t.Error("one link's tries count for another")
	}
	taken = 0
	for i := range 1000 { // one network of IPv6 is one customer
		if allow("c", fmt.Sprintf("2001:db8:1:2::%x", i), now) {
			taken++
		}
	}
	if taken != triesPerAddress {
		t.Errorf("%d tries from one network", taken)
	}
}

func TestLinksThatDoNotWorkLookTheSame(t *testing.T) {
	r := newLinkRig(t, nil)
	r.links = nil
	r.announce(otherID, stranger, workspace.StatusRunning, 1)
	program := at(r.app.port)
	var first answer
	for i, address := range []string{
		r.originAt(program) + LinkPath(code("nobody's")),
		r.linkURL("ended"),
		r.url(LinkPath("")),
		r.url(LinkPath("short")),
		r.url(linkPath),
		r.originAt(at(r.app.port-1)) + LinkPath(code("open")), // another port
		r.originAt(Address{Kind: Port, ID: otherID, Inside: r.app.port}) + LinkPath(code("open")),
		r.originAt(Address{Kind: Port, ID: "nobodyhasit1", Inside: r.app.port}) + LinkPath(code("open")),
		r.origin(testID) + LinkPath(code("open")), // the editor
	} {
		for _, visit := range [][]string{{page}, nil} {
			got := r.get(address, visit...)
			if i == 0 && visit != nil {
				first = got
			}
			if got.status != 404 || len(got.header["Set-Cookie"]) > 0 || visit != nil && got.body != first.body {
				t.Errorf("%s %v: %d %s", address, visit, got.status, got.body)
			}
		}
	}
	if got := r.do(r.h1, r.request("DELETE", r.linkURL("open"), nil)); got.status != 405 {
		t.Errorf("DELETE: %d", got.status)
	}
	if got := r.get(r.linkURL("open"), "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"); got.status != 403 || len(got.header["Set-Cookie"]) > 0 {
		t.Errorf("as an image of another page: %d", got.status)
	}
	if got := r.get(r.originAt(Address{Kind: Agent, ID: testID}) + LinkPath(code("open"))); got.status != 404 {
		t.Errorf("the bridge: %d", got.status)
	}
	for _, spelled := range []string{"/.kalpana/./link?code=", "/.KALPANA/link?code=", "/x/../.kalpana/link?code="} {
		before := r.app.count.Load()
		if got := r.get(r.url(spelled + code("open"))); got.status != 404 || r.app.count.Load() != before {
			t.Errorf("%s: %d", spelled, got.status)
		}
	}
}

func TestGuestsOfALinkCanDoNothingButLook(t *testing.T) {
	r := newLinkRig(t, nil)
	r.starter.log = []string{"a line of the log"}
	r.announce(testID, owner, workspace.StatusStopped, 1)
	shown := r.get(r.url("/"), page, r.guest("open"))
	if shown.status != 503 || strings.Contains(shown.body, "/.kalpana/start") || strings.Contains(shown.body, "My workspace") || strings.Contains(shown.body, "a line of the log") {
		t.Errorf("shown %d %s", shown.status, shown.body)
	}
	got := r.do(r.h1, r.request("POST", r.url("/.kalpana/start"), nil, r.guest("open"), r.own()))
	if got.status != 404 || r.starter.count() != 0 {
		t.Errorf("start: %d, %d starts", got.status, r.starter.count())
	}
	// The page that waits is told when the program is back, and no more.
	told := r.get(r.url("/.kalpana/status"), r.guest("open"))
	if state := statusOf(t, told); state.Status != "STOPPED" || strings.Contains(told.body, "a line of the log") {
		t.Errorf("told %s", told.body)
	}
	if got := r.get(r.url("/.kalpana/status"), r.guest("ended")); got.status != 401 {
		t.Errorf("the status, by a link that ended: %d", got.status)
	}
}

func TestWhatIsOpenEndsWithTheLink(t *testing.T) {
	r := newLinkRig(t, echo)
	for name, end := range map[string]func(){
		"taken back": func() { r.without("open") },
		"run out":    func() { r.skew.Store(int64(2 * time.Hour)) },
		"moved":      func() { r.links = r.all(); r.links[0].Port = 2000; r.share() },
	} {
		r.skew.Store(0)
		r.links = r.all()
		r.share()
		s, _, err := r.dial(r.url("/"), r.guest("open"), r.own())
		if err != nil {
			t.Fatal(name, err)
		}
		began := time.Now()
		end()
		if err := endOf(t, s); websocket.CloseStatus(err) != 4403 {
			t.Errorf("%s: closed with %v", name, err)
		}
		s.CloseNow()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
		got := r.get(r.url("/"), page, r.guest("open"))
		if got.status != 404 || !strings.Contains(got.body, refuseLink.title) || !strings.Contains(got.header.Get("Set-Cookie"), linkCookie+"=;") {
			t.Errorf("%s, afterwards: %d %v %s", name, got.status, got.header, got.body)
		}
		if got := r.get(r.url("/"), r.guest("open")); got.status != 401 {
			t.Errorf("%s, afterwards, no page: %d", name, got.status)
		}
	}
	r.links = nil
	r.skew.Store(0)
	r.share()
	b := r.browser()
	if got := b.step(r.url("/")); got.status != 303 || !strings.Contains(got.header.Get("Location"), TicketPath) {
		t.Errorf("who never had a link is not sent to log in: %d", got.status)
	}
}

func TestStreamsEndWithTheLink(t *testing.T) {
	r := newLinkRig(t, func(w http.ResponseWriter, req *http.Request) {
		fmt.Fprint(w, ":\n\n")
		w.(http.Flusher).Flush()
		<-req.Context().Done()
	})
	resp, err := r.h2.Do(r.request("GET", r.url("/"), nil, r.guest("open")))
	if err != nil || resp.StatusCode != 200 {
		t.Fatal(resp, err)
	}
	r.without("open")
	io.Copy(io.Discard, resp.Body) // or the test hangs
	resp.Body.Close()
}

// Somebody with an account uses a link as everybody does; their own right comes first.
func TestALinkAndALogin(t *testing.T) {
	r := newLinkRig(t, nil)
	both := func(userID string) string {
		return r.as(userID) + "; " + strings.TrimPrefix(r.guest("open"), "Cookie: ")
	}
	if got := r.get(r.url("/"), both(stranger)); got.status != 200 {
		t.Errorf("a stranger with a link: %d", got.status)
	}
	r.visitors.revoke("session-" + stranger)
	if got := r.get(r.url("/"), r.guest("open")); got.status != 200 {
		t.Errorf("signed out, with a link: %d", got.status)
	}
	if got := r.get(r.url("/"), r.guest("open"), "Authorization: Bearer kal_wrong"); got.status != 401 {
		t.Errorf("a wrong token, with a link: %d", got.status)
	}
	if got := r.get(r.url("/"), r.guest("open")+"; "+strings.TrimPrefix(r.guest("open"), "Cookie: ")); got.status != 401 {
		t.Errorf("the cookie twice: %d", got.status)
	}
	r.links = nil
	r.share()
	if got := r.get(r.url("/"), both(owner)); got.status != 200 {
		t.Errorf("the owner with an ended link: %d", got.status)
	}
}

func TestPortsWithALinkAreKnownForCertificates(t *testing.T) {
	r := newPortRig(t, func(o *Options) { o.Domain = Domain{Base: "kalpana.test"} }, nil)
	r.links = []workspace.PortLink{{ID: "l", Port: 5173, Until: time.Now().Add(time.Hour)}}
	r.share()
	for port := 9000; port < 9000+portNamesPerDay; port++ {
		r.gw.Knows(at(port))
	}
	if !r.gw.Knows(at(5173)) || r.gw.Knows(at(5174)) {
		t.Error("a port with a link has no name, or one without has")
	}
}

func FuzzLinkCookie(f *testing.F) {
	codec := newLinkCodec(testBox(f))
	host := at(3000)
	good := codec.issue(host, "abcdefghijk1")
	for _, seed := range []string{good, "", "l1.", "l1.x.", good + ".", good[:len(good)-1], "l1." + good, strings.Replace(good, "l1", "L1", 1), strings.Repeat("l1.", 50)} {
		f.Add(seed, "abcdefghijk1", 3000)
	}
	f.Add("", "abcdefghijk1", 3001)
	f.Fuzz(func(t *testing.T, value, id string, port int) {
		if got, ok := codec.verify(host, value); ok && (value != codec.issue(host, got)) {
			t.Errorf("%q passes as %q", value, got)
		}
		made := codec.issue(Address{Kind: Port, ID: testID, Inside: port}, id)
		if got, ok := codec.verify(host, made); ok != (port == 3000 && len(made) <= maxLinkCookie) || ok && got != id {
			t.Errorf("a cookie of port %d and %q: %q %v", port, id, got, ok)
		}
		if _, ok := codec.verify(testEditor, made); ok {
			t.Error("good for the editor")
		}
	})
}
