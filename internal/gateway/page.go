package gateway

import (
	"bytes"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strconv"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

//go:embed page
var pageFiles embed.FS

// pages are the gateway's own answers to people. They load nothing from outside and
// work in the dashboard's frame.
type pages struct {
	template *template.Template
	css, js  []byte
}

// pageData is what a page shows. What is empty is left out.
type pageData struct {
	Title, Text string
	// Name of the workspace; State is its status in lower case, for the colour.
	Name, State string
	// Poll makes the page ask for the status and open the editor or port once it answers.
	Poll bool
	// StartPath is where the start button's visitor comes back to, base64url; StartLabel its text.
	StartPath, StartLabel string
	// Link leads on; Dashboard is the UI's origin.
	Link, LinkLabel string
	Dashboard       string
	// SignOut makes the page offer to end the session, under SignOutLabel.
	SignOut      bool
	SignOutLabel string
	// Code is that of a link to a port whose password the page asks for; Wrong says why again.
	Code, Wrong string
	Log         []string
	ShowLog     bool
}

func newPages() *pages {
	read := func(name string) []byte {
		b, err := pageFiles.ReadFile("page/" + name)
		if err != nil {
			panic(err) // embedded at build time
		}
		return b
	}
	return &pages{
		template: template.Must(template.New("page").Parse(string(read("page.html")))),
		css:      read("page.css"), js: read("page.js"),
	}
}

// serveAsset answers for the stylesheet and script of the pages, on any host.
func (p *pages) serveAsset(w http.ResponseWriter, r *http.Request) bool {
	body, mediaType := p.css, "text/css; charset=utf-8"
	switch r.URL.Path {
	case reservedPrefix + "page.css":
	case reservedPrefix + "page.js":
		body, mediaType = p.js, "text/javascript; charset=utf-8"
	default:
		return false
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		writeProblem(w, refuseMethod)
		return true
	}
	h := w.Header()
	ownHeaders(h)
	h.Set("Cache-Control", "no-cache") // they change with the binary
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		w.Write(body)
	}
	return true
}

func (g *Gateway) writePage(w http.ResponseWriter, r *http.Request, f refusal, d pageData) {
	ui := g.uiOrigin(r)
	d.Dashboard = ui + "/"
	var b bytes.Buffer
	if err := g.pages.template.Execute(&b, d); err != nil {
		g.options.Log.Error("page not rendered", "err", err)
		writeProblem(w, f)
		return
	}
	h := w.Header()
	ownHeaders(h)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	framers := "'self' " + ui
	switch a, _ := g.hosts.ParseHost(r.Host); {
	case a.Kind == Port: // the editor's own browser, too
		framers += " " + g.originOf(r, Address{Kind: Editor, ID: a.ID})
	case a.Main() && r.Header.Get("Sec-Fetch-Dest") != "iframe": // a workspace's frame comes over the main origin to log in
		framers = "'none'"
	}
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors "+framers)
	if f.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(f.retryAfter))
	}
	w.WriteHeader(f.status)
	w.Write(b.Bytes())
}

// plainPage says what a refusal says, the same to everybody.
func (g *Gateway) plainPage(w http.ResponseWriter, r *http.Request, f refusal) {
	g.writePage(w, r, f, pageData{Title: f.title, Text: f.detail})
}

// statePaused is what pages call a workspace that is paused.
const statePaused = "paused"

// workspacePage is shown to the owner instead of an editor or a port of a workspace that
// is not running. note, a sentence, is why something was not done; "" for nothing.
func (g *Gateway) workspacePage(ex *exchange, r *http.Request, route *Route, f refusal, note string) {
	d := pageData{Title: f.title, Text: f.detail, Name: route.Name, Poll: true}
	switch route.Status {
	case workspace.StatusRunning:
		d.State, d.StartPath, d.StartLabel = statePaused, startPath(r), "Resume workspace"
		d.Text = "It was not used for a while. Everything in it is as it was."
	case workspace.StatusStarting:
		d.State, d.Text = "starting", "The editor opens here by itself."
		if ex.port != nil {
			d.Text = fmt.Sprintf("Port %d opens here by itself once something listens on it.", ex.address.Inside)
		}
		d.ShowLog, d.Log = true, g.options.Starter.StartLog(route.ID)
	case workspace.StatusStopping:
		d.State, d.Text = "stopping", "Your files are kept. You can start it again in a moment."
	case workspace.StatusError:
		d.State, d.StartPath, d.StartLabel = "error", startPath(r), "Start again"
		d.ShowLog, d.Log = true, g.options.Starter.StartLog(route.ID)
	default:
		d.State, d.StartPath, d.StartLabel = "stopped", startPath(r), "Start workspace"
		d.Text = "Your files are kept."
		if route.StatusReason != "" {
			d.Text = route.StatusReason + ". Your files are kept."
		}
	}
	if note != "" {
		d.Text = note
	}
	g.writePage(&ex.rec, r, f, d)
}

// waitPage is shown while the workspace runs but its editor does not answer.
func (g *Gateway) waitPage(w http.ResponseWriter, r *http.Request, route *Route, f refusal) {
	text := f.detail
	if f.code == refuseGateway.code {
		text = "It is running, but its editor does not answer. Trying again…"
	}
	g.writePage(w, r, f, pageData{Title: f.title, Text: text, Name: route.Name, State: "starting", Poll: true})
}

// loopPage ends a login that goes in circles because the browser drops a cookie.
func (g *Gateway) loopPage(w http.ResponseWriter, r *http.Request, cookie, target string) {
	f := refusal{status: http.StatusBadRequest}
	g.writePage(w, r, f, pageData{
		Title: "Your browser did not keep a cookie",
		Text:  "You are signed in, but this address's own cookie “" + cookie + "” did not come back. Allow cookies for it, also in frames and private windows, then try again.",
		Link:  target, LinkLabel: "Try again",
	})
}

// noSessionPage answers a visitor who signed in and whose browser dropped the session's cookie.
func (g *Gateway) noSessionPage(w http.ResponseWriter, r *http.Request, login string) {
	g.writePage(w, r, refusal{status: http.StatusBadRequest}, pageData{
		Title: "Your browser did not keep a cookie",
		Text:  "You signed in, but the cookie “" + sessionCookie + "” of the session did not come back. Allow cookies for this address, also in private windows, then sign in again.",
		Link:  login, LinkLabel: "Sign in again",
	})
}

// usedLinkPage answers for a ticket that is used up, too old or another browser's.
func (g *Gateway) usedLinkPage(w http.ResponseWriter, r *http.Request, target string) {
	f := refusal{http.StatusForbidden, "ticket_used", "This login link cannot be used", "It works once, for half a minute, in the browser that asked for it.", 0}
	if !pageVisit(r) {
		writeProblem(w, f)
		return
	}
	g.writePage(w, r, f, pageData{Title: f.title, Text: f.detail, Link: target, LinkLabel: "Open it again"})
}

func startPath(r *http.Request) string {
	uri := requestURI(r)
	if len(uri) > maxCarriedURI {
		uri = "/"
	}
	return base64.RawURLEncoding.EncodeToString([]byte(uri))
}
