package api

import (
	"cmp"
	"net"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/kalpana-dev/kalpana/internal/metrics"
	"github.com/kalpana-dev/kalpana/internal/ratelimit"
)

const (
	// callsPerSecond is what one session or token may ask in the long run, four times that
	// at once: far more than any page of ours or any sensible program.
	callsPerSecond = 100
	// strangerEvery and strangerBurst are for who is not signed in, by address.
	strangerEvery = 50 * time.Millisecond
	strangerBurst = 200
	// eventsOpen is how many streams of all that changes a user may have open at once: a page
	// has one. streamsOpen is for each other kind, of which there may be one for each chat.
	eventsOpen, streamsOpen = 64, 256
)

// Limits are what one caller may ask of the API. All fields may be left out.
type Limits struct {
	// PerSecond is what one session or token may ask in the long run. Default: 100.
	PerSecond int
	// Reached is told of everything that is refused because of a limit, with one of the
	// words of package metrics. It must not block.
	Reached func(limit string)
}

// limits count what callers do.
type limits struct {
	callers, strangers *ratelimit.Limiter
	acts               map[string]actLimit // by operation
	events, streams    *ratelimit.Slots
	reached            func(string)
	address            func(*http.Request) string

	bodyGrace, answerTime time.Duration
}

// actLimit bounds, for each user, acts that cost more than an answer.
type actLimit struct {
	name string
	of   *ratelimit.Limiter
}

func newLimits(o Options) *limits {
	perSecond := cmp.Or(o.Limits.PerSecond, callsPerSecond)
	l := &limits{
		callers: ratelimit.New(time.Second/time.Duration(perSecond), 4*perSecond), strangers: ratelimit.New(strangerEvery, strangerBurst),
		acts: map[string]actLimit{}, events: ratelimit.NewSlots(eventsOpen), streams: ratelimit.NewSlots(streamsOpen), reached: o.Limits.Reached, address: o.Admin.Address,
		bodyGrace: bodyGrace, answerTime: answerTime,
	}
	if l.reached == nil {
		l.reached = func(string) {}
	}
	if l.address == nil {
		l.address = func(r *http.Request) string {
			host, _, _ := net.SplitHostPort(r.RemoteAddr)
			return host
		}
	}
	for _, a := range []struct {
		name       string
		every      time.Duration
		burst      int
		operations []string
	}{
		{metrics.LimitCreate, time.Second, 60, []string{"create-workspace", "try-template"}},
		{metrics.LimitStart, 500 * time.Millisecond, 60, []string{"start-workspace", "stop-workspace", "restart-workspace", "clone-again"}},
		{metrics.LimitToken, time.Second, 60, []string{"create-token", "create-invitation", "create-link", "set-share"}},
		{metrics.LimitTurn, 500 * time.Millisecond, 240, []string{"send-message", "create-chat"}},
	} {
		limit := actLimit{a.name, ratelimit.New(a.every, a.burst)}
		for _, id := range a.operations {
			l.acts[id] = limit
		}
	}
	return l
}

// call takes one call of whoever sent r, or refuses it. The operator and health checks are
// not counted. Foreign calls, those of pages of other origins, are counted apart: any page
// on the internet can make its visitors' browsers send them. So are those that sign in.
func (l *limits) call(r *http.Request, foreign bool) *Problem {
	me, of, key := caller(r.Context()), l.callers, ratelimit.Key{}
	switch path := r.URL.Path; {
	case me.System, path == "/healthz", path == "/readyz", path == "/api/v1/healthz", path == "/api/v1/readyz":
		return nil
	case foreign:
		of, key = l.strangers, ratelimit.Address(l.address(r)).For("foreign")
	case me.SessionID != "":
		key = ratelimit.Name(me.SessionID)
	case me.TokenID != "":
		key = ratelimit.Name(me.TokenID)
	case path == webhookPath: // comes in bursts, from few addresses, and is not sent again
		key = ratelimit.Address(l.address(r)).For("webhook")
	case path == "/api/v1/auth/login", path == "/api/v1/auth/signup":
		of, key = l.strangers, ratelimit.Address(l.address(r)).For("sign-in")
	default:
		of, key = l.strangers, ratelimit.Address(l.address(r))
	}
	return l.take(metrics.LimitAPI, of, key)
}

// act takes one act of a user, if the operation is one that is limited.
func (l *limits) act(me principal, operation string) *Problem {
	limit, ok := l.acts[operation]
	if !ok || me.System {
		return nil
	}
	return l.take(limit.name, limit.of, ratelimit.Name(me.UserID))
}

func (l *limits) take(name string, of *ratelimit.Limiter, key ratelimit.Key) *Problem {
	wait, ok := of.Allow(key, time.Now())
	if ok {
		return nil
	}
	l.reached(name)
	return rateLimited("That is more than may be asked in so short a time. Wait a moment and try again.", wait)
}

// bodyTime is how long a body may take to begin with.
func (l *limits) bodyTime(path string) time.Duration {
	if path == webhookPath {
		return min(webhookTime, l.bodyGrace)
	}
	return l.bodyGrace
}

// limitActs is a middleware for operations.
func (s *Server) limitActs(ctx huma.Context, next func(huma.Context)) {
	if p := s.limits.act(caller(ctx.Context()), ctx.Operation().OperationID); p != nil {
		_, w := humago.Unwrap(ctx)
		writeProblem(w, p)
		return
	}
	next(ctx)
}

// few lets each user have only so many streams of a kind open at once.
func (s *Server) few(kind string, serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		me, slots := caller(r.Context()), s.limits.streams
		if kind == eventStreams {
			slots = s.limits.events
		}
		key := ratelimit.Name(me.UserID).For(kind)
		switch {
		case me.System:
		case !slots.Take(key):
			s.limits.reached(metrics.LimitStreams)
			writeProblem(w, rateLimited("You follow as many of these at once as one may. Close some pages, then try again.", streamWait))
			return
		default:
			defer slots.Give(key)
		}
		serve(w, r)
	}
}

// eventStreams is the kind of the stream of all that changes.
const eventStreams = "events"

// streamWait is how soon who has too many streams may ask again: one that was closed is
// gone when the next thing would have been sent.
const streamWait = 5 * time.Second

func rateLimited(detail string, after time.Duration) *Problem {
	p := problem(http.StatusTooManyRequests, "rate_limited", detail)
	p.retryAfter = after
	return p
}
