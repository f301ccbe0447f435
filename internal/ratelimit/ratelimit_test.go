package ratelimit_test

import (
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/ratelimit"
)

var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestABurstAndThenOneAtATime(t *testing.T) {
	l := ratelimit.New(100*time.Millisecond, 3)
	ann, bob := ratelimit.Name("ann"), ratelimit.Name("bob")
	now := began
	for i := range 3 {
		if _, ok := l.Allow(ann, now); !ok {
			t.Fatalf("act %d of a burst of 3 is refused", i+1)
		}
	}
	wait, ok := l.Allow(ann, now)
	if ok || wait < 99*time.Millisecond || wait > 101*time.Millisecond {
		t.Errorf("the fourth: %v %v", wait, ok)
	}
	if _, ok := l.Allow(bob, now); !ok {
		t.Error("another is refused for it")
	}
	if wait, ok := l.Allow(ann, now.Add(60*time.Millisecond)); ok || wait < 39*time.Millisecond || wait > 41*time.Millisecond {
		t.Errorf("after some of the wait: %v %v", wait, ok)
	}
	// Trying again costs nothing: who waits as long as they were told is let in.
	for range 50 {
		l.Allow(ann, now)
	}
	if _, ok := l.Allow(ann, now.Add(wait-10*time.Millisecond)); ok {
		t.Error("let in too early")
	}
	if _, ok := l.Allow(ann, now.Add(wait)); !ok {
		t.Error("refused after the wait that was asked for")
	}
	if _, ok := l.Allow(ann, now.Add(wait)); ok {
		t.Error("two for one wait")
	}
	// A long rest gives a whole burst back and no more.
	later, n := now.Add(time.Hour), 0
	for range 10 {
		if _, ok := l.Allow(ann, later); ok {
			n++
		}
	}
	if n != 3 {
		t.Errorf("%d at once after an hour", n)
	}
}

func TestWhoIsTheSame(t *testing.T) {
	for _, c := range []struct {
		a, b ratelimit.Key
		same bool
	}{
		{ratelimit.Address("192.0.2.1"), ratelimit.Address("192.0.2.1"), true},
		{ratelimit.Address("192.0.2.1"), ratelimit.Address("192.0.2.2"), false},
		{ratelimit.Address("192.0.2.1"), ratelimit.Address("::ffff:192.0.2.1"), true},
		{ratelimit.Address("2001:db8:1:2:3::4"), ratelimit.Address("2001:db8:1:2::9"), true},
		{ratelimit.Address("2001:db8:1:2::"), ratelimit.Address("2001:db8:1:3::"), false},
		{ratelimit.Address("fe80::1%eth0"), ratelimit.Address("fe80::2%eth1"), true},
		{ratelimit.Address(""), ratelimit.Address("pipe"), false},
		{ratelimit.Address("pipe"), ratelimit.Address("pipe"), true},
		{ratelimit.Address("192.0.2.1"), ratelimit.Name("192.0.2.1"), false},
		{ratelimit.Name("a"), ratelimit.Name("a").For("b"), false},
		{ratelimit.Name("a").For("b"), ratelimit.Name("b").For("a"), false},
		{ratelimit.Name("a").For("b"), ratelimit.Name("a").For("b"), true},
	} {
		if (c.a == c.b) != c.same {
			t.Errorf("%v and %v: same = %v", c.a, c.b, !c.same)
		}
		l := ratelimit.PerMinute(1)
		l.Allow(c.a, began)
		if _, ok := l.Allow(c.b, began); ok == c.same {
			t.Errorf("%v after %v: allowed = %v", c.b, c.a, ok)
		}
	}
}

func TestMemoryIsBoundedAndWhoComesBackIsRemembered(t *testing.T) {
	l := ratelimit.New(time.Hour, 1)
	busy := ratelimit.Name("busy")
	l.Allow(busy, began)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for i := range 200_000 {
		l.Allow(ratelimit.Name("stranger "+strconv.Itoa(i)), began)
		if i%64 == 0 {
			if _, ok := l.Allow(busy, began); ok {
				t.Fatalf("forgotten after %d strangers, although it kept coming", i)
			}
		}
	}
	after := heap()
	if grown := int64(after) - int64(before); grown > 8<<20 {
		t.Errorf("200,000 strangers left %d KiB", grown>>10)
	}
	runtime.KeepAlive(l)
}

func TestOfManyAtOnceExactlyTheBurst(t *testing.T) {
	l := ratelimit.New(time.Hour, 50)
	var allowed atomic.Int64
	var g sync.WaitGroup
	for range 8 {
		g.Go(func() {
			for range 100 {
				if _, ok := l.Allow(ratelimit.Name("one"), began); ok {
					allowed.Add(1)
				}
			}
		})
	}
	g.Wait()
	if n := allowed.Load(); n != 50 {
		t.Errorf("%d of a burst of 50", n)
	}
}

func TestSlotsComeBack(t *testing.T) {
	s := ratelimit.NewSlots(2)
	ann, bob := ratelimit.Name("ann"), ratelimit.Name("bob")
	if first, second, third := s.Take(ann), s.Take(ann), s.Take(ann); !first || !second || third {
		t.Error("two and no third")
	}
	if !s.Take(bob) {
		t.Error("another is refused for it")
	}
	s.Give(ann)
	if !s.Take(ann) || s.Take(ann) {
		t.Error("one came back, and only one")
	}
	s.Give(ann)
	s.Give(ann)
	s.Give(bob)
	var peak, held atomic.Int64
	var g sync.WaitGroup
	for range 8 {
		g.Go(func() {
			for range 500 {
				if !s.Take(ann) {
					continue
				}
				if n := held.Add(1); n > peak.Load() {
					peak.Store(n)
				}
				runtime.Gosched()
				held.Add(-1)
				s.Give(ann)
			}
		})
	}
	g.Wait()
	if peak.Load() > 2 {
		t.Errorf("%d at once, 2 allowed", peak.Load())
	}
	if first, second := s.Take(ann), s.Take(ann); !first || !second {
		t.Error("not all came back")
	}
}

func TestSeconds(t *testing.T) {
	for wait, want := range map[time.Duration]int{0: 1, -time.Second: 1, time.Millisecond: 1, time.Second: 1, time.Second + 1: 2, 90 * time.Second: 90} {
		if got := ratelimit.Seconds(wait); got != want {
			t.Errorf("%v: %d, want %d", wait, got, want)
		}
	}
}

func TestWhoIsKnownCostsNoAllocation(t *testing.T) {
	l, s := ratelimit.New(time.Nanosecond, 1000), ratelimit.NewSlots(10)
	empty := ratelimit.New(time.Hour, 1)
	session, ip := "0123456789abcdef", "2001:db8:1:2:3::4"
	l.Allow(ratelimit.Name(session), began)
	l.Allow(ratelimit.Address(ip).For("link"), began)
	empty.Allow(ratelimit.Name(session), began)
	s.Take(ratelimit.Name(session))
	for what, f := range map[string]func(){
		"by name":    func() { l.Allow(ratelimit.Name(session), began) },
		"by address": func() { l.Allow(ratelimit.Address(ip).For("link"), began) },
		"refused":    func() { empty.Allow(ratelimit.Name(session), began) },
		"slots":      func() { s.Take(ratelimit.Name(session)); s.Give(ratelimit.Name(session)) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", what, n)
		}
	}
}

func BenchmarkAllow(b *testing.B) {
	now := time.Now()
	b.Run("name", func(b *testing.B) {
		l := ratelimit.New(time.Nanosecond, 1<<30)
		b.ReportAllocs()
		for b.Loop() {
			l.Allow(ratelimit.Name("0123456789abcdef0123"), now)
		}
	})
	b.Run("address", func(b *testing.B) {
		l := ratelimit.New(time.Nanosecond, 1<<30)
		b.ReportAllocs()
		for b.Loop() {
			l.Allow(ratelimit.Address("203.0.113.77"), now)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		l := ratelimit.New(time.Nanosecond, 1<<30)
		var who atomic.Int64
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			key := ratelimit.Name(fmt.Sprint("session ", who.Add(1)))
			for pb.Next() {
				l.Allow(key, now)
			}
		})
	})
}
