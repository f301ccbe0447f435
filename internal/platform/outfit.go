package platform

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
	"github.com/kalpana-dev/kalpana/internal/api"
	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/docker"
	"github.com/kalpana-dev/kalpana/internal/gitaccess"
	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/nixcheck"
	"github.com/kalpana-dev/kalpana/internal/provision"
	"github.com/kalpana-dev/kalpana/internal/repoevent"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/template"
	"github.com/kalpana-dev/kalpana/internal/variable"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// oldSecret is what the secret in the data directory was before an operator moved it there.
const oldSecret = "secret.old"

// oldSecrets are earlier secrets, of which only what they sealed is left.
func oldSecrets(c config.Config) ([][]byte, error) {
	if c.OldSecret != "" {
		return [][]byte{[]byte(c.OldSecret)}, nil
	}
	file := filepath.Join(c.DataDir, oldSecret)
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	secret, err := secretbox.LoadOrCreate(file)
	if err != nil {
		return nil, err
	}
	return [][]byte{secret}, nil
}

// bridgeOf is a connection for package provision.
type bridgeOf struct{ *bridgeclient.Client }

func (b bridgeOf) Knows(kind string) bool { return slices.Contains(b.Hello.Types, kind) }

// dialBridge connects to the bridge of a workspace's container.
func (a *parts) dialBridge(ctx context.Context, w workspace.Workspace) (provision.Bridge, error) {
	c, err := bridgeclient.Dial(ctx, fmt.Sprintf("127.0.0.1:%d", w.AgentPort), a.workspaceKey(w.ID, w.Epoch))
	if err != nil {
		return nil, err
	}
	return bridgeOf{c}, nil
}

// unpushed asks a running workspace for what is only in it.
func (a *parts) unpushed(ctx context.Context, w workspace.Workspace) (work bridge.UnpushedWork, err error) {
	if err := a.awake(ctx, w); err != nil {
		return work, err
	}
	c, err := a.dialBridge(ctx, w)
	if err != nil {
		return work, err
	}
	defer c.Close()
	return work, c.Call(ctx, bridge.TypeUnpushed, bridge.Unpushed{}, &work)
}

// git lets package provision use accounts at git hosts.
type git struct {
	access *gitaccess.Service
	may    func(userID string) bool
	name   func(userID string) (name, email string)
	log    *slog.Logger
	// learn is told under which names a repository is known.
	learn func(ctx context.Context, id int64, names ...string)
}

// CloneURL implements provision.Git.
func (g git) CloneURL(ctx context.Context, userID, repository string) (string, error) {
	if r, err := g.access.Parse(repository); err == nil && r.Name != "" {
		if repo, err := g.access.Repo(ctx, userID, r.Name); err == nil {
			g.learn(ctx, repo.ID, r.Name, repo.Name)
		}
	}
	return g.access.CloneURL(ctx, userID, repository)
}

// maxNames bounds what a guess looks at.
const maxNames = 2000

// Files implements provision.Git.
func (g git) Files(ctx context.Context, userID, repository, branch string) (files template.Files, ok bool, err error) {
	r, err := g.access.Parse(repository)
	if err != nil || r.Name == "" {
		return files, false, err
	}
	return repositoryFiles(ctx, g.access, userID, r.Name, branch)
}

// repositoryFiles reads what a guess needs of a repository at the configured GitHub.
func repositoryFiles(ctx context.Context, access *gitaccess.Service, userID, name, branch string) (files template.Files, ok bool, err error) {
	files.Text = map[string]string{}
	root, err := access.Files(ctx, userID, name, "", branch)
	if errors.Is(err, github.ErrNotFound) {
		return files, true, nil // empty, or not to be seen: the clone says which
	}
	if err != nil {
		return files, true, err
	}
	folder := false
	for _, e := range root[:min(len(root), maxNames)] {
		files.Names = append(files.Names, e.Name)
		folder = folder || e.Name == ".devcontainer"
	}
	for _, f := range template.DevcontainerFiles {
		dir, _ := filepath.Split(f)
		if dir != "" && !folder || dir == "" && !slices.Contains(files.Names, f) {
			continue
		}
		text, err := access.File(ctx, userID, name, f, branch)
		if err != nil {
			continue
		}
		if dir != "" {
			files.Names = append(files.Names, f)
		}
		files.Text[f] = string(text)
	}
	return files, true, nil
}

// Identity implements provision.Git.
func (g git) Identity(ctx context.Context, userID string) (name, email string) {
	if name, email = g.access.Identity(ctx, userID); email != "" {
		return name, email
	}
	return g.name(userID)
}

// Credential implements provision.Git.
func (g git) Credential(ctx context.Context, userID, repository string, q bridge.CredentialRequest) (username, password string, err error) {
	if !g.may(userID) {
		return "", "", &gitaccess.RefusedError{Reason: "The account of the workspace's owner is suspended."}
	}
	c, err := g.access.Credential(ctx, userID, repository, gitaccess.Question{Protocol: q.Protocol, Host: q.Host, Path: q.Path, Username: q.Username})
	if err == nil {
		return c.Username, c.Password, nil
	}
	if refused, ok := errors.AsType[*gitaccess.RefusedError](err); ok {
		return "", "", refused
	}
	g.log.Warn("git asked for a credential that could not be looked up", "user", userID, "host", q.Host, "err", err)
	return "", "", &gitaccess.RefusedError{Reason: fmt.Sprintf("Kalpana cannot say which password to use for %s just now. Try again.", q.Host)}
}

// Rejected implements provision.Git.
func (g git) Rejected(ctx context.Context, userID string, r bridge.CredentialRejected) {
	// What it returns is in its log.
	_ = g.access.Rejected(ctx, userID, gitaccess.Rejection{Protocol: r.Protocol, Host: r.Host, Username: r.Username, PasswordSHA256: r.PasswordSHA256})
}

// images makes images from the configured one.
type images struct {
	engine       *docker.Runtime
	base         string
	nixpkgs      string
	caches, keys []string
}

// PackagesImage implements provision.Images.
func (i images) PackagesImage(ctx context.Context, packages []string, say func(string)) (string, error) {
	return i.engine.PackagesImage(ctx, i.base, packages, say)
}

// seedName is what a template's shared store is for.
func seedName(id string, version int) string { return fmt.Sprintf("%s-%d", id, version) }

// Seed implements provision.Images.
func (i images) Seed(ctx context.Context, id string, version int, flake string, say func(string)) (string, error) {
	store, err := i.engine.EnsureSeed(ctx, seedName(id, version), docker.SeedBuild{
		Image: i.base, Files: map[string]string{bridge.FlakeFile: flake}, Nixpkgs: i.nixpkgs, Caches: i.caches, Keys: i.keys,
	}, say)
	if errors.Is(err, docker.ErrStoreRefused) {
		say("this engine cannot share Nix stores: " + err.Error())
		return "", nil
	}
	return store, err
}

// cache tells whether a binary cache answers.
type cache struct {
	url string

	mu      sync.Mutex
	asked   time.Time
	answers bool
}

// Bounds of a look at a binary cache.
const (
	cacheAskFor = 3 * time.Second
	cacheFresh  = time.Minute
)

// ok asks at most once a minute.
func (c *cache) ok(ctx context.Context) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.asked) < cacheFresh {
		return c.answers
	}
	ctx, cancel := context.WithTimeout(ctx, cacheAskFor)
	defer cancel()
	c.answers = false
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, strings.TrimRight(c.url, "/")+"/nix-cache-info", nil)
	if err == nil {
		var resp *http.Response
		if resp, err = http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			c.answers = resp.StatusCode == http.StatusOK
		}
	}
	c.asked = time.Now()
	return c.answers
}

// nameOf is who commits when no git host says so.
func nameOf(s *identity.Service) func(string) (string, string) {
	return func(userID string) (name, email string) {
		u, ok := s.User(userID)
		if !ok {
			return "", ""
		}
		return u.Name, u.Email
	}
}

// later is the service of workspaces, which is made after those that use it.
type later struct{ p *parts }

func (l later) Get(ctx context.Context, id string) (workspace.Workspace, error) {
	return l.p.workspaces.Get(ctx, id)
}

func (l later) Refit(ctx context.Context, id string, change func(*workspace.Outfit)) (workspace.Workspace, error) {
	return l.p.workspaces.Refit(ctx, id, change)
}

func (l later) SetPort(ctx context.Context, id string, p workspace.PortSetting) (workspace.Workspace, error) {
	return l.p.workspaces.SetPort(ctx, id, p)
}

func (l later) Report(ctx context.Context, id string) workspace.Reporter {
	return l.p.workspaces.Report(ctx, id)
}

func (l later) Touch(id string, at time.Time) { l.p.workspaces.Touch(id, at) }

// outfit makes what fits workspaces out.
func (a *parts) outfit(c config.Config, box *secretbox.Box) (err error) {
	checker := nixcheck.New(a.engine, func() string { return c.WorkspaceImage })
	a.templates, err = template.New(template.Options{
		Store: a.store.Templates(),
		CheckNix: func(ctx context.Context, text string) ([]template.Problem, error) {
			found, err := checker.Check(ctx, text)
			var all []template.Problem
			for _, p := range found {
				all = append(all, template.Problem{Field: "flake", Line: p.Line, Column: p.Column, Message: p.Message, Severity: template.SeverityError})
			}
			return all, err
		},
		InUse: a.versionsInUse,
	})
	if err != nil {
		return err
	}
	a.variables = variable.New(variable.Options{Store: a.store, Box: box, Usable: func(ctx context.Context, userID, id string) (bool, error) {
		err := a.checkTemplate(ctx, userID, id)
		if errors.Is(err, template.ErrNotFound) {
			return false, nil
		}
		return err == nil, err
	}})
	var keys []string
	if c.NixCacheKey != "" {
		keys = []string{c.NixCacheKey}
	}
	binaryCache := &cache{url: c.NixCacheURL}
	a.provision = provision.New(provision.Options{
		Dial: a.dialBridge, Workspaces: later{a}, Templates: a.templates, Variables: a.variables, Images: images{a.engine, c.WorkspaceImage, c.Nixpkgs, []string{c.NixCacheURL}, keys}, Unpushed: a.store,
		Git: git{a.access, func(id string) bool { u, ok := a.identity.User(id); return ok && !u.Suspended }, nameOf(a.identity), a.log, a.learn},
		Nix: *c.NixCustomConfigs, PreferNix: c.TemplatePackages == config.PackagesNix, CacheAnswers: binaryCache.ok,
		Nixpkgs: c.Nixpkgs, Caches: []string{c.NixCacheURL}, Keys: keys, Shared: a.store.Shared(), Log: a.log,
	})
	a.undo = append(a.undo, a.provision.Close)
	return nil
}

// learn ties a repository's number to its names, the present one last.
func (a *parts) learn(ctx context.Context, id int64, names ...string) {
	for _, name := range slices.Compact(names) {
		if err := a.reports.Learn(ctx, id, name); err != nil {
			a.log.Warn("a repository's name not noted", "repository", name, "err", err)
		}
	}
}

// checkRepository says whether a user may open a repository, and what it is called here.
func (a *parts) checkRepository(ctx context.Context, userID, repository string) (short, branch string, err error) {
	r, err := a.access.Parse(repository)
	if err != nil {
		return "", "", err
	}
	return r.Key(), r.Branch, a.access.MayUse(ctx, userID, repository)
}

// checkTemplate says whether a user may use a template.
func (a *parts) checkTemplate(ctx context.Context, userID, id string) error {
	_, _, err := a.templates.Resolve(ctx, userID, id, 0)
	return err
}

// versionsInUse are the versions of a template that workspaces have.
func (a *parts) versionsInUse(ctx context.Context, id string) (versions []int, err error) {
	all, err := a.workspaces.ListAll(ctx)
	for _, w := range all {
		if w.Template == id && !slices.Contains(versions, w.TemplateVersion) {
			versions = append(versions, w.TemplateVersion)
		}
	}
	return versions, err
}

// tryTemplate makes a workspace from a version that need not be published.
func (a *parts) tryTemplate(ctx context.Context, userID string, t template.Template) (string, error) {
	limit := 0
	if u, ok := a.identity.User(userID); ok {
		limit = u.MaxWorkspaces
	}
	name := "Try " + t.Name
	if runes := []rune(name); len(runes) > 60 {
		name = string(runes[:60])
	}
	w, err := a.workspaces.Create(ctx, workspace.CreateInput{
		OwnerID: userID, Name: name, Template: t.ID, TemplateVersion: t.Version, Limit: limit, Clone: workspace.Clone{Submodules: true, LFS: true},
	})
	return w.ID, err
}

// guess finds the template for a repository at the configured GitHub.
func (a *parts) guess(ctx context.Context, userID string, r github.Repo, branch string) (api.RepositoryGuess, error) {
	files, _, err := repositoryFiles(ctx, a.access, userID, r.Name, branch)
	if err != nil {
		return api.RepositoryGuess{}, err
	}
	g, err := a.templates.Guess(ctx, userID, files)
	return api.RepositoryGuess{Template: g.Template, Reasons: g.Reasons, Honoured: g.Honoured}, err
}

// readers remembers who may read which repository, for a while.
type readers struct {
	mu    sync.Mutex
	known map[string]reader // by user and repository
}

type reader struct {
	id    int64 // of the repository
	until time.Time
}

// Bounds of what is remembered of readers.
const (
	readerFresh = 5 * time.Minute
	maxReaders  = 10_000
)

// mayRead asks GitHub whether the owner of a workspace may read its repository: what the
// container says of its clone proves nothing. Nobody may when GitHub does not say so.
func (a *parts) mayRead(ctx context.Context, w workspace.Workspace) (bool, error) {
	r, err := a.access.Parse(w.GithubRepo)
	if err != nil || r.Name == "" || w.Clone.State != workspace.CloneDone {
		return false, nil
	}
	key := w.OwnerID + " " + strings.ToLower(r.Name)
	a.readers.mu.Lock()
	found, ok := a.readers.known[key]
	a.readers.mu.Unlock()
	if ok && time.Now().Before(found.until) {
		return found.id != 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	repo, err := a.access.Repo(ctx, w.OwnerID, r.Name)
	if err != nil {
		repo.ID = 0
		a.log.Debug("whether a user may read a repository is not known", "user", w.OwnerID, "repository", r.Name, "err", err)
	}
	a.readers.mu.Lock()
	defer a.readers.mu.Unlock()
	if a.readers.known == nil || len(a.readers.known) >= maxReaders {
		a.readers.known = map[string]reader{}
	}
	a.readers.known[key] = reader{repo.ID, time.Now().Add(readerFresh)}
	return repo.ID != 0, nil
}

// watchers are the workspaces of a repository of the configured GitHub whose owners may read it.
func (a *parts) watchers(ctx context.Context, repo string) (all []repoevent.Watcher, err error) {
	found, err := a.workspaces.ListAll(ctx)
	for _, w := range found {
		r, err := a.access.Parse(w.GithubRepo)
		if err != nil || !strings.EqualFold(r.Name, repo) {
			continue
		}
		if may, err := a.mayRead(ctx, w); err == nil && may {
			all = append(all, repoevent.Watcher{WorkspaceID: w.ID, OwnerID: w.OwnerID})
		}
	}
	return all, err
}

// secretsOf are values that no text about a user's workspaces may show.
func (a *parts) secretsOf(ctx context.Context, userID string) ([]string, error) {
	values, err := a.variables.Secrets(ctx, userID)
	if err != nil {
		return nil, err
	}
	passwords, err := a.access.Secrets(ctx, userID)
	return append(values, passwords...), err
}

// reseal seals anew what an old secret sealed, so that it can be thrown away.
func (a *parts) reseal(ctx context.Context) {
	n, err := a.access.Reseal(ctx)
	err = errors.Join(err, a.variables.Rotate(ctx))
	if err != nil && ctx.Err() == nil {
		a.log.Error("not everything was sealed with the new secret: keep the old one", "err", err)
	} else if n > 0 {
		a.log.Info("sealed with the new secret what the old one had sealed", "records", n)
	}
}

// pruneEvery is how often images with packages that nobody uses are looked for.
const pruneEvery = 12 * time.Hour

// prune removes what an earlier process left unfinished, then, now and then, images with
// packages and shared stores that no workspace uses.
func (a *parts) prune(ctx context.Context) {
	if !a.store.Shared() { // else they may be another process's work
		if err := a.engine.RemoveLeftovers(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("containers of an earlier process not removed", "err", err)
		}
	}
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		all, err := a.workspaces.ListAll(ctx)
		if err != nil {
			continue
		}
		used, stores := map[string]bool{}, map[string]bool{}
		for _, w := range all {
			used[w.Image], stores[seedName(w.Template, w.TemplateVersion)] = true, true
		}
		if n, err := a.engine.PruneSeeds(ctx, func(name string) bool { return stores[name] }); err != nil && ctx.Err() == nil {
			a.log.Warn("shared Nix stores not pruned", "err", err)
		} else if n > 0 {
			a.log.Info("shared Nix stores removed that no workspace uses", "stores", n)
		}
		if n, err := a.engine.PrunePackages(ctx, func(image string) bool { return used[image] }); err != nil && ctx.Err() == nil {
			a.log.Warn("images with packages not pruned", "err", err)
		} else if n > 0 {
			a.log.Info("images with packages removed that no workspace uses", "images", n)
		}
	}
}
