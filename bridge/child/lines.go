package child

import (
	"bytes"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

const (
	// maxLine is the longest line that is told, maxLines the most in all. People read the end
	// of a log, and an error's explanation comes with the answer.
	maxLine  = 1000
	maxLines = 1 << 20
	// maxRaw is how much of a line is looked at, of which some may be colours.
	maxRaw = 4 * maxLine
	// maxTail is how much of the end is kept to find out what went wrong.
	maxTail = 128 << 10
)

// Lines takes what a program writes and tells it line by line, as Line makes it. It can be
// both Output and Stderr of a Program. The caller must call Flush after its end.
type Lines struct {
	// Tell is called for each line that is not empty, up to a mebibyte in all. An error ends
	// the program.
	Tell func(text string) error

	// mu guards what follows, and is held while Tell runs.
	mu      sync.Mutex
	begun   []byte // a line whose end has not come
	told    int
	dropped bool
	tail    []string
	kept    int
}

// Write fails when Tell does.
func (l *Lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	written := len(b)
	for {
		i := bytes.IndexAny(b, "\n\r")
		part := b
		if i >= 0 {
			part = b[:i]
		}
		l.begun = append(l.begun, part[:min(len(part), max(0, maxRaw-len(l.begun)))]...)
		if i < 0 {
			return written, nil
		}
		b = b[i+1:]
		if err := l.end(); err != nil {
			return 0, err
		}
	}
}

// Flush tells a last line that has no end.
func (l *Lines) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.begun) == 0 {
		return nil
	}
	return l.end()
}

// Say tells a line of our own.
func (l *Lines) Say(text string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.say(text)
}

// Tail returns the last lines, empty ones too, up to 128 KiB.
func (l *Lines) Tail() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.tail...)
}

// end tells the line that has begun.
func (l *Lines) end() error {
	text := Line(string(l.begun))
	l.begun = l.begun[:0]
	l.tail = append(l.tail, text)
	for l.kept += len(text) + 1; l.kept > maxTail; l.tail = l.tail[1:] {
		l.kept -= len(l.tail[0]) + 1
	}
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return l.say(text)
}

// say tells a line unless there were too many.
func (l *Lines) say(text string) error {
	if l.told += len(text) + 1; l.told > maxLines {
		if l.dropped {
			return nil
		}
		l.dropped, text = true, "… what follows is left out: more than a mebibyte of output"
	}
	return l.Tell(text)
}

// Line returns a line as text: without colours and other control sequences, and not
// longer than maxLine characters.
func Line(s string) string {
	s = Text(s)
	var b strings.Builder
	for n := 0; s != ""; {
		if s[0] == 0x1b {
			s = s[sequence(s):]
			continue
		}
		c, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		if c == '\t' {
			c = ' '
		}
		// Format characters can turn a line around.
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == '\u2028' || c == '\u2029' {
			continue
		}
		if n++; n > maxLine {
			b.WriteString("…")
			break
		}
		b.WriteRune(c)
	}
	return b.String()
}

// sequence returns the length of the escape sequence at the beginning of s.
func sequence(s string) int {
	if len(s) < 2 {
		return 1
	}
	switch s[1] {
	case '[': // CSI: parameters, then one of @ to ~
		for i := 2; i < len(s); i++ {
			if s[i] >= 0x40 && s[i] <= 0x7e {
				return i + 1
			}
		}
		return len(s)
	case ']', 'P', 'X', '^', '_': // strings that BEL or ESC \ ends
		for i := 2; i < len(s); i++ {
			if s[i] == 0x07 {
				return i + 1
			}
			if s[i] == 0x1b {
				return min(i+2, len(s))
			}
		}
		return len(s)
	}
	return 2
}
