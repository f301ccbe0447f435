package git_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/git"
	"github.com/kalpana-dev/kalpana/bridge/supervisor"
)

// look does everything that a program may do without asking.
func (s *stand) look(path string) {
	s.t.Helper()
	ctx := s.t.Context()
	_, statusErr := s.Status(ctx, bridge.GitStatus{Path: path})
	code(s.t, statusErr)
	for _, req := range []bridge.GitDiff{{}, {Staged: true}, {Base: "HEAD"}, {Base: "HEAD~1"}} {
		req.Path = path
		_, err := s.Diff(ctx, req)
		code(s.t, err)
	}
	_, err := s.Log(ctx, bridge.GitLog{Path: path})
	code(s.t, err)
}

// Every way known for a repository to run commands while git merely looks at it.
func TestLookingRunsNothing(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "ran")
	command := "touch " + marker + " #"
	for name, set := range map[string]func(s *stand, config func(key, value string)){
		"fsmonitor": func(_ *stand, c func(k, v string)) { c("core.fsmonitor", command) },
		"pager": func(_ *stand, c func(k, v string)) {
			c("core.pager", command)
			c("pager.log", command)
			c("pager.diff", command)
		},
		"diff.external": func(_ *stand, c func(k, v string)) { c("diff.external", command) },
		"ssh":           func(_ *stand, c func(k, v string)) { c("core.sshCommand", command) },
		"alias":         func(_ *stand, c func(k, v string)) { c("alias.status", "!"+command); c("alias.rev-parse", "!"+command) },
		"included config": func(s *stand, c func(k, v string)) {
			s.write("repo/x", "[core]\nfsmonitor = \""+command+"\"\n")
			c("include.path", "../x")
		},
		"diff driver": func(s *stand, c func(k, v string)) {
			s.write("repo/.gitattributes", "* diff=evil\n")
			c("diff.evil.command", command)
			c("diff.evil.textconv", command)
		},
		"filter": func(s *stand, c func(k, v string)) {
			s.write("repo/.gitattributes", "* filter=evil\n")
			c("filter.evil.clean", command)
			c("filter.evil.smudge", command)
			c("filter.evil.required", "true")
		},
		"filter process": func(s *stand, c func(k, v string)) {
			s.write("repo/.git/info/attributes", "* filter=E.v=i l\n")
			c("filter.E.v=i l.process", command)
			s.write("repo/.git/info/attributes", "* filter=evil\n")
			c("filter.evil.process", command)
		},
		"filter of a worktree": func(s *stand, c func(k, v string)) {
			s.write("repo/.gitattributes", "* filter=evil\n")
			c("extensions.worktreeConfig", "true")
			s.git(s.path("repo"), "config", "--worktree", "filter.evil.clean", command)
		},
		"hooks": func(s *stand, _ func(k, v string)) {
			for _, hook := range []string{"post-index-change", "fsmonitor-watchman", "post-checkout", "reference-transaction"} {
				s.must(os.WriteFile(s.path("repo/.git/hooks/"+hook), []byte("#!/bin/sh\ntouch "+marker+"\n"), 0o755))
			}
		},
		"hooks path": func(s *stand, c func(k, v string)) {
			s.must(os.MkdirAll(s.path("repo/h"), 0o755))
			s.must(os.WriteFile(s.path("repo/h/post-index-change"), []byte("#!/bin/sh\ntouch "+marker+"\n"), 0o755))
			c("core.hooksPath", "h")
		},
		"signatures": func(s *stand, c func(k, v string)) {
			s.must(os.WriteFile(s.path("gpg"), []byte("#!/bin/sh\ntouch "+marker+"\n"), 0o755))
			for _, program := range []string{"gpg.program", "gpg.openpgp.program", "gpg.ssh.program", "gpg.x509.program"} {
				c(program, s.path("gpg"))
			}
			c("log.showSignature", "true")
			commit := s.git(s.path("repo"), "cat-file", "commit", "HEAD")
			head, message, _ := strings.Cut(commit, "\n\n")
			s.write("repo/signed", head+"\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n"+message)
			s.git(s.path("repo"), "reset", "-q", "--soft", s.git(s.path("repo"), "hash-object", "-t", "commit", "-w", "signed"))
		},
		"promisor": func(s *stand, c func(k, v string)) {
			// A commit whose parent's tree is missing, and a remote that would be asked for it.
			for _, kv := range [][2]string{{"core.repositoryFormatVersion", "1"}, {"extensions.partialClone", "o"}, {"remote.o.url", "ext::touch " + marker},
				{"remote.o.promisor", "true"}, {"remote.o.uploadpack", command}, {"protocol.ext.allow", "always"}, {"protocol.allow", "always"}} {
				c(kv[0], kv[1])
			}
			blob := s.git(s.path("repo"), "rev-parse", "HEAD~1:a")
			s.must(os.Remove(s.path("repo/.git/objects/" + blob[:2] + "/" + blob[2:])))
		},
		"submodule": func(s *stand, _ func(k, v string)) {
			s.repository("repo/sub", "x")
			s.git(s.path("repo"), "-c", "advice.addEmbeddedRepo=false", "add", "sub")
			s.git(s.path("repo"), "commit", "-qm", "sub")
			s.write("repo/sub/x", "y\n") // as long as before, so that git has to read it
			s.write("repo/sub/.gitattributes", "* filter=evil\n")
			s.git(s.path("repo/sub"), "config", "filter.evil.clean", command)
			s.git(s.path("repo/sub"), "config", "core.fsmonitor", command)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			s.repository("repo", "a", "b")
			s.write("repo/a", "second\n")
			s.git(s.path("repo"), "commit", "-qam", "second")
			set(s, func(key, value string) { s.git(s.path("repo"), "config", key, value) })
			// Changed so that git has to read it: same size, other time.
			s.write("repo/a", "sECOND\n")
			s.write("repo/b", "b\n")
			future := time.Now().Add(time.Hour)
			s.must(os.Chtimes(s.path("repo/b"), future, future))
			_ = os.Remove(marker) // the set-up ran git, too
			s.look("repo")
			if _, err := os.Lstat(marker); err == nil {
				t.Error("a command of the repository ran")
				_ = os.Remove(marker)
			}
			s.typed("repo", marker)
		})
	}
}

// typed runs git's reading commands as somebody would type them, silenced as Programs says.
func (s *stand) typed(name, marker string) {
	s.t.Helper()
	root, err := os.OpenRoot(s.path(name))
	s.must(err)
	defer root.Close()
	p, err := git.New(root, s.state, supervisor.NewChildren()).Programs(s.t.Context(), bridge.GitPrograms{})
	s.must(err)
	if len(p.Loud) > 0 {
		return // nobody runs it without asking
	}
	env := os.Environ()
	for name, value := range p.Env {
		env = append(env, name+"="+value)
	}
	for _, line := range []string{"status", "status --short", "diff", "diff HEAD~1", "diff --cached", "log -p", "show", "show HEAD~1:a", "blame a", "ls-files -m", "describe --always --dirty", "grep -n s", "rev-list --count HEAD", "cat-file -p HEAD~1:a", "stash list", "shortlog -s HEAD", "branch -v", "ls-tree -r -l HEAD~1"} {
		cmd := exec.CommandContext(s.t.Context(), "git", strings.Fields(line)...)
		cmd.Dir, cmd.Env = s.path(name), env
		out, _ := cmd.CombinedOutput() // some fail where something is missing
		if _, err := os.Lstat(marker); err == nil {
			s.t.Errorf("git %s ran a command of the repository: %s", line, out)
			_ = os.Remove(marker)
		}
	}
}

func TestProgramsOfARepository(t *testing.T) {
	s := start(t)
	told := func(silenced, loud string) {
		t.Helper()
		p, err := s.Programs(t.Context(), bridge.GitPrograms{})
		if err != nil || strings.Join(p.Silenced, " ") != silenced || strings.Join(p.Loud, " ") != loud || p.Env["GIT_CONFIG_COUNT"] == "" {
			t.Errorf("got %+v, %v, want %q and %q", p, err, silenced, loud)
		}
	}
	told("", "") // no repository
	s.repository(".", "a")
	s.git(s.dir, "config", "--global", "diff.external", "mine")
	told("", "")
	s.git(s.dir, "config", "core.fsmonitor", "x")
	s.git(s.dir, "config", "Filter.A.clean", "x")
	told("core.fsmonitor filter.A.clean", "")
	s.git(s.dir, "config", "diff.External", "x")
	s.git(s.dir, "config", "diff.md.TextConv", "x")
	s.write(".gitmodules", "[submodule \"x\"]\n\tignore = none\n")
	told("core.fsmonitor filter.A.clean", "diff.external diff.md.textconv submodule.x.ignore")
	s.write("all", "[diff]\n\texternal = x\n")
	s.git(s.dir, "config", "--unset", "diff.external")
	s.git(s.dir, "config", "--unset", "diff.md.textconv")
	s.git(s.dir, "config", "include.path", "../all")
	told("core.fsmonitor filter.A.clean", "diff.external submodule.x.ignore")
}

// The counterpart: without it the test above might look at nothing.
func TestTheCommandsOfTheTestAboveWouldRun(t *testing.T) {
	s := start(t)
	s.repository("repo", "a")
	marker := filepath.Join(t.TempDir(), "ran")
	for key, value := range map[string]string{"filter.evil.clean": "touch " + marker + "; cat", "core.fsmonitor": "touch " + marker + " #"} {
		s.write("repo/.gitattributes", "* filter=evil\n")
		s.git(s.path("repo"), "config", key, value)
		s.write("repo/a", "b\n")
		s.git(s.path("repo"), "status")
		if _, err := os.Lstat(marker); err != nil {
			t.Errorf("%s did not run", key)
		}
		_ = os.Remove(marker)
		s.git(s.path("repo"), "config", "--unset", key)
	}
}

func TestFiltersOfTheUserCount(t *testing.T) {
	s := start(t)
	s.repository("repo")
	s.write("repo/.gitattributes", "* filter=lower\n")
	s.git(s.dir, "config", "--global", "filter.lower.clean", "tr A-Z a-z")
	s.git(s.path("repo"), "config", "filter.lower.clean", "false")
	s.write("repo/a", "TEXT\n")
	s.git(s.path("repo"), "-c", "filter.lower.clean=tr A-Z a-z", "add", ".")
	s.git(s.path("repo"), "commit", "-qm", "1")
	s.write("repo/a", "OTHER\n")
	d, err := s.Diff(t.Context(), bridge.GitDiff{Path: "repo"})
	if err != nil || !strings.Contains(d.Diff, "-text\n+other\n") {
		t.Errorf("got %+v, %v", d, err)
	}
}

func TestLookingChangesNothing(t *testing.T) {
	s := start(t)
	s.repository("repo", "a", "b")
	s.write("repo/b", "changed\n")
	later := time.Now().Add(time.Hour)
	s.must(os.Chtimes(s.path("repo/a"), later, later))
	everything := func() map[string]string {
		all := s.tree(s.dir)
		delete(all, "repo/.git/index") // diffs refresh what it says of times
		all["index"] = s.git(s.path("repo"), "ls-files", "--stage")
		return all
	}
	before := everything()
	s.look("repo")
	if d := differences(before, everything()); d != "" {
		t.Errorf("changed: %s", d)
	}
	// Status alone does not even do that.
	s.must(os.Chtimes(s.path("repo/a"), later.Add(time.Hour), later))
	whole := s.tree(s.dir)
	s.status("repo")
	if d := differences(whole, s.tree(s.dir)); d != "" {
		t.Errorf("status changed: %s", d)
	}
}

func TestOptionsOfTheRepositoryDoNotSpoilAnswers(t *testing.T) {
	s := start(t)
	s.repository("repo", "dir/a")
	for key, value := range map[string]string{
		"color.ui": "always", "status.short": "true", "status.branch": "false", "status.showUntrackedFiles": "no", "status.aheadBehind": "false",
		"status.relativePaths": "true", "status.showStash": "true", "diff.noprefix": "true", "diff.mnemonicPrefix": "true", "diff.context": "0",
		"diff.relative": "true", "diff.submodule": "log", "log.decorate": "full", "log.showRoot": "true", "format.pretty": "raw", "log.date": "raw",
		"i18n.logOutputEncoding": "UTF-16", "core.quotePath": "true", "diff.renames": "false", "log.follow": "true", "diff.wordRegex": ".",
	} {
		s.git(s.path("repo"), "config", key, value)
	}
	s.write("repo/dir/a", "dir/a\n1\n2\n3\n4\n5\n")
	s.write("repo/ü", "")
	if got := summary(s.status("repo/dir")); got != ".M repo/dir/a|?? repo/ü" {
		t.Errorf("status: %s", got)
	}
	d, err := s.Diff(t.Context(), bridge.GitDiff{Path: "repo/dir"})
	if err != nil || !strings.HasPrefix(d.Diff, "diff --git a/dir/a b/dir/a\n") || !strings.Contains(d.Diff, "@@ -1 +1,6 @@\n dir/a\n+1\n") || d.Added != 5 {
		t.Errorf("diff: %+v, %v", d, err)
	}
	l, err := s.Log(t.Context(), bridge.GitLog{Path: "repo/dir/a"})
	if err != nil || len(l.Commits) != 1 || l.Commits[0].Subject != "first" || l.Commits[0].Email != "ada@example.com" {
		t.Errorf("log: %+v, %v", l, err)
	}
}

func TestARepositoryThatHangsGitIsGivenUp(t *testing.T) {
	s := start(t)
	s.repository("repo", "a")
	s.remove("repo/.git/config")
	s.must(syscall.Mkfifo(s.path("repo/.git/config"), 0o644))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := s.Status(ctx, bridge.GitStatus{Path: "repo"}); err != context.DeadlineExceeded {
		t.Errorf("got %v", err)
	}
}

// A folder that becomes a link while git looks at it must not lead out.
func TestARaceWithALinkShowsNothingOutside(t *testing.T) {
	s := start(t)
	outside := t.TempDir()
	s.git(outside, "init", "-q")
	s.must(os.WriteFile(filepath.Join(outside, "secret"), nil, 0o644))
	s.repository("real", "a")
	s.write("real/harmless", "")
	s.link(outside, "lure")
	done, swapped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(swapped)
		for {
			select {
			case <-done:
				return
			default:
				_ = os.Rename(s.path("real"), s.path("tmp"))
				_ = os.Rename(s.path("lure"), s.path("real"))
				_ = os.Rename(s.path("real"), s.path("lure"))
				_ = os.Rename(s.path("tmp"), s.path("real"))
			}
		}
	}()
	seen := 0
	for range 200 {
		state, err := s.Status(t.Context(), bridge.GitStatus{Path: "real"})
		code(t, err)
		for _, f := range state.Files {
			seen++
			if strings.Contains(f.Path, "secret") {
				t.Errorf("saw %s", f.Path)
			}
		}
	}
	close(done)
	<-swapped
	t.Logf("%d of 200 looks succeeded", seen)
}
