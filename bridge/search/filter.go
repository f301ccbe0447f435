package search

import (
	"path"
	"regexp"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
)

const (
	// maxGlobs and maxGlobBytes are more than anybody lists by hand.
	maxGlobs     = 50
	maxGlobBytes = 1 << 10

	// maxBraces bounds the {a,b} of a glob: each multiplies the work of comparing.
	maxBraces = 4
)

// filter decides which files are searched, by their path relative to what is searched.
// ripgrep's own globs cannot do it: one that includes a file includes it although
// .gitignore excludes it.
type filter struct {
	include, exclude []string
}

func newFilter(include, exclude []string) (*filter, error) {
	for _, globs := range [][]string{include, exclude} {
		if len(globs) > maxGlobs {
			return nil, bridge.Errorf(bridge.CodeBadPattern, "there are %d globs; %d are the most", len(globs), maxGlobs)
		}
		for _, g := range globs {
			if g == "" || len(g) > maxGlobBytes || strings.Count(g, "{") > maxBraces || strings.ContainsRune(g, 0) || !doublestar.ValidatePattern(g) {
				return nil, bridge.Errorf(bridge.CodeBadPattern,
					"%q is no glob: use *, ?, [a-z], {a,b} and **, at most %d bytes and %d braces", child.Clip(g), maxGlobBytes, maxBraces)
			}
		}
	}
	return &filter{include: include, exclude: exclude}, nil
}

// wants reports whether the file p is searched.
func (f *filter) wants(p string) bool {
	if len(f.include) > 0 && !anyMatch(f.include, p) {
		return false
	}
	if len(f.exclude) == 0 {
		return true
	}
	// A glob that names a directory excludes what is in it.
	for ; p != "." && p != "/"; p = path.Dir(p) {
		if anyMatch(f.exclude, p) {
			return false
		}
	}
	return true
}

// anyMatch compares globs without "/" with p's last element, others with all of it.
func anyMatch(globs []string, p string) bool {
	for _, g := range globs {
		name := p
		if !strings.Contains(g, "/") {
			name = path.Base(p)
		}
		if doublestar.MatchUnvalidated(strings.TrimPrefix(g, "/"), name) {
			return true
		}
	}
	return false
}

// plainName is a glob that means the same to ripgrep and here: compared with names only,
// without classes and escapes.
var plainName = regexp.MustCompile(`^[\w.*?-]+(\{[\w.*?,-]+\})?[\w.*?-]*$`)

// hints tell ripgrep what it need not read, where it understands the globs as we do. They
// save time; wants decides.
func (f *filter) hints() []string {
	var args []string
	all := len(f.include) > 0
	for _, g := range f.include {
		all = all && plainName.MatchString(g)
	}
	if all {
		// A file type, since a glob would bring back what .gitignore excludes.
		for _, g := range f.include {
			args = append(args, "--type-add=wanted:"+g)
		}
		args = append(args, "--type=wanted")
	}
	for _, g := range f.exclude {
		if plainName.MatchString(g) {
			args = append(args, "--glob=!"+g)
		}
	}
	return args
}
