package llmtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/openrouter"
)

// chat plays the loop around the demo model, over HTTP and with the product's own client.
type chat struct {
	client *openrouter.Client
	server *llmtest.Server
	msgs   []agent.Message
	tools  []agent.Tool
	answer func(agent.ToolCall) string // of tools; nil = "ok"

	calls    []string // name and arguments of all calls
	said     []string // the texts of all answers
	thoughts string
	usage    []agent.Usage
}

var demoTools = []string{"askUser", "deleteFile", "editFile", "findFiles", "gitCommit", "gitDiff", "gitStatus", "listFiles", "moveFile", "previewPort", "readFile", "runCommand", "searchCode", "updatePlan", "writeFile"}

func newChat(t *testing.T, tools ...string) *chat {
	t.Helper()
	c := &chat{server: &llmtest.Server{Strict: true, Answer: llmtest.Demo(0), Models: llmtest.DemoModels}}
	web := httptest.NewServer(c.server)
	t.Cleanup(web.Close)
	client, err := openrouter.New(openrouter.Options{BaseURL: web.URL + "/v1", Key: "any", Kind: openrouter.KindOpenRouter})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	c.client = client
	for _, name := range tools {
		c.tools = append(c.tools, agent.Tool{Name: name, Schema: json.RawMessage(`{"type":"object"}`)})
	}
	return c
}

// turn sends a message and works until the model is done, at most 20 steps.
func (c *chat) turn(ctx context.Context, text string) error {
	c.msgs = append(c.msgs, agent.Message{Role: agent.RoleUser, Text: text})
	c.calls, c.said, c.thoughts = nil, nil, ""
	for range 20 {
		result, err := c.client.Stream(ctx, agent.Request{Model: llmtest.DemoModel, Messages: c.msgs, Tools: c.tools}, func(e agent.Event) error {
			if r, ok := e.(agent.ReasoningDelta); ok {
				c.thoughts += r.Text
			}
			return nil
		})
		if err != nil {
			return err
		}
		c.said = append(c.said, result.Message.Text)
		c.usage = append(c.usage, result.Usage)
		c.msgs = append(c.msgs, result.Message)
		for _, call := range result.Message.Calls {
			c.calls = append(c.calls, call.Name+" "+string(call.Arguments))
			out := "ok"
			if c.answer != nil {
				out = c.answer(call)
			}
			c.msgs = append(c.msgs, agent.Message{Role: agent.RoleTool, CallID: call.ID, Text: agent.Wrap("b0undary", call.Name, out)})
		}
		if result.Finish != agent.FinishToolCalls {
			return nil
		}
	}
	return fmt.Errorf("still calling after 20 steps: %s", c.calls[len(c.calls)-1])
}

func (c *chat) last() string { return c.said[len(c.said)-1] }

func TestDemoUsesTheTools(t *testing.T) {
	for _, s := range []struct {
		text  string
		calls []string // beginnings
		said  []string // parts of each answer, the last at the end
	}{
		{"Create a new React component called button.", []string{`writeFile {"content":"import type`}, []string{"`src/components/Button.tsx`", "Created `src/components/Button.tsx`"}},
		{"please read README.md", []string{`readFile {"path":"README.md"}`}, []string{"", "```\nok\n```"}},
		{"write 'a; b' to notes.txt", []string{`writeFile {"content":"a; b\n","path":"notes.txt"}`}, []string{"", "Wrote `notes.txt`."}},
		{"Replace 'x = 1;' with `x = 2;` in src/a.ts", []string{`readFile {"path":"src/a.ts"}`, `editFile {"edits":[{"newText":"x = 2;","oldText":"x = 1;","replaceAll":false}],"path":"src/a.ts"}`}, []string{"read", "change", "Replaced `x = 1;` with `x = 2;`"}},
		{"run `npm test; echo done`", []string{`runCommand {"command":"npm test; echo done"}`}, []string{"", "ok"}},
		{"RUN: ls -l", []string{`runCommand {"command":"ls -l"}`}, []string{"", "ok"}},
		{"run in background: npm start", []string{`runCommand {"background":true,"command":"npm start"}`}, []string{"", "ok"}},
		{"start a server", []string{`runCommand {"background":true,"command":"python3 -m http.server 5173`, `previewPort {"path":"/","port":5173,"waitSeconds":20}`}, []string{"", "", "5173 answers"}},
		{"start a dev server on port 3000", []string{`runCommand {"background":true,"command":"python3 -m http.server 3000`, `previewPort {"path":"/","port":3000`}, []string{"", "", "3000 answers"}},
		{"plan a new page", []string{`updatePlan {"items":[{"status":"active"`, `listFiles`, `updatePlan {"items":[{"status":"done","title":"See what is there"},{"status":"active","title":"Find what belongs to: a new page"}`, `findFiles`, `searchCode`, `updatePlan`, `updatePlan {"items":[{"status":"done","title":"See what is there"},{"status":"done","title":"Find what belongs to: a new page"},{"status":"done"`}, []string{"plan", "", "", "", "", "All three steps"}},
		{"ask me which colour to take", []string{`askUser {"options":["Red","Green","Blue"],"question":"Which colour to take?"}`}, []string{"", "You answered: ok"}},
		{"ask me whether it shall go on", []string{`askUser {"options":["Yes","No","You decide"],"question":"Whether it shall go on?"}`}, []string{"", "You answered: ok"}},
		{"delete old.txt", []string{`deleteFile {"path":"old.txt","recursive":false}`}, []string{"", "gone"}},
		{"delete folder src", []string{`deleteFile {"path":"src","recursive":true}`}, []string{"", "gone"}},
		{"move a to b", []string{`moveFile {"from":"a","to":"b"}`}, []string{"", "`b`"}},
		{"list files", []string{`listFiles {"depth":2,"path":"."}`}, []string{"", "ok"}},
		{"search for 'main'", []string{`searchCode {"isRegex":false,"query":"main"}`}, []string{"", "ok"}},
		{"status", []string{`gitStatus {}`}, []string{"", "ok"}},
		{"commit: it works", []string{`gitCommit {"message":"it works"}`}, []string{"", "ok"}},
		{"help", nil, []string{"| say | I call |"}},
		{"what is the meaning of life", nil, []string{"I am a demo model"}},
		{"list; read a.txt\nread b.txt", []string{"listFiles", `readFile {"path":"a.txt"}`, `readFile {"path":"b.txt"}`}, []string{"I look", "This is what I got", "I read `a.txt`", "I read `b.txt`"}},
	} {
		t.Run(s.text, func(t *testing.T) {
			c := newChat(t, demoTools...)
			if err := c.turn(t.Context(), s.text); err != nil {
				t.Fatal(err)
			}
			if len(c.calls) != len(s.calls) || len(c.said) != len(s.said) {
				t.Fatalf("calls %q\nsaid %q", c.calls, c.said)
			}
			for i, want := range s.calls {
				if !strings.HasPrefix(c.calls[i], want) {
					t.Errorf("call %d is %s, want %s", i, c.calls[i], want)
				}
			}
			for i, want := range s.said {
				if !strings.Contains(c.said[i], want) {
					t.Errorf("answer %d is %q, want %q", i, c.said[i], want)
				}
			}
			for _, u := range c.usage {
				if u.Cost != 1_200_000 || !u.CostKnown || u.Prompt == 0 || u.Completion == 0 {
					t.Errorf("usage %+v", u)
				}
			}
			for _, r := range c.server.Chats() {
				if r.Refused != "" {
					t.Error(r.Refused)
				}
			}
		})
	}
}

func TestDemoTakesNoForAnAnswer(t *testing.T) {
	c := newChat(t, demoTools...)
	c.answer = func(call agent.ToolCall) string {
		if call.Name == "deleteFile" {
			return "DENIED: the user refused: keep it. Do not try the same another way."
		}
		return "ok"
	}
	if err := c.turn(t.Context(), "read a.txt; delete a.txt; read b.txt"); err != nil {
		t.Fatal(err)
	}
	if len(c.calls) != 2 || !strings.Contains(c.last(), "You refused it") || !strings.Contains(c.last(), "keep it") {
		t.Errorf("%q %q", c.calls, c.last())
	}
}

func TestDemoReportsErrorsAndGoesOn(t *testing.T) {
	c := newChat(t, demoTools...)
	c.answer = func(call agent.ToolCall) string {
		switch {
		case strings.Contains(string(call.Arguments), "gone.txt"):
			return "NOT_FOUND: no such file: gone.txt."
		case call.Name == "runCommand":
			return "TIMEOUT_BACKGROUND: still running after 60 s"
		}
		return "1\tERROR: this is text of a file"
	}
	if err := c.turn(t.Context(), "replace 'a' with 'b' in gone.txt; read b.txt; run: sleep 99"); err != nil {
		t.Fatal(err)
	}
	if len(c.calls) != 3 || !strings.Contains(c.said[1], "`NOT_FOUND`") || !strings.Contains(c.said[2], "I read `b.txt`") || strings.Contains(c.last(), "did not work") {
		t.Errorf("%q %q", c.calls, c.said)
	}
}

func TestDemoGoesOnWhereItStopped(t *testing.T) {
	c := newChat(t, demoTools...)
	if err := c.turn(t.Context(), "read a.txt; read b.txt"); err != nil {
		t.Fatal(err)
	}
	// As after a crash: the last call has no result, and the user says so.
	c.msgs = agent.Repair(c.msgs[:len(c.msgs)-2])
	if err := c.turn(t.Context(), "Continue."); err != nil {
		t.Fatal(err)
	}
	if len(c.calls) != 0 || !strings.Contains(c.last(), "CANCELLED") {
		t.Errorf("%q %q", c.calls, c.said)
	}
	c.msgs = c.msgs[:3] // the first call and its result
	if err := c.turn(t.Context(), "please continue"); err != nil {
		t.Fatal(err)
	}
	if len(c.calls) != 1 || !strings.Contains(c.calls[0], "b.txt") {
		t.Errorf("%q", c.calls)
	}
}

func TestDemoWithoutTools(t *testing.T) {
	c := newChat(t)
	if err := c.turn(t.Context(), "read a.txt"); err != nil || !strings.Contains(c.last(), "does not offer it") {
		t.Errorf("%v %q", err, c.said)
	}
	// Asked to summarise a conversation that is full of commands.
	c.msgs = agent.SummaryRequest([]agent.Message{{Role: agent.RoleUser, Text: "fail"}})
	c.msgs, c.said = c.msgs[:1], nil
	if err := c.turn(t.Context(), agent.SummaryRequest([]agent.Message{{Role: agent.RoleUser, Text: "fail"}})[1].Text); err != nil || !strings.HasPrefix(c.last(), "## Task") {
		t.Errorf("%v %q", err, c.said)
	}
}

func TestDemoThinks(t *testing.T) {
	c := newChat(t, demoTools...)
	if err := c.turn(t.Context(), "think about it; list"); err != nil || !strings.Contains(c.thoughts, "simple") || !strings.Contains(c.said[0], "thought about it") || len(c.calls) != 1 {
		t.Errorf("%v: thinks %q, says %q", err, c.thoughts, c.said)
	}
}

func TestDemoWritesALongAnswer(t *testing.T) {
	c := newChat(t, demoTools...)
	if err := c.turn(t.Context(), "Write a long answer"); err != nil {
		t.Fatal(err)
	}
	text := c.last()
	if len(text) < 20_000 || len(text) > 25_000 || !strings.HasSuffix(text, "That was all.") {
		t.Errorf("%d bytes, ending in %q", len(text), text[len(text)-20:])
	}
	for _, want := range []string{"# A long", "- ", "|---|---:|", "```ts", "![x](https://evil.example/x.png)", "](https://example.com/"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
}

func TestDemoFails(t *testing.T) {
	c := newChat(t, demoTools...)
	status, _, text, err := postTo(t, c.server, `{"model":"m","messages":[{"role":"user","content":"fail"}]}`)
	if err != nil || status != 500 || !strings.Contains(text, "told to fail") {
		t.Errorf("%d %q %v", status, text, err)
	}
	if err := c.turn(t.Context(), "break off"); agent.CodeOf(err) != agent.CodeTruncated && agent.CodeOf(err) != agent.CodeUnavailable {
		t.Errorf("%v", err)
	}
	c = newChat(t, demoTools...)
	c.answer = func(agent.ToolCall) string { return agent.LoopWarning }
	if err := c.turn(t.Context(), "loop"); err == nil || len(slices.Compact(c.calls)) != 1 {
		t.Errorf("%v %q", err, c.calls)
	}
}

func TestDemoIsSlow(t *testing.T) {
	c := newChat(t, demoTools...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.msgs = []agent.Message{{Role: agent.RoleUser, Text: "slow"}}
	began, pieces := time.Now(), 0
	result, err := c.client.Stream(ctx, agent.Request{Model: "m", Messages: c.msgs}, func(e agent.Event) error {
		if _, ok := e.(agent.TextDelta); ok {
			if pieces++; pieces == 3 {
				cancel()
			}
		}
		return nil
	})
	if agent.CodeOf(err) != agent.CodeCancelled || !strings.HasPrefix(result.Message.Text, "tick tick") {
		t.Fatalf("%v %q", err, result.Message.Text)
	}
	if d := time.Since(began); d < 600*time.Millisecond {
		t.Errorf("three pieces in %s", d)
	}
}

func TestDemoKeepsItsPace(t *testing.T) {
	web := httptest.NewServer(&llmtest.Server{Answer: llmtest.Demo(10 * time.Millisecond), Forgets: true})
	defer web.Close()
	began := time.Now()
	if code, _, text, err := post(t, web, `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"break off"}]}]}`); err == nil || code != 200 || !strings.Contains(text, "This is the ") {
		t.Errorf("%d %q %v", code, text, err)
	}
	if d := time.Since(began); d < 50*time.Millisecond {
		t.Errorf("58 characters in %s", d)
	}
}

func TestForgetfulServerKeepsNothing(t *testing.T) {
	s := &llmtest.Server{Answer: llmtest.Demo(0), Forgets: true}
	if code, _, text, err := postTo(t, s, `{"model":"m","messages":[{"role":"user","content":"help"}]}`); err != nil || code != 200 || !strings.Contains(text, "[DONE]") {
		t.Errorf("%d %q %v", code, text, err)
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests are kept", n)
	}
}

func postTo(t *testing.T, s *llmtest.Server, body string) (int, map[string][]string, string, error) {
	t.Helper()
	web := httptest.NewServer(s)
	defer web.Close()
	code, header, text, err := post(t, web, body)
	return code, header, text, err
}

func TestDemoModelsAreRead(t *testing.T) {
	models, err := newChat(t).client.Models(t.Context())
	if err != nil || len(models) != 2 || models[0].ID != llmtest.DemoModel || !models[0].Tools || !models[0].Images || models[1].Images || models[1].ContextTokens != 32_000 || !models[1].PriceKnown {
		t.Errorf("%+v, %v", models, err)
	}
}

func FuzzDemo(f *testing.F) {
	for _, text := range []string{"help", "plan x", "replace 'a' with \"b\" in c; run `x;y`", "continue", "'", ";;\n", "ask me", "ask me ?", "start a server on 99999", "fail; loop"} {
		f.Add(text, "result", uint8(3))
	}
	model := llmtest.Demo(0)
	f.Fuzz(func(t *testing.T, text, result string, steps uint8) {
		messages := []map[string]any{{"role": "user", "content": text}}
		for i := range steps % 8 {
			messages = append(messages, map[string]any{"role": "assistant", "tool_calls": []map[string]any{{"id": i, "function": map[string]any{"name": "x"}}}})
			if i%3 != 2 {
				messages = append(messages, map[string]any{"role": "tool", "content": result})
			}
		}
		body, err := json.Marshal(map[string]any{"model": text, "messages": messages})
		if err != nil {
			t.Fatal(err)
		}
		r := llmtest.Request{Body: body}
		json.Unmarshal(body, &r.Chat)
		if len(model(r)) == 0 {
			t.Fatal("no answer")
		}
	})
}
