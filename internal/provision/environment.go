package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/nixcheck"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// environment has the Nix environment made: the user's own configuration, else what the
// repository brings, else the template's flake.
func (s *Service) environment(ctx context.Context, w *workspace.Workspace, b Bridge, r workspace.Reporter, f *fit) {
	order := bridge.PrepareEnvironment{Nixpkgs: s.o.Nixpkgs, Caches: s.o.Caches, Keys: s.o.Keys}
	switch {
	case s.o.Nix && w.NixConfig != "":
		name := bridge.ShellFile
		if nixcheck.IsFlake(w.NixConfig) {
			name = bridge.FlakeFile
		}
		order.Files = map[string]string{name: w.NixConfig}
	case s.o.Nix && w.Clone.State == workspace.CloneDone:
		order.Folder = w.Folder
		if found, ok := s.prepare(ctx, w, b, r, f, order); !ok || found.Source != "" {
			return
		}
	}
	order.Folder = ""
	if order.Files == nil && s.fitsFlake(ctx, *w, f) {
		order.Files = map[string]string{bridge.FlakeFile: f.base.Flake}
	}
	if order.Files != nil { // without files the folder's own would count
		order.Folder = w.Folder // where a shellHook runs
	}
	s.prepare(ctx, w, b, r, f, order)
}

// fitsFlake reports whether the template's tools come from its flake in this workspace. What
// Image once settled on stays, whether the cache answers at this moment or not: either the
// packages are in the workspace's image, or what the flake gives is in its store.
func (s *Service) fitsFlake(ctx context.Context, w workspace.Workspace, f *fit) bool {
	d := f.base // what a devcontainer.json adds says nothing about it
	if len(d.Packages) == 0 || d.Flake == "" || s.o.Nix && w.NixConfig != "" {
		return s.fromFlake(ctx, w, f.builtin, d)
	}
	return slices.ContainsFunc(d.Packages, func(p string) bool { return !slices.Contains(w.Packages, p) })
}

// prepare is not ok if the environment could not be made.
func (s *Service) prepare(ctx context.Context, w *workspace.Workspace, b Bridge, r workspace.Reporter, f *fit, order bridge.PrepareEnvironment) (found bridge.Environment, ok bool) {
	err := b.Stream(ctx, bridge.TypePrepareEnvironment, order, &found, func(e bridge.Event) error {
		var line bridge.OutputText
		if e.Event == bridge.EventOutput && json.Unmarshal(e.Payload, &line) == nil {
			r.Say(workspace.PhaseEnvironment, f.redact.String(line.Text))
		}
		return nil
	})
	if ctx.Err() != nil {
		return found, false
	}
	if err != nil {
		text := fmt.Sprintf("The workspace runs without its Nix environment: %s.", f.redact.String(sentence(err)))
		if refusal, ok := errors.AsType[*bridge.Error](err); ok && refusal.Code == bridge.CodeNixUnreachable {
			text = fmt.Sprintf("The workspace runs without its Nix environment, because what it needs cannot be fetched: %s. Restart it when the network is back.", f.redact.String(sentence(err)))
		}
		w.Outfit = w.Notify(workspace.NoticeEnvironment, text)
		r.Say(workspace.PhaseEnvironment, text)
		return found, false
	}
	if found.Source != "" {
		how := "made"
		if found.Cached {
			how = "unchanged"
		}
		r.Say(workspace.PhaseEnvironment, fmt.Sprintf("environment of %s %s (%d ms, %d variables)", found.Source, how, found.ElapsedMillis, len(found.Variables)))
	}
	return found, true
}
