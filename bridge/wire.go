package bridge

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// KeyHeader carries the workspace's key on every request from the gateway. The bridge
// removes it before anything else sees the request.
const KeyHeader = "X-Kalpana-Key"

// Types of requests.
const (
	TypePing      = "ping"
	TypeCancel    = "cancel"
	TypeReadFile  = "readFile"
	TypeWriteFile = "writeFile"
	TypeListFiles = "listFiles"
)

// Request asks the bridge for one thing.
type Request struct {
	// ID is 1–MaxIDBytes bytes, unique among the unanswered requests of a connection.
	ID   string `json:"id"`
	Type string `json:"type"`
	// Payload is an object; absent means {}.
	Payload json.RawMessage `json:"payload,omitempty"`
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
	ID      string          `json:"id"`
	Event   string          `json:"event"`
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
