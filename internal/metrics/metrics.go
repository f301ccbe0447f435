// Package metrics holds every Prometheus collector of Kalpana. Names begin with kalpana_,
// units are base units, and no label takes a value that a visitor, a workspace or a model chooses.
package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Kinds of traffic, the only values of the label "kind".
const (
	KindUI     = "ui"
	KindAPI    = "api"
	KindEditor = "ws"
	KindPort   = "port"
	KindAgent  = "agent"
	KindSite   = "site"
)

var kinds = []string{KindUI, KindAPI, KindEditor, KindPort, KindAgent, KindSite}
var classes = []string{"1xx", "2xx", "3xx", "4xx", "5xx"}

// Metrics are the collectors of one platform; they outlive reloads of the Caddy
// configuration. Safe for concurrent use.
type Metrics struct {
	workspaces    *prometheus.GaugeVec
	leases        prometheus.Gauge
	leaseLimit    prometheus.Gauge
	startDuration *prometheus.HistogramVec
	logins        *prometheus.CounterVec
	callDuration  map[string]*prometheus.HistogramVec
	callErrors    map[string]*prometheus.CounterVec
	reconciles    prometheus.Counter
	repairs       *prometheus.CounterVec
	auditDropped  *prometheus.CounterVec
	wakes         *prometheus.CounterVec
	agent         agentMetrics
	limited       map[string]prometheus.Counter
	all           []prometheus.Collector

	// One handle per label value, taken once: a request looks up no label.
	traffic map[string]*traffic
}

type traffic struct {
	requests [5]prometheus.Counter
	duration prometheus.Observer
	in, out  prometheus.Counter
	sockets  prometheus.Gauge
}

// New makes the collectors.
func New() *Metrics {
	m := &Metrics{traffic: map[string]*traffic{}, callDuration: map[string]*prometheus.HistogramVec{}, callErrors: map[string]*prometheus.CounterVec{}}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
		m.all = append(m.all, v)
		return v
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		m.all = append(m.all, v)
		return v
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
		m.all = append(m.all, v)
		return v
	}
	m.workspaces = gauge("kalpana_workspaces", "Workspaces by status.", "status")
	m.leases = gauge("kalpana_port_leases", "Pairs of host ports that workspaces hold.").WithLabelValues()
	m.leaseLimit = gauge("kalpana_port_leases_limit", "Pairs of host ports in the configured range.").WithLabelValues()
	m.startDuration = histogram("kalpana_workspace_start_duration_seconds", "From the order to start until the editor answers, or the start has failed.",
		[]float64{.25, .5, 1, 1.5, 2, 3, 5, 10, 20, 60}, "result")
	m.logins = counter("kalpana_logins_total", "Logins by provider and result.", "provider", "result")
	m.auditDropped = counter("kalpana_audit_dropped_total", "Audit records that were not kept, by reason.", "reason")
	for _, r := range auditReasons {
		m.auditDropped.WithLabelValues(r)
	}
	m.wakes = counter("kalpana_wakes_total", "Workspaces that a visit started or resumed, by result.", "result")
	for _, r := range wakeResults {
		m.wakes.WithLabelValues(r)
	}
	m.reconciles = counter("kalpana_reconciliations_total", "Passes that compared records with containers.").WithLabelValues()
	m.repairs = counter("kalpana_repairs_total", "What such a pass had to put right.", "kind")
	for _, of := range []string{"docker", "database"} {
		m.callDuration[of] = histogram("kalpana_"+of+"_call_duration_seconds", "Duration of calls to the "+of+".", prometheus.ExponentialBuckets(.0005, 4, 8), "call")
		m.callErrors[of] = counter("kalpana_"+of+"_call_errors_total", "Failed calls to the "+of+".", "call")
	}

	requests := counter("kalpana_gateway_requests_total", "Requests by kind and class of status code.", "kind", "code")
	duration := histogram("kalpana_gateway_request_duration_seconds", "Duration of requests, sockets excepted.", prometheus.ExponentialBuckets(.0005, 3, 10), "kind")
	bytes := counter("kalpana_gateway_bytes_total", "Bytes of bodies and sockets, from (in) and to (out) visitors.", "kind", "direction")
	sockets := gauge("kalpana_gateway_websockets", "Open WebSockets by kind.", "kind")
	for _, k := range kinds {
		t := &traffic{duration: duration.WithLabelValues(k), in: bytes.WithLabelValues(k, "in"), out: bytes.WithLabelValues(k, "out"), sockets: sockets.WithLabelValues(k)}
		for i, c := range classes {
			t.requests[i] = requests.WithLabelValues(k, c)
		}
		m.traffic[k] = t
	}
	m.makeAgent(gauge, counter, histogram)
	m.makeLimits(counter)
	for _, s := range []string{"STOPPED", "STARTING", "RUNNING", "STOPPING", "ERROR"} {
		m.workspaces.WithLabelValues(s)
	}
	return m
}

// Register adds the collectors to a registry; a second registry may get the same ones
// (Caddy makes a new registry with every reload).
func (m *Metrics) Register(r prometheus.Registerer) error {
	for _, c := range m.all {
		if err := r.Register(c); err != nil {
			if _, again := err.(prometheus.AlreadyRegisteredError); !again {
				return err
			}
		}
	}
	return nil
}

// Request counts one finished request of a kind; codeClass is 1 to 5.
func (m *Metrics) Request(kind string, codeClass int, d time.Duration, in, out int64) {
	t := m.traffic[kind]
	if t == nil || codeClass < 1 || codeClass > 5 {
		return
	}
	t.requests[codeClass-1].Inc()
	t.duration.Observe(d.Seconds())
	t.in.Add(float64(in))
	t.out.Add(float64(out))
}

// SocketOpened and SocketClosed count open WebSockets.
func (m *Metrics) SocketOpened(kind string) { m.traffic[kind].sockets.Inc() }

// SocketBytes adds what open WebSockets have carried.
func (m *Metrics) SocketBytes(kind string, in, out int64) {
	m.traffic[kind].in.Add(float64(in))
	m.traffic[kind].out.Add(float64(out))
}

// SocketClosed is called once for every SocketOpened.
func (m *Metrics) SocketClosed(kind string) { m.traffic[kind].sockets.Dec() }

// Workspaces sets how many workspaces have each status; a status left out has none.
func (m *Metrics) Workspaces(byStatus map[string]int) {
	for _, s := range []string{"STOPPED", "STARTING", "RUNNING", "STOPPING", "ERROR"} {
		m.workspaces.WithLabelValues(s).Set(float64(byStatus[s]))
	}
}

// Leases sets how many pairs are leased, of how many.
func (m *Metrics) Leases(inUse, limit int) {
	m.leases.Set(float64(inUse))
	m.leaseLimit.Set(float64(limit))
}

// Start records how long a start took.
func (m *Metrics) Start(d time.Duration, ok bool) {
	result := "ok"
	if !ok {
		result = "error"
	}
	m.startDuration.WithLabelValues(result).Observe(d.Seconds())
}

// Login counts one attempt. Both values come from fixed lists in package identity.
func (m *Metrics) Login(provider, result string) { m.logins.WithLabelValues(provider, result).Inc() }

// auditReasons are why an audit record is dropped; see package audit.
var auditReasons = []string{"queue_full", "too_many_refusals", "closed"}

// AuditDropped counts an audit record that is not kept.
func (m *Metrics) AuditDropped(reason string) {
	m.auditDropped.WithLabelValues(listed(auditReasons, reason)).Inc()
}

// Docker records a call to the container engine.
func (m *Metrics) Docker(call string, d time.Duration, failed bool) {
	m.call("docker", call, d, failed)
}

// Database records a call to the database.
func (m *Metrics) Database(call string, d time.Duration, failed bool) {
	m.call("database", call, d, failed)
}

func (m *Metrics) call(of, call string, d time.Duration, failed bool) {
	m.callDuration[of].WithLabelValues(call).Observe(d.Seconds())
	if failed {
		m.callErrors[of].WithLabelValues(call).Inc()
	}
}

// Reconciled counts one pass, Repaired one thing it put right.
func (m *Metrics) Reconciled() { m.reconciles.Inc() }

// Repaired counts a repair; kind comes from a fixed list in package workspace.
func (m *Metrics) Repaired(kind string) { m.repairs.WithLabelValues(kind).Inc() }
