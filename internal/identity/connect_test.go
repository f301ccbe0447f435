package identity_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/identity/idptest"
)

// keeper notes the tokens that are kept.
type keeper struct {
	mu   sync.Mutex
	err  error
	kept []string // "user id login scopes"
	last github.Token
}

func (k *keeper) keep(_ context.Context, userID string, who github.User, t github.Token) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return k.err
	}
	k.kept, k.last = append(k.kept, fmt.Sprint(userID, " ", who.ID, " ", who.Login, " ", t.Scopes)), t
	return nil
}

// take returns what was kept since it was asked last.
func (k *keeper) take() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	kept := k.kept
	k.kept = nil
	return kept
}

func (k *keeper) fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.err = err
}

func withKeeper(private bool) (*keeper, change) {
	k := &keeper{}
	return k, func(o *identity.Options) { o.GitHub.Keep, o.GitHub.PrivateRepos = k.keep, private }
}

const connect = "/auth/github/connect"

func TestALoginKeepsItsToken(t *testing.T) {
	t.Parallel()
	_, opt := withGitHub(t, octocat)
	k, keep := withKeeper(true)
	s := newSite(t, opt, keep)
	b := s.browser()
	b.visit("/auth/github")
	me := b.me().UserID
	if got := k.take(); fmt.Sprint(got) != "["+me+" 583231 octocat [read:user user:email]]" || k.last.Access == "" || !k.last.Expires.IsZero() || k.last.Refresh != "" {
		t.Errorf("kept %q", got)
	}
	k.fail(errors.New("database is away"))
	again := s.browser()
	if again.visit("/auth/github?return=/w/1"); again.me().UserID != me {
		t.Error("a token that cannot be kept ends the login")
	}
}

func TestExpiringTokensAreKeptWithTheirTimes(t *testing.T) {
	t.Parallel()
	g, opt := withGitHub(t, octocat)
	k, keep := withKeeper(true)
	s := newSite(t, opt, keep)
	g.Fault("/login/oauth/access_token", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
		w.Write([]byte("access_token=ghu_a&token_type=bearer&scope=&expires_in=28800&refresh_token=ghr_r&refresh_token_expires_in=15897600"))
	})
	g.Fault("/api/v3/user", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"id":583231,"login":"octocat","email":"o@example.org"}`))
	})
	s.browser().visit("/auth/github")
	if n := len(k.take()); n != 1 || k.last.Access != "ghu_a" || k.last.Refresh != "ghr_r" || len(k.last.Scopes) != 0 {
		t.Fatalf("kept %d, %+v", n, k.last.Scopes)
	}
	for what, got := range map[time.Duration]time.Time{8 * time.Hour: k.last.Expires, 184 * 24 * time.Hour: k.last.RefreshExpires} {
		if left := time.Until(got); left < what-time.Minute || left > what {
			t.Errorf("%v left of %v", left, what)
		}
	}
}

func TestConnectingAsksForMore(t *testing.T) {
	t.Parallel()
	g, opt := withGitHub(t, octocat)
	k, keep := withKeeper(true)
	s := newSite(t, opt, keep)
	if resp := s.browser().step(connect + "?private=true&return=/settings"); resp.Header.Get("Location") != "/login?return=%2Fsettings" {
		t.Errorf("nobody: %s to %s", resp.Status, resp.Header.Get("Location"))
	}
	b := s.browser()
	b.signup("local@example.com")
	me, cookie := b.me().UserID, b.cookie()
	for query, scope := range map[string]string{"": "read:user user:email public_repo", "?private=true": "read:user user:email repo", "?private=1": "read:user user:email public_repo", "?scope=repo&private=false": "read:user user:email public_repo"} {
		to := mustURL(b.step(connect + query).Header.Get("Location"))
		if !strings.HasPrefix(to.String(), g.URL+"/login/oauth/authorize?") || to.Query().Get("scope") != scope || to.Query().Get("redirect_uri") != s.url+"/auth/github/callback" || len(to.Query().Get("code_challenge")) != 43 {
			t.Errorf("%q leads to %v", query, to)
		}
	}
	resp, _ := b.visit(connect + "?private=true&return=" + url.QueryEscape("/settings?tab=git"))
	if ended(resp) != "/settings?tab=git" {
		t.Fatalf("ended at %s: %s", ended(resp), g.Complaint())
	}
	if got := k.take(); fmt.Sprint(got) != "["+me+" 583231 octocat [read:user user:email repo]]" {
		t.Errorf("kept %q", got)
	}
	if b.cookie() != cookie || b.me().UserID != me {
		t.Error("connecting changed who is signed in")
	}
	u, _ := s.User(me)
	if len(u.Identities) != 1 || u.Identities[0].Subject != "583231" || u.Identities[0].Login != "octocat" {
		t.Errorf("linked: %+v", u.Identities)
	}
	other := s.browser()
	if other.visit("/auth/github"); other.me().UserID != me {
		t.Error("the linked account signs in as somebody else")
	}
	k.take()
	if resp, _ := b.visit(connect + "?return=//evil.test"); ended(resp) != "/" || len(k.take()) != 1 {
		t.Errorf("again: ended at %s", ended(resp))
	}
	if u, _ := s.User(me); len(u.Identities) != 1 {
		t.Errorf("linked twice: %+v", u.Identities)
	}
}

func TestConnectingIsRefused(t *testing.T) {
	t.Parallel()
	g, opt := withGitHub(t, octocat)
	k, keep := withKeeper(true)
	store, _ := newStore(t)
	s := newSiteOn(t, store, opt, keep)
	first := s.browser()
	first.visit("/auth/github")
	k.take()
	b := s.browser()
	b.signup("local@example.com")
	try := func(b *browser) string {
		resp, _ := b.visit(connect + "?return=/settings?tab=git%26github_error=old")
		return ended(resp)
	}
	if got := try(b); got != "/settings?github_error=account_taken&tab=git" {
		t.Errorf("somebody else's account: %s", got)
	}
	g.SetUser(idptest.GitHubUser{ID: 7, Login: "mine"})
	if got := try(b); got != "/settings?tab=git&github_error=old" || len(k.take()) != 1 {
		t.Errorf("the own: %s", got)
	}
	g.SetUser(idptest.GitHubUser{ID: 8, Login: "second"})
	for name, b := range map[string]*browser{"linked by connecting": b, "linked by a login": first} {
		if got := try(b); got != "/settings?github_error=other_account&tab=git" {
			t.Errorf("a second account, %s: %s", name, got)
		}
	}
	g.SetUser(idptest.GitHubUser{ID: 7, Login: "mine"})
	g.Fault("/api/v3/user", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	if got := try(b); got != "/settings?github_error=provider_error&tab=git" {
		t.Errorf("GitHub fails: %s", got)
	}
	g.Fault("/api/v3/user", nil)
	k.fail(errors.New("database is away"))
	if got := try(b); got != "/settings?github_error=failed&tab=git" {
		t.Errorf("not kept: %s", got)
	}
	k.fail(nil)
	public := newSiteOn(t, store, opt, func(o *identity.Options) { o.GitHub.Keep = k.keep })
	c := public.browser()
	c.visit("/auth/github")
	k.take()
	if resp, _ := c.visit(connect + "?private=true&return=/settings"); ended(resp) != "/settings?github_error=private_disabled" {
		t.Errorf("private ones are off: %s", ended(resp))
	}
	none := newSiteOn(t, store, opt)
	if resp := none.browser().step(connect); resp.StatusCode == 303 {
		t.Errorf("nobody keeps tokens: %s", resp.Header.Get("Location"))
	}
	if got := k.take(); len(got) != 0 {
		t.Errorf("kept %q", got)
	}
}

// A connection ends in the session that began it, or nowhere.
func TestAConnectionBelongsToItsSession(t *testing.T) {
	t.Parallel()
	_, opt := withGitHub(t, octocat)
	k, keep := withKeeper(true)
	s := newSite(t, opt, keep)
	// begin returns a browser at the provider's door and the callback it would be sent to.
	begin := func(email string) (*browser, url.Values) {
		b := s.browser()
		b.signup(email)
		return b, mustURL(b.step(b.step(connect).Header.Get("Location")).Header.Get("Location")).Query()
	}
	victim := s.browser()
	victim.signup("victim@example.com")
	n := 0
	for name, spoil := range map[string]func(b *browser, q url.Values) *browser{
		"another browser":          func(*browser, url.Values) *browser { return victim },
		"signed out":               func(b *browser, _ url.Values) *browser { b.post("/test/logout", nil); return b },
		"signed in as another":     func(b *browser, _ url.Values) *browser { b.signup("another@example.com"); return b },
		"signed in again":          func(b *browser, _ url.Values) *browser { b.login("2@example.com", goodPassword); return b },
		"another state":            func(b *browser, q url.Values) *browser { q.Set("state", flip(q.Get("state"))); return b },
		"too late":                 func(b *browser, _ url.Values) *browser { s.clock.Advance(10*time.Minute + time.Second); return b },
		"the flow's cookie stolen": func(b *browser, _ url.Values) *browser { return withFlowOf(victim, b) },
	} {
		n++
		email := fmt.Sprintf("%d@example.com", n)
		if name == "signed in again" {
			email = "2@example.com"
		} else if n == 2 {
			email = "two@example.com"
		}
		b, q := begin(email)
		b = spoil(b, q)
		if resp := b.step("/auth/github/callback?" + q.Encode()); resp.StatusCode != 400 {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
	if got := k.take(); len(got) != 0 {
		t.Errorf("kept %q", got)
	}
	b, q := begin("denies@example.com")
	q.Del("code")
	q.Set("error", "access_denied")
	if resp := b.step("/auth/github/callback?" + q.Encode()); resp.Header.Get("Location") != "/?github_error=denied" {
		t.Errorf("denied: %s to %s", resp.Status, resp.Header.Get("Location"))
	}
	// A login's callback makes no connection, and the other way round.
	users := slices.Collect(func(yield func(string) bool) {
		all, _, _, _ := s.Users(identity.UserQuery{})
		for _, u := range all {
			if len(u.Identities) > 0 && !yield(u.ID) {
				return
			}
		}
	})
	if len(users) != 0 {
		t.Errorf("linked: %q", users)
	}
}

// withFlowOf gives a browser the cookie of a flow that another began.
func withFlowOf(b, from *browser) *browser {
	for _, c := range from.jar.Cookies(mustURL(from.site.url)) {
		if c.Name == "__Host-kalpana-login" {
			b.jar.SetCookies(mustURL(b.site.url), []*http.Cookie{{Name: c.Name, Value: c.Value, Path: "/", Secure: true}})
		}
	}
	return b
}

// Pages of workspaces are on the same site, and their requests carry the cookie.
func TestOtherPagesDoNotBeginAConnection(t *testing.T) {
	t.Parallel()
	_, opt := withGitHub(t, octocat)
	_, keep := withKeeper(true)
	s := newSite(t, opt, keep)
	b := s.browser()
	b.signup("local@example.com")
	for site, want := range map[string]int{"cross-site": 403, "same-site": 403, "same-origin": 303, "none": 303, "": 303} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", s.url+connect+"?private=true", nil)
		if err != nil {
			t.Fatal(err)
		}
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		c := *b.http
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%q: %s", site, resp.Status)
		}
	}
}

// Two people connect one account at once: it is one person's.
func TestAnAccountIsLinkedToOneUser(t *testing.T) {
	t.Parallel()
	_, opt := withGitHub(t, octocat)
	k, keep := withKeeper(true)
	store, _ := newStore(t)
	a, z := newSiteOn(t, store, opt, keep), newSiteOn(t, store, opt, keep)
	var browsers []*browser
	for i := range 6 {
		b := []*site{a, z}[i%2].browser()
		b.signup(fmt.Sprintf("%d@example.com", i))
		browsers = append(browsers, b)
	}
	results := make([]string, len(browsers))
	var connecting sync.WaitGroup
	for i, b := range browsers {
		connecting.Go(func() {
			resp, _ := b.visit(connect + "?return=/done")
			results[i] = ended(resp)
		})
	}
	connecting.Wait()
	slices.Sort(results)
	if got := slices.Compact(slices.Clone(results)); len(k.take()) != 1 || len(got) != 2 || results[0] != "/done" || results[1] != "/done?github_error=account_taken" {
		t.Errorf("%q", results)
	}
}
