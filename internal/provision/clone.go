package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// cloneSeconds bounds one clone, maxWarnings how many of its warnings are told.
const (
	cloneSeconds = 3600
	maxWarnings  = 10
)

// clone brings the repository and notes how that went.
func (s *Service) clone(ctx context.Context, w *workspace.Workspace, b Bridge, r workspace.Reporter) {
	begin := time.Now()
	cloned, err := s.tryClone(ctx, *w, b, r)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		problem := strings.TrimSuffix(err.Error(), ".") + "."
		w.Clone.State, w.Clone.Problem = workspace.CloneFailed, problem
		w.Outfit = w.Notify(workspace.NoticeClone, problem)
		r.Say(workspace.PhaseCode, problem)
		s.o.Log.Info("repository not cloned", "workspace", w.ID, "repository", w.GithubRepo, "err", err)
		return
	}
	w.Clone.State, w.Clone.Problem, w.Folder = workspace.CloneDone, "", cloned.Folder
	text := fmt.Sprintf("cloned %s into %s in %.1f s", w.GithubRepo, cloned.Folder, time.Since(begin).Seconds())
	if cloned.Empty {
		text = fmt.Sprintf("%s is empty; its folder is %s", w.GithubRepo, cloned.Folder)
	}
	r.Say(workspace.PhaseCode, text)
	for _, warning := range cloned.Warnings[:min(len(cloned.Warnings), maxWarnings)] {
		warning = oneLine(warning)
		r.Say(workspace.PhaseCode, warning)
		w.Outfit = w.Notify(workspace.NoticeClone, warning)
	}
}

// tryClone returns an error that is a sentence.
func (s *Service) tryClone(ctx context.Context, w workspace.Workspace, b Bridge, r workspace.Reporter) (bridge.Cloned, error) {
	address, err := s.o.Git.CloneURL(ctx, w.OwnerID, w.GithubRepo)
	if err != nil {
		return bridge.Cloned{}, fmt.Errorf("%s was not cloned: %w", w.GithubRepo, err)
	}
	r.Say(workspace.PhaseCode, "cloning "+address)
	order := bridge.CloneRepository{
		URL: address, Branch: w.Branch, Depth: w.Clone.Depth, Submodules: w.Clone.Submodules, LFS: w.Clone.LFS, TimeoutSeconds: cloneSeconds,
	}
	var cloned bridge.Cloned
	err = b.Stream(ctx, bridge.TypeCloneRepository, order, &cloned, func(e bridge.Event) error {
		var p bridge.CloneProgress
		if e.Event == bridge.EventProgress && json.Unmarshal(e.Payload, &p) == nil && p.Text != "" {
			r.Progress(workspace.PhaseCode, p.Text, p.Percent)
		}
		return nil
	})
	if refusal, ok := errors.AsType[*bridge.Error](err); ok && refusal.Code == bridge.CodeExists {
		// A start that was cut off after the clone, or the user was quicker.
		folder := strings.TrimSuffix(path.Base(strings.TrimSuffix(address, "/")), ".git")
		if s.isClone(ctx, b, folder, address) {
			return bridge.Cloned{Folder: folder}, nil
		}
	}
	if err != nil {
		return cloned, fmt.Errorf("%s was not cloned: %s. The workspace works without it", w.GithubRepo, sentence(err))
	}
	if !filepath.IsLocal(cloned.Folder) || len(cloned.Folder) > maxSentence {
		return cloned, fmt.Errorf("it is not known where %s was cloned to: the workspace says %q", w.GithubRepo, oneLine(cloned.Folder))
	}
	return cloned, nil
}

// isClone reports whether a folder holds a clone of address.
func (s *Service) isClone(ctx context.Context, b Bridge, folder, address string) bool {
	var result bridge.CommandResult
	err := b.Call(ctx, bridge.TypeRunCommand, bridge.RunCommand{Command: "git config --local --get remote.origin.url", Path: folder, Quiet: true, TimeoutSeconds: 10}, &result)
	return err == nil && strings.TrimSpace(result.Output) == address
}

// ErrNotRunning: only a running workspace can be given its repository.
var ErrNotRunning = errors.New("the workspace does not run")

// CloneAgain tries a clone again that failed, beside the caller; the log of the start tells of
// it. Nothing happens if the repository is there or being cloned.
func (s *Service) CloneAgain(ctx context.Context, id string) error {
	w, err := s.o.Workspaces.Get(ctx, id)
	if err != nil {
		return err
	}
	if w.Status != workspace.StatusRunning {
		return ErrNotRunning
	}
	s.mu.Lock()
	busy := s.cloning[id]
	s.cloning[id] = true
	s.mu.Unlock()
	if busy || w.GithubRepo == "" || w.Clone.State == workspace.CloneDone {
		if !busy {
			s.cloned(id)
		}
		return nil
	}
	s.behind(func(ctx context.Context) {
		defer s.cloned(id)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		s.behind(func(context.Context) { s.keepInUse(ctx, id) })
		s.cloneAgain(ctx, w)
	})
	return nil
}

func (s *Service) cloned(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.cloning, id)
}

// keepInUse makes a clone count as use.
func (s *Service) keepInUse(ctx context.Context, id string) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		s.o.Workspaces.Touch(id, time.Now())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Service) cloneAgain(ctx context.Context, w workspace.Workspace) {
	r := s.o.Workspaces.Report(ctx, w.ID)
	b, err := s.o.Dial(ctx, w)
	if err != nil {
		r.Say(workspace.PhaseCode, "the workspace cannot be reached: "+err.Error())
		return
	}
	defer b.Close()
	w.Notices = nil
	s.clone(ctx, &w, b, r)
	f := s.settled(ctx, w)
	if w.Clone.State == workspace.CloneDone {
		s.devcontainer(ctx, &w, b, r, f)
		s.variables(ctx, &w, b, r, f)
		s.environment(ctx, &w, b, r, f)
	}
	if ctx.Err() != nil {
		return
	}
	now, err := s.o.Workspaces.Refit(ctx, w.ID, func(o *workspace.Outfit) {
		var kept []workspace.Notice
		for _, n := range o.Notices {
			if n.Kind != workspace.NoticeClone {
				kept = append(kept, n)
			}
		}
		o.Notices = kept
		for _, n := range w.Notices {
			*o = o.Notify(n.Kind, n.Text)
		}
		o.Packages, o.FittedTo = w.Packages, w.FittedTo
		o.Clone.State, o.Clone.Problem, o.Folder = w.Clone.State, w.Clone.Problem, w.Folder
	})
	if err != nil {
		s.o.Log.Warn("outcome of a clone not stored", "workspace", w.ID, "err", err)
		return
	}
	// A template that is yet to be guessed has its own setup command, at the start after.
	if now.Clone.State == workspace.CloneDone && !now.SetUp && now.FittedTo != undecided {
		s.after(ctx, now, f)
	}
}
