package uistream_test

import (
	stdcontext "context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	. "github.com/kalpana-dev/kalpana/internal/uistream"
)

var (
	words = rapid.SampledFrom([]string{"", "a", "b", "10", "9", "é", "😀", "\u2028", "<b>", `\ud83d`, `\ude00`, `\u0041`, `\n`, "__proto__",
		"constructor", "prototype", "toString"})
	numbers = rapid.SampledFrom([]string{"0", "-0.0", "1e21", "1e-7", "12345678901234567890", "0.1", "1E400", "-5e-324", "100000000000000000000", "1.50"})
	ids     = rapid.SampledFrom([]string{"a", "b", "__proto__"})
	calls   = rapid.SampledFrom([]string{"c1", "c2", "c3", "toString", "x y"})
)

// ended is a context that is over: with it Next returns what is there, and does not wait.
var ended = func() stdcontext.Context {
	ctx, cancel := stdcontext.WithCancel(stdcontext.Background())
	cancel()
	return ctx
}()

// anyJSON is the text of some JSON, also in forms that no encoder of ours writes.
func anyJSON(t *rapid.T, depth int) string {
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	if depth == 0 && kind > 3 {
		kind -= 3
	}
	switch kind {
	case 0:
		return rapid.SampledFrom([]string{"true", "false", "null"}).Draw(t, "literal")
	case 1:
		return numbers.Draw(t, "number")
	case 2, 3:
		return `"` + words.Draw(t, "text") + words.Draw(t, "text") + `"`
	}
	var b strings.Builder
	b.WriteByte("{["[kind-4])
	for i := range rapid.IntRange(0, 3).Draw(t, "items") {
		if i > 0 {
			b.WriteString(" ,")
		}
		if kind == 4 {
			b.WriteString(`"` + words.Draw(t, "key") + `" :`)
		}
		b.WriteString(anyJSON(t, depth-1))
	}
	b.WriteByte("}]"[kind-4])
	return b.String()
}

func anyValue(t *rapid.T) json.RawMessage { return js(anyJSON(t, 3)) }

func anyObject(t *rapid.T) json.RawMessage {
	return js(fmt.Sprintf(`{"%s":%s,"n":%s}`, words.Draw(t, "key"), anyValue(t), anyValue(t)))
}

// anyChunk is a chunk that may or may not be legal now. Inputs are what each call has left
// to say of its arguments.
func anyChunk(t *rapid.T, inputs map[string]string) Chunk {
	id, call := ids.Draw(t, "id"), calls.Draw(t, "call")
	tool := "tool" + fmt.Sprint(len(call))
	text := rapid.SampledFrom([]string{"", "x", "é😀", "\xf0\x9f", "\u2028\x00", "data: "}).Draw(t, "text")
	switch rapid.IntRange(0, 23).Draw(t, "chunk") {
	case 0:
		return StartStep{}
	case 1:
		return FinishStep{}
	case 2:
		return TextStart{id}
	case 3, 4:
		return TextDelta{id, text}
	case 5:
		return TextEnd{id}
	case 6:
		return ReasoningStart{id}
	case 7:
		return ReasoningDelta{id, text}
	case 8:
		return ReasoningEnd{id}
	case 9:
		inputs[call] = anyJSON(t, 3)
		return ToolInputStart{call, tool, rapid.SampledFrom([]string{"", "Title"}).Draw(t, "title")}
	case 10, 11, 12:
		runes := []rune(inputs[call])
		n := rapid.IntRange(0, len(runes)).Draw(t, "piece")
		inputs[call] = string(runes[n:])
		return ToolInputDelta{call, string(runes[:n])}
	case 13:
		return ToolInputAvailable{call, tool, anyValue(t), text}
	case 14:
		return ToolInputError{call, tool, anyValue(t), "BAD_ARGUMENTS " + text}
	case 15:
		return ToolApprovalRequest{id, call, rapid.SampledFrom([]json.RawMessage{nil, js("null"), js(`{"a":1}`)}).Draw(t, "descriptor"), text}
	case 16:
		return ToolApprovalResponse{id, rapid.Bool().Draw(t, "approved"), text}
	case 17, 18:
		return ToolOutputAvailable{call, anyValue(t), rapid.Bool().Draw(t, "preliminary")}
	case 19:
		return ToolOutputError{call, "FAILED " + text}
	case 20:
		return ToolOutputDenied{call}
	case 21:
		name := rapid.SampledFrom([]string{DataPlan, DataDiff, DataUsage}).Draw(t, "name")
		return Data{Name: name, ID: id, Data: anyValue(t)}
	case 22:
		if rapid.Bool().Draw(t, "terminal") {
			return Data{Name: DataTerm, ID: call, Data: anyValue(t), Transient: true}
		}
		return Data{Name: DataStatus, Data: anyValue(t), Transient: true}
	}
	return rapid.SampledFrom([]Chunk{
		MessageMetadata{anyObject(t)}, SourceURL{id, "https://example.org/" + text, text},
		SourceDocument{id, "text/plain", "T" + text, text}, File{"data:,", "text/plain"},
	}).Draw(t, "part")
}

// legal is a stream that keeps the rules, whole or cut.
func legal(t *rapid.T) []Chunk {
	var k Checker
	var all []Chunk
	try := func(c Chunk) {
		if delta, ok := c.(ToolInputDelta); ok && delta.Delta == "" {
			return // a Log never sends it
		}
		if clean, err := k.Check(c); err == nil {
			all = append(all, clean)
		} else if _, ok := errors.AsType[*RuleError](err); !ok {
			t.Fatalf("%#v: %v", c, err)
		}
	}
	try(Start{MessageID: "msg-1", Metadata: anyObject(t)})
	try(StartStep{})
	inputs := map[string]string{}
	for range rapid.IntRange(0, 60).Draw(t, "length") {
		try(anyChunk(t, inputs))
	}
	if rapid.Bool().Draw(t, "whole") {
		for _, c := range k.Closing("CANCELLED") {
			try(c)
		}
		n := len(all)
		try(rapid.SampledFrom([]Chunk{Finish{FinishStop, anyObject(t)}, Finish{Reason: FinishError}, Abort{"stopped"}, Abort{}}).Draw(t, "last"))
		if len(all) == n {
			t.Fatalf("what Closing returns does not close all")
		}
	}
	return all
}

// TestAnyLegalStreamIsReadAlike: the real clients make of any stream that the Checker
// lets pass what Fold does, whole or cut, and find nothing to object to.
func TestAnyLegalStreamIsReadAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chunks := legal(t)
		for _, v := range versions {
			want, err := Fold(v, chunks)
			if err != nil {
				t.Fatalf("%v", err)
			}
			got := real.talk(t, conversation{Version: v, Answers: []answer{{Body: body(t, v, chunks...)}}})
			if got.Error != "" || string(got.Final) != canonical(t, want) {
				t.Fatalf("ai %d: error %q\n%s\nours:\n%s", v, got.Error, got.Final, canonical(t, want))
			}
		}
	})
}

// TestViewersThatComeAndGoSeeTheSame: whoever reads, from whenever on and however slowly,
// gets a legal stream that means what was appended.
func TestViewersThatComeAndGoSeeTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chunks := legal(t)
		l := NewLog("run-1")
		type viewer struct {
			r   *Reader
			got []Chunk
		}
		var viewers []*viewer
		// read takes n chunks, which must be there, or all if n < 0.
		read := func(w *viewer, n int) {
			for ; n != 0; n-- {
				c, err := w.r.Next(ended)
				if err != nil {
					return
				}
				w.got = append(w.got, c)
			}
		}
		for _, c := range chunks {
			if rapid.IntRange(0, 9).Draw(t, "join") == 0 {
				viewers = append(viewers, &viewer{r: l.Reader(Client7)})
			}
			if err := l.Append(c); err != nil {
				t.Fatalf("%#v: %v", c, err)
			}
			for _, w := range viewers {
				read(w, rapid.IntRange(0, 3).Draw(t, "reads"))
			}
			if len(viewers) > 0 && rapid.IntRange(0, 19).Draw(t, "leave") == 0 {
				viewers[0].r.Close()
				viewers = viewers[1:]
			}
		}
		want, err := Fold(Client7, chunks)
		if err != nil {
			t.Fatalf("%v", err)
		}
		if got := canonical(t, l.Message(Client7)); got != canonical(t, want) {
			t.Fatalf("the log's message:\n%s\nwant:\n%s", got, canonical(t, want))
		}
		viewers = append(viewers, &viewer{r: l.Reader(Client7)})
		for _, w := range viewers {
			read(w, -1)
			w.r.Close()
			got, err := Fold(Client7, w.got)
			if err != nil {
				t.Fatalf("a viewer's stream: %v", err)
			}
			if canonical(t, got) != canonical(t, want) {
				t.Fatalf("a viewer's message:\n%s\nwant:\n%s", canonical(t, got), canonical(t, want))
			}
		}
		for _, v := range versions {
			if !l.Ended() {
				break
			}
			want, _ := Fold(v, chunks)
			got := real.talk(t, conversation{Version: v, Answers: []answer{{Body: replay(t, l, v)}}})
			if got.Error != "" || string(got.Final) != canonical(t, want) {
				t.Fatalf("ai %d: error %q\n%s\nours:\n%s", v, got.Error, got.Final, canonical(t, want))
			}
		}
	})
}
