package toolbox

import (
	"regexp"
	"strings"
)

// escapes are the sequences by which programs colour and move what they write: CSI, OSC
// and other strings, and those of two or three characters.
var escapes = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]|\x{9b}[0-?]*[ -/]*[@-~]`)

// readable is output as it would stand on a screen: without escape sequences and control characters,
// and of a line that was written over, as progress bars are, what stood there last.
func readable(s string) string {
	s = escapes.ReplaceAllString(s, "")
	if !strings.ContainsFunc(s, isControl) {
		return s
	}
	var b strings.Builder
	for line := range strings.Lines(s) {
		bare, ended := strings.CutSuffix(line, "\n")
		bare = strings.TrimRight(bare, "\r")
		if at := strings.LastIndexByte(bare, '\r'); at >= 0 {
			bare = bare[at+1:]
		}
		b.WriteString(typed(bare))
		if ended {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func isControl(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0
}

// typed applies backspaces and drops other control characters.
func typed(line string) string {
	if !strings.ContainsFunc(line, isControl) {
		return line
	}
	var out []rune
	for _, r := range line {
		switch {
		case r == '\b':
			out = out[:max(len(out)-1, 0)]
		case !isControl(r):
			out = append(out, r)
		}
	}
	return string(out)
}
