package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
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
	if f.first {
		s.ports(ctx, w, f)
	}
	var notices []workspace.Notice
	if !f.setUp {
		if problem := s.setup(ctx, w, b, r, f.template.Setup); problem != "" {
			notices = append(notices, workspace.Notice{Kind: workspace.NoticeSetup, Text: problem})
		} else {
			f.setUp = true
		}
	}
	if ctx.Err() != nil {
		return
	}
	if command := f.template.Start; command != "" {
		r.Say(workspace.PhaseSetup, "running the start command")
		err := b.Call(ctx, bridge.TypeRunCommand, bridge.RunCommand{Command: command, Path: w.Folder, Background: true, Quiet: true, Description: "Start command of the template"}, nil)
		if err != nil && ctx.Err() == nil {
			notices = append(notices, workspace.Notice{Kind: workspace.NoticeSetup, Text: fmt.Sprintf("The start command did not run: %s.", sentence(err))})
		}
	}
	notices = append(notices, s.extensions(ctx, b, r, f.template.Extensions)...)
	if ctx.Err() != nil {
		return
	}
	if f.setUp == w.SetUp && len(notices) == 0 {
		s.ran(ctx, w)
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
	s.ran(ctx, w)
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
func (s *Service) ports(ctx context.Context, w workspace.Workspace, f *fit) {
	for _, p := range f.template.Ports {
		v := workspace.Visibility(p.Visibility)
		if v == "" || v == workspace.VisibleOwner || workspace.PortSettingOf(w.Ports, p.Port).Visibility != workspace.VisibleOwner {
			continue
		}
		if _, err := s.o.Workspaces.SetPort(ctx, w.ID, workspace.PortSetting{Port: p.Port, Visibility: v}); err != nil && ctx.Err() == nil {
			s.o.Log.Warn("a template's port not opened", "workspace", w.ID, "port", p.Port, "err", err)
		}
	}
}

// setup runs the template's setup command to its end. The problem is a sentence.
func (s *Service) setup(ctx context.Context, w workspace.Workspace, b Bridge, r workspace.Reporter, command string) (problem string) {
	if command == "" {
		return ""
	}
	r.Say(workspace.PhaseSetup, "running the setup command")
	begin := time.Now()
	var result bridge.CommandResult
	err := b.Call(ctx, bridge.TypeRunCommand, bridge.RunCommand{Command: command, Path: w.Folder, Background: true, Quiet: true, Description: "Setup command of the template"}, &result)
	if err != nil {
		return fmt.Sprintf("The setup command did not run: %s.", sentence(err))
	}
	var last string
	var ended bridge.Attached
	err = b.Stream(ctx, bridge.TypeAttachProcess, bridge.AttachProcess{ProcessID: result.ProcessID}, &ended, func(e bridge.Event) error {
		var out bridge.Output
		if e.Event != bridge.EventOutput || json.Unmarshal(e.Payload, &out) != nil || out.Encoding != bridge.EncodingUTF8 {
			return nil
		}
		if line := lastLine(out.Data); line != "" {
			last = line
			r.Progress(workspace.PhaseSetup, line, -1)
		}
		return nil
	})
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
	r.Say(workspace.PhaseSetup, fmt.Sprintf("the setup command is done (%.1f s)", time.Since(begin).Seconds()))
	return ""
}

// maxLastLine bounds what is shown of a program's last words, in bytes.
const maxLastLine = 300

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
func (s *Service) extensions(ctx context.Context, b Bridge, r workspace.Reporter, names []string) (notices []workspace.Notice) {
	if len(names) == 0 {
		return nil
	}
	var result bridge.ExtensionsInstalled
	err := b.Stream(ctx, bridge.TypeInstallExtensions, bridge.InstallExtensions{Extensions: names}, &result, func(e bridge.Event) error {
		var line bridge.OutputText
		if e.Event == bridge.EventOutput && json.Unmarshal(e.Payload, &line) == nil {
			r.Say(workspace.PhaseSetup, line.Text)
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
		notices = append(notices, workspace.Notice{Kind: workspace.NoticeExtensions, Text: fmt.Sprintf("Extensions that were not installed: %s. %s.", strings.Join(names, ", "), strings.TrimSuffix(result.Failed[0].Problem, "."))})
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
