package e2e

import (
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/llmtest"
)

func TestATurnOutlivesTheServerAndTheLogin(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	k := install(t, p.settings()...)
	k.start()
	ada := k.user("ada@example.com").speaker(t)
	w := ada.workspace("survivor")
	container := ada.container(w)
	kd := kind{name: "ai 7, our page", version: 7, lastOnly: true}

	t.Run("kill -9 in the middle of a turn", func(t *testing.T) {
		ada := ada
		ada.t = t
		node := k.clients(t)
		chat := ada.chat(w, "auto")
		cl := node.open(ada, kd, chat, nil)
		const text = "write, run, and then say something long"
		write := llmtest.Reply{Text: "First the file.", Calls: []llmtest.Call{{ID: "call_w", Name: "writeFile", Arguments: `{"path":"kept.txt","content":"kept\n"}`}}}
		run := llmtest.Reply{Calls: []llmtest.Call{{ID: "call_r", Name: "runCommand", Arguments: `{"command":"echo begun; sleep 432"}`}}}
		p.tell(text, write.Script(), run.Script())
		cl.send(text)
		cl.until("the command runs", func(s clientState) bool { return strings.Contains(s.Output, "begun") })
		seen := cl.state().answer()

		k.kill()
		k.start()
		after := ada.idle(chat)
		if after["interrupted"] != true || after["turns"].(float64) != 1 {
			t.Errorf("the chat: %v", after)
		}
		history := ada.history(chat)
		if len(history) != 2 {
			t.Fatalf("history: %s", encoded(history))
		}
		kept := history[1].(map[string]any)
		if state := kept["metadata"].(map[string]any)["state"]; state != "interrupted" || kept["id"] != seen["id"] {
			t.Errorf("the answer %v is %v; the client has %v", kept["id"], state, seen["id"])
		}
		// All that was seen is there, and what was open is closed.
		was, is := seen["parts"].([]any), kept["parts"].([]any)
		if len(is) < len(was) {
			t.Fatalf("parts were lost: %s, of %s", encoded(is), encoded(was))
		}
		for i := range was {
			before, now := was[i].(map[string]any), is[i].(map[string]any)
			if before["type"] == "tool-runCommand" {
				if before["state"] != "input-available" || now["state"] != "output-error" || !strings.HasPrefix(now["errorText"].(string), "CANCELLED: ") || encoded(before["input"]) != encoded(now["input"]) {
					t.Errorf("the command was %s and is %s", encoded(before), encoded(now))
				}
			} else if encoded(before) != encoded(now) {
				t.Errorf("part %d was %s and is %s", i, encoded(before), encoded(now))
			}
		}
		if f := ada.resume(chat); f.status != 204 {
			t.Errorf("resuming it: %d", f.status)
		}
		if got := ada.container(w); got != container || docker(t, "exec", container, "cat", "/workspace/kept.txt") != "kept" {
			t.Errorf("the workspace runs in %s, before in %s", got, container)
		}
		// The next message goes on from there: the model is told what was done and what was not.
		again := node.open(ada, kd, chat, history)
		p.tell("continue", llmtest.Reply{Text: "Where was I?"}.Script())
		again.send("continue")
		if got := again.wait(); textOf(got.answer()) != "Where was I?" {
			t.Errorf("the next turn: %s", encoded(got.answer()))
		}
		chats := p.Chats()
		last := string(chats[len(chats)-1].Body)
		if !strings.Contains(last, "call_w") || !strings.Contains(last, "call_r") || !strings.Contains(last, "CANCELLED") {
			t.Errorf("the model was told %.3000s", last)
		}
		again.same(ada, chat, kd)
		if after := ada.idle(chat); after["interrupted"] != false {
			t.Errorf("the chat: %v", after)
		}
	})

	t.Run("a clean stop and start", func(t *testing.T) {
		ada := ada
		ada.t = t
		chat := ada.chat(w, "ask")
		open := make(chan struct{})
		defer close(open)
		p.tell("stop in the middle", halves("As far as", " here.", open))
		f := ada.send(chat, "m1", "stop in the middle")
		f.said("As far as")
		k.stop()
		k.start()
		if after := ada.idle(chat); after["interrupted"] != true {
			t.Errorf("the chat: %v", after)
		}
		if kept := ada.history(chat)[1].(map[string]any); textOf(kept) != "As far as" {
			t.Errorf("the answer: %s", encoded(kept))
		}
	})

	t.Run("log-out and revocation close the stream, and the turn goes on", func(t *testing.T) {
		ada := ada
		ada.t = t
		watch := func(f *feed, out func()) {
			t.Helper()
			began := time.Now()
			out()
			select {
			case <-f.ended:
				t.Logf("closed after %v", time.Since(began).Round(time.Millisecond))
			case <-time.After(5 * time.Second):
				t.Error("the stream is still open 5 s later")
			}
		}
		open := make(chan struct{})
		for _, text := range []string{"watched with a token", "watched with a cookie"} {
			p.tell(text, halves("still", " here", open))
		}
		chat := ada.chat(w, "ask")
		second := k.user("ada@example.com").speaker(t)
		f := second.send(chat, "m1", "watched with a token")
		f.said("still")
		watch(f, func() {
			for _, item := range ada.must(200, "GET", "/tokens", nil)["items"].([]any) {
				if token := item.(map[string]any); strings.HasPrefix(second.header.Get("Authorization"), "Bearer "+token["prefix"].(string)) {
					ada.must(204, "DELETE", "/tokens/"+token["id"].(string), nil)
				}
			}
		})
		if status, _, _ := second.call("GET", "/chats/"+chat, nil); status != 401 {
			t.Errorf("the revoked token: %d", status)
		}

		admin := k.person()
		admin.visit(k.link)
		page := admin.speaker(t)
		theirs := page.chat(page.must(201, "POST", "/workspaces", map[string]any{"name": "admin's"})["id"].(string), "ask")
		g := page.send(theirs, "m1", "watched with a cookie")
		g.said("still")
		watch(g, func() { admin.call("POST", "/auth/logout", nil) })

		close(open)
		if ada.idle(chat); textOf(ada.history(chat)[1].(map[string]any)) != "still here" {
			t.Errorf("the turn of the token ended: %s", encoded(ada.history(chat)))
		}
		link, _ := k.command("login-link")
		admin.visit(linkPattern.FindString(link))
		back := admin.speaker(t)
		if back.idle(theirs); textOf(back.history(theirs)[1].(map[string]any)) != "still here" {
			t.Errorf("the turn of the cookie ended: %s", encoded(back.history(theirs)))
		}
	})
}

func TestTheAgentUndoesAndRemembers(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	k := install(t, p.settings()...)
	k.start()
	ada := k.user("ada@example.com").speaker(t)
	w := ada.workspace("undo")
	container := ada.container(w)
	reads := func(name string) string { return docker(t, "exec", container, "cat", "/workspace/"+name) }
	docker(t, "exec", container, "sh", "-c", "printf 'mine\\n' > kept.txt; printf 'old\\n' > edited.txt")

	chat := ada.chat(w, "autoEdit")
	ada.send(chat, "m1", "replace 'old' with 'new' in edited.txt; write 'added' to added.txt; delete kept.txt").end()
	answer := ada.history(chat)[1].(map[string]any)
	changed := part(answer, "type", "data-diff")["data"].(map[string]any)
	if len(changed["files"].([]any)) != 3 || changed["added"].(float64) != 2 || changed["removed"].(float64) != 2 {
		t.Fatalf("changed: %v", changed)
	}
	ada.send(chat, "m2", "think about it").end()
	checkpoint := changed["checkpoint"].(string)
	diff := ada.must(200, "GET", "/chats/"+chat+"/checkpoints/"+checkpoint+"/diff", nil)
	if text := diff["diff"].(string); !strings.Contains(text, "-old") && !strings.Contains(text, "+old") || diff["files"].(float64) != 3 {
		t.Errorf("what would be undone: %v", diff)
	}
	undone := ada.must(200, "POST", "/chats/"+chat+"/restore", map[string]any{"checkpoint": checkpoint, "files": true, "chat": true})
	if undone["changed"].(float64) != 3 || undone["removedMessages"].(float64) != 4 || !strings.HasPrefix(undone["text"].(string), "replace 'old'") {
		t.Errorf("undone: %v", undone)
	}
	if reads("edited.txt") != "old" || reads("kept.txt") != "mine" || len(ada.history(chat)) != 0 {
		t.Errorf("afterwards: %q, %q, %d messages", reads("edited.txt"), reads("kept.txt"), len(ada.history(chat)))
	}
	ada.must(200, "POST", "/chats/"+chat+"/restore", map[string]any{"checkpoint": undone["before"], "files": true, "chat": false})
	if reads("edited.txt") != "new" || reads("added.txt") != "added" {
		t.Errorf("after undoing the undoing: %q, %q", reads("edited.txt"), reads("added.txt"))
	}

	// A yes for the workspace is a rule there, and is asked for no more, in any chat.
	asking := ada.chat(w, "ask")
	f := ada.send(asking, "m1", "run: touch ruled.txt")
	card := f.typed("tool-approval-request")
	descriptor := card["approvalDescriptor"].(map[string]any)
	if !strings.Contains(encoded(descriptor["choices"]), "workspace") {
		t.Fatalf("no choice is for the workspace: %v", descriptor)
	}
	ada.approve(asking, card["approvalId"].(string), map[string]any{"approved": true, "scope": "workspace"})
	f.end()
	if rules := ada.must(200, "GET", "/workspaces/"+w+"/agent-rules", nil)["rules"].(string); !strings.Contains(rules, "allow run touch") {
		t.Errorf("rules: %q", rules)
	}
	other := ada.chat(w, "ask")
	g := ada.send(other, "m1", "run: touch ruled.txt")
	g.end()
	if _, chunks := g.all(); strings.Contains(encoded(chunks), "tool-approval-request") || !strings.Contains(encoded(chunks), "tool-output-available") {
		t.Errorf("it was asked for again: %s", encoded(chunks))
	}
	ada.must(200, "PUT", "/workspaces/"+w+"/agent-rules", map[string]any{"rules": "deny run touch"})
	ada.send(other, "m2", "run: touch ruled.txt").end()
	if denied := part(ada.history(other)[3].(map[string]any), "type", "tool-runCommand"); !strings.Contains(encoded(denied), "DENIED") {
		t.Errorf("what a rule denies: %s", encoded(denied))
	}
}

func TestKeysStayInTheGateway(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	k := install(t, p.settings("KALPANA_LOG_LEVEL=DEBUG")...)
	k.start()
	admin := k.person()
	admin.visit(k.link)
	page := admin.speaker(t)
	w := page.workspace("no secrets")
	container := page.container(w)
	const ownKey = "sk-or-v1-0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc0abc"

	// A key that came into the workspace by other ways does not go on to the model, the
	// chat and the log.
	docker(t, "exec", container, "sh", "-c", "printf 'KEY="+providerKey+"\\n' > leaked.env")
	chat := page.chat(w, "auto")
	f := page.send(chat, "m1", "run: env; run: cat leaked.env; read leaked.env; search for KEY; run `cat /proc/*/environ | tr '\\0' '\\n'`")
	page.approveAll(chat, f)
	f.end()
	lines, _ := f.all()
	if all := strings.Join(lines, "\n"); strings.Contains(all, providerKey) || !strings.Contains(all, "KEY=") {
		t.Errorf("the stream has the key, or not even its name: %s", tail(all, 30))
	}
	if strings.Contains(encoded(page.history(chat)), providerKey) || p.saw(providerKey) {
		t.Error("the history or the model has the key")
	}
	docker(t, "exec", container, "rm", "leaked.env")

	// A user's own key pays for their turns, and is shown to nobody.
	page.must(204, "PUT", "/agent/key", map[string]any{"key": ownKey})
	status, about, text := page.call("GET", "/agent", nil)
	if status != 200 || about["keySource"] != "own" || about["keyHint"] != "…0abc" || strings.Contains(text, ownKey) {
		t.Errorf("agent: %d %s", status, text)
	}
	page.send(chat, "m2", "list files").end()
	bearers := func() (first, last string) {
		all := p.Chats()
		return all[0].Header.Get("Authorization"), all[len(all)-1].Header.Get("Authorization")
	}
	if first, last := bearers(); first != "Bearer "+providerKey || last != "Bearer "+ownKey {
		t.Errorf("the provider was asked with %q, then with %q", first, last)
	}
	page.must(204, "DELETE", "/agent/key", nil)
	page.send(chat, "m3", "think about it").end()
	if _, last := bearers(); last != "Bearer "+providerKey {
		t.Errorf("after the key was removed the provider was asked with %q", last)
	}
	page.must(204, "PUT", "/agent/key", map[string]any{"key": ownKey})

	secret, err := os.ReadFile(filepath.Join(k.dir, "secret"))
	if err != nil {
		t.Fatal(err)
	}
	inspect := docker(t, "inspect", container)
	canaries := map[string]string{"server's key": providerKey, "own key": ownKey, "secret": strings.TrimSpace(string(secret))}
	for name, canary := range canaries {
		if strings.Contains(inspect, canary) {
			t.Errorf("docker inspect shows the %s", name)
		}
		if strings.Contains(k.out.String(), canary) {
			t.Errorf("the log has the %s", name)
		}
	}
	// As root, and as the workspace's own user, who may read what root without its
	// capabilities may not: every file that something could have written, and the
	// environment and arguments of every process.
	for _, as := range []string{"0", "1000"} {
		search := exec.Command("docker", "exec", "-i", "-u", as, container, "sh", "-c",
			"grep -arlsFf - /workspace /home /tmp /run /etc /var /root /proc/[0-9]*/environ /proc/[0-9]*/cmdline; true")
		search.Stdin = strings.NewReader(strings.Join(slices.Collect(maps.Values(canaries)), "\n") + "\n")
		if found, err := search.CombinedOutput(); err != nil || len(found) > 0 {
			t.Errorf("user %s finds a secret in the container: %s %v", as, found, err)
		}
	}
	// The user's key is sealed where it is kept.
	k.stop()
	files := 0
	err = filepath.WalkDir(k.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if files++; strings.Contains(string(data), ownKey) || strings.Contains(string(data), providerKey) {
			t.Errorf("%s has a key", path)
		}
		return err
	})
	if err != nil || files < 3 {
		t.Errorf("%d files: %v", files, err)
	}
	k.start() // for the clean-up
}

func TestMetricsCountTheAgent(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	k := install(t, p.settings()...)
	k.start()
	ada := k.user("ada@example.com").speaker(t)
	w := ada.workspace("counted")
	chat := ada.chat(w, "plan")
	shows := func(want ...string) {
		t.Helper()
		for _, line := range want {
			eventually(t, 10*time.Second, "metrics show "+line, func() bool { return strings.Contains("\n"+k.scrape(t), "\n"+line) })
		}
	}
	open := make(chan struct{})
	p.tell("wait", halves("a", "b", open))
	f := ada.send(chat, "m1", "wait")
	f.said("a")
	shows("kalpana_agent_turns_running 1")
	ada.call("POST", "/chats", message(chat, "m2", "another"))
	close(open)
	f.end()
	ada.send(chat, "m3", "list files; write 'x' to x.txt").end()
	shows(
		"kalpana_agent_turns_running 0", `kalpana_agent_turns_total{result="done"} 2`, `kalpana_agent_turns_total{result="refused"} 1`,
		`kalpana_agent_tool_calls_total{result="ok",tool="listFiles"} 1`, `kalpana_agent_tool_calls_total{result="denied",tool="writeFile"} 1`,
		"kalpana_agent_cost_usd_total 0.0048", `kalpana_agent_tokens_total{kind="completion"}`, "kalpana_agent_first_token_seconds_count 4", "kalpana_agent_step_duration_seconds_count 4",
	)
	if text := k.scrape(t); strings.Contains(text, chat) || strings.Contains(text, w) {
		t.Error("a metric names a chat or a workspace")
	}
}

// scrape is what Prometheus would read.
func (k *kalpana) scrape(t testing.TB) string {
	t.Helper()
	resp, err := http.Get("http://127.0.0.1:" + itoa(k.metrics) + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
