package platform

import (
	"net/http"
	"time"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/api"
	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/gateway"
	"github.com/kalpana-dev/kalpana/internal/metrics"
)

// admin is what administrators look at. Its loops are started with the others.
func (a *parts) admin(c config.Config, client func(*http.Request) gateway.Client) (api.AdminOptions, error) {
	watch, err := metrics.NewWatch(a.metrics, nil)
	if err != nil {
		return api.AdminOptions{}, err
	}
	a.run(watch.Run)
	h := &health{a: a, c: c, within: lookWithin}
	return api.AdminOptions{
		Audit: a.trail, Address: func(r *http.Request) string { return client(r).IP },
		Health: h.checks, Fix: h.fix, Figures: watch.Figures, StartedAt: time.Now().UTC().Truncate(time.Second),
	}, nil
}

// ownBudget is what a user may spend in a day, if it is not what everybody may.
func (a *parts) ownBudget(userID string) (agent.NanoUSD, bool) {
	u, ok := a.identity.User(userID)
	if !ok || u.DayBudget == 0 {
		return 0, false
	}
	return agent.NanoUSD(max(u.DayBudget, 0)), true
}
