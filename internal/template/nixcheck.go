package template

import (
	"context"
	"crypto/sha256"
	"sync"
)

// Limits of checking Nix text.
const (
	// nixAtATime is how many texts are checked at once; others wait. Each check is a container.
	nixAtATime = 2
	// nixRemembered is how many results are remembered: the editor asks while somebody types,
	// and what was checked there is checked again when it is saved.
	nixRemembered = 128
)

// nixChecks bounds and remembers checks of Nix text.
type nixChecks struct {
	slots chan struct{}
	mu    sync.Mutex
	// known are results by hash of the text, order the hashes from the oldest.
	known map[[sha256.Size]byte][]Problem
	order [][sha256.Size]byte
}

func newNixChecks() *nixChecks {
	return &nixChecks{slots: make(chan struct{}, nixAtATime), known: map[[sha256.Size]byte][]Problem{}}
}

// checked is Options.CheckNix, bounded and remembered.
func (s *Service) checked(ctx context.Context, text string) ([]Problem, error) {
	hash := sha256.Sum256([]byte(text))
	n := s.nix
	if problems, known := n.remembered(hash); known {
		return problems, nil
	}
	select {
	case n.slots <- struct{}{}:
		defer func() { <-n.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if problems, known := n.remembered(hash); known { // another checked it meanwhile
		return problems, nil
	}
	problems, err := s.CheckNix(ctx, text)
	if err != nil {
		return nil, err
	}
	n.remember(hash, problems)
	return problems, nil
}

func (n *nixChecks) remembered(hash [sha256.Size]byte) ([]Problem, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	problems, known := n.known[hash]
	return problems, known
}

func (n *nixChecks) remember(hash [sha256.Size]byte, problems []Problem) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, known := n.known[hash]; !known {
		n.order = append(n.order, hash)
	}
	n.known[hash] = problems
	if len(n.order) > nixRemembered {
		delete(n.known, n.order[0])
		n.order = n.order[1:]
	}
}
