package files

import (
	"hash/maphash"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// maxIndentedBytes is the longest OldText that is tried with other indentations: what
	// is noted about its lines must fit into memory, and nobody quotes more from memory.
	maxIndentedBytes = 256 << 10

	// maxCompared is how many bytes are compared for that. Texts that are not made to be
	// slow need a few times their own length; others count as not found.
	maxCompared = 64 << 20
)

// seed makes hashes unforeseeable for whoever writes the files.
var seed = maphash.MakeSeed()

// indented finds whole lines that are those of OldText except for an indentation that is
// the same for all of them, and for white space at their ends. NewText is shifted alike;
// if it cannot be, nothing is found, unless that is more than one place anyway.
func indented(text string, e bridge.Edit) (found []match) {
	last := e.OldText[strings.LastIndexByte(e.OldText, '\n')+1:]
	if len(e.OldText) > maxIndentedBytes || last != "" && trimEnd(last) == "" { // the latter for half an indentation at the end
		return nil
	}
	pattern, ended := strings.CutSuffix(squeeze(e.OldText, true), "\n")
	lines := strings.Split(pattern, "\n")
	common := indentation(lines)
	keys := make([]uint64, len(lines)) // of the lines without any indentation
	for i, line := range lines {
		keys[i] = lineKey(line)
	}
	next := borders(keys)
	begins := make([]int, len(lines)) // of the text's last lines, in a circle
	budget := maxCompared
	replacement := endingsOf(e.NewText, text)
	fits := true
	same, n, at := 0, 0, 0 // how many lines are the same so far; number and begin of the line
	for line := range strings.Lines(text) {
		begins[n%len(lines)] = at
		n++
		at += len(line)
		key := lineKey(line)
		for same > 0 && keys[same] != key {
			same = next[same-1]
		}
		if keys[same] == key {
			same++
		}
		if same < len(lines) {
			continue
		}
		same = next[same-1]
		from := begins[n%len(lines)]
		there, hasEnd := strings.CutSuffix(text[from:at], "\n")
		if ended && !hasEnd {
			continue
		}
		if budget -= len(there) + len(pattern); budget < 0 {
			return nil
		}
		shift, ok := sameButShifted(lines, strings.Split(there, "\n"), common)
		if !ok {
			continue
		}
		to := at
		if !ended {
			to = from + len(strings.TrimSuffix(there, "\r"))
		}
		shifted, ok := shiftLines(replacement.at(text[from:to]), common, shift)
		fits = fits && ok
		if found = append(found, match{from, to, shifted}); len(found) > maxPlaces {
			return found
		}
		if e.ReplaceAll {
			same = 0 // the next one begins behind this one
		}
	}
	if !fits && (e.ReplaceAll || len(found) == 1) {
		return nil
	}
	return found
}

// sameButShifted reports whether lines, whose indentation is common, are those in there
// with another indentation, which is returned.
func sameButShifted(lines, there []string, common string) (string, bool) {
	for i := range there {
		there[i] = trimEnd(there[i])
	}
	shift := indentation(there)
	for i, line := range lines {
		if strings.TrimPrefix(line, common) != strings.TrimPrefix(there[i], shift) {
			return "", false
		}
	}
	return shift, true
}

// shiftLines gives the indentation to instead of from to all lines; false if one has
// neither from nor something that only grows.
func shiftLines(s, from, to string) (string, bool) {
	more, grows := strings.CutSuffix(to, from)
	var b strings.Builder
	for line := range strings.Lines(s) {
		rest, has := strings.CutPrefix(line, from)
		switch {
		case trimEnd(strings.TrimSuffix(line, "\n")) == "":
			b.WriteString(line)
		case has:
			b.WriteString(to + rest)
		case grows:
			b.WriteString(more + line)
		default:
			return "", false
		}
	}
	return b.String(), true
}

// indentation returns the white space that all lines begin with, blank ones aside.
func indentation(lines []string) string {
	common, first := "", true
	for _, line := range lines {
		rest := strings.TrimLeft(line, " \t")
		if rest == "" {
			continue
		}
		own := line[:len(line)-len(rest)]
		if first {
			common, first = own, false
		}
		for !strings.HasPrefix(own, common) {
			common = common[:len(common)-1]
		}
	}
	return common
}

// lineKey is the same for lines that differ in white space at their ends only.
func lineKey(line string) uint64 { return maphash.String(seed, strings.Trim(line, " \t\r\n")) }

// borders returns, for every beginning of keys, how long the longest shorter beginning is
// that it ends with: how much is still the same when the next key is not (Knuth, Morris, Pratt).
func borders(keys []uint64) []int {
	next := make([]int, len(keys))
	for i, same := 1, 0; i < len(keys); i++ {
		for same > 0 && keys[i] != keys[same] {
			same = next[same-1]
		}
		if keys[i] == keys[same] {
			same++
		}
		next[i] = same
	}
	return next
}
