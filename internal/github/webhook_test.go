package github_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/githubtest"
)

const hookSecret = "webhook-secret-canary"

// receiver is a web server with a Webhooks behind it.
type receiver struct {
	hooks *github.Webhooks
	hook  githubtest.Hook

	mu   sync.Mutex
	got  []github.Delivery
	errs []error
}

func (st *stand) receive(t *testing.T) *receiver {
	t.Helper()
	hooks, err := github.NewWebhooks(hookSecret, st.clock.now)
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{hooks: hooks}
	web := httptest.NewServer(r)
	t.Cleanup(web.Close)
	r.hook = githubtest.Hook{URL: web.URL, Secret: hookSecret}
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	d, err := r.hooks.Receive(req)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.got = append(r.got, d)
	} else {
		r.errs = append(r.errs, err)
	}
	w.WriteHeader(github.WebhookStatus(err))
}

func (r *receiver) last() github.Delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got[len(r.got)-1]
}

func TestWebhookOfAPush(t *testing.T) {
	st := serve(t, githubtest.Options{})
	st.AddRepo(githubtest.Repo{Name: "ada/x", Files: map[string]string{"a": "a"}})
	r := st.receive(t)
	st.AddHook("ada/x", r.hook)
	before, err := st.Head("ada/x", "main")
	if err != nil {
		t.Fatal(err)
	}
	// A real push, over HTTP.
	work := filepath.Join(t.TempDir(), "work")
	address := strings.Replace(st.web.URL, "://", "://x:"+st.Token("ada", "repo")+"@", 1) + "/ada/x.git"
	for _, args := range [][]string{
		{"clone", "--quiet", address, work},
		{"-C", work, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--allow-empty", "-m", "Title \x1b[31m of it\n\nBody"},
		{"-C", work, "push", "--quiet", "origin", "HEAD:main"},
	} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	after, err := st.Head("ada/x", "main")
	if err != nil {
		t.Fatal(err)
	}
	d := r.last()
	want := github.Push{
		RepoID: 5000, Repo: "ada/x", Branch: "main", Before: before, After: after, Commits: 1, Title: "Title [31m of it", Pusher: "ada",
		URL: fmt.Sprintf("%s/ada/x/compare/%.12s...%.12s", st.web.URL, before, after),
	}
	if d.Event != "push" || d.Push == nil || *d.Push != want || !d.At.Equal(st.clock.now()) || d.PullRequest != nil {
		t.Errorf("got %+v of %v\nwant %+v", d.Push, d.At, want)
	}
}

func TestWebhookOfAPullRequest(t *testing.T) {
	st := serve(t, githubtest.Options{})
	st.AddRepo(githubtest.Repo{Name: "ada/x", Files: map[string]string{"a": "a"}, Branches: map[string]map[string]string{"feature/1": {"b": "b"}}})
	r := st.receive(t)
	head, err := st.Head("ada/x", "feature/1")
	if err != nil {
		t.Fatal(err)
	}
	payload, err := st.PullRequestPayload(st.web.URL, "ada/x", "eve", "opened", 7, "Add\nb", "feature/1", "main")
	if err != nil {
		t.Fatal(err)
	}
	if status, err := st.Deliver(background(), r.hook, "pull_request", payload); status != http.StatusAccepted || err != nil {
		t.Fatalf("status %d, %v, %v", status, err, r.errs)
	}
	want := github.PullRequest{
		RepoID: 5000, Repo: "ada/x", Number: 7, Action: "opened", Title: "Add b", State: "open", Author: "eve", Head: "feature/1", HeadRepo: "ada/x", HeadCommit: head,
		Base: "main", URL: st.web.URL + "/ada/x/pull/7",
	}
	if d := r.last(); d.PullRequest == nil || *d.PullRequest != want || !d.At.Equal(st.clock.now()) {
		t.Errorf("got %+v\nwant %+v", d.PullRequest, want)
	}
	// The fork may be gone, and a time may be missing.
	payload["pull_request"].(map[string]any)["head"].(map[string]any)["repo"] = nil
	if status, err := st.Deliver(background(), r.hook, "pull_request", payload); status != http.StatusAccepted || err != nil || r.last().PullRequest.HeadRepo != "" {
		t.Errorf("without a fork: status %d, %v", status, err)
	}
	payload["pull_request"].(map[string]any)["updated_at"] = nil
	if status, err := st.Deliver(background(), r.hook, "pull_request", payload); status != http.StatusBadRequest || err != nil {
		t.Errorf("without a time: status %d, %v", status, err)
	}
	if status, err := st.Deliver(background(), r.hook, "ping", map[string]any{"zen": "x"}); status != http.StatusAccepted || err != nil || r.last().Event != "ping" {
		t.Errorf("ping: status %d, %v", status, err)
	}
}

func TestWebhookIsRefused(t *testing.T) {
	st := serve(t, githubtest.Options{})
	st.AddRepo(githubtest.Repo{Name: "ada/x", Files: map[string]string{"a": "a"}})
	r := st.receive(t)
	head, err := st.Head("ada/x", "main")
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	push := func() map[string]any { return st.PushPayload(st.web.URL, "ada/x", "ada", "refs/heads/main", "", head) }
	setBody := func(req *http.Request, body []byte) {
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	body := func(req *http.Request) []byte {
		b, _ := io.ReadAll(req.Body)
		setBody(req, b)
		return b
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"as it is":        {func(*http.Request) {}, 202},
		"no signature":    {func(r *http.Request) { r.Header.Del("X-Hub-Signature-256") }, 401},
		"wrong signature": {func(r *http.Request) { r.Header.Set("X-Hub-Signature-256", githubtest.Sign("other", body(r))) }, 401},
		"truncated":       {func(r *http.Request) { h := r.Header; h.Set("X-Hub-Signature-256", h.Get("X-Hub-Signature-256")[:70]) }, 401},
		"in capitals": {func(r *http.Request) {
			h := r.Header
			h.Set("X-Hub-Signature-256", strings.ToUpper(h.Get("X-Hub-Signature-256")))
		}, 401},
		"digits in capitals": {func(r *http.Request) {
			h := r.Header
			h.Set("X-Hub-Signature-256", "sha256="+strings.ToUpper(h.Get("X-Hub-Signature-256")[7:]))
		}, 401},
		"two signatures": {func(r *http.Request) { r.Header.Add("X-Hub-Signature-256", "sha256=0") }, 401},
		"only SHA-1": {func(r *http.Request) {
			r.Header.Del("X-Hub-Signature-256")
			r.Header.Set("X-Hub-Signature", "sha1=0123456789012345678901234567890123456789")
		}, 401},
		"other spacing":       {func(r *http.Request) { setBody(r, append(body(r), ' ')) }, 401},
		"no delivery id":      {func(r *http.Request) { r.Header.Del("X-GitHub-Delivery") }, 400},
		"strange delivery id": {func(r *http.Request) { r.Header.Set("X-GitHub-Delivery", "a/b") }, 400},
		"no event":            {func(r *http.Request) { r.Header.Del("X-GitHub-Event") }, 400},
		"a form":              {func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, 400},
		"no POST":             {func(r *http.Request) { r.Method = http.MethodPut }, 400},
		"no JSON": {func(r *http.Request) {
			setBody(r, []byte("{"))
			r.Header.Set("X-Hub-Signature-256", githubtest.Sign(hookSecret, []byte("{")))
		}, 400},
		"no time": {func(r *http.Request) {
			b := bytes.Replace(body(r), []byte(`"pushed_at"`), []byte(`"x"`), 1)
			setBody(r, b)
			r.Header.Set("X-Hub-Signature-256", githubtest.Sign(hookSecret, b))
		}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := githubtest.Delivery(background(), r.hook, "push", push())
			if err != nil {
				t.Fatal(err)
			}
			c.change(req)
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != c.want {
				t.Errorf("status %d, want %d: %v", resp.StatusCode, c.want, r.errs)
			}
			st.clock.advance(time.Second)
			if _, err := st.Commit("ada/x", "main", "Next", map[string]string{"a": name}); err != nil {
				t.Fatal(err)
			}
		})
	}
	if len(r.got) != 1 {
		t.Errorf("%d deliveries were accepted, want 1", len(r.got))
	}
	noSecret(t, r.errs, hookSecret)
}

// TestLargeWebhook is without a network, which would tell of the early end as a broken
// connection.
func TestLargeWebhook(t *testing.T) {
	st := serve(t, githubtest.Options{})
	r := st.receive(t)
	for _, c := range []struct {
		size  int
		known bool // the length is announced
		want  int
		most  int64 // bytes that may be read
	}{
		{github.MaxWebhook, true, http.StatusAccepted, github.MaxWebhook},
		{github.MaxWebhook, false, http.StatusAccepted, github.MaxWebhook},
		{github.MaxWebhook + 1, true, http.StatusRequestEntityTooLarge, 0},
		{10_000_000, true, http.StatusRequestEntityTooLarge, 0},
		{10_000_000, false, http.StatusRequestEntityTooLarge, github.MaxWebhook + 1},
	} {
		req, err := githubtest.Delivery(background(), r.hook, "ping", c.known)
		if err != nil {
			t.Fatal(err)
		}
		body := []byte(fmt.Sprintf(`%v%s`, c.known, strings.Repeat(" ", c.size-len(fmt.Sprint(c.known)))))
		req.Header.Set("X-Hub-Signature-256", githubtest.Sign(hookSecret, body))
		left := bytes.NewReader(body)
		req.Body, req.ContentLength = io.NopCloser(left), int64(c.size)
		if !c.known {
			req.ContentLength = -1
		}
		rec := httptest.NewRecorder()
		r.ServeHTTP(rec, req)
		if read := int64(c.size - left.Len()); rec.Code != c.want || read > c.most {
			t.Errorf("%d bytes, announced %v: status %d, want %d; %d bytes were read", c.size, c.known, rec.Code, c.want, read)
		}
	}
}

func TestWebhookIsNotReplayed(t *testing.T) {
	st := serve(t, githubtest.Options{})
	st.AddRepo(githubtest.Repo{Name: "ada/x", Files: map[string]string{"a": "a"}})
	r := st.receive(t)
	// send returns the status for a push of the given age; id "" is a new one.
	send := func(id string, age time.Duration, ref string) int {
		t.Helper()
		payload := st.PushPayload(st.web.URL, "ada/x", "ada", "refs/heads/"+ref, strings.Repeat("1", 40), "")
		payload["repository"].(map[string]any)["pushed_at"] = st.clock.now().Add(-age).Unix()
		req, err := githubtest.Delivery(background(), r.hook, "push", payload)
		if err != nil {
			t.Fatal(err)
		}
		if id != "" {
			req.Header.Set("X-GitHub-Delivery", id)
		}
		rec := httptest.NewRecorder()
		r.ServeHTTP(rec, req)
		return rec.Code
	}
	expect := func(what string, got, want int) {
		t.Helper()
		if got != want {
			t.Errorf("%s: status %d, want %d", what, got, want)
		}
	}
	expect("first", send("id-1", 0, "a"), 202)
	expect("same again", send("id-1", 0, "a"), 409)
	expect("same body under another id", send("id-2", 0, "a"), 409)
	expect("other body under the same id", send("id-1", 0, "b"), 409)
	expect("another", send("id-3", 0, "b"), 202)
	expect("an hour old", send("", time.Hour, "c"), 202)
	expect("older", send("", time.Hour+time.Second, "c"), 409)
	r.hooks.Forget(r.got[0])
	expect("forgotten", send("id-1", 0, "a"), 202)
	// More than are remembered: what fell out does not come back.
	at := st.clock.now()
	st.clock.advance(time.Minute)
	for i := range 10_000 {
		if got := send("", 0, fmt.Sprintf("n-%d", i)); got != 202 {
			t.Fatalf("number %d: status %d", i, got)
		}
	}
	expect("fell out of memory", send("id-1", st.clock.now().Sub(at), "a"), 409)
	if !errors.Is(r.errs[len(r.errs)-1], github.ErrStale) {
		t.Errorf("refused because of %v", r.errs[len(r.errs)-1])
	}
}

func TestWebhookWithoutSecret(t *testing.T) {
	for _, s := range []string{"", "short", "fifteen-bytes.."} {
		if _, err := github.NewWebhooks(s, nil); err == nil || (s != "" && strings.Contains(err.Error(), s)) {
			t.Errorf("secret %q: %v", s, err)
		}
	}
	body := []byte("{}")
	h := http.Header{"X-Hub-Signature-256": {githubtest.Sign("", body)}}
	if err := github.VerifyWebhook("", h, body); !errors.Is(err, github.ErrSignature) {
		t.Errorf("without a secret: %v", err)
	}
}

// TestVerifyWebhook has the example of GitHub's documentation.
func TestVerifyWebhook(t *testing.T) {
	h := http.Header{"X-Hub-Signature-256": {"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}}
	if err := github.VerifyWebhook("It's a Secret to Everybody", h, []byte("Hello, World!")); err != nil {
		t.Error(err)
	}
}
