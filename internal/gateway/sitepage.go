package gateway

import "net/http"

// signOutPath is where a site's visitors leave Kalpana. A site can send people there who
// sign out of it.
const signOutPath = reservedPrefix + "logout"

// serveSiteReserved answers below reservedPrefix of a site.
func (g *Gateway) serveSiteReserved(ex *exchange, r *http.Request, exact bool) {
	w := &ex.rec
	if !exact || socketHandshake(r) {
		g.refuse(w, r, refuseSitePath)
		return
	}
	if g.pages.serveAsset(w, r) {
		return
	}
	switch {
	case r.URL.Path == redeemPath && r.Method == http.MethodGet:
		g.redeem(w, r, ex.address)
	case r.URL.Path == signOutPath && r.Method == http.MethodGet:
		g.signOutPage(ex, r)
	case r.URL.Path == signOutPath && r.Method == http.MethodPost:
		g.signOut(ex, r)
	case r.URL.Path == redeemPath, r.URL.Path == signOutPath:
		writeProblem(w, refuseMethod)
	default:
		g.refuse(w, r, refuseSitePath)
	}
}

// denySite answers somebody who is signed in and may not open the site.
func (g *Gateway) denySite(ex *exchange, r *http.Request, p Person) {
	f := refuseSiteRight
	f.detail = "You are signed in as " + p.called() + ", and this site is not open to you. Ask an administrator."
	if !ex.page {
		writeProblem(&ex.rec, f)
		return
	}
	g.writePage(&ex.rec, r, f, pageData{Title: f.title, Text: f.detail, SignOut: ex.visitor.byCookie(), SignOutLabel: "Sign in as somebody else"})
}

// called is how a person is told who they are.
func (p Person) called() string {
	switch {
	case p.ID == "":
		return "somebody who is not known any more"
	case p.Email == "" && p.Name == "":
		return p.ID
	case p.Email == "":
		return p.Name
	case p.Name == "":
		return p.Email
	default:
		return p.Name + " (" + p.Email + ")"
	}
}

// signOutPage asks: a link of another page must not be enough to sign somebody out.
func (g *Gateway) signOutPage(ex *exchange, r *http.Request) {
	f := refusal{status: http.StatusOK}
	d := pageData{Title: "You are not signed in here", Text: "Whoever opens this site next signs in first.", Link: ex.address.ID + "/", LinkLabel: "Open the site"}
	if g.authenticate(ex, r, nil, ex.address) && ex.visitor.byCookie() {
		d = pageData{
			Title: "Sign out?", Text: "You are signed in as " + g.person(ex.visitor.userID).called() + ". Signing out ends that here, in Kalpana and in all workspaces that are open in this browser.",
			SignOut: true, SignOutLabel: "Sign out",
		}
	}
	g.writePage(&ex.rec, r, f, d)
}

// signOut ends the session that the site's cookie stands for.
func (g *Gateway) signOut(ex *exchange, r *http.Request) {
	w := &ex.rec
	if !originIs(r.Header, ex.address.ID) {
		writeProblem(w, refuseOrigin)
		return
	}
	if g.authenticate(ex, r, nil, ex.address) && ex.visitor.byCookie() {
		if err := g.options.EndSession(r.Context(), ex.visitor.userID, ex.visitor.sessionID); err != nil {
			g.options.Log.Error("session not ended from a site", "site", ex.address.ID, "user", ex.visitor.userID, "err", err)
			g.refuse(w, r, refuseNotReady)
			return
		}
	}
	w.Header().Add("Set-Cookie", g.cookie(ex.address, loginCookie, "", 0))
	g.writePage(w, r, refusal{status: http.StatusOK}, pageData{Title: "You are signed out", Text: "Here, in Kalpana and in all workspaces that were open in this browser. What the site remembers by itself is its own."})
}
