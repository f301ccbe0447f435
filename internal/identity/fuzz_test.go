package identity_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/identity/idptest"
	"github.com/kalpana-dev/kalpana/internal/redirecttest"
)

func TestReturnPath(t *testing.T) {
	for _, p := range []string{"/", "/w/abc", "/w/abc?x=1&y=%2F%2F", "/a?next=//evil.test", "/auth/ticket?host=x&path=L2E_Yg&nonce=1", "/a%5Cb", "/logins"} {
		if got := identity.ReturnPath(p); got != p {
			t.Errorf("%q became %q", p, got)
		}
	}
	for _, p := range []string{
		"", "evil.test", "//evil.test", "///evil.test", "/\\evil.test", "\\/evil.test", "/\t/evil.test", "/\n/evil.test", "\t//evil.test", " //evil.test",
		"/.//evil.test", "/..//evil.test", "/a/..//evil.test", "/%2e//evil.test", "/./\\evil.test", "/a/%2E%2e/b", "/a/../b", "https://evil.test", "https:evil.test", "javascript:alert(1)", "data:text/html,x",
		"/a\\b", "/a/..\\b", "/%2fevil.test", "/%5Cevil.test", "/\x00", "/\x7f", "/é", "/a b", "/auth/github", "/auth/first?code=x", "/login", "/login?return=/login", "/" + strings.Repeat("a", identity.ReturnPathLimit),
	} {
		if got := identity.ReturnPath(p); got != "/" {
			t.Errorf("%q passed as %q", p, got)
		}
	}
}

// T19: whatever is asked for, a login leads to an address of its own origin.
func TestNoLoginLeadsElsewhere(t *testing.T) {
	kept := 0
	for _, a := range redirecttest.Addresses() {
		got := identity.ReturnPath(a)
		if why := leadsElsewhere(got); why != "" {
			t.Errorf("%q → %q: %s", a, got, why)
		}
		if got == a && a != "/" {
			kept++
		}
	}
	if kept < 500 { // those that stay on the origin are not refused for nothing
		t.Errorf("only %d of the addresses may be returned to", kept)
	}
}

const loginOrigin = "https://main.test:8443"

// leadsElsewhere says what is wrong with a path that a login at loginOrigin returns to.
func leadsElsewhere(path string) string {
	if at := redirecttest.Origin(loginOrigin, path); at != loginOrigin {
		return "a browser goes to " + at
	}
	base, err := url.Parse(loginOrigin + "/auth/github/callback")
	if err != nil {
		return err.Error()
	}
	u, err := base.Parse(path)
	if err != nil || u.Host != base.Host || u.Scheme != base.Scheme || u.User != nil {
		return fmt.Sprintf("net/url says %v, %v", u, err)
	}
	if strings.HasPrefix(u.Path, "//") || strings.HasPrefix(u.EscapedPath(), "//") || strings.HasPrefix(u.Path, `/\`) {
		return "its path is an address to whoever uses it next"
	}
	return ""
}

// The same with a whole login at a provider, and with everything beside the return path
// that could be taken for one.
func TestALoginAtAProviderLeadsNowhereElse(t *testing.T) { // H142
	t.Parallel()
	_, github := withGitHub(t, idptest.GitHubUser{ID: 7, Login: "o", Email: "o@example.com"})
	s := newSite(t, github)
	all := redirecttest.Addresses()
	for i := 0; i < len(all); i += len(all)/40 + 1 {
		s.clock.Advance(time.Minute) // so many logins are not one person's
		b, q := s.browser(), url.QueryEscape(all[i])
		resp := b.step("/auth/github?return=" + q + "&redirect_uri=" + q + "&RelayState=" + q + "&state=" + q + "&next=" + q)
		callback := b.step(resp.Header.Get("Location")).Header.Get("Location")
		if !strings.HasPrefix(callback, s.url+"/auth/github/callback?") {
			t.Fatalf("%q: GitHub leads back to %q", all[i], callback)
		}
		resp = b.step(callback + "&return=" + q + "&next=" + q)
		to := resp.Header.Get("Location")
		if at := redirecttest.Origin(s.url, to); resp.StatusCode != http.StatusSeeOther || at != s.url || to != identity.ReturnPath(all[i]) {
			t.Errorf("%q: %d, to %q", all[i], resp.StatusCode, to)
		}
	}
}

// Whatever comes in, what goes out stays on the origin however a browser resolves it.
func FuzzReturnPath(f *testing.F) {
	for _, p := range []string{"/", "//evil.test", "/\\evil.test", "/.//evil.test", "/a?b=c#d", "/%2e%2e//x", "http:evil", "/a/../../b", `/0%2f../%2f/"`} {
		f.Add(p)
	}
	all := redirecttest.Addresses()
	for i := 0; i < len(all); i += 400 {
		f.Add(all[i])
	}
	f.Fuzz(func(t *testing.T, p string) {
		got := identity.ReturnPath(p)
		if why := leadsElsewhere(got); why != "" {
			t.Fatalf("%q → %q: %s", p, got, why)
		}
		if identity.ReturnPath(got) != got {
			t.Fatalf("%q → %q → %q", p, got, identity.ReturnPath(got))
		}
	})
}

// What the scanner accepts, net/http reads as one cookie of the same value: the scanner
// is only ever stricter.
func FuzzSecretCookie(f *testing.F) {
	v := strings.Repeat("a", 43)
	for _, line := range []string{"__Host-kalpana=" + v, "a=b; __Host-kalpana=" + v + "; c", "__Host-kalpana=\"" + v + "\"", "__Host-kalpana=" + v + ";__Host-kalpana=x", "=__Host-kalpana=" + v, "\u2000__Host-kalpana=" + v} {
		f.Add(line, "")
	}
	f.Add("x=y", "__Host-kalpana="+v)
	f.Add("__Host-kalpana="+v+";__Host-kalpana", "") // found by fuzzing
	f.Fuzz(func(t *testing.T, one, two string) {
		h := http.Header{"Cookie": {one, two}}
		got := identity.SecretCookie(h, identity.CookieName)
		if got == "" {
			return
		}
		if len(got) != 43 || strings.ContainsAny(got, "\"; ,=\\") {
			t.Fatalf("%q is not a secret of ours", got)
		}
		found := (&http.Request{Header: h}).CookiesNamed(identity.CookieName)
		if len(found) != 1 || found[0].Value != got || found[0].Quoted {
			t.Fatalf("scanner says %q, net/http %v", got, found)
		}
	})
}
