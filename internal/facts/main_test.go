package facts_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/facts"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// meter is an engine whose containers use a quarter of a core, of half a core that they may.
type meter struct {
	mu    sync.Mutex
	began time.Time
	asked map[string][]time.Time // of each container
	fails error
	spoil func(n int, u *facts.Usage) // changes the nth count
	takes time.Duration
	now   int // how many questions are being answered, and the most there were
	most  int
}

func newMeter() *meter { return &meter{began: time.Now(), asked: map[string][]time.Time{}} }

func (m *meter) Usage(ctx context.Context, id string) (facts.Usage, error) {
	m.mu.Lock()
	m.now++
	m.most = max(m.most, m.now)
	takes := m.takes
	m.mu.Unlock()
	if takes > 0 {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now--
	now := time.Now()
	m.asked[id] = append(m.asked[id], now)
	if m.fails != nil || ctx.Err() != nil {
		return facts.Usage{}, errors.Join(m.fails, ctx.Err())
	}
	u := facts.Usage{At: now, CPU: now.Sub(m.began) / 4, Memory: 100 << 20, MemoryLimit: 1 << 30}
	if m.spoil != nil {
		m.spoil(len(m.asked[id]), &u)
	}
	return u, nil
}

func (m *meter) CPULimit(context.Context, string) (int64, error) { return 5e8, nil }

// counts are the times at which a container was counted, since the meter began.
func (m *meter) counts(id string) (all []time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, at := range m.asked[id] {
		all = append(all, at.Sub(m.began).Round(10*time.Millisecond))
	}
	return all
}

// inside is a bridge that answers from a table; what is not in it is refused.
type inside struct {
	mu      sync.Mutex
	answers map[string]func(ctx context.Context) (any, error)
	asked   map[string]int
	dialled int
	open    int // connections, and the most there were
	most    int
	refuse  error
}

func newInside() *inside {
	return &inside{asked: map[string]int{}, answers: map[string]func(context.Context) (any, error){
		bridge.TypePorts:     says(bridge.PortList{Ports: []bridge.Port{}}),
		bridge.TypeGitStatus: refuses(bridge.CodeNotRepository),
	}}
}

func says(v any) func(context.Context) (any, error) {
	return func(context.Context) (any, error) { return v, nil }
}

func refuses(code string) func(context.Context) (any, error) {
	return func(context.Context) (any, error) { return nil, bridge.Errorf(code, "no") }
}

// hangs answers only when the one who asks has given up.
func hangs(ctx context.Context) (any, error) { <-ctx.Done(); return nil, ctx.Err() }

func (i *inside) dial(context.Context, workspace.Workspace) (facts.Bridge, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.dialled++
	if i.refuse != nil {
		return nil, i.refuse
	}
	i.open++
	i.most = max(i.most, i.open)
	return i, nil
}

func (i *inside) Close() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.open--
	return nil
}

func (i *inside) Call(ctx context.Context, kind string, _, out any) error {
	i.mu.Lock()
	i.asked[kind]++
	answer := i.answers[kind]
	i.mu.Unlock()
	if answer == nil {
		return bridge.Errorf(bridge.CodeUnknownType, "%s", kind)
	}
	v, err := answer(ctx)
	if err != nil {
		return err
	}
	switch out := out.(type) {
	case *bridge.PortList:
		*out = v.(bridge.PortList)
	case *bridge.GitState:
		*out = v.(bridge.GitState)
	case *bridge.GitCommits:
		*out = v.(bridge.GitCommits)
	case *bridge.UnpushedWork:
		*out = v.(bridge.UnpushedWork)
	default:
		return fmt.Errorf("%T", out)
	}
	return nil
}

func (i *inside) set(kind string, answer func(context.Context) (any, error)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answers[kind] = answer
}

func (i *inside) times(kind string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[kind]
}

// running is a workspace that runs in a container of its own.
func running(id string) workspace.Workspace {
	return workspace.Workspace{ID: id, Status: workspace.StatusRunning, ContainerID: "c-" + id, Memory: 1 << 30, CPU: 5e8}
}

// run runs a service until the test ends it.
func run(o facts.Options) (s *facts.Service, stop func()) {
	s = facts.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); s.Run(ctx) }()
	return s, func() { cancel(); <-ended }
}

// look is Look for one workspace.
func look(s *facts.Service, w workspace.Workspace) facts.Facts {
	return s.Look([]workspace.Workspace{w})[0]
}
