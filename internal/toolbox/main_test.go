package toolbox_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
	"github.com/kalpana-dev/kalpana/bridge/bridgeserver"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
	"github.com/kalpana-dev/kalpana/internal/agent"
	"github.com/kalpana-dev/kalpana/internal/permission"
	"github.com/kalpana-dev/kalpana/internal/toolbox"
)

// listenOn makes the test binary a server on this port, for commands that open one.
const listenOn = "TOOLBOX_TEST_LISTEN"

func TestMain(m *testing.M) {
	if port := os.Getenv(listenOn); port != "" {
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("listening on", port)
		for {
			if c, err := l.Accept(); err == nil {
				_ = c.Close()
			}
		}
	}
	goleak.VerifyTestMain(m)
}

const key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// workspace is a real bridge on a folder of its own, and a session with it.
type workspace struct {
	root    string
	client  *bridgeclient.Client
	session *toolbox.Session
}

func open(t *testing.T, change ...func(*toolbox.Options)) *workspace {
	t.Helper()
	sum := sha256.Sum256([]byte(key))
	w := &workspace{root: t.TempDir()}
	server, err := bridgeserver.New(bridgeserver.Config{
		KeySHA256: hex.EncodeToString(sum[:]), Root: w.root, StateDir: filepath.Join(t.TempDir(), "state"), EditorSocket: filepath.Join(t.TempDir(), "e.sock"),
		Children: supervisor.NewChildren(), Version: "test", Log: slog.New(slog.DiscardHandler),
		Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GIT_CONFIG_GLOBAL=" + gitConfig(t)},
	})
	must(t, err)
	api := httptest.NewServer(server.API())
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		api.Close()
	})
	w.client, err = bridgeclient.Dial(t.Context(), strings.TrimPrefix(api.URL, "http://"), key)
	must(t, err)
	t.Cleanup(func() { _ = w.client.Close() })
	place := permission.DefaultPlace()
	place.Root = w.root
	o := toolbox.Options{Bridge: w.client, Place: place, PortURL: func(port int, path string) string {
		return fmt.Sprintf("https://%d-x.ws.example%s", port, path)
	}}
	for _, f := range change {
		f(&o)
	}
	w.session = toolbox.New(o)
	w.session.Hurry()
	return w
}

func gitConfig(t *testing.T) string {
	name := filepath.Join(t.TempDir(), "gitconfig")
	must(t, os.WriteFile(name, []byte("[user]\n\tname = Test\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n"), 0o600))
	return name
}

// file writes a file of the workspace behind the session's back.
func (w *workspace) file(t *testing.T, name, content string) {
	t.Helper()
	full := filepath.Join(w.root, name)
	must(t, os.MkdirAll(filepath.Dir(full), 0o755))
	must(t, os.WriteFile(full, []byte(content), 0o644))
}

func (w *workspace) content(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(w.root, name))
	must(t, err)
	return string(data)
}

// prepare reads a call; args are JSON.
func (w *workspace) prepare(t *testing.T, tool, args string) *toolbox.Call {
	t.Helper()
	c, problem := w.session.Prepare(agent.ToolCall{ID: "1", Name: tool, Arguments: json.RawMessage(args)})
	if problem != nil {
		t.Fatalf("%s %s: %v", tool, args, problem)
	}
	return c
}

// run makes a call and checks what holds for every result.
func (w *workspace) run(t *testing.T, tool, args string) toolbox.Result {
	t.Helper()
	r := w.prepare(t, tool, args).Run(t.Context(), nil)
	if len(r.Output) > 256<<10 || len(r.Output) > 0 && !json.Valid(r.Output) {
		t.Fatalf("%s %s: output is no JSON, or too much: %d bytes", tool, args, len(r.Output))
	}
	if len([]rune(r.Text)) > 48_000 {
		t.Fatalf("%s %s: the text has %d characters", tool, args, len([]rune(r.Text)))
	}
	return r
}

// ok is run for a call that must succeed.
func (w *workspace) ok(t *testing.T, tool, args string) toolbox.Result {
	t.Helper()
	r := w.run(t, tool, args)
	if r.Error != nil {
		t.Fatalf("%s %s: %v", tool, args, r.Error)
	}
	return r
}

// fails is run for a call that must fail with code, and words in the message.
func (w *workspace) fails(t *testing.T, tool, args, code string, words ...string) {
	t.Helper()
	wantError(t, w.run(t, tool, args).Error, code, words...)
}

func wantError(t *testing.T, problem *toolbox.Error, code string, words ...string) {
	t.Helper()
	if problem == nil || problem.Code != code {
		t.Fatalf("error is %v, want %s", problem, code)
	}
	wantWords(t, problem.Message, words...)
}

func wantWords(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q is not in %q", word, text)
		}
	}
}

// into decodes an output.
func into[T any](t *testing.T, r toolbox.Result) T {
	t.Helper()
	var out T
	d := json.NewDecoder(strings.NewReader(string(r.Output)))
	d.DisallowUnknownFields()
	must(t, d.Decode(&out))
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually fails the test unless ok becomes true within ten seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("still not so after 10 s: %s", what)
		}
	}
}

func quoted(s string) string {
	data, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(data)
}
