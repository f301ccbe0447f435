// Package ratelimit counts what somebody does: how often in a time (Limiter) and how much
// at once (Slots), by name or by the network that it comes from. Memory is bounded, no lock
// is shared by all, and who is known already costs no allocation.
package ratelimit

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// keysPerShard bounds the memory of one Limiter: 32 shards of two generations hold 16,384
// keys, about 4 MiB. Who has that many addresses can make it forget.
const keysPerShard = 256

// Limiter is a token bucket for each key: Burst acts at once, then one every Every.
// Safe for concurrent use.
type Limiter struct {
	every  time.Duration
	burst  int
	shards [shardCount]bucketShard
}

// bucketShard has two generations: keys unused since the last turnover are forgotten.
type bucketShard struct {
	mu       sync.Mutex
	now, old map[Key]*rate.Limiter // guarded by mu
}

// New returns a Limiter that allows each key burst acts at once, which come back one every
// every. Both must be positive.
func New(every time.Duration, burst int) *Limiter { return &Limiter{every: every, burst: burst} }

// PerMinute allows each key n acts a minute, all of them at once at first.
func PerMinute(n int) *Limiter { return New(time.Minute/time.Duration(n), n) }

// Allow takes one act of key at t. If there is none left, wait is how long it takes until
// there is one, and nothing is taken: who keeps trying waits no longer for that.
func (l *Limiter) Allow(key Key, t time.Time) (wait time.Duration, ok bool) {
	b := l.bucket(key)
	if b.AllowN(t, 1) {
		return 0, true
	}
	missing := 1 - b.TokensAt(t)
	wait = time.Duration(math.Ceil(missing * float64(l.every)))
	return max(wait, time.Millisecond), false
}

func (l *Limiter) bucket(key Key) *rate.Limiter {
	s := &l.shards[key.shard()]
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.now[key]; b != nil {
		return b
	}
	if len(s.now) >= keysPerShard {
		s.old, s.now = s.now, nil
	}
	if s.now == nil {
		s.now = make(map[Key]*rate.Limiter)
	}
	b := s.old[key]
	if b == nil {
		b = rate.NewLimiter(rate.Every(l.every), l.burst)
	}
	s.now[key] = b
	return b
}

// Seconds is wait as the header Retry-After says it: whole seconds, at least one.
func Seconds(wait time.Duration) int { return max(1, int((wait+time.Second-1)/time.Second)) }
