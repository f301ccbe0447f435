package portlease_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/portlease"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// database is a store on the real embedded database.
func database(t *testing.T) portlease.Store {
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
	return store.Ports()
}

func free(int) bool { return true }

func TestManyLeasersShareOneDatabase(t *testing.T) {
	store := database(t)
	const leasers, pairs = 6, 40
	var (
		mu      sync.Mutex
		holders = map[int]string{}
	)
	var g errgroup.Group
	for n := range leasers {
		g.Go(func() error {
			l := portlease.New(store, portlease.Options{Start: 40000, End: 40000 + 2*pairs, Rest: -1, Wait: 2 * time.Second, Free: free})
			for round := range 12 {
				var mine []portlease.Lease
				for i := range pairs/leasers - 1 {
					w := fmt.Sprintf("w%d-%d-%d", n, round, i)
					lease, err := l.Acquire(t.Context(), w)
					if err != nil {
						return err
					}
					mu.Lock()
					other, taken := holders[lease.VSCodePort]
					holders[lease.VSCodePort] = w
					mu.Unlock()
					if taken {
						return fmt.Errorf("port %d leased to %s and %s", lease.VSCodePort, other, w)
					}
					mine = append(mine, lease)
				}
				for _, lease := range mine {
					mu.Lock()
					delete(holders, lease.VSCodePort)
					mu.Unlock()
					if err := l.Release(t.Context(), lease); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	rest, err := store.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rest {
		if r.State == portlease.StateLeased {
			t.Errorf("left over: %+v", r)
		}
	}
}

func TestTheWholeRangeIsLeasedAndReturned(t *testing.T) {
	now := time.Now()
	l := portlease.New(database(t), portlease.Options{Start: 40000, End: 50000, Free: free, Now: func() time.Time { return now }, Wait: -1})
	var g errgroup.Group
	g.SetLimit(8)
	leases := make([]portlease.Lease, 5000)
	for i := range leases {
		g.Go(func() (err error) {
			leases[i], err = l.Acquire(t.Context(), fmt.Sprint("w", i))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	used := map[int]bool{}
	for _, lease := range leases {
		used[lease.VSCodePort], used[lease.AgentPort] = true, true
	}
	if len(used) != 10_000 {
		t.Fatalf("%d ports leased, want 10000", len(used))
	}
	_, err := l.Acquire(t.Context(), "one too many")
	var full *portlease.ExhaustedError
	if !errors.Is(err, portlease.ErrExhausted) || !errors.As(err, &full) || full.Leased != 5000 || !full.NextFree.IsZero() {
		t.Fatalf("5001st lease: %v", err)
	}
	for _, lease := range leases {
		g.Go(func() error { return l.Release(t.Context(), lease) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Acquire(t.Context(), "too early"); !errors.As(err, &full) || full.Resting != 5000 || full.NextFree.IsZero() {
		t.Fatalf("all rest: %v", err)
	}
	now = now.Add(2 * time.Minute)
	if lease, err := l.Acquire(t.Context(), "again"); err != nil || lease.VSCodePort != 40000 {
		t.Fatalf("after the rest: %+v, %v", lease, err)
	}
}

func TestAcquireWaitsForARestToEnd(t *testing.T) {
	l := portlease.New(database(t), portlease.Options{Start: 40000, End: 40002, Rest: 150 * time.Millisecond, Free: free})
	lease, err := l.Acquire(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	lease, err = l.Acquire(t.Context(), "b")
	if err != nil || lease.VSCodePort != 40000 {
		t.Fatalf("%+v, %v", lease, err)
	}
	if waited := time.Since(began); waited < 100*time.Millisecond {
		t.Errorf("waited %v only", waited)
	}
}

func TestPortsOfOtherProgramsAreSkipped(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	port := ln.Addr().(*net.TCPAddr).Port
	// The stranger sits on the odd port of the first pair.
	l := portlease.New(newMemory(), portlease.Options{Start: port - 1, End: port + 7, Wait: -1})
	lease, err := l.Acquire(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if lease.VSCodePort < port+1 || lease.Index < 1 {
		t.Errorf("leased %+v though %d is taken", lease, port)
	}
}

func TestOnlyTheHolderGivesBack(t *testing.T) {
	l := portlease.New(database(t), portlease.Options{Start: 40000, End: 40010, Free: free})
	lease, err := l.Acquire(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	stolen := lease
	stolen.WorkspaceID = "b"
	for _, err := range []error{l.Release(t.Context(), stolen), l.Block(t.Context(), stolen, time.Minute)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for want, lease := range map[bool]portlease.Lease{true: lease, false: stolen} {
		if held, err := l.Holds(t.Context(), lease); held != want || err != nil {
			t.Errorf("Holds(%+v) = %v, %v", lease, held, err)
		}
	}
	inUse, err := l.InUse(t.Context())
	if err != nil || len(inUse) != 1 || inUse[0] != lease {
		t.Fatalf("in use %+v, %v; want %+v", inUse, err, lease)
	}
}
