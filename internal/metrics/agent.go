package metrics

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// other stands for every value that is not on the list of a label.
const other = "other"

// Values of the agent's labels. A model may call a tool by any name, so names are not
// taken as they come.
var (
	turnResults = []string{"done", "stopped", "failed", "interrupted", "refused"}
	toolResults = []string{"ok", "error", "denied"}
	tools       = []string{
		"listFiles", "findFiles", "searchCode", "readFile", "writeFile", "editFile", "moveFile", "deleteFile",
		"runCommand", "readProcess", "writeProcess", "stopProcess", "previewPort",
		"gitStatus", "gitDiff", "gitCommit", "updatePlan", "askUser",
	}
)

// agentMetrics are the collectors of the agent.
type agentMetrics struct {
	turns       *prometheus.CounterVec
	running     prometheus.Gauge
	tools       *prometheus.CounterVec
	tokens      *prometheus.CounterVec
	cost        prometheus.Counter
	firstToken  prometheus.Observer
	stepSeconds prometheus.Observer
}

func (m *Metrics) makeAgent(gauge func(name, help string, labels ...string) *prometheus.GaugeVec,
	counter func(name, help string, labels ...string) *prometheus.CounterVec,
	histogram func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec,
) {
	m.agent = agentMetrics{
		turns:   counter("kalpana_agent_turns_total", "Turns of the agent that have ended, by result; refused ones never began.", "result"),
		running: gauge("kalpana_agent_turns_running", "Turns of the agent that run now.").WithLabelValues(),
		tools:   counter("kalpana_agent_tool_calls_total", "Calls of tools by result.", "tool", "result"),
		tokens:  counter("kalpana_agent_tokens_total", "Tokens of models; reasoning is part of completion, cache_read of prompt.", "kind"),
		cost:    counter("kalpana_agent_cost_usd_total", "US dollars spent on models.").WithLabelValues(),
		firstToken: histogram("kalpana_agent_first_token_seconds", "From asking the provider until the first piece of its answer.",
			[]float64{.1, .25, .5, 1, 2, 4, 8, 15, 30, 60, 120}).WithLabelValues(),
		stepSeconds: histogram("kalpana_agent_step_duration_seconds", "One answer of the model and the tools it called, waiting for the user included.",
			[]float64{.5, 1, 2, 5, 10, 20, 60, 120, 300, 900, 3600}).WithLabelValues(),
	}
	for _, r := range turnResults {
		m.agent.turns.WithLabelValues(r)
	}
	for _, k := range []string{"prompt", "completion", "reasoning", "cache_read"} {
		m.agent.tokens.WithLabelValues(k)
	}
}

// AgentTurnStarted counts a turn that runs.
func (m *Metrics) AgentTurnStarted() { m.agent.running.Inc() }

// AgentTurnEnded is called once for every AgentTurnStarted, with done, stopped, failed or
// interrupted; and, without it before, for a turn refused. A turn that a crash interrupted
// in an earlier process was not started in this one: count it with [Metrics.AgentTurnLost].
func (m *Metrics) AgentTurnEnded(result string) {
	m.agent.turns.WithLabelValues(listed(turnResults, result)).Inc()
	if result != "refused" {
		m.agent.running.Dec()
	}
}

// AgentTurnLost counts a turn that an earlier process began and nobody ended.
func (m *Metrics) AgentTurnLost() { m.agent.turns.WithLabelValues("interrupted").Inc() }

// AgentTool counts one call; result is ok, error or denied. Tools that are not Kalpana's
// are counted together as "other".
func (m *Metrics) AgentTool(tool, result string) {
	m.agent.tools.WithLabelValues(listed(tools, tool), listed(toolResults, result)).Inc()
}

// AgentUsage adds what one answer took: tokens, and its cost in billionths of a dollar.
// Less than nothing counts as nothing.
func (m *Metrics) AgentUsage(prompt, completion, reasoning, cacheRead, nanoUSD int64) {
	for kind, n := range map[string]int64{"prompt": prompt, "completion": completion, "reasoning": reasoning, "cache_read": cacheRead} {
		m.agent.tokens.WithLabelValues(kind).Add(float64(max(n, 0)))
	}
	m.agent.cost.Add(float64(max(nanoUSD, 0)) / 1e9)
}

// AgentFirstToken records how long a provider took for the first piece of its answer.
func (m *Metrics) AgentFirstToken(d time.Duration) { m.agent.firstToken.Observe(d.Seconds()) }

// AgentStep records how long one answer and its tools took.
func (m *Metrics) AgentStep(d time.Duration) { m.agent.stepSeconds.Observe(d.Seconds()) }

func listed(values []string, v string) string {
	if slices.Contains(values, v) {
		return v
	}
	return other
}
