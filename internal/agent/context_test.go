package agent_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// stored is a conversation as bad as one may be found in a store: any roles in any order,
// ids that repeat or are none, results nowhere and twice.
func stored() *rapid.Generator[[]agent.Message] {
	text := rapid.SampledFrom([]string{"", " \n", "x", "some text", "öß\x00", strings.Repeat("long ", 50)})
	id := rapid.SampledFrom([]string{"", "c1", "c2", "c1-2", "with space", "ümlaut", strings.Repeat("x", 70), strings.Repeat("x", 64)})
	call := rapid.Custom(func(t *rapid.T) agent.ToolCall {
		return agent.ToolCall{
			ID: id.Draw(t, "id"), Name: rapid.SampledFrom([]string{"readFile", "no such", ""}).Draw(t, "name"),
			Arguments: json.RawMessage(rapid.SampledFrom([]string{"", "{}", `{"path":"a"}`, "[]", "null", `{"path":`, "7"}).Draw(t, "arguments")),
			Invalid:   rapid.SampledFrom([]string{"", "", agent.InvalidCutOff}).Draw(t, "invalid"),
		}
	})
	message := rapid.Custom(func(t *rapid.T) agent.Message {
		m := agent.Message{Role: rapid.SampledFrom([]string{agent.RoleSystem, agent.RoleUser, agent.RoleAssistant, agent.RoleAssistant, agent.RoleTool, agent.RoleTool, "strange"}).Draw(t, "role"), Text: text.Draw(t, "text")}
		switch m.Role {
		case agent.RoleUser:
			m.Images = rapid.SampledFrom([][]agent.Image{nil, nil, {{MediaType: "image/png", Data: []byte("x")}}, {{MediaType: "text/html", Data: []byte("x")}}, {{MediaType: "image/png"}}}).Draw(t, "images")
		case agent.RoleAssistant:
			m.Calls = rapid.SliceOfN(call, 0, 3).Draw(t, "calls")
			m.Reasoning.Text = text.Draw(t, "reasoning")
		case agent.RoleTool:
			m.CallID = id.Draw(t, "call")
		}
		return m
	})
	return rapid.SliceOfN(message, 0, 20)
}

// work is a conversation as it should be: turns with steps, calls and results.
func work() *rapid.Generator[[]agent.Message] {
	return rapid.Custom(func(t *rapid.T) []agent.Message {
		msgs := []agent.Message{{Role: agent.RoleSystem, Text: "system"}}
		n := 0
		for turn := range rapid.IntRange(1, 5).Draw(t, "turns") {
			msgs = append(msgs, agent.Message{Role: agent.RoleUser, Text: fmt.Sprint("turn ", turn)})
			for range rapid.IntRange(0, 6).Draw(t, "steps") {
				m := agent.Message{Role: agent.RoleAssistant, Text: rapid.SampledFrom([]string{"", "I look."}).Draw(t, "text")}
				var results []agent.Message
				for range rapid.IntRange(1, 3).Draw(t, "calls") {
					n++
					m.Calls = append(m.Calls, agent.ToolCall{ID: fmt.Sprint("c", n), Name: "readFile", Arguments: json.RawMessage(fmt.Sprintf(`{"path":"f%d"}`, n))})
					results = append(results, agent.Message{Role: agent.RoleTool, CallID: fmt.Sprint("c", n), Text: strings.Repeat("r", rapid.SampledFrom([]int{0, 30, 400, 4000, 20000}).Draw(t, "length"))})
				}
				msgs = append(append(msgs, m), results...)
			}
			msgs = append(msgs, agent.Message{Role: agent.RoleAssistant, Text: "done"})
		}
		return append(msgs, agent.Message{Role: agent.RoleUser, Text: "and now"})
	})
}

func TestEstimate(t *testing.T) {
	call := agent.ToolCall{ID: "1234", Name: "read", Arguments: json.RawMessage(`{"p":12}`)}
	for _, c := range []struct {
		name  string
		msgs  []agent.Message
		tools []agent.Tool
		want  int
	}{
		{"nothing", nil, nil, 0},
		{"four bytes are a token", []agent.Message{{Role: agent.RoleUser, Text: "12345678"}}, nil, 4 + 2},
		{"rounded up", []agent.Message{{Role: agent.RoleUser, Text: "1"}}, nil, 4 + 1},
		{"images", []agent.Message{{Role: agent.RoleUser, Images: []agent.Image{{}, {}}}}, nil, 4 + 3000},
		{"a call", []agent.Message{{Role: agent.RoleAssistant, Calls: []agent.ToolCall{call}}}, nil, 8 + 4},
		{"details in place of the text of thoughts", []agent.Message{{Role: agent.RoleAssistant, Reasoning: agent.Reasoning{Text: "12345678", Details: []json.RawMessage{json.RawMessage(`"0123456789"`)}}}}, nil, 4 + 3},
		{"a tool", nil, []agent.Tool{{Name: "read", Description: "reads", Schema: json.RawMessage(`{}`)}}, 4 + 3},
	} {
		if got := agent.Estimate(c.msgs, c.tools); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestSizeAddsWhatCameSinceTheLastAnswer(t *testing.T) {
	msgs := []agent.Message{{Role: agent.RoleUser, Text: strings.Repeat("x", 4000)}, {Role: agent.RoleAssistant, Text: "1234"}, {Role: agent.RoleUser, Text: "1234"}}
	if got := agent.Size(msgs, 5000); got != 5000+10 {
		t.Errorf("%d: the answer and the message after it are not in the 5,000", got)
	}
	if got := agent.Size(msgs, 0); got != agent.Estimate(msgs, nil) {
		t.Errorf("%d without a count", got)
	}
}

func TestBudget(t *testing.T) {
	for _, c := range []struct{ window, output, budget, answer int }{
		{200_000, 64_000, 200_000 - 16_384 - 4_096, 16_384},
		{200_000, 8_000, 200_000 - 8_000 - 4_096, 8_000},
		{200_000, 0, 200_000 - 16_384 - 4_096, 16_384},
		{0, 0, 32_000 - 16_384 - 4_096, 16_384},
		{8_192, 8_192, 2_048, 2_048},
		{1_000, 0, 250, 250},
	} {
		info := agent.ModelInfo{ContextTokens: c.window, MaxOutputTokens: c.output}
		budget, answer := agent.Budget(info), agent.AnswerTokens(info)
		if budget != c.budget || answer != c.answer {
			t.Errorf("window %d, output %d: budget %d, answer %d; want %d and %d", c.window, c.output, budget, answer, c.budget, c.answer)
		}
		if c.window > 0 && budget+answer > c.window {
			t.Errorf("window %d, output %d: %d and %d do not fit", c.window, c.output, budget, answer)
		}
	}
}
