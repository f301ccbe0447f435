package files

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// maxDiffBytes is the most of a diff in an answer: as much as anybody reads.
	maxDiffBytes = 32 << 10
	// contextLines is how many equal lines are shown around each change, as everywhere.
	contextLines = 3
)

// difference is what diff found.
type difference struct {
	// unified is a unified diff; cut says that it is longer than maxDiffBytes and ends
	// after one of its lines.
	unified string
	cut     bool
	// added and removed count lines, of all of it.
	added, removed int
}

// tell puts the difference into an answer.
func (d difference) tell(info *bridge.FileInfo) {
	info.Added, info.Removed, info.Diff, info.DiffTruncated = d.added, d.removed, d.unified, d.cut
}

// diff compares old and new. changes are where they may differ; only there is it looked,
// so that the time depends on them and not on the file.
func diff(p, old, new string, changes []change) difference {
	d := differ{old: old, new: new}
	for _, c := range d.wholeLines(changes) {
		d.refine(c)
	}
	name := p
	if quoted := strconv.Quote(p); len(quoted) != len(p)+2 {
		name = quoted // a line end in it, for example
	}
	d.line("--- a/" + name + "\n")
	d.line("+++ b/" + name + "\n")
	var added, removed int
	for i := 0; i < len(d.edits); {
		// Changes share a hunk if no line between them would be left out.
		end := i + 1
		for end < len(d.edits) && countUpTo(old[d.edits[end-1].oldTo:d.edits[end].oldFrom], 2*contextLines) {
			end++
		}
		added, removed = d.hunk(d.edits[i:end], added, removed)
		i = end
	}
	return difference{d.out.String(), d.full, added, removed}
}

// differ compares two texts.
type differ struct {
	old, new string
	// spent is how many pairs of lines were compared; see refine.
	spent int
	// edits are changes that begin and end between lines.
	edits []change
	out   strings.Builder
	full  bool
	// What was counted last: how many lines end before these places.
	oldAt, oldLine, newLine int
}

// wholeLines extends changes to the lines they are in and merges those that share one.
// It looks at each byte between two changes once, however long the lines are.
func (d *differ) wholeLines(changes []change) (out []change) {
	atLineStart := func(s string, i int) bool { return i == 0 || s[i-1] == '\n' }
	var last change
	for i, c := range changes {
		if i == 0 {
			before := c.oldFrom - (strings.LastIndexByte(d.old[:c.oldFrom], '\n') + 1)
			last = change{c.oldFrom - before, c.oldTo, c.newFrom - before, c.newTo}
			continue
		}
		between := d.old[last.oldTo:c.oldFrom]
		rest := 0 // of the line that the last change ends in
		if !atLineStart(d.old, last.oldTo) || !atLineStart(d.new, last.newTo) {
			if rest = strings.IndexByte(between, '\n') + 1; rest == 0 {
				last.oldTo, last.newTo = c.oldTo, c.newTo
				continue
			}
		}
		before := len(between) - max(rest, strings.LastIndexByte(between, '\n')+1)
		out = append(out, change{last.oldFrom, last.oldTo + rest, last.newFrom, last.newTo + rest})
		last = change{c.oldFrom - before, c.oldTo, c.newFrom - before, c.newTo}
	}
	if len(changes) > 0 {
		rest := 0
		if !atLineStart(d.old, last.oldTo) || !atLineStart(d.new, last.newTo) {
			after := d.old[last.oldTo:]
			if rest = strings.IndexByte(after, '\n') + 1; rest == 0 {
				rest = len(after)
			}
		}
		out = append(out, change{last.oldFrom, last.oldTo + rest, last.newFrom, last.newTo + rest})
	}
	return out
}

// countUpTo reports whether s has at most most lines.
func countUpTo(s string, most int) bool {
	for range most {
		_, rest, more := strings.Cut(s, "\n")
		if s = rest; !more {
			return true
		}
	}
	return s == ""
}

// hunk writes changes with the lines around and between them.
func (d *differ) hunk(edits []change, added, removed int) (int, int) {
	first, last := edits[0], edits[len(edits)-1]
	from := linesBack(d.old, first.oldFrom, contextLines)
	to := linesOn(d.old, last.oldTo, contextLines)
	newFrom, newTo := first.newFrom-(first.oldFrom-from), last.newTo+(to-last.oldTo)
	// Between two hunks both texts have the same lines.
	between := countLines(d.old[d.oldAt:from])
	d.oldLine, d.newLine = d.oldLine+between, d.newLine+between
	oldCount, newCount := countLines(d.old[from:to]), countLines(d.new[newFrom:newTo])
	d.line(fmt.Sprintf("@@ -%s +%s @@\n", lineRange(d.oldLine, oldCount), lineRange(d.newLine, newCount)))
	at := from
	for _, e := range edits {
		d.lines(" ", d.old[at:e.oldFrom])
		d.lines("-", d.old[e.oldFrom:e.oldTo])
		d.lines("+", d.new[e.newFrom:e.newTo])
		removed += countLines(d.old[e.oldFrom:e.oldTo])
		added += countLines(d.new[e.newFrom:e.newTo])
		at = e.oldTo
	}
	d.lines(" ", d.old[at:to])
	d.oldAt, d.oldLine, d.newLine = to, d.oldLine+oldCount, d.newLine+newCount
	return added, removed
}

// lineRange names count lines behind the first before ones. An empty range is named by
// the line before it.
func lineRange(before, count int) string {
	if count > 0 {
		before++
	}
	return fmt.Sprintf("%d,%d", before, count)
}

func (d *differ) lines(mark, text string) {
	for line := range strings.Lines(text) {
		if d.full {
			return
		}
		if !strings.HasSuffix(line, "\n") {
			line += "\n\\ No newline at end of file\n"
		}
		d.line(mark + line)
	}
}

// line writes a line unless the diff is too long already.
func (d *differ) line(s string) {
	d.full = d.full || d.out.Len()+len(s) > maxDiffBytes
	if !d.full {
		d.out.WriteString(s)
	}
}

// countLines counts lines; a last one without an end counts.
func countLines(s string) int {
	n := strings.Count(s, "\n")
	if s != "" && s[len(s)-1] != '\n' {
		n++
	}
	return n
}

// linesBack returns where the n lines before at, the beginning of a line, begin.
func linesBack(s string, at, n int) int {
	for ; n > 0 && at > 0; n-- {
		at = strings.LastIndexByte(s[:at-1], '\n') + 1
	}
	return at
}

// linesOn returns where the n lines from at on end.
func linesOn(s string, at, n int) int {
	for ; n > 0 && at < len(s); n-- {
		end := strings.IndexByte(s[at:], '\n')
		if end < 0 {
			return len(s)
		}
		at += end + 1
	}
	return at
}
