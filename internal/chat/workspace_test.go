package chat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

func TestProjectNotes(t *testing.T) {
	noLeaks(t)
	for _, p := range []struct {
		name  string
		files map[string]string
		told  string // "" for nothing
		path  string
	}{
		{"in the root", map[string]string{"AGENTS.md": "Use zebras.", "CLAUDE.md": "Use lions.", "p/AGENTS.md": "Use cats."}, "Use zebras.", "AGENTS.md"},
		{"by the other name", map[string]string{"CLAUDE.md": "Use lions."}, "Use lions.", "CLAUDE.md"},
		{"in the one project", map[string]string{"p/AGENTS.md": "Use cats.", ".git/x": "y"}, "Use cats.", "p/AGENTS.md"},
		{"in one of two projects", map[string]string{"p/AGENTS.md": "Use cats.", "q/x": "y"}, "", ""},
		{"empty", map[string]string{"AGENTS.md": " \n"}, "", ""},
		{"with a secret", map[string]string{"AGENTS.md": "The key is " + serverKey}, "The key is [redacted", "AGENTS.md"},
		{"binary", map[string]string{"AGENTS.md": "a\x00\xff"}, "", ""},
	} {
		t.Run(p.name, func(t *testing.T) {
			s := newStand(t, nil)
			for name, content := range p.files {
				s.write(name, content)
			}
			c := s.chat(permission.ModeAuto)
			s.llm.Add(say("Yes."))
			m := s.send(c, "Work").rest()
			system := s.lastAsked()[0]
			told := p.told != "" && strings.Contains(system.Text, p.told)
			if system.Role != "system" || told != (p.told != "") || strings.Contains(system.Text, serverKey) {
				t.Errorf("the model is told %q", system)
			}
			shown := part(m, "data-notice")
			if (notices(m) == "instructions") != (p.told != "") || p.told != "" && !strings.Contains(member(shown.Data, "text"), p.path) {
				t.Errorf("the notices are %q: %s", notices(m), shown.Data)
			}
			if p.told == "" && (strings.Contains(system.Text, "cats") || strings.Contains(system.Text, "lions")) {
				t.Errorf("the model is told %q", system)
			}
		})
	}
}

func TestSecretsStayOut(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	must(t, s.service.SetKey(t.Context(), s.user, ownKey))
	s.write("keys.txt", "server "+serverKey+"\nown "+ownKey+"\n")
	c := s.chat(permission.ModeAuto)
	s.llm.Add(
		calls("c1", "runCommand", `{"command":"X=$(cat keys.txt); echo \"$X\"; echo end"}`, "c2", "readFile", `{"path":"keys.txt"}`, "c3", "searchCode", `{"query":"sk-or"}`,
			"c4", "writeFile", `{"path":"again.txt","content":"x"}`),
		calls("c5", "readFile", `{"path":"`+serverKey+`"}`, "c6", "runCommand", `{"command":"cat keys.txt >&2; exit 3"}`),
		say("Done."),
	)
	v := s.send(c, "Show the keys")
	v.rest()
	for _, chunk := range v.chunks {
		in, whole := chunk.(uistream.ToolInputAvailable)
		piece, written := chunk.(uistream.ToolInputDelta)
		if whole && in.ToolCallID == "c5" || written && piece.ToolCallID == "c5" {
			continue // what the model itself wrote
		}
		raw, err := uistream.Encode(chunk)
		must(t, err)
		for _, key := range []string{serverKey, ownKey} {
			if strings.Contains(string(raw), key) {
				t.Errorf("a key is in the stream: %s", raw)
			}
		}
	}
	if !slices.ContainsFunc(v.chunks, data("term", "end")) && part(v.message(), "c1").State != "output-available" {
		t.Error("the command said nothing")
	}
	if p := part(v.message(), "c1"); !strings.Contains(string(p.Output), "redacted") {
		t.Errorf("the output is %s", p.Output)
	}
	for _, m := range s.lastAsked() {
		if m.Role == "tool" && (strings.Contains(m.Text, serverKey) || strings.Contains(m.Text, ownKey)) {
			t.Errorf("the model is told a key: %s", m.Text)
		}
	}
}

func TestASecretInTwoPiecesStaysOutOfTheLiveOutput(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	s.write("half1", serverKey[:20])
	s.write("half2", serverKey[20:])
	c := s.chat(permission.ModeAuto)
	s.llm.Add(calls("c1", "runCommand", `{"command":"cat half1; sleep 0.4; cat half2; echo; echo end; until test -e seen; do sleep 0.05; done"}`), say("Done."))
	v := s.send(c, "Show it")
	shown := ""
	v.until("the end of the output", func(chunk uistream.Chunk) bool {
		if d, ok := chunk.(uistream.Data); ok && d.Name == uistream.DataTerm {
			shown += member(d.Data, "text")
		}
		return strings.Contains(shown, "end")
	})
	// Only now: the output of a command that has ended is its result's to show.
	s.write("seen", "")
	v.rest()
	if strings.Contains(shown, serverKey) || strings.Contains(shown, serverKey[20:]) {
		t.Errorf("shown was %q", shown)
	}
}

func TestTheConnectionIsLost(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAuto)
	s.llm.Add(calls("c1", "runCommand", `{"command":"`+sleeper+`"}`), calls("c2", "writeFile", writeA), say("Done."))
	v := s.send(c, "Work")
	v.until("the command runs", data("term", "it-began"))
	s.space.listener.cut()
	m := v.rest()
	if p := part(m, "c1"); p.State != "output-error" || !strings.HasPrefix(p.ErrorText, "BRIDGE_LOST: ") {
		t.Errorf("the command's part is %+v", p)
	}
	if text(m) != "Done." || notices(m) != "retry" || s.file("a.txt") != "one\n" || s.space.dialed != 2 {
		t.Errorf("the turn said %q, with the notices %q, %s; a.txt has %q; dialled %d times", text(m), notices(m), problem(m), s.file("a.txt"), s.space.dialed)
	}
	sameMessage(t, "the history", s.history(c)[1], m)
}

func TestTheWorkspaceIsGone(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAuto)
	open := make(chan struct{})
	s.llm.Add(slices.Concat(llmtest.Script{content("Let me see. "), gate(open)}, calls("c1", "listFiles", `{}`)), say("Here."))
	v := s.send(c, "Work")
	v.until("some text", textHas("Let me"))
	s.space.mu.Lock()
	s.space.fail = errors.New("no space left on the server")
	s.space.mu.Unlock()
	s.space.listener.cut()
	close(open)
	m := v.rest()
	if problem(m) != "workspace_unavailable" || !strings.Contains(member(part(m, "data-error").Data, "message"), "no space left") || part(m, "c1").State != "output-error" {
		t.Errorf("the turn ended as %s; the call as %+v", part(m, "data-error").Data, part(m, "c1"))
	}
	s.space.mu.Lock()
	s.space.fail = nil
	s.space.mu.Unlock()
	if m := s.send(c, "Again").rest(); text(m) != "Here." {
		t.Errorf("the next turn said %q", text(m))
	}
}

// light is a store that keeps what turns say in memory: writing megabytes would be most of
// the work.
type light struct {
	chat.Store
	mu    sync.Mutex
	turns map[string]chat.Turn
}

// PutTranscript implements chat.Store.
func (*light) PutTranscript(context.Context, chat.Transcript) error { return nil }

// AppendJournal implements chat.Store.
func (*light) AppendJournal(context.Context, chat.JournalEntry) error { return nil }

// PutTurn implements chat.Store.
func (l *light) PutTurn(_ context.Context, t chat.Turn) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turns[t.ID] = t
	return nil
}

// GetTurn implements chat.Store.
func (l *light) GetTurn(_ context.Context, id string) (chat.Turn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.turns[id], nil
}

// A turn that fills its log ends with a word about it, in the stream and in the history.
func TestATurnThatFillsItsLog(t *testing.T) {
	noLeaks(t)
	s := newStand(t, func(s *stand) {
		s.options.Store = &light{Store: s.options.Store, turns: map[string]chat.Turn{}}
		s.options.Budgets.Turn, s.llm.Strict, s.llm.Forgets = 0, false, true
		s.llm.Models = strings.ReplaceAll(`{"data":[{"id":"test/model","name":"M","context_length":N,"pricing":{"prompt":"0","completion":"0"},
			"top_provider":{"context_length":N,"max_completion_tokens":1000000},"supported_parameters":["tools","max_tokens"]}]}`, "N", "50000000")
		n := 0
		s.llm.Answer = func(r llmtest.Request) llmtest.Script {
			if n++; n > 20 {
				return say("Short.")
			}
			id := fmt.Sprintf("c%d", n)
			return llmtest.Reply{Text: strings.Repeat(id+" is long. ", 200_000), PieceRunes: 500_000, Calls: []llmtest.Call{{ID: id, Name: "findFiles", Arguments: fmt.Sprintf(`{"pattern":"*.%d"}`, n)}}}.Script()
		}
	})
	c := s.chat(permission.ModeAuto)
	v := s.send(c, "Write a lot")
	m := v.rest()
	if problem(m) != "turn_too_long" || state(m) != "failed" || v.finish() != "error" {
		t.Errorf("the turn ended as %s %q %s", state(m), problem(m), v.finish())
	}
	allClosed(t, m)
	sameMessage(t, "the history", s.history(c)[1], m)
}
