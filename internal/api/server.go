package api

import (
	"context"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/facts"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/spend"
	"github.com/kalpana-dev/kalpana/internal/template"
	"github.com/kalpana-dev/kalpana/internal/uistream"
	"github.com/kalpana-dev/kalpana/internal/variable"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// maxBodyBytes bounds a JSON request: the largest legitimate one is a Nix configuration.
const maxBodyBytes = 1 << 20

// Options are what the API stands on.
type Options struct {
	Config     config.Config
	Identity   *identity.Service
	Workspaces *workspace.Service
	Chats      *chat.Service
	Ledger     *spend.Ledger
	Events     *Events
	// Activity names what keeps a running workspace in use, from memory.
	Activity func(id string) []string
	// Listening asks a running workspace what listens in it.
	Listening func(ctx context.Context, w workspace.Workspace) ([]bridge.Port, error)
	// OpenEditor shows a file of a running workspace, or the terminal, in its open editor.
	OpenEditor func(ctx context.Context, w workspace.Workspace, what bridge.OpenEditor) error
	// CheckRepository says whether a user may open a repository here, and what it is to be
	// called: its short form, and the branch that an address names. Its errors are those of
	// package gitaccess.
	CheckRepository func(ctx context.Context, userID, repository string) (short, branch string, err error)
	// CheckTemplate says whether a user may use a template; template.ErrNotFound if not.
	CheckTemplate func(ctx context.Context, userID, id string) error
	// CheckNix says what is wrong with the text of a Nix configuration. An error means that
	// it could not be checked.
	CheckNix func(ctx context.Context, text string) ([]template.Problem, error)
	// CloneAgain tries the clone of a running workspace again.
	CloneAgain func(ctx context.Context, id string) error
	// Facts samples what workspaces on a screen use.
	Facts      *facts.Service
	GitHub     GitHubOptions
	Templates  Templates
	Variables  *variable.Service
	Webhook    WebhookOptions
	Repository RepositoryOptions
	Inspect    InspectOptions
	Review     ReviewOptions
	Sharing    Sharing
	Admin      AdminOptions
	Limits     Limits
	// Ready returns what does not answer, by name; empty when all does.
	Ready   func(context.Context) map[string]error
	Version string
	Log     *slog.Logger
}

// Server is the API as an http.Handler.
type Server struct {
	Options
	log    *slog.Logger
	mux    *http.ServeMux
	api    huma.API
	limits *limits
}

// New registers every operation.
func New(o Options) *Server {
	humaErrors()
	s := &Server{Options: o, log: o.Log, mux: http.NewServeMux(), limits: newLimits(o)}
	c := huma.DefaultConfig("Kalpana", o.Version)
	c.Info.Description = "Workspaces behind one gateway. Log in with the session cookie or `Authorization: Bearer kal_…`. A request may have 1 MiB where nothing else is said. Who asks too often gets 429, and Retry-After says when to come back."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "/api/openapi", "", ""
	c.CreateHooks = nil // no $schema member in answers
	c.Transformers = append(c.Transformers, noteAnswer)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: identity.CookieName},
		"token":   {Type: "http", Scheme: "bearer"},
	}
	s.api = humago.New(s.mux, c)
	s.api.UseMiddleware(s.limitActs, s.recordActs)
	s.registerAuth()
	s.registerMe()
	s.registerWorkspaces()
	s.registerDeletion()
	s.registerFacts()
	s.registerAdminWorkspaces()
	s.registerPorts()
	s.registerRepository(o.Repository)
	s.registerInspect(o.Inspect)
	s.registerReview(o.Review)
	s.registerShares()
	s.registerLinks(o.Sharing)
	s.registerGitHub(o.GitHub)
	s.registerGitCredentials(o.GitHub)
	s.registerTemplates(o.Templates)
	s.registerVariables(o.Variables)
	s.registerWebhook(o.Webhook)
	s.registerChats()
	s.registerAgent()
	s.registerTokens()
	s.registerSessions()
	s.registerInvitations()
	s.registerAdmin()
	s.registerHealth()
	s.mux.HandleFunc("GET /api/v1/events", s.few(eventStreams, s.serveEvents))
	s.mux.HandleFunc("GET /api/v1/workspaces/{id}/logs", s.few("logs", s.serveLogs))
	s.mux.HandleFunc("POST /api/v1/chats", s.few("turns", s.serveTurn))
	s.mux.HandleFunc("GET /api/v1/chats/{chatId}/stream", s.few("turns", s.serveTurnStream))
	s.mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, problem(404, "not_found", "There is no such address in the API. /api/openapi.json lists them."))
	})
	s.documentStreams()
	s.documentTurns()
	return s
}

// OpenAPI is the document that /api/openapi.json serves.
func (s *Server) OpenAPI() ([]byte, error) { return s.api.OpenAPI().MarshalJSON() }

// ServeHTTP answers everything under /api/ and the health checks.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; object-src 'none'; frame-ancestors 'none'")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	patient := &patientWriter{w, http.NewResponseController(w), s.limits.answerTime}
	defer patient.finish()
	w = patient
	limit := bodyLimit(r.URL.Path)
	if r.ContentLength > limit {
		writeProblem(w, problem(413, "body_too_large", fmt.Sprintf("The request is larger than %d MiB.", limit>>20)))
		return
	}
	body := &patientBody{ReadCloser: r.Body, control: patient.control, grace: s.limits.bodyTime(r.URL.Path)}
	defer body.finish()
	r.Body = http.MaxBytesReader(w, body, limit)
	r, refused := s.admit(r)
	if p := s.limits.call(r, refused != nil && refused.Code == forbiddenOrigin); p != nil {
		refused = p
	}
	if refused != nil {
		writeProblem(w, refused)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// bodyLimit is the most bytes of a request: messages to the agent may have pictures.
func bodyLimit(path string) int64 {
	if path == "/api/v1/chats" {
		return uistream.MaxRequest
	}
	return maxBodyBytes
}

type principalKey struct{}

// principal is who a request acts for; System is the operator at the admin socket.
type principal struct {
	identity.Principal
	System bool
}

func caller(ctx context.Context) principal { p, _ := ctx.Value(principalKey{}).(principal); return p }

// AsOperator marks a request that came over the admin socket: it may do everything, and
// acts for user where an owner is needed.
func AsOperator(r *http.Request, userID string) *http.Request {
	p := principal{System: true}
	p.UserID, p.Admin = userID, true
	return r.WithContext(context.WithValue(r.Context(), principalKey{}, p))
}

// open are the addresses that need no login.
func open(path string) bool {
	switch path {
	case "/healthz", "/readyz", "/api/openapi.json", "/api/openapi.yaml", "/api/openapi-3.0.json", "/api/openapi-3.0.yaml",
		"/api/v1/healthz", "/api/v1/readyz", "/api/v1/auth/providers", "/api/v1/auth/login", "/api/v1/auth/signup",
		webhookPath: // what counts there is the signature
		return true
	}
	return false
}

// forbiddenOrigin is the code of what a page of another origin asked.
const forbiddenOrigin = "forbidden_origin"

// admit says who is asking and refuses requests that a page of another origin made with
// somebody's cookie. SameSite does not do that: workspace pages are same-site.
func (s *Server) admit(r *http.Request) (*http.Request, *Problem) {
	if caller(r.Context()).System {
		return r, nil
	}
	p, err := s.Identity.Authenticate(r)
	loggedIn := err == nil
	safe := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
	byCookie := !loggedIn || p.SessionID != ""
	if byCookie {
		origins := r.Header.Values("Origin")
		own := len(origins) == 1 && ownOrigin(r, origins[0])
		if len(origins) > 0 && !own || !safe && loggedIn && !own || foreign(r) {
			return r, problem(403, forbiddenOrigin, "This request must come from Kalpana's own pages, or carry an API token.")
		}
		if loggedIn && !safe && !sendsJSON(r) {
			return r, problem(415, "unsupported_media_type", "Send JSON, and say so: Content-Type: application/json.")
		}
	}
	if !loggedIn && !open(r.URL.Path) {
		return r, problem(401, "unauthorized", "Sign in, or send an API token as Authorization: Bearer kal_….")
	}
	if loggedIn {
		r = r.WithContext(context.WithValue(r.Context(), principalKey{}, principal{Principal: p}))
	}
	return r, nil
}

// sendsJSON reports whether a request's body, if it has one, is what no form and no script
// of another origin can send without being asked first.
func sendsJSON(r *http.Request) bool {
	if r.ContentLength == 0 {
		return true
	}
	kinds := r.Header["Content-Type"]
	if len(kinds) != 1 {
		return false
	}
	kind, _, err := mime.ParseMediaType(kinds[0])
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

// ownOrigin compares scheme, host and port.
func ownOrigin(r *http.Request, origin string) bool {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return strings.EqualFold(origin, scheme+strings.TrimSuffix(r.Host, "."))
}

// foreign reports whether a browser says that something else than our own page, or the
// person at the keyboard, makes this request. Programs say nothing.
func foreign(r *http.Request) bool {
	site := r.Header["Sec-Fetch-Site"]
	return len(site) > 1 || len(site) == 1 && site[0] != "same-origin" && site[0] != "none"
}

// Page are the parameters that every list takes.
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"At most this many items."`
	Cursor string `query:"cursor" maxLength:"200" doc:"nextCursor of the page before."`
}

// list is the shape of every list.
type list[T any] struct {
	Body struct {
		Items      []T    `json:"items" nullable:"false"`
		NextCursor string `json:"nextCursor,omitempty" doc:"Present when there is more."`
	}
}

func listOf[T any](items []T, next string) *list[T] {
	var l list[T]
	l.Body.Items, l.Body.NextCursor = items, next
	if items == nil {
		l.Body.Items = []T{}
	}
	return &l
}

func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// operation fills what all operations share.
func operation(method, path, id, summary string, status int, more ...func(*huma.Operation)) huma.Operation {
	o := huma.Operation{Method: method, Path: path, OperationID: id, Summary: summary, DefaultStatus: status, MaxBodyBytes: maxBodyBytes, BodyReadTimeout: bodyGrace,
		Security: []map[string][]string{{"session": {}}, {"token": {}}}}
	for _, f := range more {
		f(&o)
	}
	return o
}
