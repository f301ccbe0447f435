package tools_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"go.uber.org/goleak"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/files"
	"github.com/kalpana-dev/kalpana/bridge/git"
	"github.com/kalpana-dev/kalpana/bridge/ports"
	"github.com/kalpana-dev/kalpana/bridge/process"
	"github.com/kalpana-dev/kalpana/bridge/search"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
	"github.com/kalpana-dev/kalpana/bridge/tools"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stand is the tools on real parts, on a folder of its own, and the SDK's client.
type stand struct {
	t       *testing.T
	root    string
	url     string
	session *mcp.ClientSession

	mu       sync.Mutex
	progress []string
}

func start(t *testing.T) *stand {
	t.Helper()
	s := &stand{t: t, root: t.TempDir()}
	root, err := os.OpenRoot(s.root)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	children := supervisor.NewChildren()
	processes := process.New(process.Options{Root: root, Run: children, Env: os.Environ(), Log: log})
	open := ports.New(ports.Options{Log: log})
	server := httptest.NewServer(tools.New(tools.Options{
		Files: files.New(root, children), Processes: processes, Ports: open,
		Git: git.New(root, filepath.Join(t.TempDir(), "state"), children), Search: search.New(root, children), Version: "test", Log: log,
	}))
	s.url = server.URL + "/mcp"
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, &mcp.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, r *mcp.ProgressNotificationClientRequest) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.progress = append(s.progress, r.Params.Message)
		},
	})
	s.session, err = client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: s.url}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.session.Close()
		server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		processes.Close(ctx)
		open.Close()
		_ = root.Close()
	})
	return s
}

// call returns the text of a tool's answer and whether it is a refusal.
func (s *stand) call(tool string, args map[string]any) (string, bool) {
	s.t.Helper()
	r, err := s.session.CallTool(s.t.Context(), &mcp.CallToolParams{Name: tool, Arguments: args})
	if err != nil {
		s.t.Fatalf("%s: %v", tool, err)
	}
	if len(r.Content) != 1 {
		s.t.Fatalf("%s: %d contents", tool, len(r.Content))
	}
	text, ok := r.Content[0].(*mcp.TextContent)
	if !ok {
		s.t.Fatalf("%s: %T", tool, r.Content[0])
	}
	return text.Text, r.IsError
}

// must is call for what has to succeed and say all of want.
func (s *stand) must(tool string, args map[string]any, want ...string) string {
	s.t.Helper()
	got, refused := s.call(tool, args)
	if refused {
		s.t.Errorf("%s %v is refused: %s", tool, args, got)
	}
	for _, w := range want {
		if !strings.Contains(got, w) {
			s.t.Errorf("%s %v does not say %q:\n%s", tool, args, w, got)
		}
	}
	return got
}

// refused is call for what has to be refused with a code.
func (s *stand) refused(tool string, args map[string]any, code string) {
	s.t.Helper()
	got, refused := s.call(tool, args)
	if !refused || !strings.HasPrefix(got, code+": ") {
		s.t.Errorf("%s %v: refused %v, %s; want %s", tool, args, refused, got, code)
	}
}

func TestEveryToolSaysWhatItDoesAndTakes(t *testing.T) {
	s := start(t)
	all, err := s.session.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range all.Tools {
		names = append(names, tool.Name)
		schema, ok := tool.InputSchema.(map[string]any)
		if tool.Description == "" || tool.Annotations == nil || tool.Annotations.Title == "" || !ok || schema["type"] != "object" {
			t.Errorf("%s: %+v", tool.Name, tool)
			continue
		}
		if schema["additionalProperties"] == nil {
			t.Errorf("%s takes arguments that it does not know", tool.Name)
		}
		properties, _ := schema["properties"].(map[string]any)
		for name, p := range properties {
			if d, _ := p.(map[string]any)["description"].(string); d == "" {
				t.Errorf("%s: argument %s has no description", tool.Name, name)
			}
		}
	}
	for _, want := range []string{
		bridge.TypeReadFile, bridge.TypeWriteFile, bridge.TypeEditFile, bridge.TypeDeleteFile, bridge.TypeMoveFile, bridge.TypeListFiles,
		bridge.TypeGlob, bridge.TypeSearch, bridge.TypeRunCommand, bridge.TypeGitStatus, bridge.TypeGitDiff, bridge.TypePorts,
	} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no %s among %v", want, names)
		}
	}
}

func TestFilesThroughTools(t *testing.T) {
	s := start(t)
	s.must("writeFile", map[string]any{"path": "src/a.txt", "content": "one\ntwo\nthree"}, "created src/a.txt, 13 bytes")
	s.refused("writeFile", map[string]any{"path": "src/a.txt", "content": ""}, bridge.CodeExists)
	s.must("readFile", map[string]any{"path": "src/a.txt"}, "     1\tone\n     2\ttwo\n     3\tthree\n", "lines 1–3 of 3")
	s.must("readFile", map[string]any{"path": "src/a.txt", "startLine": 2, "lineCount": 1}, "     2\ttwo\n", "go on with startLine 3")
	s.must("editFile", map[string]any{"path": "src/a.txt", "edits": []map[string]any{{"oldText": "two", "newText": "2"}}}, "1 places changed, +1 -1", "-two\n+2")
	s.refused("editFile", map[string]any{"path": "src/a.txt", "edits": []map[string]any{{"oldText": "four", "newText": "4"}}}, bridge.CodeEditNoMatch)
	s.must("writeFile", map[string]any{"path": "src/a.txt", "content": "2\n", "overwrite": true}, "replaced")
	s.must("search", map[string]any{"query": "^2$"}, "src/a.txt\n1:2\n")
	s.must("search", map[string]any{"query": "nothing like this"}, "no match")
	s.must("glob", map[string]any{"pattern": "*.txt"}, "src/a.txt")
	s.must("listFiles", nil, "src/\n", "src/a.txt  2\n")
	s.must("makeDirectory", map[string]any{"path": "lib/deep"}, "lib/deep/")
	s.must("moveFile", map[string]any{"from": "src/a.txt", "to": "lib/b.txt"}, "now at lib/b.txt")
	s.must("statFile", map[string]any{"path": "lib/b.txt"}, "(2 bytes")
	s.refused("deleteFile", map[string]any{"path": "lib"}, bridge.CodeNotEmpty)
	s.must("deleteFile", map[string]any{"path": "lib", "recursive": true}, "3 deleted")
	s.refused("readFile", map[string]any{"path": "../../etc/passwd"}, bridge.CodeOutsideWorkspace)
	s.refused("readFile", map[string]any{"path": "none"}, bridge.CodeNotFound)
	if err := os.WriteFile(filepath.Join(s.root, "blob"), []byte{0, 1, 2, 0xff}, 0o644); err != nil {
		t.Fatal(err)
	}
	s.refused("readFile", map[string]any{"path": "blob"}, bridge.CodeIsBinary)
}

func TestAnImageIsShown(t *testing.T) {
	s := start(t)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.root, "p.png"), picture.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := s.session.CallTool(t.Context(), &mcp.CallToolParams{Name: "readFile", Arguments: map[string]any{"path": "p.png"}})
	if err != nil || r.IsError || len(r.Content) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	shown, ok := r.Content[0].(*mcp.ImageContent)
	if !ok || shown.MIMEType != "image/png" || !bytes.Equal(shown.Data, picture.Bytes()) {
		t.Errorf("%T %.60s", r.Content[0], base64.StdEncoding.EncodeToString(picture.Bytes()))
	}
}

func TestCommandsThroughTools(t *testing.T) {
	s := start(t)
	s.must("runCommand", map[string]any{"command": "echo out; echo err >&2; exit 3"}, "out\n", "err\n", "[exit code 3 after ")
	s.must("runCommand", map[string]any{"command": "pwd"}, s.root)
	started := s.must("runCommand", map[string]any{"command": "echo ready; sleep 1000", "background": true}, "still running as process ")
	_, id, _ := strings.Cut(started, "still running as process ")
	id, _, _ = strings.Cut(id, " ")
	s.must("attachProcess", map[string]any{"processId": id, "waitSeconds": 1}, "ready\n", "running", "go on with fromByte 6")
	s.must("listProcesses", nil, id+"  running", "sleep 1000")
	s.must("signalProcess", map[string]any{"processId": id, "signal": "KILL"}, "sent")
	s.must("attachProcess", map[string]any{"processId": id, "waitSeconds": 20}, "ended by signal")
	s.refused("signalProcess", map[string]any{"processId": id}, bridge.CodeProcessEnded)
	s.refused("attachProcess", map[string]any{"processId": "nonsense"}, bridge.CodeNoProcess)
	s.must("ports", nil)
}

// A client that asks for progress hears what the command writes while it runs.
func TestProgressIsTheOutput(t *testing.T) {
	s := start(t)
	params := &mcp.CallToolParams{Name: "runCommand", Arguments: map[string]any{"command": "echo first; while [ ! -e go ]; do sleep 0.05; done; echo second"}}
	params.SetProgressToken("token")
	answered := make(chan string, 1)
	go func() {
		r, err := s.session.CallTool(t.Context(), params)
		if err != nil || len(r.Content) != 1 {
			answered <- "failed"
			return
		}
		answered <- r.Content[0].(*mcp.TextContent).Text
	}()
	heard := func(text string) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return strings.Contains(strings.Join(s.progress, ""), text)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(20 * time.Second); !heard("first\n"); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the first line is not heard while the command runs")
		}
	}
	if err := os.WriteFile(filepath.Join(s.root, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := <-answered; !strings.HasPrefix(got, "first\nsecond\n[exit code 0") {
		t.Errorf("answer: %s", got)
	}
}

// Long output is read piece by piece, and no byte is passed over.
func TestLongOutputIsReadToItsEnd(t *testing.T) {
	s := start(t)
	done := s.must("runCommand", map[string]any{"command": "seq 1 30000 | sed 's/$/ é/'"})
	_, id, ok := strings.Cut(done, "attachProcess ")
	if !ok {
		t.Fatalf("nothing is left out of %.100s", done)
	}
	id, _, _ = strings.Cut(id, " ")
	var all strings.Builder
	for from, more := 0, true; more; {
		got := s.must("attachProcess", map[string]any{"processId": id, "fromByte": from}, "go on with fromByte ")
		i := strings.LastIndex(got, "\n[")
		all.WriteString(got[:i])
		more = strings.Contains(got[i:], "there is more")
		_, number, _ := strings.Cut(got[i:], "fromByte ")
		next, err := strconv.Atoi(strings.Trim(number, "]"))
		if err != nil || next <= from {
			t.Fatalf("after %d: %s", from, got[i:])
		}
		from = next
	}
	var want strings.Builder
	for n := 1; n <= 30000; n++ {
		fmt.Fprintf(&want, "%d é\n", n)
	}
	if all.String() != want.String() {
		t.Errorf("%d bytes, not %d", all.Len(), want.Len())
	}
}

// Without sessions no other request can name a call, so the end of its own ends it.
func TestACallEndsWithItsClient(t *testing.T) {
	s := start(t)
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, strings.NewReader(
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"runCommand","arguments":{"command":"sleep 1000","timeoutSeconds":3600}}}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("MCP-Protocol-Version", "2025-06-18")
	left := make(chan struct{})
	go func() {
		defer close(left)
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}()
	says := func(word string) func() bool {
		return func() bool {
			got, _ := s.call("listProcesses", nil)
			return strings.Contains(got, word) && strings.Contains(got, "sleep 1000")
		}
	}
	eventually(t, "the command runs", says("  running"))
	leave()
	<-left
	eventually(t, "the command has ended", says("ended by signal"))
	http.DefaultClient.CloseIdleConnections()
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(20 * time.Second); !ok(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("still not so after 20 s: %s", what)
		}
	}
}

func TestGitAndCheckpointsThroughTools(t *testing.T) {
	s := start(t)
	for _, line := range []string{"git init -q -b main .", "git config user.name Ada", "git config user.email ada@example.com"} {
		c := exec.Command("bash", "-c", line)
		c.Dir = s.root
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
	}
	s.must("writeFile", map[string]any{"path": "a.txt", "content": "one\n"})
	s.must("gitStatus", nil, "branch main", "?? a.txt")
	s.must("gitCommit", map[string]any{"message": "first"}, "on main: 1 files, +1 -0 lines")
	s.refused("gitCommit", map[string]any{"message": "again"}, bridge.CodeNothingToCommit)
	s.must("gitLog", nil, "Ada  first")
	before := s.must("createCheckpoint", map[string]any{"message": "before"}, "before")
	id, _, _ := strings.Cut(before, " ")
	s.must("writeFile", map[string]any{"path": "a.txt", "content": "two\n", "overwrite": true})
	s.must("gitDiff", nil, "1 files, +1 -1 lines", "-one\n+two")
	s.must("diffCheckpoint", map[string]any{"id": id}, "-one\n+two")
	s.must("listCheckpoints", nil, id)
	s.must("restoreCheckpoint", map[string]any{"id": id}, "1 files changed")
	s.must("readFile", map[string]any{"path": "a.txt"}, "     1\tone\n")
	s.must("gitStatus", nil, "nothing differs")
}

func TestWrongArgumentsAreRefused(t *testing.T) {
	s := start(t)
	for _, args := range []map[string]any{{}, {"path": 7}, {"path": "a", "nonsense": true}} {
		r, err := s.session.CallTool(t.Context(), &mcp.CallToolParams{Name: "statFile", Arguments: args})
		if err == nil && !r.IsError {
			t.Errorf("%v is taken", args)
		}
	}
	if _, err := s.session.CallTool(t.Context(), &mcp.CallToolParams{Name: "dance"}); err == nil {
		t.Error("a tool that is not there answers")
	}
}
