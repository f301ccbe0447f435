package toolbox

import (
	"html"
	"slices"
	"strings"
)

// hiddenElements are those whose contents nobody sees on a page.
var hiddenElements = strings.Fields("script style template noscript svg head iframe object select textarea")

// inlineElements are those that do not begin a line of their own.
var inlineElements = strings.Fields("a abbr b bdi bdo cite code data em font i kbd label mark q s samp small span strong sub sup time u var img input button wbr")

// visibleText is the title of an HTML page and its text without markup. It reads tags as they
// come and builds no tree: it is for a glance, and any bytes will do.
func visibleText(page string) (title, text string) {
	var b strings.Builder
	var tidy lines
	for len(page) > 0 {
		at := strings.IndexByte(page, '<')
		if at < 0 {
			b.WriteString(page)
			break
		}
		b.WriteString(page[:at])
		page = page[at:]
		name, rest, ok := tag(page)
		if !ok {
			b.WriteByte('<')
			page = page[1:]
			continue
		}
		page = rest
		switch {
		case name == "title" && title == "":
			title, page = until(page, "title")
			title = strings.Join(strings.Fields(html.UnescapeString(title)), " ")
		case name == "head": // its title is wanted
		case slices.Contains(hiddenElements, name):
			_, page = until(page, name)
		case name == "" || slices.Contains(inlineElements, strings.TrimPrefix(name, "/")):
		default:
			tidy.add(b.String())
			b.Reset()
		}
	}
	tidy.add(b.String())
	return title, tidy.String()
}

// tag reads one tag, comment or the like at the beginning of s. name is in lower case, with
// its "/" if it ends an element, and empty for what is no element.
func tag(s string) (name, rest string, ok bool) {
	if strings.HasPrefix(s, "<!--") {
		_, rest, found := strings.Cut(s[4:], "-->")
		if !found {
			rest = ""
		}
		return "", rest, true
	}
	end := 1
	if end < len(s) && s[end] == '/' {
		end++
	}
	if end >= len(s) || !isLetter(s[end]) && s[end] != '!' && s[end] != '?' {
		return "", s, false
	}
	start := end
	for end < len(s) && (isLetter(s[end]) || s[end] >= '0' && s[end] <= '9' || s[end] == '-') {
		end++
	}
	name = strings.ToLower(s[1:end])
	if s[start] == '!' || s[start] == '?' {
		name = ""
	}
	for quote := byte(0); end < len(s); end++ { // ">" may stand in an attribute
		switch c := s[end]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return name, s[end+1:], true
		}
	}
	return name, "", true
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// until returns what stands before the end of the element name, and what stands behind it.
func until(s, name string) (inner, rest string) {
	for from := 0; ; {
		at := strings.Index(s[from:], "</")
		if at < 0 {
			return s, ""
		}
		at += from
		if found, behind, ok := tag(s[at:]); ok && found == "/"+name {
			return s[:at], behind
		}
		from = at + 2
	}
}

// lines collects text, each piece on a line of its own, without empty ones.
type lines struct{ b strings.Builder }

func (l *lines) add(text string) {
	if text = strings.Join(strings.Fields(html.UnescapeString(text)), " "); text != "" {
		l.b.WriteString(text + "\n")
	}
}

func (l *lines) String() string { return l.b.String() }
