package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/redact"
	"github.com/kalpana-dev/kalpana/internal/variable"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// after does what need not be done before the editor opens: the ports' visibility, the
// template's commands, extensions. Then it says how the template's version did.
func (s *Service) after(ctx context.Context, w workspace.Workspace, f *fit) {
	b, err := s.o.Dial(ctx, w)
	if err != nil {
		s.o.Log.Warn("nothing set up behind a workspace", "workspace", w.ID, "err", err)
		return
	}
	defer b.Close()
	r := s.o.Workspaces.Report(ctx, w.ID)
	if f.first && w.Epoch == 1 {
		s.ports(ctx, w, r, f)
	}
	// What is done here counts as use: nobody may be looking.
	inUse, done := context.WithCancel(ctx)
	defer done()
	id := w.ID // w changes below
	s.behind(func(context.Context) { s.keepInUse(inUse, id) })
	var notices []workspace.Notice
	// There is nothing to set up yet without the repository, or with a template that was only
	// just guessed.
	missing := w.GithubRepo != "" && w.Clone.State != workspace.CloneDone || w.TemplateVersion == 0
	if !f.setUp && !missing {
		if problem := s.setup(ctx, w, b, r, f); problem != "" {
			notices = append(notices, workspace.Notice{Kind: workspace.NoticeSetup, Text: problem})
		} else {
			f.setUp = true
		}
		if ctx.Err() != nil {
			return
		}
		if f.setUp && f.template.Setup != "" {
			// Before all else, which may take long: it must not run again.
			if w, err = s.o.Workspaces.Refit(ctx, w.ID, func(o *workspace.Outfit) { o.SetUp = true }); err != nil {
				if ctx.Err() == nil {
					s.o.Log.Warn("end of a setup command not stored", "workspace", w.ID, "err", err)
				}
				return
			}
		}
	}
	if command := f.template.Start; command != "" && !missing {
		r.Say(workspace.PhaseSetup, "running the start command")
		_, err := begin(ctx, b, w, "Start command of the template", command)
		if err != nil && ctx.Err() == nil {
			notices = append(notices, workspace.Notice{Kind: workspace.NoticeSetup, Text: fmt.Sprintf("The start command did not run: %s.", sentence(err))})
		}
	}
	notices = append(notices, s.extensions(ctx, b, r, f)...)
	if ctx.Err() != nil {
		return
	}
	if f.setUp == w.SetUp && len(notices) == 0 {
		if !missing {
			s.ran(ctx, w)
		}
		return
	}
	w, err = s.o.Workspaces.Refit(ctx, w.ID, func(o *workspace.Outfit) {
		o.SetUp = f.setUp
		for _, n := range notices {
			*o = o.Notify(n.Kind, n.Text)
		}
	})
	if err != nil {
		s.o.Log.Warn("outcome of a setup not stored", "workspace", w.ID, "err", err)
		return
	}
	if !missing {
		s.ran(ctx, w)
	}
}

// ran tells how the template's version did.
func (s *Service) ran(ctx context.Context, w workspace.Workspace) {
	if w.TemplateVersion == 0 {
		return
	}
	ok := true
	for _, n := range w.Notices {
		switch n.Kind {
		case workspace.NoticeTemplate, workspace.NoticeEnvironment, workspace.NoticeImage, workspace.NoticeSetup:
			ok = false
		}
	}
	if err := s.o.Templates.Ran(ctx, w.Template, w.TemplateVersion, ok); err != nil && ctx.Err() == nil {
		s.o.Log.Warn("a template's run not noted", "workspace", w.ID, "template", w.Template, "err", err)
	}
}

// ports opens what the template says, unless the user has said otherwise.
func (s *Service) ports(ctx context.Context, w workspace.Workspace, r workspace.Reporter, f *fit) {
	for _, p := range f.template.Ports {
		v := workspace.Visibility(p.Visibility)
		if v == "" || v == workspace.VisibleOwner || workspace.PortSettingOf(w.Ports, p.Port).Visibility != workspace.VisibleOwner {
			continue
		}
		if _, err := s.o.Workspaces.SetPort(ctx, w.ID, workspace.PortSetting{Port: p.Port, Visibility: v}); err != nil && ctx.Err() == nil {
			s.o.Log.Warn("a template's port not opened", "workspace", w.ID, "port", p.Port, "err", err)
			continue
		}
		who := "everybody who is signed in"
		if v == workspace.VisiblePublic {
			who = "everybody"
		}
		r.Say(workspace.PhaseSetup, fmt.Sprintf("port %d is open to %s, as the template says; change that in Ports", p.Port, who))
	}
}

// setup runs the template's setup command to its end. The problem is a sentence.
func (s *Service) setup(ctx context.Context, w workspace.Workspace, b Bridge, r workspace.Reporter, f *fit) (problem string) {
	command := f.template.Setup
	if command == "" {
		return ""
	}
	r.Say(workspace.PhaseSetup, "running the setup command")
	began := time.Now()
	process, err := begin(ctx, b, w, "Setup command of the template", command)
	if err != nil {
		return fmt.Sprintf("The setup command did not run: %s.", sentence(err))
	}
	var tail, last string
	said := f.redact.Writer(func(text string) {
		tail += text
		tail = tail[max(0, len(tail)-maxTail):]
	})
	show := func() {
		if line := lastLine(tail); line != "" && line != last {
			last = line
			r.Progress(workspace.PhaseSetup, line, -1)
		}
	}
	var ended bridge.Attached
	err = b.Stream(ctx, bridge.TypeAttachProcess, bridge.AttachProcess{ProcessID: process}, &ended, func(e bridge.Event) error {
		var out bridge.Output
		if e.Event == bridge.EventOutput && json.Unmarshal(e.Payload, &out) == nil && out.Encoding == bridge.EncodingUTF8 {
			said.WriteString(out.Data)
			show()
		}
		return nil
	})
	said.Flush()
	show()
	switch {
	case ctx.Err() != nil:
		return ""
	case err != nil:
		return fmt.Sprintf("It is not known how the setup command ended: %s.", sentence(err))
	case ended.ExitCode == nil || *ended.ExitCode != 0:
		code := -1
		if ended.ExitCode != nil {
			code = *ended.ExitCode
		}
		return fmt.Sprintf("The setup command ended with code %d. Its last words: %s. It runs again at the next start.", code, last)
	}
	r.Say(workspace.PhaseSetup, fmt.Sprintf("the setup command is done (%.1f s)", time.Since(began).Seconds()))
	return ""
}

// begin starts a command in the background, unless this container has it already: a gateway
// that was ended may have started it. It returns its process.
func begin(ctx context.Context, b Bridge, w workspace.Workspace, description, command string) (process string, err error) {
	var there bridge.ProcessList
	if err := b.Call(ctx, bridge.TypeListProcesses, nil, &there); err != nil {
		return "", err
	}
	for _, p := range there.Processes {
		if p.Description == description && p.Background {
			return p.ProcessID, nil
		}
	}
	var result bridge.CommandResult
	err = b.Call(ctx, bridge.TypeRunCommand, bridge.RunCommand{Command: command, Path: w.Folder, Background: true, Quiet: true, Description: description}, &result)
	return result.ProcessID, err
}

// unfinished reports whether a workspace runs for the first time and nobody has said yet how
// its setup command ended.
func unfinished(w workspace.Workspace) bool {
	return !w.SetUp && !slices.ContainsFunc(w.Notices, func(n workspace.Notice) bool { return n.Kind == workspace.NoticeSetup })
}

// resume does what is left to do in a workspace whose gateway was ended while its setup
// command ran.
func (s *Service) resume(ctx context.Context, w workspace.Workspace) {
	b, err := s.o.Dial(ctx, w)
	if err != nil {
		return // it hangs, or is gone; the next start sets it up
	}
	defer b.Close()
	if !b.Knows(bridge.TypeStartEditor) {
		return // an older image, which nothing was set up in
	}
	f := s.settled(ctx, w)
	now := w
	s.devcontainer(ctx, &now, b, s.o.Workspaces.Report(ctx, w.ID), f)
	_, secrets, err := s.o.Variables.For(ctx, w.OwnerID, w.Template)
	if _, partly := errors.AsType[*variable.UnreadableError](err); err != nil && !partly {
		return // what may not be shown is not known
	}
	f.redact = redact.New(secrets)
	s.after(ctx, w, f)
}

// Bounds of a program's last words, in bytes: what is shown, and where they are looked for.
const (
	maxLastLine = 300
	maxTail     = 4 << 10
)

// lastLine is the last line of text that says something, without control characters.
func lastLine(text string) string {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.TrimSpace(strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return -1
			}
			return r
		}, lines[i]))
		if line != "" {
			return strings.ToValidUTF8(line[:min(len(line), maxLastLine)], "")
		}
	}
	return ""
}

// extensions installs those that are missing.
func (s *Service) extensions(ctx context.Context, b Bridge, r workspace.Reporter, f *fit) (notices []workspace.Notice) {
	names := f.template.Extensions
	if len(names) == 0 {
		return nil
	}
	var result bridge.ExtensionsInstalled
	err := b.Stream(ctx, bridge.TypeInstallExtensions, bridge.InstallExtensions{Extensions: names}, &result, func(e bridge.Event) error {
		var line bridge.OutputText
		if e.Event == bridge.EventOutput && json.Unmarshal(e.Payload, &line) == nil {
			r.Say(workspace.PhaseSetup, f.redact.String(line.Text))
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		return []workspace.Notice{{Kind: workspace.NoticeExtensions, Text: fmt.Sprintf("The editor's extensions were not installed: %s.", sentence(err))}}
	}
	if len(result.Failed) > 0 {
		var names []string
		for _, f := range result.Failed {
			names = append(names, f.ID)
		}
		notices = append(notices, workspace.Notice{Kind: workspace.NoticeExtensions, Text: fmt.Sprintf("Extensions that were not installed: %s (%s).", strings.Join(names, ", "), f.redact.String(strings.TrimSuffix(result.Failed[0].Problem, ".")))})
	}
	return notices
}

// BeforeStop implements workspace.Preparer: it notes what is only in the workspace.
func (s *Service) BeforeStop(ctx context.Context, w workspace.Workspace) {
	b, err := s.o.Dial(ctx, w)
	if err != nil {
		return // it hangs, or is gone: nothing can be known
	}
	defer b.Close()
	var work bridge.UnpushedWork
	if err := b.Call(ctx, bridge.TypeUnpushed, bridge.Unpushed{}, &work); err != nil {
		return
	}
	if err := s.o.Unpushed.SaveUnpushed(ctx, w.ID, work, time.Now()); err != nil && ctx.Err() == nil {
		s.o.Log.Warn("unpushed work not noted", "workspace", w.ID, "err", err)
	}
}
