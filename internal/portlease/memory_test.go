package portlease_test

import (
	"context"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/internal/portlease"
)

// memory is a Store in a map, for tests of the leasing alone; the real one passes the same tests below.
type memory struct {
	mu      sync.Mutex
	records map[int]portlease.Record
}

func newMemory() *memory { return &memory{records: map[int]portlease.Record{}} }

func (m *memory) Insert(_ context.Context, r portlease.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.records[r.VSCodePort]; ok {
		return portlease.ErrTaken
	}
	m.records[r.VSCodePort] = r
	return nil
}

func (m *memory) Takeover(_ context.Context, r portlease.Record, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, ok := m.records[r.VSCodePort]
	if !ok || old.State == portlease.StateLeased || old.RestUntil.After(now) {
		return portlease.ErrTaken
	}
	m.records[r.VSCodePort] = r
	return nil
}

func (m *memory) Retire(_ context.Context, r portlease.Record) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, ok := m.records[r.VSCodePort]
	if !ok || old.State != portlease.StateLeased || old.WorkspaceID != r.WorkspaceID {
		return false, nil
	}
	old.WorkspaceID, old.State, old.RestUntil = "", r.State, r.RestUntil
	m.records[r.VSCodePort] = old
	return true, nil
}

func (m *memory) Find(_ context.Context, port int) (portlease.Record, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.records[port]
	return r, ok, nil
}

func (m *memory) All(context.Context) ([]portlease.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []portlease.Record
	for _, r := range m.records {
		all = append(all, r)
	}
	return all, nil
}
