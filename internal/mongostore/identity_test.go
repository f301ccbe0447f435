package mongostore_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/user"
)

func openIdentityStore(t *testing.T) *mongostore.Store {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: a Unix socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	db, err := embeddeddb.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s, err := mongostore.Open(t.Context(), db.URI(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close(context.Background())
		db.Close()
		os.RemoveAll(dir)
	})
	return s
}

var at = time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)

func TestUsersAreUniqueByEmailAndIdentity(t *testing.T) {
	s, ctx := openIdentityStore(t), t.Context()
	create := func(id, email, provider, key string) error {
		u := user.User{ID: id, Email: email, CreatedAt: at, UpdatedAt: at}
		if provider != "" {
			u.Identities = []user.Identity{{Provider: provider, Subject: key}}
		}
		return s.CreateUser(ctx, u, key)
	}
	for _, c := range []struct {
		id, email, provider, key string
		want                     error
	}{
		{"1", "a@x", "", "", nil},
		{"2", "", "", "", nil},
		{"3", "", "github", "h 1", nil},
		{"4", "", "oidc", "h 1", nil},
		{"5", "", "github", "h 2", nil},
		{"6", "a@x", "", "", user.ErrExists},
		{"7", "", "github", "h 1", user.ErrExists},
		{"8", "", "oidc", "h 1", user.ErrExists},
		{"1", "b@x", "", "", user.ErrExists},
	} {
		if err := create(c.id, c.email, c.provider, c.key); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if u, err := s.UserByIdentity(ctx, "github", "h 1"); err != nil || u.ID != "3" || u.Identities[0].Subject != "h 1" || !u.CreatedAt.Equal(at) {
		t.Errorf("by identity: %+v %v", u, err)
	}
	for _, email := range []string{"", "~2", "none@x"} {
		if _, err := s.UserByEmail(ctx, email); email != "~2" && !errors.Is(err, user.ErrNotFound) {
			t.Errorf("by email %q: %v", email, err)
		}
	}
	taken, free, yes, later := "a@x", "c@x", true, at.Add(time.Minute)
	if _, err := s.UpdateUser(ctx, "2", identity.UserChange{Email: &taken, At: later}); !errors.Is(err, user.ErrExists) {
		t.Errorf("change to a taken email: %v", err)
	}
	if u, err := s.UpdateUser(ctx, "2", identity.UserChange{Email: &free, Admin: &yes, Suspended: &yes, Name: &free, PasswordHash: &free, VerifiedEmail: &free, At: later}); err != nil ||
		u.Email != free || !u.Admin || !u.Suspended || u.Name != free || u.PasswordHash != free || u.VerifiedEmail != free || !u.UpdatedAt.Equal(later) || !u.CreatedAt.Equal(at) {
		t.Errorf("change: %+v %v", u, err)
	}
	if _, err := s.UpdateUser(ctx, "none", identity.UserChange{At: later}); !errors.Is(err, user.ErrNotFound) {
		t.Errorf("change nobody: %v", err)
	}
	if since, err := s.UsersSince(ctx, later); err != nil || len(since) != 1 || since[0].ID != "2" {
		t.Errorf("since: %+v %v", since, err)
	}
	if all, err := s.UsersSince(ctx, time.Time{}); err != nil || len(all) != 5 {
		t.Errorf("all: %d %v", len(all), err)
	}
}

func TestSessionsAreRevokedTouchedAndPurged(t *testing.T) {
	s, ctx := openIdentityStore(t), t.Context()
	for _, id := range []string{"a", "b", "c"} {
		x := identity.Session{ID: id, Hash: "hash " + id, UserID: "u", CreatedAt: at, LastSeenAt: at, UpdatedAt: at, ExpiresAt: at.Add(time.Hour)}
		if err := s.CreateSession(ctx, x); err != nil {
			t.Fatal(err)
		}
	}
	minute := at.Add(time.Minute)
	for _, c := range []struct {
		sel  identity.Selection
		want int64
	}{
		{identity.Selection{UserID: "v", ID: "a"}, 0},
		{identity.Selection{UserID: "u", ID: "a"}, 1},
		{identity.Selection{UserID: "u", ID: "a"}, 0},
		{identity.Selection{UserID: "u", Except: "c"}, 1},
		{identity.Selection{UserID: "u"}, 1},
	} {
		if n, err := s.RevokeSessions(ctx, c.sel, minute); err != nil || n != c.want {
			t.Errorf("%+v: %d %v, want %d", c.sel, n, err, c.want)
		}
	}
	if err := s.TouchSessions(ctx, map[string]time.Time{"a": at.Add(-time.Hour), "b": at.Add(time.Hour)}, minute); err != nil {
		t.Fatal(err)
	}
	if err := s.TouchSessions(ctx, nil, minute); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]time.Time{"a": at, "b": at.Add(time.Hour)} {
		if found, err := s.FindSessions(ctx, identity.Query{Hash: "hash " + id}); err != nil || len(found) != 1 || !found[0].LastSeenAt.Equal(want) || !found[0].RevokedAt.Equal(minute) {
			t.Errorf("%s: %+v %v", id, found, err)
		}
	}
	if err := s.PurgeLogins(ctx, minute, at.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if found, _ := s.FindSessions(ctx, identity.Query{UserID: "u", Since: at}); len(found) != 3 {
		t.Errorf("purged too early: %d left", len(found))
	}
	if err := s.PurgeLogins(ctx, minute.Add(time.Second), at); err != nil {
		t.Fatal(err)
	}
	if found, _ := s.FindSessions(ctx, identity.Query{}); len(found) != 0 {
		t.Errorf("%d left", len(found))
	}
}

func TestTokensWithoutEndAreNotPurged(t *testing.T) {
	s, ctx := openIdentityStore(t), t.Context()
	for id, expires := range map[string]time.Time{"ends": at, "never": {}} {
		if err := s.CreateToken(ctx, identity.Token{ID: id, Hash: id, UserID: "u", CreatedAt: at, UpdatedAt: at, ExpiresAt: expires}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PurgeLogins(ctx, at.Add(time.Hour), at); err != nil {
		t.Fatal(err)
	}
	found, err := s.FindTokens(ctx, identity.Query{UserID: "u"})
	if err != nil || len(found) != 1 || found[0].ID != "never" || !found[0].ExpiresAt.IsZero() || !found[0].LastUsedAt.IsZero() {
		t.Fatalf("%+v %v", found, err)
	}
	if err := s.TouchTokens(ctx, map[string]time.Time{"never": at}, at); err != nil {
		t.Fatal(err)
	}
	if n, err := s.RevokeTokens(ctx, identity.Selection{UserID: "u", ID: "never"}, at); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if found, _ = s.FindTokens(ctx, identity.Query{Since: at}); !found[0].LastUsedAt.Equal(at) || found[0].RevokedAt.IsZero() {
		t.Errorf("%+v", found)
	}
}

func TestCodesAndInvitationsAreTakenOnce(t *testing.T) {
	s, ctx := openIdentityStore(t), t.Context()
	if err := s.PutCode(ctx, identity.Code{Hash: "h", Purpose: "first", Sealed: []byte{1, 2}, ExpiresAt: at}); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateInvitation(ctx, identity.Invitation{ID: "i", Hash: "h", CreatedAt: at, ExpiresAt: at.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.TakeCode(ctx, "github", "h"); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("code for another purpose: %v", err)
	}
	if _, err := s.TakeInvitation(ctx, "h", "u", at.Add(time.Hour)); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("expired invitation: %v", err)
	}
	var codes, invitations atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			c, err := s.TakeCode(ctx, "first", "h")
			if err == nil && len(c.Sealed) == 2 {
				codes.Add(1)
			} else if !errors.Is(err, identity.ErrNotFound) {
				t.Error(err)
			}
			if _, err := s.TakeInvitation(ctx, "h", "u", at); err == nil {
				invitations.Add(1)
			} else if !errors.Is(err, identity.ErrNotFound) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if codes.Load() != 1 || invitations.Load() != 1 {
		t.Errorf("taken %d and %d times", codes.Load(), invitations.Load())
	}
	if err := s.ReleaseInvitation(ctx, "i"); err != nil {
		t.Fatal(err)
	}
	if i, err := s.TakeInvitation(ctx, "h", "v", at); err != nil || i.UsedBy != "v" {
		t.Errorf("released invitation: %+v %v", i, err)
	}
	if err := s.DeleteInvitation(ctx, "i"); err != nil {
		t.Error(err)
	}
	if err := s.DeleteInvitation(ctx, "i"); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("delete twice: %v", err)
	}
}
