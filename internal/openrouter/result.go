package openrouter

import (
	"slices"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// finishes are the words for the end of an answer, ours and those of servers that pass
// on their own provider's.
var finishes = map[string]string{
	"stop": agent.FinishStop, "end_turn": agent.FinishStop, "stop_sequence": agent.FinishStop, "": agent.FinishStop,
	"tool_calls": agent.FinishToolCalls, "function_call": agent.FinishToolCalls, "tool_use": agent.FinishToolCalls,
	"length": agent.FinishLength, "max_tokens": agent.FinishLength, "max_output_tokens": agent.FinishLength, "model_length": agent.FinishLength,
	"content_filter": agent.FinishContentFilter, "content-filter": agent.FinishContentFilter, "safety": agent.FinishContentFilter, "refusal": agent.FinishContentFilter,
}

// check is called at the end of a whole answer.
func (a *answer) check() error {
	if err := a.addText(a.textJoin.flush()); err != nil {
		return err
	}
	if err := a.addThought(a.reasoningJoin.flush()); err != nil {
		return err
	}
	if err := a.calls.startAll(); err != nil {
		return err
	}
	empty := !a.given && len(a.calls.all) == 0
	if f := a.finishReason(); empty && f != agent.FinishContentFilter && f != agent.FinishLength {
		e := agent.NewError(agent.CodeEmptyAnswer, "the model answered nothing", nil)
		e.Retryable = true
		return e
	}
	return nil
}

func (a *answer) finishReason() string {
	if f, ok := finishes[a.finish]; ok {
		return f
	}
	return agent.FinishOther
}

// result is all that has come. A finish reason that contradicts the calls gives way to
// them: servers say "stop" with calls, and "tool_calls" without.
func (a *answer) result() agent.Result {
	r := agent.Result{Finish: a.finishReason(), NativeFinish: a.native, GenerationID: a.id, Model: a.by, Provider: a.provider}
	if r.NativeFinish == "" {
		r.NativeFinish = a.finish
	}
	cut := r.Finish == agent.FinishLength || r.Finish == agent.FinishContentFilter
	r.Message = agent.Message{Role: agent.RoleAssistant, Text: a.text.String(), Calls: a.calls.settle(cut)}
	if !cut {
		if len(r.Message.Calls) > 0 {
			r.Finish = agent.FinishToolCalls
		} else if r.Finish == agent.FinishToolCalls {
			r.Finish = agent.FinishStop
		}
	}
	if a.reasoning.Len() > 0 || len(a.details.all) > 0 {
		r.Message.Reasoning = agent.Reasoning{Text: a.reasoning.String(), Details: a.details.raw(), Field: a.reasoningIn, Model: a.model}
		if slices.Contains(a.fallbacks, a.by) {
			r.Message.Reasoning.Model = a.by
		}
		if a.reasoningIn == "" {
			r.Message.Reasoning.Field = fieldReasoning
		}
	}
	return r
}

// endCalls tells of the calls, now that they are known.
func (a *answer) endCalls(r agent.Result) error {
	for i, call := range r.Message.Calls {
		if err := a.tell(agent.ToolEnd{Index: i, Call: call}); err != nil {
			return err
		}
	}
	return nil
}
