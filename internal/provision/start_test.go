package provision_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/template"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestTheOrderOfAStart(t *testing.T) {
	s := newStand(t, nil)
	s.repository(map[string]string{"README.md": "Hello\n"})
	id := s.template(template.Definition{
		Setup: "echo set up >>../log", Start: "echo started >>../log", Extensions: []string{"a.b"}, Tasks: []template.Task{{Label: "Test", Command: "make test"}},
		Files: map[string]string{"never.txt": "x"}, Variables: []template.Variable{{Name: "COLOUR", Value: "red"}},
		Ports: []template.Port{{Port: 3000, Visibility: "public"}, {Port: 3003, Visibility: "users"}, {Port: 3002}, {Port: 4999, Visibility: "users"}},
	})
	s.become(func(w *workspace.Workspace) {
		w.Ports = []workspace.PortSetting{{Port: 3003, Visibility: workspace.VisiblePublic}}
	})
	w := s.start()
	const inside = "setIdentity watchCredentials cloneRepository readFile readFile setVariables prepareEnvironment prepareEnvironment startEditor "
	if got, want := s.space.kinds(), inside+"listProcesses runCommand attachProcess listProcesses runCommand installExtensions "; got != want {
		t.Errorf("asked were %q,\nwant %q", got, want)
	}
	if w.Folder != "engine" || w.Clone.State != workspace.CloneDone || !w.SetUp || w.TemplateVersion != 1 {
		t.Errorf("it is %+v", w)
	}
	s.wantNotices(w)
	s.wantRuns(id + "@1 well")
	eventually(t, "the start command has run", func() bool { return s.space.read("log") == "set up\nstarted\n" })
	if s.space.read("engine/README.md") != "Hello\n" || s.space.read("never.txt") != "(none)" || s.space.read("engine/never.txt") != "(none)" {
		t.Error("the workspace has other files")
	}
	if got := s.space.run(`echo "$COLOUR; $(git config --global user.name) $(git config --global user.email)"`); got != "red; Ann ann@example.com" {
		t.Errorf("programs find %q", got)
	}
	if env := strings.Join(s.space.server.EditorEnv(nil), "\n"); !strings.Contains(env, "WORKSPACE_DIR="+filepath.Join(s.space.root, "engine")) || !strings.Contains(env, "COLOUR=red") {
		t.Errorf("the editor has %s", env)
	}
	if tasks, _ := os.ReadFile(filepath.Join(s.space.data, "User", "tasks.json")); !strings.Contains(string(tasks), "make test") {
		t.Errorf("the editor's tasks are %s", tasks)
	}
	if got := s.records.ports; len(got) != 1 || got[0] != (workspace.PortSetting{Port: 3000, Visibility: workspace.VisiblePublic}) {
		t.Errorf("the ports that were opened are %+v", got)
	}
	s.wantLog("code: cloned ada/engine into engine in", "setup: running the setup command", "setup: the setup command is done", "setup: running the start command")

	// The second start does not clone or set up again; the start command runs again.
	s.stop()
	s.space.kinds()
	w = s.start()
	// Git is watched beside the rest.
	if got, want := strings.Replace(s.space.kinds(), "watchCredentials ", "", 1), "setIdentity readFile readFile setVariables prepareEnvironment prepareEnvironment startEditor listProcesses runCommand installExtensions "; got != want {
		t.Errorf("asked were %q,\nwant %q", got, want)
	}
	eventually(t, "the start command has run again", func() bool { return s.space.read("log") == "set up\nstarted\nstarted\n" })
	if len(s.records.ports) != 1 || !w.SetUp || w.Folder != "engine" {
		t.Errorf("the ports are %v, the workspace %+v", s.records.ports, w)
	}
	s.wantRuns(id+"@1 well", id+"@1 well")
}

func TestTheTemplatesFilesGoIntoAnEmptyWorkspaceOnce(t *testing.T) {
	s := newStand(t, nil)
	s.template(template.Definition{Files: map[string]string{"main.py": "print()\n", "src/a b.txt": "x"}})
	s.start()
	if s.space.read("main.py") != "print()\n" || s.space.read("src/a b.txt") != "x" {
		t.Error("the files are not there")
	}
	s.wantLog("code: wrote 2 files of the template")
	s.stop()
	must(t, os.RemoveAll(filepath.Join(s.space.root, "src")))
	must(t, os.Remove(filepath.Join(s.space.root, "main.py")))
	s.start()
	if s.space.read("main.py") != "(none)" {
		t.Error("what the user took away came back")
	}
}

func TestTheTemplatesFilesStayOutOfAWorkspaceThatHasSome(t *testing.T) {
	for _, there := range []string{"mine.txt", ".hidden"} {
		s := newStand(t, nil)
		s.template(template.Definition{Files: map[string]string{"main.py": "print()\n"}})
		s.space.write(there, "mine")
		s.start()
		if s.space.read("main.py") != "(none)" || s.space.read(there) != "mine" {
			t.Errorf("files were written beside %s", there)
		}
		must(t, s.Service.Close())
		s.space.halt()
	}
}

func TestAFileThatCannotBeWrittenIsANotice(t *testing.T) {
	s := newStand(t, nil)
	id := s.template(template.Definition{Files: map[string]string{"a": "x"}})
	s.space.answering(bridge.TypeWriteFile, func(context.Context, any, func(string, any)) (any, error) {
		return nil, bridge.Errorf(bridge.CodeDiskFull, "the disk is full.")
	})
	s.wantNotices(s.start(), "template: The template's file a was not written: the disk is full.")
	s.wantRuns(id + "@1 badly")
}

// An image from before has a bridge without these requests, and an editor that waits for nobody.
func TestAnOlderBridge(t *testing.T) {
	s := newStand(t, nil)
	s.repository(map[string]string{"a": "b"})
	s.space.lacks = []string{bridge.TypeStartEditor, bridge.TypeWatchCredentials, bridge.TypeCloneRepository}
	w, err := s.Inside(t.Context(), s.starting(), s.records)
	must(t, err)
	s.running(w)
	eventually(t, "nobody is connected to it", func() bool { return s.space.connections() == 0 })
	if got := s.space.kinds(); got != "" || w.Clone.State != workspace.CloneNone {
		t.Errorf("asked were %q; it is %+v", got, w)
	}
	if n := notices(w); !strings.HasPrefix(n, "image: The workspace image is older than this Kalpana") {
		t.Errorf("the notices are %q", n)
	}
}

func TestABridgeThatComesUpLate(t *testing.T) {
	s := newStand(t, nil)
	w := s.starting()
	s.space.refusing(errors.New("connection refused"))
	ended := make(chan error, 1)
	go func() {
		_, err := s.Inside(t.Context(), w, s.records)
		ended <- err
	}()
	eventually(t, "it was tried twice", func() bool { return s.space.refusals() >= 2 })
	s.space.refusing(nil)
	must(t, within(t, "the bridge is found", ended))

	s.space.refusing(errors.New("connection refused"))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, err := s.Inside(ctx, w, s.records)
		ended <- err
	}()
	before := s.space.refusals()
	eventually(t, "it was tried", func() bool { return s.space.refusals() > before })
	cancel()
	if err := within(t, "it gives up", ended); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("given up: %v", err)
	}
}

func TestAnEditorThatDoesNotStartEndsTheStart(t *testing.T) {
	s := newStand(t, nil)
	s.space.answering(bridge.TypeStartEditor, func(context.Context, any, func(string, any)) (any, error) {
		return nil, bridge.Errorf(bridge.CodeInternal, "no")
	})
	if _, err := s.Inside(t.Context(), s.starting(), s.records); err == nil || !strings.Contains(err.Error(), "start the editor: ") {
		t.Errorf("it started: %v", err)
	}
}

// Each step is cut off in turn; the next start begins again and comes to the end.
func TestAStartThatIsCutOffAnywhere(t *testing.T) {
	for _, kind := range []string{bridge.TypeSetIdentity, bridge.TypeCloneRepository, bridge.TypeReadFile, bridge.TypeSetVariables, bridge.TypePrepareEnvironment} {
		t.Run(kind, func(t *testing.T) {
			s := newStand(t, nil)
			s.repository(map[string]string{"a": "b"})
			w := s.starting()
			ctx, cancel := context.WithCancel(t.Context())
			s.space.answering(kind, func(ctx context.Context, _ any, _ func(string, any)) (any, error) {
				cancel()
				return nil, ctx.Err()
			})
			got, err := s.Inside(ctx, w, s.records)
			if !errors.Is(err, context.Canceled) || !s.space.held() {
				t.Fatalf("it went on: %v", err)
			}
			s.wantNotices(got)
			s.space.answering(kind, nil)
			got, err = s.Inside(t.Context(), w, s.records) // w: what an interrupted start found is not stored
			must(t, err)
			if got.Clone.State != workspace.CloneDone || got.Folder != "engine" || s.space.held() || s.space.read("engine/a") != "b" {
				t.Errorf("taken up again it is %+v", got)
			}
			s.wantNotices(got)
		})
	}
}
