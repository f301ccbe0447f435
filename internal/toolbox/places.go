package toolbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// resolve says where the paths of c lead behind links, in their order. What is moved or deleted
// is a link itself.
func (c *Call) resolve(ctx context.Context) ([]string, *Error) {
	if len(c.given) == 0 {
		return nil, nil
	}
	var there bridge.ResolvedPaths
	problem := c.session.call(ctx, "see where "+c.given[0]+" leads", bridge.TypeResolvePaths, bridge.ResolvePaths{Paths: c.given, KeepLast: c.keepLast}, &there)
	if problem != nil {
		return nil, problem
	}
	if len(there.Paths) != len(c.given) {
		return nil, errorf(CodeBridgeLost, "the workspace does not say where %s leads.", c.given[0])
	}
	return there.Paths, nil
}

// locate notes where the paths of c lead, for the decision and for the card.
func (c *Call) locate(ctx context.Context) *Error {
	real, problem := c.resolve(ctx)
	if problem != nil {
		return problem
	}
	c.real = real
	c.Permission.Paths = slices.Clone(c.given)
	var elsewhere []string
	for i, name := range real {
		if name != c.given[i] {
			c.Permission.Paths = append(c.Permission.Paths, name)
			elsewhere = append(elsewhere, name)
		}
	}
	c.Title = c.session.title(c.says)
	if len(elsewhere) > 0 {
		c.Title = c.session.title(c.says + " (that is " + strings.Join(elsewhere, ", ") + ")")
	}
	return nil
}

// there is where the i-th path of c leads, as far as that is known.
func (c *Call) there(i int) string {
	if i < len(c.real) {
		return c.real[i]
	}
	return c.given[i]
}

// stays checks that the paths still lead where they led when c was judged.
func (c *Call) stays(ctx context.Context) *Error {
	if c.real == nil {
		// Nobody has judged it, but what is hidden is told by where it is.
		var problem *Error
		if c.session.hidden != nil {
			c.real, problem = c.resolve(ctx)
		}
		return problem
	}
	now, problem := c.resolve(ctx)
	switch {
	case problem != nil:
		return problem
	case !slices.Equal(now, c.real):
		return errorf(CodeChangedOnDisk, "%s leads to another place than when this was decided, so nothing was done. Look at the links on the way.", strings.Join(c.given, " or "))
	}
	return nil
}

// hides says whether rules hide what c came across at name, which is at or below its path.
func (c *Call) hides(name string) bool {
	hidden := c.session.hidden
	if hidden == nil {
		return false
	}
	if hidden(name) {
		return true
	}
	if len(c.real) == 0 || c.real[0] == c.given[0] {
		return false
	}
	rest, below := strings.CutPrefix(name, c.given[0])
	return below && (rest == "" || rest[0] == '/') && hidden(c.real[0]+rest)
}

// hiddenNote is what is said about results that rules hide; nothing if there are none.
func hiddenNote(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "[1 result is hidden by rules]\n"
	}
	return fmt.Sprintf("[%d results are hidden by rules]\n", n)
}
