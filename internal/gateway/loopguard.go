package gateway

import (
	"strconv"
	"sync"
	"time"
)

const (
	// loopWindow is how far apart the rounds of a login that goes in circles can be.
	loopWindow = 30 * time.Second
	// loopRounds is how often a cookie may be set and not come back: the third visit
	// without it gets a page instead of another redirect.
	loopRounds = 2
	// loopEntries bounds the memory; beyond it the oldest half is forgotten.
	loopEntries = 4096
)

// loopGuard notices browsers that do not keep our cookie, which would otherwise be sent
// round between two hosts for ever. Only logins touch it.
type loopGuard struct {
	mu     sync.Mutex
	rounds map[string]*loginRounds // by session and host
	older  map[string]*loginRounds // the generation before
}

type loginRounds struct {
	nonces []string // of the redemptions since the cookie came back last
	last   time.Time
}

func newLoopGuard() *loopGuard {
	return &loopGuard{rounds: make(map[string]*loginRounds)}
}

func roundsKey(sessionID string, host Address) string {
	if host.Kind == Port {
		return strconv.Itoa(host.Inside) + "-" + host.ID + sessionID
	}
	return host.ID + sessionID
}

// redeemed notes that a cookie was set. Tabs opened at once share a nonce and count once.
func (g *loopGuard) redeemed(sessionID string, host Address, nonceHash string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	e := g.get(roundsKey(sessionID, host))
	if now.Sub(e.last) > loopWindow {
		e.nonces = nil
	}
	e.last = now
	for _, n := range e.nonces {
		if n == nonceHash {
			return
		}
	}
	e.nonces = append(e.nonces, nonceHash)
}

// looping reports whether the cookie was set loopRounds times and did not come back. It
// says so once, so that trying again is possible.
func (g *loopGuard) looping(sessionID string, host Address, nonceHash string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := roundsKey(sessionID, host)
	e := g.get(key)
	rounds := 0
	for _, n := range e.nonces {
		if n != nonceHash {
			rounds++
		}
	}
	if now.Sub(e.last) > loopWindow || rounds < loopRounds {
		return false
	}
	delete(g.rounds, key)
	return true
}

// kept notes that the cookie came back.
func (g *loopGuard) kept(sessionID string, host Address) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := roundsKey(sessionID, host)
	delete(g.rounds, key)
	delete(g.older, key)
}

// get returns the entry of key, making it if need be. Call with mu held.
func (g *loopGuard) get(key string) *loginRounds {
	e := g.rounds[key]
	if e != nil {
		return e
	}
	if e = g.older[key]; e == nil {
		e = &loginRounds{}
	}
	delete(g.older, key)
	if len(g.rounds) >= loopEntries {
		g.older, g.rounds = g.rounds, make(map[string]*loginRounds)
	}
	g.rounds[key] = e
	return e
}
