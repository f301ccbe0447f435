package gateway

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// browser keeps cookies as browsers do and goes through redirects one by one.
type browser struct {
	*rig
	client *http.Client
	seen   []string // the addresses visited
}

func (r *rig) browser() *browser {
	c := r.client(true)
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	c.Jar = jar
	r.t.Cleanup(c.CloseIdleConnections)
	return &browser{rig: r, client: c}
}

// login gives the browser a session at the main origin.
func (b *browser) login(userID string) {
	b.visitors.addSession("session-"+userID, userID)
	u, _ := url.Parse(b.gw.hosts.UIOrigin())
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: mainCookie, Value: "session-" + userID, Path: "/", Secure: true}})
}

// step makes one visit without following where it leads.
func (b *browser) step(address string, headers ...string) answer {
	b.t.Helper()
	b.seen = append(b.seen, address)
	return b.do(b.client, b.request(http.MethodGet, address, nil, append([]string{page}, headers...)...))
}

// visit follows redirects, ten at most, and returns the last answer.
func (b *browser) visit(address string, headers ...string) answer {
	b.t.Helper()
	for range 10 {
		got := b.step(address, headers...)
		if got.status != http.StatusSeeOther {
			return got
		}
		if got.header.Get("Cache-Control") != "no-store" || got.header.Get("Referrer-Policy") != "no-referrer" {
			b.t.Errorf("redirect of %s: headers %v", address, got.header)
		}
		from, _ := url.Parse(address)
		to, err := from.Parse(got.header.Get("Location"))
		if err != nil {
			b.t.Fatal(err)
		}
		if address = to.String(); strings.HasPrefix(got.header.Get("Location"), "https://") {
			address = got.header.Get("Location") // url.URL would tidy it up
		}
	}
	b.t.Fatalf("still redirected after ten steps: %v", b.seen)
	return answer{}
}

func TestAPageVisitLogsInAndEndsAtTheVerySameAddress(t *testing.T) {
	for _, uri := range []string{"/", "/?folder=/workspace&b=2&a=1", "/a/b/", "/a%2Fb//c?x=%20y&&z", "//evil.test/x", "/?", "/%E2%82%AC?q=%zz", "/a;b=c?d;e"} {
		r := newRig(t, nil, nil)
		b := r.browser()
		b.login(owner)
		got := b.visit(r.origin(testID) + uri)
		if got.status != 200 || got.body != workbench {
			t.Fatalf("%s: %d %s, by %v", uri, got.status, got.body, b.seen)
		}
		if last := b.seen[len(b.seen)-1]; last != r.origin(testID)+uri || len(b.seen) != 4 {
			t.Errorf("%s: visited %v", uri, b.seen)
		}
		if got := r.up.seen().RequestURI; got != uri {
			t.Errorf("the workspace was asked for %q, want %q", got, uri)
		}
		if got := b.visit(r.origin(testID) + "/again"); got.status != 200 || len(b.seen) != 5 {
			t.Errorf("second visit: %d after %v", got.status, b.seen)
		}
	}
}

func TestAnOddlySpelledHostIsLeftBeforeTheLogin(t *testing.T) {
	r := newRig(t, nil, nil)
	for _, host := range []string{r.gw.hosts.EditorName(testID) + ".:" + fmt.Sprint(r.port()), r.gw.hosts.EditorName(testID) + ":1", r.gw.hosts.EditorName(testID)} {
		got := r.get(r.server.URL+"/x?y", "Host: "+host, page)
		if got.status != 303 || got.header.Get("Location") != r.origin(testID)+"/x?y" || len(got.header["Set-Cookie"]) > 0 {
			t.Errorf("%s: %d %v", host, got.status, got.header)
		}
	}
	got := r.get(r.server.URL+"/", "Host: "+strings.ToUpper(r.host(testID)), page)
	if !strings.HasPrefix(got.header.Get("Location"), r.gw.hosts.UIOrigin()+TicketPath) {
		t.Errorf("upper case: %v", got.header)
	}
}

func TestBehindAProxyThatEndsTLSTheOriginIsHTTPS(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Domain = Domain{Base: "kalpana.test"} }, nil)
	client := r.plain.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	host := "Host: " + r.gw.hosts.EditorName(testID)
	got := r.do(client, r.request("GET", r.plain.URL+"/", nil, host, page))
	if !strings.HasPrefix(got.header.Get("Location"), "https://kalpana.test"+TicketPath) {
		t.Errorf("sent to %q", got.header.Get("Location"))
	}
	good := "Cookie: " + r.cookie(testID, owner)
	for origin, want := range map[string]int{"https": 200, "http": 403} {
		if got := r.do(client, r.request("POST", r.plain.URL+"/", nil, host, good, "Origin: "+origin+"://"+r.gw.hosts.EditorName(testID))); got.status != want {
			t.Errorf("POST from %s: %d", origin, got.status)
		}
	}
}

func TestTheCookieIsForThisHostAndNothingOfItGetsIn(t *testing.T) {
	r := newRig(t, nil, nil)
	b := r.browser()
	b.login(owner)
	b.visit(r.origin(testID) + "/")
	for _, c := range r.up.seen().Cookies() {
		t.Errorf("the workspace saw cookie %s", c.Name)
	}
	var set []string
	b2 := r.browser()
	b2.login(owner)
	first := b2.step(r.origin(testID) + "/")
	ticketPage := b2.step(first.header.Get("Location"))
	redeemed := b2.step(ticketPage.header.Get("Location"))
	set = append(append(set, first.header["Set-Cookie"]...), redeemed.header["Set-Cookie"]...)
	if len(set) != 3 {
		t.Fatalf("cookies %q", set)
	}
	for _, c := range set {
		for _, must := range []string{"__Host-", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"} {
			if !strings.Contains(c, must) || strings.Contains(c, "Domain") {
				t.Errorf("cookie %q lacks %q", c, must)
			}
		}
	}
	if b.visit(r.origin(testID) + "/"); strings.Contains(r.up.seen().RequestURI, "code=") || r.up.seen().Header.Get("Referer") != "" {
		t.Error("the workspace saw the ticket")
	}
}

func TestOnAnotherSiteCookiesArePartitioned(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Domain.Workspace = "workspaces.test" }, nil)
	got := r.get(r.origin(testID)+"/", page)
	if c := got.header.Get("Set-Cookie"); !strings.Contains(c, "SameSite=None") || !strings.Contains(c, "Partitioned") {
		t.Errorf("cookie %q", c)
	}
}

func TestInTheDashboardsFrameTheFlowIsTheSame(t *testing.T) {
	r := newRig(t, nil, nil)
	b := r.browser()
	b.login(owner)
	got := b.visit(r.origin(testID)+"/", "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe")
	if got.status != 200 || got.body != workbench {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestOnlyPageVisitsAreSentToLogin(t *testing.T) {
	r := newRig(t, nil, nil)
	for _, headers := range [][]string{nil, {"Accept: */*"}, {"Accept: application/json"}, {page, "Sec-Fetch-Mode: cors"}, {page, "Sec-Fetch-Mode: no-cors"}} {
		got := r.get(r.origin(testID)+"/", headers...)
		if got.status != 401 || !strings.Contains(got.body, `"code":"unauthorized"`) || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%v: %d %s", headers, got.status, got.body)
		}
	}
	if got := r.do(r.h1, r.request("HEAD", r.origin(testID)+"/", nil, page)); got.status != 401 {
		t.Errorf("HEAD: %d", got.status)
	}
	if got := r.do(r.h1, r.request("POST", r.origin(testID)+"/", strings.NewReader("x"), page)); got.status != 401 {
		t.Errorf("POST: %d", got.status)
	}
}

func TestWithoutASessionTheMainOriginAsksToLogIn(t *testing.T) {
	r := newRig(t, nil, nil)
	b := r.browser()
	first := b.step(r.origin(testID) + "/x?y=1")
	to := b.step(first.header.Get("Location")).header.Get("Location")
	u, err := url.Parse(to)
	if err != nil || u.Path != "/login" {
		t.Fatalf("sent to %q", to)
	}
	back := u.Query().Get("return")
	if !strings.HasPrefix(back, TicketPath+"?host=") || r.gw.hosts.UIOrigin()+back != first.header.Get("Location")+"&asked=1" {
		t.Errorf("would come back to %q, came from %q", back, first.header.Get("Location"))
	}
	b.login(owner) // and back: the nonce is still there
	if got := b.visit(r.gw.hosts.UIOrigin() + back); got.body != workbench || b.seen[len(b.seen)-1] != r.origin(testID)+"/x?y=1" {
		t.Errorf("%d %s after %v", got.status, got.body, b.seen)
	}
}

func TestNoTicketForWorkspacesOfOthersOrHostsThatAreNone(t *testing.T) {
	r := newRig(t, nil, nil)
	r.announce(otherID, stranger, workspace.StatusRunning, 1)
	b := r.browser()
	b.login(owner)
	path, nonce := "&path=Lw", "&nonce="+nonceHash(newCode())
	want := b.step(r.gw.hosts.UIOrigin() + TicketPath + "?host=nobodyhasit1.ws.localhost" + path + nonce)
	if want.status != 404 {
		t.Fatalf("unknown workspace: %d", want.status)
	}
	self := "?host=" + r.gw.hosts.EditorName(testID)
	for _, query := range []string{
		"?host=" + r.gw.hosts.EditorName(otherID) + path + nonce, "?host=" + r.gw.hosts.AgentName(testID) + path + nonce,
		"?host=evil.test" + path + nonce, "?host=" + r.gw.hosts.EditorName(testID) + ".evil.test" + path + nonce, "?host=localhost" + path + nonce,
		"?host=ws.localhost" + path + nonce, "?host=" + path + nonce, "", self + path, self + nonce, self + path + "&nonce=x",
		self + "&path=ZXZpbA" + nonce, self + "&path=LyBh" + nonce, self + "&path=Lw0KWDogeQ" + nonce, self + "&path=!" + nonce,
	} {
		got := b.step(r.gw.hosts.UIOrigin() + TicketPath + query)
		if got.status != 404 || got.body != want.body {
			t.Errorf("%q: %d %s", query, got.status, got.header.Get("Location"))
		}
	}
	for name, headers := range map[string][]string{"script": {"Sec-Fetch-Mode: no-cors"}, "fetch": {"Sec-Fetch-Mode: cors"}} {
		if got := b.step(r.gw.hosts.UIOrigin()+TicketPath+self+path+nonce, headers...); got.status != 403 {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	if got := b.do(b.client, b.request("POST", r.gw.hosts.UIOrigin()+TicketPath+self+path+nonce, nil)); got.status != 405 {
		t.Errorf("POST: %d", got.status)
	}
}

// ready brings a browser to the point where it holds a ticket's address.
func (b *browser) ready(id string) (redeemURL string) {
	b.t.Helper()
	first := b.step(b.origin(id) + "/")
	got := b.step(first.header.Get("Location"))
	if got.status != http.StatusSeeOther {
		b.t.Fatalf("no ticket: %d %s", got.status, got.body)
	}
	return got.header.Get("Location")
}

func TestATicketIsForOneBrowserOneHostOnceAndHalfAMinute(t *testing.T) {
	r := newRig(t, nil, nil)
	t.Run("another browser with a nonce of its own", func(t *testing.T) { // H064
		attacker, victim := r.browser(), r.browser()
		attacker.login(owner)
		victim.step(r.origin(testID) + "/")
		if got := victim.step(attacker.ready(testID)); got.status != 403 || len(got.header["Set-Cookie"]) > 0 {
			t.Errorf("%d %v", got.status, got.header)
		}
	})
	t.Run("another browser without a nonce", func(t *testing.T) {
		attacker, victim := r.browser(), r.browser()
		attacker.login(owner)
		if got := victim.step(attacker.ready(testID)); got.status != 400 || !strings.Contains(got.body, nonceCookie) || len(got.header["Set-Cookie"]) > 0 {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	t.Run("another host", func(t *testing.T) {
		r.announce(otherID, owner, workspace.StatusRunning, 1)
		b := r.browser()
		b.login(owner)
		wrong := strings.Replace(b.ready(testID), testID, otherID, 1)
		b.step(r.origin(otherID) + "/")
		if got := b.step(wrong); got.status != 403 || len(got.header["Set-Cookie"]) > 0 {
			t.Errorf("%d %v", got.status, got.header)
		}
	})
	t.Run("after 31 seconds", func(t *testing.T) { // H062
		b := r.browser()
		b.login(owner)
		redeem := b.ready(testID)
		r.skew.Store(int64(31 * time.Second))
		defer r.skew.Store(0)
		if got := b.step(redeem); got.status != 403 {
			t.Errorf("%d", got.status)
		}
	})
	t.Run("after the session ended", func(t *testing.T) {
		b := r.browser()
		b.login(owner)
		redeem := b.ready(testID)
		r.visitors.revoke("session-" + owner)
		if got := b.step(redeem); got.status != 404 || len(got.header["Set-Cookie"]) > 0 {
			t.Errorf("%d %v", got.status, got.header)
		}
	})
	t.Run("nonsense", func(t *testing.T) {
		b := r.browser()
		for _, code := range []string{"", "?code=", "?code=x", "?code=" + newCode()} {
			if got := b.step(r.origin(testID) + redeemPath + code); got.status != 403 {
				t.Errorf("%q: %d", code, got.status)
			}
		}
	})
}

func TestOfAThousandRedemptionsOneSucceeds(t *testing.T) { // H061
	r := newRig(t, nil, nil)
	b := r.browser()
	b.login(owner)
	redeem := b.ready(testID)
	u, _ := url.Parse(redeem)
	var header []string
	for _, c := range b.client.Jar.Cookies(u) {
		header = append(header, "Cookie: "+c.String())
	}
	var wins, refusals atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range 20 {
				got := r.do(r.h2, r.request("GET", redeem, nil, append(header, page)...))
				switch {
				case got.status == 303 && len(got.header["Set-Cookie"]) == 2:
					wins.Add(1)
				case got.status == 403 && len(got.header["Set-Cookie"]) == 0:
					refusals.Add(1)
				default:
					t.Errorf("%d %v", got.status, got.header)
				}
			}
		})
	}
	all.Wait()
	if wins.Load() != 1 || refusals.Load() != 999 {
		t.Errorf("%d succeeded and %d were refused, want 1 and 999", wins.Load(), refusals.Load())
	}
}

func TestTabsOpenedAtOnceAllArrive(t *testing.T) {
	r := newRig(t, nil, nil)
	b := r.browser()
	b.login(owner)
	first := b.step(r.origin(testID) + "/0")
	b.step(first.header.Get("Location")) // its nonce is planted; the ticket stays unused
	var tickets []string
	for i := range 5 {
		to := b.step(r.origin(testID) + "/" + string(rune('a'+i)))
		if len(to.header["Set-Cookie"]) > 0 {
			t.Error("a second nonce was planted")
		}
		tickets = append(tickets, b.step(to.header.Get("Location")).header.Get("Location"))
	}
	for i, redeem := range tickets {
		if got := b.visit(redeem); got.body != workbench || b.seen[len(b.seen)-1] != r.origin(testID)+"/"+string(rune('a'+i)) {
			t.Errorf("tab %d: %d %s at %s", i, got.status, got.body, b.seen[len(b.seen)-1])
		}
	}
	if got := b.visit(tickets[0]); got.body != workbench { // the back button
		t.Errorf("old link: %d", got.status)
	}
}

func TestABrowserThatDropsTheCookieIsToldSoAtTheThirdVisit(t *testing.T) {
	r := newRig(t, nil, nil)
	b := r.browser()
	b.login(owner)
	address := r.origin(testID) + "/x"
	for round := range 3 {
		first := b.step(address)
		got := b.step(first.header.Get("Location"))
		if round == 2 {
			if got.status != 400 || !strings.Contains(got.body, loginCookie) || !strings.Contains(got.body, address) {
				t.Errorf("third visit: %d %s", got.status, got.body)
			}
			continue
		}
		if got.status != 303 {
			t.Fatalf("visit %d: %d %s", round, got.status, got.body)
		}
		b.step(got.header.Get("Location"))
		jar := b.client.Jar
		u, _ := url.Parse(address)
		jar.SetCookies(u, []*http.Cookie{{Name: loginCookie, Path: "/", Secure: true, MaxAge: -1}})
	}
	if got := b.visit(address); got.body != workbench {
		t.Errorf("trying again: %d %s", got.status, got.body)
	}
}

func TestTheLoginOfAWorkspaceEndsWithTheSession(t *testing.T) {
	r := newRig(t, nil, nil)
	good := "Cookie: " + r.cookie(testID, owner)
	if got := r.get(r.origin(testID)+"/", good); got.status != 200 {
		t.Fatal(got.status)
	}
	r.visitors.revoke("session-" + owner)
	if got := r.get(r.origin(testID)+"/", good); got.status != 401 {
		t.Errorf("after log-out: %d", got.status)
	}
	r.visitors.addSession("session-"+owner, stranger)
	if got := r.get(r.origin(testID)+"/", good); got.status != 401 {
		t.Errorf("with another user's session of that id: %d", got.status)
	}
}

func TestAnEditorLeftOpenKeepsItsLogin(t *testing.T) {
	r := newRig(t, nil, nil)
	good := "Cookie: " + r.cookie(testID, owner)
	if got := r.get(r.origin(testID)+"/", good); len(got.header["Set-Cookie"]) != 0 {
		t.Errorf("renewed at once: %q", got.header["Set-Cookie"])
	}
	r.skew.Store(int64(renewAfter + time.Minute))
	got := r.get(r.origin(testID)+"/", good)
	if len(got.header["Set-Cookie"]) != 1 || !strings.HasPrefix(got.header["Set-Cookie"][0], loginCookie+"=") {
		t.Fatalf("not renewed: %q", got.header["Set-Cookie"])
	}
	renewed, _, _ := strings.Cut(got.header["Set-Cookie"][0], ";")
	r.skew.Store(int64(loginLife + time.Minute))
	if got := r.get(r.origin(testID)+"/", good); got.status != 401 {
		t.Errorf("the old cookie after its time: %d", got.status)
	}
	if got := r.get(r.origin(testID)+"/", "Cookie: "+renewed); got.status != 200 {
		t.Errorf("the renewed cookie: %d", got.status)
	}
}

func TestOneUserCannotFillTheStoreWithTickets(t *testing.T) {
	r := newRig(t, nil, nil)
	b := r.browser()
	b.login(owner)
	to := b.step(r.origin(testID) + "/").header.Get("Location")
	got := answer{}
	r.frozen.Store(time.Now().UnixNano()) // tickets come back as time passes
	for range ticketsPerMinute + 1 {
		got = b.step(to)
	}
	if got.status != 429 || got.header.Get("Retry-After") == "" {
		t.Errorf("%d", got.status)
	}
}

func FuzzCarriedPath(f *testing.F) {
	for _, s := range []string{"Lw", "Ly9ldmlsLnRlc3Q", "", "!", "Lw0K", "L1xldmls"} {
		f.Add(s)
	}
	h := testHosts(f, Domain{Base: "localhost", UIHost: "ws.localhost", Port: 8443})
	f.Fuzz(func(t *testing.T, encoded string) {
		path, ok := carriedPath(encoded)
		if !ok {
			return
		}
		origin := strings.TrimSuffix(h.EditorURL(testID), "/")
		if strings.ContainsAny(path, "\r\n #\x00") || path[0] != '/' {
			t.Fatalf("%q would break out of the address", path)
		}
		if u, err := url.Parse(origin + path); err == nil && u.Scheme+"://"+u.Host != origin {
			t.Fatalf("%q leads to %s", path, u.Host)
		}
	})
}
