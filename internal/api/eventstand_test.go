package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/githubtest"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/repoevent"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/variable"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

const eventHookSecret = "webhook-secret-canary"

// eventStand are gateways with variables, webhooks and repositories, on one real database and
// behind real HTTP. Who is signed in is what the header X-Test-User says; nobody without it.
type eventStand struct {
	t      *testing.T
	store  *mongostore.Store
	github *githubtest.Server
	web    *httptest.Server // GitHub

	workspaces int // how many were added

	mu       sync.Mutex
	now      time.Time
	told     []repoevent.Notice
	readable bool // workspaces' owners have shown that they may read
	work     bridge.UnpushedWork
	workErr  error
	slow     time.Duration // how long a workspace takes to say it
	looking  int           // are asked now
	most     int           // were at once
}

func newEventStand(t *testing.T) *eventStand {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: a Unix socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	db, err := embeddeddb.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	store, err := mongostore.Open(t.Context(), db.URI(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		store.Close(context.WithoutCancel(t.Context()))
		db.Close()
		os.RemoveAll(dir)
	})
	st := &eventStand{t: t, store: store, now: time.Now().UTC().Truncate(time.Second), readable: true}
	if st.github, err = githubtest.New(githubtest.Options{Dir: t.TempDir(), Now: st.clock}); err != nil {
		t.Fatal(err)
	}
	st.web = httptest.NewServer(st.github)
	t.Cleanup(st.web.Close)
	st.github.AddUser(githubtest.User{Login: "ada"})
	st.github.AddRepo(githubtest.Repo{Name: "ada/x", Files: map[string]string{"a": "a"}})
	return st
}

func (st *eventStand) clock() time.Time {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.now
}

// workspace adds a workspace to the database.
func (st *eventStand) workspace(id, owner, repo string, status workspace.Status) {
	st.t.Helper()
	err := st.store.Workspaces().Insert(st.t.Context(), workspace.Workspace{ID: id, OwnerID: owner, GithubRepo: repo, Status: status, Request: id, Slot: st.workspaces})
	st.workspaces++
	if err != nil {
		st.t.Fatal(err)
	}
}

func (st *eventStand) watchers(ctx context.Context, repo string) ([]repoevent.Watcher, error) {
	all, err := st.store.Workspaces().Find(ctx, workspace.Query{})
	var found []repoevent.Watcher
	for _, w := range all {
		if strings.EqualFold(w.GithubRepo, repo) {
			found = append(found, repoevent.Watcher{WorkspaceID: w.ID, OwnerID: w.OwnerID})
		}
	}
	return found, err
}

// gateway starts one more process and returns its address. Without a secret webhooks are off.
func (st *eventStand) gateway(secret string) string {
	st.t.Helper()
	log := slog.New(slog.DiscardHandler)
	box, err := secretbox.New(bytes.Repeat([]byte("s"), secretbox.MinSecretBytes))
	if err != nil {
		st.t.Fatal(err)
	}
	humaErrors()
	s := &Server{log: log, mux: http.NewServeMux(), limits: newLimits(Options{})}
	s.Config = config.Config{GitHubURL: st.web.URL}
	s.Workspaces = workspace.New(workspace.Options{Store: st.store.Workspaces(), Log: log})
	st.t.Cleanup(func() { s.Workspaces.Close(context.WithoutCancel(st.t.Context())) })
	c := huma.DefaultConfig("Test", "0")
	c.CreateHooks = nil
	s.api = humago.New(s.mux, c)
	events := repoevent.New(repoevent.Options{Store: st.store.RepoEvents(), Watchers: st.watchers, Log: log, Now: st.clock, Notify: func(n repoevent.Notice) {
		st.mu.Lock()
		defer st.mu.Unlock()
		st.told = append(st.told, n)
	}})
	o := WebhookOptions{Events: events}
	if secret != "" {
		if o.Receiver, err = github.NewWebhooks(secret, st.clock); err != nil {
			st.t.Fatal(err)
		}
	}
	s.registerVariables(variable.New(variable.Options{Store: st.store, Box: box}))
	s.registerWebhook(o)
	s.registerRepository(RepositoryOptions{
		Events: events, Known: st.store,
		MayRead: func(context.Context, workspace.Workspace) (bool, error) { return st.readable, nil },
		Unpushed: func(ctx context.Context, _ workspace.Workspace) (bridge.UnpushedWork, error) {
			if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > askUnpushed {
				st.t.Error("a workspace may take for ever")
			}
			if st.slow > 0 {
				st.count(1)
				select {
				case <-time.After(st.slow):
				case <-ctx.Done():
				}
				st.count(-1)
			}
			return st.work, st.workErr
		},
	})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var p principal
		p.UserID = r.Header.Get("X-Test-User")
		s.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), principalKey{}, p)))
	}))
	st.t.Cleanup(web.Close)
	return web.URL
}

// count counts workspaces that are being asked.
func (st *eventStand) count(n int) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.looking += n
	st.most = max(st.most, st.looking)
}

// answer is what came back: the status, and the body as it is and as JSON.
type answer struct {
	status int
	text   string
	json   map[string]any
}

// code is that of a problem.
func (a answer) code() string { code, _ := a.json["code"].(string); return code }

// do asks as a user; body is nil or is sent as JSON.
func (st *eventStand) do(user, method, address string, body any) answer {
	st.t.Helper()
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			st.t.Fatal(err)
		}
		content = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(st.t.Context(), method, address, content)
	if err != nil {
		st.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Test-User", user)
	return st.send(r)
}

func (st *eventStand) send(r *http.Request) answer {
	st.t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		st.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		st.t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, text: string(raw)}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &a.json); err != nil {
			st.t.Fatalf("%s %s: status %d, no JSON: %q", r.Method, r.URL.Path, resp.StatusCode, raw)
		}
	}
	if a.status >= 400 && resp.Header.Get("Content-Type") != "application/problem+json" {
		st.t.Errorf("%s %s: problem of type %q", r.Method, r.URL.Path, resp.Header.Get("Content-Type"))
	}
	return a
}
