package inspect

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/internal/redact"
)

// hidden stands for what nobody is shown.
const hidden = "[redacted]"

// maxDecoded bounds what a compressed beginning of a body may become.
const maxDecoded = 64 << 10

// secretHeaders hold nothing but what lets somebody in.
var secretHeaders = map[string]bool{
	"proxy-authorization": true, "x-api-key": true, "x-auth-token": true, "x-access-token": true, "x-csrf-token": true, "x-xsrf-token": true,
	"x-amz-security-token": true, "x-goog-api-key": true, "x-kalpana-key": true,
}

// ShownBody is a body for people: as text if it is some, else in Base64.
type ShownBody struct {
	Text, Base64 string
	// Decoded: Text is what "Content-Encoding: gzip" packed.
	Decoded bool
	// Truncated: the body has more than what is shown.
	Truncated bool
	// Bytes are those of the whole body, as they passed.
	Bytes int64
}

// Shown is an Exchange as people see it: what lets visitors in is masked, and secrets that
// can be told.
type Shown struct {
	Summary
	RequestHeaders, ResponseHeaders []Header
	RequestBody, ResponseBody       ShownBody
}

// Shown masks with r.
func (x *Exchange) Shown(r *redact.Redactor) Shown {
	s := Shown{
		Summary:        x.Summary.Shown(r),
		RequestHeaders: shownHeaders(x.RequestHeaders, r), ResponseHeaders: shownHeaders(x.ResponseHeaders, r),
		RequestBody: shownBody(x.RequestBody, x.RequestHeaders, r), ResponseBody: shownBody(x.ResponseBody, x.ResponseHeaders, r),
	}
	return s
}

// Shown masks with r.
func (s Summary) Shown(r *redact.Redactor) Summary {
	s.Path = r.String(strings.ToValidUTF8(s.Path, "�"))
	return s
}

func shownHeaders(all []Header, r *redact.Redactor) []Header {
	out := make([]Header, 0, len(all))
	for _, h := range all {
		name, value := strings.ToLower(h[0]), strings.ToValidUTF8(h[1], "�")
		switch {
		case name == "cookie":
			value = maskedCookies(value)
		case name == "set-cookie":
			pair, attributes, more := strings.Cut(value, ";")
			if value = maskedCookies(pair); more {
				value += ";" + attributes
			}
		case name == "authorization":
			scheme, _, more := strings.Cut(strings.TrimSpace(value), " ")
			if value = hidden; more {
				value = scheme + " " + hidden
			}
		case secretHeaders[name]:
			value = hidden
		default:
			value = r.String(value)
		}
		out = append(out, Header{h[0], value})
	}
	return out
}

// maskedCookies keeps the names of cookies.
func maskedCookies(line string) string {
	var out []string
	for pair := range strings.SplitSeq(line, ";") {
		name, _, named := strings.Cut(pair, "=")
		if name = strings.TrimSpace(name); !named {
			name = "" // a cookie without a name: all of it is the value
		}
		out = append(out, name+"="+hidden)
	}
	return strings.Join(out, "; ")
}

func shownBody(b Body, headers []Header, r *redact.Redactor) ShownBody {
	s := ShownBody{Bytes: b.Bytes, Truncated: b.Bytes > int64(len(b.Data))}
	data := b.Data
	if packed(headers) && len(data) > 0 {
		unpacked, whole, ok := unpack(data)
		if ok {
			data, s.Decoded = unpacked, true
			s.Truncated = s.Truncated || !whole
		}
	}
	if text, ok := asText(data, s.Truncated); ok {
		s.Text = masked(text, r, s.Truncated)
	} else {
		s.Base64, s.Decoded = base64.StdEncoding.EncodeToString(b.Data), false
		s.Truncated = b.Bytes > int64(len(b.Data))
	}
	return s
}

// masked masks a text. Of one that was cut it leaves out the end, if a secret may begin there:
// half of it would be shown.
func masked(text string, r *redact.Redactor, cut bool) string {
	var b strings.Builder
	w := r.Writer(func(s string) { b.WriteString(s) })
	w.WriteString(text)
	if !cut {
		w.Flush()
	}
	return b.String()
}

// packed reports whether a body is compressed with gzip, and nothing else.
func packed(headers []Header) bool {
	found := 0
	for _, h := range headers {
		if strings.EqualFold(h[0], "Content-Encoding") {
			if found++; !strings.EqualFold(strings.TrimSpace(h[1]), "gzip") {
				return false
			}
		}
	}
	return found == 1
}

// unpack returns what the beginning of a gzip stream holds, as far as it is wanted.
func unpack(data []byte) (out []byte, whole, ok bool) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, false, false
	}
	out, err = io.ReadAll(io.LimitReader(z, maxDecoded+1))
	if len(out) > maxDecoded {
		return out[:maxDecoded], false, true
	}
	return out, err == nil, len(out) > 0 || err == nil
}

// asText returns data as text if it is some: UTF-8 without control characters other than
// white space and escape. A character that was cut at the end is left out.
func asText(data []byte, cut bool) (string, bool) {
	if cut {
		for i := 1; i < utf8.UTFMax && i <= len(data); i++ {
			if last := data[len(data)-i:]; utf8.RuneStart(last[0]) {
				if !utf8.FullRune(last) {
					data = data[:len(data)-i]
				}
				break
			}
		}
	}
	if !utf8.Valid(data) {
		return "", false
	}
	for _, c := range data {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b || c == 0x7f {
			return "", false
		}
	}
	return string(data), true
}
