package nixcheck

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMessage bounds a message, in bytes.
const maxMessage = 500

var (
	nixError  = regexp.MustCompile(`^\s*error:(.*)$`)
	nixPlace  = regexp.MustCompile(`^\s*at (\S+):(\d{1,9}):(\d{1,9}):?\s*$`)
	innerFile = regexp.MustCompile(`(/tmp/|«)?(flake\.nix|shell\.nix|stdin)»?:(\d+):(\d+)`)
	escapes   = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`)
)

// problemOf reads the last error out of what Nix wrote, and where in file it is. Of a chain
// of errors the last one is the cause.
func problemOf(stderr, file, text string) Problem {
	var p Problem
	open := false // the error's place may still come
	for line := range strings.SplitSeq(escapes.ReplaceAllString(stderr, ""), "\n") {
		if m := nixError.FindStringSubmatch(line); m != nil {
			if message := strings.TrimSpace(m[1]); message != "" {
				p, open = Problem{Message: message}, true
			}
			continue
		}
		m := nixPlace.FindStringSubmatch(line)
		if m == nil || !open {
			continue
		}
		open = false
		if m[1] == "/tmp/"+file || m[1] == file {
			p.Line, _ = strconv.Atoi(m[2])
			p.Column, _ = strconv.Atoi(m[3])
			p.Line, p.Column = within(text, p.Line, p.Column)
		}
	}
	p.Message = sentence(p.Message)
	return p
}

// within turns Nix's line and column in bytes into ones that the text has, in characters.
func within(text string, line, column int) (int, int) {
	lines := strings.Split(text, "\n")
	if line < 1 {
		return 0, 0
	}
	if line > len(lines) { // the end of the text
		line, column = len(lines), len(lines[len(lines)-1])+1
	}
	of := lines[line-1]
	column = min(max(column, 1), len(of)+1)
	return line, utf8.RuneCountInString(of[:column-1]) + 1
}

// sentence makes a message of Nix one for people.
func sentence(message string) string {
	switch {
	case message == "":
		return "Nix cannot read this, and does not say why."
	case strings.HasPrefix(message, "memory exhausted"):
		return "This is nested too deeply."
	}
	message = innerFile.ReplaceAllString(message, "line $3, column $4")
	message = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(message, "?"))
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	first, size := utf8.DecodeRuneInString(message)
	message = string(unicode.ToUpper(first)) + message[size:]
	if last, _ := utf8.DecodeLastRuneInString(message); !strings.ContainsRune(".!?…", last) {
		message += "."
	}
	return message
}
