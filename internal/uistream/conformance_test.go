package uistream_test

import (
	stdcontext "context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	. "github.com/kalpana-dev/kalpana/internal/uistream"
)

func context(fataler) stdcontext.Context { return stdcontext.Background() }

func js(s string) json.RawMessage { return json.RawMessage(s) }

var start = Start{MessageID: "msg-1"}

// turn is a stream of one step with finish.
func turn(chunks ...Chunk) []Chunk {
	all := append([]Chunk{start, StartStep{}}, chunks...)
	return append(all, FinishStep{}, Finish{Reason: FinishStop})
}

func said(id, text string) []Chunk {
	all := []Chunk{TextStart{id}}
	for _, r := range text {
		all = append(all, TextDelta{id, string(r)})
	}
	return append(all, TextEnd{id})
}

// stopped is a stream that is stopped after chunks.
func stopped(last Chunk, chunks ...Chunk) []Chunk {
	var k Checker
	all := append([]Chunk{start, StartStep{}}, chunks...)
	for _, c := range all {
		if _, err := k.Check(c); err != nil {
			panic(err)
		}
	}
	all = append(all, k.Closing("CANCELLED: stopped by the user")...)
	return append(all, last)
}

// asking is a call the user is asked about.
func asking(call, approval string) []Chunk {
	return []Chunk{
		ToolInputAvailable{ToolCallID: call, ToolName: "runCommand", Input: js(`{"command":"git push"}`), Title: "Push"},
		ToolApprovalRequest{ApprovalID: approval, ToolCallID: call, Descriptor: js(`{"program":"git push"}`), Reason: "publishes"},
	}
}

func join(lists ...[]Chunk) (all []Chunk) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// streams are the cases of the protocol's conformance list that a stream alone decides,
// and every chunk there is.
var streams = map[string][]Chunk{
	"text and reasoning": turn(join(
		[]Chunk{ReasoningStart{"r1"}, ReasoningDelta{"r1", "I shall "}, ReasoningDelta{"r1", "greet"}, ReasoningEnd{"r1"}},
		said("t1", "Hello"))...),
	"an ID again after its end": turn(join(said("t", "one"), said("t", "two"))...),
	"every kind of character":   turn(said("t", "😀 é \u2028 <b>&amp;</b> \u0000\u001f \" \\ \r\n data: x\n\n")...),
	"a character cut in two":    turn(TextStart{"t"}, TextDelta{"t", "\xf0\x9f"}, TextDelta{"t", "\x98\x80"}, TextEnd{"t"}),
	"empty text":                turn(TextStart{"t"}, TextDelta{"t", ""}, TextEnd{"t"}),
	"no step": {start, Data{Name: DataError, ID: "e", Data: js(`{"code":"PROVIDER","message":"no answer","retryable":true}`)},
		Finish{Reason: FinishError}},
	"an empty step": turn(),
	"metadata": {Start{"msg-1", js(`{"model":"a/b","usage":{"input":1,"10":1,"9":2}}`)},
		MessageMetadata{js(`{"usage":{"output":2,"input":3},"list":[1]}`)}, StartStep{}, FinishStep{},
		Finish{FinishStop, js(`{"usage":null,"list":[2,3],"constructor":1,"prototype":2,"costUsd":0.0010}`)}},
	"a tool": turn(
		ToolInputStart{"c1", "readFile", "Read"}, ToolInputDelta{"c1", `{"path":"a`}, ToolInputDelta{"c1", `.txt"}`},
		ToolInputAvailable{ToolCallID: "c1", ToolName: "readFile", Input: js(`{"path":"a.txt"}`)},
		ToolOutputAvailable{ToolCallID: "c1", Output: js(`{"lines":["1"],"total":1.0}`)}),
	"two tools at once": turn(
		ToolInputStart{"c1", "readFile", ""}, ToolInputStart{"c2", "readFile", ""}, ToolInputDelta{"c2", `{"path":"b"`},
		ToolInputDelta{"c1", `{"path":"a"}`}, ToolInputDelta{"c2", `}`},
		ToolInputAvailable{ToolCallID: "c2", ToolName: "readFile", Input: js(`{"path":"b"}`)},
		ToolInputAvailable{ToolCallID: "c1", ToolName: "readFile", Input: js(`{"path":"a"}`), Title: "A"},
		ToolOutputAvailable{ToolCallID: "c2", Output: js(`"b"`)}, ToolOutputAvailable{ToolCallID: "c1", Output: js(`null`)}),
	"invalid arguments": turn(
		ToolInputStart{"c1", "editFile", ""}, ToolInputDelta{"c1", `{"path":`},
		ToolInputError{"c1", "editFile", js(`"{\"path\":"`), "BAD_ARGUMENTS: not JSON"},
		ToolInputError{"c2", "noSuchTool", js(`{"a":1}`), "BAD_ARGUMENTS: no such tool"}),
	"a tool that fails": turn(
		ToolInputAvailable{ToolCallID: "c1", ToolName: "readFile", Input: js(`{"path":"../x"}`)},
		ToolOutputError{"c1", "PATH_OUTSIDE: path leaves the workspace"}),
	"preliminary results": turn(
		ToolInputAvailable{ToolCallID: "c1", ToolName: "t", Input: js(`[]`)},
		ToolOutputAvailable{"c1", js(`1`), true}, ToolOutputAvailable{"c1", js(`2`), true}, ToolOutputAvailable{"c1", js(`3`), false}),
	"a preliminary result, then a failure": turn(
		ToolInputAvailable{ToolCallID: "c1", ToolName: "t", Input: js(`{}`)},
		ToolOutputAvailable{"c1", js(`1`), true}, ToolOutputError{"c1", "TIMEOUT: too long"}),
	"approved": turn(join(asking("c1", "a1"), []Chunk{
		ToolApprovalResponse{"a1", true, ""}, ToolOutputAvailable{ToolCallID: "c1", Output: js(`"ok"`)}})...),
	"refused": turn(join(asking("c1", "a1"), []Chunk{
		ToolApprovalResponse{"a1", false, "not now"}, ToolOutputDenied{"c1"}})...),
	"one of two refused": turn(join(asking("c1", "a1"), asking("c2", "a2"), []Chunk{
		ToolApprovalResponse{"a2", false, ""}, ToolOutputDenied{"c2"},
		ToolApprovalResponse{"a1", true, "fine"}, ToolOutputAvailable{ToolCallID: "c1", Output: js(`{}`)}})...),
	"our own parts": turn(
		Data{Name: DataPlan, ID: "p", Data: js(`{"items":[{"title":"x","status":"active"}]}`)},
		Data{Name: DataStatus, ID: "s", Data: js(`{"text":"thinking"}`), Transient: true},
		Data{Name: DataPlan, ID: "p", Data: js(`{"items":[]}`)}, Data{Name: DataPlan, ID: "q", Data: js(`null`)},
		Data{Name: DataUsage, ID: "p", Data: js(`{"costMicroUsd":12}`)},
		ToolInputAvailable{ToolCallID: "c1", ToolName: "runCommand", Input: js(`{}`)},
		Data{Name: DataTerm, ID: "c1", Data: js(`{"seq":0,"text":"a"}`), Transient: true},
		Data{Name: DataPlan, ID: "p", Data: js(`[1,2]`)},
		ToolOutputAvailable{ToolCallID: "c1", Output: js(`{"exitCode":0}`)}),
	"sources and files": turn(SourceURL{"s1", "https://example.org/?a&b", "A"}, SourceURL{"s2", "https://example.org", ""},
		SourceDocument{"s3", "application/pdf", "B", "b.pdf"}, SourceDocument{"s4", "application/pdf", "C", ""},
		File{"data:image/png;base64,AA==", "image/png"}),
	"several steps": append(append([]Chunk{start}, join(
		[]Chunk{StartStep{}}, said("t", "first"), asking("c1", "a1"),
		[]Chunk{ToolApprovalResponse{"a1", true, ""}, ToolOutputAvailable{ToolCallID: "c1", Output: js(`1`)}, FinishStep{}},
		[]Chunk{StartStep{}}, said("t", "second"), []Chunk{FinishStep{}})...), Finish{Reason: FinishLength}),
	"stopped in text":       stopped(Abort{"stopped"}, TextStart{"t"}, TextDelta{"t", "half"}),
	"stopped in thoughts":   stopped(Finish{Reason: FinishOther}, ReasoningStart{"t"}, ReasoningDelta{"t", "half"}),
	"stopped in arguments":  stopped(Abort{}, ToolInputStart{"c1", "writeFile", ""}, ToolInputDelta{"c1", `{"path":"a","content":"x\ny \ud8`}),
	"stopped before any":    stopped(Abort{}, ToolInputStart{"c1", "writeFile", "W"}),
	"stopped in a command":  stopped(Abort{}, ToolInputAvailable{ToolCallID: "c1", ToolName: "runCommand", Input: js(`{"command":"sleep 9"}`)}),
	"stopped while asking":  stopped(Finish{Reason: FinishStop}, asking("c1", "a1")...),
	"stopped after refusal": stopped(Abort{}, append(asking("c1", "a1"), ToolApprovalResponse{"a1", false, "no"})...),
	"stopped after consent": stopped(Abort{}, append(asking("c1", "a1"), ToolApprovalResponse{"a1", true, ""})...),
	"keys clients refuse": turn(
		ToolInputAvailable{ToolCallID: "c1", ToolName: "t", Input: js(`{"__proto__":{"a":1},"b":{"constructor":{"prototype":1}},"\u005f_proto__":2,"constructor":3}`)},
		ToolOutputAvailable{ToolCallID: "c1", Output: js(`[{"__proto__":1,"a":{"__proto__":[]}}]`)}),
	"numbers and orders": turn(
		ToolInputAvailable{ToolCallID: "c1", ToolName: "t", Input: js(`{"b":1e2,"10":-0.0,"9":12345678901234567890,"a":1e-7,"01":1e21,"b":1e400,"4294967295":0.1,"":5e-324}`)},
		ToolOutputAvailable{ToolCallID: "c1", Output: js(` [ "\ud83d\ude00" , "\u0041\/\u2028", true , false,null, {} , [ ] ] `)}),
}

// TestClientsReadWhatWasMeant sends each stream event by event, and as the log replays it,
// to both versions of the client.
func TestClientsReadWhatWasMeant(t *testing.T) {
	for name, chunks := range streams {
		t.Run(name, func(t *testing.T) {
			l := logOf(t, chunks...)
			for _, v := range versions {
				want, err := Fold(v, chunks)
				if err != nil {
					t.Fatal(err)
				}
				var k Checker
				clean := make([]Chunk, len(chunks))
				for i, c := range chunks {
					if clean[i], err = k.Check(c); err != nil {
						t.Fatal(err)
					}
				}
				if got := canonical(t, l.Message(v)); got != canonical(t, want) {
					t.Errorf("the log's message:\n%s\nwant:\n%s", got, canonical(t, want))
				}
				for how, stream := range map[string]string{"as sent": body(t, v, clean...), "as replayed": replay(t, l, v)} {
					got := real.talk(t, conversation{Version: v, Answers: []answer{{Body: stream}}})
					if got.Error != "" || got.Status != "ready" {
						t.Errorf("ai %d, %s: status %s, error %q", v, how, got.Status, got.Error)
					}
					if string(got.Final) != canonical(t, want) {
						t.Errorf("ai %d, %s:\n%s\nours:\n%s", v, how, got.Final, canonical(t, want))
					}
				}
			}
		})
	}
}

func TestErrorChunkEndsTheClientsStream(t *testing.T) {
	l := logOf(t, start, StartStep{}, TextStart{"t"}, TextDelta{"t", "half"})
	if err := l.End("CANCELLED", Error{"cannot be shown"}); err != nil {
		t.Fatal(err)
	}
	for _, v := range versions {
		got := real.talk(t, conversation{Version: v, Answers: []answer{{Body: replay(t, l, v)}}})
		if got.Status != "error" || got.Error != "cannot be shown" {
			t.Errorf("ai %d: status %s, error %q", v, got.Status, got.Error)
		}
		if want := canonical(t, l.Message(v)); string(got.Final) != want {
			t.Errorf("ai %d:\n%s\nours:\n%s", v, got.Final, want)
		}
	}
}

// TestResumedStreamIsThereOnce cuts the connection at every place, and resumes.
func TestResumedStreamIsThereOnce(t *testing.T) {
	chunks := streams["several steps"]
	l := logOf(t, chunks...)
	for _, v := range versions {
		want := canonical(t, l.Message(v))
		events := strings.SplitAfter(body(t, v, chunks...), "\n\n")
		for cut := range len(events) - 1 {
			got := real.talk(t, conversation{Version: v, Answers: []answer{
				{Body: strings.Join(events[:cut], ""), Cut: true}, {Body: replay(t, l, v)},
			}})
			last := got.Messages[len(got.Messages)-1]
			if string(last) != want || len(got.Messages) != 2 || got.Status != "ready" {
				t.Errorf("ai %d, cut after %d events: %d messages, status %s, error %q, last\n%s\nwant\n%s",
					v, cut, len(got.Messages), got.Status, got.Error, last, want)
			}
		}
	}
}

func TestNothingToResumeLeavesTheClientReady(t *testing.T) {
	for _, v := range versions {
		got := real.talk(t, conversation{Version: v, Answers: []answer{{Body: body(t, v, streams["a tool"]...)}, {Status: 204}}})
		if got.Status != "ready" || got.Error != "" || len(got.Messages) != 2 {
			t.Errorf("ai %d: status %s, error %q, %d messages", v, got.Status, got.Error, len(got.Messages))
		}
	}
}

func TestTransientDataReachesTheClientOnly(t *testing.T) {
	term := func(n int) Chunk {
		return Data{Name: DataTerm, ID: "c1", Data: js(fmt.Sprintf(`{"seq":%d,"text":"line\n"}`, n)), Transient: true}
	}
	l := logOf(t, start, StartStep{}, ToolInputAvailable{ToolCallID: "c1", ToolName: "runCommand", Input: js(`{}`)}, term(0), term(1),
		Data{Name: DataNotice, ID: "n", Data: js(`"kept"`)})
	r := l.Reader(Client7)
	defer r.Close()
	var chunks []Chunk
	for range 6 {
		c, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		chunks = append(chunks, c)
	}
	for _, v := range versions {
		got := real.talk(t, conversation{Version: v, Answers: []answer{{Body: body(t, v, chunks...)}}})
		if len(got.Data) != 3 || string(got.Data[1]) != `{"type":"data-term","id":"c1","data":{"seq":1,"text":"line\n"},"transient":true}` {
			t.Errorf("ai %d: data %s", v, got.Data)
		}
		if string(got.Final) != canonical(t, l.Message(v)) || strings.Contains(string(got.Final), "data-term") {
			t.Errorf("ai %d: %s", v, got.Final)
		}
	}
}

// TestClientsTakeTheHistory loads messages of ours and goes on with them.
func TestClientsTakeTheHistory(t *testing.T) {
	for name, chunks := range streams {
		for _, v := range versions {
			msg, err := Fold(Client7, chunks)
			if err != nil {
				t.Fatal(err)
			}
			var again Message
			if err := json.Unmarshal([]byte(canonical(t, msg)), &again); err != nil {
				t.Fatal(err)
			}
			got := real.talk(t, conversation{Version: v, History: []Message{again}, Answers: []answer{
				{Body: body(t, v, Start{MessageID: "msg-2"}, Finish{Reason: FinishStop})}}})
			if string(got.Messages[0]) != canonical(t, msg) || got.Error != "" || len(got.Messages) != 3 {
				t.Errorf("%s, ai %d: %d messages, error %q\n%s\nstored:\n%s", name, v, len(got.Messages), got.Error, got.Messages[0], canonical(t, msg))
			}
		}
	}
}
