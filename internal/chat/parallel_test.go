package chat_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// counting counts the reads that are under way at once, and holds them until it is told.
type counting struct {
	chat.Workspaces
	now, most atomic.Int32
	open      chan struct{}
}

// Connect implements chat.Workspaces.
func (w *counting) Connect(ctx context.Context, id string, start bool, progress func(string)) (chat.Bridge, error) {
	b, err := w.Workspaces.Connect(ctx, id, start, progress)
	return countingBridge{b, w}, err
}

type countingBridge struct {
	chat.Bridge
	w *counting
}

// Call implements toolbox.Bridge.
func (b countingBridge) Call(ctx context.Context, kind string, payload, out any) error {
	if r, ok := payload.(bridge.ReadFile); ok && strings.HasPrefix(r.Path, "f") {
		n := b.w.now.Add(1)
		defer b.w.now.Add(-1)
		for most := b.w.most.Load(); n > most && !b.w.most.CompareAndSwap(most, n); most = b.w.most.Load() {
		}
		select {
		case <-b.w.open:
		case <-ctx.Done():
		}
	}
	return b.Bridge.Call(ctx, kind, payload, out)
}

func TestReadsRunSideBySide(t *testing.T) {
	noLeaks(t)
	var w *counting
	s := newStand(t, func(s *stand) {
		w = &counting{Workspaces: s.space, open: make(chan struct{})}
		s.options.Workspaces = w
	})
	var all []string
	for i := range 20 {
		name := "f" + strconv.Itoa(i)
		s.write(name, "content of "+name+".\n")
		all = append(all, "c"+strconv.Itoa(i), "readFile", `{"path":"`+name+`"}`)
	}
	c := s.chat(permission.ModeAuto)
	s.llm.Add(calls(all...), say("Read."))
	v := s.send(c, "Read them all")
	eventually(t, "four reads are under way", func() bool { return w.now.Load() == 4 })
	for range 10 {
		s.get(c) // takes as long as a fifth read would to begin
	}
	if n := w.now.Load(); n != 4 {
		t.Errorf("%d reads are under way at once", n)
	}
	close(w.open)
	m := v.rest()
	if n := w.most.Load(); n != 4 {
		t.Errorf("%d reads were under way at once", n)
	}
	told := results(s.lastAsked())
	if len(told) != 20 {
		t.Fatalf("the model got %d results", len(told))
	}
	for i, text := range told {
		if !strings.Contains(text, fmt.Sprintf("content of f%d.", i)) || part(m, fmt.Sprintf("c%d", i)).State != "output-available" {
			t.Errorf("result %d is %q", i, text)
		}
	}
}

func TestChangesRunInTheirOrder(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAuto)
	var all []string
	for i := range 5 {
		all = append(all, "c"+strconv.Itoa(i), "runCommand", fmt.Sprintf(`{"command":"echo %d >> log.txt"}`, i))
		all = append(all, "r"+strconv.Itoa(i), "readFile", `{"path":"log.txt"}`)
	}
	s.llm.Add(calls(all...), say("Done."))
	s.send(c, "Work").rest()
	if got := s.file("log.txt"); got != "0\n1\n2\n3\n4\n" {
		t.Errorf("the log has %q", got)
	}
	if told := results(s.lastAsked()); len(told) != 10 || strings.Contains(told[3], "2") && strings.Contains(told[3], "\t2\n") || !strings.Contains(told[9], "4") {
		t.Errorf("the model was told %q", told)
	}
}

func TestOneOfThreeIsRefused(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAsk)
	s.llm.Add(calls("c1", "writeFile", writeA, "c2", "runCommand", `{"command":"touch made.txt"}`, "c3", "listFiles", `{}`), say("Done."))
	v := s.send(c, "Work")
	asked, _ := v.card()
	must(t, s.answer(c, asked.ApprovalID, chat.Answer{Approved: true}))
	asked, _ = v.card()
	must(t, s.answer(c, asked.ApprovalID, chat.Answer{Reason: "no touching"}))
	m := v.rest()
	if a, b, c := part(m, "c1").State, part(m, "c2").State, part(m, "c3").State; a != "output-available" || b != "output-denied" || c != "output-available" {
		t.Errorf("the calls ended as %s, %s, %s", a, b, c)
	}
	if told := results(s.lastAsked()); len(told) != 3 || !strings.Contains(told[1], "no touching") || !strings.Contains(told[2], "a.txt") || s.file("made.txt") != "(none)" {
		t.Errorf("the model was told %q", told)
	}
}

func TestTurnsOfOneUser(t *testing.T) {
	noLeaks(t)
	s := newStand(t, func(s *stand) { s.options.TurnsPerUser = 2 })
	s.llm.Answer = func(llmtest.Request) llmtest.Script { return llmtest.Script{content("Hm"), llmtest.Hang()} }
	a, b, c := s.chat(permission.ModeAuto), s.chat(permission.ModeAuto), s.chat(permission.ModeAuto)
	first, second := s.send(a, "Work"), s.send(b, "Work")
	if _, err := s.service.Send(t.Context(), s.user, request(c, "Work", nil)); !errors.Is(err, chat.ErrBusy) {
		t.Errorf("a third turn: %v", err)
	}
	if now := s.get(c); len(now.Turns) != 0 || now.Run.TurnID != "" {
		t.Errorf("the chat is %+v", now)
	}
	must(t, s.service.Stop(t.Context(), a.ID, ""))
	first.rest()
	eventually(t, "there is room again", func() bool {
		log, err := s.service.Send(t.Context(), s.user, request(c, "Work", nil))
		return err == nil && log != nil
	})
	for _, c := range []chat.Chat{b, c} {
		must(t, s.service.Stop(t.Context(), c.ID, ""))
	}
	second.rest()
}

// Of many that send at once one wins, and the chat has its turn only.
func TestTheSameChatAtOnce(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAuto)
	s.llm.Add(llmtest.Script{content("Hm"), llmtest.Hang()})
	var won atomic.Int32
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			switch _, err := s.service.Send(t.Context(), s.user, request(c, "Work", nil)); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, chat.ErrRunning), errors.Is(err, chat.ErrConflict):
			default:
				t.Errorf("Send: %v", err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || len(s.get(c).Turns) != 1 {
		t.Errorf("%d sent, and the chat has %d turns", won.Load(), len(s.get(c).Turns))
	}
	v := watch(t, s.service.Stream(c))
	v.until("some text", textHas("Hm"))
	must(t, s.service.Stop(t.Context(), c.ID, ""))
	v.rest()
}

// spread is workspaces over several bridges: one takes sixteen connections.
type spread []*workspace

func (w spread) of(id string) *workspace {
	n, _ := strconv.Atoi(id[strings.LastIndexByte(id, '-')+1:])
	return w[n%len(w)]
}

// Connect implements chat.Workspaces.
func (w spread) Connect(ctx context.Context, id string, start bool, progress func(string)) (chat.Bridge, error) {
	return w.of(id).Connect(ctx, id, start, progress)
}

// Touch implements chat.Workspaces.
func (w spread) Touch(string) {}

// PortURL implements chat.Workspaces.
func (w spread) PortURL(id string, port int, path string) string { return w[0].PortURL(id, port, path) }

func TestAHundredTurnsAtOnce(t *testing.T) {
	noLeaks(t)
	const turns = 100
	open := make(chan struct{})
	var asked atomic.Int32
	s := newStand(t, func(s *stand) {
		s.options.TurnsPerUser = turns
		all := spread{s.space}
		for len(all) < 10 {
			all = append(all, newWorkspace(t))
		}
		s.options.Workspaces = all
		s.llm.Forgets = true
		s.llm.Answer = func(r llmtest.Request) llmtest.Script {
			last := r.Chat.Messages[len(r.Chat.Messages)-1]
			if last.Role == "tool" {
				return say("Written.")
			}
			asked.Add(1)
			return slices.Concat(llmtest.Script{gate(open)}, calls("c1", "listFiles", `{}`))
		}
	})
	var chats []chat.Chat
	for i := range turns {
		c, err := s.service.Create(t.Context(), chat.CreateInput{WorkspaceID: fmt.Sprintf("ws-%s-%d", s.user, i), OwnerID: s.user, Mode: permission.ModeAuto})
		must(t, err)
		chats = append(chats, c)
	}
	before, goroutines := heap(), runtime.NumGoroutine()
	began := time.Now()
	var viewers []*viewer
	for _, c := range chats {
		viewers = append(viewers, s.send(c, "Work"))
	}
	eventually(t, "all have asked the provider", func() bool { return asked.Load() == turns })
	waiting := time.Since(began)
	t.Logf("a running turn takes %d KiB, with its share of bridge and provider, and %.1f goroutines", (heap()-before)/turns>>10, float64(runtime.NumGoroutine()-goroutines)/turns)
	close(open)
	for _, v := range viewers {
		if m := v.rest(); text(m) != "Written." {
			t.Errorf("a turn said %q, %s", text(m), problem(m))
		}
	}
	t.Logf("%d turns of two steps took %v, of which %v until all had asked", turns, time.Since(began).Round(time.Millisecond), waiting.Round(time.Millisecond))
}

// heap is the bytes in use after collecting what is not.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

func TestViewers(t *testing.T) {
	noLeaks(t)
	s := newStand(t, nil)
	c := s.chat(permission.ModeAuto)
	open := make(chan struct{})
	long := strings.Repeat("All work and no play. ", 20_000)
	s.llm.Add(
		slices.Concat(llmtest.Script{content("So. "), gate(open)}, llmtest.Reply{Text: long, PieceRunes: 4000}.Script()[2:]),
	)
	v := s.send(c, "Work")
	var idle []*uistream.Reader
	for range 2 {
		idle = append(idle, v.log.Reader(uistream.Client6)) // never read
	}
	v.until("some text", textHas("So."))
	close(open)
	live := v.rest()
	late := watch(t, v.log)
	sameMessage(t, "what a late viewer gets", late.rest(), live)
	if text(live) != "So. "+long {
		t.Error("the text is not as the model wrote it")
	}
	if len(late.chunks) >= len(v.chunks) {
		t.Errorf("a late viewer gets %d chunks, one that watched got %d", len(late.chunks), len(v.chunks))
	}
	again := watch(t, v.log)
	again.rest()
	if !reflect.DeepEqual(again.chunks, late.chunks) {
		t.Error("two late viewers get different streams")
	}
	for _, r := range idle {
		r.Close()
	}
	if s.service.Stream(c) != nil {
		t.Error("the stream is there after the turn")
	}
}
