package identity_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/identity"
)

func TestSessionCookieIsHostOnlyOpaqueAndProtected(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	resp, _ := b.post("/test/signup", map[string][]string{"email": {"a@example.com"}, "password": {goodPassword}})
	set := resp.Header["Set-Cookie"]
	if len(set) != 1 {
		t.Fatalf("Set-Cookie lines: %q", set)
	}
	for _, want := range []string{"__Host-kalpana=", "; Path=/", "; HttpOnly", "; Secure", "; SameSite=Lax", "; Max-Age=2592000"} {
		if !strings.Contains(set[0], want) {
			t.Errorf("cookie lacks %q", want)
		}
	}
	if strings.Contains(set[0], "Domain") {
		t.Error("cookie names a domain")
	}
	if len(b.cookie()) != 43 {
		t.Errorf("cookie value has %d characters, want 43", len(b.cookie()))
	}
	if p := b.me(); p.Email != "a@example.com" || p.SessionID == "" || p.TokenID != "" || strings.Contains(b.cookie(), p.SessionID) {
		t.Errorf("principal %+v", p)
	}
}

// H031, H032, H034, H038.
func TestOddCookiesAreAnonymous(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signup("a@example.com")
	v := b.cookie()
	if s.withCookie("__Host-kalpana="+v).UserID == "" {
		t.Fatal("the plain cookie does not work")
	}
	const n = "__Host-kalpana"
	for name, line := range map[string]string{
		"other case":        "__host-kalpana=" + v,
		"twice, good first": n + "=" + v + "; " + n + "=x",
		"twice, good last":  n + "=x; " + n + "=" + v,
		"twice the same":    n + "=" + v + "; " + n + "=" + v,
		"empty twin":        n + "=; " + n + "=" + v,
		"U+2000 before":     "\u2000" + n + "=" + v,
		"U+00A0 before":     "\u00a0" + n + "=" + v,
		"vertical tab":      "\v" + n + "=" + v,
		"space after name":  n + " =" + v,
		"nameless":          "=" + n + "=" + v,
		"version":           "$Version=1," + n + "=" + v,
		"quoted":            n + "=\"" + v + "\"",
		"space in value":    n + "= " + v,
		"longer":            n + "=" + v + "A",
		"shorter":           n + "=" + v[:42],
		"one bit changed":   n + "=" + flip(v),
		"4 KB":              n + "=" + strings.Repeat("A", 4096),
		"other name":        n + "-ws=" + v,
		"comma":             "a=b," + n + "=" + v,
	} {
		if p := s.withCookie(line); p.UserID != "" {
			t.Errorf("%s: signed in as %s", name, p.UserID)
		}
	}
	if p := s.with(http.Header{"Cookie": {n + "=" + v, n + "=" + v}}); p.UserID != "" {
		t.Error("two header lines with our cookie: signed in")
	}
	many := strings.Repeat("x=y; ", 200) + "__host-kalpana=z; " + n + "=" + v
	if p := s.with(http.Header{"Cookie": {"a=1", many}}); p.UserID == "" {
		t.Error("among 200 others, with a near name planted beside it: not signed in")
	}
}

// flip changes the first character and keeps the alphabet.
func flip(v string) string {
	if v[0] == 'A' {
		return "B" + v[1:]
	}
	return "A" + v[1:]
}

// H152.
func TestLoginGivesNewSessionAndEndsTheOldOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signup("a@example.com")
	first, firstID := b.cookie(), b.me().SessionID
	if b.login("a@example.com", goodPassword) != 204 || b.cookie() == first {
		t.Fatal("second login kept the cookie")
	}
	if s.withCookie("__Host-kalpana="+first).UserID != "" {
		t.Error("the session before the login is alive")
	}
	if _, live := s.SessionLive(firstID); live {
		t.Error("SessionLive says the old session lives")
	}
	second := b.cookie()
	s.browser().signup("b@example.com")
	if b.login("b@example.com", goodPassword) != 204 || b.me().Email != "b@example.com" {
		t.Fatal("login as somebody else while logged in")
	}
	if s.withCookie("__Host-kalpana="+second).UserID != "" {
		t.Error("the other user's session in this browser is alive")
	}
}

func TestPlantedSessionIdentifierIsNotTakenOver(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.browser().signup("a@example.com")
	victim := s.browser()
	planted := strings.Repeat("A", 43)
	req, _ := http.NewRequest("POST", s.url+"/test/login", strings.NewReader("email=a@example.com&password="+strings.ReplaceAll(goodPassword, " ", "+")))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Cookie", "__Host-kalpana="+planted)
	resp, err := victim.http.Do(req)
	victim.read(resp, err)
	if victim.cookie() == "" || victim.cookie() == planted {
		t.Fatal("login took over the identifier that was sent")
	}
	if s.withCookie("__Host-kalpana="+planted).UserID != "" {
		t.Error("the planted identifier is signed in")
	}
}

// H151.
func TestCookieIsDeadAfterLogout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signup("a@example.com")
	v, id := b.cookie(), b.me().SessionID
	if resp, _ := b.post("/test/logout", nil); resp.StatusCode != 204 {
		t.Fatal("logout", resp.Status)
	}
	if b.cookie() != "" {
		t.Error("logout left the cookie")
	}
	if _, live := s.SessionLive(id); live || s.withCookie("__Host-kalpana="+v).UserID != "" {
		t.Error("replayed cookie is signed in")
	}
	if resp, _ := b.post("/test/logout", nil); resp.StatusCode != 204 {
		t.Error("second logout", resp.Status)
	}
}

// H154.
func TestSessionEndsIdleAndAbsolutely(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signup("a@example.com")
	line := "__Host-kalpana=" + b.cookie()
	begun := s.clock.Now()
	const day = 24 * time.Hour
	for i := range 4 {
		s.clock.Advance(7*day - time.Minute)
		if s.withCookie(line).UserID == "" {
			t.Fatalf("died after %v although used %d times", s.clock.Now().Sub(begun), i)
		}
	}
	s.clock.Advance(30*day - time.Minute - s.clock.Now().Sub(begun))
	if s.withCookie(line).UserID == "" {
		t.Fatal("died a minute before the absolute limit")
	}
	s.clock.Advance(2 * time.Minute)
	if s.withCookie(line).UserID != "" {
		t.Fatal("lives a minute after the absolute limit")
	}

	idle := s.browser()
	if idle.login("a@example.com", goodPassword) != 204 {
		t.Fatal("login")
	}
	line = "__Host-kalpana=" + idle.cookie()
	s.clock.Advance(7*day - time.Minute)
	if s.withCookie(line).UserID == "" {
		t.Fatal("died a minute before the idle limit")
	}
	s.clock.Advance(7*day + time.Minute)
	if s.withCookie(line).UserID != "" {
		t.Fatal("lives a minute after the idle limit")
	}
}

func TestClockMovedAnHourEndsNoSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signup("a@example.com")
	for _, d := range []time.Duration{time.Hour, -2 * time.Hour, time.Hour} {
		s.clock.Advance(d)
		if b.me().UserID == "" {
			t.Fatalf("session died when the clock moved by %v", d)
		}
	}
}

func TestUseOfASessionSurvivesARestart(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	s := newSiteOn(t, store)
	b := s.browser()
	b.signup("a@example.com")
	line := "__Host-kalpana=" + b.cookie()
	s.clock.Advance(6 * 24 * time.Hour)
	if s.withCookie(line).UserID == "" {
		t.Fatal("not signed in on day 6")
	}
	eventually(t, 10*time.Second, "the last use is stored", func() bool {
		found, err := store.FindSessions(t.Context(), identity.Query{})
		return err == nil && len(found) == 1 && found[0].LastSeenAt.Sub(found[0].CreatedAt) > 5*24*time.Hour
	})
	again := newSiteOn(t, store, func(o *identity.Options) {
		o.Now = func() time.Time { return time.Now().Add(12 * 24 * time.Hour) }
	})
	if again.withCookie(line).UserID == "" {
		t.Error("idle limit counts from the login, not from the last use")
	}
}

func TestSessionsAreListedAndRevokedByPublicID(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	one, two := s.browser(), s.browser()
	one.signup("a@example.com")
	if two.login("a@example.com", goodPassword) != 204 {
		t.Fatal("login")
	}
	me := one.me()
	list, err := s.Sessions(t.Context(), me.UserID)
	if err != nil || len(list) != 2 {
		t.Fatalf("sessions: %v %v", list, err)
	}
	for _, x := range list {
		if x.Hash != "" || x.Address != "127.0.0.1" || x.UserAgent == "" || x.ID == one.cookie() {
			t.Errorf("session %+v", x)
		}
	}
	if err := s.RevokeSession(t.Context(), "someone else", two.me().SessionID); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("revoking another's session: %v", err)
	}
	if two.me().UserID == "" {
		t.Error("a stranger ended the session")
	}
	if err := s.RevokeSession(t.Context(), me.UserID, two.me().SessionID); err != nil {
		t.Fatal(err)
	}
	if two.me().UserID != "" || one.me().UserID == "" {
		t.Error("the wrong session ended")
	}
	for _, id := range []string{"", "nothing", one.cookie()} {
		if err := s.RevokeSession(t.Context(), me.UserID, id); !errors.Is(err, identity.ErrNotFound) {
			t.Errorf("revoke %q: %v", id, err)
		}
	}
}

// Two gateways on one database.
func TestOtherGatewaysSeeRevocationsWithinFourSeconds(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	one, two := newSiteOn(t, store), newSiteOn(t, store)
	b := one.browser()
	b.signup("a@example.com")
	line := "__Host-kalpana=" + b.cookie()
	me := two.withCookie(line)
	if me.UserID == "" {
		t.Fatal("a session of the other gateway is not known at once")
	}
	secret, token, err := one.CreateToken(t.Context(), me.UserID, "ci", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, id, live := two.TokenUser(secret); !live || id != token.ID {
		t.Fatal("a token of the other gateway is not known at once")
	}
	if resp, _ := b.post("/test/logout", nil); resp.StatusCode != 204 {
		t.Fatal(resp.Status)
	}
	eventually(t, 4*time.Second, "logout is seen", func() bool { _, live := two.SessionLive(me.SessionID); return !live })
	if err := one.RevokeToken(t.Context(), me.UserID, token.ID); err != nil {
		t.Fatal(err)
	}
	eventually(t, 4*time.Second, "revoked token is seen", func() bool { return !two.TokenLive(token.ID) })

	if b.login("a@example.com", goodPassword) != 204 {
		t.Fatal("login")
	}
	line = "__Host-kalpana=" + b.cookie()
	if two.withCookie(line).UserID == "" {
		t.Fatal("second session is not known")
	}
	if err := one.SetSuspended(t.Context(), me.UserID, true); err != nil {
		t.Fatal(err)
	}
	if one.withCookie(line).UserID != "" {
		t.Error("suspension does not bite at once where it is made")
	}
	eventually(t, 4*time.Second, "suspension is seen", func() bool { return two.withCookie(line).UserID == "" })
	if b2 := two.browser(); b2.login("a@example.com", goodPassword) != 401 {
		t.Error("a suspended user signs in at the other gateway")
	}
}

// H155.
func TestDatabaseHoldsNoSecret(t *testing.T) {
	t.Parallel()
	store, dir := newStore(t)
	s := newSiteOn(t, store)
	b := s.browser()
	b.signup("a@example.com")
	token, _, err := s.CreateToken(t.Context(), b.me().UserID, "ci", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	link, _, err := s.CreateInvitation(t.Context(), b.me().UserID, "", false, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.NewFirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{b.cookie(), token[4:], link[strings.LastIndex(link, "=")+1:], first[strings.LastIndex(first, "=")+1:], goodPassword}
	files, err := filepath.Glob(filepath.Join(dir, "*.sqlite*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("database files: %v %v", files, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, secret := range secrets {
			if len(secret) < 20 || strings.Contains(string(data), secret) {
				t.Errorf("%s holds secret %d", filepath.Base(f), i)
			}
		}
	}
}

func TestPerRequestChecksDoNotAllocate(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.signup("a@example.com")
	me := b.me()
	secret, token, err := s.CreateToken(t.Context(), me.UserID, "ci", 0)
	if err != nil {
		t.Fatal(err)
	}
	r, _ := http.NewRequest("GET", s.url, nil)
	r.Header.Set("Cookie", "__Host-kalpana="+b.cookie())
	for name, f := range map[string]func(){
		"SessionLive":  func() { s.SessionLive(me.SessionID) },
		"TokenUser":    func() { s.TokenUser(secret) },
		"TokenLive":    func() { s.TokenLive(token.ID) },
		"Authenticate": func() { s.Authenticate(r) },
	} {
		if n := testing.AllocsPerRun(100, f); n > 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
