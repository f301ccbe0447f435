package spend

import (
	"sync"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// Tally is the sum of one turn. The zero value is a turn that has spent nothing. Its money
// goes through one [Ledger]. Safe for concurrent use.
type Tally struct {
	mu    sync.Mutex
	spent agent.NanoUSD
	held  agent.NanoUSD
}

// Spent returns what has been settled.
func (t *Tally) Spent() agent.NanoUSD {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.spent
}

func (t *Tally) hold(n agent.NanoUSD) {
	if t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.held += n
	}
}

func (t *Tally) settle(held, actual agent.NanoUSD) {
	if t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.held -= held
		t.spent += actual
	}
}

func (t *Tally) sums() (spent, held agent.NanoUSD) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.spent, t.held
}
