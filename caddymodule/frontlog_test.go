package caddymodule

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

// withAccessLog is the Caddyfile of an operator who wants to see who came.
func withAccessLog(caddyfile, file string) string {
	const site = "\timport tls_{$KALPANA_TLS:internal}\n"
	return strings.Replace(caddyfile, site, site+"\tlog {\n\t\toutput file "+file+"\n\t\tformat json\n\t}\n", 1)
}

// What lets somebody in is not in the access log; everything else is.
func TestTheAccessLogHasNothingThatLetsIn(t *testing.T) {
	f := newFront(t)
	file := filepath.Join(t.TempDir(), "access.log")
	_, whole, err := adapt(t, withAccessLog(shipped(t), file))
	if err != nil {
		t.Fatal(err)
	}
	if err := caddy.Load([]byte(whole), true); err != nil {
		t.Fatal(err)
	}
	f.visit("https://" + f.editor(mine) + "/")
	stranger := &http.Client{Transport: f.client.Transport, CheckRedirect: f.client.CheckRedirect}
	secrets := map[string]string{}
	to := "https://" + f.main() + "/"
	for what, path := range map[string]string{
		"state-of-a-login": "auth/github/callback?code=code-of-a-login&state=state-of-a-login", "code-of-a-login": "auth/oidc/callback?code=code-of-a-login",
		"code-of-a-first-link": "auth/first?code=code-of-a-first-link", "code-of-an-invitation": "signup?invitation=code-of-an-invitation",
	} {
		f.do(stranger, "GET", to+path, "", "Accept: text/html")
		f.do(stranger, "GET", strings.Replace(to, "//ws.", "//", 1)+path, "", "Accept: text/html") // sent on to the other
		secrets[what] = what
	}
	port := "https://3000-" + f.editor(mine)
	f.do(stranger, "GET", port+"/.kalpana/link?code=code-of-a-link", "", "Accept: text/html")
	secrets["code-of-a-link"] = "code-of-a-link"
	f.do(stranger, "GET", to+"api/v1/me", "", "Authorization: Bearer kal_token-of-somebody")
	secrets["token"] = "token-of-somebody"

	// A login at a host where there was none, step by step.
	address := port + "/in-the-log?b=2&a=1"
	for i, name := range []string{"nonce", "ticket", "cookie"} {
		resp := f.get(address, "Accept: text/html")
		next, err := resp.Location()
		if err != nil {
			t.Fatalf("step %d: %d %s", i, resp.StatusCode, text(resp))
		}
		if _, code, ok := strings.Cut(next.RawQuery, "code="); ok {
			secrets[name] = code
		}
		address = next.String()
	}
	if len(secrets["ticket"]) != 43 || address != port+"/in-the-log?b=2&a=1" {
		t.Fatalf("no login: ended at %s, ticket %q", address, secrets["ticket"])
	}
	for _, host := range []string{f.main(), f.editor(mine), "3000-" + f.editor(mine)} {
		for pair := range strings.SplitSeq(strings.TrimPrefix(f.cookies(host), "Cookie: "), "; ") {
			if name, value, _ := strings.Cut(pair, "="); len(value) > 20 {
				secrets["cookie "+name+" of "+host] = value
			}
		}
	}
	if len(secrets) != 10 {
		t.Fatalf("%d secrets, of them three cookies: %v", len(secrets), secrets)
	}

	f.get("https://" + f.editor(mine) + "/the-last-request")
	var log string
	f.eventually("the last request is in the log", func() bool {
		b, err := os.ReadFile(file)
		log = string(b)
		return err == nil && strings.Contains(log, "/the-last-request")
	})
	for _, want := range []string{"/in-the-log?b=2", "/api/v1/me", `"Cookie":["REDACTED"]`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	for what, secret := range secrets {
		if at := strings.Index(log, secret); at >= 0 {
			t.Errorf("%s is in the log: …%s…", what, log[max(0, at-200):min(len(log), at+200)])
		}
	}
}
