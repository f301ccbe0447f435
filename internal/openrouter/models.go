package openrouter

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/openai/openai-go/v3/option"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

const (
	// modelsFresh is how long a list is served without asking again: prices change by the
	// day at most.
	modelsFresh = 10 * time.Minute
	// modelsStale is how long it is served if asking fails.
	modelsStale = 24 * time.Hour
	// modelsTimeout is short: somebody looks at an empty menu.
	modelsTimeout  = 20 * time.Second
	maxModelsBytes = 16 << 20 // OpenRouter's list is about 1 MiB
	maxModels      = 5000
)

// Models lists what the server offers, in its order. The result is shared: do not change
// it. Clients of different keys share it. It is at most ten minutes old, or a day if the server cannot be asked.
func (c *Client) Models(ctx context.Context) ([]agent.ModelInfo, error) {
	if list, age := c.kept(); list != nil && age < modelsFresh {
		return list, nil
	}
	select {
	case c.shared.loading <- struct{}{}:
	case <-ctx.Done():
		return nil, c.failure(ctx, context.Cause(ctx))
	}
	defer func() { <-c.shared.loading }()
	kept, age := c.kept()
	if kept != nil && age < modelsFresh {
		return kept, nil
	}
	list, err := c.fetchModels(ctx)
	if err != nil {
		if kept != nil && age < modelsStale && ctx.Err() == nil {
			return kept, nil
		}
		return nil, err
	}
	byID := make(map[string]int, len(list))
	for i, m := range list {
		byID[m.ID] = i
	}
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	c.shared.models, c.shared.byID, c.shared.fetched = list, byID, time.Now()
	return list, nil
}

func (c *Client) kept() ([]agent.ModelInfo, time.Duration) {
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	return c.shared.models, time.Since(c.shared.fetched)
}

// cached finds a model in the list, if there is one, however old.
func (c *Client) cached(id string) (agent.ModelInfo, bool) {
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	i, ok := c.shared.byID[id]
	if !ok {
		return agent.ModelInfo{}, false
	}
	return c.shared.models[i], true
}

// get reads "data" of a JSON document of at most limit bytes.
func (c *Client) get(ctx context.Context, path string, limit int64, opts ...option.RequestOption) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, modelsTimeout, errHeaders)
	defer cancel()
	var resp *http.Response
	err := c.api.Get(ctx, path, nil, &resp, opts...)
	if err != nil {
		return nil, because(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, because(ctx, err)
	}
	if int64(len(body)) > limit {
		return nil, agent.NewError(agent.CodeBadResponse, "the server's answer is too large", nil)
	}
	var d struct {
		Data  json.RawMessage `json:"data"`
		Error json.RawMessage `json:"error"`
	}
	if !object(body, &d) {
		return nil, notTheProtocol(resp, body)
	}
	if isError(d.Error) {
		return nil, reported(0, d.Error)
	}
	return d.Data, nil
}

func (c *Client) fetchModels(ctx context.Context) ([]agent.ModelInfo, error) {
	data, err := c.get(ctx, "models", maxModelsBytes)
	if err != nil {
		return nil, c.failure(ctx, err)
	}
	var all []agent.ModelInfo
	for _, raw := range list(data) {
		if m, ok := model(raw); ok && len(all) < maxModels {
			all = append(all, m)
		}
	}
	if len(all) == 0 {
		return nil, agent.NewError(agent.CodeBadResponse, "the server lists no models", nil)
	}
	return all, nil
}

func model(raw json.RawMessage) (agent.ModelInfo, bool) {
	var r struct {
		ID         json.RawMessage `json:"id"`
		Name       json.RawMessage `json:"name"`
		Context    json.RawMessage `json:"context_length"`
		MaxLen     json.RawMessage `json:"max_model_len"` // vLLM
		Parameters json.RawMessage `json:"supported_parameters"`
		Expires    json.RawMessage `json:"expiration_date"`
		Arch       json.RawMessage `json:"architecture"`
		Top        json.RawMessage `json:"top_provider"`
		Pricing    json.RawMessage `json:"pricing"`
	}
	var arch struct {
		Inputs json.RawMessage `json:"input_modalities"`
	}
	var top struct {
		Context json.RawMessage `json:"context_length"`
		Output  json.RawMessage `json:"max_completion_tokens"`
	}
	if !object(raw, &r) {
		return agent.ModelInfo{}, false
	}
	object(r.Arch, &arch)
	object(r.Top, &top)
	m := agent.ModelInfo{
		ID: word(r.ID, 128), Name: cut(word(r.Name, 256)),
		ContextTokens:   int(tokens(top.Context, r.Context, r.MaxLen)),
		MaxOutputTokens: int(tokens(top.Output)),
	}
	if m.ID == "" || cut(m.ID) != m.ID {
		return agent.ModelInfo{}, false
	}
	if m.Name == "" {
		m.Name = m.ID
	}
	if all := tokens(r.Context); all > 0 && int(all) < m.ContextTokens {
		m.ContextTokens = int(all)
	}
	m.Price, m.PriceKnown = price(r.Pricing)
	if !null(r.Parameters) && r.Parameters[0] == '[' {
		has := words(r.Parameters)
		m.AbilitiesKnown = true
		m.Tools = slices.Contains(has, "tools")
		m.ParallelTools = slices.Contains(has, "parallel_tool_calls")
		m.Reasoning = slices.Contains(has, "reasoning")
		m.Images = slices.Contains(words(arch.Inputs), "image")
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, word(r.Expires, 40)); err == nil {
			m.ExpiresAt = t
		}
	}
	return m, true
}

func words(raw json.RawMessage) []string {
	var all []string
	for _, one := range list(raw) {
		all = append(all, word(one, 64))
	}
	return all
}
