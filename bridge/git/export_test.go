package git

import "time"

// SetClock replaces the time that checkpoints are dated with.
func (g *Git) SetClock(now func() time.Time) { g.checkpoints.now = now }

// SetSettled replaces how old changes must be for their times to count.
func (g *Git) SetSettled(d time.Duration) { g.checkpoints.settled = d }
