package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
)

// siteRig has sites beside the workspaces: wiki is for everybody, ops for administrators,
// lab is any name below lab.test, for one person, and may be framed.
type siteRig struct {
	*rig
	sites    map[string]*Site // by the end of their names
	underWay atomic.Int64     // requests at the backend

	mu     sync.Mutex
	people map[string]Person
	last   *http.Request // what a site saw last, its body read
	ended  []string      // sessions signed out from sites
}

func newSiteRig(t *testing.T, change func(*Options)) *siteRig {
	t.Helper()
	s := &siteRig{sites: map[string]*Site{}, people: map[string]Person{
		owner:    {ID: owner, Email: "ann@example.com", Name: "Ann\r\nX-Evil: 1", Admin: true},
		stranger: {ID: stranger, Email: "Bob@example.com", Name: "Bob"},
	}}
	s.rig = newRig(t, func(o *Options) {
		o.Person = func(id string) (Person, bool) {
			s.mu.Lock()
			defer s.mu.Unlock()
			p, ok := s.people[id]
			return p, ok
		}
		o.EndSession = func(_ context.Context, userID, sessionID string) error {
			s.mu.Lock()
			s.ended = append(s.ended, userID+" "+sessionID)
			s.mu.Unlock()
			s.visitors.revoke(sessionID)
			return nil
		}
		if change != nil {
			change(o)
		}
	}, nil)
	for _, o := range []SiteOptions{
		{Hosts: []string{"wiki.site.test"}, Headers: []string{"X-WEBAUTH-USER"}},
		{Hosts: []string{"ops.site.test"}, Roles: []string{"admin"}},
		{Hosts: []string{"*.lab.test"}, Users: []string{"BOB@example.com"}, AllowFraming: true},
	} {
		site, err := NewSite(s.gw.hosts.domain, o)
		if err != nil {
			t.Fatal(err)
		}
		s.sites[strings.TrimPrefix(o.Hosts[0], "*")] = site
	}
	s.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := splitPort(r.Host)
		for end, site := range s.sites {
			if strings.HasSuffix(strings.TrimSuffix(strings.ToLower(name), "."), end) {
				err := s.gw.ServeSite(site, w, r, s.backend)
				if err != nil && !errors.Is(err, errEnded) {
					t.Errorf("%s %s: %v", r.Method, r.URL, err)
				}
				return
			}
		}
		s.serveAll(w, r)
	})
	return s
}

// backend is what is behind the login.
func (s *siteRig) backend(w http.ResponseWriter, r *http.Request, p Person) error {
	s.underWay.Add(1)
	defer s.underWay.Add(-1)
	switch r.URL.Path {
	case "/socket":
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return nil
		}
		defer c.CloseNow()
		for {
			kind, data, err := c.Read(r.Context())
			if err != nil {
				return nil
			}
			if err := c.Write(r.Context(), kind, data); err != nil {
				return nil
			}
		}
	case "/stream":
		w.WriteHeader(http.StatusOK)
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return context.Cause(r.Context())
	case "/careless": // writes as long as anybody takes it
		chunk := make([]byte, 64<<10)
		for {
			if _, err := w.Write(chunk); err != nil {
				return nil
			}
		}
	}
	io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	s.last = r
	s.mu.Unlock()
	io.WriteString(w, "page for "+p.ID)
	return nil
}

func (s *siteRig) saw() *http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

func (s *siteRig) siteOrigin(name string) string {
	return "https://" + name + ":" + strconv.Itoa(s.port())
}

// signedIn is a browser's cookie line for a site.
func (s *siteRig) signedIn(site, userID string) string {
	return "Cookie: " + s.cookieAt(Address{Kind: OtherSite, ID: site}, userID)
}

func TestASiteIsBehindTheSameLogin(t *testing.T) {
	s := newSiteRig(t, nil)
	wiki := s.siteOrigin("wiki.site.test")
	b := s.browser()
	b.login(owner)
	const uri = "//a%2Fb/?q=%20&b=1&a=2"
	got := b.visit(wiki + uri)
	if got.status != 200 || got.body != "page for "+owner || len(b.seen) != 4 || b.seen[3] != wiki+uri {
		t.Fatalf("%d %s by %v", got.status, got.body, b.seen)
	}
	for i, prefix := range []string{wiki + "/", s.gw.hosts.UIOrigin() + TicketPath + "?site=", wiki + redeemPath + "?code="} {
		if !strings.HasPrefix(b.seen[i], prefix) {
			t.Errorf("step %d went to %s", i, b.seen[i])
		}
	}
	r := s.saw()
	for name, want := range map[string]string{"X-Kalpana-User": owner, "X-Kalpana-Email": "ann@example.com", "X-Kalpana-Name": "AnnX-Evil: 1", "X-Kalpana-Role": "admin", "Cookie": ""} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("the site saw %s %q, want %q", name, got, want)
		}
	}
	if r.RequestURI != uri {
		t.Errorf("the site was asked for %q", r.RequestURI)
	}
	if again := b.visit(wiki + "/again"); again.status != 200 || len(b.seen) != 5 {
		t.Errorf("the second visit went by %v", b.seen[4:])
	}
	if s.observed.requests.Load() < 4 {
		t.Errorf("%d requests counted", s.observed.requests.Load())
	}
}

func TestWithoutASessionASiteAsksToLogInAndComesBack(t *testing.T) {
	s := newSiteRig(t, nil)
	b := s.browser()
	first := b.step(s.siteOrigin("wiki.site.test") + "/x?y=1")
	for _, c := range first.header["Set-Cookie"] {
		if !strings.HasPrefix(c, nonceCookie+"=") || !strings.Contains(c, "SameSite=Lax") || !strings.Contains(c, "; Secure") || strings.Contains(c, "Domain") {
			t.Errorf("cookie %q", c)
		}
	}
	to := b.step(first.header.Get("Location")).header.Get("Location")
	u, err := url.Parse(to)
	if err != nil || u.Path != "/login" || s.gw.hosts.UIOrigin()+strings.TrimSuffix(u.Query().Get("return"), "&asked=1") != first.header.Get("Location") {
		t.Fatalf("sent to %q", to)
	}
	b.login(stranger)
	if got := b.visit(s.gw.hosts.UIOrigin() + u.Query().Get("return")); got.body != "page for "+stranger || b.seen[len(b.seen)-1] != s.siteOrigin("wiki.site.test")+"/x?y=1" {
		t.Errorf("%d %s after %v", got.status, got.body, b.seen)
	}
}

func TestOnlyPagesOfASiteAreSentToLogin(t *testing.T) {
	s := newSiteRig(t, nil)
	wiki := s.siteOrigin("wiki.site.test")
	for _, headers := range [][]string{nil, {"Accept: application/json"}, {page, "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: same-origin"}, {page, "Authorization: Bearer kal_wrong"}, {page, "Authorization: Bearer " + ownerToken, "Authorization: Bearer " + ownerToken}} {
		if got := s.get(wiki+"/", headers...); got.status != 401 || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%v: %d %v", headers, got.status, got.header)
		}
	}
	if got := s.do(s.h1, s.request("POST", wiki+"/", strings.NewReader("x"), page)); got.status != 401 {
		t.Errorf("POST: %d", got.status)
	}
	if s.saw() != nil {
		t.Error("the site was asked")
	}
}

func TestWhoMayOpenASite(t *testing.T) {
	s := newSiteRig(t, nil)
	wiki, ops, lab := s.siteOrigin("wiki.site.test"), s.siteOrigin("ops.site.test"), s.siteOrigin("one.lab.test")
	for site, want := range map[string]map[string]int{wiki: {owner: 200, stranger: 200, "gone": 403}, ops: {owner: 200, stranger: 403}, lab: {owner: 403, stranger: 200}} {
		for userID, status := range want {
			got := s.get(site+"/", page, s.signedIn(site, userID))
			if got.status != status {
				t.Errorf("%s as %s: %d, want %d", site, userID, got.status, status)
			}
			if status == 403 && userID != "gone" /* nobody knows who */ && !strings.Contains(got.body, s.people[userID].Email) {
				t.Errorf("%s does not say who one is: %s", site, got.body)
			}
		}
	}
	if got := s.get(ops+"/", "Authorization: Bearer kal_stranger"); got.status != 403 || !strings.Contains(got.body, `"code":"site_forbidden"`) {
		t.Errorf("token of the wrong person: %d %s", got.status, got.body)
	}
}

func TestAProgramOpensASiteWithATokenThatStopsThere(t *testing.T) {
	s := newSiteRig(t, nil)
	ops := s.siteOrigin("ops.site.test")
	if got := s.do(s.h1, s.request("POST", ops+"/api", strings.NewReader("x"), "Authorization: Bearer "+ownerToken)); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if seen := s.saw().Header; seen.Get("Authorization") != "" || seen.Get("X-Kalpana-User") != owner {
		t.Errorf("the site saw %v", seen)
	}
	s.get(ops+"/", s.signedIn(ops, owner), "Authorization: Basic YTpi")
	if got := s.saw().Header.Get("Authorization"); got != "Basic YTpi" {
		t.Errorf("the site's own Authorization arrived as %q", got)
	}
}

func TestNobodyTellsASiteWhoTheyAre(t *testing.T) {
	s := newSiteRig(t, nil)
	wiki := s.siteOrigin("wiki.site.test")
	spoofed := []string{"X-Kalpana-User", "X_kalpana_user", "X.Kalpana.Role", "x-kalpana-anything", "X-Webauth-User", "X_WEBAUTH_USER", "X-webauth.user"}
	for _, c := range []*http.Client{s.h1, s.h2} {
		req := s.request("POST", wiki+"/", io.LimitReader(strings.NewReader("body"), 4), s.signedIn(wiki, owner), "Origin: "+wiki,
			"Cookie: a=b; __host-Kalpana-ws=x;c=\"d\"", "Other: stays")
		req.Trailer = http.Header{"X-Kalpana-Role": {"admin"}, "X_webauth_user": {"evil"}, "X-Sum": {"1"}}
		for _, name := range spoofed {
			req.Header[name] = []string{"evil"}
		}
		if got := s.do(c, req); got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
		r := s.saw()
		for name, values := range r.Header {
			if plainHeader(name) == "x-webauth-user" || strings.Join(values, "") == "evil" {
				t.Errorf("the site saw %s: %q", name, values)
			}
		}
		if r.Header.Get("X-Kalpana-User") != owner || r.Header.Get("Other") != "stays" {
			t.Errorf("the site saw %v", r.Header)
		}
		if got := strings.Join(r.Header["Cookie"], "|"); got != `a=b;c="d"` && got != `a=b; c="d"` { // HTTP/2 splits and joins them
			t.Errorf("the site saw the cookies %q", got)
		}
		if len(r.Trailer) != 1 || r.Trailer.Get("X-Sum") != "1" {
			t.Errorf("the site saw the trailers %v", r.Trailer)
		}
	}
}

func TestConnectionDoesNotNameWhatASiteBelieves(t *testing.T) {
	s := newSiteRig(t, nil)
	site := s.sites["wiki.site.test"]
	for _, c := range []struct{ sent, want []string }{
		{nil, nil},
		{[]string{"keep-alive, Upgrade"}, []string{"keep-alive, Upgrade"}},
		{[]string{"Upgrade, X-Kalpana-User"}, []string{"Upgrade"}},
		{[]string{"x-webauth-user ,\tX_KALPANA_ROLE, close , X-Other"}, []string{" close , X-Other"}},
		{[]string{"X-Kalpana-User", "close"}, []string{"close"}},
		{[]string{"X-Kalpana-User", "X-Webauth-User"}, nil},
	} {
		h := http.Header{}
		if c.sent != nil {
			h["Connection"] = slices.Clone(c.sent)
		}
		site.undress(&http.Request{Header: h})
		if got := h["Connection"]; !slices.Equal(got, c.want) {
			t.Errorf("%q became %q, want %q", c.sent, got, c.want)
		}
	}
}

func TestAFloodOfCookiesIsClearedForPagesOfASite(t *testing.T) {
	s := newSiteRig(t, nil)
	wiki := s.siteOrigin("wiki.site.test")
	flood := "Cookie: a=" + strings.Repeat("x", maxCookieBytes)
	for _, who := range [][]string{nil, {s.signedIn(wiki, owner)}} {
		got := s.get(wiki+"/a?b", append(who, page, flood)...)
		if got.status != 431 || got.header.Get("Clear-Site-Data") != `"cookies"` || !strings.Contains(got.body, `href="`+wiki+`/a?b"`) {
			t.Errorf("%d %v %s", got.status, got.header, got.body)
		}
	}
	if s.saw() != nil {
		t.Error("the site was asked")
	}
	if got := s.get(wiki+"/a", s.signedIn(wiki, owner), flood); got.status != 200 || got.header.Get("Clear-Site-Data") != "" {
		t.Errorf("a program: %d %v", got.status, got.header)
	}
}

func TestATrailerThatNobodyAnnouncedIsTakenAwayToo(t *testing.T) {
	s := newSiteRig(t, nil)
	wiki := s.siteOrigin("wiki.site.test")
	raw, err := tls.Dial("tcp", s.server.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	io.WriteString(raw, "POST / HTTP/1.1\r\nHost: "+strings.TrimPrefix(wiki, "https://")+"\r\n"+s.signedIn(wiki, owner)+"\r\nOrigin: "+wiki+
		"\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nConnection: close\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\nX-Kalpana-Role: admin\r\nx_webauth_user: evil\r\n\r\n")
	if answer, err := io.ReadAll(raw); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 200") {
		t.Fatalf("%s %v", answer, err)
	}
	if got := s.saw().Trailer; len(got) != 1 || got.Get("X-Sum") != "1" {
		t.Errorf("the site saw the trailers %v", got)
	}
}

func TestPagesOfOtherOriginsDoNothingToASite(t *testing.T) {
	s := newSiteRig(t, nil)
	wiki, lab := s.siteOrigin("wiki.site.test"), s.siteOrigin("one.lab.test")
	evil := s.origin(testID)
	for name, c := range map[string]struct {
		method, site string
		headers      []string
		want         int
	}{
		"own form":                {"POST", wiki, []string{"Origin: " + wiki}, 200},
		"form of a workspace":     {"POST", wiki, []string{"Origin: " + evil}, 403},
		"form of another site":    {"POST", wiki, []string{"Origin: " + s.siteOrigin("ops.site.test")}, 403},
		"form of another port":    {"POST", wiki, []string{"Origin: https://wiki.site.test"}, 403},
		"form of nobody":          {"DELETE", wiki, []string{"Origin: null"}, 403},
		"two origins":             {"POST", wiki, []string{"Origin: " + wiki, "Origin: " + evil}, 403},
		"fetch of a workspace":    {"GET", wiki, []string{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"}, 403},
		"image on another site":   {"GET", wiki, []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, 403},
		"frame of a workspace":    {"GET", wiki, []string{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, 403},
		"frame where allowed":     {"GET", lab, []string{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, 200},
		"object where frames may": {"GET", lab, []string{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: object"}, 403},
		"a link":                  {"GET", wiki, []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, 200},
		"own script":              {"GET", wiki, []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"}, 200},
		"socket of nobody":        {"GET", wiki, []string{"Connection: Upgrade", "Upgrade: websocket"}, 403},
		"socket of a workspace":   {"GET", wiki, []string{"Connection: Upgrade", "Upgrade: WebSocket", "Origin: " + evil}, 403},
		"sign-out of a workspace": {"POST", wiki + signOutPath, []string{"Origin: " + evil}, 403},
		"sign-out of nobody":      {"POST", wiki + signOutPath, nil, 403},
	} {
		site, _, _ := strings.Cut(strings.TrimPrefix(c.site, "https://"), "/")
		got := s.do(s.h1, s.request(c.method, c.site, nil, append(c.headers, s.signedIn("https://"+site, stranger))...))
		if got.status != c.want {
			t.Errorf("%s: %d %s, want %d", name, got.status, got.body, c.want)
		}
	}
	if len(s.ended) > 0 {
		t.Errorf("signed out: %v", s.ended)
	}
}

func TestACookieIsForOneSite(t *testing.T) {
	s := newSiteRig(t, nil)
	wiki, one := s.siteOrigin("wiki.site.test"), s.siteOrigin("one.lab.test")
	for name, line := range map[string]string{
		"another site's":         s.signedIn(wiki, stranger),
		"a neighbour's":          s.signedIn(s.siteOrigin("two.lab.test"), stranger),
		"another port's":         s.signedIn("https://one.lab.test", stranger),
		"a workspace's":          "Cookie: " + s.cookie(testID, stranger),
		"two":                    s.signedIn(one, stranger) + "; " + loginCookie + "=x",
		"that of the UI's":       "Cookie: " + mainCookie + "=session-" + stranger,
		"with another signature": s.signedIn(one, stranger) + "A",
	} {
		if got := s.get(one+"/", line); got.status != 401 {
			t.Errorf("%s cookie: %d", name, got.status)
		}
	}
	if got := s.get(s.origin(testID)+"/", "Cookie: "+s.cookieAt(Address{Kind: OtherSite, ID: s.origin(testID)}, owner)); got.status != 401 {
		t.Errorf("a site's cookie at a workspace: %d", got.status)
	}
}

func TestWhereWorkspacesAreOnAnotherSiteItsCookiesAreItsOwnStill(t *testing.T) {
	s := newSiteRig(t, func(o *Options) { o.Domain.Workspace = "workspaces.test" })
	if c := s.get(s.siteOrigin("wiki.site.test")+"/", page).header.Get("Set-Cookie"); !strings.Contains(c, "SameSite=Lax") || strings.Contains(c, "Partitioned") {
		t.Errorf("cookie %q", c)
	}
}

func TestASiteWithoutTLSGetsNoLogin(t *testing.T) {
	s := newSiteRig(t, nil)
	w := httptest.NewRecorder()
	if _, _, ok := s.gw.AdmitToSite(s.sites["wiki.site.test"], w, s.request("GET", "http://wiki.site.test/", nil, page)); ok || w.Code != 403 {
		t.Errorf("admitted: %v, %d", ok, w.Code)
	}
}

func TestWhatBelowTheReservedPrefixNeverReachesASite(t *testing.T) {
	s := newSiteRig(t, nil)
	wiki := s.siteOrigin("wiki.site.test")
	for _, path := range []string{"/.kalpana/", "/.kalpana/x", "/.Kalpana/ticket", "/a/../.kalpana/logout", "/.kalpana//ticket", "/%2ekalpana/x", "/.kalpana/link", "/.kalpana/start"} {
		if got := s.get(wiki+path, s.signedIn(wiki, owner)); got.status != 404 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := s.get(wiki + "/.kalpana/page.css"); got.status != 200 {
		t.Errorf("stylesheet: %d", got.status)
	}
	if s.saw() != nil {
		t.Error("the site was asked")
	}
}

func TestSigningOutAtASiteEndsTheSession(t *testing.T) {
	s := newSiteRig(t, nil)
	wiki := s.siteOrigin("wiki.site.test")
	b := s.browser()
	b.login(stranger)
	b.visit(wiki + "/")
	if got := b.step(wiki + signOutPath); got.status != 200 || !strings.Contains(got.body, `action="/.kalpana/logout"`) || !strings.Contains(got.body, "Bob@example.com") || len(s.ended) > 0 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	got := b.do(b.client, b.request("POST", wiki+signOutPath, nil, page, "Origin: "+wiki))
	if got.status != 200 || len(s.ended) != 1 || s.ended[0] != stranger+" session-"+stranger || !strings.Contains(got.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Fatalf("%d %v, ended %v", got.status, got.header, s.ended)
	}
	if got := b.step(wiki + "/"); got.status != 303 {
		t.Errorf("afterwards: %d", got.status)
	}
}

func TestSitesThatCannotBe(t *testing.T) {
	d := Domain{Base: "kalpana.test", Workspace: "work.test", UIHost: "ui.kalpana.test"}
	for _, c := range []struct {
		o    SiteOptions
		want string
	}{
		{SiteOptions{}, "have to be listed"},
		{SiteOptions{Hosts: []string{"kalpana.test"}}, "the installation's own"},
		{SiteOptions{Hosts: []string{"UI.kalpana.test"}}, "the installation's own"},
		{SiteOptions{Hosts: []string{"*.ws.work.test"}}, "the installation's own"},
		{SiteOptions{Hosts: []string{"x.agent.work.test"}}, "the installation's own"},
		{SiteOptions{Hosts: []string{"ws.work.test"}}, "the installation's own"},
		{SiteOptions{Hosts: []string{"*"}}, "a name such as"},
		{SiteOptions{Hosts: []string{"*.*.test"}}, "a name such as"},
		{SiteOptions{Hosts: []string{"a.*.test"}}, "a name such as"},
		{SiteOptions{Hosts: []string{"a.test:443"}}, "a name such as"},
		{SiteOptions{Hosts: []string{"https://a.test"}}, "a name such as"},
		{SiteOptions{Hosts: []string{""}}, "a name such as"},
		{SiteOptions{Hosts: []string{"a.test"}, Roles: []string{"root"}}, "there are admin and user"},
		{SiteOptions{Hosts: []string{"a.test"}, Users: []string{""}}, "an email address"},
		{SiteOptions{Hosts: []string{"a.test"}, Headers: []string{"a b"}}, "cannot be the name"},
		{SiteOptions{Hosts: []string{"a.test"}, Headers: []string{"Cookie"}}, "meaning of its own"},
		{SiteOptions{Hosts: []string{"a.test"}, Headers: []string{"content_length"}}, "meaning of its own"},
	} {
		if _, err := NewSite(d, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.o, err, c.want)
		}
	}
	if _, err := NewSite(d, SiteOptions{Hosts: []string{"*.kalpana.test", "a.work.test", "192.0.2.1"}, Roles: []string{"user"}}); err != nil {
		t.Error(err)
	}
}
