package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/githubtest"
)

// newGitHub is a GitHub in the internet of the tests, with the app of one installation.
func newGitHub(t testing.TB) (g *githubtest.Server, settings []string) {
	t.Helper()
	g, err := githubtest.New(githubtest.Options{Dir: t.TempDir(), ClientID: "kalpana", ClientSecret: "canary-app-secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	address := serveOnInternet(t, g)
	return g, []string{
		"GITHUB_URL=" + address, "GITHUB_API_URL=" + address + "/api/v3", "GITHUB_CLIENT_ID=kalpana", "GITHUB_CLIENT_SECRET=canary-app-secret",
		"GITHUB_WEBHOOK_SECRET=canary-webhook-secret", "KALPANA_SIGNUP=open",
	}
}

// TestAPrivateRepositoryFromSignInToPush is what the issue calls done: sign in with GitHub,
// pick a private repository, the workspace opens on it, edit, commit, push, and the server
// has it; and no token is anywhere in the container.
func TestAPrivateRepositoryFromSignInToPush(t *testing.T) {
	g, settings := newGitHub(t)
	g.AddUser(githubtest.User{Login: "ada", Name: "Ada Lovelace", Primary: "ada@example.com"})
	g.AddUser(githubtest.User{Login: "eve", Name: "Eve", Primary: "eve@example.com"})
	g.AddRepo(githubtest.Repo{Name: "ada/engine", Private: true, Description: "The analytical engine", Files: map[string]string{
		"README.md": "# Engine\n", "Makefile": "all:\n\techo hello\n", "src/a.txt": "one\n",
	}, Branches: map[string]map[string]string{"feature/odd#1-ü": {"odd.txt": "odd\n"}}})
	g.AddRepo(githubtest.Repo{Name: "ada/notes", Files: map[string]string{"README.md": "# Notes\n"}})
	k := install(t, settings...)
	k.start()
	g.AddHook("ada/engine", githubtest.Hook{URL: k.hook(), Secret: "canary-webhook-secret"})
	id := ""
	inside := func(command string) string {
		out, _ := exec.Command("docker", "exec", container(t, id), "bash", "-lc", command).CombinedOutput()
		return strings.TrimSpace(string(out))
	}
	k.browse("github.mjs", 8*time.Minute, func(line stepLine) {
		if line.ID != "" {
			id = line.ID
		}
		switch line.Step {
		case "the editor shows the clone":
			if got := inside("cd /workspace/engine && git remote get-url origin && git config user.name && git config user.email"); strings.Contains(got, "@"+strings.TrimPrefix(settings[0], "GITHUB_URL=http://")) || !strings.Contains(got, "Ada Lovelace") {
				t.Errorf("the clone says %q", got)
			}
		case "pushed from the terminal":
			// A terminal draws its text: what it did is looked for at the server.
			eventually(t, time.Minute, "the terminal's push is at the server", func() bool {
				got, err := g.ReadFile("ada/engine", "main", "src/terminal.txt")
				return err == nil && got == "from the terminal\n"
			})
		case "pushed from the Source Control panel":
			if got, err := g.ReadFile("ada/engine", "main", "README.md"); err != nil || !strings.Contains(got, "Edited in VS Code") {
				t.Errorf("the server has %q %v", got, err)
			}
			noToken(t, k, g, id)
		case "the token is revoked":
			g.RevokeAll("ada")
		case "pushed with a revoked token":
			eventually(t, time.Minute, "the push is refused", func() bool { return strings.HasPrefix(inside("cat /tmp/ended"), "ended") })
			if got := inside("cat /tmp/ended"); got == "ended 0" {
				t.Error("a push with a revoked token went through")
			}
		}
	})
}

// hook is an address that passes webhooks on to the installation, whose authority GitHub does
// not know.
func (k *kalpana) hook() string {
	client := k.client()
	relay := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req, err := http.NewRequestWithContext(r.Context(), r.Method, k.origin("localhost")+"/api/v1/github/webhook", r.Body)
		if err != nil {
			k.t.Error(err)
			return
		}
		req.Header, req.ContentLength = r.Header.Clone(), r.ContentLength
		resp, err := client.Do(req)
		if err != nil {
			k.t.Error(err)
			return
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusAccepted {
			k.t.Errorf("a webhook was answered with %s", resp.Status)
		}
		w.WriteHeader(resp.StatusCode)
	}))
	k.t.Cleanup(relay.Close)
	return relay.URL
}

// noToken looks for every token that GitHub gave where none may be: the container's files,
// its processes, what Docker knows of it, and the server's own log.
func noToken(t *testing.T, k *kalpana, g *githubtest.Server, id string) {
	t.Helper()
	tokens := g.Tokens()
	if len(tokens) == 0 {
		t.Fatal("GitHub gave no token: there is nothing to look for")
	}
	c := container(t, id)
	patterns := filepath.Join(t.TempDir(), "patterns")
	if err := os.WriteFile(patterns, []byte(strings.Join(append(tokens, "canary-app-secret", "canary-webhook-secret"), "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	// From outside: inside, the search itself would bring the tokens there. The root of the
	// container's first process holds its files and volumes.
	pid := docker(t, "inspect", "-f", "{{.State.Pid}}", c)
	search := exec.Command("grep", "-rlFsI", "--devices=skip", "-f", patterns, "/proc/"+pid+"/root/home", "/proc/"+pid+"/root/workspace", "/proc/"+pid+"/root/tmp",
		"/proc/"+pid+"/root/run", "/proc/"+pid+"/root/etc", "/proc/"+pid+"/root/var")
	if out, err := search.CombinedOutput(); err == nil || len(out) > 0 {
		t.Errorf("tokens in the container's files: %s (%v)", out, err)
	}
	binaries := exec.Command("grep", "-rlFsa", "--devices=skip", "-f", patterns, "/proc/"+pid+"/root/home", "/proc/"+pid+"/root/workspace", "/proc/"+pid+"/root/tmp")
	if out, err := binaries.CombinedOutput(); err == nil || len(out) > 0 {
		t.Errorf("tokens in the container's binary files: %s (%v)", out, err)
	}
	for _, p := range strings.Fields(docker(t, "top", c, "-eo", "pid"))[1:] {
		for _, file := range []string{"environ", "cmdline"} {
			data, _ := os.ReadFile("/proc/" + p + "/" + file)
			for _, token := range tokens {
				if strings.Contains(string(data), token) {
					t.Errorf("a token is in /proc/%s/%s", p, file)
				}
			}
		}
	}
	logs := k.out.String() + docker(t, "inspect", c) + docker(t, "logs", c)
	if found := exec.Command("grep", "-rlFsa", "-f", patterns, k.dir); true {
		if out, err := found.CombinedOutput(); err == nil || len(out) > 0 {
			t.Errorf("tokens in the data directory: %s (%v)", out, err)
		}
	}
	for _, token := range append(tokens, "canary-app-secret", "canary-webhook-secret") {
		if strings.Contains(logs, token) {
			t.Errorf("a token is in what Docker says or in a log")
		}
	}
}

// jsonOf is v as the API would have it.
func jsonOf(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestRepositoriesThatAreNotWhatTheySeem: a workspace runs whatever its repository is.
func TestRepositoriesThatAreNotWhatTheySeem(t *testing.T) {
	g, settings := newGitHub(t)
	g.AddUser(githubtest.User{Login: "ada", Name: "Ada Lovelace", Primary: "ada@example.com"})
	g.AddRepo(githubtest.Repo{Name: "ada/secret", Private: true, Files: map[string]string{"a": "a"}})
	g.AddRepo(githubtest.Repo{Name: "ada/empty"})
	g.AddRepo(githubtest.Repo{Name: "ada/old", Files: map[string]string{"README.md": "# Renamed\n"}, Branches: map[string]map[string]string{"feature/odd#1-ü": {"odd.txt": "odd\n"}}})
	g.Rename("ada/old", "ada/new")
	k := install(t, append(settings, "MAX_WORKSPACES_PER_USER=10")...)
	k.start()
	u := k.user("plain@example.com")
	create := func(body map[string]any) map[string]any {
		t.Helper()
		body["name"] = "r"
		body["template"] = "blank"
		status, w := u.call("POST", "/workspaces", body)
		if status != 201 {
			t.Fatalf("create %v: %d %v", body, status, w)
		}
		return u.await(w["id"].(string), "RUNNING")
	}
	for name, c := range map[string]struct {
		body map[string]any
		// says is what the notice has; "" = the clone is there, with this file.
		says, file string
	}{
		"private":      {map[string]any{"githubRepo": "ada/secret"}, "Connect GitHub", ""},
		"gone":         {map[string]any{"githubRepo": "ada/nothing"}, "was not cloned", ""},
		"empty":        {map[string]any{"githubRepo": "ada/empty"}, "", ".git/HEAD"},
		"renamed":      {map[string]any{"githubRepo": "ada/old", "branch": "feature/odd#1-ü", "clone": map[string]any{"depth": 1}}, "", "odd.txt"},
		"no branch":    {map[string]any{"githubRepo": "ada/new", "branch": "nosuch"}, "nosuch", ""},
		"another host": {map[string]any{"githubRepo": "https://203.0.113.2:1/x/y.git"}, "was not cloned", ""},
	} {
		w := create(c.body)
		clone, notices, folder := w["clone"].(map[string]any), jsonOf(t, w["notices"]), w["folder"].(string)
		if c.says != "" {
			if clone["state"] != "failed" || !strings.Contains(notices, c.says) || folder != "" {
				t.Errorf("%s: %v, notices %s", name, clone, notices)
			}
			continue
		}
		if clone["state"] != "done" || notices != "[]" {
			t.Errorf("%s: %v, notices %s", name, clone, notices)
			continue
		}
		docker(t, "exec", container(t, w["id"].(string)), "ls", "/workspace/"+folder+"/"+c.file)
	}
	for _, wrong := range []string{"nonsense", "https://user:pass@example.com/x/y", "file:///etc/passwd", "ext::sh -c id", "-oProxyCommand=x/y", "ada/../x"} {
		if status, problem := u.call("POST", "/workspaces", map[string]any{"name": "r", "githubRepo": wrong}); status != 422 || problem["code"] != "validation_failed" {
			t.Errorf("%q: %d %v", wrong, status, problem)
		}
	}

	// What was not there comes later: the clone is tried again, and what happens there is told.
	w := create(map[string]any{"githubRepo": "ada/late"})
	id := w["id"].(string)
	g.AddRepo(githubtest.Repo{Name: "ada/late", Files: map[string]string{"README.md": "# Late\n"}})
	if status, problem := u.call("POST", "/workspaces/"+id+"/clone", nil); status != 202 {
		t.Fatalf("clone again: %d %v", status, problem)
	}
	eventually(t, 30*time.Second, "the repository is cloned", func() bool {
		_, w = u.call("GET", "/workspaces/"+id, nil)
		return w["clone"].(map[string]any)["state"] == "done"
	})
	if jsonOf(t, w["notices"]) != "[]" || w["folder"] != "late" || !strings.HasSuffix(w["vscodeUrl"].(string), "?folder=%2Fworkspace%2Flate") {
		t.Errorf("after the clone: %v", w)
	}
}
