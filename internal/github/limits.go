package github

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// longestLimit is GitHub's own: limits are per hour. A server that says more is wrong.
	longestLimit = time.Hour
	// blindPause is what GitHub asks for where it names no time.
	blindPause = time.Minute
	// maxLimited bounds the table; a token that falls out is told again by GitHub.
	maxLimited = 4096
)

// resource is one of GitHub's separate budgets.
type resource string

const (
	core   resource = "core"
	search resource = "search"
	// burst is the secondary limit, which stops everything.
	burst resource = "burst"
)

// limits remembers until when which token has to wait.
type limits struct {
	now func() time.Time
	mu  sync.Mutex
	// until has only times that were in the future when they were set.
	until map[limitKey]time.Time
}

type limitKey struct {
	token tokenHash
	what  resource
}

func newLimits(now func() time.Time) *limits {
	return &limits{now: now, until: map[limitKey]time.Time{}}
}

// check returns nil if a request may be sent.
func (l *limits) check(token tokenHash, what resource) *RateLimitedError {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range []resource{what, burst} {
		k := limitKey{token, r}
		switch t, ok := l.until[k]; {
		case !ok:
		case l.now().Before(t):
			return &RateLimitedError{Reset: t, Secondary: r == burst}
		default:
			delete(l.until, k)
		}
	}
	return nil
}

// read takes note of what an answer says about limits, and returns an error if it is a
// refusal because of one. body is that of a refusal.
func (l *limits) read(token tokenHash, what resource, status int, h http.Header, body string) *RateLimitedError {
	now := l.now()
	usedUp := h.Get("X-RateLimit-Remaining") == "0"
	refused := status == http.StatusTooManyRequests || status == http.StatusForbidden
	pause, hasPause := seconds(h.Get("Retry-After"))
	var e *RateLimitedError
	switch {
	case refused && hasPause:
		e = &RateLimitedError{now.Add(pause), true}
	case usedUp && (refused || status < 400):
		e = &RateLimitedError{now.Add(blindPause), false}
		if reset, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil {
			e.Reset = time.Unix(reset, 0)
		}
	case status == http.StatusTooManyRequests, refused && strings.Contains(strings.ToLower(body), "rate limit"):
		e = &RateLimitedError{now.Add(blindPause), true}
	default:
		return nil
	}
	if latest := now.Add(longestLimit); e.Reset.After(latest) {
		e.Reset = latest
	}
	if r := resource(h.Get("X-RateLimit-Resource")); !e.Secondary && (r == core || r == search) {
		what = r
	}
	if e.Secondary {
		what = burst
	}
	l.set(limitKey{token, what}, e.Reset)
	if !refused {
		return nil
	}
	return e
}

func (l *limits) set(k limitKey, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if !until.After(now) {
		return
	}
	if len(l.until) >= maxLimited {
		for old, t := range l.until {
			if !t.After(now) {
				delete(l.until, old)
			}
		}
	}
	for old := range l.until {
		if len(l.until) < maxLimited {
			break
		}
		delete(l.until, old)
	}
	l.until[k] = until
}

func (l *limits) forget(token tokenHash) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range []resource{core, search, burst} {
		delete(l.until, limitKey{token, r})
	}
}

// seconds reads a Retry-After in seconds, the only form that GitHub sends.
func seconds(s string) (time.Duration, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	return time.Duration(n) * time.Second, err == nil && n >= 0
}
