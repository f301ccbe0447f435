package agent_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

func TestLoops(t *testing.T) {
	// A letter is a call with its result; the verdicts are . for none, w and s.
	for _, c := range []struct{ name, calls, want string }{
		{"the same", "AAAAAA", "..wwss"},
		{"interrupted", "AABAABAA", "........"},
		{"warned, then something else", "AAABC", "..w.."},
		{"alternating", "ABABABABAB", ".....wwwws"},
		{"three in turn", "ABCABCABCABCABC", "........wwwwwws"},
		{"four in turn", "ABCDABCDABCDABCDABCD", "...................."},
		{"progress", "ABCDEFGH", "........"},
		{"waits", strings.Repeat("P", 21), strings.Repeat(".", 11) + strings.Repeat("w", 8) + "ss"},
	} {
		l := agent.Loops{Waits: map[string]bool{"P": true}}
		got := ""
		for _, name := range c.calls {
			got += string(".ws"[l.Note(agent.ToolCall{ID: got, Name: string(name), Arguments: json.RawMessage(`{}`)}, "r")])
		}
		if got != c.want {
			t.Errorf("%s: %s\n gives %s, want %s", c.name, c.calls, got, c.want)
		}
	}
}

func TestLoopsSeeWhatDiffers(t *testing.T) {
	call := func(arguments string) agent.ToolCall {
		return agent.ToolCall{Name: "readFile", Arguments: json.RawMessage(arguments)}
	}
	var l agent.Loops
	for i, result := range []string{"1", "2", "3", "4", "5"} {
		if l.Note(call(`{}`), result) != agent.LoopNone {
			t.Errorf("call %d has another result", i)
		}
	}
	l = agent.Loops{}
	l.Note(call(`{"a":1,"b":2}`), "r")
	l.Note(call(`{"b":2, "a":1}`), "r")
	if l.Note(call(`{"b":2,"a":1}`), "r") != agent.LoopWarn {
		t.Error("the order of arguments makes another call")
	}
	if l.Note(call(`{"b":2,"a":1.0}`), "r") != agent.LoopNone || l.Note(call(`{`), "r") != agent.LoopNone {
		t.Error("other arguments are the same call")
	}
}

func TestLoopsLetProcessesTakeTheirTime(t *testing.T) {
	var l agent.Loops
	for i := range 11 {
		if l.Note(agent.ToolCall{Name: "readProcess"}, "running") != agent.LoopNone {
			t.Fatalf("look %d is a loop", i)
		}
	}
}

func TestLoopsForget(t *testing.T) {
	var l agent.Loops
	for i := range 10_000 {
		want := agent.LoopStop
		if i < 2 {
			want = agent.LoopNone
		} else if i < 4 {
			want = agent.LoopWarn
		}
		if got := l.Note(agent.ToolCall{Name: "a"}, "r"); got != want {
			t.Fatalf("call %d: %d", i, got)
		}
	}
}
