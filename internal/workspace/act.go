package workspace

import (
	"context"
	"fmt"
	"time"

	"github.com/kalpana-dev/kalpana/internal/portlease"
)

// act does what was planned. Cut off at any point, the next plan goes on from there.
func (s *Service) act(ctx context.Context, w *worker, rec Workspace, found []Container, todo action, cause error) error {
	switch todo {
	case deleting:
		return s.delete(ctx, rec)
	case stopping:
		return s.stop(ctx, rec, found)
	case tidying:
		_, err := s.giveBack(ctx, rec, 0)
		return err
	case crashing:
		return s.crash(ctx, rec, found)
	case failing:
		return s.fail(ctx, rec, cause)
	case noting:
		c, _ := current(rec, found)
		return s.note(ctx, rec, c)
	case pausing:
		c, _ := current(rec, found)
		return s.pause(ctx, rec, c)
	case resuming:
		c, _ := current(rec, found)
		return s.resume(ctx, rec, c)
	case checking:
		return s.check(ctx, rec)
	case starting:
		return s.launch(ctx, rec, func(ctx context.Context, t *turn) error { return s.start(ctx, rec, found, t) })
	default:
		c, _ := current(rec, found)
		return s.launch(ctx, rec, func(ctx context.Context, t *turn) error { return s.await(ctx, rec, c.ID, t) })
	}
}

// giveBack removes the containers, then returns the ports, then forgets both in the record.
// In this order, so that a port never leads into a container of its last holder.
func (s *Service) giveBack(ctx context.Context, rec Workspace, grace time.Duration) (Workspace, error) {
	if err := s.o.Engine.Remove(ctx, rec.ID, grace); err != nil {
		return rec, fmt.Errorf("remove containers of workspace %s: %w", rec.ID, err)
	}
	if rec.VSCodePort != 0 {
		if err := s.o.Leases.Release(ctx, leaseOf(rec)); err != nil {
			return rec, err
		}
	}
	rec.VSCodePort, rec.AgentPort, rec.ContainerID = 0, 0, ""
	return s.swap(ctx, rec)
}

func leaseOf(w Workspace) portlease.Lease {
	return portlease.Lease{WorkspaceID: w.ID, VSCodePort: w.VSCodePort, AgentPort: w.AgentPort}
}

// lookBeforeStop bounds Preparer.BeforeStop.
const lookBeforeStop = 5 * time.Second

func (s *Service) stop(ctx context.Context, rec Workspace, found []Container) error {
	if c, ok := current(rec, found); ok && c.ID == rec.ContainerID {
		if c.Paused { // it could neither be looked at nor end by itself
			if err := s.o.Engine.Resume(ctx, c.ID); err != nil {
				s.o.Log.Warn("paused workspace not resumed before its stop", "workspace", rec.ID, "err", err)
			}
		}
		look, cancel := context.WithTimeout(ctx, lookBeforeStop)
		s.o.Preparer.BeforeStop(look, rec)
		cancel()
	}
	rec.Status = StatusStopped
	rec, err := s.giveBack(ctx, rec, s.o.StopGrace)
	if err == nil {
		s.o.Log.Info("workspace stopped", "workspace", rec.ID, "reason", rec.StatusReason)
	}
	return err
}

// delete removes everything of a workspace, the record last: as long as it is there,
// deletion is taken up again.
func (s *Service) delete(ctx context.Context, rec Workspace) error {
	if err := s.o.Engine.Remove(ctx, rec.ID, 0); err != nil {
		return fmt.Errorf("remove containers of workspace %s: %w", rec.ID, err)
	}
	if rec.VSCodePort != 0 {
		if err := s.o.Leases.Release(ctx, leaseOf(rec)); err != nil {
			return err
		}
	}
	if err := s.o.Engine.RemoveVolumes(ctx, rec.ID); err != nil {
		return fmt.Errorf("remove volumes of workspace %s: %w", rec.ID, err)
	}
	s.logs.of(rec.ID).forget()
	if err := s.o.Store.RemoveLog(ctx, rec.ID); err != nil {
		return fmt.Errorf("remove log of workspace %s: %w", rec.ID, err)
	}
	if err := s.o.Store.Remove(ctx, rec.ID); err != nil {
		return fmt.Errorf("remove record of workspace %s: %w", rec.ID, err)
	}
	s.gone(rec.ID)
	s.o.Log.Info("workspace deleted", "workspace", rec.ID, "user", rec.OwnerID)
	return nil
}

// fail ends a start for good: the user learns why, and everything taken is given back.
func (s *Service) fail(ctx context.Context, rec Workspace, cause error) error {
	reason := s.explain(rec, cause)
	s.o.Log.Warn("workspace not started", "workspace", rec.ID, "err", cause)
	s.logs.of(rec.ID).add(ctx, s.o.Log, phaseError, reason)
	rec.Status, rec.StatusReason = StatusError, reason
	if _, err := s.giveBack(ctx, rec, 0); err == nil || ctx.Err() != nil {
		return err
	}
	// The engine keeps the container for now. The status must not wait for it; plan sees what is left.
	_, err := s.swap(ctx, rec)
	return err
}
