package openrouter

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// joiner decodes JSON strings that are pieces of one text. Providers cut between tokens,
// and a token may end inside a character: inside UTF-8, or between the two halves of a
// surrogate pair (\ud83d in one piece, \ude00 in the next). The beginning of such a
// character waits for the next piece.
type joiner struct{ held []byte }

// add decodes raw, a JSON string with its quotes. It returns "" for anything else.
func (j *joiner) add(raw json.RawMessage) string {
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	if len(raw) == 2 {
		return ""
	}
	inner := raw[1 : len(raw)-1]
	if len(j.held) > 0 {
		inner = append(j.held, inner...)
	}
	cut := len(inner) - unfinished(inner)
	j.held = bytes.Clone(inner[cut:])
	return unquote(inner[:cut])
}

// flush returns the replacement character if a character stayed unfinished.
func (j *joiner) flush() string {
	if len(j.held) == 0 {
		return ""
	}
	j.held = nil
	return string(utf8.RuneError)
}

func unquote(inner []byte) string {
	if len(inner) == 0 {
		return ""
	}
	quoted := make([]byte, 0, len(inner)+2)
	quoted = append(append(append(quoted, '"'), inner...), '"')
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return ""
	}
	return s
}

// unfinished is how many bytes at the end of s begin a character without ending it.
func unfinished(s []byte) int {
	if n := len(s); n >= 6 && s[n-6] == '\\' && s[n-5] == 'u' && (s[n-4] == 'd' || s[n-4] == 'D') && bytes.IndexByte([]byte("89abAB"), s[n-3]) >= 0 {
		before := 0
		for i := n - 7; i >= 0 && s[i] == '\\'; i-- {
			before++
		}
		if before%2 == 0 {
			return 6
		}
	}
	for back := 1; back < utf8.UTFMax && back <= len(s); back++ {
		if b := s[len(s)-back]; utf8.RuneStart(b) {
			if b >= utf8.RuneSelf && !utf8.FullRune(s[len(s)-back:]) {
				return back
			}
			return 0
		}
	}
	return 0
}

// text is the value of a JSON string, or "".
func text(raw json.RawMessage) string {
	var j joiner
	return j.add(raw) + j.flush()
}

// null reports whether a field is missing or null.
func null(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }
