package gateway

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// Why a request or WebSocket was ended by the gateway: a close code of the WebSocket
// protocol (1001 "going away", 44xx Kalpana's own) and a word for the visitor.
type ending struct {
	code   uint16
	reason string
}

var (
	endGone      = ending{1001, "workspace is gone"}
	endStopped   = ending{1001, "workspace stopped"}
	endShutdown  = ending{1001, "gateway is shutting down"}
	endLoggedOut = ending{4401, "signed out"}
	endForbidden = ending{4403, "no longer allowed"}
	endDeaf      = ending{1001, "workspace does not read"}
)

// errEnded is the cause of a request cancelled because of an ending.
var errEnded = errors.New("ended by the gateway")

// errSocketEnded is the same where the WebSocket that came of the request has been told.
var errSocketEnded = fmt.Errorf("%w, and so is its WebSocket", errEnded)

// usage is who is using one workspace right now. It lives as long as the workspace,
// while routes come and go with every change of status.
type usage struct {
	id       string
	verified verifiedLogins
	// verifiedPorts is apart, lest visitors of a shared port crowd the owner out.
	verifiedPorts verifiedLogins
	touched       atomic.Int64 // Unix seconds of the last report of activity
	wakes         wakes

	mu          sync.Mutex
	head        *exchange
	sockets     int // open WebSockets
	portSockets int // those of them that lead to ports
	requests    int // requests under way that are no WebSockets and no handshakes
	guests      guests
	retired     bool
}

// enter registers ex, unless the workspace was deleted meanwhile or as many requests as
// limit, or as a guest may have, are under way already; full tells which. A handshake does not count here, since
// WebSockets have a limit of their own.
func (u *usage) enter(ex *exchange, handshake bool, limit int) (entered, full bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.retired {
		return false, false
	}
	if ex.counted = !handshake; ex.counted {
		if u.requests >= limit || !u.guests.request(ex) {
			return false, true
		}
		u.requests++
	}
	ex.next, ex.listed = u.head, true
	if u.head != nil {
		u.head.prev = ex
	}
	u.head = ex
	return true, false
}

// begin counts a request that is not registered, up to limit; then call finish.
func (u *usage) begin(ex *exchange, limit int) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.requests >= limit || !u.guests.request(ex) {
		return false
	}
	u.requests++
	return true
}

func (u *usage) finish(ex *exchange) {
	u.mu.Lock()
	u.requests--
	u.guests.requestOver(ex)
	u.mu.Unlock()
}

// leave takes ex off the list; calling it twice does nothing.
func (u *usage) leave(ex *exchange) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !ex.listed {
		return
	}
	if ex.prev != nil {
		ex.prev.next = ex.next
	} else {
		u.head = ex.next
	}
	if ex.next != nil {
		ex.next.prev = ex.prev
	}
	ex.prev, ex.next, ex.listed = nil, nil, false
	if ex.counted {
		u.requests--
		u.guests.requestOver(ex)
	}
}

// became notes that ex is a WebSocket from now on.
func (u *usage) became(ex *exchange, s *socket) {
	u.mu.Lock()
	ex.sock = s
	u.mu.Unlock()
}

// reserveSocket counts one more WebSocket, up to limit (0 = no limit) and what guests may have.
func (u *usage) reserveSocket(ex *exchange, limit int) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if limit > 0 && u.sockets >= limit || !u.guests.socket(ex) {
		return false
	}
	u.sockets++
	if ex.port != nil {
		u.portSockets++
	}
	return true
}

func (u *usage) releaseSocket(ex *exchange) {
	u.mu.Lock()
	u.sockets--
	u.guests.socketOver(ex)
	if ex.port != nil {
		u.portSockets--
	}
	u.mu.Unlock()
}

// retire refuses everything from now on. What is registered already is ended by sweep.
func (u *usage) retire() {
	u.mu.Lock()
	u.retired = true
	u.mu.Unlock()
}

// each calls f for everything registered, with mu held.
func (u *usage) each(f func(*exchange)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for ex := u.head; ex != nil; ex = ex.next {
		f(ex)
	}
}

// touch reports use at most once a second, and returns the time.
func (g *Gateway) touch(u *usage) time.Time {
	now := g.now()
	if sec, last := now.Unix(), u.touched.Load(); sec != last && u.touched.CompareAndSwap(last, sec) {
		g.options.Touch(u.id, now)
	}
	return now
}

// Sweep ends every request and WebSocket that would not be let in any more: the session
// or token was revoked, the workspace stopped, started anew or went, or the right to
// it did. Run calls it every second; changes of routes end theirs at once.
func (g *Gateway) Sweep() {
	g.routes.each(func(r *Route) {
		if g.sweep(r.usage) {
			g.touch(r.usage)
		}
	})
	g.sweepSites()
}

// sweep ends what u may do no more, and reports whether somebody waits for what the workspace
// is working on. It calls nobody who could be waiting for it: it is told of changes.
func (g *Gateway) sweep(u *usage) (awaited bool) {
	var doomed []doomedExchange
	route := g.routes.lookup(u.id)
	u.each(func(ex *exchange) {
		if ex.sock != nil {
			ex.sock.report(g.options.Observer)
		}
		awaited = awaited || ex.counted && ex.visitor.userID != "" && !ex.rec.answered.Load()
		if why, over := g.verdict(route, ex); over {
			doomed = append(doomed, doomedExchange{ex, ex.sock, why})
		}
	})
	for _, d := range doomed {
		g.end(d)
	}
	return awaited
}

// doomedExchange is what has to end; sock is a copy made with the lock of usage held.
type doomedExchange struct {
	ex   *exchange
	sock *socket
	why  ending
}

// verdict says whether ex has to end, given what the workspace is now (nil = gone).
func (g *Gateway) verdict(now *Route, ex *exchange) (ending, bool) {
	v := ex.visitor
	switch {
	case ex.sock != nil && ex.sock.deaf(g.now()):
		return endDeaf, true
	case now == nil || now.Deleting:
		return endGone, true
	case !now.answers() || now.Epoch != ex.route.Epoch:
		return endStopped, true
	case !mayVisit(now, ex.address, v, g.now()):
		return endForbidden, true
	case ex.port != nil && now.setting(ex.address.Inside).Visibility == workspace.VisiblePublic:
		return ending{}, false // nobody was asked for a login
	case v.linkID != "":
		return ending{}, false
	case v.tokenID != "":
		return endLoggedOut, !g.options.Visitors.TokenLive(v.tokenID)
	default:
		userID, live := g.options.Visitors.SessionLive(v.sessionID)
		return endLoggedOut, !live || userID != v.userID
	}
}

func (g *Gateway) end(d doomedExchange) {
	cause := errEnded
	if d.sock != nil {
		cause = errSocketEnded
		if d.sock.ending.Load() { // it ends by itself already, unless the workspace holds it up
			d.sock.upstream.Close()
			return
		}
		g.background.start(func() { d.sock.end(d.why) }) // a visitor that does not read must not hold up the others
	}
	d.ex.cancel(cause)
	g.options.Log.Info("connection ended", "workspace", d.ex.route.ID, "user", d.ex.visitor.userID, "reason", d.why.reason)
}

// endAll ends everything, for the gateway's own end.
func (g *Gateway) endAll(why ending) {
	g.endSites()
	g.routes.each(func(r *Route) {
		var all []doomedExchange
		r.usage.each(func(ex *exchange) { all = append(all, doomedExchange{ex, ex.sock, why}) })
		for _, d := range all {
			g.end(d)
		}
	})
}

// Live counts the requests and WebSockets under way, for readiness to stop.
func (g *Gateway) Live() int {
	n := 0
	g.routes.each(func(r *Route) { r.usage.each(func(*exchange) { n++ }) })
	return n
}
