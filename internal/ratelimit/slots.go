package ratelimit

import "sync"

// Slots bounds how much each key has at once. Its memory is that of the keys that have
// something. Safe for concurrent use.
type Slots struct {
	limit  int
	shards [shardCount]slotShard
}

type slotShard struct {
	mu   sync.Mutex
	held map[Key]int // guarded by mu; never 0
}

// NewSlots returns Slots of which each key may have limit at once.
func NewSlots(limit int) *Slots { return &Slots{limit: limit} }

// Take gives key one more, if it may have one; then Give it back once.
func (s *Slots) Take(key Key) bool { return s.TakeUpTo(key, s.limit) }

// TakeUpTo is Take with another limit than that of s.
func (s *Slots) TakeUpTo(key Key, limit int) bool {
	h := &s.shards[key.shard()]
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.held[key]
	if n >= limit {
		return false
	}
	if h.held == nil {
		h.held = make(map[Key]int)
	}
	h.held[key] = n + 1
	return true
}

// Give returns one that Take gave.
func (s *Slots) Give(key Key) {
	h := &s.shards[key.shard()]
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := h.held[key]; n > 1 {
		h.held[key] = n - 1
		return
	}
	delete(h.held, key)
}
