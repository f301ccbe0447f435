package metrics_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kalpana-dev/kalpana/internal/metrics"
)

// gathered returns every sample as "name{label=value,…}" → value; of a histogram its count.
func gathered(t *testing.T, m *metrics.Metrics) map[string]float64 {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	if err := m.Register(r); err != nil {
		t.Fatal(err)
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, s := range f.GetMetric() {
			var labels []string
			for _, l := range s.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			out[f.GetName()+"{"+strings.Join(labels, ",")+"}"] = s.GetCounter().GetValue() + s.GetGauge().GetValue() + float64(s.GetHistogram().GetSampleCount())
		}
	}
	return out
}

func TestTheAgentIsCounted(t *testing.T) {
	m := metrics.New()
	for range 3 {
		m.AgentTurnStarted()
	}
	m.AgentTurnEnded("done")
	m.AgentTurnEnded("stopped")
	m.AgentTurnEnded("refused")
	m.AgentTurnLost()
	m.AgentTool("editFile", "ok")
	m.AgentTool("editFile", "denied")
	m.AgentTool("rm -rf / # a model's idea", "ok")
	m.AgentTool("'; drop", "ok")
	m.AgentTool("readFile", "no such result")
	m.AgentUsage(100, 20, 5, 60, 12_300_000)
	m.AgentUsage(-1, -1, -1, -1, -1)
	m.AgentFirstToken(time.Second)
	m.AgentStep(time.Minute)

	got := gathered(t, m)
	for name, want := range map[string]float64{
		"kalpana_agent_turns_total{result=done}":                      1,
		"kalpana_agent_turns_total{result=stopped}":                   1,
		"kalpana_agent_turns_total{result=refused}":                   1,
		"kalpana_agent_turns_total{result=interrupted}":               1,
		"kalpana_agent_turns_total{result=failed}":                    0,
		"kalpana_agent_turns_running{}":                               1,
		"kalpana_agent_tool_calls_total{result=ok,tool=editFile}":     1,
		"kalpana_agent_tool_calls_total{result=denied,tool=editFile}": 1,
		"kalpana_agent_tool_calls_total{result=ok,tool=other}":        2,
		"kalpana_agent_tool_calls_total{result=other,tool=readFile}":  1,
		"kalpana_agent_tokens_total{kind=prompt}":                     100,
		"kalpana_agent_tokens_total{kind=completion}":                 20,
		"kalpana_agent_tokens_total{kind=reasoning}":                  5,
		"kalpana_agent_tokens_total{kind=cache_read}":                 60,
		"kalpana_agent_cost_usd_total{}":                              0.0123,
		"kalpana_agent_first_token_seconds{}":                         1,
		"kalpana_agent_step_duration_seconds{}":                       1,
	} {
		if value, there := got[name]; !there || value != want {
			t.Errorf("%s is %v (%v), want %v", name, value, there, want)
		}
	}
}
