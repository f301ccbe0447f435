package identity

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// loginsPerMinute is what one address, or all addresses for one email, may try:
	// more than a person mistypes, far less than guessing needs.
	loginsPerMinute = 10
	// flowsPerMinute bounds the logins one address may begin at a provider; each leaves
	// a record for ten minutes.
	flowsPerMinute = 60
	// limiterKeys bounds the memory of one limiter, about 1 MiB. Who holds that many
	// addresses can make it forget; the limit per email and of Argon2 at once remain.
	limiterKeys = 8192
)

// limiter allows each key so many acts per minute, all of them at once at first. Memory
// is bounded by two generations: keys unused since the last turnover are forgotten.
type limiter struct {
	perMinute int

	mu       sync.Mutex
	now, old map[string]*rate.Limiter // guarded by mu
}

// allow takes one act of key at t, or returns *RateLimitedError.
func (l *limiter) allow(key string, t time.Time) error {
	r := l.of(key).ReserveN(t, 1)
	if d := r.DelayFrom(t); d > 0 {
		r.CancelAt(t)
		return &RateLimitedError{RetryAfter: d}
	}
	return nil
}

func (l *limiter) of(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.now[key]; r != nil {
		return r
	}
	if len(l.now) >= limiterKeys/2 {
		l.old, l.now = l.now, nil
	}
	if l.now == nil {
		l.now = make(map[string]*rate.Limiter)
	}
	r := l.old[key]
	if r == nil {
		r = rate.NewLimiter(rate.Every(time.Minute/time.Duration(l.perMinute)), l.perMinute)
	}
	l.now[key] = r
	return r
}

// remoteIP is the address of whoever holds the connection.
func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// addressKey is what addresses are counted by: IPv6 by its /64, the least that one
// customer of a network has.
func addressKey(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	if a = a.Unmap(); a.Is4() {
		return a.String()
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return ip
	}
	return p.String()
}
