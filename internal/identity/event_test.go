package identity_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/identity/idptest"
)

// listener remembers events.
type listener struct {
	mu     sync.Mutex
	events []identity.Event
}

func (l *listener) listen(o *identity.Options) {
	o.Tell = func(e identity.Event) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.events = append(l.events, e)
	}
}

// take returns what was told since the last time, one line each, with names for ids.
func (l *listener) take(t *testing.T, names map[string]string) []string {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for _, e := range l.events {
		if e.Address == "" {
			t.Errorf("%+v has no address", e)
		}
		id := func(s string) string {
			if name := names[s]; name != "" {
				return name
			}
			return s
		}
		lines = append(lines, fmt.Sprintf("%s %v by %q tried %q: %s", e.Action, e.OK, id(e.UserID), id(e.Tried), e.Detail))
	}
	l.events = nil
	return lines
}

func TestEveryAttemptIsToldOnce(t *testing.T) {
	t.Parallel()
	var l listener
	g, opt := withGitHub(t, octocat)
	k, keep := withKeeper(true)
	s := newSite(t, opt, keep, l.listen)
	names := map[string]string{}
	expect := func(what string, want ...string) {
		t.Helper()
		if got := l.take(t, names); !slices.Equal(got, want) {
			t.Errorf("%s: told\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}

	b := s.browser()
	b.signup("a@example.com")
	names[b.me().UserID] = "a"
	expect("sign up", `account.signup true by "a" tried "": password`)
	s.browser().login("A@example.com", goodPassword)
	expect("login", `session.login true by "a" tried "": password`)
	s.browser().login("a@example.com", "canary "+goodPassword)
	expect("wrong password", `session.login false by "" tried "a": password: invalid`)
	s.browser().login("canary@nowhere.example", goodPassword)
	expect("unknown email", `session.login false by "" tried "ca…@nowhere.example": password: invalid`)
	s.browser().login("canary password typed here", "x")
	expect("no email", `session.login false by "" tried "ca…": password: invalid`)

	octo := s.browser()
	octo.visit("/auth/github")
	names[octo.me().UserID] = "octo"
	expect("first login at GitHub", `session.login true by "octo" tried "": github, with a new account`)
	octo.visit("/auth/github")
	expect("second login at GitHub", `session.login true by "octo" tried "": github`)
	if err := s.SetSuspended(t.Context(), octo.me().UserID, true); err != nil {
		t.Fatal(err)
	}
	s.browser().visit("/auth/github")
	expect("suspended", `session.login false by "" tried "octo": github: suspended`)
	octo.visit("/auth/github/callback?state=x&code=y")
	expect("a callback of nobody's", `session.login false by "" tried "": github: not begun in this browser`)

	g.SetUser(idptest.GitHubUser{ID: 7, Login: "mine"})
	b.visit(connect)
	expect("connect", `github.connect true by "a" tried "": github account mine`)
	g.SetUser(octocat)
	b.visit(connect)
	expect("another account", `github.connect false by "" tried "a": github: account_taken`)
	k.take()

	link, err := s.NewFirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	admin := s.browser()
	admin.visit(link)
	names[admin.me().UserID] = "admin"
	expect("first link", `session.login true by "admin" tried "": first`)
	s.browser().visit(link)
	expect("first link again", `session.login false by "" tried "": first: link used or expired`)
}

func TestWhenPeopleWereSeenIsKept(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	one := newSiteOn(t, store)
	b := one.browser()
	b.signup("a@example.com")
	me := b.me()
	seen := func(s *site) time.Time {
		t.Helper()
		page, _, _, err := s.Users(identity.UserQuery{})
		if err != nil || len(page) != 1 {
			t.Fatal(page, err)
		}
		return page[0].LastSeenAt
	}
	if at := seen(one); time.Since(at) > time.Minute {
		t.Errorf("seen at %s", at)
	}
	eventually(t, 10*time.Second, "it is stored", func() bool {
		all, err := store.UsersSince(t.Context(), time.Time{})
		return err == nil && len(all) == 1 && time.Since(all[0].LastSeenAt) < time.Minute && !all[0].UpdatedAt.After(all[0].CreatedAt)
	})
	if err := one.RevokeSession(t.Context(), me.UserID, me.SessionID); err != nil {
		t.Fatal(err)
	}
	if two := newSiteOn(t, store); time.Since(seen(two)) > time.Minute {
		t.Error("without a session, after a restart, it is forgotten")
	}
}

func TestLimitsAreSeenByOtherGateways(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	one, two := newSiteOn(t, store), newSiteOn(t, store)
	b := one.browser()
	b.signup("a@example.com")
	id := b.me().UserID
	n, budget := 7, int64(2_500_000_000)
	if err := one.SetLimits(t.Context(), id, identity.Limits{MaxWorkspaces: &n}); err != nil {
		t.Fatal(err)
	}
	if err := one.SetLimits(t.Context(), id, identity.Limits{DayBudget: &budget}); err != nil {
		t.Fatal(err)
	}
	if u, _ := one.User(id); u.MaxWorkspaces != n || u.DayBudget != budget {
		t.Errorf("here: %+v", u)
	}
	eventually(t, 10*time.Second, "limits are seen", func() bool {
		u, ok := two.User(id)
		return ok && u.MaxWorkspaces == n && u.DayBudget == budget
	})
}
