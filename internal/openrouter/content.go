package openrouter

import (
	"encoding/json"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

func (a *answer) addDelta(d delta) error {
	if err := a.addReasoning(d); err != nil {
		return err
	}
	if err := a.addContent(d.Content); err != nil {
		return err
	}
	if err := a.addText(a.textJoin.add(d.Refusal)); err != nil {
		return err
	}
	for _, raw := range list(d.ToolCalls) {
		if err := a.calls.add(raw); err != nil {
			return err
		}
	}
	if f := d.FunctionCall; len(f) > 0 && f[0] == '{' {
		return a.calls.add(f)
	}
	return nil
}

// addContent takes a string, or a list of parts as some send it.
func (a *answer) addContent(raw json.RawMessage) error {
	if null(raw) {
		return nil
	}
	if raw[0] == '"' {
		return a.addText(a.textJoin.add(raw))
	}
	for _, part := range list(raw) {
		var p struct {
			Text     json.RawMessage `json:"text"`
			Thinking json.RawMessage `json:"thinking"`
		}
		if !object(part, &p) {
			if err := a.addText(a.textJoin.add(part)); err != nil {
				return err
			}
			continue
		}
		if err := a.addText(a.textJoin.add(p.Text)); err != nil {
			return err
		}
		for _, thought := range list(p.Thinking) {
			var t struct {
				Text json.RawMessage `json:"text"`
			}
			if object(thought, &t) {
				thought = t.Text
			}
			if err := a.addThought(a.reasoningJoin.add(thought)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *answer) addText(s string) error {
	if s == "" {
		return nil
	}
	if a.text.Len()+len(s) > maxTextBytes {
		return agent.NewError(agent.CodeTooLarge, "the text of the answer is larger than 4 MiB", nil)
	}
	a.text.WriteString(s)
	return a.emit(agent.TextDelta{Text: s})
}

// addReasoning takes the text from the first field that has some, as servers in
// transition send it in two.
func (a *answer) addReasoning(d delta) error {
	shown, err := a.details.add(d.ReasoningDetails)
	if err != nil {
		return err
	}
	s := ""
	switch {
	case len(d.Reasoning) > 2:
		if s = a.reasoningJoin.add(d.Reasoning); a.reasoningIn == "" {
			a.reasoningIn = fieldReasoning
		}
	case len(d.ReasoningContent) > 2:
		if s = a.reasoningJoin.add(d.ReasoningContent); a.reasoningIn == "" {
			a.reasoningIn = fieldReasoningContent
		}
	}
	if s == "" && len(a.reasoningJoin.held) == 0 {
		s = shown
	}
	return a.addThought(s)
}

func (a *answer) addThought(s string) error {
	if a.reasoning.Len()+a.details.bytes+len(s) > maxReasoningBytes {
		return agent.NewError(agent.CodeTooLarge, "the reasoning of the answer is larger than 8 MiB", nil)
	}
	if s == "" {
		return nil
	}
	a.reasoning.WriteString(s)
	return a.emit(agent.ReasoningDelta{Text: s})
}
