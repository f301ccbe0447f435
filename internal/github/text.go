package github

import (
	"strings"
	"unicode"
)

// line makes one clean line of a text from outside: at most max characters, without
// control characters and without those that turn the direction of writing.
func line(s string, max int) string {
	// Cut roughly first: a text of megabytes is not worth walking through.
	if len(s) > 8*max {
		s = s[:8*max]
	}
	var b strings.Builder
	n, gap := 0, false
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			gap = b.Len() > 0
			continue
		case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F:
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap, n = false, n+1
		}
		if n >= max {
			return b.String() + "…"
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// firstLine is line for what a commit message begins with.
func firstLine(s string, max int) string {
	s = strings.TrimLeftFunc(s, unicode.IsSpace)
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		s = s[:i]
	}
	return line(s, max)
}

// without takes secrets out of a text.
func without(s string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "[hidden]")
		}
	}
	return s
}
