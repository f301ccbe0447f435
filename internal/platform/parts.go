package platform

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/api"
	"github.com/kalpana-dev/kalpana/internal/audit"
	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/docker"
	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/gateway"
	"github.com/kalpana-dev/kalpana/internal/gcpace"
	"github.com/kalpana-dev/kalpana/internal/gitaccess"
	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/hostnet"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/inspect"
	"github.com/kalpana-dev/kalpana/internal/metrics"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/portlease"
	"github.com/kalpana-dev/kalpana/internal/provision"
	"github.com/kalpana-dev/kalpana/internal/repoevent"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/spend"
	"github.com/kalpana-dev/kalpana/internal/template"
	"github.com/kalpana-dev/kalpana/internal/variable"
	"github.com/kalpana-dev/kalpana/internal/workspace"
	"github.com/kalpana-dev/kalpana/ui"
)

// parts are what runs while a platform is open.
type parts struct {
	log      *slog.Logger
	lifetime context.Context
	end      context.CancelFunc
	loops    sync.WaitGroup
	undo     []func() error // in the order in which things were made

	metrics    *metrics.Metrics
	store      *mongostore.Store
	trail      *audit.Trail
	engine     *docker.Runtime
	identity   *identity.Service
	gateway    *gateway.Gateway
	leaser     *portlease.Leaser
	workspaces *workspace.Service
	access     *gitaccess.Service
	templates  *template.Service
	variables  *variable.Service
	provision  *provision.Service
	reports    *repoevent.Service
	readers    readers
	ledger     *spend.Ledger
	chats      *chat.Service

	portURL                      func(id string, port int) string
	api, logins, pages, operator http.Handler
	workspaceKey                 func(id string, epoch int64) string
}

// assemble makes everything, from the bottom up. What was made is undone if a later step fails.
func (p *Platform) assemble(ctx context.Context) (_ *parts, err error) {
	c := p.config
	lifetime, end := context.WithCancel(context.Background())
	a := &parts{log: p.log, lifetime: lifetime, end: end, metrics: p.metrics}
	defer func() {
		if err != nil {
			a.close()
		}
	}()

	// Data directory, keys, database.
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	secret := []byte(c.Secret)
	if len(secret) == 0 {
		if secret, err = secretbox.LoadOrCreate(filepath.Join(c.DataDir, "secret")); err != nil {
			return nil, fmt.Errorf("read the secret: %w", err)
		}
	}
	old, err := oldSecrets(c)
	if err != nil {
		return nil, fmt.Errorf("read the old secret: %w", err)
	}
	box, err := secretbox.New(secret, old...)
	if err != nil {
		return nil, err
	}
	a.workspaceKey = box.WorkspaceKey
	uri := c.DatabaseURL
	var embedded *embeddeddb.DB
	if uri == "" {
		if embedded, err = embeddeddb.Open(filepath.Join(c.DataDir, "db"), p.log); err != nil {
			return nil, err
		}
		a.undo = append(a.undo, embedded.Close)
		uri = embedded.URI()
	}
	if a.store, err = mongostore.Open(ctx, uri, p.metrics.Database); err != nil {
		return nil, err
	}
	a.undo = append(a.undo, func() error { return a.store.Close(context.Background()) })
	if embedded != nil {
		if err := embedded.Tune(ctx); err != nil {
			return nil, err
		}
	}

	// What is done by whom. It ends after everything that adds to it.
	a.trail = audit.New(audit.Options{Store: a.store, Dropped: p.metrics.AuditDropped, Log: p.log})
	a.undo = append(a.undo, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
		defer cancel()
		return a.trail.Close(ctx)
	})

	// Accounts at git hosts.
	hub, err := github.New(github.Options{URL: c.GitHubURL, APIURL: c.GitHubAPIURL, ClientID: c.GitHubClientID, ClientSecret: c.GitHubClientSecret})
	if err != nil {
		return nil, err
	}
	a.undo = append(a.undo, func() error { hub.Close(); return nil })
	access := gitaccess.Options{Store: a.store, Box: box, URL: c.GitHubURL, PrivateRepos: *c.PrivateRepos, Log: p.log}
	if c.GitHubClientID != "" {
		access.GitHub = hub
	}
	if a.access, err = gitaccess.New(access); err != nil {
		return nil, err
	}

	// Who is who.
	a.identity, err = identity.New(identity.Options{
		Store: a.store, Box: box, BaseURL: c.Origin(c.UIHost()), Signup: c.Signup,
		GitHub: identity.GitHub{ClientID: c.GitHubClientID, Secret: c.GitHubClientSecret, URL: c.GitHubURL, APIURL: c.GitHubAPIURL, PrivateRepos: *c.PrivateRepos, Keep: a.access.Connect},
		OIDC:   identity.OIDC{Issuer: c.OIDCIssuer, ClientID: c.OIDCClientID, Secret: c.OIDCClientSecret},
		Log:    p.log, Observe: p.metrics.Login, Limited: func() { p.metrics.Limited(metrics.LimitLogin) }, Tell: func(e identity.Event) { api.RecordEvent(a.trail, e) }, ClientIP: func(r *http.Request) string { return p.front.Client(r).IP },
	})
	if err != nil {
		return nil, err
	}
	if err := a.identity.Sync(ctx); err != nil {
		return nil, err
	}

	// The edge, which the workspaces report to.
	opened := newOpenedLinks(a)
	workspaces := func() *workspace.Service { return a.workspaces }
	requests := inspect.New(nil)
	a.gateway, err = gateway.New(gateway.Options{
		Domain: domainOf(c),
		Box:    box, Visitors: visitors{a.identity}, Tickets: a.store, Starter: starter{workspaces},
		Client: p.front.Client, WrittenAtOnce: p.front.WrittenAtOnce, Touch: func(id string, at time.Time) { a.workspaces.Touch(id, at) }, CheckPassword: a.identity.CheckPassword, Person: a.person, EndSession: a.identity.RevokeSession, LinkOpened: opened.note, Observer: p.metrics, Inspector: requests,
		NetHTTP: c.UpstreamClient == config.ClientNetHTTP, Log: p.log,
		SocketsPerUser: c.SocketsPerUser, SocketsPerWorkspace: 2 * c.SocketsPerUser, RequestsPerWorkspace: c.RequestsPerWorkspace,
		WakeOnVisit: *c.WakeOnVisit, Woken: a.woken,
		Resume:  func(ctx context.Context, id string) error { return a.workspaces.Resume(ctx, id) },
		Suspect: func(id string) { a.workspaces.Suspect(id) },
	})
	if err != nil {
		return nil, err
	}
	events := api.NewEvents()
	forget := &forgetChats{p: a, chats: a.store.Chats(), gone: make(chan string, 1000), templates: map[string]string{}}

	// Ports, containers, workspaces.
	installation := hex.EncodeToString(box.MAC("installation", nil))[:16]
	if a.engine, err = docker.New(docker.Options{Host: c.DockerHost, Installation: installation, Observe: p.metrics.Docker, Started: hostnet.Host{}.Quiet, Log: p.log}); err != nil {
		return nil, err
	}
	a.undo = append(a.undo, a.engine.Close)
	a.leaser = portlease.New(a.store.Ports(), portlease.Options{Start: c.PortStart, End: c.PortEnd, Rest: rest(c.PortRest)})
	idle := time.Duration(*c.IdleTimeout)
	if idle == 0 {
		idle = -1 // never; zero would mean the package's default
	}
	if err := a.outfit(c, box); err != nil {
		return nil, err
	}
	a.workspaces = workspace.New(workspace.Options{
		Store: a.store.Workspaces(), Leases: a.leaser, Engine: a.engine, Prober: prober{}, LastUse: lastUse, Identify: identify, Key: box.WorkspaceKey, Image: c.WorkspaceImage,
		Announcers: []workspace.Announcer{a.gateway, events, forget, a.provision}, Preparer: a.provision, Observer: p.metrics, Log: p.log, Shared: a.store.Shared(),
		DefaultMemory: c.Memory, DefaultCPU: c.CPU, MaxPerUser: c.MaxWorkspacesPerUser, IdleTimeout: idle, PauseTimeout: time.Duration(c.PauseTimeout),
		FlushEvery: 2 * time.Second, StopGrace: stopGrace, Env: func(_ context.Context, w workspace.Workspace) (map[string]string, error) {
			// Where VS Code's Ports panel says that a port inside is reached.
			env := map[string]string{bridge.HoldEditor: "1", "VSCODE_PROXY_URI": c.Origin("{{port}}-"+w.ID+".ws."+c.WorkspaceDomain) + "/"}
			if c.NixCacheKey != "" { // for nix in a terminal; what a start makes is told over the bridge
				env["NIX_CONFIG"] = "substituters = " + c.NixCacheURL + "\ntrusted-public-keys = " + c.NixCacheKey
			}
			return env, nil
		},
	})
	a.undo = append(a.undo, func() error { return a.workspaces.Close(context.Background()) })

	// The agent.
	models, err := newModels(c, nil)
	if err != nil {
		return nil, err
	}
	a.undo = append(a.undo, func() error { models.shared.Close(); return nil })
	budgets := spend.Limits{Turn: agent.NanoUSD(*c.AgentBudgetTurn), Chat: agent.NanoUSD(*c.AgentBudgetChat), UserDay: agent.NanoUSD(*c.AgentBudgetUserDay), Day: agent.NanoUSD(*c.AgentBudgetDay)}
	a.ledger = spend.New(a.store, budgets, time.Now, nil)
	a.ledger.LimitUsers(a.ownBudget)
	a.undo = append(a.undo, func() error { return a.ledger.Flush(context.Background()) })
	a.portURL = func(id string, port int) string {
		return c.Origin(fmt.Sprintf("%d-%s.ws.%s", port, id, c.WorkspaceDomain))
	}
	a.chats = chat.New(chat.Options{
		Store: a.store.Chats(), Workspaces: reach{a}, Models: models.client, Box: box, Ledger: a.ledger, Budgets: budgets, Announcer: events, Observer: p.metrics, Log: p.log,
		MayGoOn: func(userID string) bool { u, ok := a.identity.User(userID); return ok && !u.Suspended },
		Model:   c.AgentModel, Mode: permission.Mode(c.AgentMode), ModeCap: permission.Mode(c.AgentModeCap), OwnKeys: *c.AgentOwnKeys, AllowTraining: *c.AgentAllowTraining,
		Secrets: []string{c.OpenRouterAPIKey, c.GitHubClientSecret, c.OIDCClientSecret, c.Secret, c.OldSecret, c.GitHubWebhookSecret}, SecretsOf: a.secretsOf, Shared: a.store.Shared(), TurnsPerUser: c.MaxWorkspacesPerUser,
	})
	a.undo = append(a.undo, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
		defer cancel()
		return a.chats.Close(ctx)
	})
	asOf := time.Now()
	all, err := a.workspaces.ListAll(ctx)
	if err != nil {
		return nil, err
	}
	a.gateway.Replace(all, asOf)

	a.reports = repoevent.New(repoevent.Options{
		Store: a.store.RepoEvents(), Watchers: a.watchers, Notify: events.AnnounceRepository, Log: p.log, Shared: a.store.Shared(),
	})
	var hooks *github.Webhooks
	if c.GitHubWebhookSecret != "" {
		if hooks, err = github.NewWebhooks(c.GitHubWebhookSecret, nil); err != nil {
			return nil, err
		}
	}
	live := a.newFacts()
	admin, err := a.admin(c, p.front.Client)
	if err != nil {
		return nil, err
	}
	server := api.New(api.Options{
		Config: c, Identity: a.identity, Workspaces: a.workspaces, Chats: a.chats, Ledger: a.ledger, Events: events,
		Activity: a.activity, Listening: a.listening, OpenEditor: a.openEditor, Ready: a.ready, Version: p.version, Log: p.log,
		CheckRepository: a.checkRepository, CheckTemplate: a.checkTemplate, CheckNix: a.templates.CheckNix, CloneAgain: a.provision.CloneAgain, Facts: live,
		GitHub:     api.GitHubOptions{Access: a.access, Guess: a.guess, Webhook: hooks != nil},
		Templates:  api.Templates{Service: a.templates, Try: a.tryTemplate},
		Variables:  a.variables,
		Webhook:    api.WebhookOptions{Receiver: hooks, Events: a.reports},
		Repository: api.RepositoryOptions{Events: a.reports, MayRead: a.mayRead, Unpushed: a.unpushed, Known: a.store},
		Admin:      admin,
		Limits:     api.Limits{PerSecond: c.APIRate, Reached: p.metrics.Limited},
		Sharing:    api.Sharing{LinkURL: a.linkURL, LinkVisits: a.store.LinkVisits},
		Inspect:    api.InspectOptions{Requests: requests, Replay: a.replay},
		Review:     api.ReviewOptions{Ask: a.askBridge, SecretsOf: a.secretsOf},
	})
	logins := http.NewServeMux()
	a.identity.Routes(logins)
	logins.Handle("GET /auth/ticket", a.gateway.TicketHandler())
	a.api, a.logins, a.operator = server, logins, server.Socket()
	a.pages = ui.Handler(ui.Options{FrameSources: []string{c.Origin("*.ws." + c.WorkspaceDomain)}})

	a.run(a.identity.Run)
	a.run(a.trail.Run)
	a.run(a.workspaces.Run)
	a.run(live.Run)
	a.run(a.gateway.Run)
	a.run(func(ctx context.Context) { gcpace.Run(ctx, time.Second) })
	a.run(requests.Run)
	a.run(models.keepWarm)
	a.run(a.chats.Run)
	a.run(forget.run)
	a.run(opened.run)
	a.run(a.reports.Run)
	a.run(a.reseal)
	a.run(a.prune)
	a.run(a.gauge)
	a.run(func(ctx context.Context) { p.closeHost(ctx) })
	return a, nil
}

// run starts a loop that ends with the platform.
func (a *parts) run(loop func(context.Context)) { a.loops.Go(func() { loop(a.lifetime) }) }

// ready asks what everything stands on for an answer.
func (a *parts) ready(ctx context.Context) map[string]error {
	return map[string]error{"database": a.store.Ping(ctx), "docker": a.engine.Ping(ctx)}
}

// stopGrace is more than the bridge gives the editor (5 s) and everything else (2 s) to end.
const stopGrace = 10 * time.Second

// gaugeEvery is how old the gauges may be when they are scraped.
const gaugeEvery = 2 * time.Second

// gauge keeps the gauges that nobody sets as things happen.
func (a *parts) gauge(ctx context.Context) {
	tick := time.NewTicker(gaugeEvery)
	defer tick.Stop()
	for {
		counts := map[string]int{}
		for status, n := range a.workspaces.Counts() {
			counts[string(status)] = n
		}
		a.metrics.Workspaces(counts)
		a.metrics.Leases(a.workspaces.HoldingPorts(), a.leaser.Pairs())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// closeHost closes what Docker leaves open on the host, and says what it could not.
// Docker's own rules come and go with it, so it is looked at again and again.
func (p *Platform) closeHost(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	told := map[string]bool{}
	for {
		for _, f := range (hostnet.Host{}).Close(ctx, p.config.PortStart, p.config.PortEnd) {
			if !f.OK && !told[f.Detail] && ctx.Err() == nil {
				told[f.Detail] = true
				p.log.Warn("the host is not closed to workspaces", "check", f.Name, "detail", f.Detail, "fix", f.Fix)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// rest is how long a returned pair rests; zero means none, where the package's zero means its default.
func rest(d config.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return time.Duration(d)
}

// closeWithin bounds the end of open sockets and loops; what is left then is cut.
const closeWithin = 10 * time.Second

func (a *parts) close() error {
	var errs []error
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if a.gateway != nil {
		errs = append(errs, a.gateway.Close(ctx))
	}
	a.end()
	a.loops.Wait()
	for i := len(a.undo) - 1; i >= 0; i-- {
		errs = append(errs, a.undo[i]())
	}
	return errors.Join(errs...)
}

// prober asks a workspace's bridge whether its editor answers.
type prober struct{}

func (prober) Ready(ctx context.Context, port int, key string) error {
	return bridgeclient.Ready(ctx, fmt.Sprintf("127.0.0.1:%d", port), key)
}

// lastUse asks a workspace's bridge when something inside kept it in use last.
func lastUse(ctx context.Context, port int, key string) (time.Time, error) {
	a, err := bridgeclient.Activity(ctx, fmt.Sprintf("127.0.0.1:%d", port), key)
	return a.Last(), err
}

// activity names what keeps a workspace in use at this moment.
func (a *parts) activity(id string) []string {
	uses := a.gateway.Activity(id)
	if a.chats.Running(id) {
		uses = append(uses, "turn")
	}
	return uses
}

// listening asks a workspace's bridge what listens in it.
func (a *parts) listening(ctx context.Context, w workspace.Workspace) ([]bridge.Port, error) {
	c, err := bridgeclient.Dial(ctx, fmt.Sprintf("127.0.0.1:%d", w.AgentPort), a.workspaceKey(w.ID, w.Epoch))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var found bridge.PortList
	err = c.Call(ctx, bridge.TypePorts, nil, &found)
	return found.Ports, err
}

// visitors lets the gateway ask who is logged in.
type visitors struct{ *identity.Service }

func (v visitors) SessionOf(r *http.Request) (userID, sessionID string, ok bool) {
	p, err := v.Authenticate(r)
	return p.UserID, p.SessionID, err == nil && p.SessionID != ""
}

// starter lets the gateway's pages start a workspace.
type starter struct{ workspaces func() *workspace.Service }

func (s starter) Start(ctx context.Context, id string) error {
	_, err := s.workspaces().Start(ctx, id)
	return err
}

func (s starter) StartLog(id string) []string {
	lines, err := s.workspaces().StartLog(context.Background(), id)
	if err != nil {
		return nil
	}
	text := make([]string, len(lines))
	for i, l := range lines {
		text[i] = l.Text
	}
	return text
}
