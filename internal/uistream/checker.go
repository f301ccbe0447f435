package uistream

import (
	"fmt"
	"slices"
)

// Rule names a rule of the stream.
type Rule string

// The rules that a Checker keeps. Breaking one would end clients' streams, or leave a part
// that is for ever being written.
const (
	// RuleField: a field is missing, too long or nothing clients can read.
	RuleField Rule = "field"
	// RuleStart: one start comes first.
	RuleStart Rule = "start-first"
	// RuleEnd: nothing comes after finish, abort or error.
	RuleEnd Rule = "nothing-after-end"
	// RuleStep: each call of the model is one start-step … finish-step, and text, thoughts,
	// tools, sources and files are inside one.
	RuleStep Rule = "inside-step"
	// RulePart: text and thoughts are open one at a time, and only open parts grow or end.
	RulePart Rule = "one-open-part"
	// RuleTool: a call is announced once, gets its arguments once, and ends once.
	RuleTool Rule = "tool-state"
	// RuleApproval: a call is asked about once, after its arguments; its fate follows the answer.
	RuleApproval Rule = "approval"
	// RuleClosed: all parts and calls are ended before finish-step, finish, abort and error.
	RuleClosed Rule = "all-closed"
	// RuleData: our own parts have known names; kept ones an ID, the others transient.
	RuleData Rule = "data-part"
)

// RuleError says which rule a chunk breaks.
type RuleError struct {
	Rule    Rule
	Chunk   string // its type
	Message string
}

func (e *RuleError) Error() string { return e.Chunk + ": " + string(e.Rule) + ": " + e.Message }

// maxCalls bounds what a Checker remembers; a turn of 200 steps has some hundred calls.
const maxCalls = 4096

// Checker keeps one stream in order. The zero value waits for the first chunk. Not safe
// for concurrent use.
type Checker struct {
	started, ended, inStep bool

	openText, openReasoning string // the ID of the open part, or ""

	calls     map[string]*call
	approvals map[string]*call // by approval ID
	order     []string         // IDs of the calls that have not ended, in their order
}

// call is what is known of one tool call.
type call struct {
	id, tool string
	state    callState
}

type callState int

const (
	streaming callState = iota // its arguments are being written
	ready                      // it may be asked about, or run
	asked                      // it waits for the user
	approved
	refused
	over
)

// Check returns c as it may be sent: text as valid UTF-8, JSON as Value makes it. It
// returns a *RuleError if c may not come now, and then nothing has changed.
func (k *Checker) Check(c Chunk) (Chunk, error) {
	c, _, err := prepare(c)
	if err == nil {
		err = k.advance(c)
	}
	return c, err
}

// prepare returns c cleaned, and how many bytes its fields have.
func prepare(c Chunk) (Chunk, int, error) {
	var f fields
	clean := c.clean(&f)
	if rule, ok := f.err.(*RuleError); ok {
		rule.Chunk = c.Type()
		return c, f.size, rule
	}
	return clean, f.size, nil
}

// Running reports whether the tool call has begun and not ended.
func (k *Checker) Running(toolCallID string) bool {
	t := k.calls[toolCallID]
	return t != nil && t.state != over
}

// Closing returns the chunks that close all that is open, so that finish, abort or error
// may follow. Calls end with errorText, those that the user refused as denied.
func (k *Checker) Closing(errorText string) []Chunk {
	var all []Chunk
	if k.openText != "" {
		all = append(all, TextEnd{k.openText})
	}
	if k.openReasoning != "" {
		all = append(all, ReasoningEnd{k.openReasoning})
	}
	for _, id := range k.order {
		if k.calls[id].state == refused {
			all = append(all, ToolOutputDenied{id})
		} else {
			all = append(all, ToolOutputError{id, errorText})
		}
	}
	if k.inStep {
		all = append(all, FinishStep{})
	}
	return all
}

// advance takes a cleaned chunk.
func (k *Checker) advance(c Chunk) error {
	broken := func(r Rule, format string, a ...any) error {
		return &RuleError{Rule: r, Chunk: c.Type(), Message: fmt.Sprintf(format, a...)}
	}
	_, isStart := c.(Start)
	switch {
	case k.ended:
		return broken(RuleEnd, "the stream has ended")
	case isStart == k.started:
		return broken(RuleStart, "start comes first, once")
	case !k.inStep && needsStep(c):
		return broken(RuleStep, "no step is open")
	}
	switch c := c.(type) {
	case Start:
		k.started, k.calls, k.approvals = true, map[string]*call{}, map[string]*call{}
	case StartStep:
		if k.inStep {
			return broken(RuleStep, "a step is open")
		}
		k.inStep = true
	case FinishStep:
		if err := k.allClosed(broken); err != nil {
			return err
		}
		k.inStep = false
	case Finish:
		if k.inStep {
			return broken(RuleStep, "a step is open")
		}
		k.ended = true
	case Abort, Error:
		if err := k.allClosed(broken); err != nil {
			return err
		}
		k.ended = true
	case TextStart, TextDelta, TextEnd, ReasoningStart, ReasoningDelta, ReasoningEnd:
		return k.part(c, broken)
	case Data:
		if c.Name == DataTerm && !k.Running(c.ID) {
			return broken(RuleData, "no call %q is running", c.ID)
		}
	default:
		return k.tool(c, broken)
	}
	return nil
}

type breaks func(r Rule, format string, a ...any) error

func needsStep(c Chunk) bool {
	switch c.(type) {
	case Start, MessageMetadata, StartStep, Data, Finish, Abort, Error:
		return false
	}
	return true
}

func (k *Checker) allClosed(broken breaks) error {
	switch {
	case k.openText != "" || k.openReasoning != "":
		return broken(RuleClosed, "part %q is open", k.openText+k.openReasoning)
	case len(k.order) > 0:
		return broken(RuleClosed, "tool call %q has not ended", k.order[0])
	}
	return nil
}

func (k *Checker) part(c Chunk, broken breaks) error {
	open := func(at *string, id string) error {
		if now := k.openText + k.openReasoning; now != "" {
			return broken(RulePart, "part %q is open", now)
		}
		*at = id
		return nil
	}
	grow := func(at, id string) error {
		if at != id {
			return broken(RulePart, "part %q is not open", id)
		}
		return nil
	}
	end := func(at *string, id string) error {
		err := grow(*at, id)
		if err == nil {
			*at = ""
		}
		return err
	}
	switch c := c.(type) {
	case TextStart:
		return open(&k.openText, c.ID)
	case TextDelta:
		return grow(k.openText, c.ID)
	case TextEnd:
		return end(&k.openText, c.ID)
	case ReasoningStart:
		return open(&k.openReasoning, c.ID)
	case ReasoningDelta:
		return grow(k.openReasoning, c.ID)
	case ReasoningEnd:
		return end(&k.openReasoning, c.ID)
	}
	return nil
}

// finish ends a call.
func (k *Checker) finish(t *call) {
	t.state = over
	k.order = slices.DeleteFunc(k.order, func(id string) bool { return id == t.id })
}
