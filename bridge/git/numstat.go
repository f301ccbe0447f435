package git

import (
	"strconv"
	"strings"
)

// numstat adds up what `git diff --numstat -z` prints: "added\tremoved\tpath", with "-"
// for binary files; a renamed file has an empty path and two tokens after it.
type numstat struct {
	files, added, removed int
	paths                 int // tokens to come that are paths of a renamed file
}

func (n *numstat) take(token string) error {
	if n.paths > 0 {
		n.paths--
		return nil
	}
	added, rest, _ := strings.Cut(token, "\t")
	removed, path, ok := strings.Cut(rest, "\t")
	if !ok {
		return nil
	}
	n.files++
	n.added += lines(added)
	n.removed += lines(removed)
	if path == "" {
		n.paths = 2
	}
	return nil
}

// lines is 0 for "-", and for numbers that no file has.
func lines(s string) int {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}
