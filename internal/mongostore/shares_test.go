package mongostore_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestWorkspacesOfAPersonAndOnesSharedWithThem(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *mongostore.Store{"embedded": openIdentityStore, "shared": openAsShared} {
		t.Run(name, func(t *testing.T) {
			records := open(t).Workspaces()
			then := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			add := func(id, owner string, n int, with ...string) {
				w := workspace.Workspace{ID: id, OwnerID: owner, Request: id, Slot: n, CreatedAt: then.Add(time.Duration(n) * time.Minute)}
				for _, user := range with {
					w.Shares = append(w.Shares, workspace.Share{UserID: user, Right: workspace.RightView, Until: then.Add(time.Hour), CreatedAt: then})
				}
				if err := records.Insert(t.Context(), w); err != nil {
					t.Fatal(err)
				}
			}
			add("a", "ada", 0)
			add("b", "bob", 1, "ada", "eve")
			add("c", "bob", 2)
			add("d", "ada", 3, "bob")
			add("e", "eve", 4, "zoe", "ada")
			for _, c := range []struct {
				q    workspace.Query
				want []string
			}{
				{workspace.Query{OwnerID: "ada"}, []string{"a", "d"}},
				{workspace.Query{SharedWith: "ada"}, []string{"b", "e"}},
				{workspace.Query{OwnerID: "ada", SharedWith: "ada"}, []string{"a", "b", "d", "e"}},
				{workspace.Query{OwnerID: "ada", SharedWith: "ada", Limit: 2, AfterTime: then.Add(time.Minute), AfterID: "b"}, []string{"d", "e"}},
				{workspace.Query{SharedWith: "ada", AfterTime: then.Add(time.Minute), AfterID: "b"}, []string{"e"}},
				{workspace.Query{SharedWith: "nobody"}, nil},
				{workspace.Query{SharedWith: "view"}, nil},
			} {
				found, err := records.Find(t.Context(), c.q)
				var ids []string
				for _, w := range found {
					ids = append(ids, w.ID)
				}
				if err != nil || !slices.Equal(ids, c.want) {
					t.Errorf("%+v: %v, %v; want %v", c.q, ids, err, c.want)
				}
			}
		})
	}
}

func TestOpeningsOfLinksAreCounted(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *mongostore.Store{"embedded": openIdentityStore, "shared": openAsShared} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			then := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			var all sync.WaitGroup
			for i := range 10 {
				all.Go(func() {
					if err := s.CountLink(t.Context(), "link", then.Add(time.Duration(i)*time.Second)); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if n, at, err := s.LinkVisits(t.Context(), "link"); n != 10 || !at.Equal(then.Add(9*time.Second)) || err != nil {
				t.Errorf("%d, %s, %v", n, at, err)
			}
			if n, at, err := s.LinkVisits(t.Context(), "other"); n != 0 || !at.IsZero() || err != nil {
				t.Errorf("never opened: %d, %s, %v", n, at, err)
			}
			if err := s.PurgeLinkVisits(t.Context(), time.Now().Add(-time.Hour)); err != nil {
				t.Fatal(err)
			}
			if n, _, _ := s.LinkVisits(t.Context(), "link"); n != 10 {
				t.Errorf("forgotten too early: %d", n)
			}
			if err := s.PurgeLinkVisits(t.Context(), time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if n, _, _ := s.LinkVisits(t.Context(), "link"); n != 0 {
				t.Errorf("kept: %d", n)
			}
		})
	}
}
