package github_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/github"
	"github.com/kalpana-dev/kalpana/internal/githubtest"
)

// many adds n repositories; repo-000 was pushed to last.
func (st *stand) many(n int, owner string) {
	for i := range n {
		st.AddRepo(githubtest.Repo{Name: fmt.Sprintf("%s/repo-%03d", owner, i), PushedAt: st.clock.now().Add(-time.Duration(i) * time.Minute), Private: i%2 == 1})
	}
}

func TestReposInPages(t *testing.T) {
	st := serve(t, githubtest.Options{})
	st.many(250, "acme")
	st.AddRepo(githubtest.Repo{Name: "eve/other"})
	token := st.Token("ada", "repo")
	var got []string
	cursor, pages := "", 0
	for {
		p, err := st.Repos(background(), token, "", cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Items {
			got = append(got, r.Name)
		}
		pages++
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	if len(got) != 250 || got[0] != "acme/repo-000" || got[249] != "acme/repo-249" || pages != 3 {
		t.Errorf("%d repositories on %d pages, from %v to %v", len(got), pages, got[0], got[len(got)-1])
	}
	p, err := st.Repos(background(), token, "EPO 24", "")
	if want := "acme/repo-024 acme/repo-124 acme/repo-224 acme/repo-240 acme/repo-241"; err != nil || !strings.HasPrefix(names(p), want) || p.Next != "" || len(p.Items) != 13 {
		t.Errorf("query finds %q, next %q, %v", names(p), p.Next, err)
	}
	// A query with many matches ends early, and can go on.
	if p, err = st.Repos(background(), token, "repo", ""); err != nil || len(p.Items) != 100 || p.Next != "2" {
		t.Errorf("wide query: %d, next %q, %v", len(p.Items), p.Next, err)
	}
	// Only public ones without the scope.
	if p, err = st.Repos(background(), st.Token("ada", "read:user"), "repo-00", ""); err != nil || names(p) != "acme/repo-000 acme/repo-002 acme/repo-004 acme/repo-006 acme/repo-008" {
		t.Errorf("without scope: %q, %v", names(p), err)
	}
}

func TestRepoFields(t *testing.T) {
	st := serve(t, githubtest.Options{})
	at := st.clock.now().Add(-time.Hour).UTC()
	st.AddRepo(githubtest.Repo{
		Name: "ada/x.y", Private: true, Fork: true, Description: "a\x1b[31m\nb \u202ec", Language: "Go", DefaultBranch: "trunk", PushedAt: at,
		Files: map[string]string{"a": strings.Repeat("x", 3000)},
	})
	got, err := st.Repo(background(), st.Token("ada", "repo"), "ADA/x.y")
	want := github.Repo{
		ID: 5000, Name: "ada/x.y", Description: "a [31m b c", Private: true, Fork: true, DefaultBranch: "trunk", Language: "Go", Size: 3, PushedAt: at, CanPush: true,
		CloneURL: st.web.URL + "/ada/x.y.git", PageURL: st.web.URL + "/ada/x.y",
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestNotFoundTellsWhatMayBeMissing(t *testing.T) {
	st := serve(t, githubtest.Options{})
	st.AddRepo(githubtest.Repo{Name: "ada/secret", Private: true})
	for _, c := range []struct {
		name, token string
		lacks       bool
	}{{"nobody", "", true}, {"no scope", st.Token("ada", "read:user"), true}, {"another person", st.Token("eve", "repo"), false}} {
		_, err := st.Repo(background(), c.token, "ada/secret")
		e, ok := errors.AsType[*github.NotFoundError](err)
		if !ok || !errors.Is(err, github.ErrNotFound) || e.LacksRepoScope != c.lacks {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	st.AddRepo(githubtest.Repo{Name: "ada/gone"})
	st.Delete("ada/gone")
	if _, err := st.Repo(background(), st.Token("ada", "repo"), "ada/gone"); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("deleted: %v", err)
	}
}

func TestRenamed(t *testing.T) {
	st := serve(t, githubtest.Options{})
	st.AddRepo(githubtest.Repo{Name: "ada/old", Private: true, Files: map[string]string{"a": "a"}})
	st.Rename("ada/old", "acme/new")
	token := st.Token("ada", "repo")
	_, repo := st.Repo(background(), token, "ada/old")
	_, branches := st.Branches(background(), token, "ada/old", "", "")
	_, file := st.File(background(), token, "ada/old", "a", "main")
	for _, err := range []error{repo, branches, file} {
		if e, ok := errors.AsType[*github.RenamedError](err); !ok || e.Old != "ada/old" || e.New != "acme/new" {
			t.Errorf("got %v", err)
		}
	}
	if _, err := st.Repo(background(), st.Token("eve", "repo"), "ada/old"); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("another person learns the new name: %v", err)
	}
	// Redirects to elsewhere are not followed, whatever carries them.
	stolen := 0
	st.Fault("/stolen", func(http.ResponseWriter, *http.Request) { stolen++ })
	for _, to := range []string{"https://evil.test/repositories/1", st.web.URL + "/stolen", "//evil.test/api/v3/repositories/1", "/api/v3/repositories/../stolen", "/api/v3/repositories/-1", "", "/api/v3/repos/ada/loop"} {
		st.Fault("/repos/ada/loop", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusMovedPermanently)
		})
		if _, err := st.Repo(background(), token, "ada/loop"); !errors.Is(err, github.ErrBadAnswer) {
			t.Errorf("redirect to %q: %v", to, err)
		}
	}
	st.Fault("/repos/ada/loop", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", ":"+token)
		w.WriteHeader(http.StatusMovedPermanently)
	})
	_, err := st.Repo(background(), token, "ada/loop")
	if !errors.Is(err, github.ErrUnavailable) {
		t.Errorf("redirect to nowhere: %v", err)
	}
	noSecret(t, err, token)
	// And from a number to a number not for ever.
	loop := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "/api/v3/repositories/9")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
	st.Fault("/repos/ada/loop", loop)
	st.Fault("/repositories/9", loop)
	if _, err := st.Repo(background(), token, "ada/loop"); !errors.Is(err, github.ErrBadAnswer) || stolen != 0 {
		t.Errorf("loop of redirects: %v, stolen %d", err, stolen)
	}
}

func TestBranches(t *testing.T) {
	st := serve(t, githubtest.Options{})
	more := map[string]map[string]string{"feature/ü#1": {}, `we"ird&x=1`: {}, "zeta": {}}
	for i := range 110 {
		more[fmt.Sprintf("b-%03d", i)] = map[string]string{}
	}
	st.AddRepo(githubtest.Repo{Name: "ada/x", Files: map[string]string{"a": "a"}, Branches: more})
	st.AddRepo(githubtest.Repo{Name: "ada/empty"})
	token := st.Token("ada")
	first, err := st.Branches(background(), token, "ada/x", "", "")
	if err != nil || len(first.Items) != 100 || first.Next != "2" {
		t.Fatalf("%d, next %q, %v", len(first.Items), first.Next, err)
	}
	second, err := st.Branches(background(), token, "ada/x", "", first.Next)
	if err != nil || len(second.Items) != 14 || second.Next != "" {
		t.Fatalf("%d, next %q, %v", len(second.Items), second.Next, err)
	}
	for _, b := range second.Items {
		if head, err := st.Head("ada/x", b.Name); err != nil || head != b.Commit {
			t.Errorf("%q: %s, want %s, %v", b.Name, b.Commit, head, err)
		}
	}
	found, err := st.Branches(background(), token, "ada/x", "Ü#", "")
	if err != nil || len(found.Items) != 1 || found.Items[0].Name != "feature/ü#1" {
		t.Errorf("query: %+v, %v", found, err)
	}
	none, err := st.Branches(background(), token, "ada/empty", "", "")
	if err != nil || len(none.Items) != 0 || none.Items == nil {
		t.Errorf("empty repository: %+v, %v", none, err)
	}
}

func TestFiles(t *testing.T) {
	st := serve(t, githubtest.Options{})
	binary := string([]byte{0, 1, 0xff, 0xfe})
	st.AddRepo(githubtest.Repo{
		Name:     "ada/x",
		Files:    map[string]string{"flake.nix": "{ }\n", "a dir/ü #?%.txt": "odd", "bin": binary, "none": "", "limit": strings.Repeat("x", github.MaxFile), "large": strings.Repeat("x", github.MaxFile+1)},
		Branches: map[string]map[string]string{"feature/ü#1": {"flake.nix": "changed"}},
	})
	st.AddRepo(githubtest.Repo{Name: "ada/empty"})
	dir, err := st.GitDir("ada/x")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("git", "--git-dir", dir, "fast-import", "--quiet")
	cmd.Stdin = strings.NewReader("commit refs/heads/odd\ncommitter a <a@b> 1700000000 +0000\ndata 0\nM 120000 inline link\ndata 5\n/etc/\nM 160000 " + strings.Repeat("1", 40) + " sub\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	token := st.Token("ada")
	for _, c := range []struct {
		path, ref, content string
		err                error
	}{
		{"flake.nix", "", "{ }\n", nil},
		{"/flake.nix", "main", "{ }\n", nil},
		{"flake.nix", "feature/ü#1", "changed", nil},
		{"a dir/ü #?%.txt", "", "odd", nil},
		{"bin", "", binary, nil},
		{"none", "", "", nil},
		{"limit", "", strings.Repeat("x", github.MaxFile), nil},
		{"large", "", "", github.ErrTooLarge},
		{"a dir", "", "", github.ErrNotAFile},
		{"", "", "", github.ErrNotAFile},
		{"link", "odd", "", github.ErrNotAFile},
		{"sub", "odd", "", github.ErrNotAFile},
		{"missing", "", "", github.ErrNotFound},
		{"flake.nix", "missing", "", github.ErrNotFound},
		{"../../user", "", "", github.ErrInvalid},
		{"a/./b", "", "", github.ErrInvalid},
		{"a//b", "", "", github.ErrInvalid},
		{"a\nb", "", "", github.ErrInvalid},
		{"flake.nix", "--upload-pack=x", "", github.ErrInvalid},
		{"flake.nix", "a..b", "", github.ErrInvalid},
	} {
		got, err := st.File(background(), token, "ada/x", c.path, c.ref)
		if string(got) != c.content || !errors.Is(err, c.err) {
			t.Errorf("%q at %q: %.50q, %v, want %.50q, %v", c.path, c.ref, got, err, c.content, c.err)
		}
	}
	entries, err := st.Client.Files(background(), token, "ada/x", "", "")
	if want := "[{a dir dir 0} {bin file 4} {flake.nix file 4} {large file 1048577} {limit file 1048576} {none file 0}]"; err != nil || fmt.Sprint(entries) != want {
		t.Errorf("root: %v, %v, want %v", entries, err, want)
	}
	entries, err = st.Client.Files(background(), token, "ada/x", "", "odd")
	if want := "[{link symlink 5} {sub submodule 0}]"; err != nil || fmt.Sprint(entries) != want {
		t.Errorf("odd: %v, %v", entries, err)
	}
	if _, err = st.Client.Files(background(), token, "ada/x", "flake.nix", ""); !errors.Is(err, github.ErrInvalid) {
		t.Errorf("a file as a folder: %v", err)
	}
	if _, err = st.Client.Files(background(), token, "ada/empty", "", ""); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("empty repository: %v", err)
	}
}

func TestSearch(t *testing.T) {
	st := serve(t, githubtest.Options{})
	st.many(120, "eve")
	st.AddRepo(githubtest.Repo{Name: "ada/repo-mine"})
	token := st.Token("ada", "repo")
	p, err := st.Search(background(), token, "repo", "")
	if err != nil || len(p.Items) != 50 || p.Next != "2" {
		t.Fatalf("%d, next %q, %v", len(p.Items), p.Next, err)
	}
	if p, err = st.Search(background(), token, "repo", p.Next); err != nil || len(p.Items) != 11 || p.Next != "" {
		t.Errorf("second page: %d, next %q, %v", len(p.Items), p.Next, err)
	}
	if p, err = st.Search(background(), token, "repo user:ada", ""); err != nil || names(p) != "ada/repo-mine" {
		t.Errorf("with a qualifier: %q, %v", names(p), err)
	}
}

func TestSameQuestionsAreFree(t *testing.T) {
	st := serve(t, githubtest.Options{})
	st.many(3, "acme")
	st.AddRepo(githubtest.Repo{Name: "ada/x", Files: map[string]string{"a": "one"}})
	a, b := st.Token("ada", "repo"), st.Token("ada", "repo")
	read := func(token, want string) {
		t.Helper()
		got, err := st.File(background(), token, "ada/x", "a", "")
		if err != nil || string(got) != want {
			t.Fatalf("%q, %v, want %q", got, err, want)
		}
	}
	const path = "/repos/ada/x/contents/a"
	for range 5 {
		read(a, "one")
	}
	if full, same := st.count(path, 200), st.count(path, 304); full != 1 || same != 4 {
		t.Errorf("%d full answers and %d that it is the same", full, same)
	}
	// Another token gets nothing of it.
	read(b, "one")
	if full := st.count(path, 200); full != 2 {
		t.Errorf("%d full answers for two tokens", full)
	}
	if _, err := st.Commit("ada/x", "main", "Two", map[string]string{"a": "two"}); err != nil {
		t.Fatal(err)
	}
	read(a, "two")
	read(a, "two")
	st.Forget(a)
	read(a, "two")
	if full := st.count(path, 200); full != 4 {
		t.Errorf("%d full answers after a change and Forget", full)
	}
	for range 2 {
		if p, err := st.Repos(background(), a, "", ""); err != nil || len(p.Items) != 4 || p.Items[0].CloneURL == "" {
			t.Errorf("list from the cache: %+v, %v", p, err)
		}
	}
	// What the token lost is lost, cached or not.
	st.RevokeAll("ada")
	if _, err := st.File(background(), a, "ada/x", "a", ""); !errors.Is(err, github.ErrTokenRevoked) {
		t.Errorf("after revocation: %v", err)
	}
}

func TestRateLimits(t *testing.T) {
	limited := func(t *testing.T, err error, reset time.Time, secondary bool) {
		t.Helper()
		e, ok := errors.AsType[*github.RateLimitedError](err)
		if !ok || !e.Reset.Equal(reset) || e.Secondary != secondary {
			t.Fatalf("got %v, want a limit until %v, secondary %v", err, reset, secondary)
		}
	}
	t.Run("primary", func(t *testing.T) {
		st := serve(t, githubtest.Options{})
		st.AddRepo(githubtest.Repo{Name: "ada/x"})
		st.Limit("core", 2)
		token := st.Token("ada", "repo")
		begin := st.clock.now()
		for range 2 {
			if _, err := st.connect(t).Repo(background(), token, "ada/x"); err != nil {
				t.Fatal(err)
			}
		}
		_, err := st.Repo(background(), token, "ada/x")
		limited(t, err, begin.Add(time.Hour), false)
		asked := len(st.Requests())
		_, err = st.Repos(background(), token, "", "")
		limited(t, err, begin.Add(time.Hour), false)
		if n := len(st.Requests()); n != asked {
			t.Errorf("%d requests were sent in spite of the limit", n-asked)
		}
		// Neither another account nor another budget is concerned.
		if _, err := st.Repo(background(), st.Token("eve"), "ada/x"); err != nil {
			t.Error(err)
		}
		if _, err := st.Search(background(), token, "x", ""); err != nil {
			t.Error(err)
		}
		st.clock.advance(time.Hour)
		if _, err := st.Repo(background(), token, "ada/x"); err != nil {
			t.Errorf("after the hour: %v", err)
		}
	})
	t.Run("the last one", func(t *testing.T) {
		st := serve(t, githubtest.Options{})
		st.AddRepo(githubtest.Repo{Name: "ada/x"})
		st.Limit("core", 1)
		token := st.Token("ada")
		if _, err := st.Repo(background(), token, "ada/x"); err != nil {
			t.Fatal(err)
		}
		_, err := st.Repo(background(), token, "ada/x")
		limited(t, err, st.clock.now().Add(time.Hour), false)
		if n := st.count("/repos/ada/x", 403); n != 0 {
			t.Error("it was tried although none was left")
		}
	})
	t.Run("search", func(t *testing.T) {
		st := serve(t, githubtest.Options{})
		st.Limit("search", 1)
		token := st.Token("ada")
		st.Search(background(), token, "x", "")
		_, err := st.Search(background(), token, "y", "")
		limited(t, err, st.clock.now().Add(time.Minute), false)
		if _, err := st.User(background(), token); err != nil {
			t.Error(err)
		}
	})
	t.Run("secondary", func(t *testing.T) {
		st := serve(t, githubtest.Options{})
		st.Throttle(90 * time.Second)
		token := st.Token("ada")
		_, err := st.User(background(), token)
		limited(t, err, st.clock.now().Add(90*time.Second), true)
		_, err = st.Search(background(), token, "x", "")
		limited(t, err, st.clock.now().Add(90*time.Second), true)
		if n := len(st.Requests()); n != 1 {
			t.Errorf("%d requests", n)
		}
		st.clock.advance(90 * time.Second)
		if _, err := st.User(background(), token); err != nil {
			t.Error(err)
		}
	})
	for name, c := range map[string]struct {
		status int
		header map[string]string
		body   string
		pause  time.Duration
	}{
		"429 alone":         {429, nil, "", time.Minute},
		"403 with the text": {403, nil, `{"message":"You have exceeded a Secondary Rate Limit."}`, time.Minute},
		"absurd pause":      {429, map[string]string{"Retry-After": "999999999"}, "", time.Hour},
		"pause is a date":   {429, map[string]string{"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, "", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			st := serve(t, githubtest.Options{})
			st.Fault("/user", func(w http.ResponseWriter, r *http.Request) {
				for k, v := range c.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
			})
			_, err := st.User(background(), st.Token("ada"))
			limited(t, err, st.clock.now().Add(c.pause), true)
		})
	}
}

func TestForbidden(t *testing.T) {
	st := serve(t, githubtest.Options{})
	token := st.Token("ada", "read:user")
	st.Fault("/repos/ada/x", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-OAuth-Scopes", "read:user")
		w.Header().Set("X-Accepted-OAuth-Scopes", "repo, admin:org")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"message":"Not `+token+` with this\u001b[31m token"}`)
	})
	_, err := st.Repo(background(), token, "ada/x")
	e, ok := errors.AsType[*github.ForbiddenError](err)
	if !ok || !errors.Is(err, github.ErrForbidden) || strings.Join(e.Needs, " ") != "repo admin:org" || e.SSO || !strings.Contains(err.Error(), "one of these scopes is needed: repo, admin:org") {
		t.Fatalf("got %v", err)
	}
	noSecret(t, err, token)
	st.Fault("/repos/ada/x", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-GitHub-SSO", "required; url=https://evil.test/")
		w.WriteHeader(http.StatusForbidden)
	})
	if _, err = st.Repo(background(), token, "ada/x"); !strings.Contains(err.Error(), "single sign-on") || strings.Contains(err.Error(), "evil") {
		t.Errorf("got %v", err)
	}
	st.Fault("/repos/ada/x", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusUnavailableForLegalReasons) })
	if _, err = st.Repo(background(), token, "ada/x"); !errors.Is(err, github.ErrForbidden) {
		t.Errorf("got %v", err)
	}
}

func TestServerMisbehaves(t *testing.T) {
	st := serve(t, githubtest.Options{})
	token := st.Token("ada", "repo")
	say := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"x"`)
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	for name, c := range map[string]struct {
		h    http.HandlerFunc
		want error
	}{
		"fault":          {say(502, "<html>"), github.ErrUnavailable},
		"page":           {say(200, "<html>sign in</html>"), github.ErrBadAnswer},
		"half":           {say(200, `{"id":1,`), github.ErrBadAnswer},
		"a list":         {say(200, `[]`), github.ErrBadAnswer},
		"id is a text":   {say(200, `{"id":"1","full_name":"ada/x"}`), github.ErrBadAnswer},
		"no id":          {say(200, `{"full_name":"ada/x"}`), github.ErrBadAnswer},
		"evil name":      {say(200, `{"id":1,"full_name":"../x"}`), github.ErrBadAnswer},
		"token in it":    {say(200, `{"id":"`+token+`"}`), github.ErrBadAnswer},
		"304 for no one": {say(304, ""), github.ErrBadAnswer},
		"teapot":         {say(418, ""), github.ErrBadAnswer},
		"deep":           {say(200, strings.Repeat(`{"permissions":`, 20_000)), github.ErrBadAnswer},
		"endless": {func(w http.ResponseWriter, r *http.Request) {
			block := bytes.Repeat([]byte(" "), 1<<20)
			for range 12 {
				w.Write(block)
			}
		}, github.ErrBadAnswer},
		"breaks off": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, "{")
			panic(http.ErrAbortHandler)
		}, github.ErrUnavailable},
	} {
		st.Fault("/repos/ada/x", c.h)
		_, err := st.Repo(background(), token, "ada/x")
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		noSecret(t, err, token)
	}
	st.Fault("/repos/ada/x", say(200, `{"id":1,"full_name":"eve/y"}`))
	if _, err := st.Repo(background(), token, "ada/x"); !errors.As(err, new(*github.RenamedError)) {
		t.Errorf("another name: %v", err)
	}

	// A list that never ends, and one with names that are none.
	pages := 0
	st.Fault("/user/repos", func(w http.ResponseWriter, r *http.Request) {
		pages++
		w.Header().Set("Link", `<https://evil.test/?page=`+fmt.Sprint(pages+1)+`>; rel="next"`)
		io.WriteString(w, `[{"id":1,"full_name":"ada/x y"},{"id":2,"full_name":"ada/.."},{"id":0,"full_name":"a/b"}]`)
	})
	p, err := st.Repos(background(), token, "zzz", "")
	if err != nil || len(p.Items) != 0 || p.Next != "11" || pages != 10 {
		t.Errorf("endless list: %+v, %v, %d pages", p, err, pages)
	}
	st.Fault("/user/repos", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", `<https://evil.test/?page=2>; rel="next"`)
		io.WriteString(w, `[]`)
	})
	if p, err = st.Repos(background(), token, "zzz", "2"); err != nil || p.Next != "" {
		t.Errorf("list that turns in circles: %+v, %v", p, err)
	}
}

func TestCallsEndWithTheirContext(t *testing.T) {
	st := serve(t, githubtest.Options{})
	ctx, cancel := context.WithCancel(background())
	release := make(chan struct{})
	defer close(release)
	st.Fault("/user", func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-release
	})
	if _, err := st.User(ctx, st.Token("ada")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestUnreachable(t *testing.T) {
	st := serve(t, githubtest.Options{})
	st.web.Close()
	token := st.Token("ada")
	_, err := st.User(background(), token)
	if !errors.Is(err, github.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	noSecret(t, err, token)
	if err := st.Revoke(background(), token); !errors.Is(err, github.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestQuestionsThatAreNotSent(t *testing.T) {
	st := serve(t, githubtest.Options{})
	token := st.Token("ada")
	for name, err := range map[string]error{
		"cursor":       second(st.Repos(background(), token, "", "1")),
		"cursor -1":    second(st.Repos(background(), token, "", "-1")),
		"cursor 02":    second(st.Repos(background(), token, "", "02")),
		"cursor huge":  second(st.Repos(background(), token, "", "99999999999999999999")),
		"cursor query": second(st.Branches(background(), token, "a/b", "", "2&x=y")),
		"long query":   second(st.Repos(background(), token, strings.Repeat("x", 257), "")),
		"no text":      second(st.Search(background(), token, "\xff", "")),
		"no query":     second(st.Search(background(), token, " ", "")),
		"no name":      second(st.Repo(background(), token, "ada")),
		"three parts":  second(st.Repo(background(), token, "ada/x/y")),
		"dots":         second(st.Repo(background(), token, "ada/..")),
		"query":        second(st.Repo(background(), token, "ada/x?y")),
		"encoded":      second(st.Repo(background(), token, "ada/%2e%2e")),
	} {
		if !errors.Is(err, github.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []string{"a\nb", "a b", strings.Repeat("x", 5000), "ü"} {
		if _, err := st.User(background(), bad); !errors.Is(err, github.ErrTokenRevoked) {
			t.Errorf("token %.20q: %v", bad, err)
		}
	}
	if n := len(st.Requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func second[T any](_ T, err error) error { return err }

// TestCacheIsBounded asks for more than the cache holds: the longest unused must go.
func TestCacheIsBounded(t *testing.T) {
	st := serve(t, githubtest.Options{})
	files := map[string]string{"large": strings.Repeat("x", 12_000)}
	for i := range 11 {
		files[fmt.Sprintf("f%d", i)] = strings.Repeat("x", 5_000)
	}
	st.AddRepo(githubtest.Repo{Name: "ada/x", Files: files})
	c, err := github.New(github.Options{URL: st.web.URL, APIURL: st.web.URL + "/api/v3", CacheBytes: 80_000})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	token := st.Token("ada")
	// 5,000 bytes are 6,700 in base64: eleven of them fit.
	kept := func(name string) bool {
		t.Helper()
		before := st.count("/repos/ada/x/contents/"+name, http.StatusNotModified)
		if got, err := c.File(background(), token, "ada/x", name, ""); err != nil || string(got) != files[name] {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		return st.count("/repos/ada/x/contents/"+name, http.StatusNotModified) > before
	}
	for i := range 10 {
		if kept(fmt.Sprintf("f%d", i)) {
			t.Fatal("there before it was asked for")
		}
	}
	if !kept("f0") {
		t.Error("the first is gone before the cache is full")
	}
	kept("f10")
	kept("large")
	kept("large")
	if kept("large") {
		t.Error("an answer of a sixth of the cache is kept")
	}
	if !kept("f0") || !kept("f10") || kept("f1") {
		t.Error("not the longest unused went")
	}
}
