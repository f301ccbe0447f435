package files

import (
	"slices"
	"strings"
)

// maxAnchored is how many lines two versions of a file may have for rewritten to look for
// what they share: more than source files have, little enough to be noted in memory.
const maxAnchored = 50_000

// rewritten returns where two versions of a file may differ: between lines that each has
// once and that come in the same order in both (patience diff). Two versions that share
// no such line differ as a whole.
func rewritten(old, new string) []change {
	at := change{}
	var changes []change
	for _, a := range anchors(old, new) {
		if a.oldFrom > at.oldFrom || a.newFrom > at.newFrom {
			changes = append(changes, change{at.oldFrom, a.oldFrom, at.newFrom, a.newFrom})
		}
		at.oldFrom, at.newFrom = a.oldTo, a.newTo
	}
	if at.oldFrom < len(old) || at.newFrom < len(new) {
		changes = append(changes, change{at.oldFrom, len(old), at.newFrom, len(new)})
	}
	return changes
}

// anchors returns the lines that old and new share and have once each: the most of them
// that are in the same order in both. Each is a change that changes nothing.
func anchors(old, new string) []change {
	if countLines(old) > maxAnchored || countLines(new) > maxAnchored {
		return nil
	}
	type sight struct {
		oldTimes, newTimes, oldFrom int
	}
	seen := make(map[string]*sight)
	at := 0
	for line := range strings.Lines(old) {
		if s := seen[line]; s != nil {
			s.oldTimes++
		} else {
			seen[line] = &sight{oldTimes: 1, oldFrom: at}
		}
		at += len(line)
	}
	for line := range strings.Lines(new) {
		if s := seen[line]; s != nil {
			s.newTimes++
		}
	}
	var shared []change // in the order of new
	at = 0
	for line := range strings.Lines(new) {
		if s := seen[line]; s != nil && s.oldTimes == 1 && s.newTimes == 1 {
			shared = append(shared, change{s.oldFrom, s.oldFrom + len(line), at, at + len(line)})
		}
		at += len(line)
	}
	return longestRising(shared)
}

// longestRising returns the longest part of list, in its order, in which oldFrom grows.
func longestRising(list []change) []change {
	var ends []int // ends[n] is which one ends the best n+1 of those so far
	before := make([]int, len(list))
	for i, c := range list {
		n, _ := slices.BinarySearchFunc(ends, c.oldFrom, func(end, from int) int { return list[end].oldFrom - from })
		if n > 0 {
			before[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	out := make([]change, len(ends))
	for n, at := len(ends)-1, -1; n >= 0; n-- {
		if at < 0 {
			at = ends[n]
		} else {
			at = before[at]
		}
		out[n] = list[at]
	}
	return out
}
