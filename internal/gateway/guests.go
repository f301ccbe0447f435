package gateway

import (
	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/ratelimit"
)

const (
	// requestsPerGuest is what one guest may have under way at once at one workspace: more
	// than a browser's, enough for some who share an address.
	requestsPerGuest = 128
	// guestTunnels is what all guests together may have under way at one workspace, requests
	// and WebSockets. Each takes a connection to a port, of which its bridge has only so many,
	// and some are kept for a while when what they carried is over.
	guestTunnels = bridge.MaxTunnels * 5 / 8
)

// guests counts what those have under way who have no right to use a workspace, and see a
// port of it because it is shared with everybody, with all users or by a link. An account
// makes nobody less of a guest. The methods do nothing for others than guests; the lock of
// usage guards them.
type guests struct {
	all      int
	requests map[ratelimit.Key]int // never 0
}

// request counts one more request, unless it is one too many; then call requestOver.
func (g *guests) request(ex *exchange) bool {
	if !ex.guest {
		return true
	}
	key := ex.guestKey()
	n := g.requests[key]
	if n >= requestsPerGuest || g.all >= guestTunnels {
		return false
	}
	if g.requests == nil {
		g.requests = make(map[ratelimit.Key]int)
	}
	g.requests[key] = n + 1
	g.all++
	return true
}

func (g *guests) requestOver(ex *exchange) {
	if !ex.guest {
		return
	}
	g.all--
	key := ex.guestKey()
	if n := g.requests[key]; n > 1 {
		g.requests[key] = n - 1
		return
	}
	delete(g.requests, key)
}

// socket counts one more WebSocket, unless it is one too many; then call socketOver.
func (g *guests) socket(ex *exchange) bool {
	if !ex.guest {
		return true
	}
	if g.all >= guestTunnels {
		return false
	}
	g.all++
	return true
}

func (g *guests) socketOver(ex *exchange) {
	if ex.guest {
		g.all--
	}
}

// guestKey tells guests apart: by their account, or by their network.
func (ex *exchange) guestKey() ratelimit.Key {
	if ex.visitor.userID != "" {
		return ratelimit.Name(ex.visitor.userID)
	}
	return ratelimit.Address(ex.client.IP)
}
