package chat_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
	"github.com/kalpana-dev/kalpana/bridge/bridgeserver"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
	"github.com/kalpana-dev/kalpana/internal/chat"
	"github.com/kalpana-dev/kalpana/internal/llmtest"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
	"github.com/kalpana-dev/kalpana/internal/openrouter"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
	"github.com/kalpana-dev/kalpana/internal/spend"
	"github.com/kalpana-dev/kalpana/internal/uistream"
)

// The provider keys: the server's, and one of a user's own.
const (
	serverKey = "sk-or-v1-0000000000000000000000000000000000000000000000000000000000server"
	ownKey    = "sk-or-v1-1111111111111111111111111111111111111111111111111111111111alice1"
)

// stand is a chat.Service with everything it works with: a database, a bridge over a
// folder, a provider of models that follows scripts and refuses ill-formed requests.
type stand struct {
	t       testing.TB
	mongo   *mongostore.Store
	ledger  *spend.Ledger
	llm     *llmtest.Server
	client  *openrouter.Client
	space   *workspace
	tidings *tidings
	counts  *counts
	options chat.Options
	service *chat.Service
	user    string
}

// noBill is the provider's account of an answer that broke off.
const noBill = `{"data":{"id":"gen-test","total_cost":0,"tokens_prompt":10,"tokens_completion":1}}`

// newStand makes one. change may be nil; it gets the options before the service is made.
func newStand(t testing.TB, change func(*stand)) *stand {
	t.Helper()
	s := &stand{
		t: t, mongo: openDatabase(t), llm: &llmtest.Server{Strict: true, Generation: noBill}, space: newWorkspace(t),
		tidings: &tidings{}, counts: &counts{tools: map[string]int{}, turns: map[string]int{}}, user: "user-" + rand.Text(),
	}
	box, err := secretbox.New([]byte(strings.Repeat("s", secretbox.MinSecretBytes)))
	must(t, err)
	s.options = chat.Options{
		Store: s.mongo.Chats(), Workspaces: s.space, Models: s.models, Box: box, Announcer: s.tidings, Observer: s.counts,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})), Model: "test/model", Mode: permission.ModeAuto,
		OwnKeys: true, Secrets: []string{serverKey}, Budgets: spend.Limits{Turn: 1e9},
	}
	if change != nil {
		change(s)
	}
	if s.ledger == nil {
		s.ledger = spend.New(s.mongo, s.options.Budgets, time.Now, nil)
	}
	s.options.Ledger = s.ledger
	provider := httptest.NewServer(s.llm)
	t.Cleanup(provider.Close)
	s.client, err = openrouter.New(openrouter.Options{BaseURL: provider.URL + "/api/v1", Key: serverKey, Kind: openrouter.KindOpenRouter})
	must(t, err)
	t.Cleanup(s.client.Close)
	s.service = chat.New(s.options)
	t.Cleanup(func() {
		s.close(s.service)
		for _, r := range s.llm.Requests() {
			if r.Refused != "" {
				t.Errorf("the strict provider refused a request: %s\n%s", r.Refused, r.Body)
			}
		}
	})
	return s
}

// models is the chat.Models of the one provider.
func (s *stand) models(key string) (chat.Model, error) {
	if key == "" {
		return s.client, nil
	}
	return s.client.WithKey(key)
}

func (s *stand) close(service *chat.Service) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := service.Close(ctx); err != nil {
		s.t.Errorf("closing the service: %v", err)
	}
}

// chat makes a chat of the stand's user.
func (s *stand) chat(mode permission.Mode) chat.Chat {
	s.t.Helper()
	c, err := s.service.Create(s.t.Context(), chat.CreateInput{WorkspaceID: "ws-" + s.user, OwnerID: s.user, Mode: mode})
	must(s.t, err)
	return c
}

func (s *stand) get(c chat.Chat) chat.Chat {
	s.t.Helper()
	now, err := s.service.Get(s.t.Context(), c.ID)
	must(s.t, err)
	return now
}

// request is what a browser posts: the message, with a new ID.
func request(c chat.Chat, text string, more map[string]any) uistream.Request {
	body := map[string]any{
		"id": c.ID, "trigger": "submit-message",
		"messages": []any{map[string]any{"id": "m" + rand.Text(), "role": "user", "parts": []any{map[string]any{"type": "text", "text": text}}}},
	}
	for k, v := range more {
		body[k] = v
	}
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	req, err := uistream.ParseRequest(raw)
	if err != nil {
		panic(err)
	}
	return req
}

// send posts a message and watches its turn.
func (s *stand) send(c chat.Chat, text string) *viewer {
	s.t.Helper()
	return s.sendRequest(request(c, text, nil))
}

func (s *stand) sendRequest(req uistream.Request) *viewer {
	s.t.Helper()
	log, err := s.service.Send(s.t.Context(), s.user, req)
	if err != nil {
		s.t.Fatalf("Send: %v", err)
	}
	return watch(s.t, log)
}

// history is the chat's messages as clients get them.
func (s *stand) history(c chat.Chat) []uistream.Message {
	s.t.Helper()
	raw, _, err := s.service.Messages(s.t.Context(), c.ID, 1000, "")
	must(s.t, err)
	all := make([]uistream.Message, len(raw))
	for i := range raw {
		must(s.t, json.Unmarshal(raw[i], &all[i]))
	}
	return all
}

// asked are the requests for answers that the provider has got.
func (s *stand) asked() []llmtest.Request { return s.llm.Chats() }

// reached waits until the provider has got n requests: that one is waited for is shown
// before it is on its way.
func (s *stand) reached(n int) {
	s.t.Helper()
	eventually(s.t, "the provider is asked", func() bool { return len(s.asked()) >= n })
}

// lastAsked is the text of the messages of the latest request, a role and a text each.
func (s *stand) lastAsked() []said {
	s.t.Helper()
	all := s.asked()
	if len(all) == 0 {
		s.t.Fatal("the provider was not asked")
	}
	return conversationOf(all[len(all)-1])
}

type said struct{ Role, Text string }

func conversationOf(r llmtest.Request) []said {
	var all []said
	for _, m := range r.Chat.Messages {
		var text string
		if json.Unmarshal(m.Content, &text) != nil {
			text = string(m.Content)
		}
		all = append(all, said{m.Role, text})
	}
	return all
}

// results are the texts of the tool messages among msgs.
func results(msgs []said) []string {
	var all []string
	for _, m := range msgs {
		if m.Role == "tool" {
			all = append(all, m.Text)
		}
	}
	return all
}

// write makes a file of the workspace.
func (s *stand) write(name, content string) {
	s.t.Helper()
	file := filepath.Join(s.space.root, name)
	must(s.t, os.MkdirAll(filepath.Dir(file), 0o755))
	must(s.t, os.WriteFile(file, []byte(content), 0o644))
}

// file is the content of a file of the workspace, or "(none)".
func (s *stand) file(name string) string {
	s.t.Helper()
	raw, err := os.ReadFile(filepath.Join(s.space.root, name))
	if errors.Is(err, os.ErrNotExist) {
		return "(none)"
	}
	must(s.t, err)
	return string(raw)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually fails the test unless ok becomes true in time.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("still not so after %v: %s", patience, what)
		case <-tick.C:
		}
	}
}

// workspace is chat.Workspaces for one workspace: a bridge over a folder.
type workspace struct {
	root, addr, key string
	listener        *cuttable

	mu      sync.Mutex
	hold    chan struct{} // if not nil, Connect waits until it is closed, as for a start
	fail    error
	stopped bool // as by its owner; a message starts it again
	dialed  int
	touched int
}

func newWorkspace(t testing.TB) *workspace {
	t.Helper()
	w := &workspace{root: t.TempDir(), key: strings.Repeat("0123456789abcdef", 4)}
	sum := sha256.Sum256([]byte(w.key))
	server, err := bridgeserver.New(bridgeserver.Config{
		KeySHA256: hex.EncodeToString(sum[:]), Root: w.root, StateDir: filepath.Join(t.TempDir(), "state"), EditorSocket: filepath.Join(t.TempDir(), "e.sock"),
		PagesFolder: t.TempDir(), Children: supervisor.NewChildren(), Env: os.Environ(), Version: "test", Log: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	srv := httptest.NewUnstartedServer(server.API())
	w.listener = &cuttable{Listener: srv.Listener}
	srv.Listener = w.listener
	srv.Start()
	w.addr = strings.TrimPrefix(srv.URL, "http://")
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		srv.Close()
	})
	return w
}

// Connect implements chat.Workspaces.
func (w *workspace) Connect(ctx context.Context, _ string, start bool, progress func(string)) (chat.Bridge, error) {
	w.mu.Lock()
	hold, fail, stopped := w.hold, w.fail, w.stopped
	w.dialed++
	w.stopped = w.stopped && !start
	w.mu.Unlock()
	if stopped && !start {
		return nil, chat.ErrStopped
	}
	if hold != nil {
		progress("Starting the workspace…")
		select {
		case <-hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if fail != nil {
		return nil, fail
	}
	return bridgeclient.Dial(ctx, w.addr, w.key)
}

// Touch implements chat.Workspaces.
func (w *workspace) Touch(string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.touched++
}

// PortURL implements chat.Workspaces.
func (w *workspace) PortURL(_ string, port int, path string) string {
	return "https://" + strconv.Itoa(port) + "-w.ws.example.test" + path
}

// cuttable is a listener whose connections can be cut.
type cuttable struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

func (l *cuttable) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.mu.Lock()
		l.conns = append(l.conns, c)
		l.mu.Unlock()
	}
	return c, err
}

// cut ends all connections, as a workspace does that dies.
func (l *cuttable) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		c.Close()
	}
	l.conns = nil
}

// tidings is the chat.Announcer: it keeps what was said of each chat.
type tidings struct {
	mu      sync.Mutex
	chats   []chat.Chat
	deleted []string
}

// AnnounceChat implements chat.Announcer.
func (a *tidings) AnnounceChat(c chat.Chat) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.chats = append(a.chats, c)
}

// AnnounceChatDeleted implements chat.Announcer.
func (a *tidings) AnnounceChatDeleted(c chat.Chat) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.deleted = append(a.deleted, c.ID)
}

func (a *tidings) any(ok func(chat.Chat) bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.chats {
		if ok(c) {
			return true
		}
	}
	return false
}

// counts is the chat.Observer.
type counts struct {
	mu      sync.Mutex
	started int
	turns   map[string]int
	tools   map[string]int // "tool result"
	cost    int64
}

// AgentTurnStarted implements chat.Observer.
func (o *counts) AgentTurnStarted() { o.add(func() { o.started++ }) }

// AgentTurnEnded implements chat.Observer.
func (o *counts) AgentTurnEnded(result string) { o.add(func() { o.turns[result]++ }) }

// AgentTurnLost implements chat.Observer.
func (o *counts) AgentTurnLost() { o.add(func() { o.turns["lost"]++ }) }

// AgentTool implements chat.Observer.
func (o *counts) AgentTool(tool, result string) { o.add(func() { o.tools[tool+" "+result]++ }) }

// AgentUsage implements chat.Observer.
func (o *counts) AgentUsage(_, _, _, _ int64, nano int64) { o.add(func() { o.cost += nano }) }

// AgentFirstToken implements chat.Observer.
func (o *counts) AgentFirstToken(time.Duration) {}

// AgentStep implements chat.Observer.
func (o *counts) AgentStep(time.Duration) {}

func (o *counts) add(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
}

func (o *counts) turn(result string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.turns[result]
}

func (o *counts) tool(name string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.tools[name]
}
