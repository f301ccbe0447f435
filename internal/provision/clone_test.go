package provision_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/githubtest"
	"github.com/kalpana-dev/kalpana/internal/provision"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestACloneThatFailsLeavesAUsableWorkspace(t *testing.T) {
	s := newStand(t, nil)
	s.repository(map[string]string{"a": "b"})
	s.github.Fault("/ada/engine.git/info/refs", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusServiceUnavailable) })
	w := s.start()
	if w.Clone.State != workspace.CloneFailed || w.Folder != "" || w.SetUp {
		t.Errorf("it is %+v", w)
	}
	if n := w.Notices; len(n) != 1 || n[0].Kind != workspace.NoticeClone || n[0].Text != w.Clone.Problem ||
		!strings.HasPrefix(n[0].Text, "ada/engine was not cloned: ") || !strings.HasSuffix(n[0].Text, ". The workspace works without it.") || strings.Contains(n[0].Text, "\n") {
		t.Errorf("the notices are %q, the problem %q", notices(w), w.Clone.Problem)
	}
	s.wantLog("code: " + w.Clone.Problem)
	s.wantRuns() // nobody knows how the template does
	if got := s.space.run("echo works"); got != "works" {
		t.Errorf("a command says %q", got)
	}

	// The next start tries again.
	s.github.Fault("/ada/engine.git/info/refs", nil)
	s.stop()
	if w = s.start(); w.Clone.State != workspace.CloneDone || w.Clone.Problem != "" || w.Folder != "engine" || !w.SetUp {
		t.Errorf("then it is %+v", w)
	}
	s.wantNotices(w)
	s.wantRuns("blank@1 well")
}

func TestARepositoryThatMayNotBeCloned(t *testing.T) {
	s := newStand(t, nil)
	s.repository(nil)
	s.host.cloneErr = errors.New("it is private, and GitHub is not connected")
	w := s.start()
	s.wantNotices(w, "clone: ada/engine was not cloned: it is private, and GitHub is not connected.")
	if strings.Contains(s.space.kinds(), bridge.TypeCloneRepository) || w.Clone.State != workspace.CloneFailed {
		t.Errorf("it was cloned; it is %+v", w)
	}
}

func TestWhatIsClonedAndHow(t *testing.T) {
	s := newStand(t, nil)
	s.github.AddRepo(githubtest.Repo{Name: "ada/engine", Files: map[string]string{"a": "main"}, Branches: map[string]map[string]string{"wip": {"a": "wip"}}})
	s.become(func(w *workspace.Workspace) {
		w.GithubRepo, w.Branch, w.Clone = "ada/engine", "wip", workspace.Clone{Depth: 3, Submodules: true, LFS: true}
	})
	s.space.answering(bridge.TypeCloneRepository, func(_ context.Context, payload any, say func(string, any)) (any, error) {
		want := bridge.CloneRepository{URL: s.host.url + "/ada/engine.git", Branch: "wip", Depth: 3, Submodules: true, LFS: true, TimeoutSeconds: 3600}
		if payload != want {
			t.Errorf("asked was for %+v", payload)
		}
		say(bridge.EventProgress, bridge.CloneProgress{Phase: bridge.PhaseReceive, Percent: 45, Text: "Receiving objects: 45% (9/20)"})
		say("news", map[string]string{"text": "of a newer bridge"})
		return bridge.Cloned{Folder: "engine", Warnings: []string{"The submodule x is missing.", "The large files are missing."}}, nil
	})
	w := s.start()
	s.wantNotices(w, "clone: The submodule x is missing.", "clone: The large files are missing.")
	s.wantLog("code: cloning "+s.host.url+"/ada/engine.git", "code: Receiving objects: 45% (9/20) [45]")
	if w.Clone != (workspace.Clone{Depth: 3, Submodules: true, LFS: true, State: workspace.CloneDone}) {
		t.Errorf("it is %+v", w.Clone)
	}
}

func TestAnEmptyRepository(t *testing.T) {
	s := newStand(t, nil)
	s.repository(nil)
	w := s.start()
	s.wantNotices(w)
	s.wantLog("code: ada/engine is empty; its folder is engine")
	if w.Folder != "engine" || w.Clone.State != workspace.CloneDone {
		t.Errorf("it is %+v", w)
	}
}

func TestACloneThatIsInterruptedIsTakenUpAgain(t *testing.T) {
	s := newStand(t, nil)
	s.repository(map[string]string{"a": "b"})
	arrived, end := s.hang()
	w := s.starting()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	var got workspace.Workspace
	go func() {
		var err error
		got, err = s.Inside(ctx, w, s.records)
		ended <- err
	}()
	within(t, "the host is asked", arrived)
	cancel()
	if err := within(t, "the start ends", ended); !errors.Is(err, context.Canceled) || !s.space.held() {
		t.Errorf("it ended with %v", err)
	}
	s.wantNotices(got)
	if got.Clone.State != workspace.CloneNone {
		t.Errorf("the clone is %+v", got.Clone)
	}
	end()
	got, err := s.Inside(t.Context(), w, s.records)
	must(t, err)
	s.wantNotices(got)
	if got.Clone.State != workspace.CloneDone || s.space.read("engine/a") != "b" || s.space.held() {
		t.Errorf("taken up again it is %+v", got)
	}
}

func TestAFolderThatIsThereAlready(t *testing.T) {
	for _, c := range []struct {
		name  string
		there func(s *stand)
		done  bool
	}{
		{"a clone of it", func(s *stand) {
			s.space.git("", "clone", "-q", s.host.url+"/ada/engine.git", "engine")
			s.space.write("engine/a", "changed")
		}, true},
		{"a clone of something else", func(s *stand) {
			s.space.git("", "clone", "-q", s.host.url+"/ada/engine.git", "engine")
			s.space.git("engine", "remote", "set-url", "origin", s.host.url+"/eve/engine.git")
		}, false},
		{"no repository", func(s *stand) { s.space.write("engine/a", "mine") }, false},
		{"a file", func(s *stand) { s.space.write("engine", "mine") }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStand(t, nil)
			s.repository(map[string]string{"a": "b"})
			c.there(s)
			w := s.start()
			if c.done {
				s.wantNotices(w)
				if w.Clone.State != workspace.CloneDone || w.Folder != "engine" || s.space.read("engine/a") != "changed" {
					t.Errorf("it is %+v", w)
				}
			} else if n := w.Notices; w.Clone.State != workspace.CloneFailed || w.Folder != "" || len(n) != 1 || !strings.Contains(n[0].Text, "there") {
				t.Errorf("it is %+v, %q", w.Clone, notices(w))
			}
		})
	}
}

// failedClone is a running workspace whose repository could not be had, and can be now.
func failedClone(t *testing.T) *stand {
	t.Helper()
	s := newStand(t, nil)
	s.repository(map[string]string{"a": "b"})
	s.host.cloneErr = errors.New("not yet")
	d := oneRequired
	d.Setup, d.Extensions = "echo set up >>setups; cat a", []string{"bad.one"}
	s.template(d)
	if w := s.start(); w.Clone.State != workspace.CloneFailed || w.SetUp || s.space.read("setups") != "(none)" || len(s.templates.ran()) > 0 {
		t.Fatalf("it is %+v", w)
	}
	s.host.mu.Lock()
	defer s.host.mu.Unlock()
	s.host.cloneErr = nil
	return s
}

func TestACloneIsTriedAgain(t *testing.T) {
	s := failedClone(t)
	must(t, s.CloneAgain(t.Context(), "w1"))
	eventually(t, "it is cloned and set up", func() bool { return s.records.now().SetUp && !s.space.busy() && len(s.templates.ran()) == 1 })
	w := s.records.now()
	if n := notices(w); !strings.Contains(n, missingNeeded) || strings.Contains(n, "not yet") { // those of other kinds stay
		t.Errorf("the notices are %q", n)
	}
	if w.Folder != "engine" || w.Clone != (workspace.Clone{State: workspace.CloneDone}) || s.space.read("engine/setups") != "set up\n" || s.records.uses() == 0 {
		t.Errorf("it is %+v, used %d times", w, s.records.uses())
	}
	s.wantRuns(w.Template + "@1 well")

	// Once is enough.
	s.space.kinds()
	must(t, s.CloneAgain(t.Context(), "w1"))
	must(t, s.Service.Close())
	if got := s.space.kinds(); got != "" {
		t.Errorf("asked were %q", got)
	}
}

func TestACloneThatFailsAgain(t *testing.T) {
	s := failedClone(t)
	s.github.Delete("ada/engine")
	s.host.credential = func(context.Context, string, string, bridge.CredentialRequest) (string, string, error) {
		return "", "", errors.New("you have none")
	}
	before := s.records.refits
	must(t, s.CloneAgain(t.Context(), "w1"))
	eventually(t, "the outcome is stored", func() bool {
		s.records.mu.Lock()
		defer s.records.mu.Unlock()
		return s.records.refits > before
	})
	w := s.records.now()
	clones := 0
	for _, n := range w.Notices {
		if n.Kind == workspace.NoticeClone {
			clones++
			if n.Text != w.Clone.Problem || strings.Contains(n.Text, "not yet") {
				t.Errorf("the notice is %q, the problem %q", n.Text, w.Clone.Problem)
			}
		}
	}
	if clones != 1 || w.Clone.State != workspace.CloneFailed || !strings.Contains(notices(w), missingNeeded) {
		t.Errorf("it is %+v, %q", w.Clone, notices(w))
	}
}

func TestOneCloneAtATime(t *testing.T) {
	s := failedClone(t)
	s.space.kinds()
	arrived, end := s.hang()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := s.CloneAgain(t.Context(), "w1"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	within(t, "the host is asked", arrived)
	must(t, s.CloneAgain(t.Context(), "w1"))
	// The connection breaks off, and with it the clone.
	end()
	s.space.cut()
	eventually(t, "that is told", func() bool { return s.records.now().Clone.Problem != "ada/engine was not cloned: not yet" })
	if n := len(s.space.of(bridge.TypeCloneRepository)); n != 1 {
		t.Errorf("it was cloned %d times", n)
	}
	eventually(t, "another attempt is made", func() bool {
		must(t, s.CloneAgain(t.Context(), "w1"))
		return s.records.now().Clone.State == workspace.CloneDone
	})
}

func TestWhatCannotBeClonedAgain(t *testing.T) {
	s := newStand(t, nil)
	if err := s.CloneAgain(t.Context(), "other"); !errors.Is(err, workspace.ErrNotFound) {
		t.Errorf("another workspace: %v", err)
	}
	if err := s.CloneAgain(t.Context(), "w1"); !errors.Is(err, provision.ErrNotRunning) {
		t.Errorf("a stopped one: %v", err)
	}
	s.start()
	s.space.kinds()
	must(t, s.CloneAgain(t.Context(), "w1"))
	must(t, s.Service.Close())
	if got := s.space.kinds(); got != "" {
		t.Errorf("one without a repository: asked were %q", got)
	}
}

func TestAWorkspaceThatCannotBeReachedForAClone(t *testing.T) {
	s := failedClone(t)
	before := s.records.now()
	s.space.refusing(errors.New("connection refused"))
	must(t, s.CloneAgain(t.Context(), "w1"))
	eventually(t, "the log says so", func() bool {
		return strings.Contains(s.records.said(), "code: the workspace cannot be reached: connection refused")
	})
	if w := s.records.now(); notices(w) != notices(before) || w.Clone != before.Clone {
		t.Errorf("it is %+v", w)
	}
}

func TestCloseEndsACloneThatIsTriedAgain(t *testing.T) {
	s := failedClone(t)
	before := s.records.now()
	arrived, end := s.hang()
	must(t, s.CloneAgain(t.Context(), "w1"))
	within(t, "the host is asked", arrived)
	must(t, s.Service.Close())
	end()
	if w := s.records.now(); w.Clone != before.Clone || notices(w) != notices(before) {
		t.Errorf("an outcome was stored: %+v", w)
	}
	must(t, s.CloneAgain(t.Context(), "w1"))
	if s.space.connections() != 0 {
		t.Error("a closed service is connected")
	}
}

// A devcontainer.json that comes with a late clone counts from then on.
func TestALateCloneBringsItsEnvironment(t *testing.T) {
	s := failedClone(t)
	_, err := s.github.Commit("ada/engine", "main", "more", map[string]string{".devcontainer.json": devcontainer, "a": "b"})
	must(t, err)
	must(t, s.CloneAgain(t.Context(), "w1"))
	eventually(t, "it is set up", func() bool { return s.records.now().SetUp && !s.space.busy() })
	w := s.records.now()
	if !strings.Contains(notices(w), "template: .devcontainer.json asks for gh. Restart the workspace to have them.") || strings.Join(w.Packages, " ") != "gh" {
		t.Errorf("it has %q, %q", w.Packages, notices(w))
	}
	if got := s.space.run(`echo "$SHAPE"`); got != "round" {
		t.Errorf("programs find %q", got)
	}
}

// The bridge is a program of the workspace: what it says may be anything.
func TestAnswersOfAStrangeBridge(t *testing.T) {
	for name, c := range map[string]struct {
		cloned bridge.Cloned
		err    error
		state  string
	}{
		"a folder elsewhere": {cloned: bridge.Cloned{Folder: "../../etc"}, state: workspace.CloneFailed},
		"an absolute folder": {cloned: bridge.Cloned{Folder: "/etc"}, state: workspace.CloneFailed},
		"no folder":          {state: workspace.CloneFailed},
		"a long refusal":     {err: bridge.Errorf(bridge.CodeGitFailed, "%s", strings.Repeat("no\x1b\n", 1<<18)), state: workspace.CloneFailed},
		"many warnings":      {cloned: bridge.Cloned{Folder: "engine", Warnings: slices.Repeat([]string{strings.Repeat("ü", 1<<10), "b"}, 1<<10)}, state: workspace.CloneDone},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, nil)
			s.repository(nil)
			s.space.answering(bridge.TypeCloneRepository, func(context.Context, any, func(string, any)) (any, error) { return c.cloned, c.err })
			w := s.start()
			if n := notices(w); w.Clone.State != c.state || len(n) > 3000 || n == "" || strings.ContainsAny(w.Notices[0].Text, "\n\x1b\uFFFD") || w.Folder == "../../etc" || w.Folder == "/etc" {
				t.Errorf("it is %+v, the notices have %d bytes: %.200q", w.Clone, len(n), n)
			}
		})
	}
}
