package openrouter_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/openrouter"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "sk-or-v1-0123456789abcdef"

var tools = []agent.Tool{
	{Name: "readFile", Description: "reads", Schema: json.RawMessage(`{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}`)},
	{Name: "grep", Schema: json.RawMessage(`{"type":"object"}`)},
	{Name: "read", Schema: json.RawMessage(`{"type":"object"}`)},
}

func question() agent.Request {
	return agent.Request{Model: "test/model", Messages: []agent.Message{{Role: agent.RoleUser, Text: "hello"}}, Tools: tools}
}

// serve starts s, and a client of it. Options are for one of kind openrouter.
func serve(t *testing.T, s *llmtest.Server, change ...func(*openrouter.Options)) *openrouter.Client {
	t.Helper()
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	return connect(t, web.URL+"/api/v1", change...)
}

func connect(t *testing.T, url string, change ...func(*openrouter.Options)) *openrouter.Client {
	t.Helper()
	o := openrouter.Options{BaseURL: url, Key: key, Kind: openrouter.KindOpenRouter}
	for _, f := range change {
		f(&o)
	}
	c, err := openrouter.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// heard is what a caller of Stream saw.
type heard struct {
	events []agent.Event
	result agent.Result
	err    error
}

func ask(ctx context.Context, c *openrouter.Client, req agent.Request) heard {
	var h heard
	h.result, h.err = c.Stream(ctx, req, func(e agent.Event) error {
		h.events = append(h.events, e)
		return nil
	})
	return h
}

// String is all of it in one line, ids left out if made up.
func (h heard) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q", h.result.Message.Text)
	if r := h.result.Message.Reasoning; r.Text != "" {
		fmt.Fprintf(&b, " thinks %q", r.Text)
	}
	for _, c := range h.result.Message.Calls {
		id := c.ID
		if strings.HasPrefix(id, "call_") && len(id) == 29 {
			id = "*"
		}
		fmt.Fprintf(&b, " %s:%s%s", id, c.Name, c.Arguments)
		if c.Invalid != "" {
			b.WriteString("!" + c.Invalid)
		}
	}
	if h.err != nil {
		fmt.Fprintf(&b, " ERR %s", agent.CodeOf(h.err))
	} else {
		fmt.Fprintf(&b, " %s", h.result.Finish)
	}
	return b.String()
}

// consistent checks that the events tell the same as the result.
func (h heard) consistent(t *testing.T) {
	t.Helper()
	text, thoughts, attempt := "", "", 0
	args := map[int]string{}
	ids := map[int]string{}
	ended := 0
	for _, e := range h.events {
		switch e := e.(type) {
		case agent.Started:
			attempt++
		case agent.TextDelta:
			text += e.Text
		case agent.ReasoningDelta:
			thoughts += e.Text
		case agent.ToolStart:
			if e.Index != len(ids) || e.ID == "" {
				t.Errorf("call %d starts as number %d with id %q", len(ids), e.Index, e.ID)
			}
			ids[e.Index] = e.ID
		case agent.ToolArguments:
			if ids[e.Index] != e.ID || e.ID == "" {
				t.Errorf("arguments of call %d have id %q, it has %q", e.Index, e.ID, ids[e.Index])
			}
			args[e.Index] += e.Delta
		case agent.ToolEnd:
			if e.Index != ended || ids[e.Index] != e.Call.ID {
				t.Errorf("call %d ends as number %d, id %q", ended, e.Index, e.Call.ID)
			}
			ended++
		}
	}
	if m := h.result.Message; text != m.Text || thoughts != m.Reasoning.Text {
		t.Errorf("events tell %q and %q, the result %q and %q", text, thoughts, m.Text, m.Reasoning.Text)
	}
	seen := map[string]bool{}
	for _, c := range h.result.Message.Calls {
		if seen[c.ID] || !json.Valid(c.Arguments) {
			t.Errorf("call %+v: its id is there twice, or the arguments are no JSON", c)
		}
		seen[c.ID] = true
	}
	if h.err == nil && ended != len(h.result.Message.Calls) {
		t.Errorf("%d calls ended, %d are in the result", ended, len(h.result.Message.Calls))
	}
	if h.err != nil && (ended > 0 || len(h.result.Message.Calls) > 0) {
		t.Errorf("calls in an answer that failed")
	}
}
