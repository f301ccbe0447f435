package chat_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
)

// patience is how long a test waits for anything.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	code := m.Run()
	if database.store != nil {
		database.store.Close(context.Background())
		database.db.Close()
		os.RemoveAll(database.dir)
	}
	if err := goleak.Find(); err != nil && code == 0 {
		println(err.Error())
		code = 1
	}
	os.Exit(code)
}

// database is one embedded database for all tests: opening one takes longer than most of
// them. They differ in the IDs of their records.
var database struct {
	once  sync.Once
	dir   string
	db    *embeddeddb.DB
	store *mongostore.Store
	err   error
}

func openDatabase(tb testing.TB) *mongostore.Store {
	tb.Helper()
	d := &database
	d.once.Do(func() {
		if d.dir, d.err = os.MkdirTemp("", "k"); d.err != nil { // short: a Unix socket's path has 107 bytes at most
			return
		}
		if d.db, d.err = embeddeddb.Open(filepath.Join(d.dir, "d"), slog.New(slog.DiscardHandler)); d.err != nil {
			return
		}
		if d.store, d.err = mongostore.Open(context.Background(), d.db.URI(), nil); d.err == nil {
			d.err = d.db.Tune(context.Background())
		}
	})
	if d.err != nil {
		tb.Fatal(d.err)
	}
	return d.store
}

// noLeaks fails the test if goroutines are left that were not there before it, when all
// else of it has been cleaned up.
func noLeaks(tb testing.TB) {
	tb.Helper()
	openDatabase(tb) // before what is there is noted
	before := goleak.IgnoreCurrent()
	tb.Cleanup(func() {
		if !tb.Failed() {
			goleak.VerifyNone(tb, before,
				// The database's own, which come and go with its work.
				goleak.IgnoreAnyFunction("github.com/FerretDB/FerretDB/internal/clientconn.(*conn).run"),
				goleak.IgnoreAnyFunction("github.com/FerretDB/FerretDB/internal/clientconn.(*conn).run.func2"),
				goleak.IgnoreAnyFunction("github.com/FerretDB/FerretDB/internal/util/ctxutil.WithDelay.func1"),
				goleak.IgnoreAnyFunction("github.com/FerretDB/FerretDB/internal/clientconn.(*Listener).Run"),
				goleak.IgnoreAnyFunction("database/sql.(*DB).connectionOpener"))
		}
	})
}
