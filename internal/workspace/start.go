package workspace

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/internal/portlease"
)

// maxPortTries bounds how many pairs one start tries: with that many taken by other programs
// something is wrong that another pair does not cure.
const maxPortTries = 10

// blockFor is how long nobody tries a pair on which another program was met.
const blockFor = 2 * time.Minute

// turn is a start's place among those that may use the machine at once. Clones and builds
// wait for others most of the time and give it up meanwhile.
type turn struct {
	s    *Service
	log  *startLog
	held bool
}

// take waits for a place, unless t has one.
func (t *turn) take(ctx context.Context) error {
	if t.held {
		return nil
	}
	select {
	case t.s.starts <- struct{}{}:
	default:
		t.log.add(ctx, t.s.o.Log, "queue", "waiting for a free start slot")
		select {
		case t.s.starts <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	t.held = true
	return nil
}

// leave gives the place up. It may be called again.
func (t *turn) leave() {
	if t.held {
		t.held = false
		<-t.s.starts
	}
}

// launch runs a start, or what is left of one, and settles its failure.
func (s *Service) launch(ctx context.Context, rec Workspace, do func(context.Context, *turn) error) error {
	log := s.logs.of(rec.ID)
	log.beginStart(ctx, rec)
	if err := s.pauseAfterCrash(ctx, rec.ID); err != nil {
		return err
	}
	t := &turn{s: s, log: log}
	defer t.leave()
	err := do(ctx, t)
	if err == nil {
		s.o.Observer.Start(time.Since(log.startedAt()), true)
		return nil
	}
	var failed *startError
	switch {
	case ctx.Err() != nil || errors.Is(err, ErrConflict):
		return err
	case !errors.As(err, &failed):
		return err // the store: tried again until it answers
	}
	s.o.Observer.Start(time.Since(log.startedAt()), false)
	rec = failed.rec
	if s.restarting(rec.ID) || takenAway(failed.cause) {
		return s.crashed(ctx, rec, failed.cause)
	}
	return s.fail(ctx, rec, failed.cause)
}

// takenAway reports whether a start failed because somebody removed or killed the container
// meanwhile, an operator for example. That says nothing against starting it again.
func takenAway(cause error) bool {
	const killed = 128 + 9
	exit, ended := errors.AsType[*exitError](cause)
	return errors.Is(cause, ErrContainerGone) || ended && (!exit.found || exit.code == killed && !exit.oom)
}

// startError is a start that failed for a reason the user should hear, with the record as it was then.
type startError struct {
	rec   Workspace
	cause error
}

func (e *startError) Error() string { return e.cause.Error() }
func (e *startError) Unwrap() error { return e.cause }

// start makes and starts a container and waits for its editor.
func (s *Service) start(ctx context.Context, rec Workspace, found []Container, t *turn) error {
	log := t.log
	fitted, err := s.o.Preparer.Image(ctx, rec, reporter{ctx, s, log})
	if err != nil {
		return &startError{rec, fmt.Errorf("prepare image: %w", err)}
	}
	rec.fit(fitted)
	if err := t.take(ctx); err != nil {
		return err
	}
	if len(found) > 0 {
		log.add(ctx, s.o.Log, "container", "removing the earlier container")
		if err := s.o.Engine.Remove(ctx, rec.ID, s.o.StopGrace); err != nil {
			return &startError{rec, fmt.Errorf("remove earlier container: %w", err)}
		}
	}
	env, err := s.o.Env(ctx, rec)
	if err != nil {
		return &startError{rec, fmt.Errorf("prepare environment: %w", err)}
	}
	again := false
	for try := 1; ; try++ {
		lease, next, err := s.lease(ctx, rec, log)
		if err != nil {
			return err
		}
		rec = next
		id, err := s.run(ctx, rec, lease, env, log)
		if errors.Is(err, ErrPortTaken) && try < maxPortTries {
			log.add(ctx, s.o.Log, "ports", fmt.Sprintf("port %d or %d is taken by another program, trying the next", lease.VSCodePort, lease.AgentPort))
			if err := s.o.Engine.Remove(ctx, rec.ID, 0); err != nil {
				return &startError{rec, fmt.Errorf("remove container without ports: %w", err)}
			}
			if err := s.o.Leases.Block(ctx, lease, blockFor); err != nil {
				return err
			}
			continue
		}
		if errors.Is(err, ErrImageMissing) && rec.Image != "" && !again {
			again = true // it was removed as one that nobody uses, just before
			t.leave()
			fitted, err := s.o.Preparer.Image(ctx, rec, reporter{ctx, s, log})
			if err != nil {
				return &startError{rec, fmt.Errorf("prepare image: %w", err)}
			}
			rec.fit(fitted)
			if err := t.take(ctx); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return &startError{rec, err}
		}
		return s.await(ctx, rec, id, t)
	}
}

// lease writes the next start into the record, with the ports the workspace has or new ones.
func (s *Service) lease(ctx context.Context, rec Workspace, log *startLog) (portlease.Lease, Workspace, error) {
	lease := leaseOf(rec)
	if held, err := s.o.Leases.Holds(ctx, lease); err != nil {
		return lease, rec, err
	} else if !held {
		lease, err = s.o.Leases.Acquire(ctx, rec.ID)
		if errors.Is(err, portlease.ErrExhausted) {
			return lease, rec, &startError{rec, err}
		}
		if err != nil {
			return lease, rec, err
		}
	}
	had := rec.VSCodePort
	rec.Epoch = max(rec.Epoch+1, rec.MinEpoch)
	rec.VSCodePort, rec.AgentPort, rec.ContainerID = lease.VSCodePort, lease.AgentPort, ""
	next, err := s.swap(ctx, rec)
	if err != nil {
		if lease.VSCodePort != had {
			ctx, cancel := s.detached()
			defer cancel()
			// Not written down anywhere; if this fails too, reconcile finds it.
			err = errors.Join(err, s.o.Leases.Release(ctx, lease))
		}
		return lease, rec, err
	}
	log.add(ctx, s.o.Log, "ports", fmt.Sprintf("leased ports %d and %d", lease.VSCodePort, lease.AgentPort))
	return lease, next, nil
}

// pairsPerNetwork keeps a network well below the 1,000 containers at which Linux bridges give up.
const pairsPerNetwork = 500

// run creates and starts the container.
func (s *Service) run(ctx context.Context, rec Workspace, lease portlease.Lease, env map[string]string, log *startLog) (string, error) {
	sum := sha256.Sum256([]byte(s.o.Key(rec.ID, rec.Epoch)))
	log.add(ctx, s.o.Log, "container", "creating the container")
	id, err := s.o.Engine.Create(ctx, ContainerSpec{
		WorkspaceID: rec.ID, OwnerID: rec.OwnerID, Epoch: rec.Epoch, Image: cmp.Or(rec.Image, s.o.Image), Hostname: rec.ID,
		Memory: rec.Memory, CPU: rec.CPU, VSCodePort: lease.VSCodePort, AgentPort: lease.AgentPort,
		Network: lease.Index / pairsPerNetwork, KeySHA256: hex.EncodeToString(sum[:]), NixStore: rec.NixStore, Env: env,
	})
	if err != nil {
		return "", err
	}
	log.add(ctx, s.o.Log, "container", "starting the container")
	return id, s.o.Engine.Start(ctx, id)
}

// await has the inside made ready and waits until the editor answers, then the workspace runs.
func (s *Service) await(ctx context.Context, rec Workspace, containerID string, t *turn) error {
	log := t.log
	t.leave()
	fitted, err := s.inside(ctx, rec, containerID, log)
	if err != nil {
		return &startError{rec, err}
	}
	rec.fit(fitted)
	if err := t.take(ctx); err != nil {
		return err
	}
	log.add(ctx, s.o.Log, "editor", "waiting for the editor")
	if err := s.ready(ctx, rec, containerID); err != nil {
		return &startError{rec, err}
	}
	rec, err = s.runs(ctx, rec, containerID)
	if err != nil {
		return err
	}
	s.restarted(rec.ID)
	log.add(ctx, s.o.Log, phaseReady, "the editor answers")
	s.o.Log.Info("workspace runs", "workspace", rec.ID, "container", containerID, "port", rec.VSCodePort, "elapsed", time.Since(log.startedAt()))
	return nil
}

// inside runs the Preparer for as long as the container lives.
func (s *Service) inside(ctx context.Context, rec Workspace, containerID string, log *startLog) (Workspace, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var look sync.WaitGroup
	defer look.Wait()
	look.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := s.alive(ctx, rec, containerID); err != nil && ctx.Err() == nil {
				cancel(err)
				return
			}
		}
	})
	fitted, err := s.o.Preparer.Inside(ctx, rec, reporter{ctx, s, log})
	if exit, ok := errors.AsType[*exitError](context.Cause(ctx)); ok {
		err = exit
	}
	cancel(nil)
	return fitted, err
}

// runs writes down that a workspace runs. A record that was changed meanwhile in what does
// not concern its container keeps the change.
func (s *Service) runs(ctx context.Context, rec Workspace, containerID string) (Workspace, error) {
	for {
		rec.Status, rec.StatusReason, rec.ContainerID, rec.LastActiveAt = StatusRunning, "", containerID, s.now()
		written, err := s.swap(ctx, rec)
		if !errors.Is(err, ErrConflict) {
			return written, err
		}
		now, getErr := s.o.Store.Get(ctx, rec.ID)
		if getErr != nil || now.Desired != DesiredRunning || now.Epoch != rec.Epoch || now.MinEpoch > now.Epoch || now.Status != StatusStarting {
			return written, err
		}
		if now.Template != rec.Template { // counts from the next start
			rec.Template, rec.TemplateVersion, rec.SetUp = now.Template, now.TemplateVersion, now.SetUp
		}
		now.fit(rec)
		rec = now
	}
}

// ready polls the bridge, quickly at first, and now and then whether the container still lives.
func (s *Service) ready(ctx context.Context, rec Workspace, containerID string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.o.ReadyTimeout, errNotReady)
	defer cancel()
	key := s.o.Key(rec.ID, rec.Epoch)
	const lookEvery = 300 * time.Millisecond
	looked := time.Now()
	for pause := 25 * time.Millisecond; ; pause = min(pause*3/2, 100*time.Millisecond) {
		probe, done := context.WithTimeout(ctx, 2*time.Second)
		err := s.o.Prober.Ready(probe, rec.AgentPort, key)
		done()
		if err == nil {
			return nil
		}
		if time.Since(looked) > lookEvery {
			looked = time.Now()
			if err := s.alive(ctx, rec, containerID); err != nil {
				return err
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			if !errors.Is(context.Cause(ctx), errNotReady) {
				return ctx.Err()
			}
			return &notReadyError{after: s.o.ReadyTimeout, lines: s.tail(containerID), last: err}
		}
	}
}

// alive returns an *exitError if the container has ended or is gone.
func (s *Service) alive(ctx context.Context, rec Workspace, containerID string) error {
	found, err := s.o.Engine.Find(ctx, rec.ID)
	if err != nil {
		return nil // unknown; the deadline decides
	}
	for _, c := range found {
		if c.ID == containerID && c.Alive {
			return nil
		}
	}
	return s.exitOf(rec, found)
}

func (s *Service) exitOf(rec Workspace, found []Container) error {
	e := &exitError{memory: rec.Memory}
	for _, c := range found {
		if c.Epoch == rec.Epoch && !c.Alive {
			e.found, e.code, e.oom, e.lines = true, c.ExitCode, c.OOMKilled, s.tail(c.ID)
		}
	}
	return e
}

// tail returns the last words of a container, for people.
func (s *Service) tail(containerID string) string {
	ctx, cancel := s.detached()
	defer cancel()
	lines, err := s.o.Engine.Logs(ctx, containerID, 5)
	if err != nil {
		return ""
	}
	t := strings.TrimSpace(strings.Join(lines, "\n"))
	return t[max(0, len(t)-600):]
}
