package bridge

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// KeyHeader carries the workspace's key on every request from the gateway. The bridge
// removes it before anything else sees the request.
const KeyHeader = "X-Kalpana-Key"

// Subprotocol is the WebSocket subprotocol of this version. A client that offers none is
// served as well, but gets no hello.
const Subprotocol = "kalpana.bridge.v1"

// Types of requests that are about the connection itself. The others stand with their payloads.
const (
	TypePing   = "ping"
	TypeCancel = "cancel"
	// TypeAck gives a stream of a running request more room; its payload is an Ack.
	TypeAck = "ack"
)

// Events that are about the connection itself.
const (
	// EventHello is the bridge's first message to clients of Subprotocol. It has no id.
	EventHello = "hello"
	// EventStream names the stream of binary frames that belongs to a request.
	EventStream = "stream"
	// EventAck gives the client room to send more of a stream; its payload is an Ack.
	EventAck = "ack"
)

// Hello says who answers.
type Hello struct {
	Version int    `json:"version"` // of the protocol
	Bridge  string `json:"bridge"`  // version of the program
	// Root is where the workspace folder is inside the container, for people.
	Root string `json:"root"`
	// Types are the requests this bridge knows, sorted.
	Types  []string `json:"types"`
	Limits Limits   `json:"limits"`
}

// Limits are the ones a client has to keep to.
type Limits struct {
	MessageBytes int64 `json:"messageBytes"`
	InlineBytes  int64 `json:"inlineBytes"`
	FrameBytes   int64 `json:"frameBytes"`
	InFlight     int   `json:"inFlight"`
	Processes    int   `json:"processes"`
}

// Stream is the payload of EventStream.
type Stream struct {
	Stream uint32 `json:"stream"`
	// Window is how many bytes may be sent before the receiver acknowledges some.
	Window int64 `json:"window"`
	// Size is how many bytes will come, -1 if that is not known.
	Size int64 `json:"size"`
}

// Ack is the payload of TypeAck and EventAck.
type Ack struct {
	// Bytes were taken in, of the request with the message's id.
	Bytes int64 `json:"bytes"`
}

// Close codes, beside those of RFC 6455.
const (
	// CloseVersion: the client offered subprotocols and this bridge speaks none of them.
	CloseVersion = 4000
)

// Request asks the bridge for one thing.
type Request struct {
	// ID is 1–MaxIDBytes bytes, unique among the unanswered requests of a connection.
	ID   string `json:"id"`
	Type string `json:"type"`
	// Payload is an object; absent means {}.
	Payload json.RawMessage `json:"payload,omitempty"`
	// Window bounds the bytes of events and frames of this request that are under way: the
	// bridge waits for TypeAck when they are used up. Up to MaxWindow. Default: for events
	// no bound but the connection's own, for binary frames DefaultWindow.
	Window int64 `json:"window,omitempty"`
}

// Response ends a request. Exactly one of Payload and Error is set.
type Response struct {
	// ID is empty if the request's own could not be read.
	ID      string          `json:"id"`
	Success bool            `json:"success"`
	Payload json.RawMessage `json:"payload,omitempty"`
	Error   *Error          `json:"error,omitempty"`
}

// Event is news about a request that is still running.
type Event struct {
	ID    string `json:"id,omitempty"`
	Event string `json:"event"`
	// Seq counts the events of a request from 1 without gaps.
	Seq     int64           `json:"seq,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// ParseRequest reads one message. On error the request returned still holds the ID, if
// that much could be read, for the answer.
func ParseRequest(message []byte) (Request, *Error) {
	// encoding/json would replace what is not UTF-8 and write files other than the sender's.
	if !utf8.Valid(message) {
		return Request{}, Errorf(CodeBadRequest, "the message is not valid UTF-8; send other bytes with encoding base64")
	}
	var r Request
	if err := json.Unmarshal(message, &r); err != nil {
		return Request{}, Errorf(CodeBadRequest, "the message is no JSON object with id, type and payload: %v", err)
	}
	if r.ID == "" || len(r.ID) > MaxIDBytes {
		return Request{}, Errorf(CodeBadRequest, "id must be a string of 1 to %d bytes", MaxIDBytes)
	}
	if hasLoneSurrogate(message) {
		return r, Errorf(CodeBadRequest, "the message holds half of a surrogate pair, which is no character")
	}
	if r.Type == "" {
		return r, Errorf(CodeBadRequest, "type is missing")
	}
	if r.Window < 0 {
		return r, Errorf(CodeBadRequest, "window is negative")
	}
	return r, nil
}

// hasLoneSurrogate reports an escape such as \ud800 without its other half. JavaScript
// sends these for broken strings, and encoding/json would replace them silently.
// The message must be valid JSON.
func hasLoneSurrogate(message []byte) bool {
	for i := 0; i+1 < len(message); i++ {
		if message[i] != '\\' {
			continue
		}
		i++ // whatever follows a backslash begins no escape of its own
		unit, ok := escapedUnit(message[i:])
		if !ok || unit < 0xd800 || unit > 0xdfff {
			continue
		}
		if unit >= 0xdc00 || i+6 >= len(message) || message[i+5] != '\\' {
			return true
		}
		low, ok := escapedUnit(message[i+6:])
		if !ok || low < 0xdc00 || low > 0xdfff {
			return true
		}
		i += 10
	}
	return false
}

// escapedUnit reads "uXXXX", the part of an escape after its backslash.
func escapedUnit(b []byte) (unit uint32, ok bool) {
	if len(b) < 5 || b[0] != 'u' {
		return 0, false
	}
	for _, c := range b[1:5] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		unit = unit<<4 | uint32(c)
	}
	return unit, true
}

// Error is why a request failed, for programs (Code) and for people (Message).
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf returns an Error with a formatted message. Messages are shown to users: they
// name paths relative to the workspace, never the container's own.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}
