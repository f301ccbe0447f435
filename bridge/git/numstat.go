package git

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

const (
	// maxChanges is how many changed files a diff names: more is no list that people read.
	maxChanges = 1000

	// maxChangesJSON bounds them in JSON, which must fit in bridge.MaxMessageBytes beside
	// maxDiffJSON of the diff; paths of 400 bytes do.
	maxChangesJSON = 512 << 10
)

// numstat adds up what `git diff --numstat -z` prints: "added\tremoved\tpath", with "-"
// for binary files; a renamed file has an empty path and two tokens after it. With --raw
// before it, ":mode mode hash hash status" and one or two paths come first for each file,
// and the files are named.
type numstat struct {
	files, added, removed int
	// root is the folder that paths are relative to.
	root    string
	changes []bridge.FileChange
	size    int // of changes in JSON
	// statuses are git's letters by path, of the first files.
	statuses map[string]byte
	status   byte // whose paths come next; 0 if those of counts do
	paths    int  // how many tokens to come are paths
	// current is the file that the paths are for.
	current bridge.FileChange
	latest  string // the path that was counted last
	named   bool   // it is the last one of changes
}

func (n *numstat) take(token string) error {
	if n.paths > 0 {
		n.paths--
		n.path(token)
		return nil
	}
	if strings.HasPrefix(token, ":") {
		letters := token[strings.LastIndexByte(token, ' ')+1:]
		n.status = (letters + "M")[0]
		n.paths = 1
		if n.status == 'R' || n.status == 'C' {
			n.paths = 2
		}
		return nil
	}
	added, rest, _ := strings.Cut(token, "\t")
	removed, path, ok := strings.Cut(rest, "\t")
	if !ok {
		return nil
	}
	n.current = bridge.FileChange{Added: lines(added), Removed: lines(removed)}
	n.added += n.current.Added
	n.removed += n.current.Removed
	n.status = 0
	if path == "" {
		n.paths = 2
	} else {
		n.path(path)
	}
	return nil
}

// path takes a path of the current file; the last one is where it is now.
func (n *numstat) path(p string) {
	switch {
	case n.paths > 0:
		n.current.OldPath = p
	case n.status == 0:
		n.count(p)
	case len(n.statuses) < maxChanges:
		if n.statuses == nil {
			n.statuses = make(map[string]byte)
		}
		// A file in conflict comes twice, and what else it is counts more.
		if _, ok := n.statuses[p]; !ok || n.status != 'U' {
			n.statuses[p] = n.status
		}
	}
}

// count counts the current file, which is at p. One in conflict comes twice.
func (n *numstat) count(p string) {
	if n.files > 0 && p == n.latest {
		if n.named {
			c := &n.changes[len(n.changes)-1]
			c.Added += n.current.Added
			c.Removed += n.current.Removed
		}
		return
	}
	n.files++
	n.latest = p
	before := len(n.changes)
	n.name(p)
	n.named = len(n.changes) > before
}

// name adds the current file to the changes.
func (n *numstat) name(p string) {
	letter, ok := n.statuses[p]
	if !ok || len(n.changes) == maxChanges {
		return // no --raw, or more files than are named
	}
	c := n.current
	c.Path, c.Status = child.Text(path.Join(n.root, p)), bridge.ChangeModified
	switch letter {
	case 'A', 'C':
		c.Status = bridge.ChangeAdded
	case 'D':
		c.Status = bridge.ChangeDeleted
	case 'R':
		c.Status = bridge.ChangeRenamed
	}
	if old := c.OldPath; old != "" {
		c.OldPath = ""
		if letter == 'R' {
			c.OldPath = child.Text(path.Join(n.root, old))
		}
	}
	const perFile = 120 // names of members, numbers and what is around them
	size := perFile + child.JSONSize(c.Path) + child.JSONSize(c.OldPath)
	if n.size+size > maxChangesJSON {
		return
	}
	n.size += size
	n.changes = append(n.changes, c)
}

// sorted returns the changes by path; never nil.
func (n *numstat) sorted() []bridge.FileChange {
	out := append([]bridge.FileChange{}, n.changes...)
	slices.SortFunc(out, func(a, b bridge.FileChange) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

// lines is 0 for "-", and for numbers that no file has.
func lines(s string) int {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}
