package toolbox

import (
	"strings"
	"unicode/utf8"
)

// clip shortens s to most bytes, an ellipsis included.
func clip(s string, most int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= most {
		return s
	}
	cut := most - len("…")
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// oneLine is the first line of s that says something, short enough for a card.
func oneLine(s string, most int) string {
	s = strings.TrimSpace(s)
	first, rest, more := strings.Cut(s, "\n")
	first = strings.TrimSpace(first)
	if more && strings.TrimSpace(rest) != "" {
		first += " …"
	}
	return clip(first, most)
}

// characters returns the first n characters of s, and whether there are more.
func characters(s string, n int) (string, bool) {
	if len(s) <= n {
		return s, false
	}
	for i := range s {
		if n == 0 {
			return s[:i], true
		}
		n--
	}
	return s, false
}

// lastCharacters returns the last n characters of valid UTF-8, and whether there are more.
func lastCharacters(s string, n int) (string, bool) {
	if len(s) <= n {
		return s, false
	}
	i := len(s)
	for ; n > 0 && i > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
	return s[i:], i > 0
}
