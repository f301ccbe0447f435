package caddymodule

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddytls"

	"github.com/kalpana-dev/kalpana/internal/gateway"
	"github.com/kalpana-dev/kalpana/internal/platform"
)

// Handler serves everything of Kalpana: pages, API, logins and workspace hosts. Hosts
// that are not Kalpana's pass on to the next handler, and are told so if there is none.
type Handler struct {
	platform *platform.Platform
	drain    *drain
}

// CaddyModule names the module.
func (Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.kalpana", New: func() caddy.Module { return new(Handler) }}
}

// Provision finds the app.
func (h *Handler) Provision(ctx caddy.Context) error {
	app, err := ctx.App("kalpana")
	if err != nil {
		return err
	}
	if s, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server); ok {
		rememberConnections(s)
	}
	h.platform, h.drain = app.(*App).platform, app.(*App).drain
	return nil
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	leaveOutOfLog(h.platform, r)
	h.drain.mark(w, r)
	if h.platform.Handle(w, r) {
		return nil
	}
	err := next.ServeHTTP(w, r)
	if nobody, _ := caddyhttp.GetVar(r.Context(), "unhandled").(bool); err == nil && nobody {
		// Caddy's own answer would be 200 without a word.
		http.Error(w, "No site of this name is served here.", http.StatusMisdirectedRequest)
	}
	return err
}

// leaveOutOfLog keeps what lets somebody in out of access logs, which have whole addresses.
func leaveOutOfLog(p *platform.Platform, r *http.Request) {
	if p.SecretAddress(r) {
		caddyhttp.SetVar(r.Context(), caddyhttp.LogSkipVar, true)
	}
}

// clientOf takes Caddy's word for who the visitor is: it knows the trusted proxies.
func clientOf(r *http.Request) gateway.Client {
	ip, _ := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string)
	trusted, _ := caddyhttp.GetVar(r.Context(), caddyhttp.TrustedProxyVarKey).(bool)
	https := r.TLS != nil || trusted && r.Header.Get("X-Forwarded-Proto") == "https"
	return gateway.Client{IP: ip, HTTPS: https, Proxied: trusted}
}

// writtenAtOnce spares Caddy two of the three times that it moves the deadline of an answer
// over HTTP/2. Each is a message to another goroutine, and together they were a tenth of the
// CPU time of a request. The deadline that is set before the only write stays for the end.
// And the head goes out with the body, if there is one. Over HTTP/1 there is nothing to spare.
func writtenAtOnce(r *http.Request, body bool) {
	if r.ProtoMajor != 2 {
		return
	}
	if _, idle := caddyhttp.IdleTimeoutsFromContext(r.Context()); idle != nil {
		idle.ClearBetweenWrites = false
	}
	if body {
		gatherAnswer(r)
	}
}

func platformOf(ctx caddy.Context) (*platform.Platform, error) {
	app, err := ctx.App("kalpana")
	if err != nil {
		return nil, err
	}
	return app.(*App).platform, nil
}

// Permission says which names may get a certificate on demand: the main origin's and
// those of workspaces that exist. It answers from memory.
type Permission struct {
	platform *platform.Platform
}

// CaddyModule names the module.
func (Permission) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "tls.permission.kalpana", New: func() caddy.Module { return new(Permission) }}
}

// Provision finds the app.
func (p *Permission) Provision(ctx caddy.Context) (err error) {
	p.platform, err = platformOf(ctx)
	return err
}

// UnmarshalCaddyfile reads `permission kalpana`, which takes nothing.
func (*Permission) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	if d.NextArg() || d.NextBlock(0) {
		return d.Err("the permission kalpana takes nothing")
	}
	return nil
}

// CertificateAllowed returns nil for our own names and an error that wraps
// caddytls.ErrPermissionDenied for all others.
func (p *Permission) CertificateAllowed(_ context.Context, name string) error {
	if p.platform.OwnsName(name) {
		return nil
	}
	return fmt.Errorf("%w: %s is no host of this installation", caddytls.ErrPermissionDenied, name)
}

// AdminAPI serves the operator's commands at /kalpana/ of Caddy's admin endpoint.
type AdminAPI struct {
	platform *platform.Platform
}

// CaddyModule names the module.
func (AdminAPI) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "admin.api.kalpana", New: func() caddy.Module { return new(AdminAPI) }}
}

// Provision finds the app, if the configuration has one.
func (a *AdminAPI) Provision(ctx caddy.Context) error {
	if app, err := ctx.AppIfConfigured("kalpana"); err == nil {
		a.platform = app.(*App).platform
	}
	return nil
}

// Routes is what Caddy mounts.
func (a *AdminAPI) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{{Pattern: "/kalpana/", Handler: caddy.AdminHandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		if a.platform == nil {
			return caddy.APIError{HTTPStatus: http.StatusNotFound, Err: fmt.Errorf("this server has no kalpana block")}
		}
		r2 := r.Clone(r.Context())
		r2.URL.Path = strings.TrimPrefix(r.URL.Path, "/kalpana")
		r2.URL.RawPath = ""
		a.platform.ServeOperator(w, r2)
		return nil
	})}}
}

var (
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
	_ caddytls.OnDemandPermission = (*Permission)(nil)
	_ caddy.AdminRouter           = (*AdminAPI)(nil)
	_ caddy.Provisioner           = (*AdminAPI)(nil)
)
