package inspect

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// MaxKept is how many requests are kept of a port.
	MaxKept = 100
	// MaxBody is how many bytes of a body are kept.
	MaxBody = 16 << 10

	// maxHeaders is how many bytes of the headers of a request, or an answer, are kept.
	maxHeaders = 16 << 10
	// maxPath is how many bytes of a path are kept.
	maxPath = 8 << 10
	// maxPort, maxWorkspace and maxAll bound what is kept of one port, of one workspace and
	// in all.
	maxPort      = 8 << 20
	maxWorkspace = 16 << 20
	maxAll       = 64 << 20
	// entryBytes is what a request takes besides its texts.
	entryBytes = 1 << 10

	// recordFor is how long after a look requests are recorded; keepFor how long after it
	// they are kept.
	recordFor = time.Minute
	keepFor   = 10 * time.Minute
	// expireEvery is how often time is found to be over.
	expireEvery = 5 * time.Second
	// maxPorts bounds at how many ports people look, maxPortsOf at how many of one workspace.
	maxPorts   = 1000
	maxPortsOf = 32
	// maxFollowersOf bounds how many follow the requests of one workspace: each is told of
	// every request while all wait, and what they follow makes no room for others.
	maxFollowersOf = 64
	// behind is how many summaries a follower may be late before it is cut off.
	behind = 256
)

// Inspector keeps requests. Safe for concurrent use.
type Inspector struct {
	now  func() time.Time
	boot string
	// recording counts the ports of which requests are recorded.
	recording atomic.Int32

	// mu guards the rest, and everything of recordings that is not atomic.
	mu    sync.Mutex
	ports map[Target]*port
	bytes int
	// bytesOf are those of bytes that are of a workspace.
	bytesOf map[string]int
	seq     uint64
}

// port is what is kept of one port.
type port struct {
	target    Target
	looked    time.Time
	followers map[chan Summary]struct{}
	kept      []*Recording // the oldest first
	bytes     int
}

// New returns an Inspector at which nobody looks. now is its clock; nil is the machine's.
func New(now func() time.Time) *Inspector {
	if now == nil {
		now = time.Now
	}
	return &Inspector{now: now, boot: strconv.FormatInt(time.Now().UnixNano(), 36), ports: map[Target]*port{}, bytesOf: map[string]int{}}
}

// Active reports whether anybody looks at any port. It costs one atomic load.
func (in *Inspector) Active() bool { return in.recording.Load() > 0 }

// Run forgets what nobody looks at any more, until ctx ends.
func (in *Inspector) Run(ctx context.Context) {
	tick := time.NewTicker(expireEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			in.mu.Lock()
			in.expire(in.now())
			in.mu.Unlock()
		}
	}
}

// List returns the requests to a port, the latest first, and has them recorded from now on.
func (in *Inspector) List(t Target) []Summary {
	in.mu.Lock()
	defer in.mu.Unlock()
	now := in.now()
	var all []Summary
	for _, r := range slices.Backward(in.look(t, now).kept) {
		if r.published {
			all = append(all, r.summary(now))
		}
	}
	return all
}

// Get returns one request to a port; false if it is not kept.
func (in *Inspector) Get(t Target, id string) (Exchange, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	now := in.now()
	for _, r := range in.look(t, now).kept {
		if r.published && r.x.ID == id {
			return r.exchange(now), true
		}
	}
	return Exchange{}, false
}

// Follow sends the requests to a port from now on, each when it has ended; a WebSocket or an
// event stream when it begins, too. The channel is closed when its reader is too far behind.
// Call leave in the end. The channel is nil if enough follow the workspace.
func (in *Inspector) Follow(t Target) (coming <-chan Summary, leave func()) {
	in.mu.Lock()
	defer in.mu.Unlock()
	following := 0
	for _, p := range in.ports {
		if p.target.Workspace == t.Workspace {
			following += len(p.followers)
		}
	}
	if following >= maxFollowersOf {
		return nil, func() {}
	}
	p := in.look(t, in.now())
	ch := make(chan Summary, behind)
	p.followers[ch] = struct{}{}
	return ch, func() {
		in.mu.Lock()
		defer in.mu.Unlock()
		delete(p.followers, ch)
		p.looked = in.now()
	}
}

// look notes that somebody looks at a port. Call it with mu held.
func (in *Inspector) look(t Target, now time.Time) *port {
	in.expire(now)
	p := in.ports[t]
	if p == nil {
		in.makeRoom(t.Workspace)
		p = &port{target: t, followers: map[chan Summary]struct{}{}}
		in.ports[t] = p
	}
	p.looked = now
	in.expire(now) // counts it
	return p
}

func (p *port) recorded(now time.Time) bool {
	return len(p.followers) > 0 || now.Sub(p.looked) < recordFor
}

// expire counts the ports that are recorded and forgets those that are not kept any more.
func (in *Inspector) expire(now time.Time) {
	n := int32(0)
	for _, p := range in.ports {
		if len(p.followers) > 0 {
			p.looked = now
		}
		switch {
		case p.recorded(now):
			n++
		case now.Sub(p.looked) >= keepFor:
			in.forget(p)
		}
	}
	in.recording.Store(n)
}

// Begin returns a recording of a request that is about to be sent, nil if nobody looks. Only
// if somebody does, describe is called, at once; what it returns is kept, not copied.
func (in *Inspector) Begin(t Target, describe func() Request) *Recording {
	if !in.Active() {
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	now := in.now()
	p := in.ports[t]
	if p == nil || !p.recorded(now) {
		return nil
	}
	q := describe()
	in.seq++
	r := &Recording{in: in, port: p, length: q.Length}
	r.x.ID = in.boot + "-" + strconv.FormatUint(in.seq, 36)
	r.x.Time, r.x.Method, r.x.Host, r.x.Socket, r.x.ReplayOf = now, q.Method, q.Host, q.Socket, q.ReplayOf
	r.x.Path = q.Path[:min(len(q.Path), maxPath)]
	headers, size, cut := keepHeaders(q.Headers)
	r.x.RequestHeaders, r.x.Cut = headers, cut || len(q.Path) > maxPath
	r.x.RequestBody.Whole = q.Length == 0
	p.kept = append(p.kept, r)
	in.charge(r, entryBytes+len(r.x.Method)+len(r.x.Path)+len(r.x.Host)+size)
	return r
}

// keepHeaders copies as many lines as are kept.
func keepHeaders(all []Header) (kept []Header, size int, cut bool) {
	for _, h := range all {
		if size += len(h[0]) + len(h[1]); size > maxHeaders {
			return kept, size - len(h[0]) - len(h[1]), true
		}
		kept = append(kept, h)
	}
	return kept, size, false
}

// charge adds n bytes to what is kept, and lets go of others if that is too much. Call it
// with mu held.
func (in *Inspector) charge(r *Recording, n int) {
	p := r.port
	r.size += n
	p.bytes += n
	in.bytes += n
	in.bytesOf[p.target.Workspace] += n
	for len(p.kept) > MaxKept || p.bytes > maxPort {
		in.dropOldest(p)
	}
	for in.bytesOf[p.target.Workspace] > maxWorkspace {
		in.dropOldest(in.leastLooked(func(o *port) bool { return len(o.kept) > 0 && o.target.Workspace == p.target.Workspace }))
	}
	for in.bytes > maxAll {
		in.dropOldest(in.leastLooked(func(p *port) bool { return len(p.kept) > 0 }))
	}
}

// makeRoom forgets ports so that one more of a workspace can be looked at.
func (in *Inspector) makeRoom(workspace string) {
	of := 0
	for t := range in.ports {
		if t.Workspace == workspace {
			of++
		}
	}
	if of >= maxPortsOf {
		in.forget(in.leastLooked(func(p *port) bool { return len(p.followers) == 0 && p.target.Workspace == workspace }))
	}
	if len(in.ports) >= maxPorts {
		in.forget(in.leastLooked(func(p *port) bool { return len(p.followers) == 0 }))
	}
}

// forget lets go of all that is kept of a port; nil is none.
func (in *Inspector) forget(p *port) {
	if p == nil {
		return
	}
	for len(p.kept) > 0 {
		in.dropOldest(p)
	}
	delete(in.ports, p.target)
}

// leastLooked is the port, of those that count, at which nobody has looked for longest.
func (in *Inspector) leastLooked(counts func(*port) bool) *port {
	var least *port
	for _, p := range in.ports {
		if counts(p) && (least == nil || p.looked.Before(least.looked)) {
			least = p
		}
	}
	return least
}

// dropOldest lets go of a request, which may be under way.
func (in *Inspector) dropOldest(p *port) {
	r := p.kept[0]
	p.kept[0] = nil
	p.kept = p.kept[1:]
	p.bytes -= r.size
	in.bytes -= r.size
	if in.bytesOf[p.target.Workspace] -= r.size; in.bytesOf[p.target.Workspace] == 0 {
		delete(in.bytesOf, p.target.Workspace)
	}
	r.size, r.dropped = 0, true
	r.x = Exchange{}
	r.sentFull.Store(true)
	r.receivedFull.Store(true)
}

// publish tells those who follow. Call it with mu held.
func (in *Inspector) publish(r *Recording, now time.Time) {
	r.published = true
	for ch := range r.port.followers {
		select {
		case ch <- r.summary(now):
		default:
			delete(r.port.followers, ch)
			close(ch)
			r.port.looked = now
		}
	}
}
