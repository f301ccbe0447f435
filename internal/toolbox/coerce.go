package toolbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

// reader reads arguments for one workspace.
type reader struct{ place permission.Place }

// object reads the members of fields. at is where it stands, for messages. What is left in
// the object is ignored, unless something is missing that it may have been meant for.
func (r reader) object(at string, fields []field, in raw) (map[string]any, *Error) {
	out := map[string]any{}
	var missing []field
	for _, f := range fields {
		value, problem := in.take(at, f)
		if problem != nil {
			return nil, problem
		}
		if value == nil {
			if f.required {
				missing = append(missing, f)
			} else if f.fallback != nil {
				out[f.name] = f.fallback
			}
			continue
		}
		read, problem := r.value(at+": "+f.name, f, value)
		if problem != nil {
			return nil, problem
		}
		out[f.name] = read
	}
	if len(missing) > 0 {
		problem := expected(at+": "+missing[0].name, missing[0].expects(), nil)
		if unknown := in.leftover(); unknown != "" {
			problem.Message += " There is no argument " + unknown + "."
		}
		return nil, problem
	}
	return out, nil
}

// expects says what a field should be.
func (f field) expects() string {
	switch f.kind {
	case text:
		return "a text"
	case file:
		return "a path"
	case number:
		if f.max > 0 {
			return fmt.Sprintf("a whole number from %d to %d", f.min, f.max)
		}
		return fmt.Sprintf("a whole number from %d", f.min)
	case truth:
		return "true or false"
	case choice:
		return "one of " + strings.Join(f.values, ", ")
	case texts, files:
		return "a list of texts"
	}
	var names []string
	for _, inner := range f.fields {
		names = append(names, inner.name)
	}
	return "a list of objects with " + strings.Join(names, ", ")
}

func (r reader) value(at string, f field, value json.RawMessage) (any, *Error) {
	switch f.kind {
	case text:
		return f.readText(at, value)
	case file:
		return r.file(at, f, value)
	case number:
		return f.readNumber(at, value)
	case truth:
		return f.readTruth(at, value)
	case choice:
		return f.readChoice(at, value)
	}
	return r.list(at, f, value)
}

// readString reads a string, and what can only be meant as one: a number, a list of one.
func readString(value json.RawMessage) (string, bool) {
	var s string
	switch value[0] {
	case '"':
		return s, json.Unmarshal(value, &s) == nil
	case '{':
		return "", false
	case '[':
		var list []string
		if json.Unmarshal(value, &list) == nil && len(list) == 1 {
			return list[0], true
		}
		return "", false
	}
	return string(value), string(value) != "null"
}

// unmarshalString is readString for what the value must be a JSON string.
func unmarshalString(value json.RawMessage) (s string, ok bool) {
	if value[0] != '"' {
		return "", false
	}
	return s, json.Unmarshal(value, &s) == nil
}

func (f field) readText(at string, value json.RawMessage) (any, *Error) {
	s, ok := readString(value)
	if f.argv && value[0] == '[' {
		s, ok = commandOf(value)
	}
	if !ok && f.object && (value[0] == '{' || value[0] == '[') {
		s, ok = written(value)
	}
	if !ok {
		return nil, expected(at, f.expects(), value)
	}
	if f.most == 0 || utf8.RuneCountInString(s) <= f.most {
		return s, nil
	}
	if !f.label {
		return nil, errorf(CodeBadArguments, "%s: expected at most %d characters, got %d.", at, f.most, utf8.RuneCountInString(s))
	}
	short, _ := characters(s, f.most-1)
	return short + "…", nil
}

// maxDepth is how deep arguments may be nested: far more than any tool's, which have three levels.
const maxDepth = 32

// depth is how deep the arrays and objects in data are nested; data need not be JSON.
func depth(data []byte) int {
	now, most, inText := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			now++
			most = max(most, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return most
}

// written is JSON as the contents of a file: indented, unless that might make it longer than
// contents may be.
func written(value json.RawMessage) (string, bool) {
	lines := bytes.Count(value, []byte(",")) + 2*bytes.Count(value, []byte("{")) + 2*bytes.Count(value, []byte("["))
	if len(value)+lines*2*depth(value) > bridge.MaxInlineBytes {
		return string(value) + "\n", true
	}
	var b bytes.Buffer
	err := json.Indent(&b, value, "", "  ")
	return b.String() + "\n", err == nil
}

// commandOf joins the words of a command, as in ["bash","-lc","make"] or ["npm","test"].
func commandOf(value json.RawMessage) (string, bool) {
	var words []string
	if json.Unmarshal(value, &words) != nil || len(words) == 0 {
		return "", false
	}
	if len(words) == 1 {
		return words[0], true
	}
	if shell := path.Base(words[0]); len(words) == 3 && (shell == "bash" || shell == "sh") && (words[1] == "-c" || words[1] == "-lc") {
		return words[2], true
	}
	for i, w := range words {
		words[i] = quote(w)
	}
	return strings.Join(words, " "), true
}

// quote writes one word for a shell.
func quote(word string) string {
	unsafe := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:=@%+,", r))
	}
	if word != "" && !strings.ContainsFunc(word, unsafe) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func (r reader) file(at string, f field, value json.RawMessage) (any, *Error) {
	s, ok := readString(value)
	if !ok {
		return nil, expected(at, f.expects(), value)
	}
	if fallback, isText := f.fallback.(string); s == "" && isText {
		return fallback, nil
	}
	return r.clean(at, s)
}

// clean makes a path relative to the workspace and gives it its shortest form. Where links
// on the way lead is the bridge's to check.
func (r reader) clean(at, name string) (string, *Error) {
	given := name
	name = strings.Trim(strings.TrimPrefix(strings.Trim(name, "\r\n"), "file://"), "\r\n")
	switch {
	case name == "" || strings.ContainsFunc(name, unicode.IsControl):
		return "", expected(at, "a path", encode(given))
	case len(name) > bridge.MaxPathBytes:
		return "", errorf(CodeBadArguments, "%s: expected a path of at most %d bytes, got %d.", at, bridge.MaxPathBytes, len(name))
	}
	outside := errorf(CodePathOutside, "path leaves the workspace: %s. Use a path under %s.", clip(name, 200), r.place.Root)
	name = path.Clean(name)
	if path.IsAbs(name) {
		root := path.Clean(r.place.Root)
		if name == root {
			return ".", nil
		}
		below, inside := strings.CutPrefix(name, strings.TrimSuffix(root, "/")+"/")
		if !inside {
			return "", outside
		}
		name = below
	}
	if first, _, _ := strings.Cut(name, "/"); first == ".." || strings.HasPrefix(first, "~") {
		return "", outside
	}
	return name, nil
}

func (f field) readNumber(at string, value json.RawMessage) (any, *Error) {
	s, ok := readString(value)
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if !ok || err != nil || n != math.Trunc(n) || math.Abs(n) > 1<<53 {
		return nil, expected(at, f.expects(), value)
	}
	whole, most := int64(n), int64(1<<53)
	if f.max > 0 {
		most = int64(f.max)
	}
	if fallback, has := f.fallback.(int); f.bounds && has && whole < int64(f.min) {
		return fallback, nil // 0 and -1 are how models say that they do not care
	}
	if f.bounds {
		return max(int64(f.min), min(most, whole)), nil
	}
	if whole < int64(f.min) || whole > most {
		return nil, expected(at, f.expects(), value)
	}
	return whole, nil
}

func (f field) readTruth(at string, value json.RawMessage) (any, *Error) {
	s, _ := readString(value)
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "yes", "1", "on":
		return true, nil
	case "false", "no", "0", "off", "":
		if s != "" || value[0] == '"' {
			return false, nil
		}
	}
	return nil, expected(at, f.expects(), value)
}

func (f field) readChoice(at string, value json.RawMessage) (any, *Error) {
	s, _ := readString(value)
	word := plain(s)
	if meant, ok := f.words[word]; ok {
		return meant, nil
	}
	for _, v := range f.values {
		if plain(v) == word {
			return v, nil
		}
	}
	return nil, expected(at, f.expects(), value)
}

// list reads several values. One that stands alone, or a list that is written as a
// string, is taken for the list.
func (r reader) list(at string, f field, value json.RawMessage) (any, *Error) {
	var all []json.RawMessage
	inner, isString := unmarshalString(value)
	switch trimmed := strings.TrimSpace(inner); {
	case value[0] == '[':
		if json.Unmarshal(value, &all) != nil {
			return nil, expected(at, f.expects(), value)
		}
	case isString && trimmed == "":
	case isString && json.Unmarshal([]byte(trimmed), &all) == nil && trimmed[0] == '[':
	case isString && f.kind == items && json.Valid([]byte(trimmed)) && trimmed[0] == '{':
		all = []json.RawMessage{json.RawMessage(trimmed)}
	default:
		all = []json.RawMessage{value}
	}
	if len(all) < f.min || f.max > 0 && len(all) > f.max {
		return nil, errorf(CodeBadArguments, "%s: expected %d to %d of them, got %d.", at, f.min, f.max, len(all))
	}
	read := make([]any, 0, len(all))
	for i, v := range all {
		one, problem := r.element(fmt.Sprintf("%s[%d]", at, i), f, bytes.TrimSpace(v))
		if problem != nil {
			return nil, problem
		}
		read = append(read, one)
	}
	return read, nil
}

func (r reader) element(at string, f field, value json.RawMessage) (any, *Error) {
	switch f.kind {
	case texts:
		if f.inner != "" && value[0] == '{' { // an object that has the text under some name
			in, problem := parse(at, value)
			if problem != nil {
				return nil, problem
			}
			for _, name := range strings.Fields(f.inner) {
				if m, ok := in[name]; ok {
					value = m.value
					break
				}
			}
		}
		return field{kind: text, most: f.most, label: f.label}.readText(at, value)
	case files:
		return r.file(at, field{kind: file}, value)
	}
	if s, ok := unmarshalString(value); ok {
		trimmed := strings.TrimSpace(s)
		switch {
		case strings.HasPrefix(trimmed, "{") && json.Valid([]byte(trimmed)):
			value = json.RawMessage(trimmed)
		case f.inner != "":
			value = encode(map[string]string{f.inner: s})
		}
	}
	in, problem := parse(at, value)
	if problem != nil {
		problem.Message = expected(at, "an object", value).Message
		return nil, problem
	}
	return r.object(at, f.fields, in)
}

// drop removes members that mean nothing to a tool but would be taken for something else.
func (in raw) drop(names ...string) {
	for _, n := range names {
		delete(in, n)
	}
}

// has reports whether any of the names is there.
func (in raw) has(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { _, ok := in[n]; return ok })
}
