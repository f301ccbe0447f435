package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/kalpana-dev/kalpana/internal/audit"
	"github.com/kalpana-dev/kalpana/internal/identity"
)

// act says how an operation is recorded.
type act struct {
	// action is what the record is called; "" = it is not recorded, for the reason in why.
	action, why string
	// target is the parameter of the path that says what it was done to.
	target string
	// of is what the target is: it finds its name.
	of targetKind
	// also is another parameter, of path or query, that is recorded unless the answer says more.
	also string
	// fields records which members the request had. Never values.
	fields bool
}

type targetKind int

const (
	aText targetKind = iota
	aWorkspace
	aUser
)

// acts are all operations that change something. A new one must have an entry: a test
// compares it with the OpenAPI document.
var acts = map[string]act{
	"login":  {why: "package identity tells of it, as of logins through providers"},
	"signup": {why: "package identity tells of it"},
	"logout": {action: "session.logout"},

	"update-me":      {action: "account.update", fields: true},
	"create-token":   {action: "token.create"},
	"revoke-token":   {action: "token.revoke", target: "id"},
	"revoke-session": {action: "session.revoke", target: "id"},

	"create-invitation": {action: "invitation.create"},
	"delete-invitation": {action: "invitation.delete", target: "id"},
	"update-user":       {action: "user.update", target: "id", of: aUser},
	"fix-check":         {action: "health.fix", target: "name"},

	"create-workspace":  {action: "workspace.create"},
	"update-workspace":  {action: "workspace.update", target: "id", of: aWorkspace, fields: true},
	"start-workspace":   {action: "workspace.start", target: "id", of: aWorkspace},
	"stop-workspace":    {action: "workspace.stop", target: "id", of: aWorkspace},
	"restart-workspace": {action: "workspace.restart", target: "id", of: aWorkspace},
	"delete-workspace":  {action: "workspace.delete", target: "id", of: aWorkspace, also: "grace"},
	"keep-workspace":    {action: "workspace.keep", target: "id", of: aWorkspace},
	"clone-again":       {action: "workspace.clone", target: "id", of: aWorkspace},
	"set-share":         {action: "workspace.share", target: "id", of: aWorkspace, also: "email"},
	"delete-share":      {action: "workspace.unshare", target: "id", of: aWorkspace, also: "userId"},
	"create-link":       {action: "link.create", target: "id", of: aWorkspace},
	"delete-link":       {action: "link.delete", target: "id", of: aWorkspace, also: "linkId"},
	"set-port":          {action: "port.update", target: "id", of: aWorkspace, also: "port"},
	"set-agent-rules":   {action: "workspace.agent-rules", target: "id", of: aWorkspace},

	"create-template":  {action: "template.create"},
	"update-template":  {action: "template.update", target: "id", fields: true},
	"delete-template":  {action: "template.delete", target: "id"},
	"publish-template": {action: "template.publish", target: "id"},
	"try-template":     {action: "template.try", target: "id"},

	"disconnect-github":     {action: "github.disconnect"},
	"put-git-credential":    {action: "gitcredential.set", target: "host"},
	"delete-git-credential": {action: "gitcredential.delete", target: "host"},
	"set-variable":          {action: "variable.set", target: "name"},
	"delete-variable":       {action: "variable.delete", target: "name"},
	"update-agent":          {action: "agent.update", fields: true},
	"set-agent-key":         {action: "agentkey.set"},
	"delete-agent-key":      {action: "agentkey.delete"},
	"delete-chat":           {action: "chat.delete", target: "chatId"},

	"create-chat":         {why: "conversations are a record themselves"},
	"update-chat":         {why: "conversations are a record themselves"},
	"send-message":        {why: "conversations are a record themselves"},
	"stop-turn":           {why: "conversations are a record themselves"},
	"answer-approval":     {why: "there are too many, and the conversation has them"},
	"restore-checkpoint":  {why: "the conversation says so"},
	"open-in-editor":      {why: "it changes what an open editor shows"},
	"validate-template":   {why: "it changes nothing"},
	"replay-port-request": {why: "it is what opening the port does"},
	"github-webhook":      {why: "it is GitHub's, and kept with the repository"},
}

// maxFields bounds what is read of a request to name its members.
const maxFields = 64 << 10

// noted is what is found out about an act while it is done.
type noted struct {
	detail             string
	said               bool // the answer said more
	target, targetName string
	code               string // of the problem it was refused with
}

type notedKey struct{}

// note adds to the record of the act that ctx is of. It must hold no secret.
func note(ctx context.Context, detail string) {
	if n, ok := ctx.Value(notedKey{}).(*noted); ok {
		n.detail = joined(n.detail, detail)
	}
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ", " + b
}

// recordActs records what an operation did, or that it was refused, after its answer.
func (s *Server) recordActs(ctx huma.Context, next func(huma.Context)) {
	a := acts[ctx.Operation().OperationID]
	if a.action == "" || s.Admin.Audit == nil {
		next(ctx)
		return
	}
	r, _ := humago.Unwrap(ctx)
	n := &noted{}
	if a.target != "" {
		n.target = plain(ctx.Param(a.target))
	}
	me := caller(ctx.Context())
	switch a.of {
	case aWorkspace: // now: it may be gone afterwards
		for _, w := range s.Workspaces.Known(n.target) {
			n.targetName = w.Name
			if w.OwnerID != me.UserID {
				n.detail = "of " + s.called(w.OwnerID)
			}
		}
	case aUser:
		n.targetName = s.called(n.target)
	}
	var body bytes.Buffer
	if a.fields {
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(r.Body, &limitedBuffer{&body}), r.Body}
	}
	finished := false
	defer func() { s.recordAct(ctx, a, n, body.Bytes(), finished) }() // what panics is recorded, too
	next(huma.WithValue(ctx, notedKey{}, n))
	finished = true
}

// recordAct adds the record of an act that has ended.
func (s *Server) recordAct(ctx huma.Context, a act, n *noted, body []byte, finished bool) {
	r, _ := humago.Unwrap(ctx)
	me := caller(ctx.Context())
	if a.also != "" && !n.said {
		also := plain(ctx.Param(a.also)) + ctx.Query(a.also)
		if name := s.called(also); name != "" {
			also = name
		}
		if also != "" {
			n.detail = joined(a.also+" "+also, n.detail)
		}
	}
	record := audit.Record{Action: a.action, UserID: me.UserID, UserName: me.Name, Target: n.target, TargetName: n.targetName, Outcome: audit.OK, Detail: n.detail}
	if record.UserName == "" {
		record.UserName = s.called(me.UserID)
	}
	if me.System {
		record.Detail = joined(record.Detail, "at the server's socket")
		if me.UserID == "" {
			record.UserName = "operator"
		}
	} else if s.Admin.Address != nil {
		record.Address = s.Admin.Address(r)
	}
	if me.TokenID != "" {
		record.Detail = joined(record.Detail, "with an API token")
	}
	switch status := ctx.Status(); {
	case !finished:
		record.Outcome, record.Detail = audit.Refused, joined("internal_error", record.Detail)
	case status >= 400:
		record.Outcome = audit.Refused
		if n.code == "" {
			n.code = fmt.Sprint(status)
		}
		record.Detail = joined(n.code, record.Detail)
	case a.fields:
		record.Detail = joined(members(body), record.Detail)
	}
	s.Admin.Audit.Record(record)
}

// plain is a parameter of a path as it was meant.
func plain(param string) string {
	if text, err := url.PathUnescape(param); err == nil {
		return text
	}
	return param
}

// called is how people know a user; "" for nobody.
func (s *Server) called(userID string) string {
	u, ok := s.Identity.User(userID)
	switch {
	case !ok:
		return ""
	case u.Name != "":
		return u.Name
	case u.Email != "":
		return u.Email
	}
	return u.ID
}

// limitedBuffer keeps the beginning of what is written.
type limitedBuffer struct{ to *bytes.Buffer }

func (l *limitedBuffer) Write(p []byte) (int, error) {
	l.to.Write(p[:min(len(p), max(maxFields-l.to.Len(), 0))])
	return len(p), nil
}

// members are the names of the members of an object that was accepted, so that they are
// names of ours. A body that is too long to be read has none.
func members(body []byte) string {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return ""
	}
	return strings.Join(slices.Sorted(maps.Keys(object)), ", ")
}

// named is an answer that says what an act was done to.
type named interface{ auditTarget() (id, name string) }

// detailed is an answer that says more about an act. It must hold no secret.
type detailed interface{ auditDetail() string }

// noteAnswer takes out of an answer what the record of an act says. It is a
// huma.Transformer that changes nothing.
func noteAnswer(ctx huma.Context, _ string, v any) (any, error) {
	n, ok := ctx.Context().Value(notedKey{}).(*noted)
	if !ok {
		return v, nil
	}
	if p, refused := v.(*Problem); refused {
		n.code = p.Code
		return v, nil
	}
	if x, ok := v.(named); ok && n.target == "" {
		n.target, n.targetName = x.auditTarget()
	} else if ok && n.targetName == "" {
		if id, name := x.auditTarget(); id == n.target {
			n.targetName = name
		}
	}
	if x, ok := v.(detailed); ok {
		n.detail, n.said = joined(x.auditDetail(), n.detail), true
	}
	return v, nil
}

func (w Workspace) auditTarget() (id, name string)  { return w.ID, w.Name }
func (t Token) auditTarget() (id, name string)      { return t.ID, t.Name }
func (i Invitation) auditTarget() (id, name string) { return i.ID, i.Email }
func (t Template) auditTarget() (id, name string)   { return t.ID, t.Name }

func (i Invitation) auditDetail() string {
	if i.Admin {
		return "as administrator"
	}
	return ""
}

func (p WorkspacePort) auditDetail() string {
	return fmt.Sprintf("port %d for %s", p.Port, p.Visibility)
}

func (x Share) auditDetail() string {
	text := fmt.Sprintf("%s for %s", x.Right, x.Email)
	if x.Until != nil {
		text += " until " + x.Until.UTC().Format(time.RFC3339)
	}
	return text
}

func (l PortLink) auditDetail() string {
	text := fmt.Sprintf("port %d until %s", l.Port, l.Until.UTC().Format(time.RFC3339))
	if l.Password {
		text += ", with a password"
	}
	return text
}

// RecordEvent records what package identity tells.
func RecordEvent(trail AuditTrail, e identity.Event) {
	r := audit.Record{Action: e.Action, UserID: e.UserID, UserName: e.Name, Address: e.Address, Target: e.Tried, Outcome: audit.OK, Detail: e.Detail}
	if !e.OK {
		r.Outcome = audit.Refused
	}
	trail.Record(r)
}
