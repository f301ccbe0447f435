package gateway

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

// SiteNext answers a request that a site lets in. r carries the headers that say who p is,
// and none of what was Kalpana's.
type SiteNext func(w http.ResponseWriter, r *http.Request, p Person) error

var (
	refuseSiteHost     = refusal{http.StatusMisdirectedRequest, "misdirected_request", "Wrong host", "This is no name under which the site takes logins.", 0}
	refuseSiteHTTPS    = refusal{http.StatusForbidden, "https_required", "HTTPS is required", "A login is only given to a site that is reached by HTTPS.", 0}
	refuseSiteLogin401 = refusal{http.StatusUnauthorized, "unauthorized", "Not signed in", "Open the site in a browser, or send an API token: Authorization: Bearer kal_….", 0}
	refuseSiteRight    = refusal{http.StatusForbidden, "site_forbidden", "Not open to you", "", 0}
	refuseSitePath     = refusal{http.StatusNotFound, "not_found", "Not found", "There is nothing at this address.", 0}
)

// ServeSite answers a request for s: by next for those who may open it, and by itself for
// all others and for what lies below the reserved prefix. The error is next's.
func (g *Gateway) ServeSite(s *Site, w http.ResponseWriter, r *http.Request, next SiteNext) error {
	began := time.Now()
	rec := &siteRecorder{ResponseWriter: w, observer: g.options.Observer}
	defer func() { rec.done(began, r) }()
	visit, admitted, ok := g.AdmitToSite(s, rec, r)
	if !ok {
		return nil
	}
	defer visit.Leave()
	return next(rec, admitted, visit.Person)
}

// SiteVisit is a request that was let in, until Leave.
type SiteVisit struct {
	Person Person

	site    *Site
	visitor visitor
	cancel  context.CancelCauseFunc
	writer  *http.ResponseController
	visits  *siteVisits
}

// AdmitToSite decides about a request for s. If it lets it in, the request to go on with is
// the returned one, whose context ends when the visitor's right does; call Leave when it
// was answered. If not, it has answered.
func (g *Gateway) AdmitToSite(s *Site, w http.ResponseWriter, r *http.Request) (*SiteVisit, *http.Request, bool) {
	a, ok := g.siteAddress(r, s)
	if !ok {
		writeProblem(w, refuseSiteHost)
		return nil, nil, false
	}
	ex := &exchange{address: a, client: g.client(r), rec: recorder{ResponseWriter: w}, page: pageVisit(r)}
	if !ex.client.HTTPS {
		g.refuse(w, r, refuseSiteHTTPS)
		return nil, nil, false
	}
	if ex.page && cookieFlood(r.Header["Cookie"]) { // what a site takes of programs is the site's business
		g.clearCookies(w, r)
		return nil, nil, false
	}
	p, ok := g.letIn(s, ex, r)
	if !ok {
		return nil, nil, false
	}
	g.renewLogin(ex, a)
	ctx, cancel := context.WithCancelCause(r.Context())
	v := &SiteVisit{Person: p, site: s, visitor: ex.visitor, cancel: cancel, writer: http.NewResponseController(innermost(w)), visits: &g.sites}
	g.sites.enter(v)
	if g.closing.Load() { // Close may have looked before this was registered
		v.Leave()
		g.refuse(w, r, refuseNotReady)
		return nil, nil, false
	}
	r = r.WithContext(ctx)
	s.undress(r)
	p.dress(r.Header)
	return v, r, true
}

// letIn finds out who asks and whether they may, or answers.
func (g *Gateway) letIn(s *Site, ex *exchange, r *http.Request) (Person, bool) {
	w := &ex.rec
	if r.Method == http.MethodConnect && len(r.Header[":protocol"]) == 0 {
		writeProblem(w, refuseMethod)
		return Person{}, false
	}
	if s.fromElsewhere(r.Header) {
		writeProblem(w, refuseOrigin)
		return Person{}, false
	}
	if reserved, exact := reservedPath(r.URL.Path); reserved {
		g.serveSiteReserved(ex, r, exact)
		return Person{}, false
	}
	if !g.authenticate(ex, r, nil, ex.address) {
		if ex.page && !bearer(r.Header) {
			g.sendToLogin(w, r, ex.address)
		} else {
			writeProblem(w, refuseSiteLogin401)
		}
		return Person{}, false
	}
	socket := socketHandshake(r)
	if (socket || !safeMethod(r.Method)) && !originAllowed(r.Header, ex.address.ID, ex.visitor.byCookie(), socket) {
		writeProblem(w, refuseOrigin)
		return Person{}, false
	}
	p := g.person(ex.visitor.userID)
	if !s.admits(p) {
		g.denySite(ex, r, p)
		return Person{}, false
	}
	return p, true
}

// person is who a user is, nobody if that is not known.
func (g *Gateway) person(userID string) Person {
	if p, ok := g.options.Person(userID); ok && p.ID == userID {
		return p
	}
	return Person{}
}

// fromElsewhere is the same for a site as for a workspace, but for frames: these show a
// site to a person who is not at it, and so are refused unless the operator wants them.
func (s *Site) fromElsewhere(h http.Header) bool {
	site := h["Sec-Fetch-Site"]
	if len(site) == 0 || (len(site) == 1 && (site[0] == "same-origin" || site[0] == "none")) {
		return false
	}
	return fromElsewhere(h) || !s.allowFraming && h.Get("Sec-Fetch-Dest") != "document"
}

// siteVisits are the requests and WebSockets of all sites that are under way.
type siteVisits struct {
	mu  sync.Mutex
	all map[*SiteVisit]struct{}
}

func (v *siteVisits) enter(visit *SiteVisit) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.all == nil {
		v.all = make(map[*SiteVisit]struct{})
	}
	v.all[visit] = struct{}{}
}

// Leave says that the request was answered. Calling it twice does nothing.
func (v *SiteVisit) Leave() {
	v.visits.mu.Lock()
	delete(v.visits.all, v)
	v.visits.mu.Unlock()
	v.cancel(nil)
}

// EndByContext says that the request may be over before Leave is called: its end is then told
// by its context alone, and nothing is done to what it is written to.
func (v *SiteVisit) EndByContext() {
	v.visits.mu.Lock()
	v.writer = nil
	v.visits.mu.Unlock()
}

// innermost is what a chain of writers writes to: those around it need not bear a deadline that
// another goroutine sets, or they set a later one.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		around, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = around.Unwrap()
	}
}

// end cuts the visit short, unless it was answered meanwhile. Whatever answers sees its
// context end; one that does not look, a file server for example, cannot write any more.
func (v *SiteVisit) end() bool {
	v.visits.mu.Lock()
	defer v.visits.mu.Unlock()
	if _, under := v.visits.all[v]; !under {
		return false
	}
	delete(v.visits.all, v)
	v.cancel(errEnded)
	if v.writer == nil {
		return true
	}
	past := time.Unix(1, 0)
	v.writer.SetWriteDeadline(past) // neither takes long, and where it cannot be done the context has to do
	v.writer.SetReadDeadline(past)
	return true
}

func (v *siteVisits) list() []*SiteVisit {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := make([]*SiteVisit, 0, len(v.all))
	for visit := range v.all {
		all = append(all, visit)
	}
	return all
}

// siteVerdict says whether a visit has to end.
func (g *Gateway) siteVerdict(v *SiteVisit) (ending, bool) {
	if who := v.visitor; who.tokenID != "" {
		if !g.options.Visitors.TokenLive(who.tokenID) {
			return endLoggedOut, true
		}
	} else if userID, live := g.options.Visitors.SessionLive(who.sessionID); !live || userID != who.userID {
		return endLoggedOut, true
	}
	return endForbidden, !v.site.admits(g.person(v.visitor.userID))
}

// sweepSites ends the visits of sites that would not be let in any more.
func (g *Gateway) sweepSites() {
	for _, v := range g.sites.list() {
		if why, over := g.siteVerdict(v); over && v.end() {
			g.options.Log.Info("visit of a site ended", "user", v.visitor.userID, "reason", why.reason)
		}
	}
}

// endSites ends all visits of sites, for the gateway's own end.
func (g *Gateway) endSites() {
	for _, v := range g.sites.list() {
		v.end()
	}
}

// siteRecorder passes a site's answer on as it is and counts it.
type siteRecorder struct {
	http.ResponseWriter
	observer Observer
	status   int
	bytes    int64
}

func (w *siteRecorder) WriteHeader(status int) {
	if w.status < 200 && w.status != http.StatusSwitchingProtocols {
		w.status = status
		if status == http.StatusSwitchingProtocols {
			w.observer.SocketOpened(kindSite)
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *siteRecorder) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.wrote(int64(n))
	return n, err
}

// ReadFrom lets the server send files by itself.
func (w *siteRecorder) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(w.ResponseWriter, r)
	w.wrote(n)
	return n, err
}

func (w *siteRecorder) wrote(n int64) {
	if w.status < 200 && w.status != http.StatusSwitchingProtocols {
		w.status = http.StatusOK
	}
	w.bytes += n
}

// Unwrap lets http.ResponseController flush and hijack.
func (w *siteRecorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *siteRecorder) done(began time.Time, r *http.Request) {
	elapsed := time.Since(began)
	switch w.status {
	case http.StatusSwitchingProtocols: // it lasted as long as the WebSocket
		w.observer.SocketClosed(kindSite)
		elapsed = 0
	case 0:
		w.status = http.StatusBadRequest // the visitor left before there was an answer
	}
	w.observer.Request(kindSite, w.status/100, elapsed, max(r.ContentLength, 0), w.bytes)
}
