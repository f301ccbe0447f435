package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/redact"
	"github.com/kalpana-dev/kalpana/internal/template"
	"github.com/kalpana-dev/kalpana/internal/variable"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// fit is what a start settled on.
type fit struct {
	epoch    int64
	template template.Definition // and what the repository's devcontainer.json adds
	base     template.Definition // the template alone
	builtin  bool                // the template comes with Kalpana
	first    bool                // nothing was set up before
	setUp    bool                // the setup command has run
	// redact masks the values of the user's secrets in what programs of the workspace say.
	redact *redact.Redactor
}

// Pauses between attempts to reach a bridge that is coming up.
const (
	firstPause   = 10 * time.Millisecond
	longestPause = 200 * time.Millisecond
)

// connect reaches the bridge of a container that was just started.
func (s *Service) connect(ctx context.Context, w workspace.Workspace) (Bridge, error) {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		try, cancel := context.WithTimeout(ctx, 5*time.Second)
		b, err := s.o.Dial(try, w)
		cancel()
		if err == nil {
			return b, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-time.After(pause):
		}
	}
}

// Inside implements workspace.Preparer.
func (s *Service) Inside(ctx context.Context, w workspace.Workspace, r workspace.Reporter) (workspace.Workspace, error) {
	b, err := s.connect(ctx, w)
	if err != nil {
		return w, err
	}
	defer b.Close()
	if !b.Knows(bridge.TypeStartEditor) {
		w.Outfit = w.Notify(workspace.NoticeImage, "The workspace image is older than this Kalpana: repository, template and variables are not there. An administrator can build it with `make image`; then restart the workspace.")
		return w, nil // its editor waits for nobody
	}
	f := s.settled(ctx, w)
	s.identify(ctx, w, b)
	if err := s.code(ctx, &w, b, r, f); err != nil {
		return w, err
	}
	for _, step := range []func(context.Context, *workspace.Workspace, Bridge, workspace.Reporter, *fit){s.devcontainer, s.variables, s.environment} {
		step(ctx, &w, b, r, f)
		if ctx.Err() != nil {
			return w, ctx.Err()
		}
	}
	start := bridge.StartEditor{Folder: w.Folder}
	for _, t := range f.template.Tasks {
		start.Tasks = append(start.Tasks, bridge.EditorTask{Label: t.Label, Command: t.Command})
	}
	if err := b.Call(ctx, bridge.TypeStartEditor, start, nil); err != nil {
		return w, fmt.Errorf("start the editor: %w", err)
	}
	s.mu.Lock()
	s.fitted[w.ID] = f
	s.mu.Unlock()
	return w, nil
}

// settled is what Image settled on.
func (s *Service) settled(ctx context.Context, w workspace.Workspace) *fit {
	f := &fit{epoch: w.Epoch, first: !w.SetUp, setUp: w.SetUp, redact: redact.New(nil)}
	if t, d, err := s.o.Templates.Resolve(ctx, w.OwnerID, w.Template, w.TemplateVersion); err == nil {
		f.template, f.base, f.builtin = d, d, t.Builtin
	} // else Image has said so
	return f
}

// identify tells git who commits, unless the user has.
func (s *Service) identify(ctx context.Context, w workspace.Workspace, b Bridge) {
	name, email := s.o.Git.Identity(ctx, w.OwnerID)
	if name == "" || email == "" {
		return
	}
	if err := b.Call(ctx, bridge.TypeSetIdentity, bridge.SetIdentity{Name: name, Email: email}, nil); err != nil {
		s.o.Log.Warn("commit identity not set", "workspace", w.ID, "err", err)
	}
}

// code brings the repository, or the template's files into an empty workspace.
func (s *Service) code(ctx context.Context, w *workspace.Workspace, b Bridge, r workspace.Reporter, f *fit) error {
	if w.GithubRepo == "" {
		if f.first {
			s.files(ctx, w, b, r, f)
		}
		return ctx.Err()
	}
	if w.Clone.State == workspace.CloneDone {
		s.watch(*w)
		s.decide(ctx, w, b, r)
		return ctx.Err()
	}
	// Before git can ask for credentials, and for as long as the workspace runs. Without it
	// the clone of a public repository works all the same.
	if err := s.watching(ctx, *w); err != nil && ctx.Err() == nil {
		r.Say(workspace.PhaseCode, err.Error())
	}
	s.clone(ctx, w, b, r)
	s.decide(ctx, w, b, r)
	return ctx.Err()
}

// files writes the template's files into an empty workspace.
func (s *Service) files(ctx context.Context, w *workspace.Workspace, b Bridge, r workspace.Reporter, f *fit) {
	if len(f.template.Files) == 0 {
		return
	}
	var there bridge.FileList
	if err := b.Call(ctx, bridge.TypeListFiles, bridge.ListFiles{}, &there); err != nil || len(there.Entries) > 0 {
		return
	}
	for path, text := range f.template.Files {
		if err := b.Call(ctx, bridge.TypeWriteFile, bridge.WriteFile{Path: path, Content: &text, IfAbsent: true}, nil); err != nil && ctx.Err() == nil {
			w.Outfit = w.Notify(workspace.NoticeTemplate, fmt.Sprintf("The template's file %s was not written: %s.", path, sentence(err)))
		}
	}
	r.Say(workspace.PhaseCode, fmt.Sprintf("wrote %d files of the template", len(f.template.Files)))
}

// devcontainer adds what the repository's devcontainer.json says.
func (s *Service) devcontainer(ctx context.Context, w *workspace.Workspace, b Bridge, r workspace.Reporter, f *fit) {
	if w.GithubRepo == "" || w.Clone.State != workspace.CloneDone {
		return
	}
	files := template.Files{Text: map[string]string{}}
	for _, name := range template.DevcontainerFiles {
		var c bridge.FileContent
		if err := b.Call(ctx, bridge.TypeReadFile, bridge.ReadFile{Path: w.Folder + "/" + name}, &c); err == nil && c.Encoding == bridge.EncodingUTF8 {
			files.Names, files.Text[name] = append(files.Names, name), c.Content
			break
		}
	}
	found := template.Detect(files)
	if found.File == "" {
		return
	}
	r.Say(workspace.PhaseEnvironment, "honouring "+found.File)
	for _, n := range found.Notices {
		r.Say(workspace.PhaseEnvironment, n)
	}
	f.template = f.template.With(found.Definition)
	var missing []string
	for _, p := range found.Definition.Packages {
		if !slices.Contains(w.Packages, p) {
			missing = append(missing, p)
		}
	}
	if len(missing) > 0 {
		w.Packages = union(w.Packages, missing)
		w.Outfit = w.Notify(workspace.NoticeTemplate, fmt.Sprintf("%s asks for %s. Restart the workspace to have them.", found.File, strings.Join(missing, ", ")))
	}
}

// union is a and what of b is not in it, sorted.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// variables sets the user's variables and the template's defaults.
func (s *Service) variables(ctx context.Context, w *workspace.Workspace, b Bridge, _ workspace.Reporter, f *fit) {
	values, secrets, err := s.o.Variables.For(ctx, w.OwnerID, w.Template)
	f.redact = redact.New(secrets)
	if unreadable, ok := errors.AsType[*variable.UnreadableError](err); ok {
		w.Outfit = w.Notify(workspace.NoticeVariables, "Some variables are missing: "+unreadable.Error()+".")
	} else if err != nil && ctx.Err() == nil {
		s.o.Log.Error("variables not read", "workspace", w.ID, "user", w.OwnerID, "err", err)
		w.Outfit = w.Notify(workspace.NoticeVariables, "Your variables could not be read; the workspace runs without them. Restart it, and if that does not help tell your administrator.")
	}
	all := map[string]string{}
	var missing []string
	for _, v := range f.template.Variables {
		if variable.CheckName(v.Name) != nil {
			continue // one that the bridge refuses would keep all others out
		}
		if v.Value != "" {
			all[v.Name] = v.Value
		} else if _, ok := values[v.Name]; v.Required && !ok {
			missing = append(missing, v.Name)
		}
	}
	for name, value := range values {
		all[name] = value
	}
	if len(missing) > 0 {
		w.Outfit = w.Notify(workspace.NoticeVariables, fmt.Sprintf("The template needs %s. Set it in Settings, Variables, and restart the workspace.", strings.Join(missing, ", ")))
	}
	if err := b.Call(ctx, bridge.TypeSetVariables, bridge.SetVariables{Variables: all}, nil); err != nil && ctx.Err() == nil {
		w.Outfit = w.Notify(workspace.NoticeVariables, fmt.Sprintf("Your variables could not be set: %s.", sentence(err)))
	}
}

// maxSentence bounds what a bridge says to people, in bytes: it is a program of the workspace.
const maxSentence = 1000

// sentence is what a bridge's refusal says to people, in one line and without its full stop.
func sentence(err error) string {
	text := err.Error()
	if refusal, ok := errors.AsType[*bridge.Error](err); ok {
		text = refusal.Message
	}
	return strings.TrimSuffix(oneLine(text), ".")
}

// oneLine is text for people, whoever wrote it.
func oneLine(text string) string {
	text = strings.Join(strings.FieldsFunc(text[:min(len(text), maxSentence)], func(r rune) bool { return r <= ' ' || r == 0x7f }), " ")
	return strings.ToValidUTF8(text, "")
}
