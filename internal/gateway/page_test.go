package gateway

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func TestWhatIsShownInsteadOfTheEditor(t *testing.T) {
	r := newRig(t, nil, nil)
	r.starter.log = []string{"ports leased (3 ms)", "<b>container</b> started"}
	good := "Cookie: " + r.cookie(testID, owner)
	for _, c := range []struct {
		status workspace.Status
		http   int
		code   string
		shows  []string
		never  []string
	}{
		{workspace.StatusStopped, 503, "workspace_stopped", []string{"Start workspace", `action="/.kalpana/start?path=`, `data-poll="stopped"`}, nil},
		{workspace.StatusStarting, 503, "workspace_starting", []string{"ports leased", "&lt;b&gt;container", "page.js"}, []string{"<b>container", "<form"}},
		{workspace.StatusStopping, 503, "workspace_stopping", []string{"stopping"}, []string{"<form"}},
		{workspace.StatusError, 502, "workspace_error", []string{"image missing: build it with make image", "Start again", r.gw.hosts.UIOrigin()}, nil},
	} {
		r.announce(testID, owner, c.status, 1)
		got := r.get(r.origin(testID)+"/x?y", good, page)
		if got.status != c.http || (c.http == 503) != (got.header.Get("Retry-After") != "") {
			t.Errorf("%s: %d, Retry-After %q", c.status, got.status, got.header.Get("Retry-After"))
		}
		for _, s := range append(c.shows, "My workspace", "/.kalpana/page.css") {
			if !strings.Contains(got.body, s) {
				t.Errorf("%s: the page does not show %q:\n%s", c.status, s, got.body)
			}
		}
		for _, s := range append(c.never, "<style", "<script>", "javascript:") {
			if strings.Contains(got.body, s) {
				t.Errorf("%s: the page shows %q", c.status, s)
			}
		}
		csp := got.header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'self' "+r.gw.hosts.UIOrigin()) || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", c.status, csp)
		}
		for _, host := range []string{r.host(testID), r.agentHost(testID)} {
			got := r.get("https://"+host+"/", "Authorization: Bearer "+ownerToken)
			if got.status != c.http || !strings.Contains(got.body, `"code":"`+c.code+`"`) {
				t.Errorf("%s for programs: %d %s", c.status, got.status, got.body)
			}
		}
	}
	if n := r.up.bytes.Load(); n != 0 {
		t.Errorf("the workspace got %d bytes", n)
	}
}

func TestTheStartButtonStartsAndComesBack(t *testing.T) {
	r := newRig(t, nil, nil)
	r.announce(testID, owner, workspace.StatusStopped, 1)
	good, own := "Cookie: "+r.cookie(testID, owner), "Origin: "+r.origin(testID)
	shown := r.get(r.origin(testID)+"//a?b=2&a=1", good, page).body
	_, action, _ := strings.Cut(shown, `action="`)
	action, _, _ = strings.Cut(action, `"`)
	got := r.do(r.h2, r.request("POST", r.origin(testID)+action, nil, good, own, page))
	if got.status != 303 || got.header.Get("Location") != r.origin(testID)+"//a?b=2&a=1" || r.starter.count() != 1 {
		t.Errorf("%d %v, %d starts", got.status, got.header, r.starter.count())
	}
	r.starter.err = errors.New("workspace is being deleted")
	if got := r.do(r.h2, r.request("POST", r.origin(testID)+action, nil, good, own, page)); got.status != 503 || !strings.Contains(got.body, "workspace is being deleted") {
		t.Errorf("refused start: %d %s", got.status, got.body)
	}
}

func TestTheStatusTellsWhenTheEditorAnswers(t *testing.T) {
	r := newRig(t, nil, nil)
	r.starter.log = []string{"one"}
	good := "Cookie: " + r.cookie(testID, owner)
	ask := func() (state struct {
		Status workspace.Status
		Ready  bool
		Log    []string
	}) {
		got := r.get(r.origin(testID)+"/.kalpana/status", good)
		if err := json.Unmarshal([]byte(got.body), &state); err != nil || got.status != 200 {
			t.Fatalf("%d %s: %v", got.status, got.body, err)
		}
		return state
	}
	r.announce(testID, owner, workspace.StatusStarting, 1)
	if s := ask(); s.Status != workspace.StatusStarting || s.Ready || len(s.Log) != 1 {
		t.Errorf("%+v", s)
	}
	r.announce(testID, owner, workspace.StatusRunning, 1)
	if s := ask(); s.Status != workspace.StatusRunning || !s.Ready {
		t.Errorf("%+v", s)
	}
	r.up.CloseClientConnections()
	r.up.Listener.Close()
	if s := ask(); s.Ready {
		t.Errorf("%+v", s)
	}
	if _, touched := r.touches.Load(testID); touched {
		t.Error("waiting counts as use")
	}
}

func TestAnEditorThatIsNotThereYetGetsAPageThatWaits(t *testing.T) {
	r := newRig(t, nil, nil)
	good := "Cookie: " + r.cookie(testID, owner)
	got := r.get(r.origin(testID)+"/slow-to-start", good, page)
	if got.status != 503 || !strings.Contains(got.body, "The editor is starting") || !strings.Contains(got.body, "page.js") {
		t.Errorf("page: %d %s", got.status, got.body)
	}
	got = r.get(r.origin(testID)+"/slow-to-start", good)
	if got.status != 503 || got.body != `{"code":"editor_starting"}` {
		t.Errorf("programs: %d %s", got.status, got.body)
	}
	r.up.Server.Close()
	got = r.get(r.origin(testID)+"/", good, page)
	if got.status != 502 || !strings.Contains(got.body, "does not answer") || !strings.Contains(got.body, `data-poll="starting"`) {
		t.Errorf("page of a dead editor: %d %s", got.status, got.body)
	}
	if got := r.get(r.origin(testID)+"/", good); got.status != 502 || !strings.Contains(got.body, `"code":"bad_gateway"`) {
		t.Errorf("dead editor: %d %s", got.status, got.body)
	}
}

func TestThePagesBringTheirStyleAndScript(t *testing.T) {
	r := newRig(t, nil, nil)
	for _, host := range []string{r.host(testID), r.host("nobodyhasit1"), "ws.localhost", "localhost"} {
		for name, kind := range map[string]string{"page.css": "text/css", "page.js": "text/javascript"} {
			got := r.get(r.server.URL+reservedPrefix+name, "Host: "+host)
			if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), kind) || len(got.body) < 100 || strings.Contains(got.body, "http") && strings.Contains(got.body, "://") {
				t.Errorf("%s of %s: %d %v", name, host, got.status, got.header)
			}
		}
	}
	if got := r.do(r.h1, r.request(http.MethodDelete, r.origin(testID)+reservedPrefix+"page.css", nil)); got.status != 405 {
		t.Errorf("DELETE: %d", got.status)
	}
}
