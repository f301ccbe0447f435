package uistream_test

import (
	"encoding/json"
	"testing"

	. "github.com/kalpana-dev/kalpana/internal/uistream"
)

func TestChunksHaveTheProtocolsJSON(t *testing.T) {
	for _, tt := range []struct {
		chunk Chunk
		want  string
	}{
		{Start{MessageID: "m"}, `{"type":"start","messageId":"m"}`},
		{Start{"m", js(`{"a":1}`)}, `{"type":"start","messageId":"m","messageMetadata":{"a":1}}`},
		{MessageMetadata{js(`{}`)}, `{"type":"message-metadata","messageMetadata":{}}`},
		{StartStep{}, `{"type":"start-step"}`},
		{FinishStep{}, `{"type":"finish-step"}`},
		{TextStart{"t"}, `{"type":"text-start","id":"t"}`},
		{TextDelta{"t", "a<b>\u2028\n"}, `{"type":"text-delta","id":"t","delta":"a<b>\u2028\n"}`},
		{TextDelta{"t", ""}, `{"type":"text-delta","id":"t","delta":""}`},
		{TextEnd{"t"}, `{"type":"text-end","id":"t"}`},
		{ReasoningStart{"r"}, `{"type":"reasoning-start","id":"r"}`},
		{ReasoningDelta{"r", "x"}, `{"type":"reasoning-delta","id":"r","delta":"x"}`},
		{ReasoningEnd{"r"}, `{"type":"reasoning-end","id":"r"}`},
		{ToolInputStart{"c", "t", ""}, `{"type":"tool-input-start","toolCallId":"c","toolName":"t"}`},
		{ToolInputStart{"c", "t", "T"}, `{"type":"tool-input-start","toolCallId":"c","toolName":"t","title":"T"}`},
		{ToolInputDelta{"c", "{"}, `{"type":"tool-input-delta","toolCallId":"c","inputTextDelta":"{"}`},
		{ToolInputAvailable{"c", "t", js(`null`), ""}, `{"type":"tool-input-available","toolCallId":"c","toolName":"t","input":null}`},
		{ToolInputError{"c", "t", js(`"{"`), "E"}, `{"type":"tool-input-error","toolCallId":"c","toolName":"t","input":"{","errorText":"E"}`},
		{ToolApprovalRequest{"a", "c", nil, ""}, `{"type":"tool-approval-request","approvalId":"a","toolCallId":"c"}`},
		{ToolApprovalRequest{"a", "c", js(`{"x":[1,2]}`), "why"},
			`{"type":"tool-approval-request","approvalId":"a","toolCallId":"c","approvalDescriptor":{"x":[1,2]},"reason":"why"}`},
		{ToolApprovalResponse{"a", false, ""}, `{"type":"tool-approval-response","approvalId":"a","approved":false}`},
		{ToolApprovalResponse{"a", true, "ok"}, `{"type":"tool-approval-response","approvalId":"a","approved":true,"reason":"ok"}`},
		{ToolOutputAvailable{"c", js(`1`), false}, `{"type":"tool-output-available","toolCallId":"c","output":1}`},
		{ToolOutputAvailable{"c", js(`1`), true}, `{"type":"tool-output-available","toolCallId":"c","output":1,"preliminary":true}`},
		{ToolOutputError{"c", "E"}, `{"type":"tool-output-error","toolCallId":"c","errorText":"E"}`},
		{ToolOutputDenied{"c"}, `{"type":"tool-output-denied","toolCallId":"c"}`},
		{SourceURL{"s", "https://example.org/?a&b", ""}, `{"type":"source-url","sourceId":"s","url":"https://example.org/?a&b"}`},
		{SourceDocument{"s", "text/plain", "T", ""}, `{"type":"source-document","sourceId":"s","mediaType":"text/plain","title":"T"}`},
		{File{"data:,", "text/plain"}, `{"type":"file","url":"data:,","mediaType":"text/plain"}`},
		{Data{Name: DataPlan, ID: "p", Data: js(`[]`)}, `{"type":"data-plan","id":"p","data":[]}`},
		{Data{Name: DataStatus, Data: js(`"x"`), Transient: true}, `{"type":"data-status","data":"x","transient":true}`},
		{Finish{Reason: FinishToolCalls}, `{"type":"finish","finishReason":"tool-calls"}`},
		{Finish{FinishStop, js(`{"a":1}`)}, `{"type":"finish","finishReason":"stop","messageMetadata":{"a":1}}`},
		{Abort{}, `{"type":"abort"}`},
		{Abort{"stopped"}, `{"type":"abort","reason":"stopped"}`},
		{Error{"E"}, `{"type":"error","errorText":"E"}`},
	} {
		got, err := Encode(tt.chunk)
		if err != nil || string(got) != tt.want {
			t.Errorf("%#v:\n%s, %v\nwant\n%s", tt.chunk, got, err, tt.want)
		}
	}
}

func TestEncodeRefusesBrokenJSON(t *testing.T) {
	if got, err := Encode(ToolOutputAvailable{ToolCallID: "c", Output: js(`{"a":`)}); err == nil {
		t.Errorf("got %s", got)
	}
}

func TestOnlyVersion7GetsAnswersToApprovals(t *testing.T) {
	for _, chunks := range streams {
		for _, c := range chunks {
			_, answer := c.(ToolApprovalResponse)
			if Client6.Accepts(c) == answer || !Client7.Accepts(c) {
				t.Errorf("%s: 6 %v, 7 %v", c.Type(), Client6.Accepts(c), Client7.Accepts(c))
			}
		}
	}
}

func TestMessagesSurviveStorage(t *testing.T) {
	for name, chunks := range streams {
		msg, err := Fold(Client7, chunks)
		if err != nil {
			t.Fatal(err)
		}
		var again Message
		if err := json.Unmarshal([]byte(canonical(t, msg)), &again); err != nil {
			t.Fatal(err)
		}
		if canonical(t, again) != canonical(t, msg) {
			t.Errorf("%s:\n%s\nwant\n%s", name, canonical(t, again), canonical(t, msg))
		}
	}
}
