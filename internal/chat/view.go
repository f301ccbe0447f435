package chat

import (
	"errors"
	"fmt"
	"slices"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/toolbox"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// view shows one answer of a model as it comes.
type view struct {
	t       *turn
	parts   int
	text    string // ID of the open part
	thought string
	visible bool
	started map[string]string // names of the calls that are being written, by ID
	names   map[string]string // IDs of calls here, by the provider's
	calls   []*call
	err     error
}

// maxCalls is how many calls of one answer are made: more than careful work needs, and few
// enough that what the user stops or loses the right to soon ends.
const maxCalls = 32

// call is a call that the model asked for, and what became of it.
type call struct {
	agent.ToolCall
	tool *toolbox.Call
	// refusal is why it cannot be run.
	refusal *toolbox.Error
	ask     *question
	// said is for the model. It is set when the call is over.
	said  string
	image *agent.Image
	ran   bool
}

// on shows an event. It is the callback of agent.Model.
func (v *view) on(e agent.Event) error {
	if v.err != nil {
		return v.err
	}
	switch e := e.(type) {
	case agent.ReasoningDelta:
		v.close(&v.text, func(id string) uistream.Chunk { return uistream.TextEnd{ID: id} })
		v.open(&v.thought, "thought", func(id string) uistream.Chunk { return uistream.ReasoningStart{ID: id} })
		v.put(uistream.ReasoningDelta{ID: v.thought, Delta: e.Text})
	case agent.TextDelta:
		v.close(&v.thought, func(id string) uistream.Chunk { return uistream.ReasoningEnd{ID: id} })
		v.open(&v.text, "text", func(id string) uistream.Chunk { return uistream.TextStart{ID: id} })
		v.put(uistream.TextDelta{ID: v.text, Delta: e.Text})
		v.visible = true
	case agent.ToolStart:
		v.endParts()
		v.visible = true
		// Which tool another name means may depend on the arguments: such a call is shown
		// when it is complete.
		if _, known := slices.BinarySearch(toolbox.KnownNames(), e.Name); known {
			id := v.name(e.ID)
			v.put(uistream.ToolInputStart{ToolCallID: id, ToolName: e.Name})
			v.started[id] = e.Name
		}
	case agent.ToolArguments:
		if id := v.name(e.ID); v.started[id] != "" {
			v.put(uistream.ToolInputDelta{ToolCallID: id, Delta: e.Delta})
		}
	case agent.ToolEnd:
		v.endParts()
		e.Call.ID = v.name(e.Call.ID)
		v.add(e.Call)
	}
	return v.err
}

// name is the ID that a call has here: the provider's, or another if the stream had that
// one before, in an answer that broke off or that a summary has replaced.
func (v *view) name(id string) string {
	if v.names[id] == "" {
		name := id
		if v.t.called[id] {
			name = "call_" + shortID()
		}
		v.t.called[name] = true
		v.names[id] = name
	}
	return v.names[id]
}

// named is the answer with the IDs that its calls have here.
func (v *view) named(m agent.Message) agent.Message {
	m.Calls = slices.Clone(m.Calls)
	for i := range m.Calls {
		m.Calls[i].ID = v.name(m.Calls[i].ID)
	}
	return m
}

// add shows a complete call, and why it cannot be run if so.
func (v *view) add(c agent.ToolCall) {
	n := &call{ToolCall: c}
	v.calls = append(v.calls, n)
	if len(v.calls) > maxCalls {
		n.refusal = &toolbox.Error{Code: "TOO_MANY_CALLS", Message: fmt.Sprintf("an answer may have %d calls, and this one was not made. Make it in the next answer.", maxCalls)}
	} else {
		n.tool, n.refusal = v.t.tools.Prepare(c)
	}
	if n.refusal != nil {
		input := c.Arguments
		if c.Invalid != "" {
			input = mustJSON(c.Raw)
		}
		n.said = n.refusal.Error()
		if v.err == nil {
			v.err = v.inputError(c, input, n.said)
		}
		return
	}
	name := n.tool.Tool
	if started := v.started[c.ID]; started != "" {
		name = started
	}
	v.put(uistream.ToolInputAvailable{ToolCallID: c.ID, ToolName: name, Input: n.tool.Arguments, Title: n.tool.Title})
}

// inputError shows a call that cannot be run; without its arguments if a client could not
// read them.
func (v *view) inputError(c agent.ToolCall, input []byte, text string) error {
	chunk := uistream.ToolInputError{ToolCallID: c.ID, ToolName: shownName(c.Name), Input: input, ErrorText: text}
	err := v.t.put(chunk)
	if _, odd := errors.AsType[*uistream.RuleError](err); odd {
		chunk.Input = mustJSON("(too large or too deep to show)")
		err = v.t.put(chunk)
	}
	return err
}

// shownName is the name of a tool as the stream has it: what the model wrote may be no name.
func shownName(name string) string {
	clean := make([]byte, 0, len(name))
	for i := 0; i < len(name) && len(clean) < uistream.MaxName; i++ {
		if b := name[i]; b == '_' || b == '-' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' {
			clean = append(clean, b)
		}
	}
	if len(clean) == 0 {
		return "unknown"
	}
	return string(clean)
}

func (v *view) put(c uistream.Chunk) {
	if v.err == nil {
		v.err = v.t.put(c)
	}
}

func (v *view) open(id *string, kind string, start func(string) uistream.Chunk) {
	if *id == "" {
		v.parts++
		*id = fmt.Sprintf("%s-%d-%d", kind, v.t.steps, v.parts)
		v.put(start(*id))
	}
}

func (v *view) close(id *string, end func(string) uistream.Chunk) {
	if *id != "" {
		v.put(end(*id))
		*id = ""
	}
}

// endParts closes the open text and thoughts.
func (v *view) endParts() {
	v.close(&v.thought, func(id string) uistream.Chunk { return uistream.ReasoningEnd{ID: id} })
	v.close(&v.text, func(id string) uistream.Chunk { return uistream.TextEnd{ID: id} })
}
