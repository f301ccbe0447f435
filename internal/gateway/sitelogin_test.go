package gateway

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestTicketsOnlyForSitesThatAskedForThemselves(t *testing.T) {
	s := newSiteRig(t, nil)
	wiki := s.siteOrigin("wiki.site.test")
	b := s.browser()
	b.login(owner)
	first, err := url.Parse(b.step(wiki + "/").header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	good := first.Query()
	ask := func(change func(url.Values)) answer {
		q := url.Values{}
		for k, v := range good {
			q[k] = append([]string(nil), v...)
		}
		change(q)
		return b.step(s.gw.hosts.UIOrigin() + TicketPath + "?" + q.Encode())
	}
	if got := ask(func(url.Values) {}); got.status != 303 || !strings.HasPrefix(got.header.Get("Location"), wiki+redeemPath) {
		t.Fatalf("unchanged: %d %v", got.status, got.header)
	}
	for name, change := range map[string]func(url.Values){
		"another site":      func(q url.Values) { q.Set("site", "https://evil.test") },
		"another port":      func(q url.Values) { q.Set("site", "https://wiki.site.test:1") },
		"a workspace":       func(q url.Values) { q.Set("site", s.origin(testID)) },
		"another nonce":     func(q url.Values) { q.Set("nonce", nonceHash(newCode())) },
		"another path":      func(q url.Values) { q.Set("path", "L2V2aWw") },
		"later":             func(q url.Values) { q.Set("at", "9"+q.Get("at")) },
		"no proof":          func(q url.Values) { q.Del("proof") },
		"empty proof":       func(q url.Values) { q.Set("proof", "") },
		"another signature": func(q url.Values) { q.Set("proof", newCode()) },
		"parts moved": func(q url.Values) {
			q.Set("site", q.Get("site")+"\n"+q.Get("nonce"))
			q.Set("nonce", q.Get("path"))
			q.Set("path", q.Get("at"))
			q.Set("at", "")
		},
		"only a name": func(q url.Values) { q.Set("site", "") },
	} {
		got := ask(change)
		if got.status != 403 || !strings.Contains(got.body, "This login cannot go on") {
			t.Errorf("%s: %d %s", name, got.status, got.header.Get("Location"))
		}
	}
	s.skew.Store(int64(siteLoginLife + time.Second))
	defer s.skew.Store(0)
	if got := ask(func(url.Values) {}); got.status != 403 {
		t.Errorf("an hour later: %d", got.status)
	}
}

func TestATicketOfASiteIsForOneBrowserThereOnce(t *testing.T) {
	s := newSiteRig(t, nil)
	wiki := s.siteOrigin("wiki.site.test")
	ready := func(b *browser) string {
		b.login(owner)
		got := b.step(b.step(wiki + "/").header.Get("Location"))
		if got.status != 303 {
			t.Fatalf("no ticket: %d", got.status)
		}
		return got.header.Get("Location")
	}
	noCookie := func(name string, got answer, want int) {
		t.Helper()
		if got.status != want || len(got.header["Set-Cookie"]) > 0 {
			t.Errorf("%s: %d %v", name, got.status, got.header)
		}
	}
	attacker, victim := s.browser(), s.browser()
	victim.step(wiki + "/")
	noCookie("another browser", victim.step(ready(attacker)), 403)
	b := s.browser()
	redeem := ready(b)
	b.step(s.siteOrigin("one.lab.test") + "/")
	noCookie("another site", b.step(strings.Replace(redeem, "wiki.site.test", "one.lab.test", 1)), 403)
	b = s.browser()
	redeem = ready(b)
	from, _ := url.Parse(wiki)
	to, _ := url.Parse(s.siteOrigin("one.lab.test"))
	for _, c := range b.client.Jar.Cookies(from) { // the nonce is no secret of the browser's owner
		b.client.Jar.SetCookies(to, []*http.Cookie{{Name: c.Name, Value: c.Value, Path: "/", Secure: true}})
	}
	noCookie("another site with the same nonce", b.step(strings.Replace(redeem, "wiki.site.test", "one.lab.test", 1)), 403)
	b = s.browser()
	redeem = ready(b)
	b.step(s.origin(testID) + "/")
	noCookie("a workspace", b.step(strings.Replace(redeem, wiki, s.origin(testID), 1)), 403)
	b = s.browser()
	redeem = ready(b)
	if got := b.step(redeem); got.status != 303 || got.header.Get("Location") != wiki+"/" {
		t.Fatalf("%d %v", got.status, got.header)
	}
	b.client.Jar = s.browser().client.Jar
	noCookie("used", b.step(redeem), 403)
	b = s.browser()
	redeem = ready(b)
	s.visitors.revoke("session-" + owner)
	noCookie("signed out", b.step(redeem), 404)
	workspaceTicket := s.browser()
	workspaceTicket.login(owner)
	redeem = workspaceTicket.ready(testID)
	workspaceTicket.step(wiki + "/")
	noCookie("a workspace's ticket", workspaceTicket.step(strings.Replace(redeem, s.origin(testID), wiki, 1)), 403)
}

func TestABrowserThatDropsASitesCookieIsToldSo(t *testing.T) {
	s := newSiteRig(t, nil)
	b := s.browser()
	b.login(owner)
	wiki := s.siteOrigin("wiki.site.test")
	u, _ := url.Parse(wiki)
	for range loopRounds {
		b.step(b.step(b.step(wiki + "/").header.Get("Location")).header.Get("Location"))
		b.client.Jar.SetCookies(u, []*http.Cookie{{Name: loginCookie, Path: "/", Secure: true, MaxAge: -1}})
	}
	if got := b.visit(wiki + "/"); got.status != 400 || !strings.Contains(got.body, loginCookie) {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// A Host header is the visitor's word: nothing is signed for a name or a port that the
// site is not known to have.
func TestNothingIsSignedForHostsThatAreNotTheSites(t *testing.T) {
	s := newSiteRig(t, nil)
	wiki := s.sites["wiki.site.test"]
	lab := s.sites[".lab.test"]
	wide, err := NewSite(s.gw.hosts.domain, SiteOptions{Hosts: []string{"*.localhost", "*.agent.test"}})
	if err != nil {
		t.Fatal(err)
	}
	for site, hosts := range map[*Site][]string{
		wide: {strings.TrimPrefix(s.gw.hosts.UIOrigin(), "https://"), "ws.localhost", "agent.localhost"},
		wiki: {"evil.test", "wiki.site.test.evil.test", "evil-wiki.site.test", "", "wiki.site.test:1", "wiki.site.test:x", "wiki.site.test:", "wiki.site.test..", "[::1]", s.host(testID), strings.TrimPrefix(s.gw.hosts.UIOrigin(), "https://")},
		lab:  {"lab.test", ".lab.test", "a.b.lab.test", "evil.test", "alab.test", "*.lab.test.evil.test"},
	} {
		for _, host := range hosts {
			r := s.request("GET", "https://x/", nil, page, "Host: "+host)
			w := httptest.NewRecorder()
			if _, _, ok := s.gw.AdmitToSite(site, w, r); ok || w.Code != 421 || w.Header().Get("Location") != "" {
				t.Errorf("host %q: %d %s", host, w.Code, w.Header().Get("Location"))
			}
		}
	}
	for _, host := range []string{"WIKI.site.test:" + strconv.Itoa(s.port()), "wiki.site.test.:" + strconv.Itoa(s.port()), "wiki.site.test", "wiki.site.test:443"} {
		if got := s.get(s.server.URL+"/", page, "Host: "+host); got.status != 303 {
			t.Errorf("host %q: %d %s", host, got.status, got.body)
		}
	}
}

// FuzzSignedSite: whatever is asked for, a login goes to sites only that were signed here,
// and exactly as they were.
func FuzzSignedSite(f *testing.F) {
	box := testBox(f)
	now := time.Unix(1_800_000_000, 0)
	nonce := nonceHash("x")
	path := base64.RawURLEncoding.EncodeToString([]byte("/a"))
	good := siteLoginQuery(box, "https://wiki.site.test", nonce, path, now)
	f.Add(good[1:])
	f.Add("site=https://evil.test&" + good[1:])
	f.Add(good[1:] + "&site=https://evil.test")
	f.Add("site=&nonce=&path=&at=&proof=")
	want, _ := url.ParseQuery(good[1:])
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		site, ok := signedSite(box, q, now)
		if !ok {
			return
		}
		for _, key := range []string{"site", "nonce", "path", "at"} {
			if q.Get(key) != want.Get(key) {
				t.Fatalf("%q lets %s %q pass", query, key, q.Get(key))
			}
		}
		if site != "https://wiki.site.test" {
			t.Fatalf("%q leads to %q", query, site)
		}
	})
}
