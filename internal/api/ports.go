package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// WorkspacePort is a TCP port of a workspace: one that something listens on, or that has a setting.
type WorkspacePort struct {
	Port        int    `json:"port"`
	URL         string `json:"url" format:"uri" doc:"Where it is reached."`
	Listening   bool   `json:"listening" doc:"Something listens on it right now."`
	Address     string `json:"address" doc:"What the program listens on inside, for example 127.0.0.1; empty when nothing does."`
	Process     string `json:"process" doc:"The program's name, if it can be told."`
	Visibility  string `json:"visibility" enum:"owner,users,public" doc:"Who may open it: its owner, everybody who is signed in, or everybody."`
	RewriteHost bool   `json:"rewriteHost" doc:"The program sees localhost:<port> as Host, for servers that refuse others."`
}

type portInput struct {
	ID   string `path:"id" maxLength:"64"`
	Port int    `path:"port" minimum:"1024" maximum:"65535"`
	Body struct {
		Visibility  string `json:"visibility" enum:"owner,users,public"`
		RewriteHost bool   `json:"rewriteHost,omitempty"`
	}
}

type portOutput struct{ Body WorkspacePort }

// askBridge is how long a bridge may take to say what listens.
const askBridge = 3 * time.Second

func (s *Server) registerPorts() {
	const base = "/api/v1/workspaces/{id}/ports"
	huma.Register(s.api, operation("GET", base, "list-ports", "What listens in a workspace, and who may open it", 200), func(ctx context.Context, in *workspaceInput) (*list[WorkspacePort], error) {
		w, err := s.with(ctx, in.ID, workspace.RightUse)
		if err != nil {
			return nil, err
		}
		found, err := s.ports(ctx, w)
		if err != nil {
			return nil, err
		}
		return listOf(found, ""), nil
	})
	huma.Register(s.api, operation("PUT", base+"/{port}", "set-port", "Say who may open a port", 200), func(ctx context.Context, in *portInput) (*portOutput, error) {
		if _, err := s.with(ctx, in.ID, workspace.RightEdit); err != nil {
			return nil, err
		}
		if !bridge.Forwardable(in.Port) {
			return nil, invalidField("path.port", fmt.Sprintf("Port %d is the workspace's own and is not shared.", in.Port))
		}
		setting := workspace.PortSetting{Port: in.Port, Visibility: workspace.Visibility(in.Body.Visibility), RewriteHost: in.Body.RewriteHost}
		w, err := s.Workspaces.SetPort(ctx, in.ID, setting)
		if err != nil {
			return nil, s.fail(err)
		}
		found, err := s.ports(ctx, w)
		if err != nil { // it is set all the same
			found = nil
		}
		for _, p := range found {
			if p.Port == in.Port {
				return &portOutput{p}, nil
			}
		}
		return &portOutput{s.wirePort(w, bridge.Port{Port: in.Port}, false)}, nil
	})
}

// ports joins what listens with what is set. Nothing listens in a workspace that does not run,
// or stands still: to look at its ports is no reason to let it go on.
func (s *Server) ports(ctx context.Context, w workspace.Workspace) ([]WorkspacePort, error) {
	var listening []bridge.Port
	if w.Status == workspace.StatusRunning && !w.Paused {
		ctx, cancel := context.WithTimeout(ctx, askBridge)
		defer cancel()
		var err error
		if listening, err = s.Listening(ctx, w); err != nil {
			s.log.Warn("bridge does not say what listens", "workspace", w.ID, "err", err)
			return nil, problem(502, "workspace_unreachable", "The workspace does not answer. If this stays so, restart it.")
		}
	}
	found := []WorkspacePort{}
	for _, p := range listening {
		found = append(found, s.wirePort(w, p, true))
	}
	for _, p := range w.Ports {
		if !slices.ContainsFunc(listening, func(l bridge.Port) bool { return l.Port == p.Port }) {
			found = append(found, s.wirePort(w, bridge.Port{Port: p.Port}, false))
		}
	}
	slices.SortFunc(found, func(a, b WorkspacePort) int { return a.Port - b.Port })
	return found, nil
}

func (s *Server) wirePort(w workspace.Workspace, p bridge.Port, listening bool) WorkspacePort {
	out := WorkspacePort{
		Port: p.Port, URL: s.Config.Origin(fmt.Sprintf("%d-%s.ws.%s", p.Port, w.ID, s.Config.WorkspaceDomain)) + "/",
		Listening: listening, Address: p.Address, Process: p.Process, Visibility: string(workspace.VisibleOwner),
	}
	for _, set := range w.Ports {
		if set.Port == p.Port {
			out.Visibility, out.RewriteHost = string(set.Visibility), set.RewriteHost
		}
	}
	return out
}
