package e2e

import (
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestEverythingIsFoundAgain(t *testing.T) {
	t.Parallel()
	k := install(t)
	k.start()
	u := k.user("phoenix@example.com")
	id := u.create("phoenix")
	container := u.await(id, "RUNNING")["containerId"].(string)

	t.Run("after kill -9", func(t *testing.T) {
		k.kill()
		begin := time.Now()
		k.start()
		w := u.await(id, "RUNNING")
		if w["containerId"] != container {
			t.Errorf("the container was replaced: %v", w)
		}
		eventually(t, 5*time.Second, "the editor answers", func() bool { code, _ := u.get(k.origin(id+".ws.localhost") + "/"); return code == 200 })
		t.Logf("routing again %v after the new process began", time.Since(begin).Round(time.Millisecond))
	})
	t.Run("after a clean stop", func(t *testing.T) {
		k.stop()
		if state := docker(t, "inspect", "-f", "{{.State.Running}}", container); state != "true" {
			t.Error("the workspace ended with the server")
		}
		k.start()
		if w := u.await(id, "RUNNING"); w["containerId"] != container {
			t.Errorf("the container was replaced: %v", w)
		}
	})
	t.Run("after docker rm -f", func(t *testing.T) {
		docker(t, "rm", "-f", container)
		eventually(t, 30*time.Second, "it runs again in another container", func() bool {
			_, w := u.call("GET", "/workspaces/"+id, nil)
			return w["status"] == "RUNNING" && w["containerId"] != container
		})
		if code, _ := u.get(k.origin(id+".ws.localhost") + "/"); code != 200 {
			t.Errorf("editor: %d", code)
		}
	})
	t.Run("delete while it starts", func(t *testing.T) {
		_, w := u.call("POST", "/workspaces", map[string]any{"name": "short-lived"})
		gone := w["id"].(string)
		if code, _ := u.call("DELETE", "/workspaces/"+gone, nil); code != 202 {
			t.Fatalf("delete: %d", code)
		}
		eventually(t, 30*time.Second, "it is gone", func() bool { code, _ := u.call("GET", "/workspaces/"+gone, nil); return code == 404 })
		if left := docker(t, "ps", "-aq", "--filter", "label=kalpana.workspace="+gone) + docker(t, "volume", "ls", "-q", "--filter", "name="+gone); left != "" {
			t.Errorf("left over: %s", left)
		}
	})
}

func TestAnUnusedWorkspaceIsStopped(t *testing.T) {
	t.Parallel()
	k := install(t)
	k.start()
	u := k.user("idle@example.com")
	_, w := u.call("POST", "/workspaces", map[string]any{"name": "sleepy", "idleTimeout": 3})
	id := w["id"].(string)
	u.await(id, "RUNNING")
	if stopped := u.await(id, "STOPPED"); !strings.Contains(stopped["statusReason"].(string), "without use") {
		t.Errorf("reason: %v", stopped["statusReason"])
	}
}

func TestWithoutDockerKalpanaSaysSo(t *testing.T) {
	t.Parallel()
	k := install(t, "DOCKER_HOST=unix:///nonexistent/docker.sock")
	k.start()
	u := k.user("nodocker@example.com")
	if code, ready := u.call("GET", "/readyz", nil); code != 503 || ready["checks"].(map[string]any)["docker"] != "unavailable" {
		t.Errorf("readyz: %d %v", code, ready)
	}
	if code, _ := u.call("GET", "/healthz", nil); code != 200 {
		t.Errorf("healthz: %d", code)
	}
	_, w := u.call("POST", "/workspaces", map[string]any{"name": "nowhere"})
	failed := u.await(w["id"].(string), "ERROR")
	if !strings.Contains(failed["statusReason"].(string), "Docker") || failed["vscodePort"].(float64) != 0 {
		t.Errorf("workspace: %v", failed)
	}
	k.stop() // nothing of it is in Docker, and no deletion is believed without Docker's word
}

func TestAMissingImageIsNamed(t *testing.T) {
	t.Parallel()
	k := install(t, "KALPANA_WORKSPACE_IMAGE=kalpana/nosuchimage:none")
	k.start()
	u := k.user("noimage@example.com")
	_, w := u.call("POST", "/workspaces", map[string]any{"name": "unbuilt"})
	failed := u.await(w["id"].(string), "ERROR")
	if reason := failed["statusReason"].(string); !strings.Contains(reason, "kalpana/nosuchimage:none") || !strings.Contains(reason, "make image") {
		t.Errorf("reason: %s", reason)
	}
}

func TestATakenPortIsNamed(t *testing.T) {
	t.Parallel()
	k := install(t)
	l, err := net.Listen("tcp", ":"+itoa(k.port))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := exec.Command(binary(t), "run", "--config", filepath.Join(root(t), "Caddyfile"))
	c.Env, c.Dir = k.env, k.dir
	out, err := c.CombinedOutput()
	if err == nil || !strings.Contains(string(out), itoa(k.port)) || !strings.Contains(string(out), "address already in use") {
		t.Errorf("err %v, output %s", err, tail(string(out), 5))
	}
}
