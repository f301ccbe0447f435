package platform

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/openrouter"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// models gives the clients of the configured server of models. All share their
// connections and the list of models.
type models struct {
	shared *openrouter.Client
	server bool // has a key, or needs none

	mu    sync.Mutex
	byKey map[string]*openrouter.Client // users' own
}

// modelsEvery is a little more than a client takes a list for fresh.
const modelsEvery = 10*time.Minute + time.Second

// maxKeys bounds the clients that are kept; one is cheap to make again.
const maxKeys = 1000

func newModels(c config.Config, transport http.RoundTripper) (*models, error) {
	shared, err := openrouter.New(openrouter.Options{BaseURL: c.OpenRouterBaseURL, Key: c.OpenRouterAPIKey, Referer: c.Origin(c.UIHost()), Transport: transport})
	if err != nil {
		return nil, fmt.Errorf("OPENROUTER_BASE_URL: %w", err)
	}
	// Servers of one's own often need no key; OpenRouter always does.
	server := c.OpenRouterAPIKey != "" || shared.Kind() == openrouter.KindCompatible
	return &models{shared: shared, server: server, byKey: map[string]*openrouter.Client{}}, nil
}

// keepWarm asks for the list of models before it is too old, so that no turn waits for it.
func (m *models) keepWarm(ctx context.Context) {
	if !m.server {
		return
	}
	tick := time.NewTicker(modelsEvery)
	defer tick.Stop()
	for {
		m.shared.Models(ctx) // whoever needs the list is told what is wrong
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (m *models) client(key string) (chat.Model, error) {
	if key == "" {
		if !m.server {
			return nil, chat.ErrOff
		}
		return m.shared, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.byKey[key]; c != nil {
		return c, nil
	}
	c, err := m.shared.WithKey(key)
	if err != nil {
		return nil, err
	}
	if len(m.byKey) >= maxKeys {
		clear(m.byKey)
	}
	m.byKey[key] = c
	return c, nil
}

// reach connects the agent to workspaces.
type reach struct{ p *parts }

// startFor bounds the start of a workspace that a message woke.
const startFor = 3 * time.Minute

// look is how often a starting workspace is looked at.
const look = 100 * time.Millisecond

// Connect implements chat.Workspaces.
func (r reach) Connect(ctx context.Context, id string, start bool, progress func(string)) (chat.Bridge, error) {
	ctx, cancel := context.WithTimeout(ctx, startFor)
	defer cancel()
	told := ""
	ordered := !start
	for {
		w, err := r.p.workspaces.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		if !start && w.Desired != workspace.DesiredRunning {
			return nil, chat.ErrStopped
		}
		switch w.Status {
		case workspace.StatusRunning:
			if w.Desired != workspace.DesiredRunning {
				break // is about to stop
			}
			if err := r.p.awake(ctx, w); err != nil {
				return nil, err
			}
			c, err := bridgeclient.Dial(ctx, fmt.Sprintf("127.0.0.1:%d", w.AgentPort), r.p.workspaceKey(w.ID, w.Epoch))
			if err == nil && !slices.Contains(c.Hello.Types, bridge.TypeOpenEditor) {
				// Older ones know no dry runs: what should only be shown would be done.
				c.Close()
				return nil, errors.New("it was started by an older version of Kalpana; restart it")
			}
			if err == nil {
				return c, nil
			}
			if text := "Connecting to the workspace…"; text != told {
				told = text
				progress(text)
			}
		case workspace.StatusError:
			if ordered {
				return nil, errors.New(w.StatusReason)
			}
		}
		if (w.Status == workspace.StatusStopped || w.Status == workspace.StatusError) && !ordered {
			ordered = true
			progress("Starting the workspace…")
			if _, err := r.p.workspaces.Start(ctx, id); err != nil {
				return nil, err
			}
		}
		if w.Status == workspace.StatusStarting {
			if lines, err := r.p.workspaces.StartLog(ctx, id); err == nil && len(lines) > 0 {
				if text := lines[len(lines)-1].Text; text != told {
					told = text
					progress("Starting the workspace: " + text)
				}
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("the workspace did not become ready: %w", context.Cause(ctx))
		case <-time.After(look):
		}
	}
}

// Touch implements chat.Workspaces.
func (r reach) Touch(id string) { r.p.workspaces.Use(id, time.Now()) }

// PortURL implements chat.Workspaces.
func (r reach) PortURL(id string, port int, path string) string {
	return r.p.portURL(id, port) + path
}

// openEditor shows a file or the terminal in the editor of a running workspace.
func (a *parts) openEditor(ctx context.Context, w workspace.Workspace, what bridge.OpenEditor) error {
	if err := a.awake(ctx, w); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, err := bridgeclient.Dial(ctx, fmt.Sprintf("127.0.0.1:%d", w.AgentPort), a.workspaceKey(w.ID, w.Epoch))
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Call(ctx, bridge.TypeOpenEditor, what, nil)
}

// forgetChats removes what belongs to workspaces that are gone: chats, what was unpushed,
// versions of templates that nobody else has.
type forgetChats struct {
	p     *parts
	chats chatsOfWorkspaces
	gone  chan string

	mu        sync.Mutex
	templates map[string]string // by workspace, where it is a user's own
}

// chatsOfWorkspaces finds workspaces by their chats.
type chatsOfWorkspaces interface {
	WorkspacesWithChats(ctx context.Context) ([]string, error)
}

// ownTemplate is how long the ids of users' own templates are; those of built-in ones are words.
const ownTemplate = 12

// Announce implements workspace.Announcer.
func (f *forgetChats) Announce(w workspace.Workspace) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(w.Template) == ownTemplate {
		f.templates[w.ID] = w.Template
	} else {
		delete(f.templates, w.ID)
	}
}

// AnnounceDeleted implements workspace.Announcer. It does not block: what does not fit is
// found by the next look at all.
func (f *forgetChats) AnnounceDeleted(id string) {
	select {
	case f.gone <- id:
	default:
	}
}

// forgetEvery is how often all chats are looked at for workspaces that are gone.
const forgetEvery = time.Hour

// keepSpend is how long it is known what was spent on a day.
const keepSpend = 90 * 24 * time.Hour

func (f *forgetChats) run(ctx context.Context) {
	all := time.NewTicker(forgetEvery)
	defer all.Stop()
	f.lookAtAll(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-f.gone:
			f.forget(ctx, id)
		case <-all.C:
			f.lookAtAll(ctx)
		}
	}
}

func (f *forgetChats) lookAtAll(ctx context.Context) {
	ids, err := f.chats.WorkspacesWithChats(ctx)
	if err != nil {
		f.p.log.Warn("looking for chats of workspaces that are gone", "err", err)
	}
	for _, id := range ids {
		if _, err := f.p.workspaces.Get(ctx, id); errors.Is(err, workspace.ErrNotFound) {
			f.forget(ctx, id)
		}
	}
	if err := f.p.store.PurgeSpend(ctx, time.Now().Add(-keepSpend)); err != nil {
		f.p.log.Warn("forgetting what was spent long ago", "err", err)
	}
}

// forgetFor bounds the removal of one workspace's chats, so that none holds up the others.
const forgetFor = time.Minute

func (f *forgetChats) forget(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, forgetFor)
	defer cancel()
	f.mu.Lock()
	own := f.templates[id]
	delete(f.templates, id)
	f.mu.Unlock()
	err := errors.Join(f.p.chats.DeleteWorkspace(ctx, id), f.p.store.RemoveUnpushed(ctx, id))
	if own != "" {
		err = errors.Join(err, f.p.templates.Forget(ctx, own)) // does nothing while it is used
	}
	if err != nil {
		f.p.log.Warn("removing what belongs to a workspace that is gone", "workspace", id, "err", err)
	}
}
