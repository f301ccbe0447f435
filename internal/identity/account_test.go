package identity_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/identity/idptest"
	"github.com/kalpana-dev/kalpana/internal/user"
)

func TestLoginWithPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.browser().signup("Mixed.Case@Example.com")
	b := s.browser()
	for name, c := range map[string]struct {
		email, password string
		want            int
	}{
		"right":            {"mixed.case@example.com", goodPassword, 204},
		"other case":       {" MIXED.case@example.com ", goodPassword, 204},
		"wrong password":   {"mixed.case@example.com", goodPassword + "!", 401},
		"unknown email":    {"nobody@example.com", goodPassword, 401},
		"no email":         {"", goodPassword, 401},
		"no password":      {"mixed.case@example.com", "", 401},
		"endless password": {"mixed.case@example.com", strings.Repeat("x", 1<<20), 401},
		"not an email":     {"$ne", goodPassword, 401},
	} {
		if got := b.login(c.email, c.password); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if s.count("password ok") != 2 || s.count("password invalid") != 6 || s.count("signup ok") != 1 {
		t.Errorf("observed %v", s.observed)
	}
}

func TestPasswordHashIsArgon2id(t *testing.T) {
	s := newSite(t)
	s.browser().signup("a@example.com")
	u, err := s.store.UserByEmail(t.Context(), "a@example.com")
	if err != nil || !strings.HasPrefix(u.PasswordHash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %q %v", u.PasswordHash, err)
	}
}

func TestLoginIsLimitedByAddressAndByEmail(t *testing.T) {
	t.Parallel()
	var address atomic.Value
	address.Store("192.0.2.1")
	s := newSite(t, func(o *identity.Options) { o.ClientIP = func(*http.Request) string { return address.Load().(string) } })
	b := s.browser()
	tryEleven := func(what string, next func(i int) string) {
		t.Helper()
		for i := range 10 {
			if got := b.login(next(i), "wrong password!"); got != 401 {
				t.Fatalf("%s: attempt %d: %d", what, i, got)
			}
		}
		resp, _ := b.post("/test/login", url.Values{"email": {next(10)}, "password": {goodPassword}})
		if resp.StatusCode != 429 || resp.Header.Get("Retry-After") == "" {
			t.Fatalf("%s: attempt 11: %d, Retry-After %q", what, resp.StatusCode, resp.Header.Get("Retry-After"))
		}
	}
	tryEleven("one address", func(i int) string { return fmt.Sprintf("user%d@example.com", i) })
	tryEleven("one email", func(i int) string { address.Store(fmt.Sprintf("198.51.100.%d", i)); return "victim@example.com" })
	tryEleven("one IPv6 network", func(i int) string {
		address.Store(fmt.Sprintf("2001:db8::%x", i+1))
		return fmt.Sprintf("v6-%d@example.com", i)
	})
	s.clock.Advance(7 * time.Second)
	address.Store("203.0.113.9")
	if got := b.login("victim@example.com", "wrong password!"); got != 401 {
		t.Errorf("after the pause: %d", got)
	}
}

func TestUnknownEmailCostsAsMuchAsAWrongPassword(t *testing.T) {
	s := newSite(t)
	s.browser().signup("a@example.com")
	b := s.browser()
	fastest := func(email string) time.Duration {
		best := time.Hour
		for range 5 {
			begun := time.Now()
			b.login(email, "wrong password!")
			best = min(best, time.Since(begun))
			s.clock.Advance(time.Minute)
		}
		return best
	}
	b.login("warm@example.com", "up the decoy")
	known, unknown := fastest("a@example.com"), fastest("nobody@example.com")
	if unknown < known/2 {
		t.Errorf("unknown email answered in %v, wrong password in %v", unknown, known)
	}
}

func TestSignupChecksInput(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.browser().signup("taken@example.com")
	for name, c := range map[string]struct {
		form url.Values
		want int
		text string
	}{
		"short password": {form("b@example.com", "B", "elevenchars"), 422, "password: "},
		"long password":  {form("b@example.com", "B", strings.Repeat("x", 1025)), 422, "password: "},
		"12 runes":       {form("ü@example.com", "B", "üüüüüüüüüüüü"), 422, "email: "},
		"not UTF-8":      {form("b@example.com", "B", "\xff\xfe"+goodPassword), 422, "password: "},
		"no at":          {form("example.com", "B", goodPassword), 422, "email: "},
		"two lines":      {form("b@example.com\r\nBcc: x@example.com", "B", goodPassword), 422, "email: "},
		"display name":   {form("B <b@example.com>", "B", goodPassword), 422, "email: "},
		"name of 2 lines": {
			form("b@example.com", "B\nC", goodPassword), 422, "name: "},
		"name that turns text": {form("b@example.com", "B\u202eC", goodPassword), 422, "name: "},
		"taken":                {form("TAKEN@example.com", "B", goodPassword), 409, ""},
		"fine":                 {form("c@localhost", "C", "üüüüüüüüüüüü"), 204, ""},
	} {
		resp, body := s.browser().post("/test/signup", c.form)
		if resp.StatusCode != c.want || !strings.Contains(body, c.text) {
			t.Errorf("%s: %d %s, want %d %s", name, resp.StatusCode, body, c.want, c.text)
		}
		s.clock.Advance(time.Minute)
	}
}

func form(email, name, password string) url.Values {
	return url.Values{"email": {email}, "name": {name}, "password": {password}}
}

func TestOnePersonPerEmailWhenManySignUpAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var made atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		b := s.browser()
		all.Go(func() {
			resp, _ := b.post("/test/signup", form("a@example.com", "A", goodPassword))
			if resp.StatusCode == 204 {
				made.Add(1)
			} else if resp.StatusCode != 409 {
				t.Errorf("signup: %s", resp.Status)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 {
		t.Errorf("%d accounts with one email", made.Load())
	}
}

func TestInvitationAdmitsOnePerson(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *identity.Options) { o.Signup = identity.SignupInvite })
	if resp, _ := s.browser().post("/test/signup", form("a@example.com", "A", goodPassword)); resp.StatusCode != 403 {
		t.Fatalf("without invitation: %s", resp.Status)
	}
	link, inv, err := s.CreateInvitation(t.Context(), "boss", " New@Example.com ", true, time.Hour)
	if err != nil || inv.Email != "new@example.com" || inv.Hash != "" || !strings.HasPrefix(link, s.url+"/signup?invitation=") {
		t.Fatalf("invitation %q %+v %v", link, inv, err)
	}
	with := func(email string) url.Values {
		f := form(email, "A", goodPassword)
		f.Set("invitation", link[strings.LastIndex(link, "=")+1:])
		return f
	}
	if resp, _ := s.browser().post("/test/signup", with("other@example.com")); resp.StatusCode != 422 {
		t.Errorf("for another email: %s", resp.Status)
	}
	b := s.browser()
	if resp, body := b.post("/test/signup", with("new@example.com")); resp.StatusCode != 204 {
		t.Fatalf("with invitation: %s %s", resp.Status, body)
	}
	if !b.me().Admin {
		t.Error("the invitation's administrator is none")
	}
	if resp, _ := s.browser().post("/test/signup", with("again@example.com")); resp.StatusCode != 422 {
		t.Errorf("used invitation: %s", resp.Status)
	}
	all, err := s.Invitations(t.Context())
	if err != nil || len(all) != 1 || all[0].UsedAt.IsZero() || all[0].UsedBy != b.me().UserID || all[0].Hash != "" {
		t.Errorf("invitations %+v %v", all, err)
	}

	link, inv, _ = s.CreateInvitation(t.Context(), "boss", "", false, time.Hour)
	if err := s.DeleteInvitation(t.Context(), inv.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteInvitation(t.Context(), inv.ID); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("delete twice: %v", err)
	}
	if resp, _ := s.browser().post("/test/signup", with("late@example.com")); resp.StatusCode != 422 {
		t.Errorf("withdrawn invitation: %s", resp.Status)
	}
	link, _, _ = s.CreateInvitation(t.Context(), "boss", "", false, time.Hour)
	s.clock.Advance(time.Hour + time.Second)
	if resp, _ := s.browser().post("/test/signup", with("late@example.com")); resp.StatusCode != 422 {
		t.Errorf("expired invitation: %s", resp.Status)
	}
}

func TestClosedSignupTakesNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *identity.Options) { o.Signup = identity.SignupClosed })
	f := form("a@example.com", "A", goodPassword)
	f.Set("invitation", strings.Repeat("A", 43))
	if resp, _ := s.browser().post("/test/signup", f); resp.StatusCode != 403 {
		t.Error(resp.Status)
	}
	var field *identity.FieldError
	if _, _, err := s.CreateInvitation(t.Context(), "boss", "", false, time.Hour); !errors.As(err, &field) {
		t.Errorf("invitation that cannot work: %v", err)
	}
}

// Anybody can enter an address that is free: others go by it only if somebody vouched.
func TestWhoseEmailIsTrusted(t *testing.T) {
	t.Parallel()
	o, opt := withOIDC(t)
	s := newSite(t, opt)
	trusted := func(what, id, want string) {
		t.Helper()
		if u, ok := s.User(id); !ok || u.TrustedEmail() != want {
			t.Errorf("%s: %q, want %q, of %+v", what, u.TrustedEmail(), want, u)
		}
	}
	take := func(id, email string) {
		t.Helper()
		if err := s.UpdateProfile(t.Context(), id, identity.ProfileInput{Email: &email, CurrentPassword: goodPassword}); err != nil {
			t.Fatal(err)
		}
	}
	join := func(email, invitedAs string) string {
		t.Helper()
		link, _, err := s.CreateInvitation(t.Context(), "boss", invitedAs, false, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		b := s.browser()
		b.post("/test/signup", url.Values{"email": {email}, "password": {goodPassword}, "invitation": {link[strings.LastIndex(link, "=")+1:]}})
		return b.me().UserID
	}
	open := s.browser()
	open.signup("open@example.com")
	trusted("signed up by themselves", open.me().UserID, "")
	trusted("invited by no address", join("link@example.com", ""), "")
	invited := join("invited@example.com", "invited@example.com")
	trusted("invited by the address", invited, "invited@example.com")
	take(invited, "victim@example.com")
	trusted("changed by themselves", invited, "")

	if u, err := s.EnsureUser(t.Context(), "victim@example.com", false); err != nil || u.ID != invited {
		t.Fatal(u, err)
	}
	trusted("named at the command line, but taken before", invited, "")
	named, err := s.EnsureUser(t.Context(), "named@example.com", false)
	if err != nil {
		t.Fatal(err)
	}
	trusted("named at the command line", named.ID, "named@example.com")

	ada := s.browser()
	ada.visit("/auth/oidc")
	id := ada.me().UserID
	trusted("from a provider", id, "ada@example.com")
	take(id, "boss@example.com")
	s.browser().visit("/auth/oidc")
	o.SetUser(idptest.OIDCUser{Subject: "sub-1", Email: "lovelace@example.com", EmailVerified: true})
	s.browser().visit("/auth/oidc")
	trusted("from a provider, of another address", id, "")
	take(id, "ada2@example.com")
	o.SetUser(idptest.OIDCUser{Subject: "sub-1", Email: "ada2@example.com"})
	s.browser().visit("/auth/oidc")
	trusted("only claimed at the provider", id, "")
	o.SetUser(idptest.OIDCUser{Subject: "sub-1", Email: "ada2@example.com", EmailVerified: true})
	s.browser().visit("/auth/oidc")
	trusted("verified by the provider meanwhile", id, "ada2@example.com")

	if err := s.SetAdmin(t.Context(), invited, true); err != nil {
		t.Fatal(err)
	}
	trusted("an administrator's", invited, "victim@example.com")
}

func TestPasswordChangeWantsTheOldOneAndEndsOtherSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	here, there := s.browser(), s.browser()
	here.signup("a@example.com")
	there.login("a@example.com", goodPassword)
	me := here.me()
	next, mail := goodPassword+" 2", "b@example.com"
	var field *identity.FieldError
	for _, in := range []identity.ProfileInput{{Password: &next}, {Password: &next, CurrentPassword: "wrong password!"}, {Email: &mail}} {
		if err := s.UpdateProfile(t.Context(), me.UserID, in); !errors.As(err, &field) || field.Field != "currentPassword" {
			t.Errorf("change without the current password: %v", err)
		}
	}
	name := " New Name "
	if err := s.UpdateProfile(t.Context(), me.UserID, identity.ProfileInput{Name: &name}); err != nil {
		t.Fatal(err)
	}
	if err := s.UpdateProfile(t.Context(), me.UserID, identity.ProfileInput{Password: &next, Email: &mail, CurrentPassword: goodPassword, KeepSession: me.SessionID}); err != nil {
		t.Fatal(err)
	}
	if p := here.me(); p.Name != "New Name" || p.Email != mail {
		t.Errorf("after the change: %+v", p)
	}
	if there.me().UserID != "" {
		t.Error("the other session lives on")
	}
	if there.login("a@example.com", goodPassword) != 401 || there.login(mail, next) != 204 {
		t.Error("the new email and password do not work, or the old ones do")
	}
	s.browser().signup("taken@example.com")
	taken := "taken@example.com"
	if err := s.UpdateProfile(t.Context(), me.UserID, identity.ProfileInput{Email: &taken, CurrentPassword: next}); !errors.Is(err, user.ErrExists) {
		t.Errorf("taken email: %v", err)
	}
	if err := s.UpdateProfile(t.Context(), "nobody", identity.ProfileInput{}); !errors.Is(err, user.ErrNotFound) {
		t.Errorf("unknown user: %v", err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser()
	b.signup("a@example.com")
	me := b.me()
	bearer := func(lines ...string) identity.Principal {
		return s.with(http.Header{"Authorization": lines, "Cookie": {"__Host-kalpana=" + b.cookie()}})
	}
	secret, tok, err := s.CreateToken(t.Context(), me.UserID, " ci ", time.Hour)
	if err != nil || tok.Name != "ci" || tok.Prefix != secret[:8] || tok.Hash != "" || len(secret) != 47 || !strings.HasPrefix(secret, "kal_") {
		t.Fatalf("token %q %+v %v", secret, tok, err)
	}
	for _, line := range []string{"Bearer " + secret, "bearer " + secret, "BEARER  " + secret} {
		if p := bearer(line); p.TokenID != tok.ID || p.SessionID != "" || p.UserID != me.UserID {
			t.Errorf("%.10s…: %+v", line, p)
		}
	}
	for name, lines := range map[string][]string{
		"changed":      {"Bearer kal_" + flip(secret[4:])},
		"twice":        {"Bearer " + secret, "Bearer " + secret},
		"other prefix": {"Bearer xal_" + secret[4:]},
		"cookie value": {"Bearer " + b.cookie()},
		"empty":        {"Bearer"},
		"space after":  {"Bearer " + secret + " "},
		"list":         {"Bearer " + secret + ", Basic x"},
		"two schemes":  {"Basic x", "Bearer " + secret},
	} {
		if p := bearer(lines...); p.UserID != "" {
			t.Errorf("%s: signed in, %+v", name, p)
		}
	}
	if p := bearer("Basic dTpw"); p.SessionID == "" {
		t.Error("a scheme that is not ours hides the cookie")
	}
	list, err := s.Tokens(t.Context(), me.UserID)
	if err != nil || len(list) != 1 || list[0].Hash != "" || list[0].LastUsedAt.IsZero() {
		t.Errorf("tokens %+v %v", list, err)
	}
	if err := s.RevokeToken(t.Context(), "someone else", tok.ID); !errors.Is(err, identity.ErrNotFound) || !s.TokenLive(tok.ID) {
		t.Errorf("a stranger revokes: %v", err)
	}
	s.clock.Advance(time.Hour)
	if bearer("Bearer "+secret).UserID != "" || s.TokenLive(tok.ID) {
		t.Error("token lives after its time")
	}
	secret, tok, _ = s.CreateToken(t.Context(), me.UserID, "forever", 0)
	s.clock.Advance(1000 * 24 * time.Hour)
	if bearer("Bearer "+secret).TokenID != tok.ID {
		t.Error("token without end has ended")
	}
	if err := s.SetSuspended(t.Context(), me.UserID, true); err != nil {
		t.Fatal(err)
	}
	if bearer("Bearer "+secret).UserID != "" || s.TokenLive(tok.ID) {
		t.Error("token of a suspended user works")
	}
	if err := s.SetSuspended(t.Context(), me.UserID, false); err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeToken(t.Context(), me.UserID, tok.ID); err != nil || bearer("Bearer "+secret).UserID != "" || s.TokenLive(tok.ID) {
		t.Errorf("revoked token works; %v", err)
	}
	var field *identity.FieldError
	for _, ttl := range []time.Duration{-1, 11 * 366 * 24 * time.Hour} {
		if _, _, err := s.CreateToken(t.Context(), me.UserID, "x", ttl); !errors.As(err, &field) {
			t.Errorf("ttl %v: %v", ttl, err)
		}
	}
	if _, _, err := s.CreateToken(t.Context(), me.UserID, "a\nb", 0); !errors.As(err, &field) {
		t.Errorf("name of two lines: %v", err)
	}
}

func TestUsersAreListedInPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 5 {
		if _, err := s.EnsureUser(t.Context(), fmt.Sprintf("u%d@%s.example.com", i, strings.Repeat("z", 5-i)), i == 0); err != nil {
			t.Fatal(err)
		}
		s.clock.Advance(time.Second)
	}
	for _, c := range []struct {
		query identity.UserQuery
		want  string
		total int
	}{
		{identity.UserQuery{}, "u0 u1 u2 u3 u4", 5},
		{identity.UserQuery{Descending: true}, "u4 u3 u2 u1 u0", 5},
		{identity.UserQuery{Sort: identity.ByName, Descending: true}, "u4 u3 u2 u1 u0", 5},
		{identity.UserQuery{Sort: identity.ByEmail}, "u0 u1 u2 u3 u4", 5},
		{identity.UserQuery{Sort: identity.ByLastSeen}, "u0 u1 u2 u3 u4", 5}, // nobody was: by id
		{identity.UserQuery{Text: " ZZZ.Example"}, "u0 u1 u2", 3},
		{identity.UserQuery{Text: "nobody"}, "", 0},
	} {
		var got []string
		c.query.Limit = 2
		for {
			page, next, total, err := s.Users(c.query)
			if err != nil || total != c.total || len(page) > 2 {
				t.Fatalf("%+v: %d people of %d, %v", c.query, len(page), total, err)
			}
			for _, u := range page {
				got = append(got, u.Name)
			}
			if c.query.Cursor = next; next == "" {
				break
			}
		}
		if c.query.Sort == identity.ByLastSeen {
			slices.Sort(got)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: users %v, want %s", c.query, got, c.want)
		}
	}
	for _, bad := range []string{"x", "!!", base64.RawURLEncoding.EncodeToString([]byte("nospace"))} {
		var field *identity.FieldError
		if _, _, _, err := s.Users(identity.UserQuery{Cursor: bad}); !errors.As(err, &field) {
			t.Errorf("cursor %q: %v", bad, err)
		}
	}
}

func TestEnsureUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, err := s.EnsureUser(t.Context(), "A@example.com", false)
	if err != nil || a.Admin {
		t.Fatal(a, err)
	}
	b, err := s.EnsureUser(t.Context(), "a@example.com", true)
	if err != nil || b.ID != a.ID || !b.Admin {
		t.Fatal(b, err)
	}
	if u, _ := s.User(a.ID); !u.Admin {
		t.Error("memory does not know the new administrator")
	}
	if c, err := s.EnsureUser(t.Context(), "a@example.com", false); err != nil || !c.Admin {
		t.Error("asking again took the right away", err)
	}
	var field *identity.FieldError
	if _, err := s.EnsureUser(t.Context(), "nonsense", false); !errors.As(err, &field) {
		t.Errorf("nonsense: %v", err)
	}
	for what, err := range map[string]error{"admin": s.SetAdmin(t.Context(), a.ID, false), "suspended": s.SetSuspended(t.Context(), a.ID, true)} {
		if !errors.Is(err, identity.ErrLastAdmin) {
			t.Errorf("%s: the last administrator can be lost: %v", what, err)
		}
	}
	if err := s.SetAdmin(t.Context(), "nobody", true); !errors.Is(err, user.ErrNotFound) {
		t.Errorf("unknown user: %v", err)
	}
}
