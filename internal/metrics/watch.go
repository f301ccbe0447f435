package metrics

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

const (
	// SampleEvery is the distance of the points of a history, HistoryPoints their number.
	SampleEvery   = 10 * time.Second
	HistoryPoints = 60
	// rateOver is how far rates look back.
	rateOver = time.Minute
)

// Figures are what an administrator wants to see at a glance: of this process, and of what
// it knows of the installation.
type Figures struct {
	Workspaces          map[string]int // by status
	LeasesInUse, Leases int
	// Starts are the successful ones since the process began, in seconds.
	Starts struct {
		P50, P95 float64
		Count    int
	}
	Requests []Traffic
	// Sockets are open WebSockets by kind.
	Sockets      map[string]int
	TurnsRunning int
	// TokensToday are those of prompts and answers since midnight UTC, or since the process
	// began if that was later.
	TokensToday int64
	MemoryBytes int64 // resident
	Goroutines  int
	Uptime      time.Duration
	// The histories have a point for each SampleEvery, the oldest first, HistoryPoints at most.
	RequestsPerSecond []float64
	OpenSockets       []int
	Running           []int
}

// Traffic are the requests of one kind. Rates are of the last minute, times of the last ten.
type Traffic struct {
	Kind                       string
	PerSecond, ErrorsPerSecond float64
	// P50 and P95 are in seconds; 0 when there were no requests.
	P50, P95 float64
}

// Watch looks at the collectors now and then, so that there are rates and histories to show.
// It counts nothing itself: what it knows is gathered as a scrape gathers it. Safe for
// concurrent use.
type Watch struct {
	registry *prometheus.Registry
	began    time.Time
	now      func() time.Time

	mu      sync.Mutex
	samples []sample // the oldest first
	// tokens is the count of tokens at the beginning of day.
	tokens float64
	day    string
}

// NewWatch returns a Watch of m that began now. now is the clock; nil is time.Now.
func NewWatch(m *Metrics, now func() time.Time) (*Watch, error) {
	if now == nil {
		now = time.Now
	}
	w := &Watch{registry: prometheus.NewRegistry(), began: now(), now: now}
	if err := m.Register(w.registry); err != nil {
		return nil, fmt.Errorf("watch the metrics: %w", err)
	}
	for _, c := range []prometheus.Collector{collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		if err := w.registry.Register(c); err != nil {
			return nil, fmt.Errorf("watch the process: %w", err)
		}
	}
	return w, nil
}

// Run takes a sample every SampleEvery until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	tick := time.NewTicker(SampleEvery)
	defer tick.Stop()
	for {
		_ = w.Sample() // a family that cannot be gathered is missed by the scrape as well
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Sample adds a point to the histories.
func (w *Watch) Sample() error {
	s, err := w.gather()
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.note(s)
	w.samples = append(w.samples, s)
	if len(w.samples) > HistoryPoints+1 {
		w.samples = append(w.samples[:0], w.samples[1:]...)
	}
	return nil
}

// note sees a day begin.
func (w *Watch) note(s sample) {
	if day := s.at.UTC().Format(time.DateOnly); day != w.day {
		if w.day != "" && len(w.samples) > 0 {
			w.tokens = w.samples[len(w.samples)-1].tokens
		}
		w.day = day
	}
}

// Figures gathers what there is now.
func (w *Watch) Figures() (Figures, error) {
	s, err := w.gather()
	if err != nil {
		return Figures{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.note(s)
	f := Figures{
		Workspaces: s.workspaces, LeasesInUse: int(s.leases), Leases: int(s.leaseLimit), Sockets: map[string]int{},
		TurnsRunning: int(s.turns), TokensToday: int64(max(s.tokens-w.tokens, 0)), MemoryBytes: int64(s.memory), Goroutines: int(s.goroutines),
		Uptime: s.at.Sub(w.began), RequestsPerSecond: []float64{}, OpenSockets: []int{}, Running: []int{},
	}
	f.Starts.P50, f.Starts.P95, f.Starts.Count = s.starts.quantile(.5), s.starts.quantile(.95), int(s.starts.count())
	recent, oldest := w.before(s.at.Add(-rateOver)), w.before(time.Time{})
	for _, k := range kinds {
		f.Sockets[k] = int(s.sockets[k])
		t := Traffic{Kind: k}
		if seconds := s.at.Sub(recent.at).Seconds(); seconds > 0 {
			t.PerSecond = max(s.requests[k]-recent.requests[k], 0) / seconds
			t.ErrorsPerSecond = max(s.errors[k]-recent.errors[k], 0) / seconds
		}
		took := s.took[k].less(oldest.took[k])
		t.P50, t.P95 = took.quantile(.5), took.quantile(.95)
		f.Requests = append(f.Requests, t)
	}
	for i := 1; i < len(w.samples); i++ {
		a, b := w.samples[i-1], w.samples[i]
		rate := 0.0
		if seconds := b.at.Sub(a.at).Seconds(); seconds > 0 {
			rate = max(sum(b.requests)-sum(a.requests), 0) / seconds
		}
		f.RequestsPerSecond = append(f.RequestsPerSecond, rate)
		f.OpenSockets = append(f.OpenSockets, int(sum(b.sockets)))
		f.Running = append(f.Running, b.workspaces["RUNNING"])
	}
	return f, nil
}

// before returns the latest sample from at or before, or else the oldest. Without any it is
// the beginning, when everything was 0.
func (w *Watch) before(at time.Time) sample {
	if len(w.samples) == 0 {
		return sample{at: w.began}
	}
	found := w.samples[0]
	for _, s := range w.samples {
		if !s.at.After(at) {
			found = s
		}
	}
	return found
}

func sum(of map[string]float64) (total float64) {
	for _, v := range of {
		total += v
	}
	return total
}

// sample is what the collectors say at one moment.
type sample struct {
	at                        time.Time
	workspaces                map[string]int
	requests, errors, sockets map[string]float64 // by kind
	took                      map[string]spread  // by kind, in seconds
	starts                    spread
	leases, leaseLimit        float64
	turns, tokens             float64
	memory, goroutines        float64
}

// spread is a histogram: how many values were at most bounds[i], and how many there are.
type spread struct {
	bounds []float64
	counts []float64 // cumulative, one more than bounds
}

func (s spread) count() float64 {
	if len(s.counts) == 0 {
		return 0
	}
	return s.counts[len(s.counts)-1]
}

// less is what came since an earlier spread of the same histogram.
func (s spread) less(old spread) spread {
	if len(old.counts) != len(s.counts) {
		return s
	}
	since := spread{s.bounds, make([]float64, len(s.counts))}
	for i := range s.counts {
		since.counts[i] = max(s.counts[i]-old.counts[i], 0)
	}
	return since
}

// quantile is q of the values, interpolated as Prometheus does; 0 without any. One beyond
// the last bound is taken to be at it.
func (s spread) quantile(q float64) float64 {
	rank := q * s.count()
	if rank == 0 || len(s.bounds) == 0 {
		return 0
	}
	low, below := 0.0, 0.0
	for i, bound := range s.bounds {
		if s.counts[i] >= rank {
			return low + (bound-low)*(rank-below)/(s.counts[i]-below)
		}
		low, below = bound, s.counts[i]
	}
	return low
}

// gather reads the registry.
func (w *Watch) gather() (sample, error) {
	s := sample{at: w.now(), workspaces: map[string]int{}, requests: map[string]float64{}, errors: map[string]float64{}, sockets: map[string]float64{}, took: map[string]spread{}}
	families, err := w.registry.Gather()
	if err != nil {
		return s, fmt.Errorf("gather the metrics: %w", err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			label := func(name string) string {
				for _, l := range m.GetLabel() {
					if l.GetName() == name {
						return l.GetValue()
					}
				}
				return ""
			}
			value := m.GetGauge().GetValue() + m.GetCounter().GetValue()
			spread := func() (d spread) {
				h := m.GetHistogram()
				for _, b := range h.GetBucket() {
					if !math.IsInf(b.GetUpperBound(), 1) {
						d.bounds, d.counts = append(d.bounds, b.GetUpperBound()), append(d.counts, float64(b.GetCumulativeCount()))
					}
				}
				d.counts = append(d.counts, float64(h.GetSampleCount()))
				return d
			}
			switch f.GetName() {
			case "kalpana_workspaces":
				s.workspaces[label("status")] = int(value)
			case "kalpana_port_leases":
				s.leases = value
			case "kalpana_port_leases_limit":
				s.leaseLimit = value
			case "kalpana_workspace_start_duration_seconds":
				if label("result") == "ok" {
					s.starts = spread()
				}
			case "kalpana_gateway_requests_total":
				s.requests[label("kind")] += value
				if label("code") == "5xx" {
					s.errors[label("kind")] += value
				}
			case "kalpana_gateway_request_duration_seconds":
				s.took[label("kind")] = spread()
			case "kalpana_gateway_websockets":
				s.sockets[label("kind")] = value
			case "kalpana_agent_turns_running":
				s.turns = value
			case "kalpana_agent_tokens_total":
				if kind := label("kind"); kind == "prompt" || kind == "completion" {
					s.tokens += value
				}
			case "process_resident_memory_bytes":
				s.memory = value
			case "go_goroutines":
				s.goroutines = value
			}
		}
	}
	return s, nil
}
