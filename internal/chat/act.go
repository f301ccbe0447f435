package chat

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"sync"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/toolbox"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

const (
	// sideBySide is how many read-only calls run at a time.
	sideBySide = 4
	// maxBadSteps is how many answers in a row may have nothing but calls that cannot be run.
	maxBadSteps = 3
)

// durations differ between results that are the same otherwise.
var durations = regexp.MustCompile(`\b[0-9]+(\.[0-9]+)? ?(ms|s|seconds)\b`)

// act runs the calls of an answer and ends the step. It returns nil if the model is to be
// asked again.
func (t *turn) act(a *answer) *outcome {
	var out *outcome
	if len(a.calls) > 0 {
		out = t.runAll(a)
	}
	if out == nil {
		if err := t.put(uistream.FinishStep{}); err != nil {
			broken := t.broken(err)
			return &broken
		}
	}
	if out != nil || len(a.calls) > 0 && a.Finish != agent.FinishContentFilter {
		return out
	}
	switch a.Finish {
	case agent.FinishLength:
		t.notice("truncated", "The answer is as long as the model may write at once. Another message lets it go on.", "")
		return &outcome{StateDone, uistream.FinishLength, nil}
	case agent.FinishContentFilter:
		t.notice("truncated", "The provider's content filter ended the answer.", "")
		return &outcome{StateDone, uistream.FinishContentFilter, nil}
	case agent.FinishOther:
		return &outcome{StateDone, uistream.FinishOther, nil}
	}
	if a.Message.Text == "" {
		t.notice("empty", "The model thought, and said nothing.", "")
	}
	return &outcome{StateDone, uistream.FinishStop, nil}
}

// runAll runs the calls, and writes down what the model is told about them: something
// about each, in their order, whatever happens.
func (t *turn) runAll(a *answer) *outcome {
	unanswered := false
	for i := 0; i < len(a.calls) && !unanswered && t.ctx.Err() == nil && t.left() > 0; {
		n := i
		for n < len(a.calls) && a.calls[n].sideBySide() {
			n++
		}
		if n > i {
			t.parallel(a.calls[i:n])
		} else {
			n = i + 1
			t.askAhead(a.calls[i:])
			t.runOne(a.calls[i])
		}
		for ; i < n; i++ {
			unanswered = unanswered || t.wasExpired(a.calls[i])
		}
	}
	var out *outcome
	var images []agent.Image
	bad := true
	for _, c := range a.calls {
		if c.said == "" {
			c.said = "CANCELLED: the turn ended before this was done."
			if t.ctx.Err() == nil {
				t.put(uistream.ToolOutputError{ToolCallID: c.ID, ErrorText: c.said})
			}
		}
		bad = bad && c.refusal != nil
		text := t.wrap(c, c.said)
		switch t.loops.Note(c.ToolCall, durations.ReplaceAllString(c.said, "")) {
		case agent.LoopWarn:
			text += "\n\n" + agent.LoopWarning // no data: it is for the model to follow
		case agent.LoopStop:
			out = failed(CodeLoop, "The agent kept repeating the same call with the same result, so it was stopped. Tell it what to do differently.", true)
		}
		t.context.own = append(t.context.own, agent.Message{Role: agent.RoleTool, CallID: c.ID, Text: text})
		if c.image != nil {
			images = append(images, *c.image)
		}
	}
	if len(images) > 0 {
		t.context.own = append(t.context.own, agent.Message{Role: agent.RoleUser, Images: images})
	}
	t.context.bound()
	if err := t.save(); err != nil {
		broken := t.broken(err)
		return &broken
	}
	if t.ctx.Err() != nil {
		return t.cut()
	}
	if unanswered {
		return failed(CodeUnanswered, "Nobody answered the agent's question in time. Another message lets it go on.", true)
	}
	if t.badSteps++; !bad {
		t.badSteps = 0
	}
	if t.badSteps >= maxBadSteps && out == nil {
		out = failed(CodeBadCalls, "The model keeps writing calls that cannot be read. Another model may do better.", true)
	}
	select {
	case <-t.bridge.Done():
		if out == nil {
			t.notice("retry", "The connection to the workspace was lost; connecting again.", "")
		}
	default:
	}
	return out
}

// wasExpired reports whether nobody answered about a call in time.
func (t *turn) wasExpired(c *call) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return c.ask != nil && c.ask.state == expired && t.ctx.Err() == nil
}

// wrap marks results as data. What the loop itself says is no data.
func (t *turn) wrap(c *call, text string) string {
	if c.tool == nil || !c.ran {
		return text
	}
	return agent.Wrap(boundary(t.chat.ID), c.tool.Tool, text)
}

// sideBySide reports whether a call may run beside others like it.
func (c *call) sideBySide() bool {
	if c.refusal != nil || !c.tool.ReadOnly {
		return false
	}
	_, asks := c.tool.Question()
	_, plans := c.tool.Plan()
	return !asks && !plans
}

func (t *turn) parallel(calls []*call) {
	var all sync.WaitGroup
	slots := make(chan struct{}, sideBySide)
	for _, c := range calls {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			t.runOne(c)
		})
	}
	all.Wait()
}

// runOne judges a call, asks if need be, runs it and shows the result.
func (t *turn) runOne(c *call) {
	if c.refusal != nil {
		t.s.Observer.AgentTool(t.toolName(c), "error")
		return
	}
	if c.said != "" || t.ctx.Err() != nil { // was over when its card should have been made
		return
	}
	if q, ok := c.tool.Question(); ok {
		t.askUser(c, q)
		return
	}
	if !t.permitted(c) {
		return
	}
	live := t.terminal(c.ID)
	ctx, cancel := context.WithTimeout(t.ctx, max(t.left(), 0))
	defer cancel()
	r := c.tool.Run(ctx, live.write)
	live.close()
	t.result(c, r)
}

func (t *turn) toolName(c *call) string {
	if c.tool == nil {
		return "unknown"
	}
	return c.tool.Tool
}

// result shows what a call did.
func (t *turn) result(c *call, r toolbox.Result) {
	c.ran = true
	t.mu.Lock()
	t.changed = t.changed || r.Changed
	t.tainted = t.tainted || r.Foreign
	t.mu.Unlock()
	if items, ok := c.tool.Plan(); ok && r.Error == nil {
		t.put(data(uistream.DataPlan, "plan", map[string]any{"items": items}))
	}
	if r.Error != nil {
		t.fail(c, r.Error)
		return
	}
	c.said, c.image = r.Text, r.Image
	t.s.Observer.AgentTool(c.tool.Tool, "ok")
	err := t.put(uistream.ToolOutputAvailable{ToolCallID: c.ID, Output: r.Output})
	if _, odd := errors.AsType[*uistream.RuleError](err); odd { // larger or deeper than clients can read
		t.put(uistream.ToolOutputAvailable{ToolCallID: c.ID, Output: mustJSON(map[string]string{"text": cutText(r.Text)})})
	}
}

// cutText bounds a text that stands in for a result.
func cutText(text string) string {
	const most = 48_000
	if len(text) > most {
		return text[:most]
	}
	return text
}

// fail shows that a call failed.
func (t *turn) fail(c *call, e *toolbox.Error) {
	c.said = e.Error()
	t.s.Observer.AgentTool(t.toolName(c), "error")
	t.put(uistream.ToolOutputError{ToolCallID: c.ID, ErrorText: c.said})
}

// permitted judges a call, and asks the user where that is what the judgement says. If it
// returns false the call is over.
func (t *turn) permitted(c *call) bool {
	if c.ask == nil {
		d, ok := t.judge(c)
		if !ok {
			return false
		}
		if d.Verdict == permission.Allowed {
			return true
		}
		t.askAbout(c, d)
		if c.ask == nil {
			return false // could not even be asked about
		}
	}
	return t.await(c)
}

// judge says what is to be done about a call. If ok is false the call is over.
func (t *turn) judge(c *call) (d permission.Decision, ok bool) {
	if problem := c.tool.Assess(t.ctx); problem != nil {
		t.fail(c, problem)
		return d, false
	}
	d, err := t.decide(c)
	if err == nil && d.Verdict != permission.Refused && c.changes() {
		// The checkpoint comes before the question: without one more things are asked about.
		if !t.ensureCheckpoint() && !c.tool.Permission.Unsaved {
			c.tool.Permission.Unsaved = true
			d, err = t.decide(c)
		}
	}
	if err != nil {
		t.s.log.Error("reading the rules", "turn", t.id, "err", err)
		t.fail(c, &toolbox.Error{Code: "RULES", Message: "the rules of this workspace cannot be read, so nothing is allowed."})
		return d, false
	}
	if d.Verdict == permission.Refused {
		c.said = "DENIED: " + d.Reason
		t.s.Observer.AgentTool(c.tool.Tool, "denied")
		t.put(uistream.ToolOutputError{ToolCallID: c.ID, ErrorText: c.said})
		return d, false
	}
	return d, true
}

func (c *call) changes() bool {
	return c.tool.Permission.Class == permission.ClassWrite || c.tool.Permission.Class == permission.ClassExecute || c.tool.Permission.Class == permission.ClassNetwork
}

func (t *turn) decide(c *call) (permission.Decision, error) {
	p, err := t.s.policy(context.WithoutCancel(t.ctx), t.userID, t.chat.WorkspaceID)
	if err != nil {
		return permission.Decision{}, err
	}
	t.mu.Lock()
	p.Mode, p.RunRules, p.RunCalls, p.Tainted = t.mode, slices.Clone(t.policyRun), slices.Clone(t.policyCall), t.tainted
	t.policy = p
	t.mu.Unlock()
	return permission.Decide(p, c.tool.Permission), nil
}
