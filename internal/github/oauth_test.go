package github_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/githubtest"
)

func TestTokenOfAnOAuthApp(t *testing.T) {
	for _, forms := range []bool{false, true} {
		t.Run(fmt.Sprintf("forms=%v", forms), func(t *testing.T) {
			st := serve(t, githubtest.Options{Forms: forms})
			token, err := st.Exchange(background(), st.visit(t, "read:user", "repo"), verifier, redirect)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Join(token.Scopes, " ") != "read:user repo" || !token.MayReadPrivate() || !token.Expires.IsZero() || token.Refresh != "" || !token.Fresh(st.clock.now(), time.Hour) {
				t.Errorf("token %v, %+v", token, token.Scopes)
			}
			noSecret(t, token, token.Access)
			u, err := st.User(background(), token.Access)
			if err != nil {
				t.Fatal(err)
			}
			want := github.User{ID: 42, Login: "ada", Name: "Ada L", CommitEmail: "42+ada@users.noreply.127.0.0.1", Scopes: []string{"read:user", "repo"}, HasScopes: true}
			if fmt.Sprint(u) != fmt.Sprint(want) {
				t.Errorf("user %+v, want %+v", u, want)
			}
			if err := st.Revoke(background(), token.Access); err != nil || st.Valid(token.Access) {
				t.Fatalf("revoke: %v, still valid: %v", err, st.Valid(token.Access))
			}
			if err := st.Revoke(background(), token.Access); err != nil {
				t.Errorf("second revocation: %v", err)
			}
			_, err = st.User(background(), token.Access)
			if !errors.Is(err, github.ErrTokenRevoked) {
				t.Errorf("use of a revoked token: %v", err)
			}
			noSecret(t, err, token.Access)
		})
	}
}

func TestExchangeIsRefused(t *testing.T) {
	st := serve(t, githubtest.Options{})
	used := st.visit(t)
	if _, err := st.Exchange(background(), used, verifier, redirect); err != nil {
		t.Fatal(err)
	}
	late := st.visit(t)
	st.clock.advance(11 * time.Minute)
	for _, c := range []struct{ name, code, verifier, redirect, want string }{
		{"used before", used, verifier, redirect, "bad_verification_code"},
		{"too late", late, verifier, redirect, "bad_verification_code"},
		{"unknown", "code-canary", verifier, redirect, "bad_verification_code"},
		{"wrong verifier", st.visit(t), "verifier-canary", redirect, "bad_verification_code"},
		{"wrong redirect", st.visit(t), verifier, "https://evil.test/", "redirect_uri_mismatch"},
	} {
		_, err := st.Exchange(background(), c.code, c.verifier, c.redirect)
		if e, ok := errors.AsType[*github.OAuthError](err); !ok || e.Code != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
		noSecret(t, err, c.code, c.verifier)
	}
	// A server that sends back what it was sent.
	st.Fault("/login/oauth/access_token", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]string{"error": "bad\n" + string(body), "error_description": "no " + secret + " code-canary \x1b[31m"})
	})
	_, err := st.Exchange(background(), "code-canary", verifier, redirect)
	if e, ok := errors.AsType[*github.OAuthError](err); !ok || e.Code != "unknown_error" || strings.ContainsAny(e.Description, "\n\x1b") {
		t.Errorf("echo: %v", err)
	}
	noSecret(t, err, "code-canary", verifier)
}

func TestAuthorizeURLWantsStateAndChallenge(t *testing.T) {
	st := serve(t, githubtest.Options{})
	for _, a := range []github.Authorization{{State: "short", Challenge: strings.Repeat("x", 43)}, {State: "state-0123456789", Challenge: "x"}} {
		if to, err := st.AuthorizeURL(a); !errors.Is(err, github.ErrInvalid) {
			t.Errorf("%+v gives %q, %v", a, to, err)
		}
	}
}

func TestExpiringTokens(t *testing.T) {
	st := serve(t, githubtest.Options{Lifetime: 8 * time.Hour})
	first, err := st.Exchange(background(), st.visit(t, "repo"), verifier, redirect)
	if err != nil {
		t.Fatal(err)
	}
	if want := st.clock.now().Add(8 * time.Hour); !first.Expires.Equal(want) || first.Refresh == "" || !first.RefreshExpires.After(want.Add(24*time.Hour)) || len(first.Scopes) != 0 {
		t.Fatalf("expires %v, refresh expires %v, scopes %v", first.Expires, first.RefreshExpires, first.Scopes)
	}
	noSecret(t, first, first.Access, first.Refresh)
	if u, err := st.User(background(), first.Access); err != nil || u.HasScopes {
		t.Errorf("user of an app's token: %+v, %v", u, err)
	}
	st.clock.advance(8 * time.Hour)
	if first.Fresh(st.clock.now(), 0) {
		t.Error("an expired token is fresh")
	}
	if _, err := st.User(background(), first.Access); !errors.Is(err, github.ErrTokenRevoked) {
		t.Errorf("use of an expired token: %v", err)
	}

	next, err := st.Refresh(background(), first.Refresh)
	if err != nil || next.Access == first.Access || next.Refresh == first.Refresh || !st.Valid(next.Access) {
		t.Fatalf("refresh: %v, %v", next, err)
	}
	_, err = st.Refresh(background(), first.Refresh)
	if !errors.Is(err, github.ErrTokenRevoked) {
		t.Errorf("second use of a refresh token: %v", err)
	}
	noSecret(t, err, first.Refresh)
}

func TestRevokeGrantEndsAllTokens(t *testing.T) {
	st := serve(t, githubtest.Options{})
	a, b, other := st.Token("ada", "repo"), st.Token("ada"), st.Token("eve")
	if err := st.RevokeGrant(background(), a); err != nil {
		t.Fatal(err)
	}
	if st.Valid(a) || st.Valid(b) || !st.Valid(other) {
		t.Errorf("valid: %v, %v, %v", st.Valid(a), st.Valid(b), st.Valid(other))
	}
}

func TestTokenEndpointMisbehaves(t *testing.T) {
	st := serve(t, githubtest.Options{})
	for name, c := range map[string]struct {
		status     int
		kind, body string
		want       error
	}{
		"fault":           {500, "text/html", "<h1>oops</h1>", github.ErrUnavailable},
		"page":            {200, "text/html", "<h1>sign in</h1>", github.ErrBadAnswer},
		"no JSON":         {200, "application/json", "{", github.ErrBadAnswer},
		"a list":          {200, "application/json", "[]", github.ErrBadAnswer},
		"nothing":         {200, "application/json", "{}", github.ErrBadAnswer},
		"line break":      {200, "application/json", `{"access_token":"a\nb","token_type":"bearer"}`, github.ErrBadAnswer},
		"other type":      {200, "application/json", `{"access_token":"abc","token_type":"mac"}`, github.ErrBadAnswer},
		"negative time":   {200, "application/json", `{"access_token":"abc","token_type":"bearer","expires_in":-1}`, github.ErrBadAnswer},
		"endless time":    {200, "application/json", `{"access_token":"abc","token_type":"bearer","expires_in":9e99}`, github.ErrBadAnswer},
		"huge":            {200, "application/json", `{"access_token":"` + strings.Repeat("a", 100_000) + `"`, github.ErrBadAnswer},
		"status, token":   {404, "application/json", `{"access_token":"abc","token_type":"bearer"}`, github.ErrBadAnswer},
		"other secret":    {200, "application/json", `{"error":"incorrect_client_credentials"}`, nil},
		"redirect":        {302, "text/html", "", github.ErrBadAnswer},
		"refresh refused": {200, "application/json", `{"error":"bad_refresh_token"}`, github.ErrTokenRevoked},
	} {
		st.Fault("/login/oauth/access_token", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			w.Header().Set("Location", st.web.URL+"/stolen")
			w.WriteHeader(c.status)
			io.WriteString(w, c.body)
		})
		_, err := st.Refresh(background(), "ghr_canary")
		if err == nil || (c.want != nil && !errors.Is(err, c.want)) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		noSecret(t, err, "ghr_canary")
	}
	if st.count("/stolen", 0) != 0 {
		t.Error("a redirect of the token endpoint was followed")
	}
}

func TestWithoutAnApp(t *testing.T) {
	c, err := github.New(github.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, exchange := c.Exchange(background(), "c", "v", redirect)
	_, authorize := c.AuthorizeURL(github.Authorization{})
	for _, err := range []error{exchange, authorize, c.Revoke(background(), "gho_x")} {
		if !errors.Is(err, github.ErrNoApp) {
			t.Errorf("without a client id: %v", err)
		}
	}
}

func TestTokensAreNotLogged(t *testing.T) {
	token := github.Token{Access: "gho_canary", Refresh: "ghr_canary", Scopes: []string{"repo"}}
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "token", token, "pointer", &token)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "token", token, "pointer", &token)
	if strings.Contains(out.String(), "canary") || !strings.Contains(out.String(), "repo") {
		t.Errorf("log: %s", out.String())
	}
	noSecret(t, []github.Token{token}, "gho_canary", "ghr_canary")
	kept, err := json.Marshal(token)
	var again github.Token
	if err != nil || json.Unmarshal(kept, &again) != nil || again.Access != token.Access || again.Refresh != token.Refresh {
		t.Errorf("a kept token comes back as %s, %v", kept, err)
	}
}

func TestNewRefusesAddresses(t *testing.T) {
	for _, bad := range []string{"ftp://x", "github.com", "https://user:canary@github.com", "https://x/?canary", "https://x/#canary", "https://%zz"} {
		for _, o := range []github.Options{{URL: bad}, {APIURL: bad}} {
			if _, err := github.New(o); err == nil || strings.Contains(err.Error(), "canary") {
				t.Errorf("%+v: %v", o, err)
			}
		}
	}
	if _, err := github.New(github.Options{ClientID: "x"}); err == nil {
		t.Error("a client id without its secret is accepted")
	}
}
