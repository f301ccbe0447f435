package workspace

import (
	"context"
	"sync"
	"time"
)

// claim is a worker's right, among all processes, to change the container of a workspace.
type claim struct {
	s  *Service
	id string

	ctx     context.Context // ends when the claim is lost or given back; set while held
	cancel  context.CancelFunc
	renewal sync.WaitGroup
}

// take gets the claim, or keeps it; it reports whether it is held.
func (c *claim) take() (bool, error) {
	if c.ctx != nil && c.ctx.Err() == nil {
		return true, nil
	}
	c.release()
	until, ok, err := c.renew(c.s.ctx)
	if err != nil || !ok {
		return false, err
	}
	c.ctx, c.cancel = context.WithCancel(c.s.ctx)
	c.renewal.Go(func() { c.keep(until) })
	return true, nil
}

func (c *claim) renew(ctx context.Context) (until time.Time, ok bool, err error) {
	now := time.Now()
	until = now.Add(c.s.o.ClaimTTL)
	ok, err = c.s.o.Store.Claim(ctx, c.id, c.s.o.Process, now.UTC(), until.UTC())
	return until, ok, err
}

// keep renews the claim three times per TTL. When that fails it ends the work before
// another process may begin.
func (c *claim) keep(until time.Time) {
	defer c.cancel()
	tick := time.NewTicker(c.s.o.ClaimTTL * 3 / 10)
	defer tick.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithDeadline(c.ctx, until)
		next, ok, err := c.renew(ctx)
		cancel()
		switch {
		case err == nil && ok:
			until = next
		case err == nil, !time.Now().Before(until.Add(-c.s.o.ClaimTTL * 3 / 10)):
			c.s.o.Log.Warn("claim lost, work on the workspace is left to others", "workspace", c.id, "err", err)
			return
		}
	}
}

// release gives the claim back, if it is held. It may be called again.
func (c *claim) release() {
	if c.cancel == nil {
		return
	}
	c.cancel()
	c.renewal.Wait()
	c.ctx, c.cancel = nil, nil
	ctx, cancel := c.s.detached()
	defer cancel()
	if _, err := c.s.o.Store.Claim(ctx, c.id, c.s.o.Process, time.Now().UTC(), time.Time{}); err != nil {
		c.s.o.Log.Warn("claim not given back, it runs out by itself", "workspace", c.id, "err", err)
	}
}

// detached is for what must be done though the order or the process ends.
func (s *Service) detached() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(s.ctx), 10*time.Second)
}
