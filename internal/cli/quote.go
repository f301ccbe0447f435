package cli

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// plain are the characters that mean themselves to bash wherever they stand. "=" is none:
// a first word with it would be an assignment.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@+:,./-"

// reserved are the words of plain characters that bash takes for itself.
const reserved = " case coproc do done elif else esac fi for function if in select then time until while "

// commandLine is a line for bash that runs exactly these words: no variable, pattern or
// keyword among them means anything.
func commandLine(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quote(w)
	}
	return strings.Join(quoted, " ")
}

func quote(word string) string {
	switch {
	case word != "" && strings.Trim(word, plain) == "" && !strings.Contains(reserved, " "+word+" "):
		return word
	case utf8.ValidString(word):
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	// JSON carries text only, so other bytes are spelt out.
	var b strings.Builder
	b.WriteString("$'")
	for i := range len(word) {
		if c := word[i]; strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\%03o`, c)
		}
	}
	return b.String() + "'"
}
