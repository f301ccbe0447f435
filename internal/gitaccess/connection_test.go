package gitaccess_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/gitaccess"
	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/githubtest"
)

const tokenPath = "/login/oauth/access_token"

func TestAConnectionIsMadeUsedAndEnded(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, settings{private: true}), t.Context()
	status := func() gitaccess.Status {
		t.Helper()
		s, err := st.Status(ctx, "ada")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if got, want := status(), (gitaccess.Status{Enabled: true, PrivateAllowed: true, URL: st.web.URL}); got != want {
		t.Errorf("before: %+v", got)
	}
	if _, err := st.Token(ctx, "ada"); !errors.Is(err, gitaccess.ErrNotConnected) {
		t.Errorf("token before: %v", err)
	}
	token := st.connect("ada", "read:user", "user:email", "repo")
	if got, want := status(), (gitaccess.Status{Enabled: true, Connected: true, Login: "ada", Private: true, PrivateAllowed: true, URL: st.web.URL}); got != want {
		t.Errorf("connected: %+v", got)
	}
	if got, err := st.Token(ctx, "ada"); err != nil || got != token.Access {
		t.Errorf("token: %v", err)
	}
	if name, email := st.Identity(ctx, "ada"); name != "Ada L" || email != "42+ada@users.noreply.127.0.0.1" {
		t.Errorf("commits are of %q <%s>", name, email)
	}
	for _, nobody := range []string{"eve", ""} {
		if _, err := st.Token(ctx, nobody); !errors.Is(err, gitaccess.ErrNotConnected) {
			t.Errorf("token of %q: %v", nobody, err)
		}
		if name, email := st.Identity(ctx, nobody); name != "" || email != "" {
			t.Errorf("identity of %q: %q %q", nobody, name, email)
		}
	}
	if err := st.Connect(ctx, "eve", github.User{ID: 43}, token); err == nil {
		t.Error("a token of one account was kept as another's")
	} else {
		st.hides(err)
	}
	rec, err := st.store.Connection(ctx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	st.hides(rec)
	if other := st.grant("ada", "read:user"); true {
		revoked, err := st.Disconnect(ctx, "ada")
		if err != nil || !revoked || st.hub.Valid(token.Access) || st.hub.Valid(other.Access) {
			t.Errorf("disconnect: %v, %v, still valid %v %v", revoked, err, st.hub.Valid(token.Access), st.hub.Valid(other.Access))
		}
	}
	if status().Connected {
		t.Error("still connected")
	}
	if _, err := st.Disconnect(ctx, "ada"); !errors.Is(err, gitaccess.ErrNotConnected) {
		t.Errorf("twice: %v", err)
	}
}

func TestADisconnectionForgetsAlsoWhenGitHubIsAway(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, settings{}), t.Context()
	st.connect("ada")
	st.hub.Fault("/applications/client-id/grant", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	if revoked, err := st.Disconnect(ctx, "ada"); err != nil || revoked {
		t.Errorf("%v, %v", revoked, err)
	}
	if _, err := st.Token(ctx, "ada"); !errors.Is(err, gitaccess.ErrNotConnected) {
		t.Errorf("token: %v", err)
	}
}

// A login asks for less than was granted before.
func TestALoginKeepsTheStrongerToken(t *testing.T) {
	t.Parallel()
	weak, strong := []string{"read:user", "user:email"}, []string{"read:user", "user:email", "repo"}
	for name, c := range map[string]struct {
		first, second []string
		before        func(st *stand, first github.Token)
		settings      settings
		keepsFirst    bool
	}{
		"less":              {strong, weak, nil, settings{private: true}, true},
		"the same":          {weak, weak, nil, settings{private: true}, true},
		"more":              {weak, strong, nil, settings{private: true}, false},
		"less, but works":   {strong, weak, func(st *stand, _ github.Token) { st.hub.RevokeAll("ada") }, settings{private: true}, false},
		"private ones off":  {strong, weak, nil, settings{}, false},
		"token is unsealed": {strong, weak, func(st *stand, _ github.Token) { st.damage("ada") }, settings{private: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newStand(t, c.settings)
			first := st.connect("ada", c.first...)
			if c.before != nil {
				c.before(st, first)
			}
			second := st.connect("ada", c.second...)
			kept, lost := second.Access, first.Access
			if c.keepsFirst {
				kept, lost = lost, kept
			}
			if got, err := st.Token(t.Context(), "ada"); err != nil || got != kept || !st.hub.Valid(kept) {
				t.Errorf("token is the first: %v, %v", got == first.Access, err)
			}
			if st.hub.Valid(lost) && name != "token is unsealed" {
				t.Error("the token that is not used is still valid")
			}
			if s, _ := st.Status(t.Context(), "ada"); s.Problem != "" {
				t.Error(s.Problem)
			}
		})
	}
}

// damage changes a byte of a sealed token.
func (st *stand) damage(userID string) {
	st.t.Helper()
	if _, err := st.store.ChangeConnection(st.t.Context(), userID, func(c *gitaccess.Connection) (bool, error) {
		c.Access[len(c.Access)-1] ^= 1
		return true, nil
	}); err != nil {
		st.t.Fatal(err)
	}
}

func expiring() settings {
	return settings{private: true, hub: githubtest.Options{Lifetime: 8 * time.Hour}}
}

func TestGatewaysUseARefreshTokenOnce(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, expiring()), t.Context()
	first := st.connect("ada")
	if got, err := st.Token(ctx, "ada"); err != nil || got != first.Access {
		t.Fatalf("before: %v", err)
	}
	before := st.count("POST", tokenPath)
	for round := 1; round <= 3; round++ {
		st.clock.advance(8*time.Hour - time.Minute)
		services := []*gitaccess.Service{st.service(expiring()), st.service(expiring()), st.service(expiring())}
		got := make([]string, 30)
		var asking sync.WaitGroup
		for i := range got {
			asking.Go(func() {
				var err error
				if got[i], err = services[i%len(services)].Token(ctx, "ada"); err != nil {
					t.Error(err)
				}
			})
		}
		asking.Wait()
		st.secretly(got[0])
		if n := len(slices.Compact(slices.Sorted(slices.Values(got)))); n != 1 || !st.hub.Valid(got[0]) || got[0] == first.Access {
			t.Fatalf("round %d: %d tokens, valid %v", round, n, st.hub.Valid(got[0]))
		}
		if n := st.count("POST", tokenPath) - before; n != round {
			t.Fatalf("%d refreshes after %d rounds", n, round)
		}
	}
	if s, err := st.Status(ctx, "ada"); err != nil || s.Problem != "" || !s.Private {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestARefreshThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, expiring()), t.Context()
	first := st.connect("ada")
	st.hub.Fault(tokenPath, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) })
	st.clock.advance(8*time.Hour - time.Minute)
	if got, err := st.Token(ctx, "ada"); err != nil || got != first.Access {
		t.Errorf("a minute before it expires: %v", err)
	}
	st.clock.advance(2 * time.Minute)
	if _, err := st.Token(ctx, "ada"); !errors.Is(err, github.ErrUnavailable) {
		t.Errorf("after: %v", err)
	}
	st.hub.Fault(tokenPath, nil)
	got, err := st.Token(ctx, "ada")
	st.secretly(got)
	if err != nil || got == first.Access || !st.hub.Valid(got) {
		t.Errorf("GitHub is back: %v", err)
	}
}

// A gateway that died in the middle holds the others up for a while, and not for good.
func TestAClaimRunsOut(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, expiring()), t.Context()
	st.connect("ada")
	st.clock.advance(8 * time.Hour)
	if _, err := st.store.ChangeConnection(ctx, "ada", func(c *gitaccess.Connection) (bool, error) {
		c.ClaimedBy, c.ClaimedUntil = "a gateway that is gone", st.clock.now().Add(25*time.Second)
		return true, nil
	}); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if _, err := st.Token(short, "ada"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while it is claimed: %v", err)
	}
	if n := st.count("POST", tokenPath); n != 1 {
		t.Errorf("%d requests for tokens", n)
	}
	st.clock.advance(26 * time.Second)
	got, err := st.Token(ctx, "ada")
	st.secretly(got)
	if err != nil || !st.hub.Valid(got) {
		t.Errorf("when it has run out: %v", err)
	}
}

// The claim of a slow gateway ran out, and another one was faster.
func TestARefreshTokenThatAnotherUsedIsNoRevocation(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, expiring()), t.Context()
	st.connect("ada")
	st.clock.advance(8 * time.Hour)
	st.hub.Fault(tokenPath, func(w http.ResponseWriter, _ *http.Request) {
		st.store.ChangeConnection(ctx, "ada", func(c *gitaccess.Connection) (bool, error) {
			c.Grant = "the other gateway's"
			c.Access = newBox(t, 1).Seal("git-token", "ada access", []byte("ghu_theirs"))
			c.Expires = st.clock.now().Add(8 * time.Hour)
			return true, nil
		})
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]string{"error": "bad_refresh_token"})
	})
	if got, err := st.Token(ctx, "ada"); got != "ghu_theirs" || err != nil {
		t.Errorf("%v", err)
	}
}

// What was disconnected stays so, although a refresh is under way.
func TestADisconnectionWinsOverARefresh(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, expiring()), t.Context()
	st.connect("ada")
	st.clock.advance(8 * time.Hour)
	st.hub.Fault(tokenPath, func(w http.ResponseWriter, r *http.Request) {
		st.store.ChangeConnection(ctx, "ada", func(*gitaccess.Connection) (bool, error) { return false, nil })
		st.hub.Fault(tokenPath, nil)
		st.hub.ServeHTTP(w, r)
	})
	if _, err := st.Token(ctx, "ada"); !errors.Is(err, gitaccess.ErrNotConnected) {
		t.Errorf("%v", err)
	}
	if n := st.count("DELETE", "/applications/client-id/token"); n != 1 {
		t.Errorf("the new token was revoked %d times", n)
	}
	if c, err := st.store.Connection(ctx, "ada"); err != nil || !reflect.ValueOf(c).IsZero() {
		t.Errorf("%+v, %v", c, err)
	}
}

// away is a store that does not write for a while.
type away struct {
	gitaccess.Store
	mu   sync.Mutex
	left int
}

func (a *away) ChangeConnection(ctx context.Context, userID string, change func(*gitaccess.Connection) (bool, error)) (gitaccess.Connection, error) {
	a.mu.Lock()
	fails := a.left > 0
	a.left--
	a.mu.Unlock()
	if fails {
		return gitaccess.Connection{}, errors.New("database is away")
	}
	return a.Store.ChangeConnection(ctx, userID, change)
}

// The old tokens are void by then.
func TestANewTokenSurvivesADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, expiring()), t.Context()
	first := st.connect("ada")
	store := &away{Store: st.store}
	client, err := github.New(github.Options{URL: st.web.URL, APIURL: st.web.URL + "/api/v3", ClientID: "client-id", ClientSecret: clientSecret, Now: st.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	s, err := gitaccess.New(gitaccess.Options{Store: store, Box: newBox(t, 1), GitHub: client, URL: st.web.URL, Now: st.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	st.clock.advance(8 * time.Hour)
	st.hub.Fault(tokenPath, func(w http.ResponseWriter, r *http.Request) {
		store.mu.Lock()
		store.left = 2
		store.mu.Unlock()
		st.hub.Fault(tokenPath, nil)
		st.hub.ServeHTTP(w, r)
	})
	got, err := s.Token(ctx, "ada")
	st.secretly(got)
	if err != nil || got == first.Access || !st.hub.Valid(got) {
		t.Errorf("%v", err)
	}
	if again, err := st.Token(ctx, "ada"); err != nil || again != got {
		t.Errorf("for another gateway: %v", err)
	}
}

func TestRevokedInTheMiddle(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]settings{"OAuth app": {private: true}, "GitHub App": expiring()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, ctx := newStand(t, o), t.Context()
			st.hub.AddRepo(githubtest.Repo{Name: "ada/engine"})
			st.connect("ada", "repo")
			if _, err := st.Repos(ctx, "ada", "", "", 10); err != nil {
				t.Fatal(err)
			}
			st.hub.RevokeAll("ada")
			_, err := st.Repos(ctx, "ada", "", "", 10)
			if !errors.Is(err, gitaccess.ErrReconnect) {
				t.Errorf("list: %v", err)
			}
			st.hides(err)
			asked := len(st.hub.Requests())
			if _, err := st.Token(ctx, "ada"); !errors.Is(err, gitaccess.ErrReconnect) {
				t.Errorf("token: %v", err)
			}
			_, err = st.Credential(ctx, "ada", "ada/engine", gitaccess.Question{Protocol: "http", Host: st.host, Path: "ada/engine.git"})
			if refused, ok := errors.AsType[*gitaccess.RefusedError](err); !ok || refused.Reason == "" {
				t.Errorf("credential: %v", err)
			}
			if s, err := st.Status(ctx, "ada"); err != nil || !s.Connected || s.Problem == "" {
				t.Errorf("status: %+v, %v", s, err)
			}
			if n := len(st.hub.Requests()); n != asked {
				t.Errorf("GitHub was asked %d times more", n-asked)
			}
			st.connect("ada", "repo")
			if p, err := st.Repos(ctx, "ada", "", "", 10); err != nil || len(p.Items) != 1 {
				t.Errorf("connected again: %+v, %v", p, err)
			}
			if s, _ := st.Status(ctx, "ada"); s.Problem != "" {
				t.Error(s.Problem)
			}
		})
	}
}

// GitHub's clock may be ahead of ours.
func TestATokenRefusedEarlyIsRefreshed(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, expiring()), t.Context()
	first := st.connect("ada")
	st.hub.Fault("/user/repos", func(w http.ResponseWriter, r *http.Request) {
		st.hub.Fault("/user/repos", nil)
		w.WriteHeader(http.StatusUnauthorized)
	})
	if _, err := st.Repos(ctx, "ada", "", "", 10); err != nil {
		t.Fatal(err)
	}
	got, err := st.Token(ctx, "ada")
	st.secretly(got)
	if err != nil || got == first.Access || !st.hub.Valid(got) {
		t.Errorf("%v", err)
	}
}

// H157.
func TestSwappedCiphertextsOpenForNobody(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, settings{private: true}), t.Context()
	st.connect("ada", "repo")
	st.connect("eve", "repo")
	for _, u := range []string{"ada", "eve"} {
		if _, err := st.PutHost(ctx, u, "git.example.org", u, "password-canary-of-"+u); err != nil {
			t.Fatal(err)
		}
	}
	st.secretly("password-canary-of-ada", "password-canary-of-eve")
	a, _ := st.store.Connection(ctx, "ada")
	e, _ := st.store.Connection(ctx, "eve")
	ah, _ := st.store.HostCredentials(ctx, "ada")
	eh, _ := st.store.HostCredentials(ctx, "eve")
	for user, c := range map[string]struct {
		token []byte
		hosts []gitaccess.HostCredential
	}{"ada": {e.Access, eh}, "eve": {a.Access, ah}} {
		if _, err := st.store.ChangeConnection(ctx, user, func(n *gitaccess.Connection) (bool, error) { n.Access = c.token; return true, nil }); err != nil {
			t.Fatal(err)
		}
		if err := st.store.ChangeHostCredentials(ctx, user, func([]gitaccess.HostCredential) ([]gitaccess.HostCredential, error) { return c.hosts, nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, u := range []string{"ada", "eve"} {
		if _, err := st.Token(ctx, u); !errors.Is(err, gitaccess.ErrReconnect) {
			t.Errorf("token of %s: %v", u, err)
		}
		if s, _ := st.Status(ctx, u); s.Problem == "" {
			t.Errorf("%s is not told", u)
		}
		_, err := st.Credential(ctx, u, "https://git.example.org/x", gitaccess.Question{Protocol: "https", Host: "git.example.org", Path: "x"})
		if _, ok := errors.AsType[*gitaccess.RefusedError](err); !ok {
			t.Errorf("password of %s: %v", u, err)
		}
	}
	// A field of the same user is another place as well.
	st.connect("ada", "repo")
	if _, err := st.store.ChangeConnection(ctx, "ada", func(c *gitaccess.Connection) (bool, error) {
		c.Refresh, c.Expires = c.Access, st.clock.now()
		return true, nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Token(ctx, "ada"); !errors.Is(err, gitaccess.ErrReconnect) {
		t.Errorf("access token as refresh token: %v", err)
	}
}

func TestKeyRotation(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, settings{private: true}), t.Context()
	const many = 120 // more than are read at a time
	token := st.connect("ada", "repo")
	st.secretly("password-canary")
	for i := range many {
		if _, err := st.PutHost(ctx, string(rune('a'+i/26))+string(rune('a'+i%26)), "git.example.org", "u", "password-canary"); err != nil {
			t.Fatal(err)
		}
	}
	rotated := st.service(settings{private: true, key: 2, old: []byte{9, 1}})
	if got, err := rotated.Token(ctx, "ada"); err != nil || got != token.Access {
		t.Errorf("sealed with the old secret: %v", err)
	}
	if n, err := rotated.Reseal(ctx); err != nil || n != many+1 {
		t.Errorf("%d sealed anew, %v", n, err)
	}
	if n, err := rotated.Reseal(ctx); err != nil || n != 0 {
		t.Errorf("the second time: %d, %v", n, err)
	}
	alone := st.service(settings{private: true, key: 2})
	if got, err := alone.Token(ctx, "ada"); err != nil || got != token.Access {
		t.Errorf("without the old secret: %v", err)
	}
	c, err := alone.Credential(ctx, "aa", "https://git.example.org/x", gitaccess.Question{Protocol: "https", Host: "git.example.org"})
	if err != nil || c.Password != "password-canary" {
		t.Errorf("%v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := rotated.Reseal(ended); err == nil {
		t.Error("no error for an ended context")
	}
	// Who lacks the secret breaks nothing but says so, and leaves the seal alone.
	if n, err := st.Reseal(ctx); err != nil || n != 0 {
		t.Errorf("with the old secret only: %d, %v", n, err)
	}
	if got, err := alone.Token(ctx, "ada"); err != nil || got != token.Access {
		t.Errorf("after that: %v", err)
	}
}
