package openrouter_test

import (
	"context"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/openrouter"
)

func TestGenerationIsTheBill(t *testing.T) {
	server := &llmtest.Server{Key: key, Generation: `{"data":{"id":"g","tokens_prompt":1,"native_tokens_prompt":100,"native_tokens_completion":"7","native_tokens_cached":50,"native_tokens_reasoning":3,"total_cost":0.0012,"is_byok":false,"upstream_inference_cost":9}}`}
	c := serve(t, server)
	u, err := c.Generation(t.Context(), "gen-1&x=/../y")
	if want := (agent.Usage{Prompt: 100, Completion: 7, CacheRead: 50, Reasoning: 3, Cost: 1_200_000, CostKnown: true}); err != nil || u != want {
		t.Errorf("%+v, %v", u, err)
	}
	if r := server.Requests(); len(r) != 1 || r[0].Path != "/api/v1/generation" {
		t.Errorf("%+v", r)
	}
}

func TestGenerationThatIsNotThere(t *testing.T) {
	for name, c := range map[string]struct {
		body, code string
		took       time.Duration
		requests   int
	}{
		"not yet":  {"", agent.CodeModelNotFound, 5 * time.Second, 5},
		"nonsense": {`{"data":{"total_cost":"free"}}`, agent.CodeBadResponse, 0, 1},
		"error":    {`{"error":{"code":401,"message":"no"}}`, agent.CodeKeyInvalid, 0, 1},
	} {
		server := &llmtest.Server{Generation: c.body}
		bubble(t, server, func(t *testing.T, client *openrouter.Client) {
			begin := time.Now()
			if _, err := client.Generation(t.Context(), "g"); agent.CodeOf(err) != c.code {
				t.Errorf("%s: %v", name, err)
			}
			if took := time.Since(begin); took != c.took || len(server.Requests()) < c.requests {
				t.Errorf("%s: took %v, %d requests", name, took, len(server.Requests()))
			}
		})
	}
	server := &llmtest.Server{}
	if _, err := serve(t, server, compatible).Generation(t.Context(), "g"); err == nil || len(server.Requests()) > 0 {
		t.Errorf("a server without accounts was asked: %v", err)
	}
}

func TestModelsWaitsNoLongerThanItsCaller(t *testing.T) {
	bubble(t, always(), func(t *testing.T, c *openrouter.Client) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Models(ctx); agent.CodeOf(err) != agent.CodeCancelled {
			t.Errorf("%v", err)
		}
	})
}
