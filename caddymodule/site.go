package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/caddyauth"

	"github.com/kalpana-dev/kalpana/internal/gateway"
	"github.com/kalpana-dev/kalpana/internal/platform"
)

// SiteSettings say who may open a site that is none of Kalpana's own. All are optional.
type SiteSettings struct {
	// Hosts are the site's names, "*.example.com" for all with one label more. Default:
	// those for which the site is configured.
	Hosts []string `json:"hosts,omitempty"`
	// Roles and Users are who may: people with one of the roles, admin or user, or one of
	// the users, by email address or id. Default: everybody who is signed in.
	Roles []string `json:"roles,omitempty"`
	Users []string `json:"users,omitempty"`
	// Headers are sent to the site beside X-Kalpana-*.
	Headers []SiteHeader `json:"headers,omitempty"`
	// AllowFraming lets other origins show the site in frames.
	AllowFraming bool `json:"allow_framing,omitempty"`
}

// SiteHeader is a header by which a site learns who somebody is. Visitors cannot send it.
type SiteHeader struct {
	Name string `json:"name"`
	// Value may hold placeholders, {http.auth.user.id} for example. If it comes to
	// nothing, the header is not sent.
	Value string `json:"value"`
}

// site is settings that were put to use.
type site struct {
	platform *platform.Platform
	drain    *drain
	gateway  *gateway.Site
	headers  []SiteHeader
}

// provision finds the app and checks the settings.
func (s SiteSettings) provision(ctx caddy.Context) (*site, error) {
	app, err := ctx.AppIfConfigured("kalpana")
	if errors.Is(err, caddy.ErrNotConfigured) {
		return nil, errors.New("kalpana_auth: this configuration has no Kalpana to sign in to: it needs the global block kalpana { … }")
	}
	if err != nil {
		return nil, err
	}
	o := gateway.SiteOptions{Hosts: s.Hosts, Roles: s.Roles, Users: s.Users, AllowFraming: s.AllowFraming}
	if len(o.Hosts) == 0 {
		if o.Hosts = hostsServed(ctx); len(o.Hosts) == 0 {
			return nil, errors.New("kalpana_auth: this site answers to any host name, and a login must only go to names that are yours: give the site a name, or list its names with `hosts grafana.example.com …`")
		}
	}
	for _, h := range s.Headers {
		o.Headers = append(o.Headers, h.Name)
	}
	p := app.(*App).platform
	made, err := p.NewSite(o)
	if err != nil {
		return nil, fmt.Errorf("kalpana_auth: %w", err)
	}
	return &site{p, app.(*App).drain, made, s.Headers}, nil
}

// hostsServed are the hosts of the site that is being provisioned; nil if it answers to any
// host. It is the first of the server's routes whose handlers are not loaded yet, since
// Caddy loads one after the other and lets go of what is loaded.
func hostsServed(ctx caddy.Context) []string {
	server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if !ok {
		return nil
	}
	for _, route := range server.Routes {
		if len(route.HandlersRaw) == 0 {
			continue
		}
		if !mentionsSite(route.HandlersRaw) {
			return nil
		}
		var hosts []string
		for _, set := range route.MatcherSets {
			for _, m := range set {
				if h, ok := m.(*caddyhttp.MatchHost); ok {
					hosts = append(hosts, *h...)
				}
			}
		}
		return hosts
	}
	return nil
}

// mentionsSite makes sure of the right route: what is loaded from elsewhere, a named route
// or the handling of errors, has none.
func mentionsSite(handlers []json.RawMessage) bool {
	for _, raw := range handlers {
		if s := string(raw); strings.Contains(s, `"kalpana_auth"`) || strings.Contains(s, `"authentication"`) {
			return true
		}
	}
	return false
}

// tell puts what is known of p where the rest of the chain finds it.
func (s *site) tell(r *http.Request, p gateway.Person) {
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		repl = caddy.NewReplacer()
	}
	repl.Set("http.auth.user.id", p.ID)
	for key, value := range metadata(p) {
		repl.Set("http.auth.user."+key, value)
	}
	for _, h := range s.headers {
		if value := gateway.HeaderValue(repl.ReplaceAll(h.Value, "")); value != "" {
			r.Header.Set(h.Name, value)
		}
	}
}

func metadata(p gateway.Person) map[string]string {
	return map[string]string{"email": p.Email, "name": p.Name, "role": p.Role()}
}

// SiteAuth lets only people in who are signed in to Kalpana and may open the site; it is
// the directive kalpana_auth.
type SiteAuth struct {
	SiteSettings

	site *site
}

// CaddyModule names the module.
func (SiteAuth) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.kalpana_auth", New: func() caddy.Module { return new(SiteAuth) }}
}

// Provision finds the app and checks the settings.
func (a *SiteAuth) Provision(ctx caddy.Context) (err error) {
	a.site, err = a.provision(ctx)
	return err
}

func (a *SiteAuth) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	leaveOutOfLog(a.site.platform, r)
	a.site.drain.mark(w, r)
	return a.site.platform.ServeSite(a.site.gateway, w, r, func(w http.ResponseWriter, r *http.Request, p gateway.Person) error {
		a.site.tell(r, p)
		return next.ServeHTTP(w, r)
	})
}

// SiteProvider is the same for Caddy's own authentication handler, as its only provider. It
// answers those whom it does not let in by itself. The directive is the better choice: it
// also counts requests and ends downloads of files.
type SiteProvider struct {
	SiteSettings

	site *site
}

// CaddyModule names the module.
func (SiteProvider) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.authentication.providers.kalpana", New: func() caddy.Module { return new(SiteProvider) }}
}

// Provision finds the app and checks the settings. It refuses company: the handler asks no
// further once a provider accepts, and then nothing would take from the request what the
// visitor says of themselves, or Kalpana's cookie.
func (p *SiteProvider) Provision(ctx caddy.Context) (err error) {
	if !onlyProvider(ctx.Modules()) {
		return errors.New("kalpana has to be the only provider of its authentication handler: a visitor whom another one accepts could claim to be anybody towards the site; put the others into an authentication handler of their own, before it")
	}
	p.site, err = p.provision(ctx)
	return err
}

// onlyProvider reports whether the last of lineage, a provider that is being loaded, has
// its authentication handler, the one before, for itself.
func onlyProvider(lineage []caddy.Module) bool {
	if len(lineage) < 2 {
		return false
	}
	handler, ok := lineage[len(lineage)-2].(*caddyauth.Authentication)
	return ok && len(handler.ProvidersRaw) == 1
}

// Authenticate says who sent r, and makes r what the site may see.
func (p *SiteProvider) Authenticate(w http.ResponseWriter, r *http.Request) (caddyauth.User, bool, error) {
	leaveOutOfLog(p.site.platform, r)
	done := r.Context()
	visit, admitted, ok := p.site.platform.AdmitToSite(p.site.gateway, w, r)
	if !ok {
		return caddyauth.User{}, false, nil
	}
	visit.EndByContext() // Leave comes from another goroutine, after the server is through with w
	context.AfterFunc(done, visit.Leave)
	*r = *admitted
	p.site.tell(r, visit.Person)
	return caddyauth.User{ID: visit.Person.ID, Metadata: metadata(visit.Person)}, true, nil
}

// parseSite reads the directive; package doc shows it.
func parseSite(h httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
	var a SiteAuth
	if err := a.UnmarshalCaddyfile(h.Dispenser); err != nil {
		return nil, err
	}
	return h.NewRoute(nil, &a), nil
}

// UnmarshalCaddyfile reads the directive. A word it does not know is an error.
func (s *SiteSettings) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	if d.NextArg() {
		return d.Errf("kalpana_auth takes no matcher and no value here, as its cookie and its addresses are the whole host's: what is open to everybody needs a host of its own")
	}
	for d.NextBlock(0) {
		option := d.Val()
		args := d.RemainingArgs()
		switch option {
		case "hosts", "roles", "users":
			if len(args) == 0 {
				return d.ArgErr()
			}
			list := map[string]*[]string{"hosts": &s.Hosts, "roles": &s.Roles, "users": &s.Users}[option]
			*list = append(*list, args...)
		case "header":
			if len(args) != 2 {
				return d.Errf("header takes a name and a value, X-WEBAUTH-USER {http.auth.user.id} for example")
			}
			s.Headers = append(s.Headers, SiteHeader{Name: args[0], Value: args[1]})
		case "allow_framing":
			if len(args) != 0 {
				return d.ArgErr()
			}
			s.AllowFraming = true
		default:
			return d.Errf("%q is no option of kalpana_auth: there are hosts, roles, users, header and allow_framing", option)
		}
		if d.NextBlock(1) {
			return d.Errf("%s takes no block", option)
		}
		for _, role := range s.Roles {
			if role != "admin" && role != "user" {
				return d.Errf("role %q: there are admin and user", role)
			}
		}
	}
	return nil
}

var (
	_ caddyhttp.MiddlewareHandler = (*SiteAuth)(nil)
	_ caddyauth.Authenticator     = (*SiteProvider)(nil)
	_ caddyfile.Unmarshaler       = (*SiteAuth)(nil)
)
