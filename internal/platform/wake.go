package platform

import (
	"context"
	"fmt"
	"time"

	"github.com/kalpana-dev/kalpana/bridge/proof"
	"github.com/kalpana-dev/kalpana/internal/audit"
	"github.com/kalpana-dev/kalpana/internal/gateway"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// woken counts what a visit started or resumed, and records the starts, which the API
// records when they are its own.
func (a *parts) woken(w gateway.Wake) {
	a.metrics.Woken(w.Resumed, w.Err == nil)
	if w.Resumed {
		return
	}
	r := audit.Record{Action: "workspace.start", UserID: w.UserID, Address: w.Address, Target: w.WorkspaceID, Outcome: audit.OK, Detail: "by opening its address"}
	if w.Button {
		r.Detail = "at its address"
	}
	if u, ok := a.identity.User(w.UserID); ok {
		r.UserName = u.Name
	}
	for _, known := range a.workspaces.Known(w.WorkspaceID) {
		r.TargetName = known.Name
		if known.OwnerID == w.UserID {
			continue
		}
		if u, ok := a.identity.User(known.OwnerID); ok {
			r.Detail += ", of " + u.Name
		}
	}
	if w.Err != nil {
		r.Outcome, r.Detail = audit.Refused, r.Detail+": "+w.Err.Error()
	}
	a.trail.Record(r)
}

// resumeWithin is ample: a resumption takes tenths of a second.
const resumeWithin = 10 * time.Second

// awake lets a paused workspace go on, for whoever is about to ask its bridge.
func (a *parts) awake(ctx context.Context, w workspace.Workspace) error {
	if !w.Paused {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, resumeWithin)
	defer cancel()
	return a.workspaces.Resume(ctx, w.ID)
}

// identify asks what listens at a port whether it is the bridge that the key is for. What
// fails on this side is no answer: a server out of file descriptors must not take its
// workspaces for lost.
func identify(ctx context.Context, port int, key string) error {
	conn, err := proof.Dial(ctx, fmt.Sprintf("127.0.0.1:%d", port), key)
	if err != nil && !proof.Decided(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return conn.Close()
}
