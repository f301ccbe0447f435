package openrouter

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/packages/param"
	openaishared "github.com/openai/openai-go/v3/shared"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// maxFallbacks is OpenRouter's own limit on "models".
const maxFallbacks = 3

// toolNames are those that every provider accepts.
var toolNames = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// encode makes the body of the request.
func (c *Client) encode(req agent.Request) ([]byte, error) {
	p := openai.ChatCompletionNewParams{Model: req.Model}
	if req.Model == "" {
		return nil, badRequest("no model is chosen")
	}
	if len(req.Messages) == 0 {
		return nil, badRequest("there is no message")
	}
	for i, m := range req.Messages {
		msg, err := c.message(m, req.Model)
		if err != nil {
			return nil, badRequest(fmt.Sprintf("message %d: %v", i, err))
		}
		p.Messages = append(p.Messages, msg)
	}
	tools := slices.SortedFunc(slices.Values(req.Tools), func(a, b agent.Tool) int { return strings.Compare(a.Name, b.Name) })
	for i, t := range tools {
		if !toolNames.MatchString(t.Name) || (i > 0 && tools[i-1].Name == t.Name) {
			return nil, badRequest(fmt.Sprintf("tool name %q is wrong, or there twice", t.Name))
		}
		var schema map[string]any
		d := json.NewDecoder(bytes.NewReader(t.Schema))
		d.UseNumber()
		if err := d.Decode(&schema); err != nil || schema["type"] != "object" {
			return nil, badRequest(fmt.Sprintf("tool %s: its schema is not of type object", t.Name))
		}
		f := openaishared.FunctionDefinitionParam{Name: t.Name, Parameters: schema}
		if t.Description != "" {
			f.Description = param.NewOpt(t.Description)
		}
		p.Tools = append(p.Tools, openai.ChatCompletionFunctionTool(f))
	}
	if len(tools) > 0 {
		p.ToolChoice.OfAuto = param.NewOpt("auto")
		if req.ParallelTools {
			p.ParallelToolCalls = param.NewOpt(true)
		}
	}
	if req.MaxTokens > 0 {
		// OpenAI's own reasoning models refuse the older name, which all others know.
		if c.host == "api.openai.com" {
			p.MaxCompletionTokens = param.NewOpt(int64(req.MaxTokens))
		} else {
			p.MaxTokens = param.NewOpt(int64(req.MaxTokens))
		}
	}
	if req.User != "" {
		p.User = param.NewOpt(req.User)
	}
	extra := map[string]any{"stream": true}
	if c.options.Kind == KindOpenRouter {
		c.routing(req, extra)
	} else {
		p.StreamOptions.IncludeUsage = param.NewOpt(true)
		if req.ReasoningEffort != "" {
			p.ReasoningEffort = openaishared.ReasoningEffort(req.ReasoningEffort)
		}
	}
	p.SetExtraFields(extra)
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p); err != nil {
		return nil, badRequest("it cannot be written as JSON")
	}
	return body.Bytes(), nil
}

// routing adds what only OpenRouter knows.
func (c *Client) routing(req agent.Request, extra map[string]any) {
	data := "deny"
	if req.AllowTraining {
		data = "allow"
	}
	extra["provider"] = map[string]any{"require_parameters": true, "data_collection": data, "allow_fallbacks": true}
	if len(req.Fallbacks) > 0 {
		extra["models"] = req.Fallbacks[:min(len(req.Fallbacks), maxFallbacks)]
	}
	if req.ReasoningEffort != "" {
		extra["reasoning"] = map[string]any{"effort": req.ReasoningEffort}
	}
	if req.Session != "" {
		extra["session_id"] = req.Session
	}
}

func (c *Client) message(m agent.Message, model string) (openai.ChatCompletionMessageParamUnion, error) {
	switch m.Role {
	case agent.RoleSystem:
		return openai.SystemMessage(m.Text), nil
	case agent.RoleUser:
		if len(m.Images) == 0 {
			return openai.UserMessage(m.Text), nil
		}
		var parts []openai.ChatCompletionContentPartUnionParam
		if m.Text != "" {
			parts = append(parts, openai.TextContentPart(m.Text))
		}
		for _, img := range m.Images {
			if !strings.HasPrefix(img.MediaType, "image/") {
				return openai.ChatCompletionMessageParamUnion{}, fmt.Errorf("%q is no image", img.MediaType)
			}
			u := "data:" + img.MediaType + ";base64," + base64.StdEncoding.EncodeToString(img.Data)
			parts = append(parts, openai.ImageContentPart(openai.ChatCompletionContentPartImageImageURLParam{URL: u}))
		}
		return openai.UserMessage(parts), nil
	case agent.RoleTool:
		if m.CallID == "" {
			return openai.ChatCompletionMessageParamUnion{}, fmt.Errorf("a result of no call")
		}
		return openai.ToolMessage(m.Text, m.CallID), nil
	case agent.RoleAssistant:
		return c.assistant(m, model), nil
	}
	return openai.ChatCompletionMessageParamUnion{}, fmt.Errorf("unknown role %q", m.Role)
}

func (c *Client) assistant(m agent.Message, model string) openai.ChatCompletionMessageParamUnion {
	var a openai.ChatCompletionAssistantMessageParam
	// Some servers refuse empty text beside calls, others a message with neither.
	if m.Text != "" || len(m.Calls) == 0 {
		a.Content.OfString = param.NewOpt(m.Text)
	}
	for _, call := range m.Calls {
		args := string(call.Arguments)
		if call.Invalid != "" || args == "" {
			args = "{}"
		}
		a.ToolCalls = append(a.ToolCalls, openai.ChatCompletionMessageToolCallUnionParam{OfFunction: &openai.ChatCompletionMessageFunctionToolCallParam{
			ID:       call.ID,
			Function: openai.ChatCompletionMessageFunctionToolCallFunctionParam{Name: acceptable(call.Name), Arguments: args},
		}})
	}
	r := m.Reasoning
	if r.Model == "" || r.Model == model {
		extra := map[string]any{}
		switch {
		case c.options.Kind == KindOpenRouter && len(r.Details) > 0:
			extra["reasoning_details"] = r.Details
		case r.Text != "" && (c.options.Kind == KindOpenRouter || len(m.Calls) > 0):
			// Servers that give reasoning_content want it with calls, and refuse or ignore
			// it elsewhere.
			extra[reasoningField(r.Field)] = r.Text
		}
		if len(extra) > 0 {
			a.SetExtraFields(extra)
		}
	}
	return openai.ChatCompletionMessageParamUnion{OfAssistant: &a}
}

// reasoningField is the name of the field for a reasoning text.
func reasoningField(field string) string {
	if field == fieldReasoningContent {
		return field
	}
	return fieldReasoning
}

// acceptable turns a name that a model made up into one that a provider takes back.
func acceptable(name string) string {
	if toolNames.MatchString(name) {
		return name
	}
	name = strings.Map(func(r rune) rune {
		if r < 128 && toolNames.MatchString(string(r)) {
			return r
		}
		return '_'
	}, name)
	if name == "" {
		return "unknown"
	}
	return name[:min(len(name), 64)]
}

func badRequest(message string) error {
	return agent.NewError(agent.CodeBadRequest, "the request is wrong: "+message, nil)
}
