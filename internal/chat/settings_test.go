package chat_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

// disturbed is a store where another request comes right after settings or rules were read.
// What reads and writes them as one step is not disturbed.
type disturbed struct {
	chat.Store
	other func()
}

// GetSettings implements chat.Store.
func (d *disturbed) GetSettings(ctx context.Context, userID string) (chat.Settings, error) {
	defer d.other()
	return d.Store.GetSettings(ctx, userID)
}

// GetRules implements chat.Store.
func (d *disturbed) GetRules(ctx context.Context, workspaceID string) (string, error) {
	defer d.other()
	return d.Store.GetRules(ctx, workspaceID)
}

func TestADeletedKeyIsNotBroughtBack(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	undisturbed, ctx := s.service, t.Context()
	model, mode, rules := "test/other", permission.ModeAsk, "deny run rm\n"
	for name, change := range map[string]func(*chat.Service) error{
		"model": func(d *chat.Service) error { return d.UpdateSettings(ctx, s.user, &model, nil, nil) },
		"mode":  func(d *chat.Service) error { return d.UpdateSettings(ctx, s.user, nil, &mode, nil) },
		"rules": func(d *chat.Service) error { return d.UpdateSettings(ctx, s.user, nil, nil, &rules) },
	} {
		must(t, undisturbed.SetKey(ctx, s.user, ownKey))
		removal := sync.OnceFunc(func() { must(t, undisturbed.RemoveKey(ctx, s.user)) })
		options := s.options
		options.Store = &disturbed{options.Store, removal}
		service := chat.New(options)
		must(t, change(service))
		s.close(service)
		removal()
		kept, err := s.options.Store.GetSettings(ctx, s.user)
		if err != nil || len(kept.Key) > 0 || kept.KeyHint != "" {
			t.Errorf("%s: the key is back: %+v %v", name, kept, err)
		}
	}
	kept, err := s.options.Store.GetSettings(ctx, s.user)
	if err != nil || kept.Model != model || kept.Mode != mode || kept.Rules != rules {
		t.Errorf("kept is %+v, %v", kept, err)
	}
}

// Rules that somebody sets at the moment when another is kept that was granted on a card.
func TestAGrantedRuleLosesNoOther(t *testing.T) {
	noLeaks(t)
	var added atomic.Int64
	var c chat.Chat
	s := newStand(t, func(s *stand) {
		store := s.options.Store
		s.options.Store = &disturbed{store, func() {
			rule := fmt.Sprintf("deny run command%d\n", added.Add(1))
			_, err := store.UpdateRules(context.WithoutCancel(t.Context()), c.WorkspaceID, func(old string) (string, error) { return old + rule, nil })
			if err != nil {
				t.Error(err)
			}
		}}
	})
	c = s.chat(permission.ModeAsk)
	s.llm.Add(calls("c1", "runCommand", `{"command":"touch made.txt"}`), say("Done."))
	v := s.send(c, "Touch it")
	asked, d := v.card()
	must(t, s.answer(c, asked.ApprovalID, chat.Answer{Approved: true, Scope: permission.ScopeWorkspace}))
	v.rest()
	want := []string{d.Choices[2].Rules[0]}
	for n := range added.Load() {
		want = append(want, fmt.Sprintf("deny run command%d", n+1))
	}
	rules, err := s.mongo.Chats().GetRules(t.Context(), c.WorkspaceID)
	must(t, err)
	for _, rule := range want {
		if !strings.Contains(rules, rule+"\n") {
			t.Errorf("%q is lost; the rules are %q", rule, rules)
		}
	}
	if added.Load() == 0 {
		t.Error("nobody read the rules")
	}
}

func TestSettingsThatAreRefusedChangeNothing(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	ctx := t.Context()
	model, mode, rules := "test/other", permission.Mode("none"), "no rule"
	var invalid *chat.InvalidError
	if err := s.service.UpdateSettings(ctx, s.user, &model, &mode, nil); !errors.As(err, &invalid) || invalid.Field != "mode" {
		t.Errorf("a mode that is none: %v", err)
	}
	if err := s.service.UpdateSettings(ctx, s.user, &model, nil, &rules); !errors.As(err, &invalid) || invalid.Field != "rules" {
		t.Errorf("rules that are none: %v", err)
	}
	must(t, s.service.RemoveKey(ctx, s.user))
	kept, err := s.options.Store.GetSettings(ctx, s.user)
	if err != nil || kept.Model != "" || kept.Mode != "" || kept.Rules != "" {
		t.Errorf("kept is %+v, %v", kept, err)
	}
}
