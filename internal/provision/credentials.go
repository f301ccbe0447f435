package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// watch answers git inside one container, for as long as it runs.
type watch struct {
	epoch  int64
	cancel context.CancelFunc
	ready  chan struct{} // closed when the bridge has said that questions come
	// working holds a value for each event that is worked on.
	working chan struct{}
	// pace bounds how often a program inside can make us look for a credential.
	pace *rate.Limiter
}

// Questions of git that are answered: so many a second in the long run, and at once after a pause.
// A clone asks once, one with submodules once for each.
const (
	questionsEach  = 5
	questionsBurst = 100
)

// maxWorking is how many events of one workspace are worked on at a time: as many questions
// as a bridge keeps open. One that sends more is not read on until there is room.
const maxWorking = 32

// watch makes sure that git inside w is answered.
func (s *Service) watch(w workspace.Workspace) *watch {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.watches[w.ID]; old != nil {
		if old.epoch == w.Epoch {
			return old
		}
		old.cancel()
	}
	ctx, cancel := context.WithCancel(s.ctx)
	n := &watch{epoch: w.Epoch, cancel: cancel, ready: make(chan struct{}), working: make(chan struct{}, maxWorking), pace: rate.NewLimiter(questionsEach, questionsBurst)}
	if s.closed {
		cancel()
		return n
	}
	s.watches[w.ID] = n
	s.tasks.Go(func() {
		defer cancel()
		s.keepWatch(ctx, w, n)
	})
	return n
}

// watchWithin is how long a clone waits for the watch; without it git would be told at once
// that there is no credential.
const watchWithin = 10 * time.Second

// watching returns once git inside w is answered.
func (s *Service) watching(ctx context.Context, w workspace.Workspace) error {
	ctx, cancel := context.WithTimeoutCause(ctx, watchWithin, fmt.Errorf("the bridge took no watch for git within %v", watchWithin))
	defer cancel()
	select {
	case <-s.watch(w).ready:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Pauses between attempts to take up the watch again.
const (
	watchPause        = 100 * time.Millisecond
	longestWatchPause = 15 * time.Second
)

// keepWatch watches until ctx ends, over as many connections as it takes.
func (s *Service) keepWatch(ctx context.Context, w workspace.Workspace, n *watch) {
	for pause := watchPause; ; pause = min(2*pause, longestWatchPause) {
		began := time.Now()
		if !s.watchOnce(ctx, w, n) {
			return
		}
		if time.Since(began) > longestWatchPause {
			pause = watchPause
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// watchOnce watches over one connection; false when there is no use in another.
func (s *Service) watchOnce(ctx context.Context, w workspace.Workspace, n *watch) bool {
	try, cancel := context.WithTimeout(ctx, 10*time.Second)
	b, err := s.o.Dial(try, w)
	cancel()
	if err != nil {
		return ctx.Err() == nil
	}
	defer b.Close()
	if !b.Knows(bridge.TypeWatchCredentials) {
		return false
	}
	err = b.Stream(ctx, bridge.TypeWatchCredentials, nil, nil, func(e bridge.Event) error {
		switch e.Event {
		case bridge.EventWatching:
			select {
			case <-n.ready:
			default:
				close(n.ready)
			}
		case bridge.EventCredential:
			var q bridge.CredentialRequest
			if err := json.Unmarshal(e.Payload, &q); err != nil {
				return err
			}
			if err := n.pace.Wait(ctx); err != nil {
				return err
			}
			// The connection goes on meanwhile; a host may take seconds to refresh a token.
			s.work(ctx, n, func() { s.answer(ctx, w, b, q) })
		case bridge.EventRejected:
			var r bridge.CredentialRejected
			if err := json.Unmarshal(e.Payload, &r); err != nil {
				return err
			}
			s.work(ctx, n, func() { s.o.Git.Rejected(ctx, w.OwnerID, r) })
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		s.o.Log.Debug("watch for git ended", "workspace", w.ID, "err", err)
	}
	return ctx.Err() == nil
}

// work does f beside the caller, as soon as there is room among what n works on.
func (s *Service) work(ctx context.Context, n *watch, f func()) {
	select {
	case n.working <- struct{}{}:
		s.behind(func(context.Context) {
			defer func() { <-n.working }()
			f()
		})
	case <-ctx.Done():
	}
}

// answer gives git what the workspace's owner may use for its repository's host, or says why not.
func (s *Service) answer(ctx context.Context, w workspace.Workspace, b Bridge, q bridge.CredentialRequest) {
	ctx, cancel := context.WithTimeout(ctx, bridge.CredentialTimeout)
	defer cancel()
	a := bridge.AnswerCredential{Request: q.Request}
	username, password, err := s.o.Git.Credential(ctx, w.OwnerID, w.GithubRepo, q)
	if err != nil {
		a.Refused = err.Error()
		s.o.Log.Debug("git got no credential", "workspace", w.ID, "user", w.OwnerID, "host", q.Host, "err", err)
	} else {
		a.Username, a.Password = username, password
		s.o.Log.Info("git got a credential", "workspace", w.ID, "user", w.OwnerID, "host", q.Host)
	}
	err = b.Call(ctx, bridge.TypeAnswerCredential, a, nil)
	if refusal, ok := errors.AsType[*bridge.Error](err); err != nil && !(ok && refusal.Code == bridge.CodeNotFound) && ctx.Err() == nil {
		s.o.Log.Debug("answer to git not delivered", "workspace", w.ID, "err", err)
	}
}
