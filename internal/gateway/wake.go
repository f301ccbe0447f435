package gateway

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// Wake is one start or resumption of a workspace that a visit brought about.
type Wake struct {
	WorkspaceID string
	// UserID is who came, Address from where.
	UserID, Address string
	// Resumed: the workspace was paused, and not stopped.
	Resumed bool
	// Button: the visitor pressed the button of its page. Else opening the page was enough.
	Button bool
	// Err is why it was not done; nil if it was.
	Err error
}

const (
	// wakeWithin bounds what a visit waits for: an order that is written down, or a
	// resumption, which takes tenths of a second.
	wakeWithin = 10 * time.Second
	// wakeAgain is how long nobody orders the same again, whatever came of it.
	wakeAgain = time.Second
	// suspectEvery is how often somebody hears of a workspace that does not answer.
	suspectEvery = 300 * time.Millisecond
)

// errTooManyStarts: the visitor started the workspace too often in a short time. Others may
// start it.
var errTooManyStarts = errors.New("too many starts in a short time")

// wakes are the starts and resumptions that visits to one workspace bring about: one at a
// time, however many come.
type wakes struct {
	suspected atomic.Int64 // Unix milliseconds, of the last suspicion that was passed on

	mu     sync.Mutex
	latest *wakeup
}

// wakeup is one of them. What it says is there once done is closed.
type wakeup struct {
	resume bool
	done   chan struct{}
	ended  time.Time
	err    error
}

// once calls do, unless the same is under way or has just ended, and returns what came of
// it. A visitor who leaves ends nothing: others may wait for it. errTooManyStarts is the
// answer only to whose call it was.
func (w *wakes) once(ctx context.Context, resume bool, do func(context.Context) error) error {
	w.mu.Lock()
	l := w.latest
	for l != nil && l.resume == resume && l.fresh() {
		w.mu.Unlock()
		select {
		case <-l.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if l.err != errTooManyStarts {
			return l.err
		}
		w.mu.Lock()
		l = w.latest
	}
	l = &wakeup{resume: resume, done: make(chan struct{})}
	w.latest = l
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), wakeWithin)
	defer cancel()
	defer func() {
		l.ended = time.Now()
		close(l.done)
	}()
	l.err = do(ctx)
	return l.err
}

// fresh reports whether the wakeup is under way or has just ended. A resumption that
// succeeded is over at once: the workspace may be paused again. So is what was one visitor's
// own fault.
func (l *wakeup) fresh() bool {
	select {
	case <-l.done:
		return time.Since(l.ended) < wakeAgain && !(l.resume && l.err == nil) && l.err != errTooManyStarts
	default:
		return true
	}
}

// personOpens reports whether somebody opens a page, as far as a browser tells: in a
// window, not in a frame of another page; by an act of theirs, not because a page or a
// script went there or loaded itself again; now, not ahead of time. Browsers that tell
// nothing are believed, programs that look at links are not.
func personOpens(h http.Header) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		for _, v := range h[name] {
			if containsFold(v, "prefetch") || containsFold(v, "prerender") || containsFold(v, "preview") {
				return false
			}
		}
	}
	if looksAtLinks(h.Get("User-Agent")) {
		return false
	}
	if dest := h["Sec-Fetch-Dest"]; len(dest) > 0 && (len(dest) != 1 || dest[0] != "document") {
		return false
	}
	site, user := h["Sec-Fetch-Site"], h["Sec-Fetch-User"]
	// "none" is the address bar, a bookmark, another program.
	return len(site) == 0 || len(site) == 1 && site[0] == "none" || len(user) == 1 && user[0] == "?1"
}

// linkReaders are words in the names of programs that follow links for other reasons than
// that somebody wants to work.
var linkReaders = []string{
	"bot", "crawl", "spider", "slurp", "preview", "facebookexternalhit", "whatsapp", "slack-imgproxy", "embedly", "iframely", "mastodon",
	"monitor", "uptime", "lighthouse", "validator",
}

func looksAtLinks(userAgent string) bool {
	name := strings.ToLower(userAgent)
	for _, word := range linkReaders {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// mayWake reports whether a visit starts a stopped workspace by itself.
func (g *Gateway) mayWake(ex *exchange, r *http.Request, route *Route) bool {
	// One that is stopping was asked for after its stop began.
	asleep := route.Status == workspace.StatusStopped || route.Status == workspace.StatusStopping
	return asleep && g.options.WakeOnVisit && ex.page && ex.visitor.sessionID != "" && mayStart(route, ex.address, ex.visitor, g.now()) && personOpens(r.Header)
}

// mayResume reports whether a request lets a paused workspace go on. A token is not sent by
// itself, as a browser's cookie is by every page and socket left open.
func (g *Gateway) mayResume(ex *exchange, r *http.Request, route *Route) bool {
	if g.options.Resume == nil || !mayUse(route, ex.visitor, g.now()) {
		return false
	}
	return ex.visitor.tokenID != "" || ex.page && ex.visitor.sessionID != "" && personOpens(r.Header)
}

// awake returns the route of a workspace that has something to proxy to, having let it go
// on if it was paused. Otherwise it answers.
func (g *Gateway) awake(ex *exchange, r *http.Request, route *Route) (*Route, bool) {
	if route.answers() && !route.Paused {
		return route, true
	}
	if !route.answers() || !g.mayResume(ex, r, route) {
		g.notRunning(ex, r, route)
		return nil, false
	}
	_ = route.usage.wakes.once(r.Context(), true, func(ctx context.Context) error {
		if now := g.routes.lookup(route.ID); now != nil && !now.Paused {
			return nil // another visit had it go on since this one looked
		}
		err := g.options.Resume(ctx, route.ID)
		g.woken(ex, r, Wake{WorkspaceID: route.ID, Resumed: true, Err: err})
		return err
	})
	now := g.routes.lookup(route.ID)
	switch {
	case r.Context().Err() != nil:
		ex.rec.status = statusClientLeft
	case now == nil || !mayVisit(now, ex.address, ex.visitor, g.now()):
		g.deny(ex, r, now)
	case now.answers() && !now.Paused:
		return now, true
	default:
		g.notRunning(ex, r, now)
	}
	return nil, false
}

// wake starts a workspace for somebody who opened a page of it. It returns the route as it
// is then, for the page that is shown meanwhile.
func (g *Gateway) wake(ex *exchange, r *http.Request, route *Route) (*Route, error) {
	err := route.usage.wakes.once(r.Context(), false, func(ctx context.Context) error {
		if _, ok := g.limits.start(ex.visitor.userID, route.ID, g.now()); !ok {
			return errTooManyStarts
		}
		err := g.options.Starter.Start(ctx, route.ID)
		g.woken(ex, r, Wake{WorkspaceID: route.ID, Err: err})
		return err
	})
	if now := g.routes.lookup(route.ID); now != nil {
		route = now
	}
	asleep := route.Status == workspace.StatusStopped || route.Status == workspace.StatusStopping
	if err == nil && asleep || route.answers() {
		started := *route // the order is taken, and the news of it under way; or it runs since a moment ago
		started.Status, started.StatusReason = workspace.StatusStarting, ""
		route = &started
	}
	return route, err
}

// woken tells of a wake.
func (g *Gateway) woken(ex *exchange, r *http.Request, w Wake) {
	w.UserID, w.Address = ex.visitor.userID, g.client(r).IP
	if w.Err != nil {
		g.options.Log.Warn("workspace not woken by a visit", "workspace", w.WorkspaceID, "user", w.UserID, "resume", w.Resumed, "err", w.Err)
	}
	g.options.Woken(w)
}

// startRefusal says in a sentence why a workspace was not started.
func startRefusal(err error) string {
	switch {
	case errors.Is(err, errTooManyStarts):
		return "You have started it many times in a short time. Wait a moment, then start it."
	case errors.Is(err, workspace.ErrDeleting):
		return "It is being deleted."
	case errors.Is(err, context.DeadlineExceeded):
		return "The order to start it could not be written down in time. Try again in a moment."
	default:
		return "The order was not taken: " + err.Error()
	}
}

// suspect tells that something else, or nothing, was found where a workspace should answer.
func (g *Gateway) suspect(route *Route) {
	now := g.now().UnixMilli()
	last := route.usage.wakes.suspected.Load()
	if now-last < suspectEvery.Milliseconds() && now >= last || !route.usage.wakes.suspected.CompareAndSwap(last, now) {
		return
	}
	g.options.Suspect(route.ID)
}
