package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/internal/audit"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/metrics"
	"github.com/kalpana-dev/kalpana/internal/spend"
	"github.com/kalpana-dev/kalpana/internal/user"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// AuditTrail keeps the record of privileged acts; see package audit.
type AuditTrail interface {
	Record(audit.Record)
	Find(ctx context.Context, q audit.Query) (found []audit.Record, next string, err error)
}

// AdminOptions are what administration stands on.
type AdminOptions struct {
	// Audit may be nil: then nothing is recorded, and the list of acts is empty.
	Audit AuditTrail
	// Address says where a request came from. Default: unknown.
	Address func(*http.Request) string
	// Health looks at what the installation needs.
	Health func(context.Context) []Check
	// Fix does what the server can about a check and looks at it again; ErrNoFix if it can
	// do nothing.
	Fix func(ctx context.Context, name string) (Check, error)
	// Figures gathers the metrics.
	Figures   func() (metrics.Figures, error)
	StartedAt time.Time
}

// ErrNoFix: there is no such check, or the server can do nothing about it.
var ErrNoFix = errors.New("the server cannot fix this by itself")

func (s *Server) registerAdmin() {
	s.registerAdminUsers()
	s.registerAdminAudit()
	s.registerAdminHealth()
	s.registerAdminMetrics()
	s.registerSetup()
}

// AdminUser is a user as administrators see them.
type AdminUser struct {
	Account
	Suspended     bool       `json:"suspended"`
	CreatedAt     time.Time  `json:"createdAt"`
	LastSeenAt    *time.Time `json:"lastSeenAt" doc:"Up to ten minutes behind for somebody who has signed out; null = never."`
	Providers     []string   `json:"providers" nullable:"false" doc:"Ways to sign in that the account has: password, github, oidc."`
	Workspaces    int        `json:"workspaces" doc:"How many they own."`
	MaxWorkspaces *int       `json:"maxWorkspaces" doc:"Their own limit; null = the installation's."`
	SpentToday    *float64   `json:"spentToday" doc:"US dollars that the agent cost since midnight UTC; null = not known just now."`
	Budget        *float64   `json:"budget" doc:"Their own limit of US dollars a day; 0 = the agent is off for them; null = the installation's."`
}

// nanoPerDollar is how many units of account a US dollar has.
const nanoPerDollar = 1e9

func (s *Server) adminUser(ctx context.Context, u user.User, owned map[string]int) AdminUser {
	out := AdminUser{Account: account(u), Suspended: u.Suspended, CreatedAt: u.CreatedAt, LastSeenAt: optionalTime(u.LastSeenAt), Providers: []string{}, Workspaces: owned[u.ID]}
	if u.PasswordHash != "" {
		out.Providers = append(out.Providers, "password")
	}
	for _, i := range u.Identities {
		out.Providers = append(out.Providers, i.Provider)
	}
	if u.MaxWorkspaces != 0 {
		n := max(u.MaxWorkspaces, 0)
		out.MaxWorkspaces = &n
	}
	if u.DayBudget != 0 {
		d := float64(max(u.DayBudget, 0)) / nanoPerDollar
		out.Budget = &d
	}
	if spent, err := s.Ledger.Spent(ctx, spend.Who{UserID: u.ID}); err == nil {
		d := dollars(spent.UserDay)
		out.SpentToday = &d
	}
	return out
}

// owned counts workspaces by owner.
func (s *Server) owned() map[string]int { return s.Workspaces.CountByOwner() }

type usersInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"At most this many items."`
	Cursor string `query:"cursor" maxLength:"1000" doc:"nextCursor of the page before, in the same order."`
	Query  string `query:"query" maxLength:"200" doc:"Text that name, email, id or login name has."`
	Sort   string `query:"sort" enum:"name,email,createdAt,lastSeenAt" default:"createdAt"`
	Order  string `query:"order" enum:"asc,desc" default:"asc"`
}

type usersOutput struct {
	Body struct {
		Items      []AdminUser `json:"items" nullable:"false"`
		NextCursor string      `json:"nextCursor,omitempty" doc:"Present when there is more."`
		Total      int         `json:"total" doc:"How many there are on all pages."`
	}
}

type updateUserInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Admin         *bool            `json:"admin,omitempty"`
		Suspended     *bool            `json:"suspended,omitempty" doc:"A suspended user is signed out everywhere within seconds."`
		MaxWorkspaces optional[int]    `json:"maxWorkspaces,omitempty" doc:"0 to 10000; null = the installation's limit."`
		Budget        optional[dollar] `json:"budget,omitempty" doc:"US dollars a day, 0 to 1000000; 0 = the agent is off; null = the installation's limit."`
	}
}

type userOutput struct{ Body AdminUser }

func (s *Server) registerAdminUsers() {
	huma.Register(s.api, operation("GET", "/api/v1/admin/users", "list-users", "Everybody (administrators)", 200), func(ctx context.Context, in *usersInput) (*usersOutput, error) {
		if err := adminsOnly(ctx); err != nil {
			return nil, err
		}
		found, next, total, err := s.Identity.Users(identity.UserQuery{Text: in.Query, Sort: in.Sort, Descending: in.Order == "desc", Limit: in.Limit, Cursor: in.Cursor})
		if err != nil {
			return nil, s.fail(err)
		}
		out, owned := &usersOutput{}, s.owned()
		out.Body.Items, out.Body.NextCursor, out.Body.Total = make([]AdminUser, 0, len(found)), next, total
		for _, u := range found {
			out.Body.Items = append(out.Body.Items, s.adminUser(ctx, u, owned))
		}
		return out, nil
	})
	huma.Register(s.api, operation("PATCH", "/api/v1/admin/users/{id}", "update-user", "Make administrator, suspend, set limits (administrators)", 200), s.updateUser)
}

func (s *Server) updateUser(ctx context.Context, in *updateUserInput) (*userOutput, error) {
	if err := adminsOnly(ctx); err != nil {
		return nil, err
	}
	b := in.Body
	var limits identity.Limits
	var changes []string
	if b.Admin != nil {
		changes = append(changes, fmt.Sprintf("admin=%v", *b.Admin))
	}
	if b.Suspended != nil {
		changes = append(changes, fmt.Sprintf("suspended=%v", *b.Suspended))
	}
	if b.MaxWorkspaces.Sent {
		n, text := 0, "default"
		if !b.MaxWorkspaces.Null {
			if n = b.MaxWorkspaces.Value; n < 0 || n > 10_000 {
				return nil, invalidField("body.maxWorkspaces", "Choose from 0 to 10000 workspaces, or null for the installation's limit.")
			}
			text = fmt.Sprint(n)
		}
		if n == 0 && !b.MaxWorkspaces.Null {
			n = -1 // none, where 0 is the default
		}
		limits.MaxWorkspaces = &n
		changes = append(changes, "maxWorkspaces="+text)
	}
	if b.Budget.Sent {
		nano, text := int64(0), "default"
		if !b.Budget.Null {
			d := float64(b.Budget.Value)
			if !(d >= 0 && d <= 1_000_000) {
				return nil, invalidField("body.budget", "Choose from 0 to 1000000 dollars a day, or null for the installation's limit.")
			}
			if nano = int64(math.Round(d * nanoPerDollar)); nano == 0 {
				nano = -1 // nothing, where 0 is the default
			}
			text = fmt.Sprintf("$%g a day", d)
		}
		limits.DayBudget = &nano
		changes = append(changes, "budget="+text)
	}
	note(ctx, strings.Join(changes, ", "))
	if b.Admin != nil && *b.Admin { // as with invitations: a token that leaked makes no administrators
		if err := humansOnly(ctx); err != nil {
			return nil, err
		}
	}
	if in.ID == caller(ctx).UserID && b.Suspended != nil && *b.Suspended {
		if err := s.Identity.MayLose(in.ID); err != nil {
			return nil, s.failAdmin(err)
		}
		return nil, problem(409, "own_account", "Ask another administrator: nobody can lock themselves out here.")
	}
	// What can be refused goes first, so that a refusal has changed nothing.
	if b.Admin != nil {
		if err := s.Identity.SetAdmin(ctx, in.ID, *b.Admin); err != nil {
			return nil, s.failAdmin(err)
		}
	}
	if b.Suspended != nil {
		if err := s.Identity.SetSuspended(ctx, in.ID, *b.Suspended); err != nil {
			return nil, s.failAdmin(err)
		}
		if *b.Suspended {
			if err := s.stopAllOf(ctx, in.ID); err != nil {
				return nil, s.fail(err)
			}
		}
	}
	if limits != (identity.Limits{}) {
		if err := s.Identity.SetLimits(ctx, in.ID, limits); err != nil {
			return nil, s.failAdmin(err)
		}
	}
	u, ok := s.Identity.User(in.ID)
	if !ok {
		return nil, s.fail(user.ErrNotFound)
	}
	return &userOutput{s.adminUser(ctx, u, s.owned())}, nil
}

// stopAllOf stops what a user runs: the programs of a suspended one, their public ports and
// what they have shared must not go on without them.
func (s *Server) stopAllOf(ctx context.Context, userID string) error {
	cursor := ""
	for {
		page, next, err := s.Workspaces.List(ctx, userID, 200, cursor)
		if err != nil {
			return err
		}
		for _, w := range page {
			if _, err := s.Workspaces.Stop(ctx, w.ID, "its owner is suspended"); err != nil && !errors.Is(err, workspace.ErrNotFound) && !errors.Is(err, workspace.ErrDeleting) {
				return err
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}

func (s *Server) failAdmin(err error) error {
	if errors.Is(err, identity.ErrLastAdmin) {
		return problem(409, "last_admin", "This is the only administrator. Make somebody else one first.")
	}
	return s.fail(err)
}

// optional is a member of a change that may be left out, null or a value.
type optional[T any] struct {
	Sent, Null bool
	Value      T
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *optional[T]) UnmarshalJSON(data []byte) error {
	o.Sent, o.Null = true, string(data) == "null"
	if o.Null {
		return nil
	}
	return json.Unmarshal(data, &o.Value)
}

// Schema implements huma.SchemaProvider: the value's, or null.
func (optional[T]) Schema(r huma.Registry) *huma.Schema {
	kind := huma.TypeNumber
	var v T
	if _, whole := any(v).(int); whole {
		kind = huma.TypeInteger
	}
	return &huma.Schema{Type: kind, Nullable: true}
}

// dollar is an amount of US dollars.
type dollar float64

// limitOf is how many workspaces the caller may have; below 0 is none.
func (s *Server) limitOf(ctx context.Context) int {
	if u, ok := s.Identity.User(caller(ctx).UserID); ok && u.MaxWorkspaces != 0 {
		return u.MaxWorkspaces
	}
	return s.Config.MaxWorkspacesPerUser
}
