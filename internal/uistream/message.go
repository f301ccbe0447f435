package uistream

import (
	"encoding/json"
	"strings"
)

// Message is a UIMessage of the AI SDK, as the history keeps it.
type Message struct {
	ID       string          `json:"id"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Role     string          `json:"role"` // "user" or "assistant"
	Parts    []Part          `json:"parts"`
}

// Part is one part of a Message, with the fields that its type has.
type Part struct {
	// Type is text, reasoning, tool-<name>, file, source-url, source-document, data-<name>
	// or step-start.
	Type string  `json:"type"`
	ID   string  `json:"id,omitempty"`   // reasoning, data
	Text *string `json:"text,omitempty"` // text, reasoning

	ToolCallID string `json:"toolCallId,omitempty"`
	// State of text and reasoning is streaming or done; of a tool input-streaming,
	// input-available, approval-requested, approval-responded, output-available,
	// output-error or output-denied.
	State     string `json:"state,omitempty"`
	SourceID  string `json:"sourceId,omitempty"`
	MediaType string `json:"mediaType,omitempty"`
	URL       string `json:"url,omitempty"`
	Title     string `json:"title,omitempty"`
	Filename  string `json:"filename,omitempty"`

	Input       json.RawMessage `json:"input,omitempty"`
	Output      json.RawMessage `json:"output,omitempty"`
	RawInput    json.RawMessage `json:"rawInput,omitempty"`
	ErrorText   string          `json:"errorText,omitempty"`
	Preliminary bool            `json:"preliminary,omitempty"`
	Approval    *Approval       `json:"approval,omitempty"`

	Data json.RawMessage `json:"data,omitempty"` // data
}

// Approval is what the user was asked about a call, and the answer.
type Approval struct {
	ID            string          `json:"id"`
	Descriptor    json.RawMessage `json:"descriptor,omitempty"`
	RequestReason string          `json:"requestReason,omitempty"`
	Approved      *bool           `json:"approved,omitempty"`
	Reason        string          `json:"reason,omitempty"`
}

// Fold returns the message that a client of version v makes of chunks, which may end
// anywhere. It returns a *RuleError if they break a rule.
func Fold(v Client, chunks []Chunk) (Message, error) {
	var k Checker
	f := newFold(v)
	for _, c := range chunks {
		c, err := k.Check(c)
		if err != nil {
			return Message{}, err
		}
		f.add(c)
	}
	return f.message(), nil
}

// fold builds a message of chunks that a Checker has passed.
type fold struct {
	client Client
	msg    Message
	tools  map[string]int // place of a call's part
	data   map[string]int // place of a data part, by type and ID
	// open is the place of the open text or reasoning part, whose text is being built.
	open int
	text strings.Builder
	// inputs are arguments being written. They are parsed only when they are looked at.
	inputs map[string]*strings.Builder
}

func newFold(v Client) *fold {
	return &fold{
		client: v, msg: Message{Role: "assistant", Parts: []Part{}}, open: -1,
		tools: map[string]int{}, data: map[string]int{}, inputs: map[string]*strings.Builder{},
	}
}

// message is what has been built so far. It shares nothing that add changes.
func (f *fold) message() Message {
	msg := f.msg
	msg.Parts = append([]Part{}, f.msg.Parts...)
	if f.open >= 0 {
		text := f.text.String()
		msg.Parts[f.open].Text = &text
	}
	for id := range f.inputs {
		f.written(id, &msg.Parts[f.tools[id]])
	}
	for i := range msg.Parts {
		if a := msg.Parts[i].Approval; a != nil {
			again := *a
			msg.Parts[i].Approval = &again
		}
	}
	return msg
}

// written puts the arguments as far as they came into the part.
func (f *fold) written(id string, p *Part) {
	if b := f.inputs[id]; b != nil {
		p.Input, p.RawInput = partialInput(f.client, b.String()), quote(b.String())
	}
}

func (f *fold) push(p Part) { f.msg.Parts = append(f.msg.Parts, p) }

func (f *fold) begin(p Part) {
	f.push(p)
	f.open = len(f.msg.Parts) - 1
	f.text.Reset()
}

func (f *fold) end() {
	text := f.text.String()
	f.msg.Parts[f.open].Text, f.msg.Parts[f.open].State = &text, "done"
	f.open = -1
}

func (f *fold) metadata(m json.RawMessage) {
	if m != nil {
		f.msg.Metadata = mergeObjects(f.msg.Metadata, m)
	}
}

func (f *fold) add(c Chunk) {
	switch c := c.(type) {
	case Start:
		f.msg.ID = c.MessageID
		f.metadata(c.Metadata)
	case MessageMetadata:
		f.metadata(c.Metadata)
	case Finish:
		f.metadata(c.Metadata)
	case StartStep:
		f.push(Part{Type: "step-start"})
	case TextStart:
		f.begin(Part{Type: "text", State: "streaming"})
	case ReasoningStart:
		f.begin(Part{Type: "reasoning", ID: c.ID, State: "streaming"})
	case TextDelta:
		f.text.WriteString(c.Delta)
	case ReasoningDelta:
		f.text.WriteString(c.Delta)
	case TextEnd, ReasoningEnd:
		f.end()
	case SourceURL:
		f.push(Part{Type: c.Type(), SourceID: c.SourceID, URL: c.URL, Title: c.Title})
	case SourceDocument:
		f.push(Part{Type: c.Type(), SourceID: c.SourceID, MediaType: c.MediaType, Title: c.Title, Filename: c.Filename})
	case File:
		f.push(Part{Type: c.Type(), MediaType: c.MediaType, URL: c.URL})
	case Data:
		if c.Transient {
			return
		}
		key := c.Type() + "\n" + c.ID
		if at, ok := f.data[key]; ok {
			f.msg.Parts[at].Data = c.Data
			return
		}
		f.data[key] = len(f.msg.Parts)
		f.push(Part{Type: c.Type(), ID: c.ID, Data: c.Data})
	default:
		f.addTool(c)
	}
}
