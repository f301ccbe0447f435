package docker

import (
	"context"
	"sync"
)

// joint lets callers that want the same thing share one making of it. The making goes on
// as long as anybody waits for it, whoever came first. The zero value is ready.
type joint struct {
	mu      sync.Mutex
	makings map[string]*making
}

type making struct {
	done   chan struct{} // closed when result and err are there
	cancel context.CancelFunc
	result string
	err    error

	mu      sync.Mutex // held while telling, so that nobody is told who has left
	waiting map[*func(string)]struct{}
}

// do returns what make made for key, by this caller or by one who came earlier. Each
// waiting caller is told the lines said since it came; say must not block.
func (j *joint) do(ctx context.Context, key string, say func(string), make func(ctx context.Context, say func(string)) (string, error)) (string, error) {
	j.mu.Lock()
	m := j.makings[key]
	if m == nil {
		m = j.begin(ctx, key, make)
	}
	m.mu.Lock()
	m.waiting[&say] = struct{}{}
	m.mu.Unlock()
	j.mu.Unlock()
	defer j.leave(key, m, &say)
	select {
	case <-m.done:
		return m.result, m.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (j *joint) begin(ctx context.Context, key string, work func(context.Context, func(string)) (string, error)) *making {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m := &making{done: make(chan struct{}), cancel: cancel, waiting: map[*func(string)]struct{}{}}
	if j.makings == nil {
		j.makings = map[string]*making{}
	}
	j.makings[key] = m
	go func() {
		defer cancel()
		m.result, m.err = work(ctx, m.tell)
		j.forget(key, m)
		close(m.done)
	}()
	return m
}

func (m *making) tell(line string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for say := range m.waiting {
		(*say)(line)
	}
}

// leave takes a caller away; after the last one the making is called off.
func (j *joint) leave(key string, m *making, say *func(string)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.waiting, say)
	if len(m.waiting) == 0 {
		m.cancel()
		if j.makings[key] == m { // who comes now begins anew
			delete(j.makings, key)
		}
	}
}

func (j *joint) forget(key string, m *making) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.makings[key] == m {
		delete(j.makings, key)
	}
}
