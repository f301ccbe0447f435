package gitaccess_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/gitaccess"
	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/githubtest"
	"github.com/kalpana-dev/kalpana/internal/secretbox"
)

func TestListsComeInParts(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, settings{private: true}), t.Context()
	const many = 230
	for i := range many {
		st.hub.AddRepo(githubtest.Repo{Name: fmt.Sprintf("ada/r%03d", i), Private: i%2 == 0, PushedAt: st.clock.now().Add(-time.Duration(i) * time.Hour)})
	}
	if _, err := st.Repos(ctx, "ada", "", "", 10); !errors.Is(err, gitaccess.ErrNotConnected) {
		t.Errorf("not connected: %v", err)
	}
	st.connect("ada", "repo")
	for _, limit := range []int{-1, 7, 100, 1000} {
		var got []string
		pages := 0
		for cursor := ""; ; pages++ {
			p, err := st.Repos(ctx, "ada", "", cursor, limit)
			if err != nil || len(p.Items) > min(max(limit, 1), 100) {
				t.Fatalf("limit %d, cursor %q: %d items, %v", limit, cursor, len(p.Items), err)
			}
			for _, r := range p.Items {
				got = append(got, r.Name)
			}
			if cursor = p.Next; cursor == "" {
				break
			}
			if len(cursor) > 32 || pages > many {
				t.Fatalf("cursor %q of page %d", cursor, pages)
			}
		}
		if len(got) != many || got[0] != "ada/r000" || got[many-1] != fmt.Sprintf("ada/r%03d", many-1) {
			t.Errorf("limit %d: %d, from %s to %s", limit, len(got), got[0], got[len(got)-1])
		}
	}
	if p, err := st.Repos(ctx, "ada", "R11 ad", "", 100); err != nil || len(p.Items) != 10 {
		t.Errorf("query: %d, %v", len(p.Items), err)
	}
	for _, cursor := range []string{".", "1.x", "2.0", "2.-1", "2.01", "x", "2.1.1", ".99999999999999999999", "1"} {
		if p, err := st.Repos(ctx, "ada", "", cursor, 10); !errors.Is(err, github.ErrInvalid) {
			t.Errorf("cursor %q: %d, %v", cursor, len(p.Items), err)
		}
	}
	if p, err := st.Repos(ctx, "ada", "", ".5000", 10); err != nil || len(p.Items) != 0 {
		t.Errorf("beyond the page: %d, %v", len(p.Items), err)
	}
}

func TestOneRepository(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, settings{private: true}), t.Context()
	st.hub.AddRepo(githubtest.Repo{Name: "ada/engine", Private: true, Files: map[string]string{"go.mod": "module x"}, Branches: map[string]map[string]string{"fix/a": {}, "fix/b": {}}})
	st.hub.AddRepo(githubtest.Repo{Name: "eve/open", Files: map[string]string{"a": "a"}})
	if r, err := st.Repo(ctx, "ada", "eve/open"); err != nil || r.Name != "eve/open" {
		t.Errorf("a public one without a connection: %+v, %v", r, err)
	}
	if _, err := st.Repo(ctx, "ada", "ada/engine"); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("a private one without a connection: %v", err)
	}
	st.connect("ada", "repo")
	if r, err := st.Repo(ctx, "ada", "ada/engine"); err != nil || !r.Private {
		t.Errorf("%+v, %v", r, err)
	}
	st.hub.Rename("ada/engine", "acme/motor")
	if r, err := st.Repo(ctx, "ada", "ada/engine"); err != nil || r.Name != "acme/motor" {
		t.Errorf("renamed: %+v, %v", r, err)
	}
	if to, err := st.CloneURL(ctx, "ada", "ada/engine"); err != nil || to != st.web.URL+"/acme/motor.git" {
		t.Errorf("clone of a renamed one: %s, %v", to, err)
	}
	if to, err := st.CloneURL(ctx, "ada", "https://Git.Example.org:443/Team/x.git/"); err != nil || to != "https://git.example.org/Team/x.git" {
		t.Errorf("clone from elsewhere: %s, %v", to, err)
	}
	p, err := st.Branches(ctx, "ada", "ada/engine", "fix", "", 1)
	if err != nil || len(p.Items) != 1 || p.Items[0].Name != "fix/a" || p.Next == "" {
		t.Fatalf("branches of a renamed one: %+v, %v", p, err)
	}
	if p, err = st.Branches(ctx, "ada", "ada/engine", "fix", p.Next, 1); err != nil || len(p.Items) != 1 || p.Items[0].Name != "fix/b" || p.Next != "" {
		t.Errorf("the rest: %+v, %v", p, err)
	}
	if text, err := st.File(ctx, "ada", "ada/engine", "go.mod", ""); err != nil || string(text) != "module x" {
		t.Errorf("file: %q, %v", text, err)
	}
	if found, err := st.Files(ctx, "ada", "ada/engine", "", "main"); err != nil || len(found) != 1 || found[0].Name != "go.mod" {
		t.Errorf("folder: %+v, %v", found, err)
	}
	st.hub.Delete("acme/motor")
	if _, err := st.Repo(ctx, "ada", "acme/motor"); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("gone: %v", err)
	}
	if to, err := st.CloneURL(ctx, "ada", "acme/motor"); err != nil || to != st.web.URL+"/acme/motor.git" {
		t.Errorf("clone of one that is gone: %s, %v", to, err)
	}
	st.hub.Throttle(90 * time.Second)
	_, err = st.Repo(ctx, "ada", "eve/open")
	if limited, ok := errors.AsType[*github.RateLimitedError](err); !ok || limited.Reset.Sub(st.clock.now()) != 90*time.Second {
		t.Errorf("limited: %v", err)
	}
	if _, err := st.Token(ctx, "ada"); err != nil {
		t.Errorf("a limit is no revocation: %v", err)
	}
}

func TestWithoutGitHub(t *testing.T) {
	t.Parallel()
	st, ctx := newStand(t, settings{}), t.Context()
	s, err := gitaccess.New(gitaccess.Options{Store: st.store, Box: newBox(t, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Status(ctx, "ada"); err != nil || got != (gitaccess.Status{}) {
		t.Errorf("%+v, %v", got, err)
	}
	_, disconnect := s.Disconnect(ctx, "ada")
	_, repos := s.Repos(ctx, "ada", "", "", 10)
	_, repo := s.Repo(ctx, "ada", "ada/x")
	for _, err := range []error{s.Connect(ctx, "ada", github.User{}, github.Token{Access: "x"}), disconnect, repos, repo} {
		if !errors.Is(err, gitaccess.ErrDisabled) {
			t.Errorf("%v", err)
		}
	}
	if _, err := s.Parse("ada/engine"); err == nil {
		t.Error("a name of no host")
	}
	if _, err := s.PutHost(ctx, "ada", "github.com", "ada", "password-canary"); err != nil {
		t.Fatal(err)
	}
	c, err := s.Credential(ctx, "ada", "https://github.com/ada/engine", gitaccess.Question{Protocol: "https", Host: "github.com"})
	if err != nil || c.Password != "password-canary" {
		t.Errorf("GitHub as any host: %v", err)
	}
}

// parser is a service of which only Parse is used.
func parser(t interface{ Fatal(...any) }, address string) *gitaccess.Service {
	client, err := github.New(github.Options{URL: address, Transport: roundTripper(nil)})
	if err != nil {
		t.Fatal(err)
	}
	box, err := secretbox.New(secret(1))
	if err != nil {
		t.Fatal(err)
	}
	s, err := gitaccess.New(gitaccess.Options{Store: noStore{}, Box: box, GitHub: client, URL: address})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type noStore struct{ gitaccess.Store }

func TestRepositoriesAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	s := parser(t, "https://github.com")
	for text, want := range map[string]string{
		"ada/engine":                               "ada/engine github.com https://github.com/ada/engine.git",
		" ada/engine.git ":                         "ada/engine github.com https://github.com/ada/engine.git",
		"https://github.com/ada/engine":            "ada/engine github.com https://github.com/ada/engine.git",
		"https://GitHub.com/ada/engine.git":        "ada/engine github.com https://github.com/ada/engine.git",
		"https://github.com/ada/engine/tree/fix/a": "ada/engine github.com https://github.com/ada/engine.git",
		"git@github.com:ada/engine.git":            "ada/engine github.com https://github.com/ada/engine.git",
		"https://gitlab.example/g/sub/x.git":       "https://gitlab.example/g/sub/x.git gitlab.example https://gitlab.example/g/sub/x.git",
		"https://Git.example:8443/x":               "https://git.example:8443/x git.example:8443 https://git.example:8443/x",
		"https://git.example:443/x/":               "https://git.example/x git.example https://git.example/x",
		"https://git.example/~ada/x%20y":           "https://git.example/~ada/x%20y git.example https://git.example/~ada/x%20y",
		"https://github.com.evil.test/ada/engine":  "https://github.com.evil.test/ada/engine github.com.evil.test https://github.com.evil.test/ada/engine",
		"":                                                "",
		"engine":                                          "",
		"http://git.example/x":                            "",
		"http://github.com:443/ada/engine":                "",
		"ssh://git@git.example/x":                         "",
		"git@git.example:x":                               "",
		"git://git.example/x":                             "",
		"file:///etc":                                     "",
		"ext::sh -c id://x":                               "",
		"--upload-pack=id://x":                            "",
		"https://":                                        "",
		"https:///x":                                      "",
		"https://git.example":                             "",
		"https://git.example/":                            "",
		"https://ada:pw@git.example/x":                    "",
		"https://ada@github.com/ada/engine":               "",
		"https://@git.example/x":                          "",
		"https://git.example/x?a=b":                       "",
		"https://git.example/x?":                          "",
		"https://git.example/x#f":                         "",
		"https://git.example:0/x":                         "",
		"https://git.example:/x":                          "",
		"https://git.example./x":                          "",
		"https://git_x.example/x":                         "",
		"https://[::1]/x":                                 "",
		"https://git.example/x%0ay":                       "",
		"https://git.example/x%00":                        "",
		"https://git.example\\@evil.test/x":               "",
		"https://git.example/\nx":                         "",
		"https://gıt.example/x":                           "",
		"https://git.example/" + strings.Repeat("x", 300): "",
	} {
		r, err := s.Parse(text)
		got := ""
		if err == nil {
			got = r.Key() + " " + r.Host + " " + r.URL
		} else if _, ok := errors.AsType[*gitaccess.InvalidError](err); !ok {
			t.Errorf("%q: %v", text, err)
		}
		if got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	if r, err := s.Parse("https://github.com/ada/engine/tree/fix/a"); err != nil || r.Branch != "fix/a" {
		t.Errorf("branch: %+v, %v", r, err)
	}
	plain := parser(t, "http://hub.test:3000")
	if r, err := plain.Parse("http://git.test/x"); err != nil || r.URL != "http://git.test/x" {
		t.Errorf("where GitHub itself is plain: %+v, %v", r, err)
	}
	if r, err := plain.Parse("http://HUB.test:3000/ada/x"); err != nil || r.Name != "ada/x" || r.URL != "http://hub.test:3000/ada/x.git" {
		t.Errorf("GitHub itself: %+v, %v", r, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"ada/engine", "https://github.com/ada/engine/tree/x", "https://git.example:8443/a/b.git", "git@github.com:a/b", "https://a:b@c/d", "https://x\n/y", "https://%67it.example/x", "https://git.example/%2e%2e/x"} {
		f.Add(s)
	}
	s := parser(f, "https://github.com")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := s.Parse(text)
		if err != nil {
			return
		}
		if !strings.HasPrefix(r.URL, "https://"+r.Host+"/") || strings.ContainsAny(r.Host, "@/\\?# \r\n\x00[]") || r.Host != strings.ToLower(r.Host) {
			t.Errorf("%q: host %q of %q", text, r.Host, r.URL)
		}
		if strings.ContainsAny(r.URL, "@\r\n\x00\\ ") && !strings.Contains(r.URL[len("https://"+r.Host):], "@") {
			t.Errorf("%q: address %q", text, r.URL)
		}
		if (r.Name != "") != (r.Host == "github.com") {
			t.Errorf("%q: name %q at %q", text, r.Name, r.Host)
		}
		again, err := s.Parse(r.Key())
		if again.Branch = r.Branch; err != nil || again != r {
			t.Errorf("%q is %+v, and that is %+v, %v", text, r, again, err)
		}
	})
}

type roundTripper func()

// RoundTrip makes sure that nothing is asked.
func (roundTripper) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("no network")
}
