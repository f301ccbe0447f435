package githubtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/githubtest"
)

func start(t *testing.T, o githubtest.Options) (*githubtest.Server, string) {
	t.Helper()
	o.Dir = t.TempDir()
	s, err := githubtest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	t.Cleanup(s.Close)
	s.AddUser(githubtest.User{Login: "ada", Orgs: []string{"acme"}})
	s.AddUser(githubtest.User{Login: "eve"})
	s.AddRepo(githubtest.Repo{Name: "ada/secret", Private: true, Files: map[string]string{"README.md": "hello\n", `odd "name"\.txt`: "x"}, Branches: map[string]map[string]string{"feature/ü#1": {"b.txt": "b"}}})
	s.AddRepo(githubtest.Repo{Name: "acme/open", Files: map[string]string{"a.txt": "a"}})
	s.AddRepo(githubtest.Repo{Name: "ada/empty"})
	s.AddRepo(githubtest.Repo{Name: "ada/old", Archived: true, Files: map[string]string{"a.txt": "a"}})
	return s, web.URL
}

// git runs the real program with a token as the password.
func git(t *testing.T, dir, token string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org",
	}
	if token != "" {
		cmd.Env = append(cmd.Env, "TOKEN="+token, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=credential.helper",
			`GIT_CONFIG_VALUE_0=!f() { echo username=x-access-token; echo "password=$TOKEN"; }; f`)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func must(t *testing.T, out string, err error) string {
	t.Helper()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return out
}

func TestGitClonesAndPushes(t *testing.T) {
	s, at := start(t, githubtest.Options{})
	token := s.Token("ada", "repo")
	var mu sync.Mutex
	var events []map[string]any
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("X-Hub-Signature-256") != githubtest.Sign("0123456789abcdef", body) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var e map[string]any
		json.Unmarshal(body, &e)
		mu.Lock()
		defer mu.Unlock()
		events = append(events, e)
	}))
	defer hook.Close()
	s.AddHook("ada/secret", githubtest.Hook{URL: hook.URL, Secret: "0123456789abcdef"})

	dir := t.TempDir()
	out, err := git(t, dir, token, "clone", "--filter=blob:none", at+"/ada/secret.git", "work")
	must(t, out, err)
	work := filepath.Join(dir, "work")
	if got, err := os.ReadFile(filepath.Join(work, `odd "name"\.txt`)); err != nil || string(got) != "x" {
		t.Fatalf("odd name: %q, %v", got, err)
	}
	out, err = git(t, work, token, "rev-parse", "origin/feature/ü#1")
	must(t, out, err)
	// 2 MiB that do not shrink: git sends them in chunks.
	if err := os.WriteFile(filepath.Join(work, "big"), noise(2<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"add", "."}, {"commit", "-m", "Big change\n\nWith a body."}, {"push", "origin", "HEAD:main"}, {"push", "origin", "HEAD:refs/heads/new"}, {"push", "origin", ":new"}} {
		out, err = git(t, work, token, args...)
		must(t, out, err)
	}
	if got, err := s.ReadFile("ada/secret", "main", "big"); err != nil || !bytes.Equal([]byte(got), noise(2<<20)) {
		t.Fatalf("the server has %d bytes of the push: %v", len(got), err)
	}
	head, err := s.Head("ada/secret", "main")
	must(t, head, err)
	mu.Lock()
	defer mu.Unlock()
	if len(events) != 3 {
		t.Fatalf("%d events, want 3", len(events))
	}
	commits := events[0]["commits"].([]any)
	if events[0]["after"] != head || len(commits) != 1 || commits[0].(map[string]any)["message"] != "Big change\n\nWith a body." || events[0]["forced"] != false {
		t.Errorf("first event: %v", events[0])
	}
	if events[1]["created"] != true || events[2]["deleted"] != true {
		t.Errorf("events of a branch that came and went: %v, %v", events[1], events[2])
	}
}

// noise does not compress.
func noise(n int) []byte {
	out := make([]byte, n)
	x := uint64(88172645463325252)
	for i := range out {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		out[i] = byte(x)
	}
	return out
}

func TestGitRefuses(t *testing.T) {
	s, at := start(t, githubtest.Options{})
	s.Rename("acme/open", "acme/opened")
	for _, c := range []struct {
		name, token, repo string
		push              bool
		want              string // "" = works
	}{
		{"public without token", "", "acme/opened", false, ""},
		{"renamed", "", "acme/open", false, ""},
		{"private with repo", s.Token("ada", "repo"), "ada/secret", false, ""},
		{"private without token", "", "ada/secret", false, "could not read Username"},
		{"private without scope", s.Token("ada", "read:user"), "ada/secret", false, "not found"},
		{"private of another", s.Token("eve", "repo"), "ada/secret", false, "not found"},
		{"nothing there", s.Token("eve", "repo"), "ada/none", false, "not found"},
		{"wrong token", "gho_wrong", "ada/secret", false, "Authentication failed"},
		{"push without right", s.Token("eve", "repo"), "acme/opened", true, "denied to eve"},
		{"push without scope", s.Token("ada", "read:user"), "acme/opened", true, "denied to ada"},
		{"push to an archive", s.Token("ada", "repo"), "ada/old", true, "archived"},
		{"push without token", "", "acme/opened", true, "could not read Username"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := []string{"ls-remote", at + "/" + c.repo + ".git"}
			if c.push {
				dir, err := s.GitDir("ada/secret")
				must(t, dir, err)
				args = []string{"--git-dir", dir, "push", at + "/" + c.repo, "main:other"}
			}
			out, err := git(t, t.TempDir(), c.token, args...)
			if (err == nil) != (c.want == "") || !strings.Contains(out, c.want) {
				t.Errorf("got %v, %q", err, out)
			}
		})
	}
}

func TestConsentPage(t *testing.T) {
	s, at := start(t, githubtest.Options{ClientID: "id", ClientSecret: "sec", Consent: true, Redirect: "https://main.test/back"})
	s.SignIn("")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	visit := url.Values{
		"client_id": {"id"}, "redirect_uri": {"https://main.test/back"}, "state": {"0123456789abcdef"}, "scope": {"repo"},
		"code_challenge": {strings.Repeat("a", 43)}, "code_challenge_method": {"S256"},
	}
	resp, err := client.Get(at + "/login/oauth/authorize?" + visit.Encode())
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	for _, want := range []string{"Authorize as ada", "Authorize as eve", `name="state" value="0123456789abcdef"`, `<b id="scopes">repo</b>`} {
		if !strings.Contains(string(page), want) {
			t.Errorf("page has no %q: %s", want, page)
		}
	}
	for button, want := range map[string]string{"login_as=eve": "code=", "deny=1": "error=access_denied", "login_as=nobody": ""} {
		resp, err := client.Post(at+"/login/oauth/authorize", "application/x-www-form-urlencoded", strings.NewReader(visit.Encode()+"&"+button))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		to := resp.Header.Get("Location")
		if want == "" {
			if to != "" || !strings.Contains(s.Complaint(), "nobody") {
				t.Errorf("%s leads to %q, complaint %q", button, to, s.Complaint())
			}
		} else if !strings.HasPrefix(to, "https://main.test/back?") || !strings.Contains(to, want) || !strings.Contains(to, "state=0123456789abcdef") {
			t.Errorf("%s leads to %q", button, to)
		}
	}
	for _, k := range []string{"client_id", "redirect_uri", "state", "code_challenge"} {
		bad := url.Values{}
		for name, v := range visit {
			bad[name] = v
		}
		bad.Set(k, "x")
		resp, err := client.Get(at + "/login/oauth/authorize?" + bad.Encode())
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("visit with wrong %s: status %d", k, resp.StatusCode)
		}
	}
}

func TestTransportAnswersForThePublicHosts(t *testing.T) {
	s, _ := start(t, githubtest.Options{})
	client := &http.Client{Transport: s.Transport()}
	for address, want := range map[string]int{
		"https://api.github.com/repos/acme/open":                           http.StatusOK,
		"https://github.com/api/v3/repos/acme/open":                        http.StatusOK,
		"https://api.github.com/nothing":                                   http.StatusNotFound,
		"https://github.com/acme/open/info/refs?service=git-upload-pack":   http.StatusOK,
		"https://github.com/ada/secret/info/refs?service=git-receive-pack": http.StatusUnauthorized,
	} {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("User-Agent", "test")
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: status %d, want %d", address, resp.StatusCode, want)
		}
	}
	if resp, err := client.Get("https://elsewhere.test/"); err == nil {
		resp.Body.Close()
		t.Error("another host was answered")
	}
}
