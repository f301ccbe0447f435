package openrouter

import (
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

const (
	// maxAttempts is enough for a provider that is being replaced; more only hides an outage.
	maxAttempts = 3
	// maxEmptyAttempts: a model that has nothing to say twice will not the third time, and
	// each time is paid for.
	maxEmptyAttempts = 2
	firstPause       = time.Second
	maxPause         = 20 * time.Second
	// maxRetryAfter is how long a user is kept waiting; longer is an error with the time.
	maxRetryAfter = time.Minute
)

func attemptsFor(e *agent.Error) int {
	if e.Code == agent.CodeEmptyAnswer {
		return maxEmptyAttempts
	}
	return maxAttempts
}

// pauseBefore says how long to wait before the given attempt, the second being the
// first, and whether to make it at all.
func pauseBefore(attempt int, e *agent.Error) (time.Duration, bool) {
	if !e.Retryable || attempt > attemptsFor(e) || e.RetryAfter > maxRetryAfter {
		return 0, false
	}
	pause := min(firstPause<<(attempt-2), maxPause)
	// A quarter more or less, so that all who failed together do not come back together.
	pause += time.Duration((rand.Float64() - 0.5) / 2 * float64(pause))
	return max(pause, e.RetryAfter), true
}

// retryAfter reads Retry-After (RFC 9110 10.2.3: seconds or a date), or the variant in
// milliseconds that OpenAI's servers send. 0 if there is none that can be read.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if ms, ok := number(h.Get("Retry-After-Ms")); ok {
		return ms / 1000
	}
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, ok := number(v); ok {
		return s
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}

// number reads seconds, as many as fit a thousand days: more is too long all the same.
func number(s string) (time.Duration, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if (err != nil && !math.IsInf(f, 1)) || !(f >= 0) {
		return 0, false
	}
	return time.Duration(min(f, 24*3600*1000) * float64(time.Second)), true
}
