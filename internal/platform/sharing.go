package platform

import (
	"context"
	"time"

	"github.com/kalpana-dev/kalpana/internal/gateway"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// linkURL is the address of a link to a port.
func (a *parts) linkURL(id string, port int, code string) string {
	return a.portURL(id, port) + gateway.LinkPath(code)
}

// openedLinks writes down how often links to ports are opened. The gateway must not wait
// for that.
type openedLinks struct {
	p     *parts
	queue chan openedLink
}

type openedLink struct {
	id string
	at time.Time
}

// openedQueued is more than anybody opens while the database is busy; what does not fit is
// not counted.
const openedQueued = 1000

func newOpenedLinks(p *parts) *openedLinks {
	return &openedLinks{p: p, queue: make(chan openedLink, openedQueued)}
}

func (o *openedLinks) note(linkID string, at time.Time) {
	select {
	case o.queue <- openedLink{linkID, at.UTC()}:
	default:
	}
}

// purgeLinksEvery is how often counts of links that can no longer be opened are forgotten.
const purgeLinksEvery = 24 * time.Hour

func (o *openedLinks) run(ctx context.Context) {
	purge := time.NewTicker(purgeLinksEvery)
	defer purge.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case l := <-o.queue:
			if err := o.p.store.CountLink(ctx, l.id, l.at); err != nil && ctx.Err() == nil {
				o.p.log.Warn("opening of a link not counted", "link", l.id, "err", err)
			}
		case <-purge.C:
			if err := o.p.store.PurgeLinkVisits(ctx, time.Now().Add(-workspace.MaxLinkLife)); err != nil && ctx.Err() == nil {
				o.p.log.Warn("counts of old links not forgotten", "err", err)
			}
		}
	}
}
