package uistream

import (
	"encoding/json"
	"strings"
)

// tool is the part of a call.
func (f *fold) tool(id string) *Part { return &f.msg.Parts[f.tools[id]] }

// toolPart is the part of a call that may be new.
func (f *fold) toolPart(id, name string) *Part {
	at, ok := f.tools[id]
	if !ok {
		at = len(f.msg.Parts)
		f.tools[id] = at
		f.push(Part{Type: "tool-" + name, ToolCallID: id})
	}
	return &f.msg.Parts[at]
}

func (f *fold) addTool(c Chunk) {
	switch c := c.(type) {
	case ToolInputStart:
		p := f.toolPart(c.ToolCallID, c.ToolName)
		p.State, p.Title = "input-streaming", c.Title
	case ToolInputDelta:
		if c.Delta == "" {
			return // a Log does not send it
		}
		if f.inputs[c.ToolCallID] == nil {
			f.inputs[c.ToolCallID] = &strings.Builder{}
		}
		f.inputs[c.ToolCallID].WriteString(c.Delta)
	case ToolInputAvailable:
		delete(f.inputs, c.ToolCallID)
		p := f.toolPart(c.ToolCallID, c.ToolName)
		p.State, p.Input = "input-available", c.Input
		if c.Title != "" {
			p.Title = c.Title
		}
	case ToolInputError:
		delete(f.inputs, c.ToolCallID)
		p := f.toolPart(c.ToolCallID, c.ToolName)
		p.State, p.ErrorText = "output-error", c.ErrorText
		if f.client >= Client7 {
			p.Input = c.Input
		} else {
			p.RawInput = c.Input
		}
	case ToolApprovalRequest:
		p := f.tool(c.ToolCallID)
		p.State, p.Approval = "approval-requested", &Approval{ID: c.ApprovalID, Descriptor: c.Descriptor}
		if f.client >= Client7 {
			p.Approval.RequestReason = c.Reason
		}
	case ToolApprovalResponse:
		if f.client.Accepts(c) {
			f.answer(c)
		}
	case ToolOutputAvailable:
		f.result(c.ToolCallID, "output-available", c.Output)
		f.tool(c.ToolCallID).Preliminary = c.Preliminary
	case ToolOutputError:
		f.result(c.ToolCallID, "output-error", nil)
		f.tool(c.ToolCallID).ErrorText = c.ErrorText
	case ToolOutputDenied:
		f.tool(c.ToolCallID).State = "output-denied"
	}
}

func (f *fold) result(id, state string, output json.RawMessage) {
	p := f.tool(id)
	f.written(id, p)
	delete(f.inputs, id)
	p.State, p.Output, p.Preliminary = state, output, false
}

func (f *fold) answer(c ToolApprovalResponse) {
	for i := range f.msg.Parts {
		if p := &f.msg.Parts[i]; p.Approval != nil && p.Approval.ID == c.ApprovalID {
			p.State, p.Approval.Approved, p.Approval.Reason = "approval-responded", &c.Approved, c.Reason
		}
	}
}
