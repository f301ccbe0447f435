package api

import (
	"context"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

type deleteWorkspaceInput struct {
	ID    string `path:"id" maxLength:"64"`
	Grace int    `query:"grace" minimum:"0" maximum:"60" default:"0" doc:"Seconds in which it can still be kept; until they are over everything works as before. 0 = deleted at once."`
}

// registerDeletion is about deleting a workspace, and taking that back.
func (s *Server) registerDeletion() {
	const base = "/api/v1/workspaces/{id}"
	huma.Register(s.api, operation("DELETE", base, "delete-workspace", "Delete it with all its files", 202), func(ctx context.Context, in *deleteWorkspaceInput) (*workspaceOutput, error) {
		if _, err := s.withOrAdmin(ctx, in.ID, workspace.RightOwner); err != nil {
			return nil, err
		}
		w, err := s.Workspaces.DeleteAfter(ctx, in.ID, time.Duration(in.Grace)*time.Second)
		if err != nil {
			return nil, s.fail(err)
		}
		return &workspaceOutput{s.wire(ctx, w)}, nil
	})
	huma.Register(s.api, operation("POST", base+"/keep", "keep-workspace", "Take back that it is to be deleted", 200), func(ctx context.Context, in *workspaceInput) (*workspaceOutput, error) {
		if _, err := s.withOrAdmin(ctx, in.ID, workspace.RightOwner); err != nil {
			return nil, err
		}
		w, err := s.Workspaces.Keep(ctx, in.ID)
		if errors.Is(err, workspace.ErrTooLate) {
			return nil, problem(409, "too_late", "The workspace is being deleted already.")
		}
		if err != nil {
			return nil, s.fail(err)
		}
		return &workspaceOutput{s.wire(ctx, w)}, nil
	})
}
