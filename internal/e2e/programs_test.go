package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// viteApp is the smallest app whose text changes without a reload. It says when the dev
// server's socket is open, for a change before that would be lost.
var viteApp = map[string]string{
	"index.html":   `<!doctype html><title>App</title><h1></h1><script type="module" src="/main.js"></script>`,
	"message.js":   `export const message = "Hello from Vite";` + "\n",
	"main.js":      "import { message } from \"./message.js\";\nconst show = (m) => (document.querySelector(\"h1\").textContent = m);\nshow(message);\nimport.meta.hot.accept(\"./message.js\", (next) => show(next.message));\nimport.meta.hot.on(\"vite:ws:connect\", () => (globalThis.viteIsThere = true));\nimport.meta.hot.send(\"app:here\");\n",
	"package.json": `{"private":true,"type":"module"}`,
}

// TestProgramsWorkInAWorkspace is what issue-takers call done: a foreign MCP client edits a
// file that VS Code shows, and a dev server hot-reloads through its own host name.
func TestProgramsWorkInAWorkspace(t *testing.T) {
	k := install(t)
	k.start()
	here := filepath.Join(root(t), "internal", "e2e")
	script := exec.Command("node", filepath.Join(here, "programs.mjs"), k.browser(), k.link, shots(t))
	script.Stderr = os.Stderr
	script.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+k.rootCA())
	in, err := script.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := script.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := script.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(6*time.Minute, func() { script.Process.Kill() })
	defer kill.Stop()
	var steps []string
	failed := ""
	for s := bufio.NewScanner(out); s.Scan(); {
		var line struct {
			Step, ID, Failed string
			MS               int
		}
		if json.Unmarshal(s.Bytes(), &line) != nil {
			continue
		}
		t.Logf("%6d ms  %s %s", line.MS, line.Step, line.Failed)
		steps = append(steps, line.Step)
		failed += line.Failed
		if line.Step == "workspace made" {
			container := docker(t, "ps", "-q", "--filter", "label=kalpana.workspace="+line.ID)
			putApp(t, container, here)
			io.WriteString(in, "go on\n")
		}
	}
	if err := script.Wait(); err != nil || failed != "" || len(steps) == 0 || steps[len(steps)-1] != "done" {
		t.Fatalf("it ended after %q: %v %s", steps, err, failed)
	}
}

// putApp puts the app, and Vite from this machine, into a container: its network may not
// reach a registry.
func putApp(t *testing.T, container, here string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range viteApp {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pack := exec.Command("tar", "-c", "--owner=1000", "--group=1000", "-C", dir, ".", "-C", here, "node_modules")
	unpack := exec.Command("docker", "exec", "-i", container, "sh", "-c", "mkdir -p /workspace/app && tar -x -C /workspace/app")
	pipe, err := pack.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	unpack.Stdin = pipe
	if err := pack.Start(); err != nil {
		t.Fatal(err)
	}
	if out, err := unpack.CombinedOutput(); err != nil {
		t.Fatalf("unpack the app: %v: %s", err, strings.TrimSpace(string(out)))
	}
	if err := pack.Wait(); err != nil {
		t.Fatalf("pack the app: %v", err)
	}
}
