package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/kalpana-dev/kalpana/internal/inspect"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// Visitors knows who is logged in. It is asked at every request, so it answers from memory.
type Visitors interface {
	// SessionOf says who is logged in at the main origin in the browser that sent r.
	SessionOf(r *http.Request) (userID, sessionID string, ok bool)
	// SessionLive says whose session it is and whether it still counts.
	SessionLive(sessionID string) (userID string, live bool)
	// TokenUser looks up an API token as it was sent, "kal_…".
	TokenUser(token string) (userID, tokenID string, live bool)
	// TokenLive says whether a token found before still counts.
	TokenLive(tokenID string) bool
}

// Starter acts on workspaces for the pages people see while the editor is not there.
type Starter interface {
	// Start orders a start; a workspace that runs or starts already is left alone, one that is
	// paused goes on.
	Start(ctx context.Context, workspaceID string) error
	// StartLog is what the last start said so far, one entry per line.
	StartLog(workspaceID string) []string
}

// Observer is told what the gateway does, for metrics. kind is "ws", "agent", "port" or "site".
// Calls must not block.
type Observer interface {
	// Request: one request was answered with a status of class 1 to 5 (x of xxx).
	Request(kind string, codeClass int, elapsed time.Duration, in, out int64)
	SocketOpened(kind string)
	SocketClosed(kind string)
}

// SocketBytesObserver is what an Observer may be as well: it hears every second what
// open WebSockets carried.
type SocketBytesObserver interface {
	SocketBytes(kind string, in, out int64)
}

// Options are what a Gateway needs. All but Client, Touch, CheckPassword, Person, EndSession, LinkOpened,
// Observer, Inspector, NetHTTP, Log, Now, the limits and what wakes workspaces are required.
type Options struct {
	Domain   Domain
	Box      *secretbox.Box
	Visitors Visitors
	Tickets  TicketStore
	Starter  Starter
	// Client says where a request came from. Default: the connection itself, trusting no proxy.
	Client func(*http.Request) Client
	// WrittenAtOnce is told, before anything of it is written, that an answer is so short that
	// no pause is to be expected in it, and whether it has a body. Default: nobody needs to know.
	WrittenAtOnce func(r *http.Request, body bool)
	// Touch is told of use, at most once a second per workspace.
	Touch func(workspaceID string, at time.Time)
	// CheckPassword compares what somebody typed with the hash of a link's password.
	// Default: no link with a password can be opened.
	CheckPassword func(ctx context.Context, hash, typed string) (bool, error)
	// Person says who a user is, from memory. Sites need it. Default: nobody is known.
	Person func(userID string) (p Person, ok bool)
	// EndSession signs out for good. Sites need it. Default: that cannot be done.
	EndSession func(ctx context.Context, userID, sessionID string) error
	// LinkOpened is told that a link to a port was opened. It must not block.
	LinkOpened func(linkID string, at time.Time)
	Observer   Observer
	// SocketsPerWorkspace bounds the open WebSockets of one workspace. Default: 0 = no limit.
	SocketsPerWorkspace int
	// SocketsPerUser bounds those of one user in all workspaces together. Default: 4096.
	SocketsPerUser int
	// RequestsPerWorkspace bounds the requests to one workspace that are under way at once,
	// WebSockets aside; a quarter is kept for who may use the workspace. Default: 1024.
	RequestsPerWorkspace int
	// WakeOnVisit starts a stopped workspace when somebody who may opens a page of it. Default:
	// the page has a button.
	WakeOnVisit bool
	// Resume lets a paused workspace go on and waits until it does. Default: none is paused.
	Resume func(ctx context.Context, workspaceID string) error
	// Woken is told of every start and resumption that a visit brought about. It must not block.
	Woken func(Wake)
	// Suspect is told, at most a few times a second for each, of workspaces whose ports were
	// answered by something else, or by nothing. It must not block.
	Suspect func(workspaceID string)
	// Inspector keeps what passes to ports at which somebody looks. Default: nothing is kept.
	Inspector *inspect.Inspector
	// NetHTTP sends requests to workspaces with net/http's client instead of Kalpana's own.
	NetHTTP bool
	Log     *slog.Logger
	Now     func() time.Time
}

// Gateway answers for all workspace hosts. Safe for concurrent use.
type Gateway struct {
	options Options
	hosts   *Hosts
	routes  *directory
	logins  *loginCodec
	links   *linkCodec
	limits  *limits
	loops   *loopGuard
	pages   *pages
	proxy   *proxy
	names   portNames
	replays replays
	sites   siteVisits
	// background are WebSockets, from their handshake on; Close waits for them.
	background tasks
	closing    atomic.Bool
}

// New returns a gateway that knows no workspace yet: it answers 503 until Replace.
func New(o Options) (*Gateway, error) {
	if o.Box == nil || o.Visitors == nil || o.Tickets == nil || o.Starter == nil {
		return nil, errors.New("gateway needs a secret box, visitors, tickets and a starter")
	}
	hosts, err := NewHosts(o.Domain)
	if err != nil {
		return nil, err
	}
	if o.Client == nil {
		o.Client = directClient
	}
	if o.WrittenAtOnce == nil {
		o.WrittenAtOnce = func(*http.Request, bool) {}
	}
	if o.Touch == nil {
		o.Touch = func(string, time.Time) {}
	}
	if o.CheckPassword == nil {
		o.CheckPassword = func(context.Context, string, string) (bool, error) {
			return false, errors.New("this gateway checks no passwords")
		}
	}
	if o.Person == nil {
		o.Person = func(string) (Person, bool) { return Person{}, false }
	}
	if o.EndSession == nil {
		o.EndSession = func(context.Context, string, string) error {
			return errors.New("this gateway ends no sessions")
		}
	}
	if o.Woken == nil {
		o.Woken = func(Wake) {}
	}
	if o.Suspect == nil {
		o.Suspect = func(string) {}
	}
	if o.LinkOpened == nil {
		o.LinkOpened = func(string, time.Time) {}
	}
	if o.Observer == nil {
		o.Observer = unobserved{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	g := &Gateway{options: o, hosts: hosts, logins: newLoginCodec(o.Box), links: newLinkCodec(o.Box), limits: newLimits(o), loops: newLoopGuard(), pages: newPages()}
	g.routes = newDirectory(o.Box, func(u *usage) { g.sweep(u) })
	g.proxy = newProxy(g)
	return g, nil
}

// Hosts are the names this gateway answers to.
func (g *Gateway) Hosts() *Hosts { return g.hosts }

// Announce takes in a workspace as it is now. An older version than the known one
// changes nothing. What the change forbids is ended before Announce returns.
func (g *Gateway) Announce(w workspace.Workspace) { g.routes.set(&w, g.now()) }

// AnnounceDeleted forgets a workspace for good and ends what uses it.
func (g *Gateway) AnnounceDeleted(id string) { g.routes.remove(id, g.now()) }

// Replace makes the table equal to all, a complete listing begun at asOf; workspaces
// announced since then stay. After the first call requests are served.
func (g *Gateway) Replace(all []workspace.Workspace, asOf time.Time) {
	g.routes.replace(all, asOf, g.now())
}

// Knows reports whether a is the host of an existing workspace, for certificates on
// demand. Of ports it knows those with a setting and a few others a day, unless the
// authority is this machine's own; see portNamesPerDay.
func (g *Gateway) Knows(a Address) bool {
	r := g.routes.lookup(a.ID)
	if r == nil || r.Deleting {
		return false
	}
	if a.Kind == Port {
		return g.hosts.local() || g.names.allow(r, a.Inside, g.now())
	}
	return a.Kind == Editor || a.Kind == Agent
}

// sweepEvery is well within the five seconds in which a revocation has to bite.
const sweepEvery = time.Second

// Run ends what lost its right to be, until ctx does. Call it once.
func (g *Gateway) Run(ctx context.Context) {
	sweep, purge := time.NewTicker(sweepEvery), time.NewTicker(time.Minute)
	defer sweep.Stop()
	defer purge.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-sweep.C:
			g.Sweep()
		case <-purge.C:
			if err := g.options.Tickets.PurgeTickets(ctx, g.now()); err != nil && ctx.Err() == nil {
				g.options.Log.Warn("expired tickets not removed", "err", err)
			}
		}
	}
}

// Close ends all requests and WebSockets and waits for the latter until ctx ends.
func (g *Gateway) Close(ctx context.Context) error {
	g.closing.Store(true)
	g.endAll(endShutdown)
	if err := g.background.wait(ctx); err != nil {
		return err
	}
	g.proxy.closeIdle()
	return nil
}

func (g *Gateway) now() time.Time { return g.options.Now() }

// client says who sent r. Plain HTTP is a secure context on localhost only; on any other
// domain a request without TLS comes from something in front that ended it, since a
// browser sends our cookies over HTTPS alone.
func (g *Gateway) client(r *http.Request) Client {
	c := g.options.Client(r)
	c.HTTPS = c.HTTPS || !g.hosts.local()
	return c
}

// unobserved is the Observer of whoever does not want one.
type unobserved struct{}

func (unobserved) Request(string, int, time.Duration, int64, int64) {}
func (unobserved) SocketOpened(string)                              {}
func (unobserved) SocketClosed(string)                              {}
