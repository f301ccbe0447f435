package git_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/git"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
)

// killer is a Runner that kills git the first time it does something.
type killer struct {
	*supervisor.Children
	what string
}

func (k *killer) Start(cmd *exec.Cmd) error {
	err := k.Children.Start(cmd)
	if err == nil && k.what != "" && slices.Contains(cmd.Args, k.what) {
		k.what = ""
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	return err
}

func TestKillingGitAtAnyPointLosesNothing(t *testing.T) {
	for _, what := range []string{"init", "ls-files", "rev-parse", "ls-tree", "fast-import", "for-each-ref", "commit-tree", "update-ref", "gc", "cat-file", "diff-tree"} {
		t.Run(what, func(t *testing.T) {
			s := start(t)
			s.write("a", "1")
			k := &killer{Children: supervisor.NewChildren()}
			g := git.New(s.root, s.state, k)
			create := func() (bridge.Checkpoint, error) { return g.CreateCheckpoint(t.Context(), bridge.CreateCheckpoint{}) }
			if what == "init" {
				k.what = what
				_, err := create()
				code(t, err)
			}
			first, err := create()
			s.must(err)
			s.write("a", "2")
			s.write("b", "2")
			k.what = what
			_, err = create()
			code(t, err)
			k.what = what
			_, err = g.RestoreCheckpoint(t.Context(), bridge.RestoreCheckpoint{ID: first.ID})
			code(t, err)
			k.what = ""
			s.write("c", "3")
			_, err = create()
			s.must(err)
			_, err = g.RestoreCheckpoint(t.Context(), bridge.RestoreCheckpoint{ID: first.ID})
			s.must(err)
			if _, err := os.Lstat(s.path("b")); err == nil || s.read("a") != "1" {
				t.Error("not restored")
			}
			s.git(filepath.Join(s.state, "checkpoints.git"), "fsck", "--strict")
		})
	}
}

func TestWhatAKilledBridgeLeftBehindIsRemoved(t *testing.T) {
	s := start(t)
	s.write("a", "1")
	c := s.checkpoint("")
	store := filepath.Join(s.state, "checkpoints.git")
	stale := []string{"HEAD.lock", "config.lock", "packed-refs.lock", "gc.pid", "no-index.lock", "refs/kalpana/current.lock", "refs/checkpoints/" + c.ID + ".lock",
		"objects/pack/tmp_pack_abc", "fast_import_crash_12"}
	for _, f := range stale {
		s.must(os.WriteFile(filepath.Join(store, f), nil, 0o444))
	}
	s.write("a", "2")
	s.Git = git.New(s.root, s.state, supervisor.NewChildren())
	s.checkpoint("")
	s.restore(c.ID)
	if s.read("a") != "1" {
		t.Error("not restored")
	}
	for _, f := range stale {
		if _, err := os.Lstat(filepath.Join(store, f)); err == nil {
			t.Errorf("%s is still there", f)
		}
	}
}

func TestADamagedStoreIsToldAndSurvived(t *testing.T) {
	s := start(t)
	s.write("a", "1")
	c := s.checkpoint("")
	store := filepath.Join(s.state, "checkpoints.git")
	packs, err := filepath.Glob(filepath.Join(store, "objects/pack/*"))
	s.must(err)
	if len(packs) == 0 {
		t.Fatal("no packs")
	}
	for _, p := range packs {
		s.must(os.Remove(p))
	}
	s.write("a", "2")
	if _, err := s.RestoreCheckpoint(t.Context(), bridge.RestoreCheckpoint{ID: c.ID}); err == nil || s.read("a") != "2" {
		t.Errorf("got %v", err)
	}
	again := s.checkpoint("")
	s.write("a", "3")
	s.restore(again.ID)
	if s.read("a") != "2" {
		t.Error("not restored")
	}
	// Somebody empties the folder while the bridge runs.
	s.must(os.RemoveAll(s.state))
	last := s.checkpoint("")
	s.write("a", "4")
	s.restore(last.ID)
	if s.read("a") != "2" {
		t.Error("not restored after the folder was deleted")
	}
}

func TestTheStoreRunsNothing(t *testing.T) {
	s := start(t)
	s.write("a", "1")
	c := s.checkpoint("")
	store, marker := filepath.Join(s.state, "checkpoints.git"), filepath.Join(t.TempDir(), "ran")
	for _, key := range []string{"core.fsmonitor", "core.pager", "diff.external", "filter.x.clean", "filter.x.smudge", "diff.x.textconv", "diff.x.command"} {
		s.git(store, "config", key, "touch "+marker+" #")
	}
	s.must(os.MkdirAll(filepath.Join(store, "hooks"), 0o755))
	for _, hook := range []string{"reference-transaction", "post-index-change", "pre-auto-gc"} {
		s.must(os.WriteFile(filepath.Join(store, "hooks", hook), []byte("#!/bin/sh\ntouch "+marker+"\n"), 0o755))
	}
	s.write(".gitattributes", "* filter=x diff=x\n")
	s.must(os.MkdirAll(filepath.Join(store, "info"), 0o755))
	s.must(os.WriteFile(filepath.Join(store, "info/attributes"), []byte("* filter=x diff=x\n"), 0o644))
	s.write("a", "2")
	s.checkpoint("")
	s.since(bridge.DiffCheckpoint{ID: c.ID})
	s.restore(c.ID)
	if _, err := os.Lstat(marker); err == nil {
		t.Error("a command ran")
	}
}
