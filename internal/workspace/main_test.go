package workspace_test

import (
	"context"
	"log/slog"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// database is the real embedded one.
func database(t *testing.T) *mongostore.Store {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: the path of the socket is limited
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	db, err := embeddeddb.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	store, err := mongostore.Open(t.Context(), db.URI(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close(context.Background()) })
	if err := db.Tune(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store
}
