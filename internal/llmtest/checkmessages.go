package llmtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// fieldsOf lists what a message of each role may have.
var fieldsOf = map[string][]string{
	"system":    {"role", "content", "name"},
	"developer": {"role", "content", "name"},
	"user":      {"role", "content", "name"},
	"assistant": {"role", "content", "name", "refusal", "tool_calls"},
	"tool":      {"role", "content", "tool_call_id"},
}

var reasoningFields = []string{"reasoning", "reasoning_content", "reasoning_details"}

// conversation is what has been read of the messages.
type conversation struct {
	tools, openAIOnly bool
	began             bool // a message other than of the system was there
	seen              map[string]bool
	open              map[string]bool // calls without a result
}

func checkMessages(raw json.RawMessage, tools, openAIOnly bool) error {
	var list []fields
	if raw == nil || json.Unmarshal(raw, &list) != nil || len(list) == 0 {
		return fmt.Errorf("messages is no list, or empty")
	}
	c := conversation{tools: tools, openAIOnly: openAIOnly, seen: map[string]bool{}, open: map[string]bool{}}
	role := ""
	for i, m := range list {
		role, _ = str(m["role"])
		if err := c.add(role, m); err != nil {
			return fmt.Errorf("messages[%d]: %w", i, err)
		}
	}
	switch {
	case len(c.open) > 0:
		return fmt.Errorf("an assistant message with tool_calls must be followed by tool messages: there is none for %s", c.missing())
	case role != "user" && role != "tool":
		return fmt.Errorf("the last message is of role %s: there is nothing to answer", role)
	}
	return nil
}

func (c *conversation) missing() string {
	var all []string
	for id := range c.open {
		all = append(all, id)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func (c *conversation) add(role string, m fields) error {
	allowed, ok := fieldsOf[role]
	if !ok {
		return fmt.Errorf("role %q is unknown", role)
	}
	for name := range m {
		if !slices.Contains(allowed, name) && !(role == "assistant" && !c.openAIOnly && slices.Contains(reasoningFields, name)) {
			return fmt.Errorf("a message of role %s has no field %s", role, name)
		}
	}
	if role != "tool" && len(c.open) > 0 {
		return fmt.Errorf("a %s message comes before the result of %s", role, c.missing())
	}
	switch role {
	case "system", "developer":
		if c.began {
			return fmt.Errorf("a %s message comes after the conversation has begun", role)
		}
		return checkContent(m["content"], "text")
	case "user":
		c.began = true
		return checkContent(m["content"], "text", "image_url")
	case "assistant":
		if !c.began {
			return fmt.Errorf("the conversation begins with an assistant message")
		}
		return c.assistant(m)
	}
	return c.result(m)
}

func (c *conversation) assistant(m fields) error {
	if m["content"] != nil && string(m["content"]) != "null" {
		if err := checkContent(m["content"], "text"); err != nil {
			return err
		}
	} else if m["tool_calls"] == nil {
		return fmt.Errorf("an assistant message has neither content nor tool_calls")
	}
	for _, name := range reasoningFields[:2] {
		if _, ok := str(m[name]); m[name] != nil && !ok {
			return fmt.Errorf("%s is no string", name)
		}
	}
	var details []fields
	if m["reasoning_details"] != nil && json.Unmarshal(m["reasoning_details"], &details) != nil {
		return fmt.Errorf("reasoning_details is no list of objects")
	}
	for _, d := range details {
		if kind, _ := str(d["type"]); !strings.HasPrefix(kind, "reasoning.") {
			return fmt.Errorf("reasoning_details has a record of type %q", kind)
		}
	}
	if m["tool_calls"] == nil {
		return nil
	}
	if !c.tools {
		return fmt.Errorf("tool_calls are only allowed in a request with tools")
	}
	var calls []fields
	if json.Unmarshal(m["tool_calls"], &calls) != nil || len(calls) == 0 {
		return fmt.Errorf("tool_calls is no list, or empty")
	}
	for i, call := range calls {
		if err := c.call(call); err != nil {
			return fmt.Errorf("tool_calls[%d]: %w", i, err)
		}
	}
	return nil
}

func (c *conversation) call(call fields) error {
	id, _ := str(call["id"])
	switch {
	case !ids.MatchString(id):
		return fmt.Errorf("id %q does not match %s", id, ids)
	case c.seen[id]:
		return fmt.Errorf("id %q is there twice", id)
	}
	if kind, _ := str(call["type"]); kind != "function" {
		return fmt.Errorf("type is not function")
	}
	var f fields
	if json.Unmarshal(call["function"], &f) != nil || f == nil {
		return fmt.Errorf("function is no object")
	}
	if name, _ := str(f["name"]); !names.MatchString(name) {
		return fmt.Errorf("function.name %q does not match %s", name, names)
	}
	arguments, ok := str(f["arguments"])
	var object map[string]json.RawMessage
	if !ok || json.Unmarshal([]byte(arguments), &object) != nil || object == nil {
		return fmt.Errorf("function.arguments is no string that holds a JSON object")
	}
	c.seen[id], c.open[id] = true, true
	return nil
}

func (c *conversation) result(m fields) error {
	id, ok := str(m["tool_call_id"])
	switch {
	case !ok || id == "":
		return fmt.Errorf("tool_call_id is missing")
	case !c.open[id] && c.seen[id]:
		return fmt.Errorf("there is a second result for %q, or it comes too late", id)
	case !c.open[id]:
		return fmt.Errorf("a tool message must follow a message with tool_calls: %q is no call", id)
	}
	delete(c.open, id)
	if s, ok := str(m["content"]); ok && s == "" {
		return nil // a command without output
	}
	return checkContent(m["content"], "text")
}

// checkContent takes text, or a list of parts of the given types. Empty text is refused.
func checkContent(raw json.RawMessage, types ...string) error {
	if s, ok := str(raw); ok {
		if s == "" {
			return fmt.Errorf("content is empty")
		}
		return nil
	}
	var parts []fields
	if json.Unmarshal(raw, &parts) != nil || len(parts) == 0 {
		return fmt.Errorf("content is neither text nor a list of parts")
	}
	for i, p := range parts {
		kind, _ := str(p["type"])
		if !slices.Contains(types, kind) {
			return fmt.Errorf("content[%d] is of type %q, not %s", i, kind, strings.Join(types, " or "))
		}
		if kind == "text" {
			if s, _ := str(p["text"]); s == "" {
				return fmt.Errorf("content[%d] has no text", i)
			}
			continue
		}
		var image fields
		json.Unmarshal(p["image_url"], &image)
		if u, _ := str(image["url"]); !strings.HasPrefix(u, "data:image/") && !strings.HasPrefix(u, "https://") {
			return fmt.Errorf("content[%d] is no image", i)
		}
	}
	return nil
}
