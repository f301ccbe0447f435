package template_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/template"
)

// common is a store in which nothing is shared or published: for tests that make nothing of it.
var common template.Store

func TestMain(m *testing.M) {
	s, end, err := open(context.Background())
	if err != nil {
		slog.Error("open the database of the tests", "err", err)
		os.Exit(1)
	}
	common = s
	code := m.Run()
	end()
	os.Exit(code)
}

// open returns a new embedded database and what ends it.
func open(ctx context.Context) (template.Store, func(), error) {
	dir, err := os.MkdirTemp("", "k") // short: a Unix socket's path has 107 bytes at most
	if err != nil {
		return nil, nil, err
	}
	db, err := embeddeddb.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	s, err := mongostore.Open(ctx, db.URI(), nil)
	end := func() {
		if s != nil {
			s.Close(context.WithoutCancel(ctx))
		}
		db.Close()
		os.RemoveAll(dir)
	}
	if err != nil {
		end()
		return nil, nil, err
	}
	return s.Templates(), end, nil
}

func service(t testing.TB, o template.Options) *template.Service {
	t.Helper()
	if o.Store == nil {
		s, end, err := open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(end)
		o.Store = s
	}
	s, err := template.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var (
	ann   = template.Actor{UserID: "ann"}
	bob   = template.Actor{UserID: "bob"}
	admin = template.Actor{UserID: "root", Admin: true}
)

func named(name string, d template.Definition) template.Input {
	return template.Input{Name: &name, Definition: &d}
}

func create(t testing.TB, s *template.Service, a template.Actor, name string, d template.Definition) template.Template {
	t.Helper()
	made, _, err := s.Create(t.Context(), a, named(name, d))
	if err != nil {
		t.Fatalf("create %q: %v", name, err)
	}
	return made
}

// published is a template whose only version ran and is published.
func published(t testing.TB, s *template.Service, a template.Actor, name string, d template.Definition) template.Template {
	t.Helper()
	made := create(t, s, a, name, d)
	return publish(t, s, a, made)
}

func publish(t testing.TB, s *template.Service, a template.Actor, made template.Template) template.Template {
	t.Helper()
	if err := s.Ran(t.Context(), made.ID, made.Version, true); err != nil {
		t.Fatal(err)
	}
	made, _, err := s.Publish(t.Context(), a, made.ID)
	if err != nil {
		t.Fatalf("publish %q: %v", made.Name, err)
	}
	return made
}

func edit(t testing.TB, s *template.Service, a template.Actor, id string, in template.Input) template.Template {
	t.Helper()
	made, _, err := s.Update(t.Context(), a, id, in)
	if err != nil {
		t.Fatalf("update: %v", err)
	}
	return made
}

func wantErr(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// names of templates, joined.
func names(all []template.Template) string {
	var n []string
	for _, t := range all {
		if !t.Builtin {
			n = append(n, t.Name)
		}
	}
	return strings.Join(n, " ")
}

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { c.at = c.at.Add(time.Second); return c.at }
