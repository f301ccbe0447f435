package files

import "strings"

const (
	// maxPairs is how many pairs of lines are compared for one change, 500 by 500, and
	// maxAllPairs for all changes of an answer: 16 ms. What is larger is shown as a whole
	// removed and a whole added; nobody reads it line by line.
	maxPairs    = 250_000
	maxAllPairs = 4_000_000
)

// refine adds to d.edits which lines of a change differ.
func (d *differ) refine(c change) {
	for { // equal lines at its beginning
		a, b := firstLine(d.old[c.oldFrom:c.oldTo]), firstLine(d.new[c.newFrom:c.newTo])
		if a == "" || a != b {
			break
		}
		c.oldFrom += len(a)
		c.newFrom += len(b)
	}
	for { // and at its end
		a, b := lastLine(d.old[c.oldFrom:c.oldTo]), lastLine(d.new[c.newFrom:c.newTo])
		if a == "" || a != b {
			break
		}
		c.oldTo -= len(a)
		c.newTo -= len(b)
	}
	a, b := d.old[c.oldFrom:c.oldTo], d.new[c.newFrom:c.newTo]
	if a == "" && b == "" {
		return
	}
	pairs := countLines(a) * countLines(b)
	if pairs == 0 || pairs > maxPairs || d.spent+pairs > maxAllPairs {
		d.edits = append(d.edits, c)
		return
	}
	d.spent += pairs
	d.compare(c, splitLines(a), splitLines(b))
}

// compare adds what differs between the lines a and b of a change: what is not in their
// longest common subsequence.
func (d *differ) compare(c change, a, b []string) {
	x, y := number(a, b)
	width := len(b) + 1
	longest := make([]uint16, (len(a)+1)*width) // from these two lines on; maxPairs keeps it small
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				longest[i*width+j] = longest[(i+1)*width+j+1] + 1
			} else {
				longest[i*width+j] = max(longest[(i+1)*width+j], longest[i*width+j+1])
			}
		}
	}
	at := change{c.oldFrom, c.oldFrom, c.newFrom, c.newFrom}
	flush := func() {
		if at.oldTo > at.oldFrom || at.newTo > at.newFrom {
			d.edits = append(d.edits, at)
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && x[i] == y[j]:
			flush()
			at = change{at.oldTo + len(a[i]), at.oldTo + len(a[i]), at.newTo + len(b[j]), at.newTo + len(b[j])}
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && longest[(i+1)*width+j] >= longest[i*width+j+1]:
			at.oldTo += len(a[i])
			i++
		default:
			at.newTo += len(b[j])
			j++
		}
	}
	flush()
}

// number gives equal lines equal numbers, so that each is looked at once.
func number(a, b []string) (x, y []int) {
	numbers := make(map[string]int)
	of := func(lines []string) []int {
		out := make([]int, len(lines))
		for i, line := range lines {
			n, ok := numbers[line]
			if !ok {
				n = len(numbers)
				numbers[line] = n
			}
			out[i] = n
		}
		return out
	}
	return of(a), of(b)
}

// firstLine returns s up to and with its first line end.
func firstLine(s string) string { return s[:linesOn(s, 0, 1)] }

// lastLine returns the last line of s, with its end if it has one.
func lastLine(s string) string { return s[linesBack(s, len(s), 1):] }

// splitLines returns the lines of s with their ends.
func splitLines(s string) []string {
	lines := make([]string, 0, countLines(s))
	for line := range strings.Lines(s) {
		lines = append(lines, line)
	}
	return lines
}
