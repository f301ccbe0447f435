package portlease_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kalpana-dev/kalpana/internal/portlease"
)

// TestLeasesFollowTheModel drives several leasers over one store against a model: who holds
// what, what rests until when, what strangers listen on. Leasers may be replaced at any time.
func TestLeasesFollowTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const rest = time.Minute
		var (
			store    = newMemory()
			now      = time.Unix(1_700_000_000, 0)
			pairs    = rapid.IntRange(1, 6).Draw(t, "pairs")
			strange  = map[int]bool{}               // ports other programs listen on
			held     = map[string]int{}             // workspace → port
			notUntil = map[int]time.Time{}          // port → end of rest or block
			last     = map[string]portlease.Lease{} // what each workspace had last
			opts     = portlease.Options{
				Start: 40000, End: 40000 + 2*pairs + 1, Rest: rest, Wait: -1,
				Free: func(p int) bool { return !strange[p] },
				Now:  func() time.Time { return now },
			}
			leasers = []*portlease.Leaser{portlease.New(store, opts), portlease.New(store, opts)}
		)
		leaser := func() *portlease.Leaser { return leasers[rapid.IntRange(0, 1).Draw(t, "leaser")] }
		id := func() string { return fmt.Sprint("w", rapid.IntRange(0, 7).Draw(t, "workspace")) }
		t.Repeat(map[string]func(*rapid.T){
			"acquire": func(t *rapid.T) {
				w := id()
				if _, ok := held[w]; ok {
					return
				}
				lease, err := leaser().Acquire(t.Context(), w)
				if errors.Is(err, portlease.ErrExhausted) {
					var full *portlease.ExhaustedError
					if !errors.As(err, &full) || full.Leased+full.Resting+full.Blocked != pairs {
						t.Fatalf("counts do not add up to %d pairs: %v", pairs, err)
					}
					for p := 40000; p < 40000+2*pairs; p += 2 {
						used := notUntil[p].After(now) || strange[p] || strange[p+1]
						for _, h := range held {
							used = used || h == p
						}
						// A leaser that saw a stranger there may avoid the pair for 5 s more.
						if !used && full.Blocked == 0 {
							t.Fatalf("exhausted though %d is free", p)
						}
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				p := lease.VSCodePort
				if p%2 != 0 || p < opts.Start || p+1 >= opts.End || lease.AgentPort != p+1 || lease.WorkspaceID != w || lease.Index != (p-40000)/2 {
					t.Fatalf("odd lease %+v", lease)
				}
				for other, h := range held {
					if h == p {
						t.Fatalf("%d belongs to %s", p, other)
					}
				}
				if notUntil[p].After(now) {
					t.Fatalf("%d rests for another %v", p, notUntil[p].Sub(now))
				}
				if strange[p] || strange[p+1] {
					t.Fatalf("another program listens on %d", p)
				}
				held[w], last[w] = p, lease
			},
			"release": func(t *rapid.T) {
				w := id()
				if err := leaser().Release(t.Context(), last[w]); err != nil {
					t.Fatal(err)
				}
				if p, ok := held[w]; ok { // else the second release of the same lease: nothing
					delete(held, w)
					notUntil[p] = now.Add(rest)
				}
			},
			"block": func(t *rapid.T) {
				w := id()
				if err := leaser().Block(t.Context(), last[w], 10*time.Second); err != nil {
					t.Fatal(err)
				}
				if p, ok := held[w]; ok {
					delete(held, w)
					notUntil[p] = now.Add(10 * time.Second)
				}
			},
			"time passes": func(t *rapid.T) {
				now = now.Add(rapid.SampledFrom([]time.Duration{time.Second, 20 * time.Second, time.Hour}).Draw(t, "d"))
			},
			"stranger": func(t *rapid.T) { p := 40000 + rapid.IntRange(0, 2*pairs-1).Draw(t, "port"); strange[p] = !strange[p] },
			"process dies": func(t *rapid.T) {
				leasers[rapid.IntRange(0, 1).Draw(t, "leaser")] = portlease.New(store, opts)
			},
			"": func(t *rapid.T) {
				inUse, err := leasers[0].InUse(t.Context())
				if err != nil || len(inUse) != len(held) {
					t.Fatalf("in use %v, %v; want %v", inUse, err, held)
				}
				for _, l := range inUse {
					if held[l.WorkspaceID] != l.VSCodePort {
						t.Fatalf("in use %+v, want %v", l, held)
					}
				}
			},
		})
	})
}
