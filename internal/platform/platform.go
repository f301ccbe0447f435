package platform

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/gateway"
	"github.com/kalpana-dev/kalpana/internal/metrics"
)

// Platform is one installation. Safe for concurrent use.
type Platform struct {
	config  config.Config
	version string
	log     *slog.Logger
	front   Front
	metrics *metrics.Metrics

	mu     sync.Mutex // guards opening and closing
	parts  atomic.Pointer[parts]
	closed bool
}

// Front is what the server in front of a platform knows of a request.
type Front struct {
	// Client says where it came from, after trusted proxies were believed.
	Client func(*http.Request) gateway.Client
	// WrittenAtOnce is told that an answer is short, and whether it has a body; see
	// gateway.Options. It may be nil.
	WrittenAtOnce func(r *http.Request, body bool)
}

// New returns a platform that does not run yet; it does no I/O.
func New(c config.Config, version string, front Front, log *slog.Logger) *Platform {
	return &Platform{config: c, version: version, front: front, log: log, metrics: metrics.New()}
}

// Config is what the platform was made with.
func (p *Platform) Config() config.Config { return p.config }

// Metrics are the platform's collectors.
func (p *Platform) Metrics() *metrics.Metrics { return p.metrics }

// Open connects everything and starts the loops. first is false if it was open already.
func (p *Platform) Open(ctx context.Context) (first bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false, errors.New("platform is closed")
	}
	if p.parts.Load() != nil {
		return false, nil
	}
	parts, err := p.assemble(ctx)
	if err != nil {
		return false, err
	}
	p.parts.Store(parts)
	return true, nil
}

// Close ends the loops, cuts open sockets and closes the database. Workspaces go on.
func (p *Platform) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	parts := p.parts.Swap(nil)
	if parts == nil {
		return nil
	}
	return parts.close()
}

// ServeOperator answers the commands that came over the admin socket.
func (p *Platform) ServeOperator(w http.ResponseWriter, r *http.Request) {
	if parts := p.parts.Load(); parts != nil {
		parts.operator.ServeHTTP(w, r)
		return
	}
	http.Error(w, `{"error":"Kalpana is starting; try again in a moment"}`, http.StatusServiceUnavailable)
}

// OwnsName reports whether a host name is the main origin's or an existing workspace's.
func (p *Platform) OwnsName(name string) bool {
	parts := p.parts.Load()
	if parts == nil {
		return false
	}
	address, ours := parts.gateway.Hosts().ParseHost(name)
	return ours && (address.Main() || parts.gateway.Knows(address))
}
