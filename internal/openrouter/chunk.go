package openrouter

import (
	"encoding/json"
	"strings"
)

// The parts of a chunk. All fields are raw: one of a wrong type must not cost the others.
type (
	chunk struct {
		ID       json.RawMessage `json:"id"`
		Object   json.RawMessage `json:"object"`
		Type     json.RawMessage `json:"type"`
		Model    json.RawMessage `json:"model"`
		Provider json.RawMessage `json:"provider"`
		Choices  json.RawMessage `json:"choices"`
		Usage    json.RawMessage `json:"usage"`
		XGroq    json.RawMessage `json:"x_groq"` // Groq's place for usage
		Error    json.RawMessage `json:"error"`
		Message  json.RawMessage `json:"message"`
		Detail   json.RawMessage `json:"detail"`
	}
	choice struct {
		Index        json.RawMessage `json:"index"`
		Delta        json.RawMessage `json:"delta"`
		Message      json.RawMessage `json:"message"`
		Finish       json.RawMessage `json:"finish_reason"`
		NativeFinish json.RawMessage `json:"native_finish_reason"`
		Usage        json.RawMessage `json:"usage"` // Moonshot's place for it
		Error        json.RawMessage `json:"error"`
	}
	delta struct {
		Content          json.RawMessage `json:"content"`
		Refusal          json.RawMessage `json:"refusal"`
		Reasoning        json.RawMessage `json:"reasoning"`
		ReasoningContent json.RawMessage `json:"reasoning_content"`
		ReasoningDetails json.RawMessage `json:"reasoning_details"`
		ToolCalls        json.RawMessage `json:"tool_calls"`
		FunctionCall     json.RawMessage `json:"function_call"` // of before tool_calls
	}
	toolDelta struct {
		Index    json.RawMessage `json:"index"`
		ID       json.RawMessage `json:"id"`
		Function json.RawMessage `json:"function"`
		// Some put these beside function's place.
		Name      json.RawMessage `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	}
	function struct {
		Name      json.RawMessage `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	}
)

// The fields a reasoning text comes in.
const (
	fieldReasoning        = "reasoning"
	fieldReasoningContent = "reasoning_content"
)

// list reads an array, or a single object in its place. Anything else is an empty one.
func list(raw json.RawMessage) []json.RawMessage {
	if null(raw) {
		return nil
	}
	if raw[0] != '[' {
		return []json.RawMessage{raw}
	}
	var all []json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return nil
	}
	return all
}

// object reads raw into dst and reports whether it is an object.
func object(raw json.RawMessage, dst any) bool {
	return len(raw) > 0 && raw[0] == '{' && json.Unmarshal(raw, dst) == nil
}

// key makes a map key of an index: providers send numbers, strings, null and nonsense, and
// all that matters is whether two are the same. "" is none.
func key(raw json.RawMessage) string {
	if null(raw) {
		return ""
	}
	s := strings.Trim(string(raw), `" `)
	return s[:min(len(s), 32)]
}

// word reads a short string, as an id or a name; numbers count as their digits.
func word(raw json.RawMessage, longest int) string {
	if null(raw) || raw[0] == '{' || raw[0] == '[' {
		return ""
	}
	s := string(raw)
	if raw[0] == '"' {
		s = strings.TrimSpace(text(raw))
	}
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "")
	}
	return s
}
