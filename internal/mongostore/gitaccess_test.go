package mongostore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/gitaccess"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/user"
)

func TestLinkIdentity(t *testing.T) {
	s, ctx := openIdentityStore(t), t.Context()
	for _, id := range []string{"1", "2", "3"} {
		if err := s.CreateUser(ctx, user.User{ID: id, CreatedAt: at, UpdatedAt: at}, ""); err != nil {
			t.Fatal(err)
		}
	}
	octocat := user.Identity{Provider: "github", Subject: "7", Login: "octocat"}
	for _, c := range []struct {
		id, key string
		want    error
	}{
		{"1", "h 7", nil},
		{"1", "h 7", nil},
		{"2", "h 7", user.ErrExists},
		{"1", "h 8", user.ErrExists},
		{"2", "h 8", nil},
		{"nobody", "h 9", user.ErrNotFound},
	} {
		u, err := s.LinkIdentity(ctx, c.id, octocat, c.key, at.AddDate(0, 0, 1))
		if !errors.Is(err, c.want) || err == nil && (u.ID != c.id || len(u.Identities) != 1 || u.Identities[0] != octocat || !u.UpdatedAt.After(at)) {
			t.Errorf("link %s to %q: %+v, %v, want %v", c.id, c.key, u, err, c.want)
		}
	}
	if u, err := s.UserByIdentity(ctx, "github", "h 8"); err != nil || u.ID != "2" {
		t.Errorf("%s, %v", u.ID, err)
	}
	if u, err := s.LinkIdentity(ctx, "1", user.Identity{Provider: "oidc", Subject: "x"}, "i x", at); err != nil || len(u.Identities) != 2 {
		t.Errorf("at another provider: %+v, %v", u, err)
	}
	name := "Ada"
	if u, err := s.UpdateUser(ctx, "1", identity.UserChange{Name: &name, At: at}); err != nil || len(u.Identities) != 2 {
		t.Errorf("another change: %+v, %v", u, err)
	}
}

func TestConnectionsChangeInOneStep(t *testing.T) {
	s, ctx := openIdentityStore(t), t.Context()
	if c, err := s.Connection(ctx, "ada"); err != nil || c.UserID != "" {
		t.Errorf("none: %+v, %v", c, err)
	}
	var changing sync.WaitGroup
	for range 20 {
		changing.Go(func() {
			if _, err := s.ChangeConnection(ctx, "ada", func(c *gitaccess.Connection) (bool, error) { c.AccountID++; return true, nil }); err != nil {
				t.Error(err)
			}
			if err := s.ChangeHostCredentials(ctx, "ada", func(all []gitaccess.HostCredential) ([]gitaccess.HostCredential, error) {
				return append(all, gitaccess.HostCredential{Host: fmt.Sprint(len(all)), Password: []byte{1}, CreatedAt: at}), nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	changing.Wait()
	if c, err := s.Connection(ctx, "ada"); err != nil || c.UserID != "ada" || c.AccountID != 20 {
		t.Errorf("%+v, %v", c, err)
	}
	if all, err := s.HostCredentials(ctx, "ada"); err != nil || len(all) != 20 || all[19].Host != "19" || !all[0].CreatedAt.Equal(at) {
		t.Errorf("%+v, %v", all, err)
	}
	oops := errors.New("oops")
	if _, err := s.ChangeConnection(ctx, "eve", func(*gitaccess.Connection) (bool, error) { return true, oops }); !errors.Is(err, oops) {
		t.Errorf("a change that fails: %v", err)
	}
	for _, id := range []string{"c", "a", "b"} {
		if _, err := s.ChangeConnection(ctx, id, func(*gitaccess.Connection) (bool, error) { return true, nil }); err != nil {
			t.Fatal(err)
		}
	}
	for after, want := range map[string]string{"": "[a ada]", "a": "[ada b]", "b": "[c]", "c": "[]"} {
		if ids, err := s.UsersWithConnection(ctx, after, 2); err != nil || fmt.Sprint(ids) != want {
			t.Errorf("after %q: %v, %v", after, ids, err)
		}
	}
	if ids, err := s.UsersWithHostCredentials(ctx, "", 10); err != nil || fmt.Sprint(ids) != "[ada]" {
		t.Errorf("%v, %v", ids, err)
	}
	if _, err := s.ChangeConnection(ctx, "ada", func(*gitaccess.Connection) (bool, error) { return false, nil }); err != nil {
		t.Error(err)
	}
	if err := s.ChangeHostCredentials(ctx, "ada", func([]gitaccess.HostCredential) ([]gitaccess.HostCredential, error) { return nil, nil }); err != nil {
		t.Error(err)
	}
	c, err := s.Connection(ctx, "ada")
	all, err2 := s.HostCredentials(ctx, "ada")
	if err != nil || err2 != nil || c.UserID != "" || len(all) != 0 {
		t.Errorf("removed, and still there: %+v %+v, %v %v", c, all, err, err2)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Connection(ended, "ada"); err == nil {
		t.Error("no error for an ended context")
	}
}
