package githubtest

import (
	"net/http"
	"strconv"
	"time"
)

// budget is what an account used of a resource.
type budget struct {
	used  int
	reset time.Time
}

// Limit sets how many requests an account has per hour ("core") or per minute ("search").
// Standard: 5000 and 30. What was used counts on.
func (s *Server) Limit(resource string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit[resource] = n
}

// Throttle answers all REST requests with the secondary limit for some time.
func (s *Server) Throttle(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttled = s.o.Now().Add(d)
}

// throttle answers if a secondary limit holds.
func (s *Server) throttle(w http.ResponseWriter) bool {
	s.mu.Lock()
	left := s.throttled.Sub(s.o.Now())
	s.mu.Unlock()
	if left <= 0 {
		return false
	}
	w.Header().Set("Retry-After", strconv.Itoa(int((left+time.Second-1)/time.Second)))
	message(w, http.StatusForbidden, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
	return true
}

// spend counts n requests and sets the headers. It reports whether there was one left.
func (s *Server) spend(w http.ResponseWriter, account, resource string, n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	window := time.Hour
	if resource == "search" {
		window = time.Minute
	}
	b := s.budgets[account+"/"+resource]
	if now := s.o.Now(); b == nil || !now.Before(b.reset) {
		b = &budget{reset: now.Add(window)}
		s.budgets[account+"/"+resource] = b
	}
	limit := s.limit[resource]
	left := b.used < limit
	if left {
		b.used += n
	}
	h := w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(limit-b.used, 0)))
	h.Set("X-RateLimit-Used", strconv.Itoa(b.used))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(b.reset.Unix(), 10))
	h.Set("X-RateLimit-Resource", resource)
	return left
}
