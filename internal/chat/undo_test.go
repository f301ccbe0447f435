package chat_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

func TestRegenerate(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAuto)
	s.llm.Add(say("One."), say("Two."), say("Other two."), say("Other one."))
	if _, err := s.service.Send(t.Context(), s.user, request(c, "x", map[string]any{"trigger": "regenerate-message"})); !isInvalid(err, "trigger") {
		t.Errorf("before there is an answer: %v", err)
	}
	s.send(c, "First").rest()
	s.send(c, "Second").rest()
	old := s.history(c)
	s.sendRequest(request(c, "ignored", map[string]any{"trigger": "regenerate-message"})).rest()
	h := s.history(c)
	if len(h) != 4 || text(h[2]) != "Second" || text(h[3]) != "Other two." || h[2].ID != old[2].ID || h[3].ID == old[3].ID {
		t.Errorf("the history is %+v", h)
	}
	if asked := s.lastAsked(); asked[len(asked)-1] != (said{"user", "Second"}) || len(asked) != 4 {
		t.Errorf("the model was told %q", asked)
	}
	s.sendRequest(request(c, "ignored", map[string]any{"trigger": "regenerate-message", "messageId": h[1].ID})).rest()
	if h := s.history(c); len(h) != 2 || text(h[1]) != "Other one." {
		t.Errorf("the history is %+v", h)
	}
	if _, err := s.service.Send(t.Context(), s.user, request(c, "x", map[string]any{"trigger": "regenerate-message", "messageId": "nothing"})); !isInvalid(err, "messageId") {
		t.Errorf("of an unknown message: %v", err)
	}
	if left, err := s.options.Store.GetTurn(t.Context(), old[3].ID); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a dropped turn is left: %+v, %v", left, err)
	}
}

func isInvalid(err error, field string) bool {
	e, ok := errors.AsType[*chat.InvalidError](err)
	return ok && e.Field == field
}

func TestEditAMessage(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAuto)
	s.llm.Add(say("One."), say("Two."), say("Other."))
	s.send(c, "First").rest()
	s.send(c, "Second").rest()
	first := s.history(c)[0]
	s.sendRequest(request(c, "", map[string]any{"messageId": first.ID, "messages": []any{map[string]any{
		"id": first.ID, "role": "user", "parts": []any{map[string]any{"type": "text", "text": "First, better"}},
	}}})).rest()
	h := s.history(c)
	if len(h) != 2 || text(h[0]) != "First, better" || text(h[1]) != "Other." || h[0].ID != first.ID {
		t.Errorf("the history is %+v", h)
	}
	if asked := s.lastAsked(); len(asked) != 2 {
		t.Errorf("the model was told %q", asked)
	}
}

func TestRestore(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAutoEdit)
	s.llm.Add(
		calls("c1", "writeFile", `{"path":"a.txt","content":"v1\n"}`), say("One."),
		calls("c2", "readFile", `{"path":"a.txt"}`, "c3", "writeFile", `{"path":"a.txt","content":"v2\n","overwrite":true}`, "c4", "writeFile", writeB), say("Two."),
	)
	s.send(c, "First").rest()
	second := s.send(c, "Second").rest()
	checkpoint := member(part(second, "data-checkpoint").Data, "checkpoint")
	if got := part(second, "data-diff"); checkpoint == "" || member(got.Data, "checkpoint") != checkpoint || member(got.Data, "added") != "2" || member(got.Data, "removed") != "1" {
		t.Fatalf("the turn's parts are %s, %s", part(second, "data-checkpoint").Data, got.Data)
	}
	files := func(a, b string) {
		t.Helper()
		if s.file("a.txt") != a || s.file("b.txt") != b {
			t.Errorf("the files have %q, %q, want %q, %q", s.file("a.txt"), s.file("b.txt"), a, b)
		}
	}
	files("v2\n", "two\n")
	d, err := s.service.Diff(t.Context(), s.get(c), checkpoint)
	if err != nil || d.Files != 2 || !strings.Contains(d.Diff, "+v2") {
		t.Errorf("the diff is %+v, %v", d, err)
	}

	r, err := s.service.Restore(t.Context(), c.ID, chat.RestoreInput{Checkpoint: checkpoint, Files: true})
	if err != nil || r.Changed != 2 || r.Before == "" || r.Removed != 0 || r.Text != "" {
		t.Errorf("restored were %+v, %v", r, err)
	}
	files("v1\n", "(none)")
	if _, err := s.service.Restore(t.Context(), c.ID, chat.RestoreInput{Checkpoint: r.Before, Files: true}); err != nil {
		t.Errorf("undoing the restore: %v", err)
	}
	files("v2\n", "two\n")
	if _, err := s.service.Restore(t.Context(), c.ID, chat.RestoreInput{Checkpoint: r.Before, Files: true, Chat: true}); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("the chat of a checkpoint that no turn has: %v", err)
	}

	other := s.chat(permission.ModeAutoEdit)
	for _, bad := range []string{checkpoint, "", "1", "../x"} {
		if _, err := s.service.Restore(t.Context(), other.ID, chat.RestoreInput{Checkpoint: bad, Files: true, Chat: true}); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("the checkpoint %q in another chat: %v", bad, err)
		}
		if _, err := s.service.Diff(t.Context(), other, bad); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("its diff: %v", err)
		}
	}
	if _, err := s.service.Restore(t.Context(), c.ID, chat.RestoreInput{Checkpoint: checkpoint}); !isInvalid(err, "files") {
		t.Errorf("restoring nothing: %v", err)
	}

	r, err = s.service.Restore(t.Context(), c.ID, chat.RestoreInput{Checkpoint: checkpoint, Chat: true})
	if err != nil || r.Text != "Second" || r.Removed != 2 || r.Before != "" {
		t.Errorf("restored were %+v, %v", r, err)
	}
	files("v2\n", "two\n")
	if h := s.history(c); len(h) != 2 {
		t.Errorf("the history is %+v", h)
	}
	first := s.history(c)[1]
	r, err = s.service.Restore(t.Context(), c.ID, chat.RestoreInput{Checkpoint: member(part(first, "data-checkpoint").Data, "checkpoint"), Files: true, Chat: true})
	if err != nil || r.Text != "First" || r.Removed != 2 || r.Before == "" {
		t.Errorf("restored were %+v, %v", r, err)
	}
	files("(none)", "(none)")
	if h := s.history(c); len(h) != 0 {
		t.Errorf("the history is %+v", h)
	}
	s.llm.Add(say("Anew."))
	s.send(c, "Again").rest()
	if asked := s.lastAsked(); len(asked) != 2 {
		t.Errorf("the model was told %q", asked)
	}
}

func TestWhatCannotBeWhileATurnRuns(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAutoEdit)
	s.llm.Add(calls("c1", "writeFile", writeA), llmtest.Script{content("Hm"), llmtest.Hang()})
	v := s.send(c, "Work")
	v.until("some text", textHas("Hm"))
	checkpoint := member(part(v.message(), "data-checkpoint").Data, "checkpoint")
	for name, do := range map[string]func() error{
		"restore": func() error {
			_, err := s.service.Restore(t.Context(), c.ID, chat.RestoreInput{Checkpoint: checkpoint, Files: true})
			return err
		},
		"delete": func() error { return s.service.Delete(t.Context(), c.ID) },
		"send": func() error {
			_, err := s.service.Send(t.Context(), s.user, request(c, "More", nil))
			return err
		},
		"regenerate": func() error {
			_, err := s.service.Send(t.Context(), s.user, request(c, "More", map[string]any{"trigger": "regenerate-message"}))
			return err
		},
	} {
		if e, ok := errors.AsType[*chat.RunningError](do()); !ok || e.TurnID != v.log.Run() {
			t.Errorf("%s: %v", name, do())
		}
	}
	must(t, s.service.Stop(t.Context(), c.ID, ""))
	v.rest()
	must(t, s.service.Delete(t.Context(), c.ID))
	if _, err := s.service.Get(t.Context(), c.ID); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("the deleted chat: %v", err)
	}
	if _, err := s.options.Store.GetTurn(t.Context(), v.log.Run()); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("its turn: %v", err)
	}
}

func TestTheWorkspaceIsDeleted(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAuto)
	s.chat(permission.ModeAuto)
	s.llm.Add(llmtest.Script{content("Hm"), llmtest.Hang()})
	v := s.send(c, "Work")
	v.until("some text", textHas("Hm"))
	if !s.service.Running(c.WorkspaceID) || s.service.Running("another") {
		t.Error("it is not known where a turn runs")
	}
	must(t, s.service.DeleteWorkspace(t.Context(), c.WorkspaceID))
	v.rest()
	if page, _, err := s.service.List(t.Context(), c.WorkspaceID, 10, ""); err != nil || len(page) != 0 {
		t.Errorf("left are %+v, %v", page, err)
	}
	if s.service.Running(c.WorkspaceID) {
		t.Error("a turn runs in a workspace that is gone")
	}
}

func TestPages(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAuto)
	for _, text := range []string{"1", "2", "3"} {
		s.llm.Add(say("Answer " + text))
		s.send(c, "Question "+text).rest()
	}
	page, next, err := s.service.Messages(t.Context(), c.ID, 2, "")
	if err != nil || len(page) != 4 || next == "" || !strings.Contains(string(page[0]), "Question 2") || !strings.Contains(string(page[3]), "Answer 3") {
		t.Errorf("the newest messages are %s, %q, %v", page, next, err)
	}
	page, next, err = s.service.Messages(t.Context(), c.ID, 2, next)
	if err != nil || len(page) != 2 || next != "" || !strings.Contains(string(page[0]), "Question 1") {
		t.Errorf("the older messages are %s, %q, %v", page, next, err)
	}
	for _, cursor := range []string{"x", "-1"} {
		if _, _, err := s.service.Messages(t.Context(), c.ID, 2, cursor); !isInvalid(err, "cursor") {
			t.Errorf("the cursor %q: %v", cursor, err)
		}
	}
	s.chat(permission.ModeAuto)
	s.chat(permission.ModeAuto)
	seen := map[string]bool{}
	for cursor, more := "", true; more; more = cursor != "" {
		var chats []chat.Chat
		chats, cursor, err = s.service.List(t.Context(), c.WorkspaceID, 2, cursor)
		must(t, err)
		for _, c := range chats {
			if seen[c.ID] {
				t.Errorf("the chat %s is listed twice", c.ID)
			}
			seen[c.ID] = true
		}
	}
	if len(seen) != 3 {
		t.Errorf("%d chats are listed", len(seen))
	}
	if _, _, err := s.service.List(t.Context(), c.WorkspaceID, 2, "x"); !isInvalid(err, "cursor") {
		t.Errorf("the cursor x: %v", err)
	}
}
