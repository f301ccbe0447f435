package provision_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
	"github.com/kalpana-dev/kalpana/bridge/bridgeserver"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
	"github.com/kalpana-dev/kalpana/internal/provision"
)

const key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// space is a workspace's files, and the real bridge that is there while its container runs.
type space struct {
	t *testing.T
	// root is the workspace folder, data the editor's; both outlast the container.
	root, data, state, cli string
	end                    func() // of the container; nil when there is none

	mu       sync.Mutex
	server   *bridgeserver.Server
	listener *cuttable
	socket   string // of programs inside
	calls    []call
	open     map[*connection]bool // those of the service
	refuse   error
	refused  int // attempts to connect
	// answers are given in place of the bridge's own, by the type of request.
	answers map[string]answer
	// lacks are types of requests that this bridge does not have.
	lacks []string
}

// call is a request that the service made.
type call struct {
	kind    string
	payload any
}

// answer says what a request gets; say sends it an event.
type answer func(ctx context.Context, payload any, say func(event string, payload any)) (any, error)

// installer stands for the editor's: it does not find what is called "bad.…".
const installer = `#!/bin/bash
dir=$(dirname "$0")/extensions; mkdir -p "$dir"
while [ $# -gt 0 ]; do
	if [ "$1" = --install-extension ]; then
		shift
		case $1 in bad.*) echo "Extension '$1' not found, said hush-hush-hush." ;; *) mkdir -p "$dir/$1-1"; echo "Installed $1." ;; esac
	fi
	shift
done
cd "$dir"; sep=; printf '[' >extensions.json
for e in *-1; do printf '%s{"identifier":{"id":"%s"},"version":"1","relativeLocation":"%s"}' "$sep" "${e%-1}" "$e" >>extensions.json; sep=,; done
printf ']' >>extensions.json
`

func newSpace(t *testing.T) *space {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	for _, name := range []string{"XDG_CONFIG_HOME", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"} {
		t.Setenv(name, "") // so that it comes back
		must(t, os.Unsetenv(name))
	}
	s := &space{t: t, root: t.TempDir(), data: t.TempDir(), state: t.TempDir(), answers: map[string]answer{}, open: map[*connection]bool{}}
	s.cli = filepath.Join(s.data, "cli")
	must(t, os.WriteFile(s.cli, []byte(installer), 0o755))
	t.Cleanup(s.halt)
	return s
}

// boot starts a container; the editor waits.
func (s *space) boot() {
	s.t.Helper()
	s.halt()
	sum := sha256.Sum256([]byte(key))
	server, err := bridgeserver.New(bridgeserver.Config{
		KeySHA256: hex.EncodeToString(sum[:]), Root: s.root, StateDir: s.state, EditorSocket: filepath.Join(s.t.TempDir(), "e"), PagesFolder: s.t.TempDir(),
		HoldEditor: true, EditorData: s.data, EditorCLI: []string{s.cli}, Children: supervisor.NewChildren(), Env: os.Environ(), Version: "test",
		Log: slog.New(slog.DiscardHandler),
	})
	must(s.t, err)
	dir, err := os.MkdirTemp("", "k") // short: a Unix socket's path has 107 bytes at most
	must(s.t, err)
	s.t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "i")
	var listeners [3]net.Listener
	for i, at := range [][2]string{{"tcp", "127.0.0.1:0"}, {"tcp", "127.0.0.1:0"}, {"unix", socket}} {
		listeners[i], err = net.Listen(at[0], at[1])
		must(s.t, err)
	}
	l := &cuttable{Listener: listeners[0]}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, l, listeners[1], listeners[2]) }()
	s.end = func() {
		cancel()
		must(s.t, <-ended)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server, s.listener, s.socket = server, l, socket
}

// halt ends the container, if there is one.
func (s *space) halt() {
	s.t.Helper()
	if s.end != nil {
		s.end()
		s.end = nil
	}
}

// held reports whether the editor still waits.
func (s *space) held() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.server.MayStart():
		return false
	default:
		return true
	}
}

func (s *space) dial(ctx context.Context) (provision.Bridge, error) {
	s.mu.Lock()
	l, refuse, lacks := s.listener, s.refuse, s.lacks
	if refuse != nil {
		s.refused++
	}
	s.mu.Unlock()
	if refuse != nil {
		return nil, refuse
	}
	c, err := bridgeclient.Dial(ctx, l.Addr().String(), key)
	if err != nil {
		return nil, err
	}
	n := &connection{Client: c, space: s, lacks: lacks}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[n] = true
	return n, nil
}

// refusing makes all attempts to connect fail; nil ends it.
func (s *space) refusing(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = err
}

func (s *space) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// refusals is how often the service could not connect.
func (s *space) refusals() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

// busy reports whether the service is connected for more than git's questions.
func (s *space) busy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		if !c.watches {
			return true
		}
	}
	return false
}

// of returns the payloads of the requests of a type so far.
func (s *space) of(kind string) (all []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if c.kind == kind {
			all = append(all, c.payload)
		}
	}
	return all
}

// kinds returns the types of all requests so far, each followed by a space, and forgets them.
func (s *space) kinds() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all strings.Builder
	for _, c := range s.calls {
		all.WriteString(c.kind + " ")
	}
	s.calls = nil
	return all.String()
}

func (s *space) answering(kind string, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[kind] = a
}

// connection notes what the service asks the bridge for.
type connection struct {
	*bridgeclient.Client
	space *space
	lacks []string
	// watches: it is there for git's questions. Guarded by the space's mu.
	watches bool
}

func (c *connection) note(kind string, payload any) answer {
	c.space.mu.Lock()
	defer c.space.mu.Unlock()
	c.space.calls = append(c.space.calls, call{kind, payload})
	c.watches = c.watches || kind == bridge.TypeWatchCredentials
	return c.space.answers[kind]
}

// Call implements provision.Bridge.
func (c *connection) Call(ctx context.Context, kind string, payload, out any) error {
	if a := c.note(kind, payload); a != nil {
		return fill(out)(a(ctx, payload, func(string, any) {}))
	}
	return c.Client.Call(ctx, kind, payload, out)
}

// Stream implements provision.Bridge.
func (c *connection) Stream(ctx context.Context, kind string, payload, out any, handle func(bridge.Event) error) error {
	if a := c.note(kind, payload); a != nil {
		return fill(out)(a(ctx, payload, func(event string, p any) {
			raw, err := json.Marshal(p)
			if err == nil {
				err = handle(bridge.Event{Event: event, Payload: raw})
			}
			if err != nil {
				c.space.t.Error(err)
			}
		}))
	}
	return c.Client.Stream(ctx, kind, payload, out, handle)
}

// fill gives an answer to who asked, by the way of JSON as a real one.
func fill(out any) func(any, error) error {
	return func(v any, err error) error {
		if err != nil || out == nil {
			return err
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, out)
	}
}

// Knows implements provision.Bridge.
func (c *connection) Knows(kind string) bool {
	return slices.Contains(c.Hello.Types, kind) && !slices.Contains(c.lacks, kind)
}

// Close implements provision.Bridge.
func (c *connection) Close() error {
	err := c.Client.Close()
	c.space.mu.Lock()
	defer c.space.mu.Unlock()
	delete(c.space.open, c)
	return err
}

// ask asks for a credential as git inside does, and returns the status and the answer.
func (s *space) ask(description string) (int, string) {
	s.t.Helper()
	return s.post("/credential/get", description)
}

func (s *space) post(path, description string) (int, string) {
	s.t.Helper()
	status, text, err := s.tryPost(path, description)
	must(s.t, err)
	return status, text
}

// tryPost is for requests that the end of the container may break off.
func (s *space) tryPost(path, description string) (int, string, error) {
	s.mu.Lock()
	socket := s.socket
	s.mu.Unlock()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	resp, err := client.Post("http://bridge"+path, "text/plain", strings.NewReader(description))
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// write makes a file of the workspace.
func (s *space) write(name, text string) {
	s.t.Helper()
	name = filepath.Join(s.root, name)
	must(s.t, os.MkdirAll(filepath.Dir(name), 0o755))
	must(s.t, os.WriteFile(name, []byte(text), 0o644))
}

// read returns the text of a file of the workspace, "(none)" if it is not there.
func (s *space) read(name string) string {
	s.t.Helper()
	raw, err := os.ReadFile(filepath.Join(s.root, name))
	if os.IsNotExist(err) {
		return "(none)"
	}
	must(s.t, err)
	return string(raw)
}

// run runs a command in the workspace through the bridge, as the agent does.
func (s *space) run(command string) string {
	s.t.Helper()
	s.mu.Lock()
	addr := s.listener.Addr().String()
	s.mu.Unlock()
	c, err := bridgeclient.Dial(s.t.Context(), addr, key)
	must(s.t, err)
	defer c.Close()
	var r bridge.CommandResult
	must(s.t, c.Call(s.t.Context(), bridge.TypeRunCommand, bridge.RunCommand{Command: command}, &r))
	return strings.TrimSpace(r.Output)
}

// git runs git in a folder of the workspace.
func (s *space) git(folder string, args ...string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "git", args...)
	cmd.Dir = filepath.Join(s.root, folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
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

// cut ends all connections to the bridge.
func (s *space) cut() {
	s.mu.Lock()
	l := s.listener
	s.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		c.Close()
	}
	l.conns = nil
}
