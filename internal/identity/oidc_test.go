package identity_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/identity/idptest"
)

func withOIDC(t *testing.T) (*idptest.OIDC, change) {
	o := idptest.NewOIDC(idptest.Client{ID: "kalpana", Secret: "oidc s3cret/%"})
	t.Cleanup(o.Close)
	o.SetUser(idptest.OIDCUser{Subject: "sub-1", Name: "Ada", Email: "ada@example.com", EmailVerified: true, Picture: "https://example.com/a.png"})
	return o, func(opt *identity.Options) {
		opt.OIDC = identity.OIDC{Issuer: o.URL, ClientID: "kalpana", Secret: "oidc s3cret/%"}
	}
}

func TestOIDCLogin(t *testing.T) {
	t.Parallel()
	o, opt := withOIDC(t)
	s := newSite(t, opt)
	b := s.browser()
	if resp, _ := b.visit("/auth/oidc?return=/w/1"); ended(resp) != "/w/1" {
		t.Fatalf("ended at %s, provider says %q", ended(resp), o.Complaint())
	}
	q := o.Authorize()
	if q.Get("code_challenge_method") != "S256" || q.Get("scope") != "openid profile email" || len(q.Get("nonce")) != 43 || q.Get("redirect_uri") != s.url+"/auth/oidc/callback" {
		t.Errorf("authorize %v", q)
	}
	me := b.me()
	if me.Name != "Ada" || me.Email != "ada@example.com" {
		t.Errorf("signed in as %+v", me)
	}
	again := s.browser()
	if again.visit("/auth/oidc"); again.me().UserID != me.UserID {
		t.Error("the second login made another user")
	}
	o.SetUser(idptest.OIDCUser{Subject: "sub-2", Name: "Eve", Email: "boss@example.com"})
	c := s.browser()
	if c.visit("/auth/oidc"); c.me().UserID == "" || c.me().UserID == me.UserID || c.me().Email != "" {
		t.Errorf("an email that is only claimed: %+v", c.me())
	}
}

func TestOIDCTokenThatIsNotRightSignsNobodyIn(t *testing.T) {
	t.Parallel()
	o, opt := withOIDC(t)
	other := idptest.NewOIDC(idptest.Client{})
	defer other.Close()
	s := newSite(t, opt)
	claim := func(name string, value any) func() {
		return func() { o.EditClaims(func(c map[string]any) { c[name] = value }) }
	}
	b64 := base64.RawURLEncoding
	for name, spoil := range map[string]func(){
		"nonce of another login": claim("nonce", strings.Repeat("A", 43)),
		"no nonce":               func() { o.EditClaims(func(c map[string]any) { delete(c, "nonce") }) },
		"other audience":         claim("aud", "somebody"),
		"other issuer":           claim("iss", "https://evil.test"),
		"expired":                claim("exp", time.Now().Add(-time.Hour).Unix()),
		"exp as text":            claim("exp", "99999999999"),
		"no exp":                 func() { o.EditClaims(func(c map[string]any) { delete(c, "exp") }) },
		"no subject":             claim("sub", ""),
		"subject a number":       claim("sub", 1),
		"subject not userinfo's": claim("sub", "sub-9"),
		"subject too long":       claim("sub", strings.Repeat("x", 256)),
		"changed":                func() { o.Forge(func(t string) string { return t[:len(t)-4] + "AAAA" }) },
		"not signed": func() {
			o.Forge(func(t string) string {
				return b64.EncodeToString([]byte(`{"alg":"none"}`)) + "." + strings.Split(t, ".")[1] + "."
			})
		},
		"signed by another": func() {
			o.Forge(func(token string) string {
				var claims map[string]any
				body, _ := b64.DecodeString(strings.Split(token, ".")[1])
				if err := json.Unmarshal(body, &claims); err != nil {
					t.Error(err)
				}
				return other.Sign(claims)
			})
		},
		"no token":    func() { o.Forge(func(string) string { return "" }) },
		"not a token": func() { o.Forge(func(string) string { return "a.b.c" }) },
		"userinfo 500": func() {
			o.Fault("/userinfo", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) })
		},
		"keys 500": func() {
			o.Fault("/jwks", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) })
		},
		"token 500": func() {
			o.Fault("/token", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) })
		},
	} {
		// A service of its own each time: keys that were fetched are kept.
		if name == "keys 500" {
			s = newSiteOn(t, s.store, opt)
		}
		spoil()
		b := s.browser()
		if resp, _ := b.visit("/auth/oidc"); ended(resp) != "/login?error=provider_error" || b.cookie() != "" {
			t.Errorf("%s: ended at %s, signed in: %v", name, ended(resp), b.cookie() != "")
		}
		o.EditClaims(nil)
		o.Forge(nil)
		for _, path := range []string{"/userinfo", "/jwks", "/token"} {
			o.Fault(path, nil)
		}
	}
	b := s.browser()
	if b.visit("/auth/oidc"); b.me().Name != "Ada" {
		t.Errorf("after all that the right one does not work: %+v; provider says %q", b.me(), o.Complaint())
	}
}

func TestOIDCProviderThatIsDownAtStartWorksLater(t *testing.T) {
	t.Parallel()
	o, opt := withOIDC(t)
	const discovery = "/.well-known/openid-configuration"
	o.Fault(discovery, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503) })
	s := newSite(t, opt)
	b := s.browser()
	if resp, _ := b.visit("/auth/oidc"); ended(resp) != "/login?error=provider_unavailable" {
		t.Errorf("while it is down: %s", ended(resp))
	}
	o.Fault(discovery, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"issuer":"https://evil.test","authorization_endpoint":"https://evil.test/a","token_endpoint":"https://evil.test/t","jwks_uri":"https://evil.test/k"}`))
	})
	if resp, _ := b.visit("/auth/oidc"); ended(resp) != "/login?error=provider_unavailable" {
		t.Errorf("when it says it is somebody else: %s", ended(resp))
	}
	o.Fault(discovery, nil)
	if resp, _ := b.visit("/auth/oidc"); ended(resp) != "/" || b.me().Name != "Ada" {
		t.Errorf("when it is back: %s", ended(resp))
	}
}
