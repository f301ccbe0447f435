package openrouter

import (
	"encoding/json"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// price reads decimal strings in USD per token. "-1", as routers among the models have,
// is no price. Dearer prices, as for long prompts, replace cheaper ones.
func price(raw json.RawMessage) (agent.Price, bool) {
	type fields struct {
		Prompt     json.RawMessage `json:"prompt"`
		Completion json.RawMessage `json:"completion"`
		CacheRead  json.RawMessage `json:"input_cache_read"`
		CacheWrite json.RawMessage `json:"input_cache_write"`
		Request    json.RawMessage `json:"request"`
		Overrides  json.RawMessage `json:"overrides"`
	}
	const perMillion = 15 // digits from USD per token to nano-USD per million
	var base fields
	if !object(raw, &base) {
		return agent.Price{}, false
	}
	prompt, ok1 := nano(scalar(base.Prompt), perMillion)
	completion, ok2 := nano(scalar(base.Completion), perMillion)
	if !ok1 || !ok2 {
		return agent.Price{}, false
	}
	p := agent.Price{Prompt: agent.NanoUSD(prompt), Completion: agent.NanoUSD(completion)}
	// A provider that names no price for the cache bills it as any prompt.
	p.CacheRead, p.CacheWrite = p.Prompt, p.Prompt
	if n, ok := nano(scalar(base.CacheRead), perMillion); ok {
		p.CacheRead = agent.NanoUSD(n)
	}
	if n, ok := nano(scalar(base.CacheWrite), perMillion); ok && n > 0 {
		p.CacheWrite = agent.NanoUSD(n)
	}
	raise := func(to *agent.NanoUSD, raw json.RawMessage, shift int) {
		if n, ok := nano(scalar(raw), shift); ok {
			*to = max(*to, agent.NanoUSD(n))
		}
	}
	raise(&p.Request, base.Request, 9)
	for _, one := range list(base.Overrides) {
		var o fields
		if object(one, &o) {
			raise(&p.Prompt, o.Prompt, perMillion)
			raise(&p.Completion, o.Completion, perMillion)
			raise(&p.CacheRead, o.CacheRead, perMillion)
			raise(&p.CacheWrite, o.CacheWrite, perMillion)
		}
	}
	return p, true
}
