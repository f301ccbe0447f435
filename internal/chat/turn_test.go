package chat_test

import (
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

// calls is an answer that makes calls: an ID, a tool and JSON arguments each.
func calls(all ...string) llmtest.Script {
	var r llmtest.Reply
	for i := 0; i+2 < len(all); i += 3 {
		r.Calls = append(r.Calls, llmtest.Call{ID: all[i], Name: all[i+1], Arguments: all[i+2]})
	}
	return r.Script()
}

func say(text string) llmtest.Script { return llmtest.Reply{Text: text}.Script() }

func TestATurn(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAutoEdit)
	s.llm.Add(
		llmtest.Reply{Reasoning: "A file, then.", Text: "I write it.", Cost: "0.000123456", Calls: []llmtest.Call{{ID: "c1", Name: "writeFile", Arguments: `{"path":"src/a.txt","content":"one\ntwo\n"}`}}}.Script(),
		llmtest.Reply{Text: "It is written.", Cost: "0.000000001"}.Script(),
		say("You are welcome."),
	)
	v := s.send(c, "\n Write a file, please \nwith two lines")
	m := v.rest()
	if got := s.file("src/a.txt"); got != "one\ntwo\n" {
		t.Errorf("the file has %q", got)
	}
	if v.finish() != "stop" || state(m) != "done" || text(m) != "I write it.It is written." {
		t.Errorf("the turn ended as %s, %s, and said %q", v.finish(), state(m), text(m))
	}
	h := s.history(c)
	if len(h) != 2 {
		t.Fatalf("the history has %d messages", len(h))
	}
	sameMessage(t, "the history", h[1], m)
	if p := part(m, "c1"); p.State != "output-available" || member(p.Output, "created") != "true" {
		t.Errorf("the call's part is %+v", p)
	}
	now := s.get(c)
	if now.Title != "Write a file, please" || now.Cost != 123_457 || now.Run.TurnID != "" || now.ContextWindow != 200_000 {
		t.Errorf("the chat is %+v", now)
	}
	usage := part(m, "data-usage").Data
	if member(usage, "cost") != "0.000123457" || member(usage, "steps") != "2" || member(usage, "turnBudget") != "1" || member(usage, "contextWindow") != "200000" {
		t.Errorf("the usage is %s", usage)
	}
	checkpoint := member(part(m, "data-checkpoint").Data, "checkpoint")
	if diff := part(m, "data-diff").Data; checkpoint == "" || member(diff, "checkpoint") != checkpoint || !strings.Contains(string(diff), `{"path":"src/a.txt","status":"added","added":2,"removed":0}`) {
		t.Errorf("the checkpoint is %q, the changes are %s", checkpoint, diff)
	}
	if member(m.Metadata, "model") != "test/model" || member(m.Metadata, "runId") != m.ID || member(m.Metadata, "mode") != "autoEdit" || member(m.Metadata, "durationMs") == "" || member(m.Metadata, "cost") != "0.000123457" {
		t.Errorf("the metadata are %s", m.Metadata)
	}
	inOrder(t, v, "start", "start-step", "reasoning-start", "reasoning-end", "text-start", "text-end", "tool-input-start", "tool-input-available",
		"data-checkpoint", "tool-output-available", "finish-step", "start-step", "text-start", "finish-step", "data-diff", "message-metadata", "finish")
	s.send(c, "Thanks").rest()
	asked := s.lastAsked()
	if len(asked) != 6 || asked[5] != (said{"user", "Thanks"}) || asked[4] != (said{"assistant", "It is written."}) {
		t.Errorf("the model was told %q", asked)
	}
	eventually(t, "the end is counted", func() bool { return s.counts.turn("done") == 2 })
	s.counts.add(func() {
		if s.counts.started != 2 || s.counts.cost != 123_457 || s.counts.tools["writeFile ok"] != 1 {
			t.Errorf("counted were %+v", s.counts)
		}
	})
}

// inOrder fails the test unless chunks of these types came in this order, whatever was
// between them.
func inOrder(t *testing.T, v *viewer, types ...string) {
	t.Helper()
	for _, c := range v.chunks {
		if len(types) > 0 && c.Type() == types[0] {
			types = types[1:]
		}
	}
	if len(types) > 0 {
		t.Errorf("%s did not come when it should:\n%s", types[0], v)
	}
}
