package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/portlease"
	"github.com/kalpana-dev/kalpana/internal/ratelimit"
	"github.com/kalpana-dev/kalpana/internal/spend"
	"github.com/kalpana-dev/kalpana/internal/user"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// Problem is every error the API answers with: RFC 9457 plus a stable code for programs.
type Problem struct {
	Type   string `json:"type" doc:"Always about:blank; programs read code." example:"about:blank"`
	Title  string `json:"title" doc:"What kind of problem, the same for every occurrence."`
	Status int    `json:"status" doc:"HTTP status code."`
	Detail string `json:"detail,omitempty" doc:"A sentence that says what to do."`
	Code   string `json:"code" doc:"Stable word for programs." example:"quota_exceeded"`
	// Errors name the fields that are wrong.
	Errors []FieldError `json:"errors,omitempty"`
	RunID  string       `json:"runId,omitempty" doc:"With run_active: the turn that runs."`
	Right  string       `json:"right,omitempty" doc:"With right_required: the right to the workspace that this needs."`

	retryAfter time.Duration
}

// FieldError is one wrong field of a request.
type FieldError struct {
	Field   string `json:"field" doc:"Path of the field, for example body.name."`
	Message string `json:"message"`
	Line    int    `json:"line,omitempty" doc:"Where in the field's text, from 1."`
	Column  int    `json:"column,omitempty"`
}

func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus makes a Problem an error that huma writes as it is.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is application/problem+json whatever was negotiated.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders says when to try again, where that is known, and of what is too much at once
// in any case.
func (p *Problem) GetHeaders() http.Header {
	if p.retryAfter <= 0 && p.Status != http.StatusTooManyRequests {
		return nil
	}
	return http.Header{"Retry-After": {strconv.Itoa(ratelimit.Seconds(p.retryAfter))}}
}

func problem(status int, code, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

// writeProblem answers outside huma (middleware, plain handlers).
func writeProblem(w http.ResponseWriter, p *Problem) {
	for k, v := range p.GetHeaders() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

// codes are what huma's own refusals are called.
var codes = map[int]string{
	400: "bad_request", 404: "not_found", 405: "method_not_allowed", 406: "not_acceptable", 408: "request_timeout",
	413: "body_too_large", 415: "unsupported_media_type", 422: "validation_failed", 500: "internal_error",
}

// humaErrors makes huma speak Problem. The library keeps its constructor in a package
// variable, so this happens once for the process.
var humaErrors = sync.OnceFunc(func() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		code := codes[status]
		if code == "" {
			code = strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")
		}
		p := problem(status, code, msg)
		for _, err := range errs {
			var d huma.ErrorDetailer
			if errors.As(err, &d) {
				detail := d.ErrorDetail()
				p.Errors = append(p.Errors, FieldError{Field: detail.Location, Message: detail.Message})
			} else if err != nil {
				p.Errors = append(p.Errors, FieldError{Message: err.Error()})
			}
		}
		return p
	}
})

// fail translates the domain's errors; the one table from error to status and code.
// Anything it does not know is logged by the caller's request id and answered vaguely.
func (s *Server) fail(err error) error {
	var invalid *workspace.InvalidError
	var field *identity.FieldError
	var limited *identity.RateLimitedError
	if p := chatProblem(err); p != nil {
		return p
	}
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid):
		return invalidField("body."+invalid.Field, invalid.Message)
	case errors.As(err, &field):
		return invalidField("body."+field.Field, field.Message)
	case errors.As(err, &limited):
		return rateLimited("Too many attempts. Wait a moment and try again.", limited.RetryAfter)
	case errors.Is(err, workspace.ErrNotFound):
		return problem(404, "not_found", "There is no such workspace, or it is not yours.")
	case errors.Is(err, user.ErrNotFound), errors.Is(err, identity.ErrNotFound):
		return problem(404, "not_found", "There is no such thing.")
	case errors.Is(err, workspace.ErrQuota):
		return problem(403, "quota_exceeded", "You have as many workspaces as you may have. Delete one you no longer need, or ask an administrator for more.")
	case errors.Is(err, workspace.ErrDeleting):
		return problem(409, "workspace_deleting", "The workspace is being deleted.")
	case errors.Is(err, workspace.ErrNotShared):
		return problem(404, "not_found", "The workspace is not shared like this, or not any more.")
	case errors.Is(err, workspace.ErrConflict):
		return problem(409, "conflict", "The workspace was changed at the same time. Try again.")
	case errors.Is(err, portlease.ErrExhausted):
		return problem(503, "ports_exhausted", "Every pair of ports is in use. Stop a workspace and try again.")
	case errors.Is(err, workspace.ErrRuntimeUnavailable):
		return problem(503, "runtime_unavailable", "The container engine does not answer. An administrator finds out more with `kalpana doctor`.")
	case errors.Is(err, identity.ErrInvalidCredentials):
		return problem(401, "invalid_credentials", "Email or password is wrong.")
	case errors.Is(err, identity.ErrSignupClosed):
		return problem(403, "signup_closed", "New accounts need an invitation. Ask an administrator for a link.")
	case errors.Is(err, user.ErrExists):
		return problem(409, "email_taken", "There is an account with this email already. Sign in instead.")
	}
	if exhausted, ok := errors.AsType[*spend.ExhaustedError](err); ok {
		text := exhausted.Error()
		return problem(402, "budget_exhausted", strings.ToUpper(text[:1])+text[1:]+".")
	}
	if refusal, ok := errors.AsType[*bridge.Error](err); ok {
		return bridgeProblem(refusal)
	}
	s.log.Error("request failed", "err", err)
	return problem(500, "internal_error", "Something went wrong here. Try again; an administrator finds the cause in the log.")
}

// bridgeProblem is what the bridge of a workspace refused, in its own words.
func bridgeProblem(e *bridge.Error) *Problem {
	status := http.StatusUnprocessableEntity
	switch e.Code {
	case bridge.CodeNotFound, bridge.CodeNoCheckpoint:
		status = http.StatusNotFound
	case bridge.CodeNoEditor:
		status = http.StatusConflict
	case bridge.CodeDiskFull, bridge.CodeInternal:
		status = http.StatusBadGateway
	}
	return problem(status, e.Code, e.Message)
}

func invalidField(field, message string) *Problem {
	p := problem(422, "validation_failed", message)
	p.Errors = []FieldError{{Field: field, Message: message}}
	return p
}
