package uistream_test

import (
	"bytes"
	stdcontext "context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/kalpana-dev/kalpana/internal/uistream"
)

func none() error { return nil }

func TestStreamIsServerSentEvents(t *testing.T) {
	l := logOf(t, start, StartStep{}, TextStart{"t"}, TextDelta{"t", "a\n\ndata: b"}, TextEnd{"t"}, FinishStep{}, Finish{Reason: FinishStop})
	const want = `: stream-open

data: {"type":"start","messageId":"msg-1"}

data: {"type":"start-step"}

data: {"type":"text-start","id":"t"}

data: {"type":"text-delta","id":"t","delta":"a\n\ndata: b"}

data: {"type":"text-end","id":"t"}

data: {"type":"finish-step"}

data: {"type":"finish","finishReason":"stop"}

data: [DONE]

`
	// Two viewers of what is there get the same bytes.
	for range 2 {
		if got := replay(t, l, Client7); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestHeaders(t *testing.T) {
	got := map[string]string{}
	for _, h := range Headers() {
		got[h[0]] = h[1]
	}
	for name, want := range map[string]string{
		"content-type": "text/event-stream", "cache-control": "no-cache, no-transform",
		"x-accel-buffering": "no", "x-vercel-ai-ui-message-stream": "v1",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	if len(got) != 4 {
		t.Errorf("headers %v", got)
	}
	for value, want := range map[string]Client{"7": Client7, "": Client6, "8": Client6, "7.0": Client6, "6": Client6} {
		if ClientOf(value) != want {
			t.Errorf("client %q is %d", value, ClientOf(value))
		}
	}
}

// TestStreamFollowsAndKeepsAlive: comments at once and in silence, chunks as they come.
func TestStreamFollowsAndKeepsAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLog("run-1")
		var sent bytes.Buffer
		var mu sync.Mutex
		var flushed []string // what each flush sent
		flush := func() error {
			mu.Lock()
			defer mu.Unlock()
			flushed = append(flushed, sent.String())
			sent.Reset()
			return nil
		}
		done := make(chan error, 1)
		r := l.Reader(Client6)
		defer r.Close()
		go func() { done <- r.Stream(t.Context(), &sent, flush) }()
		got := func(want ...string) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if strings.Join(flushed, "|") != strings.Join(want, "|") {
				t.Errorf("flushed %q, want %q", flushed, want)
			}
			flushed = nil
		}
		got(": stream-open\n\n")
		<-time.After(KeepAlive)
		got(": keep-alive\n\n")
		<-time.After(KeepAlive - time.Second)
		add(t, l, start)
		got("data: {\"type\":\"start\",\"messageId\":\"msg-1\"}\n\n")
		<-time.After(KeepAlive - time.Second)
		got()
		<-time.After(time.Second)
		got(": keep-alive\n\n")
		// What a client does not read says nothing, and is no sign of life either.
		add(t, l, StartStep{}, call("c"), ToolApprovalRequest{ApprovalID: "a", ToolCallID: "c"})
		synctest.Wait()
		mu.Lock()
		flushed = nil
		mu.Unlock()
		add(t, l, ToolApprovalResponse{"a", true, ""})
		got()
		<-time.After(2 * KeepAlive)
		got(": keep-alive\n\n", ": keep-alive\n\n")
		if err := l.End("", Abort{}); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if all := strings.Join(flushed, ""); !strings.HasSuffix(all, "data: {\"type\":\"abort\"}\n\ndata: [DONE]\n\n") {
			t.Errorf("at the end: %q", all)
		}
	})
}

func TestStreamEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := stdcontext.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r := logOf(t, start).Reader(Client7)
		if err := r.Stream(ctx, io.Discard, none); !errors.Is(err, stdcontext.DeadlineExceeded) {
			t.Error(err)
		}
		if err := r.Stream(ctx, io.Discard, none); !errors.Is(err, stdcontext.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

// broken fails at the nth write.
type broken struct{ n int }

func (b *broken) Write(p []byte) (int, error) {
	if b.n--; b.n < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

func TestStreamReportsABrokenConnection(t *testing.T) {
	l := logOf(t, streams["several steps"]...)
	for n := range 2 {
		if err := l.Reader(Client7).Stream(t.Context(), &broken{n}, none); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("write %d: %v", n, err)
		}
	}
	no := errors.New("no flush")
	if err := l.Reader(Client7).Stream(t.Context(), io.Discard, func() error { return no }); !errors.Is(err, no) {
		t.Error(err)
	}
	large := logOf(t, start, StartStep{}, TextStart{"t"}, TextDelta{"t", strings.Repeat("x", 1<<20)})
	if err := large.Reader(Client7).Stream(t.Context(), &broken{3}, none); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("in the middle of the text: %v", err)
	}
}

// stuck blocks in Write until it is released.
type stuck struct{ released chan struct{} }

func (s stuck) Write(p []byte) (int, error) { <-s.released; return 0, io.ErrClosedPipe }

// TestSlowViewerBlocksNobody: one viewer's connection takes nothing; the turn and the
// other viewer go on, and the log stays small.
func TestSlowViewerBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := logOf(t, start, StartStep{})
		s := stuck{make(chan struct{})}
		done := make(chan error, 1)
		go func() { done <- l.Reader(Client7).Stream(t.Context(), s, none) }()
		synctest.Wait()
		quick := l.Reader(Client7)
		for range 10_000 {
			add(t, l, TextStart{"t"}, TextDelta{"t", "word"}, TextEnd{"t"})
			if len(rest(t, quick)) == 0 {
				t.Fatal("the quick viewer got nothing")
			}
		}
		close(s.released)
		if err := <-done; !errors.Is(err, io.ErrClosedPipe) {
			t.Error(err)
		}
		if err := l.End("", Finish{Reason: FinishStop}); err != nil {
			t.Error(err)
		}
		if !strings.HasSuffix(replay(t, l, Client7), "data: [DONE]\n\n") {
			t.Error("the slow viewer cannot resume")
		}
	})
}
