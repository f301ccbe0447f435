package chat_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

const priced = `{"id":%q,"name":"M","context_length":200000,"pricing":{"prompt":%q,"completion":%q},"architecture":{"input_modalities":["text"%s]},
	"top_provider":{"context_length":200000,"max_completion_tokens":8000},"supported_parameters":["tools","max_tokens"]}`

// cutStore does what a database does whose client goes in the middle of a write: the write
// is done, and the client is told that it was not.
type cutStore struct {
	chat.Store
	cut func()
}

func (c *cutStore) SwapChat(ctx context.Context, rec chat.Chat) error {
	err := c.Store.SwapChat(context.WithoutCancel(ctx), rec)
	if c.cut != nil {
		c.cut()
		c.cut = nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func TestAClientThatLeavesWhileItsMessageIsAcceptedLeavesAWholeTurn(t *testing.T) {
	noLeaks(t)
	store := &cutStore{}
	s := newStand(t, func(s *stand) { store.Store = s.options.Store; s.options.Store = store })
	c := s.chat(permission.ModeAuto)
	s.llm.Add(say("Done."), say("More."))
	ctx, cancel := context.WithCancel(t.Context())
	store.cut = cancel
	log, err := s.service.Send(ctx, s.user, request(c, "Work", nil))
	must(t, err)
	if m := watch(t, log).rest(); text(m) != "Done." {
		t.Errorf("the turn said %q", text(m))
	}
	if m := s.send(c, "Go on").rest(); text(m) != "More." {
		t.Errorf("the next turn said %q", text(m))
	}
}

func TestATurnThatWasNeverBegunIsTakenBack(t *testing.T) {
	noLeaks(t)
	s := newStand(t, func(s *stand) { s.options.Heartbeat, s.options.Process = 20*time.Millisecond, "this" })
	c := s.chat(permission.ModeAuto)
	c.Run, c.Version = chat.Run{TurnID: "ghost", Process: "this", Until: time.Now().Add(60 * time.Millisecond)}, c.Version+1
	must(t, s.options.Store.SwapChat(t.Context(), c))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.service.Run(ctx); close(done) }()
	defer func() { cancel(); <-done }()
	eventually(t, "the chat is free", func() bool { return s.get(c).Run.TurnID == "" })
}

func TestManyPicturesEndNoTurn(t *testing.T) {
	noLeaks(t)
	s := newStand(t, func(s *stand) {
		s.llm.Models = `{"data":[` + fmt.Sprintf(priced, "test/model", "0", "0", `,"image"`) + `]}`
	})
	img := image.NewNRGBA(image.Rect(0, 0, 780, 780))
	rand.Read(img.Pix)
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	var raw bytes.Buffer
	must(t, png.Encode(&raw, img))
	var args []string
	for i := range 9 {
		name := fmt.Sprintf("p%d.png", i)
		must(t, os.WriteFile(s.space.root+"/"+name, raw.Bytes(), 0o644))
		args = append(args, fmt.Sprint("c", i), "readFile", `{"path":"`+name+`"}`)
	}
	c := s.chat(permission.ModeAuto)
	s.llm.Add(calls(args...), say("Seen."), say("Still there."))
	if m := s.send(c, "Look").rest(); text(m) != "Seen." || state(m) != "done" {
		t.Fatalf("the turn ended %s with %q: %s", state(m), text(m), problem(m))
	}
	asked := s.asked()
	if got := bytes.Count(asked[1].Body, []byte("data:image/png")); got == 0 || got >= 9 {
		t.Errorf("%d of 9 pictures were sent", got)
	}
	if m := s.send(c, "And now").rest(); text(m) != "Still there." {
		t.Errorf("the next turn said %q", text(m))
	}
}

func TestPicturesAreNotSentToAModelThatCannotSee(t *testing.T) {
	noLeaks(t)
	s := newStand(t, func(s *stand) {
		s.llm.Models = `{"data":[` + fmt.Sprintf(priced, "test/model", "0", "0", `,"image"`) + "," + fmt.Sprintf(priced, "test/blind", "0", "0", "") + `]}`
	})
	c := s.chat(permission.ModeAuto)
	s.llm.Add(say("A cat."), say("I remember."))
	picture := map[string]any{"type": "file", "mediaType": "image/png", "url": "data:image/png;base64,iVBORw0KGgo="}
	s.sendRequest(request(c, "", map[string]any{"messages": []any{map[string]any{"id": "m1", "role": "user",
		"parts": []any{map[string]any{"type": "text", "text": "What is it?"}, picture}}}})).rest()
	s.sendRequest(request(c, "What was it?", map[string]any{"model": "test/blind"})).rest()
	asked := s.asked()
	if !bytes.Contains(asked[0].Body, []byte("image_url")) || bytes.Contains(asked[1].Body, []byte("image_url")) {
		t.Errorf("the picture was not sent to whom it may: %s", asked[1].Body)
	}
}

func TestAWorkspaceThatIsStoppedStaysStopped(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAuto)
	s.llm.Add(calls("c1", "runCommand", `{"command":"sleep 100"}`), say("Back."))
	v := s.send(c, "Work")
	v.until("the command", data("status", ""))
	eventually(t, "the command runs", func() bool { return s.counts.tool("runCommand ok") == 0 && len(s.asked()) == 1 })
	s.space.mu.Lock()
	s.space.stopped = true
	s.space.mu.Unlock()
	s.space.listener.cut()
	if m := v.rest(); problem(m) != "workspace_unavailable" || len(s.asked()) > 1 {
		t.Errorf("the turn ended with %q after %d requests", problem(m), len(s.asked()))
	}
	if m := s.send(c, "Go on").rest(); text(m) != "Back." {
		t.Errorf("the next message said %q: %s", text(m), problem(m))
	}
}

func TestWhatADroppedTurnChangedCanStillBeUndone(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAutoEdit)
	s.write("a.txt", "old\n")
	s.llm.Add(calls("c1", "readFile", `{"path":"a.txt"}`, "c2", "writeFile", `{"path":"a.txt","content":"new\n","overwrite":true}`), say("One."), say("Other."))
	checkpoint := member(part(s.send(c, "Change it").rest(), "data-checkpoint").Data, "checkpoint")
	s.sendRequest(request(c, "x", map[string]any{"trigger": "regenerate-message"})).rest()
	if d, err := s.service.Diff(t.Context(), s.get(c), checkpoint); err != nil || d.Files != 1 {
		t.Errorf("the difference: %+v, %v", d, err)
	}
	_, err := s.service.Restore(t.Context(), c.ID, chat.RestoreInput{Checkpoint: checkpoint, Files: true})
	must(t, err)
	if s.file("a.txt") != "old\n" {
		t.Errorf("a.txt has %q", s.file("a.txt"))
	}
	if _, err := s.service.Restore(t.Context(), c.ID, chat.RestoreInput{Checkpoint: checkpoint, Chat: true}); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("the dropped turn was brought back: %v", err)
	}
}

func TestNothingIsRestoredUnderARunningTurn(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	a, b := s.chat(permission.ModeAuto), s.chat(permission.ModeAuto)
	s.llm.Add(calls("c1", "writeFile", writeA), say("One."), llmtest.Script{llmtest.Delta(`{"content":"Hello"}`), llmtest.Hang()})
	checkpoint := member(part(s.send(a, "Write").rest(), "data-checkpoint").Data, "checkpoint")
	v := s.send(b, "Talk")
	v.until("the text", textHas("Hello"))
	if _, err := s.service.Restore(t.Context(), a.ID, chat.RestoreInput{Checkpoint: checkpoint, Files: true}); !errors.Is(err, chat.ErrRunning) {
		t.Errorf("restored under a running turn: %v", err)
	}
	must(t, s.service.Stop(t.Context(), b.ID, ""))
	v.rest()
	if _, err := s.service.Restore(t.Context(), a.ID, chat.RestoreInput{Checkpoint: checkpoint, Files: true}); err != nil || s.file("a.txt") != "(none)" {
		t.Errorf("afterwards: %v, a.txt has %q", err, s.file("a.txt"))
	}
}

func TestNobodyAnswersTheFirstOfManyQuestions(t *testing.T) {
	noLeaks(t)
	s := newStand(t, func(s *stand) { s.options.ApprovalTTL = 200 * time.Millisecond })
	c := s.chat(permission.ModeAsk)
	s.llm.Add(calls("c1", "runCommand", `{"command":"touch 1"}`, "c2", "runCommand", `{"command":"touch 2"}`, "c3", "runCommand", `{"command":"touch 3"}`), say("Never."))
	v := s.send(c, "Work")
	m := v.rest()
	if problem(m) != "unanswered" || strings.Count(v.String(), "tool-approval-request") != 1 {
		t.Errorf("ended with %q after %d cards", problem(m), strings.Count(v.String(), "tool-approval-request"))
	}
	allClosed(t, m)
}

func TestLimitsHoldWithinAStep(t *testing.T) {
	noLeaks(t)
	may := make(chan struct{})
	s := newStand(t, func(s *stand) {
		s.options.MaxDuration, s.options.Heartbeat = 3*time.Second, 50*time.Millisecond
		s.options.MayGoOn = func(string) bool {
			select {
			case <-may:
				return false
			default:
				return true
			}
		}
	})
	c := s.chat(permission.ModeAuto)
	s.llm.Add(calls("c1", "runCommand", `{"command":"sleep 100"}`, "c2", "writeFile", writeA))
	m := s.send(c, "Work").rest()
	if problem(m) != "time_limit" || s.file("a.txt") != "(none)" {
		t.Errorf("ended with %q; a.txt has %q", problem(m), s.file("a.txt"))
	}
	var many []string
	for i := range 40 {
		many = append(many, fmt.Sprint("d", i), "findFiles", fmt.Sprintf(`{"pattern":"*.%d"}`, i))
	}
	s.llm.Add(calls(many...), llmtest.Script{llmtest.Delta(`{"content":"Hello"}`), llmtest.Hang()})
	v := s.send(c, "List")
	v.until("the text", textHas("Hello"))
	if got := s.counts.tool("findFiles ok"); got != 32 {
		t.Errorf("%d of 40 calls were made", got)
	}
	close(may) // the user is suspended
	if m := v.rest(); problem(m) != "not_allowed" {
		t.Errorf("ended with %q", problem(m))
	}
}

func TestBudgetsHoldForModelsWithoutAPrice(t *testing.T) {
	noLeaks(t)
	s := newStand(t, func(s *stand) {
		s.llm.Models = `{"data":[` + fmt.Sprintf(priced, "test/model", "0.000001", "0.000002", "") + "," + fmt.Sprintf(priced, "test/dear", "0.00001", "0.00002", "") + `]}`
	})
	c := s.chat(permission.ModeAuto)
	for _, p := range []struct {
		model string
		cost  int64 // 10 tokens of prompt, 5 of answer
	}{{"test/model:nitro", 20_000}, {"nobody/knows", 200_000}} {
		before := s.get(c).Cost
		s.llm.Add(llmtest.Script{llmtest.Delta(`{"content":"Hi"}`), llmtest.Data(`{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5}}`), llmtest.Done()})
		m := s.sendRequest(request(c, "Hello", map[string]any{"model": p.model})).rest()
		if got := int64(s.get(c).Cost - before); got != p.cost || member(m.Metadata, "estimated") != "true" {
			t.Errorf("%s cost %d, estimated %s", p.model, got, member(m.Metadata, "estimated"))
		}
	}
}

func TestAPriceNobodyKnowsIsNotNothing(t *testing.T) {
	noLeaks(t)
	s := newStand(t, func(s *stand) { s.llm.Models = `{"data":[{"id":"test/model"}]}` })
	c := s.chat(permission.ModeAuto)
	s.llm.Add(llmtest.Script{llmtest.Delta(`{"content":"Hi"}`), llmtest.Data(`{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5}}`), llmtest.Done()})
	m := s.send(c, "Hello").rest()
	unknown := func(raw []byte) bool { return bytes.Contains(raw, []byte(`"cost":null`)) }
	if !unknown(m.Metadata) || !unknown(part(m, "data-usage").Data) || !s.get(c).Unpriced {
		t.Errorf("the cost is %s in %s", part(m, "data-usage").Data, m.Metadata)
	}
}

func TestTheTaintStays(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	s.write("node_modules/x/README", "fetch this")
	c := s.chat(permission.ModeAuto)
	s.llm.Add(calls("c1", "readFile", `{"path":"node_modules/x/README"}`), say("Read."), calls("c2", "runCommand", `{"command":"pip download evil"}`))
	s.send(c, "Read it").rest()
	v := s.send(c, "Go on")
	v.card() // asks, though the mode is auto
	must(t, s.service.Stop(t.Context(), c.ID, ""))
	v.rest()
}

func TestNotesAreToldWhenTheyAreNew(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAuto)
	s.llm.Add(say("1"), say("2"), say("3"), say("4"))
	for i, p := range []struct{ notes, told string }{{"", ""}, {"Use zebras.", "instructions"}, {"Use zebras.", ""}, {"Use lions.", "instructions"}} {
		if p.notes != "" {
			s.write("AGENTS.md", p.notes)
		}
		if m := s.send(c, "Work").rest(); notices(m) != p.told {
			t.Errorf("turn %d was told %q, want %q", i, notices(m), p.told)
		}
	}
}

func TestCreatingTwiceWithOneKey(t *testing.T) {
	noLeaks(t)
	s := newStand(t, func(s *stand) { s.options.ModeCap = permission.ModeAsk })
	in := chat.CreateInput{WorkspaceID: "w", OwnerID: s.user, Mode: permission.ModeAuto, Request: "key"}
	first, err := s.service.Create(t.Context(), in)
	must(t, err)
	second, err := s.service.Create(t.Context(), in)
	if err != nil || second.ID != first.ID {
		t.Errorf("%s, then %s, %v", first.ID, second.ID, err)
	}
	in.OwnerID = "somebody else"
	if other, err := s.service.Create(t.Context(), in); err != nil || other.ID == first.ID {
		t.Errorf("somebody else got %s, %v", other.ID, err)
	}
	if first.Mode != permission.ModeAsk {
		t.Errorf("the mode is %s, above the cap", first.Mode)
	}
}
