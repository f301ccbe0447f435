package gateway

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/internal/gateway/ticket"
	"github.com/kalpana-dev/kalpana/internal/ratelimit"
)

// How a login gets from the main origin to a workspace host, whose pages it must not
// trust and whose cookies it cannot set:
//
//  1. A page visit without a good cookie plants a nonce cookie on the workspace host and
//     goes to <UI>/auth/ticket with the nonce's hash (sendToLogin).
//  2. There the session is known. Whoever may visit the host gets a ticket bound to
//     the nonce, written to the store by its hash alone (TicketHandler).
//  3. The workspace host takes the ticket out of the store, which works once, checks the
//     nonce, sets its own cookie and goes to the very same address (redeem).
//
// The nonce keeps anybody from logging another person's browser in with a ticket of
// their own. Tabs opened at once share one nonce.

// Ticket and its store are declared in a leaf package, so that stores need not import this one.
type Ticket = ticket.Ticket

// TicketStore keeps tickets for their half minute. All gateways of an installation share it.
type TicketStore interface {
	PutTicket(ctx context.Context, t Ticket) error
	// TakeTicket returns the ticket and removes it in one step: of many callers one
	// gets it, the others ticket.ErrNotFound.
	TakeTicket(ctx context.Context, hash string) (Ticket, error)
	// PurgeTickets removes those that expired before t.
	PurgeTickets(ctx context.Context, t time.Time) error
}

const (
	// TicketPath is where TicketHandler has to be mounted on the main origin.
	TicketPath = "/auth/ticket"
	redeemPath = reservedPrefix + "ticket"
	// maxCarriedURI bounds the address carried through a login: in base64 and with the rest of
	// its query, it has to fit the 8 KiB that a login at a provider carries along.
	maxCarriedURI = 5632
)

// sendToLogin starts the flow for a page visit.
func (g *Gateway) sendToLogin(w http.ResponseWriter, r *http.Request, a Address) {
	uri := requestURI(r)
	if len(uri) > maxCarriedURI {
		g.refuse(w, r, refuseLong)
		return
	}
	if canonical := g.originOf(r, a); canonical != ownOrigin(r.Host, g.client(r).HTTPS) {
		redirect(w, canonical+uri) // for browsers "host." and "host" share no cookies
		return
	}
	nonce, ok := findCookie(r.Header["Cookie"], nonceCookie)
	if !ok || !isCode(nonce) {
		nonce = newCode()
		w.Header().Add("Set-Cookie", g.cookie(a, nonceCookie, nonce, nonceLife))
	}
	path := base64.RawURLEncoding.EncodeToString([]byte(uri))
	query := "?host=" + g.hosts.name(a) + "&nonce=" + nonceHash(nonce) + "&path=" + path
	if a.Kind == OtherSite {
		query = siteLoginQuery(g.options.Box, a.ID, nonceHash(nonce), path, g.now())
	}
	redirect(w, g.uiOrigin(r)+TicketPath+query)
}

// TicketHandler answers GET /auth/ticket on the main origin.
func (g *Gateway) TicketHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			writeProblem(w, refuseMethod)
			return
		}
		if fromElsewhereThanNavigation(r.Header) {
			writeProblem(w, refuseOrigin)
			return
		}
		if !g.routes.loaded.Load() {
			g.refuse(w, r, refuseNotReady)
			return
		}
		g.issueTicket(w, r)
	})
}

func (g *Gateway) issueTicket(w http.ResponseWriter, r *http.Request) {
	userID, sessionID, ok := g.options.Visitors.SessionOf(r)
	if !ok {
		g.askToLogIn(w, r)
		return
	}
	q := r.URL.Query()
	a, known := g.askedAddress(q)
	path, pathOK := carriedPath(q.Get("path"))
	nonce := q.Get("nonce")
	if !known || !pathOK || !isCode(nonce) {
		if a.Kind == OtherSite {
			g.refuse(w, r, refuseSiteLogin)
			return
		}
		g.refuse(w, r, refuseNotFound)
		return
	}
	ex := &exchange{address: a, visitor: visitor{userID: userID, sessionID: sessionID}, rec: recorder{ResponseWriter: w}}
	if route := g.routes.lookup(a.ID); !mayVisit(route, a, ex.visitor, g.now()) {
		g.deny(ex, r, route)
		return
	}
	if g.loops.looping(sessionID, a, nonce, g.now()) {
		g.loopPage(w, r, loginCookie, g.originOf(r, a)+path)
		return
	}
	if after, ok := g.limits.ticket(ratelimit.Name(userID), g.hosts.name(a), g.now()); !ok {
		g.refuse(w, r, refuseTickets.after(after))
		return
	}
	code := newCode()
	err := g.options.Tickets.PutTicket(r.Context(), Ticket{
		Hash: codeHash(code), Host: g.hosts.name(a), WorkspaceID: a.ID, UserID: userID, SessionID: sessionID,
		NonceHash: nonce, Path: path, ExpiresAt: g.now().Add(ticket.Life),
	})
	if err != nil {
		g.options.Log.Error("ticket not stored", "workspace", a.ID, "user", userID, "err", err)
		g.refuse(w, r, refuseNotReady)
		return
	}
	redirect(w, g.originOf(r, a)+redeemPath+"?code="+code)
}

// askToLogIn sends a visitor without a session to the login page, from where they come back
// here. Whoever comes back and has no cookie would be sent round for ever.
func (g *Gateway) askToLogIn(w http.ResponseWriter, r *http.Request) {
	const asked = "&asked=1" // the visitor was at the login page already
	address := requestURI(r)
	before, again := strings.CutSuffix(address, asked)
	login := "/login?return=" + url.QueryEscape(before+asked)
	if again && !hasCookie(r.Header["Cookie"], sessionCookie) {
		g.noSessionPage(w, r, login)
		return
	}
	redirect(w, login)
}

// redeem turns a ticket into the cookie of this host.
func (g *Gateway) redeem(w http.ResponseWriter, r *http.Request, a Address) {
	if fromElsewhereThanNavigation(r.Header) { // the host's own pages may ask so as often as they like
		writeProblem(w, refuseOrigin)
		return
	}
	h := w.Header()
	route := g.routes.lookup(a.ID)
	have, loggedIn := g.loginOf(r, route, a)
	t, err := Ticket{}, ticket.ErrNotFound
	if code := r.URL.Query().Get("code"); isCode(code) {
		if after, ok := g.limits.redeem(g.client(r).IP, g.hosts.name(a), g.now()); !ok {
			g.refuse(w, r, refuseLimit.after(after))
			return
		}
		t, err = g.options.Tickets.TakeTicket(r.Context(), codeHash(code))
	}
	if err != nil && !errors.Is(err, ticket.ErrNotFound) {
		g.options.Log.Error("ticket not taken", "workspace", a.ID, "err", err)
		g.refuse(w, r, refuseNotReady)
		return
	}
	found := err == nil && t.Host == g.hosts.name(a) && t.WorkspaceID == a.ID && g.now().Before(t.ExpiresAt)
	if loggedIn && (!found || t.UserID == have.userID) { // another tab was first, or the link is an old one
		path := "/"
		if found {
			path = t.Path
		}
		redirect(w, g.originOf(r, a)+path)
		return
	}
	nonces := r.Header["Cookie"]
	nonce, ok := findCookie(nonces, nonceCookie)
	switch {
	case found && !hasCookie(nonces, nonceCookie):
		g.loopPage(w, r, nonceCookie, g.originOf(r, a)+t.Path)
		return
	case found && ok && isCode(nonce) && nonceHash(nonce) != t.NonceHash:
		g.otherNonce(w, r, g.originOf(r, a)+t.Path)
		return
	case !found || !ok || !isCode(nonce):
		g.usedLinkPage(w, r, g.originOf(r, a)+"/")
		return
	}
	who := visitor{userID: t.UserID, sessionID: t.SessionID}
	if userID, live := g.options.Visitors.SessionLive(t.SessionID); !live || userID != t.UserID || !mayVisit(route, a, who, g.now()) {
		g.refuse(w, r, refuseNotFound)
		return
	}
	g.loops.redeemed(t.SessionID, a, t.NonceHash, g.now())
	h.Add("Set-Cookie", g.loginCookie(a, login{userID: t.UserID, sessionID: t.SessionID, expires: g.now().Add(loginLife)}))
	h.Add("Set-Cookie", g.cookie(a, nonceCookie, "", 0))
	g.promiseHTTPS(h, r)
	redirect(w, g.originOf(r, a)+t.Path)
}

// otherNonce answers for a good ticket of another nonce. Tabs that were opened at the very
// same moment were given one each, and the browser kept the last; or it is another's ticket
// that somebody lured the visitor to. Both may go where the ticket leads, and log in by
// themselves.
func (g *Gateway) otherNonce(w http.ResponseWriter, r *http.Request, target string) {
	w.Header().Set("Refresh", "1; url="+target)
	g.usedLinkPage(w, r, target)
}

// redirect sends a visitor on to location as it is: http.Redirect would tidy it up. The
// referrer is kept back, since the address may hold a code.
func redirect(w http.ResponseWriter, location string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Location", location)
	w.WriteHeader(http.StatusSeeOther)
}

// requestURI is what the visitor's browser asked for: path and query, byte for byte.
func requestURI(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	// Absolute form, as sent to proxies; or what has no path, "http:@evil.test", and would
	// lead elsewhere behind an origin.
	if uri := r.URL.RequestURI(); strings.HasPrefix(uri, "/") {
		return uri
	}
	return "/"
}

// carriedPath decodes a path made by sendToLogin. It is only ever written behind an
// origin of ours, so "//evil.test" is a path there; what could end the header line or
// begin another is refused.
func carriedPath(encoded string) (string, bool) {
	b, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || len(b) == 0 || len(b) > maxCarriedURI || b[0] != '/' {
		return "", false
	}
	for _, c := range b {
		if c <= ' ' || c == 0x7f || c == '#' {
			return "", false
		}
	}
	return string(b), true
}

// newCode is 256 random bits in base64url.
func newCode() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// isCode reports whether s is 256 bits in base64url, as codes, nonces and their hashes are.
func isCode(s string) bool {
	if len(s) != 43 {
		return false
	}
	_, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil
}

func nonceHash(nonce string) string {
	sum := sha256.Sum256([]byte("nonce/" + nonce))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func codeHash(code string) string {
	sum := sha256.Sum256([]byte("ticket/" + code))
	return hex.EncodeToString(sum[:])
}

// fromElsewhereThanNavigation reports whether a browser says that this is no navigation.
func fromElsewhereThanNavigation(h http.Header) bool {
	mode := h["Sec-Fetch-Mode"]
	return len(mode) > 0 && (len(mode) != 1 || mode[0] != "navigate")
}
