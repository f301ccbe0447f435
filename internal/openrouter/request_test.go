package openrouter_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/openrouter"
)

func compatible(o *openrouter.Options) { o.Kind = openrouter.KindCompatible }

// everything uses each field of a request.
func everything() agent.Request {
	return agent.Request{
		Model: "test/model", Fallbacks: []string{"a", "b", "c", "d"}, Tools: tools, ParallelTools: true,
		MaxTokens: 1000, ReasoningEffort: "low", User: "u1", Session: "s1",
		Messages: []agent.Message{
			{Role: agent.RoleSystem, Text: "You are <b>&"},
			{Role: agent.RoleUser, Text: "look", Images: []agent.Image{{MediaType: "image/png", Data: []byte("png")}}},
			{Role: agent.RoleAssistant, Calls: []agent.ToolCall{
				{ID: "c1", Name: "read", Arguments: json.RawMessage(a1)},
				{ID: "c2", Name: "functions.read file", Arguments: json.RawMessage(`{}`), Invalid: agent.InvalidNotJSON, Raw: "{"},
				{ID: "c3"},
			}},
			{Role: agent.RoleTool, CallID: "c1", Text: "content"},
			{Role: agent.RoleTool, CallID: "c2", Text: "no JSON"},
			{Role: agent.RoleTool, CallID: "c3", Text: ""},
			{Role: agent.RoleAssistant, Text: "done", Reasoning: agent.Reasoning{Text: "hm"}},
			{Role: agent.RoleUser, Text: "more"},
		},
	}
}

func TestStrictServersFindNothingWrong(t *testing.T) {
	for _, kind := range []openrouter.Kind{openrouter.KindOpenRouter, openrouter.KindCompatible} {
		server := &llmtest.Server{Strict: true, OpenAIOnly: kind == openrouter.KindCompatible, Key: key}
		server.Add(good)
		c := serve(t, server, func(o *openrouter.Options) { o.Kind = kind })
		if h := ask(t.Context(), c, everything()); h.err != nil {
			t.Fatalf("%s: %v", kind, h.err)
		}
		sent := server.Chats()[0]
		var body map[string]json.RawMessage
		if err := json.Unmarshal(sent.Body, &body); err != nil {
			t.Fatal(err)
		}
		router := []string{"provider", "models", "reasoning", "session_id"}
		for _, name := range router {
			if got := body[name] != nil; got != (kind == openrouter.KindOpenRouter) {
				t.Errorf("%s: %s sent: %v", kind, name, got)
			}
		}
		for _, want := range []string{`"stream":true`, `"max_tokens":1000`, `"user":"u1"`, `"parallel_tool_calls":true`, `You are <b>&`, `data:image/png;base64,cG5n`, `"name":"functions_read_file"`, `"name":"unknown"`} {
			if !strings.Contains(string(sent.Body), want) {
				t.Errorf("%s: no %s in %s", kind, want, sent.Body)
			}
		}
		if got := sent.Header.Get("X-Title"); (got != "") != (kind == openrouter.KindOpenRouter) {
			t.Errorf("%s: X-Title %q", kind, got)
		}
		if kind == openrouter.KindOpenRouter {
			if !strings.Contains(string(body["provider"]), `"data_collection":"deny"`) || string(body["models"]) != `["a","b","c"]` {
				t.Errorf("provider %s, models %s", body["provider"], body["models"])
			}
		} else if string(body["stream_options"]) != `{"include_usage":true}` {
			t.Errorf("stream_options %s", body["stream_options"])
		}
		var names []string
		for _, tool := range sent.Chat.Tools {
			names = append(names, tool.Function.Name)
		}
		if !slices.IsSorted(names) || len(names) != 3 {
			t.Errorf("tools %v are not sorted", names)
		}
	}
}

func TestRequestIsTheSameBytesEachTime(t *testing.T) {
	server := always(good...)
	c := serve(t, server)
	for range 5 {
		req := everything()
		slices.Reverse(req.Tools)
		ask(t.Context(), c, req)
	}
	for _, r := range server.Chats() {
		if string(r.Body) != string(server.Chats()[0].Body) {
			t.Fatal("the prefix of the prompt changes: no provider could cache it")
		}
	}
}

func TestWrongRequestsAreNotSent(t *testing.T) {
	server := always(good...)
	c := serve(t, server)
	user := []agent.Message{{Role: agent.RoleUser, Text: "x"}}
	for name, r := range map[string]agent.Request{
		"no model":        {Messages: user},
		"no message":      {Model: "m"},
		"unknown role":    {Model: "m", Messages: []agent.Message{{Role: "root", Text: "x"}}},
		"no call id":      {Model: "m", Messages: []agent.Message{{Role: agent.RoleTool, Text: "x"}}},
		"no image":        {Model: "m", Messages: []agent.Message{{Role: agent.RoleUser, Images: []agent.Image{{MediaType: "text/html"}}}}},
		"tool name":       {Model: "m", Messages: user, Tools: []agent.Tool{{Name: "a b", Schema: json.RawMessage(`{"type":"object"}`)}}},
		"tool twice":      {Model: "m", Messages: user, Tools: append([]agent.Tool{tools[0]}, tools...)},
		"schema no JSON":  {Model: "m", Messages: user, Tools: []agent.Tool{{Name: "a", Schema: json.RawMessage(`{`)}}},
		"schema a string": {Model: "m", Messages: user, Tools: []agent.Tool{{Name: "a", Schema: json.RawMessage(`{"type":"string"}`)}}},
	} {
		if h := ask(t.Context(), c, r); agent.CodeOf(h.err) != agent.CodeBadRequest {
			t.Errorf("%s: %v", name, h.err)
		}
	}
	if n := len(server.Requests()); n != 0 {
		t.Errorf("%d were sent", n)
	}
}

// Script 38: what must go back does, unchanged and in order, and only to the model that
// made it.
func TestReasoningGoesBackUnchanged(t *testing.T) {
	encrypted := `{"type":"reasoning.encrypted","data":"a<b&c","id":"r2","format":"x","index":1}`
	server := &llmtest.Server{Strict: true}
	server.Add(llmtest.Script{llmtest.Raw(
		d(`{"reasoning":"I ","reasoning_details":[{"type":"reasoning.text","text":"I ","index":0,"format":"anthropic-v1"}]}`) +
			d(`{"reasoning":"think <","reasoning_details":[{"type":"reasoning.text","text":"think <","index":0,"signature":null}]}`) +
			d(`{"reasoning_details":[`+encrypted+`]}`) + text("hi") +
			d(`{"reasoning_details":[{"type":"reasoning.text","signature":"sig=","index":0,"extra":1.50}]}`) +
			d(`{"reasoning_details":[{"type":"reasoning.summary","summary":"short"}]}`) +
			begin(0, "c1", "read") + fin("tool_calls") + done)}, good, good, good)
	c := serve(t, server)
	h := ask(t.Context(), c, question())
	if got := h.String(); got != `"hi" thinks "I think <short" c1:read{} tool_calls` {
		t.Fatal(got)
	}
	h.consistent(t)
	next := question()
	next.Messages = append(next.Messages, h.result.Message, agent.Message{Role: agent.RoleTool, CallID: "c1", Text: "x"})
	if h := ask(t.Context(), c, next); h.err != nil {
		t.Fatal(h.err)
	}
	sent := string(server.Chats()[1].Body)
	want := `"reasoning_details":[{"extra":1.50,"format":"anthropic-v1","index":0,"signature":"sig=","text":"I think <","type":"reasoning.text"},` + encrypted + `,{"type":"reasoning.summary","summary":"short"}]`
	want = strings.NewReplacer("<", `\u003c`, "&", `\u0026`).Replace(want) // the same, to JSON
	if !strings.Contains(sent, want) {
		t.Errorf("sent back %s\nwant %s", sent, want)
	}
	next.Model = "other/model"
	ask(t.Context(), c, next)
	if sent := string(server.Chats()[2].Body); strings.Contains(sent, "reasoning_details") || strings.Contains(sent, "I think") {
		t.Errorf("another model was sent %s", sent)
	}
}

func TestReasoningContentGoesBackUnderItsName(t *testing.T) {
	server := &llmtest.Server{Strict: true}
	server.Add(llmtest.Script{llmtest.Raw(d(`{"reasoning_content":"hm"}`) + begin(0, "c1", "read") + fin("tool_calls") + done)}, good)
	c := serve(t, server, compatible)
	h := ask(t.Context(), c, question())
	next := question()
	next.Messages = append(next.Messages, h.result.Message, agent.Message{Role: agent.RoleTool, CallID: "c1", Text: "x"})
	if h := ask(t.Context(), c, next); h.err != nil {
		t.Fatal(h.err)
	}
	if sent := string(server.Chats()[1].Body); !strings.Contains(sent, `"reasoning_content":"hm"`) {
		t.Error(sent)
	}
}

func TestIDsOfTheConversationAreNotUsedAgain(t *testing.T) {
	call := begin(0, "call_0", "read") + more(0, a1) + fin("tool_calls") + done
	server := always(llmtest.Raw(call))
	c := serve(t, server)
	req := question()
	for range 3 {
		h := ask(t.Context(), c, req)
		if h.err != nil {
			t.Fatal(h.err)
		}
		req.Messages = append(req.Messages, h.result.Message, agent.Message{Role: agent.RoleTool, CallID: h.result.Message.Calls[0].ID, Text: "x"})
	}
	if req.Messages[1].Calls[0].ID != "call_0" {
		t.Error("the first was free")
	}
}

// Scripts 8, 15 and 72: what a model got wrong is sent back in a form that no server refuses.
func TestHistoryOfBrokenCallsIsAccepted(t *testing.T) {
	for _, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			server := &llmtest.Server{Strict: true}
			server.Add(llmtest.Script{llmtest.Raw(s.body)})
			bubble(t, server, func(t *testing.T, c *openrouter.Client) {
				h := ask(t.Context(), c, question())
				m := h.result.Message
				if h.err != nil || (m.Text == "" && len(m.Calls) == 0) {
					return
				}
				next := question()
				next.Messages = append(next.Messages, m)
				for _, call := range m.Calls {
					next.Messages = append(next.Messages, agent.Message{Role: agent.RoleTool, CallID: call.ID, Text: "x"})
				}
				next.Messages = append(next.Messages, agent.Message{Role: agent.RoleUser, Text: "go on"})
				server.Add(good)
				if h := ask(t.Context(), c, next); h.err != nil {
					t.Errorf("%v", h.err)
				}
			})
		})
	}
}

func TestEnvironmentDoesNotLeak(t *testing.T) {
	for name, value := range map[string]string{
		"OPENAI_API_KEY": "sk-leaked-key", "OPENAI_ADMIN_KEY": "sk-leaked-admin", "OPENAI_ORG_ID": "leaked-org", "OPENAI_PROJECT_ID": "leaked-project",
		"OPENAI_BASE_URL": "http://127.0.0.1:1/leaked", "OPENAI_CUSTOM_HEADERS": "X-Leaked: leaked", "OPENAI_WEBHOOK_SECRET": "leaked",
	} {
		t.Setenv(name, value)
	}
	server := &llmtest.Server{Strict: true}
	server.Add(good, good)
	c := serve(t, server)
	none, err := c.WithKey("")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*openrouter.Client{c, none} {
		if h := ask(t.Context(), c, question()); h.err != nil {
			t.Fatal(h.err)
		}
		if _, err := c.Models(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range server.Requests() {
		var all strings.Builder
		r.Header.Write(&all)
		if strings.Contains(all.String()+string(r.Body), "leaked") {
			t.Errorf("sent %s", all.String())
		}
	}
	sent := server.Chats()
	if a, b := sent[0].Header.Get("Authorization"), sent[1].Header.Get("Authorization"); a != "Bearer "+key || b != "" {
		t.Errorf("authorization %q and %q", a, b)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	server := always(status(http.StatusTemporaryRedirect, "", "Location", "/elsewhere/chat/completions")...)
	h := ask(t.Context(), serve(t, server), question())
	if agent.CodeOf(h.err) != agent.CodeBadResponse || len(server.Requests()) != 1 {
		t.Errorf("%v after %d requests", h.err, len(server.Requests()))
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		url, key string
		kind     openrouter.Kind
		want     openrouter.Kind // "" = refused
	}{
		{"https://openrouter.ai/api/v1", "k", "", openrouter.KindOpenRouter},
		{"https://eu.OpenRouter.ai/api/v1", "k", "", openrouter.KindOpenRouter},
		{"https://openrouter.ai.evil.test/v1", "k", "", openrouter.KindCompatible},
		{"http://localhost:11434/v1", "", "", openrouter.KindCompatible},
		{"http://localhost:11434/v1", "", "openrouter", openrouter.KindOpenRouter},
		{"http://localhost", "", "azure", ""},
		{"", "", "", ""},
		{"localhost/v1", "", "", ""},
		{"ftp://x/v1", "", "", ""},
		{"https://user:secret@x/v1", "", "", ""},
		{"https://x/v1?key=secret", "", "", ""},
		{"https://x/v1\x00secret", "", "", ""},
		{"https://x/v1", "a\nb: secret", "", ""},
	} {
		got, err := openrouter.New(openrouter.Options{BaseURL: c.url, Key: c.key, Kind: c.kind})
		switch {
		case c.want == "":
			if err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("%q: %v", c.url, err)
			}
		case err != nil || got.Kind() != c.want:
			t.Errorf("%q: %v", c.url, err)
		}
	}
	c := connect(t, "http://localhost/v1")
	if _, err := c.WithKey("a\r\nb"); err == nil {
		t.Error("a key with a line break")
	}
}
