package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
)

// The tests run the real program: this binary, told to be it.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_BE_THE_BRIDGE") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

func program(t *testing.T, env []string, args ...string) (*exec.Cmd, *output) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "TEST_BE_THE_BRIDGE=1"}, env...)
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, &output{out.Name()}
}

// output is a file that a program still writes to.
type output struct{ name string }

func (o *output) String() string {
	data, _ := os.ReadFile(o.name)
	return string(data)
}

func eventually(t *testing.T, what string, out *output, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("still not so after 20 s: %s\n%s", what, out)
		case <-tick.C:
		}
	}
}

func TestServeFromStartToEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	health, seen := filepath.Join(dir, "h.sock"), filepath.Join(dir, "env")
	sum := sha256.Sum256([]byte("key"))
	serve, out := program(t, []string{"KALPANA_KEY_SHA256=" + hex.EncodeToString(sum[:]), "KALPANA_OTHER=1", "KEPT=1"},
		"serve", "-api", "127.0.0.1:0", "-editor", "127.0.0.1:0", "-inside-socket", health, "-root", dir, "-editor-socket", filepath.Join(dir, "e.sock"),
		"--", "/bin/sh", "-c", `env >"$0.new"; mv "$0.new" "$0"; exec sleep 1000`, seen)
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serve.Wait() }()
	t.Cleanup(func() { _ = serve.Process.Kill() })

	address := regexp.MustCompile(`"api":"([^"]+)"`)
	eventually(t, "it serves and has started the editor", out, func() bool {
		_, err := os.Stat(seen)
		return err == nil && address.MatchString(out.String())
	})
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address.FindStringSubmatch(out.String())[1]+"/healthz", nil)
	for key, want := range map[string]int{"key": 200, "wrong": 401} {
		req.Header.Set(bridge.KeyHeader, key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("key %s: %d", key, resp.StatusCode)
		}
	}
	env, _ := os.ReadFile(seen)
	if strings.Contains(string(env), "KALPANA_") || !bytes.Contains(env, []byte("KEPT=1")) || !bytes.Contains(env, []byte("EDITOR_SOCKET="+dir)) {
		t.Errorf("environment of the editor: %s", env)
	}
	check, checkOut := program(t, nil, "healthcheck", "-inside-socket", health)
	if err := check.Run(); err != nil {
		t.Errorf("healthcheck: %v\n%s", err, checkOut)
	}
	// A process of the same user can send it any signal; only two of them mean something.
	for _, s := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGSEGV, syscall.SIGHUP} {
		_ = serve.Process.Signal(s)
	}
	_ = serve.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-ended:
		if err != nil || !strings.Contains(out.String(), `"msg":"bridge ended"`) || strings.Contains(out.String(), "goroutine") {
			t.Errorf("ended with %v\n%s", err, out)
		}
	case <-time.After(15 * time.Second):
		t.Fatalf("it did not end\n%s", out)
	}
	check, _ = program(t, nil, "healthcheck", "-inside-socket", health)
	if err := check.Run(); err == nil || check.ProcessState.ExitCode() != 1 {
		t.Errorf("healthcheck after the end: %v", err)
	}
}

func TestAnEditorThatIsHeldBackStartsWhenItIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	seen := filepath.Join(dir, "env")
	sum := sha256.Sum256([]byte("key"))
	serve, out := program(t, []string{"KALPANA_KEY_SHA256=" + hex.EncodeToString(sum[:]), bridge.HoldEditor + "=1", "HOME=" + dir},
		"serve", "-api", "127.0.0.1:0", "-editor", "127.0.0.1:0", "-inside-socket", filepath.Join(dir, "h.sock"), "-root", dir, "-editor-socket", filepath.Join(dir, "e.sock"),
		"--", "/bin/sh", "-c", `env >"$0.new"; mv "$0.new" "$0"; exec sleep 1000`, seen)
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serve.Wait() }()
	t.Cleanup(func() { _ = serve.Process.Kill() })
	address := regexp.MustCompile(`"api":"([^"]+)"`)
	eventually(t, "it serves", out, func() bool { return address.MatchString(out.String()) })
	c, err := bridgeclient.Dial(t.Context(), address.FindStringSubmatch(out.String())[1], "key")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := os.Mkdir(filepath.Join(dir, "app"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, call := range []struct {
		kind    string
		payload any
	}{
		{bridge.TypeSetVariables, bridge.SetVariables{Variables: map[string]string{"MINE": "1"}}},
		{bridge.TypePrepareEnvironment, nil},
		{bridge.TypeStartEditor, bridge.StartEditor{Folder: "app", Tasks: []bridge.EditorTask{{Label: "a", Command: "b"}}}},
	} {
		if _, err := os.Stat(seen); err == nil || strings.Contains(out.String(), "editor started") {
			t.Errorf("the editor had started before %s", call.kind)
		}
		if err := c.Call(t.Context(), call.kind, call.payload, nil); err != nil {
			t.Fatalf("%s: %v", call.kind, err)
		}
	}
	eventually(t, "the editor has started", out, func() bool { _, err := os.Stat(seen); return err == nil })
	env, _ := os.ReadFile(seen)
	for _, want := range []string{"MINE=1\n", "WORKSPACE_DIR=" + dir + "/app\n", "EDITOR_SOCKET="} {
		if !bytes.Contains(env, []byte(want)) {
			t.Errorf("the editor has no %q: %s", want, env)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, ".local/share/code-server/User/tasks.json")); err != nil {
		t.Error(err)
	}
	_ = serve.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("ended with %v\n%s", err, out)
		}
	case <-time.After(15 * time.Second):
		t.Fatalf("it did not end\n%s", out)
	}
}

func TestWrongUseIsSaid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{nil, 2, "usage:"},
		{[]string{"dance"}, 2, `unknown command "dance"`},
		{[]string{"serve"}, 2, "command of the editor is missing"},
		{[]string{"serve", "-nonsense"}, 2, "flag provided but not defined"},
		{[]string{"serve", "-editor-socket", dir + "/e", "-root", dir, "--", "true"}, 1, "KALPANA_KEY_SHA256"},
		{[]string{"version"}, 0, "protocol 1"},
	} {
		cmd, out := program(t, nil, c.args...)
		_ = cmd.Run()
		if got := cmd.ProcessState.ExitCode(); got != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%v: exit code %d\n%s", c.args, got, out)
		}
	}
}
