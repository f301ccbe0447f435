package workspace

import (
	"context"
	"errors"
	"time"

	"github.com/kalpana-dev/kalpana/internal/portlease"
)

// orphanPasses is how many passes in a row must find a lease without a workspace before it is freed.
const orphanPasses = 3

// reconcile compares everything once. Leases and containers are read before the records:
// a record is written before either is made, so what has no record then is left over.
func (s *Service) reconcile(ctx context.Context) {
	leases, err := s.o.Leases.InUse(ctx)
	if err != nil {
		s.skipped(ctx, err)
		return
	}
	containers, err := s.o.Engine.List(ctx)
	if err != nil {
		s.skipped(ctx, err) // unknown is not none: nothing is decided
		return
	}
	records, err := s.o.Store.Find(ctx, Query{})
	if err != nil {
		s.skipped(ctx, err)
		return
	}
	s.o.Observer.Reconciled()
	of := map[string][]Container{}
	for _, c := range containers {
		of[c.WorkspaceID] = append(of[c.WorkspaceID], c)
	}
	byID := map[string]Workspace{}
	for _, w := range records {
		byID[w.ID] = w
		s.see(w)
		if plan(w, of[w.ID]) != nothing {
			s.kick(w.ID, w.Desired)
		}
	}
	if len(records) == 0 && len(containers) > 0 {
		s.o.Log.Error("database has no workspaces though containers exist; it may have been emptied or restored, so they are left alone",
			"containers", len(containers))
		return
	}
	s.removeOrphans(ctx, of, byID)
	s.freeOrphans(ctx, leases, byID)
}

func (s *Service) skipped(ctx context.Context, err error) {
	if ctx.Err() == nil {
		s.o.Log.Warn("reconciliation skipped", "err", err)
	}
}

// removeOrphans removes containers without a record. Their volumes stay: files go only when
// somebody deletes a workspace.
func (s *Service) removeOrphans(ctx context.Context, of map[string][]Container, byID map[string]Workspace) {
	for id, containers := range of {
		if _, ok := byID[id]; ok {
			continue
		}
		old := true
		for _, c := range containers {
			old = old && time.Since(c.CreatedAt) > s.o.OrphanAge
		}
		if !old {
			continue
		}
		if _, err := s.o.Store.Get(ctx, id); !errors.Is(err, ErrNotFound) {
			continue
		}
		if err := s.o.Engine.Remove(ctx, id, s.o.StopGrace); err != nil {
			s.o.Log.Warn("container without a record not removed", "workspace", id, "err", err)
			continue
		}
		s.o.Observer.Repaired("container_orphan")
		s.o.Log.Warn("container without a record removed", "workspace", id)
	}
}

// freeOrphans frees leases that no workspace means: at once if the record says another port
// and nobody is at work on it, else after several passes.
func (s *Service) freeOrphans(ctx context.Context, leases []portlease.Lease, byID map[string]Workspace) {
	seen := map[portlease.Lease]int{}
	for _, l := range leases {
		w, ok := byID[l.WorkspaceID]
		if ok && w.VSCodePort == l.VSCodePort {
			continue
		}
		idle := !s.working(l.WorkspaceID) && w.ClaimedUntil.Before(time.Now())
		s.mu.Lock()
		seen[l] = s.orphans[l] + 1
		s.mu.Unlock()
		if ok && !idle || !ok && seen[l] < orphanPasses {
			continue
		}
		if err := s.o.Leases.Release(ctx, l); err != nil {
			s.o.Log.Warn("lease without a workspace not freed", "workspace", l.WorkspaceID, "port", l.VSCodePort, "err", err)
			continue
		}
		s.o.Observer.Repaired("lease_orphan")
		s.o.Log.Warn("lease without a workspace freed", "workspace", l.WorkspaceID, "port", l.VSCodePort)
	}
	s.mu.Lock()
	s.orphans = seen
	s.mu.Unlock()
}
