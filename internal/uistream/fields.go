package uistream

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// MaxID is the most bytes of an ID; providers make some of 100.
	MaxID = 256
	// MaxName is the most bytes of a tool's name, the providers' own limit.
	MaxName = 64
	// MaxText is the most bytes of one delta, title, reason, URL or error text. A file of
	// the model is a data URL, hence so much.
	MaxText = 1 << 20
	// MaxInput is the most bytes of a call's arguments: writeFile's 1 MiB, when every
	// second character is escaped.
	MaxInput = 2 << 20
	// MaxOutput is the most bytes of one result, of metadata or of a data part. A result of
	// any size is cut and has its full text elsewhere; this leaves room for the escapes.
	MaxOutput = 300 << 10
)

// The parts of our own. Those that are kept carry an ID, by which a later one replaces
// them; those that are not must be Transient.
const (
	DataPlan       = "plan"
	DataCheckpoint = "checkpoint"
	DataDiff       = "diff"
	DataUsage      = "usage"
	DataNotice     = "notice"
	DataError      = "error"
	// DataTerm is new output of a running command, and its ID the call's. Who joins late
	// gets the last of it while the call is open: see Log.
	DataTerm = "term"
	// DataStatus tells what is going on; the latest of an ID is what counts.
	DataStatus = "status"
)

var (
	keptData      = []string{DataPlan, DataCheckpoint, DataDiff, DataUsage, DataNotice, DataError}
	transientData = []string{DataTerm, DataStatus}
	finishReasons = []FinishReason{FinishStop, FinishLength, FinishContentFilter, FinishToolCalls, FinishError, FinishOther}
)

// fields checks the fields of one chunk. It keeps the first error, and the size.
type fields struct {
	size int
	err  error
}

func (f *fields) fail(rule Rule, format string, a ...any) {
	if f.err == nil {
		f.err = &RuleError{Rule: rule, Message: fmt.Sprintf(format, a...)}
	}
}

func (f *fields) id(name, s string) {
	f.size += len(s)
	if s == "" || len(s) > MaxID || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		f.fail(RuleField, "%s is 1–%d bytes of printable text", name, MaxID)
	}
}

func (f *fields) toolName(s string) {
	f.size += len(s)
	if len(s) > MaxName || !isWord(s) {
		f.fail(RuleField, "toolName is 1–%d of A–Z a–z 0–9 _ -", MaxName)
	}
}

// isWord reports whether s is some of A–Z a–z 0–9 _ -.
func isWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// text makes valid UTF-8 of what may have been cut in the middle of a character, so that
// what is stored is what clients read.
func (f *fields) text(name string, s *string) {
	f.size += len(*s)
	if len(*s) > MaxText {
		f.fail(RuleField, "%s is longer than %d bytes", name, MaxText)
		return
	}
	*s = strings.ToValidUTF8(*s, "\uFFFD")
}

func (f *fields) needed(name string, s *string) {
	if *s == "" {
		f.fail(RuleField, "%s is empty", name)
	}
	f.text(name, s)
}

// json replaces raw by what clients have after parsing it.
func (f *fields) json(name string, raw *json.RawMessage, limit int) {
	f.size += len(*raw)
	if len(*raw) > limit {
		f.fail(RuleField, "%s is longer than %d bytes", name, limit)
		return
	}
	v, err := Value(*raw)
	if err != nil {
		f.fail(RuleField, "%s: %v", name, err)
		return
	}
	*raw = v
}

func (f *fields) object(name string, raw *json.RawMessage) {
	f.json(name, raw, MaxOutput)
	if f.err == nil && (*raw)[0] != '{' {
		f.fail(RuleField, "%s is not an object", name)
	}
}

func (f *fields) optionalObject(name string, raw *json.RawMessage) {
	if len(*raw) > 0 {
		f.object(name, raw)
	}
}

func (c Start) clean(f *fields) Chunk {
	f.id("messageId", c.MessageID)
	f.optionalObject("messageMetadata", &c.Metadata)
	return c
}

func (c MessageMetadata) clean(f *fields) Chunk {
	f.object("messageMetadata", &c.Metadata)
	return c
}

func (c StartStep) clean(*fields) Chunk          { return c }
func (c FinishStep) clean(*fields) Chunk         { return c }
func (c TextStart) clean(f *fields) Chunk        { f.id("id", c.ID); return c }
func (c TextEnd) clean(f *fields) Chunk          { f.id("id", c.ID); return c }
func (c ReasoningStart) clean(f *fields) Chunk   { f.id("id", c.ID); return c }
func (c ReasoningEnd) clean(f *fields) Chunk     { f.id("id", c.ID); return c }
func (c ToolOutputDenied) clean(f *fields) Chunk { f.id("toolCallId", c.ToolCallID); return c }
func (c Error) clean(f *fields) Chunk            { f.needed("errorText", &c.ErrorText); return c }
func (c Abort) clean(f *fields) Chunk            { f.text("reason", &c.Reason); return c }

func (c TextDelta) clean(f *fields) Chunk {
	f.id("id", c.ID)
	f.text("delta", &c.Delta)
	return c
}

func (c ReasoningDelta) clean(f *fields) Chunk {
	f.id("id", c.ID)
	f.text("delta", &c.Delta)
	return c
}

func (c ToolInputStart) clean(f *fields) Chunk {
	f.id("toolCallId", c.ToolCallID)
	f.toolName(c.ToolName)
	f.text("title", &c.Title)
	return c
}

func (c ToolInputDelta) clean(f *fields) Chunk {
	f.id("toolCallId", c.ToolCallID)
	f.text("inputTextDelta", &c.Delta)
	return c
}

func (c ToolInputAvailable) clean(f *fields) Chunk {
	f.id("toolCallId", c.ToolCallID)
	f.toolName(c.ToolName)
	f.json("input", &c.Input, MaxInput)
	f.text("title", &c.Title)
	return c
}

func (c ToolInputError) clean(f *fields) Chunk {
	f.id("toolCallId", c.ToolCallID)
	f.toolName(c.ToolName)
	f.json("input", &c.Input, MaxInput)
	f.needed("errorText", &c.ErrorText)
	return c
}

func (c ToolApprovalRequest) clean(f *fields) Chunk {
	f.id("approvalId", c.ApprovalID)
	f.id("toolCallId", c.ToolCallID)
	if len(c.Descriptor) > 0 {
		f.json("approvalDescriptor", &c.Descriptor, MaxOutput)
	}
	if string(c.Descriptor) == "null" {
		c.Descriptor = nil
	}
	f.text("reason", &c.Reason)
	return c
}

func (c ToolApprovalResponse) clean(f *fields) Chunk {
	f.id("approvalId", c.ApprovalID)
	f.text("reason", &c.Reason)
	return c
}

func (c ToolOutputAvailable) clean(f *fields) Chunk {
	f.id("toolCallId", c.ToolCallID)
	f.json("output", &c.Output, MaxOutput)
	return c
}

func (c ToolOutputError) clean(f *fields) Chunk {
	f.id("toolCallId", c.ToolCallID)
	f.needed("errorText", &c.ErrorText)
	return c
}

func (c SourceURL) clean(f *fields) Chunk {
	f.id("sourceId", c.SourceID)
	f.needed("url", &c.URL)
	f.text("title", &c.Title)
	return c
}

func (c SourceDocument) clean(f *fields) Chunk {
	f.id("sourceId", c.SourceID)
	f.needed("mediaType", &c.MediaType)
	f.needed("title", &c.Title)
	f.text("filename", &c.Filename)
	return c
}

func (c File) clean(f *fields) Chunk {
	f.needed("url", &c.URL)
	f.needed("mediaType", &c.MediaType)
	return c
}

func (c Data) clean(f *fields) Chunk {
	switch {
	case slices.Contains(keptData, c.Name):
		f.id("id", c.ID)
		if c.Transient {
			f.fail(RuleData, "data-%s is kept and cannot be transient", c.Name)
		}
	case slices.Contains(transientData, c.Name):
		if c.ID != "" || c.Name == DataTerm {
			f.id("id", c.ID)
		}
		if !c.Transient {
			f.fail(RuleData, "data-%s must be transient", c.Name)
		}
	default:
		f.fail(RuleData, "no such part: data-%.64q", c.Name)
	}
	f.json("data", &c.Data, MaxOutput)
	return c
}

func (c Finish) clean(f *fields) Chunk {
	if !slices.Contains(finishReasons, c.Reason) {
		f.fail(RuleField, "finishReason %.32q is none that clients know", c.Reason)
	}
	f.optionalObject("messageMetadata", &c.Metadata)
	return c
}
