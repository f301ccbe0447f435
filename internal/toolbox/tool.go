package toolbox

import (
	"context"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

// tool is one row of the table of tools: what the model is told and how its words are read.
type tool struct {
	name  string
	class permission.Class
	// readOnly: it changes nothing, so that it may run beside others of its kind.
	readOnly bool
	// keepLast: a path that is a link stands for the link.
	keepLast    bool
	description string
	// aliases are names under which models know it from elsewhere, as plain() writes them.
	aliases []string
	fields  []field
	// adapt turns arguments of another tool of the same purpose into ours; nil if none differ
	// by more than their names.
	adapt func(raw)
	// fresh returns the arguments to be filled in.
	fresh func() arguments
}

// arguments are those of one tool, read. Their JSON is the canonical form.
type arguments interface {
	// describe completes the permission and returns the title of the card.
	describe(s *Session, p *permission.Call) (title string)
	run(ctx context.Context, c *Call, live func(string)) Result
}

// checked arguments have rules beyond those of single fields; check may also tidy them up.
type checked interface{ check() *Error }

// assessed calls need to know more before they are judged.
type assessed interface {
	assess(ctx context.Context, c *Call) *Error
}

// previewed calls can say what they would change.
type previewed interface {
	preview(ctx context.Context, c *Call) (Preview, *Error)
}

// tools are all there are, sorted by name.
func tools() []tool {
	all := []tool{
		listFiles(), findFiles(), searchCode(), readFile(), writeFile(), editFile(), moveFile(), deleteFile(),
		runCommand(), readProcess(), writeProcess(), stopProcess(), previewPort(),
		gitStatus(), gitDiff(), gitCommit(), updatePlan(), askUser(),
	}
	slices.SortFunc(all, func(a, b tool) int { return strings.Compare(a.name, b.name) })
	return all
}

// Definitions are what the model is offered, sorted by name. They are the same bytes every
// time, so that a provider's cache of the prompt holds.
func Definitions() []agent.Tool {
	var all []agent.Tool
	for _, t := range tools() {
		all = append(all, agent.Tool{Name: t.name, Description: t.description, Schema: schema(t.fields)})
	}
	return all
}

// KnownNames are the names of the tools, sorted.
func KnownNames() []string {
	var names []string
	for _, t := range tools() {
		names = append(names, t.name)
	}
	return names
}
