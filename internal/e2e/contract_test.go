package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

func TestAWorkspaceFromCreationToDeletion(t *testing.T) {
	t.Parallel()
	k := install(t)
	k.start()
	ada := k.user("ada@example.com")
	eve := k.user("eve@example.com")

	status, me := ada.call("GET", "/me", nil)
	if status != 200 || me["user"].(map[string]any)["email"] != "ada@example.com" {
		t.Fatalf("me: %d %v", status, me)
	}
	id := ada.create("first steps")
	w := ada.await(id, "RUNNING")
	if !regexp.MustCompile(`^[a-z0-9]{12}$`).MatchString(id) || w["vscodePort"].(float64) < 46000 || w["containerId"] == "" {
		t.Fatalf("workspace: %v", w)
	}

	t.Run("the editor and the bridge answer their owner", func(t *testing.T) {
		if code, body := ada.get(k.origin(id+".ws.localhost") + "/"); code != 200 || !strings.Contains(body, "vscode") {
			t.Errorf("editor: %d %.200s", code, body)
		}
		answer := ada.bridge(t, id, map[string]any{"id": "1", "type": "writeFile", "payload": map[string]any{"path": "src/a.txt", "content": "hello\n"}})
		if answer["success"] != true || answer["id"] != "1" {
			t.Errorf("writeFile: %v", answer)
		}
		if got := docker(t, "exec", w["containerId"].(string), "cat", "/workspace/src/a.txt"); got != "hello" {
			t.Errorf("file in the container: %q", got)
		}
		escape := ada.bridge(t, id, map[string]any{"id": "2", "type": "readFile", "payload": map[string]any{"path": "../etc/passwd"}})
		if escape["success"] != false {
			t.Errorf("a path outside was read: %v", escape)
		}
	})
	t.Run("nobody else gets in, and nobody learns that it exists", func(t *testing.T) {
		mine, _ := eve.get(k.origin("aaaaaaaaaaaa.ws.localhost") + "/")
		theirs, body := eve.get(k.origin(id+".ws.localhost") + "/")
		if mine != 404 || theirs != 404 || strings.Contains(body, "first steps") {
			t.Errorf("a stranger gets %d, for an unknown one %d", theirs, mine)
		}
		for _, call := range [][2]string{{"GET", ""}, {"DELETE", ""}, {"POST", "/start"}, {"POST", "/stop"}, {"GET", "/logs"}} {
			if code, _ := eve.call(call[0], "/workspaces/"+id+call[1], nil); code != 404 {
				t.Errorf("%s %s by a stranger: %d", call[0], call[1], code)
			}
		}
		nobody := k.client()
		resp, err := nobody.Get(k.origin(id + ".agent.localhost"))
		if err != nil || resp.StatusCode != 401 {
			t.Errorf("bridge without a token: %v %v", resp, err)
		}
		port := strings.TrimSuffix(strings.TrimSpace(jsonNumber(w["vscodePort"])), ".0")
		resp, err = http.Get("http://127.0.0.1:" + port + "/")
		if err != nil || resp.StatusCode != 401 {
			t.Errorf("the leased port without the workspace's key: %v %v", resp, err)
		}
	})
	t.Run("the container is hardened and holds no secret", func(t *testing.T) {
		inspect := docker(t, "inspect", w["containerId"].(string))
		for _, want := range []string{`"User": "1000:1000"`, `"ReadonlyRootfs": true`, `"HostIp": "127.0.0.1"`, `"no-new-privileges"`, `"ALL"`, `"PidsLimit": 512`} {
			if !strings.Contains(inspect, want) {
				t.Errorf("docker inspect lacks %s", want)
			}
		}
		secret, err := os.ReadFile(filepath.Join(k.dir, "secret"))
		if err != nil {
			t.Fatal(err)
		}
		for _, canary := range []string{strings.TrimSpace(string(secret)), ada.token} {
			if strings.Contains(inspect, canary) || strings.Contains(k.out.String(), canary) {
				t.Error("a secret stands in docker inspect or in the log")
			}
		}
	})
	t.Run("what was written survives a stop and a start", func(t *testing.T) {
		if code, _ := ada.call("POST", "/workspaces/"+id+"/stop", nil); code != 202 {
			t.Fatalf("stop: %d", code)
		}
		stopped := ada.await(id, "STOPPED")
		if stopped["vscodePort"].(float64) != 0 || stopped["containerId"] != "" {
			t.Errorf("a stopped workspace holds on to %v", stopped)
		}
		code, body := ada.get(k.origin(id+".ws.localhost") + "/")
		if code != 503 || !strings.Contains(body, "workspace_stopped") {
			t.Errorf("a stopped workspace answers programs with %d %s", code, body)
		}
		ada.call("POST", "/workspaces/"+id+"/start", nil)
		ada.call("POST", "/workspaces/"+id+"/start", nil) // two at once are one
		ada.await(id, "RUNNING")
		answer := ada.bridge(t, id, map[string]any{"id": "3", "type": "readFile", "payload": map[string]any{"path": "src/a.txt"}})
		if payload, _ := answer["payload"].(map[string]any); payload["content"] != "hello\n" {
			t.Errorf("after the restart the file reads %v", answer)
		}
	})
	t.Run("the command line does the same", func(t *testing.T) {
		out, code := k.command("workspace", "ls")
		if code != 0 || !strings.Contains(out, id) || !strings.Contains(out, "RUNNING") {
			t.Errorf("ls: %d %s", code, out)
		}
		if out, code := k.command("workspace", "exec", "first steps", "--", "sh", "-c", "cat src/a.txt; exit 3"); code != 3 || out != "hello\n" {
			t.Errorf("exec: %d %q", code, out)
		}
		if out, code := k.command("workspace", "logs", id); code != 0 || !strings.Contains(out, "ready") {
			t.Errorf("logs: %d %q", code, out)
		}
		if _, code := k.command("workspace", "frobnicate"); code != 2 {
			t.Errorf("wrong usage ends with %d", code)
		}
		if _, code := k.command("workspace", "start", "nosuchone"); code != 1 {
			t.Errorf("an unknown workspace ends with %d", code)
		}
	})
	t.Run("metrics show it", func(t *testing.T) {
		scrape := func() string {
			resp, err := http.Get("http://127.0.0.1:" + itoa(k.metrics) + "/metrics")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			data, _ := io.ReadAll(resp.Body)
			return string(data)
		}
		for _, want := range []string{
			`kalpana_workspaces{status="RUNNING"} 1`, "kalpana_port_leases 1", "kalpana_port_leases_limit 50", "kalpana_workspace_start_duration_seconds_count",
			`kalpana_gateway_requests_total{code="2xx",kind="ws"}`, `kalpana_gateway_requests_total{code="2xx",kind="api"}`, "kalpana_docker_call_duration_seconds", "caddy_", "go_goroutines",
		} {
			eventually(t, 10*time.Second, "metrics show "+want, func() bool { return strings.Contains(scrape(), want) })
		}
		if strings.Contains(scrape(), id) {
			t.Error("a metric names a workspace")
		}
	})
	t.Run("deletion leaves nothing", func(t *testing.T) {
		if code, _ := ada.call("DELETE", "/workspaces/"+id, nil); code != 202 {
			t.Fatalf("delete: %d", code)
		}
		eventually(t, 30*time.Second, "the workspace is gone", func() bool {
			code, _ := ada.call("GET", "/workspaces/"+id, nil)
			return code == 404
		})
		if left := docker(t, "ps", "-aq", "--filter", "label=kalpana.workspace="+id) + docker(t, "volume", "ls", "-q", "--filter", "name="+id); left != "" {
			t.Errorf("left over: %s", left)
		}
	})
}

func jsonNumber(v any) string { data, _ := json.Marshal(v); return string(data) }
func itoa(n int) string       { return jsonNumber(n) }

// get asks a workspace host as a program with the user's token.
func (u *user) get(url string) (int, string) {
	u.k.t.Helper()
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		u.k.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+u.token)
	follow := *u.http // code-server sends from / to the opened folder
	follow.CheckRedirect = func(next *http.Request, _ []*http.Request) error {
		if next.URL.Host != req.URL.Host {
			return http.ErrUseLastResponse
		}
		return nil
	}
	resp, err := follow.Do(req)
	if err != nil {
		u.k.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(data)
}

// bridge sends one request over the agent host's WebSocket.
func (u *user) bridge(t *testing.T, id string, request map[string]any) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	socket := *u.http
	socket.Timeout = 0
	c, _, err := websocket.Dial(ctx, strings.Replace(u.k.origin(id+".agent.localhost"), "https", "wss", 1)+"/", &websocket.DialOptions{
		HTTPClient: &socket, HTTPHeader: http.Header{"Authorization": {"Bearer " + u.token}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if err := wsjson.Write(ctx, c, request); err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if err := wsjson.Read(ctx, c, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestWrongInputGetsAClearError(t *testing.T) {
	t.Parallel()
	k := install(t, "MAX_WORKSPACES_PER_USER=2")
	k.start()
	u := k.user("bad@example.com")
	long := strings.Repeat("x", 61)
	for name, c := range map[string]struct {
		body   any
		status int
		code   string
	}{
		"no name":            {map[string]any{"name": ""}, 422, "validation_failed"},
		"name too long":      {map[string]any{"name": long}, 422, "validation_failed"},
		"control character":  {map[string]any{"name": "a\x00b"}, 422, "validation_failed"},
		"right-to-left mark": {map[string]any{"name": "a\u202eb"}, 422, "validation_failed"},
		"unknown field":      {map[string]any{"name": "a", "HostConfig": map[string]any{"Privileged": true}}, 422, "validation_failed"},
		"no JSON":            {"{", 400, "bad_request"},
		"too little memory":  {map[string]any{"name": "a", "memory": 1024}, 422, "validation_failed"},
		"over 1 MiB":         {map[string]any{"name": "a", "nixConfig": strings.Repeat("x", 1<<20)}, 413, "body_too_large"},
	} {
		if status, got := u.call("POST", "/workspaces", c.body); status != c.status || got["code"] != c.code || got["detail"] == "" {
			t.Errorf("%s: %d %v, want %d %s", name, status, got, c.status, c.code)
		}
	}
	stopped := map[string]any{"name": "kept", "start": false}
	if status, first := u.call("POST", "/workspaces", stopped, "Idempotency-Key", "one"); status != 201 {
		t.Fatalf("create: %d %v", status, first)
	} else if _, again := u.call("POST", "/workspaces", stopped, "Idempotency-Key", "one"); again["id"] != first["id"] {
		t.Error("the same Idempotency-Key made two")
	}
	u.call("POST", "/workspaces", stopped)
	if status, got := u.call("POST", "/workspaces", stopped); status != 403 || got["code"] != "quota_exceeded" {
		t.Errorf("over the limit: %d %v", status, got)
	}
	if status, got := u.call("GET", "/nosuch", nil); status != 404 || got["code"] != "not_found" {
		t.Errorf("unknown address: %d %v", status, got)
	}
}

func TestAWrongSettingStopsTheStartWithOneLine(t *testing.T) {
	t.Parallel()
	for setting, value := range map[string]string{
		"KALPANA_SIGNUP": "everyone", "KALPANA_DOMAIN": "10.0.0.1", "CONTAINER_PORT_RANGE_END": "46000", "DEFAULT_CONTAINER_MEMORY": "2g",
		"KALPANA_SECRET": "short", "KALPANA_IDLE_TIMEOUT": "soon", "DATABASE_URL": "postgres://x",
	} {
		k := install(t, setting+"="+value)
		c := exec.Command(binary(t), "run", "--config", filepath.Join(root(t), "Caddyfile"))
		c.Env, c.Dir = k.env, k.dir
		out, err := c.CombinedOutput()
		if err == nil {
			t.Errorf("%s=%s was accepted", setting, value)
		}
		var lines []string
		for l := range strings.Lines(string(out)) {
			if strings.Contains(l, `"level":"error"`) {
				lines = append(lines, l)
			}
		}
		if len(lines) != 1 || !strings.Contains(lines[0], setting) {
			t.Errorf("%s=%s: %q", setting, value, lines)
		}
	}
}
