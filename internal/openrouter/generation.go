package openrouter

import (
	"context"
	"encoding/json"
	"time"

	"github.com/openai/openai-go/v3/option"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

const (
	// generationTimeout and generationPause: the accounts lag a second or two behind.
	generationTimeout  = 5 * time.Second
	generationPause    = time.Second
	maxGenerationBytes = 256 << 10
)

// Generation asks OpenRouter what an answer cost, by Result.GenerationID. After a
// cancelled stream this is the only bill: no usage comes in it. It takes at most five
// seconds; other servers have no such thing, and are not asked.
func (c *Client) Generation(ctx context.Context, id string) (agent.Usage, error) {
	if c.options.Kind != KindOpenRouter || id == "" {
		return agent.Usage{}, agent.NewError(agent.CodeBadRequest, "this provider keeps no accounts that can be read", nil)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, generationTimeout, errHeaders)
	defer cancel()
	var last *agent.Error
	for {
		data, err := c.get(ctx, "generation", maxGenerationBytes, option.WithQuery("id", id))
		if err == nil {
			if u, ok := billed(data); ok {
				return u, nil
			}
			err = agent.NewError(agent.CodeBadResponse, "the provider's account of the answer cannot be read", nil)
		}
		failure := c.failure(context.WithoutCancel(ctx), err)
		if ctx.Err() != nil && last != nil {
			return agent.Usage{}, last // says more than that time is up
		}
		last = failure
		if !failure.Retryable && failure.Code != agent.CodeModelNotFound { // 404: not yet
			return agent.Usage{}, failure
		}
		if wait(ctx, generationPause) != nil {
			return agent.Usage{}, failure
		}
	}
}

func billed(data json.RawMessage) (agent.Usage, bool) {
	var g struct {
		Prompt           json.RawMessage `json:"tokens_prompt"`
		Completion       json.RawMessage `json:"tokens_completion"`
		NativePrompt     json.RawMessage `json:"native_tokens_prompt"`
		NativeCompletion json.RawMessage `json:"native_tokens_completion"`
		Cached           json.RawMessage `json:"native_tokens_cached"`
		Reasoning        json.RawMessage `json:"native_tokens_reasoning"`
		Cost             json.RawMessage `json:"total_cost"`
		OwnKey           json.RawMessage `json:"is_byok"`
		Upstream         json.RawMessage `json:"upstream_inference_cost"`
	}
	if !object(data, &g) {
		return agent.Usage{}, false
	}
	cost, ok := nano(scalar(g.Cost), 9)
	if up, also := nano(scalar(g.Upstream), 9); also && string(g.OwnKey) == "true" {
		cost = saturate(cost, up)
	}
	return agent.Usage{
		Prompt: tokens(g.NativePrompt, g.Prompt), Completion: tokens(g.NativeCompletion, g.Completion),
		CacheRead: tokens(g.Cached), Reasoning: tokens(g.Reasoning), Cost: agent.NanoUSD(cost), CostKnown: ok,
	}, ok
}
