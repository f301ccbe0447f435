package chat_test

import (
	"context"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// twoServers are two services over one store, as two gateways have it. Turns run at the
// first, and users happen to be at the second.
func twoServers(t *testing.T) (first *stand, second *chat.Service) {
	first = newStand(t, func(s *stand) {
		s.options.Shared, s.options.Process, s.options.Heartbeat = true, "first", 200*time.Millisecond
	})
	o := first.options
	o.Process = "second"
	second = chat.New(o)
	t.Cleanup(func() { first.close(second) })
	return first, second
}

func TestATurnOnAnotherServerIsSeenAnsweredAndStopped(t *testing.T) {
	noLeaks(t)
	s, second := twoServers(t)
	c := s.chat(permission.ModeAsk)
	s.llm.Add(calls("c1", "writeFile", writeA), llmtest.Script{llmtest.Delta(`{"content":"Wrote it."}`), llmtest.Hang()})
	here := s.send(c, "Write a")
	asked, _ := here.card()

	mirror := second.Stream(s.get(c))
	if mirror == nil || mirror.Run() != here.log.Run() {
		t.Fatal("the other server does not stream the turn")
	}
	if again := second.Stream(s.get(c)); again != mirror {
		t.Error("a second viewer there gets a stream of its own")
	}
	there := watch(t, mirror)
	if seen, _ := there.card(); seen.ApprovalID != asked.ApprovalID {
		t.Errorf("there the question is %q, here %q", seen.ApprovalID, asked.ApprovalID)
	}
	if _, err := second.Send(t.Context(), s.user, request(c, "Another", nil)); err == nil {
		t.Error("a second turn began there")
	}
	must(t, second.Answer(t.Context(), c.ID, asked.ApprovalID, chat.Answer{Approved: true}))
	there.until("the text", textHas("Wrote it."))
	if s.file("a.txt") != "one\n" {
		t.Errorf("a.txt has %q", s.file("a.txt"))
	}
	must(t, second.Stop(t.Context(), c.ID, "another turn"))
	must(t, second.Stop(t.Context(), c.ID, here.log.Run()))
	if m := here.rest(); state(m) != "stopped" {
		t.Errorf("the turn ended %s", state(m))
	}
	there.until("the end", is[uistream.Finish])
	if second.Stream(s.get(c)) != nil {
		t.Error("there is still a stream")
	}
	if err := second.Answer(t.Context(), c.ID, asked.ApprovalID, chat.Answer{Approved: true}); err == nil {
		t.Error("a question of an ended turn was answered")
	}
}

func TestTheTurnOfADeadServerIsTakenOver(t *testing.T) {
	noLeaks(t)
	s, second := twoServers(t)
	c := s.chat(permission.ModeAuto)
	s.llm.Add(llmtest.Script{llmtest.Delta(`{"content":"Half"}`), llmtest.Hang()}, say("Whole."))
	v := s.send(c, "Begin")
	v.until("the text", textHas("Half"))

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan struct{})
	go func() { second.Run(ctx); close(done) }()
	defer func() { cancel(); <-done }()
	// As long as the first lives, its turn is its own.
	until := s.get(c).Run.Until
	eventually(t, "two beats", func() bool { return s.get(c).Run.Until.After(until.Add(300 * time.Millisecond)) })
	if now := s.get(c); now.Run.TurnID != v.log.Run() || now.Interrupted {
		t.Fatalf("a living turn was taken over: %+v", now.Run)
	}
	// A dead one says nothing any more: its claim runs out.
	eventually(t, "the claim is of a dead process", func() bool {
		orphan := s.get(c)
		orphan.Run.Process, orphan.Run.Until = "dead", time.Now().Add(-time.Second)
		orphan.Version++
		return s.options.Store.SwapChat(t.Context(), orphan) == nil // else a beat came between
	})
	eventually(t, "the turn is closed", func() bool { return s.get(c).Interrupted })
	v.rest() // the first sees that it is not its own any more
	if m := s.history(c); len(m) != 2 || state(m[1]) != "interrupted" || text(m[1]) != "Half" {
		t.Errorf("the history is %v", m)
	}
	log, err := second.Send(t.Context(), s.user, request(c, "Go on", nil))
	must(t, err)
	if m := watch(t, log).rest(); text(m) != "Whole." {
		t.Errorf("the next turn says %q", text(m))
	}
}
