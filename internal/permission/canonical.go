package permission

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxArgumentBytes is more than writeFile's 1 MiB of content can take when every
	// character is escaped as \u00XX.
	maxArgumentBytes = 8 << 20
	maxDepth         = 32
)

// ErrArguments: arguments are not one unambiguous JSON object.
var ErrArguments = errors.New("arguments are not one plain JSON object")

// canonical writes a JSON object so that two objects are equal exactly if their bytes are:
// keys sorted, no blanks, strings escaped one way. What two readers might read
// differently is refused: a key given twice, half a surrogate pair, bytes that are no UTF-8.
func canonical(args []byte) ([]byte, error) {
	if len(bytes.TrimSpace(args)) == 0 {
		return []byte("{}"), nil
	}
	if len(args) > maxArgumentBytes || !utf8.Valid(args) || !json.Valid(args) || loneSurrogate(args) {
		return nil, ErrArguments
	}
	d := json.NewDecoder(bytes.NewReader(args))
	d.UseNumber()
	var out bytes.Buffer
	t, err := d.Token()
	if err != nil || t != json.Delim('{') {
		return nil, ErrArguments
	}
	if err := canonicalObject(d, &out, 1); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrArguments
	}
	return out.Bytes(), nil
}

func canonicalObject(d *json.Decoder, out *bytes.Buffer, depth int) error {
	members := map[string][]byte{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return ErrArguments
		}
		key, _ := t.(string)
		if _, twice := members[key]; twice {
			return fmt.Errorf("%w: %s is given twice", ErrArguments, quoted(key))
		}
		var value bytes.Buffer
		if err := canonicalValue(d, &value, depth); err != nil {
			return err
		}
		members[key] = value.Bytes()
	}
	if _, err := d.Token(); err != nil {
		return ErrArguments
	}
	out.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(strconv.Quote(key))
		out.WriteByte(':')
		out.Write(members[key])
	}
	out.WriteByte('}')
	return nil
}

func canonicalValue(d *json.Decoder, out *bytes.Buffer, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: nested deeper than %d", ErrArguments, maxDepth)
	}
	t, err := d.Token()
	if err != nil {
		return ErrArguments
	}
	switch v := t.(type) {
	case json.Delim:
		if v == '{' {
			return canonicalObject(d, out, depth+1)
		}
		out.WriteByte('[')
		for first := true; d.More(); first = false {
			if !first {
				out.WriteByte(',')
			}
			if err := canonicalValue(d, out, depth+1); err != nil {
				return err
			}
		}
		if _, err := d.Token(); err != nil {
			return ErrArguments
		}
		out.WriteByte(']')
	case string:
		out.WriteString(strconv.Quote(v))
	case json.Number:
		// Numbers stay as written: 1 and 1.0 are different calls, which errs towards asking again.
		out.WriteString(v.String())
	case bool:
		out.WriteString(strconv.FormatBool(v))
	default:
		out.WriteString("null")
	}
	return nil
}

// loneSurrogate looks for \uD800–\uDFFF escapes that are no pair. encoding/json reads each of
// them as U+FFFD, so different texts would get the same hash.
func loneSurrogate(valid []byte) bool {
	for i := 0; i < len(valid); i++ {
		if valid[i] != '\\' {
			continue
		}
		r, ok := escaped(valid[i:])
		switch {
		case !ok:
			i++ // \n, \\ and the like
		case r >= 0xD800 && r < 0xDC00:
			if low, ok := escaped(valid[i+6:]); !ok || low < 0xDC00 || low > 0xDFFF {
				return true
			}
			i += 11
		case r >= 0xDC00 && r <= 0xDFFF:
			return true
		default:
			i += 5
		}
	}
	return false
}

func escaped(b []byte) (uint64, bool) {
	if len(b) < 6 || !strings.HasPrefix(string(b[:2]), `\u`) {
		return 0, false
	}
	r, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return r, err == nil
}
