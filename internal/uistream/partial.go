package uistream

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// partialInput is what clients of version v show of a call's arguments while text, the
// beginning of their JSON, comes in. Nil if they show nothing.
func partialInput(v Client, text string) json.RawMessage {
	for _, s := range []string{text, fixJSON(v, text)} {
		if input, err := parse([]byte(s), false); err == nil {
			return input.append(nil)
		}
	}
	return nil
}

// place is where in a JSON text the repair is.
type place byte

const (
	atRoot place = iota
	atEnd
	inString
	inEscape
	inUnicode
	inLiteral
	inNumber
	objectStart
	objectKey
	objectAfterKey
	objectBeforeValue
	objectAfterValue
	objectAfterComma
	arrayStart
	arrayAfterValue
	arrayAfterComma
)

// repair closes what a cut JSON text, in valid UTF-8, leaves open. It is the SDK's fixJson (ai 7.0.173,
// src/util/fix-json.ts) state by state, with its oddities, for clients show its result.
type repair struct {
	client  Client
	text    string
	stack   []place
	valid   int // what to keep of text
	literal int // where the last literal began
	digits  int // of a \u escape so far
}

func fixJSON(v Client, text string) string {
	r := repair{client: v, text: text, stack: []place{atRoot}}
	for i, c := range text {
		n := utf8.RuneLen(c)
		r.step(i+n-1, text[i])
		if n == 4 { // two characters in JavaScript
			r.step(i+n-1, text[i])
		}
	}
	return r.closed()
}

func (r *repair) top() place { return r.stack[len(r.stack)-1] }

func (r *repair) pop() { r.stack = r.stack[:len(r.stack)-1] } // atRoot or atEnd stays

func (r *repair) swap(p place) { r.stack[len(r.stack)-1] = p }

// step takes the character c that ends at i; of one beyond ASCII its first byte will do.
func (r *repair) step(i int, c byte) {
	switch r.top() {
	case atRoot:
		r.start(i, c, atEnd)
	case objectStart:
		if c == '"' {
			r.swap(objectKey)
		} else if c == '}' {
			r.end(i)
		}
	case objectAfterComma:
		if c == '"' {
			r.swap(objectKey)
		}
	case objectKey:
		if c == '"' {
			r.swap(objectAfterKey)
		}
	case objectAfterKey:
		if c == ':' {
			r.swap(objectBeforeValue)
		}
	case objectBeforeValue:
		r.start(i, c, objectAfterValue)
	case objectAfterValue:
		r.afterObjectValue(i, c)
	case arrayStart:
		if c == ']' {
			r.end(i)
			return
		}
		if r.client < Client7 { // the only difference: what cannot begin a value is kept
			r.valid = i + 1
		}
		r.start(i, c, arrayAfterValue)
	case arrayAfterValue:
		if c == ',' {
			r.swap(arrayAfterComma)
		} else if c == ']' {
			r.end(i)
		} else {
			r.valid = i + 1
		}
	case arrayAfterComma:
		r.start(i, c, arrayAfterValue)
	case inString:
		r.inString(i, c)
	case inEscape:
		r.pop()
		if c == 'u' {
			r.digits = 0
			r.stack = append(r.stack, inUnicode)
		} else {
			r.valid = i + 1
		}
	case inUnicode:
		if strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 {
			if r.digits++; r.digits == 4 {
				r.end(i)
			}
		}
	case inNumber:
		r.inNumber(i, c)
	case inLiteral:
		if isLiteral(r.text[r.literal : i+1]) {
			r.valid = i + 1
			return
		}
		r.pop()
		r.after(i, c)
	}
}

// end leaves the innermost place with what was read so far.
func (r *repair) end(i int) {
	r.valid = i + 1
	r.pop()
}

// start begins a value, after which the place is next.
func (r *repair) start(i int, c byte, next place) {
	var p place
	switch {
	case c == '"':
		p = inString
	case c == 'f' || c == 't' || c == 'n':
		p, r.literal = inLiteral, i
	case c == '-' || c >= '0' && c <= '9':
		p = inNumber
	case c == '{':
		p = objectStart
	case c == '[':
		p = arrayStart
	default:
		return
	}
	if c != '-' {
		r.valid = i + 1
	}
	r.swap(next)
	r.stack = append(r.stack, p)
}

func (r *repair) afterObjectValue(i int, c byte) {
	if c == ',' {
		r.swap(objectAfterComma)
	} else if c == '}' {
		r.end(i)
	}
}

func (r *repair) afterArrayValue(i int, c byte) {
	if c == ',' {
		r.swap(arrayAfterComma)
	} else if c == ']' {
		r.end(i)
	}
}

// after takes the character that ended a number or a literal.
func (r *repair) after(i int, c byte) {
	switch r.top() {
	case objectAfterValue:
		r.afterObjectValue(i, c)
	case arrayAfterValue:
		r.afterArrayValue(i, c)
	}
}

func (r *repair) inString(i int, c byte) {
	switch c {
	case '"':
		r.end(i)
	case '\\':
		r.stack = append(r.stack, inEscape)
	default:
		r.valid = i + 1
	}
}

func (r *repair) inNumber(i int, c byte) {
	switch {
	case c >= '0' && c <= '9':
		r.valid = i + 1
	case strings.IndexByte("eE-.", c) >= 0:
	case c == ',':
		r.pop()
		r.after(i, c)
	case c == '}':
		r.pop()
		if r.top() == objectAfterValue {
			r.afterObjectValue(i, c)
		}
	case c == ']':
		r.pop()
		if r.top() == arrayAfterValue {
			r.afterArrayValue(i, c)
		}
	default:
		r.pop()
	}
}

// closed is the text with all that is open closed.
func (r *repair) closed() string {
	out := []byte(r.text[:r.valid])
	for i := len(r.stack) - 1; i >= 0; i-- {
		switch r.stack[i] {
		case inString:
			out = append(out, '"')
		case objectStart, objectKey, objectAfterKey, objectBeforeValue, objectAfterValue, objectAfterComma:
			out = append(out, '}')
		case arrayStart, arrayAfterValue, arrayAfterComma:
			out = append(out, ']')
		case inLiteral:
			begun := r.text[r.literal:]
			for _, word := range []string{"true", "false", "null"} {
				if strings.HasPrefix(word, begun) {
					out = append(out, word[len(begun):]...)
					break
				}
			}
		}
	}
	return string(out)
}

func isLiteral(begun string) bool {
	return strings.HasPrefix("false", begun) || strings.HasPrefix("true", begun) || strings.HasPrefix("null", begun)
}
