package facts

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

const (
	// MaxPorts bounds the ports of one workspace.
	MaxPorts = 50
	// glanceEvery and countEvery are how often git is looked at, and how often commits are
	// counted though nothing seems to have changed: a push changes only what is known of the remote.
	glanceEvery, countEvery = 15 * time.Second, time.Minute
	// maxGlancePause is the most that git is left alone where it takes too long: that time is
	// the workspace's.
	maxGlancePause = 5 * time.Minute
	// pauseInside is for how long a bridge is left alone that did not answer: it must not take
	// the time of the others.
	pauseInside = 20 * time.Second
	// What a container says is shown to people and not believed beyond that.
	maxText, maxCount = 300, 10_000
)

// inside is what the bridge of one container said.
type inside struct {
	ports []bridge.Port
	git   *Git

	resume time.Time // the bridge did not answer, and is left alone until then
	again  time.Time // when git is looked at next
	pause  time.Duration

	counted time.Time // when unpushed commits were, while git.Branch had git.Commit
}

// look asks the bridge. What it does not answer in time stays as it was.
func (i *inside) look(ctx context.Context, by *Service, rec workspace.Workspace) {
	if time.Now().Before(i.resume) {
		return
	}
	select {
	case by.bridges <- struct{}{}:
		defer func() { <-by.bridges }()
	case <-ctx.Done():
		return
	}
	ctx, cancel := context.WithTimeout(ctx, insideWithin)
	defer cancel()
	c, err := by.o.Dial(ctx, rec)
	if err == nil {
		defer c.Close()
		err = i.ask(ctx, c, rec.Folder)
	}
	if err != nil {
		i.resume = time.Now().Add(pauseInside)
		by.o.Log.Debug("bridge not asked for facts", "workspace", rec.ID, "err", err)
	}
}

func (i *inside) ask(ctx context.Context, c Bridge, folder string) error {
	var list bridge.PortList
	if err := c.Call(ctx, bridge.TypePorts, nil, &list); err != nil {
		return err
	}
	i.ports = tidy(list.Ports)
	if time.Now().Before(i.again) {
		return nil
	}
	git, err := i.glance(ctx, c, folder)
	if err == nil {
		i.git, i.pause = git, glanceEvery
		i.again = time.Now().Add(i.pause)
		return nil
	}
	i.pause = min(max(2*i.pause, glanceEvery), maxGlancePause)
	i.again = time.Now().Add(i.pause)
	if _, refused := errors.AsType[*bridge.Error](err); refused || ctx.Err() != nil { // git, not the bridge
		return nil
	}
	return err
}

// glance looks at the repository in folder; nil if there is none.
func (i *inside) glance(ctx context.Context, c Bridge, folder string) (*Git, error) {
	var state bridge.GitState
	err := c.Call(ctx, bridge.TypeGitStatus, bridge.GitStatus{Path: folder}, &state)
	if refused, ok := errors.AsType[*bridge.Error](err); ok && (refused.Code == bridge.CodeNotRepository || refused.Code == bridge.CodeNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	g := &Git{Folder: clip(state.Root), Branch: clip(state.Branch), Changed: len(state.Files), Unpushed: bounded(state.Ahead)}
	if state.Commit == "" {
		return g, nil
	}
	old := i.git
	same := old != nil && old.Commit != nil && old.Commit.Hash == clip(state.Commit) && old.Branch == g.Branch && old.Folder == g.Folder
	if same {
		g.Commit = old.Commit
	} else if g.Commit, err = commitOf(ctx, c, state); err != nil {
		return nil, err
	}
	if state.Upstream != "" {
		return g, nil
	}
	if same && time.Since(i.counted) < countEvery {
		g.Unpushed = old.Unpushed
		return g, nil
	}
	i.counted = time.Now()
	g.Unpushed, err = unpushedOf(ctx, c, state)
	return g, err
}

func commitOf(ctx context.Context, c Bridge, state bridge.GitState) (*Commit, error) {
	var log bridge.GitCommits
	if err := c.Call(ctx, bridge.TypeGitLog, bridge.GitLog{Path: state.Root, Ref: state.Commit, Limit: 1}, &log); err != nil {
		return nil, err
	}
	commit := &Commit{Hash: clip(state.Commit)}
	if len(log.Commits) > 0 {
		commit.Subject, commit.Time = clip(log.Commits[0].Subject), log.Commits[0].Time
	}
	return commit, nil
}

// unpushedOf counts the commits of a branch that follows none.
func unpushedOf(ctx context.Context, c Bridge, state bridge.GitState) (int, error) {
	var work bridge.UnpushedWork
	if err := c.Call(ctx, bridge.TypeUnpushed, bridge.Unpushed{Folder: state.Root}, &work); err != nil {
		return 0, err
	}
	for _, r := range work.Repositories {
		if r.Folder != state.Root {
			continue
		}
		for _, b := range r.Branches {
			if b.Name == state.Branch {
				return bounded(b.Commits), nil
			}
		}
	}
	return 0, nil
}

// tidy are the first MaxPorts ports that can be ones; programs' names are clipped.
func tidy(ports []bridge.Port) []bridge.Port {
	found := make([]bridge.Port, 0, min(len(ports), MaxPorts))
	for _, p := range ports {
		if !bridge.Forwardable(p.Port) || len(found) == MaxPorts {
			continue
		}
		p.Process, p.Address = clip(p.Process), clip(p.Address)
		found = append(found, p)
	}
	return found
}

func bounded(n int) int { return min(max(n, 0), maxCount) }

// clip cuts a text to maxText bytes of valid UTF-8.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxText {
		return s
	}
	s = s[:maxText]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}
