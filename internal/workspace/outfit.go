package workspace

import "context"

// Outfit is what starts have put into a workspace beyond the container itself: the code,
// the tools, and what did not work. A Preparer sets it.
type Outfit struct {
	// Image is that of the container; empty means Options.Image.
	Image string `bson:"image"`
	// NixStore names the shared store that the workspace's own begins with; empty = none. It
	// counts when the workspace starts first.
	NixStore string `bson:"nixStore"`
	// TemplateVersion is the version of Template that counts, 0 before the first start.
	TemplateVersion int `bson:"templateVersion"`
	// FittedTo is the template and version that Packages are for.
	FittedTo string `bson:"fittedTo"`
	// Packages are the Debian packages in Image beyond the workspace image's own. The slice
	// is replaced, never changed.
	Packages []string `bson:"packages"`
	// Folder is where the editor opens, relative to /workspace.
	Folder string `bson:"folder"`
	// Clone tells of the repository. A clone that is done is never made again.
	Clone Clone `bson:"clone"`
	// SetUp: the template's setup command has run.
	SetUp bool `bson:"setUp"`
	// Notices are what did not work at the last start although the workspace runs. The slice
	// is replaced, never changed.
	Notices []Notice `bson:"notices"`
}

// States of a clone.
const (
	CloneNone   = ""
	CloneDone   = "done"
	CloneFailed = "failed"
)

// Clone tells of the repository: how to get it, and whether it is there.
type Clone struct {
	// Depth fetches this many commits only; 0 = all of them.
	Depth int `bson:"depth"`
	// Submodules and LFS fetch what the names say.
	Submodules bool   `bson:"submodules"`
	LFS        bool   `bson:"lfs"`
	State      string `bson:"state"`
	// Problem says why State is CloneFailed, as a sentence.
	Problem string `bson:"problem"`
}

// Kinds of notices.
const (
	NoticeClone       = "clone"
	NoticeEnvironment = "environment"
	NoticeVariables   = "variables"
	NoticeExtensions  = "extensions"
	NoticeSetup       = "setup"
	NoticeTemplate    = "template"
	NoticeImage       = "image"
)

// Notice is one thing that did not work, as a sentence.
type Notice struct {
	Kind string `bson:"kind" json:"kind"`
	Text string `bson:"text" json:"text"`
}

// Notify returns o with a notice more; one that is there already is not repeated.
func (o Outfit) Notify(kind, text string) Outfit {
	for _, n := range o.Notices {
		if n.Kind == kind && n.Text == text {
			return o
		}
	}
	o.Notices = append(o.Notices[:len(o.Notices):len(o.Notices)], Notice{kind, text})
	return o
}

// Preparer fits workspaces out. What does not work ends up in Outfit.Notices: a workspace
// without its repository or its tools still is one. An error is for a start that cannot go
// on, ctx.Err() among them.
type Preparer interface {
	// Image chooses the image of the next start, and may have to make it. It returns w with
	// Template and Outfit as they are now; all else is ignored.
	Image(ctx context.Context, w Workspace, r Reporter) (Workspace, error)
	// Inside readies what is in a container that has just started, and lets the editor
	// begin. It is called again for the same container when it was cut off. It returns as
	// Image does.
	Inside(ctx context.Context, w Workspace, r Reporter) (Workspace, error)
	// BeforeStop is called before a running container is ended, and may look at it until ctx ends.
	BeforeStop(ctx context.Context, w Workspace)
}

// Reporter adds to the log of a start.
type Reporter interface {
	// Say adds a line.
	Say(phase, text string)
	// Progress replaces the line of the last Progress in this phase, if that is the newest
	// line of the log. percent is 0 to 100, -1 for unknown.
	Progress(phase, text string, percent int)
}

// Phases of a start's log that a Preparer uses.
const (
	PhaseImage       = "image"
	PhaseCode        = "code"
	PhaseEnvironment = "environment"
	PhaseSetup       = "setup"
)

// noPreparer is for a Service without one.
type noPreparer struct{}

func (noPreparer) Image(_ context.Context, w Workspace, _ Reporter) (Workspace, error) {
	return w, nil
}
func (noPreparer) Inside(_ context.Context, w Workspace, _ Reporter) (Workspace, error) {
	return w, nil
}
func (noPreparer) BeforeStop(context.Context, Workspace) {}

// fit takes over what a Preparer may change.
func (w *Workspace) fit(from Workspace) { w.Template, w.Outfit = from.Template, from.Outfit }

// reporter writes into the log of one start.
type reporter struct {
	ctx context.Context
	s   *Service
	log *startLog
}

func (r reporter) Say(phase, text string) { r.log.add(r.ctx, r.s.o.Log, phase, text) }
func (r reporter) Progress(phase, text string, percent int) {
	r.log.progress(r.ctx, r.s.o.Log, phase, text, percent)
}

// Refit changes the outfit of a workspace outside of a start.
func (s *Service) Refit(ctx context.Context, id string, change func(*Outfit)) (Workspace, error) {
	return s.order(ctx, id, func(w *Workspace) error {
		change(&w.Outfit)
		return nil
	})
}

// Report returns what adds to the log of a workspace's latest start, after it has ended.
func (s *Service) Report(ctx context.Context, id string) Reporter {
	log := s.logs.of(id)
	log.continued(ctx)
	return reporter{ctx, s, log}
}
