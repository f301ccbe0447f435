package github_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kalpana-dev/kalpana/internal/github"
)

func enterprise(t testing.TB) *github.Client {
	t.Helper()
	c, err := github.New(github.Options{URL: "https://git.example.org/hub", APIURL: "https://git.example.org/api/v3"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestParseReference(t *testing.T) {
	c, err := github.New(github.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for text, want := range map[string]string{
		"ada/x":                                            "ada/x",
		" ada/x.y_z-1 \n":                                  "ada/x.y_z-1",
		"ada/x.git":                                        "ada/x",
		"https://github.com/ada/x":                         "ada/x",
		"https://github.com/ada/x/":                        "ada/x",
		"https://GitHub.com/ada/x.git":                     "ada/x",
		"http://github.com/ada/x?tab=code":                 "ada/x",
		"github.com/ada/x":                                 "ada/x",
		"git@github.com:ada/x.git":                         "ada/x",
		"ssh://git@github.com/ada/x.git":                   "ada/x",
		"ssh://git@github.com:22/ada/x.git":                "ada/x",
		"https://github.com/ada/x/tree/feature/%C3%BC%231": "ada/x@feature/ü#1",
		"https://github.com/ada/x/tree/main/":              "ada/x@main",
		"https://github.com/ada/x/tree/":                   "",
		"https://github.com/ada/x/pull/1":                  "",
		"https://github.com/ada/x/tree/-x":                 "",
		"https://github.com.evil.test/ada/x":               "",
		"https://evilgithub.com/ada/x":                     "",
		"https://github.com@evil.test/ada/x":               "",
		"https://token@github.com/ada/x":                   "",
		"https://github.com:8443/ada/x":                    "",
		"https://github.com\\@evil.test/ada/x":             "",
		"git@evil.test:ada/x.git":                          "",
		"ext::sh -c x":                                     "",
		"file:///etc/passwd":                               "",
		"--upload-pack=x/y":                                "",
		"ada":                                              "",
		"ada/":                                             "",
		"ada/..":                                           "",
		"../x":                                             "",
		"ada/x/y":                                          "",
		"":                                                 "",
		"ada/x\x00":                                        "",
		"ada/\xff":                                         "",
	} {
		r, err := c.ParseReference(text)
		got := r.Name
		if r.Branch != "" {
			got += "@" + r.Branch
		}
		if got != want || (err == nil) != (want != "") || (err != nil && !errors.Is(err, github.ErrInvalid)) {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
	e := enterprise(t)
	if r, err := e.ParseReference("https://git.example.org/hub/ada/x/tree/b"); err != nil || r != (github.Reference{Name: "ada/x", Branch: "b"}) {
		t.Errorf("enterprise: %+v, %v", r, err)
	}
	if e.CloneURL("ada/x") != "https://git.example.org/hub/ada/x.git" {
		t.Errorf("clone from %s", e.CloneURL("ada/x"))
	}
}

func FuzzParseReference(f *testing.F) {
	c := enterprise(f)
	for _, s := range []string{"ada/x", "https://git.example.org/hub/ada/x/tree/b", "git@git.example.org:ada/x.git", "ssh://git@git.example.org/a/b", "https://git.example.org/hub/%2e%2e/x", "a/b/tree/x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := c.ParseReference(text)
		if err != nil {
			if r != (github.Reference{}) || !errors.Is(err, github.ErrInvalid) {
				t.Errorf("%q: %+v, %v", text, r, err)
			}
			return
		}
		u, err := url.Parse(c.CloneURL(r.Name))
		if err != nil || u.Host != "git.example.org" || u.User != nil || u.Path != "/hub/"+r.Name+".git" || u.RawQuery != "" || strings.Contains(u.Path, "..") {
			// A name may have two dots inside it, but be none of a folder.
			if err != nil || strings.Contains(u.Path, "/..") || strings.Contains(u.Path, "../") || u.Host != "git.example.org" {
				t.Errorf("%q is cloned from %q, %v", text, c.CloneURL(r.Name), err)
			}
		}
		if strings.HasPrefix(r.Branch, "-") || strings.ContainsFunc(r.Branch, unicode.IsControl) && strings.ContainsAny(r.Branch, "\x00\n\r\x1b") {
			t.Errorf("%q has branch %q", text, r.Branch)
		}
		// What it is called is read as the same.
		again, err := c.ParseReference(r.Name)
		if err != nil || again.Name != r.Name {
			t.Errorf("%q: %+v, %v", r.Name, again, err)
		}
	})
}

func FuzzParseToken(f *testing.F) {
	for _, s := range []string{
		`{"access_token":"gho_a","token_type":"bearer","scope":"repo,read:user"}`,
		`{"access_token":"ghu_a","expires_in":28800,"refresh_token":"ghr_b","refresh_token_expires_in":"15897600","token_type":"bearer"}`,
		`{"error":"bad_verification_code","error_description":"x"}`, `{"access_token":1}`, `[]`, `null`,
	} {
		f.Add("application/json", []byte(s))
	}
	f.Add("application/x-www-form-urlencoded; charset=utf-8", []byte("access_token=gho_a&scope=repo%2Cgist&token_type=bearer"))
	f.Add("text/html", []byte("<html>"))
	now := time.Unix(1_700_000_000, 0)
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		token, err := github.ParseToken(kind, body, now)
		if err != nil {
			if token.Access != "" || (!errors.Is(err, github.ErrBadAnswer) && !errors.As(err, new(*github.OAuthError))) || strings.ContainsAny(err.Error(), "\x00\n\r\x1b") || len(err.Error()) > 2000 {
				t.Errorf("%+v, %v", token, err)
			}
			return
		}
		if token.Access == "" || strings.ContainsAny(token.Access+token.Refresh, "\x00\r\n ") || (!token.Expires.IsZero() && !token.Expires.After(now)) {
			t.Errorf("%q accepted: expires %v", body, token.Expires)
		}
		if len(token.Access) > 8 && !strings.Contains(strings.Join(token.Scopes, " "), token.Access) && strings.Contains(fmt.Sprint(token), token.Access) {
			t.Errorf("%v shows it", token)
		}
	})
}

func FuzzNextPage(f *testing.F) {
	for _, s := range []string{`<https://x/?page=2>; rel="next", <https://x/?page=9>; rel="last"`, `<https://x/?page=1>; rel="prev"`, `<?page=-2>; rel="next"`, `<`, `>;rel="next"`, `<%zz>; rel="next"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, link string) {
		if n := github.NextPage(link); n != 0 && (n < 2 || n > 10_000 || !strings.Contains(link, `rel="next"`)) {
			t.Errorf("%q leads to page %d", link, n)
		}
	})
}

func FuzzParseWebhook(f *testing.F) {
	hash := strings.Repeat("0a", 20)
	f.Add("push", []byte(`{"ref":"refs/heads/a","before":"`+hash+`","after":"`+hash+`","compare":"https://x/y","commits":[{}],"head_commit":{"message":"a\nb"},"pusher":{"name":"a"},"repository":{"id":1,"full_name":"a/b","pushed_at":1700000000}}`))
	f.Add("push", []byte(`{"ref":"refs/tags/v1","before":"`+hash+`","after":"`+hash+`","head_commit":null,"repository":{"id":1,"full_name":"a/b","pushed_at":"2026-01-02T03:04:05Z"}}`))
	f.Add("pull_request", []byte(`{"action":"opened","number":1,"pull_request":{"title":"x","state":"open","html_url":"javascript:x","updated_at":"2026-01-02T03:04:05+02:00","user":{"login":"dependabot[bot]"},"head":{"ref":"a","sha":"`+hash+`","repo":null},"base":{"ref":"b"}},"repository":{"id":1,"full_name":"a/b"}}`))
	f.Add("ping", []byte(`{}`))
	f.Add("push", []byte(`null`))
	f.Fuzz(func(t *testing.T, event string, body []byte) {
		d, err := github.ParseWebhook(event, body)
		if err != nil {
			if d != (github.Delivery{}) || !errors.Is(err, github.ErrMalformed) {
				t.Errorf("%+v, %v", d, err)
			}
			return
		}
		if (d.Push != nil) != (event == "push") || (d.PullRequest != nil) != (event == "pull_request") {
			t.Fatalf("%s gives %+v", event, d)
		}
		var texts []string
		switch {
		case d.Push != nil:
			p := d.Push
			texts = []string{p.Repo, p.Title, p.Pusher, p.URL}
			if d.At.IsZero() || (p.Branch == "") == (p.Tag == "") || p.RepoID <= 0 {
				t.Errorf("push %+v of %v", p, d.At)
			}
		case d.PullRequest != nil:
			p := d.PullRequest
			texts = []string{p.Repo, p.Title, p.Action, p.Author, p.HeadRepo, p.URL}
			if d.At.IsZero() || p.Number <= 0 || p.RepoID <= 0 {
				t.Errorf("pull request %+v of %v", p, d.At)
			}
		}
		if d.Push != nil && strings.ContainsAny(d.Push.Branch+d.Push.Tag, " \x00\n\r\x1b") {
			t.Errorf("ref %q %q", d.Push.Branch, d.Push.Tag)
		}
		for _, s := range texts {
			if strings.ContainsAny(s, "\x00\n\r\x1b\u202e") || !utf8.ValidString(s) || utf8.RuneCountInString(s) > 2100 {
				t.Errorf("text %q of %s", s, event)
			}
		}
	})
}
