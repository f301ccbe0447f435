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

	"github.com/google/go-cmp/cmp"

	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/gateway/ticket"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
)

func ticketStore(t *testing.T) *mongostore.Store {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: a socket's path may have 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	db, err := embeddeddb.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	store, err := mongostore.Open(t.Context(), db.URI(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		store.Close(context.WithoutCancel(t.Context()))
		db.Close()
		os.RemoveAll(dir)
	})
	return store
}

func TestATicketComesBackAsItWasPutAndOnlyOnce(t *testing.T) {
	store := ticketStore(t)
	want := ticket.Ticket{
		Hash: "h1", Host: "abcdefghijk1.ws.localhost", WorkspaceID: "abcdefghijk1", UserID: "u", SessionID: "s",
		NonceHash: "n", Path: "//a/%2F?b=2&a=1", ExpiresAt: time.Now().Add(ticket.Life).UTC().Truncate(time.Millisecond),
	}
	if err := store.PutTicket(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got, err := store.TakeTicket(t.Context(), "h1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ticket changed on the way (-put +taken):\n%s", diff)
	}
	if _, err := store.TakeTicket(t.Context(), "h1"); !errors.Is(err, ticket.ErrNotFound) {
		t.Errorf("second take: %v, want ErrNotFound", err)
	}
}

func TestOfManyTakersOneGetsTheTicket(t *testing.T) {
	store := ticketStore(t)
	if err := store.PutTicket(t.Context(), ticket.Ticket{Hash: "h", ExpiresAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	var takers sync.WaitGroup
	var got, none atomic.Int64
	for range 50 {
		takers.Go(func() {
			switch _, err := store.TakeTicket(t.Context(), "h"); {
			case err == nil:
				got.Add(1)
			case errors.Is(err, ticket.ErrNotFound):
				none.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	takers.Wait()
	if got.Load() != 1 || none.Load() != 49 {
		t.Errorf("%d takers got the ticket and %d did not, want 1 and 49", got.Load(), none.Load())
	}
}

func TestPurgeRemovesOnlyWhatExpired(t *testing.T) {
	store := ticketStore(t)
	now := time.Now()
	for hash, at := range map[string]time.Time{"old": now.Add(-time.Second), "new": now.Add(time.Minute)} {
		if err := store.PutTicket(t.Context(), ticket.Ticket{Hash: hash, ExpiresAt: at}); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.PurgeTickets(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	if _, err := store.TakeTicket(t.Context(), "old"); !errors.Is(err, ticket.ErrNotFound) {
		t.Errorf("expired ticket: %v, want ErrNotFound", err)
	}
	if _, err := store.TakeTicket(t.Context(), "new"); err != nil {
		t.Errorf("good ticket: %v", err)
	}
}
