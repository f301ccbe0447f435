package files

import (
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// bom is the byte order mark with which some Windows programs begin their files.
const bom = "\ufeff"

// find returns the places that an edit means and what to put there, in order: where
// OldText occurs exactly, or else with the file's line ends, or else without regard to
// white space at the ends of lines, or else with another indentation. The first way that
// finds anything counts; nothing is ever guessed from similarity. If ReplaceAll is not
// set, two places may overlap: they are too many anyway. At most maxPlaces+1 are returned.
func find(text string, e bridge.Edit) []match {
	if found := exact(text, e); len(found) > 0 {
		return found
	}
	// White space alone would be found everywhere.
	if strings.Trim(e.OldText, " \t\r\n") == "" {
		return nil
	}
	// At the end of both a carriage return alone is half of a line end that stays.
	if strings.HasSuffix(e.OldText, "\r") {
		e.NewText = strings.TrimSuffix(e.NewText, "\r")
	}
	// A mark at the beginning is no part of the first line for whoever looks at it.
	skip := 0
	if strings.HasPrefix(text, bom) {
		skip = len(bom)
		e.OldText, e.NewText = strings.TrimPrefix(e.OldText, bom), strings.TrimPrefix(e.NewText, bom)
	}
	found := squeezed(text[skip:], e, false)
	if len(found) == 0 {
		found = squeezed(text[skip:], e, true)
	}
	if len(found) == 0 {
		found = indented(text[skip:], e)
	}
	for i := range found {
		found[i].from += skip
		found[i].to += skip
	}
	return found
}

// exact finds OldText as it is.
func exact(text string, e bridge.Edit) []match {
	replacement := e.NewText
	// A client that says nothing of carriage returns does not see them: what it adds to
	// such a file must not get other line ends.
	if !strings.ContainsAny(e.OldText, "\r\n") && !strings.Contains(replacement, "\r") && strings.Contains(replacement, "\n") {
		replacement = withLineEnds(replacement, mostlyCRLF(text))
	}
	found := search(text, e.OldText, 0, e.ReplaceAll)
	for i := range found {
		found[i].text = replacement
		// The mark stays, whoever replaces it together with the text behind it.
		if found[i].from == 0 && strings.HasPrefix(text, bom) && strings.HasPrefix(e.OldText, bom) && !strings.HasPrefix(replacement, bom) {
			found[i].from = len(bom)
		}
	}
	return found
}

// search returns where needle is in text, each place behind the one before, except that
// the last back bytes of one may begin the next. If all is not set it also finds a
// second one that overlaps the first. needle is longer than back.
func search(text, needle string, back int, all bool) (found []match) {
	for from := 0; len(found) <= maxPlaces; {
		i := strings.Index(text[from:], needle)
		if i < 0 {
			break
		}
		found = append(found, match{from: from + i, to: from + i + len(needle)})
		from += i + len(needle) - back
	}
	if len(found) == 1 && !all {
		next := found[0].from + 1
		if i := strings.Index(text[next:], needle); i >= 0 {
			found = append(found, match{from: next + i, to: next + i + len(needle)})
		}
	}
	return found
}

// mostlyCRLF reports whether more lines of s end in CRLF than in LF alone.
func mostlyCRLF(s string) bool { return 2*strings.Count(s, "\r\n") > strings.Count(s, "\n") }

// withLineEnds returns s with one kind of line ends.
func withLineEnds(s string, crlf bool) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	if crlf {
		s = strings.ReplaceAll(s, "\n", "\r\n")
	}
	return s
}

// endings gives text the line ends of the place that it is for.
type endings struct {
	lf, crlf string
	// byDefault is for places without line ends: what the file has most.
	byDefault bool
}

func endingsOf(s, file string) endings {
	return endings{withLineEnds(s, false), withLineEnds(s, true), mostlyCRLF(file)}
}

func (e endings) at(place string) string {
	crlf := e.byDefault
	if strings.Contains(place, "\n") {
		crlf = mostlyCRLF(place)
	}
	if crlf {
		return e.crlf
	}
	return e.lf
}

// squeezed finds OldText without regard to what is LF and what is CRLF, or also, if
// blanks is set, to white space at the ends of lines.
func squeezed(text string, e bridge.Edit, blanks bool) []match {
	hay, needle := squeeze(text, blanks), squeeze(e.OldText, blanks)
	if len(hay) == len(text) && len(needle) == len(e.OldText) {
		return nil // the same as exactly
	}
	// White space at the end of OldText says that the line ends there.
	last := e.OldText[strings.LastIndexByte(e.OldText, '\n')+1:]
	lineEnd := blanks && last != trimEnd(last)
	back := 0
	if lineEnd {
		hay, needle, back = hay+"\n", needle+"\n", 1
	}
	found := search(hay, needle, back, e.ReplaceAll)
	for i := range found {
		found[i].to -= back
	}
	stretch(text, blanks, lineEnd, found)
	replacement := endingsOf(e.NewText, text)
	for i, m := range found {
		found[i].text = replacement.at(text[m.from:m.to])
	}
	return found
}

// squeeze removes the carriage returns before line feeds or, if blanks is set, all white
// space at the ends of lines.
func squeeze(s string, blanks bool) string {
	if !blanks {
		return withLineEnds(s, false)
	}
	var b strings.Builder
	b.Grow(len(s))
	for line := range strings.Lines(s) {
		content, ended := strings.CutSuffix(line, "\n")
		b.WriteString(trimEnd(content))
		if ended {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func trimEnd(line string) string { return strings.TrimRight(line, " \t\r") }

// stretch turns places in the squeezed text into those in the text itself. What was
// squeezed out belongs to a place that ends behind it, or there if lineEnd is set.
func stretch(text string, blanks, lineEnd bool, found []match) {
	// With two that overlap, the second one begins before the first ends.
	froms, tos := found, found
	at, squeezedAt := 0, 0 // where the line begins
	for at <= len(text) && len(tos) > 0 {
		content, _, ended := strings.Cut(text[at:], "\n")
		kept := content
		if blanks {
			kept = trimEnd(content)
		} else if ended {
			kept = strings.TrimSuffix(content, "\r")
		}
		for len(froms) > 0 && froms[0].from <= squeezedAt+len(kept) {
			froms[0].from += at - squeezedAt
			froms = froms[1:]
		}
		for len(tos) > 0 && tos[0].to <= squeezedAt+len(kept) {
			if tos[0].to += at - squeezedAt; lineEnd {
				tos[0].to = at + len(strings.TrimSuffix(content, "\r"))
			}
			tos = tos[1:]
		}
		if !ended {
			break
		}
		at += len(content) + 1
		squeezedAt += len(kept) + 1
	}
}
