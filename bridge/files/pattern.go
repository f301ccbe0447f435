package files

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// maxPatternBytes is the longest pattern of a glob; people write some tens.
	maxPatternBytes = 1 << 10
	// maxAlternatives is how many patterns the braces of one may stand for. All of them
	// may have to be compared with every path, and each comparison runs to its end.
	maxAlternatives = 256
)

// compile returns what tells whether a pattern matches a path that is relative to the
// pattern's directory.
func compile(pattern string) (func(name string) bool, error) {
	pattern = strings.TrimPrefix(pattern, "./")
	switch {
	case pattern == "":
		return nil, bridge.Errorf(bridge.CodeBadPattern, "pattern is missing")
	case len(pattern) > maxPatternBytes:
		return nil, bridge.Errorf(bridge.CodeBadPattern, "pattern is longer than %d bytes", maxPatternBytes)
	case pattern[0] == '/':
		return nil, bridge.Errorf(bridge.CodeBadPattern, "pattern %s is absolute; give it relative to path", clip(pattern))
	case !doublestar.ValidatePattern(pattern):
		return nil, bridge.Errorf(bridge.CodeBadPattern, `pattern %s has a bracket, brace or backslash without its other half; put \ before it if it is meant itself`, clip(pattern))
	case alternatives(pattern) > maxAlternatives:
		return nil, bridge.Errorf(bridge.CodeBadPattern, "the braces in pattern %s stand for more than %d patterns", clip(pattern), maxAlternatives)
	}
	anywhere := !strings.Contains(pattern, "/")
	return func(name string) bool {
		if anywhere {
			name = path.Base(name)
		}
		return doublestar.MatchUnvalidated(pattern, name)
	}, nil
}

// alternatives returns how many patterns without braces a valid pattern stands for, or
// more: what is in nested braces counts as if it stood side by side. Numbers behind
// maxAlternatives are not told apart.
func alternatives(pattern string) int {
	var open []int // how many alternatives the braces that are open have so far
	all := 1
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			i++
		case c == '{':
			open = append(open, 1)
		case c == ',' && len(open) > 0:
			open[len(open)-1]++
		case c == '}' && len(open) > 0:
			all = min(all*open[len(open)-1], maxAlternatives+1)
			open = open[:len(open)-1]
		}
	}
	return all
}
