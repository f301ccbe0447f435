package http1

import (
	"sync"
	"time"
)

// pool holds the unused connections to one address, the latest used last. Each address has
// its own lock: no server waits for the traffic of another.
type pool struct {
	mu    sync.Mutex
	conns []*conn
	// dead pools are no longer in the map; whoever holds one looks again.
	dead bool
}

// take returns the latest used connection to address that is still good; nil if none is.
func (t *Transport) take(address string) *conn {
	v, ok := t.pools.Load(address)
	if !ok {
		return nil
	}
	p := v.(*pool)
	for {
		p.mu.Lock()
		n := len(p.conns)
		if n == 0 {
			p.mu.Unlock()
			return nil
		}
		c := p.conns[n-1]
		p.conns[n-1] = nil
		p.conns = p.conns[:n-1]
		p.mu.Unlock()
		t.idle.Add(-1)
		if c.quiet() {
			c.used = true
			return c
		}
		_ = c.raw.Close()
	}
}

// keep puts a connection back, or closes it if there are enough.
func (t *Transport) keep(c *conn) {
	if t.MaxIdlePerHost <= 0 || t.idle.Add(1) > int64(t.MaxIdle) {
		if t.MaxIdlePerHost > 0 {
			t.idle.Add(-1)
		}
		_ = c.raw.Close()
		return
	}
	c.since = time.Now()
	for {
		v, ok := t.pools.Load(c.address)
		if !ok {
			v, _ = t.pools.LoadOrStore(c.address, &pool{})
		}
		p := v.(*pool)
		p.mu.Lock()
		if p.dead {
			p.mu.Unlock()
			continue
		}
		full := len(p.conns) >= t.MaxIdlePerHost
		if !full {
			p.conns = append(p.conns, c)
		}
		p.mu.Unlock()
		if full {
			t.idle.Add(-1)
			_ = c.raw.Close()
			return
		}
		break
	}
	if t.IdleFor > 0 && t.sweeping.CompareAndSwap(false, true) {
		time.AfterFunc(t.IdleFor/2, t.sweep)
	}
}

// sweep closes what was unused for too long, and comes again while there is more.
func (t *Transport) sweep() {
	t.drop(time.Now().Add(-t.IdleFor))
	t.sweeping.Store(false)
	if t.idle.Load() > 0 && t.sweeping.CompareAndSwap(false, true) {
		time.AfterFunc(t.IdleFor/2, t.sweep)
	}
}

// CloseIdleConnections closes every connection that is kept. Others go on.
func (t *Transport) CloseIdleConnections() { t.drop(time.Now().Add(time.Hour)) }

// drop closes what is unused since before, and forgets addresses without connections.
func (t *Transport) drop(before time.Time) {
	t.pools.Range(func(address, v any) bool {
		p := v.(*pool)
		p.mu.Lock()
		n := 0
		for n < len(p.conns) && p.conns[n].since.Before(before) {
			n++
		}
		old := append([]*conn(nil), p.conns[:n]...)
		rest := copy(p.conns, p.conns[n:])
		clear(p.conns[rest:])
		p.conns = p.conns[:rest]
		if rest == 0 {
			p.dead = true
			t.pools.CompareAndDelete(address, v)
		}
		p.mu.Unlock()
		t.idle.Add(-int64(n))
		for _, c := range old {
			_ = c.raw.Close()
		}
		return true
	})
}
