package gateway

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// A link lets whoever has its address open one port of a workspace, without an account and
// after a password if it has one. Its visitors are guests: they see what the program shows,
// and can neither start the workspace nor open any other host of it.

const (
	linkPath = reservedPrefix + "link"
	// maxLinkForm is more than any form of ours sends.
	maxLinkForm = 8 << 10
)

// LinkPath is the path and query of a link on the host of its port.
func LinkPath(code string) string { return linkPath + "?code=" + code }

// link reports whether a link to a port counts. r may be nil.
func (r *Route) link(id string, inside int, now time.Time) bool {
	if r == nil || r.Deleting {
		return false
	}
	for i := range r.links {
		if l := &r.links[i]; l.ID == id && l.Port == inside && l.Live(now) {
			return true
		}
	}
	return false
}

// linkByCode finds the link to a port that has this code.
func (r *Route) linkByCode(code string, inside int, now time.Time) (workspace.PortLink, bool) {
	if r == nil || r.Deleting || !isCode(code) {
		return workspace.PortLink{}, false
	}
	hash := []byte(workspace.LinkHash(code))
	for _, l := range r.links {
		if subtle.ConstantTimeCompare([]byte(l.Hash), hash) == 1 && l.Port == inside && l.Live(now) {
			return l, true
		}
	}
	return workspace.PortLink{}, false
}

func (r *Route) hasLink(inside int, now time.Time) bool {
	for i := range r.links {
		if r.links[i].Port == inside && r.links[i].Live(now) {
			return true
		}
	}
	return false
}

// serveLink answers at the address of a link: it lets the visitor in, or asks for the
// password first.
func (g *Gateway) serveLink(ex *exchange, r *http.Request) {
	w, a := &ex.rec, ex.address
	ex.client = g.client(r)
	code := r.URL.Query().Get("code")
	switch r.Method {
	case http.MethodGet:
		if canonical := g.originOf(r, a); canonical != ownOrigin(r.Host, ex.client.HTTPS) {
			redirect(w, canonical+LinkPath(code)) // for browsers "host." and "host" share no cookies
			return
		}
	case http.MethodPost:
		if !originIs(r.Header, ownOrigin(r.Host, ex.client.HTTPS)) {
			writeProblem(w, refuseOrigin)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxLinkForm)
		if err := r.ParseForm(); err != nil {
			writeProblem(w, refuseBody)
			return
		}
		code = r.PostForm.Get("code")
	default:
		writeProblem(w, refuseMethod)
		return
	}
	l, found := g.routes.lookup(a.ID).linkByCode(code, a.Inside, g.now())
	if !found || a.Kind != Port {
		g.refuseLinkPage(ex, r)
		return
	}
	if known, ok := g.linkOf(r, a); l.Password == "" || ok && known == l.ID {
		g.enterLink(ex, r, l)
		return
	}
	if r.Method != http.MethodPost {
		g.askPassword(ex, r, code, http.StatusOK, "")
		return
	}
	g.tryPassword(ex, r, l, code)
}

func (g *Gateway) tryPassword(ex *exchange, r *http.Request, l workspace.PortLink, code string) {
	if _, ok := g.limits.password(l.ID, ex.client.IP, g.now()); !ok {
		g.askPassword(ex, r, code, http.StatusTooManyRequests, "That was tried too often. Wait a minute, then try again.")
		return
	}
	right, err := g.options.CheckPassword(r.Context(), l.Password, r.PostForm.Get("password"))
	switch {
	case errors.Is(err, context.Canceled):
		ex.rec.status = statusClientLeft
	case err != nil:
		g.options.Log.Warn("password of a link not checked", "workspace", ex.address.ID, "link", l.ID, "err", err)
		g.askPassword(ex, r, code, http.StatusServiceUnavailable, "The password could not be checked right now. Try again in a moment.")
	case !right:
		g.askPassword(ex, r, code, http.StatusForbidden, "This is not the password.")
	case !g.routes.lookup(ex.address.ID).link(l.ID, l.Port, g.now()): // ended while the password was checked
		g.refuseLinkPage(ex, r)
	default:
		g.enterLink(ex, r, l)
	}
}

// enterLink lets a visitor in.
func (g *Gateway) enterLink(ex *exchange, r *http.Request, l workspace.PortLink) {
	now := g.now()
	g.options.LinkOpened(l.ID, now)
	ex.rec.Header().Add("Set-Cookie", g.cookie(ex.address, linkCookie, g.links.issue(ex.address, l.ID), max(l.Until.Sub(now), time.Second)))
	redirect(&ex.rec, g.originOf(r, ex.address)+"/")
}

// askPassword shows the form, or tells programs that there is one.
func (g *Gateway) askPassword(ex *exchange, r *http.Request, code string, status int, wrong string) {
	f := refusal{status, "password_required", "A password is needed", wrong, 0}
	if status == http.StatusTooManyRequests {
		f.retryAfter = 60
	}
	if r.Method == http.MethodGet && !pageVisit(r) {
		f.status, f.detail = http.StatusForbidden, "Open the link in a browser and type its password."
		writeProblem(&ex.rec, f)
		return
	}
	g.writePage(&ex.rec, r, f, pageData{
		Title: f.title, Code: code, Wrong: wrong,
		Text: fmt.Sprintf("Somebody shares port %d of a workspace with you. Type the password that they gave you.", ex.address.Inside),
	})
}

var refuseLink = refusal{http.StatusNotFound, "link_ended", "This link does not work", "It has ended, was taken back, or is not complete. Ask whoever sent it for another.", 0}

// refuseLinkPage is the same for links that ended and that never were.
func (g *Gateway) refuseLinkPage(ex *exchange, r *http.Request) {
	if r.Method == http.MethodPost {
		g.plainPage(&ex.rec, r, refuseLink)
		return
	}
	g.refuse(&ex.rec, r, refuseLink)
}

// linkEnded answers those whom a link let in before it ended, and forgets them: they are
// not the ones to be sent to a login. It reports whether it did.
func (g *Gateway) linkEnded(ex *exchange, r *http.Request) bool {
	if _, ok := g.linkOf(r, ex.address); !ok || bearer(r.Header) {
		return false
	}
	ex.rec.Header().Add("Set-Cookie", g.cookie(ex.address, linkCookie, "", 0))
	g.refuseLinkPage(ex, r)
	return true
}
