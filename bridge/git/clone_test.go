package git_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

func TestCloneOfAPrivateRepositoryKeepsNoSecret(t *testing.T) {
	s := start(t)
	h := s.host(t)
	url := h.repository("private/engine.git", "src/a.txt", "b.txt")
	asked := s.helper("x-access-token", canary)
	c, seen, err := s.clone(bridge.CloneRepository{URL: url})
	s.must(err)
	if c.Folder != "engine" || c.Branch != "main" || len(c.Commit) != 40 || c.Empty || c.Warnings != nil {
		t.Errorf("%+v", c)
	}
	if s.read("engine/src/a.txt") != "src/a.txt\n" {
		t.Error("the files are not there")
	}
	s.holds("engine")
	var phases []string
	for _, p := range seen {
		if len(phases) == 0 || phases[len(phases)-1] != p.Phase {
			phases = append(phases, p.Phase)
		}
		if p.Percent < -1 || p.Percent > 100 || strings.ContainsAny(p.Text, "\r\n\x1b") {
			t.Errorf("%+v", p)
		}
	}
	if got := strings.Join(phases, " "); !strings.HasPrefix(got, "connect ") || !strings.Contains(got, bridge.PhaseReceive) {
		t.Errorf("phases: %s", got)
	}
	question, _ := os.ReadFile(asked)
	if !strings.Contains(string(question), "get\n") || !strings.Contains(string(question), "path=private/engine.git\n") || !strings.Contains(string(question), "store\n") {
		t.Errorf("the helper was asked %q", question)
	}
	for name, content := range s.tree(s.dir) {
		if strings.Contains(content, canary) {
			t.Errorf("%s holds the password", name)
		}
	}
	if got := s.git(s.path("engine"), "remote", "get-url", "origin"); got != url {
		t.Errorf("origin is %s", got)
	}
	s.write("engine/b.txt", "changed\n")
	s.git(s.path("engine"), "commit", "-qam", "second")
	s.git(s.path("engine"), "push", "-q")
	if got := s.git(filepath.Join(h.dir, "private/engine.git"), "log", "-1", "--format=%s", "main"); got != "second" {
		t.Errorf("the host has %s", got)
	}
}

func TestWhatCloneIsAskedFor(t *testing.T) {
	s := start(t)
	h := s.host(t)
	const odd = `wip/ünï&co;$(id)'"#1`
	url := h.repository("engine.git", "a.txt")
	work := filepath.Join(t.TempDir(), "w")
	s.git(s.dir, "clone", "-q", url, work)
	for _, name := range []string{"one", "two", "three"} {
		s.git(work, "commit", "-q", "--allow-empty", "-m", name)
	}
	s.git(work, "tag", "v1")
	s.git(work, "push", "-q", "origin", "main:main", "main:"+odd, "v1")
	h.repository("empty.git")
	s.must(os.MkdirAll(s.path("vacant"), 0o755))
	for _, c := range []struct {
		req     bridge.CloneRepository
		want    bridge.Cloned
		commits string
	}{
		{bridge.CloneRepository{URL: url, Folder: "full"}, bridge.Cloned{Folder: "full", Branch: "main"}, "4"},
		{bridge.CloneRepository{URL: url, Folder: "deep/down/", Depth: 2}, bridge.Cloned{Folder: "deep/down", Branch: "main"}, "2"},
		{bridge.CloneRepository{URL: url, Folder: s.path("vacant"), Branch: odd}, bridge.Cloned{Folder: "vacant", Branch: odd}, "4"},
		{bridge.CloneRepository{URL: url, Folder: "tag", Branch: "v1"}, bridge.Cloned{Folder: "tag"}, "4"},
		{bridge.CloneRepository{URL: h.url + "/empty.git/"}, bridge.Cloned{Folder: "empty", Branch: "main", Empty: true}, ""},
		{bridge.CloneRepository{URL: h.url + "/moved/engine.git", Folder: "--moved"}, bridge.Cloned{Folder: "--moved", Branch: "main"}, "4"},
	} {
		got, _, err := s.clone(c.req)
		commit := got.Commit
		got.Commit = ""
		if err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) || (commit == "") != c.want.Empty {
			t.Errorf("%+v: %+v %s, %v", c.req, got, commit, err)
			continue
		}
		if c.commits != "" {
			if n := s.git(s.path(got.Folder), "rev-list", "--count", "HEAD"); n != c.commits {
				t.Errorf("%s has %s commits", got.Folder, n)
			}
		}
	}
	s.holds("--moved", "deep", "empty", "full", "tag", "vacant")
}

func TestCloneRefusesWithACode(t *testing.T) {
	s := start(t)
	h := s.host(t)
	url := h.repository("engine.git", "a.txt")
	private := h.repository("private/engine.git", "a.txt")
	s.write("full/x", "x")
	s.write("file", "x")
	s.must(os.Symlink(t.TempDir(), s.path("out")))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	closed := "http://" + l.Addr().String() + "/a/b"
	s.must(l.Close())
	for _, c := range []struct {
		name string
		req  bridge.CloneRepository
		code string
	}{
		{"a folder with files", bridge.CloneRepository{URL: url, Folder: "full"}, bridge.CodeExists},
		{"a file", bridge.CloneRepository{URL: url, Folder: "file"}, bridge.CodeExists},
		{"below a file", bridge.CloneRepository{URL: url, Folder: "file/x"}, bridge.CodeNotDirectory},
		{"a link", bridge.CloneRepository{URL: url, Folder: "out"}, bridge.CodeExists},
		{"through a link", bridge.CloneRepository{URL: url, Folder: "out/x"}, bridge.CodeOutsideWorkspace},
		{"above", bridge.CloneRepository{URL: url, Folder: "../x"}, bridge.CodeOutsideWorkspace},
		{"the workspace", bridge.CloneRepository{URL: url, Folder: "."}, bridge.CodeInvalidPath},
		{"in .git", bridge.CloneRepository{URL: url, Folder: "x/.Git/y"}, bridge.CodeInvalidPath},
		{"no such repository", bridge.CloneRepository{URL: h.url + "/none.git"}, bridge.CodeRepositoryNotFound},
		{"a page", bridge.CloneRepository{URL: h.url + "/html/a"}, bridge.CodeRepositoryNotFound},
		{"gone", bridge.CloneRepository{URL: h.url + "/gone/a"}, bridge.CodeRepositoryNotFound},
		{"no credential", bridge.CloneRepository{URL: private}, bridge.CodeAuthenticationFailed},
		{"forbidden", bridge.CloneRepository{URL: h.url + "/forbidden/a"}, bridge.CodeAuthenticationFailed},
		{"down", bridge.CloneRepository{URL: h.url + "/down/a"}, bridge.CodeUnreachable},
		{"nobody listens", bridge.CloneRepository{URL: closed}, bridge.CodeUnreachable},
		{"no such host", bridge.CloneRepository{URL: "https://nobody.invalid/a/b"}, bridge.CodeUnreachable},
		{"no such branch", bridge.CloneRepository{URL: url, Branch: "none"}, bridge.CodeBranchNotFound},
		{"an option for a branch", bridge.CloneRepository{URL: url, Branch: "--upload-pack=x"}, bridge.CodeBadBranch},
		{"dots in a branch", bridge.CloneRepository{URL: url, Branch: "a..b"}, bridge.CodeBadBranch},
		{"a line feed in a branch", bridge.CloneRepository{URL: url, Branch: "a\nb"}, bridge.CodeBadBranch},
		{"a long branch", bridge.CloneRepository{URL: url, Branch: strings.Repeat("b", 300)}, bridge.CodeBadBranch},
		{"negative depth", bridge.CloneRepository{URL: url, Depth: -1}, bridge.CodeBadRequest},
		{"too long a time", bridge.CloneRepository{URL: url, TimeoutSeconds: 1e6}, bridge.CodeBadRequest},
		{"no address", bridge.CloneRepository{}, bridge.CodeBadRequest},
		{"ssh", bridge.CloneRepository{URL: "git@github.com:ada/engine.git"}, bridge.CodeBadRequest},
		{"ssh as a scheme", bridge.CloneRepository{URL: "ssh://github.com/ada/engine.git"}, bridge.CodeBadRequest},
		{"a command", bridge.CloneRepository{URL: "ext::sh -c touch% /tmp/x"}, bridge.CodeBadRequest},
		{"a file", bridge.CloneRepository{URL: "file://" + h.dir + "/engine.git"}, bridge.CodeBadRequest},
		{"a path", bridge.CloneRepository{URL: h.dir + "/engine.git"}, bridge.CodeBadRequest},
		{"a password", bridge.CloneRepository{URL: "https://ada:geheim@github.com/ada/engine"}, bridge.CodeBadRequest},
		{"a broken address with a password", bridge.CloneRepository{URL: "https://ada:geheim@github.com:x/ada"}, bridge.CodeBadRequest},
		{"a line feed", bridge.CloneRepository{URL: "https://github.com/a%0ahost=b/x"}, bridge.CodeBadRequest},
		{"no repository", bridge.CloneRepository{URL: "https://github.com/"}, bridge.CodeBadRequest},
		{"a query", bridge.CloneRepository{URL: "https://github.com/a/b?c"}, bridge.CodeBadRequest},
		{"an option for a host", bridge.CloneRepository{URL: "https://-x/a/b"}, bridge.CodeBadRequest},
	} {
		_, _, err := s.clone(c.req)
		if got := code(t, err); got != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
		if err != nil && (strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), s.dir)) {
			t.Errorf("%s: the message tells too much: %v", c.name, err)
		}
	}
	s.helper("x-access-token", "wrong")
	if _, _, err := s.clone(bridge.CloneRepository{URL: private}); code(t, err) != bridge.CodeAuthenticationFailed || strings.Contains(err.Error(), "wrong") {
		t.Errorf("a wrong password: %v", err)
	}
	s.holds("file", "full", "out")
}

func TestACloneThatIsCutOffLeavesNothing(t *testing.T) {
	s := start(t)
	h := s.host(t)
	url := h.repository("engine.git", "a.txt")
	s.must(os.MkdirAll(s.path(".kalpana-ABCDEFGHIJKLMNOPQRSTUVWXYZ/left"), 0o755)) // by a crash
	arrived := make(chan struct{}, 16)
	hang := func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	}
	h.stuck.Store(&hang)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	began := time.Now()
	_, err := s.CloneRepository(ctx, bridge.CloneRepository{URL: url}, func(string, any) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	s.holds()
	_, _, err = s.clone(bridge.CloneRepository{URL: url, TimeoutSeconds: 1})
	if code(t, err) != bridge.CodeTimedOut {
		t.Errorf("too slow: %v", err)
	}
	s.holds()
	gone := errors.New("the client is gone")
	h.stuck.Store(nil)
	_, err = s.CloneRepository(t.Context(), bridge.CloneRepository{URL: url}, func(string, any) error { return gone })
	if !errors.Is(err, gone) {
		t.Errorf("nobody to tell: %v", err)
	}
	s.holds()
}

func TestClonesAtATimeAreBounded(t *testing.T) {
	s := start(t)
	h := s.host(t)
	url := h.repository("engine.git", "a.txt")
	arrived, release := make(chan struct{}, 64), make(chan struct{})
	hold := func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
		http.Error(w, "no", http.StatusServiceUnavailable)
	}
	h.stuck.Store(&hold)
	var clones sync.WaitGroup
	for i := range 4 {
		clones.Go(func() {
			_, err := s.CloneRepository(t.Context(), bridge.CloneRepository{URL: url, Folder: fmt.Sprint(i)}, func(string, any) error { return nil })
			if code(t, err) != bridge.CodeUnreachable {
				t.Errorf("%v", err)
			}
		})
	}
	for range 4 {
		<-arrived
	}
	if _, _, err := s.clone(bridge.CloneRepository{URL: url}); code(t, err) != bridge.CodeBusy {
		t.Errorf("a fifth: %v", err)
	}
	close(release)
	clones.Wait()
}

func TestACloneRunsNothingOfTheRepositoryOrOfTemplates(t *testing.T) {
	s := start(t)
	h := s.host(t)
	marker := filepath.Join(t.TempDir(), "ran")
	template := t.TempDir()
	s.must(os.MkdirAll(filepath.Join(template, "hooks"), 0o755))
	for _, hook := range []string{"post-checkout", "reference-transaction", "post-index-change"} {
		s.must(os.WriteFile(filepath.Join(template, "hooks", hook), []byte("#!/bin/sh\ntouch "+marker+"\n"), 0o755))
	}
	url := h.repository("engine.git", "a.txt", ".githooks/post-checkout", ".gitattributes")
	s.git(s.dir, "config", "--global", "init.templateDir", template)
	_, _, err := s.clone(bridge.CloneRepository{URL: url, Submodules: true})
	s.must(err)
	if _, err := os.Stat(marker); err == nil {
		t.Error("a hook ran")
	}
	s.git(s.path("engine"), "checkout", "-q", "-b", "other") // the user's own run does
	if _, err := os.Stat(marker); err != nil {
		t.Error("the hook would never have run: the test proves nothing")
	}
}

func TestSubmodules(t *testing.T) {
	s := start(t)
	h := s.host(t)
	inner := h.repository("inner.git", "i.txt")
	s.git(s.dir, "clone", "-q", h.repository("outer.git", "o.txt"), filepath.Join(t.TempDir(), "w"))
	add := func(repository, url, at string) {
		t.Helper()
		work := filepath.Join(t.TempDir(), "w")
		s.git(s.dir, "clone", "-q", filepath.Join(h.dir, repository), work)
		s.git(work, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, at)
		s.git(work, "commit", "-qm", "submodule")
		s.git(work, "push", "-q")
	}
	add("outer.git", inner, "lib/inner")
	c, _, err := s.clone(bridge.CloneRepository{URL: h.url + "/outer.git", Submodules: true, Depth: 1})
	s.must(err)
	if c.Warnings != nil || s.read("outer/lib/inner/i.txt") != "i.txt\n" {
		t.Errorf("%+v", c)
	}
	if got := s.git(s.path("outer/lib/inner"), "status", "--porcelain"); got != "" {
		t.Errorf("after the move git says %s", got)
	}
	c, _, err = s.clone(bridge.CloneRepository{URL: h.url + "/outer.git", Folder: "without"})
	s.must(err)
	if _, err := os.Stat(s.path("without/lib/inner/i.txt")); err == nil || c.Warnings != nil {
		t.Errorf("submodules that nobody asked for: %+v", c)
	}
	// One that is a file of this machine is refused, and the rest is there.
	h.repository("hostile.git", "o.txt")
	add("hostile.git", filepath.Join(h.dir, "inner.git"), "stolen")
	c, _, err = s.clone(bridge.CloneRepository{URL: h.url + "/hostile.git", Submodules: true})
	s.must(err)
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "'file' not allowed") {
		t.Errorf("%q", c.Warnings)
	}
	if _, err := os.Stat(s.path("hostile/stolen/i.txt")); err == nil || s.read("hostile/o.txt") != "o.txt\n" {
		t.Error("the file of this machine was read, or the rest is missing")
	}
}

func TestLargeFilesWithoutTheirProgramAreAWarning(t *testing.T) {
	s := start(t)
	h := s.host(t)
	url := h.repository("engine.git", "a.txt")
	// A git without LFS, whatever this machine has.
	bin := t.TempDir()
	s.must(os.WriteFile(filepath.Join(bin, "git-lfs"), []byte("#!/bin/sh\necho 'Downloading LFS objects:  50% (1/2), 1.0 MB | 1.0 MB/s'\necho 'batch response: over quota' >&2\nexit 2\n"), 0o755))
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	c, seen, err := s.clone(bridge.CloneRepository{URL: url, LFS: true})
	s.must(err)
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "over quota") || strings.Contains(c.Warnings[0], "Downloading") {
		t.Errorf("%q", c.Warnings)
	}
	if last := seen[len(seen)-1]; last.Phase != bridge.PhaseLFS {
		t.Errorf("%+v", last)
	}
	s.holds("engine")
}
