package identity_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/identity"
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
		"/\x00", "/\x7f", "/é", "/a b", "/auth/github", "/auth/first?code=x", "/login", "/login?return=/login", "/" + strings.Repeat("a", identity.ReturnPathLimit),
	} {
		if got := identity.ReturnPath(p); got != "/" {
			t.Errorf("%q passed as %q", p, got)
		}
	}
}

// Whatever comes in, what goes out stays on the origin however a browser resolves it.
func FuzzReturnPath(f *testing.F) {
	for _, p := range []string{"/", "//evil.test", "/\\evil.test", "/.//evil.test", "/a?b=c#d", "/%2e%2e//x", "http:evil", "/a/../../b"} {
		f.Add(p)
	}
	base, _ := url.Parse("https://main.test:8443/auth/github/callback")
	f.Fuzz(func(t *testing.T, p string) {
		got := identity.ReturnPath(p)
		// Browsers drop tabs and line ends and read \ as /.
		seen := strings.NewReplacer("\t", "", "\n", "", "\r", "", "\\", "/").Replace(strings.TrimFunc(got, func(r rune) bool { return r <= ' ' }))
		u, err := base.Parse(seen)
		if err != nil || u.Host != base.Host || u.Scheme != base.Scheme || u.User != nil {
			t.Fatalf("%q → %q leads to %v (%v)", p, got, u, err)
		}
		if strings.HasPrefix(u.Path, "//") || strings.HasPrefix(u.EscapedPath(), "//") {
			t.Fatalf("%q → %q has a path that is an address", p, got)
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
