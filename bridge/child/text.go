package child

import (
	"strings"
	"unicode/utf8"
)

// Text returns s as valid UTF-8: what is none becomes U+FFFD, one for each byte, so that
// characters count alike before and after.
func Text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.Map(func(r rune) rune { return r }, s)
}

// Cut returns the first n characters of s, as Text.
func Cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return Text(s[:i])
		}
		n--
	}
	return Text(s)
}

// JSONSize returns how many bytes s, which must be valid UTF-8, takes in JSON at most,
// without its quotes.
func JSONSize(s string) int {
	n := len(s)
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"', c == '\\', c == '\n', c == '\r', c == '\t':
			n++
		case c < 0x20:
			n += 5 // \u0001
		case c == 0xe2: // maybe U+2028 or U+2029: \u2028
			n += 3
		}
	}
	return n
}
