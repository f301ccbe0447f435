package e2e

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/githubtest"
)

// order makes a workspace and waits until it runs; what it is made of is in body.
func (u *user) order(body map[string]any) (id string, w map[string]any) {
	u.k.t.Helper()
	status, made := u.call("POST", "/workspaces", body)
	if status != 201 {
		u.k.t.Fatalf("create %v: %d %v", body, status, made)
	}
	id = made["id"].(string)
	return id, u.await(id, "RUNNING")
}

// again stops a running workspace, and waits until it runs again.
func (u *user) again(id string) map[string]any {
	u.k.t.Helper()
	u.call("POST", "/workspaces/"+id+"/stop", nil)
	u.await(id, "STOPPED")
	u.call("POST", "/workspaces/"+id+"/start", nil)
	return u.await(id, "RUNNING")
}

// command runs a command in a workspace as its owner does from a machine of theirs.
func (u *user) command(id, command string) string {
	u.k.t.Helper()
	out, _ := u.k.command("workspace", "exec", id, "--", "sh", "-c", "exec 2>&1\n"+command)
	return strings.TrimSpace(out)
}

// notices are the kinds and texts of a workspace's notices, a line each.
func notices(w map[string]any) string {
	var b strings.Builder
	for _, n := range w["notices"].([]any) {
		n := n.(map[string]any)
		fmt.Fprintf(&b, "%s: %s\n", n["kind"], n["text"])
	}
	return b.String()
}

// logLine is a line of a start's log.
type logLine struct {
	at          time.Time
	phase, text string
}

func (l logLine) String() string { return "\n\t" + l.phase + "\t" + l.text }

// startLog is the log of the latest start.
func (u *user) startLog(id string) (all []logLine) {
	u.k.t.Helper()
	_, _, text := u.speaker(u.k.t).call("GET", "/workspaces/"+id+"/logs", nil)
	for line := range strings.Lines(text) {
		when, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		at, err := time.Parse(time.RFC3339Nano, when)
		phase, told, ok := strings.Cut(rest, " ")
		if err != nil || !ok {
			u.k.t.Fatalf("not a line of a start log: %q", line)
		}
		all = append(all, logLine{at, phase, strings.TrimSpace(told)})
	}
	return all
}

// told reports whether a start log has a line of this phase with text in it.
func (u *user) told(id, phase, text string) bool {
	for _, l := range u.startLog(id) {
		if l.phase == phase && strings.Contains(l.text, text) {
			return true
		}
	}
	return false
}

// took is the time from the order to "ready" in the log of the latest start.
func (u *user) took(id string) time.Duration {
	u.k.t.Helper()
	all := u.startLog(id)
	for _, l := range all {
		if l.phase == "ready" {
			return l.at.Sub(all[0].at)
		}
	}
	u.k.t.Fatalf("the start log says nothing of ready: %v", all)
	return 0
}

// editorPID is where the editor's process is told in a container.
const editorPID = "$(pgrep -of /opt/code-server/editor.js)"

// editor runs a command in the environment of a workspace's editor, which its terminals,
// tasks and extensions inherit.
func editorCommand(t testing.TB, id, command string) string {
	t.Helper()
	c := exec.Command("docker", "exec", "-e", "COMMAND="+command, container(t, id), "sh", "-c", `exec xargs -0 -a /proc/`+editorPID+`/environ sh -c 'c=$1; shift; exec env -i "$@" sh -c "$c"' sh "$COMMAND"`)
	out, err := c.CombinedOutput()
	if err != nil {
		return fmt.Sprintf("%s%v", out, err)
	}
	return strings.TrimSpace(string(out))
}

func TestBuiltInTemplates(t *testing.T) {
	t.Parallel()
	k := install(t)
	k.start()
	u := k.user("ada@example.com")
	for _, c := range []struct {
		template string
		tools    map[string]string // what a command must say, as a pattern
		files    string
		answer   string // of port 8000
	}{
		{"python", map[string]string{"python3 -m pytest --version": `^pytest \d`, "pipx --version": `^\d`, "python3 -m pip --version": `^pip \d`}, ".gitignore app.py requirements.txt test_app.py", "Hello from Python. You asked for /page."},
		{"static", map[string]string{"hugo version": `^hugo v\d`}, "index.html style.css", "This page is index.html"},
	} {
		t.Run(c.template, func(t *testing.T) {
			id, w := u.order(map[string]any{"name": c.template, "template": c.template})
			if w["template"] != c.template || w["templateVersion"] != 1.0 || notices(w) != "" {
				t.Errorf("the workspace has template %v, version %v, notices %q", w["template"], w["templateVersion"], notices(w))
			}
			if got := u.command(id, "id -u; pwd"); got != "1000\n/workspace" {
				t.Errorf("commands run as %q", got)
			}
			if got := u.command(id, "cd /workspace && ls -A | grep -v '^.venv$' | xargs"); got != c.files {
				t.Errorf("the files are %q, want %q", got, c.files)
			}
			for tool, want := range c.tools {
				pattern := regexp.MustCompile(want)
				for how, got := range map[string]string{
					"a command":             u.command(id, tool),
					"a login shell":         u.command(id, "bash -lc '"+tool+"'"),
					"the editor's programs": editorCommand(t, id, tool),
				} {
					if !pattern.MatchString(got) {
						t.Errorf("%s in %s: %q, want %s", tool, how, got, want)
					}
				}
			}
			page := k.origin("8000-"+id+".ws.localhost") + "/page"
			if c.template == "static" {
				page = k.origin("8000-"+id+".ws.localhost") + "/index.html"
			}
			eventually(t, 40*time.Second, "the start command's program answers", func() bool {
				code, text := u.get(page)
				return code == 200 && strings.Contains(text, c.answer)
			})
			if c.template == "python" {
				if got := u.command(id, ".venv/bin/python -c 'import sys; print(sys.prefix)'"); got != "/workspace/.venv" {
					t.Errorf("the setup command made: %s", got)
				}
			}
			// Files of the user's own are kept, and what they deleted does not come back.
			u.command(id, "rm -f requirements.txt style.css; echo mine >mine.txt")
			u.again(id)
			if got := u.command(id, "cat mine.txt; ls requirements.txt style.css 2>/dev/null | xargs"); got != "mine" {
				t.Errorf("after the second start: %q", got)
			}
			eventually(t, 40*time.Second, "the start command runs at the second start too", func() bool {
				code, text := u.get(page)
				return code == 200 && strings.Contains(text, c.answer)
			})
			if u.told(id, "setup", "running the setup command") {
				t.Error("the setup command ran twice")
			}
			if c.template == "python" { // the set-up of the first start is not among it
				t.Logf("second start of %s: %v", c.template, u.took(id).Round(time.Millisecond))
			}
		})
	}
}

// TestKilledInTheMiddleOfAnImage kills the server while it makes the image with a template's
// packages.
func TestKilledInTheMiddleOfAnImage(t *testing.T) {
	t.Parallel()
	const name = "sl"
	forget := func() {
		for _, image := range strings.Fields(docker(t, "images", "-q", "--filter", "label=kalpana.packages="+name)) {
			_ = exec.Command("docker", "rmi", "-f", image).Run() // another run may use it
		}
	}
	forget()
	t.Cleanup(forget)
	k := install(t)
	k.start()
	u := k.user("ada@example.com")
	_, made := u.call("POST", "/templates", map[string]any{"name": "Locomotive", "definition": map[string]any{"packages": []string{name}}})
	status, got := u.call("POST", "/templates/"+made["id"].(string)+"/try", map[string]any{})
	if status != 201 {
		t.Fatalf("try: %d %v", status, got)
	}
	id := got["workspaceId"].(string)
	builders := func() (all []string) {
		for _, c := range strings.Fields(docker(t, "ps", "-aq", "--filter", "label=kalpana.purpose=packages")) {
			if cmd, err := exec.Command("docker", "inspect", "-f", "{{.Config.Cmd}}", c).Output(); err == nil && strings.TrimSpace(string(cmd)) == "["+name+"]" {
				all = append(all, c)
			}
		}
		return all
	}
	eventually(t, 30*time.Second, "the image is being made", func() bool { return len(builders()) > 0 })
	k.kill()
	k.start()
	if w := u.await(id, "RUNNING"); notices(w) != "" {
		t.Errorf("notices: %q", notices(w))
	}
	if got := u.command(id, "test -x /usr/games/sl && echo there"); got != "there" {
		t.Errorf("the package is not there: %s", got)
	}
	if left := builders(); len(left) > 0 {
		t.Errorf("what the killed server was at is still there: %v", left)
	}
}

// TestKilledInTheMiddleOfASetUp kills the server while the setup command of a first start runs.
func TestKilledInTheMiddleOfASetUp(t *testing.T) {
	t.Parallel()
	k := install(t)
	k.start()
	u := k.user("ada@example.com")
	_, made := u.call("POST", "/templates", map[string]any{"name": "Slow", "definition": map[string]any{
		"setup": "echo begun >>setup.txt; until [ -e go-on ]; do sleep 0.1; done; echo ended >>setup.txt", "start": "echo started >>start.txt",
	}})
	path := "/templates/" + made["id"].(string)
	status, got := u.call("POST", path+"/try", map[string]any{})
	if status != 201 {
		t.Fatalf("try: %d %v", status, got)
	}
	id := got["workspaceId"].(string)
	u.await(id, "RUNNING")
	eventually(t, 30*time.Second, "the set-up has begun", func() bool { return u.command(id, "cat setup.txt") == "begun" })
	k.kill()
	k.start()
	u.command(id, "touch go-on")
	eventually(t, 30*time.Second, "the version counts as tried", func() bool { _, got := u.call("GET", path, nil); return got["tried"] == true })
	const show = "cat setup.txt start.txt | xargs"
	if got := u.command(id, show); got != "begun ended started" {
		t.Errorf("after the restart of the server: %q", got)
	}
	// It is done, for the next server and the next start.
	k.kill()
	k.start()
	u.again(id)
	eventually(t, 30*time.Second, "the start command ran", func() bool { return u.command(id, show) == "begun ended started started" })
}

// TestStoppedInTheMiddleOfASetUp: what was ended with its container has no fault, and runs again.
func TestStoppedInTheMiddleOfASetUp(t *testing.T) {
	t.Parallel()
	k := install(t)
	k.start()
	u := k.user("ada@example.com")
	_, made := u.call("POST", "/templates", map[string]any{"name": "Hangs once", "definition": map[string]any{
		"setup": "echo begun >>setup.txt; [ -e second ] || { touch second; sleep 600; }; echo ended >>setup.txt",
	}})
	path := "/templates/" + made["id"].(string)
	status, got := u.call("POST", path+"/try", map[string]any{})
	if status != 201 {
		t.Fatalf("try: %d %v", status, got)
	}
	id := got["workspaceId"].(string)
	u.await(id, "RUNNING")
	eventually(t, 30*time.Second, "the set-up hangs", func() bool { return u.command(id, "cat second && cat setup.txt") == "begun" })
	u.call("POST", "/workspaces/"+id+"/stop", nil)
	if w := u.await(id, "STOPPED"); notices(w) != "" {
		t.Errorf("stopped, with notices: %q", notices(w))
	}
	u.call("POST", "/workspaces/"+id+"/start", nil)
	u.await(id, "RUNNING")
	eventually(t, 30*time.Second, "the version counts as tried", func() bool { _, got := u.call("GET", path, nil); return got["tried"] == true })
	if got := u.command(id, "cat setup.txt | xargs"); got != "begun begun ended" {
		t.Errorf("the set-up did: %q", got)
	}
	if _, w := u.call("GET", "/workspaces/"+id, nil); notices(w) != "" {
		t.Errorf("notices: %q", notices(w))
	}
}

// TestATemplateAddsLittleToAStart measures blank against a template, in turns.
func TestATemplateAddsLittleToAStart(t *testing.T) {
	k := install(t)
	k.start()
	u := k.user("ada@example.com")
	plain, _ := u.order(map[string]any{"name": "plain", "template": "blank"})
	fitted, _ := u.order(map[string]any{"name": "fitted", "template": "static"})
	for _, id := range []string{plain, fitted} {
		u.call("POST", "/workspaces/"+id+"/stop", nil)
		u.await(id, "STOPPED")
	}
	times := map[string][]time.Duration{}
	for range 5 {
		for _, id := range []string{plain, fitted} {
			u.call("POST", "/workspaces/"+id+"/start", nil)
			u.await(id, "RUNNING")
			times[id] = append(times[id], u.took(id))
			u.call("POST", "/workspaces/"+id+"/stop", nil)
			u.await(id, "STOPPED")
		}
	}
	// What the machine does besides makes single starts slower, and none quicker.
	added := slices.Min(times[fitted]) - slices.Min(times[plain])
	t.Logf("from the order to RUNNING, warm, medians of 5: blank %v, template static %v; the quickest: %v more (all: %v %v)",
		median(times[plain]).Round(time.Millisecond), median(times[fitted]).Round(time.Millisecond), added.Round(time.Millisecond), times[plain], times[fitted])
	if added > time.Second {
		t.Errorf("a template adds %v to a warm start, want less than a second", added)
	}
}

// definition of a template whose only tool is a Debian package.
func definition(packages ...string) map[string]any {
	return map[string]any{
		"packages": packages, "files": map[string]string{"note.txt": "from the template\n"},
		"setup": "echo set up >>setup.txt", "start": "echo started >>start.txt",
		"variables": []any{map[string]any{"name": "GREETING", "value": "good day"}},
		"tasks":     []any{map[string]any{"label": "Greet", "command": "hello"}},
	}
}

func TestOwnTemplate(t *testing.T) {
	t.Parallel()
	k := install(t)
	k.start()
	ada, grace, root := k.user("ada@example.com"), k.user("grace@example.com"), k.user("root@example.com", "--admin")

	wrong := definition("Not A Package")
	wrong["ports"] = []any{map[string]any{"port": 80}}
	wrong["flake"] = "{\n  outputs = { self }: {\n    a = ;\n  };\n}\n"
	status, got := ada.call("POST", "/templates", map[string]any{"name": "Greeter", "definition": wrong})
	if said := jsonOf(t, got["errors"]); status != 422 || got["code"] != "invalid_template" || !strings.Contains(said, `"field":"body.definition.packages[0]"`) && !strings.Contains(said, `"field":"body.packages[0]"`) ||
		!strings.Contains(said, "ports[0].port") || !strings.Contains(said, "Line 3, column 9: ") {
		t.Errorf("a wrong definition: %d %s", status, jsonOf(t, got))
	}

	status, made := ada.call("POST", "/templates", map[string]any{"name": "Greeter", "definition": definition("kalpana-no-such-package")})
	if status != 201 {
		t.Fatalf("create: %d %v", status, made)
	}
	path := "/templates/" + made["id"].(string)
	if status, got := ada.call("POST", path+"/publish", nil); status != 409 || got["code"] != "template_not_tried" {
		t.Errorf("published untried: %d %v", status, got)
	}
	try := func() (id string, w map[string]any) {
		t.Helper()
		status, got := ada.call("POST", path+"/try", map[string]any{})
		if status != 201 {
			t.Fatalf("try: %d %v", status, got)
		}
		id = got["workspaceId"].(string)
		w = ada.await(id, "RUNNING")
		// What the end of the set-up says follows at once.
		eventually(t, 30*time.Second, "the start command ran", func() bool { return ada.command(id, "cat start.txt") == "started" })
		return id, w
	}
	tried := func() bool {
		_, got := ada.call("GET", path, nil)
		return got["tried"] == true
	}
	id, w := try()
	if said := notices(w); !strings.HasPrefix(said, "image: ") || !strings.Contains(said, "Debian has no package kalpana-no-such-package") {
		t.Errorf("notices: %q", said)
	}
	if got := ada.command(id, "cat note.txt setup.txt; echo $GREETING"); got != "from the template\nset up\ngood day" {
		t.Errorf("the rest of the template: %q", got)
	}
	if status, got := ada.call("POST", path+"/publish", nil); status != 409 || got["code"] != "template_not_tried" || tried() {
		t.Errorf("published after a try with a notice: %d %v", status, got)
	}

	// One whose setup command fails counts as little.
	failing := definition("hello")
	failing["setup"] = "echo it does not work >&2; exit 3"
	if status, got := ada.call("PUT", path, map[string]any{"definition": failing}); status != 200 || got["version"] != 2.0 || got["tried"] != false {
		t.Fatalf("second version: %d %v", status, got)
	}
	id, _ = try()
	eventually(t, 30*time.Second, "the failed setup is told", func() bool {
		_, w = ada.call("GET", "/workspaces/"+id, nil)
		return strings.Contains(notices(w), "setup: The setup command ended with code 3. Its last words: it does not work.")
	})
	if status, _ := ada.call("POST", path+"/publish", nil); status != 409 || tried() {
		t.Errorf("published although its setup command fails: %d", status)
	}

	if status, got := ada.call("PUT", path, map[string]any{"definition": definition("hello")}); status != 200 || got["version"] != 3.0 {
		t.Fatalf("third version: %d %v", status, got)
	}
	id, w = try()
	if notices(w) != "" || ada.command(id, "hello") != "Hello, world!" {
		t.Errorf("notices %q; the tool says %q", notices(w), ada.command(id, "hello"))
	}
	eventually(t, 30*time.Second, "the version counts as tried", tried)
	if status, _ := ada.call("PUT", path, map[string]any{"shared": true}); status != 403 {
		t.Errorf("shared by somebody who is no administrator: %d", status)
	}
	if status, got := ada.call("POST", path+"/publish", nil); status != 200 || got["publishedVersion"] != 3.0 {
		t.Errorf("publish: %d %v", status, got)
	}

	order := map[string]any{"name": "greeting", "template": made["id"]}
	if status, _ := grace.call("POST", "/workspaces", order); status != 422 {
		t.Errorf("a template that is not shared is used by another: %d", status)
	}
	if status, got := root.call("PUT", path, map[string]any{"shared": true}); status != 200 {
		t.Fatalf("share: %d %v", status, got)
	}
	hers, w := grace.order(order)
	if got := grace.command(hers, "hello; cat note.txt"); got != "Hello, world!\nfrom the template" || notices(w) != "" || w["templateVersion"] != 3.0 {
		t.Errorf("another user's workspace says %q, version %v, notices %q", got, w["templateVersion"], notices(w))
	}

	if status, _ := ada.call("DELETE", path, nil); status != 204 {
		t.Errorf("delete: %d", status)
	}
	if status, _ := grace.call("GET", path, nil); status != 404 {
		t.Errorf("a deleted template is shown: %d", status)
	}
	if status, _ := grace.call("POST", "/workspaces", order); status != 422 {
		t.Errorf("a deleted template is used for something new: %d", status)
	}
	for u, id := range map[*user]string{grace: hers, ada: id} {
		w := u.again(id)
		if got := u.command(id, "hello; echo $GREETING"); got != "Hello, world!\ngood day" || notices(w) != "" {
			t.Errorf("a workspace of the deleted template starts with %q, notices %q", got, notices(w))
		}
		eventually(t, 30*time.Second, "its start command runs", func() bool { return u.command(id, "cat start.txt | xargs") == "started started" })
	}
}

func TestTheTemplateOfARepositoryIsGuessed(t *testing.T) {
	t.Parallel()
	g, settings := newGitHub(t)
	g.AddUser(githubtest.User{Login: "ada", Name: "Ada Lovelace", Primary: "ada@example.com"})
	g.AddRepo(githubtest.Repo{Name: "ada/engine", Files: map[string]string{
		"go.mod": "module example.com/engine\n",
		// A program that goes on, as servers do: what devcontainer.json starts runs beside it.
		"main.go": "package main\n\nimport (\n\t\"os\"\n\t\"syscall\"\n)\n\nfunc main() {\n\tos.Stdout.WriteString(\"turning\\n\")\n\tif len(os.Args) == 1 {\n\t\tsyscall.Pause()\n\t}\n}\n",
		".devcontainer/devcontainer.json": `{
			// Comments are usual here.
			"image": "mcr.microsoft.com/devcontainers/go:1",
			"forwardPorts": [4242],
			"portsAttributes": {"4242": {"label": "Engine"}},
			"containerEnv": {"ENGINE": "analytical"},
			"postCreateCommand": "echo $ENGINE >made.txt",
			"postStartCommand": "exec python3 -m http.server --bind 127.0.0.1 4242",
		}`,
	}})
	k := install(t, settings...)
	k.start()
	u := k.user("ada@example.com")
	id, w := u.order(map[string]any{"name": "engine", "githubRepo": "ada/engine"})
	if w["template"] != "go" || w["folder"] != "engine" || strings.Contains(notices(w), "clone:") || strings.Contains(notices(w), "image:") || strings.Contains(notices(w), "template:") {
		t.Fatalf("template %v, folder %v, notices %q; the log: %v", w["template"], w["folder"], notices(w), u.startLog(id))
	}
	if !u.told(id, "image", "The repository has go.mod: Go.") || !u.told(id, "environment", "honouring .devcontainer/devcontainer.json") {
		t.Errorf("the log says nothing of the reasons: %v", u.startLog(id))
	}
	if got := u.command(id, "cd /workspace/engine && go run . once && gopls version"); !strings.HasPrefix(got, "turning\n") || !strings.Contains(got, "gopls") {
		t.Errorf("Go says %q", got)
	}
	if got := u.command(id, "echo $ENGINE"); got != "analytical" {
		t.Errorf("the variable of devcontainer.json is %q", got)
	}
	if got := editorCommand(t, id, "echo $ENGINE"); got != "analytical" {
		t.Errorf("the editor has the variable as %q", got)
	}
	eventually(t, 30*time.Second, "its commands ran", func() bool {
		code, text := u.get(k.origin("4242-"+id+".ws.localhost") + "/made.txt")
		return code == 200 && text == "analytical\n"
	})
	eventually(t, 30*time.Second, "the template's start command runs beside them", func() bool { return u.command(id, "pgrep -x engine") != "" })
}
