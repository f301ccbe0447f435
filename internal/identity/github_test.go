package identity_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/identity/idptest"
)

// withGitHub starts a stand-in and points the service at it.
func withGitHub(t *testing.T, who idptest.GitHubUser) (*idptest.GitHub, change) {
	g := idptest.NewGitHub(idptest.Client{ID: "client", Secret: "s3cret&odd=%"})
	t.Cleanup(g.Close)
	g.SetUser(who)
	return g, func(o *identity.Options) {
		o.GitHub = identity.GitHub{ClientID: "client", Secret: "s3cret&odd=%", URL: g.URL + "/", APIURL: g.APIURL}
	}
}

func signup(mode string) change { return func(o *identity.Options) { o.Signup = mode } }

var octocat = idptest.GitHubUser{ID: 583231, Login: "octocat", Name: "The Octocat", Avatar: "https://avatars.githubusercontent.com/u/583231", Primary: "Octocat@github.example"}

// ended is where a login led: the path and query of the last page.
func ended(resp *http.Response) string { return resp.Request.URL.RequestURI() }

func TestGitHubLogin(t *testing.T) {
	t.Parallel()
	g, opt := withGitHub(t, octocat)
	s := newSite(t, opt)
	b := s.browser()
	resp, _ := b.visit("/auth/github?return=" + url.QueryEscape("/w/abc?tab=logs"))
	if ended(resp) != "/w/abc?tab=logs" {
		t.Fatalf("ended at %s, provider says %q", ended(resp), g.Complaint())
	}
	me := b.me()
	if me.Name != "The Octocat" || me.Email != "octocat@github.example" || me.Admin {
		t.Errorf("signed in as %+v", me)
	}
	u, _ := s.User(me.UserID)
	if len(u.Identities) != 1 || u.Identities[0].Subject != "583231" || u.Identities[0].Login != "octocat" || u.AvatarURL != octocat.Avatar {
		t.Errorf("user %+v", u)
	}
	again := s.browser()
	if again.visit("/auth/github"); again.me().UserID != me.UserID {
		t.Error("the second login made another user")
	}
	if p := s.Providers(); len(p) != 1 || p[0] != (identity.Provider{ID: "github", Name: "GitHub", URL: "/auth/github"}) {
		t.Errorf("providers %+v", p)
	}
}

// H145, H148.
func TestNothingOfTheQueryReachesTheProvider(t *testing.T) {
	t.Parallel()
	g, opt := withGitHub(t, octocat)
	s := newSite(t, opt)
	states := map[string]bool{}
	for range 3 {
		resp := s.browser().step("/auth/github?state=ATTACKER&redirect_uri=https://evil.test&scope=repo&client_id=x&code_challenge=y&return=//evil.test")
		to, err := url.Parse(resp.Header.Get("Location"))
		if err != nil || resp.StatusCode != 303 || !strings.HasPrefix(to.String(), g.URL+"/login/oauth/authorize?") {
			t.Fatalf("%s to %v", resp.Status, to)
		}
		q := to.Query()
		for k, want := range map[string]string{
			"client_id": "client", "redirect_uri": s.url + "/auth/github/callback", "scope": "read:user user:email",
			"response_type": "code", "code_challenge_method": "S256",
		} {
			if len(q[k]) != 1 || q.Get(k) != want {
				t.Errorf("%s = %q, want %q", k, q[k], want)
			}
		}
		if len(q.Get("state")) != 43 || len(q.Get("code_challenge")) != 43 || len(q["state"]) != 1 || states[q.Get("state")] {
			t.Errorf("state %q, challenge %q", q["state"], q["code_challenge"])
		}
		states[q.Get("state")] = true
		set := resp.Header["Set-Cookie"]
		if len(set) != 1 || !strings.HasPrefix(set[0], "__Host-kalpana-login=") || strings.Contains(set[0], q.Get("state")) ||
			!strings.Contains(set[0], "HttpOnly; Secure; SameSite=Lax") {
			t.Errorf("cookies %q", set)
		}
	}
	b := s.browser()
	if resp, _ := b.visit("/auth/github?return=//evil.test"); ended(resp) != "/" {
		t.Errorf("ended at %s", ended(resp))
	}
}

// H146.
func TestCallbackThatBelongsToNoLoginIsRefused(t *testing.T) {
	t.Parallel()
	_, opt := withGitHub(t, octocat)
	s := newSite(t, opt)
	// begin returns a browser at the provider's door and the callback it would be sent to.
	begin := func() (*browser, url.Values) {
		b := s.browser()
		authorize := b.step("/auth/github").Header.Get("Location")
		back, err := url.Parse(b.step(authorize).Header.Get("Location"))
		if err != nil || back.Query().Get("code") == "" {
			t.Fatal("no code", back, err)
		}
		return b, back.Query()
	}
	for name, spoil := range map[string]func(b *browser, q url.Values) *browser{
		"no state":       func(b *browser, q url.Values) *browser { q.Del("state"); return b },
		"empty state":    func(b *browser, q url.Values) *browser { q.Set("state", ""); return b },
		"other state":    func(b *browser, q url.Values) *browser { q.Set("state", flip(q.Get("state"))); return b },
		"state twice":    func(b *browser, q url.Values) *browser { q.Add("state", q.Get("state")); return b },
		"no code":        func(b *browser, q url.Values) *browser { q.Del("code"); return b },
		"code twice":     func(b *browser, q url.Values) *browser { q.Add("code", "x"); return b },
		"error and code": func(b *browser, q url.Values) *browser { q.Set("error", "access_denied"); return b },
		"another jar":    func(b *browser, q url.Values) *browser { return s.browser() },
		"jar of another login": func(b *browser, q url.Values) *browser {
			other, _ := begin()
			return other
		},
		"old state": func(b *browser, q url.Values) *browser { s.clock.Advance(10*time.Minute + time.Second); return b },
	} {
		b, q := begin()
		b = spoil(b, q)
		resp := b.step("/auth/github/callback?" + q.Encode())
		if resp.StatusCode != 400 || b.cookie() != "" {
			t.Errorf("%s: %s, signed in: %v", name, resp.Status, b.cookie() != "")
		}
		for _, set := range resp.Header["Set-Cookie"] {
			t.Errorf("%s: sets %q", name, set)
		}
	}
	b, q := begin()
	flowCookies := b.jar.Cookies(mustURL(s.url))
	if resp := b.step("/auth/github/callback?" + q.Encode()); resp.StatusCode != 303 || b.cookie() == "" {
		t.Fatalf("the good one: %s", resp.Status)
	}
	again := s.browser()
	again.jar.SetCookies(mustURL(s.url), flowCookies)
	if resp := again.step("/auth/github/callback?" + q.Encode()); resp.StatusCode != 400 || again.cookie() != "" {
		t.Errorf("state used again: %s", resp.Status)
	}
	b, q = begin()
	if resp := b.step("/auth/oidc/callback?" + q.Encode()); resp.StatusCode == 303 || b.cookie() != "" {
		t.Errorf("callback of a provider that is off: %s", resp.Status)
	}
	b, q = begin()
	q.Del("code")
	q.Set("error", "access_denied")
	if resp := b.step("/auth/github/callback?" + q.Encode()); resp.Header.Get("Location") != "/login?error=provider_denied" {
		t.Errorf("denied: %s to %s", resp.Status, resp.Header.Get("Location"))
	}
}

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// H149.
func TestGitHubThatMisbehavesSignsNobodyIn(t *testing.T) {
	t.Parallel()
	g, opt := withGitHub(t, octocat)
	s := newSite(t, opt)
	const token, profile, emails = "/login/oauth/access_token", "/api/v3/user", "/api/v3/user/emails"
	says := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			w.Write([]byte(body))
		}
	}
	json := func(body string) http.HandlerFunc { return says(200, "application/json", body) }
	var leaked bool
	elsewhere := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			leaked = true
			return
		}
		http.Redirect(w, r, g.URL+"/elsewhere", http.StatusTemporaryRedirect)
	}
	g.Fault("/elsewhere", elsewhere)
	huge := `{"id":1,"login":"` + strings.Repeat("x", 2<<20) + `"}`
	for name, c := range map[string]struct {
		path  string
		fault http.HandlerFunc
	}{
		"token 500":          {token, says(500, "text/plain", "no")},
		"token HTML":         {token, says(200, "text/html", "<h1>login</h1>")},
		"token error":        {token, json(`{"error":"bad_verification_code"}`)},
		"token without":      {token, json(`{}`)},
		"token of a number":  {token, json(`{"access_token":5}`)},
		"token huge":         {token, json(huge)},
		"token elsewhere":    {token, elsewhere},
		"user 500":           {profile, says(500, "text/plain", "no")},
		"user 401":           {profile, says(401, "application/json", `{"message":"Bad credentials"}`)},
		"user HTML":          {profile, says(200, "text/html", "<h1>login</h1>")},
		"user huge":          {profile, json(huge)},
		"user without id":    {profile, json(`{"login":"octocat","email":"o@example.com"}`)},
		"user id null":       {profile, json(`{"id":null,"email":"o@example.com"}`)},
		"user id text":       {profile, json(`{"id":"583231","email":"o@example.com"}`)},
		"user id fraction":   {profile, json(`{"id":1.5,"email":"o@example.com"}`)},
		"user id negative":   {profile, json(`{"id":-1,"email":"o@example.com"}`)},
		"user id overflow":   {profile, json(`{"id":99999999999999999999,"email":"o@example.com"}`)},
		"user list":          {profile, json(`[]`)},
		"user elsewhere":     {profile, elsewhere},
		"connection dropped": {profile, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		"fewer scopes":       {emails, says(404, "application/json", `{"message":"Not Found"}`)},
	} {
		g.Fault(c.path, c.fault)
		b := s.browser()
		resp, _ := b.visit("/auth/github")
		if ended(resp) != "/login?error=provider_error" || b.cookie() != "" {
			t.Errorf("%s: ended at %s, signed in: %v", name, ended(resp), b.cookie() != "")
		}
		g.Fault(c.path, nil)
		s.clock.Advance(10 * time.Second)
	}
	if leaked {
		t.Error("followed a redirect with the secret or the token")
	}
	if n := s.count("github error"); n != 21 {
		t.Errorf("%d errors observed", n)
	}
	users, _, _, _ := s.Users(identity.UserQuery{})
	if len(users) != 0 {
		t.Errorf("users were made: %+v", users)
	}
}

// H149: the id counts, never email or login name.
func TestPeopleAreKnownByIDOnly(t *testing.T) {
	t.Parallel()
	g, opt := withGitHub(t, octocat)
	s := newSite(t, opt)
	first := s.browser()
	first.visit("/auth/github")
	id := first.me().UserID

	g.SetUser(idptest.GitHubUser{ID: 2, Login: "octocat", Name: "Thief", Primary: octocat.Primary})
	thief := s.browser()
	if resp, _ := thief.visit("/auth/github"); ended(resp) != "/login?error=email_taken" || thief.cookie() != "" {
		t.Errorf("same email and login, other id: ended at %s", ended(resp))
	}
	g.SetUser(idptest.GitHubUser{ID: octocat.ID, Login: "renamed", Primary: "new@github.example"})
	renamed := s.browser()
	if renamed.visit("/auth/github"); renamed.me().UserID != id {
		t.Error("a new email and login made another user")
	}
	g.SetUser(idptest.GitHubUser{ID: 3, Login: "<b>nameless</b>\u202e"})
	nameless := s.browser()
	nameless.visit("/auth/github")
	if p := nameless.me(); p.Email != "" || p.Name != "<b>nameless</b>" {
		t.Errorf("no verified email, no name: %+v", p)
	}
	s.browser().signup("local@example.com")
	g.SetUser(idptest.GitHubUser{ID: 4, Login: "x", Primary: "local@example.com"})
	if resp, _ := s.browser().visit("/auth/github"); ended(resp) != "/login?error=email_taken" {
		t.Errorf("email of a local account: ended at %s", ended(resp))
	}
}

func TestAnotherServersUserOneIsNotOurs(t *testing.T) {
	t.Parallel()
	_, opt := withGitHub(t, octocat)
	store, _ := newStore(t)
	s := newSiteOn(t, store, opt)
	b := s.browser()
	b.visit("/auth/github")
	_, moved := withGitHub(t, idptest.GitHubUser{ID: octocat.ID, Login: "stranger"})
	there := newSiteOn(t, store, moved)
	c := there.browser()
	c.visit("/auth/github")
	if c.me().UserID == "" || c.me().UserID == b.me().UserID {
		t.Errorf("user %q of another server is our %q", c.me().UserID, b.me().UserID)
	}
}

func TestGitHubSignupModes(t *testing.T) {
	t.Parallel()
	_, opt := withGitHub(t, octocat)
	store, _ := newStore(t)
	invite := newSiteOn(t, store, opt, signup(identity.SignupInvite))
	b := invite.browser()
	if resp, _ := b.visit("/auth/github"); ended(resp) != "/login?error=signup_closed" || b.cookie() != "" {
		t.Errorf("without invitation: %s", ended(resp))
	}
	if resp, _ := b.visit("/auth/github?invitation=" + strings.Repeat("A", 43)); ended(resp) != "/login?error=invitation_invalid" || b.cookie() != "" {
		t.Errorf("unknown invitation: %s", ended(resp))
	}
	foreign, _, err := invite.CreateInvitation(t.Context(), "boss", "somebody@example.com", true, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if resp, _ := b.visit("/auth/github?invitation=" + foreign[strings.LastIndex(foreign, "=")+1:]); ended(resp) != "/login?error=invitation_email" || b.cookie() != "" {
		t.Errorf("somebody else's invitation: %s", ended(resp))
	}
	link, _, err := invite.CreateInvitation(t.Context(), "boss", "Octocat@github.example", true, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	code := link[strings.LastIndex(link, "=")+1:]
	if resp, _ := b.visit("/auth/github?return=/w/1&invitation=" + code); ended(resp) != "/w/1" || !b.me().Admin {
		t.Errorf("with invitation: %s, %+v", ended(resp), b.me())
	}
	closed := newSiteOn(t, store, opt, signup(identity.SignupClosed))
	c := closed.browser()
	if resp, _ := c.visit("/auth/github"); ended(resp) != "/" || c.me().UserID != b.me().UserID {
		t.Errorf("somebody known, sign-up closed: %s", ended(resp))
	}
	other, err := invite.EnsureUser(t.Context(), "second@example.com", true)
	if err != nil || other.ID == "" {
		t.Fatal(err)
	}
	if err := invite.SetSuspended(t.Context(), b.me().UserID, true); err != nil {
		t.Fatal(err)
	}
	d := invite.browser()
	if resp, _ := d.visit("/auth/github"); ended(resp) != "/login?error=suspended" || d.cookie() != "" {
		t.Errorf("suspended: %s", ended(resp))
	}
}
