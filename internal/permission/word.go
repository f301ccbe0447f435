package permission

import (
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// word is one word of a command as bash would pass it on.
type word struct {
	text string
	// known: text is exactly what the program gets. Else the word depends on something that only
	// running it tells, and text is what could be read of it.
	known bool
	// glob: text is a pattern that stands for names of files.
	glob bool
}

// option says whether w is or may become an option: a pattern or a variable at the beginning
// may turn into one ("*" in a folder with a file named -rf).
func (w word) option() bool {
	return !w.known || strings.HasPrefix(w.text, "-") || w.glob && strings.ContainsAny(w.text[:1], "*?[")
}

// sure says whether w is what it looks like.
func (w word) sure() bool { return w.known && !w.glob }

func known(texts []string) []word {
	out := make([]word, len(texts))
	for i, t := range texts {
		out[i] = word{text: t, known: true}
	}
	return out
}

// literal removes quotes as bash does. An empty home leaves ~ unknown.
func literal(w *syntax.Word, home string) word {
	r := reader{out: word{known: true}}
	for i, part := range w.Parts {
		switch p := part.(type) {
		case *syntax.Lit:
			r.bare(p.Value, i == 0, home)
		case *syntax.SglQuoted:
			if p.Dollar && strings.Contains(p.Value, `\`) {
				r.out.known = false // $'\x67it'
			}
			r.text.WriteString(p.Value)
		case *syntax.DblQuoted:
			if p.Dollar {
				r.out.known = false // translated by the locale
			}
			for _, inner := range p.Parts {
				if lit, ok := inner.(*syntax.Lit); ok {
					r.inQuotes(lit.Value)
				} else {
					r.out.known = false
				}
			}
		default:
			r.out.known = false
		}
	}
	r.out.text = r.text.String()
	if r.out.text == "[" {
		r.out.glob = false // the command; a pattern needs its other half
	}
	if r.braces && r.many {
		r.out.known = false // {a,b} and {1..9} become several words
	}
	return r.out
}

type reader struct {
	text         strings.Builder
	out          word
	braces, many bool
}

// bare reads text outside quotes.
func (r *reader) bare(s string, first bool, home string) {
	if first && strings.HasPrefix(s, "~") {
		if user, _, _ := strings.Cut(s[1:], "/"); user == "" && home != "" {
			r.text.WriteString(home)
			s = s[1:]
		} else {
			r.out.known = false
		}
	}
	if strings.Contains(s, "=~") || strings.Contains(s, ":~") {
		r.out.known = false // DESTDIR=~/x: bash expands it here too
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\':
			if i++; i < len(s) && s[i] != '\n' {
				r.text.WriteByte(s[i])
			}
			continue
		case '*', '?', '[':
			r.out.glob = true
		case '{':
			r.braces = true
		case ',':
			r.many = r.many || r.braces
		case '.':
			r.many = r.many || r.braces && i+1 < len(s) && s[i+1] == '.'
		}
		r.text.WriteByte(s[i])
	}
}

// inQuotes reads text inside double quotes, where a backslash protects only five characters.
func (r *reader) inQuotes(s string) {
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte("$`\"\\\n", s[i+1]) >= 0 {
			if i++; s[i] == '\n' {
				continue
			}
		}
		r.text.WriteByte(s[i])
	}
}

// Part is one simple command of a shell text.
type Part struct {
	words []word
	// Text is the command as it was written.
	Text string
	// writes and feeds say that its output goes to a file, or a text in the command is its input.
	writes, feeds bool
	// assigns are variables set for it that are not known to be harmless.
	assigns bool
}

func (p Part) args() []word { return p.words[min(1, len(p.words)):] }

// program is the name of what runs, without its folder.
func (p Part) program() string {
	if len(p.words) == 0 {
		return ""
	}
	return path.Base(p.words[0].text)
}

// positional returns the arguments that do not begin with a dash.
func (p Part) positional() []string {
	var out []string
	for _, w := range p.args() {
		if !strings.HasPrefix(w.text, "-") {
			out = append(out, w.text)
		}
	}
	return out
}

// sure says whether all words are what they look like.
func (p Part) sure() bool {
	for _, w := range p.words {
		if !w.known {
			return false
		}
	}
	return true
}
