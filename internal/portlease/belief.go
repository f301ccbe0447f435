package portlease

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// pick reserves the lowest pair believed free for one attempt; index -1 if there is none.
// takeover says that the pair has a record, which is resting or blocked and due.
func (l *Leaser) pick() (index int, takeover bool) {
	now := l.opts.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	lowest := -1
	for i := l.lowest; i < len(l.pairs); i++ {
		b := &l.pairs[i]
		if lowest < 0 && (b.busy || b.state != StateLeased) {
			lowest = i
		}
		if b.busy || b.state == StateLeased || (b.state != "" && b.until.After(now)) {
			continue
		}
		b.busy = true
		l.lowest = lowest
		return i, b.seen
	}
	if lowest < 0 {
		lowest = len(l.pairs)
	}
	l.lowest = lowest
	return -1, false
}

// believe notes what became of a pair, which ends an attempt on it.
func (l *Leaser) believe(index int, b belief) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pairs[index] = b
	if b.state != StateLeased {
		l.lowest = min(l.lowest, index)
	}
}

func (l *Leaser) stale() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.opts.Now().Sub(l.refreshed) >= refreshEvery
}

// refresh replaces all beliefs, except those being tried, by what the records say.
func (l *Leaser) refresh(ctx context.Context) error {
	all, err := l.store.All(ctx)
	if err != nil {
		return fmt.Errorf("read port records: %w", err)
	}
	now := l.opts.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	fresh := make([]belief, len(l.pairs))
	for _, r := range all {
		if l.inRange(r.VSCodePort) {
			fresh[l.index(r.VSCodePort)] = belief{state: r.State, until: r.RestUntil, seen: true}
		}
	}
	for i, b := range l.pairs {
		switch {
		case b.busy:
			fresh[i] = b
		case b.state == StateBlocked && b.until.After(now) && fresh[i].state != StateLeased:
			fresh[i].state, fresh[i].until = StateBlocked, b.until // seen by us, not recorded
		}
	}
	l.pairs, l.lowest, l.refreshed = fresh, 0, now
	return nil
}

// exhausted counts why there was nothing to pick. Pairs being tried count as leased.
func (l *Leaser) exhausted() *ExhaustedError {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &ExhaustedError{Start: l.opts.Start, End: l.opts.End}
	for _, b := range l.pairs {
		switch {
		case b.busy || b.state == StateLeased:
			e.Leased++
			continue
		case b.state == StateBlocked:
			e.Blocked++
		default:
			e.Resting++
		}
		if e.NextFree.IsZero() || b.until.Before(e.NextFree) {
			e.NextFree = b.until
		}
	}
	return e
}

// bindable tries a port on loopback, where it will be published, and on all addresses: a
// program that listens on one of them would get some of the visitors.
func bindable(port int) bool {
	for _, host := range []string{"127.0.0.1", "0.0.0.0"} {
		ln, err := net.Listen("tcp4", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			return false
		}
		ln.Close()
	}
	return true
}
