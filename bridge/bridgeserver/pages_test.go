package bridgeserver_test

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kalpana-dev/kalpana/bridge"
)

// opened is what a page was asked to show.
type opened struct {
	Page             string `json:"-"`
	Type             string
	FileURIs         []string
	GotoLineMode     bool
	ForceReuseWindow bool
}

// fakePage listens where an extension host of code-server would, as if for age already, and
// tells shown what it was asked to show; status is its answer to the question whether it is
// there.
func (s *stand) fakePage(t *testing.T, name string, age time.Duration, shown chan<- opened, status http.HandlerFunc) {
	t.Helper()
	socket := filepath.Join(s.pages, "vscode-ipc-"+name+".sock")
	l, err := net.Listen("unix", socket)
	must(t, err)
	srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o := opened{Page: name}
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &o)
		}
		if err != nil {
			t.Error(err)
		}
		if o.Type == "status" {
			status(w, r)
			return
		}
		shown <- o
		_, _ = w.Write([]byte("null"))
	})}}
	srv.Start()
	t.Cleanup(srv.Close)
	made := time.Now().Add(-age)
	must(t, os.Chtimes(socket, made, made))
}

func (s *stand) put(t *testing.T, name string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(filepath.Join(s.root, name)), 0o755))
	must(t, os.WriteFile(filepath.Join(s.root, name), []byte("text\n"), 0o644))
}

func open(t *testing.T, s *stand, req bridge.OpenEditor) string {
	t.Helper()
	began := time.Now()
	err := s.dial(t).Call(t.Context(), bridge.TypeOpenEditor, req, nil)
	if took := time.Since(began); took > 10*time.Second { // 3 s on a machine that is not busy
		t.Errorf("it took %v", took)
	}
	if err == nil {
		return ""
	}
	refused, ok := errors.AsType[*bridge.Error](err)
	if !ok {
		t.Fatal(err)
	}
	return refused.Code
}

func fine(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`"fine"`)) }

// silent is a page whose browser is gone.
func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func TestOpeningAFileInThePage(t *testing.T) {
	s := start(t)
	shown := make(chan opened, 1)
	s.fakePage(t, "p", 0, shown, fine)
	root, err := filepath.EvalSymlinks(s.root)
	must(t, err)
	s.root = root
	for _, c := range []struct {
		path         string
		line, column int
		uri          string // what is behind that of the workspace
		position     bool   // the URI ends with it
	}{
		{"src/a.go", 12, 3, "/src/a.go:12:3", true},
		{"src/a.go", 0, 0, "/src/a.go:1:1", true},
		{"-x", 2, 0, "/-x:2:1", true},
		{"b:c.txt", 2, 0, "/b:c.txt:2:1", true},
		{"a:1:2", 7, 1, "/a:1:2", false},
		{"a::b", 7, 1, "/a::b", false},
		{"a:0x10", 7, 1, "/a:0x10", false},
		{"a:Infinity", 7, 1, "/a:Infinity", false},
		{"a: ", 7, 1, "/a:%20", false},
		{"z.code-workspace", 1, 1, "/z.code-workspace:1:1", true},
		{"z:1.code-workspace", 1, 1, "/z:1%2Ecode-workspace", false},
		{"sp ace%41#?é.txt", 1, 1, "/sp%20ace%2541%23%3F%C3%A9.txt:1:1", true},
	} {
		s.put(t, c.path)
		if code := open(t, s, bridge.OpenEditor{Path: c.path, Line: c.line, Column: c.column}); code != "" {
			t.Errorf("%q: %s", c.path, code)
			continue
		}
		base := (&url.URL{Scheme: "file", Path: s.root}).String()
		want := opened{Page: "p", Type: "open", FileURIs: []string{base + c.uri}, GotoLineMode: c.position, ForceReuseWindow: true}
		if diff := cmp.Diff(want, <-shown); diff != "" {
			t.Errorf("%q: %s", c.path, diff)
		}
	}
}

func TestWhatCannotBeOpened(t *testing.T) {
	s := start(t)
	shown := make(chan opened, 100)
	s.fakePage(t, "p", 0, shown, fine)
	s.put(t, "dir/f")
	must(t, os.Symlink("/etc/passwd", filepath.Join(s.root, "out")))
	must(t, os.Symlink("dir/f", filepath.Join(s.root, "in")))
	for _, c := range []struct {
		req  bridge.OpenEditor
		want string
	}{
		{bridge.OpenEditor{}, bridge.CodeInvalidPath},
		{bridge.OpenEditor{Path: "none"}, bridge.CodeNotFound},
		{bridge.OpenEditor{Path: "dir"}, bridge.CodeIsDirectory},
		{bridge.OpenEditor{Path: "out"}, bridge.CodeOutsideWorkspace},
		{bridge.OpenEditor{Path: "/etc/passwd"}, bridge.CodeOutsideWorkspace},
		{bridge.OpenEditor{Path: "dir/f", Line: -1}, bridge.CodeBadRequest},
		{bridge.OpenEditor{Path: "dir/f", Column: -1}, bridge.CodeBadRequest},
		{bridge.OpenEditor{Path: "in"}, ""},
	} {
		if got := open(t, s, c.req); got != c.want {
			t.Errorf("%+v: %q, want %q", c.req, got, c.want)
		}
	}
	if len(shown) != 1 {
		t.Errorf("%d files were shown", len(shown))
	}
}

func TestTheLatestPageThatAnswersShowsTheFile(t *testing.T) {
	failing := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
	type page struct {
		name   string
		status http.HandlerFunc
	}
	for name, c := range map[string]struct {
		pages []page // the latest first
		want  string
	}{
		"none":                {nil, ""},
		"one":                 {[]page{{"a", fine}}, "a"},
		"two":                 {[]page{{"a", fine}, {"b", fine}}, "a"},
		"the latest is gone":  {[]page{{"a", silent}, {"b", fine}, {"c", fine}}, "b"},
		"the latest fails":    {[]page{{"a", failing}, {"b", fine}}, "b"},
		"an earlier one gone": {[]page{{"a", fine}, {"b", silent}}, "a"},
		"all are gone":        {[]page{{"a", silent}, {"b", silent}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			s.put(t, "f")
			// What dead pages leave behind, and what only looks like a page.
			l, err := net.Listen("unix", filepath.Join(s.pages, "vscode-ipc-dead.sock"))
			must(t, err)
			l.(*net.UnixListener).SetUnlinkOnClose(false)
			must(t, l.Close())
			must(t, os.WriteFile(filepath.Join(s.pages, "vscode-ipc-file.sock"), nil, 0o600))
			must(t, os.Symlink("vscode-ipc-none.sock", filepath.Join(s.pages, "vscode-ipc-link.sock")))
			shown := make(chan opened, 1)
			for i, p := range c.pages {
				s.fakePage(t, p.name, time.Duration(i)*time.Hour, shown, p.status)
			}
			code := open(t, s, bridge.OpenEditor{Path: "f"})
			got := ""
			if code == "" {
				got = (<-shown).Page
			} else if code != bridge.CodeNoEditor {
				t.Error(code)
			}
			if got != c.want || len(shown) != 0 {
				t.Errorf("shown in %q, want %q", got, c.want)
			}
		})
	}
}
