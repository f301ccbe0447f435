package gateway

import (
	"context"
	"sync"
)

// tasks counts goroutines. Unlike with a sync.WaitGroup, one may begin while another
// goroutine waits: a handshake or an ending can still be under way when Close is called.
// The zero value is ready; safe for concurrent use.
type tasks struct {
	mu      sync.Mutex
	running int
	idle    chan struct{} // closed when running reaches 0; nil while nobody waits
}

// start runs f in a goroutine of its own.
func (t *tasks) start(f func()) {
	t.begin()
	go func() {
		defer t.end()
		f()
	}()
}

// begin counts the calling goroutine in until it calls end.
func (t *tasks) begin() {
	t.mu.Lock()
	t.running++
	t.mu.Unlock()
}

func (t *tasks) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running--; t.running == 0 && t.idle != nil {
		close(t.idle)
		t.idle = nil
	}
}

// wait returns nil once nothing runs, or ctx's error if that ends first.
func (t *tasks) wait(ctx context.Context) error {
	t.mu.Lock()
	if t.running == 0 {
		t.mu.Unlock()
		return nil
	}
	if t.idle == nil {
		t.idle = make(chan struct{})
	}
	idle := t.idle
	t.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
