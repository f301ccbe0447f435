package workspace_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/internal/portlease"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// memory is a Store and a store of leases in maps. TestStores holds it to what the real one does.
type memory struct {
	mu     sync.Mutex
	recs   map[string]workspace.Workspace
	logs   map[string][]workspace.LogLine
	leases map[int]portlease.Record
}

func newMemory() *memory {
	return &memory{recs: map[string]workspace.Workspace{}, logs: map[string][]workspace.LogLine{}, leases: map[int]portlease.Record{}}
}

func (m *memory) Insert(_ context.Context, w workspace.Workspace) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range m.recs {
		if o.ID == w.ID || o.OwnerID == w.OwnerID && (o.Slot == w.Slot || o.Request == w.Request) {
			return workspace.ErrConflict
		}
	}
	m.recs[w.ID] = w
	return nil
}

func (m *memory) Get(_ context.Context, id string) (workspace.Workspace, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w, ok := m.recs[id]
	if !ok {
		return w, workspace.ErrNotFound
	}
	return w, nil
}

func (m *memory) Find(_ context.Context, q workspace.Query) (found []workspace.Workspace, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.recs {
		after := q.AfterID == "" || w.CreatedAt.After(q.AfterTime) || w.CreatedAt.Equal(q.AfterTime) && w.ID > q.AfterID
		shared := q.SharedWith != "" && slices.ContainsFunc(w.Shares, func(s workspace.Share) bool { return s.UserID == q.SharedWith })
		if (q.OwnerID == "" && q.SharedWith == "" || q.OwnerID != "" && w.OwnerID == q.OwnerID || shared) && !w.UpdatedAt.Before(q.UpdatedSince) && after {
			found = append(found, w)
		}
	}
	slices.SortFunc(found, func(a, b workspace.Workspace) int {
		if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	if q.Limit > 0 && len(found) > q.Limit {
		found = found[:q.Limit]
	}
	return found, nil
}

func (m *memory) Swap(_ context.Context, w workspace.Workspace) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, ok := m.recs[w.ID]
	if !ok || old.Version != w.Version-1 {
		return workspace.ErrConflict
	}
	w.ClaimedBy, w.ClaimedUntil = old.ClaimedBy, old.ClaimedUntil
	if old.LastActiveAt.After(w.LastActiveAt) {
		w.LastActiveAt = old.LastActiveAt
	}
	m.recs[w.ID] = w
	return nil
}

func (m *memory) Remove(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.recs, id)
	return nil
}

func (m *memory) Claim(_ context.Context, id, by string, now, until time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w, ok := m.recs[id]
	switch {
	case !ok:
		return false, nil
	case until.IsZero() && w.ClaimedBy != by:
		return false, nil
	case until.IsZero():
		by = ""
	case w.ClaimedBy != "" && w.ClaimedBy != by && !w.ClaimedUntil.Before(now):
		return false, nil
	}
	w.ClaimedBy, w.ClaimedUntil = by, until
	m.recs[id] = w
	return true, nil
}

func (m *memory) Touch(_ context.Context, id string, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w, ok := m.recs[id]; ok && at.After(w.LastActiveAt) {
		w.LastActiveAt = at
		m.recs[id] = w
	}
	return nil
}

func (m *memory) SaveLog(_ context.Context, id string, lines []workspace.LogLine) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.logs[id] = lines
	return nil
}

func (m *memory) LoadLog(_ context.Context, id string) ([]workspace.LogLine, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.logs[id], nil
}

func (m *memory) RemoveLog(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.logs, id)
	return nil
}

// pairs is the part of memory that keeps leases.
type pairs struct{ *memory }

func (p pairs) Insert(_ context.Context, r portlease.Record) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.leases[r.VSCodePort]; ok {
		return portlease.ErrTaken
	}
	p.leases[r.VSCodePort] = r
	return nil
}

func (p pairs) Takeover(_ context.Context, r portlease.Record, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if old := p.leases[r.VSCodePort]; old.State == portlease.StateLeased || old.RestUntil.After(now) {
		return portlease.ErrTaken
	}
	p.leases[r.VSCodePort] = r
	return nil
}

func (p pairs) Retire(_ context.Context, r portlease.Record) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.leases[r.VSCodePort]
	if old.State != portlease.StateLeased || old.WorkspaceID != r.WorkspaceID {
		return false, nil
	}
	old.State, old.RestUntil, old.WorkspaceID = r.State, r.RestUntil, ""
	p.leases[r.VSCodePort] = old
	return true, nil
}

func (p pairs) Find(_ context.Context, port int) (portlease.Record, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.leases[port]
	return r, ok, nil
}

func (p pairs) All(context.Context) (all []portlease.Record, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.leases {
		all = append(all, r)
	}
	return all, nil
}

// engine is a container engine in a map. Like the real one it gives a name only once,
// binds ports at start, and takes time for everything.
type engine struct {
	mu         sync.Mutex
	down       bool
	containers map[string]workspace.Container
	keys       map[string]string // container → hash of its key
	volumes    map[string]bool
	made       int
	changed    chan struct{}
	problems   []string // what must never happen
	noFreezer  bool     // nothing can be paused
	freezes    int      // times that a container was paused or resumed
}

func newEngine() *engine {
	return &engine{containers: map[string]workspace.Container{}, keys: map[string]string{}, volumes: map[string]bool{}, changed: make(chan struct{}, 1)}
}

// takes lets time pass, as the engine's work does, unless the caller gives up first.
func (e *engine) takes(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
	case <-ctx.Done():
		return ctx.Err()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.down {
		return fmt.Errorf("fake: %w", workspace.ErrRuntimeUnavailable)
	}
	return nil
}

func (e *engine) notify() {
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

func (e *engine) Create(ctx context.Context, s workspace.ContainerSpec) (string, error) {
	if err := e.takes(ctx, 2*time.Millisecond); err != nil {
		return "", err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.containers {
		if c.WorkspaceID == s.WorkspaceID && c.Alive {
			e.problems = append(e.problems, "second container for "+s.WorkspaceID)
		}
		if c.WorkspaceID == s.WorkspaceID && c.Epoch == s.Epoch {
			return "", errors.New("fake: name is in use")
		}
	}
	e.made++
	id := fmt.Sprint("c", e.made)
	e.containers[id] = workspace.Container{ID: id, WorkspaceID: s.WorkspaceID, Epoch: s.Epoch, VSCodePort: s.VSCodePort, AgentPort: s.AgentPort, CreatedAt: time.Now()}
	e.keys[id], e.volumes[s.WorkspaceID] = s.KeySHA256, true
	return id, nil
}

func (e *engine) Start(ctx context.Context, id string) error {
	if err := e.takes(ctx, 5*time.Millisecond); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c, ok := e.containers[id]
	if !ok {
		return workspace.ErrContainerGone
	}
	for _, o := range e.containers {
		if o.Alive && o.VSCodePort == c.VSCodePort {
			e.problems = append(e.problems, fmt.Sprintf("port %d given to %s and %s", c.VSCodePort, o.WorkspaceID, c.WorkspaceID))
			return workspace.ErrPortTaken
		}
	}
	c.Alive = true
	e.containers[id] = c
	e.notify()
	return nil
}

func (e *engine) Pause(ctx context.Context, id string) error  { return e.freeze(ctx, id, true) }
func (e *engine) Resume(ctx context.Context, id string) error { return e.freeze(ctx, id, false) }

func (e *engine) freeze(ctx context.Context, id string, paused bool) error {
	if err := e.takes(ctx, 2*time.Millisecond); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c, ok := e.containers[id]
	switch {
	case !ok:
		return workspace.ErrContainerGone
	case !c.Alive:
		return errors.New("fake: container does not run")
	case paused && e.noFreezer:
		return errors.New("fake: no freezer")
	}
	if c.Paused != paused {
		e.freezes++
	}
	c.Paused = paused
	e.containers[id] = c
	e.notify()
	return nil
}

func (e *engine) Remove(ctx context.Context, workspaceID string, grace time.Duration) error {
	if err := e.takes(ctx, 3*time.Millisecond); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, c := range e.containers {
		if c.WorkspaceID == workspaceID {
			delete(e.containers, id)
		}
	}
	e.notify()
	return nil
}

func (e *engine) RemoveVolumes(ctx context.Context, workspaceID string) error {
	if err := e.takes(ctx, time.Millisecond); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.volumes, workspaceID)
	return nil
}

func (e *engine) List(ctx context.Context) ([]workspace.Container, error) { return e.Find(ctx, "") }

func (e *engine) Find(ctx context.Context, workspaceID string) (found []workspace.Container, _ error) {
	if err := e.takes(ctx, time.Millisecond); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.containers {
		if workspaceID == "" || c.WorkspaceID == workspaceID {
			found = append(found, c)
		}
	}
	return found, nil
}

func (e *engine) Logs(context.Context, string, int) ([]string, error) {
	return []string{"last words"}, nil
}

func (e *engine) Events(ctx context.Context) <-chan workspace.Event {
	out := make(chan workspace.Event)
	go func() {
		defer close(out)
		for {
			select {
			case out <- workspace.Event{Resync: true}:
			case <-ctx.Done():
				return
			}
			select {
			case <-e.changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// Ready makes the engine its containers' bridges as well.
func (e *engine) Ready(ctx context.Context, agentPort int, key string) error {
	if err := e.takes(ctx, time.Millisecond); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(key))
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, c := range e.containers {
		if c.Alive && !c.Paused && c.AgentPort == agentPort {
			if e.keys[id] != hex.EncodeToString(sum[:]) {
				e.problems = append(e.problems, "wrong key shown to "+c.WorkspaceID)
			}
			return nil
		}
	}
	return errors.New("fake: connection refused")
}

// kill ends a container behind the service's back; removed takes it away, too.
func (e *engine) kill(workspaceID string, removed bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, c := range e.containers {
		if c.WorkspaceID != workspaceID {
			continue
		}
		c.Alive, c.Paused, c.ExitCode = false, false, 137
		e.containers[id] = c
		if removed {
			delete(e.containers, id)
		}
	}
	e.notify()
}

// operate pauses a workspace's container behind the service's back, or lets it go on.
func (e *engine) operate(workspaceID string, paused bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, c := range e.containers {
		if c.WorkspaceID == workspaceID && c.Alive {
			c.Paused = paused
			e.containers[id] = c
		}
	}
	e.notify()
}

// paused reports whether a workspace's container is, and how often one was paused or resumed.
func (e *engine) paused(workspaceID string) (paused bool, freezes int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.containers {
		paused = paused || c.WorkspaceID == workspaceID && c.Paused
	}
	return paused, e.freezes
}

func (e *engine) setDown(down bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.down = down
	e.notify()
}
