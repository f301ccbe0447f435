package platform

import (
	"net/http"

	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/gateway"
)

// NewSite returns a site of this installation, or an error that says what cannot be. It
// does no I/O.
func (p *Platform) NewSite(o gateway.SiteOptions) (*gateway.Site, error) {
	return gateway.NewSite(domainOf(p.config), o)
}

// ServeSite answers a request for a site, by next if it lets it in; the error is next's.
func (p *Platform) ServeSite(s *gateway.Site, w http.ResponseWriter, r *http.Request, next gateway.SiteNext) error {
	parts := p.parts.Load()
	if parts == nil {
		answerStarting(w)
		return nil
	}
	return parts.gateway.ServeSite(s, w, r, next)
}

// AdmitToSite decides about a request for a site as [gateway.Gateway.AdmitToSite] does.
func (p *Platform) AdmitToSite(s *gateway.Site, w http.ResponseWriter, r *http.Request) (*gateway.SiteVisit, *http.Request, bool) {
	parts := p.parts.Load()
	if parts == nil {
		answerStarting(w)
		return nil, nil, false
	}
	return parts.gateway.AdmitToSite(s, w, r)
}

func answerStarting(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	http.Error(w, "Kalpana is starting.", http.StatusServiceUnavailable)
}

func domainOf(c config.Config) gateway.Domain {
	return gateway.Domain{Base: c.Domain, Workspace: c.WorkspaceDomain, UIHost: c.UIHost(), Port: c.HTTPSPort}
}

// person tells the gateway who a user is, as long as they may act. An email that nobody
// vouched for is left out: sites would take its word.
func (a *parts) person(userID string) (gateway.Person, bool) {
	u, ok := a.identity.User(userID)
	if !ok || u.Suspended {
		return gateway.Person{}, false
	}
	return gateway.Person{ID: u.ID, Email: u.TrustedEmail(), Name: u.Name, Admin: u.Admin}, true
}
