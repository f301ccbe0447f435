package toolbox

import (
	"bytes"
	"encoding/json"
)

// kind is what a field holds.
type kind int

const (
	text   kind = iota // a string
	file               // a path, made relative to the workspace and clean
	number             // a whole number
	truth              // true or false
	choice             // one of values
	texts              // strings
	files              // paths
	items              // objects with fields
)

// field is one argument of a tool, or of an object inside one.
type field struct {
	name     string
	kind     kind
	about    string
	required bool
	// aliases are other names that models use, as plain() writes them. The name itself in
	// another spelling need not be among them.
	aliases []string

	// min and max bound a number, or how many texts, files or items there may be. A number that
	// only bounds how much comes back is moved to the nearer bound instead of refused.
	min, max int
	bounds   bool
	fallback any // what an absent one is; the zero value if nil
	// most is how many characters a text may have. It is refused if longer, or cut if it is
	// only a label.
	most  int
	label bool
	// values of a choice, with the words that mean them.
	values []string
	words  map[string]string
	fields []field // of items
	// inner is the name of the only field that an item given as a plain string is.
	inner string
	// object: an object is taken for a text, written out as JSON. For contents of files.
	object bool
	// argv: a list of words is taken for a command.
	argv bool
}

// schema is the JSON schema of an object with these fields.
func schema(fields []field) json.RawMessage {
	var b bytes.Buffer
	writeObject(&b, fields)
	return b.Bytes()
}

// writeObject keeps the order of the fields, as models fill them in in this order.
func writeObject(b *bytes.Buffer, fields []field) {
	b.WriteString(`{"type":"object","properties":{`)
	var required []string
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(encode(f.name))
		b.WriteByte(':')
		f.write(b)
		if f.required {
			required = append(required, f.name)
		}
	}
	b.WriteByte('}')
	if len(required) > 0 {
		b.WriteString(`,"required":`)
		b.Write(encode(required))
	}
	b.WriteString(`,"additionalProperties":false}`)
}

func (f field) write(b *bytes.Buffer) {
	member := func(name string, value any) {
		b.WriteString(`,"` + name + `":`)
		b.Write(encode(value))
	}
	switch f.kind {
	case text, file, choice:
		b.WriteString(`{"type":"string"`)
		if f.kind == choice {
			member("enum", f.values)
		}
		if f.kind == text && f.most > 0 {
			member("maxLength", f.most)
		}
	case number:
		b.WriteString(`{"type":"integer"`)
		member("minimum", f.min)
		if f.max > 0 {
			member("maximum", f.max)
		}
	case truth:
		b.WriteString(`{"type":"boolean"`)
	case texts, files, items:
		b.WriteString(`{"type":"array"`)
		if f.min > 0 {
			member("minItems", f.min)
		}
		if f.max > 0 {
			member("maxItems", f.max)
		}
		b.WriteString(`,"items":`)
		if f.kind == items {
			writeObject(b, f.fields)
		} else {
			b.WriteString(`{"type":"string"}`)
		}
	}
	if f.about != "" {
		member("description", f.about)
	}
	if f.fallback != nil {
		member("default", f.fallback)
	}
	b.WriteByte('}')
}

// encode is value as JSON without the escapes that only HTML needs. value is one that can be
// encoded: the package's own.
func encode(value any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(value) != nil {
		return []byte("null")
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
