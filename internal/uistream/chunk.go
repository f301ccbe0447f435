package uistream

import (
	"bytes"
	"encoding/json"
)

// Chunk is one event of the stream. The types of this package are the only ones.
type Chunk interface {
	// Type is the value of "type" on the wire.
	Type() string
	// clean checks the fields and returns the chunk with text and JSON as clients read them.
	clean(*fields) Chunk
}

// Start opens the message. It is the first chunk, and carries the ID that the message
// keeps in the history: without one the client would invent its own.
type Start struct {
	MessageID string          `json:"messageId"`
	Metadata  json.RawMessage `json:"messageMetadata,omitempty"` // an object, or none
}

// MessageMetadata is merged deeply into what the message has.
type MessageMetadata struct {
	Metadata json.RawMessage `json:"messageMetadata"` // an object
}

// StartStep begins one call of the model with the tools it asks for.
type StartStep struct{}

// FinishStep ends it.
type FinishStep struct{}

// TextStart opens a text part. An ID may be used again after its end.
type TextStart struct {
	ID string `json:"id"`
}

// TextDelta appends to the open text part.
type TextDelta struct {
	ID    string `json:"id"`
	Delta string `json:"delta"`
}

// TextEnd closes the text part.
type TextEnd struct {
	ID string `json:"id"`
}

// ReasoningStart opens a part with the model's thoughts.
type ReasoningStart struct {
	ID string `json:"id"`
}

// ReasoningDelta appends to it.
type ReasoningDelta struct {
	ID    string `json:"id"`
	Delta string `json:"delta"`
}

// ReasoningEnd closes it.
type ReasoningEnd struct {
	ID string `json:"id"`
}

// ToolInputStart announces a call whose arguments are still being written.
type ToolInputStart struct {
	ToolCallID string `json:"toolCallId"`
	ToolName   string `json:"toolName"`
	Title      string `json:"title,omitempty"`
}

// ToolInputDelta is a piece of the arguments' JSON.
type ToolInputDelta struct {
	ToolCallID string `json:"toolCallId"`
	Delta      string `json:"inputTextDelta"`
}

// ToolInputAvailable is a complete call, with or without a ToolInputStart before.
type ToolInputAvailable struct {
	ToolCallID string          `json:"toolCallId"`
	ToolName   string          `json:"toolName"`
	Input      json.RawMessage `json:"input"`
	Title      string          `json:"title,omitempty"`
}

// ToolInputError is a call whose arguments cannot be used; it ends the call.
type ToolInputError struct {
	ToolCallID string          `json:"toolCallId"`
	ToolName   string          `json:"toolName"`
	Input      json.RawMessage `json:"input"` // what the model wrote; a string if it is no JSON
	ErrorText  string          `json:"errorText"`
}

// ToolApprovalRequest asks the user about a call.
type ToolApprovalRequest struct {
	ApprovalID string          `json:"approvalId"`
	ToolCallID string          `json:"toolCallId"`
	Descriptor json.RawMessage `json:"approvalDescriptor,omitempty"` // for the card
	Reason     string          `json:"reason,omitempty"`             // why; clients of version 6 ignore it
}

// ToolApprovalResponse is the answer. Clients of version 6 do not get it.
type ToolApprovalResponse struct {
	ApprovalID string `json:"approvalId"`
	Approved   bool   `json:"approved"`
	Reason     string `json:"reason,omitempty"`
}

// ToolOutputAvailable is a result: the last one, or if Preliminary one that the next
// replaces.
type ToolOutputAvailable struct {
	ToolCallID  string          `json:"toolCallId"`
	Output      json.RawMessage `json:"output"`
	Preliminary bool            `json:"preliminary,omitempty"`
}

// ToolOutputError is a call that failed or was cancelled.
type ToolOutputError struct {
	ToolCallID string `json:"toolCallId"`
	ErrorText  string `json:"errorText"`
}

// ToolOutputDenied is a call that the user refused.
type ToolOutputDenied struct {
	ToolCallID string `json:"toolCallId"`
}

// SourceURL is a page that the answer refers to.
type SourceURL struct {
	SourceID string `json:"sourceId"`
	URL      string `json:"url"`
	Title    string `json:"title,omitempty"`
}

// SourceDocument is a document that the answer refers to.
type SourceDocument struct {
	SourceID  string `json:"sourceId"`
	MediaType string `json:"mediaType"`
	Title     string `json:"title"`
	Filename  string `json:"filename,omitempty"`
}

// File is a file the model made.
type File struct {
	URL       string `json:"url"`
	MediaType string `json:"mediaType"`
}

// Data is one of the parts of our own; see the Data… names.
type Data struct {
	Name string          `json:"-"` // without "data-"
	ID   string          `json:"id,omitempty"`
	Data json.RawMessage `json:"data"`
	// Transient data reaches those who watch and does not become part of the message.
	Transient bool `json:"transient,omitempty"`
}

// FinishReason says why a turn ended.
type FinishReason string

// The reasons that clients of both versions know; another one breaks their stream.
const (
	FinishStop          FinishReason = "stop"
	FinishLength        FinishReason = "length"
	FinishContentFilter FinishReason = "content-filter"
	FinishToolCalls     FinishReason = "tool-calls"
	FinishError         FinishReason = "error"
	FinishOther         FinishReason = "other"
)

// Finish ends a turn. After a failure from which the user can go on it follows a
// data-error part, with FinishError.
type Finish struct {
	Reason   FinishReason    `json:"finishReason"`
	Metadata json.RawMessage `json:"messageMetadata,omitempty"` // an object, or none
}

// Abort ends a turn that was stopped.
type Abort struct {
	Reason string `json:"reason,omitempty"`
}

// Error ends a turn that cannot be shown. The client gives up the whole message, so it is
// the last resort: see Finish.
type Error struct {
	ErrorText string `json:"errorText"`
}

func (Start) Type() string                { return "start" }
func (MessageMetadata) Type() string      { return "message-metadata" }
func (StartStep) Type() string            { return "start-step" }
func (FinishStep) Type() string           { return "finish-step" }
func (TextStart) Type() string            { return "text-start" }
func (TextDelta) Type() string            { return "text-delta" }
func (TextEnd) Type() string              { return "text-end" }
func (ReasoningStart) Type() string       { return "reasoning-start" }
func (ReasoningDelta) Type() string       { return "reasoning-delta" }
func (ReasoningEnd) Type() string         { return "reasoning-end" }
func (ToolInputStart) Type() string       { return "tool-input-start" }
func (ToolInputDelta) Type() string       { return "tool-input-delta" }
func (ToolInputAvailable) Type() string   { return "tool-input-available" }
func (ToolInputError) Type() string       { return "tool-input-error" }
func (ToolApprovalRequest) Type() string  { return "tool-approval-request" }
func (ToolApprovalResponse) Type() string { return "tool-approval-response" }
func (ToolOutputAvailable) Type() string  { return "tool-output-available" }
func (ToolOutputError) Type() string      { return "tool-output-error" }
func (ToolOutputDenied) Type() string     { return "tool-output-denied" }
func (SourceURL) Type() string            { return "source-url" }
func (SourceDocument) Type() string       { return "source-document" }
func (File) Type() string                 { return "file" }
func (c Data) Type() string               { return "data-" + c.Name }
func (Finish) Type() string               { return "finish" }
func (Abort) Type() string                { return "abort" }
func (Error) Type() string                { return "error" }

// Client is the major version of the ai package that reads a stream.
type Client int

// The versions the stream is made for. Whoever does not say gets Client6's: both read it.
const (
	Client6 Client = 6
	Client7 Client = 7
)

// Accepts reports whether the client can read c. An unknown chunk ends its stream.
func (v Client) Accepts(c Chunk) bool {
	_, only7 := c.(ToolApprovalResponse)
	return v >= Client7 || !only7
}

// Encode returns the JSON of c, without line breaks. It fails only for chunks that no
// Checker has passed.
func Encode(c Chunk) ([]byte, error) {
	body, err := marshal(c)
	if err != nil {
		return nil, err
	}
	head := `{"type":"` + c.Type() + `"`
	if len(body) > len("{}") {
		head += ","
	}
	return append([]byte(head), body[1:]...), nil
}

// marshal is json.Marshal without the escapes that are only for HTML: they make code in
// the stream a fifth longer.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
