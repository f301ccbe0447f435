package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/internal/provision"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// Workspace is a workspace on the wire.
type Workspace struct {
	ID           string `json:"id" pattern:"^[a-z0-9]{12}$"`
	Name         string `json:"name"`
	Status       string `json:"status" enum:"STOPPED,STARTING,RUNNING,STOPPING,ERROR"`
	Paused       bool   `json:"paused" doc:"It is RUNNING, and stands still until somebody opens it or starts it."`
	StatusReason string `json:"statusReason" doc:"Why it is in this status, as a sentence; empty when there is nothing to say."`
	VSCodePort   int    `json:"vscodePort" doc:"Leased host port of VS Code; 0 without a lease."`
	AgentPort    int    `json:"agentPort" doc:"Leased host port of the bridge; 0 without a lease."`
	ContainerID  string `json:"containerId"`
	VSCodeURL    string `json:"vscodeUrl" format:"uri"`
	AgentURL     string `json:"agentUrl" format:"uri"`
	Template     string `json:"template"`
	GithubRepo   string `json:"githubRepo"`
	Branch       string `json:"branch"`
	NixConfig    string `json:"nixConfig"`
	// What the last start put into it.
	TemplateVersion int        `json:"templateVersion" doc:"The version that counts; 0 before the first start."`
	Folder          string     `json:"folder" doc:"Where the editor opens, relative to /workspace."`
	Clone           Clone      `json:"clone"`
	Packages        []string   `json:"packages" nullable:"false" doc:"Debian packages that its image has beyond the others."`
	Notices         []Notice   `json:"notices" nullable:"false" doc:"What did not work at the last start although the workspace runs."`
	Memory          int64      `json:"memory" doc:"Bytes."`
	CPU             int64      `json:"cpu" doc:"Billionths of a core."`
	IdleTimeout     int64      `json:"idleTimeout" doc:"Seconds without use after which it is stopped; 0 = never."`
	LastActiveAt    *time.Time `json:"lastActiveAt"`
	Activity        []string   `json:"activity" nullable:"false" doc:"What keeps it in use at this moment."`
	StopsAt         *time.Time `json:"stopsAt" doc:"When it will be stopped if it is not used until then; null when it will not."`
	DeletesAt       *time.Time `json:"deletesAt" doc:"When it will be deleted unless it is kept; null when it will not."`
	CreatedAt       time.Time  `json:"createdAt"`
	UpdatedAt       time.Time  `json:"updatedAt"`
	OwnerID         string     `json:"ownerId"`
	Owner           Person     `json:"owner"`
	Right           string     `json:"right" enum:",view,use,edit,owner" doc:"Yours: each allows all that those before it do. Empty for administrators who have none."`
	RightUntil      *time.Time `json:"rightUntil" doc:"When what somebody shared with you ends; null = never, or it is yours."`
	SharedWith      int        `json:"sharedWith" doc:"How many people it is shared with, for its owner; else 0."`
}

// Clone tells how the repository came into a workspace.
type Clone struct {
	State   string `json:"state" enum:",done,failed"`
	Problem string `json:"problem" doc:"Why it failed, as a sentence."`
}

// Notice is one thing that did not work.
type Notice struct {
	Kind string `json:"kind" enum:"clone,environment,variables,extensions,setup,template,image"`
	Text string `json:"text" doc:"A sentence for people."`
}

// wire is w as the caller sees it. What changes from second to second comes from memory.
func (s *Server) wire(ctx context.Context, w workspace.Workspace) Workspace {
	active := s.Workspaces.LastActive(w)
	out := Workspace{
		ID: w.ID, Name: w.Name, Status: string(w.Status), Paused: w.Paused, StatusReason: w.StatusReason,
		VSCodePort: w.VSCodePort, AgentPort: w.AgentPort, ContainerID: w.ContainerID,
		VSCodeURL: s.Config.Origin(w.ID+".ws."+s.Config.WorkspaceDomain) + "/",
		AgentURL:  strings.Replace(s.Config.Origin(w.ID+".agent."+s.Config.WorkspaceDomain), "https://", "wss://", 1) + "/",
		Template:  w.Template, GithubRepo: w.GithubRepo, Branch: w.Branch, NixConfig: w.NixConfig,
		Memory: w.Memory, CPU: w.CPU, IdleTimeout: int64(w.IdleTimeout / time.Second),
		TemplateVersion: w.TemplateVersion, Folder: w.Folder, Clone: Clone{w.Clone.State, w.Clone.Problem}, Packages: []string{}, Notices: []Notice{},
		LastActiveAt: optionalTime(active), Activity: []string{}, DeletesAt: optionalTime(w.DeleteAt),
		CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt, OwnerID: w.OwnerID, Owner: s.person(w.OwnerID), Right: string(rightOf(ctx, &w)),
	}
	s.fitRight(ctx, w, &out)
	if w.Folder != "" {
		out.VSCodeURL += "?" + url.Values{"folder": {"/workspace/" + w.Folder}}.Encode()
	}
	out.Packages = append(out.Packages, w.Packages...)
	for _, n := range w.Notices {
		out.Notices = append(out.Notices, Notice(n))
	}
	if w.Status == workspace.StatusRunning {
		if a := s.Activity(w.ID); len(a) > 0 {
			out.Activity = a
		}
		if w.IdleTimeout > 0 {
			out.StopsAt = optionalTime(active.Add(w.IdleTimeout))
		}
	}
	return out
}

type workspaceOutput struct{ Body Workspace }

type workspaceInput struct {
	ID string `path:"id" maxLength:"64"`
}

type createWorkspaceInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"Repeating a request with the same key creates nothing new."`
	Body struct {
		Name       string `json:"name" doc:"1 to 60 characters."`
		Template   string `json:"template,omitempty" maxLength:"100" doc:"Left out = guessed from the repository."`
		GithubRepo string `json:"githubRepo,omitempty" maxLength:"300" doc:"owner/name at the configured GitHub, or the https:// address of any repository."`
		Branch     string `json:"branch,omitempty" maxLength:"255"`
		NixConfig  string `json:"nixConfig,omitempty" maxLength:"262144" doc:"Text of a flake.nix, or of a shell.nix."`
		Clone      *struct {
			Depth      int   `json:"depth,omitempty" minimum:"0" maximum:"1000000" doc:"This many commits only; 0 = all."`
			Submodules *bool `json:"submodules,omitempty" doc:"Left out = true."`
			LFS        *bool `json:"lfs,omitempty" doc:"Left out = true."`
		} `json:"clone,omitempty"`
		Memory      int64  `json:"memory,omitempty" doc:"Bytes; 0 = the installation's default."`
		CPU         int64  `json:"cpu,omitempty" doc:"Billionths of a core; 0 = the installation's default."`
		IdleTimeout *int64 `json:"idleTimeout,omitempty" minimum:"0" maximum:"31536000" doc:"Seconds; 0 = never stopped; left out = the installation's default."`
		Start       *bool  `json:"start,omitempty" doc:"Left out = true."`
	}
}

type updateWorkspaceInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Name        *string `json:"name,omitempty"`
		Template    *string `json:"template,omitempty" maxLength:"100" doc:"Counts from the next start."`
		NixConfig   *string `json:"nixConfig,omitempty" maxLength:"262144" doc:"Counts from the next start."`
		Memory      *int64  `json:"memory,omitempty" doc:"Counts from the next start."`
		CPU         *int64  `json:"cpu,omitempty" doc:"Counts from the next start."`
		IdleTimeout *int64  `json:"idleTimeout,omitempty" minimum:"0" maximum:"31536000"`
	}
}

func seconds(n *int64) *time.Duration {
	if n == nil {
		return nil
	}
	d := time.Duration(*n) * time.Second
	return &d
}

func (s *Server) registerWorkspaces() {
	const base = "/api/v1/workspaces"
	huma.Register(s.api, operation("GET", base, "list-workspaces", "Your workspaces, and those shared with you", 200), func(ctx context.Context, in *scopedPage) (*list[Workspace], error) {
		return s.listScoped(ctx, in)
	})
	huma.Register(s.api, operation("POST", base, "create-workspace", "Create a workspace, and start it", 201), func(ctx context.Context, in *createWorkspaceInput) (*workspaceOutput, error) {
		b := in.Body
		if strings.TrimSpace(b.GithubRepo) != "" {
			short, branch, err := s.CheckRepository(ctx, caller(ctx).UserID, b.GithubRepo)
			if err != nil {
				return nil, s.failGit(err)
			}
			b.GithubRepo = short
			if b.Branch == "" {
				b.Branch = branch
			}
		}
		if err := s.checkOutfit(ctx, &b.Template, &b.NixConfig); err != nil {
			return nil, err
		}
		clone := workspace.Clone{Submodules: true, LFS: true}
		if c := b.Clone; c != nil {
			clone = workspace.Clone{Depth: c.Depth, Submodules: c.Submodules == nil || *c.Submodules, LFS: c.LFS == nil || *c.LFS}
		}
		w, err := s.Workspaces.Create(ctx, workspace.CreateInput{
			OwnerID: caller(ctx).UserID, Name: b.Name, Template: b.Template, GithubRepo: b.GithubRepo, Branch: b.Branch, NixConfig: b.NixConfig, Clone: clone,
			Memory: b.Memory, CPU: b.CPU, IdleTimeout: seconds(b.IdleTimeout), Start: b.Start, Request: in.Key, Limit: s.limitOf(ctx),
		})
		if err != nil {
			return nil, s.fail(err)
		}
		return &workspaceOutput{s.wire(ctx, w)}, nil
	})
	huma.Register(s.api, operation("GET", base+"/{id}", "get-workspace", "One workspace", 200), func(ctx context.Context, in *workspaceInput) (*workspaceOutput, error) {
		w, err := s.with(ctx, in.ID, workspace.RightView)
		if err != nil {
			return nil, err
		}
		return &workspaceOutput{s.wire(ctx, w)}, nil
	})
	huma.Register(s.api, operation("PATCH", base+"/{id}", "update-workspace", "Rename it, or change its limits", 200), func(ctx context.Context, in *updateWorkspaceInput) (*workspaceOutput, error) {
		if _, err := s.own(ctx, in.ID); err != nil {
			return nil, err
		}
		if err := s.checkOutfit(ctx, in.Body.Template, in.Body.NixConfig); err != nil {
			return nil, err
		}
		w, err := s.Workspaces.Update(ctx, in.ID, workspace.UpdateInput{Name: in.Body.Name, Template: in.Body.Template, NixConfig: in.Body.NixConfig, Memory: in.Body.Memory, CPU: in.Body.CPU, IdleTimeout: seconds(in.Body.IdleTimeout)})
		if err != nil {
			return nil, s.fail(err)
		}
		return &workspaceOutput{s.wire(ctx, w)}, nil
	})
	type check func(ctx context.Context, id string, need workspace.Right) (workspace.Workspace, error)
	order := func(name, summary string, status int, may check, need workspace.Right, do func(context.Context, string) (workspace.Workspace, error)) {
		huma.Register(s.api, operation("POST", base+"/{id}/"+name, name+"-workspace", summary, status), func(ctx context.Context, in *workspaceInput) (*workspaceOutput, error) {
			if _, err := may(ctx, in.ID, need); err != nil {
				return nil, err
			}
			w, err := do(ctx, in.ID)
			if err != nil {
				return nil, s.fail(err)
			}
			return &workspaceOutput{s.wire(ctx, w)}, nil
		})
	}
	order("start", "Start it, or let it go on if it is paused; nothing happens if it runs", 202, s.with, workspace.RightUse, s.Workspaces.Start)
	order("stop", "Stop it; files stay", 202, s.withOrAdmin, workspace.RightEdit, func(ctx context.Context, id string) (workspace.Workspace, error) {
		return s.Workspaces.Stop(ctx, id, "")
	})
	order("restart", "Stop it and start it again", 202, s.with, workspace.RightEdit, s.Workspaces.Restart)
	huma.Register(s.api, operation("POST", base+"/{id}/clone", "clone-again", "Try the clone again that failed", 202), func(ctx context.Context, in *workspaceInput) (*workspaceOutput, error) {
		w, err := s.with(ctx, in.ID, workspace.RightEdit)
		if err != nil {
			return nil, err
		}
		if err := s.CloneAgain(ctx, in.ID); errors.Is(err, provision.ErrNotRunning) {
			return nil, problem(409, "workspace_not_running", "Start the workspace first; that tries the clone again by itself.")
		} else if err != nil {
			return nil, s.fail(err)
		}
		return &workspaceOutput{s.wire(ctx, w)}, nil
	})
}

func (s *Server) listWorkspaces(ctx context.Context, owner string, in *Page) (*list[Workspace], error) {
	found, next, err := s.Workspaces.List(ctx, owner, in.Limit, in.Cursor)
	return s.wireList(ctx, found, next, err)
}

func (s *Server) wireList(ctx context.Context, found []workspace.Workspace, next string, err error) (*list[Workspace], error) {
	if err != nil {
		return nil, s.fail(err)
	}
	items := make([]Workspace, 0, len(found))
	for _, w := range found {
		items = append(items, s.wire(ctx, w))
	}
	return listOf(items, next), nil
}

// serveLogs is GET /api/v1/workspaces/{id}/logs: the lines of the latest start, as text or,
// for Accept: text/event-stream, followed as they come.
func (s *Server) serveLogs(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if _, err := s.with(r.Context(), id, workspace.RightUse); err != nil {
		writeProblem(w, err.(*Problem))
		return
	}
	if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		lines, err := s.Workspaces.StartLog(r.Context(), id)
		if err != nil {
			writeProblem(w, s.fail(err).(*Problem))
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		for _, l := range lines {
			fmt.Fprintf(w, "%s %-10s %s\n", l.Time.UTC().Format("2006-01-02T15:04:05.000Z"), l.Phase, l.Text)
		}
		return
	}
	lines, err := s.Workspaces.FollowLog(r.Context(), id)
	if err != nil {
		writeProblem(w, s.fail(err).(*Problem))
		return
	}
	out, me := startStream(w), caller(r.Context())
	out.comment("connected")
	live := time.NewTicker(watchEvery)
	defer live.Stop()
	for {
		select {
		case l, ok := <-lines:
			if !ok || out.send("", "line", l) != nil {
				return
			}
		case <-live.C:
			if !s.stillMay(me, id, workspace.RightUse) {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

// documentStreams adds what is not JSON to the OpenAPI document.
func (s *Server) documentStreams() {
	text := func(kind string) map[string]*huma.MediaType {
		return map[string]*huma.MediaType{kind: {Schema: &huma.Schema{Type: "string"}}}
	}
	login := []map[string][]string{{"session": {}}, {"token": {}}}
	s.api.OpenAPI().AddOperation(&huma.Operation{Method: "GET", Path: "/api/v1/events", OperationID: "events", Security: login,
		Summary:   "Changes as they happen: workspace, workspace.deleted, chat, chat.deleted, reset. Resumes with Last-Event-ID",
		Responses: map[string]*huma.Response{"200": {Description: "Server-sent events", Content: text("text/event-stream")}}})
	logs := text("text/plain")
	logs["text/event-stream"] = &huma.MediaType{Schema: &huma.Schema{Type: "string"}}
	s.api.OpenAPI().AddOperation(&huma.Operation{Method: "GET", Path: "/api/v1/workspaces/{id}/logs", OperationID: "workspace-logs", Security: login,
		Summary:    "Log of the latest start",
		Parameters: []*huma.Param{{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: "string"}}},
		Responses:  map[string]*huma.Response{"200": {Description: "Lines of text, or events named line", Content: logs}}})
}
