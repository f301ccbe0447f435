package provision_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/provision"
	"github.com/kalpana-dev/kalpana/internal/template"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestASetupThatFailsRunsAgainAtTheNextStart(t *testing.T) {
	s := newStand(t, nil)
	s.drawer.secrets = []string{"hush-hush-hush"}
	id := s.template(template.Definition{
		Setup: `echo once >>tries; printf 'reading\r\n\033[31mno hush-hush-hush here\n\n'; test -e ok || exit 7`, Start: "echo started >>starts",
	})
	w := s.start()
	if w.SetUp || len(w.Notices) != 1 || w.Notices[0].Kind != workspace.NoticeSetup {
		t.Fatalf("it is %+v", w)
	}
	text := w.Notices[0].Text
	if !strings.HasPrefix(text, "The setup command ended with code 7. Its last words: ") || !strings.HasSuffix(text, " here. It runs again at the next start.") ||
		strings.ContainsAny(text, "\x1b\r\n") || strings.Contains(text+s.records.said(), "hush") {
		t.Errorf("the notice is %q, the log\n%s", text, s.records.said())
	}
	s.wantRuns(id + "@1 badly")
	eventually(t, "the start command runs all the same", func() bool { return s.space.read("starts") == "started\n" })

	s.space.write("ok", "")
	s.stop()
	if w = s.start(); !w.SetUp {
		t.Errorf("then it is %+v", w)
	}
	s.wantNotices(w)
	s.wantRuns(id+"@1 badly", id+"@1 well")
	eventually(t, "the start command ran twice", func() bool { return s.space.read("starts") == "started\nstarted\n" })

	// Now it stays so.
	must(t, os.Remove(filepath.Join(s.space.root, "ok")))
	s.stop()
	if w = s.start(); !w.SetUp || s.space.read("tries") != "once\nonce\n" {
		t.Errorf("in the end it is %+v, tried %q", w, s.space.read("tries"))
	}
	s.wantNotices(w)
	eventually(t, "the start command ran three times", func() bool { return s.space.read("starts") == "started\nstarted\nstarted\n" })
}

func TestCommandsThatCannotBeRun(t *testing.T) {
	s := newStand(t, nil)
	id := s.template(template.Definition{Setup: "true", Start: "true"})
	s.space.answering(bridge.TypeRunCommand, func(context.Context, any, func(string, any)) (any, error) {
		return nil, bridge.Errorf(bridge.CodeTooManyProcesses, "32 processes are running.")
	})
	w := s.start()
	s.wantNotices(w, "setup: The setup command did not run: 32 processes are running.", "setup: The start command did not run: 32 processes are running.")
	s.wantRuns(id + "@1 badly")
	if w.SetUp {
		t.Error("it counts as set up")
	}
}

func TestASetupThatEndsUnseen(t *testing.T) {
	s := newStand(t, nil)
	s.template(template.Definition{Setup: "true"})
	for _, c := range []struct {
		ended bridge.Attached
		err   error
		want  string
	}{
		{err: bridge.Errorf(bridge.CodeNoProcess, "no such process."), want: "It is not known how the setup command ended: no such process."},
		{ended: bridge.Attached{}, want: "The setup command ended with code -1. Its last words: . It runs again at the next start."},
	} {
		s.space.answering(bridge.TypeAttachProcess, func(context.Context, any, func(string, any)) (any, error) { return c.ended, c.err })
		w := s.start()
		s.wantNotices(w, "setup: "+c.want)
		if w.SetUp {
			t.Error("it counts as set up")
		}
		s.stop()
	}
}

// What a program says is bounded, and cut where characters end.
func TestTheLastWordsAreBounded(t *testing.T) {
	s := newStand(t, nil)
	s.template(template.Definition{Setup: `head -c 100000 /dev/zero | tr '\0' x; printf '%0200d' 0; for i in $(seq 200); do printf 'ü'; done; exit 1`})
	w := s.start()
	if n := len(notices(w)); n > 500 || strings.Contains(notices(w), "\uFFFD") {
		t.Errorf("the notice has %d bytes: %s", n, notices(w))
	}
	for line := range strings.Lines(s.records.said()) {
		if len(line) > 500 {
			t.Errorf("a line of the log has %d bytes", len(line))
		}
	}
}

func TestExtensions(t *testing.T) {
	s := newStand(t, nil)
	s.drawer.secrets = []string{"hush-hush-hush"}
	id := s.template(template.Definition{Extensions: []string{"good.one", "bad.one", "bad.two"}})
	w := s.start()
	n := notices(w)
	if !strings.HasPrefix(n, "extensions: Extensions that were not installed: bad.one, bad.two (") || !strings.HasSuffix(n, ").") || strings.HasSuffix(n, "..).") {
		t.Errorf("the notices are %q", n)
	}
	if strings.Contains(n+s.records.said(), "hush") {
		t.Errorf("a secret is in %q or the log\n%s", n, s.records.said())
	}
	s.wantLog("setup: Installed good.one.")
	s.wantRuns(id + "@1 well") // a gallery that does not answer is not the template's fault
	if !w.SetUp {
		t.Errorf("it is %+v", w)
	}
	s.stop()
	must(t, os.Remove(s.space.cli))
	w = s.start()
	if n := notices(w); !strings.HasPrefix(n, "extensions: The editor's extensions were not installed: ") {
		t.Errorf("without an installer the notices are %q", n)
	}
}

// A template that is not found any more is not told of runs, one that the user broke is not to blame.
func TestRunsAreToldOfTheVersionThatRan(t *testing.T) {
	s := newStand(t, nil)
	id := s.template(template.Definition{Setup: "true"})
	s.start()
	made, _, err := s.templates.Get(t.Context(), template.Actor{UserID: owner}, id)
	must(t, err)
	if !made.Tried {
		t.Errorf("the template is %+v", made)
	}
	_, _, err = s.templates.Update(t.Context(), template.Actor{UserID: owner}, id, template.Input{Definition: &template.Definition{Setup: "false"}})
	must(t, err)
	s.stop()
	s.start()
	s.wantRuns(id+"@1 well", id+"@1 well") // the version that the workspace was made from
}

func TestBeforeStopNotesWhatIsOnlyHere(t *testing.T) {
	s := newStand(t, nil)
	s.repository(map[string]string{"a": "b"})
	s.start()
	s.space.write("engine/a", "changed")
	s.space.git("engine", "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qam", "mine")
	s.space.write("engine/new", "x")
	s.stop()
	got := s.ledger.work["w1"]
	if got.Found != 1 || len(got.Repositories) != 1 || got.Repositories[0].Folder != "engine" || got.Repositories[0].Uncommitted != 1 ||
		len(got.Repositories[0].Branches) != 1 || got.Repositories[0].Branches[0].Commits != 1 {
		t.Errorf("noted was %+v", got)
	}
}

func TestBeforeStopOfAWorkspaceThatHangs(t *testing.T) {
	s := newStand(t, nil)
	s.start()
	w := s.records.now()
	for name, hang := range map[string]func(){
		"its bridge is gone":  func() { s.space.refusing(errors.New("connection refused")) },
		"its bridge is older": func() { s.space.refusing(nil) },
	} {
		hang()
		s.space.answering(bridge.TypeUnpushed, func(context.Context, any, func(string, any)) (any, error) {
			return nil, bridge.Errorf(bridge.CodeUnknownType, "unpushed is no type of request")
		})
		s.BeforeStop(t.Context(), w)
		if len(s.ledger.work) > 0 {
			t.Errorf("%s: noted was %+v", name, s.ledger.work)
		}
	}
	s.space.refusing(nil)
	ctx, cancel := context.WithCancel(t.Context())
	s.space.answering(bridge.TypeUnpushed, func(ctx context.Context, _ any, _ func(string, any)) (any, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	})
	s.BeforeStop(ctx, w)
	if len(s.ledger.work) > 0 {
		t.Errorf("noted was %+v", s.ledger.work)
	}
	eventually(t, "the connections are given back", func() bool { return s.space.connections() == 1 })
}

// setting is a running workspace whose setup command waits for the file "go".
func setting(t *testing.T) (s *stand, id string) {
	t.Helper()
	s = newStand(t, nil)
	id = s.template(template.Definition{Setup: "echo began >>tries; until test -e go; do sleep 0.02; done", Start: "echo started >>starts"})
	w, err := s.Inside(t.Context(), s.starting(), s.records)
	must(t, err)
	s.running(w)
	eventually(t, "the setup command runs, and is watched", func() bool {
		return s.space.read("tries") == "began\n" && len(s.space.of(bridge.TypeAttachProcess)) == 1
	})
	return s, id
}

// The gateway ends while the setup command runs: another one waits for it and does the rest.
func TestASetupIsTakenUpByTheNextGateway(t *testing.T) {
	s, id := setting(t)
	s.Announce(s.records.now()) // that it runs is said again at every change of the record
	must(t, s.Service.Close())
	if w := s.records.now(); w.SetUp || len(w.Notices) > 0 || len(s.templates.ran()) > 0 {
		t.Fatalf("an outcome was stored: %+v", w)
	}
	s.Service = provision.New(s.options)
	s.Announce(s.records.now())
	s.Announce(s.records.now())
	eventually(t, "it is watched", func() bool { return len(s.space.of(bridge.TypeAttachProcess)) == 2 })
	s.space.write("go", "")
	eventually(t, "it is set up", func() bool { return s.records.now().SetUp })
	eventually(t, "the rest is done", func() bool { return len(s.templates.ran()) == 1 && s.space.read("starts") == "started\n" })
	s.wantNotices(s.records.now())
	s.wantRuns(id + "@1 well")
	must(t, s.Service.Close())

	// And that was all.
	s.Service = provision.New(s.options)
	s.space.kinds()
	s.Announce(s.records.now())
	eventually(t, "git is answered", func() bool { return len(s.space.of(bridge.TypeWatchCredentials)) == 1 })
	must(t, s.Service.Close())
	if got := s.space.kinds(); got != "watchCredentials " {
		t.Errorf("asked were %q", got)
	}
	if s.space.read("tries") != "began\n" || s.space.read("starts") != "started\n" {
		t.Error("a command ran twice")
	}
}

// A stop ends the setup command; that says nothing about it.
func TestAStopWhileTheSetupRuns(t *testing.T) {
	s, id := setting(t)
	s.stop()
	eventually(t, "nothing goes on", func() bool { return s.space.connections() == 0 })
	if w := s.records.now(); w.SetUp || len(w.Notices) > 0 || len(s.templates.ran()) > 0 {
		t.Errorf("an outcome was stored: %+v", w)
	}
	s.space.write("go", "")
	if w := s.start(); !w.SetUp || s.space.read("tries") != "began\nbegan\n" {
		t.Errorf("then it is %+v", w)
	}
	s.wantRuns(id + "@1 well")
}

// Among several gateways nobody knows whose a setup is; the next start has it.
func TestASharedWorkspaceIsNotTakenUp(t *testing.T) {
	s, _ := setting(t)
	must(t, s.Service.Close())
	s.space.kinds()
	s.options.Shared = true
	s.Service = provision.New(s.options)
	s.Announce(s.records.now())
	eventually(t, "git is answered", func() bool { return len(s.space.of(bridge.TypeWatchCredentials)) == 1 })
	must(t, s.Service.Close())
	if got := s.space.kinds(); got != "watchCredentials " {
		t.Errorf("asked were %q", got)
	}
	s.space.write("go", "")
}
