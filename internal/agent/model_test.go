package agent_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

func TestCostIsExactAndRoundedUp(t *testing.T) {
	for _, c := range []struct {
		name  string
		price agent.Price
		usage agent.Usage
		want  agent.NanoUSD
	}{
		{"nothing", agent.Price{}, agent.Usage{}, 0},
		{"0.0000000375 USD for each of three tokens", agent.Price{Prompt: 37_500_000}, agent.Usage{Prompt: 3}, 113},
		{"3 and 15 USD for a million", agent.Price{Prompt: 3e9, Completion: 15e9}, agent.Usage{Prompt: 1000, Completion: 100}, 4_500_000},
		{"cache", agent.Price{Prompt: 3e9, CacheRead: 3e8, CacheWrite: 375e7}, agent.Usage{Prompt: 1000, CacheRead: 800, CacheWrite: 100}, 100*3000 + 800*300 + 100*3750},
		{"per request", agent.Price{Request: 7}, agent.Usage{}, 7},
		{"more cached than sent", agent.Price{Prompt: 1e6, CacheRead: 1e6}, agent.Usage{Prompt: 1, CacheRead: 5}, 5},
		{"negative", agent.Price{Prompt: -1, Completion: 1e6}, agent.Usage{Prompt: 5, Completion: -5}, 0},
		{"beyond int64", agent.Price{Prompt: math.MaxInt64}, agent.Usage{Prompt: math.MaxInt64}, math.MaxInt64},
	} {
		if got := c.price.Cost(c.usage); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestErrorKeepsItsCauseOutOfItsText(t *testing.T) {
	err := fmt.Errorf("step 3: %w", agent.NewError(agent.CodeCancelled, "stopped", fmt.Errorf("secret: %w", context.Canceled)))
	if !errors.Is(err, context.Canceled) || agent.CodeOf(err) != agent.CodeCancelled {
		t.Errorf("%v does not tell that it was cancelled", err)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("%v shows its cause", err)
	}
	if agent.CodeOf(errors.New("x")) != "" || agent.CodeOf(nil) != "" {
		t.Error("a code from nowhere")
	}
	e := agent.NewError(agent.CodeUnavailable, "no route", nil)
	e.Provider = "Acme"
	if e.Error() != "provider_unavailable: Acme: no route" {
		t.Error(e)
	}
}
