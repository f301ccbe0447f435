package caddymodule

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"
)

const (
	// drainSteps of drainStep without a request are long enough for a busy connection
	// to send its next request, and a new one its first.
	drainStep  = 50 * time.Millisecond
	drainSteps = 4
	// drainAtMost is how long a reload takes longer if connections never fall silent.
	drainAtMost = 2 * time.Second
)

// drain makes the connections of a configuration that a reload has replaced go over to the
// new one, before its server closes them: a server that shuts down closes a connection
// right after an answer that did not say so, and whoever used it for the next request
// meanwhile sees that one fail. So for a moment all answers say that they are the last of
// their connection. Nor does it answer the first request of a connection that it has just
// accepted, so it accepts none in that moment.
type drain struct {
	limits   []*ConnectionLimit // of this configuration
	on       atomic.Bool
	answered atomic.Int64 // while on
}

// subscribe hears of the end of the configuration that ctx is of.
func (d *drain) subscribe(ctx caddy.Context) error {
	events, err := ctx.App("events")
	if err != nil {
		return err
	}
	return events.(*caddyevents.App).On("stopping", d)
}

// Handle returns when the connections that are in use have gone over. Caddy calls it when
// the new configuration runs and the old one is about to stop.
func (d *drain) Handle(context.Context, caddy.Event) error {
	d.on.Store(true)
	if caddy.Exiting() {
		return nil
	}
	for _, l := range d.limits {
		l.stopListening()
	}
	tick := time.NewTicker(drainStep)
	defer tick.Stop()
	silent, answered := 0, int64(0)
	for end := time.Now().Add(drainAtMost); silent < drainSteps && time.Now().Before(end); {
		<-tick.C
		silent++
		if now := d.answered.Load(); now != answered {
			silent, answered = 0, now
		}
	}
	return nil
}

// mark makes the answer the last of its connection, if it is time. HTTP/2 knows a gentler
// way, which the server takes by itself when it sees this.
func (d *drain) mark(w http.ResponseWriter, r *http.Request) {
	if d.on.Load() && len(r.Header["Upgrade"]) == 0 {
		d.answered.Add(1)
		w.Header().Set("Connection", "close")
	}
}
