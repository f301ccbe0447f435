package uistream

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// MaxRequest is the most bytes of a posted body. The SDK's default transport posts the
	// whole history; ours should post the last message only.
	MaxRequest = 4 << 20
	// MaxUserText is the most bytes of a message's text: a long log pasted in, a third of
	// a usual model's context.
	MaxUserText = 256 << 10
	// MaxUserFiles is the most files of a message.
	MaxUserFiles = 8
	// MaxUserFile is the most bytes of one file; providers take images of 5 MB, and what is
	// posted as base64 must fit MaxRequest.
	MaxUserFile = 2 << 20
	// maxUserParts is the most parts of a message.
	maxUserParts = 64
	// maxMessageID is the most characters of a client's IDs; the SDK makes 16.
	maxMessageID = 64
	// maxFilename is the most bytes of a file's name, as file systems have it.
	maxFilename = 255
)

// ErrTooLarge: the body is longer than MaxRequest.
var ErrTooLarge = errors.New("the request is larger than 4 MiB")

// InvalidError says which field of a request is wrong and what is allowed.
type InvalidError struct {
	Field   string
	Message string
}

func (e *InvalidError) Error() string { return e.Field + ": " + e.Message }

// The triggers of the SDK's transports.
const (
	TriggerSubmit     = "submit-message"
	TriggerRegenerate = "regenerate-message"
)

// Request is what the SDK's default transport posts, as far as it counts.
type Request struct {
	ChatID  string
	Trigger string
	// MessageID is the message to replace or to make again; empty for a new one.
	MessageID string
	Model     string // empty: the chat's
	Mode      string // empty: the chat's
	// Message is the last user message posted. Nothing else of the posted history is read,
	// for the client could forge answers, results and approvals. A client that only
	// reports such things posts an old message again: compare its ID.
	Message Message
}

// media are the types of files a message may have: what models read.
var media = []string{"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"}

// ParseRequest reads a posted body. It returns ErrTooLarge or an *InvalidError. Unknown
// fields are ignored, unknown parts of the message are not: they would be lost silently.
func ParseRequest(body []byte) (Request, error) {
	if len(body) > MaxRequest {
		return Request{}, ErrTooLarge
	}
	var in struct {
		ID        string   `json:"id"`
		Trigger   string   `json:"trigger"`
		MessageID string   `json:"messageId"`
		Model     string   `json:"model"`
		Mode      string   `json:"mode"`
		Messages  lastUser `json:"messages"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return Request{}, invalidJSON("", err)
	}
	req := Request{ChatID: in.ID, Trigger: in.Trigger, MessageID: in.MessageID, Model: in.Model, Mode: in.Mode}
	if req.Trigger == "" {
		req.Trigger = TriggerSubmit
	}
	switch {
	case !isID(in.ID):
		return Request{}, &InvalidError{"id", idRule}
	case req.Trigger != TriggerSubmit && req.Trigger != TriggerRegenerate:
		return Request{}, &InvalidError{"trigger", "is submit-message or regenerate-message"}
	case in.MessageID != "" && !isID(in.MessageID):
		return Request{}, &InvalidError{"messageId", idRule}
	case len(in.Model) > MaxID || !printable(in.Model):
		return Request{}, &InvalidError{"model", fmt.Sprintf("is at most %d bytes of printable text", MaxID)}
	case len(in.Mode) > maxMessageID || !printable(in.Mode):
		return Request{}, &InvalidError{"mode", "is no mode"}
	}
	if in.Messages.raw == nil {
		return Request{}, &InvalidError{"messages", "has no user message"}
	}
	var err error
	req.Message, err = userMessage(in.Messages.raw, fmt.Sprintf("messages[%d]", in.Messages.at))
	if err != nil {
		return Request{}, err
	}
	return req, nil
}

// userMessage reads the message at field.
func userMessage(raw json.RawMessage, field string) (Message, error) {
	var in struct {
		ID    string    `json:"id"`
		Parts userParts `json:"parts"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return Message{}, invalidJSON(field, err)
	}
	switch {
	case !isID(in.ID):
		return Message{}, &InvalidError{field + ".id", idRule}
	case len(in.Parts) == 0 || len(in.Parts) > maxUserParts:
		return Message{}, &InvalidError{field + ".parts", fmt.Sprintf("has 1–%d parts", maxUserParts)}
	}
	msg := Message{ID: in.ID, Role: "user"}
	text, files := 0, 0
	for i, in := range in.Parts {
		at := fmt.Sprintf("%s.parts[%d]", field, i)
		var p Part
		var err error
		switch in.Type {
		case "text":
			p, err = textPart(in, at)
			if err == nil {
				text += len(*p.Text)
			}
		case "file":
			files++
			p, err = filePart(in, at)
		default:
			err = &InvalidError{at + ".type", "is text or file"}
		}
		if err != nil {
			return Message{}, err
		}
		msg.Parts = append(msg.Parts, p)
	}
	switch {
	case text > MaxUserText:
		return Message{}, &InvalidError{field + ".parts", fmt.Sprintf("has more than %d bytes of text", MaxUserText)}
	case files > MaxUserFiles:
		return Message{}, &InvalidError{field + ".parts", fmt.Sprintf("has more than %d files", MaxUserFiles)}
	case files == 0 && blank(msg.Parts):
		return Message{}, &InvalidError{field + ".parts", "says nothing"}
	}
	return msg, nil
}

func textPart(p userPart, field string) (Part, error) {
	if p.Text == nil {
		return Part{}, &InvalidError{field + ".text", "is missing"}
	}
	// What the SDK adds, such as a state, is the client's own business.
	return Part{Type: "text", Text: p.Text}, nil
}

func filePart(p userPart, field string) (Part, error) {
	if !slices.Contains(media, p.MediaType) {
		return Part{}, &InvalidError{field + ".mediaType", "is one of " + strings.Join(media, ", ")}
	}
	if len(p.Filename) > maxFilename || !printable(p.Filename) || strings.ContainsAny(p.Filename, `/\`) {
		return Part{}, &InvalidError{field + ".filename", fmt.Sprintf("is a name of at most %d bytes", maxFilename)}
	}
	// Only data URLs: an address would make the provider, or us, fetch what it names.
	data, ok := strings.CutPrefix(p.URL, "data:"+p.MediaType+";base64,")
	if !ok {
		return Part{}, &InvalidError{field + ".url", "is a base64 data URL of the mediaType"}
	}
	// The decoder skips line breaks, and a URL with them is none.
	bytes, err := base64.StdEncoding.Strict().DecodeString(data)
	if err != nil || len(bytes) == 0 || strings.ContainsAny(data, "\r\n") {
		return Part{}, &InvalidError{field + ".url", "has no valid base64"}
	}
	if len(bytes) > MaxUserFile {
		return Part{}, &InvalidError{field + ".url", fmt.Sprintf("has more than %d bytes", MaxUserFile)}
	}
	if p.MediaType == "text/plain" && !utf8.Valid(bytes) {
		return Part{}, &InvalidError{field + ".url", "is no UTF-8 text"}
	}
	return Part{Type: "file", MediaType: p.MediaType, URL: p.URL, Filename: p.Filename}, nil
}

const idRule = "is 1–64 of A–Z a–z 0–9 _ -"

func isID(s string) bool { return len(s) <= maxMessageID && isWord(s) }

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError })
}

func blank(parts []Part) bool {
	for _, p := range parts {
		if p.Text != nil && strings.TrimSpace(*p.Text) != "" {
			return false
		}
	}
	return true
}
