package openrouter

import (
	"encoding/json"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// maxTokens is more than any provider counts for one answer; what is above is nonsense
// that must not overflow a sum.
const maxTokens = 1e9

// addUsage takes a usage object: the last one counts, as providers report running totals.
func (a *answer) addUsage(raw json.RawMessage) {
	var u struct {
		Prompt        json.RawMessage `json:"prompt_tokens"`
		Completion    json.RawMessage `json:"completion_tokens"`
		Input         json.RawMessage `json:"input_tokens"`
		Output        json.RawMessage `json:"output_tokens"`
		CacheHit      json.RawMessage `json:"prompt_cache_hit_tokens"` // DeepSeek
		Cost          json.RawMessage `json:"cost"`
		OwnKey        json.RawMessage `json:"is_byok"`
		PromptDetails json.RawMessage `json:"prompt_tokens_details"`
		OutputDetails json.RawMessage `json:"completion_tokens_details"`
		CostDetails   json.RawMessage `json:"cost_details"`
	}
	if !object(raw, &u) {
		return
	}
	var in struct {
		Cached  json.RawMessage `json:"cached_tokens"`
		Written json.RawMessage `json:"cache_write_tokens"`
	}
	var out struct {
		Reasoning json.RawMessage `json:"reasoning_tokens"`
	}
	var cost struct {
		Upstream json.RawMessage `json:"upstream_inference_cost"`
	}
	object(u.PromptDetails, &in)
	object(u.OutputDetails, &out)
	object(u.CostDetails, &cost)
	got := agent.Usage{
		Prompt:     tokens(u.Prompt, u.Input),
		Completion: tokens(u.Completion, u.Output),
		CacheRead:  tokens(in.Cached, u.CacheHit),
		CacheWrite: tokens(in.Written),
		Reasoning:  tokens(out.Reasoning),
	}
	if c, ok := nano(scalar(u.Cost), 9); ok {
		got.Cost, got.CostKnown = agent.NanoUSD(c), true
		// With the user's own key at the provider, cost is only the router's fee.
		if up, ok := nano(scalar(cost.Upstream), 9); ok && string(u.OwnKey) == "true" {
			got.Cost = agent.NanoUSD(saturate(c, up))
		}
	}
	if got != (agent.Usage{}) {
		a.usage = &got
	}
}

// tokens is the first of the fields that holds a count.
func tokens(fields ...json.RawMessage) int64 {
	for _, raw := range fields {
		if n, ok := nano(scalar(raw), 0); ok && n > 0 {
			return min(n, maxTokens)
		}
	}
	return 0
}

// scalar is the text of a number, or of a string that holds one.
func scalar(raw json.RawMessage) string {
	if len(raw) > 0 && raw[0] == '"' {
		return strings.TrimSpace(text(raw))
	}
	return string(raw)
}
