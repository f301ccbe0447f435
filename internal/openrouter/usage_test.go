package openrouter_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/openrouter"
)

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		name, usage string
		want        agent.Usage
	}{
		{"1", `"usage":{"prompt_tokens":10,"completion_tokens":5,"cost":0.00042}`, agent.Usage{Prompt: 10, Completion: 5, Cost: 420_000, CostKnown: true}},
		{"exponent", `"usage":{"prompt_tokens":1,"cost":4.2e-4}`, agent.Usage{Prompt: 1, Cost: 420_000, CostKnown: true}},
		{"string", `"usage":{"prompt_tokens":"7","cost":"0.1"}`, agent.Usage{Prompt: 7, Cost: 100_000_000, CostKnown: true}},
		{"a float would drift", `"usage":{"prompt_tokens":1,"cost":0.29}`, agent.Usage{Prompt: 1, Cost: 290_000_000, CostKnown: true}},
		{"below a nano, rounded up", `"usage":{"prompt_tokens":1,"cost":0.0000000001}`, agent.Usage{Prompt: 1, Cost: 1, CostKnown: true}},
		{"free", `"usage":{"prompt_tokens":1,"cost":0}`, agent.Usage{Prompt: 1, CostKnown: true}},
		{"absurd", `"usage":{"prompt_tokens":1e30,"cost":1e300}`, agent.Usage{Prompt: 1e9, Cost: math.MaxInt64, CostKnown: true}},
		{"negative", `"usage":{"prompt_tokens":-5,"completion_tokens":1,"cost":-1}`, agent.Usage{Completion: 1}},
		{"float tokens", `"usage":{"prompt_tokens":10.0,"completion_tokens":5.5}`, agent.Usage{Prompt: 10, Completion: 6}},
		{"wrong types", `"usage":{"prompt_tokens":[1],"completion_tokens":{},"cost":true,"prompt_tokens_details":3,"cost_details":[]},"x":0`, agent.Usage{Estimated: true}},
		{"details", `"usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":8,"cache_write_tokens":1},"completion_tokens_details":{"reasoning_tokens":3}}`, agent.Usage{Prompt: 10, Completion: 5, CacheRead: 8, CacheWrite: 1, Reasoning: 3}},
		{"DeepSeek", `"usage":{"prompt_tokens":10,"prompt_cache_hit_tokens":8}`, agent.Usage{Prompt: 10, CacheRead: 8}},
		{"own key", `"usage":{"prompt_tokens":10,"cost":0.01,"is_byok":true,"cost_details":{"upstream_inference_cost":0.2}}`, agent.Usage{Prompt: 10, Cost: 210_000_000, CostKnown: true}},
		{"not own key", `"usage":{"prompt_tokens":10,"cost":0.01,"is_byok":false,"cost_details":{"upstream_inference_cost":0.01}}`, agent.Usage{Prompt: 10, Cost: 10_000_000, CostKnown: true}},
		{"Groq", `"x_groq":{"usage":{"prompt_tokens":10,"completion_tokens":5}}`, agent.Usage{Prompt: 10, Completion: 5}},
		{"Moonshot", `"choices":[{"index":0,"delta":{},"usage":{"prompt_tokens":10,"completion_tokens":5}}]`, agent.Usage{Prompt: 10, Completion: 5}},
		{"input and output", `"usage":{"input_tokens":10,"output_tokens":5}`, agent.Usage{Prompt: 10, Completion: 5}},
		{"none", `"usage":null`, agent.Usage{Estimated: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := always(llmtest.Raw(text("hello, world") + fin("stop") + "data: {" + c.usage + "}\n\n" + done))
			h := ask(t.Context(), serve(t, server), question())
			got := h.result.Usage
			if c.want.Estimated {
				if !got.Estimated || got.Prompt != int64(len(server.Chats()[0].Body)/4) || got.Completion != 3 || got.CostKnown {
					t.Errorf("%+v is no estimate", got)
				}
				return
			}
			if got != c.want || h.err != nil {
				t.Errorf("%+v, want %+v (%v)", got, c.want, h.err)
			}
			last, ok := h.events[len(h.events)-1].(agent.UsageUpdate)
			if !ok || last.Usage != got {
				t.Errorf("last event %+v", h.events[len(h.events)-1])
			}
		})
	}
}

func TestRunningUsageIsNotSummed(t *testing.T) {
	body := ""
	for i := 1; i <= 5; i++ {
		body += fmt.Sprintf(`data: {"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":10,"completion_tokens":%d,"cost":0.%d}}`+"\n\n", i, i)
	}
	h := ask(t.Context(), serve(t, always(llmtest.Raw(body+fin("stop")+`data: {"choices":[],"usage":{}}`+"\n\n"+done))), question())
	if h.result.Usage != (agent.Usage{Prompt: 10, Completion: 5, Cost: 500_000_000, CostKnown: true}) {
		t.Errorf("%+v", h.result.Usage)
	}
}

func TestCostIsReckonedFromThePriceListIfItIsMissing(t *testing.T) {
	server := always(llmtest.Raw(text("a") + fin("stop") + `data: {"usage":{"prompt_tokens":1000,"completion_tokens":10,"prompt_tokens_details":{"cached_tokens":500}}}` + "\n\n" + done))
	c := serve(t, server)
	if _, err := c.Models(t.Context()); err != nil {
		t.Fatal(err)
	}
	u := ask(t.Context(), c, question()).result.Usage
	if want := agent.NanoUSD(500*3000 + 500*300 + 10*15000); u.Cost != want || !u.CostKnown || !u.Estimated {
		t.Errorf("%+v, want %d", u, want)
	}
}

func TestAnswerSaysWhoGaveIt(t *testing.T) {
	server := always(llmtest.Raw(`data: {"id":"g","model":"other/model","provider":"Acme","choices":[{"delta":{"content":"a"},"finish_reason":"stop","native_finish_reason":"end_turn"}]}` + "\n\n" + done))
	r := ask(t.Context(), serve(t, server), question()).result
	if r.Model != "other/model" || r.Provider != "Acme" || r.NativeFinish != "end_turn" || r.GenerationID != "gen-test" {
		t.Errorf("%+v", r)
	}
}

func TestModels(t *testing.T) {
	server := &llmtest.Server{Models: `{"data":[
	{"id":"a/full","name":"A: Full","context_length":200000,"architecture":{"input_modalities":["text","image"]},
	 "pricing":{"prompt":"0.0000000375","completion":"0.000015","request":"0.01","input_cache_read":"0.000000003","overrides":[{"min_prompt_tokens":200000,"prompt":"0.000006"}]},
	 "top_provider":{"context_length":150000,"max_completion_tokens":64000},"supported_parameters":["tools","reasoning"],"expiration_date":"2030-01-02"},
	{"id":"openrouter/auto","name":"Auto","context_length":2000000,"pricing":{"prompt":"-1","completion":"-1"},"architecture":7,"top_provider":[]},
	{"id":"local"},{"id":"vllm","max_model_len":8192},
	{"id":""},{"id":"a\u202eb"},{"name":"no id"},7,null,"x",{"id":"odd","context_length":"x","pricing":"free","supported_parameters":"tools"}]}`}
	c := serve(t, server)
	got, err := c.Models(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []agent.ModelInfo{
		{ID: "a/full", Name: "A: Full", ContextTokens: 150000, MaxOutputTokens: 64000, PriceKnown: true, AbilitiesKnown: true, Tools: true, Reasoning: true, Images: true,
			Price:     agent.Price{Prompt: 6e9, Completion: 15e9, CacheRead: 3e6, CacheWrite: 37_500_000, Request: 10_000_000},
			ExpiresAt: time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC)},
		{ID: "openrouter/auto", Name: "Auto", ContextTokens: 2000000},
		{ID: "local", Name: "local"}, {ID: "vllm", Name: "vllm", ContextTokens: 8192}, {ID: "odd", Name: "odd"},
	}
	if len(got) != len(want) {
		t.Fatalf("%d models, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got  %+v\nwant %+v", got[i], want[i])
		}
	}
}

func TestModelsAreAskedForOnceInTenMinutes(t *testing.T) {
	server := &llmtest.Server{Key: key}
	bubble(t, server, func(t *testing.T, c *openrouter.Client) {
		expect := func(requests int) {
			t.Helper()
			if list, err := c.Models(t.Context()); err != nil || len(list) != 1 {
				t.Errorf("%v %v", list, err)
			}
			if n := len(server.Requests()); n != requests {
				t.Errorf("%d requests, want %d", n, requests)
			}
		}
		expect(1)
		expect(1)
		<-time.After(11 * time.Minute)
		expect(2)
		server.Key = "another: all are refused from now on"
		<-time.After(23 * time.Hour)
		expect(3)
		<-time.After(2 * time.Hour)
		if _, err := c.Models(t.Context()); agent.CodeOf(err) != agent.CodeKeyInvalid {
			t.Errorf("%v", err)
		}
	})
}

func TestModelsThatCannotBeRead(t *testing.T) {
	for name, body := range map[string]string{
		"HTML": "<html><title>Sign in</title>", "no list": `{}`, "empty": `{"data":[]}`, "error": `{"error":{"code":401,"message":"x"}}`,
		"too large": `{"data":["` + strings.Repeat("x", 17<<20) + `"]}`,
	} {
		_, err := serve(t, &llmtest.Server{Models: body}).Models(t.Context())
		if code := agent.CodeOf(err); code != agent.CodeBadResponse && !(name == "error" && code == agent.CodeKeyInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFailedAttemptsArePaidFor(t *testing.T) {
	empty := llmtest.Script{llmtest.Finish("stop"), llmtest.Usage(10, 0, "0.25"), llmtest.Done()}
	server := &llmtest.Server{}
	server.Add(empty, good, empty, empty)
	bubble(t, server, func(t *testing.T, c *openrouter.Client) {
		if u := ask(t.Context(), c, question()).result.Usage; u.Cost != 350_000_000 || u.Prompt != 10 {
			t.Errorf("%+v", u)
		}
		if h := ask(t.Context(), c, question()); h.result.Usage.Cost != 500_000_000 || h.err == nil {
			t.Errorf("%+v, %v", h.result.Usage, h.err)
		}
	})
}

func TestReasoningOfAFallbackIsItsOwn(t *testing.T) {
	req := question()
	req.Fallbacks = []string{"other/model"}
	server := always(llmtest.Raw(`data: {"model":"other/model","choices":[{"delta":{"reasoning":"hm","content":"a"},"finish_reason":"stop"}]}` + "\n\n" + done))
	if r := ask(t.Context(), serve(t, server), req).result.Message.Reasoning; r.Model != "other/model" || r.Text != "hm" {
		t.Errorf("%+v", r)
	}
}
