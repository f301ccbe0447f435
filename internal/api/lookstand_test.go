package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
	"github.com/kalpana-dev/kalpana/bridge/bridgeserver"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/identity"
	"github.com/kalpana-dev/kalpana/internal/inspect"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

const (
	lookID = "lookatme0001"
	// restID is a workspace of the same owner that does not run.
	restID = "restful00001"
	// ownersSecret is the value of a variable of the owner's.
	ownersSecret = "correct-horse-battery"
	// ownersLines is that of another, with a line that nobody may see.
	ownersLines = "{\n\"id\": \"stapled-to-a-horse\"\n}"
)

// lookStand is the API on a real database with a workspace that has a real bridge, and people
// with all rights to it.
type lookStand struct {
	t        *testing.T
	web      *httptest.Server
	server   *Server
	requests *inspect.Inspector
	root     string // of the workspace
	inside   string // the bridge's socket in there
	pages    string // the folder of the editor's pages
	// tokens are by right: view, use, edit, owner, and none; ids likewise.
	tokens, ids map[string]string

	mu      sync.Mutex
	replay  func(by Visitor, t inspect.Target, x inspect.Exchange) (inspect.Exchange, error)
	dialled int
}

func newLookStand(t *testing.T) *lookStand {
	t.Helper()
	dir, err := os.MkdirTemp("", "k") // short: a Unix socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	db, err := embeddeddb.Open(filepath.Join(dir, "db"), log)
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
	box, err := secretbox.New(bytes.Repeat([]byte("s"), secretbox.MinSecretBytes))
	if err != nil {
		t.Fatal(err)
	}
	st := &lookStand{t: t, root: filepath.Join(dir, "ws"), inside: filepath.Join(dir, "i.sock"), pages: filepath.Join(dir, "pages"), tokens: map[string]string{}, ids: map[string]string{}, requests: inspect.New(nil)}
	for _, folder := range []string{st.root, st.pages} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	agentPort := st.serveBridge(dir)
	st.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { st.server.ServeHTTP(w, r) }))
	t.Cleanup(st.web.Close)
	people, err := identity.New(identity.Options{Store: store, Box: box, BaseURL: "https://ws.localhost", Signup: identity.SignupOpen})
	if err != nil {
		t.Fatal(err)
	}
	workspaces := workspace.New(workspace.Options{Store: store.Workspaces(), Engine: silentEngine{}, Log: log})
	t.Cleanup(func() { workspaces.Close(context.WithoutCancel(t.Context())) })
	st.server = New(Options{
		Config: config.Config{WorkspaceDomain: "localhost"}, Identity: people, Workspaces: workspaces, Events: NewEvents(), Log: log, Version: "0",
		Inspect: InspectOptions{Requests: st.requests, Replay: func(_ context.Context, by Visitor, t inspect.Target, x inspect.Exchange) (inspect.Exchange, error) {
			return st.replay(by, t, x)
		}},
		Review: ReviewOptions{
			SecretsOf: func(_ context.Context, userID string) ([]string, error) {
				if userID != st.ids["owner"] {
					t.Errorf("asked for the secrets of %q", userID)
				}
				return []string{ownersSecret, ownersLines}, nil
			},
			Ask: func(ctx context.Context, w workspace.Workspace, do func(BridgeCaller) error) error {
				st.mu.Lock()
				st.dialled++
				st.mu.Unlock()
				c, err := bridgeclient.Dial(ctx, fmt.Sprintf("127.0.0.1:%d", w.AgentPort), box.WorkspaceKey(w.ID, w.Epoch))
				if err != nil {
					return err
				}
				defer c.Close()
				return do(c)
			},
		},
	})
	for _, right := range []string{"owner", "view", "use", "edit", "none"} {
		email := right + "@example.com"
		err := people.Signup(t.Context(), httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil), identity.SignupInput{Email: email, Name: right, Password: "a long password " + right})
		if err != nil {
			t.Fatal(err)
		}
		u, err := people.FindUser(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		if st.tokens[right], _, err = people.CreateToken(t.Context(), u.ID, "test", 0); err != nil {
			t.Fatal(err)
		}
		st.ids[right] = u.ID
	}
	for i, w := range []workspace.Workspace{
		{ID: lookID, Status: workspace.StatusRunning, Desired: workspace.DesiredRunning, AgentPort: agentPort, Epoch: 1},
		{ID: restID, Status: workspace.StatusStopped, Desired: workspace.DesiredStopped, Outfit: workspace.Outfit{Folder: "proj"}},
	} {
		w.OwnerID, w.Request, w.Slot = st.ids["owner"], w.ID, i
		if err := store.Workspaces().Insert(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		for _, right := range []workspace.Right{workspace.RightView, workspace.RightUse, workspace.RightEdit} {
			if _, err := workspaces.Share(t.Context(), w.ID, st.ids[string(right)], right, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return st
}

// silentEngine does not answer, so that workspaces stay what they are said to be.
type silentEngine struct{ workspace.Engine }

func (silentEngine) Find(context.Context, string) ([]workspace.Container, error) {
	return nil, workspace.ErrRuntimeUnavailable
}

// serveBridge starts the bridge of the workspace.
func (st *lookStand) serveBridge(dir string) (port int) {
	st.t.Helper()
	box, err := secretbox.New(bytes.Repeat([]byte("s"), secretbox.MinSecretBytes))
	if err != nil {
		st.t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(box.WorkspaceKey(lookID, 1)))
	server, err := bridgeserver.New(bridgeserver.Config{
		KeySHA256: hex.EncodeToString(sum[:]), Root: st.root, StateDir: filepath.Join(dir, "state"), EditorSocket: filepath.Join(dir, "e.sock"), PagesFolder: st.pages,
		Children: supervisor.NewChildren(), Env: os.Environ(), Version: "test", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		st.t.Fatal(err)
	}
	var listeners [3]net.Listener
	for i, at := range [][2]string{{"tcp", "127.0.0.1:0"}, {"tcp", "127.0.0.1:0"}, {"unix", st.inside}} {
		if listeners[i], err = net.Listen(at[0], at[1]); err != nil {
			st.t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(st.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listeners[0], listeners[1], listeners[2]) }()
	st.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			st.t.Error(err)
		}
	})
	return listeners[0].Addr().(*net.TCPAddr).Port
}

// sh runs a script in the workspace.
func (st *lookStand) sh(script string) {
	st.t.Helper()
	cmd := exec.CommandContext(st.t.Context(), "bash", "-euc", script)
	cmd.Dir = st.root
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@x", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@x")
	if out, err := cmd.CombinedOutput(); err != nil {
		st.t.Fatalf("%s: %v\n%s", script, err, out)
	}
}

// do asks with the token of who has a right, and reads the answer into out unless that is nil.
func (st *lookStand) do(right, method, path string, out any) (status int, p Problem) {
	st.t.Helper()
	resp := st.send(right, method, path, "")
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		st.t.Fatal(err)
	}
	if resp.StatusCode >= 400 {
		err = json.Unmarshal(raw, &p)
	} else if out != nil {
		err = json.Unmarshal(raw, out)
	}
	if err != nil {
		st.t.Fatalf("%s %s: %d %q: %v", method, path, resp.StatusCode, raw, err)
	}
	return resp.StatusCode, p
}

func (st *lookStand) send(right, method, path, accept string) *http.Response {
	st.t.Helper()
	req, err := http.NewRequestWithContext(st.t.Context(), method, st.web.URL+"/api/v1/workspaces/"+path, nil)
	if err != nil {
		st.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+st.tokens[right])
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		st.t.Fatal(err)
	}
	return resp
}

// told reads the next event of a stream, skipping comments; "" at its end.
func told(lines func() (string, bool)) (name, data string) {
	for {
		line, ok := lines()
		switch {
		case !ok:
			return "", ""
		case strings.HasPrefix(line, "event: "):
			name = strings.TrimPrefix(line, "event: ")
		case strings.HasPrefix(line, "data: "):
			return name, strings.TrimPrefix(line, "data: ")
		}
	}
}
