package bridgeserver_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/bridgeclient"
)

// page listens where a page of the editor would, until the test ends or leave is called.
func (in *inside) page(name string) (socket string, leave func()) {
	in.t.Helper()
	socket = filepath.Join(in.pages, "vscode-ipc-"+name+".sock")
	l, err := net.Listen("unix", socket)
	must(in.t, err)
	srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `"ok"`) })}}
	srv.Start()
	in.t.Cleanup(srv.Close)
	return socket, srv.Close
}

// report tells what a page shows, as the extension in it does.
func (in *inside) report(body string) int {
	in.t.Helper()
	req, err := http.NewRequestWithContext(in.t.Context(), http.MethodPut, "http://bridge/editor/state", strings.NewReader(body))
	must(in.t, err)
	resp, err := in.client.Do(req)
	must(in.t, err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	must(in.t, err)
	return resp.StatusCode
}

func TestWhatTheLastPageShowsIsTold(t *testing.T) {
	t.Parallel()
	in := startInside(t)
	c, err := bridgeclient.Dial(t.Context(), in.api, key)
	must(t, err)
	defer c.Close()
	shown := func() []bridge.OpenFile {
		t.Helper()
		var s bridge.EditorState
		must(t, c.Call(t.Context(), bridge.TypeEditorState, nil, &s))
		if s.At == nil && len(s.Files) > 0 {
			t.Errorf("%+v", s)
		}
		return s.Files
	}
	check := func(what string, want ...bridge.OpenFile) {
		t.Helper()
		if diff := cmp.Diff(append([]bridge.OpenFile{}, want...), shown()); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	check("no page")
	first, leaveFirst := in.page("first")
	second, leaveSecond := in.page("second")
	say := func(socket, files string) int {
		return in.report(fmt.Sprintf(`{"socket":%q,"files":[%s]}`, socket, files))
	}
	if got := say(first, fmt.Sprintf(`{"path":%q,"active":true,"line":7,"endLine":9},{"path":%q,"active":true,"line":-3}`, in.root+"/src/../a.txt", in.root+"/b.txt")); got != 204 {
		t.Error(got)
	}
	a := bridge.OpenFile{Path: "a.txt", Active: true, Line: 7, EndLine: 9}
	check("one page", a, bridge.OpenFile{Path: "b.txt"})
	// What is not in the workspace is nobody's business, nor what only begins like it.
	say(second, fmt.Sprintf(`{"path":"/etc/passwd","active":true},{"path":%q},{"path":%q},{"path":"c.txt"},{"path":%q}`, in.root, in.root+"x/d.txt", in.root+"/../e.txt"))
	if files := shown(); len(files) != 0 {
		t.Errorf("%v", files)
	}
	say(second, fmt.Sprintf(`{"path":%q}`, in.root+"/c.txt"))
	check("the page that spoke last", bridge.OpenFile{Path: "c.txt"})
	leaveSecond()
	check("the page that is left", a, bridge.OpenFile{Path: "b.txt"})
	var many []string
	for i := range 2 * bridge.MaxOpenFiles {
		many = append(many, fmt.Sprintf(`{"path":"%s/%d"}`, in.root, i))
	}
	if say(first, strings.Join(many, ",")); len(shown()) != bridge.MaxOpenFiles {
		t.Errorf("%d files are told", len(shown()))
	}
	for name, body := range map[string]string{
		"no JSON":                 `{`,
		"no socket":               `{"files":[]}`,
		"a socket elsewhere":      `{"socket":"/tmp/elsewhere/vscode-ipc-x.sock","files":[]}`,
		"a socket of another":     fmt.Sprintf(`{"socket":%q,"files":[]}`, in.address),
		"a socket in a folder up": fmt.Sprintf(`{"socket":%q,"files":[]}`, in.pages+"/../vscode-ipc-x.sock"),
		"too much":                fmt.Sprintf(`{"socket":%q,"files":[{"path":%q}]}`, first, strings.Repeat("x", 300<<10)),
	} {
		if got := in.report(body); got != 400 {
			t.Errorf("%s: %d", name, got)
		}
	}
	leaveFirst()
	check("all are gone")
}
