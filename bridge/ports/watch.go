package ports

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// pollEvery is how soon a new port is noticed. The kernel tells nobody about them, and
// reading its table takes a tenth of a millisecond.
const pollEvery = time.Second

// watch is what all watchers share: one poller, which runs while there are any.
type watch struct {
	mu       sync.Mutex
	watchers int
	stop     context.CancelFunc // ends the poller; nil while there is none
	latest   *reading           // nil until the poller has read once
	changed  chan struct{}      // closed when latest is replaced
}

// reading is what the poller saw last.
type reading struct {
	list bridge.PortList
	err  error
}

// Watch emits the list at once and after each change, until ctx ends, emit fails or the
// bridge ends. A slow receiver misses what came and went meanwhile, never the latest.
func (p *Ports) Watch(ctx context.Context, emit func(event string, payload any) error) error {
	if !p.join() {
		return errClosed
	}
	defer p.leave()
	var sent *reading
	for {
		now, changed := p.watch.now()
		if now != nil && now != sent {
			if now.err != nil {
				return now.err
			}
			if err := emit(bridge.EventPorts, now.list); err != nil {
				return err
			}
			sent = now
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-p.life.Done():
			return errClosed
		}
	}
}

// join counts a watcher and makes sure that the poller runs; false after Close.
func (p *Ports) join() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	w := &p.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watchers++; w.stop == nil {
		var ctx context.Context
		ctx, w.stop = context.WithCancel(p.life)
		p.running.Go(func() { w.poll(ctx) })
	}
	return true
}

// leave ends the poller with the last watcher.
func (p *Ports) leave() {
	w := &p.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watchers--; w.watchers == 0 {
		w.stop()
		w.stop, w.latest = nil, nil
	}
}

func (w *watch) now() (*reading, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.latest, w.changed
}

// poll publishes what listens, at once and whenever it differs.
func (w *watch) poll(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var before []listener
	for first := true; ; first = false {
		found, err := listeners()
		if first || err != nil || !slices.Equal(found, before) {
			w.publish(ctx, &reading{describe(ctx, found), err})
			before = found
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// publish wakes all watchers, unless this poller's last one has left.
func (w *watch) publish(ctx context.Context, r *reading) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	w.latest = r
	close(w.changed)
	w.changed = make(chan struct{})
}
