package process_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
)

// takes starts a command with input in the background.
func (s *stand) takes(t *testing.T, command string) string {
	t.Helper()
	result, _ := s.run(t, bridge.RunCommand{Command: command, Input: true, Background: true})
	return result.ProcessID
}

func TestInput(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.takes(t, "cat; echo end")
	s.types(t, id, "first\n")
	s.shows(t, id, "first\n")
	bytes := "\x00\xff\x80"
	if err := s.Write(t.Context(), bridge.WriteProcess{ProcessID: id, Data: base64.StdEncoding.EncodeToString([]byte(bytes)), Encoding: bridge.EncodingBase64}); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), bridge.WriteProcess{ProcessID: id, Data: "last", Encoding: bridge.EncodingUTF8, Close: true}); err != nil {
		t.Fatal(err)
	}
	if got, want := s.all(t, id), "first\n"+bytes+"lastend\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	hasCode(t, s.Write(t.Context(), bridge.WriteProcess{ProcessID: id, Data: "x"}), bridge.CodeProcessEnded)
}

func TestBadInputIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	with, without, shut := s.takes(t, "sleep 1000"), s.background(t, "sleep 1000"), s.takes(t, "exec <&-; echo ready; sleep 1000")
	s.shows(t, shut, "ready")
	for _, c := range []struct {
		name string
		req  bridge.WriteProcess
		code string
	}{
		{"no process", bridge.WriteProcess{ProcessID: "none"}, bridge.CodeNoProcess},
		{"no input", bridge.WriteProcess{ProcessID: without, Data: "x"}, bridge.CodeBadRequest},
		{"closed by the command", bridge.WriteProcess{ProcessID: shut, Data: "x"}, bridge.CodeProcessEnded},
		{"too much", bridge.WriteProcess{ProcessID: with, Data: strings.Repeat("x", bridge.MaxInputBytes+1)}, bridge.CodeTooLarge},
		{"no base64", bridge.WriteProcess{ProcessID: with, Data: "%", Encoding: bridge.EncodingBase64}, bridge.CodeBadRequest},
		{"no encoding", bridge.WriteProcess{ProcessID: with, Data: "x", Encoding: "latin1"}, bridge.CodeBadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			hasCode(t, s.Write(t.Context(), c.req), c.code)
		})
	}
}

func TestInputWaitsForAReader(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.takes(t, "until [ -e go ]; do sleep 0.05; done; wc -c")
	chunk := strings.Repeat("x", bridge.MaxInputBytes)
	s.types(t, id, chunk) // fills the pipe

	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for range 3 {
		waiting.Go(func() {
			if err := s.Write(ctx, bridge.WriteProcess{ProcessID: id, Data: "y"}); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	}
	cancel()
	within(t, "the cancelled writers", waiting.Wait)

	written := make(chan error, 1)
	go func() { written <- s.Write(t.Context(), bridge.WriteProcess{ProcessID: id, Data: chunk, Close: true}) }()
	s.run(t, bridge.RunCommand{Command: "touch go"})
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(s.all(t, id)); got != "131072" {
		t.Errorf("%s bytes arrived", got)
	}
}

func TestInputEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	s := start(t)
	// The child keeps the input open and does not read it.
	id := s.takes(t, "sleep 1000 <&0 & until [ -e go ]; do sleep 0.05; done")
	s.types(t, id, strings.Repeat("x", bridge.MaxInputBytes))
	written := make(chan error, 1)
	go func() { written <- s.Write(t.Context(), bridge.WriteProcess{ProcessID: id, Data: "y"}) }()
	s.run(t, bridge.RunCommand{Command: "touch go"})
	within(t, "the writer", func() { hasCode(t, <-written, bridge.CodeProcessEnded) })
}

func TestCloseEndsTheInputOfATerminal(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, data := range []string{"", "line\n", "no line"} {
		id := s.open(t, bridge.OpenTerminal{Command: "cat; echo end"}).ProcessID
		if err := s.Write(t.Context(), bridge.WriteProcess{ProcessID: id, Data: data, Close: true}); err != nil {
			t.Fatal(err)
		}
		if got := s.all(t, id); !strings.Contains(got, strings.TrimSpace(data)) || !strings.HasSuffix(got, "end\r\n") {
			t.Errorf("%q: output %q", data, got)
		}
	}
}
