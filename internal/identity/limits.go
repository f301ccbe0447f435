package identity

import (
	"net"
	"net/http"

	"github.com/kalpana-dev/kalpana/internal/ratelimit"
)

const (
	// loginsPerMinute is what one address, or all addresses for one email, may try:
	// more than a person mistypes, far less than guessing needs.
	loginsPerMinute = 10
	// flowsPerMinute bounds the logins one address may begin at a provider; each leaves
	// a record for ten minutes.
	flowsPerMinute = 60
	// returnsPerMinute bounds how often one address may come back from a provider: each
	// return looks for a record. Some come back more than once.
	returnsPerMinute = 120
)

// allow takes one act of key, or returns *RateLimitedError.
func (s *Service) allow(l *ratelimit.Limiter, key ratelimit.Key) error {
	wait, ok := l.Allow(key, s.now())
	if ok {
		return nil
	}
	s.o.Limited()
	return &RateLimitedError{RetryAfter: wait}
}

// from is the network that a request came from.
func (s *Service) from(r *http.Request) ratelimit.Key { return ratelimit.Address(s.o.ClientIP(r)) }

// remoteIP is the address of whoever holds the connection.
func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
