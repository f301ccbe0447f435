package files

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// nearestLines is how many lines a message shows: enough to see what differs.
	nearestLines = 12
	// shownBytes is how much of a line it shows, and comparedBytes how much is compared:
	// lines of source code are shorter.
	shownBytes    = 160
	comparedBytes = 1000
	// maxWords is how many different words and lines of oldText are looked for.
	maxWords = 2000
)

// nearest shows the lines of text that are most like wanted, for a message. It takes one
// look at each line, however alike they are.
func nearest(text, wanted string) string {
	words, lines, count := vocabulary(wanted)
	window := min(count, nearestLines)
	scores := make([]int, window) // of the last lines, in a circle
	sum, best, bestEnd, n := 0, 0, 0, 0
	for line := range strings.Lines(text) {
		score := likeness(line, words, lines)
		sum += score - scores[n%window]
		scores[n%window] = score
		if n++; sum > best {
			best, bestEnd = sum, n
		}
	}
	if best == 0 {
		return "Nothing in it is like it."
	}
	// A line or two around it help to tell where it is.
	around := min(2, (nearestLines-window)/2)
	first, last := max(bestEnd-window+1-around, 1), min(bestEnd+around, n)
	var b strings.Builder
	fmt.Fprintf(&b, "Nearest are lines %d–%d (· is a space, → a tab, ␍ a carriage return):\n", first, last)
	n = 0
	for line := range strings.Lines(text) {
		if n++; n > last {
			break
		}
		if n >= first {
			fmt.Fprintf(&b, "%d│%s\n", n, visible(line))
		}
	}
	return b.String()
}

// vocabulary returns the words and the trimmed lines of s, and how many lines it has.
func vocabulary(s string) (words, lines map[string]bool, count int) {
	words, lines = map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(s) {
		count++
		line = strings.TrimSpace(line[:min(len(line), comparedBytes)])
		if line == "" || len(lines) == maxWords {
			continue
		}
		lines[line] = true
		for word := range strings.FieldsFuncSeq(line, notInWord) {
			if len(words) < maxWords {
				words[word] = true
			}
		}
	}
	return words, lines, max(count, 1)
}

func notInWord(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// likeness says how much of a line is in the vocabulary. Long words say more than short
// ones, and whole lines most.
func likeness(line string, words, lines map[string]bool) (score int) {
	line = strings.TrimSpace(line[:min(len(line), comparedBytes)])
	if lines[line] {
		return 4 * len(line)
	}
	for word := range strings.FieldsFuncSeq(line, notInWord) {
		if words[word] {
			score += len(word)
		}
	}
	return score
}

// visible returns a line with what the eye does not see made visible, and cut if long.
func visible(line string) string {
	line = strings.TrimSuffix(line, "\n")
	inner := strings.Trim(line, " ")
	begin := strings.Index(line, inner)
	end := begin + len(inner)
	var b strings.Builder
	for i, r := range line {
		if i >= shownBytes {
			b.WriteString("…")
			break
		}
		switch {
		case r == ' ' && (i < begin || i >= end || line[i-1] == ' ' || line[i+1] == ' '):
			b.WriteRune('·')
		case r == '\t':
			b.WriteRune('→')
		case r == '\r':
			b.WriteRune('␍')
		case r == utf8.RuneError, r != ' ' && !unicode.IsPrint(r): // other spaces, too
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
