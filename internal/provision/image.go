package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/template"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// askFor bounds a look at the repository's files before it is cloned.
const askFor = 10 * time.Second

// Image implements workspace.Preparer: it settles on the template, guessing one at the first
// start if none is named, and on the packages, and makes the image that has them.
func (s *Service) Image(ctx context.Context, w workspace.Workspace, r workspace.Reporter) (workspace.Workspace, error) {
	w.Notices, w.Image = nil, ""
	var files template.Files
	known := false
	if w.FittedTo == "" && w.GithubRepo != "" {
		files, known = s.filesOf(ctx, &w, r)
	}
	open := w.FittedTo == undecided
	if w.Template == "" {
		w.Template, w.TemplateVersion = template.BlankID, 0
		if w.GithubRepo != "" && !known {
			open = true
		} else if w.GithubRepo != "" {
			guess, err := s.o.Templates.Guess(ctx, w.OwnerID, files)
			if err != nil {
				return w, fmt.Errorf("guess a template: %w", err)
			}
			w.Template = cmp.Or(guess.Template, template.BlankID)
			for _, reason := range guess.Reasons {
				r.Say(workspace.PhaseImage, reason)
			}
		}
	}
	t, d, err := s.o.Templates.Resolve(ctx, w.OwnerID, w.Template, w.TemplateVersion)
	if errors.Is(err, template.ErrNotFound) {
		w.Outfit = w.Notify(workspace.NoticeTemplate, fmt.Sprintf("The template %q is gone or not yours to use. The workspace runs without one; choose another in its environment.", w.Template))
		return s.withPackages(ctx, w, r)
	}
	if err != nil {
		return w, fmt.Errorf("read template %s: %w", w.Template, err)
	}
	w.TemplateVersion = t.Version
	if is := w.Template + "@" + strconv.Itoa(t.Version); w.FittedTo != is {
		packages := template.Detect(files).Definition.Packages
		if !s.fromFlake(ctx, w, t.Builtin, d) {
			packages = slices.Concat(d.Packages, packages)
		}
		slices.Sort(packages)
		w.Packages, w.FittedTo = slices.Compact(packages), is
	}
	if open && w.Template == template.BlankID {
		w.FittedTo = undecided
	}
	// Building runs what the template says on the installation's account: only for templates
	// that somebody vouches for. Others are built in the workspace, within its limits.
	vouched := t.Builtin || t.Shared && t.SharedVersion == t.Version
	if w.Epoch == 0 && vouched && s.fromFlake(ctx, w, t.Builtin, d) {
		s.seed(ctx, &w, d, r)
	}
	return s.withPackages(ctx, w, r)
}

// fromFlake reports whether a template's tools come from its flake. Those of a built-in one
// are Debian's as well, be it that they are in the workspace image already.
func (s *Service) fromFlake(ctx context.Context, w workspace.Workspace, builtin bool, d template.Definition) bool {
	if d.Flake == "" || w.NixConfig != "" && s.o.Nix {
		return false
	}
	return !builtin && len(d.Packages) == 0 || s.o.PreferNix && s.o.CacheAnswers(ctx)
}

// filesOf asks the repository's host for what a guess needs.
func (s *Service) filesOf(ctx context.Context, w *workspace.Workspace, r workspace.Reporter) (files template.Files, known bool) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	files, known, err := s.o.Git.Files(ctx, w.OwnerID, w.GithubRepo, w.Branch)
	switch {
	case err != nil:
		r.Say(workspace.PhaseImage, "the repository was not looked at before the clone: "+err.Error())
	case !known:
		r.Say(workspace.PhaseImage, "the repository is looked at after the clone")
	}
	return files, known && err == nil
}

// undecided is what FittedTo says while a template is to be guessed once the repository is
// there, because its host could not be asked.
const undecided = "undecided"

// decide guesses the template of a repository that could not be looked at before. Its tools
// come with the next start.
func (s *Service) decide(ctx context.Context, w *workspace.Workspace, b Bridge, r workspace.Reporter) {
	if w.FittedTo != undecided || w.Clone.State != workspace.CloneDone {
		return
	}
	var there bridge.FileList
	if err := b.Call(ctx, bridge.TypeListFiles, bridge.ListFiles{Path: w.Folder}, &there); err != nil {
		return
	}
	var files template.Files
	for _, e := range there.Entries {
		files.Names = append(files.Names, e.Name)
	}
	guess, err := s.o.Templates.Guess(ctx, w.OwnerID, files)
	if err != nil {
		s.o.Log.Warn("template not guessed", "workspace", w.ID, "err", err)
		return
	}
	for _, reason := range guess.Reasons {
		r.Say(workspace.PhaseCode, reason)
	}
	w.FittedTo, w.TemplateVersion, w.Template = "", 0, cmp.Or(guess.Template, template.BlankID)
	if w.Template != template.BlankID {
		w.Outfit = w.Notify(workspace.NoticeTemplate, fmt.Sprintf("The template %s fits this repository. Restart the workspace to have its tools.", w.Template))
	}
}

// seed has the store made that all workspaces of this version of the template begin with, and
// none can change. Without it the workspace makes everything itself, which is only slower.
func (s *Service) seed(ctx context.Context, w *workspace.Workspace, d template.Definition, r workspace.Reporter) {
	store, err := s.o.Images.Seed(ctx, w.Template, w.TemplateVersion, d.Flake, func(line string) { r.Say(workspace.PhaseImage, line) })
	if err != nil && ctx.Err() == nil {
		s.o.Log.Warn("shared store of a template not made", "template", w.Template, "version", w.TemplateVersion, "err", err)
		r.Say(workspace.PhaseImage, "the template's shared store could not be made: "+err.Error())
	}
	w.NixStore = store
}

// withPackages has the image made. Without it the workspace runs on the plain one.
func (s *Service) withPackages(ctx context.Context, w workspace.Workspace, r workspace.Reporter) (workspace.Workspace, error) {
	if len(w.Packages) == 0 {
		return w, nil
	}
	image, err := s.o.Images.PackagesImage(ctx, w.Packages, func(line string) { r.Say(workspace.PhaseImage, line) })
	if ctx.Err() != nil {
		return w, ctx.Err()
	}
	if err != nil {
		s.o.Log.Warn("image with packages not made", "workspace", w.ID, "packages", w.Packages, "err", err)
		w.Outfit = w.Notify(workspace.NoticeImage, fmt.Sprintf("The workspace runs without the tools of its template: %v.", err))
		return w, nil
	}
	w.Image = image
	return w, nil
}
