package e2e

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestVariables(t *testing.T) {
	t.Parallel()
	const plain, secret, forBlank = "canary plain value", "canary-secret-value-0123", "canary-of-the-template"
	p := newProvider(t)
	k := install(t, p.settings()...)
	k.start()
	u, eve := k.user("ada@example.com"), k.user("eve@example.com")
	ada := u.speaker(t)

	var answers strings.Builder
	put := func(name string, body map[string]any) {
		t.Helper()
		status, _, text := ada.call("PUT", "/variables/"+name, body)
		if status != 200 {
			t.Errorf("PUT %s: %d %s", name, status, text)
		}
		answers.WriteString(text)
	}
	put("PLAIN", map[string]any{"value": plain, "secret": false})
	put("API_TOKEN", map[string]any{"value": secret, "secret": true})
	put("WHERE", map[string]any{"value": "everywhere", "secret": false})
	put("WHERE", map[string]any{"value": forBlank, "secret": true, "template": "blank"})
	for _, name := range []string{"PATH", "KALPANA_KEY", "LD_PRELOAD", "1ST"} {
		if status, got := u.call("PUT", "/variables/"+name, map[string]any{"value": "x", "secret": false}); status != 422 || !strings.Contains(jsonOf(t, got["errors"]), `"path.name"`) {
			t.Errorf("the name %s: %d %v", name, status, got)
		}
	}

	id, w := u.order(map[string]any{"name": "kept in the clear: tangerine", "template": "blank"})
	other, _ := u.order(map[string]any{"name": "other", "template": "static"})
	hers, _ := eve.order(map[string]any{"name": "hers"})
	if notices(w) != "" {
		t.Errorf("notices: %q", notices(w))
	}
	const show = `echo "$PLAIN/$API_TOKEN/$WHERE"`
	for how, got := range map[string]string{
		"a command":             u.command(id, show),
		"a login shell":         u.command(id, "bash -lc '"+show+"'"),
		"the editor's programs": editorCommand(t, id, show),
	} {
		if want := plain + "/" + secret + "/" + forBlank; got != want {
			t.Errorf("%s has %q, want %q", how, got, want)
		}
	}
	if got := u.command(other, show); got != plain+"/"+secret+"/everywhere" {
		t.Errorf("a workspace of another template has %q", got)
	}
	if got := eve.command(hers, show); got != "//" {
		t.Errorf("somebody else's workspace has %q", got)
	}

	// The agent may use a secret, and the model sees none.
	chat := ada.chat(id, "auto")
	ada.approveAll(chat, ada.send(chat, "m1", `run: echo "$PLAIN / $API_TOKEN" && printenv API_TOKEN WHERE | base64 -w0 && test ${#API_TOKEN} = 24 && echo "it is $((40+2))"`))
	ada.idle(chat)
	history := encoded(ada.history(chat))
	if !strings.Contains(history, plain) || !strings.Contains(history, "[redacted") || !strings.Contains(history, "it is 42") {
		t.Errorf("the chat: %s", history)
	}
	if !p.saw(plain) {
		t.Error("the model was not told what the command said")
	}
	// The value, and how it looks in Base64.
	for _, form := range []string{secret, forBlank, "Y2FuYXJ5LXNlY3JldC12YWx1ZS0wMTIz"} {
		if p.saw(form) || strings.Contains(history, form) {
			t.Errorf("%s reached the model or the chat", form)
		}
	}

	// Nor does a set-up that fails keep what it said of one.
	status, made := u.call("POST", "/templates", map[string]any{"name": "Talks", "definition": map[string]any{"setup": `printf 'the token is %s' "$API_TOKEN" && exit 3`}})
	if status != 201 {
		t.Fatalf("create a template: %d %v", status, made)
	}
	_, tried := u.call("POST", "/templates/"+made["id"].(string)+"/try", map[string]any{})
	talks := tried["workspaceId"].(string)
	u.await(talks, "RUNNING")
	eventually(t, 30*time.Second, "the failed set-up is told", func() bool {
		_, w = u.call("GET", "/workspaces/"+talks, nil)
		return strings.Contains(notices(w), "ended with code 3. Its last words: the token is ")
	})
	if !strings.Contains(notices(w), "the token is [redacted") {
		t.Errorf("notices: %q", notices(w))
	}

	for _, path := range []string{"/workspaces/" + talks, "/workspaces/" + talks + "/logs", "/variables", "/variables?template=blank", "/workspaces", "/workspaces/" + id, "/workspaces/" + id + "/logs", "/me", "/chats/" + chat, "/templates"} {
		status, _, text := ada.call("GET", path, nil)
		if status != 200 {
			t.Errorf("GET %s: %d %.200s", path, status, text)
		}
		answers.WriteString(text)
	}
	if !strings.Contains(answers.String(), plain) {
		t.Error("the list has no values at all")
	}
	if _, _, text := eve.speaker(t).call("GET", "/variables", nil); strings.Contains(text, "PLAIN") {
		t.Errorf("somebody else sees them: %s", text)
	}
	c := container(t, id)
	for where, text := range map[string]string{"the API's answers": answers.String(), "docker inspect": docker(t, "inspect", c), "docker logs": docker(t, "logs", c), "the server's log": k.out.String()} {
		for _, value := range []string{secret, forBlank} {
			if strings.Contains(text, value) {
				t.Errorf("%s: has %s", where, value)
			}
		}
	}
	if text := docker(t, "inspect", c); strings.Contains(text, plain) {
		t.Error("docker inspect has the plain variable")
	}
	inFiles := func(text string) string {
		out, _ := exec.Command("grep", "-rlFa", text, k.dir).CombinedOutput()
		return strings.TrimSpace(string(out))
	}
	if inFiles("tangerine") == "" {
		t.Error("the name of a workspace is not in the data directory: the search finds nothing")
	}
	for _, value := range []string{secret, forBlank} {
		if found := inFiles(value); found != "" {
			t.Errorf("%s is in %s", value, found)
		}
	}

	// What is removed stays in what runs, and is gone after a restart.
	if status, _ := u.call("DELETE", "/variables/PLAIN", nil); status != 204 {
		t.Errorf("delete: %d", status)
	}
	if status, _ := u.call("DELETE", "/variables/WHERE?template=blank", nil); status != 204 {
		t.Errorf("delete for a template: %d", status)
	}
	if status, _ := u.call("DELETE", "/variables/PLAIN", nil); status != 404 {
		t.Errorf("delete again: %d", status)
	}
	if got := u.command(id, show); got != plain+"/"+secret+"/"+forBlank {
		t.Errorf("before the restart a command has %q", got)
	}
	u.again(id)
	for how, got := range map[string]string{"a command": u.command(id, show), "the editor's programs": editorCommand(t, id, show)} {
		if got != "/"+secret+"/everywhere" {
			t.Errorf("after the restart %s has %q", how, got)
		}
	}
}
