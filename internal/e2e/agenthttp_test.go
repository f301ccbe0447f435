package e2e

import (
	"context"
	"encoding/base64"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/llmtest"
)

// pixel is the smallest PNG.
var pixel = base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0P\x0f\x00\x04\x85\x01\x80\x84\xa9\x8c!\x00\x00\x00\x00IEND\xaeB`\x82"))

func TestTheAgentOverHTTP(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	k := install(t, p.settings()...)
	k.start()
	ada, eve := k.user("ada@example.com").speaker(t), k.user("eve@example.com").speaker(t)
	admin := k.person()
	admin.visit(k.link)
	page := admin.speaker(t)

	w := ada.must(201, "POST", "/workspaces", map[string]any{"name": "asleep", "start": false})["id"].(string)
	chat := ada.chat(w, "autoEdit")

	t.Run("a message starts a stopped workspace, and everybody who may sees it work", func(t *testing.T) {
		ada := ada
		ada.t = t
		events := ada.follow("GET", "/events", nil)
		open := make(chan struct{})
		p.tell("wake up", halves("I am", " awake.", open))
		f := ada.send(chat, "m1", "wake up")
		f.said("I am")
		starting := f.chunk("a status about the start", func(c map[string]any) bool {
			about, _ := c["data"].(map[string]any)
			return c["type"] == "data-status" && about["kind"] == "workspace" && strings.Contains(about["text"].(string), "Starting")
		})
		if starting["transient"] != true {
			t.Errorf("the status is kept: %v", starting)
		}
		at := ada.must(200, "GET", "/workspaces/"+w, nil)
		if at["status"] != "RUNNING" || !strings.Contains(encoded(at["activity"]), "turn") {
			t.Errorf("the workspace is %v, in use by %v", at["status"], at["activity"])
		}
		close(open)
		if reason := f.end(); reason != "stop" || f.text() != "I am awake." {
			t.Errorf("the turn ended with %s: %q", reason, f.text())
		}
		eventually(t, 15*time.Second, "the turn is no longer in use of the workspace", func() bool {
			return !strings.Contains(encoded(ada.must(200, "GET", "/workspaces/"+w, nil)["activity"]), "turn")
		})
		told := func(status, title string) bool {
			lines, _ := events.all()
			for i, l := range lines {
				if l == "event: chat" && i+1 < len(lines) && strings.Contains(lines[i+1], `"status":"`+status+`"`) && strings.Contains(lines[i+1], `"title":"`+title+`"`) {
					return true
				}
			}
			return false
		}
		for _, status := range []string{"running", "idle"} {
			eventually(t, 10*time.Second, "an event says that the chat is "+status, func() bool { return told(status, "wake up") })
		}
		gone := ada.chat(w, "ask")
		ada.must(204, "DELETE", "/chats/"+gone, nil)
		eventually(t, 10*time.Second, "an event says that a chat is gone", func() bool {
			lines, _ := events.all()
			return strings.Contains(strings.Join(lines, "\n"), "event: chat.deleted\ndata: {\"id\":\""+gone+"\"")
		})
	})

	t.Run("headers, and the first byte before the model answers", func(t *testing.T) {
		ada := ada.with("Accept-Encoding", "gzip, br, zstd")
		ada.t = t
		best := time.Hour
		for i := range 5 {
			text, open := "silence "+itoa(i), make(chan struct{})
			p.tell(text, llmtest.Script{until(open), llmtest.Data("[DONE]")})
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), callFor)
			defer cancel()
			resp := ada.open(ctx, "POST", "/chats", message(chat, "silent"+itoa(i), text))
			first := make([]byte, 1)
			if _, err := resp.Body.Read(first); err != nil {
				t.Fatal(err)
			}
			best = min(best, time.Since(began))
			if i == 0 {
				for name, want := range map[string]string{
					"Content-Type": "text/event-stream", "X-Vercel-Ai-Ui-Message-Stream": "v1", "Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no", "Content-Encoding": "",
				} {
					if got := resp.Header.Get(name); got != want {
						t.Errorf("%s: %q, want %q", name, got, want)
					}
				}
			}
			ada.must(204, "POST", "/chats/"+chat+"/stop", nil)
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			close(open)
			ada.idle(chat)
		}
		if best > 200*time.Millisecond {
			t.Errorf("the first byte came after %v at best", best)
		}
		t.Logf("first byte after %v while the model says nothing", best.Round(time.Microsecond))
	})

	t.Run("what is wrong gets a clear error", func(t *testing.T) {
		ada := ada
		ada.t = t
		post := func(parts ...any) map[string]any {
			return map[string]any{"id": chat, "messages": []any{map[string]any{"id": "wrong", "role": "user", "parts": parts}}}
		}
		hello := map[string]any{"type": "text", "text": "hello"}
		file := func(media, data string) any {
			return map[string]any{"type": "file", "mediaType": media, "url": "data:" + media + ";base64," + data, "filename": "a.b"}
		}
		changed := func(name string, value any) map[string]any {
			m := post(hello)
			m[name] = value
			return m
		}
		long := strings.Repeat("x", 64<<10)
		docker(t, "exec", ada.container(w), "touch", "/workspace/seen.txt")
		for name, c := range map[string]struct {
			method, path string
			body         any
			status       int
			code         string
		}{
			"no JSON":                       {"POST", "/chats", "{", 400, "bad_request"},
			"an array":                      {"POST", "/chats", "[]", 422, "validation_failed"},
			"no message":                    {"POST", "/chats", map[string]any{"id": chat}, 422, "validation_failed"},
			"deep JSON":                     {"POST", "/chats", `{"id":"` + chat + `","x":` + strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000) + "}", 400, "bad_request"},
			"deep JSON in a part":           {"POST", "/chats", `{"id":"` + chat + `","messages":[{"id":"m","role":"user","parts":` + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + "}]}", 422, "validation_failed"},
			"4 MiB":                         {"POST", "/chats", `{"id":"` + chat + `","messages":"` + strings.Repeat("x", 4<<20) + `"}`, 413, "body_too_large"},
			"a text of 300 KiB":             {"POST", "/chats", post(map[string]any{"type": "text", "text": strings.Repeat("x", 300<<10)}), 422, "validation_failed"},
			"nothing but spaces":            {"POST", "/chats", post(map[string]any{"type": "text", "text": " \n\t "}), 422, "validation_failed"},
			"an unknown mode":               {"POST", "/chats", changed("mode", "yolo"), 422, "validation_failed"},
			"an unknown trigger":            {"POST", "/chats", changed("trigger", "tool-result"), 422, "validation_failed"},
			"a chat ID that is a path":      {"POST", "/chats", changed("id", "../../etc"), 422, "validation_failed"},
			"no chat ID":                    {"POST", "/chats", changed("id", ""), 422, "validation_failed"},
			"an unknown chat":               {"POST", "/chats", changed("id", "aaaaaaaaaaaaaaaaaaaaaaaaaa"), 404, "not_found"},
			"an unknown message":            {"POST", "/chats", changed("messageId", "nosuch"), 422, "validation_failed"},
			"a message that is there":       {"POST", "/chats", message(chat, "m1", "wake up"), 409, "message_known"},
			"a model with line breaks":      {"POST", "/chats", changed("model", "a\r\nb"), 422, "validation_failed"},
			"an unknown part":               {"POST", "/chats", post(map[string]any{"type": "tool-runCommand", "state": "approval-responded"}), 422, "validation_failed"},
			"a program as a file":           {"POST", "/chats", post(hello, file("application/x-executable", "AAAA")), 422, "validation_failed"},
			"a PDF":                         {"POST", "/chats", post(hello, file("application/pdf", "AAAA")), 422, "validation_failed"},
			"a picture from elsewhere":      {"POST", "/chats", post(hello, map[string]any{"type": "file", "mediaType": "image/png", "url": "http://169.254.169.254/"}), 422, "validation_failed"},
			"a picture that is no base64":   {"POST", "/chats", post(hello, file("image/png", "%%%")), 422, "validation_failed"},
			"a title of 64 KiB":             {"PATCH", "/chats/" + chat, map[string]any{"title": long}, 422, "validation_failed"},
			"a new chat's title of 64 KiB":  {"POST", "/workspaces/" + w + "/chats", map[string]any{"title": long}, 422, "validation_failed"},
			"a title with a line break":     {"PATCH", "/chats/" + chat, map[string]any{"title": "a\nb"}, 422, "validation_failed"},
			"an unknown mode of a chat":     {"PATCH", "/chats/" + chat, map[string]any{"mode": "root"}, 422, "validation_failed"},
			"an unknown field of a chat":    {"PATCH", "/chats/" + chat, map[string]any{"cost": 0}, 422, "validation_failed"},
			"an unknown page":               {"GET", "/chats/" + chat + "/messages?cursor=nonsense", nil, 422, "validation_failed"},
			"a page of a million":           {"GET", "/chats/" + chat + "/messages?limit=1000000", nil, 422, "validation_failed"},
			"an unknown page of chats":      {"GET", "/workspaces/" + w + "/chats?cursor=nonsense", nil, 422, "validation_failed"},
			"an unknown checkpoint":         {"GET", "/chats/" + chat + "/checkpoints/nosuch/diff", nil, 404, "not_found"},
			"restoring an unknown one":      {"POST", "/chats/" + chat + "/restore", map[string]any{"checkpoint": "nosuch", "files": true, "chat": false}, 404, "not_found"},
			"restoring nothing":             {"POST", "/chats/" + chat + "/restore", map[string]any{"checkpoint": "nosuch", "files": false, "chat": false}, 422, "validation_failed"},
			"an unknown scope of a yes":     {"POST", "/chats/" + chat + "/approvals/x", map[string]any{"approved": true, "scope": "world"}, 422, "validation_failed"},
			"an approval when nothing runs": {"POST", "/chats/" + chat + "/approvals/x", map[string]any{"approved": true}, 404, "not_found"},
			"rules that are none":           {"PUT", "/workspaces/" + w + "/agent-rules", map[string]any{"rules": "let it all happen"}, 422, "validation_failed"},
			"own rules that are none":       {"PATCH", "/agent", map[string]any{"rules": "allow"}, 422, "validation_failed"},
			"a key by a token":              {"PUT", "/agent/key", map[string]any{"key": "sk-or-v1-mine"}, 403, "session_required"},
			"a file in no editor":           {"POST", "/workspaces/" + w + "/editor", map[string]any{"path": "seen.txt", "line": 1}, 409, "no_editor"},
		} {
			status, got, text := ada.call(c.method, c.path, c.body)
			if status != c.status || got["code"] != c.code || got["status"] != float64(c.status) || got["type"] != "about:blank" || got["detail"] == nil || got["detail"] == "" {
				t.Errorf("%s: %d %.300s, want %d %s", name, status, text, c.status, c.code)
			}
		}
		blind := post(hello, file("image/png", pixel))
		blind["model"] = "kalpana/demo-text"
		if status, _, text := ada.call("POST", "/chats", blind); status != 422 || !strings.Contains(text, "kalpana/demo-text cannot see pictures") || !strings.Contains(text, "kalpana/demo.") {
			t.Errorf("a picture for a model without eyes: %d %s", status, text)
		}
		if n := len(ada.history(chat)); n != 12 { // of the six turns above
			t.Errorf("something of that got into the chat: %d messages", n)
		}
		f := ada.follow("POST", "/chats", func() any { m := post(hello, file("image/png", pixel)); m["future"] = "field"; return m }())
		f.end()
		if !p.saw("data:image/png;base64," + pixel) {
			t.Error("the model did not get the picture")
		}
	})

	t.Run("one turn at a time", func(t *testing.T) {
		ada := ada
		ada.t = t
		open := make(chan struct{})
		p.tell("take your time", halves("a", "b", open))
		f := ada.send(chat, "first", "take your time")
		run := f.typed("start")["messageId"]
		if status, got, _ := ada.call("POST", "/chats", message(chat, "second", "and this")); status != 409 || got["code"] != "run_active" || got["runId"] != run {
			t.Errorf("a second turn: %d %v, want the run %v", status, got, run)
		}
		if status, got, _ := ada.call("DELETE", "/chats/"+chat, nil); status != 409 || got["code"] != "run_active" {
			t.Errorf("deleting it: %d %v", status, got)
		}
		close(open)
		f.end()
		if c := ada.idle(chat); c["runId"] != nil || c["interrupted"] != false {
			t.Errorf("afterwards: %v", c)
		}
	})

	t.Run("nobody else gets in, and nobody learns that it exists", func(t *testing.T) {
		eve, page := eve, page
		eve.t, page.t = t, t
		for _, stranger := range []speaker{eve, page} { // page is an administrator
			for _, c := range []struct {
				method, path string
				body         any
			}{
				{"GET", "/workspaces/" + w + "/chats", nil},
				{"POST", "/workspaces/" + w + "/chats", map[string]any{}},
				{"GET", "/chats/" + chat, nil},
				{"PATCH", "/chats/" + chat, map[string]any{"title": "mine"}},
				{"DELETE", "/chats/" + chat, nil},
				{"GET", "/chats/" + chat + "/messages", nil},
				{"POST", "/chats", message(chat, "theirs", "list files")},
				{"GET", "/chats/" + chat + "/stream", nil},
				{"POST", "/chats/" + chat + "/stop", map[string]any{}},
				{"POST", "/chats/" + chat + "/approvals/x", map[string]any{"approved": true}},
				{"GET", "/chats/" + chat + "/checkpoints/x/diff", nil},
				{"POST", "/chats/" + chat + "/restore", map[string]any{"checkpoint": "x", "files": true, "chat": true}},
				{"GET", "/workspaces/" + w + "/agent-rules", nil},
				{"PUT", "/workspaces/" + w + "/agent-rules", map[string]any{"rules": "allow run rm"}},
				{"POST", "/workspaces/" + w + "/editor", map[string]any{"path": "a"}},
			} {
				status, got, theirs := stranger.call(c.method, c.path, c.body)
				if status != 404 || got["code"] != "not_found" {
					t.Errorf("%s %s by a stranger: %d %s", c.method, c.path, status, theirs)
				}
				body := c.body
				if c.path == "/chats" {
					body = message("bbbbbbbbbbbbbbbbbbbbbbbbbb", "theirs", "list files")
				}
				none := strings.NewReplacer(w, "bbbbbbbbbbbb", chat, "bbbbbbbbbbbbbbbbbbbbbbbbbb").Replace(c.path)
				if status, _, unknown := stranger.call(c.method, none, body); status != 404 || unknown != theirs {
					t.Errorf("%s %s differs from what is not there: %s, %s", c.method, c.path, theirs, unknown)
				}
			}
		}
		nobody := ada.with("Authorization", "")
		nobody.t = t
		for _, path := range []string{"/chats/" + chat, "/chats/" + chat + "/stream", "/agent", "/models"} {
			if status, got, _ := nobody.call("GET", path, nil); status != 401 || got["code"] != "unauthorized" {
				t.Errorf("GET %s without a login: %d %v", path, status, got)
			}
		}
		if status, got, _ := nobody.call("POST", "/chats", message(chat, "nobodys", "hello")); status != 401 {
			t.Errorf("a message without a login: %d %v", status, got)
		}
	})

	t.Run("a page of another origin gets nothing done", func(t *testing.T) {
		page := page
		page.t = t
		own := page.must(201, "POST", "/workspaces", map[string]any{"name": "forged at", "start": false})["id"].(string)
		c := page.chat(own, "auto")
		for name, headers := range map[string][]string{
			"a workspace page":  {"Origin", k.origin("aaaaaaaaaaaa.ws.localhost"), "Sec-Fetch-Site", "same-site"},
			"any web page":      {"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"},
			"a sandboxed frame": {"Origin", "null"},
			"no origin":         {"Origin", ""},
			"a form":            {"Origin", "https://evil.example", "Content-Type", "text/plain"},
		} {
			forger := page.with(headers...)
			for _, call := range [][2]string{{"/chats", encoded(message(c, "forged", "list files"))}, {"/chats/" + c + "/stop", "{}"}, {"/chats/" + c + "/approvals/x", `{"approved":true}`}} {
				if status, got, _ := forger.call("POST", call[0], call[1]); status != 403 || got["code"] != "forbidden_origin" {
					t.Errorf("%s posts to %s: %d %v", name, call[0], status, got)
				}
			}
		}
		for name, headers := range map[string][]string{
			"a workspace page reads": {"Origin", "", "Sec-Fetch-Site", "same-site"}, "another page reads": {"Origin", "https://evil.example"},
		} {
			reader := page.with(headers...)
			for _, path := range []string{"/chats/" + c + "/stream", "/chats/" + c + "/messages", "/agent"} {
				if status, got, _ := reader.call("GET", path, nil); status != 403 {
					t.Errorf("%s %s: %d %v", name, path, status, got)
				}
			}
		}
		if n := len(page.history(c)); n != 0 {
			t.Errorf("%d messages were forged", n)
		}
	})
}

func TestTheAgentsLimits(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.Models = `{"data":[{"id":"test/unpriced"}]}` // so nobody knows beforehand what it costs
	k := install(t, p.settings("MAX_WORKSPACES_PER_USER=1", "AGENT_BUDGET_CHAT=0.002", "AGENT_MODEL=test/unpriced", "AGENT_MODE_CAP=autoEdit")...)
	k.start()
	ada := k.user("ada@example.com").speaker(t)
	w := ada.workspace("limited")
	one, two := ada.chat(w, "auto"), ada.chat(w, "ask")

	t.Run("turns at a time", func(t *testing.T) {
		ada := ada
		ada.t = t
		open := make(chan struct{})
		p.tell("take your time", halves("a", "b", open))
		f := ada.send(one, "m1", "take your time")
		f.said("a")
		ctx, cancel := context.WithTimeout(t.Context(), callFor)
		defer cancel()
		resp := ada.open(ctx, "POST", "/chats", message(two, "m2", "hello"))
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 429 || !strings.Contains(string(text), `"code":"too_many_turns"`) || resp.Header.Get("Retry-After") == "" {
			t.Errorf("a second turn: %d %v %s", resp.StatusCode, resp.Header, text)
		}
		close(open)
		f.end()
	})
	t.Run("the freest mode", func(t *testing.T) {
		ada := ada
		ada.t = t
		f := ada.follow("POST", "/chats", func() any { m := message(two, "m3", "run: touch x"); m["mode"] = "auto"; return m }())
		asks := f.typed("tool-approval-request")
		ada.approve(two, asks["approvalId"].(string), map[string]any{"approved": false})
		f.end()
		if mode := ada.must(200, "GET", "/agent", nil)["modeCap"]; mode != "autoEdit" {
			t.Errorf("the cap is %v", mode)
		}
	})
	t.Run("money", func(t *testing.T) {
		ada := ada
		ada.t = t
		f := ada.send(one, "m4", "think about it")
		f.end()
		if cost := ada.idle(one)["cost"].(float64); cost != 0.0024 {
			t.Errorf("the chat cost %v", cost)
		}
		if status, got, _ := ada.call("POST", "/chats", message(one, "m5", "hello")); status != 402 || got["code"] != "budget_exhausted" || !strings.Contains(got["detail"].(string), "0.002") {
			t.Errorf("beyond the budget: %d %v", status, got)
		}
	})
}

func TestAnAgentWithoutAKeyIsOff(t *testing.T) {
	t.Parallel()
	k := install(t, "OPENROUTER_API_KEY=")
	k.start()
	ada := k.user("ada@example.com").speaker(t)
	chat := ada.chat(ada.must(201, "POST", "/workspaces", map[string]any{"name": "mute", "start": false})["id"].(string), "ask")
	for _, call := range []struct {
		method, path string
		body         any
	}{{"POST", "/chats", message(chat, "m1", "hello")}, {"GET", "/models", nil}} {
		if status, got, _ := ada.call(call.method, call.path, call.body); status != 503 || got["code"] != "agent_off" {
			t.Errorf("%s %s: %d %v", call.method, call.path, status, got)
		}
	}
	if got := ada.must(200, "GET", "/agent", nil); got["configured"] != false || got["keySource"] != "none" || got["ownKeysAllowed"] != true {
		t.Errorf("agent: %v", got)
	}
}
