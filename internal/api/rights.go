package api

import (
	"context"
	"time"

	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// rightOf is what the caller may do with w. The operator may do everything;
// administrators get no right by being that.
func rightOf(ctx context.Context, w *workspace.Workspace) workspace.Right {
	me := caller(ctx)
	if me.System {
		return workspace.RightOwner
	}
	return w.RightOf(me.UserID, time.Now())
}

// with reads a workspace for a caller who needs a right to it. It is the one place that
// decides so for calls: without the right, but with another, the answer is 403 with the
// right that is missing; without any it is the one for ids that do not exist.
func (s *Server) with(ctx context.Context, id string, need workspace.Right) (workspace.Workspace, error) {
	w, err := s.Workspaces.Get(ctx, id)
	if err != nil {
		return w, s.fail(err)
	}
	if err := s.refuse(rightOf(ctx, &w), need); err != nil {
		return workspace.Workspace{}, err
	}
	return w, nil
}

// withOrAdmin is with for what administrators may order for any workspace.
func (s *Server) withOrAdmin(ctx context.Context, id string, need workspace.Right) (workspace.Workspace, error) {
	if caller(ctx).Admin {
		w, err := s.Workspaces.Get(ctx, id)
		return w, s.fail(err)
	}
	return s.with(ctx, id, need)
}

// own is with for what only owners may do.
func (s *Server) own(ctx context.Context, id string) (workspace.Workspace, error) {
	return s.with(ctx, id, workspace.RightOwner)
}

// refuse is nil if have is enough.
func (s *Server) refuse(have, need workspace.Right) error {
	switch {
	case have.Allows(need):
		return nil
	case have.Allows(workspace.RightView):
		return rightRequired(need)
	default:
		return s.fail(workspace.ErrNotFound)
	}
}

func rightRequired(need workspace.Right) *Problem {
	detail := "The workspace is shared with you, but not for this. Ask its owner."
	if need == workspace.RightOwner {
		detail = "Only the workspace's owner may do this."
	}
	p := problem(403, "right_required", detail)
	p.Right = string(need)
	return p
}

// chatWith reads a chat for a caller who needs a right to its workspace. Somebody with
// none is told that there is no such chat.
func (s *Server) chatWith(ctx context.Context, id string, need workspace.Right) (chat.Chat, error) {
	c, err := s.Chats.Get(ctx, id)
	if err != nil {
		return c, s.fail(err)
	}
	w, err := s.Workspaces.Get(ctx, c.WorkspaceID)
	if err != nil {
		return c, s.fail(chat.ErrNotFound)
	}
	have := rightOf(ctx, &w)
	if !have.Allows(workspace.RightView) {
		return c, s.fail(chat.ErrNotFound)
	}
	if err := s.refuse(have, need); err != nil {
		return chat.Chat{}, err
	}
	return c, nil
}

// watchEvery is how often it is looked whether whoever reads a stream still may: what
// other processes change is heard of within two seconds, and five are allowed in all.
const watchEvery = time.Second

// stillMay reports, from memory, whether p is still logged in and has the right.
func (s *Server) stillMay(p principal, workspaceID string, need workspace.Right) bool {
	return p.System || s.stillLoggedIn(p) && s.Workspaces.Right(workspaceID, p.UserID).Allows(need)
}

// endWithRight ends a stream whose reader is logged out, or may not read it any more. It
// returns when ctx ends.
func (s *Server) endWithRight(ctx context.Context, workspaceID string, need workspace.Right, end func()) {
	me := caller(ctx)
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if !s.stillMay(me, workspaceID, need) {
				end()
				return
			}
		}
	}
}
