package chat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// mortal is a store as a process sees it that can be killed: what the dead process writes
// goes nowhere. It can also fail for a while.
type mortal struct {
	chat.Store
	mu    sync.Mutex
	dead  bool
	fails int // so many writes more fail
}

var errDown = errors.New("connection refused")

func (m *mortal) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
}

func (m *mortal) fail(times int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fails = times
}

func (m *mortal) failing() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.fails
}

// write holds the lock while f writes, so that nothing is written after kill has returned.
func (m *mortal) write(f func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.dead:
		return nil
	case m.fails > 0:
		m.fails--
		return errDown
	}
	return f()
}

// GetChat implements chat.Store.
func (m *mortal) GetChat(ctx context.Context, id string) (chat.Chat, error) {
	m.mu.Lock()
	dead := m.dead
	m.mu.Unlock()
	if dead {
		return chat.Chat{}, chat.ErrNotFound
	}
	return m.Store.GetChat(ctx, id)
}

// SwapChat implements chat.Store.
func (m *mortal) SwapChat(ctx context.Context, c chat.Chat) error {
	return m.write(func() error { return m.Store.SwapChat(ctx, c) })
}

// PutTurn implements chat.Store.
func (m *mortal) PutTurn(ctx context.Context, t chat.Turn) error {
	return m.write(func() error { return m.Store.PutTurn(ctx, t) })
}

// PutTranscript implements chat.Store.
func (m *mortal) PutTranscript(ctx context.Context, t chat.Transcript) error {
	return m.write(func() error { return m.Store.PutTranscript(ctx, t) })
}

// AppendJournal implements chat.Store.
func (m *mortal) AppendJournal(ctx context.Context, e chat.JournalEntry) error {
	return m.write(func() error { return m.Store.AppendJournal(ctx, e) })
}

// RemoveJournal implements chat.Store.
func (m *mortal) RemoveJournal(ctx context.Context, turnID string) error {
	return m.write(func() error { return m.Store.RemoveJournal(ctx, turnID) })
}

// journal is the message that a turn's journal makes.
func journal(t testing.TB, store chat.Store, turnID string) uistream.Message {
	t.Helper()
	entries, err := store.Journal(context.WithoutCancel(t.Context()), turnID, 0)
	must(t, err)
	var chunks []uistream.Chunk
	for _, e := range entries {
		for line := range bytes.Lines(e.Chunks) {
			c, err := uistream.Decode(line)
			must(t, err)
			chunks = append(chunks, c)
		}
	}
	m, err := uistream.Fold(uistream.Client7, chunks)
	must(t, err)
	return m
}

// covers says what of seen is not in have; nil if have is at least as much.
func covers(have, seen uistream.Message) error {
	parts := map[string][]uistream.Part{}
	key := func(p uistream.Part) string { return p.Type + " " + p.ID + " " + p.ToolCallID }
	for _, p := range have.Parts {
		parts[key(p)] = append(parts[key(p)], p)
	}
	for _, p := range seen.Parts {
		all := parts[key(p)]
		if len(all) == 0 {
			return fmt.Errorf("the part %s is missing", key(p))
		}
		parts[key(p)] = all[1:]
		if p.Text != nil && (all[0].Text == nil || !strings.HasPrefix(*all[0].Text, *p.Text)) {
			return fmt.Errorf("the text %q is missing", *p.Text)
		}
		if p.Approval != nil && (all[0].Approval == nil || all[0].Approval.ID != p.Approval.ID) {
			return fmt.Errorf("the question about %s is missing", p.ToolCallID)
		}
		if strings.HasPrefix(p.State, "output-") && (all[0].State != p.State || !bytes.Equal(all[0].Output, p.Output) || all[0].ErrorText != p.ErrorText) {
			return fmt.Errorf("the result of %s is %s in place of %s", p.ToolCallID, all[0].State, p.State)
		}
	}
	return nil
}

func TestACrashInEveryPhase(t *testing.T) {
	noLeaks(t)
	between := llmtest.Script{content("Next:"), llmtest.Hang()}
	type phase struct {
		name   string
		mode   permission.Mode
		before llmtest.Script // of the step before, if any
		script llmtest.Script
		during func(uistream.Chunk) bool
	}
	all := []phase{{"the second step", permission.ModeAuto, llmtest.Reply{Cost: "0.002", Calls: []llmtest.Call{{ID: "c0", Name: "writeFile", Arguments: writeA}}}.Script(), between, textHas("Next:")}}
	for _, p := range phases {
		all = append(all, phase{p.name, p.mode, nil, p.script, p.during})
	}
	for _, p := range all {
		t.Run(p.name, func(t *testing.T) {
			s := newStand(t, func(s *stand) { s.options.Store = &mortal{Store: s.mongo.Chats()} })
			store, clean := s.options.Store.(*mortal), s.mongo.Chats()
			c := s.chat(p.mode)
			if p.before != nil {
				s.llm.Add(p.before)
			}
			s.llm.Add(p.script)
			v := s.send(c, "Work")
			v.until("the phase", p.during)
			s.reached(1)
			store.kill()
			seen, run := v.message(), v.log.Run()
			first := s.service

			s.options.Store = clean
			s.service = chat.New(s.options)
			defer s.close(s.service)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				s.service.Run(ctx)
			}()
			eventually(t, "the chat is free", func() bool { return s.get(c).Run.TurnID == "" })
			now := s.get(c)
			if !now.Interrupted {
				t.Error("the chat does not say that it was interrupted")
			}
			h := s.history(c)
			if len(h) != 2 {
				t.Fatalf("the history has %d messages", len(h))
			}
			m := h[1]
			if err := covers(m, seen); err != nil {
				t.Errorf("of what the user had seen, %v", err)
			}
			if m.ID != run || state(m) != "interrupted" || problem(m) != "server_restart" {
				t.Errorf("the message is %s, %s, %q", m.ID, state(m), problem(m))
			}
			allClosed(t, m)
			eventually(t, "the journal is gone", func() bool {
				left, err := clean.Journal(t.Context(), run, 0)
				return err == nil && len(left) == 0
			})
			if p.before != nil {
				spent, err := s.ledger.Spent(t.Context(), s.who(c))
				if turn, getErr := clean.GetTurn(t.Context(), run); getErr != nil || turn.Checkpoint == "" || err != nil || now.Cost != spent.Chat || now.Cost != 2_000_000 {
					t.Errorf("the turn's checkpoint is %q, %v; the chat cost %d, %d by the ledger, %v", turn.Checkpoint, getErr, now.Cost, spent.Chat, err)
				}
			}
			if s.service.Stream(c) != nil {
				t.Error("a stream is there of what does not run")
			}
			s.llm.Add(say("Going on."))
			if again := s.send(c, "Go on").rest(); text(again) != "Going on." {
				t.Errorf("the next turn said %q, %s", text(again), problem(again))
			}
			if seenText := text(seen); seenText != "" && !strings.Contains(fmt.Sprint(s.lastAsked()), seenText) {
				t.Errorf("the model does not know that it said %q: %q", seenText, s.lastAsked())
			}
			if s.get(c).Interrupted {
				t.Error("the chat still says that it was interrupted")
			}
			cancel()
			<-ended
			s.close(first)
		})
	}
}

func TestTheServerEndsInTheMiddle(t *testing.T) {
	noLeaks(t)
	for _, p := range phases {
		t.Run(p.name, func(t *testing.T) {
			s := newStand(t, nil)
			c := s.chat(p.mode)
			s.llm.Add(p.script, say("Going on."))
			v := s.send(c, "Work")
			v.until("the phase", p.during)
			s.reached(1)
			s.close(s.service)
			m := v.rest()
			if state(m) != "interrupted" || problem(m) != "server_restart" || v.finish() != "other" || !s.get(c).Interrupted {
				t.Errorf("the turn ended as %s %q %s", state(m), problem(m), v.finish())
			}
			allClosed(t, m)
			sameMessage(t, "the history", s.history(c)[1], m)
			eventually(t, "the command is gone", func() bool { return !running("98.7654321") })
			if _, err := s.service.Send(t.Context(), s.user, request(c, "More", nil)); !errors.Is(err, chat.ErrClosed) {
				t.Errorf("a turn after the end: %v", err)
			}
			s.service = chat.New(s.options)
			defer s.close(s.service)
			if again := s.send(c, "Go on").rest(); text(again) != "Going on." {
				t.Errorf("the next turn said %q, %s", text(again), problem(again))
			}
		})
	}
}

// What viewers get is in the store by then, also while the store fails.
func TestShownIsStored(t *testing.T) {
	noLeaks(t)
	s := newStand(t, func(s *stand) { s.options.Store = &mortal{Store: s.mongo.Chats()} })
	store, clean := s.options.Store.(*mortal), s.mongo.Chats()
	c := s.chat(permission.ModeAuto)
	more := make(chan struct{})
	s.llm.Add(
		llmtest.Script{content("Before. "), gate(more), content("During. "), content("After."), callOf("c1", "writeFile", writeA), llmtest.Finish("tool_calls"), llmtest.Usage(10, 5, "0.0001"), llmtest.Done()},
		llmtest.Reply{Text: strings.Repeat("A long text. ", 50)}.Script(),
	)
	v := s.send(c, "Work")
	check := func() {
		t.Helper()
		if v.log.Ended() {
			return // the journal may be gone
		}
		have := journal(t, clean, v.log.Run())
		if v.log.Ended() {
			return
		}
		if err := covers(have, v.message()); err != nil {
			t.Fatalf("shown was what is not stored: %v", err)
		}
	}
	v.until("some text", textHas("Before"))
	check()
	store.fail(4)
	close(more)
	for v.next() != nil {
		check()
	}
	m := v.message()
	if store.failing() != 0 {
		t.Error("the store did not fail")
	}
	if state(m) != "done" || !strings.HasPrefix(text(m), "Before. During. After.A long") || s.file("a.txt") != "one\n" {
		t.Errorf("the turn ended as %s and said %q", state(m), text(m))
	}
	sameMessage(t, "the history", s.history(c)[1], m)
}

// A store that is gone for good, when the server ends as well, leaves the turn to the next.
func TestTheStoreIsGone(t *testing.T) {
	noLeaks(t)
	s := newStand(t, func(s *stand) { s.options.Store = &mortal{Store: s.mongo.Chats()} })
	store := s.options.Store.(*mortal)
	c := s.chat(permission.ModeAuto)
	s.llm.Add(llmtest.Script{content("Hello"), llmtest.Hang()})
	v := s.send(c, "Work")
	v.until("some text", textHas("Hello"))
	store.fail(1 << 30)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.service.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v", err)
	}
	store.fail(0)
	v.rest()
	if got := s.history(c); len(got) != 2 || text(got[1]) != "Hello" {
		t.Errorf("the history is %+v", got)
	}
}
