package toolbox

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

// Call is one call of a tool, read and ready to be judged and run.
type Call struct {
	Tool string
	// Arguments are the canonical form: what is shown, judged, hashed and run. All arguments
	// are there, in the order of the schema.
	Arguments json.RawMessage
	// Permission is for permission.Decide; complete after Assess.
	Permission permission.Call
	// Title is one line for a card, such as "Edit src/a.ts". It is for people: characters that
	// cannot be seen are written out, and known secrets are redacted. Assess completes it.
	Title string
	// ReadOnly calls change nothing and may run beside others.
	ReadOnly bool

	session *Session
	args    arguments
	says    string // what the title is made of
	// given are the paths as they were named, real where they lead, once that is known. keepLast:
	// a link that is named is meant itself.
	given, real []string
	keepLast    bool
	// env are variables for a command.
	env map[string]string
}

// maxTitle is how many bytes a title has at most.
const maxTitle = 160

// Prepare reads the name and the arguments that a model wrote. It does no I/O. Codes:
// UNKNOWN_TOOL, BAD_ARGUMENTS, PATH_OUTSIDE.
func (s *Session) Prepare(call agent.ToolCall) (*Call, *Error) {
	switch call.Invalid {
	case "":
	case agent.InvalidCutOff:
		return nil, errorf(CodeBadArguments, "the answer ended before the arguments of %s did, so nothing was done. Do it in smaller steps.", clip(call.Name, 60))
	case agent.InvalidNoName:
		return nil, errorf(CodeUnknownTool, "the call names no tool. Known are %s.", strings.Join(KnownNames(), ", "))
	default:
		return nil, errorf(CodeBadArguments, "the arguments of %s are not one JSON object: %s", clip(call.Name, 60), clip(call.Raw, 300))
	}
	given := call.Arguments
	if len(strings.TrimSpace(string(given))) == 0 {
		given = json.RawMessage("{}")
	}
	if depth(given) > maxDepth {
		return nil, errorf(CodeBadArguments, "the arguments of %s are nested deeper than %d levels.", clip(call.Name, 60), maxDepth)
	}
	if !json.Valid(given) {
		return nil, errorf(CodeBadArguments, "the arguments of %s are not one JSON object: %s", clip(call.Name, 60), clip(string(given), 300))
	}
	in, problem := parse("the arguments", given)
	if problem != nil {
		return nil, problem
	}
	t, problem := find(call.Name, in)
	if problem != nil {
		return nil, problem
	}
	if t.adapt != nil {
		t.adapt(in)
	}
	read, problem := reader{s.place}.object(t.name, t.fields, in)
	if problem != nil {
		return nil, problem
	}
	args := t.fresh()
	if err := json.Unmarshal(encode(read), args); err != nil {
		return nil, errorf(CodeBadArguments, "%s: the arguments cannot be read: %v", t.name, err)
	}
	if c, ok := args.(checked); ok {
		if problem := c.check(); problem != nil {
			problem.Message = t.name + ": " + problem.Message
			return nil, problem
		}
	}
	c := &Call{Tool: t.name, Arguments: encode(args), ReadOnly: t.readOnly, session: s, args: args}
	c.Permission = permission.Call{Tool: t.name, Class: t.class, Arguments: c.Arguments}
	c.says = args.describe(s, &c.Permission)
	c.Title = s.title(c.says)
	c.given, c.keepLast = slices.Clone(c.Permission.Paths), t.keepLast
	return c, nil
}

func (s *Session) title(says string) string {
	return clip(strings.ReplaceAll(permission.Visible(oneLine(s.redactKnown(says), maxTitle)), "\n", " "), maxTitle)
}

// Assess asks the bridge what the decision needs: where paths lead behind links, how many
// files would be deleted, whether a checkpoint holds them, and what the repository makes git
// run; and it looks again at what the input of a process would complete. An error means that
// this is not known; the call fails then.
func (c *Call) Assess(ctx context.Context) *Error {
	if problem := c.locate(ctx); problem != nil {
		return c.session.redacted(problem)
	}
	a, ok := c.args.(assessed)
	if !ok {
		return nil
	}
	return c.session.redacted(a.assess(ctx, c))
}

// Preview is what a call would change.
type Preview struct {
	// Diff is a unified diff of at most some 32 KiB, empty if there is none to show. Known
	// secrets are redacted, and nothing else: who decides must see what would be there.
	Diff          string
	DiffTruncated bool
	// Paths are the files it is about, at most 100.
	Paths []string
}

// Preview says what c would change, without changing it. An error is the one that Run would
// fail with, so there is nothing to ask.
func (c *Call) Preview(ctx context.Context) (Preview, *Error) {
	p, ok := c.args.(previewed)
	if !ok {
		return Preview{Paths: slices.Clone(c.Permission.Paths)}, nil
	}
	shown, problem := p.preview(ctx, c)
	shown.Diff = c.session.redactKnown(shown.Diff)
	for i, name := range c.real {
		if name != c.given[i] && !slices.Contains(shown.Paths, name) {
			shown.Paths = append(shown.Paths[:min(len(shown.Paths), maxPreviewPaths-1)], name)
		}
	}
	return shown, c.session.redacted(problem)
}

// Run makes the call. live gets the output of commands as it comes, with its escape
// sequences, in pieces of at most 8 KiB, 2 MiB in all, never after Run has returned and
// never two at a time; nil if it is not wanted. When ctx ends, so does what the call started
// in the foreground. A call whose paths lead elsewhere than when it was assessed is not made:
// CHANGED_ON_DISK.
func (c *Call) Run(ctx context.Context, live func(text string)) Result {
	if problem := c.stays(ctx); problem != nil {
		return c.session.finish(failed(problem))
	}
	return c.session.finish(c.args.run(ctx, c, live))
}

// redacted returns problem without secrets.
func (s *Session) redacted(problem *Error) *Error {
	if problem == nil {
		return nil
	}
	return &Error{problem.Code, s.redact(problem.Message)}
}
