package chat_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// sleeper is a command that nobody else runs, and that says when it does.
const sleeper = "echo it-began; sleep 98.7654321"

// running reports whether a process has a word of text among its arguments.
func running(text string) bool {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	return slices.ContainsFunc(files, func(f string) bool {
		raw, _ := os.ReadFile(f)
		return bytes.Contains(raw, []byte(text))
	})
}

// halfACall is an answer that stops in the middle of a call's arguments.
var halfACall = llmtest.Delta(`{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"writeFile","arguments":"{\"path\":\"a.txt\",\"content\":\"abc"}}]}`)

// phases are what a turn can be in the middle of.
var phases = []struct {
	name   string
	mode   permission.Mode
	script llmtest.Script
	during func(uistream.Chunk) bool
	text   string // said by then
	call   string // the state of the call c1 at the end, "" for none
}{
	{"waiting for the provider", permission.ModeAuto, llmtest.Script{llmtest.Hang()}, data("status", "Waiting for"), "", ""},
	{"thinking", permission.ModeAuto, llmtest.Script{llmtest.Delta(`{"reasoning":"Hm"}`), llmtest.Hang()}, is[uistream.ReasoningDelta], "", ""},
	{"text", permission.ModeAuto, llmtest.Script{llmtest.Delta(`{"content":"Hello"}`), llmtest.Hang()}, textHas("Hello"), "Hello", ""},
	{"arguments", permission.ModeAuto, llmtest.Script{llmtest.Delta(`{"content":"So:"}`), halfACall, llmtest.Hang()}, is[uistream.ToolInputDelta], "So:", "output-error"},
	{"a command", permission.ModeAuto, calls("c1", "runCommand", `{"command":"`+sleeper+`"}`, "c2", "writeFile", writeA), data("term", "it-began"), "", "output-error"},
	{"an approval", permission.ModeAsk, calls("c1", "writeFile", writeA, "c2", "writeFile", writeB), is[uistream.ToolApprovalRequest], "", "output-error"},
	{"a question", permission.ModeAsk, calls("c1", "askUser", `{"question":"Which?"}`), is[uistream.ToolApprovalRequest], "", "output-error"},
}

func TestStopInEveryPhase(t *testing.T) {
	noLeaks(t)
	for _, p := range phases {
		t.Run(p.name, func(t *testing.T) {
			s := newStand(t, nil)
			c := s.chat(p.mode)
			s.llm.Add(p.script, say("As you like."))
			v := s.send(c, "Work")
			v.until("the phase", p.during)
			s.reached(1)
			must(t, s.service.Stop(t.Context(), c.ID, "another"))
			if s.get(c).Run.TurnID != v.log.Run() || v.log.Ended() || s.service.Stream(c) != v.log {
				t.Fatal("the turn was stopped by what was meant for another")
			}
			must(t, s.service.Stop(t.Context(), c.ID, v.log.Run()))
			must(t, s.service.Stop(t.Context(), c.ID, ""))
			m := v.rest()
			if state(m) != "stopped" || problem(m) != "" || v.finish() != "other" || text(m) != p.text {
				t.Errorf("the turn ended as %s %s %s and said %q", state(m), problem(m), v.finish(), text(m))
			}
			if got := part(m, "c1"); got.State != p.call {
				t.Errorf("the call's part is %+v", got)
			}
			allClosed(t, m)
			eventually(t, "the command is gone", func() bool { return !running("98.7654321") })
			if s.file("a.txt") != "(none)" {
				t.Error("a file was written after the stop")
			}
			sameMessage(t, "the history", s.history(c)[1], m)
			must(t, s.service.Stop(t.Context(), c.ID, "")) // of what does not run
			if again := s.send(c, "Something else").rest(); text(again) != "As you like." {
				t.Errorf("the next turn said %q", text(again))
			}
			if p.text != "" && !slices.ContainsFunc(s.lastAsked(), func(m said) bool { return m.Role == "assistant" && strings.HasPrefix(m.Text, p.text) }) {
				t.Errorf("the model does not know what it said: %q", s.lastAsked())
			}
		})
	}
}

func TestStopWhileTheWorkspaceStarts(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	s.space.hold = make(chan struct{})
	c := s.chat(permission.ModeAuto)
	v := s.send(c, "Work")
	v.until("the start", data("status", "Starting the workspace"))
	must(t, s.service.Stop(t.Context(), c.ID, ""))
	if m := v.rest(); state(m) != "stopped" || problem(m) != "" {
		t.Errorf("the turn ended as %s %s", state(m), problem(m))
	}
	close(s.space.hold)
	s.llm.Add(say("Here."))
	if m := s.send(c, "Again").rest(); text(m) != "Here." {
		t.Errorf("the next turn said %q", text(m))
	}
	if n := len(s.asked()); n != 1 {
		t.Errorf("the provider was asked %d times", n)
	}
}

func TestTheWorkspaceStartsLate(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	s.space.hold = make(chan struct{})
	c := s.chat(permission.ModeAuto)
	s.llm.Add(say("Here."))
	v := s.send(c, "Work")
	v.until("the start", data("status", "Starting the workspace"))
	close(s.space.hold)
	if m := v.rest(); text(m) != "Here." {
		t.Errorf("the turn said %q", text(m))
	}
}

// allClosed fails the test if a part of a finished message is still being made.
func allClosed(t *testing.T, m uistream.Message) {
	t.Helper()
	for _, p := range m.Parts {
		if !slices.Contains([]string{"", "done", "output-available", "output-error", "output-denied"}, p.State) {
			t.Errorf("the part %s %s is left as %s", p.Type, p.ToolCallID, p.State)
		}
	}
}

func TestStopOfNothing(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	if err := s.service.Stop(t.Context(), "nowhere", ""); err != chat.ErrNotFound {
		t.Errorf("stopping in no chat: %v", err)
	}
}
