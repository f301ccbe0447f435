package llmtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

var (
	names = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	// ids: the longest that some provider takes back.
	ids = regexp.MustCompile(`^[\x21-\x7e]{1,64}$`)

	openAIFields     = []string{"model", "messages", "tools", "tool_choice", "parallel_tool_calls", "max_tokens", "max_completion_tokens", "temperature", "top_p", "stop", "seed", "user", "stream", "stream_options", "reasoning_effort", "response_format", "prompt_cache_key", "metadata"}
	openRouterFields = []string{"models", "provider", "reasoning", "session_id", "transforms", "route", "usage", "plugins"}
	efforts          = []string{"none", "minimal", "low", "medium", "high", "xhigh"}
)

type fields map[string]json.RawMessage

// Check is strict mode: it returns what the strictest provider would find wrong with the
// body of a request for a completion, or nil. openAIOnly also refuses the fields that
// only OpenRouter knows.
func Check(body []byte, openAIOnly bool) error {
	var f fields
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(&f); err != nil || f == nil {
		return fmt.Errorf("the body is not a JSON object")
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("something follows the body's JSON object")
	}
	for name, value := range f {
		if !slices.Contains(openAIFields, name) && (openAIOnly || !slices.Contains(openRouterFields, name)) {
			return fmt.Errorf("unrecognized request argument: %s", name)
		}
		if string(value) == "null" {
			return fmt.Errorf("%s is null", name)
		}
	}
	if s, ok := str(f["model"]); !ok || s == "" {
		return fmt.Errorf("model is missing or no string")
	}
	if err := checkSettings(f); err != nil {
		return err
	}
	tools, err := checkTools(f["tools"])
	if err != nil {
		return err
	}
	if len(tools) == 0 && (f["tool_choice"] != nil || f["parallel_tool_calls"] != nil) {
		return fmt.Errorf("tool_choice and parallel_tool_calls are only allowed with tools")
	}
	return checkMessages(f["messages"], len(tools) > 0, openAIOnly)
}

func checkSettings(f fields) error {
	for _, name := range []string{"stream", "parallel_tool_calls"} {
		if v := string(f[name]); v != "" && v != "true" && v != "false" {
			return fmt.Errorf("%s is no boolean", name)
		}
	}
	if f["stream_options"] != nil && string(f["stream"]) != "true" {
		return fmt.Errorf("stream_options is only allowed with stream")
	}
	for _, name := range []string{"max_tokens", "max_completion_tokens"} {
		var n int
		if f[name] != nil && (json.Unmarshal(f[name], &n) != nil || n < 1) {
			return fmt.Errorf("%s is no positive integer", name)
		}
	}
	if f["max_tokens"] != nil && f["max_completion_tokens"] != nil {
		return fmt.Errorf("max_tokens and max_completion_tokens exclude each other")
	}
	if s, ok := str(f["tool_choice"]); ok && !slices.Contains([]string{"auto", "none", "required"}, s) {
		return fmt.Errorf("tool_choice %q is unknown", s)
	}
	if s, ok := str(f["reasoning_effort"]); f["reasoning_effort"] != nil && (!ok || !slices.Contains(efforts, s)) {
		return fmt.Errorf("reasoning_effort is unknown")
	}
	if f["reasoning"] != nil {
		var r fields
		if json.Unmarshal(f["reasoning"], &r) != nil {
			return fmt.Errorf("reasoning is no object")
		}
		if s, ok := str(r["effort"]); r["effort"] != nil && (!ok || !slices.Contains(efforts, s)) {
			return fmt.Errorf("reasoning.effort is unknown")
		}
	}
	var models []string
	if f["models"] != nil && (json.Unmarshal(f["models"], &models) != nil || len(models) == 0 || len(models) > 3) {
		return fmt.Errorf("models is no list of one to three names")
	}
	return nil
}

func checkTools(raw json.RawMessage) (map[string]bool, error) {
	if raw == nil {
		return nil, nil
	}
	var list []fields
	if json.Unmarshal(raw, &list) != nil || len(list) == 0 || len(list) > 128 {
		return nil, fmt.Errorf("tools is no list of 1 to 128 objects")
	}
	seen := map[string]bool{}
	for i, t := range list {
		at := fmt.Sprintf("tools[%d]", i)
		if s, _ := str(t["type"]); s != "function" {
			return nil, fmt.Errorf("%s.type is not function", at)
		}
		var f fields
		if json.Unmarshal(t["function"], &f) != nil {
			return nil, fmt.Errorf("%s.function is no object", at)
		}
		name, _ := str(f["name"])
		if !names.MatchString(name) {
			return nil, fmt.Errorf("%s.function.name %q does not match %s", at, name, names)
		}
		if seen[name] {
			return nil, fmt.Errorf("%s.function.name %q is there twice", at, name)
		}
		seen[name] = true
		if _, ok := str(f["description"]); f["description"] != nil && !ok {
			return nil, fmt.Errorf("%s.function.description is no string", at)
		}
		if f["parameters"] != nil {
			if err := checkSchema(f["parameters"], true, 0); err != nil {
				return nil, fmt.Errorf("%s.function.parameters: %w", at, err)
			}
		}
	}
	return seen, nil
}

// checkSchema knows what providers look at, not all of JSON Schema.
func checkSchema(raw json.RawMessage, root bool, depth int) error {
	const deepest = 16
	var s fields
	if json.Unmarshal(raw, &s) != nil || s == nil {
		return fmt.Errorf("a schema is no object")
	}
	if depth > deepest {
		return fmt.Errorf("a schema is nested too deeply")
	}
	kind, _ := str(s["type"])
	if s["type"] != nil && !slices.Contains([]string{"object", "array", "string", "number", "integer", "boolean", "null"}, kind) {
		return fmt.Errorf("type %s is unknown", s["type"])
	}
	if root && kind != "object" {
		return fmt.Errorf("the type is not object")
	}
	var properties fields
	if s["properties"] != nil && (json.Unmarshal(s["properties"], &properties) != nil || properties == nil) {
		return fmt.Errorf("properties is no object")
	}
	for name, p := range properties {
		if err := checkSchema(p, false, depth+1); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	var required []string
	if s["required"] != nil && (json.Unmarshal(s["required"], &required) != nil || required == nil) {
		return fmt.Errorf("required is no list of names")
	}
	for _, name := range required {
		if properties[name] == nil {
			return fmt.Errorf("required names %q, which is no property", name)
		}
	}
	if kind == "array" && s["items"] == nil {
		return fmt.Errorf("an array has no items")
	}
	if s["items"] != nil {
		if err := checkSchema(s["items"], false, depth+1); err != nil {
			return fmt.Errorf("items: %w", err)
		}
	}
	var enum []json.RawMessage
	if s["enum"] != nil && (json.Unmarshal(s["enum"], &enum) != nil || len(enum) == 0) {
		return fmt.Errorf("enum is no list of values")
	}
	return nil
}

// str reads a JSON string.
func str(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || !strings.HasPrefix(string(raw), `"`) {
		return "", false
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}
