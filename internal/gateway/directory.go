package gateway

import (
	"hash/maphash"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// shardCount keeps a shard at some 20 of 5,000 routes, so that copying it for one change
// costs a microsecond and the change is seen at once.
const shardCount = 256

// forgetAfter is how long a deleted id is remembered: longer than any announcement of
// an older record can be under way.
const forgetAfter = 10 * time.Minute

// directory is the table id → route. Reading takes no lock and allocates nothing: each
// shard is an immutable map behind an atomic pointer, replaced as a whole by writers.
type directory struct {
	box    *secretbox.Box
	loaded atomic.Bool
	shards [shardCount]shard
	// changed is told of every route that was replaced or removed, outside all locks.
	changed func(u *usage)
}

// shardSeed spreads ids over shards, whatever they look like.
var shardSeed = maphash.MakeSeed()

type shard struct {
	routes atomic.Pointer[map[string]*Route]

	mu sync.Mutex
	// seen and gone are about the ids of this shard: when the route was set last, and
	// when it was removed. Guarded by mu.
	seen map[string]time.Time
	gone map[string]time.Time
}

func newDirectory(box *secretbox.Box, changed func(*usage)) *directory {
	return &directory{box: box, changed: changed}
}

func (d *directory) shard(id string) *shard {
	return &d.shards[maphash.String(shardSeed, id)%shardCount]
}

// lookup returns the route of id, nil if there is none.
func (d *directory) lookup(id string) *Route {
	if m := d.shard(id).routes.Load(); m != nil {
		return (*m)[id]
	}
	return nil
}

// set takes w in, unless what is known is newer or w was deleted.
func (d *directory) set(w *workspace.Workspace, now time.Time) {
	s := d.shard(w.ID)
	s.mu.Lock()
	old := (*Route)(nil)
	if m := s.routes.Load(); m != nil {
		old = (*m)[w.ID]
	}
	_, deleted := s.gone[w.ID]
	if deleted || (old != nil && old.version > w.Version) {
		s.mu.Unlock()
		return
	}
	if s.seen == nil {
		s.seen = make(map[string]time.Time)
	}
	s.seen[w.ID] = now
	if old != nil && old.version == w.Version {
		s.mu.Unlock()
		return
	}
	next := d.route(w, old)
	s.publish(func(m map[string]*Route) { m[w.ID] = next })
	s.mu.Unlock()
	d.changed(next.usage)
}

// route makes the route of w; old is the one it takes the place of, or nil.
func (d *directory) route(w *workspace.Workspace, old *Route) *Route {
	r := &Route{
		ID: w.ID, OwnerID: w.OwnerID, Name: w.Name, Status: w.Status, StatusReason: w.StatusReason,
		Epoch: w.Epoch, VSCodePort: w.VSCodePort, AgentPort: w.AgentPort,
		Deleting: w.Desired == workspace.DesiredDeleted, Paused: w.Paused, version: w.Version,
		editor: newUpstream(w.ID, w.Epoch, w.VSCodePort), agent: newUpstream(w.ID, w.Epoch, w.AgentPort),
		ports: w.Ports, shares: w.Shares, links: w.Links,
	}
	if old != nil {
		r.usage = old.usage
	} else {
		r.usage = &usage{id: w.ID}
	}
	if old != nil && old.Epoch == w.Epoch {
		r.key = old.key
	} else {
		r.key = d.box.WorkspaceKey(w.ID, w.Epoch)
	}
	return r
}

// remove forgets id for good: ids are never used twice.
func (d *directory) remove(id string, now time.Time) {
	s := d.shard(id)
	s.mu.Lock()
	gone := s.remove(id, now)
	s.mu.Unlock()
	if gone != nil {
		gone.usage.retire()
		d.changed(gone.usage)
	}
}

// replace makes the table equal to all, the complete listing begun at asOf. Routes
// announced since then stay: the listing may have missed them.
func (d *directory) replace(all []workspace.Workspace, asOf, now time.Time) {
	listed := make(map[string]bool, len(all))
	for i := range all {
		listed[all[i].ID] = true
		d.set(&all[i], now)
	}
	for i := range d.shards {
		s := &d.shards[i]
		s.mu.Lock()
		var gone []*Route
		for id, at := range s.seen {
			if !listed[id] && at.Before(asOf) {
				gone = append(gone, s.remove(id, now))
			}
		}
		s.mu.Unlock()
		for _, r := range gone {
			r.usage.retire()
			d.changed(r.usage)
		}
	}
	d.loaded.Store(true)
}

// each calls f with every route.
func (d *directory) each(f func(*Route)) {
	for i := range d.shards {
		if m := d.shards[i].routes.Load(); m != nil {
			for _, r := range *m {
				f(r)
			}
		}
	}
}

// remove drops id and remembers that; it returns the route that was there. Call with mu held.
func (s *shard) remove(id string, now time.Time) *Route {
	if s.gone == nil {
		s.gone = make(map[string]time.Time)
	}
	for old, at := range s.gone {
		if now.Sub(at) > forgetAfter {
			delete(s.gone, old)
		}
	}
	s.gone[id] = now
	delete(s.seen, id)
	m := s.routes.Load()
	if m == nil || (*m)[id] == nil {
		return nil
	}
	old := (*m)[id]
	s.publish(func(m map[string]*Route) { delete(m, id) })
	return old
}

// publish replaces the map by a changed copy. Call with mu held.
func (s *shard) publish(change func(map[string]*Route)) {
	next := make(map[string]*Route)
	if m := s.routes.Load(); m != nil {
		maps.Copy(next, *m)
	}
	change(next)
	s.routes.Store(&next)
}
