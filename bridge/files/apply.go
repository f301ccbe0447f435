package files

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// maxPlaces is how many places one request changes: what is noted about each must fit
// into memory, and more is a job for a command.
const maxPlaces = 100_000

// match is a place in a text and what is put there.
type match struct {
	from, to int
	text     string
}

// change says that old[from:to] of one text stands where new[from:to] of another does.
type change struct {
	oldFrom, oldTo, newFrom, newTo int
}

// apply makes edits in text, each in what the ones before it left, and returns the
// result, what differs in it, sorted and apart from each other, and how many places were
// replaced. On error nothing was. p is the file's path, for messages.
func apply(p, text string, edits []bridge.Edit) (edited string, changes []change, replaced int, err error) {
	for k, e := range edits {
		refuse := func(code, format string, args ...any) error {
			why := fmt.Sprintf(format, args...)
			if !strings.HasSuffix(why, "\n") {
				why += " "
			}
			return bridge.Errorf(code, "edit %d: %sNone of the edits was applied.", k+1, why)
		}
		if e.OldText == "" {
			return "", nil, 0, refuse(bridge.CodeEditEmpty, "oldText is empty. Give the text to be replaced; to insert, give a line next to the place and repeat it in newText.")
		}
		if e.OldText == e.NewText {
			return "", nil, 0, refuse(bridge.CodeEditSame, "oldText and newText are the same.")
		}
		found := find(text, e)
		switch {
		case len(found) == 0:
			return "", nil, 0, refuse(bridge.CodeEditNoMatch, "oldText is not in %s. %s", clip(p), nearest(text, e.OldText))
		case len(found) > 1 && !e.ReplaceAll:
			return "", nil, 0, refuse(bridge.CodeEditNotUnique, "oldText is %d times in %s, at %s. Give more of the lines around it, or set replaceAll.",
				len(found), clip(p), lineNumbers(text, found))
		case len(found)+replaced > maxPlaces:
			return "", nil, 0, refuse(bridge.CodeTooLarge, "more than %d places would change in %s; use a command.", maxPlaces, clip(p))
		}
		size, same := len(text), true
		for _, m := range found {
			size += len(m.text) - (m.to - m.from)
			same = same && m.text == text[m.from:m.to]
		}
		switch {
		case same:
			return "", nil, 0, refuse(bridge.CodeEditSame, "newText is what stands in %s already.", clip(p))
		case size > bridge.MaxEditBytes:
			return "", nil, 0, refuse(bridge.CodeTooLarge, "%s would have %d bytes, and edits are made in up to %d.", clip(p), size, bridge.MaxEditBytes)
		}
		var step []change
		text, step = substitute(text, found, size)
		changes = compose(changes, step)
		replaced += len(found)
	}
	return text, changes, replaced, nil
}

// substitute puts the matches' texts in their places; size is the length of the result.
func substitute(text string, found []match, size int) (string, []change) {
	var b strings.Builder
	b.Grow(size)
	step := make([]change, 0, len(found))
	done := 0
	for _, m := range found {
		b.WriteString(text[done:m.from])
		c := change{oldFrom: m.from, oldTo: m.to, newFrom: b.Len()}
		b.WriteString(m.text)
		c.newTo = b.Len()
		step, done = append(step, c), m.to
	}
	b.WriteString(text[done:])
	return b.String(), step
}

// compose returns what first and then second do to a text, in the first one's old and
// the second one's new positions. Changes that touch become one.
func compose(first, second []change) []change {
	out := make([]change, 0, len(first)+len(second))
	// How far positions in the text between are from those before and after it, where
	// nothing is changed.
	toOld, toNew := 0, 0
	for len(first) > 0 || len(second) > 0 {
		var from int
		switch {
		case len(second) == 0 || len(first) > 0 && first[0].newFrom <= second[0].oldFrom:
			from = first[0].newFrom
		default:
			from = second[0].oldFrom
		}
		to, c := from, change{oldFrom: from + toOld, newFrom: from + toNew}
		for {
			if len(first) > 0 && first[0].newFrom <= to {
				to = max(to, first[0].newTo)
				toOld += first[0].oldTo - first[0].oldFrom - (first[0].newTo - first[0].newFrom)
				first = first[1:]
			} else if len(second) > 0 && second[0].oldFrom <= to {
				to = max(to, second[0].oldTo)
				toNew += second[0].newTo - second[0].newFrom - (second[0].oldTo - second[0].oldFrom)
				second = second[1:]
			} else {
				break
			}
		}
		c.oldTo, c.newTo = to+toOld, to+toNew
		out = append(out, c)
	}
	return out
}

// maxNumbers is how many line numbers a message shows.
const maxNumbers = 10

// lineNumbers names the lines in which the first of the matches begin.
func lineNumbers(text string, found []match) string {
	var b strings.Builder
	b.WriteString("lines ")
	line, done := 1, 0
	for i, m := range found[:min(len(found), maxNumbers)] {
		if i > 0 {
			b.WriteString(", ")
		}
		line += strings.Count(text[done:m.from], "\n")
		done = m.from
		b.WriteString(strconv.Itoa(line))
	}
	if len(found) > maxNumbers {
		b.WriteString(" and more")
	}
	return b.String()
}
