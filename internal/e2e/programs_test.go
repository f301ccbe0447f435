package e2e

import (
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
	k.browse("programs.mjs", 6*time.Minute, func(line stepLine) {
		if line.Step == "workspace made" {
			putApp(t, container(t, line.ID), here)
		}
	})
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
