package caddymodule

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
)

// logSwitch is where the platform logs to: as the configuration says that runs now. The
// platform outlives reloads, and a logger of Caddy's does not: its level stays what it was,
// and its file may be closed.
type logSwitch struct {
	mu      sync.Mutex
	running []*slog.Handler // of the configurations that run, the newest last
	current atomic.Pointer[slog.Handler]
}

func newLogSwitch(first *slog.Handler) *logSwitch {
	s := &logSwitch{}
	s.current.Store(first)
	return s
}

// begin makes h the one in use.
func (s *logSwitch) begin(h *slog.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = append(s.running, h)
	s.current.Store(h)
}

// end forgets h, of a configuration that stops: after a reload the old one, after one that
// failed the new one. The last one stays in use.
func (s *logSwitch) end(h *slog.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.running) < 2 {
		return
	}
	for i, r := range s.running {
		if r == h {
			s.running = append(s.running[:i], s.running[i+1:]...)
			break
		}
	}
	s.current.Store(s.running[len(s.running)-1])
}

// logger logs to whatever is in use at the time.
func (s *logSwitch) logger() *slog.Logger { return slog.New(switchedHandler{to: s}) }

// switchedHandler is a slog.Handler with what was added to it so far.
type switchedHandler struct {
	to    *logSwitch
	added []func(slog.Handler) slog.Handler
}

func (h switchedHandler) handler() slog.Handler {
	out := *h.to.current.Load()
	for _, add := range h.added {
		out = add(out)
	}
	return out
}

func (h switchedHandler) with(add func(slog.Handler) slog.Handler) slog.Handler {
	return switchedHandler{h.to, append(h.added[:len(h.added):len(h.added)], add)}
}

func (h switchedHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return (*h.to.current.Load()).Enabled(ctx, l)
}

func (h switchedHandler) Handle(ctx context.Context, r slog.Record) error {
	return h.handler().Handle(ctx, r)
}

func (h switchedHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(func(to slog.Handler) slog.Handler { return to.WithAttrs(attrs) })
}

func (h switchedHandler) WithGroup(name string) slog.Handler {
	return h.with(func(to slog.Handler) slog.Handler { return to.WithGroup(name) })
}
