package toolbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// raw are the members of an object as a model wrote them, by their plain names.
type raw map[string]member

type member struct {
	name  string // as it was written
	value json.RawMessage
}

// plain is a name without what models vary: case, and what stands between words.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// parse reads one object. Members that are null count as absent; of two that mean the same
// name, both must say the same.
func parse(at string, data json.RawMessage) (raw, *Error) {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, expected(at, "an object", data)
	}
	in := raw{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, expected(at, "an object", data)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, expected(at, "an object", data)
		}
		value = bytes.TrimSpace(value)
		if string(value) == "null" {
			continue
		}
		key := plain(name)
		if old, twice := in[key]; twice && !bytes.Equal(old.value, value) {
			return nil, errorf(CodeBadArguments, "%s: %s and %s say different things; give one of them.", at, show(encode(old.name)), show(encode(name)))
		}
		in[key] = member{name, value}
	}
	return in, nil
}

// take removes what is given for f, under whatever name.
func (in raw) take(at string, f field) (json.RawMessage, *Error) {
	var found *member
	for _, name := range append([]string{plain(f.name)}, f.aliases...) {
		m, ok := in[name]
		if !ok {
			continue
		}
		delete(in, name)
		if found != nil && !bytes.Equal(found.value, m.value) {
			return nil, errorf(CodeBadArguments, "%s: %s and %s say different things; give %s only.", at, show(encode(found.name)), show(encode(m.name)), f.name)
		}
		if found == nil {
			found = &m
		}
	}
	if found == nil {
		return nil, nil
	}
	return found.value, nil
}

// leftover names what nobody asked for.
func (in raw) leftover() string {
	var names []string
	for _, key := range slices.Sorted(maps.Keys(in)) {
		names = append(names, clip(in[key].name, 40))
	}
	if len(names) > 5 {
		names = append(names[:5], fmt.Sprintf("%d more", len(names)-5))
	}
	return strings.Join(names, ", ")
}

// expected is the error for a value that is not what it should be. got is nil if there is none.
func expected(at, what string, got json.RawMessage) *Error {
	shown := "nothing"
	if len(got) > 0 {
		shown = show(got)
	}
	return errorf(CodeBadArguments, "%s: expected %s, got %s.", at, what, shown)
}

// show is the beginning of a value, for messages.
func show(value json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, value) == nil {
		return clip(b.String(), 100)
	}
	return clip(string(value), 100)
}
