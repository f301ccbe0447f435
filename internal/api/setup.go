package api

import (
	"context"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// setupChecks are what a first workspace needs.
var setupChecks = []string{CheckDocker, CheckDatabase, CheckAddress, CheckCertificate}

func (s *Server) registerSetup() {
	type setupOutput struct {
		Body struct {
			Done   bool    `json:"done" doc:"Somebody has made a workspace: the first run is over."`
			Checks []Check `json:"checks" nullable:"false" doc:"Of docker, database, address and certificate."`
		}
	}
	huma.Register(s.api, operation("GET", "/api/v1/setup", "get-setup", "Whether the installation is ready for its first workspace (administrators)", 200), func(ctx context.Context, _ *struct{}) (*setupOutput, error) {
		if err := adminsOnly(ctx); err != nil {
			return nil, err
		}
		out := &setupOutput{}
		for _, n := range s.Workspaces.Counts() {
			out.Body.Done = out.Body.Done || n > 0
		}
		out.Body.Checks = []Check{}
		for _, c := range s.checks(ctx) {
			if slices.Contains(setupChecks, c.Name) {
				out.Body.Checks = append(out.Body.Checks, c)
			}
		}
		return out, nil
	})
}
