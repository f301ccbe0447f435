package api

import (
	"context"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Check is one thing the installation needs, and whether it is so.
type Check struct {
	Name   string `json:"name" doc:"Stable, for programs."`
	Title  string `json:"title"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Fix    string `json:"fix" doc:"A command or an explanation; empty when nothing is wrong."`
	Action string `json:"action" doc:"What the server can do about it itself, for POST …/fix; empty = nothing."`
}

// Names of checks that are asked for by name.
const (
	CheckDocker      = "docker"
	CheckImage       = "image"
	CheckDatabase    = "database"
	CheckAddress     = "address"
	CheckCertificate = "certificate"
	CheckPorts       = "ports"
	CheckClock       = "clock"
	CheckDisk        = "disk"
	CheckFirewall    = "firewall"
	CheckFirewall6   = "firewall6"
	CheckReserved    = "reserved"
)

type adminHealthOutput struct {
	Body struct {
		Checks    []Check   `json:"checks" nullable:"false"`
		Version   string    `json:"version"`
		StartedAt time.Time `json:"startedAt" doc:"When the server that answers began."`
	}
}

type checkInput struct {
	Name string `path:"name" maxLength:"64"`
}

type checkOutput struct {
	Body struct {
		Check Check `json:"check"`
	}
}

func (s *Server) registerAdminHealth() {
	const base = "/api/v1/admin/health"
	huma.Register(s.api, operation("GET", base, "admin-health", "What the installation needs, and whether it is so; at most 10 seconds old (administrators)", 200), func(ctx context.Context, _ *struct{}) (*adminHealthOutput, error) {
		if err := adminsOnly(ctx); err != nil {
			return nil, err
		}
		out := &adminHealthOutput{}
		out.Body.Checks, out.Body.Version, out.Body.StartedAt = s.checks(ctx), s.Version, s.Admin.StartedAt
		return out, nil
	})
	huma.Register(s.api, operation("POST", base+"/{name}/fix", "fix-check", "Do what the server can about a check, and look again (administrators)", 200), func(ctx context.Context, in *checkInput) (*checkOutput, error) {
		if err := adminsOnly(ctx); err != nil {
			return nil, err
		}
		if err := humansOnly(ctx); err != nil {
			return nil, err
		}
		if s.Admin.Fix == nil {
			return nil, noFix()
		}
		check, err := s.Admin.Fix(ctx, in.Name)
		if errors.Is(err, ErrNoFix) {
			return nil, noFix()
		} else if err != nil {
			return nil, s.fail(err)
		}
		out := &checkOutput{}
		out.Body.Check = check
		return out, nil
	})
}

func noFix() *Problem {
	return problem(409, "no_fix", "The server can do nothing about this by itself. The check says what helps.")
}

func (s *Server) checks(ctx context.Context) []Check {
	if s.Admin.Health == nil {
		return []Check{}
	}
	return s.Admin.Health(ctx)
}
