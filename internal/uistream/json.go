package uistream

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// maxDepth bounds the nesting of JSON from outside. Clients clone messages recursively
	// and run out of stack at some thousand levels; nothing sensible has a hundred.
	maxDepth = 200
	// maxValues bounds how many values a JSON text has, for each takes 100 bytes while it is
	// read. The largest result, a search, has some thousand.
	maxValues = 50_000
)

var (
	errJSON      = errors.New("not JSON")
	errValues    = errors.New("has more than " + strconv.Itoa(maxValues) + " values")
	errDepth     = errors.New("nested deeper than " + strconv.Itoa(maxDepth) + " levels")
	errPrototype = errors.New("has a key that clients refuse")
)

// Value returns raw as a client has it: what JSON.stringify writes after JSON.parse. Of two
// equal keys the last counts, numbers are doubles, keys that are array indexes come first.
// The keys "__proto__", and "constructor" with a "prototype" inside, are dropped: a client
// takes them for an attack and ends the stream, and a model writes what a web page told it.
// It fails if raw is not JSON, is nested deeper than 200 levels or has over 50,000 values.
func Value(raw []byte) (json.RawMessage, error) {
	v, err := parse(raw, true)
	if err != nil {
		return nil, err
	}
	return v.append(make([]byte, 0, len(raw))), nil
}

// value is one JSON value. Scalars and keys are in the form JSON.stringify gives them.
type value struct {
	kind   byte // '{', '[' or 0 for a scalar
	scalar string
	items  []value
	keys   []string // parallel to items, for an object
	at     map[string]int
}

func (v *value) set(key string, item value) {
	if i, ok := v.at[key]; ok {
		v.items[i] = item
		return
	}
	if v.at == nil {
		v.at = map[string]int{}
	}
	v.at[key] = len(v.keys)
	v.keys, v.items = append(v.keys, key), append(v.items, item)
}

func (v *value) get(key string) (value, bool) {
	i, ok := v.at[key]
	if !ok {
		return value{}, false
	}
	return v.items[i], true
}

// remove takes key out. It costs as much as the object is large.
func (v *value) remove(key string) {
	i, ok := v.at[key]
	if !ok {
		return
	}
	v.keys = append(v.keys[:i], v.keys[i+1:]...)
	v.items = append(v.items[:i], v.items[i+1:]...)
	delete(v.at, key)
	for k, at := range v.at {
		if at > i {
			v.at[k] = at - 1
		}
	}
}

// parse reads JSON. With drop it leaves out what clients refuse; else that is an error.
func parse(raw []byte, drop bool) (value, error) {
	if !json.Valid(raw) {
		return value{}, errJSON
	}
	p := parser{text: raw}
	v, err := p.value(0)
	if err == nil && v.prototypes(drop) && !drop {
		err = errPrototype
	}
	return v, err
}

// prototypes finds what the SDK's parser refuses (secure-json-parse), and drops it if told
// to. It looks at the whole, as they do, for a later key can replace what has it.
func (v *value) prototypes(drop bool) bool {
	found := false
	for _, key := range []string{`"__proto__"`, `"constructor"`} {
		item, ok := v.get(key)
		if _, proto := item.get(`"prototype"`); ok && (proto || key == `"__proto__"`) {
			found = true
			if drop {
				v.remove(key)
			}
		}
	}
	for i := range v.items {
		found = v.items[i].prototypes(drop) || found
	}
	return found
}

// parser reads text that is known to be valid.
type parser struct {
	text   []byte
	i      int
	values int // so far
}

func (p *parser) space() {
	for p.i < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.i]) >= 0 {
		p.i++
	}
}

func (p *parser) value(depth int) (value, error) {
	if depth > maxDepth {
		return value{}, errDepth
	}
	if p.values++; p.values > maxValues {
		return value{}, errValues
	}
	p.space()
	switch c := p.text[p.i]; c {
	case '{', '[':
		return p.container(c, depth)
	case '"':
		return value{scalar: p.string()}, nil
	case 't', 'f', 'n':
		start := p.i
		for p.i < len(p.text) && p.text[p.i] >= 'a' && p.text[p.i] <= 'z' {
			p.i++
		}
		return value{scalar: string(p.text[start:p.i])}, nil
	default:
		start := p.i
		for p.i < len(p.text) && strings.IndexByte("+-.eE0123456789", p.text[p.i]) >= 0 {
			p.i++
		}
		return value{scalar: number(string(p.text[start:p.i]))}, nil
	}
}

func (p *parser) container(open byte, depth int) (value, error) {
	v := value{kind: open}
	for p.i++; ; {
		p.space()
		switch p.text[p.i] {
		case ',':
			p.i++
			p.space()
		case '}', ']':
			p.i++
			return v, nil
		}
		key := ""
		if open == '{' {
			key = p.string()
			p.space()
			p.i++ // the colon
		}
		item, err := p.value(depth + 1)
		if err != nil {
			return value{}, err
		}
		if open == '{' {
			v.set(key, item)
		} else {
			v.items = append(v.items, item)
		}
	}
}

// number writes a double as JavaScript does.
func number(text string) string {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return "null" // infinite
	}
	if f == 0 {
		return "0" // or -0
	}
	b, _ := json.Marshal(f) // the same form as ES6's, says encoding/json
	return string(b)
}

// string reads a string and returns it as JSON.stringify writes it.
func (p *parser) string() string {
	start := p.i
	for p.i++; p.text[p.i] != '"'; p.i++ {
		if p.text[p.i] == '\\' || p.text[p.i] >= utf8.RuneSelf {
			return p.unusual(start)
		}
	}
	p.i++
	return string(p.text[start:p.i])
}

// unusual reads a string with escapes or more than ASCII, which begins at start.
func (p *parser) unusual(start int) string {
	out := []byte{'"'}
	for p.i = start + 1; p.text[p.i] != '"'; {
		r, n := utf8.DecodeRune(p.text[p.i:])
		if r == '\\' {
			r, n = p.escape()
		}
		p.i += n
		if utf16.IsSurrogate(r) { // alone: it is kept, and has no UTF-8
			out = append(out, `\u`+strconv.FormatInt(int64(r), 16)...)
		} else {
			out = appendRune(out, r)
		}
	}
	p.i++
	return string(append(out, '"'))
}

// escape reads an escape, and the second half of a surrogate pair with the first.
func (p *parser) escape() (r rune, bytes int) {
	c := p.text[p.i+1]
	if c != 'u' {
		if i := strings.IndexByte("bfnrt", c); i >= 0 {
			return rune("\b\f\n\r\t"[i]), 2
		}
		return rune(c), 2
	}
	r = p.unit(p.i)
	if rest := p.text[p.i+6:]; utf16.IsSurrogate(r) && len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
		if pair := utf16.DecodeRune(r, p.unit(p.i+6)); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return r, 6
}

func (p *parser) unit(i int) rune {
	n, _ := strconv.ParseUint(string(p.text[i+2:i+6]), 16, 16)
	return rune(n)
}

func appendRune(out []byte, r rune) []byte {
	switch {
	case r == '"' || r == '\\':
		return append(out, '\\', byte(r))
	case r < ' ':
		if i := strings.IndexByte("\b\f\n\r\t", byte(r)); i >= 0 {
			return append(out, '\\', "bfnrt"[i])
		}
		return append(out, `\u00`+string("01"[r>>4])+string("0123456789abcdef"[r&15])...)
	}
	return utf8.AppendRune(out, r)
}

// quote returns s, which is valid UTF-8, as a JSON string.
func quote(s string) json.RawMessage {
	out := append(make([]byte, 0, len(s)+2), '"')
	for _, r := range s {
		out = appendRune(out, r)
	}
	return append(out, '"')
}
