package provision_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/githubtest"
	"github.com/kalpana-dev/kalpana/internal/provision"
	"github.com/kalpana-dev/kalpana/internal/template"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

const owner = "ann"

// stand is a provision.Service with one workspace: a real bridge, the real catalogue of
// templates, and a git host that serves real repositories.
type stand struct {
	t         *testing.T
	space     *space
	records   *records
	templates *templates
	shelf     *shelf
	host      *host
	github    *githubtest.Server
	drawer    *drawer
	press     *press
	ledger    *ledger
	options   provision.Options
	*provision.Service
}

// newStand makes one. change may be nil; it gets the options before the service is made.
func newStand(t *testing.T, change func(*provision.Options)) *stand {
	t.Helper()
	noLeaks(t)
	s := &stand{
		t: t, space: newSpace(t), records: &records{}, shelf: newShelf(), drawer: &drawer{}, press: &press{}, ledger: &ledger{work: map[string]bridge.UnpushedWork{}},
		host: &host{name: "Ann", email: "ann@example.com", known: true, rejections: make(chan bridge.CredentialRejected, 1)},
	}
	s.host.credential = func(context.Context, string, string, bridge.CredentialRequest) (string, string, error) {
		t.Error("a credential was asked for")
		return "", "", context.Canceled
	}
	catalogue, err := template.New(template.Options{Store: s.shelf})
	must(t, err)
	s.templates = &templates{Service: catalogue}
	s.github, err = githubtest.New(githubtest.Options{Dir: t.TempDir()})
	must(t, err)
	s.github.AddUser(githubtest.User{Login: "ada"})
	server := httptest.NewServer(s.github)
	t.Cleanup(func() {
		server.Close()
		s.github.Close()
	})
	s.host.url = server.URL
	s.options = provision.Options{
		Dial:       func(ctx context.Context, _ workspace.Workspace) (provision.Bridge, error) { return s.space.dial(ctx) },
		Workspaces: s.records, Git: s.host, Templates: s.templates, Variables: s.drawer, Images: s.press, Unpushed: s.ledger,
		Nix: true, CacheAnswers: func(context.Context) bool { return true }, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&s.options)
	}
	s.Service = provision.New(s.options)
	t.Cleanup(func() { must(t, s.Service.Close()) })
	s.records.put(workspace.Workspace{ID: "w1", OwnerID: owner, Template: template.BlankID, Status: workspace.StatusStopped})
	return s
}

// become changes the record of the workspace.
func (s *stand) become(change func(*workspace.Workspace)) {
	w := s.records.now()
	change(&w)
	s.records.put(w)
}

// repository makes one at the host and names it in the workspace.
func (s *stand) repository(files map[string]string) {
	s.github.AddRepo(githubtest.Repo{Name: "ada/engine", Files: files})
	s.become(func(w *workspace.Workspace) { w.GithubRepo, w.Template = "ada/engine", "" })
}

// hang makes the host keep whoever clones waiting, and tells when somebody does.
func (s *stand) hang() (arrived chan struct{}, end func()) {
	arrived = make(chan struct{}, 8)
	const path = "/ada/engine.git/info/refs"
	s.github.Fault(path, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	return arrived, func() { s.github.Fault(path, nil) }
}

// template makes one of the owner's, and names it in the workspace.
func (s *stand) template(d template.Definition) string {
	s.t.Helper()
	name := "Mine"
	made, _, err := s.templates.Create(s.t.Context(), template.Actor{UserID: owner}, template.Input{Name: &name, Definition: &d})
	must(s.t, err)
	s.become(func(w *workspace.Workspace) { w.Template = made.ID })
	return made.ID
}

// publish makes the only version of a template of the owner's what new workspaces get.
func (s *stand) publish(id string) {
	s.t.Helper()
	must(s.t, s.templates.Service.Ran(s.t.Context(), id, 1, true))
	_, _, err := s.templates.Publish(s.t.Context(), template.Actor{UserID: owner}, id)
	must(s.t, err)
}

// share gives it to everybody.
func (s *stand) share(id string) {
	s.t.Helper()
	s.publish(id)
	yes := true
	_, _, err := s.templates.Update(s.t.Context(), template.Actor{UserID: "root", Admin: true}, id, template.Input{Shared: &yes})
	must(s.t, err)
}

// image is the first part of a start.
func (s *stand) image() workspace.Workspace {
	s.t.Helper()
	w, err := s.Image(s.t.Context(), s.records.now(), s.records)
	must(s.t, err)
	return w
}

// starting makes a container, as the workspace service does between Image and Inside.
func (s *stand) starting() workspace.Workspace {
	s.t.Helper()
	w := s.records.now()
	w.Status = workspace.StatusStarting
	s.Announce(w)
	s.records.put(w)
	w = s.image()
	w.Epoch++
	s.space.boot()
	s.records.put(w)
	return w
}

// running is the end of a start.
func (s *stand) running(w workspace.Workspace) {
	w.Status = workspace.StatusRunning
	s.records.put(w)
	s.Announce(w)
}

// start starts the workspace, waits until nothing is left to do behind it, and returns it.
func (s *stand) start() workspace.Workspace {
	s.t.Helper()
	before := s.records.reported()
	w, err := s.Inside(s.t.Context(), s.starting(), s.records)
	must(s.t, err)
	if s.space.held() {
		s.t.Fatal("the editor was not started")
	}
	s.running(w)
	eventually(s.t, "the start is done", func() bool { return s.records.reported() > before && !s.space.busy() })
	return s.records.now()
}

// stop stops the workspace.
func (s *stand) stop() {
	w := s.records.now()
	s.BeforeStop(s.t.Context(), w)
	w.Status = workspace.StatusStopped
	s.records.put(w)
	s.Announce(w)
	s.space.halt()
}

// notices returns the workspace's notices, "kind: text" each.
func notices(w workspace.Workspace) string {
	var all []string
	for _, n := range w.Notices {
		all = append(all, n.Kind+": "+n.Text)
	}
	return strings.Join(all, "\n")
}

func (s *stand) wantNotices(w workspace.Workspace, want ...string) {
	s.t.Helper()
	if got := notices(w); got != strings.Join(want, "\n") {
		s.t.Errorf("the notices are\n%s\nwant\n%s\nthe log:\n%s", got, strings.Join(want, "\n"), s.records.said())
	}
}

func (s *stand) wantLog(parts ...string) {
	s.t.Helper()
	for _, p := range parts {
		if !strings.Contains(s.records.said(), p) {
			s.t.Errorf("the log does not say %q:\n%s", p, s.records.said())
		}
	}
}

func (s *stand) wantRuns(want ...string) {
	s.t.Helper()
	if got := strings.Join(s.templates.ran(), ", "); got != strings.Join(want, ", ") {
		s.t.Errorf("the runs are %q, want %q", got, want)
	}
}
