package openrouter

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
)

var (
	// keys match what providers issue; some quote it in their errors.
	keys    = regexp.MustCompile(`(?i)\b(sk|rk|pk|gsk|xai)[-_][A-Za-z0-9*_.-]{8,}|AIza[A-Za-z0-9_-]{10,}|\bbearer\s+[^\s"',;]+`)
	title   = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	ignored = regexp.MustCompile(`(?is)<(script|style)\b.*?(</(script|style)>|$)`)
	tags    = regexp.MustCompile(`(?s)<[^>]*>?`)
)

// clean makes a provider's text fit to show: one line, short, no key, nothing invisible.
func (c *Client) clean(s string) string {
	if c.options.Key != "" {
		s = strings.ReplaceAll(s, c.options.Key, "[key]")
	}
	return cut(keys.ReplaceAllString(s, "[key]"))
}

// readable is the text of an error's body: a web page is reduced to its title.
func readable(body []byte) string {
	const looked = 16 << 10
	body = body[:min(len(body), looked)]
	if b := bytes.TrimSpace(body); len(b) > 0 && b[0] == '<' {
		if m := title.FindSubmatch(b); m != nil && len(bytes.TrimSpace(m[1])) > 0 {
			body = m[1]
		} else {
			body = tags.ReplaceAll(ignored.ReplaceAll(b, nil), []byte(" "))
		}
	}
	return string(body)
}

// cut makes one line of s, without control, format (bidi, zero width) and invalid
// characters, of at most 500.
func cut(s string) string {
	const longest = 500
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > longest {
		s = string(runes[:longest-1]) + "…"
	}
	return s
}
