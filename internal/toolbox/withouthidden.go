package toolbox

import (
	"strconv"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// withoutHidden leaves out the files that rules hide, and returns how many there were.
func (c *Call) withoutHidden(d *bridge.Diff) int {
	if c.session.hidden == nil {
		return 0
	}
	untold := d.Files > len(d.Changes)
	var names []string // of hidden files, as far as they are told
	hidden := 0
	for _, f := range d.Changes {
		if !c.hides(f.Path) && (f.OldPath == "" || !c.hides(f.OldPath)) {
			continue
		}
		hidden++
		names = append(names, f.Path)
		if f.OldPath != "" {
			names = append(names, f.OldPath)
		}
		d.Files, d.Added, d.Removed = d.Files-1, d.Added-f.Added, d.Removed-f.Removed
	}
	var kept strings.Builder
	left := 0
	for _, section := range sections(d.Diff) {
		if c.hidesSection(section, names, untold) {
			left++
			continue
		}
		kept.WriteString(section)
	}
	d.Diff = kept.String()
	return max(hidden, left)
}

// sections cuts a diff of git before each file. Lines of files begin with another letter.
func sections(diff string) []string {
	var all []string
	from := 0
	for at := 0; at < len(diff); {
		if strings.HasPrefix(diff[at:], "diff --") && at > from {
			all, from = append(all, diff[from:at]), at
		}
		end := strings.IndexByte(diff[at:], '\n')
		if end < 0 {
			break
		}
		at += end + 1
	}
	return append(all, diff[from:])
}

// hidesSection says whether a file that a section is about is hidden. Its names are relative to
// the repository, which may be in a folder: so names of hidden files are compared by their
// ends, and where not all changes were told, also as if the repository were the workspace. A
// section whose names cannot be read is hidden where one may be.
func (c *Call) hidesSection(section string, hidden []string, untold bool) bool {
	for _, name := range sectionNames(section) {
		if name == "" {
			return len(hidden) > 0 || untold
		}
		for _, h := range hidden {
			if h == name || strings.HasSuffix(h, "/"+name) {
				return true
			}
		}
		if untold && c.hides(name) {
			return true
		}
	}
	return false
}

// sectionNames are the names in the head of a section; "" stands for one that cannot be read.
func sectionNames(section string) []string {
	var names []string
	head, _, _ := strings.Cut(section, "\n@@")
	for line := range strings.Lines(head) {
		for _, begin := range []string{"--- ", "+++ ", "rename from ", "rename to ", "copy from ", "copy to "} {
			name, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), begin)
			if !ok || name == "/dev/null" {
				continue
			}
			name = unquoted(strings.TrimSuffix(name, "\t")) // a tab is behind names with blanks
			if begin[0] == '-' || begin[0] == '+' {
				name = name[min(2, len(name)):] // a/ or b/
			}
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		return names
	}
	// An empty or binary file, or another mode: the one name is there twice.
	first, _, _ := strings.Cut(section, "\n")
	both, _ := strings.CutPrefix(first, "diff --git ")
	half := len(both) / 2
	if len(both) < 5 || len(both)%2 == 0 || both[half] != ' ' {
		return []string{""}
	}
	a, b := unquoted(both[:half]), unquoted(both[half+1:])
	if len(a) < 3 || len(b) < 3 || a[2:] != b[2:] {
		return []string{""}
	}
	return []string{a[2:]}
}

// unquoted reads a name as git writes it; "" if it cannot be read.
func unquoted(name string) string {
	if !strings.HasPrefix(name, `"`) {
		return name
	}
	plain, _ := strconv.Unquote(name)
	return plain
}
