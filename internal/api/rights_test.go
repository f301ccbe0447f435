package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/inspect"
	"github.com/kalpana-dev/kalpana/internal/metrics"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/portlease"
	"github.com/kalpana-dev/kalpana/internal/provision"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/spend"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// Who may do what that is not about one workspace.
const (
	anybody   = "anybody"
	signedIn  = "signed in" // about what is the caller's own
	admins    = "admins"
	orAdmins  = "+admins" // behind a right: administrators may, too
	justOwner = string(workspace.RightOwner)
	edit      = string(workspace.RightEdit)
	use       = string(workspace.RightUse)
	view      = string(workspace.RightView)
)

// decisions say of every operation of the API who may call it. An operation that is not
// here fails the test: whoever adds one decides.
var decisions = map[string]string{
	"healthz": anybody, "readyz": anybody, "root-healthz": anybody, "root-readyz": anybody, "login-providers": anybody,
	"login": anybody, "signup": anybody, "github-webhook": anybody,

	"logout": signedIn, "get-me": signedIn, "update-me": signedIn, "events": signedIn,
	"get-agent": signedIn, "update-agent": signedIn, "set-agent-key": signedIn, "delete-agent-key": signedIn, "list-models": signedIn,
	"list-git-credentials": signedIn, "put-git-credential": signedIn, "delete-git-credential": signedIn,
	"get-github": signedIn, "disconnect-github": signedIn, "list-github-repos": signedIn, "get-github-repo": signedIn, "list-github-branches": signedIn,
	"list-sessions": signedIn, "revoke-session": signedIn, "list-tokens": signedIn, "create-token": signedIn, "revoke-token": signedIn,
	"list-variables": signedIn, "set-variable": signedIn, "delete-variable": signedIn,
	"list-templates": signedIn, "create-template": signedIn, "validate-template": signedIn, "get-template": signedIn, "update-template": signedIn,
	"delete-template": signedIn, "publish-template": signedIn, "try-template": signedIn, "list-template-versions": signedIn,
	// Lists of what the caller may see: see the tests below.
	"list-workspaces": signedIn, "create-workspace": signedIn, "workspace-facts": signedIn,

	"list-users": admins, "update-user": admins, "list-all-workspaces": admins, "list-audit": admins, "admin-health": admins, "fix-check": admins,
	"admin-metrics": admins, "get-setup": admins, "list-invitations": admins, "create-invitation": admins, "delete-invitation": admins,

	"get-workspace": view, "get-workspace-repository": view, "get-unpushed-work": view,
	"review-workspace": view, "review-diff": view, "review-file": view, "review-files": view,
	"list-chats": view, "get-chat": view, "list-messages": view, "resume-turn": view,

	"start-workspace": use, "list-ports": use, "workspace-logs": use,

	"restart-workspace": edit, "stop-workspace": edit + orAdmins, "clone-again": edit, "open-in-editor": edit, "set-port": edit, "get-agent-rules": edit,
	"list-port-requests": edit, "get-port-request": edit, "replay-port-request": edit,
	"create-chat": edit, "update-chat": edit, "delete-chat": edit, "send-message": edit, "stop-turn": edit, "answer-approval": edit, "diff-checkpoint": edit, "restore-checkpoint": edit,

	"update-workspace": justOwner, "delete-workspace": justOwner + orAdmins, "keep-workspace": justOwner + orAdmins, "set-agent-rules": justOwner,
	"list-shares": justOwner, "set-share": justOwner, "delete-share": justOwner, "list-links": justOwner, "create-link": justOwner, "delete-link": justOwner,
}

// bodies are what operations about a workspace are sent; %s is the chat.
var bodies = map[string]string{
	"update-workspace": `{"name":"other"}`, "set-port": `{"visibility":"users"}`, "set-agent-rules": `{"rules":"allow run true"}`, "open-in-editor": `{"path":"a"}`,
	"create-chat": `{}`, "update-chat": `{"title":"x"}`, "stop-turn": `{}`, "answer-approval": `{"approved":true}`, "restore-checkpoint": `{"checkpoint":"c","files":true,"chat":false}`,
	"send-message": `{"id":"%s","messages":[{"id":"m","role":"user","parts":[{"type":"text","text":"hi"}]}]}`,
	"set-share":    `{"right":"view"}`, "create-link": `{"port":3000,"ttl":600}`,
}

// rightsStand is the whole API on a real database, and people with all rights to its workspaces.
type rightsStand struct {
	t      *testing.T
	server *Server
	store  *mongostore.Store
	web    *httptest.Server
	events *Events
	people map[string]person // by what they are: owner, edit, use, view, stranger, admin
	made   int
}

type person struct{ id, email, token string }

// lazyEngine has no containers and makes none.
type lazyEngine struct{}

func (lazyEngine) Create(context.Context, workspace.ContainerSpec) (string, error) {
	return "", workspace.ErrImageMissing
}
func (lazyEngine) Start(context.Context, string) error  { return nil }
func (lazyEngine) Pause(context.Context, string) error  { return nil }
func (lazyEngine) Resume(context.Context, string) error { return nil }
func (lazyEngine) Remove(context.Context, string, time.Duration) error {
	return nil
}
func (lazyEngine) RemoveVolumes(context.Context, string) error {
	return nil
}
func (lazyEngine) List(context.Context) ([]workspace.Container, error)         { return nil, nil }
func (lazyEngine) Find(context.Context, string) ([]workspace.Container, error) { return nil, nil }
func (lazyEngine) Logs(context.Context, string, int) ([]string, error) {
	return nil, nil
}
func (lazyEngine) Events(context.Context) <-chan workspace.Event { return nil }

type noBridges struct{}

func (noBridges) Connect(context.Context, string, bool, func(string)) (chat.Bridge, error) {
	return nil, errors.New("no bridge here")
}
func (noBridges) Touch(string)                                 {}
func (noBridges) PortURL(id string, port int, _ string) string { return fmt.Sprint(id, port) }

func newRightsStand(t *testing.T) *rightsStand {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: a Unix socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	db, err := embeddeddb.Open(dir, log)
	if err != nil {
		t.Fatal(err)
	}
	store, err := mongostore.Open(t.Context(), db.URI(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		store.Close(context.WithoutCancel(t.Context()))
		db.Close()
		os.RemoveAll(dir)
	})
	box, err := secretbox.New(bytes.Repeat([]byte("s"), secretbox.MinSecretBytes))
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := identity.New(identity.Options{Store: store, Box: box, BaseURL: "https://ws.localhost", Signup: identity.SignupOpen})
	if err != nil {
		t.Fatal(err)
	}
	st := &rightsStand{t: t, store: store, events: NewEvents(), people: map[string]person{}}
	for _, name := range []string{"admin", "owner", "edit", "use", "view", "stranger"} { // the first account is an administrator's
		u, err := accounts.EnsureUser(t.Context(), name+"@example.com", name == "admin")
		if err != nil {
			t.Fatal(err)
		}
		token, _, err := accounts.CreateToken(t.Context(), u.ID, "test", 0)
		if err != nil {
			t.Fatal(err)
		}
		st.people[name] = person{u.ID, u.Email, token}
	}
	workspaces := workspace.New(workspace.Options{
		Store: store.Workspaces(), Engine: lazyEngine{}, Leases: portlease.New(store.Ports(), portlease.Options{Start: 40000, End: 49998, Rest: -1}), Key: box.WorkspaceKey, Image: "none", Log: log, Announcers: []workspace.Announcer{st.events}})
	t.Cleanup(func() { workspaces.Close(context.WithoutCancel(t.Context())) })
	ledger := spend.New(store, spend.Limits{}, time.Now, nil)
	chats := chat.New(chat.Options{
		Store: store.Chats(), Workspaces: noBridges{}, Models: func(string) (chat.Model, error) { return nil, chat.ErrOff }, Box: box, Ledger: ledger, Announcer: st.events, Observer: metrics.New(), Log: log,
		MayGoOn: func(string) bool { return true },
	})
	t.Cleanup(func() { chats.Close(context.WithoutCancel(t.Context())) })
	c := config.Config{WorkspaceDomain: "localhost"}.Defaults()
	st.server = New(Options{
		Config: c, Identity: accounts, Workspaces: workspaces, Chats: chats, Ledger: ledger, Events: st.events, Log: log, Version: "0",
		Activity:   func(string) []string { return nil },
		Ready:      func(context.Context) map[string]error { return nil },
		CloneAgain: func(context.Context, string) error { return provision.ErrNotRunning },
		Repository: RepositoryOptions{Known: store},
		Inspect: InspectOptions{Requests: inspect.New(nil), Replay: func(context.Context, Visitor, inspect.Target, inspect.Exchange) (inspect.Exchange, error) {
			return inspect.Exchange{}, inspect.ErrNotRunning
		}},
		Review: ReviewOptions{
			Ask:       func(context.Context, workspace.Workspace, func(BridgeCaller) error) error { return bridgeGone },
			SecretsOf: func(context.Context, string) ([]string, error) { return nil, nil },
		},
		Sharing: Sharing{LinkURL: func(id string, port int, code string) string {
			return fmt.Sprintf("https://%d-%s.ws.localhost/?%s", port, id, code)
		}, LinkVisits: store.LinkVisits},
	})
	st.web = httptest.NewServer(st.server)
	t.Cleanup(st.web.Close)
	return st
}

var bridgeGone = &bridge.Error{Code: bridge.CodeInternal, Message: "gone"}

// workspace adds one that is shared with everybody according to their name, and a chat in it.
func (st *rightsStand) workspace() (id, chatID string) {
	st.t.Helper()
	st.made++
	id = fmt.Sprintf("w%011d", st.made)
	now := time.Now().UTC()
	w := workspace.Workspace{
		ID: id, OwnerID: st.people["owner"].id, Name: id, Status: workspace.StatusStopped, Desired: workspace.DesiredStopped, Request: id, Slot: st.made, Version: 1,
		CreatedAt: now, UpdatedAt: now, NixConfig: "secret of the owner", Memory: 1 << 30, CPU: 1e9,
	}
	for _, right := range []workspace.Right{workspace.RightView, workspace.RightUse, workspace.RightEdit} {
		w.Shares = append(w.Shares, workspace.Share{UserID: st.people[string(right)].id, Right: right, CreatedAt: now})
	}
	slices.SortFunc(w.Shares, func(a, b workspace.Share) int { return strings.Compare(a.UserID, b.UserID) })
	if err := st.store.Workspaces().Insert(st.t.Context(), w); err != nil {
		st.t.Fatal(err)
	}
	c, err := st.server.Chats.Create(st.t.Context(), chat.CreateInput{WorkspaceID: id, OwnerID: w.OwnerID, Title: "t"})
	if err != nil {
		st.t.Fatal(err)
	}
	return id, c.ID
}

// known is workspace, of which the service has heard.
func (st *rightsStand) known() (id, chatID string) {
	st.t.Helper()
	id, chatID = st.workspace()
	name := "known"
	if _, err := st.server.Workspaces.Update(st.t.Context(), id, workspace.UpdateInput{Name: &name}); err != nil {
		st.t.Fatal(err)
	}
	return id, chatID
}

// ask calls the API as one of the people; "" is nobody.
func (st *rightsStand) ask(who, method, path, body string) answer {
	st.t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(st.t.Context(), method, st.web.URL+path, content)
	if err != nil {
		st.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+st.people[who].token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		st.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		st.t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, text: string(raw)}
	json.Unmarshal(raw, &a.json) // a log is text
	return a
}

// TestEveryOperationAsksForItsRight calls every operation of the OpenAPI document as
// everybody, and compares with decisions.
func TestEveryOperationAsksForItsRight(t *testing.T) {
	st := newRightsStand(t)
	people := []string{"owner", "edit", "use", "view", "stranger", "admin"}
	seen := map[string]bool{}
	for path, item := range st.server.api.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete} {
			if op == nil {
				continue
			}
			id := op.OperationID
			seen[id] = true
			decision, decided := decisions[id]
			if !decided {
				t.Errorf("%s %s (%s): nobody has decided who may call it", method, path, id)
				continue
			}
			address := func(workspaceID, chatID string) string {
				return strings.NewReplacer("{id}", workspaceID, "{chatId}", chatID, "{port}", "3000", "{rid}", "abc", "{email}", "stranger@example.com",
					"{userId}", st.people["view"].id, "{linkId}", "abc", "{approvalId}", "abc", "{checkpoint}", "abc", "{name}", "docker", "{host}", "git.test", "{owner}", "o").Replace(path) + queryOf(id)
			}
			body := func(chatID string) string {
				if b := bodies[id]; strings.Contains(b, "%s") {
					return fmt.Sprintf(b, chatID)
				}
				return bodies[id]
			}
			about := strings.HasPrefix(path, "/api/v1/workspaces/{id}") || strings.HasPrefix(path, "/api/v1/chats")
			if got := st.ask("", method, address("w", "c"), body("c")); (got.status == 401) == (decision == anybody) && id != "login" {
				t.Errorf("%s by nobody: %d %s", id, got.status, got.text)
			}
			if !about {
				if decision != anybody && decision != signedIn && decision != admins {
					t.Errorf("%s is decided as %q but is about no workspace", id, decision)
				}
				if decision != admins {
					continue
				}
				if got := st.ask("stranger", method, address("w", "c"), adminBodies[id]); got.status != 403 || got.code() != "admin_required" {
					t.Errorf("%s by somebody who is no administrator: %d %s", id, got.status, got.text)
				}
				continue
			}
			need, withAdmins := strings.CutSuffix(decision, orAdmins)
			unknown := st.ask("owner", method, address("nobodyhasit1", "nosuchchat"), body("nosuchchat"))
			if unknown.status != 404 {
				t.Errorf("%s of nothing: %d %s", id, unknown.status, unknown.text)
			}
			for _, who := range people {
				workspaceID, chatID := st.workspace()
				got := st.ask(who, method, address(workspaceID, chatID), body(chatID))
				have := workspace.Right(who)
				if who == "stranger" || who == "admin" {
					have = workspace.RightNone
				}
				if id == "delete-share" && who == "view" {
					have = workspace.RightOwner // whoever it is shared with may end that
				}
				switch {
				case have.Allows(workspace.Right(need)) || who == "admin" && withAdmins:
					if got.status == 401 || got.status == 403 && got.code() == "right_required" || got.text == unknown.text && !aboutParts[id] || got.status == 422 || got.status == 500 || got.status == 400 {
						t.Errorf("%s by %s: refused with %d %s", id, who, got.status, got.text)
					}
				case have == workspace.RightNone:
					if got.status != 404 || got.text != unknown.text {
						t.Errorf("%s by %s: %d %s\nwhere nothing is: %s", id, who, got.status, got.text, unknown.text)
					}
				default:
					if got.status != 403 || got.code() != "right_required" || got.json["right"] != need {
						t.Errorf("%s by %s: %d %s, want 403 that asks for %s", id, who, got.status, got.text, need)
					}
				}
			}
		}
	}
	for id := range decisions {
		if !seen[id] {
			t.Errorf("%s is decided but is no operation", id)
		}
	}
}

// aboutParts are operations that answer alike for a chat that is not there and for a part
// of it that is not.
var aboutParts = map[string]bool{"diff-checkpoint": true, "restore-checkpoint": true, "answer-approval": true}

// adminBodies are for operations that would refuse an empty one before they ask who calls.
var adminBodies = map[string]string{"update-user": `{}`, "create-invitation": `{}`}

func queryOf(id string) string {
	switch id {
	case "review-file", "review-diff", "review-files":
		return "?path=a"
	case "workspace-facts":
		return "?id=a"
	}
	return ""
}
