package uistream_test

import (
	stdcontext "context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/kalpana-dev/kalpana/internal/uistream"
)

// rest is what r can read without waiting.
func rest(t *testing.T, r *Reader) (all []Chunk) {
	t.Helper()
	for {
		c, err := r.Next(ended)
		if err == io.EOF || errors.Is(err, stdcontext.Canceled) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
}

// brief is how a test writes chunks.
func brief(chunks []Chunk) string {
	var b strings.Builder
	for _, c := range chunks {
		switch c := c.(type) {
		case TextDelta:
			fmt.Fprintf(&b, " %q", c.Delta)
		case ToolInputDelta:
			fmt.Fprintf(&b, " %s:%q", c.ToolCallID, c.Delta)
		case Data:
			fmt.Fprintf(&b, " %s:%s=%s", c.Name, c.ID, c.Data)
		case ToolOutputAvailable:
			fmt.Fprintf(&b, " %s=%s", c.ToolCallID, c.Output)
		default:
			b.WriteString(" " + c.Type())
		}
	}
	return strings.TrimSpace(b.String())
}

func add(t *testing.T, l *Log, chunks ...Chunk) {
	t.Helper()
	for _, c := range chunks {
		if err := l.Append(c); err != nil {
			t.Fatalf("%#v: %v", c, err)
		}
	}
}

func call(id string) Chunk {
	return ToolInputAvailable{ToolCallID: id, ToolName: "runCommand", Input: js(`{}`)}
}

func term(id, data string) Chunk {
	return Data{Name: DataTerm, ID: id, Data: js(data), Transient: true}
}

func expect(t *testing.T, got []Chunk, want string) {
	t.Helper()
	if brief(got) != want {
		t.Errorf("got  %.500s\nwant %.500s", brief(got), want)
	}
}

func TestWhoKeepsUpGetsEachDeltaAndOthersOne(t *testing.T) {
	l := logOf(t, start, StartStep{}, TextStart{"t"})
	prompt := l.Reader(Client7)
	expect(t, rest(t, prompt), "start start-step text-start")
	add(t, l, TextDelta{"t", "Hel"})
	expect(t, rest(t, prompt), `"Hel"`)
	late := l.Reader(Client7)
	add(t, l, TextDelta{"t", "lo"}, TextDelta{"t", ""}, TextDelta{"t", "!"})
	expect(t, rest(t, prompt), `"lo!"`)
	expect(t, rest(t, late), `start start-step text-start "Hello!"`)
	add(t, l, TextEnd{"t"})
	expect(t, rest(t, late), `text-end`)
	if err := l.End("", Abort{}); err != nil {
		t.Fatal(err)
	}
	expect(t, rest(t, prompt), `text-end finish-step abort`)
	if _, err := prompt.Next(t.Context()); err != io.EOF {
		t.Errorf("after the end: %v", err)
	}
}

func TestLongTextComesInPiecesOfWholeCharacters(t *testing.T) {
	text := "x" + strings.Repeat("😀", 50_000)
	l := logOf(t, start, StartStep{}, TextStart{"t"}, TextDelta{"t", text})
	var got string
	for _, c := range rest(t, l.Reader(Client7)) {
		if d, ok := c.(TextDelta); ok {
			if len(d.Delta) > 64<<10 || strings.ContainsRune(d.Delta, '\uFFFD') || strings.ToValidUTF8(d.Delta, "") != d.Delta {
				t.Fatalf("a piece of %d bytes is cut wrongly", len(d.Delta))
			}
			got += d.Delta
		}
	}
	if got != text {
		t.Errorf("%d bytes came, want %d", len(got), len(text))
	}
}

func TestReplayLeavesOutWhatWasReplaced(t *testing.T) {
	plan := func(data string) Chunk { return Data{Name: DataPlan, ID: "p", Data: js(data)} }
	status := func(data string) Chunk { return Data{Name: DataStatus, Data: js(data), Transient: true} }
	prelim := func(data string) Chunk { return ToolOutputAvailable{"c", js(data), true} }
	l := logOf(t, start, StartStep{}, plan("1"), plan("2"), status("1"))
	slow := l.Reader(Client7)
	for range 3 {
		if _, err := slow.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	add(t, l, plan("3"), plan("4"), status("2"), call("c"), prelim("1"), term("c", `"a"`), prelim("2"), term("c", `"b"`))
	expect(t, rest(t, l.Reader(Client7)), `start start-step plan:p=1 plan:p=4 status:=2 tool-input-available term:c="a" c=2 term:c="b"`)
	add(t, l, ToolOutputAvailable{ToolCallID: "c", Output: js("3")})
	want := `plan:p=4 status:=2 tool-input-available c=3`
	expect(t, rest(t, l.Reader(Client7)), `start start-step plan:p=1 `+want)
	expect(t, rest(t, slow), want)
}

func TestMessageHasArgumentsThatWereNotShownYet(t *testing.T) {
	l := logOf(t, start, StartStep{}, ToolInputStart{"c", "t", ""}, ToolInputDelta{"c", `{"a":`}, ToolInputDelta{"c", `"b`})
	if got := canonical(t, l.Message(Client7).Parts[1]); !strings.Contains(got, `"input":{"a":"b"},"rawInput":"{\"a\":\"b"`) {
		t.Error(got)
	}
}

func TestMessageIsNotChangedByWhatComesLater(t *testing.T) {
	l := logOf(t, append([]Chunk{start, StartStep{}}, asking("c", "a")...)...)
	msg := l.Message(Client7)
	before := canonical(t, msg)
	add(t, l, ToolApprovalResponse{"a", true, ""}, ToolOutputAvailable{ToolCallID: "c", Output: js("1")})
	if canonical(t, msg) != before {
		t.Errorf("%s\nwas\n%s", canonical(t, msg), before)
	}
}

func TestEndOnce(t *testing.T) {
	l := NewLog("run-1")
	if err := l.End("", Abort{}); err == nil {
		t.Error("a log without start ended")
	}
	add(t, l, start)
	for _, c := range []Chunk{StartStep{}, Finish{Reason: "odd"}, Error{}} {
		if err := l.End("", c); err == nil {
			t.Errorf("%s ended it", c.Type())
		}
	}
	if err := l.End(strings.Repeat("x", 2000), Abort{}); err == nil || l.Ended() {
		t.Error("too long a text for open calls")
	}
	if err := l.End("", Abort{}); err != nil || !l.Ended() {
		t.Fatal(err)
	}
	if err := l.End("", Abort{}); !errors.Is(err, ErrEnded) {
		t.Errorf("again: %v", err)
	}
	if err := l.Append(StartStep{}); !errors.Is(err, ErrEnded) {
		t.Errorf("a chunk more: %v", err)
	}
}

func TestNextWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := logOf(t, start)
		r := l.Reader(Client6)
		rest(t, r)
		got := make(chan string, 1)
		go func() {
			c, err := r.Next(t.Context())
			got <- fmt.Sprint(c, err)
		}()
		synctest.Wait()
		add(t, l, Data{Name: DataNotice, ID: "n", Data: js("1")})
		if s := <-got; !strings.Contains(s, "notice") {
			t.Error(s)
		}
		ctx, cancel := stdcontext.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if c, err := r.Next(ctx); !errors.Is(err, stdcontext.DeadlineExceeded) {
			t.Errorf("%v, %v", c, err)
		}
	})
}

func TestUnwatchedCountsWhileNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLog("run-1")
		<-time.After(time.Minute)
		if d := l.Unwatched(); d != time.Minute {
			t.Errorf("before any reader: %v", d)
		}
		a, b := l.Reader(Client7), l.Reader(Client7)
		a.Close()
		a.Close()
		<-time.After(time.Minute)
		if d := l.Unwatched(); d != 0 {
			t.Errorf("with a reader: %v", d)
		}
		b.Close()
		<-time.After(time.Second)
		if d := l.Unwatched(); d != time.Second {
			t.Errorf("after the last: %v", d)
		}
	})
}

// TestManyReadersAtOnce: a writer and readers that come, go and wait, under the race
// detector.
func TestManyReadersAtOnce(t *testing.T) {
	l := NewLog("run-1")
	var all sync.WaitGroup
	messages := make([]Message, 8)
	for i := range messages {
		all.Go(func() {
			for range i {
				r := l.Reader(Client7) // one that leaves early
				if _, err := r.Next(t.Context()); err != nil {
					t.Error(err)
				}
				r.Close()
			}
			r := l.Reader(Client7)
			defer r.Close()
			var got []Chunk
			for {
				c, err := r.Next(t.Context())
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Error(err)
					return
				}
				got = append(got, c)
			}
			var err error
			if messages[i], err = Fold(Client7, got); err != nil {
				t.Error(err)
			}
		})
	}
	add(t, l, start)
	for n := range 40 {
		id := fmt.Sprint("c", n)
		add(t, l, StartStep{}, TextStart{"t"})
		for range 50 {
			add(t, l, TextDelta{"t", "word "})
		}
		add(t, l, TextEnd{"t"}, ToolInputStart{id, "runCommand", ""}, ToolInputDelta{id, "{"}, ToolInputDelta{id, "}"}, call(id),
			term(id, "1"), term(id, "2"), ToolOutputAvailable{id, js("1"), true}, ToolOutputAvailable{id, js("2"), false},
			Data{Name: DataPlan, ID: "p", Data: js(fmt.Sprint(n))}, FinishStep{})
	}
	add(t, l, Finish{Reason: FinishStop})
	all.Wait()
	for i, msg := range messages {
		if canonical(t, msg) != canonical(t, l.Message(Client7)) {
			t.Errorf("reader %d has another message", i)
		}
	}
}
