package chat_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/spend"
)

// working is an answer with a call, which costs so much.
func working(cost string) llmtest.Script {
	return llmtest.Reply{Cost: cost, Calls: []llmtest.Call{{ID: "c1", Name: "listFiles", Arguments: `{}`}}}.Script()
}

func TestTheTurnsBudget(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil) // a dollar
	c := s.chat(permission.ModeAuto)
	s.llm.Add(working("0.9"), working("0.0999"), say("Never asked."))
	m := s.send(c, "Work").rest()
	asked := s.asked()
	if problem(m) != "budget_exhausted" || member(part(m, "data-error").Data, "retryable") != "true" || len(asked) != 2 {
		t.Fatalf("the turn ended as %s after %d requests", part(m, "data-error").Data, len(asked))
	}
	first, second := asked[0].Chat.MaxTokens, asked[1].Chat.MaxTokens
	if first != 16_384 || second >= first || second < 1024 {
		t.Errorf("asked for were %d, then %d tokens", first, second)
	}
	if now := s.get(c); now.Cost != 999_900_000 {
		t.Errorf("the chat cost %d", now.Cost)
	}
	allClosed(t, m)
	// The third script is left: another turn has another budget.
	if m := s.send(c, "Go on").rest(); text(m) != "Never asked." {
		t.Errorf("the next turn said %q", text(m))
	}
}

func TestTheDaysBudget(t *testing.T) {
	noLeaks(t)
	s := newStand(t, func(s *stand) { s.options.Budgets = spend.Limits{UserDay: 1e9} })
	c := s.chat(permission.ModeAuto)
	s.llm.Add(llmtest.Reply{Text: "Dear.", Cost: "1.0"}.Script())
	s.send(c, "Work").rest()
	_, err := s.service.Send(t.Context(), s.user, request(c, "Again", nil))
	if e, ok := errors.AsType[*spend.ExhaustedError](err); !ok || e.Limit != spend.LimitUserDay {
		t.Errorf("the next turn: %v", err)
	}
	if now := s.get(c); len(now.Turns) != 1 || now.Run.TurnID != "" {
		t.Errorf("the chat is %+v", now)
	}
	if s.counts.turn("refused") != 1 {
		t.Error("the refusal was not counted")
	}
}

func TestAKeyOfOnesOwn(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAuto)
	must(t, s.service.SetKey(t.Context(), s.user, " "+ownKey+"\n"))
	kept, err := s.options.Store.GetSettings(t.Context(), s.user)
	if err != nil || len(kept.Key) == 0 || bytes.Contains(kept.Key, []byte(ownKey)) || kept.KeyHint != "…ice1" {
		t.Errorf("kept is %+v, %v", kept, err)
	}
	s.llm.Add(say("One."), say("Two."))
	s.send(c, "Work").rest()
	own, err := s.service.Settings(t.Context(), s.user)
	if err != nil || own.KeySource != chat.KeyOwn || !own.Configured {
		t.Errorf("the settings are %+v, %v", own, err)
	}
	must(t, s.service.RemoveKey(t.Context(), s.user))
	s.send(c, "Work").rest()
	asked := s.asked()
	if a, b := asked[0].Header.Get("Authorization"), asked[1].Header.Get("Authorization"); a != "Bearer "+ownKey || b != "Bearer "+serverKey {
		t.Errorf("the keys were %q, then %q", a, b)
	}
	var invalid *chat.InvalidError
	if err := s.service.SetKey(t.Context(), s.user, "a b"); !errors.As(err, &invalid) || strings.Contains(err.Error(), "a b") {
		t.Errorf("a key that is none: %v", err)
	}
}

func TestTheAgentIsOff(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	s.options.Models = func(string) (chat.Model, error) { return nil, chat.ErrOff }
	s.service = chat.New(s.options)
	t.Cleanup(func() { s.close(s.service) })
	c := s.chat(permission.ModeAuto)
	if _, err := s.service.Send(t.Context(), s.user, request(c, "Work", nil)); !errors.Is(err, chat.ErrOff) {
		t.Errorf("Send: %v", err)
	}
	if own, err := s.service.Settings(t.Context(), s.user); err != nil || own.Configured || own.KeySource != chat.KeyNone {
		t.Errorf("the settings are %+v, %v", own, err)
	}
}

// What was stopped has no bill in its stream; the provider's accounts have it a little later.
func TestTheBillOfWhatWasStopped(t *testing.T) {
	noLeaks(t)
	s := newStand(t, func(s *stand) {
		s.llm.Generation = `{"data":{"id":"gen-test","total_cost":0.0123,"tokens_prompt":100,"tokens_completion":7}}`
	})
	c := s.chat(permission.ModeAuto)
	s.llm.Add(llmtest.Script{content("Hello"), llmtest.Hang()})
	v := s.send(c, "Work")
	v.until("some text", textHas("Hello"))
	must(t, s.service.Stop(t.Context(), c.ID, ""))
	m := v.rest()
	if now := s.get(c); now.Cost != 12_300_000 || member(m.Metadata, "cost") != "0.0123" || member(m.Metadata, "estimated") != "false" {
		t.Errorf("the chat cost %d; the metadata are %s", now.Cost, m.Metadata)
	}
}
