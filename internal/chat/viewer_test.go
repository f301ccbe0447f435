package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// viewer reads a turn's stream as a browser does.
type viewer struct {
	t       testing.TB
	log     *uistream.Log
	reader  *uistream.Reader
	checker uistream.Checker
	chunks  []uistream.Chunk
}

func watch(t testing.TB, log *uistream.Log) *viewer {
	v := &viewer{t: t, log: log, reader: log.Reader(uistream.Client7)}
	t.Cleanup(v.reader.Close)
	return v
}

// next is the next chunk, or nil after the last. It fails the test if the chunk breaks the
// order of the stream, or none comes.
func (v *viewer) next() uistream.Chunk {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), patience)
	defer cancel()
	c, err := v.reader.Next(ctx)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		v.t.Fatalf("no chunk comes: %v; so far:\n%s", err, v)
	}
	if _, err := v.checker.Check(c); err != nil {
		v.t.Fatalf("a chunk breaks the stream: %v; before it:\n%s", err, v)
	}
	v.chunks = append(v.chunks, c)
	return c
}

// until reads up to the chunk that ok says.
func (v *viewer) until(what string, ok func(uistream.Chunk) bool) uistream.Chunk {
	v.t.Helper()
	for {
		c := v.next()
		if c == nil {
			v.t.Fatalf("the stream ended before %s:\n%s", what, v)
		}
		if ok(c) {
			return c
		}
	}
}

// rest reads to the end, and returns the message.
func (v *viewer) rest() uistream.Message {
	v.t.Helper()
	for v.next() != nil {
	}
	v.finish() // or it fails
	return v.message()
}

// message is what a browser has made of what was read.
func (v *viewer) message() uistream.Message {
	v.t.Helper()
	m, err := uistream.Fold(uistream.Client7, v.chunks)
	must(v.t, err)
	return m
}

// finish is the reason of the stream's end.
func (v *viewer) finish() uistream.FinishReason {
	v.t.Helper()
	f, ok := v.chunks[len(v.chunks)-1].(uistream.Finish)
	if !ok {
		v.t.Fatalf("the stream has not finished:\n%s", v)
	}
	return f.Reason
}

// card waits for the next question, and returns it with its descriptor.
func (v *viewer) card() (uistream.ToolApprovalRequest, card) {
	v.t.Helper()
	c := v.until("a question", is[uistream.ToolApprovalRequest]).(uistream.ToolApprovalRequest)
	var d card
	must(v.t, json.Unmarshal(c.Descriptor, &d))
	return c, d
}

// card is what an approval's descriptor says, as the wire contract has it.
type card struct {
	Kind, Tool, Title, Reason, Risk, Command, Cwd, Diff, Question string
	Paths, Options                                                []string
	Choices                                                       []struct {
		Scope, Text string
		Rules       []string
	}
	ExpiresAt string
}

func (d card) scopes() string {
	var all []string
	for _, c := range d.Choices {
		all = append(all, c.Scope)
	}
	return strings.Join(all, " ")
}

func is[T uistream.Chunk](c uistream.Chunk) bool {
	_, ok := c.(T)
	return ok
}

func textHas(part string) func(uistream.Chunk) bool {
	return func(c uistream.Chunk) bool {
		d, ok := c.(uistream.TextDelta)
		return ok && strings.Contains(d.Delta, part)
	}
}

// data reports whether a chunk is a part of ours whose JSON has part in it.
func data(name, part string) func(uistream.Chunk) bool {
	return func(c uistream.Chunk) bool {
		d, ok := c.(uistream.Data)
		return ok && d.Name == name && strings.Contains(string(d.Data), part)
	}
}

func (v *viewer) String() string {
	var b strings.Builder
	for _, c := range v.chunks {
		raw, err := uistream.Encode(c)
		if err != nil {
			raw = []byte(err.Error())
		}
		if len(raw) > 400 {
			raw = append(raw[:400:400], "…"...)
		}
		fmt.Fprintf(&b, "%s\n", raw)
	}
	return b.String()
}

// Of messages:

// text is all text of a message.
func text(m uistream.Message) string {
	all := ""
	for _, p := range m.Parts {
		if p.Type == "text" && p.Text != nil {
			all += *p.Text
		}
	}
	return all
}

// part is the part of a call, or of our own as "data-error". It is the zero Part if there
// is none.
func part(m uistream.Message, id string) uistream.Part {
	for _, p := range m.Parts {
		if p.ToolCallID == id || p.Type == id {
			return p
		}
	}
	return uistream.Part{}
}

// notices are the kinds of the notices of a message.
func notices(m uistream.Message) string {
	var kinds []string
	for _, p := range m.Parts {
		if p.Type == "data-notice" {
			kinds = append(kinds, member(p.Data, "kind"))
		}
	}
	return strings.Join(kinds, " ")
}

// problem is the code of a message's data-error, or "".
func problem(m uistream.Message) string { return member(part(m, "data-error").Data, "code") }

// state is the state in a message's metadata.
func state(m uistream.Message) string { return member(m.Metadata, "state") }

// member is a member of a JSON object as text, "" if it is not there.
func member(raw json.RawMessage, name string) string {
	var o map[string]any
	if json.Unmarshal(raw, &o) != nil || o[name] == nil {
		return ""
	}
	return fmt.Sprint(o[name])
}

func sameMessage(t testing.TB, what string, got, want uistream.Message) {
	t.Helper()
	a, b := asJSON(t, got), asJSON(t, want)
	if !reflect.DeepEqual(a, b) {
		g, _ := json.MarshalIndent(a, "", " ")
		w, _ := json.MarshalIndent(b, "", " ")
		t.Errorf("%s differs:\ngot  %s\nwant %s", what, g, w)
	}
}

func asJSON(t testing.TB, m uistream.Message) (v any) {
	t.Helper()
	raw, err := json.Marshal(m)
	must(t, err)
	must(t, json.Unmarshal(raw, &v))
	return v
}
