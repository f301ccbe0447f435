package nixcheck

import "strings"

// kind is what a token is.
type kind int

const (
	sign   kind = iota // one character that is none of the others
	word               // a name or keyword
	quote              // a string, with all that is in it
	number             // digits, or an address without quotes
)

// token is a piece of a Nix text.
type token struct {
	kind kind
	text string
	at   int // byte offset
}

func (t token) is(text string) bool { return (t.kind == sign || t.kind == word) && t.text == text }
func (t token) opens() bool {
	return t.kind == sign && (t.text == "{" || t.text == "(" || t.text == "[")
}
func (t token) closes() bool {
	return t.kind == sign && (t.text == "}" || t.text == ")" || t.text == "]")
}

// name is the attribute that a token names; empty if it is computed.
func (t token) name() string {
	switch {
	case t.kind == word:
		return t.text
	case t.kind == quote && len(t.text) >= 2 && !strings.ContainsAny(t.text, `$\`):
		return t.text[1 : len(t.text)-1]
	}
	return ""
}

// scan cuts a Nix text into tokens. It is made for texts that Nix accepts and ends on all others.
func scan(text string) (tokens []token) {
	for i := 0; i < len(text); {
		c, rest := text[i], text[i:]
		n := 1
		k := sign
		switch {
		case c == ' ', c == '\t', c == '\n', c == '\r':
			i++
			continue
		case c == '#':
			i += lengthTo(rest, "\n")
			continue
		case strings.HasPrefix(rest, "/*"):
			i += 2 + lengthTo(rest[2:], "*/")
			continue
		case c == '"', strings.HasPrefix(rest, "''"):
			k, n = quote, stringLength(rest)
		case letter(c):
			k, n = word, wordLength(rest)
			if strings.HasPrefix(rest[n:], "://") {
				k = number
				if end := strings.IndexAny(rest, " \t\r\n;,()[]{}\""); end >= 0 {
					n = end
				} else {
					n = len(rest)
				}
			}
		case digit(c):
			k, n = number, wordLength(rest)
		}
		tokens = append(tokens, token{kind: k, text: rest[:n], at: i})
		i += n
	}
	return tokens
}

func letter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

// lengthTo is how long text is up to and with end; all of it if that is not there.
func lengthTo(text, end string) int {
	if i := strings.Index(text, end); i >= 0 {
		return i + len(end)
	}
	return len(text)
}

func wordLength(text string) int {
	for i := range len(text) {
		if c := text[i]; !letter(c) && !digit(c) && c != '\'' && c != '-' {
			return i
		}
	}
	return len(text)
}

// stringLength is the length of the string that text begins with, and of all strings that
// are in the expressions in it. It keeps a stack of its own: texts nest without end.
func stringLength(text string) int {
	const code, plain, indented = 0, 1, 2 // code: in ${…} of a string, a brace in it counts as one more
	var in []byte
	i := 0
	enter := func() {
		if text[i] == '"' {
			in, i = append(in, plain), i+1
		} else {
			in, i = append(in, indented), i+2
		}
	}
	has := func(s string) bool { return strings.HasPrefix(text[min(i, len(text)):], s) }
	enter()
	for i < len(text) && len(in) > 0 {
		mode := in[len(in)-1]
		leave := func(n int) { in, i = in[:len(in)-1], i+n }
		switch {
		case mode == code && (has(`"`) || has("''")):
			enter()
		case mode == code && has("{"):
			in, i = append(in, code), i+1
		case mode == code && has("}"):
			leave(1)
		case mode == code && has("#"):
			i += lengthTo(text[i:], "\n")
		case mode == code && has("/*"):
			i += 2 + lengthTo(text[i+2:], "*/")
		case mode == code && letter(text[i]): // whose ' is no string
			i += wordLength(text[i:])
		case mode == code:
			i++
		case has("${"):
			in, i = append(in, code), i+2
		case has("$$"):
			i += 2
		case mode == plain && has(`\`):
			i += 2
		case mode == plain && has(`"`):
			leave(1)
		case mode == indented && has(`''\`):
			i += 4
		case mode == indented && (has("'''") || has("''$")):
			i += 3
		case mode == indented && has("''"):
			leave(2)
		default:
			i++
		}
	}
	return min(i, len(text))
}
