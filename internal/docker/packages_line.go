package docker

import (
	"regexp"
	"strings"
	"unicode"
)

// maxLine bounds one line of a tool's output, in bytes.
const maxLine = 400

// lines cuts what a tool prints into lines for people: colours, control characters and
// whatever a carriage return overwrote are gone. Not safe for concurrent use.
type lines struct {
	each func(line string)
	part []byte
}

func (l *lines) Write(p []byte) (int, error) {
	for _, b := range p {
		switch {
		case b == '\n' || b == '\r':
			l.flush()
		case len(l.part) < maxLine:
			l.part = append(l.part, b)
		}
	}
	return len(p), nil
}

// flush ends a line that has no end.
func (l *lines) flush() {
	if text := cleanLine(string(l.part)); text != "" {
		l.each(text)
	}
	l.part = l.part[:0]
}

var escapes = regexp.MustCompile(`\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[@-Z\\-_])`)

func cleanLine(s string) string {
	s = strings.ToValidUTF8(escapes.ReplaceAllString(s, ""), "")
	s = strings.Map(func(c rune) rune {
		switch {
		case c == '\t':
			return ' '
		case unicode.IsControl(c), unicode.Is(unicode.Cf, c):
			return -1
		}
		return c
	}, s)
	return strings.TrimRight(s, " ")
}

// tail remembers the last lines.
type tail struct {
	lines []string
	max   int
}

func (t *tail) add(line string) {
	t.lines = append(t.lines, line)
	if len(t.lines) > t.max {
		t.lines = t.lines[len(t.lines)-t.max:]
	}
}
