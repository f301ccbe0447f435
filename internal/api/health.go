package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// readyTimeout bounds one readiness check, so that a hung engine is an answer too.
const readyTimeout = 5 * time.Second

type healthOutput struct {
	Status int
	Body   struct {
		Status string            `json:"status" enum:"ok,unavailable"`
		Checks map[string]string `json:"checks,omitempty" doc:"By name: ok or unavailable."`
	}
}

func noLogin(o *huma.Operation) { o.Security = nil }

func (s *Server) registerHealth() {
	alive := func(context.Context, *struct{}) (*healthOutput, error) {
		out := &healthOutput{Status: http.StatusOK}
		out.Body.Status = "ok"
		return out, nil
	}
	ready := func(ctx context.Context, _ *struct{}) (*healthOutput, error) {
		ctx, cancel := context.WithTimeout(ctx, readyTimeout)
		defer cancel()
		out := &healthOutput{Status: http.StatusOK}
		out.Body.Status, out.Body.Checks = "ok", map[string]string{}
		for name, err := range s.Ready(ctx) {
			out.Body.Checks[name] = "ok"
			if err != nil {
				s.log.Warn("not ready", "check", name, "err", err)
				out.Status, out.Body.Status, out.Body.Checks[name] = http.StatusServiceUnavailable, "unavailable", "unavailable"
			}
		}
		return out, nil
	}
	for _, prefix := range []string{"", "/api/v1"} {
		id := "root-"
		if prefix != "" {
			id = ""
		}
		huma.Register(s.api, operation("GET", prefix+"/healthz", id+"healthz", "The process is up", 200, noLogin), alive)
		huma.Register(s.api, operation("GET", prefix+"/readyz", id+"readyz", "Database and container engine answer", 200, noLogin), ready)
	}
}
