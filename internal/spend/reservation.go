package spend

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// Reservation is money set aside for one answer of a model. Safe for concurrent use.
type Reservation struct {
	ledger  *Ledger
	who     Who
	keys    []limited
	amount  agent.NanoUSD
	settled atomic.Bool
}

// Amount returns how much is set aside.
func (r *Reservation) Amount() agent.NanoUSD { return r.amount }

// Settle gives the reservation back and records what was really spent: on the day of the
// reservation, 0 if nothing was. Only the first call counts. It is done even if ctx has been
// cancelled: the money is gone. An error says that the store failed; the bill then counts
// in this process and is stored with the next one, or by [Ledger.Flush]. If the store failed
// after it had the bill, it is counted twice: too much rather than too little.
func (r *Reservation) Settle(ctx context.Context, actual agent.NanoUSD) error {
	if r.settled.Swap(true) {
		return nil
	}
	l, actual := r.ledger, bounded(actual)
	r.who.Turn.settle(r.amount, actual)

	// Until it is stored the bill is held in place of the estimate: it never counts as nothing.
	l.mu.Lock()
	due := make([]agent.NanoUSD, len(r.keys))
	for i, k := range r.keys {
		a := l.accounts[k.key]
		due[i] = actual + a.unsaved
		a.held += due[i] - r.amount
		a.unsaved = 0
	}
	l.mu.Unlock()

	var errs []error
	for i, k := range r.keys {
		errs = append(errs, l.save(context.WithoutCancel(ctx), k.key, due[i]))
	}
	if l.observe != nil && actual > 0 {
		l.observe(actual)
	}
	return errors.Join(errs...)
}
