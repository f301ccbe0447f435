package gateway

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// triesPerAddress is how many passwords one address may try at one link in a minute:
	// more than a person mistypes, far less than guessing needs.
	triesPerAddress = 10
	// triesPerLink is for all addresses together, for who has many.
	triesPerLink = 60
)

// passwordTries counts the passwords that were tried at links this minute. Its memory is
// bounded by the links there are: beyond triesPerLink nothing more is noted of one.
type passwordTries struct {
	mu     sync.Mutex
	minute time.Time
	counts map[string]int // by link, and by link and address
}

func newPasswordTries() *passwordTries { return &passwordTries{counts: make(map[string]int)} }

// allow takes one try, if there may be one.
func (t *passwordTries) allow(linkID, ip string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if d := now.Sub(t.minute); d >= time.Minute || d < 0 {
		clear(t.counts)
		t.minute = now
	}
	from := linkID + " " + network(ip)
	if t.counts[linkID] >= triesPerLink || t.counts[from] >= triesPerAddress {
		return false
	}
	t.counts[linkID]++
	t.counts[from]++
	return true
}

// network is what addresses are counted by: IPv6 by its /64, the least that one customer
// of a network has.
func network(ip string) string {
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
