package openrouter

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/agent"
)

// arguments is the text of a call's arguments as it grows.
type arguments struct {
	buf  []byte
	join joiner
	// piece is where the latest piece begins.
	piece, pieces int
	// cumulative: each piece so far began with all of the piece before it.
	cumulative bool
	// The state of the JSON so far; done is set when the first object is closed.
	depth            int
	inString, escape bool
	done             bool
}

func (a *arguments) len() int       { return len(a.buf) }
func (a *arguments) String() string { return string(a.buf) }

// complete reports whether an object has been closed.
func (a *arguments) complete() bool { return a.done }

// inside reports whether an object is open.
func (a *arguments) inside() bool { return a.depth > 0 }

// add appends raw, a string or, from some servers, the arguments themselves, and returns
// what that added. A whole object that comes again adds nothing.
func (a *arguments) add(raw json.RawMessage) string {
	s := a.decode(raw)
	if s == "" || (a.done && a.same(raw)) {
		return ""
	}
	before := a.buf[a.piece:]
	a.cumulative = a.pieces == 0 || (a.cumulative && len(s) >= len(before) && strings.HasPrefix(s, string(before)))
	a.piece, a.pieces = len(a.buf), a.pieces+1
	a.buf = append(a.buf, s...)
	a.scan(s)
	return s
}

func (a *arguments) decode(raw json.RawMessage) string {
	if null(raw) {
		return ""
	}
	if raw[0] == '"' {
		return a.join.add(raw)
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return ""
	}
	return b.String()
}

// same reports whether raw is all that is there already.
func (a *arguments) same(raw json.RawMessage) bool {
	if null(raw) || (len(raw) < len(a.buf) && raw[0] == '"') {
		return false
	}
	var other arguments
	return other.decode(raw) == string(a.buf)
}

// scan follows the nesting, so that nobody has to parse the text again and again.
func (a *arguments) scan(s string) {
	for i := 0; i < len(s) && !a.done; i++ {
		switch b := s[i]; {
		case a.escape:
			a.escape = false
		case a.inString:
			a.escape, a.inString = b == '\\', b != '"'
		case b == '"':
			a.inString = true
		case b == '{' || b == '[':
			a.depth++
		case b == '}' || b == ']':
			a.depth--
			a.done = a.depth <= 0
		}
	}
}

// settle makes of it the object that the model meant, or says why there is none. It
// guesses no missing text.
func (a *arguments) settle() (json.RawMessage, string) {
	all := bytes.TrimSpace(append(bytes.Clone(a.buf), a.join.flush()...))
	if len(all) == 0 || string(all) == "null" {
		return json.RawMessage("{}"), ""
	}
	if all[0] == '{' && json.Valid(all) {
		return all, ""
	}
	if one := onlyObject(all); one != nil {
		return one, ""
	}
	if a.cumulative && a.pieces > 1 {
		if last := bytes.TrimSpace(a.buf[a.piece:]); last[0] == '{' && json.Valid(last) {
			return bytes.Clone(last), ""
		}
	}
	if all[0] == '"' {
		inner := text(all) // encoded twice
		if inner = strings.TrimSpace(inner); strings.HasPrefix(inner, "{") && json.Valid(all) && json.Valid([]byte(inner)) {
			return json.RawMessage(inner), ""
		}
	}
	if json.Valid(all) {
		return nil, agent.InvalidNotObject
	}
	return nil, agent.InvalidNotJSON
}

// onlyObject reads a sequence of objects, and returns the one that is left when empty and
// repeated ones are dropped: servers send {} first, or the whole again at the end.
func onlyObject(all []byte) json.RawMessage {
	var one json.RawMessage
	for d := json.NewDecoder(bytes.NewReader(all)); ; {
		var v json.RawMessage
		err := d.Decode(&v)
		switch {
		case errors.Is(err, io.EOF):
			return one
		case err != nil || v[0] != '{':
			return nil
		case string(v) == "{}" || bytes.Equal(v, one):
		case one != nil:
			return nil
		default:
			one = v
		}
	}
}
