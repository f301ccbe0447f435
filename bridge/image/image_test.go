// Package image_test runs the real workspace image the way the product does, hardened,
// and looks at it from outside and inside. It needs Docker and the image: `make image`.
package image_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
)

// workspace is one running container.
type workspace struct {
	name, key string
	// editor and api are host addresses of ports 8080 and 3001.
	editor, api string
}

// docker runs one command of the client and returns its standard output.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	var out, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "docker", args...)
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("docker %s: %v\n%s%s", strings.Join(args, " "), err, &out, &stderr)
	}
	return strings.TrimSpace(out.String())
}

// inside runs a shell command in the container, whatever its exit code, and returns
// everything it wrote.
func (w *workspace) inside(t *testing.T, script string) string {
	t.Helper()
	out, _ := exec.CommandContext(t.Context(), "docker", "exec", w.name, "sh", "-c", script).CombinedOutput()
	return strings.TrimSpace(string(out))
}

// start runs the image with everything taken away that can be, and waits until the
// editor is there.
func start(t *testing.T) *workspace {
	t.Helper()
	w := run(t)
	w.awaitReady(t)
	return w
}

// run is start without waiting, and with variables that the container gets besides.
func run(t *testing.T, env ...string) *workspace {
	t.Helper()
	image := os.Getenv("KALPANA_WORKSPACE_IMAGE")
	if image == "" {
		image = "kalpana/workspace:latest"
	}
	if out, err := exec.CommandContext(t.Context(), "docker", "image", "inspect", image).CombinedOutput(); err != nil {
		t.Fatalf("the image %s is not here (%v); type: make image\n%s", image, err, out)
	}
	w := &workspace{name: "kalpana-image-test-" + strings.ToLower(rand.Text()), key: rand.Text()}
	sum := sha256.Sum256([]byte(w.key))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if t.Failed() {
			logs, _ := exec.CommandContext(ctx, "docker", "logs", w.name).CombinedOutput()
			t.Logf("log of the container:\n%s", logs)
		}
		if out, err := exec.CommandContext(ctx, "docker", "rm", "-f", "-v", w.name).CombinedOutput(); err != nil {
			t.Errorf("remove the container: %v\n%s", err, out)
		}
	})
	args := []string{"run", "-d", "--name", w.name, "--read-only",
		"--tmpfs", "/tmp:rw,exec,nosuid,nodev,size=512m,mode=1777",
		"--tmpfs", "/run:rw,noexec,nosuid,nodev,size=16m,mode=755,uid=1000,gid=1000",
		"-v", "/home/coder", "-v", "/workspace", "-v", "/nix",
		"--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "1000:1000",
		"--pids-limit", "512", "--memory", "2g", "--memory-swap", "2g",
		"-e", "KALPANA_KEY_SHA256=" + hex.EncodeToString(sum[:]),
		"-p", "127.0.0.1::8080", "-p", "127.0.0.1::3001"}
	for _, e := range env {
		args = append(args, "-e", e)
	}
	docker(t, append(args, image)...)
	w.editor, w.api = docker(t, "port", w.name, "8080"), docker(t, "port", w.name, "3001")
	return w
}

func (w *workspace) awaitReady(t *testing.T) {
	t.Helper()
	var last error
	eventually(t, "the editor shows its page", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		last = bridgeclient.Ready(ctx, w.api, w.key)
		return last == nil
	}, func() string { return fmt.Sprint(last) })
}

// eventually fails the test unless ok becomes true within a minute: the machine may be busy.
func eventually(t *testing.T, what string, ok func() bool, last func() string) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("still not so after a minute: %s; last: %s", what, last())
		case <-tick.C:
		}
	}
}

// get returns status and body of a page, asked for with key unless it is empty.
func get(t *testing.T, url, key string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		req.Header.Set(bridge.KeyHeader, key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// One container for all that only looks; starting one takes seconds.
func TestHardenedWorkspace(t *testing.T) {
	w := start(t)
	editor, api := "http://"+w.editor, "http://"+w.api

	t.Run("nothing answers without the key", func(t *testing.T) {
		for _, url := range []string{editor + "/", editor + "/healthz", editor + "/proxy/3001/healthz", api + "/", api + "/healthz", api + "/readyz"} {
			for _, key := range []string{"", "wrong"} {
				if status, body := get(t, url, key); status != 401 || !strings.Contains(body, `"code":"unauthorized"`) {
					t.Errorf("%s with key %q: %d %s", url, key, status, body)
				}
			}
		}
	})

	t.Run("the editor and the bridge answer with it", func(t *testing.T) {
		if status, body := get(t, editor+"/?folder=/workspace", w.key); status != 200 || !strings.Contains(body, "vscode-workbench-web-configuration") {
			t.Errorf("editor: %d %.200s", status, body)
		}
		if status, body := get(t, api+"/healthz", w.key); status != 200 || body != `{"status":"ok"}`+"\n" {
			t.Errorf("bridge: %d %s", status, body)
		}
		for _, path := range []string{"/proxy/3001/healthz", "/ABSproxy/3001/healthz"} {
			if status, _ := get(t, editor+path, w.key); status != 404 {
				t.Errorf("%s: %d", path, status)
			}
		}
	})

	t.Run("the editor takes WebSockets of its own host only", func(t *testing.T) {
		_, page := get(t, editor+"/?folder=/workspace", w.key)
		base := regexp.MustCompile(`stable-[0-9a-f]{40}`).FindString(page)
		if base == "" {
			t.Fatal("the page names no commit")
		}
		const host = "abc.ws.localhost:8443"
		for origin, want := range map[string]int{"https://" + host: 101, "https://evil.ws.localhost:8443": 403} {
			ws, resp, err := websocket.Dial(t.Context(), "ws://"+w.editor+"/"+base+"?reconnectionToken=7f9c24e8-3b12-4fef-91e0-56a2d5a6b0f1&reconnection=false&skipWebSocketFrames=false",
				&websocket.DialOptions{Host: host, HTTPHeader: http.Header{"Origin": {origin}, bridge.KeyHeader: {w.key}}})
			if err == nil {
				_ = ws.CloseNow()
			}
			if resp == nil || resp.StatusCode != want {
				t.Errorf("origin %s: %v, %v; want %d", origin, resp, err, want)
			}
		}
	})

	t.Run("files go in and out", func(t *testing.T) {
		c, err := bridgeclient.Dial(t.Context(), w.api, w.key)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		content := "hello from outside\n"
		if err := c.Call(t.Context(), bridge.TypeWriteFile, bridge.WriteFile{Path: "src/a.txt", Content: &content}, nil); err != nil {
			t.Fatal(err)
		}
		var got bridge.FileContent
		if err := c.Call(t.Context(), bridge.TypeReadFile, bridge.ReadFile{Path: "src/a.txt"}, &got); err != nil || got.Content != content {
			t.Errorf("read: %q, %v", got.Content, err)
		}
		if got := w.inside(t, "cat /workspace/src/a.txt; stat -c %u:%g:%a /workspace/src/a.txt"); got != content+"1000:1000:644" {
			t.Errorf("inside it is %q", got)
		}
		if got := w.inside(t, "ln -s /etc/passwd /workspace/leak && echo made"); got != "made" {
			t.Fatal(got)
		}
		err = c.Call(t.Context(), bridge.TypeReadFile, bridge.ReadFile{Path: "leak"}, &got)
		if err == nil || !strings.Contains(err.Error(), bridge.CodeOutsideWorkspace) {
			t.Errorf("read through a link that leads out: %v", err)
		}
	})

	t.Run("no rights are left inside", func(t *testing.T) {
		for script, want := range map[string]string{
			"id -u; id -g": "1000\n1000",
			"touch /etc/x /usr/x /opt/x 2>&1 | grep -c 'Read-only file system'":                      "3",
			"grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\t' | xargs": "CapEff:0000000000000000 CapBnd:0000000000000000 NoNewPrivs:1 Seccomp:2",
			"find / -xdev -perm /6000 -type f 2>/dev/null":                                           "",
			"PATH=/from/nix:$PATH bash -lc 'echo $PATH' | grep -o /from/nix":                         "/from/nix",
			"stat -c %a /run/kalpana /run/kalpana/editor.sock | xargs":                               "700 600",
		} {
			got := w.inside(t, script)
			if got != want {
				t.Errorf("%s\n got %q\nwant %q", script, got, want)
			}
		}
	})

	t.Run("only the bridge listens", func(t *testing.T) {
		// State 0A is LISTEN; Docker's own name server is on 127.0.0.11 (0B00007F).
		got := w.inside(t, `cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == "0A" && $2 !~ /^0B00007F/ {sub(/.*:/, "", $2); print $2}' | sort -u | xargs`)
		if got != "0BB9 1F90" { // 3001 and 8080
			t.Errorf("listening ports: %s", got)
		}
	})

	t.Run("the tools are there and work", func(t *testing.T) {
		out := w.inside(t, `set -e; cd /tmp; git init -q r; cd r; git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x; git log --oneline | wc -l
			rg --version | head -1; nix eval --expr '1 + 1'; direnv version >/dev/null; node -e 'console.log(6*7)'; npm --version >/dev/null; python3 -c 'print("py")'; curl --version >/dev/null; ssh -V 2>/dev/null; echo end`)
		if !strings.HasPrefix(out, "1\nripgrep ") || !strings.HasSuffix(out, "\n2\n42\npy\nend") {
			t.Errorf("%s", out)
		}
	})

	t.Run("the bridge's secrets stay with the bridge", func(t *testing.T) {
		for _, script := range []string{"cat /proc/1/environ", "cat /proc/1/maps", "head -c 1 /proc/1/mem", "ls /proc/1/fd"} {
			if got := w.inside(t, script); !strings.Contains(got, "Permission denied") {
				t.Errorf("%s: %.100q", script, got)
			}
		}
		if got := w.inside(t, "tr '\\0' '\\n' </proc/$(pgrep -of /opt/code-server/editor.js)/environ | grep -c ^EDITOR_SOCKET=; tr '\\0' '\\n' </proc/$(pgrep -of /opt/code-server/editor.js)/environ | grep ^KALPANA_"); got != "1" {
			t.Errorf("environment of the editor: %q", got)
		}
	})

	t.Run("the bridge cannot be killed or stopped from inside", func(t *testing.T) {
		for _, signal := range []string{"KILL", "STOP", "QUIT", "SEGV", "ABRT", "BUS", "SYS", "TRAP", "HUP", "TSTP", "PIPE", "USR1", "PROF", "VTALRM", "35"} {
			w.inside(t, "kill -"+signal+" 1")
			if status, _ := get(t, api+"/healthz", w.key); status != 200 {
				t.Errorf("after SIG%s: %d", signal, status)
			}
		}
		if got := docker(t, "inspect", "-f", "{{.State.Status}} {{.RestartCount}}", w.name); got != "running 0" {
			t.Errorf("the container is %s", got)
		}
	})

	t.Run("orphans are reaped", func(t *testing.T) {
		w.inside(t, "for i in 1 2 3 4 5; do (sleep 0.05 &) ; done")
		var last string
		eventually(t, "no zombie is left", func() bool {
			last = w.inside(t, "ps -eo stat,comm | grep -E '^Z|sleep'")
			return last == ""
		}, func() string { return last })
	})

	t.Run("a killed editor comes back", func(t *testing.T) {
		before := w.inside(t, "pgrep -of /opt/code-server/editor.js")
		w.inside(t, "kill -9 "+before)
		var now string
		eventually(t, "another process is the editor", func() bool {
			now = w.inside(t, "pgrep -of /opt/code-server/editor.js")
			return now != "" && now != before
		}, func() string { return now })
		w.awaitReady(t)
	})

	t.Run("it is healthy", func(t *testing.T) {
		docker(t, "exec", w.name, "kalpana-bridge", "healthcheck")
	})

	t.Run("it stops in order and in time", func(t *testing.T) {
		began := time.Now()
		docker(t, "stop", "-t", "20", w.name)
		if took := time.Since(began); took > 9*time.Second {
			t.Errorf("stopping took %v: Docker's default patience is 10 s", took)
		}
		if got := docker(t, "inspect", "-f", "{{.State.ExitCode}} {{.State.OOMKilled}}", w.name); got != "0 false" {
			t.Errorf("exit code and OOM: %s", got)
		}
	})
}
