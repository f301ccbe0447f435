package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

type surveyInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"At most this many items."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"nextCursor of the page before, in the same order."`
	Query  string `query:"query" maxLength:"200" doc:"Words that name, id, repository, template or owner have."`
	Status string `query:"status" enum:"STOPPED,STARTING,RUNNING,STOPPING,ERROR"`
	Owner  string `query:"owner" maxLength:"64" doc:"Id of a user."`
	Sort   string `query:"sort" enum:"name,owner,status,lastActiveAt,createdAt,memory" default:"createdAt"`
	Order  string `query:"order" enum:"asc,desc" default:"asc"`
}

type surveyOutput struct {
	Body struct {
		Items      []Workspace `json:"items" nullable:"false"`
		NextCursor string      `json:"nextCursor,omitempty" doc:"Present when there is more."`
		Total      int         `json:"total" doc:"How many there are on all pages."`
	}
}

func (s *Server) registerAdminWorkspaces() {
	huma.Register(s.api, operation("GET", "/api/v1/admin/workspaces", "list-all-workspaces", "Everybody's workspaces, without the texts of their environments (administrators)", 200), func(ctx context.Context, in *surveyInput) (*surveyOutput, error) {
		if err := adminsOnly(ctx); err != nil {
			return nil, err
		}
		found, err := s.Workspaces.Survey(workspace.SurveyQuery{
			Text: in.Query, Status: workspace.Status(in.Status), OwnerID: in.Owner, Owner: s.nameOf,
			Sort: workspace.SurveyOrder(in.Sort), Desc: in.Order == "desc", Limit: in.Limit, Cursor: in.Cursor,
		})
		if err != nil {
			return nil, s.fail(err)
		}
		out := &surveyOutput{}
		out.Body.Items, out.Body.NextCursor, out.Body.Total = make([]Workspace, 0, len(found.Page)), found.Next, found.Total
		for _, w := range found.Page {
			w.NixConfig = "" // hundreds of them would be most of the answer, and it is not the administrator's to read
			out.Body.Items = append(out.Body.Items, s.wire(ctx, w))
		}
		return out, nil
	})
}

// nameOf is how people know a user; empty for one who is gone.
func (s *Server) nameOf(userID string) (name, email string) {
	u, _ := s.Identity.User(userID)
	return u.Name, u.Email
}
