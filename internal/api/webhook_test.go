package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/githubtest"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// push is the signed webhook of a push to a new branch, to be sent to a gateway.
func (st *eventStand) push(gateway, repo, branch string) *http.Request {
	st.t.Helper()
	head, err := st.github.Head(repo, "main")
	if err != nil {
		st.t.Fatal(err)
	}
	return st.delivery(gateway, "push", st.github.PushPayload(st.web.URL, repo, "ada", "refs/heads/"+branch, "", head))
}

func (st *eventStand) delivery(gateway, event string, payload map[string]any) *http.Request {
	st.t.Helper()
	if r, ok := payload["repository"].(map[string]any); ok && event == "push" {
		r["pushed_at"] = st.clock().Unix()
	}
	r, err := githubtest.Delivery(st.t.Context(), githubtest.Hook{URL: gateway + webhookPath, Secret: eventHookSecret}, event, payload)
	if err != nil {
		st.t.Fatal(err)
	}
	return r
}

// setHookBody gives a request another body, with the signature that it has.
func setHookBody(r *http.Request, body []byte) {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.GetBody = nil
}

// events are the titles that a workspace shows.
func (st *eventStand) events(gateway, user, id string) []string {
	st.t.Helper()
	a := st.do(user, "GET", gateway+"/api/v1/workspaces/"+id+"/repository", nil)
	if a.status != 200 {
		st.t.Fatalf("events: %d %s", a.status, a.text)
	}
	titles := []string{}
	for _, e := range a.json["events"].([]any) {
		titles = append(titles, e.(map[string]any)["title"].(string))
	}
	return titles
}

func TestAWebhookShowsOnTheWorkspace(t *testing.T) {
	st := newEventStand(t)
	st.workspace("abcdefghijk1", "ada", "Ada/X", workspace.StatusStopped)
	gateway := st.gateway(eventHookSecret)
	if a := st.send(st.push(gateway, "ada/x", "feature/1")); a.status != 202 || a.text != "" {
		t.Fatalf("push: %d %s", a.status, a.text)
	}
	st.now = st.now.Add(time.Minute)
	pull, err := st.github.PullRequestPayload(st.web.URL, "ada/x", "eve", "closed", 7, "Fix \x1b[31m it\u202e", "main", "main")
	if err != nil {
		t.Fatal(err)
	}
	pull["pull_request"].(map[string]any)["merged"] = true
	r := st.delivery(gateway, "pull_request", pull)
	if a := st.send(r); a.status != 202 {
		t.Fatalf("pull request: %d %s", a.status, a.text)
	}
	a := st.do("ada", "GET", gateway+"/api/v1/workspaces/abcdefghijk1/repository", nil)
	head, err := st.github.Head("ada/x", "main")
	if err != nil {
		t.Fatal(err)
	}
	events := a.json["events"].([]any)
	if len(events) != 2 {
		t.Fatalf("%d events: %s", len(events), a.text)
	}
	wantPull := map[string]any{
		"id": r.Header.Get("X-GitHub-Delivery"), "kind": "pull_request", "title": "Fix [31m it", "branch": "main", "author": "eve", "url": st.web.URL + "/ada/x/pull/7",
		"at": st.now.Format(time.RFC3339), "action": "merged", "number": 7.0,
	}
	if diff := cmp.Diff(wantPull, events[0]); diff != "" {
		t.Errorf("pull request:\n%s", diff)
	}
	push := events[1].(map[string]any)
	if url := fmt.Sprintf("%s/ada/x/compare/000000000000...%.12s", st.web.URL, head); push["kind"] != "push" || push["branch"] != "feature/1" || push["author"] != "ada" || push["url"] != url ||
		push["commits"] != 1.0 || push["title"] == "" {
		t.Errorf("push: %v", push)
	}
	if a.json["fullName"] != "ada/x" || a.json["url"] != st.web.URL+"/ada/x" {
		t.Errorf("repository: %s", a.text)
	}
	if len(st.told) != 2 || st.told[0].WorkspaceID != "abcdefghijk1" || st.told[0].OwnerID != "ada" || st.told[1].Event.Number != 7 {
		t.Errorf("told: %+v", st.told)
	}
	// What is about something else is taken, and nothing comes of it; GitHub shows a hook
	// whose ping is refused as broken.
	for event, payload := range map[string]map[string]any{"ping": {"zen": "Design for failure."}, "star": {"action": "created"}} {
		if a := st.send(st.delivery(gateway, event, payload)); a.status != 202 {
			t.Errorf("%s: %d %s", event, a.status, a.text)
		}
	}
	if got := st.events(gateway, "ada", "abcdefghijk1"); len(got) != 2 {
		t.Errorf("events: %q", got)
	}
}

func TestTitlesOfPushesWithoutACommit(t *testing.T) {
	for want, p := range map[string]github.Push{
		"Fix it":           {Branch: "main", Title: "Fix it", Created: true},
		"New branch b":     {Branch: "b", Created: true},
		"Deleted branch b": {Branch: "b", Deleted: true, Title: "Fix it"},
		"Tag v1":           {Tag: "v1", Created: true, Title: "Fix it"},
		"Deleted tag v1":   {Tag: "v1", Deleted: true},
		"3 commits":        {Branch: "main", Commits: 3},
	} {
		if got := pushTitle(p); got != want {
			t.Errorf("%+v: %q, want %q", p, got, want)
		}
	}
}

func TestWebhooksThatAreRefused(t *testing.T) {
	st := newEventStand(t)
	st.workspace("abcdefghijk1", "ada", "ada/x", workspace.StatusStopped)
	gateway := st.gateway(eventHookSecret)
	body := func(r *http.Request) []byte {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		setHookBody(r, raw)
		return raw
	}
	for what, c := range map[string]struct {
		change func(*http.Request)
		status int
		code   string
	}{
		"no signature":    {func(r *http.Request) { r.Header.Del("X-Hub-Signature-256") }, 401, "webhook_signature"},
		"wrong signature": {func(r *http.Request) { r.Header.Set("X-Hub-Signature-256", githubtest.Sign("other", body(r))) }, 401, "webhook_signature"},
		"only SHA-1": {func(r *http.Request) {
			r.Header.Del("X-Hub-Signature-256")
			r.Header.Set("X-Hub-Signature", "sha1="+strings.Repeat("0", 40))
		}, 401, "webhook_signature"},
		"a changed body": {func(r *http.Request) {
			setHookBody(r, bytes.Replace(body(r), []byte("refs/heads/b"), []byte("refs/heads/c"), 1))
		}, 401, "webhook_signature"},
		"written anew": {func(r *http.Request) { setHookBody(r, append(body(r), '\n')) }, 401, "webhook_signature"},
		"no JSON": {func(r *http.Request) {
			setHookBody(r, []byte("payload=%7B%7D"))
			r.Header.Set("X-Hub-Signature-256", githubtest.Sign(eventHookSecret, []byte("payload=%7B%7D")))
		}, 400, "webhook_malformed"},
		"a form":     {func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, 400, "webhook_malformed"},
		"without id": {func(r *http.Request) { r.Header.Del("X-GitHub-Delivery") }, 400, "webhook_malformed"},
		"an old one": {func(r *http.Request) {
			var all map[string]any
			json.Unmarshal(body(r), &all)
			all["repository"].(map[string]any)["pushed_at"] = st.now.Add(-github.WebhookAge - time.Second).Unix()
			raw, _ := json.Marshal(all)
			setHookBody(r, raw)
			r.Header.Set("X-Hub-Signature-256", githubtest.Sign(eventHookSecret, raw))
		}, 409, "webhook_too_old"},
	} {
		r := st.push(gateway, "ada/x", "b")
		c.change(r)
		if a := st.send(r); a.status != c.status || a.code() != c.code || strings.Contains(a.text, eventHookSecret) {
			t.Errorf("%s: %d %s, want %d %s", what, a.status, a.text, c.status, c.code)
		}
	}
	if got := st.events(gateway, "ada", "abcdefghijk1"); len(got) > 0 {
		t.Errorf("something came of them: %q", got)
	}
	if a := st.send(st.push(gateway, "ada/x", "b")); a.status != 202 {
		t.Errorf("as it is: %d %s", a.status, a.text)
	}
	if a := st.send(st.push(st.gateway(""), "ada/x", "c")); a.status != 404 || a.code() != "webhook_off" {
		t.Errorf("without a secret: %d %s", a.status, a.text)
	}
}

// counted is a body of zeros that tells how much of it was read.
type counted struct{ left, read int }

func (c *counted) Read(p []byte) (int, error) {
	n := min(len(p), c.left)
	if n == 0 {
		return 0, io.EOF
	}
	clear(p[:n])
	c.left, c.read = c.left-n, c.read+n
	return n, nil
}

func (c *counted) Close() error { return nil }

// A network would tell of the early end as a broken connection, so there is none.
func TestALargeWebhookIsRefusedUnread(t *testing.T) {
	st := newEventStand(t)
	receiver, err := github.NewWebhooks(eventHookSecret, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{}
	for known, most := range map[bool]int{true: 0, false: github.MaxWebhook + 1} {
		r := st.push("http://gateway.example", "ada/x", "b")
		content := &counted{left: 10_000_000}
		r.Body, r.ContentLength = content, 10_000_000
		if !known {
			r.ContentLength = -1
		}
		w := httptest.NewRecorder()
		s.serveWebhook(w, r, WebhookOptions{Receiver: receiver})
		if w.Code != 413 || !strings.Contains(w.Body.String(), "body_too_large") || content.read > most {
			t.Errorf("length known %v: status %d, %d bytes read, %s", known, w.Code, content.read, w.Body)
		}
	}
}

// What one gateway took, none takes again: not under its id, not under another one, not at
// once with others.
func TestReplaysAreRefusedByEveryGateway(t *testing.T) {
	st := newEventStand(t)
	st.workspace("abcdefghijk1", "ada", "ada/x", workspace.StatusStopped)
	a, b := st.gateway(eventHookSecret), st.gateway(eventHookSecret)
	first := st.push(a, "ada/x", "b")
	raw, err := io.ReadAll(first.Body)
	if err != nil {
		t.Fatal(err)
	}
	send := func(gateway, id string) answer {
		r, err := http.NewRequestWithContext(t.Context(), "POST", gateway+webhookPath, bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = first.Header.Clone()
		if id != "" {
			r.Header.Set("X-GitHub-Delivery", id)
		}
		return st.send(r)
	}
	var mu sync.Mutex
	got := map[int]int{}
	var all sync.WaitGroup
	for n := range 10 {
		all.Go(func() {
			status := send([]string{a, b}[n%2], "").status
			mu.Lock()
			defer mu.Unlock()
			got[status]++
		})
	}
	all.Wait()
	if got[202] != 1 || got[409] != 9 {
		t.Errorf("of ten at once: %v, want one 202 and nine 409", got)
	}
	for _, id := range []string{"", "another-id"} {
		for _, gateway := range []string{a, b, st.gateway(eventHookSecret)} { // the last one has just started
			if got := send(gateway, id); got.status != 409 || got.code() != "webhook_replayed" {
				t.Errorf("again, id %q: %d %s", id, got.status, got.text)
			}
		}
	}
	if got := st.events(b, "ada", "abcdefghijk1"); len(got) != 1 {
		t.Errorf("events: %q, want one", got)
	}
}
