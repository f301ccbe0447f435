package gateway

import (
	"cmp"
	"net/http"
	"time"

	"github.com/kalpana-dev/kalpana/internal/ratelimit"
)

const (
	// triesPerAddress is how many passwords one address may try at one link in a minute:
	// more than a person mistypes, far less than guessing needs.
	triesPerAddress = 10
	// triesPerLink is for all addresses together, for who has many.
	triesPerLink = 60
	// ticketsPerMinute is how many one user may have made for one host. A page of a port can
	// send its visitor's browser for more, and must not use up those of other hosts.
	ticketsPerMinute = 120
	// redeemEvery and redeemBurst bound how often one address makes the store look for a
	// ticket for one host. The burst is a browser's with a hundred tabs, or a class that
	// begins at once.
	redeemEvery = 100 * time.Millisecond
	redeemBurst = 1200
	// allHosts is how many times that is allowed for all hosts together: what one user can
	// make the store hold, and one address make it look for.
	allHosts = 16
	// startEvery and startBurst are what one user may order on the pages of one workspace.
	startEvery = 500 * time.Millisecond
	startBurst = 60

	// Defaults of Options.
	requestsPerWorkspace = 1024
	socketsPerUser       = 4096
	// socketsPerGuest are those of a guest's account, or network if nothing else is known.
	socketsPerGuest = 512
)

// What Limited is told.
const (
	limitPassword = "password"
	limitTicket   = "ticket"
	limitStart    = "start"
	limitSockets  = "sockets"
	limitRequests = "requests"
)

// LimitObserver is what an Observer may be as well: it hears of everything that is refused
// because a limit is reached. limit is "password", "ticket", "start", "sockets" or "requests".
type LimitObserver interface {
	Limited(limit string)
}

// limits bound what one user, one address and one workspace may take of all.
type limits struct {
	observer LimitObserver // nil if nobody wants to know

	passwordsByAddress, passwordsByLink *ratelimit.Limiter
	tickets, redeems, starts            *ratelimit.Limiter
	allTickets, allRedeems              *ratelimit.Limiter // of all hosts

	userSockets, guestSockets *ratelimit.Slots
	requests                  int // under way to one workspace
}

func newLimits(o Options) *limits {
	l := &limits{
		passwordsByAddress: ratelimit.PerMinute(triesPerAddress), passwordsByLink: ratelimit.PerMinute(triesPerLink),
		tickets: ratelimit.PerMinute(ticketsPerMinute), redeems: ratelimit.New(redeemEvery, redeemBurst), starts: ratelimit.New(startEvery, startBurst),
		allTickets: ratelimit.PerMinute(ticketsPerMinute * allHosts), allRedeems: ratelimit.New(redeemEvery/allHosts, redeemBurst*allHosts),
		requests: cmp.Or(o.RequestsPerWorkspace, requestsPerWorkspace),
	}
	sockets := cmp.Or(o.SocketsPerUser, socketsPerUser)
	l.userSockets, l.guestSockets = ratelimit.NewSlots(sockets), ratelimit.NewSlots(min(sockets, socketsPerGuest))
	l.observer, _ = o.Observer.(LimitObserver)
	return l
}

// reached tells that something was refused.
func (l *limits) reached(limit string) {
	if l.observer != nil {
		l.observer.Limited(limit)
	}
}

// take takes one act of key, or says when to come back.
func (l *limits) take(of *ratelimit.Limiter, limit string, key ratelimit.Key, now time.Time) (retryAfter int, ok bool) {
	wait, ok := of.Allow(key, now)
	if ok {
		return 0, true
	}
	l.reached(limit)
	return ratelimit.Seconds(wait), false
}

// ticket takes one ticket of a user for a host. What is over the host's limit takes none of
// all hosts'.
func (l *limits) ticket(user ratelimit.Key, host string, now time.Time) (retryAfter int, ok bool) {
	if retryAfter, ok = l.take(l.tickets, limitTicket, user.For(host), now); !ok {
		return retryAfter, false
	}
	return l.take(l.allTickets, limitTicket, user, now)
}

// redeem takes one look for a ticket, in the same way.
func (l *limits) redeem(ip, host string, now time.Time) (retryAfter int, ok bool) {
	from := ratelimit.Address(ip)
	if retryAfter, ok = l.take(l.redeems, limitTicket, from.For(host), now); !ok {
		return retryAfter, false
	}
	return l.take(l.allRedeems, limitTicket, from, now)
}

// start takes one start of a workspace by a user.
func (l *limits) start(userID, workspaceID string, now time.Time) (retryAfter int, ok bool) {
	return l.take(l.starts, limitStart, ratelimit.Name(userID).For(workspaceID), now)
}

// password takes one try of a link's password. Whose address has none left takes none of
// all that the link has.
func (l *limits) password(linkID, ip string, now time.Time) (retryAfter int, ok bool) {
	if retryAfter, ok = l.take(l.passwordsByAddress, limitPassword, ratelimit.Address(ip).For(linkID), now); !ok {
		return retryAfter, false
	}
	return l.take(l.passwordsByLink, limitPassword, ratelimit.Name(linkID), now)
}

// shareOfGuests is what guests may have of a workspace's limit on requests: a port that
// others may see must not lock out who works in it.
func shareOfGuests(limit int) int { return limit - limit/4 }

// mayHave is how many requests to its workspace may be under way for ex to be one more.
func (l *limits) mayHave(ex *exchange) int {
	if ex.guest {
		return shareOfGuests(l.requests)
	}
	return l.requests
}

// reserveSocket counts one more WebSocket of the workspace and of whoever opens it.
func (g *Gateway) reserveSocket(ex *exchange) bool {
	slots, key := g.limits.socketsOf(ex)
	if !slots.Take(key) {
		g.limits.reached(limitSockets)
		return false
	}
	if !ex.route.usage.reserveSocket(ex, g.options.SocketsPerWorkspace) {
		slots.Give(key)
		g.limits.reached(limitSockets)
		return false
	}
	return true
}

// releaseSocket takes back what reserveSocket counted.
func (g *Gateway) releaseSocket(ex *exchange) {
	slots, key := g.limits.socketsOf(ex)
	slots.Give(key)
	ex.route.usage.releaseSocket(ex)
}

func (l *limits) socketsOf(ex *exchange) (*ratelimit.Slots, ratelimit.Key) {
	if ex.guest {
		return l.guestSockets, ex.guestKey()
	}
	return l.userSockets, ratelimit.Name(ex.visitor.userID)
}

var (
	refuseBusy   = refusal{http.StatusServiceUnavailable, "workspace_busy", "The workspace is busy", "As many requests to this workspace are under way as it may have at once. Try again in a moment.", 1}
	refuseLimit  = refusal{http.StatusTooManyRequests, "rate_limited", "Too many at once", "This was asked for too often in a short time. Wait a moment, then try again.", 0}
	refuseStarts = refusal{http.StatusTooManyRequests, "rate_limited", "Too many starts", "You ordered more starts than may be in a short time. Wait a moment, then try again.", 0}
)

// after is f with the time after which it makes sense to try again, in seconds.
func (f refusal) after(seconds int) refusal {
	f.retryAfter = seconds
	return f
}
