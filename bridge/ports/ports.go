// Package ports shows what listens in the workspace, and carries connections from the
// gateway to it.
//
// Tunnels go to 127.0.0.1 and ::1 and nowhere else, so nobody gets out of the container
// through them. It is package bridgeserver that asks for the workspace's key before
// anything here is reached.
package ports

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

// Options are what a Ports may be given.
type Options struct {
	// Log hears of the bridge's own faults. Default: nobody does.
	Log *slog.Logger
}

// Ports lists and watches ports and serves tunnels to them. Make it with New, end it
// with Close. Safe for concurrent use.
type Ports struct {
	log     *slog.Logger
	watch   watch
	traffic traffic

	// life ends with Close, and with it everything that runs.
	life    context.Context
	endLife context.CancelFunc

	mu      sync.Mutex
	closed  bool           // nothing new begins; guarded by mu
	open    int            // tunnels; guarded by mu
	running sync.WaitGroup // tunnels and the poller; grows with mu held only
}

// errClosed ends what is under way when the bridge ends.
var errClosed = errors.New("the bridge is ending")

// New returns a Ports that watches nothing yet.
func New(o Options) *Ports {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &Ports{log: o.Log, watch: watch{changed: make(chan struct{})}}
	p.life, p.endLife = context.WithCancel(context.Background())
	return p
}

// Close ends all tunnels and watches and waits for them.
func (p *Ports) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.endLife()
	p.running.Wait()
}

// List returns what listens now and can be forwarded.
func (p *Ports) List(ctx context.Context) (bridge.PortList, error) {
	found, err := listeners()
	if err != nil {
		return bridge.PortList{}, err
	}
	return describe(ctx, found), ctx.Err()
}

// Traffic says when bytes passed through a tunnel last, the zero time if none ever did,
// and how many did in all, both directions together.
func (p *Ports) Traffic() (at time.Time, bytes int64) {
	if n := p.traffic.at.Load(); n != 0 {
		at = time.Unix(0, n)
	}
	return at, p.traffic.bytes.Load()
}

type traffic struct{ at, bytes atomic.Int64 }

func (t *traffic) count(n int) {
	t.bytes.Add(int64(n))
	t.at.Store(time.Now().UnixNano())
}
