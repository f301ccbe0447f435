package process

import (
	"strings"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
)

// unfinished returns how many bytes at the end of b begin a character whose rest is
// missing, 0 to 3.
func unfinished(b []byte) int {
	for n := 1; n <= min(len(b), utf8.UTFMax-1); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return n
			}
			return 0
		}
	}
	return 0
}

// orphaned returns how many bytes at the start of b end a character whose beginning is
// missing, 0 to 3.
func orphaned(b []byte) int {
	n := 0
	for n < min(len(b), utf8.UTFMax-1) && !utf8.RuneStart(b[n]) {
		n++
	}
	return n
}

// excerpt returns all output as text if it is no more than bridge.MaxOutputBytes, else its
// beginning, which is head, and its end, and how many bytes between are left out.
func excerpt(out *ring, head []byte) (text string, omitted int64) {
	const half = bridge.MaxOutputBytes / 2
	if out.end <= bridge.MaxOutputBytes && out.start == 0 {
		all := make([]byte, out.end)
		out.copyTo(all, 0)
		return toText(all), 0
	}
	head = head[:min(len(head), half)]
	head = head[:len(head)-unfinished(head)]
	from := max(out.end-half, out.start, int64(len(head)))
	tail := make([]byte, out.end-from)
	out.copyTo(tail, from)
	tail = tail[orphaned(tail):]
	return toText(head) + toText(tail), out.end - int64(len(head)+len(tail))
}

// readable reports whether b is text. Bytes of which more than a few are control characters
// are not: each would take six bytes in JSON, and a third more in base64.
func readable(b []byte) bool {
	controls := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != 0x1b {
			controls++
		}
	}
	const few = 64 // a line or two of what terminals draw with
	return controls <= max(few, len(b)/16) && utf8.Valid(b)
}

func toText(b []byte) string { return strings.ToValidUTF8(string(b), string(utf8.RuneError)) }

// clip shortens s, for lists and messages, to max bytes.
func clip(s string, max int) string {
	if len(s) > max {
		s = s[:max-len("…")]
		s = s[:len(s)-unfinished([]byte(s))] + "…"
	}
	return strings.ToValidUTF8(s, "?")
}
