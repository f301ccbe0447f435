package permission

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxBlanks in a row are shown as they are; a longer run could push the rest of a
	// command out of sight. Eight still shows indented code.
	maxBlanks = 8
	maxQuoted = 80 // characters of a command inside a sentence
)

// Visible returns text as it may be shown to the person who decides: characters that
// show nothing, turn text around or stand for others are written as ⟨U+202E⟩, long runs of
// blanks and of empty lines are counted. Line ends stay.
func Visible(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if n := run(text[i:], ' '); n > maxBlanks {
			fmt.Fprintf(&b, "⟨%d spaces⟩", n)
			i += n
			continue
		}
		if n := run(text[i:], '\n'); n > 2 {
			fmt.Fprintf(&b, "\n⟨%d empty lines⟩\n", n-1)
			i += n
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "⟨byte %02X⟩", text[i])
		case r != '\n' && invisible(r):
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

func run(s string, of byte) int {
	n := 0
	for n < len(s) && s[n] == of {
		n++
	}
	return n
}

// invisible are the characters that a reader does not see, or sees in another place than
// a program: control, format (bidi, zero-width, tags), private ones, every blank but the space,
// variation selectors, and the letters that are drawn empty.
func invisible(r rune) bool {
	switch r {
	case ' ':
		return false
	case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, 0xFFFC:
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zs, unicode.Zl, unicode.Zp, unicode.Variation_Selector) ||
		!unicode.IsPrint(r) // not assigned: shown as nothing by many fonts
}

// hasInvisible looks for characters that do not belong in a command. Line ends and tabs do.
func hasInvisible(text string) bool {
	return !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool {
		return r != '\n' && r != '\t' && invisible(r)
	})
}

// quoted shows a piece of a command inside a sentence.
func quoted(text string) string {
	text = strings.ReplaceAll(Visible(text), "\n", "⏎")
	if r := []rune(text); len(r) > maxQuoted {
		text = string(r[:maxQuoted]) + "…"
	}
	return "`" + strings.ReplaceAll(text, "`", "'") + "`"
}
