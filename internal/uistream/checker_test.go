package uistream_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	. "github.com/kalpana-dev/kalpana/internal/uistream"
)

func TestCheckerNamesTheBrokenRule(t *testing.T) {
	ready := ToolInputAvailable{ToolCallID: "c", ToolName: "t", Input: js(`{}`)}
	ask := ToolApprovalRequest{ApprovalID: "a", ToolCallID: "c"}
	yes, no := ToolApprovalResponse{"a", true, ""}, ToolApprovalResponse{"a", false, ""}
	output := ToolOutputAvailable{ToolCallID: "c", Output: js(`1`)}
	step := []Chunk{start, StartStep{}}
	after := func(more ...Chunk) []Chunk { return append(step[:2:2], more...) }
	long := strings.Repeat("x", MaxText+1)
	for name, tt := range map[string]struct {
		before []Chunk
		chunk  Chunk
		rule   Rule
	}{
		"no start":                 {nil, StartStep{}, RuleStart},
		"no start before the end":  {nil, Finish{Reason: FinishStop}, RuleStart},
		"two starts":               {step[:1], start, RuleStart},
		"start without ID":         {nil, Start{}, RuleField},
		"text outside a step":      {step[:1], TextStart{"t"}, RuleStep},
		"tool outside a step":      {step[:1], ready, RuleStep},
		"file outside a step":      {step[:1], File{"data:,", "text/plain"}, RuleStep},
		"end of no step":           {step[:1], FinishStep{}, RuleStep},
		"step in a step":           {step, StartStep{}, RuleStep},
		"finish in a step":         {step, Finish{Reason: FinishStop}, RuleStep},
		"text in text":             {after(TextStart{"t"}), TextStart{"u"}, RulePart},
		"text in thoughts":         {after(ReasoningStart{"r"}), TextStart{"t"}, RulePart},
		"thoughts in text":         {after(TextStart{"t"}), ReasoningStart{"r"}, RulePart},
		"delta of nothing":         {step, TextDelta{"t", "x"}, RulePart},
		"delta of another":         {after(TextStart{"t"}), TextDelta{"u", "x"}, RulePart},
		"thought delta for text":   {after(TextStart{"t"}), ReasoningDelta{"t", "x"}, RulePart},
		"end of another":           {after(TextStart{"t"}), TextEnd{"u"}, RulePart},
		"end of thoughts as text":  {after(ReasoningStart{"r"}), TextEnd{"r"}, RulePart},
		"delta after the end":      {after(TextStart{"t"}, TextEnd{"t"}), TextDelta{"t", "x"}, RulePart},
		"step ends in text":        {after(TextStart{"t"}), FinishStep{}, RuleClosed},
		"abort in thoughts":        {after(ReasoningStart{"r"}), Abort{}, RuleClosed},
		"error in a call":          {after(ready), Error{"E"}, RuleClosed},
		"step ends in arguments":   {after(ToolInputStart{"c", "t", ""}), FinishStep{}, RuleClosed},
		"arguments of nothing":     {step, ToolInputDelta{"c", "{"}, RuleTool},
		"arguments after the end":  {after(ready), ToolInputDelta{"c", "{"}, RuleTool},
		"two announcements":        {after(ToolInputStart{"c", "t", ""}), ToolInputStart{"c", "t", ""}, RuleTool},
		"arguments twice":          {after(ready), ready, RuleTool},
		"another tool":             {after(ToolInputStart{"c", "u", ""}), ready, RuleTool},
		"a call's ID again":        {after(ready, output), ready, RuleTool},
		"an error after arguments": {after(ready), ToolInputError{"c", "t", js(`1`), "E"}, RuleTool},
		"result of nothing":        {step, output, RuleTool},
		"result before arguments":  {after(ToolInputStart{"c", "t", ""}), output, RuleTool},
		"two results":              {after(ready, output), output, RuleTool},
		"error after the result":   {after(ready, output), ToolOutputError{"c", "E"}, RuleTool},
		"failure of nothing":       {step, ToolOutputError{"c", "E"}, RuleTool},
		"asked about nothing":      {step, ask, RuleApproval},
		"asked before arguments":   {after(ToolInputStart{"c", "t", ""}), ask, RuleApproval},
		"asked twice":              {after(ready, ask), ToolApprovalRequest{ApprovalID: "b", ToolCallID: "c"}, RuleApproval},
		"approval's ID again": {after(ready, ask, yes, output, ToolInputAvailable{ToolCallID: "d", ToolName: "t", Input: js(`1`)}),
			ToolApprovalRequest{ApprovalID: "a", ToolCallID: "d"}, RuleApproval},
		"answer to nothing":     {after(ready), yes, RuleApproval},
		"two answers":           {after(ready, ask, no), yes, RuleApproval},
		"result before answer":  {after(ready, ask), output, RuleApproval},
		"result though refused": {after(ready, ask, no), output, RuleApproval},
		"denied before answer":  {after(ready, ask), ToolOutputDenied{"c"}, RuleApproval},
		"denied though allowed": {after(ready, ask, yes), ToolOutputDenied{"c"}, RuleApproval},
		"denied without asking": {after(ready), ToolOutputDenied{"c"}, RuleApproval},
		"after finish":          {after(FinishStep{}, Finish{Reason: FinishStop}), StartStep{}, RuleEnd},
		"after abort":           {after(Abort{}), Finish{Reason: FinishStop}, RuleEnd},
		"after error":           {after(Error{"E"}), Data{Name: DataError, ID: "e", Data: js(`1`)}, RuleEnd},
		"unknown data":          {step, Data{Name: "secret", ID: "e", Data: js(`1`)}, RuleData},
		"kept data without ID":  {step, Data{Name: DataPlan, Data: js(`1`)}, RuleField},
		"kept data not kept":    {step, Data{Name: DataPlan, ID: "p", Data: js(`1`), Transient: true}, RuleData},
		"status kept":           {step, Data{Name: DataStatus, Data: js(`1`)}, RuleData},
		"output of no command":  {step, Data{Name: DataTerm, ID: "c", Data: js(`1`), Transient: true}, RuleData},
		"data without data":     {step, Data{Name: DataPlan, ID: "p"}, RuleField},
		"unknown reason":        {after(FinishStep{}), Finish{Reason: "interrupted"}, RuleField},
		"no reason":             {after(FinishStep{}), Finish{}, RuleField},
		"error without text":    {step, Error{}, RuleField},
		"failure without text":  {after(ready), ToolOutputError{ToolCallID: "c"}, RuleField},
		"metadata no object":    {step, MessageMetadata{js(`[1]`)}, RuleField},
		"metadata null":         {nil, Start{"m", js(`null`)}, RuleField},
		"no metadata":           {step, MessageMetadata{}, RuleField},
		"no input":              {step, ToolInputAvailable{ToolCallID: "c", ToolName: "t"}, RuleField},
		"broken input":          {step, ToolInputAvailable{ToolCallID: "c", ToolName: "t", Input: js(`{`)}, RuleField},
		"deep input":            {step, ToolInputAvailable{ToolCallID: "c", ToolName: "t", Input: js(strings.Repeat("[", 300) + strings.Repeat("]", 300))}, RuleField},
		"large input":           {step, ToolInputAvailable{ToolCallID: "c", ToolName: "t", Input: js(`"` + strings.Repeat("x", MaxInput) + `"`)}, RuleField},
		"large result":          {after(ready), ToolOutputAvailable{ToolCallID: "c", Output: js(`"` + strings.Repeat("x", 5_000_000) + `"`)}, RuleField},
		"long delta":            {after(TextStart{"t"}), TextDelta{"t", long}, RuleField},
		"long title":            {step, ToolInputStart{"c", "t", long}, RuleField},
		"tool with a space":     {step, ToolInputStart{"c", "a b", ""}, RuleField},
		"tool without name":     {step, ToolInputStart{"c", "", ""}, RuleField},
		"tool with a long name": {step, ToolInputStart{"c", strings.Repeat("x", MaxName+1), ""}, RuleField},
		"no ID":                 {step, TextStart{}, RuleField},
		"long ID":               {step, TextStart{strings.Repeat("x", MaxID+1)}, RuleField},
		"ID with a line break":  {step, TextStart{"a\n"}, RuleField},
		"ID that is no UTF-8":   {step, TextStart{"a\xff"}, RuleField},
		"file without URL":      {step, File{"", "text/plain"}, RuleField},
	} {
		t.Run(name, func(t *testing.T) {
			var k Checker
			for _, c := range tt.before {
				if _, err := k.Check(c); err != nil {
					t.Fatalf("%#v: %v", c, err)
				}
			}
			closing := k.Closing("E")
			_, err := k.Check(tt.chunk)
			broken, ok := errors.AsType[*RuleError](err)
			if !ok || broken.Rule != tt.rule || broken.Chunk != tt.chunk.Type() {
				t.Fatalf("%v, want rule %s of %s", err, tt.rule, tt.chunk.Type())
			}
			if len(err.Error()) > 600 {
				t.Errorf("the error repeats what was sent: %d bytes", len(err.Error()))
			}
			// Nothing has changed: the stream goes on as if the chunk had not been.
			if !reflect.DeepEqual(k.Closing("E"), closing) {
				t.Errorf("closing %#v, was %#v", k.Closing("E"), closing)
			}
			if tt.rule == RuleEnd || tt.rule == RuleStart && tt.before == nil || tt.before == nil {
				return
			}
			for _, c := range append(closing, Finish{Reason: FinishStop}) {
				if _, err := k.Check(c); err != nil {
					t.Errorf("%#v: %v", c, err)
				}
			}
		})
	}
}

func TestCheckReturnsWhatMayBeSent(t *testing.T) {
	var k Checker
	for _, c := range []Chunk{start, StartStep{}, TextStart{"t"}} {
		if _, err := k.Check(c); err != nil {
			t.Fatal(err)
		}
	}
	if c, err := k.Check(TextDelta{"t", "a\xf0\x9fb"}); err != nil || c != (TextDelta{"t", "a\uFFFDb"}) {
		t.Errorf("%#v, %v", c, err)
	}
	if _, err := k.Check(TextEnd{"t"}); err != nil {
		t.Fatal(err)
	}
	c, err := k.Check(ToolInputAvailable{ToolCallID: "c", ToolName: "t", Input: js(` {"a": 1.0, "__proto__": 1} `)})
	if in, ok := c.(ToolInputAvailable); err != nil || !ok || string(in.Input) != `{"a":1}` {
		t.Errorf("%#v, %v", c, err)
	}
	if !k.Running("c") || k.Running("d") {
		t.Error("c is running, d is not")
	}
}

func TestFoldRefusesAnIllOrderedStream(t *testing.T) {
	if _, err := Fold(Client7, []Chunk{StartStep{}}); err == nil {
		t.Error("no error")
	}
}
