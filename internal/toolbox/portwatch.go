package toolbox

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// maxServerPort is where the ports begin that the system gives to those who name none, as
	// tests do for servers that live for a moment.
	maxServerPort = 32768
	// firstLook is how long one waits to learn which ports were open before.
	firstLook = 2 * time.Second
)

// portWatch notes which ports were opened since it began. Safe for concurrent use.
type portWatch struct {
	cancel context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex
	before []int             // nil until the first list has come
	since  map[int]time.Time // ports that were opened, and when they were seen first
}

// watchPorts returns when it is known which ports are open now, or that this cannot be
// known; then nothing is ever opened. The caller stops it.
func (s *Session) watchPorts(ctx context.Context) *portWatch {
	ctx, cancel := context.WithCancel(ctx)
	w := &portWatch{cancel: cancel, done: make(chan struct{}), since: map[int]time.Time{}}
	ready := make(chan struct{})
	go func() {
		defer close(w.done)
		// Commands run without it, too: nobody is told that it failed.
		_ = s.bridge.Stream(ctx, bridge.TypeWatchPorts, nil, nil, func(e bridge.Event) error {
			var list bridge.PortList
			if e.Event != bridge.EventPorts || json.Unmarshal(e.Payload, &list) != nil {
				return nil
			}
			if w.see(list, time.Now()) {
				close(ready)
			}
			return nil
		})
	}()
	timer := time.NewTimer(firstLook)
	defer timer.Stop()
	select {
	case <-ready:
	case <-w.done:
	case <-timer.C:
	case <-ctx.Done():
	}
	return w
}

// see notes a list and reports whether it is the first one.
func (w *portWatch) see(list bridge.PortList, now time.Time) (first bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var open []int
	for _, p := range list.Ports {
		if bridge.Forwardable(p.Port) && p.Port < maxServerPort {
			open = append(open, p.Port)
		}
	}
	if w.before == nil {
		w.before = append([]int{}, open...)
		return true
	}
	for p := range w.since {
		if !slices.Contains(open, p) {
			delete(w.since, p)
		}
	}
	for _, p := range open {
		if _, known := w.since[p]; !known && !slices.Contains(w.before, p) {
			w.since[p] = now
		}
	}
	return false
}

// oldest says since when the first of the new ports is open.
func (w *portWatch) oldest() (since time.Time, open bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range w.since {
		if !open || at.Before(since) {
			since, open = at, true
		}
	}
	return since, open
}

// opened are the new ports that are open still, sorted.
func (w *portWatch) opened() []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ports []int
	for p := range w.since {
		ports = append(ports, p)
	}
	slices.Sort(ports)
	return ports
}

// stop ends the watch and waits for it.
func (w *portWatch) stop() {
	w.cancel()
	<-w.done
}
