package agent_test

import (
	"encoding/json"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/openrouter"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func user(text string) agent.Message { return agent.Message{Role: agent.RoleUser, Text: text} }
func said(text string, calls ...string) agent.Message {
	m := agent.Message{Role: agent.RoleAssistant, Text: text}
	for _, id := range calls {
		m.Calls = append(m.Calls, agent.ToolCall{ID: id, Name: "readFile", Arguments: json.RawMessage("{}")})
	}
	return m
}
func result(id, text string) agent.Message {
	return agent.Message{Role: agent.RoleTool, CallID: id, Text: text}
}

func TestRepair(t *testing.T) {
	system := agent.Message{Role: agent.RoleSystem, Text: "s"}
	goOn := user("Continue where you left off.")
	for _, c := range []struct {
		name       string
		msgs, want []agent.Message
	}{
		{"nothing", nil, nil},
		{"in order", []agent.Message{system, user("a"), said("", "1"), result("1", ""), said("b"), user("c")}, []agent.Message{system, user("a"), said("", "1"), result("1", ""), said("b"), user("c")}},
		{"a result is missing", []agent.Message{user("a"), said("", "1", "2"), result("2", "r")}, []agent.Message{user("a"), said("", "1", "2"), result("1", agent.Cancelled), result("2", "r")}},
		{"results out of order, and late", []agent.Message{user("a"), said("", "1", "2"), result("2", "r2"), user("b"), result("1", "r1")}, []agent.Message{user("a"), said("", "1", "2"), result("1", "r1"), result("2", "r2"), user("b")}},
		{"a result of no call", []agent.Message{user("a"), result("9", "r"), said("b"), user("c")}, []agent.Message{user("a"), said("b"), user("c")}},
		{"a result twice", []agent.Message{user("a"), said("", "1"), result("1", "r"), result("1", "again")}, []agent.Message{user("a"), said("", "1"), result("1", "r")}},
		{"an id twice", []agent.Message{user("a"), said("", "1"), result("1", "r"), said("", "1"), result("1", "s")}, []agent.Message{user("a"), said("", "1"), result("1", "r"), said("", "1-2"), result("1-2", "s")}},
		{"an id twice in a message", []agent.Message{user("a"), said("", "1", "1"), result("1", "r"), result("1", "s")}, []agent.Message{user("a"), said("", "1", "1-2"), result("1", "r"), result("1-2", "s")}},
		{"an old call without result, its id used again", []agent.Message{user("a"), said("", "1"), user("b"), said("", "1"), result("1", "r")}, []agent.Message{user("a"), said("", "1"), result("1", agent.Cancelled), user("b"), said("", "1-2"), result("1-2", "r")}},
		{"an answer that broke off", []agent.Message{user("a"), said("first"), said("second", "1"), result("1", "r")}, []agent.Message{user("a"), said("first\n\nsecond", "1"), result("1", "r")}},
		{"nothing said", []agent.Message{user("a"), said(" \n"), user(""), said("", "1"), result("1", "r")}, []agent.Message{user("a"), said("", "1"), result("1", "r")}},
		{"begins with an answer", []agent.Message{said("x", "1"), result("1", "r"), user("a")}, []agent.Message{user("a")}},
		{"ends with an answer", []agent.Message{user("a"), said("half of")}, []agent.Message{user("a"), said("half of"), goOn}},
		{"told to continue, then something else", []agent.Message{user("a"), said("half of"), goOn, user("b")}, []agent.Message{user("a"), said("half of"), user("b")}},
		{"told to continue, and did", []agent.Message{user("a"), said("half of"), goOn, said("it"), user("b")}, []agent.Message{user("a"), said("half of"), goOn, said("it"), user("b")}},
		{"a system message later", []agent.Message{system, user("a"), system}, []agent.Message{system, user("a"), user("s")}},
	} {
		if diff := cmp.Diff(c.want, agent.Repair(c.msgs)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestRepairMendsArguments(t *testing.T) {
	m := said("", "a", "b", "c")
	m.Calls[0].Arguments = json.RawMessage(`{"path":`)
	m.Calls[1].Arguments = json.RawMessage(`null`)
	m.Calls[2].Arguments, m.Calls[2].Invalid = json.RawMessage(`{"a":1}`), agent.InvalidCutOff
	for _, c := range agent.Repair([]agent.Message{user("x"), m})[1].Calls {
		if string(c.Arguments) != "{}" {
			t.Errorf("%s: %s", c.ID, c.Arguments)
		}
	}
	if string(m.Calls[1].Arguments) != "null" {
		t.Error("the stored message was changed")
	}
}

func TestStrictServerAcceptsWhateverWasStored(t *testing.T) {
	server := &llmtest.Server{Strict: true, Answer: func(llmtest.Request) llmtest.Script { return llmtest.Reply{Text: "ok"}.Script() }}
	web := httptest.NewServer(server)
	defer web.Close()
	client, err := openrouter.New(openrouter.Options{BaseURL: web.URL + "/v1", Key: "k", Kind: openrouter.KindOpenRouter})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	tools := []agent.Tool{{Name: "readFile", Schema: json.RawMessage(`{"type":"object"}`)}}
	rapid.Check(t, func(rt *rapid.T) {
		msgs := stored().Draw(rt, "messages")
		repaired := agent.Repair(msgs)
		if diff := cmp.Diff(repaired, agent.Repair(repaired)); diff != "" {
			rt.Fatalf("repairing twice changes more:\n%s", diff)
		}
		if len(repaired) == 0 || repaired[len(repaired)-1].Role == agent.RoleSystem {
			return // no user said anything
		}
		_, err := client.Stream(t.Context(), agent.Request{Model: "m", Messages: repaired, Tools: tools}, func(agent.Event) error { return nil })
		if err != nil {
			rt.Fatalf("%v\nof %+v", err, repaired)
		}
	})
}

// What was sent stays what it is when the conversation grows, but for its end: a cancelled
// call, and a text that goes on.
func TestRepairIsStableWhenTheConversationGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		msgs := work().Draw(t, "messages")
		cut := rapid.IntRange(0, len(msgs)).Draw(t, "cut")
		for cut < len(msgs) && msgs[cut].Role != agent.RoleUser {
			cut++
		}
		before, after := agent.Repair(msgs[:cut]), agent.Repair(msgs)
		if whole := agent.Repair(append(before[:len(before):len(before)], msgs[cut:]...)); !cmp.Equal(whole, after) {
			t.Fatal("repairing in two parts gives something else")
		}
		if n := len(before); n > 0 && before[n-1].Text == "Continue where you left off." {
			before = before[:n-1]
		}
		if diff := cmp.Diff(before, after[:len(before)]); diff != "" {
			t.Fatal(diff)
		}
	})
}
