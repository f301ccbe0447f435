package mongostore_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/template"
)

func TestTemplatesAreKept(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *mongostore.Store{"embedded": openIdentityStore, "shared": openAsShared} {
		t.Run(name, func(t *testing.T) {
			s, ctx := open(t).Templates(), t.Context()
			insert := func(id, owner string, slot int64, shared, published int) error {
				return s.InsertTemplate(ctx, template.Record{
					ID: id, OwnerID: owner, Slot: slot, Newest: 3, Shared: shared, Published: published, CreatedAt: at, ChangedAt: at,
					Versions: []template.VersionMark{{Version: 3, Key: "k", Bytes: 7, CreatedAt: at, TriedAt: at}},
				})
			}
			for _, c := range []struct {
				id, owner         string
				slot              int64
				shared, published int
				want              error
			}{
				{"a", "ann", 0, 0, 0, nil}, {"b", "ann", 1, 1, 2, nil}, {"c", "bob", 0, 0, 2, nil}, {"d", "bob", 1, 0, 0, nil},
				{"e", "ann", 1, 0, 0, template.ErrConflict}, {"a", "new", 0, 0, 0, template.ErrConflict},
			} {
				if err := insert(c.id, c.owner, c.slot, c.shared, c.published); !errors.Is(err, c.want) {
					t.Errorf("insert %s of %s in %d: %v, want %v", c.id, c.owner, c.slot, err, c.want)
				}
			}
			find := func(q template.Query) string {
				t.Helper()
				all, err := s.Templates(ctx, q)
				if err != nil {
					t.Fatal(err)
				}
				var ids []string
				for _, r := range all {
					ids = append(ids, r.ID)
				}
				slices.Sort(ids)
				return strings.Join(ids, "")
			}
			for want, q := range map[string]template.Query{
				"ab": {OwnerID: "ann"}, "bcd": {OwnerID: "bob", Shared: true}, "b": {OwnerID: "new", Shared: true},
				"bc": {OwnerID: "new", Published: true}, "abc": {OwnerID: "ann", Shared: true, Published: true}, "": {OwnerID: "new"},
			} {
				if got := find(q); got != want {
					t.Errorf("%+v finds %q, want %q", q, got, want)
				}
			}
			r, err := s.Template(ctx, "b")
			if err != nil || len(r.Versions) != 1 || !r.Versions[0].TriedAt.Equal(at) || !r.Versions[0].PublishedAt.IsZero() || !r.ChangedAt.Equal(at) {
				t.Errorf("b is %+v, %v", r, err)
			}

			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					if _, err := s.AmendTemplate(ctx, "b", func(r *template.Record) error { r.Newest++; return nil }); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			refused := errors.New("no")
			if _, err := s.AmendTemplate(ctx, "b", func(r *template.Record) error { r.Newest = 0; return refused }); !errors.Is(err, refused) {
				t.Errorf("a refused change: %v", err)
			}
			if r, err := s.Template(ctx, "b"); err != nil || r.Newest != 11 {
				t.Errorf("after 8 changes at a time b is %+v, %v", r, err)
			}
			if _, err := s.AmendTemplate(ctx, "b", func(r *template.Record) error { r.Deleted = true; return nil }); err != nil {
				t.Fatal(err)
			}
			if got := find(template.Query{OwnerID: "ann", Shared: true}); got != "a" {
				t.Errorf("with a deleted one, %q are found", got)
			}
			for range 2 {
				if err := s.RemoveTemplate(ctx, "b"); err != nil {
					t.Fatal(err)
				}
				if _, err := s.Template(ctx, "b"); !errors.Is(err, template.ErrNotFound) {
					t.Errorf("a removed one: %v", err)
				}
				if _, err := s.AmendTemplate(ctx, "b", func(*template.Record) error { return nil }); !errors.Is(err, template.ErrNotFound) {
					t.Errorf("change a removed one: %v", err)
				}
			}

			const text = `{"files":{"a.b/$c":"\u0000 ü"}}`
			if err := s.PutText(ctx, "k", "a", text); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Text(ctx, "k"); err != nil || got != text {
				t.Errorf("the text is %q, %v", got, err)
			}
			for range 2 {
				if err := s.RemoveText(ctx, "k"); err != nil {
					t.Fatal(err)
				}
				if _, err := s.Text(ctx, "k"); !errors.Is(err, template.ErrNotFound) {
					t.Errorf("a removed text: %v", err)
				}
			}
		})
	}
}
