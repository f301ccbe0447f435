package api

import (
	"context"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/internal/audit"
)

// AuditRecord is one privileged act.
type AuditRecord struct {
	ID         string    `json:"id"`
	Time       time.Time `json:"time"`
	Action     string    `json:"action" doc:"thing.verb, for example workspace.delete."`
	UserID     string    `json:"userId" doc:"Who acted; empty for the operator at the server and for somebody who was not signed in."`
	UserName   string    `json:"userName"`
	Address    string    `json:"address" doc:"Where it came from; empty for the operator at the server."`
	Target     string    `json:"target" doc:"What it was done to: an id or a text."`
	TargetName string    `json:"targetName"`
	Outcome    string    `json:"outcome" enum:"ok,refused"`
	Detail     string    `json:"detail"`
}

type auditInput struct {
	Limit  int       `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"At most this many items; there may be fewer, even none, before the last page."`
	Cursor string    `query:"cursor" maxLength:"200" doc:"nextCursor of the page before."`
	Query  string    `query:"query" maxLength:"200" doc:"Text that any field has."`
	Action string    `query:"action" maxLength:"100" doc:"A whole action, or its beginning with the dot: workspace."`
	User   string    `query:"user" maxLength:"64" doc:"Id of who acted."`
	Since  time.Time `query:"since" doc:"From this moment on."`
	Until  time.Time `query:"until" doc:"Before this moment."`
}

func (s *Server) registerAdminAudit() {
	huma.Register(s.api, operation("GET", "/api/v1/admin/audit", "list-audit", "What privileged acts were done in the last 90 days, newest first (administrators)", 200), func(ctx context.Context, in *auditInput) (*list[AuditRecord], error) {
		if err := adminsOnly(ctx); err != nil {
			return nil, err
		}
		if s.Admin.Audit == nil {
			return listOf[AuditRecord](nil, ""), nil
		}
		found, next, err := s.Admin.Audit.Find(ctx, audit.Query{Text: in.Query, Action: in.Action, UserID: in.User, Since: in.Since, Until: in.Until, Limit: in.Limit, Cursor: in.Cursor})
		if errors.Is(err, audit.ErrCursor) {
			return nil, invalidField("query.cursor", "Use a cursor as a page before returned it.")
		} else if err != nil {
			return nil, s.fail(err)
		}
		items := make([]AuditRecord, 0, len(found))
		for _, r := range found {
			items = append(items, AuditRecord{r.ID, r.Time, r.Action, r.UserID, r.UserName, r.Address, r.Target, r.TargetName, string(r.Outcome), r.Detail})
		}
		return listOf(items, next), nil
	})
}
