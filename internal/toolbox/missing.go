package toolbox

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// maxClosest names are offered for a path that is not there.
	maxClosest = 3
	// maxLookAround bounds the time to find them.
	maxLookAround = 2 * time.Second
)

// missing completes a NOT_FOUND about name with the names that come closest. Others are
// returned as they are.
func (s *Session) missing(ctx context.Context, name string, problem *Error) *Error {
	if problem == nil || problem.Code != CodeNotFound {
		return problem
	}
	ctx, cancel := context.WithTimeout(ctx, maxLookAround)
	defer cancel()
	problem = errorf(CodeNotFound, "no such file: %s.", clip(name, 200))
	if closest := s.closest(ctx, name); len(closest) > 0 {
		problem.Message += fmt.Sprintf(" Closest: %s.", strings.Join(closest, ", "))
	}
	return problem
}

func (s *Session) closest(ctx context.Context, name string) []string {
	var names []string
	base := path.Base(name)
	var same bridge.GlobResult
	if s.bridge.Call(ctx, bridge.TypeGlob, bridge.Glob{Pattern: literal(base), Limit: maxClosest}, &same) == nil {
		for _, f := range same.Files {
			names = append(names, f.Path)
		}
	}
	var list bridge.FileList
	if s.bridge.Call(ctx, bridge.TypeListFiles, bridge.ListFiles{Path: path.Dir(name)}, &list) == nil {
		type candidate struct {
			path     string
			distance int
		}
		var near []candidate
		for _, e := range list.Entries {
			if d := distance(base, e.Name); d <= max(min(max(len(base)/3, 2), len(base)-1), 1) {
				near = append(near, candidate{e.Path, d})
			}
		}
		slices.SortStableFunc(near, func(a, b candidate) int { return a.distance - b.distance })
		for _, c := range near {
			if !slices.Contains(names, c.path) {
				names = append(names, c.path)
			}
		}
	}
	if s.hidden != nil {
		names = slices.DeleteFunc(names, s.hidden)
	}
	return names[:min(len(names), maxClosest)]
}

// literal is a glob that matches name only.
func literal(name string) string {
	var b strings.Builder
	for _, r := range name {
		if strings.ContainsRune(`*?[]{}\`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// distance is how many characters must be changed to make a of b, case left aside; long names count
// as far from everything.
func distance(a, b string) int {
	x, y := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	if len(x) > 100 || len(y) > 100 {
		return 100
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(y)]
}
