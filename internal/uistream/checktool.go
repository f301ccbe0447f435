package uistream

// tool keeps the order of what belongs to a tool call. Other chunks may come at any time
// in a step.
func (k *Checker) tool(c Chunk, broken breaks) error {
	switch c := c.(type) {
	case ToolInputStart:
		return k.begin(c.ToolCallID, c.ToolName, streaming, broken)
	case ToolInputDelta:
		if t := k.calls[c.ToolCallID]; t == nil || t.state != streaming {
			return broken(RuleTool, "call %q is not being written", c.ToolCallID)
		}
	case ToolInputAvailable:
		return k.begin(c.ToolCallID, c.ToolName, ready, broken)
	case ToolInputError:
		return k.begin(c.ToolCallID, c.ToolName, over, broken)
	case ToolApprovalRequest:
		t := k.calls[c.ToolCallID]
		if t == nil || t.state != ready {
			return broken(RuleApproval, "call %q is not there to be asked about", c.ToolCallID)
		}
		if k.approvals[c.ApprovalID] != nil {
			return broken(RuleApproval, "approval %q was asked for before", c.ApprovalID)
		}
		t.state, k.approvals[c.ApprovalID] = asked, t
	case ToolApprovalResponse:
		t := k.approvals[c.ApprovalID]
		if t == nil || t.state != asked {
			return broken(RuleApproval, "approval %q is not waited for", c.ApprovalID)
		}
		t.state = refused
		if c.Approved {
			t.state = approved
		}
	case ToolOutputAvailable:
		t := k.calls[c.ToolCallID]
		switch {
		case t == nil || t.state == streaming || t.state == over:
			return broken(RuleTool, "call %q is not running", c.ToolCallID)
		case t.state == asked || t.state == refused:
			return broken(RuleApproval, "call %q is not approved", c.ToolCallID)
		}
		if !c.Preliminary {
			k.finish(t)
		}
	case ToolOutputError:
		if !k.Running(c.ToolCallID) {
			return broken(RuleTool, "call %q is not running", c.ToolCallID)
		}
		k.finish(k.calls[c.ToolCallID])
	case ToolOutputDenied:
		t := k.calls[c.ToolCallID]
		if t == nil || t.state != refused {
			return broken(RuleApproval, "call %q was not refused", c.ToolCallID)
		}
		k.finish(t)
	}
	return nil
}

// begin takes a call to a state it gets to by its arguments: a new call, or one whose
// arguments were being written.
func (k *Checker) begin(id, tool string, to callState, broken breaks) error {
	t := k.calls[id]
	switch {
	case t == nil && len(k.calls) >= maxCalls:
		return broken(RuleTool, "more than %d calls", maxCalls)
	case t == nil:
		t = &call{id: id, tool: tool}
		k.calls[id], k.order = t, append(k.order, id)
	case t.state != streaming || to == streaming:
		return broken(RuleTool, "call %q was there before", id)
	case t.tool != tool:
		return broken(RuleTool, "call %q is of tool %s", id, t.tool)
	}
	if t.state = to; to == over {
		k.finish(t)
	}
	return nil
}
